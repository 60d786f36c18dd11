"""Splits of a dataset: the door to values/dataset_split.py."""

from lottery_ticket.foundations.values.dataset_split import *  # noqa: F403
