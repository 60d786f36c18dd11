"""Tests of experiments/align.py, on the bundled digits."""

import dataclasses
import pathlib
import re

import numpy as np
import pytest

from lottery_ticket.experiments import align, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.alignment import permutations
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import batches
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import trunks

SETTINGS = {
    **trunks.SETTINGS,
    "training_len": "60it",
    "lr": 0.01,
    "hidden_units": (20,),
    "split_seed": 7,
}
POINTS = 3


def recipe(seed, **changes):
    return recipes.Recipe("digits_fc", **{**SETTINGS, "seed": seed, **changes})


def pruned(network, share=0.8):
    """Masks of the largest weights of each layer."""
    found = {}
    for name in ("layer0", "layer1"):
        size = np.abs(network[name])
        found[name] = (size > np.quantile(size, share)).astype(np.uint8)
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Two dense runs, each with a ticket; a third that is the first, moved."""
    out = tmp_path_factory.mktemp("results")
    for trial in (1, 2):
        own = recipe(trial)
        dense = trunks.train(out / f"trial{trial}/0/same_init", own)
        initial, final = (
            save_restore.restore_network(f"{dense}/{name}")
            for name in ("initial", "final")
        )
        trunks.train(
            out / f"trial{trial}/1/same_init", own, initial, pruned(final)
        )
    return out


def given(results, **changed):
    dense = {
        name: str(results / f"trial{trial}/0/same_init")
        for name, trial in (("first", 1), ("second", 2))
    }
    ticket = str(results / "trial1/1/same_init")
    return {**dense, "ticket": ticket, "quiet": True, **changed}


def run(directory, results, matching="activations", options=None, **changed):
    options = {"points": POINTS, **(options or {})}
    planned.run(
        align.plan,
        str(directory),
        matching=align.Matching(matching, **options),
        **given(results, **changed),
    )
    return align.RESULT.read(str(directory))


@pytest.fixture(scope="module")
def done(tmp_path_factory, results):
    directory = tmp_path_factory.mktemp("aligned") / "trial1/1/align"
    run(
        directory,
        results,
        second_ticket=str(results / "trial2/1/same_init"),
    )
    return directory


def arrays(directory, folder):
    return save_restore.restore_network(f"{directory}/{folder}")


def test_masks_are_those_of_the_ticket_permuted(results, done):
    ticket = arrays(results / "trial1/1/same_init", "masks")
    orders = arrays(done, "permutations")
    assert orders.keys() == {"layer0"}
    order = orders["layer0"]
    np.testing.assert_array_equal(np.sort(order), np.arange(20))
    masks = arrays(done, "masks")
    np.testing.assert_array_equal(masks["layer0"], ticket["layer0"][:, order])
    np.testing.assert_array_equal(masks["layer1"], ticket["layer1"][order])
    assert masks_lib.counts(masks) == masks_lib.counts(ticket)
    assert masks["layer0"].dtype == np.uint8


def test_what_is_recorded(results, done):
    record = align.RESULT.read(str(done))
    (group,) = record["groups"].values()
    order = arrays(done, "permutations")["layer0"]
    assert group["units"] == 20
    assert group["moved"] == (order != np.arange(20)).sum() > 0
    assert record["correlation"] == group["correlation"]
    before, after = record["correlation"]
    assert -1 < before < after < 1
    assert record["outputs_difference"] < 1e-9
    theirs = arrays(results / "trial2/1/same_init", "masks")
    own = arrays(results / "trial1/1/same_init", "masks")
    masks = arrays(done, "masks")
    assert record["overlap"] == {
        "before": masks_lib.jaccard(own, theirs),
        "after": masks_lib.jaccard(masks, theirs),
        "chance": masks_lib.chance_jaccard(masks, theirs),
    }
    for barriers, splits in zip(
        record["barriers"], record["splits"], strict=True
    ):
        assert list(barriers) == ["train", "validate", "test"]
        for name, columns in splits.items():
            errors = columns["error"]
            assert len(errors) == POINTS
            barrier = max(errors) - (errors[0] + errors[-1]) / 2
            assert barriers[name] == pytest.approx(barrier)
    # The ends compute the same before and after.
    for end in (0, -1):
        one, other = (x["test"]["error"][end] for x in record["splits"])
        assert one == pytest.approx(other, abs=1e-6)
    settings = record["settings"]
    assert settings["experiment"] == "align"
    assert settings["matching"] == "activations"
    assert settings["matching_seed"] is None
    assert settings["first"] != settings["second"]


def varying(results):
    """Which units of the first network are not the same for all examples."""
    dataset = from_recipe.dataset(recipe(1))
    x = np.asarray(batches.prepared(dataset.prepare, dataset.train.x))
    network = arrays(given(results)["first"], "final")
    sums = x.reshape(len(x), -1) @ network["layer0"] + network["layer0_bias"]
    return np.maximum(sums, 0).std(axis=0) > 0


@pytest.mark.parametrize("matching", ["activations", "weights"])
def test_a_run_that_is_the_first_permuted_is_found(
    tmp_path, results, matching, monkeypatch
):
    read = align.finished_runs.dense
    known = {}

    def dense(directory, data_dir):
        """The second is the first, permuted."""
        found = read(directory, data_dir)
        if "trial2" not in directory:
            return found
        known["p"] = np.random.default_rng(5).permutation(20)
        final = dict(read(given(results)["first"], data_dir).final)
        final["layer0"] = final["layer0"][:, known["p"]]
        final["layer0_bias"] = final["layer0_bias"][known["p"]]
        final["layer1"] = final["layer1"][known["p"]]
        moved = dataclasses.replace(found)  # The other is kept for others.
        vars(moved)["final"] = final
        return moved

    monkeypatch.setattr(align.finished_runs, "dense", dense)
    record = run(tmp_path, results, matching)
    found = arrays(tmp_path, "permutations")["layer0"]
    varies = np.ones(20, bool)
    if matching == "activations":  # Of units that do nothing, none is known.
        varies = varying(results)[known["p"]]
        assert varies.sum() > 10
    np.testing.assert_array_equal(found[varies], known["p"][varies])
    assert record["barriers"][1]["test"] == pytest.approx(0, abs=1e-6)


def test_random_permutations_are_of_their_seed(tmp_path, results):
    options = [{}, {}, {"matching_seed": 5}]
    found = []
    for index, each in enumerate(options):
        record = run(tmp_path / str(index), results, "random", each)
        found.append(arrays(tmp_path / str(index), "permutations")["layer0"])
        assert record["overlap"] is None
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(pathlib.Path(directory).rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def without_environment(data):
    text = data["alignment.json"].decode()
    text = re.sub(r'"(environment|checksum)": (\{[^}]*\}|"\w*")', "", text)
    return {**data, "alignment.json": text}


@pytest.mark.parametrize("left", ["nothing", "masks", "permutations"])
def test_what_was_killed_is_made_again_to_the_same_bytes(
    tmp_path, results, monkeypatch, left
):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run(whole, results, "weights")
    write = files.write

    def dies(path, data):
        stop = {
            "nothing": "permutations/",
            "masks": "alignment.json",
            "permutations": "masks/layer1",
        }[left]
        if stop in path:
            raise KeyboardInterrupt
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", dies)
        with pytest.raises(KeyboardInterrupt):
            run(killed, results, "weights")
    assert not (killed / "alignment.json").exists()
    run(killed, results, "weights")
    one, other = map(without_environment, map(contents, (whole, killed)))
    assert one == other
    assert "masks/layer1.npy" in one


def test_complete_work_is_skipped_and_lost_masks_are_made_again(
    tmp_path, results
):
    run(tmp_path, results)
    before = contents(tmp_path)
    call = {
        "matching": align.Matching(points=POINTS),
        **given(results),
    }
    assert planned.is_complete(align.plan, str(tmp_path), **call)
    (tmp_path / "masks/layer0.npy").unlink()
    assert not planned.is_complete(align.plan, str(tmp_path), **call)
    run(tmp_path, results)
    assert contents(tmp_path).keys() == before.keys()
    assert (tmp_path / "masks/layer0.npy").read_bytes() == before[
        "masks/layer0.npy"
    ]
    with pytest.raises(ValueError, match="matching: 'activations' there"):
        run(tmp_path, results, "weights")


def test_the_second_draw_trains_under_the_masks(tmp_path, results, done):
    second = given(results)["second"]
    directory = tmp_path / "permuted"
    planned.run(
        train.plan,
        str(directory),
        recipe(2),
        masks=f"{done}/masks",
        presets=f"{second}/initial",
        save_summaries=False,
        quiet=True,
    )
    final, masks = arrays(directory, "final"), arrays(done, "masks")
    for name, mask in masks.items():
        assert not final[name][mask == 0].any()


def test_another_network_is_refused(tmp_path, results):
    wide = trunks.train(
        tmp_path / "trial3/0/same_init", recipe(3, hidden_units=(21,))
    )
    with pytest.raises(ValueError, match=r"hidden_units are \(20,\) and"):
        run(tmp_path / "out", results, second=wide)


def test_a_ticket_of_another_draw_is_refused(tmp_path, results):
    other = str(results / "trial2/1/same_init")
    with pytest.raises(ValueError, match="whose init_seed are"):
        run(tmp_path, results, ticket=other)
    own = given(results)["ticket"]
    with pytest.raises(ValueError, match="whose init_seed are"):
        run(tmp_path, results, second_ticket=own)


def test_a_ticket_is_no_dense_run(tmp_path, results):
    with pytest.raises(ValueError, match="A dense run is needed"):
        run(tmp_path, results, first=given(results)["ticket"])


def test_other_test_examples_are_refused(tmp_path, results):
    data = {"permute_labels": True}
    dense = [
        trunks.train(tmp_path / f"trial{n}/0/same_init", recipe(n, **data))
        for n in (1, 2)
    ]
    with pytest.raises(ValueError, match="had other test examples"):
        run(
            tmp_path / "out",
            results,
            first=dense[0],
            second=dense[1],
            ticket=dense[0],
        )


def test_seeds_without_effect_are_refused():
    with pytest.raises(ValueError, match="matching_seed is for matching="):
        align.Matching(matching_seed=1)
    assert align.Matching("random").resolved(0).matching_seed is not None


def test_a_wrong_permutation_is_an_error(tmp_path, results, monkeypatch):
    applied = permutations.applied

    def wrong(found, orders, network):
        network = dict(applied(found, orders, network))
        network.pop("layer0_bias", None)
        return {**network, "layer0_bias": np.zeros(20, np.float32)}

    monkeypatch.setattr(permutations, "applied", wrong)
    with pytest.raises(ValueError, match="outputs that differ by"):
        run(tmp_path, results)
    assert not list(tmp_path.rglob("*.npy"))


def test_it_says_what_came_of_it(tmp_path, results, capsys):
    run(tmp_path, results, quiet=False)
    text = "".join(capsys.readouterr())
    assert re.search(
        r"mean correlation of matched units -?0\.\d+ -> 0\.\d+; test barrier "
        r"in points -?\d+\.\d+ -> \d+\.\d+",
        text,
    )
