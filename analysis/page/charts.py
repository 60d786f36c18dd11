"""Figures of a report as parts of a page: SVG, curves to switch, points."""

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from lottery_ticket.analysis.look import figure_style
from lottery_ticket.analysis.look import points as points_lib
from lottery_ticket.analysis.page import colors as colors_lib
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import matplotlib
    from matplotlib import collections as mpl_collections
    from matplotlib import colors as mpl_colors
    from matplotlib import container, lines, markers, ticker
    from matplotlib import text as mpl_text

# A screen has no column to fit into: more room for the same type.
LARGER = 1.45
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # About as wide as what browsers take.
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "none",  # Text stays text.
}
# Of a line; of more, only every so-and-so-many-th. And of all on a page, if
# each line keeps a few.
MOST_POINTS, FEWEST_POINTS, MOST_ON_PAGE = 250, 30, 20_000
UNUSED = "<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->"  # Of an SVG.
POINTS_PER_INCH = 72  # Of SVG.
NOT_DRAWN = ("None", "none", " ", "")


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry of a figure's legend, as a page has it.

    Args:
        text: What it says.
        color: As "#0072b2".
        fill: Colour inside the marker, or "none".
        dash: Dashes of the line as SVG has them, "" for a whole one, None where
            there is none.
        marker: SVG path of the marker about (0, 0), or "".
        ids: Of the elements in the SVG that it switches.
    """

    text: str
    color: str
    fill: str
    dash: str | None
    marker: str
    ids: list[str]


@dataclasses.dataclass(frozen=True)
class Chart:
    """A figure on a page.

    Args:
        name: As of its files.
        svg: Text of an element `svg`.
        width: In points, as of the SVG's view box.
        is_wide: Whether it has panels side by side.
        title: What all entries of the legend are, or "".
        entries: The legend.
        x_label: What is on x; and on y.
        lines: A dict per line whose points a page can tell: its entry's number,
            or None, the title of its panel, and lists of points.
    """

    name: str
    svg: str
    width: float
    is_wide: bool
    title: str
    entries: list[Entry]
    x_label: str
    y_label: str
    lines: list[dict[str, Any]]

    @property
    def switches(self) -> int:
        """Returns how many entries of the legend switch something."""
        return sum(bool(each.ids) for each in self.entries)


def most_points(figures: Iterable) -> int:
    """Returns how many points a line of some figures may have on one page."""
    counts = [
        len(line.get_xdata())
        for figure in figures
        for axes in figure.axes
        for line in axes.lines
    ]
    most = MOST_POINTS
    while most > FEWEST_POINTS and MOST_ON_PAGE < sum(
        min(count, most) for count in counts
    ):
        most -= 10
    return most


def draw(name: str, figure, prefix: str, most: int = MOST_POINTS) -> Chart:
    """Returns a figure as a chart. The figure is not what it was: it has lost
    its legend and is larger.

    An entry of the legend is of what was said to be of it, see `points.enter`,
    and else of all that looks like it, as to a reader's eye: what has its
    colour; where several have that, its dashes and marker as well.

    Args:
        name: Its name, as of its files.
        figure: A matplotlib Figure, laid out.
        prefix: Letters and digits that no other figure of the page has; ids in
            the SVG begin with them.
        most: How many points a line may have.
    """
    title, entries = _legend(figure)
    _lay_out(figure)
    _thin(figure, most)
    owners = _owners(figure, entries, prefix)
    with matplotlib.rc_context(STYLE):
        for text in figure.findobj(mpl_text.Text):
            text.set_fontfamily(STYLE["font.family"])
        svg = figure_style.render(figure, "svg").decode()
    return Chart(
        name=name,
        svg=_for_page(svg, prefix),
        width=figure.get_figwidth() * POINTS_PER_INCH,
        is_wide=len(figure.axes) > 1,
        title=title,
        entries=entries,
        x_label=_first(axes.get_xlabel() for axes in figure.axes),
        y_label=_first(axes.get_ylabel() for axes in figure.axes),
        lines=[
            line
            for axes in figure.axes
            for each in axes.lines
            if (line := _points(figure, axes, each, owners))
        ],
    )


def plain(text: str) -> str:
    """Returns a text of a figure without TeX's marks."""
    return text.replace("$n$", "n").replace(r"\$", "$")


