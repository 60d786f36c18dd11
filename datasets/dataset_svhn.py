"""SVHN: 32x32 photographs of house numbers in 10 classes."""

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import named_arrays


class DatasetSvhn(dataset_images.DatasetImages):
    """SVHN: 73,257 cropped digits to train on, 26,032 to test.

    The 531,131 extra ones are left out.

    Source: Netzer et al. 2011 (http://ufldl.stanford.edu/housenumbers).
    """

    load = named_arrays.loader("svhn", "svhn_cropped")
