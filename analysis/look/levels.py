"""How levels look in figures: which are shown, their colours, their names."""

from collections.abc import Sequence

import numpy as np

from lottery_ticket.analysis.look import figure_style, tables
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import matplotlib

SHOWN = 6  # How many levels a figure has unless it is told which.


def spread(runs, count: int = SHOWN) -> list[int]:
    """Returns at most `count` levels, evenly spread over the densities.

    Those at which most experiments have runs come first, and the densest.
    """
    by_level = runs.groupby("level")
    densities, sizes = by_level["density"].mean(), by_level["experiment"]
    sizes = sizes.nunique()
    is_first = (sizes == sizes.max()) | (densities == densities.max())
    chosen = [*densities[is_first & (densities > 0)].unique()]
    if len(chosen) > count:
        chosen = figure_style.spaced(chosen, count)
    others = set(densities[densities > 0]).difference(chosen)
    while others and len(chosen) < count:  # Each in the widest gap.
        gaps = {d: min(abs(np.log(d / c)) for c in chosen) for d in others}
        chosen.append(max(sorted(gaps), key=lambda d: gaps[d]))
        others.remove(chosen[-1])
    chosen.sort(reverse=True)
    return [int(densities.index[densities == d][0]) for d in chosen]


def colors(levels: Sequence[int]) -> dict:
    """Returns a colour of each level, the densest first: from dark to light."""
    positions = np.linspace(0, 0.85, len(levels))
    found = matplotlib.colormaps["viridis"](positions)
    return dict(zip(levels, found, strict=True))


def density_text(runs, level: int) -> str:
    """Returns a level's density in percent; a range if its runs differ."""
    densities = runs["density"][runs["level"] == level]
    return f"{tables.percent_range(densities, down=True)} %"


def legend(figure, runs, colors: dict, columns, more=()) -> None:
    """Puts a legend of densities, a colour each, and more entries above all."""
    entries = [
        (density_text(runs, level), {"color": color})
        for level, color in colors.items()
    ]
    figure_style.legend(figure, [*entries, *more], columns, "Weights kept")
