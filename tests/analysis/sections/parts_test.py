"""Tests of analysis/sections/parts.py."""

import pandas as pd

from lottery_ticket.analysis.look import figure_style
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import files


def test_files_are_tables_then_figures():
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([0, 1])
    section = parts.Section({"b.csv": "1\n"}, {"a": figure})
    written = section.files()
    assert list(written) == ["b.csv", "a.png", "a.pdf", "a.svg"]
    assert written["b.csv"] == b"1\n"
    assert parts.Section().files() == {}


FRAME = pd.DataFrame({"a": [1]})
SECTION = parts.Section(
    {"x.csv": FRAME, "x.txt": "a\n1\n"},
    text="a\n1\n",
    papers={"x": [["a"], ["1"]]},
)


def test_tables_in_other_formats():
    assert parts.in_format(SECTION, "text") is SECTION
    plain = parts.Section(text="a")
    assert parts.in_format(plain, "latex") is plain
    csv = parts.in_format(SECTION, "csv")
    assert (csv.text, csv.tables) == ("a\n1\n", SECTION.tables)
    made = parts.in_format(SECTION, "markdown")
    assert made.text == made.tables["x.md"] == "| a |\n| --- |\n| 1 |\n"
    made = parts.in_format(SECTION, "latex")
    assert list(made.tables) == ["x.csv", "x.txt", "x.tex"]


def test_texts_are_by_rank_and_problems_before_notes():
    texts = [("note", parts.NOTES_RANK), ("b", 1), ("a", 0), ("c", 1)]
    made = [parts.Section(text=f"{t}\n", rank=rank) for t, rank in texts]
    printed = parts.join_texts([parts.Section(), *made], "Problems\n")
    assert printed == "a\n\nb\n\nc\n\nProblems\n\nnote\n"


def test_problems_are_told_once():
    assert parts.problems_text(["b", "a", "b"]) == "Problems:\n  b\n  a\n"
    text = "Every run found is complete, and none is missing.\n"
    assert parts.problems_text([]) == text


def test_what_is_written_is_named_below_what_is_printed(tmp_path, capsys):
    directory = f"{tmp_path}/report"
    parts.write(directory, {"b.txt": b"1", "a.txt": b"2"}, "Text\n")
    assert files.read(f"{directory}/a.txt") == b"2"
    assert capsys.readouterr().out == (
        f"Text\nWrote {directory}/b.txt\nWrote {directory}/a.txt\n"
    )
