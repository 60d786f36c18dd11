"""Where results lie: the door to records/paths.py."""

from lottery_ticket.foundations.records.paths import *  # noqa: F403
