"""Sparse networks found at initialisation for tests, to be checked by hand."""

from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.tests.analysis import fake_results

SETTINGS = {"recipe": "mnist_fc_gem", "dataset": "mnist", "model": "fc"}
PER_EPOCH = 10
SEARCH_S = 12.5
TOTALS = {"layer0": 600, "layer1": 400}


def counts(density):
    """Returns (kept, total) of two layers of 1,000 weights in all."""
    return {
        name: [round(density * total), total] for name, total in TOTALS.items()
    }


def results(test, validate=None):
    """Returns losses and accuracies as a stage has them."""
    found = {"test": {"loss": 1.0, "accuracy": test}}
    if validate is not None:
        found["validate"] = {"loss": 1.0, "accuracy": validate}
    return found


def write_gem(
    output_dir,
    trial,
    level,
    method="gem_miner",
    *,
    density=0.05,
    before=0.4,
    after=0.8,
    best=None,
    algo="hc_iter",
    checks=None,
    events=None,
    num_classes=10,
    is_finished=True,
    **settings,
):
    """Writes a sparse network; returns its folder.

    Args:
        checks: Dict, sanity check -> accuracy after its fine-tuning.
        events: Of the search, as `event` makes them; None: there is none.
        is_finished: Whether fine-tuning and all after it is done.
    """
    settings = {**SETTINGS, "algo": algo, "density": density, **settings}
    settings = {"experiment": "gem_miner", **settings}
    directory = paths.run(paths.trial(output_dir, trial), level, method)
    if events is not None:
        write_search(directory, events, counts(density), settings)
    if not is_finished:
        return directory
    facts = {"density": counts(density)}
    fake_results.write_run_at(
        directory, level, (before, after), None, settings, facts
    )
    finetuned = {"before": results(before), "after": results(after, 0.75)}
    if best is not None:
        finetuned["best"] = results(best, 0.8)
    stages = {
        "finetuned": finetuned,
        **{
            name: {"before": results(0.1), "after": results(value)}
            for name, value in (checks or {}).items()
        },
    }
    record = {
        "settings": settings,
        "counts": counts(density),
        "num_classes": num_classes,
        "stages": stages,
    }
    sealed.write(f"{directory}/gem.json", record)
    return directory


def event(epoch, density, flags=None, pruned=0, regularization=2.0):
    """Returns what a search records at the end of an epoch, counted from 0."""
    flags = density if flags is None else flags
    return {
        "iteration": PER_EPOCH * (epoch + 1),
        "epoch": epoch,
        "density": {name: kept for name, (kept, _) in counts(density).items()},
        "flags": {name: kept for name, (kept, _) in counts(flags).items()},
        "regularization": regularization,
        "pruned": pruned,
    }


def write_search(directory, events, kept, settings):
    """Writes the search of a network; its accuracies are .1, .2, and so on.

    Those on the validation set, taken after the odd epochs alone, are the same.
    """
    place = f"{directory}/search"
    steps = [each["iteration"] for each in events]
    logs = {"test": [0, *steps], "validate": [0, *steps[::2]]}
    checksums = {}
    for name, iterations in logs.items():
        accuracy = [0.1 + 0.1 * step / PER_EPOCH for step in iterations]
        log = {"iteration": iterations, "accuracy": accuracy}
        log["loss"] = [1.0] * len(iterations)
        checksums |= save_restore.write_log(place, name, log)
    run_record.write(
        place,
        {
            "settings": {**settings, "experiment": "gem_search"},
            "inputs": {},
            "iterations": steps[-1] if steps else 0,
            "density": kept,
            "events": events,
            "train_s": SEARCH_S,
            "checksums": checksums,
        },
    )
