"""Means over repetitions as figures show them: in bands, or with bars.

Bands and bars reach from the lowest to the highest.
"""

from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")


def means(
    frame: "pd.DataFrame",
    by: str,
    value: str,
    *,
    low: str | None = None,
    high: str | None = None,
    scale: float = 100,
) -> "pd.DataFrame":
    """Returns mean, low and high of a column, for each value of another.

    Args:
        frame: Rows of repetitions.
        by: Column to be the index, such as "iteration".
        value: Column whose mean is taken.
        low: Column whose lowest is taken; None takes `value`.
        high: Column whose highest is taken; None takes `value`.
        scale: What to multiply all by; 100 makes percents of fractions.
    """
    return scale * frame.groupby(by).agg(
        mean=(value, "mean"),
        low=(low or value, "min"),
        high=(high or value, "max"),
    )


def curve(frame: "pd.DataFrame", by: str, value: str, **more) -> "pd.DataFrame":
    """As `means`, but only where most repetitions have a point.

    Where only some of them have one, a mean would jump.
    """
    sizes = frame.groupby(by).size()
    return means(frame, by, value, **more)[sizes == sizes.max()]


def draw_band(
    axes, curve: "pd.DataFrame", color, *, alpha: float = 0.2, **style
) -> None:
    """Draws means as a line in a band.

    Args:
        axes: Axes to draw on.
        curve: As from `curve`; its index is x.
        color: Of both, as Matplotlib takes it.
        alpha: How opaque the band is.
        style: Of the line, as Matplotlib takes it.
    """
    axes.plot(curve.index, curve["mean"], color=color, **style)
    band = {"color": color, "alpha": alpha, "linewidth": 0}
    axes.fill_between(curve.index, curve["low"], curve["high"], **band)


def draw_bars(axes, x, mean, low, high, style: dict) -> None:
    """Draws means as a line, with a bar at each.

    Args:
        axes: Axes to draw on.
        x: Where they stand.
        mean: Array of means.
        low: Array of the lowest.
        high: Array of the highest.
        style: Of the line, as Matplotlib takes it.
    """
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
