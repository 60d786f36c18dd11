"""Tests of experiments/stages/mask_dynamics.py, on the bundled digits."""

import json
import re

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import (
    branch,
    gem_miner,
    instability,
    lottery_experiment,
    prune_at_init,
    supermask,
    train,
)
from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import (
    level_rules,
    recipe_changes,
    recipes,
    scoring,
)
from lottery_ticket.experiments.stages import mask_dynamics
from lottery_ticket.experiments.stages.gem import gem_search
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.foundations.training import programs, run_settings
from lottery_ticket.tests import planned, tiny

STATIC = recipes.Recipe(
    hidden_units=(12, 8),
    fractions={"layer*": 0.5},
    training_len="20it",
    test_interval=10,
    validate_interval=10,
    seed=1,
    jit=False,
)
RIGL = attrs.evolve(STATIC, hooks=("rigl:interval=5it",))
RST = attrs.evolve(STATIC, hooks=("rst",))
CHANGES = recipe_changes.RecipeChanges
RANDOM = scoring.Scoring(criterion="random")
ERK = prune_at_init.Target(0.2, "erk")


def prune(directory, recipe=RIGL, target=ERK, chosen=RANDOM):
    planned.run(
        prune_at_init.plan, str(directory), target, recipe, chosen, quiet=True
    )
    return str(directory)


