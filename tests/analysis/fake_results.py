"""Small results trees for tests, with numbers that can be checked by hand."""

import pathlib

import numpy as np

from lottery_ticket.analysis import results
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.values import headline
from lottery_ticket.foundations.values import masks as masks_lib

MAE = headline.Headline("mae", higher_is_better=False)
ITERATIONS = [0, 100, 200]
EVERY = 10  # Iterations between two whose weights are saved.
# Experiment, as in settings -> the file that its folders end with.
FILES = {
    "instability": "connectivity.json",
    "barrier": "barrier.json",
    "mask_connectivity": "mask_connectivity.json",
    "align": "alignment.json",
    "untrained": "untrained.json",
    "gem_miner": "gem.json",
    "supermask": "supermask.json",
}


def read(output_dir, **chosen):
    """Reads a tree as a report does."""
    return results.read(str(output_dir), files=FILES, **chosen)


def write_run(
    output_dir,
    trial,
    level,
    experiment="same_init",
    run_id="",
    *,
    accuracy=(0.1, 0.8, 0.9),
    validate_loss=(2.0, 0.5, 0.25),
    kind=None,
    facts=None,
    **settings,
):
    """Writes a complete run of a trial; returns its folder.

    `facts` are entries of its record, instead of what it would have.
    """
    directory = paths.run(
        paths.trial(output_dir, trial), level, experiment, run_id
    )
    if kind is None:
        is_control = experiment == "reinit"
        kind = "reinitialize" if is_control else "lottery_experiment"
    settings = {"experiment": kind, "level": level, **settings}
    write_run_at(directory, level, accuracy, validate_loss, settings, facts)
    return directory


def write_run_at(
    directory, level, accuracy, validate_loss, settings, facts=None
):
    """Writes a complete run, each of its two layers at density 2**-level."""
    log = {"iteration": ITERATIONS[: len(accuracy)], "accuracy": list(accuracy)}
    test_loss = [2.5, 1.5, 0.5][: len(accuracy)]
    checksums = save_restore.write_log(
        directory, "test", {**log, "loss": test_loss}
    )
    if validate_loss is not None:
        checksums |= save_restore.write_log(
            directory, "validate", {**log, "loss": list(validate_loss)}
        )
    density = {"layer0": [64 >> level, 64], "layer1": [32 >> level, 32]}
    run_record.write(
        directory,
        {
            "settings": settings,
            "inputs": {},
            "iterations": 200,
            "density": density,
            "checksums": checksums,
            **(facts or {}),
        },
    )


def save_arrays(directory, masks, initial=None, final=None):
    """Saves masks (layer -> list of 0s and 1s) and weights, by default 1s."""
    record = run_record.read(directory)
    masks = {name: np.array(mask, np.uint8) for name, mask in masks.items()}
    for folder, network in (
        ("masks", masks),
        ("initial", initial or masks),
        ("final", final or masks),
    ):
        network = {name: np.array(entry) for name, entry in network.items()}
        saved = save_restore.save_network(f"{directory}/{folder}", network)
        record["checksums"] |= {
            f"{folder}/{file}": checksum for file, checksum in saved.items()
        }
    record["density"] = masks_lib.counts(masks)
    run_record.write(directory, record)


def write_masks(output_dir, trial, level, experiment, masks, run_id="", **more):
    """Writes a run with these masks and weights; returns its folder."""
    arrays = {key: more.pop(key, None) for key in ("initial", "final")}
    directory = write_run(output_dir, trial, level, experiment, run_id, **more)
    save_arrays(directory, masks, **arrays)
    return directory


def write_saving(output_dir, networks, trial=1, level=0, masks=None, **more):
    """Writes a run that saved all networks but the last, with which it ends.

    After each EVERY iterations; returns its folder.
    """
    *saved, final = networks
    ones = {name: np.ones(np.shape(each)) for name, each in final.items()}
    directory = write_masks(
        *(str(output_dir), trial, level, more.pop("experiment", "same_init")),
        masks or ones,
        final=final,
        **more,
    )
    record = run_record.read(directory)
    for index, network in enumerate(saved, 1):
        name = f"iteration{EVERY * index}"
        arrays = {layer: np.asarray(each) for layer, each in network.items()}
        checksums = save_restore.save_network(f"{directory}/{name}", arrays)
        for file, checksum in checksums.items():
            record["checksums"][f"{name}/{file}"] = checksum
    run_record.write(directory, record)
    return directory


def write_experiment(output_dir):
    """Writes two trials of levels 0-2 and three reinits each at level 2.

    Tickets reach .90, .91, .92 in trial 1 and .02 more in trial 2; reinits
    reach .80 + .01 * run + .02 * trial. Tickets stop early at 200, 100, 100;
    reinits at 200.
    """
    for trial in (1, 2):
        for level in (0, 1, 2):
            write_run(
                output_dir,
                trial,
                level,
                accuracy=(0.1, 0.85, 0.88 + 0.01 * level + 0.02 * trial),
                validate_loss=(2.0, 0.5, 0.75 if level else 0.25),
            )
        for run_id in (1, 2, 3):
            last = 0.8 + 0.01 * run_id + 0.02 * trial
            write_run(
                output_dir,
                trial,
                2,
                "reinit",
                run_id,
                accuracy=(0.1, 0.7, last),
            )


def remeasure(output_dir, kind=MAE):
    """Makes all results below a folder those of another headline metric.

    Its values are those that accuracy had.
    """

    def renamed(value):
        if isinstance(value, list):
            return [renamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        names = {"accuracy": kind.metric}
        return {names.get(k, k): renamed(each) for k, each in value.items()}

    files = sorted(pathlib.Path(output_dir).rglob("*.json"))
    checksums = {}
    for path in files:
        if path.stem in ("train", "test", "validate"):
            directory = str(path.parent)
            log = renamed(save_restore.read_log(directory, path.stem))
            checksums[directory, path.name] = save_restore.write_log(
                directory, path.stem, log
            )[path.name]
    for path in files:
        if path.stem not in ("train", "test", "validate"):
            record = {**renamed(sealed.read(str(path))), **kind.facts}
            for name in record.get("checksums", {}):
                checksum = checksums.get((str(path.parent), name))
                if checksum:
                    record["checksums"][name] = checksum
            sealed.write(str(path), record)
