"""What all figures share: size, type, colours, axes, and how they are saved."""

import contextlib
import io
import itertools
import pathlib
import re
from typing import Any

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import matplotlib
    from matplotlib import figure as mpl_figure
    from matplotlib import lines, ticker
    from matplotlib import style as mpl_style

COLUMN_WIDTH_INCHES = 3.35  # One column of a two-column paper.
PAGE_WIDTH_INCHES = 6.75
KINDS = ("png", "pdf", "svg")  # For a screen, for print, and to edit.
COLUMNS = 3  # Panels side by side.
HEIGHT_INCHES = 2.1  # Of a row of panels.
LEGEND_ROW_INCHES = 0.16
# Of labels at densities: from one to the next, side by side and upright.
WIDE_POINTS, UPRIGHT_POINTS = 25, 8.2
SMALLEST_POINTS = 5.4
SAME = 0.01  # Up to here, two densities have one label.
STEPS = (1, 2, 2.5, 5, 10)  # Between ticks, times powers of ten.
# Where a logistic axis of percents may have ticks, and its ends.
LOGISTIC = (*(2, 5, 10, 20, 40, 60, 80, 90, 95, 98, 99), *(99.5, 99.8, 99.9))
LOGISTIC_ENDS = (1, 99.95)

# Source: Okabe & Ito 2008, https://jfly.uni-koeln.de/color/, told apart by
# colour-blind readers; each with a dash and a marker of its own for print. Each
# of the last four differs from all others by 18 or more in CIELAB (those six
# among themselves by 16), also in the three kinds of colour blindness as
# simulated by Machado et al. 2009.
COLORS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    *("#332288", "#661100", "#AA3377", "#004D40"),
)
DISTINCT_COLORS = len(COLORS)
# Filled: what is hollow is a lower bound. The first ten are those of the first
# round of colours; each round goes on by STEP.
MARKERS = "os^DvP<>pdh8H"
STEP = 3
ROUNDS = (0, 1, 9)  # Of SERIES; between them are those of criteria and others.
_DASHES = (
    *("-", "--", "-.", (0, (4, 1, 1, 1)), (0, (6, 2)), (0, (2, 1))),
    *("-", "--", (0, (1, 1)), (0, (8, 2, 1, 2))),
)
_THIN = ((0, (5, 1)), (0, (1, 1)))  # Dashes of later rounds.


def look(color: int, round_: int) -> dict:
    """Returns a style: the colour of a number, with the marker of a round.

    A colour has another marker in each of the first 13 rounds; those behind the
    first have thinner lines.
    """
    marker = MARKERS[(color + STEP * round_) % len(MARKERS)]
    style = {"color": COLORS[color], "marker": marker}
    if not round_:
        return {**style, "linestyle": _DASHES[color]}
    dash = _THIN[(round_ - 1) % len(_THIN)]
    return {**style, "linestyle": dash, "markersize": 3.2, "linewidth": 0.8}


SERIES = tuple(
    look(color, round_) for round_ in ROUNDS for color in range(DISTINCT_COLORS)
)
ACCURACY_LABEL = "Test accuracy (%)"
DARK = {"color": "#404040"}  # Legend entries of what has several colours.
DENSE = {**DARK, "linestyle": ":", "linewidth": 0.9}
CHANCE = {"color": "#A0A0A0", "linestyle": "-.", "linewidth": 0.7}
STYLE_SHEET = pathlib.Path(__file__).with_name("paper.mplstyle")


