"""Tests of experiments/reproductions/frankle_carbin.py."""

import pytest

from lottery_ticket.experiments.reproductions import frankle_carbin

STUDIES = frankle_carbin.STUDIES


@pytest.mark.parametrize(
    ("study", "claim", "low", "high"),
    [
        ("lenet", "sooner", 1.29, 1.93),  # 38 % sooner, a fifth of it.
        ("lenet", "sooner_than_reinit", 2.01, 3.01),
        ("lenet", "better", 0.3, float("inf")),
        ("lenet", "as_good", -0.5, 0.5),
        ("lenet", "one_shot_sooner", 1, float("inf")),
        ("lenet", "random_later", -float("inf"), 1),
        ("conv2", "sooner", 2.8, 4.2),
        ("conv2", "better", 2.9, 3.9),
        ("conv6", "better", 2.8, 3.8),
    ],
)
def test_ranges_are_what_is_printed_and_a_margin(study, claim, low, high):
    found = STUDIES[study].claims[claim]
    assert found.bound.low == pytest.approx(low)
    assert found.bound.high == pytest.approx(high)


def test_controls_are_run_at_the_levels_that_are_judged():
    # .8 ** level, about: 7 is 21 %, 15 is 3.6 %.
    for scale in ("paper", "short"):
        tickets, *branches = STUDIES["lenet"].steps[scale]
        assert "--iterations=15" in tickets.words
        for step in branches:
            [levels] = [x for x in step.words if x.startswith("--levels=")]
            assert {"7", "15"} <= {*levels.partition("=")[2].split(",")}
        assert "--experiment=oneshot,random" in branches[1].words


def test_tickets_come_before_their_controls():
    found = frankle_carbin.tickets("--recipe=mnist_fc", levels="1,2", runs=1)
    assert [step.runner for step in found] == ["lottery_experiment", "branch"]
    assert found[1].words == ("--experiment=reinit", "--levels=1,2", "--runs=1")
