"""Tests of analysis/reading/mask_arrays.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.tests.analysis import fake_results

MASKS = {"b": [1, 0, 1], "a": [[1], [0]]}


def _whole(tmp_path):
    return mask_arrays.whole(results.read(str(tmp_path)).runs)


def test_whole_runs_and_their_arrays(tmp_path):
    directory = fake_results.write_masks(
        str(tmp_path),
        1,
        2,
        "same_init",
        MASKS,
        final={"b": [0.5, 0, -1], "a": [[2.0], [0]]},
    )
    runs, problems = _whole(tmp_path)
    assert problems == []
    assert list(runs["layers"]) == [("b", "a")]
    mask = mask_arrays.restore(directory, "masks", "a")
    np.testing.assert_array_equal(mask, [[1], [0]])
    assert mask.dtype == np.uint8
    final = mask_arrays.restore(directory, "final", "b")
    np.testing.assert_array_equal(final, [0.5, 0, -1])


def test_a_remote_root_is_as_a_local_one(tmp_path):
    final = {"b": [0.5, 0, -1], "a": [[2.0], [0]]}
    found = []
    for root in (str(tmp_path), "memory://mask_arrays"):
        for trial in (1, 2):
            directory = fake_results.write_masks(
                root, trial, 2, "same_init", MASKS, final=final
            )
        runs, problems = _whole(root)
        arrays = [
            mask_arrays.restore(directory, folder, layer).tolist()
            for folder in ("masks", "final")
            for layer in runs["layers"].iloc[0]
        ]
        is_same = runs["masks"].nunique() == 1
        found.append((problems, list(runs["layers"]), arrays, is_same))
    assert found[0] == found[1]
    assert found[0][0] == [] and found[0][3]


def test_equal_masks_are_told_by_their_checksums(tmp_path):
    other = {"b": [1, 1, 0], "a": [[1], [0]]}
    weights = {"b": [1, 2, 3], "a": [[1], [0]]}
    for trial, masks in enumerate((MASKS, MASKS, other), 1):
        fake_results.write_masks(
            str(tmp_path), trial, 2, "same_init", masks, final=weights
        )
    runs, _ = _whole(tmp_path)
    first, second, third = runs["masks"]
    assert first == second != third


@pytest.mark.parametrize("file", ["masks/a", "initial/b", "final/a"])
@pytest.mark.parametrize("damage", [b"", None])
def test_damaged_runs_are_named_and_left_out(tmp_path, file, damage):
    for level in (1, 2):
        directory = fake_results.write_masks(
            str(tmp_path), 1, level, "same_init", MASKS
        )
    path = f"{directory}/{file}.npy"
    files.remove(path) if damage is None else files.write(path, damage)
    runs, problems = _whole(tmp_path)
    assert list(runs["level"]) == [1]
    assert problems == [
        f"trial 1, level 2, same_init: damaged ({path} is missing or has "
        "changed)"
    ]


def test_runs_without_arrays_are_named(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 1, "reinit", 3)
    runs, problems = _whole(tmp_path)
    assert runs.empty
    assert problems == [
        "trial 1, level 1, reinit3: its masks and weights were not saved"
    ]


def test_a_record_that_goes_while_others_are_read(tmp_path):
    directory = fake_results.write_masks(
        str(tmp_path), 1, 1, "same_init", MASKS
    )
    runs = results.read(str(tmp_path)).runs
    files.write(paths.record(directory), b"{")
    whole, [problem] = mask_arrays.whole(runs)
    assert whole.empty
    assert problem.endswith("same_init: damaged (its run.json is not whole)")
