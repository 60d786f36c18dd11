"""Datasets to subclass: the door to values/dataset_base.py."""

from lottery_ticket.foundations.values.dataset_base import *  # noqa: F403
