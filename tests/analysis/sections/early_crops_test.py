"""Tests of analysis/sections/early_crops.py."""

import math
import pathlib
import tempfile

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.analysis.sections import early_crops
from lottery_ticket.tests.analysis import fake_results


def read(folder):
    runs, problems = mask_arrays.whole(results.read(str(folder)).runs)
    assert problems == []
    return runs


def measure(folder):
    found, problems = early_crops.measure(read(folder))
    assert problems == []
    return found


def line(*places):
    """Networks on a line, 5 from 0 where they begin."""
    return [{"a": [3 + x, 4.0], "b": [0.0]} for x in places]


# Of 5, they move by 1, 3, 4, 4.2 and 4.25.
PLACES = 0, 1, 3, 4, 4.2, 4.25


def test_golden_numbers(tmp_path):
    """Weights of 5 in all move by 1 first, and then by less and less."""
    fake_results.write_saving(tmp_path, line(*PLACES))
    found = measure(tmp_path)
    assert [*found["iteration"]] == [20, 30, 40, 50, 200]
    np.testing.assert_allclose(found["moved"], np.array(PLACES[1:]) / 5)
    np.testing.assert_allclose(found["change"], [1, 2, 1, 0.2, 0.05])


@pytest.mark.parametrize(
    ("density", "iteration"),
    [(0.9, 50), (0.21, 50), (0.19, 200), (0.051, 200), (0.049, math.nan)],
)
def test_is_pruned_at_the_first_change_below_the_density(
    tmp_path, density, iteration
):
    fake_results.write_saving(tmp_path, line(*PLACES))
    (row,) = early_crops.pruned(measure(tmp_path), density).to_dict("records")
    np.testing.assert_equal(row["iteration"], iteration)


def twin(networks, density):
    """What is pruned when, as the source has it: index of a network."""
    flat = [np.concatenate([*map(np.ravel, n.values())]) for n in networks]
    reference, first, before = flat[0], None, 0
    for index, weights in enumerate(flat[1:], 1):
        moved = np.linalg.norm(reference - weights)
        moved /= np.linalg.norm(reference)
        first = moved if first is None else first
        if abs(moved - before) < density * first:
            return index
        before = moved
    return None


@hypothesis.settings(max_examples=5, deadline=None)
@hypothesis.given(st.integers(0, 2**31), st.floats(0.02, 0.9))
def test_as_numpy_has_it(seed, density):
    rng = np.random.default_rng(seed)
    start, end = rng.normal(size=(2, 60))
    networks = [
        {"a": each[:40].reshape(5, 8), "b": each[40:]}
        for each in (end + (start - end) * 0.6**n for n in range(12))
    ]
    with tempfile.TemporaryDirectory() as folder:
        fake_results.write_saving(folder, networks)
        (row,) = early_crops.pruned(measure(folder), density).to_dict("records")
    iterations = {**{n: 10 * n + 10 for n in range(11)}, 11: 200}
    expected = iterations.get(twin(networks, density), math.nan)
    np.testing.assert_equal(row["iteration"], expected)


def test_weights_that_stay_are_never_pruned(tmp_path):
    fake_results.write_saving(tmp_path, line(1, 1, 1))
    fake_results.write_saving(tmp_path, line(0, 0, 0), trial=2)
    from_zero = [{"a": [each]} for each in (0.0, 0.0, 1.0)]
    fake_results.write_saving(tmp_path, from_zero, trial=3)
    found = measure(tmp_path)
    assert found["change"].isna().all()
    assert early_crops.pruned(found, 0.9)["iteration"].isna().all()


def test_runs_that_say_nothing(tmp_path):
    """Of one saved network, learned masks, and what is pruned already."""
    fake_results.write_saving(tmp_path, line(0, 1))
    more = {"experiment": "learned", "kind": "supermask"}
    fake_results.write_saving(tmp_path, line(0, 1, 2), **more)
    masks = {"a": [1, 0], "b": [1]}
    fake_results.write_saving(tmp_path, line(0, 1, 2), level=1, masks=masks)
    assert measure(tmp_path).empty
    section = early_crops.section(read(tmp_path), (0.5,))
    assert not (section.text or section.tables or section.figures)


def test_what_is_not_whole_is_a_problem(tmp_path):
    directory = fake_results.write_saving(tmp_path, line(*PLACES))
    path = pathlib.Path(directory, "iteration20/a.npy")
    path.write_bytes(path.read_bytes()[:-8])
    found, problems = early_crops.measure(read(tmp_path))
    assert found.empty
    assert problems == [
        f"trial 1, level 0, same_init: damaged ({path} is missing or has "
        "changed)"
    ]


def test_text_and_table(tmp_path):
    fake_results.write_saving(tmp_path, line(*PLACES))
    fake_results.write_saving(tmp_path, line(0, 1, 1.1, 1.1), trial=2)
    made = early_crops.section(read(tmp_path), (0.3, 0.04))
    assert made.text == (
        f"{early_crops.TITLE}\n"
        "experiment  level  mask %  runs  pruned  iteration  min  max\n"
        "same_init       0    30.0     2       2         40   30   50\n"
        "same_init       0    4.00     2       1        200          \n"
    ).replace("          \n", "\n")
    table = made.tables["early_crop.csv"]
    assert [*table.columns] == [
        *("experiment", "level", "iteration", "runs"),
        *("moved_mean", "moved_min", "moved_max"),
        *("change_mean", "change_min", "change_max"),
    ]
    rows = table.set_index("iteration")
    assert dict(rows["runs"]) == {20: 2, 30: 2, 40: 1, 50: 1, 200: 2}
    assert rows["change_min"][30] == pytest.approx(0.1)
    assert rows["change_max"][30] == pytest.approx(2)


@pytest.mark.usefixtures("figures")
def test_figure_of_changes_against_iterations(tmp_path):
    for trial in (1, 2):
        fake_results.write_saving(tmp_path, line(*PLACES), trial=trial)
        fake_results.write_saving(
            tmp_path, line(*PLACES), trial=trial, experiment="other"
        )
    made = early_crops.section(read(tmp_path), (0.5, 0.1))
    figure = made.figures["early_crop"]
    assert len(figure.axes) == 2
    for axes in figure.axes:
        curve, dense, sparse = axes.lines
        assert [*curve.get_xdata()] == [20, 30, 40, 50, 200]
        np.testing.assert_allclose(curve.get_ydata(), [100, 200, 100, 20, 5])
        assert [*dense.get_ydata()] == [50, 50]
        assert [*sparse.get_ydata()] == [10, 10]
        assert axes.get_yscale() == "log"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["50.0 %", "10.0 %", "bands: lowest to highest"]


@pytest.mark.usefixtures("unrendered")
def test_bands_of_any_panel_are_told(tmp_path):
    for trial, experiment in ((1, "same_init"), (2, "same_init"), (1, "other")):
        fake_results.write_saving(
            tmp_path, line(*PLACES), trial=trial, experiment=experiment
        )
    for experiments in ("same_init,other", "other,same_init"):
        chosen = results.read(str(tmp_path), experiments).chosen
        runs, _ = mask_arrays.whole(chosen)
        figure = early_crops.section(runs, (0.5,)).figures["early_crop"]
        texts = [text.get_text() for text in figure.legends[0].get_texts()]
        assert "bands: lowest to highest" in texts
