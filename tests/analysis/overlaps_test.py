"""Tests of analysis/overlaps.py."""

import pytest

from lottery_ticket.analysis import mask_arrays, overlaps, results
from lottery_ticket.tests.analysis import fake_results


def _measure(tmp_path):
    runs, problems = mask_arrays.whole(results.read(str(tmp_path)).runs)
    assert problems == []
    return overlaps.measure(runs)


def _write(tmp_path, trial, level, experiment, mask, run_id="", **options):
    fake_results.write_masks(
        str(tmp_path), trial, level, experiment, mask, run_id, **options
    )


def test_two_trials(tmp_path):
    _write(tmp_path, 1, 1, "same_init", {"a": [1, 1, 0, 0], "b": [1, 0]})
    _write(tmp_path, 2, 1, "same_init", {"a": [0, 1, 1, 0], "b": [1, 0]})
    table, problems = _measure(tmp_path)
    assert problems == []
    assert table.to_dict("records") == [
        {
            "experiment": "same_init",
            "against": "same_init",
            "level": 1,
            "layer": layer,
            "density": 0.5,
            "overlap": pytest.approx(overlap),
            "chance": pytest.approx(chance),
        }
        # By chance, of 2 and 2 in 4 weights 1 is common; of 1 and 1 in 2, 1/2.
        for layer, overlap, chance in (
            ("(all)", 2 / 4, 1.5 / 4.5),
            ("a", 1 / 3, 1 / 3),
            ("b", 1, 0.5 / 1.5),
        )
    ]


def test_summary_of_all_pairs_of_trials(tmp_path):
    for trial, mask in enumerate(([1, 1, 0], [1, 1, 0], [0, 1, 1]), 1):
        _write(tmp_path, trial, 3, "same_init", {"a": mask})
    summary = overlaps.summarize(_measure(tmp_path)[0])
    [row] = summary[summary["layer"] == overlaps.ALL].to_dict("records")
    assert row["pairs"] == 3
    assert row["overlap_mean"] == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert row["overlap_min"] == pytest.approx(1 / 3)
    assert row["overlap_max"] == 1
    assert row["chance"] == pytest.approx((4 / 3) / (4 - 4 / 3))
    assert row["density"] == pytest.approx(2 / 3)


def test_controls_are_compared_with_the_ticket_of_their_trial(tmp_path):
    for trial in (1, 2):
        mask = [1, 0, 0, 0] if trial == 1 else [0, 0, 0, 1]
        _write(tmp_path, trial, 1, "same_init", {"a": mask})
        _write(tmp_path, trial, 1, "reinit", {"a": mask}, 1)
        _write(tmp_path, trial, 1, "reinit", {"a": mask}, 2)
        _write(tmp_path, trial, 1, "random", {"a": [0, 1, 0, 0]}, kind="branch")
    table, _ = _measure(tmp_path)
    table = table[table["layer"] == "a"]
    found = list(
        table[["against", "experiment", "overlap"]].itertuples(
            index=False, name=None
        )
    )
    assert found == [
        ("same_init", "same_init", 0),
        ("random", "random", 1),
        ("reinit", "reinit", 0),  # Once: both runs of a trial have its masks.
        *[("same_init", "random", 0)] * 2,
        *[("same_init", "reinit", 1)] * 2,
    ]


def test_two_tickets_are_compared_too_and_the_first_with_all(tmp_path):
    for name in ("one", "two"):
        _write(tmp_path, 1, 1, name, {"a": [1, 0]})
    _write(tmp_path, 1, 4, "snip", {"a": [0, 1]}, kind="prune_at_init")
    _write(tmp_path, 1, 1, "tree/other", {"a": [1, 0]})
    table, _ = _measure(tmp_path)
    table = table[table["layer"] == "a"]
    pairs = zip(
        table["against"], table["experiment"], table["level"], strict=True
    )
    assert list(pairs) == [
        ("one", "two", 1),
        ("one", "snip", 4),  # Of the same density, at another level.
        ("two", "snip", 4),
    ]


def test_dense_and_single_runs_have_nothing_to_compare(tmp_path):
    for trial in (1, 2):
        _write(tmp_path, trial, 0, "same_init", {"a": [1, 1]})
    _write(tmp_path, 1, 1, "same_init", {"a": [1, 0]})
    table, problems = _measure(tmp_path)
    assert table.empty and problems == []
    assert list(overlaps.summarize(table).columns) == [
        *("experiment", "against", "level", "layer", "density", "pairs"),
        *("overlap_mean", "overlap_min", "overlap_max", "chance"),
    ]


@pytest.mark.parametrize(
    "other, why",
    [
        ({"b": [1, 0]}, "Only one of them has: a, b"),
        (
            {"a": [[1, 0]]},
            r"must have one shape. Received: \(2,\) and \(1, 2\)",
        ),
    ],
)
def test_other_layers_are_a_problem_and_no_crash(tmp_path, other, why):
    for level in (1, 2):
        _write(tmp_path, 1, level, "same_init", {"a": [1, 0]})
        _write(tmp_path, 2, level, "same_init", other)
        _write(tmp_path, 3, level, "same_init", {"a": [0, 1]})
    table, problems = _measure(tmp_path)
    assert list(table["overlap"]) == [0] * 4  # Of trials 1 and 3.
    assert [problem.split(": ")[0] for problem in problems] == [
        "same_init of trial 1 and same_init of trial 2 are not compared",
        "same_init of trial 2 and same_init of trial 3 are not compared",
    ]
    with pytest.raises(ValueError, match=why):
        raise ValueError(problems[0])


def test_distinct_leaves_out_what_another_experiment_shows(tmp_path):
    for trial, mask in ((1, [1, 0, 0, 0]), (2, [0, 1, 0, 0])):
        for experiment in ("same_init", "reinit", "late"):
            _write(tmp_path, trial, 1, experiment, {"a": mask})
        _write(tmp_path, trial, 2, "late", {"a": mask})
    summary = overlaps.summarize(_measure(tmp_path)[0])
    trials = summary[summary["against"] == summary["experiment"]]
    kept = overlaps.distinct(trials[trials["layer"] == overlaps.ALL])
    assert set(kept["experiment"]) == {"late"}
