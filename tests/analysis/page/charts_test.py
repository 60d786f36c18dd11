import re

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.page import charts
from lottery_ticket.analysis.sections import density, sizes
from lottery_ticket.tests.analysis import fake_results

BLUE = {"color": "#0072B2", "marker": "o", "linestyle": "-"}
SQUARES = {"color": "#0072B2", "marker": "s", "linestyle": "--"}


def series_table(names):
    return pd.DataFrame(
        {
            "experiment": [names[0]] * 2 + [names[1]] * 2,
            "level": [0, 1, 0, 1],
            "density": [1.0, 0.5, 1.0, 0.5],
            "runs": [3, 3, 2, 2],
            "x_mean": [0.5, 0.6, 0.7, 0.8],
            "x_min": [0.4, 0.6, 0.7, 0.7],
            "x_max": [0.6, 0.6, 0.7, 0.9],
        }
    )


def series_figure(looks, names=("a", "b")):
    table, series = series_table(names), dict(zip(names, looks, strict=True))
    with figure_style.drawing() as (figure, [axes]):
        entries = mean_plots.draw_experiments(axes, table, "x", 100, series)
        axes.set_xlabel("Weights kept (%)")
        axes.set_ylabel("X (%)")
        figure_style.legend(figure, entries)
    return figure


def test_an_entry_switches_its_line_and_its_bars():
    chart = charts.draw("x", series_figure([BLUE, SQUARES]), "f1")
    texts = [each.text for each in chart.entries]
    assert texts == ["a (n = 3)", "b (n = 2)", "bars: lowest to highest"]
    first, second, bars = chart.entries
    assert first.dash == "" and second.dash and first.marker != second.marker
    assert first.color == second.color == first.fill == "#0072b2"
    # A line, its bars and two caps each; of one colour, told by their looks.
    assert len(first.ids) == len(second.ids) == 4 and bars.ids == []
    for each in (*first.ids, *second.ids):
        assert chart.svg.count(f'id="{each}"') == 1
    assert chart.switches == 2
    assert (chart.x_label, chart.y_label) == ("Weights kept (%)", "X (%)")


def test_experiments_of_one_look_have_an_entry_each(tmp_path):
    names = [f"e_{a}{b}" for a in "abc" for b in "abcdefghijk"]
    for level in (0, 1):
        for name in names:
            facts = {"ticket_bytes": 1000 >> level}
            fake_results.write_run(str(tmp_path), 1, level, name, facts=facts)
    runs = fake_results.read(tmp_path).runs
    for figure in (
        density.figure(runs, "accuracy"),
        sizes.figure(runs, "ticket_bytes"),
    ):
        chart = charts.draw("x", figure, "f1")
        drawn = [line for line in chart.lines if "of" in line]
        of = [
            (line["of"][0]["experiment"], chart.entries[line["entry"]].text)
            for line in drawn
        ]
        assert sorted(of) == sorted((name, f"{name} (n = 1)") for name in names)
        assert all(each.ids for each in chart.entries[: len(names)])


def test_a_ring_is_switched_with_its_line():
    with figure_style.drawing() as (figure, [axes]):
        looks = {"a": BLUE, "b": {**BLUE, "linestyle": "--"}}
        entries = mean_plots.draw_experiments(
            *(axes, series_table(("a", "b")).assign(wins=True), "x", 1, looks),
            marks={"wins": {"linestyle": "", "markersize": 7}},
        )
        figure_style.legend(figure, entries)
    first, second, _ = charts.draw("x", figure, "f1").entries
    assert len(first.ids) == len(second.ids) == 5


def test_an_entry_of_another_panel_stands_for_a_line():
    with figure_style.drawing() as (figure, [axes]):
        looks = {"a": BLUE, "b": SQUARES}
        mean_plots.draw_experiments(
            axes, series_table(("a", "b")), "x", 1, looks
        )
        figure_style.legend(figure, [("a (n = 9)", BLUE), ("b", SQUARES)])
    first, second = charts.draw("x", figure, "f1").entries
    assert len(first.ids) == len(second.ids) == 4


def test_what_looks_like_two_entries_is_of_none():
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([0, 1], [0, 1], **BLUE)
        figure_style.legend(figure, [("one", BLUE), ("other", BLUE)])
    chart = charts.draw("x", figure, "f1")
    assert [each.ids for each in chart.entries] == [[], []]


def test_points_are_where_they_are_drawn_and_say_what_they_are_of():
    chart = charts.draw("x", series_figure([BLUE, SQUARES]), "f1")
    first, second = chart.lines
    assert (first["entry"], second["entry"]) == (0, 1)
    assert first["x"] == ["100", "50"] and first["y"] == ["50", "60"]
    assert first["low"] == ["40", "60"] and first["high"] == ["60", "60"]
    of = {"experiment": "a", "level": 1, "runs": 3, "column": "x", "scale": 100}
    assert first["of"][1] == of
    uses = re.findall(r'<use [^>]*?x="([\d.]+)" y="([\d.]+)"', chart.svg)
    drawn = np.array(uses, float)
    for place in (*first["places"], *second["places"]):
        assert np.abs(drawn - place).max(1).min() < 0.1


