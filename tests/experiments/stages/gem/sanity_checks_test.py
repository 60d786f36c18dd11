"""Tests of experiments/stages/gem/sanity_checks.py: their flags."""

import pytest

from lottery_ticket.experiments.settings import fine_tuning
from lottery_ticket.experiments.stages.gem import (
    gem_search,
    gem_stages,
    sanity_checks,
)
from lottery_ticket.foundations.values import fields

SEARCH = gem_search.GemSearch(density=0.05)
TUNING = fine_tuning.FineTuning()


def test_checks_are_names():
    checks = sanity_checks.SanityChecks(["mask_shuffle"])
    assert checks.sanity_checks == ("mask_shuffle",)
    assert checks == sanity_checks.SanityChecks("mask_shuffle")
    checks = sanity_checks.SanityChecks([*gem_stages.CHECKS], "kaiming_normal")
    checks.check(SEARCH, TUNING)
    assert fields.as_dict(checks) == {
        "sanity_checks": tuple(gem_stages.CHECKS),
        "reinit_init": "kaiming_normal",
    }


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"sanity_checks": ("mask_shufle",)}, "Did you mean 'mask_shuffle'"),
        ({"sanity_checks": ("mask_shuffle",) * 2}, "each sanity check once"),
        ({"reinit_init": "standard"}, "is for sanity_checks=weight_reinit"),
        (
            {"sanity_checks": ("weight_reinit",), "reinit_init": "kaiming"},
            "Unknown reinit_init 'kaiming'",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        sanity_checks.SanityChecks(**flags)


@pytest.mark.parametrize(
    ("check", "search", "tuning", "message"),
    [
        ("mask_shuffle", {"algo": "wt"}, {}, "algo=wt has none"),
        (
            "weight_reinit",
            {"density": 0.1},
            {"skip_fine_tune": True},
            "skip_fine_tune has none",
        ),
        (
            "score_inversion",
            {"algo": "ep", "density": 0.1},
            {},
            "score_inversion is for algo=hc_iter, .* Received: algo=ep",
        ),
        (
            "score_inversion",
            {"prune_scope": "threshold"},
            {},
            "Received: algo=hc_iter, prune_scope=threshold",
        ),
        (
            "score_inversion",
            {"density": 0.1, "unflag": False},
            {},
            "with unflag=False the mask is those above .* keep nothing",
        ),
        (
            "weight_reinit",
            {"density": 0.1, "init": "unsigned_constant"},
            {},
            "draws the same again from init=unsigned_constant",
        ),
    ],
)
def test_checks_must_fit_the_search(check, search, tuning, message):
    checks = sanity_checks.SanityChecks((check,))
    with pytest.raises(ValueError, match=message):
        checks.check(
            gem_search.GemSearch(**search), fine_tuning.FineTuning(**tuning)
        )


@pytest.mark.parametrize(
    ("init", "reinit_init"),
    [
        ("unsigned_constant", "kaiming_normal"),
        ("kaiming_normal", "unsigned_constant"),
        (None, "unsigned_constant"),
    ],
)
def test_another_draw_is_a_check(init, reinit_init):
    search = gem_search.GemSearch(density=0.1, init=init).resolved(0)
    checks = sanity_checks.SanityChecks("weight_reinit", reinit_init)
    checks.check(search, TUNING)


def test_no_check_fits_everything():
    search = gem_search.GemSearch("wt")
    sanity_checks.SanityChecks().check(search, TUNING)
