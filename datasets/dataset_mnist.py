"""MNIST and Fashion-MNIST: 28x28 grey images in 10 classes."""

from lottery_ticket.datasets import dataset_images


class DatasetMnist(dataset_images.DatasetImages):
    """MNIST: 60,000 handwritten digits to train on, 10,000 to test.

    Source: LeCun, Cortes & Burges; 5,000 training images are held out for
    validation as in Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635).
    """

    @staticmethod
    def load(data_dir):
        """Returns the images from data_dir/mnist.npz or the internet."""
        return dataset_images.load_named("mnist", data_dir)


class DatasetFashionMnist(dataset_images.DatasetImages):
    """Fashion-MNIST: 60,000 pieces of clothing to train on, 10,000 to test.

    Source: Xiao et al. 2017 (https://arxiv.org/abs/1708.07747).
    """

    @staticmethod
    def load(data_dir):
        """Returns the images from data_dir/fashion_mnist.npz or the net."""
        return dataset_images.load_named("fashion_mnist", data_dir)
