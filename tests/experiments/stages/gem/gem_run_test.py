"""Tests of experiments/stages/gem/gem_run.py: settings, folders, checks."""

import dataclasses
import json

import pytest

from lottery_ticket.experiments.settings import recipe_changes
from lottery_ticket.foundations.values import fields
from lottery_ticket.tests.experiments.stages.gem import small


def test_all_settings_are_json_and_have_every_flag(tmp_path):
    gem = small.gem(tmp_path, checks=("mask_shuffle",))
    settings = gem.settings()
    assert json.loads(json.dumps(settings))["experiment"] == "gem_miner"
    parts = map(fields.as_dict, (gem.tuning, gem.checks))
    for part in (gem.recipe.settings(), gem.search.settings(), *parts):
        assert part.items() <= settings.items()
    assert settings["density"] == 0.25
    assert settings["evaluation_samples"] == 1


def test_a_run_is_recorded_with_the_recipe_that_trains_it(tmp_path):
    gem = small.gem(tmp_path)
    for settings, recipe in (
        (gem.search_settings(), gem.recipe),
        (gem.tuning_settings(), gem.tuned_recipe()),
    ):
        read = json.loads(json.dumps(settings))
        assert recipe_changes.apply(recipe_changes.UNCHANGED, read) == recipe
    assert gem.search_settings()["experiment"] == "gem_search"
    assert (gem.recipe.lr, gem.tuned_recipe().lr) == (0.1, 0.01)


@pytest.mark.parametrize("changed", [{"density": 0.5}, {"mask_seed": 3}])
def test_no_two_masks_have_the_same_settings(tmp_path, changed):
    one, other = small.gem(tmp_path), small.gem(tmp_path, **changed)
    assert one.search_settings() != other.search_settings()
    assert one.tuning_settings() != other.tuning_settings()


def test_checks_leave_the_gem_itself_as_it_is(tmp_path):
    one = small.gem(tmp_path)
    other = small.gem(tmp_path, checks=("weight_reinit", "score_inversion"))
    assert one.settings() != other.settings()
    assert one.search_settings() == other.search_settings()
    assert one.tuning_settings() == other.tuning_settings()
    check = other.tuning_settings("weight_reinit")
    assert check["sanity_check"] == "weight_reinit"


def test_the_inverted_search_is_another_one(tmp_path):
    gem = small.gem(tmp_path, checks=("score_inversion",))
    inverted = gem.inverted()
    assert inverted.search_directory == f"{tmp_path}/score_inversion/search"
    assert inverted.search_settings()["is_inverted"] is True
    assert gem.search_settings()["is_inverted"] is False
    assert inverted.checks.sanity_checks == ()


