"""Ways between masks of the same weights: what networks on them reach."""

import dataclasses
import statistics

from lottery_ticket.analysis import (
    experiment_styles,
    figure_style,
    gaps,
    mean_plots,
    records,
    sections,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

EXPERIMENT = "mask_connectivity"
WAY = ["experiment", "trial", "level", "way", "norm_statistics", "draws"]
MEASURES = ["accuracy", "loss"]
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
# Settings of the two masks, which every trial has others of.
_OWN = ("first", "second")


@dataclasses.dataclass(frozen=True)
class MaskConnectivity:
    """What the ways between masks in a results tree say.

    Args:
        points: Data frame, a row per way, split and point; see `read`.
        problems: A sentence for each way that is damaged, and for each setting
            that trials differ in.
    """

    points: "pd.DataFrame"
    problems: list[str]


def section(found: tree.Tree) -> sections.Section:
    """Returns tables and figures of the ways between masks in a tree.

    Tables are mask_connectivity.csv (a row per way) and
    mask_connectivity_points.csv (one per way, split and point, without what is
    the same for all layers); figures mask_connectivity (accuracy) and
    mask_connectivity_loss.
    """
    ways = read(found)
    points = ways.points
    if points.empty:
        return sections.Section(problems=ways.problems)
    return sections.Section(
        tables={
            "mask_connectivity.csv": tables.to_csv(summarize(points)),
            "mask_connectivity_points.csv": tables.to_csv(points[POINTS]),
        },
        figures={
            "mask_connectivity": along_way(points, "accuracy"),
            "mask_connectivity_loss": along_way(points, "loss"),
        },
        problems=ways.problems,
        about="ways between masks",
    )


def read(found: tree.Tree) -> MaskConnectivity:
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

    Args:
        found: As from `results.read`.
    """
    name = found.files[EXPERIMENT]
    ways, problems = records.of_places(name, found.holding(name), _way)
    rows = [row for own, _ in ways for row in own]
    columns = dict.fromkeys([*POINTS, *(key for row in rows for key in row)])
    return MaskConnectivity(
        pd.DataFrame(sorted(rows, key=_order), columns=[*columns]),
        problems + gaps.mixed_settings([settings for _, settings in ways]),
    )


def summarize(points: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per way: how far its masks are, and its barriers.

    Columns: those of `WAY`; density_first and density_second; hamming and
    hamming_LAYER; of each split its barrier and its accuracy at the first and
    the second mask, such as barrier_test, accuracy_first_test; directory.

    Args:
        points: `read(...).points`.
    """
    rows = []
    for directory, own in points.groupby("directory", sort=False):
        layers = [name for name in own if name.startswith("hamming")]
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


def along_way(
    points: "pd.DataFrame", measure: str = "accuracy"
) -> "mpl_figure.Figure":
    """Returns a figure of accuracy or loss on the way between two masks.

    A panel per experiment, level and kind of way, a line per split: the mean
    over trials and draws, in a band from the lowest to the highest. Titles say
    what the masks keep and in what share of entries they differ.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity.

    Args:
        points: `mask_connectivity.read(...).points`.
        measure: "accuracy" or "loss".

    Raises:
        ValueError: If there are none.
    """
    if points.empty:
        raise ValueError("There is no way between masks to draw")
    groups = list(points.groupby(GROUP, sort=False))
    shown = [name for name in SPLITS if name in set(points["split"])]
    looks = dict(zip(SPLITS, figure_style.SERIES, strict=False))
    with figure_style.drawing(
        len(groups), COLUMNS, height_inches=HEIGHT_INCHES
    ) as (figure, panels):
        named = zip(panels, groups, _names(groups), strict=True)
        for axes, (_, own), name in named:
            for split in shown:
                line = own[own["split"] == split]
                _draw(axes, line, measure, looks[split])
            axes.set_title(_title(name, own))
            axes.margins(x=0)
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        label = "Accuracy (%)" if measure == "accuracy" else "Loss"
        x_label = r"From first (0) to second mask (1), $\alpha$"
        figure_style.outer_labels(panels, x_label, label, COLUMNS)
        entries = [
            figure_style.entry(f"{SPLITS[split]} set", **_line(looks[split]))
            for split in shown
        ]
        figure_style.legend(figure, entries, len(entries))
    return figure


def _way(place, record):
    """Rows of its points; its place and settings."""
    settings = record["settings"]
    keys = {
        "experiment": place.experiment,
        "trial": place.trial,
        "level": place.level,
        "way": _name(settings),
        "norm_statistics": settings["norm_statistics"],
        "draws": settings["draws"],
        **_hamming(record["hamming"]),
        "directory": place.directory,
    }
    of_all = {k: v for k, v in settings.items() if k not in _OWN}
    rows = [{**keys, **row} for row in _points(record)]
    return rows, (place, of_all)


def _name(settings):
    return settings["way"] + ", rounded" * settings["round_masks"]


def _hamming(found):
    layers = {
        f"hamming_{name}": differing / max(size, 1)
        for name, (differing, size) in found["layers"].items()
    }
    return {"hamming": found["all"], **layers}


def _points(record):
    facts = {name: record[name] for name in ("alpha", "distance", "density")}
    rows = []
    for split, columns in record["splits"].items():
        lengths = {len(each) for each in (*facts.values(), *columns.values())}
        if len(lengths) > 1:
            raise ValueError("damaged (its columns differ in length)")
        for index, alpha in enumerate(record["alpha"]):
            row = {"split": split, "alpha": alpha}
            for name in MEASURES:
                row |= _statistics(name, columns[name][index])
            for name in ("distance", "density"):
                row[name] = statistics.fmean(facts[name][index])
            row["barrier"] = record["barriers"][split]
            rows.append(row)
    return rows


def _statistics(name, values):
    """Over the draws of one point."""
    return {
        name: statistics.fmean(values),
        f"{name}_min": min(values),
        f"{name}_max": max(values),
    }


def _order(row):
    trial = gaps.natural(row["trial"])
    return row["experiment"], row["level"], row["way"], trial


def _draw(axes, line, measure, look):
    """Draws one split of one panel; nothing where it was not evaluated."""
    curve = mean_plots.curve(
        line,
        "alpha",
        measure,
        low=f"{measure}_min",
        high=f"{measure}_max",
        scale=100 if measure == "accuracy" else 1,
    )
    mean_plots.draw_band(axes, curve, alpha=0.15, **_line(look))


def _line(look):
    """The points are too many for markers."""
    return {key: look[key] for key in ("color", "linestyle")}


def _names(groups):
    """What each panel is called: the way, and what else tells it apart."""
    keys = pd.DataFrame([key for key, _ in groups], columns=GROUP)
    found = keys["way"]
    if keys["norm_statistics"].nunique() > 1:
        found = found + ", statistics " + keys["norm_statistics"]
    is_shared = found.groupby([found, keys["level"]]).transform("size") > 1
    return found.where(~is_shared, keys["experiment"] + ", " + found)


def _title(name, own):
    """The panel's name, then what its masks are."""
    ends = own[own["alpha"].isin((0, 1))]
    kept, apart = _range(ends["density"]), _range(own["hamming"])
    count = experiment_styles.count_text([own["trial"].nunique()])
    return f"{name} {count}\n{kept} % kept, masks differ in {apart} %"


def _range(fractions):
    ends = tables.percent(fractions.min()), tables.percent(fractions.max())
    return "–".join(dict.fromkeys(ends))
