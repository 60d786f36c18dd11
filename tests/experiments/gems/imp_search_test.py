"""Tests of experiments/gems/imp_search.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.gems import first_weights, imp_search
from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations import save_restore
from lottery_ticket.tests.experiments.gems import small


def search(directory, **flags):
    """Searches; returns what was found, and the weights drawn."""
    gem = small.gem(directory, algo="imp", imp_rounds=2, **flags)
    dataset, model = small.made(gem)
    weights = first_weights.draw(gem, model)
    return imp_search.search(gem, dataset, model, weights), weights


def rounds(directory, *folders):
    """Networks of both rounds, by folder."""
    levels = (directory / f"search/{level}/same_init" for level in (0, 1))
    return [small.networks(level, *folders) for level in levels]


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cold")
    return directory, *search(directory)


def test_rounds_prune_by_magnitude_to_the_density(cold):
    directory, found, weights = cold
    first, second = rounds(directory, "initial", "masks", "final")
    assert masks_lib.density(first[1]) == 1
    assert sum(mask.sum() for mask in second[1].values()) == 444
    assert sum(mask.sum() for mask in found.masks.values()) == 222
    final = {name: abs(second[2][name]) for name in found.masks}
    kept = np.concatenate([final[n][found.masks[n] == 1] for n in final])
    gone = np.concatenate([final[n][found.masks[n] == 0] for n in final])
    assert kept.min() >= gone.max()
    for name, mask in second[1].items():
        np.testing.assert_array_equal(first[0][name], weights[name])
        np.testing.assert_array_equal(second[0][name], weights[name] * mask)
        np.testing.assert_array_equal(found.start[name], weights[name])


def test_kernels_are_kaiming_normal(cold):
    _, _, weights = cold
    assert weights["layer0"].std() == pytest.approx(np.sqrt(2 / 64), rel=0.1)
    assert len(np.unique(abs(weights["layer0"]))) > 700


def test_warm_rounds_start_after_a_while(tmp_path):
    found, weights = search(tmp_path, rewind_iteration="3it")
    first, second = rounds(tmp_path, "initial", "masks")
    (early,) = small.networks(tmp_path / "search/0/same_init", "iteration3")
    assert (early["layer0"] != weights["layer0"]).any()
    for name, mask in second[1].items():
        np.testing.assert_array_equal(second[0][name], early[name] * mask)
        np.testing.assert_array_equal(found.start[name], early[name])
    np.testing.assert_array_equal(first[0]["layer0"], weights["layer0"])
    logs = [
        save_restore.read_log(f"{tmp_path}/search/{level}/same_init", "train")
        for level in (0, 1)
    ]
    # Each round is whole: 2 epochs of 4 iterations.
    assert [log["iteration"] for log in logs] == [list(range(1, 9))] * 2


def test_with_lr_rewind_weights_go_on_from_where_they_are(tmp_path):
    found, _ = search(tmp_path, retraining="lr_rewind")
    first, second = rounds(tmp_path, "initial", "masks", "final")
    for name, mask in second[1].items():
        np.testing.assert_array_equal(second[0][name], first[2][name] * mask)
        np.testing.assert_array_equal(found.start[name], second[2][name])


def test_legacy_ties_take_one_weight_more(tmp_path):
    found, _ = search(tmp_path, ties="legacy", prune_fraction=0.2)
    _, second = rounds(tmp_path, "masks")
    assert sum(mask.sum() for mask in second[0].values()) == 888 - 178 - 1
    kept = sum(int(mask.sum()) for mask in found.masks.values())
    assert kept == 709 - 142 - 1


def test_a_finished_search_is_read(cold, monkeypatch):
    directory, found, _ = cold
    monkeypatch.setattr(
        "lottery_ticket.foundations.training.programs.Program.train", None
    )
    again, _ = search(directory)
    for name, mask in found.masks.items():
        np.testing.assert_array_equal(mask, again.masks[name])
        np.testing.assert_array_equal(found.start[name], again.start[name])


def test_a_round_too_short_to_rewind_into_is_named(tmp_path):
    with pytest.raises(ValueError, match="a round of prune_period=2 epochs is"):
        search(tmp_path, rewind_iteration="8it")
