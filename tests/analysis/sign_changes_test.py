"""Tests of analysis/sign_changes.py."""

import math

import pytest

from lottery_ticket.analysis import mask_arrays, results, sign_changes
from lottery_ticket.tests.analysis import fake_results


def _measure(tmp_path):
    runs, problems = mask_arrays.whole(results.read(str(tmp_path)).runs)
    assert problems == []
    return sign_changes.measure(runs)


def _write(tmp_path, trial, final, masks=None):
    fake_results.write_masks(
        str(tmp_path),
        trial,
        1,
        "same_init",
        masks or {"a": [1, 1, 1, 0], "b": [1, 1]},
        initial={"a": [1.0, -2.0, 3.0, 0.0], "b": [1.0, 1.0]},
        final=final,
    )


def test_only_kept_weights_count(tmp_path):
    _write(tmp_path, 1, {"a": [2.0, 2.0, 0.5, -1.0], "b": [-1.0, 1.0]})
    assert _measure(tmp_path).to_dict("records") == [
        {
            "experiment": "same_init",
            "level": 1,
            "layer": layer,
            "density": 5 / 6,
            "agreement": pytest.approx(agreement),
            "pruned_agreement": pytest.approx(math.nan, nan_ok=True),
        }
        for layer, agreement in (("(all)", 3 / 5), ("a", 2 / 3), ("b", 1 / 2))
    ]


def test_summary(tmp_path):
    _write(tmp_path, 1, {"a": [1.0, -1.0, 1.0, 0.0], "b": [-1.0, -1.0]})
    _write(tmp_path, 2, {"a": [1.0, -1.0, 1.0, 0.0], "b": [1.0, 1.0]})
    rows = sign_changes.summarize(_measure(tmp_path)).to_dict("records")
    assert [row["layer"] for row in rows] == ["(all)", "a", "b"]
    assert [row["runs"] for row in rows] == [2, 2, 2]
    assert [row["agreement_mean"] for row in rows] == pytest.approx(
        [0.8, 1, 0.5]
    )
    assert [row["agreement_min"] for row in rows] == pytest.approx([0.6, 1, 0])
    assert [row["agreement_max"] for row in rows] == [1, 1, 1]


def test_layers_that_keep_nothing(tmp_path):
    final = {"a": [1.0, 2.0, 3.0, 0.0], "b": [1.0, 1.0]}
    _write(tmp_path, 1, final, {"a": [1, 1, 0, 0], "b": [0, 0]})
    overall, a, b = _measure(tmp_path)["agreement"]
    assert (overall, a) == (0.5, 0.5)
    assert math.isnan(b)


def test_nothing_is_kept_at_all(tmp_path):
    final = {"a": [1.0, 2.0, 3.0, 0.0], "b": [1.0, 1.0]}
    _write(tmp_path, 1, final, {"a": [0, 0, 0, 0], "b": [0, 0]})
    assert _measure(tmp_path)["agreement"].isna().all()


def _write_levels(tmp_path, masks, finals, kind="lottery_experiment", **rules):
    for level, (mask, final) in enumerate(zip(masks, finals, strict=True)):
        fake_results.write_masks(
            str(tmp_path),
            1,
            level,
            "same_init",
            {"a": mask},
            initial={"a": [1.0, 1.0, 1.0, 1.0]},
            final={"a": final},
            kind=kind,
            **rules,
        )


MASKS = ([1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1])
FINALS = ([1.0, -1.0, -1.0, 1.0], [0.0, 0.0, 2.0, 1.0], [0.0, 0.0, 0.0, -1.0])


def test_pruned_weights_count_in_the_training_before(tmp_path):
    _write_levels(tmp_path, MASKS, FINALS)
    found = _measure(tmp_path)
    found = found[found["layer"] == "a"]
    dense, *pruned = found["pruned_agreement"]
    assert math.isnan(dense)
    assert pruned == [0.5, 1.0]
    assert found["agreement"].to_list() == [0.5, 1.0, 0.0]


def test_one_shot_prunes_the_dense_network_at_each_level(tmp_path):
    _write_levels(tmp_path, MASKS, FINALS, one_shot=True)
    found = _measure(tmp_path)
    _, *pruned = found["pruned_agreement"][found["layer"] == "a"]
    assert pruned == pytest.approx([1 / 2, 1 / 3])


def test_controls_prune_nothing_and_learned_masks_train_nothing(tmp_path):
    _write_levels(tmp_path, MASKS, FINALS, kind="branch")
    assert _measure(tmp_path)["pruned_agreement"].isna().all()
    _write_levels(tmp_path, MASKS, FINALS, kind="supermask")
    assert _measure(tmp_path).empty


def test_where_the_level_before_is_not_there_its_signs_are_unknown(tmp_path):
    _write_levels(tmp_path, MASKS, FINALS)
    runs, _ = mask_arrays.whole(results.read(str(tmp_path)).runs)
    found = sign_changes.measure(runs[runs["level"] != 1])
    assert found["pruned_agreement"].isna().all()
