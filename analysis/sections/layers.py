"""How many weights each layer keeps, per experiment and level."""

import numpy as np

from lottery_ticket.analysis.look import figure_style, points, styles, tables
from lottery_ticket.analysis.reading import selection, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd
    from matplotlib import ticker

# How columns of layers begin -> the one of all layers.
KINDS = {"density": "density", "effective": "effective_density"}
NAMED = 12  # Up to so many layers are named on the axis, more are counted.
SAME = 0.01  # Up to here, layers of two experiments have the same densities.
BELOW = 0.4  # Where an empty layer is drawn: times the lowest density.


def section(found: tree.Tree) -> parts.Section:
    """Tables layers.csv and layers.txt: the density of each layer."""
    table = summarize(found.chosen)
    return parts.Section(
        {"layers.csv": table, "layers.txt": to_text(table)},
        captions={"layers": "Weights kept in each layer"},
    )


def figure_section(found: tree.Tree) -> parts.Section:
    """Figure layer_densities, where layers differ in theirs."""
    runs, levels = selection.trained(found.chosen), found.levels
    pruned: pd.DataFrame = runs.loc[runs["density"] < 1]
    if levels is not None:
        pruned = pruned.loc[pruned["level"].isin(levels)]
    if pruned.empty or are_equal(summarize(pruned)):
        return parts.Section()
    return parts.Section(
        figures={"layer_densities": densities(pruned, levels)},
        captions={"layer_densities": "Weights kept in each layer"},
    )


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: the density of each layer.

    Columns: experiment, level, runs (their number), density of all layers
    together, density_LAYER of each, and effective_density and effective_LAYER,
    the same of the kept weights that lie on a path from input to output. All
    are means over the runs, counted from the masks. Layers are in the order in
    which the networks have them; columns without any value are left out.
    """
    groups = runs.groupby(["experiment", "level"], sort=False)
    columns = {"runs": ("run", "size"), "density": ("density", "mean")}
    for kind in KINDS:
        for column in runs.filter(regex=f"^{kind}_"):
            columns[column] = (column, "mean")
    table = groups.agg(**columns).reset_index()
    return table.dropna(axis=1, how="all")


def names(table: "pd.DataFrame", kind: str = "density") -> list[str]:
    """Returns the layers that a summary has, of one of KINDS, in order."""
    return [
        column.removeprefix(f"{kind}_")
        for column in map(str, table)
        if column.startswith(f"{kind}_") and column not in KINDS.values()
    ]


def are_equal(table: "pd.DataFrame") -> bool:
    """Whether all layers have, but for rounding, their network's density.

    The effective density, where it is known, counts as well.
    """
    for kind, overall in KINDS.items():
        columns = [f"{kind}_{name}" for name in names(table, kind)]
        shares = table[columns].to_numpy()
        network = table.reindex(columns=[overall]).to_numpy()
        gap = np.abs(shares - network)
        if (gap > selection.ROUNDING * network).any():
            return False
    return True


def to_text(table: "pd.DataFrame") -> str:
    """Returns a summary as text, densities in percent.

    A second table, of the weights on a path from input to output, follows where
    these are known and differ from those kept.
    """
    text = "Weights kept in each layer, in %\n\n" + _text(table, "density")
    if "effective_density" not in table:
        return text
    shared = names(table, "effective")
    kept = table[["density", *(f"density_{name}" for name in shared)]]
    left = table[["effective_density", *(f"effective_{n}" for n in shared)]]
    if not (np.abs(kept.to_numpy() - left.to_numpy()) > 1e-9).any():
        return text
    known = table[table["effective_density"].notna()]
    return (
        f"{text}\nOf these, weights on a path from input to output (effective)"
        f", in %\n\n{_text(known, 'effective')}"
    )


def densities(pruned: "pd.DataFrame", levels: tuple[int, ...] | None = None):
    """Returns a figure of each layer's density, from input to output.

    A line per level, of means over the pruned runs; dotted, the weights on a
    path from input to output where those are known and fewer. A layer that
    keeps nothing is a cross on the axis. A panel per experiment, but none for
    those whose layers have the densities of an earlier one, such as a ticket's
    controls; that one's title counts them.

    Args:
        pruned: Pruned runs, one or more.
        levels: Levels to draw; None takes `look.styles.spread_levels`.
    """
    shown = styles.spread_levels(pruned) if levels is None else levels
    runs = pruned.loc[pruned["level"].isin(shown)]
    table = summarize(runs)
    groups, floor = _groups(table), _floor(table)
    colors = styles.level_colors(sorted(table["level"].unique()))
    dotted = {**figure_style.DARK, "linestyle": ":"}
    more = [("on a path to the output", dotted)] * bool(_differ(table).any())
    with figure_style.drawing(panels=len(groups)) as (figure, panels):
        for axes, (first, *others) in zip(panels, groups, strict=True):
            _draw(axes, table[table["experiment"] == first], colors, floor)
            count = f" and {len(others)} more" if others else ""
            axes.set_title(styles.literal(styles.name(first)) + count)
        # All panels share it.
        steps = (1, 2, 5) if floor > 0.5 else (1,)
        figure_style.log_axis(panels[0], steps, numticks=9)
        panels[0].set_ylim(floor * 0.9, 115)
        figure_style.outer_labels(panels, "Layer", "Weights kept (%)")
        styles.level_legend(figure, runs, colors, len(panels) * 3, more)
    return figure


def _text(table, kind):
    layers = names(table, kind)
    columns = [KINDS[kind], *(f"{kind}_{n}" for n in layers)]
    rows = [
        [*tables.place(row)[:2], *(tables.percent(row[c]) for c in columns)]
        for row in table.to_dict("records")
    ]
    heads = [*tables.PLACE_HEADS[:2], f"{kind} %", *layers]
    return tables.align([heads, *rows], repeated=3)


def _groups(table):
    """Lists of experiments whose layers have the same densities."""
    groups = []
    for experiment in table["experiment"].unique():
        own = _profiles(table, experiment)
        for first, group in groups:
            if all(
                level in first and np.allclose(first[level], profile, SAME, 0)
                for level, profile in own.items()
            ):
                group.append(experiment)
                break
        else:
            groups.append((own, [experiment]))
    return [group for _, group in groups]


def _profiles(table, experiment):
    """Dict, level -> an experiment's density in each layer; NaN is -1."""
    own = table[table["experiment"] == experiment]
    profiles = [_percents(own, kind, names(table, kind)) for kind in KINDS]
    profiles = np.nan_to_num(np.concatenate(profiles, axis=1), nan=-1)
    return dict(zip(own["level"], profiles, strict=True))


