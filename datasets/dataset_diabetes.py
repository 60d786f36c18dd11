"""Diabetes: the table for regression that scikit-learn brings along."""

import numpy as np

from lottery_ticket.datasets import dataset_examples

TEST_SIZE = 142


class DatasetDiabetes(dataset_examples.DatasetExamples):
    """442 patients, 10 numbers of each; needs no internet and no file.

    A label is how far the disease has gone a year later, from 25 to 346. 142
    patients, drawn once and the same whatever the seed, are the test set; 50
    more are held out for validation.

    Source: Efron et al. 2004, "Least Angle Regression"
    (https://arxiv.org/abs/math/0406456), sec. 1; bundled with scikit-learn.
    """

    TASK = "regression"
    VALIDATION_SIZE = 50

    @staticmethod
    def load(data_dir, task):
        """Returns the bundled table; `data_dir` is not looked at."""
        import sklearn.datasets  # Takes a second, and few sets need it.

        x, y = sklearn.datasets.load_diabetes(return_X_y=True, scaled=False)
        order = np.random.default_rng(0).permutation(len(x))
        test, train = order[:TEST_SIZE], np.sort(order[TEST_SIZE:])
        return x[train], y[train], x[test], y[test]
