"""Tests of analysis/study_logs.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import study_logs
from lottery_ticket.tests.analysis import fake_results


def test_what_is_written_is_read_but_for_weights_and_places(tmp_path):
    fake_results.write_experiment(str(tmp_path / "results"))
    tables, facts = study_logs.read(str(tmp_path / "results"), {})
    assert set(tables) == {"runs"}
    assert facts["runs"] == len(tables["runs"]) == 12
    logs = str(tmp_path / "logs")
    study_logs.write(logs, tables, facts)
    found, told = study_logs.read_written(logs)
    assert told == facts
    kept = [*found["runs"].columns]
    assert not {"directory", "density_layer0"} & {*kept}
    assert {"trial", "density", "accuracy", "early_stop_iteration"} < {*kept}
    for name in ("experiment", "run", "trial", "level", "recipe"):
        own, kept_there = found["runs"][name], tables["runs"][name]
        assert [*own.dropna()] == [*kept_there.dropna()]
    for name in ("density", "accuracy", "loss", "early_stop_iteration"):
        np.testing.assert_allclose(
            found["runs"][name], tables["runs"][name], rtol=1e-5
        )


@pytest.mark.parametrize("read", [study_logs.read, study_logs.read_written])
def test_where_nothing_is_nothing_is_found(tmp_path, read):
    options = ({},) if read is study_logs.read else ()
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert read(str(folder), *options) == ({}, {})