def _legend(figure):
    """The title and entries of a figure's legends, which it loses."""
    title, entries = "", []
    for legend in [*figure.legends]:
        title = title or plain(legend.get_title().get_text())
        height = legend.get_window_extent().height / figure.dpi
        figure.set_figheight(max(1.0, figure.get_figheight() - height))
        texts = (each.get_text() for each in legend.get_texts())
        for text, handle in zip(texts, legend.legend_handles, strict=True):
            dash, marker = _line_look(handle)
            colors = _color(handle), _fill(handle)
            entries.append(Entry(plain(text), *colors, dash, marker, []))
        legend.remove()
    return title, entries


def _lay_out(figure):
    """Makes a figure larger, and gives it no ground of its own."""
    figure.set_size_inches(LARGER * figure.get_size_inches())
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)


def _thin(figure, most):
    """Leaves out points of long lines, and of the bands about them."""
    for axes in figure.axes:
        for line in axes.lines:
            kept = _kept(len(line.get_xdata()), most)
            if kept is None:
                continue
            told = points_lib.told(line)
            x, y = map(np.asarray, line.get_data())
            line.set_data(x[kept], y[kept])
            if told is not None:
                points_lib.tell(line, told.chosen(kept))
        for band in axes.collections:
            if isinstance(band, mpl_collections.PolyCollection):
                band.set_verts(
                    [
                        _thin_outline(path.vertices, most)
                        for path in band.get_paths()
                    ]
                )


