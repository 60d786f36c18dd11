"""Tests of analysis/look/tables.py."""

import math

import pandas as pd
import pytest

from lottery_ticket.analysis.look import tables

ROWS = [["name", "n", "first", "second"], ["a", "10", "1", "2"]]


def test_align():
    assert tables.align(ROWS) == (
        "name   n  first  second\n"  #
        "a     10      1       2\n"
    )


def test_align_in_parts():
    assert tables.align(ROWS, left=0, repeated=2, width=16) == (
        "name   n  first\n"
        "   a  10      1\n"
        "\n"
        "name   n  second\n"
        "   a  10       2\n"
    )
    assert tables.align(ROWS, width=1).count("\n\n") == 2


def test_rows_without_anything_in_a_part_are_left_out_of_it():
    rows = [*ROWS, ["b", "", "", "3"]]
    assert tables.align(rows, repeated=1, width=16) == (
        "name   n  first\n"
        "a     10      1\n"
        "\n"
        "name  second\n"
        "a          2\n"
        "b          3\n"
    )


def test_columns_with_nothing_below_their_heads_are_left_out():
    rows = [["name", "min", "max"], ["a", "", "2"], ["b", "", "10"]]
    assert tables.align(rows) == "name  max\na       2\nb      10\n"
    assert tables.filled(rows[:1]) == rows[:1]


def test_latex_escapes_what_it_takes_for_something_else():
    rows = [["a_b", "density %"], ["x & y", "1.0 ± .5"], ["#", ">=2–3"]]
    assert tables.to_latex(rows) == (
        "\\begin{tabular}{lr}\n"
        "\\toprule\n"
        "a\\_b & density \\% \\\\\n"
        "\\midrule\n"
        "x \\& y & 1.0 $\\pm$ .5 \\\\\n"
        "\\# & $\\geq$2--3 \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
    )


def test_latex_escapes_what_it_would_obey():
    [head, *_] = tables.to_latex([["a^2~\\b{c}"]]).splitlines()[2:]
    assert head == ("a\\^{}2\\textasciitilde{}\\textbackslash{}b\\{c\\} \\\\")


def test_latex_has_all_heads_above_the_rule():
    rows = [["level", "a"], ["", "n = 3"], ["1", "2.0"], ["", "1.0-3.0"]]
    lines = tables.to_latex(rows).splitlines()
    assert lines[2:7] == [
        *("level & a \\\\", " & n = 3 \\\\", "\\midrule"),
        *("1 & 2.0 \\\\", " & 1.0-3.0 \\\\"),
    ]


def test_markdown_escapes_bars():
    assert tables.to_markdown([["a|b", "n"], ["c", "1"]]) == (
        "| a\\|b | n |\n| --- | ---: |\n| c | 1 |\n"
    )


@pytest.mark.parametrize(
    "value, text",
    [(0.004, "+0.40"), (-0.5, "-50.00"), (0, "+0.00"), (math.nan, "-")]
    + [(-1e-6, "+0.00"), (-5.1e-5, "-0.01")],
)
def test_differences_have_a_sign(value, text):
    assert tables.signed(value) == text


def test_csv_keeps_floats_in_full():
    frame = pd.DataFrame({"level": [0, 1], "accuracy": [0.1, 1 / 3]})
    expected = b"level,accuracy\n0,0.1\n1,0.3333333333333333\n"
    assert tables.to_csv(frame) == expected


@pytest.mark.parametrize(
    "fraction, text",
    [(1, "100"), (0.512, "51.2"), (0.21, "21.0"), (0.0859, "8.59")]
    + [(0.00116, "0.116"), (0.9994, "99.9"), (0.9996, "99.96")]
    + [(1 - 2**-53, "99.99999999999999"), (1.5, "150"), (math.nan, "-")],
)
def test_percent(fraction, text):
    assert tables.percent(fraction) == text


def test_number():
    assert tables.number(0.98765) == "98.77"
    assert tables.number(0.5, 1) == "0.50"
    assert tables.number(math.nan) == "-"


def test_ranges():
    fractions = pd.Series([0.512, 0.0537])
    assert tables.percent_range(fractions) == "5.37–51.2"
    assert tables.percent_range(fractions, down=True) == "51.2–5.37"
    assert tables.percent_range(fractions[:1]) == "51.2"
    assert (
        tables.number_range({"a_min": 0.5, "a_max": 0.75}, "a") == "50.00-75.00"
    )
    assert tables.number_range({"a_min": math.nan, "a_max": 1}, "a") == ""


def test_a_title_without_rows_or_notes_is_nothing():
    assert tables.titled("Title\n", ROWS[:1]) == ""
    text = f"Title\n\n{tables.align(ROWS)}"
    assert tables.titled("Title\n", ROWS) == text
    assert tables.titled("Title\n", ROWS, ["b\n"]) == f"{text}\nb\n"
    assert tables.titled("Title\n", ROWS[:1], ["b\n"]) == "Title\n\nb\n"
