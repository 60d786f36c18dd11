"""CIFAR-10 and CIFAR-100: 32x32 colour photographs."""

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import named_arrays


class DatasetCifar10(dataset_images.DatasetImages):
    """CIFAR-10: 50,000 photographs of 10 classes to train on, 10,000 to test.

    Source: Krizhevsky 2009; 5,000 training images are held out for validation
    as in Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635). Mean and
    deviation: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002),
    their code.
    """

    MEAN = (0.491, 0.482, 0.447)
    STD = (0.247, 0.243, 0.262)

    load = named_arrays.loader("cifar10")


class DatasetCifar100(dataset_images.DatasetImages):
    """CIFAR-100: as CIFAR-10, but of 100 classes.

    Source: as for `DatasetCifar10`.
    """

    NUM_CLASSES = 100
    MEAN = (0.5071, 0.4867, 0.4408)
    STD = (0.2675, 0.2565, 0.2761)

    load = named_arrays.loader("cifar100")
