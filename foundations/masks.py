"""Masks as values: the door to values/masks.py."""

from lottery_ticket.foundations.values.masks import *  # noqa: F403
