"""Tests of analysis/figure_files.py."""

from lottery_ticket.analysis import figure_files, figure_style


def test_each_figure_is_a_file_of_each_kind():
    figures = {}
    for name in ("first", "second"):
        with figure_style.drawing() as (figure, [axes]):
            axes.plot([0, 1])
        figures[name] = figure
    written = figure_files.render_all(figures)
    starts = {name: data[:4] for name, data in written.items()}
    assert starts == {
        "first.png": b"\x89PNG",
        "first.pdf": b"%PDF",
        "second.png": b"\x89PNG",
        "second.pdf": b"%PDF",
    }
    assert figure_files.render_all(figures) == written
    assert figure_files.render_all({}) == {}
