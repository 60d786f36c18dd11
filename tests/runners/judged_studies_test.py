"""Tests of runners/judged_studies.py."""

import numpy as np
import pandas as pd

from lottery_ticket.analysis import study_logs
from lottery_ticket.experiments.reproductions import claims, registry
from lottery_ticket.runners import judged_studies


def runs(names=("same_init", "reinit"), trials=5):
    """Digits as they came out: tickets hold, networks drawn anew do not."""
    reached = {
        names[0]: {1: 0.985, 0.173: 0.984, 0.0168: 0.98, 0.0137: 0.97},
        names[1]: {0.173: 0.98, 0.0168: 0.96, 0.0137: 0.9},
    }
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "experiment": experiment,
            "trial": trial,
            "density": density,
            "accuracy": accuracy + draw.normal(0, 0.001),
            "train_s": 1.0,
        }
        for experiment, of_levels in reached.items()
        for density, accuracy in of_levels.items()
        for trial in range(trials)
    )


def judged(tmp_path, table, scale="short"):
    logs = str(tmp_path / "logs")
    folder = judged_studies.log_folder(logs, scale, "digits")
    facts = {"runs": len(table), "processor": ["Any"], "trained_s": 36.0}
    study_logs.write(folder, {"runs": table}, facts)
    nowhere = str(tmp_path / "nowhere")
    return judged_studies.judge("digits", scale, nowhere, logs)


def verdicts(found):
    return [ruling.verdict for ruling in found.rulings.values()]


def test_claims_are_judged_by_their_logs(tmp_path):
    found = judged(tmp_path, runs())
    assert verdicts(found) == ["PASS"] * 3
    assert found.count("PASS") == 3
    assert not found.is_off
    text = judged_studies.text([found])
    assert "  PASS at_1: accuracy at 1.37 %, less reinit's" in text
    assert "n = 5" in text
    assert text.endswith("3 PASS, 0 OFF, 0 OPEN")


def test_tickets_and_reinit_swapped_are_off(tmp_path):
    found = judged(tmp_path, runs(("reinit", "same_init")))
    assert verdicts(found)[1:] == ["OFF"] * 2
    assert found.is_off


def test_too_few_trials_and_other_scales_are_open(tmp_path):
    found = judged(tmp_path, runs(trials=2))
    assert verdicts(found) == ["OPEN"] * 3
    found = judged(tmp_path, runs(), "smoke")
    assert verdicts(found) == ["OPEN"] * 3
    assert {x.why for x in found.rulings.values()} == {
        "not judged at the scale smoke"
    }


def test_fewer_trials_than_asked_for_are_open(tmp_path):
    table = runs(trials=4)
    found = judged(tmp_path, table)
    assert verdicts(found) == ["OPEN"] * 3
    assert {x.why for x in found.rulings.values()} == {"4 of 5 trials"}
    logs, nowhere = str(tmp_path / "logs"), str(tmp_path / "nowhere")
    asked = judged_studies.judge("digits", "short", nowhere, logs, trials=4)
    assert verdicts(asked) == ["PASS"] * 3


def test_nothing_and_a_claim_that_raises_are_open(tmp_path, monkeypatch):
    found = judged_studies.judge("digits", "short", str(tmp_path))
    assert verdicts(found) == ["OPEN"] * 3
    assert found.facts == {}

    def broken(_):
        raise KeyError("accuracy")

    study = registry.STUDIES["digits"]
    for name, measure in {"broken": broken, "no_series": lambda _: 1.0}.items():
        claim = claims.Claim(
            *("a", "b", measure, claims.near(0)), scales=("short",)
        )
        study = claims.with_claim(study, name, claim)
    monkeypatch.setitem(registry.STUDIES, "digits", study)
    found = judged(tmp_path, runs())
    assert verdicts(found) == ["PASS", "PASS", "PASS", "OPEN", "OPEN"]
    assert found.rulings["broken"].why == "KeyError: 'accuracy'"
    assert found.rulings["no_series"].why.startswith("TypeError")


def test_a_page_has_all_that_was_run_and_names_the_rest(tmp_path):
    found = judged(tmp_path, runs())
    nothing = judged_studies.judge("lenet", "paper", str(tmp_path / "none"))
    page = judged_studies.page([found, nothing])
    assert "## At the scale `short`" in page
    assert "| `at_1`: accuracy at 1.37 %, less reinit's | fig. 4" in page
    assert "35 runs, 0.01 hours of training; processor Any" in page
    assert "`paper`" not in page
    assert "All claims of these are OPEN: `lenet`, `conv2`" in page
    for name in registry.STUDIES:
        assert f"`{name}`" in page
