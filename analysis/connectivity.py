"""Lines between copies of networks: error along them, and barriers."""

import dataclasses

from lottery_ticket.analysis import (
    curve_figures,
    figure_style,
    gaps,
    mean_plots,
    records,
    sections,
    tables,
    tree,
)
from lottery_ticket.foundations import interpolation, lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

EXPERIMENT = "instability"
KEYS = ["experiment", "trial", "level", "density", "iteration"]
SPLITS = ("train", "validate", "test")
POINTS = [*KEYS, "split", "alpha", "error", "loss"]
BARRIERS = [
    *KEYS,
    *(f"barrier_{split}" for split in SPLITS),
    "is_stable",
    "norm_examples",
    "directory",
]
STYLES = {"test": "-", "train": "--"}
ITERATION_TICKS = 9


@dataclasses.dataclass(frozen=True)
class Connectivity:
    """What the lines in a results tree say.

    Args:
        points: Data frame, a row per line, split and point; see `read`.
        barriers: Data frame, a row per line; see `read`.
        problems: A sentence for each line that is unfinished or damaged.
    """

    points: "pd.DataFrame"
    barriers: "pd.DataFrame"
    problems: list[str]


def section(found: tree.Tree) -> sections.Section:
    """Returns tables and figures of the lines in a tree.

    Tables are connectivity.csv (a row per line: barriers, whether stable) and
    connectivity_points.csv; figures error_along_line and barriers.
    """
    lines = read(found)
    if lines.barriers.empty:
        return sections.Section(problems=lines.problems)
    return sections.Section(
        tables={
            "connectivity.csv": tables.to_csv(lines.barriers),
            "connectivity_points.csv": tables.to_csv(lines.points),
        },
        figures={
            "error_along_line": error_along_line(lines.points),
            "barriers": barriers(lines.barriers),
        },
        problems=lines.problems,
        about="copies and lines",
    )


def read(found: tree.Tree) -> Connectivity:
    """Returns all lines in a tree, and what is wrong with the others.

    Both frames have the columns experiment ("instability"; the name of the tree
    before it, where there are several), trial, level, density of all masked
    layers together, and iteration, at which the copies parted. Points have also
    split, alpha (0 at the first copy, 1 at the second), error (a fraction) and
    loss; barriers have barrier_train, barrier_validate (NaN where there is no
    validation), barrier_test, is_stable, norm_examples (over how many
    statistics of batch normalisations were taken between the ends; 0 where
    there are none) and directory.

    Args:
        found: As from `results.read`.
    """
    name = found.files[EXPERIMENT]
    places = found.holding(name, tree.COPIES)
    lines, problems = records.of_places(name, places, _line)
    points = [row for rows, _, _ in lines for row in rows]
    barriers = [row for _, row, _ in lines]
    return Connectivity(
        pd.DataFrame(sorted(points, key=_order), columns=POINTS),
        pd.DataFrame(sorted(barriers, key=_order), columns=BARRIERS),
        problems + gaps.mixed_settings([settings for *_, settings in lines]),
    )


def error_along_line(points: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of test and training error between two copies.

    A panel per experiment and level, a colour per iteration at which the copies
    parted: the mean over trials, in a band from the lowest to the highest.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671).

    Args:
        points: `connectivity.read(...).points`.

    Raises:
        ValueError: If there are none.
    """
    _check(points)
    colors = curve_figures.level_colors(sorted(points["iteration"].unique()))
    groups = list(points.groupby(["experiment", "level"], sort=False))
    with figure_style.drawing(panels=len(groups)) as (figure, panels):
        for axes, (_, own) in zip(panels, groups, strict=True):
            for (iteration, split), line in own.groupby(["iteration", "split"]):
                if split in STYLES:
                    _draw_line(axes, line, colors[iteration], STYLES[split])
            axes.set_title(_title(own, points))
            axes.margins(x=0)
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        panels[0].set_ylim(bottom=0)  # All panels share it.
        figure_style.outer_labels(
            panels, "From first (0) to second copy (1)", "Error (%)"
        )
        entries = [
            figure_style.entry(f"{iteration:,}", color=color)
            for iteration, color in colors.items()
        ]
        entries += _split_entries()
        title = "Iteration at which the copies parted"
        figure_style.legend(figure, entries, len(panels) * 3, title)
    return figure


def barriers(frame: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of the barrier against the iteration of parting.

    A panel for the test and one for the training set, a line per experiment and
    level: means over trials, bars from the lowest to the highest. Below the
    dotted line, networks count as stable. Iterations are evenly spaced,
    whatever lies between them.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671).

    Args:
        frame: `connectivity.read(...).barriers`.

    Raises:
        ValueError: If it has no row.
    """
    _check(frame)
    iterations = sorted(frame["iteration"].unique())
    groups = list(frame.groupby(["experiment", "level"], sort=False))
    colors = curve_figures.level_colors(range(len(groups)))
    limit = 100 * interpolation.STABLE_BELOW
    entries = []
    with figure_style.drawing(panels=len(STYLES)) as (figure, panels):
        for index, (_, own) in enumerate(groups):
            marker = figure_style.SERIES[index % len(figure_style.SERIES)]
            style = {"color": colors[index], "marker": marker["marker"]}
            for axes, split in zip(panels, STYLES, strict=True):
                _draw_barriers(axes, own, f"barrier_{split}", iterations, style)
            entries.append(figure_style.entry(_title(own, frame), **style))
        for axes, split in zip(panels, STYLES, strict=True):
            axes.axhline(limit, zorder=1, **figure_style.DENSE)
            axes.set_title({"test": "Test set", "train": "Training set"}[split])
            _iteration_ticks(axes, iterations)
        panels[0].set_ylim(bottom=0)
        figure_style.outer_labels(
            panels, "Copies part at iteration", "Barrier (points of error)"
        )
        text = f"stable below {limit:g} points"
        entries.append(figure_style.entry(text, **figure_style.DENSE))
        figure_style.legend(figure, entries, 4)
    return figure


