"""Lines between copies of networks: error along them, and barriers."""

import dataclasses

from lottery_ticket.analysis import gaps, records, tree
from lottery_ticket.foundations import lazy, result_file

pd = lazy.module("pandas")
FILE = result_file.ResultFile("connectivity.json")

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


def read(output_dir: str) -> Connectivity:
    """Returns all lines below a folder, and what is wrong with the others.

    Both frames have the columns experiment ("instability"; the name of the tree
    before it, where there are several), trial, level, density of all masked
    layers together, and iteration, at which the copies parted. Points have also
    split, alpha (0 at the first copy, 1 at the second), error (a fraction) and
    loss; barriers have barrier_train, barrier_validate (NaN where there is no
    validation), barrier_test, is_stable, norm_examples (over how many
    statistics of batch normalisations were taken between the ends; 0 where
    there are none) and directory.

    Args:
        output_dir: Folder of results; see `tree.find`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    places = tree.places(output_dir, _is_line)
    lines, problems = records.understand(
        FILE.name, [(place.directory, place) for place in places], _line
    )
    points = [row for rows, _, _ in lines for row in rows]
    barriers = [row for _, row, _ in lines]
    return Connectivity(
        pd.DataFrame(sorted(points, key=_order), columns=POINTS),
        pd.DataFrame(sorted(barriers, key=_order), columns=BARRIERS),
        problems + gaps.mixed_settings([settings for *_, settings in lines]),
    )


def _is_line(_, names):
    return not {FILE.name, "copies"}.isdisjoint(names)


def _line(place):
    """Rows of its points, row of its barriers; its place and settings."""
    record = records.read(place.directory, FILE.name)
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
