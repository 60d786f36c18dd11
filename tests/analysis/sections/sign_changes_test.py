"""Tests of analysis/sections/sign_changes.py."""

import math

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import points
from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.analysis.sections import overlaps, sign_changes
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


def _signs(*rows):
    columns = ["experiment", "level", "density", *sign_changes.MEASURES]
    rows = [[*row, np.nan][:5] for row in rows]
    frame = pd.DataFrame(rows, columns=columns)
    return sign_changes.summarize(frame.assign(layer=overlaps.ALL))


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.slow
def test_signs_against_density():
    figure = sign_changes.figure(
        _signs(
            ("same_init", 0, 1, 0.9),
            ("same_init", 0, 1, 0.8),
            ("same_init", 1, 0.5, 0.7),
            ("same_init", 2, 0.0, np.nan),
        ),
        {"same_init": "fc"},
    )
    [axes] = figure.axes
    [tickets] = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[100, 85], [50, 70]]
    )
    [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dense.get_ydata(), [85, 85])
    assert _legend(figure) == [
        "ticket ($n$ = 1–2)",
        "bars: lowest to highest",
        "dense network",
        "by chance",
    ]


def test_signs_of_pruned_weights_have_a_panel_beside_the_same_dense_line():
    figure = sign_changes.figure(
        _signs(
            ("same_init", 0, 1, 0.9),
            ("same_init", 1, 0.5, 0.7, 0.6),
            ("random", 1, 0.5, 0.8),
        ),
        {"same_init": "fc", "random": "fc"},
    )
    kept, pruned = figure.axes
    assert (kept.get_title(), pruned.get_title()) == (
        "Kept",
        "Pruned to get there",
    )
    assert len(kept.containers) == 2
    [tickets] = pruned.containers
    np.testing.assert_allclose(tickets.lines[0].get_xydata(), [[50, 60]])
    for axes in figure.axes:
        [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
        np.testing.assert_allclose(dense.get_ydata(), [90, 90])
    assert len(_legend(figure)) == 4


def test_text():
    signs = _signs(("same_init", 0, 1, 0.925), ("same_init", 0, 1, 0.975))
    assert sign_changes.to_text(signs) == (
        f"{sign_changes.TITLE}\n"
        "experiment  level  density %  runs  same sign %    min    max\n"
        "same_init       0        100     2        95.00  92.50  97.50\n"
    )
    assert sign_changes.to_text(signs.assign(layer="a")) == ""


def test_signs_of_pruned_weights_have_a_column_where_known():
    signs = _signs(("a", 0, 1, 0.925), ("a", 1, 0.5, 0.9, 0.75))
    lines = sign_changes.to_text(signs).splitlines()[-3:]
    assert [line.split()[-1] for line in lines] == ["%", "-", "75.00"]
    assert lines[0].endswith("of pruned %")


def test_without_weights_there_are_no_signs_to_draw(tmp_path):
    final = {"a": [1.0, 2.0, 3.0, 0.0], "b": [1.0, 1.0]}
    _write(tmp_path, 1, final, {"a": [0, 0, 0, 0], "b": [0, 0]})
    runs, _ = mask_arrays.whole(results.read(str(tmp_path)).runs)
    section = sign_changes.section(runs)
    assert section.figures == {}
    assert [*section.tables] == ["sign_agreement.csv"]


def test_a_report_draws_what_runs_recorded(tmp_path):
    for trial, level, same in ((1, 0, 0.75), (1, 1, 0.5), (2, 1, 1.0)):
        facts = {"sign_agreement": same}
        fake_results.write_run(str(tmp_path), trial, level, facts=facts)
    fake_results.write_run(str(tmp_path), 2, 0)  # As older ones are.
    made = sign_changes.recorded_section(results.read(str(tmp_path)))
    assert made.tables["signs.csv"].to_dict("list") == {
        "experiment": ["same_init", "same_init"],
        "level": [0, 1],
        "density": [1, 0.5],
        "runs": [1, 2],
        "agreement_mean": [0.75, 0.75],
        "agreement_min": [0.75, 0.5],
        "agreement_max": [0.75, 1],
    }
    assert [*made.figures] == [*made.captions] == ["signs"]


def test_older_runs_have_no_such_section(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    made = sign_changes.recorded_section(results.read(str(tmp_path)))
    assert not made.tables and not made.figures


def test_points_of_recorded_signs_name_the_column_of_runs(tmp_path):
    facts = {"sign_agreement": 0.75}
    for level in (0, 1):
        fake_results.write_run(str(tmp_path), 1, level, facts=facts)
    found = results.read(str(tmp_path))
    [axes] = sign_changes.recorded_section(found).figures["signs"].axes
    of = points.told(axes.containers[0].lines[0]).of
    assert {each["column"] for each in of} == {"sign_agreement"}
    assert "sign_agreement" in found.chosen
