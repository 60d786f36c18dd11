"""Figures of the lines between copies: error along them, and barriers."""

from lottery_ticket.analysis import (
    connectivity,
    curve_figures,
    figure_files,
    figure_style,
    tables,
)
from lottery_ticket.foundations import interpolation, lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

STYLES = {"test": "-", "train": "--"}
ITERATION_TICKS = 9


def outputs(output_dir: str) -> tuple[dict[str, bytes], list[str]]:
    """Returns tables and figures of the lines below a folder, and problems.

    Tables are connectivity.csv (a row per line: barriers, whether stable) and
    connectivity_points.csv; figures, as .png and .pdf, error_along_line and
    barriers.

    Args:
        output_dir: Folder of results; see `tree.find`.

    Returns:
        Pair: dict, file name -> its bytes, empty where there is no finished
        line; and a sentence for each line that is unfinished or damaged.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    found = connectivity.read(output_dir)
    if found.barriers.empty:
        return {}, found.problems
    figures = {
        "error_along_line": error_along_line(found.points),
        "barriers": barriers(found.barriers),
    }
    written = {
        "connectivity.csv": tables.to_csv(found.barriers),
        "connectivity_points.csv": tables.to_csv(found.points),
        **figure_files.render_all(figures),
    }
    return written, found.problems


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


def _check(frame):
    if frame.empty:
        raise ValueError("There is no finished line to draw")


def _draw_line(axes, line, color, linestyle):
    by_alpha = line.groupby("alpha")["error"]
    sizes = by_alpha.size()
    curve = 100 * by_alpha.agg(["mean", "min", "max"])
    # Where only some of the trials have a point, a mean would jump.
    curve = curve[sizes == sizes.max()]
    axes.plot(curve.index, curve["mean"], color=color, linestyle=linestyle)
    band = {"color": color, "alpha": 0.15, "linewidth": 0}
    axes.fill_between(curve.index, curve["min"], curve["max"], **band)


def _draw_barriers(axes, own, column, iterations, style):
    by_iteration = 100 * own.groupby("iteration")[column].agg(
        ["mean", "min", "max"]
    )
    mean, low, high = (
        by_iteration[name].to_numpy() for name in by_iteration.columns
    )
    axes.errorbar(
        [iterations.index(each) for each in by_iteration.index],
        mean,
        # Lists, as Matplotlib 3.10 takes an array of one for a number.
        yerr=[(mean - low).clip(0).tolist(), (high - mean).clip(0).tolist()],
        elinewidth=0.6,
        capthick=0.6,
        **style,
    )


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
