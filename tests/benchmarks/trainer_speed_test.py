"""Tests of benchmarks/trainer_speed.py."""

import json

import pytest

from lottery_ticket.benchmarks import trainer_speed
from lottery_ticket.foundations.training import resumable_run
from lottery_ticket.foundations.training.hooks import hooks


@pytest.mark.slow
def test_every_hook_that_suits_lenet_is_timed(tmp_path, monkeypatch):
    monkeypatch.setattr(resumable_run, "CHUNK_ITERATIONS", 10)
    out = tmp_path / "times.json"
    trainer_speed.trainer_speed(
        rounds=1, iterations=10, hooks_only=True, out=str(out)
    )
    timed = {n for n, each in hooks.HOOKS.items() if not each.needs_norms}
    expected = {"no hook", "no hook, again", *timed}
    assert set(json.loads(out.read_text())) == expected
