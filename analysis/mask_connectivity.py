"""Ways between masks of the same weights: what networks on them reach."""

import dataclasses
import statistics

from lottery_ticket.analysis import gaps, records, tables, tree
from lottery_ticket.foundations import lazy, result_file

pd = lazy.module("pandas")
FILE = result_file.ResultFile("mask_connectivity.json")

WAY = ["experiment", "trial", "level", "way", "norm_statistics", "draws"]
MEASURES = ["accuracy", "loss"]
POINTS = [
    *WAY,
    "split",
    "alpha",
    *(f"{name}{end}" for name in MEASURES for end in ("", "_min", "_max")),
    *("distance", "density", "hamming", "barrier", "directory"),
]
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


def read(output_dir: str) -> MaskConnectivity:
    """Returns all ways between masks below a folder, and what is wrong.

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
        output_dir: Folder of results; see `tree.find`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    places = tree.places(output_dir, lambda _, names: FILE.name in names)
    ways, problems = records.understand(
        FILE.name, [(place.directory, place) for place in places], _way
    )
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


def to_csv(points: "pd.DataFrame") -> dict[str, bytes]:
    """Returns the tables as files, by name.

    mask_connectivity.csv has a row per way, mask_connectivity_points.csv one
    per way, split and point, without what is the same for all layers.

    Args:
        points: `read(...).points`.
    """
    return {
        "mask_connectivity.csv": tables.to_csv(summarize(points)),
        "mask_connectivity_points.csv": tables.to_csv(points[POINTS]),
    }


def _way(place):
    """Rows of its points; its place and settings."""
    record = records.read(place.directory, FILE.name)
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
