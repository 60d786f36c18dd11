"""Tests of experiments/gem_miner.py, on the bundled digits."""

import itertools
import json

import numpy as np
import pytest

from lottery_ticket.experiments import gem_miner, prune_at_init
from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages.gem import gem_stages
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import checkpoint
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import grids, planned, tiny
from lottery_ticket.tests.experiments.stages.gem import small

CHECKS = ("weight_reinit", "mask_shuffle")


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mined")
    return directory, small.train(directory, checks=CHECKS)


def is_complete(directory, presets=None, **flags):
    arguments = small.arguments(**flags)
    return planned.is_complete(
        gem_miner.plan, str(directory), *arguments, presets=presets
    )


@pytest.mark.slow
def test_the_record_counts_the_mask_and_has_all_stages(mined):
    directory, record = mined
    (masks,) = small.networks(directory, "masks")
    assert record["counts"] == {
        name: list(pair) for name, pair in masks_lib.counts(masks).items()
    }
    assert sum(kept for kept, _ in record["counts"].values()) == 222
    assert set(record["stages"]) == {"finetuned", "search", *CHECKS}
    assert record["settings"]["algo"] == "hc_iter"
    assert record["settings"]["density"] == 0.25
    assert record["num_classes"] == 10


def test_the_gem_is_an_ordinary_run(mined):
    directory, _ = mined
    ticket = finished_runs.ticket(str(directory))
    assert ticket.settings["experiment"] == "gem_miner"
    assert masks_lib.density(ticket.masks) == 0.25


def test_its_search_is_an_ordinary_run(mined):
    directory, _ = mined
    with pytest.raises(ValueError, match="A dense run is needed"):
        finished_runs.dense(str(directory / "search"))


def test_a_finished_gem_is_skipped(mined, monkeypatch):
    directory, record = mined
    monkeypatch.setattr(gem_stages, "run", None)
    assert is_complete(directory, checks=CHECKS)
    assert small.train(directory, checks=CHECKS) == record


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"density": 0.5}, "density: 0.25 there, 0.5 now"),
        ({"mask_seed": 3}, "mask_seed: "),
        ({"changes": {"lr": 1.0}}, "lr: 0.1 there, 1.0 now"),
        ({"tuning": {"fine_tune_len": "3ep"}}, "fine_tune_len: '2ep' there"),
        ({"checks": ()}, "sanity_checks: "),
        ({"algo": "ep"}, "algo: 'hc_iter' there, 'ep' now"),
    ],
)
def test_other_settings_are_never_mixed_in(mined, flags, message):
    directory, _ = mined
    flags = {"checks": CHECKS, **flags}
    for asked in (is_complete, small.train):
        with pytest.raises(ValueError, match=message):
            asked(directory, **flags)


class Killed(BaseException):
    """As a signal would end it."""


def test_two_densities_are_an_error_from_the_first_search_on(
    tmp_path, monkeypatch
):
    def die(self, *arguments):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(programs.Program, "launch", die)
        with pytest.raises(Killed):
            small.train(tmp_path)
    found = checkpoint.load(str(tmp_path / "search"))[1]["identity"]
    assert found["settings"]["density"] == 0.25
    with pytest.raises(ValueError, match="density: 0.25 there, 0.5 now"):
        small.train(tmp_path, density=0.5)


@pytest.mark.slow
def test_checks_can_be_added_without_training_again(tmp_path, monkeypatch):
    small.train(tmp_path)
    (tmp_path / "gem.json").unlink()
    assert not is_complete(tmp_path, checks=("mask_shuffle",))
    iterations = []
    train = programs.Program.launch

    def count(self, first, number, *others):
        iterations.append(number)
        return train(self, first, number, *others)

    monkeypatch.setattr(programs.Program, "launch", count)
    record = small.train(tmp_path, checks=("mask_shuffle",))
    assert sum(iterations) == 8  # Of the check alone.
    assert set(record["stages"]) == {"search", "finetuned", "mask_shuffle"}


def test_a_damaged_stage_is_redone_to_the_same_results(tmp_path):
    record = small.train(tmp_path)
    before = tiny.result_bytes(tmp_path)
    (tmp_path / "search/scores/layer0.npy").write_bytes(b"")
    (tmp_path / "final/layer1.npy").write_bytes(b"")
    assert not is_complete(tmp_path)
    again = small.train(tmp_path)
    assert again["stages"] == record["stages"]
    after = tiny.result_bytes(tmp_path)
    assert {n: b for n, b in after.items() if n.endswith("npy")} == {
        n: b for n, b in before.items() if n.endswith("npy")
    }


