"""What find_ticket prunes by: the door to settings/scoring.py."""

from lottery_ticket.experiments.settings.scoring import *  # noqa: F403
