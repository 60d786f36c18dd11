"""Tests of selection/doubts.py: what chance decides is said, and no more."""

import re

import numpy as np
import pytest

from lottery_ticket.foundations.selection import doubts, pruning, quotas


def layers(**arrays):
    return {name: np.array(each, np.float32) for name, each in arrays.items()}


def said(caplog, scores, kept, steps=1, rescored=None):
    """What is warned of; `rescored` are the scores of all steps but one."""
    masks = {
        name: np.ones(each.shape, np.uint8) for name, each in scores.items()
    }
    chance, rng = doubts.Chance("snip", masks), np.random.default_rng(0)
    for number, step in enumerate(quotas.in_steps(kept, masks, steps)):
        current = rescored if rescored and number else scores
        before = masks
        masks = pruning.prune_by_scores(step, before, current, rng=rng)
        chance.add(step, before, masks, current)
    chance.say(masks)
    return caplog.text


ONE = [quotas.Quota(("a",), 2)]
BOTH = [quotas.Quota(("a", "b"), 3)]


@pytest.mark.parametrize(
    ("scores", "kept", "message"),
    [
        (layers(a=[0, 0, 0, 0]), ONE, "scores of a: 2 of 2 .* stay (at 0)"),
        (layers(a=[1, 1, 1, 1]), ONE, "scores of a: 2 of 2 .* stay (at 1)"),
        (layers(a=[-np.inf] * 3), ONE, "1 of 1 .* (at -inf)"),
        (layers(a=[0, 0, 0, 5]), ONE, "scores of a: 2 of 2"),
        (layers(a=[[-1, 0], [0, 0]]), [quotas.Quota(("a",), 1)], "2 of 3"),
        (layers(a=[0, 0], b=[0, 0, 0]), BOTH, "of a, b: 2 of 2|of b: 2 of 2"),
        (layers(a=[7, 7], b=[0, 0, 0]), BOTH, "snip scores of b: 2 of 2"),
    ],
)
def test_scores_that_tie_are_warned_of(caplog, scores, kept, message):
    message = message.replace("(", r"\(").replace(")", r"\)")
    text = said(caplog, scores, kept)

    assert re.search(message, text), text
    assert "Chance decides" in text


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        (layers(a=[0, 0, 1, 1]), ONE),  # All that tie go.
        (layers(a=[0, 1, 2, 3]), ONE),
        (layers(a=[0, 1, 1, 2]), ONE),  # Half of those that go.
        (layers(a=[0, 0]), ONE),  # None goes.
        (layers(a=[0, 0]), [quotas.Quota(("a",), 0)]),  # All go.
        (layers(a=[0, 0], b=[1, 1, 1]), BOTH),
    ],
)
def test_scores_that_decide_are_not(caplog, scores, kept):
    assert said(caplog, scores, kept) == ""


def test_of_steps_what_is_left_in_the_end_counts(caplog):
    dead = layers(a=[0] * 6 + [1, 2, 3, 4])
    assert said(caplog, dead, [quotas.Quota(("a",), 4)], steps=5) == ""
    assert "5 of 5" in said(caplog, dead, [quotas.Quota(("a",), 5)], steps=5)


def test_equal_scores_at_first_count_though_later_ones_differ(caplog):
    start, later = layers(a=[1] * 8), layers(a=np.arange(8))
    text = said(caplog, start, [quotas.Quota(("a",), 4)], 2, later)
    assert "2 of 4" not in text  # Half, and no more.
    text = said(caplog, start, [quotas.Quota(("a",), 5)], 2, later)
    assert "2 of 3 weights that go tie" in text


def test_many_layers_are_not_all_listed(caplog):
    scores = layers(**{f"l{i}": [0, 0] for i in range(9)})
    text = said(caplog, scores, [quotas.Quota(tuple(scores), 17)])
    assert "l0, l1, l2, l3 and 5 more: 1 of 1" in text


def test_ties_that_are_no_chance_are_called_what_they_are(caplog):
    scores = layers(a=[0, 0, 0, 5])
    masks = {"a": np.ones(4, np.uint8)}
    ties = doubts.Chance("one-shot", masks, doubts.PLACE)
    after = pruning.prune_by_scores(ONE, masks, scores)
    ties.add(ONE, masks, after, scores)
    ties.say({"a": np.array([0, 0, 0, 1])})  # None of those that tied stays.
    assert caplog.text == ""
    ties.say(after)
    assert "one-shot scores of a: 2 of 2" in caplog.text
    assert "Their place decides between them" in caplog.text


@pytest.mark.parametrize(
    ("values", "is_said"),
    [([1, 1, 1], 1), ([0, 0, 2], 1), ([0, 0, 2, 3], 0), ([4], 0), ([], 0)],
)
def test_ranks_of_equal_values_are_warned_of(caplog, values, is_said):
    if values:
        doubts.warn_of_ranks("abs(initial)", {"a": np.array(values)})
    assert ("abs(initial) of a: most are equal" in caplog.text) == is_said


def test_layers_too_small_to_lose_a_weight_are_named(caplog):
    masks = {name: np.ones(size) for name, size in {"a": 4, "b": 3}.items()}
    kept = quotas.of_fractions({"a": 0.5, "b": 0.1}, masks)
    doubts.warn_of_whole(kept, masks, ["a", "b"], "level 3")
    assert "level 3: less than a whole weight would go" in caplog.text
    assert "of b (3)" in caplog.text and "a (" not in caplog.text
    caplog.clear()
    kept = quotas.of_fractions({"*": 0.01}, masks, "global")
    doubts.warn_of_whole(kept, masks, ["a", "b"], "level 1")
    assert "of a, b (7)" in caplog.text


@pytest.mark.parametrize("fraction", [0, 0.5, 1])
def test_a_fraction_of_none_or_of_whole_weights_is_not(caplog, fraction):
    masks = {"a": np.ones(4), "b": np.zeros(2)}
    kept = quotas.of_fractions({"*": fraction}, masks)
    doubts.warn_of_whole(kept, masks, ["a", "b"] if fraction else [], "level 1")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("density", "kept", "total", "is_off"),
    [
        (0.5, 5, 10, False),
        (0.37, 37, 101, False),
        (0.37, 4, 10, True),
        (0.01, 0, 30, True),
        (0.03, 8, 250, True),
        (0, 0, 10, False),
    ],
)
def test_a_density_that_weights_cannot_make_is_warned_of(
    caplog, capsys, density, kept, total, is_off
):
    masks = {"a": np.arange(total) < kept}
    doubts.say_density(density, masks, "level 2", quiet=False)
    assert ("level 2: density" in caplog.text) == is_off
    assert ("level 2: density" in capsys.readouterr().err) != is_off
    doubts.say_density(density, masks, "level 2", quiet=True)
    assert capsys.readouterr().err == ""


def test_groups_are_called_what_they_are(caplog):
    masks = {"x": np.ones(4, np.uint8)}
    kept = [quotas.Quota(("x",), 4)]
    doubts.warn_of_whole(kept, masks, ["x"], "level 1", "units")
    assert "less than a whole unit would go" in caplog.text
    chance = doubts.Chance("random", masks, noun="units")
    after = {"x": np.array([0, 0, 1, 1], np.uint8)}
    chance.add([quotas.Quota(("x",), 2)], masks, after, {"x": np.ones(4)})
    chance.say(after)
    assert "2 of 2 units that go tie with some that stay" in caplog.text


def test_names_are_listed_up_to_a_number():
    assert doubts.listed("abc") == "a, b, c"
    assert doubts.listed("abcdefg") == "a, b, c, d and 3 more"
