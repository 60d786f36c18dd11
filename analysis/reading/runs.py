"""The complete runs of a results tree: a row each, of what they recorded."""

import collections
import dataclasses
import operator

import numpy as np

from lottery_ticket.analysis.reading import (
    gaps,
    headlines,
    logs,
    origins,
    records,
    selection,
    tree,
)
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.values import (
    flop_counts,
    headline,
    names_0_1_0,
)

with lazy.imports():
    import pandas as pd

# Rules of a lottery experiment, and what they were before they were settings.
RULES = {
    rule: names_0_1_0.BEFORE[rule]
    for rule in (
        *("criterion", "invert_scores", "one_shot", "retraining"),
        *("rewind_iteration", "restart", "mask_1_action", "mask_0_action"),
        "granularity",
    )
}
# Those since 0.2.0 whose columns are behind what tables have had before.
LATER_RULES = ("granularity",)
# Settings that experiments are told apart by, where these differ.
_TRAINED_BY = ("optimizer", "lr", "training_len")
TRAINING = (*_TRAINED_BY, "hooks")


@dataclasses.dataclass(frozen=True)
class Run:
    """A complete run as it was read; the columns are made of it."""

    place: tree.Place
    record: dict  # What its run.json says; and the settings in it.
    settings: dict
    test: save_restore.Log
    stop: float  # Iteration of the lowest validation loss; NaN without any.
    last: float  # The last one that was validated.
    headline: headline.Headline

    def setting(self, name: str):
        """Returns a setting; None where it is not recorded."""
        return self.settings.get(name)

    def rule(self, name: str):
        """Returns one of RULES; None where the run is of another kind."""
        value = self.setting(name)
        is_ticket = self.setting("experiment") == selection.TICKET
        return RULES[name] if is_ticket and value is None else value

    def hooks(self) -> str:
        """Returns what changed the steps of training, as `--hooks` takes it."""
        words = names_0_1_0.value(self.settings, "hooks")
        return ",".join(words) or "none"

    def at_stop(self, measure: str) -> float:
        """Returns a test measure, as evaluated nearest to the early stop."""
        if np.isnan(self.stop):
            return float("nan")
        distances = np.abs(np.asarray(self.test["iteration"]) - self.stop)
        return self.test[measure][np.argmin(distances)]

    def is_censored(self):
        """Whether validation ended at its minimum; NaN without any."""
        return float("nan") if np.isnan(self.stop) else self.stop == self.last

    def density(self) -> float:
        """Returns the share of weights that all layers keep together."""
        return records.share(*records.count(self.record["density"]))

    def effective_density(self) -> float:
        """Returns the share on a path; NaN where that is not known."""
        effective = self.record.get("effective")
        if effective is None:
            return float("nan")
        _, total = records.count(self.record["density"])
        return records.share(sum(effective.values()), total)

    def weights(self, count_of: str) -> float:
        """Returns how many weights are kept, or on a path; NaN if unknown.

        Args:
            count_of: "kept" or "effective".
        """
        if count_of == "kept":
            return records.count(self.record["density"])[0]
        effective = self.record.get("effective")
        return float("nan") if effective is None else sum(effective.values())

    def flops(self, place: int) -> float:
        """Returns the FLOPs of one example, NaN where they are not known.

        Args:
            place: 0 for the weights kept, 1 for those of the dense network.
        """
        counts = {
            name: counted[place]
            for name, counted in self.record["density"].items()
        }
        # What older runs have not recorded.
        positions = self.record.get("positions", {})
        found = flop_counts.flops(positions, counts)
        return float("nan") if found is None else found

    def recorded(self, name: str) -> float:
        """Returns a number of the record, NaN where it is not known."""
        found = self.record.get(name)
        return float("nan") if found is None else found

    def group_density(self) -> float:
        """Returns the share of units or blocks that is kept; NaN of weights."""
        groups = self.record.get("groups")
        return records.share(*records.count(groups)) if groups else float("nan")

    def layers(self) -> dict[str, float]:
        """Returns the same of each layer, by the name of the column."""
        columns, effective = {}, self.record.get("effective")
        for name, (kept, total) in self.record["density"].items():
            columns[f"density_{name}"] = records.share(kept, total)
            if effective is not None:
                share = records.share(effective[name], total)
                columns[f"effective_{name}"] = share
        return columns


