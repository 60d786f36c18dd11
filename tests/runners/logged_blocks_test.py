"""Tests of runners/logged_blocks.py."""

import dataclasses

import pytest

from lottery_ticket.experiments.reproductions import claims, registry
from lottery_ticket.runners import judged_studies, logged_blocks
from lottery_ticket.tests.runners import (
    comparison_figure_test,
    judged_studies_test,
)

PAGE = """\
Before.
<!-- logged: short/digits -->
by hand
<!-- end -->
After.
"""


def test_a_block_is_what_the_logs_have_and_the_rest_stays(tmp_path):
    runs = judged_studies_test.runs()
    judged = [judged_studies_test.judged(tmp_path, runs)]
    made = logged_blocks.rewritten(PAGE, judged)
    assert made.startswith("Before.\n<!-- logged: short/digits -->\n| claim |")
    assert made.endswith("<!-- end -->\nAfter.\n")
    assert "by hand" not in made
    assert "| `at_1`: accuracy at 1.37 %, less reinit's |" in made
    own = runs[(runs["experiment"] == "reinit") & (runs["density"] == 0.0137)]
    values = 100 * own["accuracy"]
    ends = f"{values.min():.2f} to {values.max():.2f}"
    assert f" | {values.mean():.2f} ({ends}) |" in made
    assert "| 41.5 % |  |  |" in made  # Not run.
    (dense,) = (line for line in made.splitlines() if "| 100 % |" in line)
    assert dense.endswith(") |  |")  # Of tickets alone.
    assert logged_blocks.rewritten(made, judged) == made


def test_without_densities_all_levels_have_a_row(tmp_path, monkeypatch):
    study = registry.STUDIES["digits"]
    levels = dataclasses.replace(study.levels, densities=())
    every = dataclasses.replace(study, levels=levels)
    monkeypatch.setitem(registry.STUDIES, "digits", every)
    judged = judged_studies_test.judged(tmp_path, judged_studies_test.runs())
    made = logged_blocks.rewritten(PAGE, [judged])
    heads = [line.split(" | ")[0] for line in made.splitlines()]
    rows = heads[heads.index("| density") + 2 :]
    assert rows[:5] == ["| 100 %", "| 17.3 %", "| 1.68 %", "| 1.37 %", ""]


def test_pages_beside_the_page_of_verdicts_are_written(tmp_path):
    judged = [judged_studies_test.judged(tmp_path, judged_studies_test.runs())]
    logged_blocks.write(str(tmp_path / "page.md"), judged)  # No papers.
    paper, other = (tmp_path / "papers" / name for name in ("a.md", "b.txt"))
    paper.parent.mkdir()
    paper.write_text(PAGE)
    other.write_text(PAGE)
    logged_blocks.write(str(tmp_path / "page.md"), judged)
    assert paper.read_text() == logged_blocks.rewritten(PAGE, judged)
    assert other.read_text() == PAGE


def test_a_block_without_logs_is_named(tmp_path):
    judged = [judged_studies_test.judged(tmp_path, judged_studies_test.runs())]
    page = PAGE.replace("digits", "lenet")
    with pytest.raises(ValueError, match="b.md has .* Received: short/lenet"):
        logged_blocks.rewritten(page, judged, "b.md")


def _compared(monkeypatch):
    """A study that compares methods, judged."""
    study = claims.Study(
        *("made up", "frontier/made"),
        {"short": ()},
        {},
        comparison=comparison_figure_test.COMPARED,
    )
    monkeypatch.setitem(registry.STUDIES, "made", study)
    return judged_studies.JudgedStudy(
        *("made", "short", {}, {"runs": 18}),
        comparison_figure_test.found(),
    )


def test_methods_are_compared_in_a_table_and_a_figure(tmp_path, monkeypatch):
    judged = _compared(monkeypatch)
    page = tmp_path / "frontier" / "a.md"
    page.parent.mkdir()
    page.write_text(PAGE.replace("digits", "made"))
    logged_blocks.write(str(tmp_path / "page.md"), [judged])
    made = page.read_text()
    rows = {tuple(line.split(" | ")[:2]): line for line in made.splitlines()}
    cts = rows["| 1 %", "CTS"].split(" | ")
    assert cts[2] == "25.0 (25.0 to 25.0)"
    assert cts[4:7] == ["50.0 (50.0 to 50.0)", "", "7.0 s"]
    # Of rounds, the trainings of all levels before.
    assert rows["| 1 %", "IMP"].split(" | ")[6] == "3.0 s"
    assert rows["| 5 %", "IMP"].split(" | ")[6:] == ["0.0 s", "3.0 s |"]
    assert rows["| 1 %", "SNIP"].count("|") == 9
    assert "](../made_short.png)" in made
    figure = tmp_path / "made_short.png"
    drawn = figure.read_bytes()
    assert drawn[1:4] == b"PNG"
    figure.write_bytes(b"as it stands")
    logged_blocks.write(str(tmp_path / "page.md"), [judged])  # All the same.
    assert figure.read_bytes() == b"as it stands"
    figure.unlink()
    logged_blocks.write(str(tmp_path / "page.md"), [judged])
    assert figure.read_bytes() == drawn
