"""Tests of analysis/sections/overlaps.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import styles
from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.analysis.sections import overlaps
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


def _overlap(*rows):
    columns = ["experiment", "against", "level", "density", "overlap", "chance"]
    frame = pd.DataFrame(rows, columns=columns)
    return overlaps.summarize(frame.assign(layer=overlaps.ALL))


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_overlap_of_trials_against_density_beside_chance():
    figure = overlaps.figure(
        _overlap(
            ("same_init", "same_init", 1, 0.5, 0.4, 0.33),
            ("same_init", "same_init", 1, 0.5, 0.6, 0.33),
            ("same_init", "same_init", 2, 0.25, 0.3, 0.14),
            ("same_init", "same_init", 2, 0.25, 0.3, 0.14),
            ("reinit", "reinit", 2, 0.25, 0.3, 0.14),
            ("random", "random", 2, 0.25, 0.15, 0.14),
            ("random", "random", 3, 0.0, 1.0, 1.0),
            ("random", "same_init", 2, 0.25, 0.9, 0.14),
        )
    )
    [axes] = figure.axes
    tickets, controls = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[50, 0.5], [25, 0.3]]
    )
    np.testing.assert_allclose(controls.lines[0].get_xydata(), [[25, 0.15]])
    chance = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(chance[0].get_xydata(), [[25, 0.14], [50, 0.33]])
    assert _legend(figure) == [
        "ticket ($n$ = 2)",
        "random masks ($n$ = 1)",
        "bars: lowest to highest",
        "by chance",
    ]
    assert controls.lines[0].get_color() == styles.REFERENCE["color"]


def test_text_of_all_parts():
    overlap = _overlap(
        ("same_init", "same_init", 1, 0.5, 0.4, 0.3333),
        ("same_init", "same_init", 1, 0.5, 0.5, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.4, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.5, 0.3333),
        ("shuffle", "same_init", 1, 0.5, 0.25, 0.3333),
        ("reinit", "same_init", 1, 0.5, 1, 0.3333),
    )
    assert overlaps.to_text(overlap) == (
        f"{overlaps.TRIALS}\n"
        "experiment  level  density %  pairs  overlap    min    max"
        "  by chance\n"
        "same_init       1       50.0      2    0.450  0.400  0.500"
        "      0.333\n"
        "\n"
        "The same overlaps as one above: reinit\n"
        "\n"
        f"{overlaps.TICKETS}\n"
        "ticket     experiment  level  density %  pairs  overlap  by chance\n"
        "same_init  shuffle         1       50.0      1    0.250      0.333\n"
        "\n"
        "The same masks as same_init: reinit\n"
    )


def test_what_there_is_not_has_no_table_and_layers_have_none():
    assert overlaps.to_text(_overlap()) == ""
    overlap = _overlap(("reinit", "same_init", 1, 0.5, 1, 0.3333))
    assert overlaps.to_text(overlap) == (
        f"{overlaps.TICKETS}\nThe same masks as same_init: reinit\n"
    )
    assert overlaps.to_text(overlap.assign(layer="a")) == ""


@pytest.mark.usefixtures("unrendered")
def test_without_two_trials_there_is_nothing_to_draw(tmp_path):
    for trial in (1, 2):
        section = _section(tmp_path)
        assert section.figures == {}
        _write(tmp_path, trial, 1, "same_init", {"a": [1, 0]})
    assert [*_section(tmp_path).figures] == ["mask_overlap"]


def _section(tmp_path):
    runs, _ = mask_arrays.whole(results.read(str(tmp_path)).runs)
    return overlaps.section(runs)