# Column -> what it is of a run, in the order of the columns. Those of accuracy
# bear the name of the run's headline metric; see `headlines.NAMED`.
COLUMNS = {
    **{key: operator.attrgetter(f"place.{key}") for key in logs.KEYS},
    "density": Run.density,
    "effective_density": Run.effective_density,
    "iterations": lambda run: run.record["iterations"],
    "accuracy": lambda run: run.test[run.headline.metric][-1],
    "loss": lambda run: run.test["loss"][-1],
    "early_stop_iteration": lambda run: run.stop,
    "early_stop_accuracy": lambda run: run.at_stop(run.headline.metric),
    "early_stop_loss": lambda run: run.at_stop("loss"),
    "kind": lambda run: run.setting("experiment"),
    **{
        name: operator.methodcaller("setting", name)
        for name in ("recipe", "dataset", "model", "seed")
    },
    **{
        rule: operator.methodcaller("rule", rule)
        for rule in RULES
        if rule not in LATER_RULES
    },
    "directory": lambda run: run.place.directory,
    # Since 0.2.0, behind what tables have had before.
    "early_stop_censored": Run.is_censored,
    **{name: operator.methodcaller("setting", name) for name in _TRAINED_BY},
    "train_s": lambda run: run.record.get("train_s"),
    "weights_kept": operator.methodcaller("weights", "kept"),
    "weights_effective": operator.methodcaller("weights", "effective"),
    "flops": operator.methodcaller("flops", 0),
    "flops_dense": operator.methodcaller("flops", 1),
    "ticket_bytes": operator.methodcaller("recorded", "ticket_bytes"),
    **{rule: operator.methodcaller("rule", rule) for rule in LATER_RULES},
    "group_density": Run.group_density,
    "hooks": Run.hooks,
    "start_accuracy": lambda run: run.test[run.headline.metric][0],
    "sign_agreement": operator.methodcaller("recorded", "sign_agreement"),
}
# Column -> how those of each layer begin, which stand behind it.
LAYER_COLUMNS = {"density": "density_", "effective_density": "effective_"}


def read(
    places: list[tree.Place],
) -> tuple["pd.DataFrame", dict[str, origins.Origin], list[str]]:
    """Returns a row per complete run, and what is wrong with the others.

    Columns and their order are as in `results.read`.

    Args:
        places: Those of all runs, begun ones too.

    Returns:
        Triple: a data frame; dict, experiment -> where its runs come from; and
        a line for each run that is unfinished, damaged or missing, and for each
        experiment that mixes settings.
    """
    found, problems = records.understand(
        tree.RUN, [(place.label, place) for place in places], _run
    )
    rows = [row for row, *_ in found]
    kinds = {row["experiment"]: row["kind"] for row in rows}
    problems += gaps.missing(places, kinds)
    problems += gaps.mixed_settings([settings for _, settings, _ in found])
    of_each = [(place.experiment, own) for _, (place, _), own in found]
    return _frame(rows), origins.by_experiment(of_each), problems


def _run(place):
    """A run's row; its place and settings; where it comes from."""
    record = records.read(place.directory, tree.RUN)
    checksums = record.get("checksums", {})
    test = _log(place.directory, "test", checksums)
    if not test["iteration"]:
        raise ValueError(f"{paths.log(place.directory, 'test')} is empty")
    stop = last = float("nan")
    if "validate.json" in {*place.file_names, *checksums}:
        validate = _log(place.directory, "validate", checksums)
        stop = logs.early_stop_iteration(validate)
        last = float(max(validate["iteration"], default=stop))
    kind = headline.of_record(record)
    if kind.metric not in test:
        where = paths.log(place.directory, "test")
        raise ValueError(f"damaged ({where} lacks {kind.metric})")
    run = Run(place, record, record["settings"], test, stop, last, kind)
    # The columns of layers first: one may have the name "density".
    row = run.layers() | {
        headlines.column(name, kind) if name in headlines.NAMED else name: of(
            run
        )
        for name, of in COLUMNS.items()
    }
    origin = origins.of_record(record)
    return {**row, "headline": kind}, (place, run.settings), origin


def _log(directory, name, checksums):
    """A log of a run, read once: its bytes are as recorded, where they are."""
    path = paths.log(directory, name)
    checksum = checksums.get(f"{name}.json")
    if checksum is None:  # Of the 2018 library.
        return save_restore.read_log(directory, name)
    return save_restore.parse_log(path, run_record.read_whole(path, checksum))


def _frame(rows):
    keys = dict.fromkeys(key for row in rows for key in row)
    kinds = {row["headline"]: None for row in rows} or {headline.ACCURACY: None}
    columns = {}  # As an ordered set.
    for name in COLUMNS:
        is_named = name in headlines.NAMED
        own = [headlines.column(name, kind) for kind in kinds]
        columns |= dict.fromkeys(own if is_named else [name])
        if name in LAYER_COLUMNS:
            own = (key for key in keys if key.startswith(LAYER_COLUMNS[name]))
            columns |= dict.fromkeys(own)
    levels = collections.defaultdict(set)
    for row in rows:
        levels[row["experiment"]].add(row["level"])

    def order(row):
        return (
            row["kind"] != selection.TICKET,
            min(levels[row["experiment"]]),
            row["experiment"],
            row["level"],
            gaps.natural(row["trial"]),
            gaps.natural(row["run"]),
        )

    return headlines.frame(sorted(rows, key=order), [*columns])
