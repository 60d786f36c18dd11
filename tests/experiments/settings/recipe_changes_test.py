"""Tests of experiments/settings/recipe_changes.py."""

import json

import attrs
import hypothesis
import pytest
from hypothesis import strategies as st

from lottery_ticket.experiments.settings import recipe_changes, recipes
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.values import fields, seeds

# Whole groups of settings that go together.
GIVEN = [
    {},
    {"seed": 3},
    {"seed": 3, "split_seed": 5},
    {"lr": 0.5, "subset": 0.5},
    {"subset": 100, "image_size": 9},
    {"dataset": "digits"},
    {"dataset": "mnist", "validation_size": 5000},
    {"model": "conv6"},
    {"model": "fc"},
    {"model": "fc", "hidden_units": (9,), "fractions": {"*": 0.1}},
    {"model": "conv2", "fractions": {"conv*": 0.1, "logits": 0.1}},
    {"model": "resnet20", "dataset": "cifar100"},
    {"optimizer": "adam"},
    {"optimizer": "nesterov", "momentum": 0.5},
    {"schedule": "cosine", "warmup": "2ep"},
    {"schedule": "constant"},
    {"schedule": "piecewise", "lr_drops": ("1ep", "2ep")},
    {"weight_decay": 0.1, "decoupled_weight_decay": True, "jit": False},
]


def made(name, *given):
    """A recipe of several groups, where they go together."""
    try:
        return recipes.Recipe(name, **{k: g[k] for g in given for k in g})
    except ValueError:
        hypothesis.reject()


def recorded(recipe):
    """A run's settings, as run.json gives them back."""
    settings = {**recipe.settings(), "experiment": "x", "level": 3}
    return json.loads(json.dumps(settings))


def changed(recipe, /, **given):
    changes = recipe_changes.RecipeChanges(**given)
    return recipe_changes.apply(changes, recorded(recipe))


@pytest.mark.parametrize("name", recipes.RECIPES)
@hypothesis.given(st.sampled_from(GIVEN), st.sampled_from(GIVEN))
@hypothesis.settings(max_examples=6)
def test_without_a_change_every_recipe_comes_back(name, first, second):
    recipe = made(name, first, second)
    assert changed(recipe) == recipe
    settings = recorded(recipe)
    assert recipe_changes.differing(recipe.settings(), settings) == []
    own = {field: settings[field] for field in recipe.settings()}
    assert changed(recipe, **own) == recipe  # Given, but as it was.


@pytest.mark.parametrize("name", recipes.RECIPES)
@hypothesis.given(st.sampled_from(GIVEN))
@hypothesis.settings(max_examples=6)
def test_changes_make_what_the_recipe_makes_of_them(name, given):
    assert changed(recipes.Recipe(name), **given) == recipes.Recipe(
        name, **given
    )


@hypothesis.given(
    *[st.sampled_from(list(recipes.RECIPES))] * 2,
    *[st.sampled_from(GIVEN)] * 2,
    st.integers(0, 9),
)
def test_another_recipe_keeps_the_seeds_only(name, other, before, given, seed):
    hypothesis.assume(name != other)
    recipe = made(name, before, {"seed": seed, "split_seed": 7})
    expected = made(other, {"seed": seed, "split_seed": 7}, given)
    assert changed(recipe, recipe=other, **given) == expected


def test_what_is_not_given_stays():
    recipe = recipes.Recipe(
        "cifar10_resnet20", lr=0.5, optimizer="nesterov", momentum=0.5
    )
    found = changed(recipe, training_len="9it", optimizer="momentum")
    assert found == attrs.evolve(
        recipe, training_len="9it", optimizer="momentum"
    )


def test_what_goes_with_a_setting_goes_with_it():
    recipe = recipes.Recipe(
        "cifar10_vgg19",
        momentum=0.5,
        lr_drop_factor=0.5,
        validation_size=7,
        fractions={"conv*": 0.5},
    )
    found = changed(
        recipe,
        optimizer="adam",
        schedule="cosine",
        dataset="cifar100",
        model="resnet20",
    )
    assert (found.momentum, found.lr_drops) == (None, ())
    assert (found.lr_drop_factor, found.validation_size) == (None, None)
    assert (found.last_pooling, found.fractions) == (None, {"*conv*": 0.2})


def test_seeds_follow_the_master_seed_unless_they_were_given():
    recipe = recipes.Recipe(seed=1, init_seed=5)
    found = changed(recipe, seed=2)
    assert (found.seed, found.init_seed) == (2, 5)
    assert found.split_seed == seeds.derive(2, "split")
    assert changed(recipe, init_seed=6) == recipes.Recipe(seed=1, init_seed=6)


def test_settings_of_before_a_flag_existed_take_the_usual():
    settings = recorded(recipes.Recipe("mnist_fc"))
    del settings["label_smoothing"]
    found = recipe_changes.apply(recipe_changes.UNCHANGED, settings)
    assert found == recipes.Recipe("mnist_fc")


