"""Tests of experiments/reproductions/registry.py: each study keeps its form."""

import pathlib

import pytest

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.experiments.reproductions import (
    claims,
    registry,
    study_sweeps,
)
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands, reproduce, sweep_names

STUDIES = registry.STUDIES.items()
DOCS = pathlib.Path(registry.__file__).parents[2] / "docs"
each_study = pytest.mark.parametrize(
    ("name", "study"), STUDIES, ids=dict(STUDIES)
)


@each_study
def test_a_study_says_what_it_is_of(name, study):
    assert name.isidentifier()
    assert name != "all"
    assert (DOCS / study.page).exists()
    assert study.data is None or study.data in datasets.DATASETS
    assert study.trials >= 3
    assert set(study.steps) <= set(claims.SCALES)
    assert set(study.steps) - {claims.SMOKE}
    assert study.claims


@each_study
def test_claims_are_judged_at_a_scale_that_their_study_has(name, study):
    for claim in study.claims.values():
        assert set(claim.scales) & set(study.steps), name
        assert claim.bound.low < claim.bound.high
        assert claim.text and claim.source and claim.bound.published


@pytest.mark.slow
@each_study
def test_lines_are_flags_of_their_runner(name, study, tmp_path):
    for scale in study.steps:
        sweep = study_sweeps.StudySweep((name,), scale, str(tmp_path), 1, "d")
        for step in sweep.steps():
            assert step["argfile"] in sweep_names.argfiles()
            words = [f"--{key}={each}" for key, each in step["flags"].items()]
            command = commands.find(step["runner"])
            lines = reproduce.lines(step["argfile"], words, command)
            for line in lines[:2]:
                flags.bind(command, line.words)
