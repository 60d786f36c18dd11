"""MNIST and Fashion-MNIST: 28x28 grey images in 10 classes."""

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import named_arrays


class DatasetMnist(dataset_images.DatasetImages):
    """MNIST: 60,000 handwritten digits to train on, 10,000 to test.

    Source: LeCun, Cortes & Burges; 5,000 training images are held out for
    validation as in Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635).
    Mean and deviation: Sreenivasan et al. 2022
    (https://arxiv.org/abs/2202.12002), their code.
    """

    MEAN = (0.1307,)
    STD = (0.3081,)

    load = named_arrays.loader("mnist")


class DatasetFashionMnist(dataset_images.DatasetImages):
    """Fashion-MNIST: 60,000 pieces of clothing to train on, 10,000 to test.

    Source: Xiao et al. 2017 (https://arxiv.org/abs/1708.07747).
    """

    load = named_arrays.loader("fashion_mnist")
