"""Tests that each study runs the levels that its claims are about."""

import attrs
import numpy as np
import pandas as pd
import pytest

from lottery_ticket.experiments.reproductions import (
    claims,
    drawn_data,
    registry,
    study_sweeps,
)
from lottery_ticket.experiments.settings import level_rules
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.runners import commands, reproduce

SCALES = [
    (name, scale)
    for name, study in registry.STUDIES.items()
    for scale in study.steps
    if scale != claims.SMOKE
]
# Columns of runs and of searches that claims are measured by.
NUMBERS = {
    **{"accuracy": 0.5, "early_stop_accuracy": 0.5, "start_accuracy": 0.5},
    **{"early_stop_iteration": 9, "early_stop_censored": False},
    **{"before_accuracy": 0.5, "mask_shuffle_accuracy": 0.5},
    "weight_reinit_accuracy": 0.5,
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("data"))
    for name in drawn_data.SHAPES:
        drawn_data.write(folder, name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scale"), SCALES)
def test_what_claims_are_about_is_run(name, scale, data_dir):
    """Without a training: by the densities that levels would have."""
    rows = pd.DataFrame(_runs(name, scale, data_dir)).assign(**NUMBERS)
    found = claims.Found({"runs": rows, "gems": rows})
    for claim in registry.STUDIES[name].claims.values():
        if scale in claim.scales:
            try:
                assert len(claim.measure(found)) == 1, claim.text
            except claims.Missing as error:  # Of other tables.
                assert str(error).startswith("no row of"), claim.text


def _runs(name, scale, data_dir):
    """Yields the runs of a study's first trial."""
    sweep = study_sweeps.StudySweep((name,), scale, "out", 1, data_dir)
    densities = {}  # Of the runs so far, by their folders.
    for step in sweep.steps():
        command = commands.find(step["runner"])
        words = [f"--{key}={each}" for key, each in step["flags"].items()]
        for line in reproduce.lines(step["argfile"], words, command):
            values = flags.bind(command, line.words)
            own = _densities(step["runner"], values, densities)
            densities.update(own)
            for folder, density in own.items():
                group = folder.removeprefix(sweep.folder(name) + "/")
                experiment = paths.parse_run(folder).experiment_name
                yield {
                    **{"trial": 1, "density": density, "kind": step["runner"]},
                    "experiment": group.partition("trial")[0] + experiment,
                }


def _densities(runner, values, densities):
    """Dict, folder of each run of a line -> its density."""
    folder = values["output_dir"]
    if runner == "lottery_experiment":
        name = values.get("experiment_name", "same_init")
        found = _of_levels(
            values["recipe"],
            values.get("rules", level_rules.LevelRules()),
            values.get("iterations"),
        )
        return {
            paths.run(folder, level, name): density
            for level, density in enumerate(found)
        }
    if runner == "prune_at_init":
        return {folder: values["target"].density or 1.0}
    if runner == "gem_miner":
        return {folder: values["search"].density or 1.0}
    if runner == "branch":
        return {folder: densities[values["ticket"]]}
    if runner == "train":
        level = paths.run(*folder.rsplit("/", 2)[:2], "same_init")
        return {folder: densities[level]}
    return {}


def _of_levels(recipe, rules, iterations):
    """Densities of all kernels, level by level."""
    small = attrs.evolve(recipe, validation_size=10, train_batch_size=10)
    model = from_recipe.model(recipe, from_recipe.dataset(small), quiet=True)
    whole = {name: np.ones(each.size) for name, each in model.masks.items()}
    total, masks = sum(each.size for each in whole.values()), whole
    levels = rules.levels(iterations)
    yield 1.0
    for level in range(1, levels + 1):
        before = whole if rules.one_shot else masks
        masks = dict(before)
        for layers, count in rules.kept(recipe, level, levels, before):
            together = np.arange(sum(masks[x].size for x in layers)) < count
            ends = np.cumsum([masks[x].size for x in layers])[:-1]
            masks |= zip(layers, np.split(together, ends), strict=True)
        yield sum(each.sum() for each in masks.values()) / total