def test_ids_of_two_figures_differ_and_lead_somewhere():
    one, other = (
        charts.draw("x", series_figure([BLUE, SQUARES]), name)
        for name in ("f1", "f2")
    )
    ids = re.findall(r' id="([^"]*)"', one.svg + other.svg)
    assert len(ids) == len(set(ids))
    for chart, name in ((one, "f1"), (other, "f2")):
        links = set(re.findall(r'(?:url\(|href=")#([\w-]+)', chart.svg))
        assert links and links <= set(ids)
        assert all(each.startswith(f"{name}-") for each in links)


def test_names_stay_as_they_are_and_are_escaped():
    names = ("lr0.00125", "<script>&\"'")
    chart = charts.draw("x", series_figure([BLUE, SQUARES], names), "f1")
    assert [each.text[:9] for each in chart.entries[:2]] == [
        "lr0.00125",
        "<script>&",
    ]
    with figure_style.drawing() as (figure, [axes]):
        axes.set_title("<script>&\"' lr0.00125")
    svg = charts.draw("x", figure, "f1").svg
    assert "<script" not in svg
    assert "&lt;script&gt;&amp;" in svg and "lr0.00125" in svg


def test_dollars_of_names_stay_and_those_of_tex_go():
    text = styles.label("cost $a_$ b/mine", [3])
    figure = series_figure([BLUE, SQUARES], ("cost $a_$ b/mine", "b"))
    assert charts.plain(text) == "cost $a_$ b mine (n = 3)"
    chart = charts.draw("x", figure, "f1")
    assert chart.entries[0].text == charts.plain(text)
    assert chart.entries[0].ids


def test_a_lone_line_tells_its_points_and_one_across_does_not():
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([0, 1], [0.25, 1 / 3], color="red")
        axes.axhline(0.5, color="blue")
        axes.set_xticks([0, 1], ["first", "second"])
        entries = [("mine", {"color": "red"}), ("across", {"color": "blue"})]
        figure_style.legend(figure, entries)
    chart = charts.draw("x", figure, "f1")
    [line] = chart.lines
    assert line["x"] == ["first", "second"] and line["y"] == ["0.25", "0.33333"]
    assert "low" not in line
    assert [len(each.ids) for each in chart.entries] == [1, 1]


def test_long_curves_lose_points_but_not_their_ends():
    count = 1000
    low = np.arange(count) / 10
    curve = pd.DataFrame(
        {"mean": low + 1, "low": low, "high": low + 2}, index=range(count)
    )
    with figure_style.drawing() as (figure, [axes]):
        mean_plots.draw_band(axes, curve, "red", of={"level": 3})
        figure_style.legend(figure, [("3", {"color": "red"})])
    before = figure_style.render(figure, "svg")
    chart = charts.draw("x", figure, "f1")
    [line] = chart.lines
    assert len(line["x"]) <= charts.MOST_POINTS + 1
    assert (line["x"][0], line["x"][-1]) == ("0", "999")
    assert line["low"][-1] == "99.9" and line["high"][-1] == "101.9"
    assert line["of"] == [{"level": 3}]
    [band] = axes.collections
    corners = band.get_paths()[0].vertices
    assert len(corners) <= 2 * charts.MOST_POINTS + 4
    assert corners[:, 0].max() == 999 and corners[:, 0].min() == 0
    assert corners[:, 1].max() == pytest.approx(101.9)
    assert len(chart.svg) < len(before) / 2


def test_many_curves_share_what_a_page_has_room_for():
    def figure(lines, points):
        with figure_style.drawing() as (drawn, [axes]):
            for _ in range(lines):
                axes.plot(range(points), range(points))
        return drawn

    few, many = figure(3, 500), figure(200, 500)
    assert charts.most_points([few]) == charts.MOST_POINTS
    assert charts.most_points([few, many]) == 90
    assert charts.most_points([figure(1000, 100)]) == charts.FEWEST_POINTS
    [line, *_] = figure(2, 100).axes[0].lines
    charts.draw("x", line.get_figure(), "f1", 30)
    assert len(line.get_xdata()) <= 31 and line.get_xdata()[-1] == 99


def test_a_figure_without_legend_or_lines_is_a_picture():
    figure = matplotlib.figure.Figure()
    figure.subplots().barh([0, 1], [2, 3])
    chart = charts.draw("bars", figure, "f1")
    assert chart.entries == chart.lines == [] and not chart.is_wide
    assert chart.svg.startswith("<svg") and chart.title == ""


def test_marks_of_a_legend_are_filled_as_in_the_figure():
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([0, 1], [0, 1])
        fills = [{}, {"markerfacecolor": "none"}, {"markerfacecolor": "white"}]
        entries = [
            ("x", {"color": (1.0, 0.0, 0.0, 1.0), "marker": "o", **fill})
            for fill in fills
        ]
        figure_style.legend(figure, entries)
    found = [each.fill for each in charts.draw("x", figure, "f1").entries]
    assert found == ["#ff0000", "none", "#ffffff"]


def test_telling_changes_no_file():
    one, other = (series_figure([BLUE, SQUARES]) for _ in range(2))
    kinds = [figure_style.render(one, "svg") for _ in range(2)]
    assert kinds[0] == kinds[1] == figure_style.render(other, "svg")


@pytest.mark.parametrize(
    "value, text",
    [(1234, "1,234"), (98.16666, "98.167"), (0.00123456, "0.0012346")],
)
def test_numbers_are_short(value, text):
    assert charts.number(value) == text
