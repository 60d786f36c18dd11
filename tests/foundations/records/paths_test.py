"""Tests of foundations/records/paths.py: the layout on disk is frozen here."""

import pytest

from lottery_ticket.foundations.records import paths


def test_layout_is_frozen():
    run = paths.run(paths.trial("out", 1), 3, "same_init")
    assert run == "out/trial1/3/same_init"
    assert paths.run("t", 3, "reinit", 10) == "t/3/reinit10"
    assert paths.initial(run) == run + "/initial"
    assert paths.at_iteration(run, 500) == run + "/iteration500"
    assert paths.final(run) == run + "/final"
    assert paths.masks(run) == run + "/masks"
    assert paths.first_masks(run) == run + "/first_masks"
    assert paths.log(run, "train") == run + "/train.json"
    assert paths.summaries(run) == run + "/summaries"
    assert paths.record(run) == run + "/run.json"
    assert paths.checkpoint(run) == run + "/checkpoint.bin"
    assert paths.lock(run) == run + "/.lock"


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("o/trial7/12/reuse_sign3", ("7", 12, "reuse_sign", "3")),
        ("gs://b/trialx/0/same_init/", ("x", 0, "same_init", "")),
        ("results/once", (None, None, "once", "")),
        ("2/once", (None, 2, "once", "")),
    ],
)
def test_parse_run_inverts_run(directory, expected):
    assert paths.parse_run(directory) == expected


@pytest.mark.parametrize("name", ["same_init", "a", "same-init.b"])
def test_experiment_names_that_are_fine(name):
    paths.check_experiment_name(name)


@pytest.mark.parametrize("name", ["reinit2", "", "a/b", "..", "."])
def test_experiment_names_that_are_not(name):
    with pytest.raises(ValueError, match="experiment_name"):
        paths.check_experiment_name(name)
