"""Tests of analysis/sections/early_birds.py."""

import math
import pathlib
import tempfile

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.analysis.sections import early_birds
from lottery_ticket.foundations.records import run_record
from lottery_ticket.tests.analysis import fake_results

SETTINGS = {"fractions": {"*": 0.2}, "scope": "layerwise"}


def write(folder, networks, **more):
    return fake_results.write_saving(folder, networks, **{**SETTINGS, **more})


def measure(folder, *densities):
    runs, problems = mask_arrays.whole(results.read(str(folder)).runs)
    assert problems == []
    return early_birds.measure(runs, densities)


def drawn(seed, count, size=400):
    """Weights that have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    return [
        {"a": rng.normal(size=(size,)), "b": rng.normal(size=(20, size // 20))}
        for _ in range(count)
    ]


def test_chance_is_that_of_unrelated_masks():
    assert early_birds.chance([(2, 100)]) / 100 == pytest.approx(0.0392)
    assert early_birds.chance([(5, 10), (10, 10)]) == pytest.approx(5)
    assert early_birds.chance([]) == 0
    rng = np.random.default_rng(0)
    differing = [
        np.count_nonzero(rng.permutation(mask) != rng.permutation(mask))
        for mask in [np.arange(50) < 10] * 2000
    ]
    assert np.mean(differing) == pytest.approx(
        early_birds.chance([(10, 50)]), rel=0.03
    )


def twin(networks, density):
    """Distances by sorting, of one density in each layer."""
    masks, distances = [], []
    for network in networks:
        kept = []
        for each in map(np.ravel, network.values()):
            order = np.argsort(-np.abs(each))
            mask = np.zeros(each.size, bool)
            mask[order[: round(density * each.size)]] = True
            kept.append(mask)
        masks.append(np.concatenate(kept))
    unit = 2 * density * (1 - density) * masks[0].size
    for index in range(4, len(masks)):
        before = [np.sum(masks[index] != masks[index - n]) for n in range(1, 5)]
        distances.append(max(before) / unit)
    to_end = [np.sum(mask != masks[-1]) / unit for mask in masks[4:]]
    return distances, to_end


@pytest.mark.parametrize("density", [0.25, 0.05])
def test_distances_are_those_of_a_twin(tmp_path, density):
    networks = drawn(0, 8)
    for index in range(3, 8):  # They come to rest.
        for name in networks[index]:
            networks[index][name] = (
                networks[2][name] + 0.3 ** (index - 2) * networks[index][name]
            )
    write(tmp_path, networks)
    found, untold, problems = measure(tmp_path, density)
    assert untold == problems == []
    assert [*found["iteration"]] == [50, 60, 70, 200]
    assert set(found["mask_density"]) == {density}
    distances, to_end = twin(networks, density)
    np.testing.assert_allclose(found["distance"], distances)
    np.testing.assert_allclose(found["to_end"], to_end)


@hypothesis.settings(max_examples=5, deadline=None)
@hypothesis.given(st.integers(0, 2**31), st.floats(0.05, 0.6))
def test_unrelated_masks_are_as_far_as_chance_and_equal_ones_not(seed, density):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, drawn(seed, 6, size=4000))
        write(folder, drawn(seed, 1, size=4000) * 6, trial=2)
        found, *_ = measure(folder, density)
        apart, equal = (found[found["trial"] == trial] for trial in (1, 2))
        assert set(equal["distance"]) == set(equal["to_end"]) == {0}
        assert 0.9 < apart["distance"].min() <= apart["distance"].max() < 1.15
        first, second = early_birds.decided(found).to_dict("records")
        assert math.isnan(first["iteration"]) and math.isnan(first["to_end"])
        assert (second["iteration"], second["to_end"]) == (50, 0)


def still(count=6):
    return [{"a": [4.0, 3.0, 2.0, 1.0], "b": [1.0, 8.0, 7.0, 6.0]}] * count


def test_layers_are_compared_as_the_run_compares_them(tmp_path):
    """Layer by layer or together, and only those with a fraction above 0."""
    moved = {"a": [1.0, 3.0, 2.0, 4.0], "b": [1.0, 8.0, 7.0, 6.0]}
    networks = [*still(5), moved]
    for trial, more in enumerate(
        (
            SETTINGS,
            {"scope": "global"},
            {"fractions": {"b": 0.5, "a": 0}},
            {"fractions": {"a": 0.5}, "scope": "global"},
        ),
        1,
    ):
        write(tmp_path, networks, trial=trial, **more)
    found, *_ = measure(tmp_path, 0.5)
    last = found[found["iteration"] == 200]
    # Of a, 4 3 becomes 3 4; together 8 7 6 4 stay, of another place.
    np.testing.assert_allclose(last["distance"], [2 / 4, 2 / 4, 0, 2 / 2])
    assert [*last["to_end"]] == [0, 0, 0, 0]


def test_pruned_levels_draw_from_what_they_keep(tmp_path):
    """Where a layer keeps no more than the density, there is no mask."""
    masks = {"a": [0, 1, 1, 1], "b": [1, 1, 0, 1]}
    moved = {"a": [9.0, 1.0, 3.0, 2.0], "b": [1.0, 8.0, 9.0, 6.0]}
    write(tmp_path, [*still(5), moved], level=1, masks=masks)
    found, *_ = measure(tmp_path, 0.5, 0.25, 0.75, 0.8)
    assert set(found["mask_density"]) == {0.5, 0.25}
    last = found[found["iteration"] == 200].set_index("mask_density")
    # Of 3 that are left, 2 are kept: two masks differ in 2 * 2 / 3 by chance.
    assert last["distance"][0.5] == pytest.approx(2 / (2 * 4 / 3))
    # 3 becomes 3 of another place, and 8 stays.
    assert last["distance"][0.25] == pytest.approx(2 / (2 * 4 / 3))


def test_runs_that_say_nothing(tmp_path):
    write(tmp_path, still(4))  # Three are saved, and the end.
    write(tmp_path, still(), experiment="learned", kind="supermask")
    moving = write(tmp_path, still(), experiment="moving")
    record = run_record.read(moving)
    record["checksums"]["first_masks/a.npy"] = "?"
    run_record.write(moving, record)
    found, untold, problems = measure(tmp_path, 0.5)
    assert found.empty and untold == ["same_init"] and problems == []
    section = early_birds.section(
        mask_arrays.whole(results.read(str(tmp_path)).runs)[0], (0.5,)
    )
    assert section.figures == {}
    assert section.text == (
        f"{early_birds.TITLE}\nSaved on the way less than four times "
        "(--save_iterations=every:1ep): same_init\n"
    )


def test_what_is_not_whole_is_a_problem(tmp_path):
    directory = write(tmp_path, still())
    write(tmp_path, still(), trial=2, fractions={"c": 0.2})
    path = pathlib.Path(directory, "iteration20/a.npy")
    path.write_bytes(path.read_bytes()[:-8])
    found, untold, problems = measure(tmp_path, 0.5)
    assert found.empty and untold == []
    first, second = problems
    assert first == (
        f"trial 1, level 0, same_init: damaged ({path} is missing or has "
        "changed)"
    )
    assert second.startswith(
        "trial 2, level 0, same_init: Unknown layer in fractions 'c'"
    )


def section(tmp_path, *densities):
    runs, _ = mask_arrays.whole(results.read(str(tmp_path)).runs)
    return early_birds.section(runs, densities)


def test_text_and_table(tmp_path):
    moved = {"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 8.0, 7.0, 6.0]}
    write(tmp_path, still())
    write(tmp_path, [moved, *still(6)], trial=2)
    write(tmp_path, [moved, *still(5)], trial=3)
    made = section(tmp_path, 0.5)
    assert made.text == (
        f"{early_birds.TITLE}\n"
        "experiment  level  mask %  runs  decided  iteration  min  max"
        "  to the end %\n"
        "same_init       0    50.0     3        3        103   50  200"
        "          0.00\n"
    )
    table = made.tables["early_bird.csv"]
    assert [*table.columns] == [
        *("experiment", "level", "mask_density", "iteration", "runs"),
        *("distance_mean", "distance_min", "distance_max"),
        *("to_end_mean", "to_end_min", "to_end_max", "decided"),
    ]
    by_iteration = table.set_index("iteration")
    assert dict(by_iteration["runs"]) == {50: 3, 200: 3, 60: 1}
    assert by_iteration["decided"][50] == 1
    assert by_iteration["decided"][200] == 3
    assert by_iteration["distance_max"][50] == 1


def test_densities_that_no_run_is_above(tmp_path):
    masks = {"a": [0, 1, 0, 1], "b": [1, 1, 1, 1]}
    write(tmp_path, still(), level=1, masks=masks)
    assert section(tmp_path, 0.5, 0.8).text == (
        f"{early_birds.TITLE}\n"
        "No run has layers that all keep more than: 80.0 %, 50.0 %\n"
    )


def test_what_is_never_decided_has_no_iteration(tmp_path):
    write(tmp_path, drawn(0, 5))
    text = section(tmp_path, 0.5).text
    assert text.splitlines()[-1].split() == [
        *("same_init", "0", "50.0", "1", "0", "-", "-"),
    ]


@pytest.mark.usefixtures("figures")
def test_figure_of_distances_against_iterations(tmp_path):
    for trial in (1, 2):
        write(tmp_path, drawn(trial, 7), trial=trial)
        write(tmp_path, drawn(trial, 7), trial=trial, experiment="other")
    figure = section(tmp_path, 0.5, 0.1).figures["early_bird"]
    assert len(figure.axes) == 2
    for axes in figure.axes:
        sparse, dense, limit = axes.lines
        assert [*sparse.get_xdata()] == [*dense.get_xdata()] == [50, 60, 200]
        assert [*limit.get_ydata()] == [10, 10]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [
        *("50.0 %", "10.0 %", "bands: lowest to highest", "decided below"),
    ]


@pytest.mark.usefixtures("unrendered")
def test_bands_of_any_panel_are_told(tmp_path):
    for trial, experiment in ((1, "same_init"), (2, "same_init"), (1, "other")):
        write(tmp_path, drawn(trial, 7), trial=trial, experiment=experiment)
    for experiments in ("same_init,other", "other,same_init"):
        chosen = results.read(str(tmp_path), experiments).chosen
        runs, _ = mask_arrays.whole(chosen)
        figure = early_birds.section(runs, (0.5,)).figures["early_bird"]
        texts = [text.get_text() for text in figure.legends[0].get_texts()]
        assert "bands: lowest to highest" in texts
