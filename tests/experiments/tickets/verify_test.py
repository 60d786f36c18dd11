"""Tests of experiments/tickets/verify.py."""

import dataclasses
import math

import pytest

from lottery_ticket.experiments.tickets import verify
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.tests.experiments.tickets import packed


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    directory = tmp_path_factory.mktemp("packed")
    return packed.trained(directory)[1]


def changed(path, **parts):
    """Another file, of a ticket that is other than was packed."""
    ticket = dataclasses.replace(ticket_file.read(path), **parts)
    other = path.replace("mine", "other")
    ticket_file.write(other, ticket)
    return other


def test_metrics_come_out_as_recorded(mine, capsys):
    verify.verify(mine)
    lines = capsys.readouterr().out.splitlines()
    seal = ticket_file.read(mine).seal
    assert lines[0] == f"{mine}: whole, sha256 {seal}"
    for line in lines[1:]:
        there, here = line.partition(": ")[2].split(", ")
        assert there.split()[0] == here.split()[0]
    names = [line.partition(":")[0] for line in lines[1:]]
    assert names == [
        *("test loss", "test accuracy"),
        *("validate loss", "validate accuracy"),
    ]


def test_other_metrics_are_an_error(mine):
    logs = ticket_file.read(mine).logs
    test = {**logs["test"], "accuracy": [0.999] * len(logs["test"]["loss"])}
    other = changed(mine, logs={**logs, "test": test})
    with pytest.raises(RuntimeError, match="does not do what it says: test ac"):
        verify.verify(other)


@pytest.mark.parametrize(
    ("name", "there", "here", "is_same"),
    [
        ("accuracy", 80 / 89, 81 / 89, True),
        ("accuracy", 80 / 89, 82 / 89, False),
        ("head_top5_error", 8 / 89, 9 / 89, True),
        ("exact_match", 0.0, 1 / 89, True),
        ("loss", 0.05, 0.06, False),
        ("head_loss", 0.05, 0.06, False),
        ("mae", 0.05, 0.06, False),
        ("mae", 0.05, 0.05004, True),
        ("head_mae_1", 0.05, 0.06, False),
        ("root_mean_squared_error", 0.05, 0.06, False),
        ("r2_score", -1.8, -1.79, False),
        ("items", 1.99, 2.0, False),
        ("mae", math.nan, math.nan, True),
    ],
)
def test_one_example_may_move_shares_alone(name, there, here, is_same):
    recorded = {"test": {"loss": 1.0, name: there}}
    evaluated = {"test": {name: here}}, {"test": 89}
    if is_same:
        verify._compare("t", recorded, evaluated)
    else:
        with pytest.raises(RuntimeError, match=f"test {name}: "):
            verify._compare("t", recorded, evaluated)


def test_other_data_are_an_error(mine):
    record = ticket_file.read(mine).record
    inputs = {**record["inputs"], "dataset": "0" * 64}
    other = changed(mine, record={**record, "inputs": inputs})
    with pytest.raises(ValueError, match="was trained on other data"):
        verify.verify(other)


def test_settings_that_are_no_runs_are_an_error(mine):
    record = ticket_file.read(mine).record
    settings = {**record["settings"]}
    del settings["init_seed"]
    other = changed(mine, record={**record, "settings": settings})
    with pytest.raises(ValueError, match="settings that are no run's"):
        verify.verify(other)


def test_a_smaller_network_is_an_error(mine):
    record = ticket_file.read(mine).record
    settings = {**record["settings"], "hidden_units": [7]}
    other = changed(mine, record={**record, "settings": settings})
    with pytest.raises(ValueError, match="is of another network: 'layer0'"):
        verify.verify(other)


def test_initial_weights_alone_are_not_evaluated(mine, capsys):
    networks = ticket_file.read(mine).networks
    other = changed(mine, networks={"initial": networks["initial"]})
    verify.verify(other)
    assert "holds no final weights" in capsys.readouterr().out


def test_a_network_given_from_python_is_not_built(mine, capsys):
    record = ticket_file.read(mine).record
    settings = {**record["settings"], "model": None}
    verify.verify(changed(mine, record={**record, "settings": settings}))
    assert "lt.load_ticket(FILE, model)" in capsys.readouterr().out


def test_no_file_that_a_ticket_names_is_run(mine, tmp_path):
    (tmp_path / "evil.py").write_text("raise SystemExit('run')")
    record = ticket_file.read(mine).record
    model = f"{tmp_path}/evil.py:build"
    settings = {**record["settings"], "model": model, "hidden_units": None}
    other = changed(mine, record={**record, "settings": settings})
    with pytest.raises(ValueError, match="holds no code and opens no other"):
        verify.verify(other)


def test_a_folder_is_no_file(mine):
    folder = mine.replace("mine.ticket", "results/trial1/3/same_init")
    with pytest.raises(ValueError, match="Expected a file NAME.ticket"):
        verify.verify(folder)
