"""Tests of experiments/tickets/unpack.py."""

import dataclasses

import pytest

from lottery_ticket.experiments import branch
from lottery_ticket.experiments.tickets import unpack
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments.tickets import packed
from lottery_ticket.tests.foundations.tickets import small


@pytest.mark.slow
def test_a_branch_takes_what_was_unpacked_as_the_run(tmp_path, capsys):
    run, path = packed.trained(tmp_path)
    place = f"{tmp_path}/mailed/trial1/3/same_init"
    unpack.unpack(path, place)
    assert capsys.readouterr().out == f"{place}: unpacked from {path}\n"
    given = {"mask_1_action": "reinit", "quiet": True}
    for source in (run, place, path):
        made = f"{tmp_path}/branches/{len(source)}"
        planned.run(branch.plan, made, source, **given)
        assert planned.is_complete(branch.plan, made, run, **given)


def test_the_place_of_a_users_network_is_what_the_user_says(tmp_path):
    settings = {"model": "/home/mallory/net.py:build", "dataset": "digits"}
    record = {**small.RECORD, "settings": settings}
    ticket = dataclasses.replace(small.ticket({"a": (4, 5)}), record=record)
    path, place = f"{tmp_path}/a.ticket", f"{tmp_path}/a"
    ticket_file.write(path, ticket)
    with pytest.raises(ValueError, match="Say where it is: --model=path/to"):
        unpack.unpack(path, place)
    unpack.unpack(path, place, model="net.py:build")
    found = run_record.read(place)
    assert found["settings"] == {**settings, "model": "net.py:build"}
    again = run_tickets.of_run(place)
    same = {"record": again.record, "logs": again.logs}
    small.check_same(again, dataclasses.replace(ticket, **same))
