"""Tests of foundations/records/log_writers.py."""

import numpy as np
from tensorboard.backend.event_processing import event_file_loader

from lottery_ticket.foundations.records import log_writers, paths, save_restore

KEYS = ("loss", "accuracy")


def logs():
    made = log_writers.Logs(["train", "test"])
    made.add("test", [0], [2.5], [0.1])
    made.add("train", range(1, 151), np.arange(150.0), np.full(150, 0.5))
    made.add("test", [150], [0.5], [0.75])
    return made


def test_logs_are_written_as_json(tmp_path):
    checksums = logs().write(str(tmp_path))
    assert set(checksums) == {"train.json", "test.json"}
    test = save_restore.read_log(str(tmp_path), "test")
    assert test == {
        "iteration": [0, 150],
        "loss": [2.5, 0.5],
        "accuracy": [0.1, 0.75],
    }
    train = save_restore.read_log(str(tmp_path), "train")
    assert train["iteration"] == list(range(1, 151))
    assert train["loss"][-1] == 149


def test_facts_are_the_latest():
    assert logs().latest() == {"train": (149.0, 0.5), "test": (0.5, 0.75)}
    assert log_writers.Logs(["train"]).latest() == {}


def test_restored_logs_go_on(tmp_path):
    restored = log_writers.Logs(["train", "test"])
    restored.restore(logs().arrays())
    restored.add("test", [200], [0.25], [1.0])
    restored.write(str(tmp_path))
    read = save_restore.read_log(str(tmp_path), "test")
    assert read["iteration"] == [0, 150, 200]


def test_a_log_is_cut_where_it_stops_being_finite():
    made = logs()
    assert made.cut_at_not_finite() is None
    made.add("train", [151, 152, 153], [1, np.nan, np.inf], [0, 0, 0])
    made.add("test", [152, 153], [np.nan, 3], [0, 0])
    assert made.cut_at_not_finite() == ("train", 152)
    assert made.latest()["train"][0] == 1
    assert made.latest()["test"][0] == 0.5
    assert made.cut_at_not_finite() is None


def test_a_loss_that_is_not_finite_is_found_in_restored_logs_too():
    made = logs()
    made.add("train", [151], [np.nan], [0])
    restored = log_writers.Logs(["train", "test"])
    restored.restore(made.arrays())
    assert restored.cut_at_not_finite() == ("train", 151)


def events(directory):
    """All (step, tag, value) of the event files in a folder, in order."""
    found = []
    for path in sorted(directory.iterdir()):
        for event in event_file_loader.LegacyEventFileLoader(str(path)).Load():
            for value in event.summary.value:
                found.append((event.step, value.tag, value.simple_value))
    return found


def test_summaries_hold_means_of_training_and_every_test(tmp_path):
    logs().write_summaries(str(tmp_path))
    found = events(tmp_path / "summaries")
    assert (100, "loss/train", 49.5) in found
    assert (150, "loss/train", 124.5) in found
    assert (0, "loss/test", 2.5) in found
    assert (150, "accuracy/test", 0.75) in found
    assert len(found) == 8


def test_summaries_say_why_their_times_are_none(tmp_path):
    logs().write_summaries(str(tmp_path))
    [path] = (tmp_path / "summaries").iterdir()
    loader = event_file_loader.EventFileLoader(str(path))
    told = {}
    for event in loader.Load():
        for value in event.summary.value:
            if value.metadata.summary_description:
                told.setdefault(value.tag, value.metadata.summary_description)
    tags = [f"{key}/{log}" for log in ("train", "test") for key in KEYS]
    assert told == dict.fromkeys(tags, log_writers.NO_TIMES)


def test_summaries_append_and_rewrite_the_same_bytes(tmp_path):
    made = logs()
    made.write_summaries(str(tmp_path))
    saved = made.arrays()
    contents = []
    for _ in range(2):  # The second time as after a kill.
        resumed = log_writers.Logs(["train", "test"])
        resumed.restore(saved)
        resumed.add("test", [200], [0.25], [1.0])
        resumed.write_summaries(str(tmp_path))
        folder = tmp_path / paths.summaries("").strip("/")
        contents.append(
            [path.read_bytes() for path in sorted(folder.iterdir())]
        )
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2
    assert events(folder)[-1] == (200, "accuracy/test", 1.0)
