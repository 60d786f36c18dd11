"""Inequalities: sequences such as 203<211 that are drawn here, true or not."""

import numpy as np

from lottery_ticket.datasets import dataset_examples

TRAIN_SIZE, TEST_SIZE = 9000, 1000
MIN_DIGITS, MAX_DIGITS = 2, 5
VOCABULARY = ["", *"0123", "<"]


class DatasetInequalities(dataset_examples.DatasetExamples):
    """10,000 inequalities of two numbers, each another; a label is 1 if true.

    Both numbers have as many digits, 2 to 5, all digits from 0 to 3 being alike
    likely and drawn by themselves; two that are the same are drawn again. A
    symbol is a whole number, its place in the vocabulary, and 0 fills up to 11
    of them. All of it is drawn from one seed, 1,000 inequalities of it to test
    on.

    Source: made up here.
    """

    TASK = "binary"
    VALIDATION_SIZE = 500
    VOCABULARY = VOCABULARY

    @staticmethod
    def load(data_dir, task):
        """Returns the inequalities; `data_dir` is not looked at."""
        rng = np.random.default_rng(0)
        found = {}  # Text -> whether it is true.
        while len(found) < TRAIN_SIZE + TEST_SIZE:
            digits = rng.integers(MIN_DIGITS, MAX_DIGITS + 1)
            left, right = rng.integers(4, size=(2, digits)).tolist()
            if left != right:
                text = "<".join("".join(map(str, x)) for x in (left, right))
                found[text] = left < right
        x = np.array([numbers(text) for text in found], np.int32)
        y = np.array(list(found.values()), np.int64)
        return x[TEST_SIZE:], y[TEST_SIZE:], x[:TEST_SIZE], y[:TEST_SIZE]


def numbers(text: str) -> list[int]:
    """Returns symbols as numbers, as many as the longest inequality has."""
    found = [VOCABULARY.index(symbol) for symbol in text]
    return found + [0] * (2 * MAX_DIGITS + 1 - len(found))