@contextlib.contextmanager
def drawing(
    panels: int = 1,
    columns: int = COLUMNS,
    *,
    height_inches: float = HEIGHT_INCHES,
    share_y: Any = True,
    is_wide: bool = False,
):
    """Gives (figure, list of axes) to draw on, styled until the body ends.

    Args:
        panels: How many axes. One is a column of a paper wide; more stand in
            rows, a page wide.
        columns: How many stand in a row at most.
        height_inches: Height of a row.
        share_y: Whether all have the same y axis; "row": those of a row.
        is_wide: Whether a single one is a page wide, too.
    """
    columns = min(panels, columns)
    rows = -(-panels // columns)
    is_wide = is_wide or columns > 1
    width = PAGE_WIDTH_INCHES if is_wide else COLUMN_WIDTH_INCHES
    with mpl_style.context(STYLE_SHEET):
        figure = mpl_figure.Figure(
            (width, rows * height_inches), layout="constrained"
        )
        axes = figure.subplots(rows, columns, sharey=share_y, squeeze=False)
        axes = axes.ravel()
        for unused in axes[panels:]:
            unused.remove()
        for used in axes[:panels]:
            used.yaxis.set_major_locator(ticker.MaxNLocator(7, steps=STEPS))
        yield figure, list(axes[:panels])
        figure.draw_without_rendering()  # Ticks take their style when made.


def render(figure, kind: str) -> bytes:
    """Returns a figure as a file; the same figure gives the same bytes."""
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind)
    buffer = io.BytesIO()
    with mpl_style.context(STYLE_SHEET):
        figure.savefig(buffer, format=kind, metadata=metadata)
    data = buffer.getvalue()
    return _numbered(data) if kind == "svg" else data


def _numbered(svg):
    """An SVG whose ids are numbers: Matplotlib's are of unrounded places."""
    ids = dict.fromkeys(re.findall(rb'id="([pm][0-9a-f]{10})"', svg))
    numbers = {each: b"n%d" % number for number, each in enumerate(ids)}
    return re.sub(
        rb"\b[pm][0-9a-f]{10}\b",
        lambda found: numbers.get(found[0], found[0]),
        svg,
    )


def render_all(figures: dict) -> dict[str, bytes]:
    """Returns dict, file name -> bytes: each figure, by name, as all KINDS."""
    return {
        f"{name}.{kind}": render(figure, kind)
        for name, figure in figures.items()
        for kind in KINDS
    }


def density_axis(axes, percents) -> None:
    """Makes x a logarithmic axis of densities in percent, falling to the right.

    Ticks stand at the densities of the data, as in Frankle & Carbin 2019: at
    each from the sparsest on, where the figure is not too narrow; upright,
    where side by side they would overlap.
    """
    axes.set_xscale("log")
    width = axes.get_figure().get_figwidth() * axes.get_position().width
    ticks, size = _density_ticks(percents, 72 * width)
    style = {"fontsize": size, "rotation": 90} if size else {}
    texts = [_tick_label(percent) for percent in ticks]
    axes.set_xticks(ticks, texts, **style)
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    margin = max((max(percents) / min(percents)) ** 0.03, 1.05)
    axes.set_xlim(max(percents) * margin, min(percents) / margin)
    axes.set_xlabel("Weights kept (%)")


def count_axis(axes, counts) -> None:
    """Makes x a logarithmic axis of counts, falling to the right: 2M, 500K."""

    def text(count, _):
        for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
            if count >= size:
                return f"{count / size:g}{letter}"
        return f"{count:g}"

    axes.set_xscale("log")
    low, high = min(counts), max(counts)
    steps = (1, 2, 5) if high < 100 * low else (1,)
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=steps, numticks=9))
    axes.xaxis.set_major_formatter(text)
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    margin = max((high / low) ** 0.03, 1.05)
    axes.set_xlim(high * margin, low / margin)


def logistic_axis(axes, percents) -> None:
    """Makes y a logistic axis of percents: 90 to 95 is as far as 98 to 99.

    So that methods are told apart where nearly all is right, and beside one of
    which little is. It reaches as far as the percents, from 1 to 99.95.
    """

    def logit(percent):
        fraction = np.clip(percent, *LOGISTIC_ENDS) / 100
        return np.log(fraction / (1 - fraction))

    def percent(value):
        return 100 / (1 + np.exp(-np.asarray(value)))

    axes.set_yscale("function", functions=(logit, percent))
    axes.yaxis.set_major_locator(ticker.FixedLocator(LOGISTIC))
    axes.yaxis.set_major_formatter("{x:g}")
    low, high = logit(np.array([np.nanmin(percents), np.nanmax(percents)]))
    axes.set_ylim(percent(low - 0.15), percent(high + 0.15))


def iteration_axis(axis) -> None:
    """Writes iterations on an axis as 5,000 or, where it is long, as 50K."""

    def text(iteration, _):
        if max(axis.get_view_interval()) < 10_000 or iteration == 0:
            return f"{iteration:,.0f}"
        return f"{iteration / 1000:g}K"

    axis.set_major_locator(ticker.MaxNLocator(6, steps=STEPS, integer=True))
    axis.set_major_formatter(text)


