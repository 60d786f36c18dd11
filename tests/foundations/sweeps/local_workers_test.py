"""Tests of foundations/sweeps/local_workers.py; the pool's are of it, too."""

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    local_workers,
    scripts,
    worker_protocol,
)

SLOT = devices.Slot("CPU", {})


@pytest.fixture
def runner(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("def main(argv):\n    pass\n")
    return scripts.Runner(str(script))


def test_starts_that_failed_are_counted_until_one_succeeds(runner):
    engine, workers = local_workers.LOCAL, []
    for expected in (1, 2):
        lost = workers[-1] if workers else None
        workers.append(
            engine.start(runner, SLOT, worker_protocol.NO_CARE, lost)
        )
        workers[-1].process.kill()
        assert workers[-1].listen() is None
        assert workers[-1].has_ended
        assert workers[-1].failed_starts == expected
    last = engine.start(runner, SLOT, worker_protocol.NO_CARE, workers[-1])
    while last not in engine.speaking([last]):
        pass
    assert last.listen() is None
    assert last.is_idle
    assert last.failed_starts == 0
    last.close()
    assert "exit status 0" in last.end(local_workers.worker_protocol.GRACE_S)


def test_the_last_start_that_fails_raises(runner):
    engine, lost = local_workers.LOCAL, None
    for _ in range(local_workers.STARTS - 1):
        lost = engine.start(runner, SLOT, worker_protocol.NO_CARE, lost)
        lost.process.kill()
        lost.listen()
    last = engine.start(runner, SLOT, worker_protocol.NO_CARE, lost)
    last.process.kill()
    with pytest.raises(RuntimeError, match="could not start, 3 in a row"):
        last.listen()
