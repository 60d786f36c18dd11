"""The searches for sparse networks, epoch by epoch."""

from lottery_ticket.analysis import gem_rows, records, tree
from lottery_ticket.foundations import files, lazy, save_restore

pd = lazy.module("pandas")

RUN = "run.json"
HISTORY = [
    *gem_rows.KEYS,
    *("final_density", "epoch", "iteration", "density", "flag_density"),
    *("pruned", "regularization", "accuracy", "validate_accuracy"),
]


def read(places: list[tree.Place]) -> tuple["pd.DataFrame", list[str]]:
    """Returns a row per epoch of all finished searches, and problems.

    Columns: experiment (the method), trial, level (which of the densities),
    algo, recipe, dataset, model; final_density (of the mask that the search
    ended with), epoch (how many have ended), iteration, density (kept after
    rounding and by the flags) and flag_density (by the flags alone), both after
    what the end of the epoch pruned; pruned (the number of weights this was; 0
    where the epoch ended in no event), regularization (the term in the loss),
    and at that iteration, before it was pruned, accuracy (on the test set) and
    validate_accuracy; NaN where the search was not evaluated.

    Args:
        places: Folders of sparse networks.

    Returns:
        Pair: a data frame, and a sentence for each search that is damaged.
    """
    searches = [
        (directory, (directory, place))
        for place in places
        for directory in [_search(place)]
        if RUN in files.names(directory)
    ]
    found, problems = records.understand(RUN, searches, _epochs)
    rows = [row for own in found for row in own]
    return gem_rows.frame(rows, HISTORY), problems


def _search(place):
    return files.join(place.directory, "search")


def _epochs(search):
    """A row for each epoch of a search that has ended."""
    directory, place = search
    record = records.read(directory, RUN)
    kept, total = records.count(record["density"])
    keys = gem_rows.keys(place, record["settings"])
    logs = {
        "accuracy": _accuracies(directory, "test"),
        "validate_accuracy": _accuracies(directory, "validate"),
    }
    return [
        {
            **keys,
            "final_density": kept / total,
            "epoch": event["epoch"] + 1,
            "iteration": event["iteration"],
            "density": sum(event["density"].values()) / total,
            "flag_density": sum(event["flags"].values()) / total,
            "pruned": event["pruned"],
            "regularization": event["regularization"],
            **{
                name: accuracies.get(event["iteration"], float("nan"))
                for name, accuracies in logs.items()
            },
        }
        for event in record.get("events", [])
    ]


def _accuracies(directory, name):
    """Dict, iteration -> accuracy, of a log; empty if there is none."""
    if f"{name}.json" not in files.names(directory):
        return {}
    log = save_restore.read_log(directory, name)
    return dict(zip(log["iteration"], log["accuracy"], strict=True))