def log_axis(axes, steps: tuple[int, ...], **ticks) -> None:
    """Makes y a logarithmic axis of percents, with these ticks in a decade."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=steps, **ticks))
    axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
    axes.yaxis.set_minor_locator(ticker.NullLocator())


def begin(axes, headline: headline_lib.Headline) -> None:
    """Begins y, of a headline metric, at 0 where it is in percent."""
    if headline.is_percent:
        axes.set_ylim(bottom=0)


def alpha_axis(axes) -> None:
    """Makes x the way from one network (0) to another (1)."""
    axes.margins(x=0)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def outer_labels(panels, x_label: str, y_label: str) -> None:
    """Labels x below the lowest panel of each column, y at the left ones."""
    columns = panels[0].get_gridspec().ncols
    for index, axes in enumerate(panels):
        is_lowest = index + columns >= len(panels)
        axes.set_xlabel(x_label if is_lowest else "")
        if index % columns == 0:
            axes.set_ylabel(y_label)


def legend(figure, entries, columns=2, title=None) -> None:
    """Puts a legend above all axes, where it covers nothing.

    The figure grows by the legend's rows. Entries too long for so many columns
    get fewer, and too long for a single one, smaller letters.

    Args:
        figure: A figure that is being drawn, see `drawing`.
        entries: Pairs: a text, and the style of its line.
        columns: How many entries stand side by side, if they fit.
        title: What all entries are, if there is more to say.
    """
    handles = [lines.Line2D([], [], label=text, **own) for text, own in entries]
    count, size = len(handles), matplotlib.rcParams["legend.fontsize"]
    rows = -(-count // columns)
    while True:
        columns = -(-count // rows)  # Rows of about equal length.
        shown = figure.legend(
            handles=handles,
            loc="outside upper center",
            ncols=columns,
            title=title,
            fontsize=size,
        )
        room = figure.bbox.width / shown.get_window_extent().width
        if room >= 1:
            break
        shown.remove()
        if columns > 1:
            rows += 1
        else:
            size *= 0.98 * room
    rows += title is not None
    figure.set_figheight(figure.get_figheight() + rows * LEGEND_ROW_INCHES)


def spaced(densities, count: int) -> list[float]:
    """Returns at most `count` of the densities, evenly spaced, highest first.

    Even means on a logarithmic scale, which a density of 0 is not on.
    """
    densities = np.sort(np.unique(densities))[::-1]
    densities = densities[densities > 0]
    step = np.log(densities[0] / densities[-1]) / max(count - 1, 1)
    chosen = [densities[0]]
    for density in densities[1:]:
        if np.log(chosen[-1] / density) > 0.99 * step:
            chosen.append(density)
    return [float(density) for density in chosen]


def _density_ticks(percents, width_points):
    """Densities with a label, densest first; size of upright ones, or None."""
    percents = sorted({float(each) for each in percents})
    distinct = percents[:1]
    distinct += [
        percent
        for before, percent in itertools.pairwise(percents)
        if percent > before * (1 + SAME)
    ]
    per_log = width_points / max(np.log(percents[-1] / percents[0]), 1e-9)
    gaps = per_log * np.diff(np.log(distinct))
    usual = np.quantile(gaps, 0.75) if len(gaps) else np.inf
    gap = float(np.clip(usual, SMALLEST_POINTS, UPRIGHT_POINTS))
    ticks = distinct[:1]
    for percent in distinct[1:]:
        if per_log * np.log(percent / ticks[-1]) >= 0.99 * gap:
            ticks.append(percent)
    if len(ticks) > 1:  # What all is measured against has one, too.
        ticks[-1] = percents[-1]
    shown = per_log * np.diff(np.log(ticks))
    is_wide = shown.min(initial=np.inf) >= WIDE_POINTS
    return ticks[::-1], None if is_wide else min(7.5, 0.92 * gap)


def _tick_label(percent):
    """Three digits, such as 51.2, or two where that says enough: 3.6."""
    return f"{percent:#.{3 if percent >= 10 else 2}g}".rstrip(".")
