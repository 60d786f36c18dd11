"""Means over repetitions as figures show them: in bands, or with bars.

Bands and bars reach from the lowest to the highest.
"""

from lottery_ticket.analysis.look import (
    figure_style,
    points,
    styles,
    tables,
)
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    from matplotlib import transforms

# What bars and bands are, for legends.
BARS = (
    "bars: lowest to highest",
    {**figure_style.DARK, "linestyle": "", "marker": "|", "markersize": 6},
)
BANDS = (
    "bands: lowest to highest",
    {**figure_style.DARK, "alpha": 0.25, "linewidth": 4},
)
NO_MARKS: dict[str, dict] = {}
# Bars of one density stand side by side: from one to the next, and in all.
DODGE_POINTS, WIDEST_POINTS = 1.8, 7


def means(
    frame,
    by: str,
    value: str,
    *,
    low: str | None = None,
    high: str | None = None,
    scale: float = 100,
):
    """Returns mean, low and high of a column, for each value of another.

    Rows are repetitions. The lowest and highest are of `value`, unless `low`
    and `high` name other columns. The scale multiplies all: 100 makes percents
    of fractions.
    """
    return scale * frame.groupby(by).agg(
        mean=(value, "mean"),
        low=(low or value, "min"),
        high=(high or value, "max"),
    )


def curve(frame, by: str, value: str, **more):
    """As `means`, but only where most repetitions have a point.

    Where only some of them have one, a mean would jump.
    """
    sizes = frame.groupby(by).size()
    return means(frame, by, value, **more)[sizes == sizes.max()]


def draw_band(
    axes, curve, color, *, alpha: float = 0.2, of=points.NOTHING, **style
) -> None:
    """Draws means, as from `curve`, as a line of a style in a band.

    `of` is what all its points are of, as for `points.Points`.
    """
    [line] = axes.plot(curve.index, curve["mean"], color=color, **style)
    ends = curve["low"].to_numpy(), curve["high"].to_numpy()
    points.tell(line, points.Points(*ends, [of] * len(curve)))
    band = {"color": color, "alpha": alpha, "linewidth": 0}
    axes.fill_between(curve.index, curve["low"], curve["high"], **band)


def spread_entries(sizes, entry) -> list[tuple]:
    """Returns BARS or BANDS as a legend's entry, where means are of several.

    Args:
        sizes: Of how many values each mean is.
        entry: BARS or BANDS.
    """
    return [entry] if len(sizes) and max(sizes) > 1 else []


def dodged(axes, style: dict, index: int, count: int) -> dict:
    """Returns a style that shifts what it draws, so that bars stand apart.

    Sideways, by points: the data stay as they are.

    Args:
        axes: What is drawn on.
        style: Of the series.
        index: Which of the series at each density it is.
        count: How many there are.
    """
    step = min(DODGE_POINTS, WIDEST_POINTS / max(count - 1, 1))
    inches = (index - (count - 1) / 2) * step / 72
    shift = transforms.ScaledTranslation(
        inches, 0, axes.get_figure().dpi_scale_trans
    )
    return {**style, "transform": axes.transData + shift}


def draw_bars(axes, x, ends, style: dict, of=()) -> list:
    """Draws means as a line of a style, with a bar at each; returns artists.

    The ends are three arrays: mean, low and high. `of` is what each mean is of,
    as for `points.Points`.
    """
    mean, low, high = ends
    usual, shifted = _split(style)
    container = axes.errorbar(
        x,
        mean,
        # Of equal runs, the mean may lie outside by a rounding error. Lists, as
        # Matplotlib 3.10 takes an array of one for a number.
        yerr=[(mean - low).clip(0).tolist(), (high - mean).clip(0).tolist()],
        elinewidth=0.6,
        capthick=0.6,
        **usual,
    )
    _shift(container.get_children(), shifted)
    own = [*of] or [points.NOTHING] * len(mean)
    points.tell(container[0], points.Points(low, high, own))
    return [*container.get_children()]


def draw_series(
    axes,
    table,
    column: str,
    scale: float,
    style: dict,
    in_runs: str | None = None,
) -> list:
    """Draws an experiment's means against density, in percent, with bars.

    Returns the artists. The table has rows of one experiment, with density, and
    of the column each of `tables.STATISTICS`, such as accuracy_mean; the scale
    multiplies them. `in_runs` is what runs call the column, if otherwise.
    """
    names = tables.statistics([column])
    ends = (scale * table[name].to_numpy() for name in names)
    of = points.of_rows(table, in_runs or column, scale)
    x = 100 * table["density"].to_numpy()
    return draw_bars(axes, x, ends, style, of)


def draw_dense(
    axes,
    table,
    column: str,
    scale: float,
    series: dict,
    networks: dict[str, str],
) -> list[tuple]:
    """Draws the mean of each dense network; returns its legend entry, if any.

    A control that trained the dense network too does not draw it again. The
    table is of all experiments; series is a dict, experiment -> its style,
    networks one of the names of their networks, as from `selection.networks`.
    """
    dense = table[table["density"] == 1]
    dense = dense[~dense["experiment"].map(networks).duplicated()]
    for row in dense.to_dict("records"):
        style = dict(figure_style.DENSE)
        if len(dense) > 1:  # Which is whose shows by the colour.
            style["color"] = series[row["experiment"]]["color"]
        axes.axhline(scale * row[f"{column}_mean"], zorder=1, **style)
    return [] if dense.empty else [("dense network", figure_style.DENSE)]


def draw_experiments(
    axes,
    table,
    column: str,
    scale: float,
    series: dict,
    count: str = "runs",
    labels: dict[str, str] = styles.NO_LABELS,
    marks: dict[str, dict] = NO_MARKS,
    in_runs: str | None = None,
) -> list[tuple]:
    """Draws a series per experiment; returns their legend entries.

    Args are as for `draw_dense` and `draw_series`; count is the column that
    says of how many values each mean is, labels are as of `styles.name`. Marks
    are over the points of some rows: dict, column that is True for these ->
    what differs from the style of their series.
    """
    entries, groups = [], list(table.groupby("experiment", sort=False))
    is_several = len(table) and table[count].max() > 1
    for index, (experiment, own) in enumerate(groups):
        style = series[experiment]
        place = (index, len(groups)) if is_several else (0, 1)
        at = dodged(axes, style, *place)
        artists = draw_series(axes, own, column, scale, at, in_runs)
        for name, mark in marks.items():
            marked = own[own[name].astype(bool)]
            heights = scale * marked[f"{column}_mean"]
            usual, shifted = _split({**at, **mark})
            drawn = axes.plot(100 * marked["density"], heights, **usual)
            _shift(drawn, shifted)
            artists += drawn
        label = styles.label(experiment, own[count], labels)
        points.enter(artists, label)
        entries.append((label, style))
    return [*entries, *spread_entries(table[count], BARS)]


def _split(style):
    """A style without its transform, and that, or None."""
    usual = {key: each for key, each in style.items() if key != "transform"}
    return usual, style.get("transform")


def _shift(artists, transform):
    """Moves what is drawn: axes have seen it where its data are."""
    for each in artists:
        if transform is not None:
            each.set_transform(transform)
