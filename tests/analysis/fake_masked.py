"""Untrained networks and learned masks for tests, to be checked by hand."""

from lottery_ticket.foundations.records import paths, run_record, sealed
from lottery_ticket.tests.analysis import fake_results

SETTINGS = {"recipe": "mnist_fc_zhou", "dataset": "mnist", "model": "fc"}
SIZES = {"layer0": 60, "layer1": 40}


def cell(
    criterion,
    level,
    test,
    validate=None,
    *,
    mask_1_action="rewind",
    validate_loss=1.0,
):
    """Returns what untrained.json says of one network, 2**-level of it kept."""
    measured = {"test": {"loss": 2.0, "accuracy": test}}
    if validate is not None:
        measured["validate"] = {"loss": validate_loss, "accuracy": validate}
    return {
        "criterion": criterion,
        "mask_1_action": mask_1_action,
        "level": level,
        "density": 2.0**-level,
        **measured,
    }


def write_untrained(
    output_dir, trial, cells, name="untrained", *, num_classes=None, **more
):
    """Writes the untrained networks of a trial; returns their folder."""
    directory = paths.run(paths.trial(output_dir, trial), 0, name)
    facts = {"num_classes": num_classes} if num_classes else {}
    settings = {"experiment": "untrained", **SETTINGS, **more, "run": trial}
    record = {"settings": settings, "cells": cells, **facts}
    sealed.write(f"{directory}/untrained.json", record)
    return directory


def write_supermask(
    output_dir,
    trial,
    accuracies=(0.94, 0.96),
    name="supermask",
    *,
    with_validation=True,
    **more,
):
    """Writes a learned mask of 50 % of 100 weights; returns its folder."""
    settings = {
        **SETTINGS,
        "recipe": "mnist_fc_supermask",
        "mask_1_action": "rewind",
        "rescaling": "none",
        "sampling": "bernoulli",
        **more,
    }
    directory = fake_results.write_run(
        output_dir,
        trial,
        0,
        name,
        kind="supermask",
        facts={"density": {"layer0": [30, 60], "layer1": [20, 40]}},
        **settings,
    )
    ends = {"test": list(accuracies)}
    if with_validation:
        ends["validate"] = [each - 0.01 for each in accuracies]
    sealed.write(
        f"{directory}/supermask.json",
        {
            "settings": {
                **run_record.read(directory)["settings"],
                "evaluation_samples": len(accuracies),
            },
            "samples": {
                split: {"accuracy": own} for split, own in ends.items()
            },
            "sampled_density": {
                "layer0": [0.4] * len(accuracies),
                "layer1": [0.9] * len(accuracies),
            },
            "expected_density": {"layer0": 0.5, "layer1": 1.0},
            "thresholded": {
                **{split: {"accuracy": 0.9} for split in ends},
                "density": {"layer0": 0.25, "layer1": 0.5},
            },
            "sizes": SIZES,
        },
    )
    return directory
