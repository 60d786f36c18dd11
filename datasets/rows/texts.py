"""Texts and their words as numbers."""

import os

import numpy as np

from lottery_ticket.datasets.images import class_folders
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import keras

SUFFIXES = (".txt",)
MAX_TOKENS = 10_000  # The most frequent words, as most work on IMDB has.
MAX_LENGTH = 256  # Words of a text; the rest is cut off.


def is_folder(path: str) -> bool:
    """Whether a folder has folders of .txt files for classes."""
    folder = class_folders.expand(path)
    if not os.path.isdir(folder):
        return False
    train = os.path.join(folder, "train")
    inner = train if os.path.isdir(train) else folder
    with os.scandir(inner) as entries:
        return any(
            class_folders.files_of(entry.path, SUFFIXES)
            for entry in entries
            if entry.is_dir()
        )


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
        layer = keras.layers.TextVectorization(max_tokens=MAX_TOKENS)
        layer.adapt(texts.tolist())
        self.vocabulary: list[str] = layer.get_vocabulary()
        length = min(MAX_LENGTH, layer(texts.tolist()).shape[1])
        self._layer = keras.layers.TextVectorization(
            output_sequence_length=max(1, length),
            vocabulary=self.vocabulary[2:] or ["the"],
        )

    def numbers(self, texts: np.ndarray) -> np.ndarray:
        """Returns texts as numbers of words, int32, shape (n, length).

        The length is that of the longest text that was learned from, and at
        most MAX_LENGTH; 0s fill it up.
        """
        return self._layer(texts.tolist()).numpy().astype(np.int32)


def _text(path):
    with open(path, encoding="utf-8") as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} must be text in UTF-8") from error
