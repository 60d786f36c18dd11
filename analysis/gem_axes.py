"""What figures of sparse networks share: their rows, axes and level lines."""

from lottery_ticket.analysis import (
    density_figures,
    experiment_styles,
    figure_style,
    gems,
    networks,
)
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

CHANCE = {"color": "#A0A0A0", "linestyle": "-.", "linewidth": 0.7}
LINES = {"dense network": figure_style.DENSE, "chance": CHANCE}


def drawn(methods: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the rows that have a place on a logarithmic axis of density.

    Column network is added: what the network of a row is called.

    Args:
        methods: `gems.read(...).methods`.

    Raises:
        ValueError: If there is none.
    """
    methods = methods[methods["density"] > 0]
    if methods.empty:
        raise ValueError("There is no sparse network that keeps a weight")
    [names] = networks.names(methods)
    return methods.assign(network=names)


def label(name: str, methods: "pd.DataFrame") -> str:
    """Returns a method's name, and of how many networks each mean is.

    Args:
        name: Name of the method.
        methods: Its rows of `gems.read(...).methods`, of one tree or several.
    """
    sizes = methods.groupby(["experiment", "level"]).size()
    return experiment_styles.count_label(name, sizes)


def draw(axes, methods: "pd.DataFrame", series) -> None:
    """Draws means against density, the dense network's and chance.

    Args:
        axes: Axes to draw on.
        methods: Rows of one network.
        series: Triples: a method, one of `gems.ACCURACIES`, a style.
    """
    table = gems.summarize(methods)
    for experiment, column, style in series:
        own = table[table["experiment"] == experiment]
        own = own[(own["density"] < 1) & own[f"{column}_mean"].notna()]
        if len(own):
            density_figures.draw_series(axes, own, column, 100, style)
    for name, level in _levels(methods):
        axes.axhline(100 * level, zorder=1, **LINES[name])


def line_entries(methods: "pd.DataFrame") -> list:
    """Returns the legend entries of lines that reach all across.

    Args:
        methods: All rows that are drawn.
    """
    names = {name for name, _ in _levels(methods)}
    return [
        figure_style.entry(name, **style)
        for name, style in LINES.items()
        if name in names
    ]


def finish(panels, methods: "pd.DataFrame", columns: int) -> None:
    """Labels the axes, gives all the same x, and begins y at 0.

    Args:
        panels: All axes of a figure, drawn: those of a row may share y.
        methods: All rows that are drawn; the dense network, whose line reaches
            all across, needs no room.
        columns: How many stand in a row.
    """
    sparse = methods[methods["density"] < 1]
    shown = methods if sparse.empty else sparse
    for axes in panels:
        figure_style.density_axis(axes, 100 * shown["density"])
        axes.set_ylim(bottom=0)
    y_label = figure_style.ACCURACY_LABEL
    figure_style.outer_labels(panels, "Weights kept (%)", y_label, columns)


def _levels(methods):
    """Pairs of a line's name and its accuracy."""
    dense = methods["accuracy"][methods["density"] == 1].dropna()
    found = [("dense network", dense.mean())] if len(dense) else []
    counts = methods["num_classes"].dropna().unique()
    return [*found, *(("chance", 1 / count) for count in counts)]
