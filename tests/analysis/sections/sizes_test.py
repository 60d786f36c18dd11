"""Tests of analysis/sections/sizes.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import points
from lottery_ticket.analysis.sections import sizes
from lottery_ticket.tests.analysis import fake_results


def write(folder, levels=(0, 1, 2), experiment="same_init", **more):
    """Runs of two layers, the first used at 100 places."""
    for level in levels:
        facts = {
            "positions": {"layer0": 100, "layer1": 1},
            "effective": {"layer0": 60 >> level, "layer1": 32 >> level},
            "ticket_bytes": 1000 >> level,
            **more,
        }
        fake_results.write_run(str(folder), 1, level, experiment, facts=facts)


def test_a_row_per_level(tmp_path):
    write(tmp_path)
    table = sizes.summarize(results.read(str(tmp_path)).runs)
    assert table.drop(columns="experiment").to_dict("records")[1] == {
        **{"level": 1, "density": 0.5, "runs": 1},
        **{"weights_kept": 48, "weights_effective": 46},
        "flops": 2 * (100 * 32 + 16),
        "flops_dense": 2 * (100 * 64 + 32),
        "ticket_bytes": 500,
    }
    text = sizes.to_text(table)
    assert text.splitlines()[-1].split() == (
        "same_init 2 25.0 1 24 23 3,216 12,864 250".split()
    )
    assert max(map(len, text.splitlines())) <= 80
    assert sizes.OTHERS not in text


def test_controls_of_the_same_numbers_are_not_listed(tmp_path):
    write(tmp_path)
    write(tmp_path, levels=(1, 2), experiment="reinit")
    write(tmp_path, levels=(1,), experiment="other", ticket_bytes=7)
    text = sizes.to_text(sizes.summarize(results.read(str(tmp_path)).runs))
    assert "reinit" not in text and text.endswith(sizes.OTHERS)
    assert [line.split()[-1] for line in text.splitlines() if "other" in line]


def test_older_runs_have_no_such_section(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    found = results.read(str(tmp_path))
    made = sizes.section(found)
    assert not made.tables and not made.text and not made.figures
    write(tmp_path, levels=(1,))
    text = sizes.section(results.read(str(tmp_path))).text
    assert "same_init 0 100 1 96 - - - -".split() in [
        line.split() for line in text.splitlines()
    ]


def test_accuracy_is_drawn_against_flops_and_bytes(tmp_path):
    write(tmp_path)
    runs = results.read(str(tmp_path)).runs
    [axes] = sizes.figure(runs, "flops").axes
    np.testing.assert_allclose(
        axes.containers[0].lines[0].get_xydata(),
        [[12_864, 90], [6_432, 90], [3_216, 90]],
    )
    assert axes.get_xscale() == "log"
    assert axes.xaxis_inverted()
    assert axes.get_xlabel() == "FLOPs of one example"
    [axes] = sizes.figure(runs, "ticket_bytes").axes
    assert axes.containers[0].lines[0].get_xdata().tolist() == [1000, 500, 250]
    made = sizes.section(results.read(str(tmp_path)))
    assert list(made.figures) == ["accuracy_flops", "accuracy_bytes"]


@pytest.mark.parametrize("known", ["flops", "ticket_bytes"])
def test_one_of_them_may_be_unknown(tmp_path, known):
    more = {"positions": {}} if known == "ticket_bytes" else {}
    none = {} if known == "ticket_bytes" else {"ticket_bytes": None}
    write(tmp_path, **more, **none)
    made = sizes.section(results.read(str(tmp_path)))
    assert list(made.figures) == [sizes.FIGURES[known]]
    assert set(made.tables["sizes.csv"]) & set(sizes.AXES) == {known}


def test_points_say_whose_runs_they_are_of(tmp_path):
    write(tmp_path)
    runs = results.read(str(tmp_path)).runs
    for column in sizes.AXES:
        [axes] = sizes.figure(runs, column).axes
        told = points.told(axes.containers[0].lines[0])
        place = {"experiment": "same_init", "level": 1, "runs": 1}
        of = {**place, "column": "accuracy", "scale": 100}
        assert told.of[1] == of


def test_a_dense_network_alone_has_no_figure(tmp_path):
    write(tmp_path, levels=(0,))
    made = sizes.section(results.read(str(tmp_path)))
    assert not made.figures and "96" in made.text
