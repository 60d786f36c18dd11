"""Tests of foundations/sweeps/engines."""

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    engines,
    local_workers,
    ray_workers,
)


def test_workers_of_this_machine_are_the_usual_ones():
    engine, slots = engines.find("local", wanted="cpu*1", per_device=2)
    assert engine is local_workers.LOCAL
    assert slots == devices.slots("cpu*1", 2)


def test_those_of_a_cluster_have_its_slots(monkeypatch):
    asked = []

    def connect(*args):
        asked.append(args)
        return ray_workers.RayWorkers(None, ["slot"], {}, 1)

    monkeypatch.setattr(ray_workers, "connect", connect)
    engine, slots = engines.find("ray", "host:1", "gpu", 3)
    assert isinstance(engine, ray_workers.RayWorkers)
    assert slots == ["slot"] and asked == [("host:1", "gpu", 3)]


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="engine 'rai'.*'ray'"):
        engines.find("rai")
    with pytest.raises(ValueError, match="goes with --engine=ray.*auto"):
        engines.find("local", "auto")
