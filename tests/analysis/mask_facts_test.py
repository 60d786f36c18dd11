"""Tests of analysis/mask_facts.py."""

import pytest

from lottery_ticket.analysis import mask_facts
from lottery_ticket.analysis.look import figure_style
from lottery_ticket.foundations.machine import files
from lottery_ticket.tests.analysis import fake_results

FIGURES = ("mask_overlap", "sign_agreement")
TABLES = ["mask_facts.txt", "mask_overlap.csv", "sign_agreement.csv"]
NAMES = sorted(
    TABLES
    + [f"{name}.{kind}" for name in FIGURES for kind in figure_style.KINDS]
)
DENSE = {"a": [1, 1, 1, 1], "b": [1, 1]}


def _write(output_dir):
    for trial, mask in ((1, [1, 1, 0, 0]), (2, [0, 1, 1, 0])):
        fake_results.write_masks(output_dir, trial, 0, "same_init", DENSE)
        masks = {"a": mask, "b": [1, 1]}
        fake_results.write_masks(output_dir, trial, 1, "same_init", masks)
        masks = {"a": [0, 0, 1, 1], "b": [1, 1]}
        fake_results.write_masks(output_dir, trial, 1, "reinit", masks, 1)


@pytest.mark.usefixtures("figures")
def test_writes_all_files_and_the_same_ones_again(tmp_path, capsys):
    output_dir = str(tmp_path / "results")
    _write(output_dir)
    written = []
    for directory in (f"{output_dir}/report", f"{tmp_path}/again"):
        mask_facts.mask_facts(output_dir, directory)
        assert files.names(directory) == NAMES
        written.append(
            {name: files.read(f"{directory}/{name}") for name in NAMES}
        )
    first, second = written
    assert first == second
    printed = capsys.readouterr().out
    assert printed.startswith(first["mask_facts.txt"].decode())
    assert f"Wrote {output_dir}/report/mask_overlap.png\n" in printed
    lines = first["mask_overlap.csv"].decode().splitlines()
    assert lines[0].startswith("experiment,against,level,layer,density,pairs,")
    # Of 2 of 4 weights and 2 of 4, 1 is common, and 2 of 2 are.
    overlap = 3 / 5
    assert lines[1].split(",")[:7] == [
        *("same_init", "same_init", "1", "(all)"),
        *(str(4 / 6), "1", str(overlap)),
    ]


def test_only_some_experiments_and_levels(tmp_path, capsys):
    _write(str(tmp_path))
    mask_facts.mask_facts(str(tmp_path), None, "same_init", (0,))
    names = files.names(f"{tmp_path}/report")
    assert names == [
        name
        for name in NAMES
        if not name.startswith("mask_overlap.") or name.endswith("csv")
    ]
    signs = files.read(f"{tmp_path}/report/sign_agreement.csv").decode()
    assert {line.split(",")[1] for line in signs.splitlines()[1:]} == {"0"}
    assert "reinit" not in signs
    assert "Overlap" not in capsys.readouterr().out


@pytest.mark.slow
def test_problems_are_named_below(tmp_path, capsys):
    _write(str(tmp_path))
    mask = f"{tmp_path}/trial1/1/same_init/masks/a.npy"
    files.write(mask, b"")
    fake_results.write_masks(
        str(tmp_path),
        3,
        1,
        "same_init",
        {"c": [1, 0]},
        kind="lottery_experiment",
    )
    mask_facts.mask_facts(str(tmp_path))
    _, problems = capsys.readouterr().out.split("Problems:\n")
    lines = problems.splitlines()
    assert "  trial 3, level 0, same_init: missing" in lines
    assert (
        f"  trial 1, level 1, same_init: damaged ({mask} is missing or has "
        "changed)"
    ) in lines
    assert (
        "  same_init of trial 2 and same_init of trial 3 are not compared: "
        "Expected masks of the same layers. Only one of them has: a, b, c"
    ) in lines


def test_nothing_is_whole(tmp_path):
    with pytest.raises(FileNotFoundError, match="No results folder"):
        mask_facts.mask_facts(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="no complete run"):
        mask_facts.mask_facts(str(tmp_path))
    fake_results.write_run(str(tmp_path), 1, 0)
    with pytest.raises(ValueError, match="are whole. Found: trial 1, level 0,"):
        mask_facts.mask_facts(str(tmp_path))
    assert files.names(str(tmp_path)) == ["trial1"]


def test_unknown_experiment_or_level(tmp_path):
    _write(str(tmp_path))
    with pytest.raises(ValueError, match="Unknown experiment 'same'"):
        mask_facts.mask_facts(str(tmp_path), experiments="same")
    with pytest.raises(ValueError, match="Unknown level '7'.*Known: 0, 1"):
        mask_facts.mask_facts(str(tmp_path), levels=(7,))


@pytest.mark.usefixtures("unrendered")
def test_early_bird_is_told_of_where_it_is_asked_for(tmp_path, capsys):
    _write(str(tmp_path))
    mask_facts.mask_facts(str(tmp_path), early_bird=(0.5, 0.25))
    names = files.names(f"{tmp_path}/report")
    assert names == sorted([*NAMES, "early_bird.csv"])
    text = capsys.readouterr().out
    assert text.count("(--save_iterations=every:1ep): same_init") == 1


@pytest.mark.parametrize("density", [0, 1.0, 20])
def test_densities_are_between_0_and_1(tmp_path, density):
    with pytest.raises(ValueError, match="early_bird must be a number, above"):
        mask_facts.mask_facts(str(tmp_path), early_bird=(0.5, density))
