"""From scores to masks: the door to selection/pruning.py."""

from lottery_ticket.foundations.selection.pruning import *  # noqa: F403
