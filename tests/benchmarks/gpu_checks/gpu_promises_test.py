"""Tests of gpu_checks/gpu_promises: what is measured, and what it means.

Commands are made up; gpu_check_test runs them.
"""

import json
import pathlib

import pytest

from lottery_ticket.benchmarks.gpu_checks import children, gpu_promises, watched
from lottery_ticket.benchmarks.gpu_checks import conditions as conditions_lib
from lottery_ticket.foundations.machine import devices

OURS = "this trainer"


@pytest.fixture
def conditions(tmp_path):
    return conditions_lib.Conditions(tmp_path, gpu=None)


@pytest.fixture
def on_gpu(tmp_path):
    return conditions_lib.Conditions(tmp_path, gpu="0")


def flag(words, name):
    (found,) = (w for w in words if w.startswith(f"--{name}="))
    return found.partition("=")[2]


def fake(monkeypatch, carry_out):
    """Commands are carried out by a function (words) -> what they print."""

    def run(*commands, may_fail=False):
        return [carry_out(words) for words in commands]

    monkeypatch.setattr(children, "run", run)


def times(monkeypatch, tmp_path, milliseconds):
    def carry_out(words):
        (tmp_path / "speed.json").write_text(json.dumps(milliseconds))

    fake(monkeypatch, carry_out)


def test_without_a_gpu_it_is_untried_which_it_is(conditions):
    assert gpu_promises.device(conditions).status == "untried"


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ({"fit": [2, 3, 4]}, "held"),
        ({"fit": [0.5, 2, 4], "pytorch, Adam": [2, 2, 2]}, "held"),
        ({"fit": [2, 3, 4], "pytorch, Adam": [0.5, 0.3, 0.9]}, "broken"),
        ({"fit": [0.5, 0.5, 1]}, "broken"),
    ],
)
def test_speed_is_judged_by_medians_of_ratios(
    monkeypatch, conditions, others, status
):
    times(monkeypatch, conditions.folder, {OURS: [1, 1, 1], **others})
    verdict = gpu_promises.speed(conditions)
    assert verdict.status == status
    assert ("not installed" in verdict.measured) == (len(others) == 1)
    assert verdict.numbers["ratios"]["fit"]["n"] == 3
    assert OURS not in verdict.numbers["ratios"]


@pytest.mark.parametrize("fit", [[0.5, 0.5, 4], [0.9, 1, 1.1]])
def test_unsteady_times_tell_nothing(monkeypatch, conditions, fit):
    times(monkeypatch, conditions.folder, {OURS: [1, 1, 1], "fit": fit})
    verdict = gpu_promises.speed(conditions)
    assert verdict.status == "untried"
    assert verdict.measured.startswith("too unsteady to tell")


def sweeps(monkeypatch, seconds, missing=0):
    """Sweeps whose lines train in seconds by the number of workers."""

    def carry_out(words):
        argfile = pathlib.Path(words[4])
        lines = argfile.read_text().splitlines()[missing:]
        count = (len(lines) + missing) // 2
        for number, line in enumerate(lines):
            folder = pathlib.Path(flag(line.split(), "output_dir"))
            folder.mkdir(parents=True)
            is_first = number < count  # It compiles.
            record = {
                "train_s": 100 if is_first else seconds[count],
                "started": f"2026-01-01T00:00:{number:02}",
            }
            (folder / "run.json").write_text(json.dumps(record))

    fake(monkeypatch, carry_out)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        ({1: 2, 2: 2, 4: 3, 8: 9}, "held"),
        ({1: 2, 2: 4, 4: 8, 8: 16}, "broken"),
        ({1: 2, 2: 6, 4: 12, 8: 15}, "held"),
    ],
)
def test_workers_are_held_against_one(monkeypatch, on_gpu, seconds, status):
    sweeps(monkeypatch, seconds)
    verdict = gpu_promises.workers(on_gpu)
    assert verdict.status == status
    found = verdict.numbers["milliseconds"]
    assert {count: each["n"] for count, each in found.items()} == {
        1: 1,
        2: 2,
        4: 4,
        8: 8,
    }
    # Of 20,000 iterations, and what compiles does not count.
    assert found[8]["median"] == seconds[8] / 20 / 8


def test_one_core_tries_no_workers(monkeypatch, conditions):
    monkeypatch.setattr(devices, "cores", lambda: 1)
    assert gpu_promises.workers(conditions).status == "untried"


def test_a_worker_whose_run_is_missing_is_an_error(monkeypatch, on_gpu):
    sweeps(monkeypatch, {1: 2, 2: 2, 4: 2, 8: 2}, missing=1)
    with pytest.raises(RuntimeError, match="1 of 2 runs"):
        gpu_promises.workers(on_gpu)


def trainings(monkeypatch, content):
    """Runs whose weights are what a function of the words says."""

    def carry_out(words):
        folder = pathlib.Path(flag(words, "output_dir"))
        folder.mkdir(exist_ok=True)
        if watched.KILLED in words:
            return
        (folder / "test.json").write_text(content(words))
        resumed = int(folder.name == "killed")
        record = {"resumed": resumed, "started": str(folder)}
        (folder / "run.json").write_text(json.dumps(record))

    fake(monkeypatch, carry_out)


def own_folder(words):
    return flag(words, "output_dir")


def own_if(*given):
    return lambda words: own_folder(words) if set(given) <= set(words) else ""


@pytest.mark.parametrize(
    ("content", "status", "equal"),
    [
        (own_if("none"), "held", (True, True, True)),
        (own_if("--deterministic=False"), "held", (True, True, False)),
        (own_if("--model=resnet20"), "broken", (True, False, True)),
        (own_folder, "broken", (False, False, False)),
    ],
)
def test_determinism_is_promised_where_it_is_on(
    monkeypatch, on_gpu, content, status, equal
):
    trainings(monkeypatch, content)
    verdict = gpu_promises.determinism(on_gpu)
    assert verdict.status == status
    assert tuple(verdict.numbers["equal"].values()) == equal


@pytest.mark.parametrize(
    ("content", "status"), [(lambda _: "", "held"), (own_folder, "broken")]
)
def test_a_run_that_goes_on_has_the_same_bytes(
    monkeypatch, conditions, content, status
):
    trainings(monkeypatch, content)
    assert gpu_promises.resume(conditions).status == status


def test_a_run_that_is_over_was_not_killed(monkeypatch, conditions):
    folder = conditions.folder / "killed"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    trainings(monkeypatch, lambda _: "")
    assert gpu_promises.resume(conditions).status == "untried"


@pytest.mark.parametrize(
    ("peak", "status"), [(1_060_000_000, "held"), (2_000_000_000, "broken")]
)
def test_memory_is_what_the_command_says(monkeypatch, conditions, peak, status):
    monkeypatch.setattr(gpu_promises, "MNIST_IMAGES", (20, 10))
    fake(monkeypatch, lambda _: f"{watched.PEAK}{peak}\n")
    verdict = gpu_promises.memory(conditions)
    assert verdict.status == status
    assert verdict.numbers == {"bytes": peak}


def test_each_check_is_said_in_a_sentence_that_is_its_own():
    sentences = [each.sentence for each in gpu_promises.PROMISES]
    assert len(set(sentences)) == len(sentences)
    assert not any(sentence.endswith(".") for sentence in sentences)
