"""Tests of analysis/look/figure_style.py."""

import matplotlib
import pytest

from lottery_ticket.analysis.look import figure_style


def test_spaced_takes_every_nth_level_of_a_geometric_series():
    densities = [0.8**level for level in range(21)]
    chosen = figure_style.spaced(densities, 6)
    assert chosen == [densities[level] for level in (0, 4, 8, 12, 16, 20)]


def test_spaced_takes_all_of_few_and_leaves_out_zero():
    assert figure_style.spaced([0.5, 1, 0.25, 1, 0], 6) == [1, 0.5, 0.25]
    assert figure_style.spaced([0.5], 6) == [0.5]


def test_density_axis_falls_in_percent():
    with figure_style.drawing() as (_, [axes]):
        figure_style.density_axis(axes, [100, 51.2, 8.59, 0.5812])
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert axes.get_xscale() == "log"
    assert labels == ["100", "51.2", "8.6", "0.58"]
    assert [each.get_rotation() for each in axes.get_xticklabels()] == [90] * 4
    left, right = axes.get_xlim()
    assert left > 100
    assert right < 0.5812
    assert axes.get_xlabel() == "Weights kept (%)"


def test_on_a_logistic_axis_the_last_points_are_as_far_as_the_first():
    with figure_style.drawing() as (_, [axes]):
        figure_style.logistic_axis(axes, [[20.0, 80.0], [98.0, float("nan")]])

    def place(percent):
        return axes.transData.transform((0, percent))[1]

    assert place(98) - place(80) == pytest.approx(place(20) - place(2))
    low, high = axes.get_ylim()
    assert 16 < low < 20 and 98 < high < 98.5
    figure_style.logistic_axis(axes, [0.0, 100.0])
    low, high = axes.get_ylim()
    assert 0 < low < 1 and 99.95 < high < 100


@pytest.mark.parametrize("count, columns", [(3, 1), (12, 1), (21, 1), (21, 3)])
def test_every_density_has_a_label_that_overlaps_no_other(count, columns):
    percents = [100 * 0.8**level for level in range(count)]
    with figure_style.drawing(columns, columns) as (figure, panels):
        for axes in panels:
            figure_style.density_axis(axes, [*percents, percents[-1] * 1.004])
    labels = panels[0].get_xticklabels()
    assert len(labels) == count
    assert {label.get_rotation() for label in labels} == {
        90 if count > 3 else 0
    }
    boxes = [each.get_window_extent() for each in labels]
    assert all(a.x1 <= b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


def test_the_densest_has_a_label_and_so_has_the_sparsest():
    with figure_style.drawing() as (_, [axes]):
        figure_style.density_axis(axes, [100, 98.4, 81, 10, 1])
    assert axes.get_xticks().tolist() == [100, 81, 10, 1]


def test_where_there_is_no_room_sparse_densities_keep_their_labels():
    percents = [100 * 0.9**level for level in range(60)]
    with figure_style.drawing() as (_, [axes]):
        figure_style.density_axis(axes, percents)
    ticks = axes.get_xticks()
    assert len(ticks) < 60 and min(ticks) == pytest.approx(min(percents))


@pytest.mark.parametrize(
    "length, labels",
    [
        (2000, ["0", "500", "1,000", "1,500"]),
        (50000, ["0", "10K", "20K", "30K"]),
    ],
)
def test_iteration_axis(length, labels):
    with figure_style.drawing() as (_, [axes]):
        axes.set_xlim(0, length)
        figure_style.iteration_axis(axes.xaxis)
    assert [text.get_text() for text in axes.get_xticklabels()][:4] == labels


@pytest.mark.slow
def test_panels_stand_in_rows_of_three():
    with figure_style.drawing(panels=5) as (figure, panels):
        figure_style.outer_labels(panels, "x", "y")
    assert len(panels) == len(figure.axes) == 5
    assert [axes.get_xlabel() for axes in panels] == ["", "", "x", "x", "x"]
    assert [axes.get_ylabel() for axes in panels] == ["y", "", "", "y", ""]


def test_panels_may_stand_in_fewer_columns_and_share_y_in_a_row():
    with figure_style.drawing(4, 2, height_inches=1.5, share_y="row") as (
        figure,
        panels,
    ):
        panels[0].set_ylim(0, 7)
        figure_style.outer_labels(panels, "x", "y")
    assert figure.get_size_inches().tolist() == [6.75, 3]
    assert panels[1].get_ylim() == (0, 7) != panels[2].get_ylim()
    assert [axes.get_xlabel() for axes in panels] == ["", "", "x", "x"]
    assert [axes.get_ylabel() for axes in panels] == ["y", "", "y", ""]


@pytest.mark.parametrize("is_wide, width", [(False, 3.35), (True, 6.75)])
def test_width_of_a_single_panel(is_wide, width):
    with figure_style.drawing(is_wide=is_wide) as (figure, _):
        pass
    assert figure.get_figwidth() == width


@pytest.mark.parametrize(
    "length, count, rows",
    [(6, 9, 5), (40, 4, 4), (200, 2, 2)],
)
def test_legends_stay_on_the_page(length, count, rows):
    with figure_style.drawing() as (figure, [axes]):
        axes.plot([1, 2], [3, 4])
        height = figure.get_figheight()
        entries = [("n" * length, {})] * count
        figure_style.legend(figure, entries)
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
    added = rows * figure_style.LEGEND_ROW_INCHES
    assert figure.get_figheight() == pytest.approx(height + added)


def test_drawing_leaves_settings_of_others_alone():
    before = dict(matplotlib.rcParams)
    with figure_style.drawing() as (figure, _):
        pass
    figure_style.render(figure, "png")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    "kind, magic", [("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("svg", b"<?xml")]
)
def test_rendering_is_reproducible(kind, magic):
    files = []
    for _ in range(2):
        with figure_style.drawing() as (figure, [axes]):
            axes.plot([1, 2], [3, 4])
        files.append(figure_style.render(figure, kind))
    assert files[0] == files[1]
    assert files[0].startswith(magic)


def test_each_figure_is_a_file_of_each_kind():
    figures = {}
    for name in ("first", "second"):
        with figure_style.drawing() as (figure, [axes]):
            axes.plot([0, 1])
        figures[name] = figure
    written = figure_style.render_all(figures)
    starts = {name: data[:4] for name, data in written.items()}
    assert starts == {
        "first.png": b"\x89PNG",
        "first.pdf": b"%PDF",
        "first.svg": b"<?xm",
        "second.png": b"\x89PNG",
        "second.pdf": b"%PDF",
        "second.svg": b"<?xm",
    }
    assert figure_style.render_all(figures) == written
    assert figure_style.render_all({}) == {}


def test_ids_of_an_svg_do_not_hang_on_unrounded_places():
    texts = [
        b'<a id="p%s"/><b clip="url(#p%s)"/><c id="m0123456789"/>' % (x, x)
        for x in (b"0123456789", b"abcdef0123")
    ]
    numbered = [figure_style._numbered(text) for text in texts]
    assert numbered[0] == numbered[1]
    assert numbered[0] == b'<a id="n0"/><b clip="url(#n0)"/><c id="n1"/>'