def test_changes_that_do_not_fit_are_named():
    recipe = recipes.Recipe()
    with pytest.raises(ValueError, match="Did you mean 'mnist_fc'"):
        changed(recipe, recipe="mnist_f")
    with pytest.raises(ValueError, match="momentum is for optimizer="):
        changed(recipe, momentum=0.5)
    with pytest.raises(FileNotFoundError, match="No such file: gone.py"):
        changed(recipe, model="gone.py:build")


def test_a_model_of_ones_own_must_be_what_it_was(tmp_path):
    path, other = tmp_path / "net.py", tmp_path / "other.py"
    for file in (path, other):
        file.write_text("x = 1")
    recipe = recipes.Recipe(
        "own_model", model=f"{path}:f", dataset="digits", fractions={"*": 0.5}
    )
    settings = recorded(recipe)
    path.write_text("x = 1  # Said.")
    unchanged = recipe_changes.UNCHANGED
    assert recipe_changes.apply(unchanged, settings) == recipe
    path.write_text("x = 2")
    for given in ({}, {"model": f"{path}:f"}):
        changes = recipe_changes.RecipeChanges(**given)
        with pytest.raises(ValueError, match="net.py:f has changed since"):
            recipe_changes.apply(changes, settings)
    path.write_text('"""Doc."""\nx = 1')
    assert recipe_changes.apply(unchanged, settings) == recipe
    of_0_1_0 = {n: settings[n] for n in settings if n != "code"}
    with pytest.raises(ValueError, match="net.py:f has changed since"):
        recipe_changes.apply(unchanged, of_0_1_0)
    path.write_text("x = 1")
    assert recipe_changes.apply(unchanged, of_0_1_0) == recipe
    changes = recipe_changes.RecipeChanges(model=f"{other}:f")
    found = recipe_changes.apply(changes, settings)
    assert (found.model, found.fractions) == (f"{other}:f", {"*": 0.2})
    path.unlink()
    with pytest.raises(FileNotFoundError, match="No such file: .*net.py"):
        recipe_changes.apply(unchanged, settings)


def test_kinds_of_outputs_go_with_the_network(tmp_path):
    for name in ("net.py", "other.py"):
        (tmp_path / name).write_text("x = 1")
    recipe = recipes.Recipe(
        "own_model",
        model=f"{tmp_path}/net.py:f",
        dataset="digits",
        outputs="logits",
    )
    assert changed(recipe).outputs == "logits"
    assert changed(recipe, lr=0.1).outputs == "logits"
    for given in (
        {"model": "fc"},
        {"model": f"{tmp_path}/other.py:f"},
        {"outputs": "auto"},
    ):
        assert changed(recipe, **given).outputs == "auto"
    settings = changed(recipe, outputs="auto").settings()
    assert recipe_changes.differing(settings, recorded(recipe)) == ["outputs"]


def test_changes_are_flags_with_a_help():
    def run(changes: recipe_changes.RecipeChanges = recipe_changes.UNCHANGED):
        """Runs."""

    bound = flags.bind(run, ["--lr_drops=1ep,2ep", "--nojit", "--subset=5"])
    assert bound["changes"] == recipe_changes.RecipeChanges(
        lr_drops=("1ep", "2ep"), jit=False, subset=5
    )
    assert flags.bind(run, [])["changes"] == recipe_changes.UNCHANGED
    for name in fields.names_of(recipes.Recipe):
        assert f" {name}: " in recipe_changes.RecipeChanges.__doc__


def test_what_depends_is_a_setting():
    names = set(fields.names_of(recipes.Recipe))
    for name, dependent in recipe_changes.DEPENDENT.items():
        assert {name, *dependent} <= names


def test_hooks_are_inherited_and_can_be_taken_away():
    settings = json.loads(json.dumps(recipes.Recipe(hooks="ham").settings()))
    kept = recipe_changes.apply(recipe_changes.UNCHANGED, settings)
    assert kept.hooks == ("ham",)
    without = recipe_changes.RecipeChanges(hooks=())
    assert recipe_changes.apply(without, settings).hooks == ()
    of_0_1_0 = json.loads(json.dumps(recipes.Recipe().settings()))
    assert recipe_changes.differing({"hooks": ()}, of_0_1_0) == []


def test_what_a_recipe_records_no_more_is_a_change():
    plain = recipes.Recipe()
    for given in ({"hooks": "ham"}, {"task": "binary", "model": "fc"}):
        other = recipes.Recipe(**given)
        name = next(iter(given))
        assert name not in plain.settings()
        assert recipe_changes.changed(plain, recorded(other)) == [name]
        assert recipe_changes.changed(other, recorded(plain)) == [name]
        assert recipe_changes.changed(other, recorded(other)) == []
