"""Means over repetitions as figures show them: in bands, or with bars.

Bands and bars reach from the lowest to the highest.
"""

from lottery_ticket.analysis.look import figure_style, styles, tables
from lottery_ticket.analysis.reading import tree


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


def draw_band(axes, curve, color, *, alpha: float = 0.2, **style) -> None:
    """Draws means, as from `curve`, as a line of a style in a band."""
    axes.plot(curve.index, curve["mean"], color=color, **style)
    band = {"color": color, "alpha": alpha, "linewidth": 0}
    axes.fill_between(curve.index, curve["low"], curve["high"], **band)


def draw_bars(axes, x, ends, style: dict) -> None:
    """Draws means as a line of a style, with a bar at each.

    The ends are three arrays: mean, low and high.
    """
    mean, low, high = ends
    axes.errorbar(
        x,
        mean,
        # Of equal runs, the mean may lie outside by a rounding error. Lists, as
        # Matplotlib 3.10 takes an array of one for a number.
        yerr=[(mean - low).clip(0).tolist(), (high - mean).clip(0).tolist()],
        elinewidth=0.6,
        capthick=0.6,
        **style,
    )


def draw_series(axes, table, column: str, scale: float, style: dict) -> None:
    """Draws an experiment's means against density, in percent, with bars.

    The table has rows of one experiment, with density, and of the column each
    of `tables.STATISTICS`, such as accuracy_mean; the scale multiplies them.
    """
    names = tables.statistics([column])
    ends = (scale * table[name].to_numpy() for name in names)
    draw_bars(axes, 100 * table["density"].to_numpy(), ends, style)


def draw_dense(
    axes, table, column: str, scale: float, series: dict
) -> list[tuple]:
    """Draws the mean of each dense network; returns its legend entry, if any.

    A control that trained the dense network too does not draw it again. The
    table is of all experiments; series is a dict, experiment -> its style.
    """
    dense = table[table["density"] == 1]
    dense = dense[~dense["experiment"].map(tree.name).duplicated()]
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
) -> list[tuple]:
    """Draws a series per experiment; returns their legend entries.

    Args are as for `draw_dense`; count is the column that says of how many
    values each mean is.
    """
    entries = []
    for experiment, own in table.groupby("experiment", sort=False):
        style = series[experiment]
        draw_series(axes, own, column, scale, style)
        label = styles.label(experiment, own[count])
        entries.append((label, style))
    return entries
