import math

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import logs
from lottery_ticket.foundations.machine import files
from lottery_ticket.tests.analysis import fake_results


@pytest.mark.parametrize(
    "loss, expected",
    [
        ([2.0, 0.5, 0.75], 100),
        ([2.0, 0.5, 0.5], 100),
        ([2.0, math.nan, 0.5], 200),
        ([2.0, 3.0, 4.0], 0),
    ],
)
def test_early_stop_is_at_the_first_minimum(loss, expected):
    log = {"iteration": [0, 100, 200], "loss": loss}
    assert logs.early_stop_iteration(log) == expected


@pytest.mark.parametrize("loss", [[], [math.nan]])
def test_no_early_stop_without_losses(loss):
    log = {"iteration": [0] * len(loss), "loss": loss}
    assert math.isnan(logs.early_stop_iteration(log))


def test_reads_long_frame(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 1, validate_loss=None)
    frame = logs.read(results.read(str(tmp_path)).runs)
    assert list(frame.columns) == [
        *("experiment", "trial", "level", "run", "density"),
        *("log", "iteration", "loss", "accuracy"),
    ]
    assert list(frame["level"]) == [0] * 6 + [1] * 3
    assert list(frame["density"]) == [1.0] * 6 + [0.5] * 3
    assert list(frame["log"]) == ["test"] * 3 + ["validate"] * 3 + ["test"] * 3
    assert list(frame["iteration"]) == [0, 100, 200] * 3
    assert list(frame["loss"][3:6]) == [2.0, 0.5, 0.25]
    assert list(frame["accuracy"][6:]) == [0.1, 0.8, 0.9]


def test_reads_only_the_logs_asked_for(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    runs = results.read(str(tmp_path)).runs
    assert set(logs.read(runs, ("validate",))["log"]) == {"validate"}
    assert logs.read(runs, ("train",)).empty
    with pytest.raises(ValueError, match="Unknown log 'tests'.*'test'"):
        logs.read(runs, ("tests",))


def test_damaged_log_is_named_and_skipped(tmp_path, caplog):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    runs = results.read(str(tmp_path)).runs
    files.write(f"{directory}/train.json", b"{")
    assert logs.read(runs, ("train",)).empty
    assert f"{directory}/train.json" in caplog.text
