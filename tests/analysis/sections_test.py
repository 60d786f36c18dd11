"""Tests of analysis/sections.py."""

from lottery_ticket.analysis import figure_style, sections
from lottery_ticket.foundations import files


def test_files_are_tables_then_figures():
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([0, 1])
    section = sections.Section({"b.csv": b"1\n"}, {"a": figure})
    written = section.files()
    assert list(written) == ["b.csv", "a.png", "a.pdf"]
    assert written["b.csv"] == b"1\n"
    assert sections.Section().files() == {}


def test_texts_are_by_rank_and_problems_before_notes():
    texts = [("note", sections.NOTES_RANK), ("b", 1), ("a", 0), ("c", 1)]
    made = [sections.Section(text=f"{t}\n", rank=rank) for t, rank in texts]
    printed = sections.join_texts([sections.Section(), *made], "Problems\n")
    assert printed == "a\n\nb\n\nc\n\nProblems\n\nnote\n"


def test_problems_are_told_once():
    assert sections.problems_text(["b", "a", "b"]) == "Problems:\n  b\n  a\n"
    text = "Every run found is complete, and none is missing.\n"
    assert sections.problems_text([]) == text


def test_what_is_written_is_named_below_what_is_printed(tmp_path, capsys):
    directory = f"{tmp_path}/report"
    sections.write(directory, {"b.txt": b"1", "a.txt": b"2"}, "Text\n")
    assert files.read(f"{directory}/a.txt") == b"2"
    assert capsys.readouterr().out == (
        f"Text\nWrote {directory}/b.txt\nWrote {directory}/a.txt\n"
    )
