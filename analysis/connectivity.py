"""Lines between copies of networks: error along them, and barriers."""

import dataclasses

import numpy as np

from lottery_ticket.analysis import gaps, tree
from lottery_ticket.foundations import files, lazy, result_file

pd = lazy.module("pandas")
FILE = result_file.CONNECTIVITY

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
    output_dir = str(output_dir).rstrip("/") or "/"
    if not files.exists(output_dir):
        raise FileNotFoundError(f"No results folder at {output_dir!r}")
    points, barriers, problems, records = [], [], [], []
    for directory, names in tree.walk(output_dir):
        if not {FILE.name, "copies"} & set(names):
            continue
        try:
            record = _read_record(directory)
            place = tree.place(output_dir, directory, names)
            keys = _keys(place, record)
            rows = _points(record), _barrier(record)
        except ValueError as error:
            problems.append(f"{directory}: {error}")
        except KeyError as error:
            name = FILE.name
            problems.append(f"{directory}: damaged (its {name} lacks {error})")
        else:
            points += [{**keys, **row} for row in rows[0]]
            barriers.append({**keys, **rows[1], "directory": directory})
            records.append((place, _settings(record)))
    return Connectivity(
        pd.DataFrame(sorted(points, key=_order), columns=POINTS),
        pd.DataFrame(sorted(barriers, key=_order), columns=BARRIERS),
        problems + gaps.mixed_settings(records),
    )


def _settings(record):
    """What should be the same in all lines whose mean is taken."""
    own = ("iteration", "order_seeds")
    return {k: v for k, v in record["settings"].items() if k not in own}


def _read_record(directory):
    record = FILE.read(directory)
    if record is not None:
        return record
    if files.exists(FILE.path(directory)):
        raise ValueError(f"damaged (its {FILE.name} is not whole)")
    raise ValueError(f"unfinished (no {FILE.name}; still going, or stopped)")


def _keys(place, record):
    kept, total = np.sum([*record["density"].values(), (0, 0)], axis=0)
    return {
        # In whatever unit its iterations were given.
        "experiment": place.experiment.removesuffix("_ep"),
        "trial": place.trial,
        "level": place.level,
        "density": float(kept / total) if total else 1.0,
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