def _kept(count, most):
    """Numbers of the points that stay, the last among them; None for all."""
    if count <= most:
        return None
    step = -(-count // most)
    return [*range(0, count - 1, step), count - 1]


def _thin_outline(corners, most):
    """Those of a band: there and back, where it turns included."""
    kept = _kept(len(corners) // 2, most)
    if kept is None:
        return corners
    half = len(corners) // 2
    back = [len(corners) - 1 - index for index in reversed(kept)]
    return corners[[*kept, half, *back]]


def _owners(figure, entries, prefix):
    """Dict, line -> number of its entry; names what entries switch."""
    owners = {}
    for axes in figure.axes:
        bars = [
            each
            for each in axes.containers
            if isinstance(each, container.ErrorbarContainer)
        ]
        parts = {part: bar[0] for bar in bars for part in bar.get_children()}
        for artist in (*axes.lines, *axes.collections):
            looked_at = parts.get(artist, artist)
            index = _entry_of(looked_at, entries)
            if index is None:
                continue
            if looked_at is artist:
                owners[artist] = index
            ids = entries[index].ids
            artist.set_gid(f"{prefix}-{index}-{len(ids)}")
            ids.append(artist.get_gid())
    return owners


def _entry_of(artist, entries):
    """Number of the entry that an artist is said to be of, or looks like."""
    found = [*range(len(entries))]
    if (text := points_lib.entry(artist)) is not None:
        named = [i for i in found if entries[i].text == plain(text)]
        if len(named) == 1:
            return named[0]
        found = named or found  # None: another panel's entry stands for it.
    color = _color(artist)
    found = [i for i in found if entries[i].color == color]
    if len(found) > 1 and isinstance(artist, lines.Line2D):
        look = _line_look(artist)
        found = [i for i in found if _look(entries[i]) == look]
        return found[0] if len(found) == 1 else None  # Nobody can tell.
    return found[0] if found else None


def _look(entry):
    return entry.dash, entry.marker


def _color(artist):
    """Colour of a line, or of what a collection is filled with."""
    if isinstance(artist, lines.Line2D):
        return mpl_colors.to_hex(artist.get_color())
    found = artist.get_facecolor()
    if not len(found):
        found = artist.get_edgecolor()
    return mpl_colors.to_hex(found[0]) if len(found) else ""


def _fill(line):
    """Colour inside a line's markers."""
    found = line.get_markerfacecolor()  # A name, or an array.
    return "none" if str(found) in NOT_DRAWN else mpl_colors.to_hex(found)


def _line_look(line):
    """Dashes and marker of a line."""
    marker = ""
    if line.get_marker() not in (None, *NOT_DRAWN):
        marker = _path(line)
    if line.get_linestyle() in NOT_DRAWN:
        return None, marker
    _, dashes = line._dash_pattern  # What draws it; nothing public says it.
    return " ".join(f"{1.5 * each:.3g}" for each in dashes or ()), marker


def _path(line):
    """A marker as an SVG path, 7 points or so wide."""
    style = markers.MarkerStyle(line.get_marker())
    path = style.get_path().transformed(style.get_transform())
    words = []
    for corners, code in path.iter_segments(curves=False, simplify=False):
        if code == path.CLOSEPOLY:
            words.append("Z")
            continue
        x, y = 6 * corners[0], -6 * corners[1]
        words.append(f"{'M' if code == path.MOVETO else 'L'}{x:.2f} {y:.2f}")
    return " ".join(words)


def _points(figure, axes, line, owners):
    """What a page tells of a line's points; {} of a line that has none."""
    told = points_lib.told(line)
    is_plain = (
        line.get_transform() == axes.transData
        and line.get_linestyle() not in NOT_DRAWN
        and any(part is line for part in axes.lines)
        and line in owners
    )
    if told is None and not is_plain:
        return {}
    x, y = (np.asarray(each, float) for each in line.get_data())
    places = line.get_transform().transform(np.column_stack([x, y]))
    places = places * POINTS_PER_INCH / figure.dpi
    height = figure.get_figheight() * POINTS_PER_INCH
    names = _tick_names(axes)
    kept = np.isfinite(places).all(1)
    found = {
        "entry": owners.get(line),
        "panel": plain(axes.get_title()),
        "places": [
            [round(left, 1), round(height - up, 1)] for left, up in places[kept]
        ],
        "x": [names.get(each) or number(each) for each in x[kept]],
        "y": [number(each) for each in y[kept]],
    }
    if told is not None:
        found["low"] = [number(each) for each in np.asarray(told.low)[kept]]
        found["high"] = [number(each) for each in np.asarray(told.high)[kept]]
        own = [each for each, is_in in zip(told.of, kept, strict=True) if is_in]
        shared = own[0] if own and all(each == own[0] for each in own) else None
        found["of"] = _values([shared] if shared is not None else own)
    return found


def number(value: float) -> str:
    """Returns a number as hovering tells it: to five digits."""
    value = float(value)
    return f"{value:,.0f}" if value.is_integer() else f"{value:.5g}"


def _values(rows):
    """Rows with Python's own numbers, as JSON takes them."""
    return [
        {
            key: each.item() if isinstance(each, np.generic) else each
            for key, each in row.items()
            if each == each  # NaN is nothing that is known.
        }
        for row in rows
    ]


def _tick_names(axes):
    """Dict, place on x -> its name, where ticks have names."""
    if not isinstance(axes.xaxis.get_major_locator(), ticker.FixedLocator):
        return {}
    texts = (plain(each.get_text()) for each in axes.get_xticklabels())
    return dict(zip(map(float, axes.get_xticks()), texts, strict=False))


def _first(texts):
    return plain(next(filter(None, texts), ""))


def _for_page(svg, prefix):
    """An SVG file as an element among others: its ids are its own."""
    svg = svg[max(svg.find("<svg"), 0) :]
    svg = re.sub(UNUSED, "", svg, flags=re.DOTALL)
    svg = re.sub(r"<[^>]*>", lambda found: _tag(found[0], prefix), svg)
    return re.sub(r"\n\s*", "\n", svg)


def _tag(tag, prefix):
    """A tag with shorter numbers, colours by name, and ids that are needed."""
    tag = re.sub(r'(id="|#)(n\d+)\b', rf"\1{prefix}-\2", tag)
    tag = re.sub(rf' id="(?!{prefix}-)[^"]*"', "", tag)
    tag = re.sub(r"(\d+\.\d\d)\d+", r"\1", tag)
    if tag.startswith("<svg"):
        tag = re.sub(r' (width|height|version)="[^"]*"', "", tag)
    return colors_lib.as_variables(tag)
