"""Tests of analysis/mask_facts.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import mask_facts, overlaps, sign_changes
from lottery_ticket.foundations import files
from lottery_ticket.tests.analysis import fake_results

FIGURES = ("mask_overlap", "sign_agreement")
TABLES = ["mask_facts.txt", "mask_overlap.csv", "sign_agreement.csv"]
NAMES = sorted(
    TABLES + [f"{name}.{kind}" for name in FIGURES for kind in ("png", "pdf")]
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
    assert names == [name for name in NAMES if "mask_overlap.p" not in name]
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


def _overlap(*rows):
    columns = ["experiment", "against", "level", "density", "overlap", "chance"]
    frame = pd.DataFrame(rows, columns=columns)
    return overlaps.summarize(frame.assign(layer=overlaps.ALL))


def _signs(*rows):
    columns = ["experiment", "level", "density", *sign_changes.MEASURES]
    rows = [[*row, np.nan][:5] for row in rows]
    frame = pd.DataFrame(rows, columns=columns)
    return sign_changes.summarize(frame.assign(layer=overlaps.ALL))


def test_text_of_all_parts():
    overlap = _overlap(
        ("same_init", "same_init", 1, 0.5, 0.4, 0.3333),
        ("same_init", "same_init", 1, 0.5, 0.5, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.4, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.5, 0.3333),
        ("shuffle", "same_init", 1, 0.5, 0.25, 0.3333),
        ("reinit", "same_init", 1, 0.5, 1, 0.3333),
    )
    signs = _signs(("same_init", 0, 1, 0.925), ("same_init", 0, 1, 0.975))
    assert mask_facts.to_text(overlap, signs) == (
        f"{mask_facts.TRIALS}\n"
        "experiment  level  density %  pairs  overlap    min    max"
        "  by chance\n"
        "same_init       1       50.0      2    0.450  0.400  0.500"
        "      0.333\n"
        "\n"
        "The same overlaps as one above: reinit\n"
        "\n"
        f"{mask_facts.TICKETS}\n"
        "ticket     experiment  level  density %  pairs  overlap    min    max"
        "  by chance\n"
        "same_init  shuffle         1       50.0      1    0.250  0.250  0.250"
        "      0.333\n"
        "\n"
        "The same masks as same_init: reinit\n"
        "\n"
        f"{mask_facts.SIGNS}\n"
        "experiment  level  density %  runs  same sign %    min    max\n"
        "same_init       0        100     2        95.00  92.50  97.50\n"
    )


def test_signs_of_pruned_weights_have_a_column_where_known():
    signs = _signs(("a", 0, 1, 0.925), ("a", 1, 0.5, 0.9, 0.75))
    lines = mask_facts.to_text(_overlap(), signs).splitlines()[-3:]
    assert [line.split()[-1] for line in lines] == ["%", "-", "75.00"]
    assert lines[0].endswith("of pruned %")


def test_layers_are_in_no_table():
    overlap = _overlap(("same_init", "same_init", 1, 0.5, 0.4, 0.3))
    signs = _signs(("same_init", 0, 1, 0.9))
    layers = [frame.assign(layer="a") for frame in (overlap, signs)]
    assert mask_facts.to_text(*layers) == ""


def test_what_there_is_not_has_no_table():
    signs = _signs(("same_init", 0, 1, 0.9))
    text = mask_facts.to_text(_overlap(), signs)
    assert text.startswith(mask_facts.SIGNS)
    overlap = _overlap(("reinit", "same_init", 1, 0.5, 1, 0.3333))
    text = mask_facts.to_text(overlap, _signs())
    assert text == (
        f"{mask_facts.TICKETS}\nThe same masks as same_init: reinit\n"
    )
