"""What find_ticket trains: the door to settings/recipes.py."""

from lottery_ticket.experiments.settings.recipes import *  # noqa: F403
