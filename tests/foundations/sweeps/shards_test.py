"""Tests of foundations/sweeps/shards."""

import re

import hypothesis
import pytest
from hypothesis import strategies

from lottery_ticket.foundations.sweeps import shards

SLURM = {"ID": "7", "MIN": "1", "MAX": "9", "COUNT": "5", "STEP": "2"}
INDEX = "JOB_COMPLETION_INDEX"


def _slurm(**changes):
    found = {**SLURM, **changes}
    return {f"SLURM_ARRAY_TASK_{name}": x for name, x in found.items() if x}


@hypothesis.given(
    total=strategies.integers(0, 50), count=strategies.integers(1, 60)
)
def test_shards_have_every_line_once_and_stay_what_they_are(total, count):
    lines = list(range(total))
    parts = [
        shards.parse(f"{index}/{count}", {}).of(lines)
        for index in range(1, count + 1)
    ]
    assert sorted(sum(parts, [])) == lines
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    longer = shards.parse(f"1/{count}", {}).of([*lines, "one more"])
    assert longer[: len(parts[0])] == parts[0]


def test_by_default_and_with_leases_a_sweep_has_all_lines():
    assert shards.parse(None, {}) == shards.Shard()
    leased = shards.parse("leases", {})
    assert leased.is_leased and leased.of([1, 2]) == [1, 2]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (_slurm(), "shard 4 of 5 by SLURM_ARRAY_TASK_ID: "),
        (_slurm(ID="1"), "shard 1 of 5 by SLURM_ARRAY_TASK_ID: "),
        (
            _slurm(ID="0", MIN="0", MAX="4", STEP=None),
            "shard 1 of 5 by SLURM_ARRAY_TASK_ID: ",
        ),
        (
            {INDEX: "2", "JOB_COMPLETIONS": "8"},
            "shard 3 of 8 by JOB_COMPLETION_INDEX: ",
        ),
    ],
)
def test_auto_goes_by_variables_of_the_cluster(variables, expected):
    assert shards.parse("auto", variables).text == expected


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({}, "neither SLURM_ARRAY_TASK_ID, .* nor JOB_COMPLETION_INDEX"),
        ({"SLURM_JOB_ID": "3"}, "neither SLURM_ARRAY_TASK_ID"),
        (_slurm(COUNT=None), "a number in SLURM_ARRAY_TASK_COUNT.*None"),
        (_slurm(COUNT="4"), "without gaps.* Its 4 tasks go from 1 to 9"),
        (_slurm(STEP="1"), "without gaps"),
        (_slurm(STEP="0"), "without gaps"),
        (_slurm(ID="11"), "makes this shard 6, of 5"),
        ({INDEX: "2"}, "a number in JOB_COMPLETIONS.*None"),
        ({INDEX: "2", "JOB_COMPLETIONS": "$(N)"}, "a number in JOB_COMPL"),
        ({INDEX: "8", "JOB_COMPLETIONS": "8"}, "makes this shard 9, of 8"),
    ],
)
def test_variables_that_say_no_shard_are_refused(variables, error):
    with pytest.raises(ValueError, match=error) as refusal:
        shards.parse("auto", variables)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "flag", ["0/8", "9/8", "3", "3/", "1/0", "-1/8", "a/b", "lease", "1/2/3"]
)
def test_what_is_no_shard_is_refused(flag):
    with pytest.raises(ValueError, match=re.escape(f"Received: {flag!r}")):
        shards.parse(flag, {})
