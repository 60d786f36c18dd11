"""What holds a mask in training: the door to networks/mask_constraint.py."""

from lottery_ticket.foundations.networks.mask_constraint import *  # noqa: F403
