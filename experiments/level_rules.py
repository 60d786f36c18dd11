"""How far find_ticket prunes: the door to settings/level_rules.py."""

from lottery_ticket.experiments.settings.level_rules import *  # noqa: F403