def networks(directory):
    folders = ("first_masks", "masks", "initial", "final")
    return [
        save_restore.restore_network(f"{directory}/{each}") for each in folders
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run whose masks have changed."""
    return prune(tmp_path_factory.mktemp("results") / "rigl")


def test_what_hooks_cannot_see_is_refused():
    assert RIGL.settings()["hooks"] == ("rigl:interval=5it",)
    assert "hooks" not in STATIC.settings()
    with pytest.raises(ValueError, match="Received: strategy=mirrored"):
        recipes.Recipe(hooks=("set",), strategy="mirrored")
    with pytest.raises(ValueError, match="Received: dtype=mixed_float16"):
        recipes.Recipe(hooks=("ham",), dtype="mixed_float16")
    with pytest.raises(ValueError, match="Received: optimizer=compiled"):
        recipes.Recipe("own_model", optimizer="compiled", hooks=("rigl",))
    with pytest.raises(ValueError, match="interval must be above 0"):
        recipes.Recipe(hooks=("set:interval=0it",))
    with pytest.raises(ValueError, match="rigl and sign_in do not go together"):
        recipes.Recipe(hooks=("rigl", "sign_in"))


def test_updates_are_events_of_a_course():
    model = tiny.Model()
    usual = run_settings.Course()
    assert mask_dynamics.course(STATIC, model, 4, usual) is usual
    assert mask_dynamics.course(RIGL, model, 4, usual) is usual  # Dense.
    model.reset(masks=tiny.masks(), seed=1)
    for start, stop, expected in (
        ("0it", None, (5, 10)),
        ("1ep", "10it", (5,)),
        ("5it", None, (10,)),
    ):
        given = run_settings.Course(start)
        found = mask_dynamics.course(RIGL, model, 4, given, stop)
        assert found.event_iterations == expected
    by_epoch = attrs.evolve(RIGL, hooks=("rigl:interval=1ep",))
    found = mask_dynamics.course(by_epoch, model, 4, run_settings.Course())
    assert found.event_iterations == (4, 8, 12)
    with pytest.raises(ValueError, match="is after 15 iterations, .* 15 on"):
        late = attrs.evolve(RIGL, hooks=("rigl:interval=15it",))
        mask_dynamics.course(late, model, 4, run_settings.Course())


def test_updates_that_lie_before_a_run_are_warned_of(caplog):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    mask_dynamics.course(RIGL, model, 4, run_settings.Course("12it"))
    assert "changes no mask of a run that begins at iteration 12" in caplog.text


def test_a_run_has_its_first_masks_beside_its_last(run, monkeypatch):
    first, last, initial, final = networks(run)
    for name, mask in last.items():
        assert mask.sum() == first[name].sum()
        assert not final[name][mask == 0].any()
        assert not initial[name][first[name] == 0].any()
    assert any((mask != first[name]).any() for name, mask in last.items())
    with open(f"{run}/run.json") as file:
        record = json.load(file)
    assert [each["iteration"] for each in record["events"]] == [5, 10]
    monkeypatch.setattr(programs.Program, "launch", None)
    prune(run)  # Complete.


def test_two_seeds_change_other_weights(run, tmp_path):
    other = prune(tmp_path / "x", attrs.evolve(RIGL, seed=2, init_seed=3))
    assert not np.array_equal(
        networks(other)[1]["layer0"], networks(run)[1]["layer0"]
    )


def test_the_same_run_once_more_has_the_same_bytes(run, tmp_path):
    planned.run(train.plan, str(tmp_path / "again"), ticket=run, quiet=True)
    found, expected = map(tiny.result_bytes, (tmp_path / "again", run))
    assert found == expected


def test_a_branch_trains_the_last_masks_as_they_are(run, tmp_path):
    static = CHANGES(hooks=("none",))
    planned.run(branch.plan, str(tmp_path / "b"), run, static, quiet=True)
    first, last, initial, _ = networks(run)
    masks, began = (
        save_restore.restore_network(f"{tmp_path}/b/{each}")
        for each in ("masks", "initial")
    )
    assert not (tmp_path / "b" / "first_masks").exists()
    for name, mask in last.items():
        np.testing.assert_array_equal(masks[name], mask)
        both = mask * first[name]
        np.testing.assert_array_equal(began[name], initial[name] * both)
    with pytest.raises(ValueError, match="once more"):
        planned.run(branch.plan, str(tmp_path / "c"), run, quiet=True)


def test_its_file_holds_the_last_masks(run, tmp_path):
    path = str(tmp_path / "x.ticket")
    ticket_file.write(path, run_tickets.of_run(run))
    found = ticket_file.read(path)
    for name, mask in networks(run)[1].items():
        np.testing.assert_array_equal(found.masks[name], mask)
    with pytest.raises(ValueError, match="not those it began with"):
        finished_runs.read(path).first_masks  # noqa: B018


def test_levels_are_pruned_from_the_last_masks(tmp_path, monkeypatch):
    def levels(name):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path / name),
            RIGL,
            iterations=2,
            quiet=True,
        )
        return [
            networks(paths.run(str(tmp_path / name), level, "same_init"))
            for level in range(3)
        ]

    found = levels("whole")
    dense = found[0]
    assert all(mask.all() for mask in dense[1].values())
    for before, after in zip(found, found[1:], strict=False):
        for name, mask in after[0].items():
            assert (mask <= before[1][name]).all()
            assert mask.sum() == after[1][name].sum() < before[1][name].sum()
            start = dense[2][name] * mask
            np.testing.assert_array_equal(after[2][name], start)
    moved = [(a[0][n] != a[1][n]).any() for a in found[1:] for n in a[0]]
    assert any(moved)
    with tiny.stopping(monkeypatch, 7):
        levels("stopped")
    levels("stopped")
    stopped, whole = (
        tiny.result_bytes(tmp_path / name) for name in ("stopped", "whole")
    )
    assert stopped == whole
    monkeypatch.setattr(programs.Program, "launch", None)
    levels("whole")


def refusals(run):
    density = prune_at_init.Target(1.0)
    two_of_four = scoring.Scoring(granularity="2:4")
    holds = level_rules.LevelRules(mask_0_action="freeze_init")
    search = gem_search.GemSearch(density=0.1)
    changes = CHANGES()
    return [
        (train.plan, {"recipe": RIGL}, "Without masks"),
        (train.plan, {"recipe": RST}, "and hooks=rst is for masks that prune"),
        (
            prune_at_init.plan,
            {"target": prune_at_init.Target(0.5), "recipe": RST},
            "would prune after 90000 iterations, and the run has",
        ),
        (
            prune_at_init.plan,
            {"target": density, "recipe": RIGL},
            "These keep all weights, and hooks=rigl is for masks that prune",
        ),
        (
            prune_at_init.plan,
            {
                "target": prune_at_init.Target(),
                "recipe": RIGL,
                "scoring": two_of_four,
            },
            "expected granularity=weight. Received: 2:4",
        ),
        (
            lottery_experiment.plan,
            {"recipe": RIGL, "scoring": two_of_four},
            "expected granularity=weight",
        ),
        (
            lottery_experiment.plan,
            {"recipe": RIGL, "rules": holds},
            "mask_0_action=freeze_init holds pruned weights",
        ),
        (
            lottery_experiment.plan,
            {"recipe": RIGL, "iterations": 0},
            "Level 0 keeps all",
        ),
        (
            lottery_experiment.plan,
            {
                "recipe": RIGL,
                "presets": paths.initial(run),
                "rules": level_rules.LevelRules(one_shot=True),
            },
            "one_shot prunes by the mask that level 0 begins with",
        ),
        (supermask.plan, {"recipe": RIGL}, "supermask trains none"),
        (
            gem_miner.plan,
            {"recipe": RIGL, "search": search},
            "trains the mask that it finds",
        ),
        (
            instability.plan,
            {"ticket": run, "changes": changes, "iteration": "0it"},
            "end under two masks",
        ),
    ]


def test_what_makes_no_sense_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(programs.Program, "launch", None)
    for plan, arguments, message in refusals(run):
        with pytest.raises(ValueError, match=re.escape(message)):
            planned.run(plan, str(tmp_path / "x"), **arguments, quiet=True)
