"""Preparation of images: the door to images/preparation.py."""

from lottery_ticket.datasets.images.preparation import *  # noqa: F403