def _line(place, record):
    """Rows of its points, row of its barriers; its place and settings."""
    keys = _keys(place, record)
    points = [{**keys, **row} for row in _points(record)]
    barrier = {**keys, **_barrier(record), "directory": place.directory}
    return points, barrier, (place, _settings(record))


def _settings(record):
    """What should be the same in all lines whose mean is taken."""
    own = ("iteration", "order_seeds")
    return {k: v for k, v in record["settings"].items() if k not in own}


def _keys(place, record):
    kept, total = records.count(record["density"])
    return {
        # In whatever unit its iterations were given.
        "experiment": place.experiment.removesuffix("_ep"),
        "trial": place.trial,
        "level": place.level,
        "density": kept / total if total else 1.0,
        "iteration": record["iteration"],
    }


def _points(record):
    alphas = record["alpha"]
    rows = []
    for split, columns in record["splits"].items():
        errors, losses = columns["error"], columns["loss"]
        if not len(alphas) == len(errors) == len(losses):
            raise ValueError("damaged (its columns differ in length)")
        rows += [
            {"split": split, "alpha": alpha, "error": error, "loss": loss}
            for alpha, error, loss in zip(alphas, errors, losses, strict=True)
        ]
    return rows


def _barrier(record):
    barriers = {
        f"barrier_{split}": record["barriers"].get(split, float("nan"))
        for split in SPLITS
    }
    return {
        **barriers,
        "is_stable": record["is_stable"],
        "norm_examples": record["norm_examples"],
    }


def _order(row):
    return (
        row["experiment"],
        row["level"],
        row["iteration"],
        gaps.natural(row["trial"]),
    )


def _check(frame):
    if frame.empty:
        raise ValueError("There is no finished line to draw")


def _draw_line(axes, line, color, linestyle):
    curve = mean_plots.curve(line, "alpha", "error")
    mean_plots.draw_band(axes, curve, color, alpha=0.15, linestyle=linestyle)


def _draw_barriers(axes, own, column, iterations, style):
    table = mean_plots.means(own, "iteration", column)
    x = [iterations.index(each) for each in table.index]
    ends = (table[name].to_numpy() for name in ("mean", "low", "high"))
    mean_plots.draw_bars(axes, x, *ends, style)


def _iteration_ticks(axes, iterations):
    step = -(-len(iterations) // ITERATION_TICKS)
    shown = range(0, len(iterations), step)
    axes.set_xticks(shown, [f"{iterations[each]:,}" for each in shown])
    axes.set_xlim(-0.3, len(iterations) - 0.7)


def _title(own, frame):
    """Density, number of trials, and the experiment if there are several."""
    sizes = own.groupby("iteration")["trial"].nunique()
    count = "–".join(str(n) for n in sorted({sizes.min(), sizes.max()}))
    level = own["level"].iloc[0]
    text = f"{curve_figures.densities_text(own, level)} kept ($n$ = {count})"
    if frame["experiment"].nunique() == 1:
        return text
    return f"{own['experiment'].iloc[0]}, {text}"


def _split_entries():
    names = {"test": "test", "train": "training"}
    return [
        figure_style.entry(
            f"{names[split]} error", color="#404040", linestyle=s
        )
        for split, s in STYLES.items()
    ]
