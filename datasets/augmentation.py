"""Augmentation of images: the door to images/augmentation.py."""

from lottery_ticket.datasets.images.augmentation import *  # noqa: F403
