"""The datasets by name: a class in one line each."""

from lottery_ticket.datasets import dataset_digits, dataset_mnist

DATASETS = {
    "digits": dataset_digits.DatasetDigits,
    "mnist": dataset_mnist.DatasetMnist,
    "fashion_mnist": dataset_mnist.DatasetFashionMnist,
}
