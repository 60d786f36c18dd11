"""The door to the logs of runs, for scripts and notebooks."""

from lottery_ticket.analysis.reading import logs

read = logs.read
early_stop_iteration = logs.early_stop_iteration
