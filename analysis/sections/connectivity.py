"""Lines between copies of networks: error along them, and barriers."""

import typing

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.look import points as points_lib
from lottery_ticket.analysis.reading import gaps, headlines, records, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib
from lottery_ticket.foundations.values import interpolation

with lazy.imports():
    import pandas as pd

EXPERIMENT = "instability"
KEYS = ["experiment", "trial", "level", "density", "iteration"]
POINTS = [*KEYS, "split", "alpha", "error", "loss"]
BARRIERS = [
    *(*KEYS, "barrier_train", "barrier_validate", "barrier_test"),
    *("is_stable", "norm_examples", "directory"),
]
# Split that is drawn -> title of its panel, its line, its name in a legend.
SPLITS = {
    "test": ("Test set", "-", "test error"),
    "train": ("Training set", "--", "training error"),
}
ITERATION_TICKS = 9


def section(found: tree.Tree) -> parts.Section:
    """Tables connectivity.csv (a row per line between copies: barriers, whether
    stable) and connectivity_points.csv; figures error_along_line and barriers.
    """
    points, lines, problems = read(found)
    if lines.empty:
        return parts.Section(problems=problems)
    return parts.Section(
        tables={
            "connectivity.csv": lines,
            "connectivity_points.csv": points,
        },
        figures={
            "error_along_line": error_along_line(points),
            "barriers": barriers(lines),
        },
        problems=problems,
        about="copies and lines",
        captions={
            "connectivity": "Barriers between copies",
            "connectivity_points": "Points on the lines between copies",
            "error_along_line": "Error on the line between two copies",
            "barriers": "Barriers by when the copies parted",
        },
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", "pd.DataFrame", list[str]]:
    """Returns all lines in a tree, and what is wrong with the others.

    Both frames have the columns experiment ("instability"; the name of the tree
    before it, where there are several), trial, level, density of all masked
    layers together, and iteration, at which the copies parted. Points have also
    split, alpha (0 at the first copy, 1 at the second), error (a fraction, or
    what else `Headline.error` is of the headline metric) and loss; lines have
    barrier_train, barrier_validate (NaN where there is no validation),
    barrier_test, is_stable, norm_examples (over how many statistics of batch
    normalisations were taken between the ends; 0 where there are none) and
    directory.

    Returns:
        Triple: a row per line, split and point; a row per line; problems.
    """
    name = found.files[EXPERIMENT]
    places = found.holding(name, tree.COPIES)
    lines, problems = records.of_places(name, places, _line)
    points = [row for rows, _, _ in lines for row in rows]
    barriers = [row for _, row, _ in lines]
    keys = ("experiment", "level", "iteration", "trial")
    metric = found.options.metric
    return (
        headlines.frame(gaps.in_order(points, *keys), POINTS, metric),
        headlines.frame(gaps.in_order(barriers, *keys), BARRIERS, metric),
        problems + gaps.mixed_settings([settings for *_, settings in lines]),
    )


def error_along_line(points: "pd.DataFrame"):
    """Returns a figure of test and training error between two copies.

    A panel per experiment and level, a colour per iteration at which the copies
    parted: the mean over trials.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671).
    """
    colors = styles.level_colors(sorted(points["iteration"].unique()))
    headline = headlines.of(points)
    groups = list(points.groupby(["experiment", "level"], sort=False))
    with figure_style.drawing(panels=len(groups)) as (figure, panels):
        for axes, (_, own) in zip(panels, groups, strict=True):
            for iteration, of_iteration in own.groupby("iteration"):
                for split, line in of_iteration.groupby("split"):
                    if split in SPLITS:
                        curve = mean_plots.curve(
                            line, "alpha", "error", scale=headline.scale
                        )
                        _, linestyle, _ = SPLITS[str(split)]
                        style = {"alpha": 0.15, "linestyle": linestyle}
                        color = colors[iteration]
                        mean_plots.draw_band(axes, curve, color, **style)
            axes.set_title(_title(own, points))
            figure_style.alpha_axis(axes)
        figure_style.begin(panels[0], headline)  # All panels share it.
        x_label, error = (
            "From first (0) to second copy (1)",
            headline.error_name,
        )
        y_label = "Error (%)" if headline.is_percent else error
        figure_style.outer_labels(panels, x_label, y_label)
        entries = [(f"{i:,}", {"color": color}) for i, color in colors.items()]
        for _, linestyle, name in SPLITS.values():
            style = {**figure_style.DARK, "linestyle": linestyle}
            entries.append((name.replace("error", error), style))
        sizes = points.groupby(["experiment", "level", "iteration"])["trial"]
        bands = mean_plots.BANDS
        entries += mean_plots.spread_entries(sizes.nunique(), bands)
        title = "Iteration at which the copies parted"
        figure_style.legend(figure, entries, len(panels) * 3, title)
    return figure


def barriers(lines: "pd.DataFrame"):
    """Returns a figure of the barrier against the iteration of parting.

    A panel for the test and one for the training set, a line per experiment and
    level: means over trials. Below the dotted line, networks count as stable;
    there is none for another metric than accuracy, where it is of each line.
    Iterations are evenly spaced, whatever lies between them.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671).
    """
    iterations = sorted(lines["iteration"].unique())
    groups = list(lines.groupby(["experiment", "level"], sort=False))
    colors = styles.level_colors(range(len(groups)))
    headline, entries = headlines.of(lines), []
    with figure_style.drawing(panels=len(SPLITS)) as (figure, panels):
        for index, (_, own) in enumerate(groups):
            marker = figure_style.SERIES[index % len(figure_style.SERIES)]
            style = {"color": colors[index], "marker": marker["marker"]}
            for axes, split in zip(panels, SPLITS, strict=True):
                shifted = mean_plots.dodged(axes, style, index, len(groups))
                how = (f"barrier_{split}", headline.scale, iterations, shifted)
                _draw_barriers(axes, own, *how)
            entries.append((_title(own, lines), style))
        for axes, (title, *_) in zip(panels, SPLITS.values(), strict=True):
            axes.set_title(title)
            step = -(-len(iterations) // ITERATION_TICKS)
            shown = range(0, len(iterations), step)
            axes.set_xticks(shown, [f"{iterations[each]:,}" for each in shown])
            axes.set_xlim(-0.3, len(iterations) - 0.7)
        y_label = f"Barrier ({headline.error_name})"
        if headline.is_percent:
            y_label = "Barrier (points of error)"
            limit = 100 * interpolation.STABLE_BELOW
            for axes in panels:
                axes.axhline(limit, zorder=1, **figure_style.DENSE)
            text = f"stable below {limit:g} points"
            entries.append((text, figure_style.DENSE))
        sizes = lines.groupby(["experiment", "level", "iteration"]).size()
        entries += mean_plots.spread_entries(sizes, mean_plots.BARS)
        panels[0].set_ylim(bottom=0)
        x_label = "Copies part at iteration"
        figure_style.outer_labels(panels, x_label, y_label)
        figure_style.legend(figure, entries, 4)
    return figure


def _line(place, record):
    """As `line`, of two copies."""
    own = ("iteration", "order_seeds")
    # In whatever unit its iterations were given.
    experiment = place.experiment.removesuffix("_ep")
    of_copies = {"experiment": experiment, "iteration": record["iteration"]}
    return line(place, record, own, **of_copies)


def line(
    place: tree.Place, record: dict, own: tuple[str, ...], **more: typing.Any
) -> tuple[list[dict], dict, tuple]:
    """Returns what tables have of a line between two networks.

    Args:
        place: Where it was found.
        record: What its file holds.
        own: Names of settings that trials may differ in.
        **more: Further columns, or others than those of the place.

    Returns:
        Rows of its points, row of its barriers; its place and settings.
    """
    kept, total = records.count(record["density"])
    keys = {
        "headline": headline_lib.of_record(record),
        "experiment": place.experiment,
        "trial": place.trial,
        "level": place.level,
        "density": records.share(kept, total),
        **more,
    }
    points = [
        {**keys, "split": split, **point}
        for split, own in record["splits"].items()
        for point in records.points(
            {
                "alpha": record["alpha"],
                "error": own["error"],
                "loss": own["loss"],
            }
        )
    ]
    barriers = {f"barrier_{k}": v for k, v in record["barriers"].items()}
    facts = {name: record[name] for name in ("is_stable", "norm_examples")}
    found = {**keys, **barriers, **facts, "directory": place.directory}
    of_all = {k: v for k, v in record["settings"].items() if k not in own}
    return points, found, (place, of_all)


def _draw_barriers(axes, lines, column, scale, iterations, style):
    table = mean_plots.means(lines, "iteration", column, scale=scale)
    x = [iterations.index(each) for each in table.index]
    ends = (table[name].to_numpy() for name in ("mean", "low", "high"))
    of = points_lib.of_trials(lines.groupby("iteration"), column, scale)
    mean_plots.draw_bars(axes, x, ends, style, of)


def _title(own, frame):
    """Density, number of trials, and the experiment if there are several."""
    sizes = own.groupby("iteration")["trial"].nunique()
    kept = styles.level_text(own, own["level"].iloc[0])
    text = f"{kept} kept {styles.count_text(sizes)}"
    if frame["experiment"].nunique() == 1:
        return text
    return f"{styles.literal(own['experiment'].iloc[0])}, {text}"