@pytest.mark.parametrize(
    ("algo", "moment"),
    grids.thinned(
        itertools.product(
            ["hc_iter", "global_ep_iter", "signed", "concrete", "gaussian"],
            [1, 3, 4, 6],
        ),
        [("hc_iter", 3), ("hc_iter", 6), ("concrete", 3), ("gaussian", 3)],
    ),
)
def test_a_gem_killed_anywhere_ends_in_the_same_bytes(
    mined, tmp_path, monkeypatch, algo, moment
):
    """Chunk by chunk: 5 of the search, 2 of fine-tuning."""
    reference, whole = mined
    if algo != "hc_iter":
        reference = tmp_path / "whole"
        whole = small.train(reference, algo=algo, checks=CHECKS)
    chunks = []
    train = programs.Program.launch

    def die(self, first, number, *others):
        if len(chunks) == moment:
            raise Killed
        chunks.append(number)
        return train(self, first, number, *others)

    directory = tmp_path / "killed"
    with monkeypatch.context() as patched:
        patched.setattr(programs.Program, "launch", die)
        patched.setattr(
            "lottery_ticket.foundations.training.resumable_run."
            "CHECKPOINT_INTERVAL_S",
            -1,
        )
        with pytest.raises(Killed):
            small.train(directory, algo=algo, checks=CHECKS)
    stopped = directory / "search" if moment < 5 else directory
    assert checkpoint.load(str(stopped))[1]["iteration"] == (
        4 * (moment if moment < 5 else moment - 5)
    )
    record = small.train(directory, algo=algo, checks=CHECKS)
    assert record["stages"] == whole["stages"]
    own, theirs = (tiny.result_bytes(each) for each in (directory, reference))
    del own["gem.json"], theirs["gem.json"]  # It has the day in it.
    assert own == theirs
    records = [
        json.loads((each / "search/run.json").read_text())["events"]
        for each in (directory, reference)
    ]
    assert records[0] == records[1]


def test_a_signed_supermask_is_trained_from_weights_with_its_signs(tmp_path):
    changes = {"lr": 0.5}
    record = small.train(tmp_path, algo="signed", changes=changes)
    assert set(record["stages"]) == {"finetuned", "search"}
    assert record["settings"]["threshold_share"] == 0.4
    drawn, scores, masks, found, initial = small.networks(
        tmp_path,
        *("search/initial", "search/scores", "masks", "search/final"),
        "initial",
    )
    is_flipped = False
    for name, mask in masks.items():
        signs = np.where(scores[name] < 0, -1, 1)
        expected = drawn[name] * signs * mask
        np.testing.assert_array_equal(found[name], expected)
        np.testing.assert_array_equal(initial[name], expected)
        is_flipped |= (initial[name] * drawn[name] < 0).any()
    assert is_flipped
    before = record["stages"]["finetuned"]["before"]["test"]["accuracy"]
    (sample,) = record["stages"]["search"]["samples"]["test"]["accuracy"]
    assert before == pytest.approx(sample)
    assert finished_runs.ticket(str(tmp_path)).masks.keys() == masks.keys()
    with pytest.raises(ValueError, match="Signs are flipped by algo=signed"):
        finished_runs.search(str(tmp_path))


def test_a_command_line_means_the_same(mined):
    directory, _ = mined
    words = [f"--output_dir={directory}", "--density=.25", "--prune_period=2"]
    words += ["--fine_tune_len=2ep", f"--sanity_checks={','.join(CHECKS)}"]
    words += [f"--{name}={value}" for name, value in small.RECIPE.items()]
    words = [
        w.replace("(12,)", "12").replace("{'*': 0.2}", "*=.2") for w in words
    ]
    arguments = flags.bind(gem_miner.plan, words)
    assert planned.is_complete(gem_miner.plan, **arguments)


def test_presets_are_the_weights(tmp_path):
    rng = np.random.default_rng(3)
    presets = {"layer0": rng.normal(size=(64, 12)).astype(np.float32) / 8}
    record = small.train(tmp_path, presets, drop_bottom_half=True)
    (frozen,) = small.networks(tmp_path / "search", "initial")
    np.testing.assert_array_equal(frozen["layer0"], presets["layer0"])
    assert len(record["settings"]["presets"]) == 64
    with pytest.raises(ValueError, match="presets: "):
        small.train(tmp_path, {"layer0": -presets["layer0"]})