def _percents(table, kind, layers):
    """Array (row, layer) of percents; NaN where one is not known."""
    columns = [f"{kind}_{name}" for name in layers]
    return 100 * table.reindex(columns=columns).to_numpy(float)


def _differ(table):
    """Whether fewer weights lie on a path than are kept, for each row."""
    layers = names(table)
    kept = _percents(table, "density", layers)
    return (_percents(table, "effective", layers) < (1 - SAME) * kept).any(1)


def _draw(axes, table, colors, floor):
    """Draws an experiment's levels, a point for each layer that it has."""
    layers = [
        name for name in names(table) if table[f"density_{name}"].notna().any()
    ]
    rows = zip(
        table["level"],
        _percents(table, "density", layers),
        _percents(table, "effective", layers),
        _differ(table),
        strict=True,
    )
    [experiment] = table["experiment"].unique()
    for level, kept, effective, is_less in rows:
        of = {"experiment": experiment, "level": level}
        color = colors[level]
        _draw_line(axes, kept, floor, color, of, marker=".")
        if is_less:
            _draw_line(axes, effective, floor, color, of, linestyle=":")
    # Layers are named where there is room, and counted elsewhere.
    axes.set_xlim(0.5, len(layers) + 0.5)
    if len(layers) <= NAMED:
        x = range(1, len(layers) + 1)
        texts = [styles.literal(name) for name in layers]
        axes.set_xticks(x, texts, rotation=90 if len(layers) > 4 else 0)
    else:
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))


def _draw_line(axes, percents, floor, color, of, **style):
    x = np.arange(1, len(percents) + 1)
    [line] = axes.plot(x, np.maximum(percents, floor), color=color, **style)
    points.tell(line, points.Points(percents, percents, [of] * len(percents)))
    crosses = {"color": color, "linestyle": "", "marker": "x"}
    for empty in x[percents == 0]:
        axes.plot(empty, floor, **crosses, markersize=5, clip_on=False)


def _floor(table):
    """Lowest percent to draw: under all, if some layer keeps nothing."""
    found = np.concatenate(
        [_percents(table, kind, names(table, kind)).ravel() for kind in KINDS]
    )
    lowest = found[found > 0].min(initial=100)
    return BELOW * lowest if (found == 0).any() else lowest