def test_the_dense_network_is_trained_as_the_recipe_says(tmp_path):
    gem = small.gem(tmp_path, algo="wt", tuning={})
    assert gem.tuned_recipe() == gem.recipe


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            {"algo": "wt", "tuning": {"fine_tune_lr": 0.1}},
            "algo=wt is trained as the recipe says, .* Received: fine_tune_lr",
        ),
        *(
            (
                {"algo": algo, "tuning": {"skip_fine_tune": True}},
                f"mask of algo={algo} is saved with the fine-tuned network",
            )
            for algo in ("sr", "random", "imp")
        ),
        (
            {
                "changes": {"hooks": "ham"},
                "tuning": {"skip_fine_tune": True},
            },
            "with skip_fine_tune none are: .* Received: hooks=ham",
        ),
        ({"prune_period": 5}, "more than 5 epochs. Received: 5"),
        ({"algo": "imp", "prune_period": 6}, "prune_period=6 epochs, and tra"),
        ({"algo": "hc", "drop_bottom_half": True}, "it needs presets"),
        (
            {"concrete": {"search_lr": 0.2}},
            "search_lr is for algo=concrete. Received: search_lr=0.2 with algo="
            "hc_iter",
        ),
        (
            {"algo": "concrete", "tuning": {"fine_tune_lr": 0.1}},
            "algo=concrete is trained as the recipe says, .*: fine_tune_lr",
        ),
        (
            {"algo": "concrete", "concrete": {"start_iteration": "1ep"}},
            "start_iteration is of presets, .* Received: 1ep",
        ),
        (
            {"algo": "concrete", "changes": {"dtype": "mixed_float16"}},
            "whole and not scaled. Received: dtype=mixed_float16",
        ),
        (
            {"algo": "gaussian", "concrete": {"temperature": 0.5}},
            "temperature is for algo=concrete. .* with algo=gaussian",
        ),
        (
            {"algo": "gaussian", "evaluation_samples": 5},
            "evaluation_samples is for algo=hc",
        ),
        ({"algo": "concrete", "density": 1}, "needs a density below 1"),
        (
            {"algo": "concrete", "score_init": "unif"},
            "score_init is for algo=hc or .* with algo=concrete",
        ),
        (
            {"algo": "ep", "checks": ("score_inversion",)},
            "score_inversion is for algo=hc_iter",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_before_any_work(
    tmp_path, flags, message
):
    with pytest.raises(ValueError, match=message):
        small.gem(tmp_path, **flags)


def test_settings_of_soft_masks_are_those_of_their_search_alone(tmp_path):
    """Results of all other searches have none of them, as before."""
    flags = {"search_lr": 0.5, "search_len": "3ep"}
    soft = small.gem(tmp_path, algo="concrete", concrete=flags)
    other = small.gem(tmp_path)
    new = {
        *("objective", "temperature", "sparsity_control", "density_slack"),
        *("balance_decay", "density_estimate", "search_optimizer"),
        *("search_lr", "search_len", "search_drop"),
    }
    for of in ("settings", "search_settings", "tuning_settings"):
        assert new <= getattr(soft, of)().keys()
        assert not {*new, "start_iteration"} & getattr(other, of)().keys()
    assert soft.settings()["lr"] == 0.1
    assert soft.search_settings()["lr"] == 0.5
    assert soft.search_settings()["search_len"] == "3ep"
    assert soft.tuning_settings()["start_iteration"] == "0it"
    assert soft.tuned_recipe() == soft.recipe
    assert soft.norm_statistics == "recomputed"
    given = [key for key in soft.settings() if key.startswith("fine_tune")]
    assert not given


def test_gates_have_a_penalty_and_the_flags_of_fine_tuning(tmp_path):
    gated = small.gem(tmp_path, algo="gaussian", tuning={"fine_tune_lr": 0.5})
    other = small.gem(tmp_path)
    for of in ("settings", "search_settings", "tuning_settings"):
        assert getattr(gated, of)()["gate_penalty"] == 1.0
        assert getattr(other, of)()["gate_penalty"] is None
    assert gated.tuned_recipe().lr == 0.5
    assert gated.search_recipe() == gated.recipe
    for of in ("settings", "tuning_settings"):
        assert getattr(gated, of)()["norm_statistics"] == "recomputed"
        assert getattr(other, of)()["norm_statistics"] == "search"


def test_a_rate_that_is_the_recipes_is_the_usual_one(tmp_path):
    usual, given = (
        small.gem(tmp_path, algo="concrete", concrete=flags)
        for flags in ({}, {"search_lr": 0.1, "density_slack": 1.1})
    )
    assert usual.settings() == given.settings()


def test_weights_are_saved_on_the_way_where_they_are_trained(tmp_path):
    dense = small.gem(tmp_path, algo="wt", tuning={})
    saved = dataclasses.replace(
        dense, save_iterations=("1 ep", ("iterations", 5))
    )
    assert saved.save_iterations == ("1ep", "5it")
    for of in ("settings", "tuning_settings"):
        plain = getattr(dense, of)()
        assert "save_iterations" not in plain
        assert getattr(saved, of)() == {
            **plain,
            "save_iterations": ["1ep", "5it"],
        }
    with pytest.raises(ValueError, match="algo=wt, .* 1ep with algo=hc_iter"):
        dataclasses.replace(small.gem(tmp_path), save_iterations="1ep")


def test_an_unknown_policy_is_named(tmp_path):
    with pytest.raises(ValueError, match="Unknown on_collapse 'go'"):
        dataclasses.replace(small.gem(tmp_path), on_collapse="go")


@pytest.mark.parametrize(
    ("found", "algo", "message"),
    [
        ("run.json", "imp", "holds scores, which are not of algo=imp"),
        ("checkpoint.bin", "sr", "holds scores, which are not of algo=sr"),
        ("0", "hc_iter", "holds rounds of imp, which are not of algo=hc_iter"),
        ("0", "random", "holds rounds of imp"),
    ],
)
def test_a_search_of_another_kind_is_never_mixed_with(
    tmp_path, found, algo, message
):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / found).write_text("")
    with pytest.raises(ValueError, match=message):
        small.gem(tmp_path, algo=algo).check_free()


@pytest.mark.parametrize("found", ["run.json", "checkpoint.bin"])
def test_a_mask_alone_comes_to_no_trained_network(tmp_path, found):
    (tmp_path / found).write_text("")
    gem = small.gem(tmp_path, tuning={"skip_fine_tune": True})
    with pytest.raises(ValueError, match=f"trained network .{found}., and sk"):
        gem.check_free()


def test_results_of_unknown_origin_are_found_before_any_work(tmp_path):
    (tmp_path / "final").mkdir()
    with pytest.raises(ValueError, match="results of unknown origin"):
        small.train(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


@pytest.mark.parametrize(
    ("found", "algo"), [("run.json", "ep"), ("0", "imp"), (".lock", "sr")]
)
def test_a_search_of_the_same_kind_goes_on(tmp_path, found, algo):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / found).write_text("")
    small.gem(tmp_path, algo=algo).check_free()
    small.gem(tmp_path / "new", algo=algo).check_free()
