"""What levels leave of a network: weights, FLOPs, bytes; and accuracy by these.

Of runs that recorded how often each weight is used, or how large their ticket
is as a file: older ones have nothing to say here.
"""

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    points,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import headlines, selection, tree
from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.analysis.sections import parts, run_tables
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd

# Column of runs -> its head in the text.
HEADS = {
    "weights_kept": "weights",
    "weights_effective": "effective",
    "flops": "FLOPs",
    "flops_dense": "dense FLOPs",
    "ticket_bytes": "bytes",
}
# What accuracy is drawn against -> its axis; and the figure's name.
AXES = {"flops": "FLOPs of one example", "ticket_bytes": "Bytes of the ticket"}
FIGURES = {"flops": "accuracy_flops", "ticket_bytes": "accuracy_bytes"}
IN_WORDS = {"flops": "FLOPs", "ticket_bytes": "bytes of the ticket"}
EXPLANATION = """\
What is left: weights kept, and of these on a path to the output; FLOPs of one
example with the weights kept and with all, two for each multiply-add; bytes of
the ticket as a file (means over n runs)
"""
OTHERS = "Experiments not listed have the numbers of the first at each level.\n"


def section(found: tree.Tree) -> parts.Section:
    """Tables sizes.csv and sizes.txt, figures accuracy_flops and
    accuracy_bytes: weights, FLOPs and bytes of levels, where recorded.
    """
    runs = found.chosen
    if runs[[*AXES]].isna().all(axis=None):
        return parts.Section()
    table = summarize(runs)
    rows, text = cells(table), to_text(table)
    kind = headlines.of(runs)
    measured = runs[runs[headlines.column("accuracy", kind)].notna()]
    figures = {
        FIGURES[column]: figure(runs, column, found.options)
        for column in AXES
        if measured.loc[measured[column] > 0, column].nunique() > 1
    }
    written = {"sizes.csv": table, "sizes.txt": text}
    label = kind.reword("Test accuracy")
    captions = {
        FIGURES[column]: f"{label} against {axis}"
        for column, axis in IN_WORDS.items()
    }
    return parts.Section(
        written,
        figures,
        text,
        rank=1.2,
        papers={"sizes": rows},
        captions={"sizes": "What is left", **captions},
    )


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: means of what is left.

    Columns: experiment, level, density, runs (their number) and those of HEADS
    that any run has.
    """
    columns = {name: (name, "mean") for name in HEADS}
    table = runs.groupby(["experiment", "level"], sort=False).agg(
        density=("density", "mean"), runs=("run", "size"), **columns
    )
    return table.reset_index().dropna(axis=1, how="all")


def cells(table: "pd.DataFrame") -> list[list[str]]:
    """Returns a summary as rows of cells.

    Experiments whose numbers are all those of an earlier one, as a ticket's
    controls have them, are left out.
    """
    columns = [name for name in HEADS if name in table]
    heads = [*tables.PLACE_HEADS, "n", *(HEADS[name] for name in columns)]
    rows, seen = [], set()
    for _, own in table.groupby("experiment", sort=False):
        added = [_row(row, columns) for row in own.to_dict("records")]
        # All but the name, and how many runs the means are of.
        numbers = {(*row[1:3], *row[4:]) for row in added}
        if not numbers <= seen:
            rows += added
        seen |= numbers
    return [heads, *rows]


def to_text(table: "pd.DataFrame") -> str:
    """Returns a summary as text, densities in percent."""
    rows = cells(table)
    notes = [OTHERS] * (len(rows) <= len(table))
    return tables.titled(EXPLANATION, rows, notes)


def figure(
    runs: "pd.DataFrame",
    column: str,
    options: options_lib.Options = options_lib.USUAL,
):
    """Returns a figure of test accuracy against one of AXES, in the mean.

    As that against density, which falls to the right; the dotted line is the
    dense network's mean.
    """
    headline = headlines.of(runs)
    measure, scale = headlines.column("accuracy", headline), headline.scale
    runs = runs[(runs[column] > 0) & runs[measure].notna()]
    table = run_tables.summarize(runs).merge(
        summarize(runs)[["experiment", "level", column]]
    )
    series = styles.series(runs["experiment"])
    with figure_style.drawing() as (drawn, [axes]):
        entries = _draw_experiments(
            axes, table, column, measure, scale, series, options
        )
        entries += mean_plots.draw_dense(
            axes, table, measure, scale, series, selection.networks(runs)
        )
        figure_style.count_axis(axes, table[column])
        axes.set_xlabel(AXES[column])
        if options.ylim:
            axes.set_ylim(*options.ylim)
        axes.set_ylabel(headline.reword(figure_style.ACCURACY_LABEL))
        figure_style.legend(drawn, entries)
    return drawn


def _draw_experiments(axes, table, column, measure, scale, series, options):
    """A series per experiment; their legend entries."""
    entries, groups = [], list(table.groupby("experiment", sort=False))
    is_several = table["runs"].max() > 1
    names = tables.statistics([measure])
    for index, (experiment, own) in enumerate(groups):
        style = series[experiment]
        place = (index, len(groups)) if is_several else (0, 1)
        ends = (scale * own[name].to_numpy() for name in names)
        at = mean_plots.dodged(axes, style, *place)
        of = points.of_rows(own, measure, scale)
        x = own[column].to_numpy()
        label = styles.label(experiment, own["runs"], options.names)
        points.enter(mean_plots.draw_bars(axes, x, ends, at, of), label)
        entries.append((label, style))
    return [
        *entries,
        *mean_plots.spread_entries(table["runs"], mean_plots.BARS),
    ]


def _row(row, columns):
    return [
        *tables.place(row),
        str(row["runs"]),
        *(_whole(row[name]) for name in columns),
    ]


def _whole(value):
    return "-" if pd.isna(value) else f"{value:,.0f}"
