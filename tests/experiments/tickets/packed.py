"""Tickets of small runs that were trained, for tests of what takes them."""

from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.tests.experiments import trunks


def trained(directory, **options):
    """Trains a run; returns its folder and the path of its ticket's file."""
    options.setdefault("masks", trunks.masks())
    run = trunks.train(f"{directory}/results/trial1/3/same_init", **options)
    path = f"{directory}/mine.ticket"
    ticket_file.write(path, run_tickets.of_run(run))
    return run, path
