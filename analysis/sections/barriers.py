"""Lines between finished networks: error along them, and barriers."""

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import gaps, headlines, records, tree
from lottery_ticket.analysis.sections import connectivity, parts
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd

EXPERIMENT = "barrier"
KEYS = ["experiment", "trial", "level", "density"]
POINTS = [*KEYS, "split", "alpha", "error", "loss"]
BARRIERS = [
    *(*KEYS, "barrier_train", "barrier_validate", "barrier_test"),
    *("is_stable", "norm_examples", "directory"),
]


def section(found: tree.Tree) -> parts.Section:
    """Tables barrier.csv (a row per line between finished networks) and
    barrier_points.csv; figure barrier_lines.
    """
    points, lines, problems = read(found)
    if lines.empty:
        return parts.Section(problems=problems)
    return parts.Section(
        tables={"barrier.csv": lines, "barrier_points.csv": points},
        figures={"barrier_lines": along_lines(points)},
        problems=problems,
        about="lines between networks",
        captions={
            "barrier": "Barriers between finished networks",
            "barrier_points": "Points on the lines between finished networks",
            "barrier_lines": "Error on the line between two finished networks",
        },
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", "pd.DataFrame", list[str]]:
    """Returns all lines in a tree, and what is wrong with the others.

    Both frames have the columns experiment (the name of the line's folder),
    trial, level and density of all masked layers together. Points have also
    split, alpha (0 at the first network, 1 at the second), error (a fraction,
    or what else `Headline.error` is of the headline metric) and loss; lines
    have barrier_train, barrier_validate (NaN where there is no validation),
    barrier_test, is_stable (whether both others are below 2 points),
    norm_examples (over how many statistics of batch normalisations were taken,
    0 where there are none) and directory.

    Returns:
        Triple: a row per line, split and point; a row per line; problems.
    """
    name = found.files[EXPERIMENT]
    lines, problems = records.of_places(name, found.holding(name), _line)
    points = [row for rows, *_ in lines for row in rows]
    barriers = [row for _, row, _ in lines]
    keys, metric = ("experiment", "level", "trial"), found.options.metric
    return (
        headlines.frame(gaps.in_order(points, *keys), POINTS, metric),
        headlines.frame(gaps.in_order(barriers, *keys), BARRIERS, metric),
        problems + gaps.mixed_settings([settings for *_, settings in lines]),
    )


def along_lines(points: "pd.DataFrame"):
    """Returns a figure of test and training error between two networks.

    A panel per experiment and level: the mean over trials.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671).
    """
    headline = headlines.of(points)
    groups = list(points.groupby(["experiment", "level"], sort=False))
    looks = {
        split: {"color": look["color"], "linestyle": linestyle}
        for (split, (_, linestyle, _)), look in zip(
            connectivity.SPLITS.items(), figure_style.SERIES, strict=False
        )
    }
    with figure_style.drawing(panels=len(groups)) as (figure, panels):
        for axes, (_, own) in zip(panels, groups, strict=True):
            for split, look in looks.items():
                line = own[own["split"] == split]
                curve = mean_plots.curve(
                    line, "alpha", "error", scale=headline.scale
                )
                style = {"alpha": 0.15, "linestyle": look["linestyle"]}
                mean_plots.draw_band(axes, curve, look["color"], **style)
            axes.set_title(_title(own, points))
            figure_style.alpha_axis(axes)
        figure_style.begin(panels[0], headline)  # All panels share it.
        error = headline.error_name
        y_label = "Error (%)" if headline.is_percent else error
        x_label = "From first (0) to second network (1)"
        figure_style.outer_labels(panels, x_label, y_label)
        entries = [
            (connectivity.SPLITS[split][2].replace("error", error), look)
            for split, look in looks.items()
        ]
        sizes = points.groupby(["experiment", "level"])["trial"].nunique()
        entries += mean_plots.spread_entries(sizes, mean_plots.BANDS)
        figure_style.legend(figure, entries, 3)
    return figure


def _line(place, record):
    """As `connectivity.line`, of two finished networks."""
    return connectivity.line(place, record, ("first", "second"))


def _title(own, frame):
    """Density, number of trials, and the experiment if there are several."""
    count = styles.count_text([own["trial"].nunique()])
    kept = styles.level_text(own, own["level"].iloc[0])
    if frame["experiment"].nunique() == 1:
        return f"{kept} kept {count}"
    experiment = styles.literal(own["experiment"].iloc[0])
    return f"{experiment}, {kept} kept {count}"
