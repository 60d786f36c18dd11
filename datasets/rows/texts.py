"""Texts and their words as numbers."""

import os

import numpy as np

from lottery_ticket.datasets.images import class_folders
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import keras

SUFFIXES = (".txt",)
MAX_TOKENS = 10_000  # The most frequent words, as most work on IMDB has.
TEXTS_PER_IMAGE = 10  # Fewer are captions; images among more are strays.
MAX_LENGTH = 256  # Words of a text; the rest is cut off.


def is_folder(path: str) -> bool:
    """Whether a folder has folders of .txt files for classes.

    Those beside images, such as captions, are none.
    """
    folder = class_folders.expand(path)
    if not os.path.isdir(folder):
        return False
    inner = os.path.join(folder, class_folders.train_of(folder))
    paths = [os.path.join(inner, n) for n in class_folders.folders_of(inner)]
    texts, images = (
        sum(len(class_folders.files_of(path, suffixes)) for path in paths)
        for suffixes in (SUFFIXES, class_folders.SUFFIXES)
    )
    return images * TEXTS_PER_IMAGE < texts


def read(folder: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns texts, str of shape (n,), and labels; rows to train on and test.

    Raises ValueError if a file is no text in UTF-8.
    """
    folder = class_folders.expand(folder)
    names, y, train, test = class_folders.listed(folder, SUFFIXES)
    texts = [_text(os.path.join(folder, name)) for name in names]
    return np.array(texts, object), y, train, test


def is_text(x: object) -> bool:
    """Whether examples are texts."""
    return isinstance(x, np.ndarray) and x.dtype == object


class Words:
    """The words of training texts, numbered: 0 is none, 1 any other word.

    Words are in small letters and without punctuation, as
    keras.layers.TextVectorization has them.

    Attributes:
        vocabulary: List of words, the most frequent first, behind those two.
    """

    def __init__(self, texts: np.ndarray):
        """Learns the words of texts, str of shape (n,)."""
        self._layer = keras.layers.TextVectorization(
            max_tokens=MAX_TOKENS, output_sequence_length=MAX_LENGTH
        )
        self._layer.adapt(texts.tolist())
        self.vocabulary: list[str] = self._layer.get_vocabulary()
        if len(self.vocabulary) == 2:
            raise ValueError("Training texts must have words. Received: none")
        self._length = MAX_LENGTH
        are_used = (self.numbers(texts) != 0).any(axis=0)
        self._length = int(are_used.sum())  # Places, from the first on.

    def numbers(self, texts: np.ndarray) -> np.ndarray:
        """Returns texts as numbers of words, int32, shape (n, length).

        The length is that of the longest text that was learned from, and at
        most MAX_LENGTH; 0s fill it up.
        """
        found = self._layer(texts.tolist()).numpy().astype(np.int32)
        return found[:, : self._length]


def _text(path):
    with open(path, encoding="utf-8-sig") as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} must be text in UTF-8") from error
