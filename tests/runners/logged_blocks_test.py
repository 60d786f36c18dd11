"""Tests of runners/logged_blocks.py."""

import pytest

from lottery_ticket.runners import logged_blocks
from lottery_ticket.tests.runners import judged_studies_test

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
