"""Tests of training/run_folder.py: what is a run's own, and what is not."""

import hashlib

import numpy as np
import pytest

from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.training import run_folder

TEMPORARY = (
    "run.json.7.tmp",
    "checkpoint.bin.7.tmp",
    "validate.json.123.tmp",
    "flags/layer0.npy.9.tmp",
    "scores/layer0_bias.npy.9.tmp",
    "iteration13/layer0.npy.9.tmp",
    "summaries/events.out.tfevents.0000000001.7.tmp",
)
SUMMARY = "summaries/events.out.tfevents.0000000007"
# A user's, another run's, results.
THEIRS = (
    "draft.tmp",
    "run.json.tmp",
    "test.json",
    "final/layer0.npy",
    "iteration14/layer0.npy.9.tmp",
    "search/run.json.7.tmp",
    "events/layer0.npy.9.tmp",
)


@pytest.mark.parametrize("is_redone", [False, True])
def test_only_what_a_killed_run_has_left_is_removed(tmp_path, is_redone):
    for name in (*TEMPORARY, SUMMARY, *THEIRS):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    run_folder.clear(str(tmp_path), ("flags", "scores"), (13,), is_redone)
    left = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert left == {*THEIRS} | (set() if is_redone else {SUMMARY})


def test_a_folder_that_is_not_there_needs_no_clearing(tmp_path):
    run_folder.clear(str(tmp_path / "none"))
    assert not list(tmp_path.iterdir())


def test_checksums_are_by_the_path_in_the_folder(tmp_path):
    network = {"a": np.arange(3), "b": np.zeros((2, 2), np.uint8)}
    found = run_folder.save_network(str(tmp_path), "flags", network)
    assert found == {
        f"flags/{name}.npy": hashlib.sha256(
            (tmp_path / f"flags/{name}.npy").read_bytes()
        ).hexdigest()
        for name in network
    }
    saved = save_restore.restore_network(str(tmp_path / "flags"))
    np.testing.assert_array_equal(saved["a"], network["a"])
