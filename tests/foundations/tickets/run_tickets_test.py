"""Tests of foundations/tickets/run_tickets.py."""

import shutil

import numpy as np
import pytest

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.tests import tiny


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained")
    settings = {"experiment": "tiny", "seed": 1}
    tiny.train(directory / "run", settings=settings)
    return directory / "run"


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def bytes_below(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_same_run_gives_the_same_bytes(run):
    ticket = run_tickets.of_run(str(run))
    assert ticket.bytes == run_tickets.of_run(f"{run}/").bytes
    assert run_tickets.byte_count(str(run)) == len(ticket.bytes)
    assert list(ticket.masks) == ["layer0", "layer1"]
    only = run_tickets.of_run(str(run), "final")
    assert list(only.networks) == ["final"]
    assert len(only.bytes) < len(ticket.bytes)


def test_a_run_comes_back_with_its_arrays_to_the_byte(run, tmp_path):
    ticket = run_tickets.of_run(str(run))
    place = tmp_path / "other"
    run_tickets.to_run(ticket, str(place))
    there, here = bytes_below(run), bytes_below(place)
    arrays = [name for name in there if name.endswith(".npy")]
    assert len(arrays) == 10
    assert all(here[name] == there[name] for name in arrays)
    assert sorted(here) == sorted(
        [*arrays, "run.json", "test.json", "train.json", "validate.json"]
    )
    record, before = (run_record.read(str(each)) for each in (place, run))
    assert record["unpacked"] == ticket.seal
    for name in ("settings", "inputs", "density", "effective", "started"):
        assert record[name] == before[name]
    assert run_record.is_complete(str(place), before["settings"])
    assert run_tickets.of_run(str(place)).bytes == ticket.bytes


def test_logs_keep_the_early_stop_and_the_end(run):
    logs = run_tickets.of_run(str(run)).logs
    assert logs["train"]["iteration"] == [40]
    assert logs["validate"]["iteration"][-1] == 40
    assert logs["test"]["iteration"] == logs["validate"]["iteration"]
    assert len(logs["test"]["accuracy"]) == len(logs["test"]["iteration"])


@pytest.mark.parametrize(
    "losses, stops", [([3, 1, 2, 2], [20, 40]), ([3, np.nan, 2, 1], [40])]
)
def test_points_of_logs(losses, stops):
    iterations = [10, 20, 30, 40]
    logs = {
        "train": {"iteration": [1, 2, 3], "loss": [3, 2, 1]},
        "test": {"iteration": [0, 19, 40], "loss": [5, 6, 7]},
        "validate": {"iteration": iterations, "loss": losses},
    }
    points = run_tickets._points(logs)
    assert points["train"] == {"iteration": [3], "loss": [1]}
    assert points["validate"]["iteration"] == stops
    expected = [19, 40] if 20 in stops else [40]
    assert points["test"]["iteration"] == expected
    assert run_tickets._points(points) == points


def test_remote_folders_are_written_and_packed(run):
    ticket = run_tickets.of_run(str(run))
    place = "memory://unpacked/trial1/1/same_init"
    run_tickets.to_run(ticket, place)
    assert files.names(f"{place}/final") == ["arrays.npz"]
    assert run_tickets.of_run(place).bytes == ticket.bytes


def test_what_was_begun_is_gone_on_with(run, tmp_path):
    ticket = run_tickets.of_run(str(run))
    place = tmp_path / "other"
    run_tickets.to_run(ticket, str(place))
    whole = bytes_below(place)
    (place / "run.json").unlink()  # As a kill before the end leaves it.
    (place / "masks/layer0.npy").unlink()
    run_tickets.to_run(ticket, str(place))
    assert bytes_below(place) == whole
    run_tickets.to_run(ticket, str(place))  # Complete: nothing is done.


@pytest.mark.parametrize(
    ("left", "is_own"),
    [
        ("run.json.4242.tmp", True),
        ("test.json.4242.tmp", True),
        ("masks/layer0.npy.4242.tmp", True),
        ("notes.txt.4242.tmp", False),
        ("run.json.tmp", False),
        ("run.json", False),
    ],
)
def test_half_a_file_of_its_own_stops_nothing(run, tmp_path, left, is_own):
    ticket, place = run_tickets.of_run(str(run)), tmp_path / "other"
    (place / left).parent.mkdir(parents=True)
    (place / left).write_text("{")
    if is_own:
        run_tickets.to_run(ticket, str(place))
        assert run_tickets.of_run(str(place)).bytes == ticket.bytes
    else:
        with pytest.raises(ValueError, match=f"holds {left}: a ticket is"):
            run_tickets.to_run(ticket, str(place))


def test_a_folder_that_holds_anything_else_is_refused(run, tmp_path):
    ticket = run_tickets.of_run(str(run))
    before = bytes_below(run)
    with pytest.raises(
        ValueError, match="holds run.json, summaries, test.json"
    ):
        run_tickets.to_run(ticket, str(run))
    assert bytes_below(run) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds notes.txt: a ticket is"):
        run_tickets.to_run(ticket, str(tmp_path / "mine"))


def test_a_run_that_is_not_whole_is_not_packed(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no run.json"):
        run_tickets.of_run(str(tmp_path))
    with pytest.raises(ValueError, match="Unknown --with 'all'"):
        run_tickets.of_run(str(run), "all")
    (run / "test.json").write_text("{}")
    with pytest.raises(ValueError, match="test.json is missing or has changed"):
        run_tickets.of_run(str(run))
    (run / "initial/layer0.npy").write_bytes(b"")
    with pytest.raises(ValueError, match="layer0.npy is missing or damaged"):
        run_tickets.of_run(str(run))
    (run / "run.json").unlink()
    (run / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="is not finished"):
        run_tickets.of_run(str(run))


def test_a_file_is_read_into_what_was_packed(run, tmp_path):
    ticket, path = run_tickets.of_run(str(run)), str(tmp_path / "a.ticket")
    ticket_file.write(path, ticket)
    read = ticket_file.read(path)
    assert read.record == ticket.record and read.logs == ticket.logs
