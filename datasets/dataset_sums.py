"""Sums: sequences such as 3+5-1 that are drawn here, to be worked out."""

import numpy as np

from lottery_ticket.datasets import dataset_examples

TRAIN_SIZE, TEST_SIZE = 9000, 1000
TERMS = (3, 6)  # The fewest and the most.
VOCABULARY = ["", *"0123456789", "+", "-"]


class DatasetSums(dataset_examples.DatasetExamples):
    """10,000 sums of 3 to 6 digits, each another, whose result is a digit.

    Of each, the results so far are drawn: digits, all alike likely and each by
    itself, the last of which is the label. What leads from one to the next is
    written down, so that 3, 8, 7 are "3+5-1". A symbol is a whole number, its
    place in the vocabulary, and 0 fills up to 11 of them. All of it is drawn
    from one seed, 1,000 sums of it to test on.

    Source: made up here.
    """

    TASK = "classification"
    VALIDATION_SIZE = 500
    VOCABULARY = VOCABULARY

    @staticmethod
    def load(data_dir, task):
        """Returns the sums; `data_dir` is not looked at."""
        rng = np.random.default_rng(0)
        found = {}  # Symbols -> result.
        while len(found) < TRAIN_SIZE + TEST_SIZE:
            terms = rng.integers(TERMS[0], TERMS[1] + 1)
            results = rng.integers(10, size=terms).tolist()
            found[written(results)] = results[-1]
        x = np.array([numbers(text) for text in found], np.int32)
        y = np.array(list(found.values()))
        return x[TEST_SIZE:], y[TEST_SIZE:], x[:TEST_SIZE], y[:TEST_SIZE]


def written(results: list[int]) -> str:
    """Returns a sum by its results so far: "3+5-1" of 3, 8, 7."""
    steps = np.diff(results).tolist()
    return f"{results[0]}" + "".join(f"{step:+d}" for step in steps)


def numbers(text: str) -> list[int]:
    """Returns a sum's symbols as numbers, as many as the longest sum has."""
    found = [VOCABULARY.index(symbol) for symbol in text]
    return found + [0] * (2 * TERMS[1] - 1 - len(found))
