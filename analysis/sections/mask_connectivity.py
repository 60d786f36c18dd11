"""Ways between masks of the same weights: what networks on them reach."""

import statistics
from typing import Any

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import gaps, headlines, records, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

EXPERIMENT = "mask_connectivity"
WAY = ["experiment", "trial", "level", "way", "norm_statistics", "draws"]
# What is drawn -> label of its axis; accuracy stands for the headline metric.
MEASURES = {"accuracy": "Accuracy (%)", "loss": "Loss"}
POINTS = [
    *WAY,
    "split",
    "alpha",
    *(f"{name}{end}" for name in MEASURES for end in ("", "_min", "_max")),
    *("distance", "density", "hamming", "barrier", "directory"),
]
GROUP = ["experiment", "level", "way", "norm_statistics"]
# Split -> its name for readers; styles are those of SERIES, in this order.
SPLITS = {"train": "training", "validate": "validation", "test": "test"}
COLUMNS = 2
HEIGHT_INCHES = 2.4


def section(found: tree.Tree) -> parts.Section:
    """Tables mask_connectivity.csv (a row per way between masks) and
    mask_connectivity_points.csv; figures mask_connectivity (accuracy) and
    mask_connectivity_loss.
    """
    points, problems = read(found)
    if points.empty:
        return parts.Section(problems=problems)
    headline = headlines.of(points)
    written = {
        "mask_connectivity.csv": summarize(points),
        # Without what is the same for all layers.
        "mask_connectivity_points.csv": points.loc[:, POINTS],
    }
    return parts.Section(
        tables={
            name: headlines.named(table, headline)
            for name, table in written.items()
        },
        figures={
            "mask_connectivity": along_way(points, "accuracy"),
            "mask_connectivity_loss": along_way(points, "loss"),
        },
        problems=problems,
        about="ways between masks",
        captions={
            "mask_connectivity": "Between two masks of the same weights",
            "mask_connectivity_points": "Points on the ways between masks",
            "mask_connectivity_loss": "Loss between two masks",
        },
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", list[str]]:
    """Returns all ways between masks in a tree, and what is wrong.

    Columns: experiment ("mask_connectivity"; the name of the tree before it,
    where there are several), trial, level; way (probabilistic, linear or
    "linear, rounded"), norm_statistics, draws; split, alpha (0 at the first
    mask, 1 at the second); accuracy and loss, means over the draws, with the
    lowest and highest as accuracy_min, accuracy_max and so on; distance from
    the first mask (mean difference of an entry) and density of the point;
    hamming, the share of entries in which the two masks differ, and
    hamming_LAYER of each; barrier, the highest error of the split less the mean
    of its two ends; directory.

    Returns:
        Pair: a row per way, split and point; and problems.
    """
    name = found.files[EXPERIMENT]
    ways, problems = records.of_places(name, found.holding(name), _way)
    rows = [row for own, _ in ways for row in own]
    columns = dict.fromkeys([*POINTS, *(key for row in rows for key in row)])
    columns.pop("headline", None)
    in_order = gaps.in_order(rows, "experiment", "level", "way", "trial")
    return (
        headlines.frame(in_order, [*columns], found.options.metric),
        problems + gaps.mixed_settings([settings for _, settings in ways]),
    )


def summarize(points: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per way: how far its masks are, and its barriers.

    Columns: those of `WAY`; density_first and density_second; hamming and
    hamming_LAYER; of each split its barrier and its accuracy at the first and
    the second mask, such as barrier_test, accuracy_first_test; directory.
    """
    rows = []
    for directory, own in points.groupby("directory", sort=False):
        layers = [name for name in map(str, own) if name.startswith("hamming")]
        first, second = (own[own["alpha"] == end].iloc[0] for end in (0, 1))
        row = {
            **own.iloc[0][WAY],
            "density_first": first["density"],
            "density_second": second["density"],
        }
        for split, line in own.groupby("split", sort=False):
            ends = line.set_index("alpha")["accuracy"]
            row[f"barrier_{split}"] = line["barrier"].iloc[0]
            row[f"accuracy_first_{split}"] = ends[0]
            row[f"accuracy_second_{split}"] = ends[1]
        rows.append({**row, **own.iloc[0][layers], "directory": directory})
    return pd.DataFrame(rows)


def along_way(points: "pd.DataFrame", measure: str):
    """Returns a figure of a measure, on the way between two masks.

    A panel per experiment, level and kind of way, a line per split: the mean
    over trials and draws. Titles say what the masks keep and in what share of
    entries they differ.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity.
    """
    groups = list(points.groupby(GROUP, sort=False))
    shown = set(points["split"])
    # The points are too many for markers.
    looks = {
        split: {key: look[key] for key in ("color", "linestyle")}
        for split, look in zip(SPLITS, figure_style.SERIES, strict=False)
        if split in shown
    }
    label, scale = MEASURES[measure], 1
    if measure == "accuracy":
        headline = headlines.of(points)
        label = headline.reword(label.replace("Accuracy", "accuracy"))
        label, scale = label[0].upper() + label[1:], headline.scale
    ends = {"low": f"{measure}_min", "high": f"{measure}_max", "scale": scale}
    with figure_style.drawing(
        len(groups), COLUMNS, height_inches=HEIGHT_INCHES
    ) as (figure, panels):
        names = _names(groups)
        for axes, (_, own), name in zip(panels, groups, names, strict=True):
            for split, look in looks.items():
                line = own[own["split"] == split]
                curve = mean_plots.curve(line, "alpha", measure, **ends)
                mean_plots.draw_band(axes, curve, alpha=0.15, **look)
            axes.set_title(_title(name, own))
            figure_style.alpha_axis(axes)
        x_label = r"From first (0) to second mask (1), $\alpha$"
        figure_style.outer_labels(panels, x_label, label)
        entries = [(f"{SPLITS[s]} set", look) for s, look in looks.items()]
        # Of the draws of one way, if not of trials.
        sizes = points["draws"] * points["trial"].nunique()
        entries += mean_plots.spread_entries(sizes, mean_plots.BANDS)
        figure_style.legend(figure, entries, len(entries))
    return figure


def _way(place, record):
    """Rows of its points; its place and settings."""
    settings, hamming = record["settings"], record["hamming"]
    kind = headline_lib.of_record(record)
    keys = {
        "headline": kind,
        "experiment": place.experiment,
        "trial": place.trial,
        "level": place.level,
        "way": settings["way"] + ", rounded" * settings["round_masks"],
        "norm_statistics": settings["norm_statistics"],
        "draws": settings["draws"],
        "hamming": hamming["all"],
        **{
            f"hamming_{name}": differing / max(size, 1)
            for name, (differing, size) in hamming["layers"].items()
        },
        "directory": place.directory,
    }
    # Every trial has other masks.
    own = ("first", "second")
    of_all = {k: v for k, v in settings.items() if k not in own}
    rows = [{**keys, **row} for row in _points(record, kind.metric)]
    return rows, (place, of_all)


def _points(record, metric):
    """A row per split and point, of means over the draws."""
    facts = {name: record[name] for name in ("alpha", "distance", "density")}
    rows = []
    for split, columns in record["splits"].items():
        for point in records.points({**facts, **columns}):
            row = {"split": split, "alpha": point["alpha"]}
            for name, own in {"accuracy": metric, "loss": "loss"}.items():
                row[name] = statistics.fmean(point[own])
                row[f"{name}_min"] = min(point[own])
                row[f"{name}_max"] = max(point[own])
            for name in ("distance", "density"):
                row[name] = statistics.fmean(point[name])
            rows.append({**row, "barrier": record["barriers"][split]})
    return rows


def _names(groups):
    """What each panel is called: the way, and what else tells it apart."""
    keys = pd.DataFrame([key for key, _ in groups], columns=GROUP)
    found = keys["way"]
    if keys["norm_statistics"].nunique() > 1:
        found = found + ", statistics " + keys["norm_statistics"]
    sizes: Any = found.groupby([found, keys["level"]]).transform("size")
    return found.where(sizes == 1, keys["experiment"] + ", " + found)


def _title(name, own):
    """The panel's name, then what its masks are."""
    ends = own[own["alpha"].isin((0, 1))]
    kept = tables.percent_range(ends["density"])
    apart = tables.percent_range(own["hamming"])
    count = styles.count_text([own["trial"].nunique()])
    masks = f"{kept} % kept, masks differ in {apart} %"
    return f"{styles.literal(name)} {count}\n{masks}"