@pytest.mark.slow
def test_a_warm_search_starts_from_a_dense_network_on_its_way(tmp_path):
    dense = {"algo": "wt", "tuning": {}, "changes": {"training_len": "2ep"}}
    record = small.train(tmp_path / "dense", None, ("1ep",), **dense)
    assert record["settings"]["save_iterations"] == ["1ep"]
    with pytest.raises(ValueError, match="save_iterations: "):
        is_complete(tmp_path / "dense", **dense)
    early = str(tmp_path / "dense/iteration4")
    small.train(tmp_path / "warm", early, drop_bottom_half=True)
    (frozen,) = small.networks(tmp_path / "warm/search", "initial")
    (saved,) = small.networks(tmp_path / "dense", "iteration4")
    (final,) = small.networks(tmp_path / "dense", "final")
    assert set(frozen) == set(saved)
    for name, array in saved.items():
        np.testing.assert_array_equal(frozen[name], array)
    assert (saved["layer0"] != final["layer0"]).any()


def test_the_end_is_said_in_a_line(tmp_path, capsys):
    planned.run(
        gem_miner.plan,
        str(tmp_path),
        *small.arguments(algo="sr"),
        save_summaries=False,
    )
    last = capsys.readouterr().err.strip().split("\n")[-1]
    assert "density 25 % (222 of 888 weights kept); before training" in last
    record = json.loads((tmp_path / "gem.json").read_text())
    for when in ("before", "after"):
        accuracy = record["stages"]["finetuned"][when]["test"]["accuracy"]
        assert f"{when} training test {100 * accuracy:.2f} %" in last


def test_without_validation_there_is_the_test_set_alone(tmp_path):
    record = small.train(tmp_path, changes={"validation_size": 0})
    found = record["stages"]
    assert set(found["finetuned"]) == {"before", "after"}
    assert set(found["search"]["before_rounding"]) == {"test"}


def test_folders_of_other_results_are_left_alone(tmp_path):
    (tmp_path / "connectivity.json").write_text("{}")
    with pytest.raises(ValueError, match="is the folder of instability: "):
        small.train(tmp_path)


@pytest.mark.slow
def test_a_gem_comes_to_no_run_of_another_experiment(tmp_path, monkeypatch):
    arguments = (prune_at_init.Target(density=0.25), small.recipe())
    options = {"save_summaries": False, "quiet": True}
    planned.run(prune_at_init.plan, str(tmp_path), *arguments, **options)
    monkeypatch.setattr(gem_stages, "run", None)  # It is found before any work.
    with pytest.raises(ValueError, match="'prune_at_init' there, 'gem_miner'"):
        small.train(tmp_path)
    with pytest.raises(ValueError, match="is the folder of prune_at_init: "):
        small.train(tmp_path, tuning={"skip_fine_tune": True})


def test_no_other_experiment_comes_to_a_gem(tmp_path):
    small.train(tmp_path, tuning={"skip_fine_tune": True})
    before = tiny.result_bytes(tmp_path)
    arguments = (prune_at_init.Target(density=0.25), small.recipe())
    with pytest.raises(
        ValueError, match="folder of gem_miner: it holds gem.json"
    ):
        planned.run(prune_at_init.plan, str(tmp_path), *arguments, quiet=True)
    (tmp_path / "gem.json").unlink()
    with pytest.raises(
        ValueError, match="folder of gem_miner: it holds search"
    ):
        planned.run(prune_at_init.plan, str(tmp_path), *arguments, quiet=True)
    del before["gem.json"]
    assert tiny.result_bytes(tmp_path) == before


def test_another_algo_over_a_stopped_fine_tuning_is_found_before_its_search(
    tmp_path, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(programs.Program, "launch", _die)
        with pytest.raises(Killed):
            small.train(tmp_path, algo="sr")
    assert (tmp_path / "checkpoint.bin").exists()
    monkeypatch.setattr(gem_stages, "run", None)
    with pytest.raises(ValueError, match="algo: 'sr' there, 'imp' now"):
        small.train(tmp_path, algo="imp")


def _die(*_):
    raise Killed


def test_collapse_can_stop_it(tmp_path):
    arguments = small.arguments(algo="random", density=0.005)
    with pytest.raises(ValueError, match="Layer collapse, fine-tuning"):
        planned.run(
            gem_miner.plan,
            str(tmp_path),
            *arguments,
            on_collapse="stop",
            quiet=True,
        )


@pytest.mark.slow
def test_gem_miner_finds_more_than_chance_in_seconds(tmp_path):
    """The published settings, on the digits: far above 10 % untrained."""
    planned.run(
        gem_miner.plan,
        str(tmp_path),
        recipes.Recipe("digits_fc_gem", seed=1),
        small.search(density=0.05, prune_period=5),
        save_summaries=False,
        quiet=True,
    )
    record = json.loads((tmp_path / "gem.json").read_text())
    found = record["stages"]["finetuned"]
    assert found["before"]["test"]["accuracy"] > 0.5
    assert found["after"]["test"]["accuracy"] > 0.9
