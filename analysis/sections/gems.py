"""Sparse networks found at initialisation: what they reach, and the search."""

from lottery_ticket.analysis.look import styles, tables
from lottery_ticket.analysis.reading import gaps, headlines, records, tree
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.values import headline

with lazy.imports():
    import pandas as pd

EXPERIMENT = "gem_miner"
SEARCH = "search"  # Folder of a search, in that of a network.
# Sanity checks: folders beside it, and stages in the network's record.
CHECKS = ("weight_reinit", "mask_shuffle", "score_inversion")
PLACE = ["experiment", "trial", "level"]
KEYS = [*PLACE, "algo", "recipe", "dataset", "model"]
ACCURACIES = [
    *("before_accuracy", "accuracy", "best_accuracy"),
    *(f"{check}_accuracy" for check in CHECKS),
]
METHODS = [
    *KEYS,
    *("density", "kept", "total"),
    *(*ACCURACIES, "validate_accuracy"),
    *("num_classes", "directory", "search_s"),
]
HISTORY = [
    *KEYS,
    *("final_density", "epoch", "iteration", "density", "flag_density"),
    *("pruned", "regularization", "accuracy", "validate_accuracy"),
]


def read(found: tree.Tree) -> tuple["pd.DataFrame", "pd.DataFrame", list[str]]:
    """Returns the sparse networks in a tree, their searches, and problems.

    Where another metric is the headline, it stands for accuracy in all columns.
    Methods have the columns experiment (the method), trial, level (which of the
    densities), algo, recipe, dataset, model; density, kept and total, counted
    in the final mask; on the test set, before_accuracy (under the final mask,
    no weight trained), accuracy (fine-tuned) and best_accuracy (at the lowest
    validation loss of fine-tuning); weight_reinit_accuracy,
    mask_shuffle_accuracy and score_inversion_accuracy of the sanity checks,
    fine-tuned; validate_accuracy (fine-tuned); num_classes, directory, and
    search_s, the seconds that the search trained for. What was not measured is
    NaN.

    History has a row per epoch of each finished search, which may be there
    before its network is. Beside the first seven columns: final_density (of the
    mask that the search ended with), epoch (how many have ended), iteration,
    density (kept after rounding and by the flags) and flag_density (by the
    flags alone), both after what the end of the epoch pruned; pruned (the
    number of weights this was; 0 where the epoch ended in no event),
    regularization (the term in the loss), and at that iteration, before it was
    pruned, accuracy (on the test set) and validate_accuracy; NaN where the
    search was not evaluated.

    Of both, if some experiments are chosen and there are runs, only those of
    these methods; problems are of all. Known methods come first, in the order
    of `styles.METHODS`.

    Returns:
        Triple: methods, a row per network; history; and problems.
    """
    name = found.files[EXPERIMENT]
    is_own = found.runs["kind"] == EXPERIMENT
    fine_tuned = set(found.runs["directory"][is_own])
    places, made = [], []
    for place in found.places:
        is_made = place.directory in fine_tuned or place.holds(name)
        if is_made or place.holds(SEARCH, *CHECKS):
            places.append(place)
            # An unfinished run is a problem of `results.read` already.
            made += [place] * (is_made or not place.is_run)
    networks, problems = records.of_places(name, made, _network)
    searches = [
        (directory, (directory, place))
        for place in places
        for directory in [files.join(place.directory, SEARCH)]
        if tree.RUN in files.names(directory)
    ]
    read_searches, damaged = records.understand(tree.RUN, searches, _search)
    seconds = {directory: own for directory, own, _ in read_searches}
    for row, _ in networks:
        row["search_s"] = seconds.get(row["directory"], float("nan"))
    mixed = gaps.mixed_settings([settings for _, settings in networks])
    return (
        _frame([row for row, _ in networks], METHODS, found),
        _frame(
            [row for *_, epochs in read_searches for row in epochs],
            *(HISTORY, found),
        ),
        [*problems, *damaged, *mixed],
    )


def summarize(methods: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per method and level: what its networks reach.

    Columns: experiment, level, density (mean), n (the number of networks), and
    mean, min and max of all ACCURACIES, such as before_accuracy_mean.
    """
    groups = methods.groupby(["experiment", "level"], sort=False)
    return groups.agg(
        density=("density", "mean"),
        n=("trial", "size"),
        **tables.statistics(ACCURACIES),
    ).reset_index()


def _network(place, record):
    """A network's row; its place and settings."""
    settings, stages = record["settings"], record["stages"]
    kept, total = records.count(record["counts"])
    kind = headline.of_record(record)

    def reached(stage, moment, split="test"):
        return _reached(stages, stage, moment, split, kind.metric)

    row = {
        **_keys(place, settings),
        "headline": kind,
        "density": records.share(kept, total),
        "kept": kept,
        "total": total,
        "before_accuracy": reached("finetuned", "before"),
        "accuracy": reached("finetuned", "after"),
        "best_accuracy": reached("finetuned", "best"),
        "validate_accuracy": reached("finetuned", "after", "validate"),
        **{f"{check}_accuracy": reached(check, "after") for check in CHECKS},
        "num_classes": record.get("num_classes", float("nan")),
        "directory": place.directory,
    }
    return row, (place, settings)


def _reached(stages, stage, moment, split, metric):
    """Metric of a stage's network at a moment, NaN where there is none."""
    results = stages.get(stage, {}).get(moment, {})
    if not results or split == "validate" and split not in results:
        return float("nan")
    return results[split][metric]


def _search(search):
    """Folder of its network, seconds, and a row per epoch that has ended."""
    directory, place = search
    record = records.read(directory, tree.RUN)
    kept, total = records.count(record["density"])
    kind = headline.of_record(record)
    keys = {**_keys(place, record["settings"]), "headline": kind}
    logs = {
        "accuracy": _logged(directory, "test", kind.metric),
        "validate_accuracy": _logged(directory, "validate", kind.metric),
    }
    epochs = [
        {
            **keys,
            "final_density": kept / total,
            "epoch": event["epoch"] + 1,
            "iteration": event["iteration"],
            "density": sum(event["density"].values()) / total,
            "flag_density": sum(event["flags"].values()) / total
            if "flags" in event
            else float("nan"),
            "pruned": event.get("pruned", 0),
            "regularization": event.get("regularization", float("nan")),
            **{
                name: values.get(event["iteration"], float("nan"))
                for name, values in logs.items()
            },
        }
        for event in record.get("events", [])
    ]
    return place.directory, float(record.get("train_s", "nan")), epochs


def _logged(directory, name, metric):
    """Dict, iteration -> metric, of a log; empty if there is none."""
    if f"{name}.json" not in files.names(directory):
        return {}
    log = save_restore.read_log(directory, name)
    return dict(zip(log["iteration"], log[metric], strict=True))


def _keys(place, settings):
    """The columns that all rows about a network have, KEYS."""
    return {
        **{key: getattr(place, key) for key in PLACE},
        **{key: settings.get(key) for key in KEYS if key not in PLACE},
    }


def _frame(rows, columns, found):
    """Rows by tree and method, level and trial; of the chosen methods."""
    frame = headlines.frame(
        sorted(rows, key=_order), columns, found.options.metric
    )
    if found.experiments is None or found.runs.empty:
        return frame
    return frame.loc[frame["experiment"].isin(found.chosen["experiment"])]


def _order(row):
    of_tree, _, name = row["experiment"].rpartition("/")
    known = [*styles.METHODS]
    place = known.index(name) if name in known else len(known)
    return of_tree, place, name, row["level"], gaps.natural(row["trial"])
