"""Networks on disk: the door to records/save_restore.py."""

from lottery_ticket.foundations.records.save_restore import *  # noqa: F403
