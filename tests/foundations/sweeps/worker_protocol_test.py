"""Tests of foundations/sweeps/worker_protocol.py."""

import inspect

import pytest

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    local_workers,
    ray_workers,
    worker_protocol,
)


def test_where_and_how_long_a_line_ran_is_not_how_it_ended():
    line = argfile_lines.Line(1, ("--a=1",))
    outcome = worker_protocol.Outcome(line, None)
    assert outcome == worker_protocol.Outcome(
        line, None, device="GPU 0", seconds=3.0
    )
    assert outcome != worker_protocol.Outcome(line, "exit status 1")
    assert outcome != worker_protocol.Outcome(line, None, by="another")


@pytest.mark.parametrize(
    ("protocol", "kinds"),
    [
        (
            worker_protocol.Engine,
            (local_workers.Local, ray_workers.RayWorkers),
        ),
        (
            worker_protocol.Worker,
            (local_workers.LocalWorker, ray_workers.RayWorker),
        ),
    ],
)
def test_all_engines_have_what_a_pool_asks_for(protocol, kinds):
    methods = {
        name: each
        for name, each in vars(protocol).items()
        if not name.startswith("_") and inspect.isfunction(each)
    }
    assert methods
    for kind in kinds:
        for name, method in methods.items():
            theirs = inspect.signature(getattr(kind, name)).parameters
            assert [*theirs] == [*inspect.signature(method).parameters]
