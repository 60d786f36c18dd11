"""Tests of experiments/settings/recipes.py."""

import json

import attrs
import pytest

from lottery_ticket.experiments.settings import model_settings, recipes
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import sealed
from lottery_ticket.foundations.training import schedules
from lottery_ticket.foundations.values import (
    fields,
    names_0_1_0,
    seeds,
    steps,
)

MAY_BE_NONE = {
    "data_dir",
    "image_size",
    "subset",
    "momentum",
    "epsilon",
    "lr_drop_factor",
    "jit",
    *model_settings.OPTIONS,
}
# What own_model leaves to the user.
LEFT_OPEN = {"dataset", "model", "validation_size"}


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_states_its_source_and_what_to_expect(name):
    settings = recipes.RECIPES[name]
    assert settings["source"] and settings["expect"]
    known = {*fields.names_of(recipes.Recipe), "source", "expect"}
    assert set(settings) <= known


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_is_complete(name):
    recipe = recipes.Recipe(name)
    for field in attrs.fields(recipes.Recipe):
        is_set = getattr(recipe, field.name) is not None
        is_left_open = name == "own_model" and field.name in LEFT_OPEN
        assert is_set or field.name in MAY_BE_NONE or is_left_open
    assert json.loads(json.dumps(recipe.settings()))


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_settings_make_the_same_recipe(name):
    recipe = recipes.Recipe(name, subset=0.5)
    read = json.loads(json.dumps(recipe.settings()))
    assert recipes.Recipe(**read) == recipe
    assert attrs.evolve(recipe, lr=recipe.lr) == recipe


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_is_in_the_help(name):
    stem = name
    endings = ("_dropout", "_low_lr", "_warmup", "_zhou", "_supermask", "_gem")
    for ending in endings:
        assert ending in recipes.Recipe.__doc__
        stem = stem.removesuffix(ending)
    assert stem in recipes.Recipe.__doc__


def test_every_field_is_in_the_help():
    for name in fields.names_of(recipes.Recipe):
        assert f" {name}: " in recipes.Recipe.__doc__


def test_what_is_given_wins():
    recipe = recipes.Recipe("mnist_fc", lr=0.5, permute_labels=True)
    assert recipe.lr == 0.5
    assert recipe.permute_labels is True
    assert recipe.optimizer == "adam"


def test_seeds_derive_from_the_master_seed_unless_given():
    recipe = recipes.Recipe(seed=3, split_seed=5)
    assert recipe.init_seed == seeds.derive(3, "init")
    assert recipe.train_order_seed == seeds.derive(3, "train_order")
    assert recipe.augment_seed == seeds.derive(3, "augment")
    assert recipe.split_seed == 5
    assert len({recipe.init_seed, recipe.train_order_seed}) == 2
    assert recipes.Recipe(seed=4).init_seed != recipe.init_seed


def test_where_the_data_lies_is_no_setting():
    one, other = (recipes.Recipe(data_dir=name) for name in "ab")
    assert one.settings() == other.settings()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recipe": "mnist"}, "Unknown recipe 'mnist'. Did you mean 'mnist_fc"),
        ({"dataset": "mnits"}, "Unknown dataset 'mnits'. Did you mean 'mnist'"),
        ({"model": "fcc"}, "Unknown model 'fcc'. Did you mean 'fc'"),
        ({"optimizer": "adma"}, "Did you mean 'adam'"),
        ({"normalization": "L2"}, "Unknown normalization 'L2'"),
        ({"augmentation": "flop"}, "Did you mean 'flip'"),
        ({"scope": "globl"}, "Did you mean 'global'"),
        ({"dtype": "mixed_16"}, "Did you mean 'mixed_float16'"),
        ({"strategy": "mirror"}, "Did you mean 'mirrored'"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'"),
        ({"lr": 0.0}, "lr must be a number, above 0"),
        (
            {"train_batch_size": 0},
            "train_batch_size must be an integer, at least",
        ),
        (
            {"validation_size": -1},
            "validation_size must be a number, at least 0",
        ),
        ({"test_interval": 0}, "test_interval must be an integer, at least 1"),
        ({"validate_interval": 0}, "validate_interval must be an integer, at"),
        ({"image_size": 0}, "image_size must be an integer, at least 1"),
        ({"subset": 0.0}, "subset must be a number, above 0"),
        ({"subset": 2.5}, "subset must be at most 1, a fraction, or a whole"),
        (
            {"random_labels": 1.5},
            "random_labels must be a number, .* at most 1",
        ),
        ({"label_smoothing": 1.0}, "label_smoothing must be .* below 1"),
        ({"weight_decay": -1.0}, "weight_decay must be a number, at least 0"),
        ({"seed": -1}, "seed must be an integer, at least 0"),
        ({"augment_seed": -1}, "augment_seed must be .* below 2147483648"),
        (
            {"hidden_units": (300, 0)},
            "hidden_units must be an integer, at least 1",
        ),
        ({"hidden_units": (300,)}, "give their fractions too"),
        ({"hidden_units": ()}, "give their fractions too"),
        ({"model": "fc", "hidden_units": (9,)}, "give their fractions too"),
        ({"model": "a.py:1"}, "as path/to/file.py:function. Received: a.py:1"),
        ({"model": "a:make"}, "as path/to/file.py:function"),
        ({"model": "a.py:b", "width": 2.0}, "width cannot be given with"),
        ({"width": 2.0}, "Model 'fc' takes no option 'width'"),
        ({"width": 0.0}, "width must be a number, above 0"),
        ({"dropout": 1.0}, "dropout must be .* below 1"),
        ({"momentum": 0.5}, "momentum is for .*=0.5 with optimizer=adam"),
        (
            {"optimizer": "nesterov", "momentum": 1.0},
            "momentum must be .* below 1",
        ),
        (
            {"optimizer": "sgd", "epsilon": 1e-8},
            "epsilon is for optimizer=adam or rmsprop. .* with optimizer=sgd",
        ),
        ({"epsilon": 0.0}, "epsilon must be a number, at least 1.2e-38"),
        ({"lr_drops": ("9it",)}, "needs lr_drops"),
        ({"schedule": "piecewise"}, "needs lr_drops"),
        ({"lr_drop_factor": 0.5}, "lr_drop_factor is for schedule=piecewise"),
        ({"warmup": "9"}, "A length must be"),
        ({"training_len": "500"}, "A length must be"),
        ({"training_len": "0ep"}, "training_len must be above 0"),
        (
            {"fractions": {"layer0": 2.0}},
            "fractions of 'layer0' must be .* at most 1",
        ),
        ({"scope": "global"}, "above 0 must be the same"),
    ],
)
def test_settings_that_do_not_fit_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        recipes.Recipe(**given)


def test_other_layers_with_their_fractions_are_fine():
    recipe = recipes.Recipe(hidden_units=(9,), fractions={"layer1": 0.5})
    assert recipe.fractions == {"layer1": 0.5}


def test_another_model_brings_its_fractions_and_scope():
    recipe = recipes.Recipe("mnist_fc", model="conv6")
    assert recipe.fractions == {"conv*": 0.15, "dense*": 0.2, "logits": 0.1}
    assert recipe.hidden_units is None
    recipe = recipes.Recipe("cifar10_resnet20", model="fc")
    assert (recipe.scope, recipe.hidden_units) == ("layerwise", (300, 100))
    recipe = recipes.Recipe("mnist_fc", model="vgg19", fractions={"*": 0.1})
    assert (recipe.fractions, recipe.scope) == ({"*": 0.1}, "global")
    recipe = recipes.Recipe("mnist_fc", model="resnet56")
    assert (recipe.fractions, recipe.scope) == ({"*conv*": 0.2}, "global")
    recipe = recipes.Recipe("cifar10_vgg19", model="mobilenet_v2")
    assert (recipe.fractions, recipe.scope) == ({"*conv*": 0.2}, "global")


def test_gems_say_nothing_of_other_networks():
    """Their norms are not affine, which is no other recipe's choice."""
    recipe = recipes.Recipe("cifar10_vgg19", model="wide_resnet28")
    assert (recipe.affine, recipe.use_bias) == (None, None)
    assert recipe.fractions == {"*conv*": 0.2}
    recipe = recipes.Recipe("cifar10_resnet20_gem", model="vgg16")
    assert (recipe.affine, recipe.use_bias) == (False, False)


def test_the_model_options_are_those_that_are_given():
    assert recipes.Recipe("cifar10_conv2").model_options() == {}
    recipe = recipes.Recipe("cifar10_conv2_dropout", width=2.0)
    assert recipe.model_options() == {"width": 2.0, "dropout": 0.5}
    recipe = recipes.Recipe(hidden_units=[9, 8])
    assert recipe.model_options() == {"hidden_units": (9, 8)}


def test_a_users_model_is_pruned_everywhere(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def make(): pass\n")
    recipe = recipes.Recipe("cifar10_conv2_dropout", model=f"{path}:make")
    assert recipe.fractions == {"*": 0.2}
    assert recipe.model_options() == {}
    assert recipe.scope == "layerwise"


def test_a_users_model_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file: .*mine.py"):
        recipes.Recipe(model=f"{tmp_path}/mine.py:make")


@pytest.mark.parametrize(("given", "kept"), [(0.5, 0.5), (1000.0, 1000)])
def test_a_subset_is_a_fraction_or_a_number(given, kept):
    found = recipes.Recipe(subset=given).subset
    assert found == kept
    assert type(found) is type(kept)


def test_the_schedule_of_a_recipe():
    assert recipes.Recipe().learning_rate_schedule().is_constant
    recipe = recipes.Recipe("cifar10_resnet20_160ep", warmup="5ep")
    assert recipe.learning_rate_schedule() == schedules.Schedule(
        "piecewise", ("80ep", "120ep"), 0.1, "5ep"
    )
    recipe = recipes.Recipe("cifar10_resnet20", schedule="cosine")
    assert recipe.learning_rate_schedule() == schedules.Schedule("cosine")


def test_momentum_is_recorded_where_there_is_one():
    assert recipes.Recipe().momentum is None
    assert recipes.Recipe(optimizer="nesterov").momentum == 0.9
    recipe = recipes.Recipe("cifar10_resnet20", optimizer="adam")
    assert recipe.optimizer_options() == {"decoupled_weight_decay": 0.0}
    recipe = recipes.Recipe("cifar10_resnet20", momentum=0.5)
    assert recipe.optimizer_options()["momentum"] == 0.5


def test_epsilon_goes_with_the_optimizer_of_the_recipe():
    assert recipes.Recipe().epsilon is None
    recipe = recipes.Recipe("mnist_fc_zhou")
    assert recipe.optimizer_options()["epsilon"] == 1e-8
    recipe = recipes.Recipe("mnist_fc_zhou", optimizer="rmsprop")
    assert "epsilon" not in recipe.optimizer_options()
    recipe = recipes.Recipe(optimizer="rmsprop", epsilon=1e-10)
    assert recipe.optimizer_options()["epsilon"] == 1e-10


@pytest.mark.parametrize(
    ("name", "images", "iterations"),
    [
        ("mnist_fc_zhou", 60000, 50380),
        ("cifar10_conv2_zhou", 50000, 20250),
        ("cifar10_conv4_zhou", 50000, 25500),
        ("cifar10_conv6_zhou", 50000, 30000),
    ],
)
def test_zhou_s_recipes_train_as_long_as_the_paper_s(name, images, iterations):
    """Of whole batches of what 5,000 held out images leave."""
    recipe = recipes.Recipe(name)
    assert recipe.drop_partial_batch
    per_epoch = (images - recipe.validation_size) // recipe.train_batch_size
    assert steps.iterations(recipe.training_len, per_epoch) == iterations


@pytest.mark.parametrize("is_decoupled", [False, True])
def test_weight_decay_is_coupled_or_decoupled(is_decoupled):
    recipe = recipes.Recipe(
        weight_decay=0.1, decoupled_weight_decay=is_decoupled
    )
    decoupled = recipe.optimizer_options()["decoupled_weight_decay"]
    expected = (0.0, 0.1) if is_decoupled else (0.1, 0.0)
    assert (recipe.coupled_weight_decay(), decoupled) == expected


def test_fields_are_flags():
    def run(recipe: recipes.Recipe = recipes.Recipe()):  # noqa: B008
        """Runs."""

    words = [
        "--recipe=cifar10_resnet20",
        "--lr_drops=1ep,2ep",
        "--fractions=*conv*=.1",
        "--subset=100",
        "--nojit",
        "--decoupled_weight_decay",
    ]
    recipe = flags.bind(run, words)["recipe"]
    assert recipe.lr_drops == ("1ep", "2ep")
    assert recipe.fractions == {"*conv*": 0.1}
    assert (recipe.subset, recipe.jit) == (100, False)
    assert recipe.decoupled_weight_decay is True


def test_options_go_along_to_a_model_that_takes_them():
    deeper = recipes.Recipe(recipe="cifar10_conv2_dropout", model="conv4")
    assert deeper.model_options() == {"dropout": 0.5}
    other = recipes.Recipe(recipe="cifar10_vgg19", model="resnet20")
    assert other.model_options() == {}
    dense = recipes.Recipe(recipe="cifar10_conv2", model="fc")
    assert dense.model_options() == {"hidden_units": (300, 100)}


def test_xla_is_for_one_device():
    with pytest.raises(ValueError, match="jit=True is for one device"):
        recipes.Recipe(jit=True, strategy="mirrored")


def test_the_code_of_an_own_model_is_a_setting(tmp_path):
    path = tmp_path / "net.py"
    settings = []
    for text in ("x = 1", "x = 1  # Said.", "x = 2"):
        path.write_text(text)
        settings.append(
            recipes.Recipe("own_model", model=f"{path}:f").settings()
        )
    assert settings[0] == settings[1] != settings[2]
    path.write_text("import beside")
    for text in ("x = 1", "x = 2"):
        (tmp_path / "beside.py").write_text(text)
        settings.append(
            recipes.Recipe("own_model", model=f"{path}:f").settings()
        )
    assert settings[3]["model_code"] == settings[4]["model_code"]
    assert settings[3]["code"] != settings[4]["code"]
    with pytest.raises(ValueError, match="as path/to/file.py:function"):
        recipes.Recipe("own_model", model=str(path))


@pytest.mark.parametrize("name", ["fc", "resnet20", "mobilenet_v2"])
def test_kinds_of_outputs_are_for_networks_of_the_users_own(name, tmp_path):
    path = tmp_path / "net.py"
    path.write_text("x = 1")
    own = {"recipe": "own_model", "model": f"{path}:f"}
    with pytest.raises(
        ValueError, match=f"of your own.*logits with model={name}"
    ):
        recipes.Recipe(model=name, outputs="logits")
    assert "outputs" not in recipes.Recipe(model=name).settings()
    with pytest.raises(
        ValueError, match="outputs 'logit'. Did you mean 'logits"
    ):
        recipes.Recipe(**own, outputs="logit")
    found = [
        json.loads(json.dumps(recipes.Recipe(**own, outputs=each).settings()))
        for each in ("auto", "logits")
    ]
    assert [each["outputs"] for each in found] == ["auto", "logits"]
    of_0_1_0 = {n: found[0][n] for n in found[0] if n != "outputs"}
    assert not sealed.differences(of_0_1_0, found[0])
    assert "outputs: 'auto' there" in sealed.differences(of_0_1_0, found[1])


def test_another_dataset_has_its_own_validation_size():
    assert recipes.Recipe("cifar10_conv2").validation_size == 5000
    other = recipes.Recipe("cifar10_conv2", dataset="digits")
    assert other.validation_size is None
    given = recipes.Recipe("mnist_fc", dataset="digits", validation_size=7)
    assert given.validation_size == 7


def test_a_network_brings_what_its_own_recipe_says():
    found = recipes.Recipe("mnist_fc", model="vgg19")
    assert (found.fractions, found.scope) == ({"*conv*": 0.2}, "global")
    assert (found.last_pooling, found.hidden_units) == ("average", None)


def test_one_without_a_recipe_has_that_of_its_kind():
    found = recipes.Recipe("mnist_fc", model="vgg11")
    assert found.last_pooling == "average"


def test_options_of_the_recipe_win():
    found = recipes.Recipe("cifar10_resnet20_gem", model="resnet56")
    assert (found.shortcut, found.affine) == ("pad", False)


def test_recipes_of_gems_are_no_models_for_others():
    found = recipes.Recipe("cifar10_resnet20", model="mobilenet_v2")
    assert (found.affine, found.use_bias) == (None, None)
    assert found.fractions == {"*conv*": 0.2}  # The recipe's own.


def test_a_task_is_recorded_where_it_is_given():
    usual = recipes.Recipe("own_model").settings()
    assert "task" not in usual
    given = recipes.Recipe("own_model", task="binary").settings()
    assert given == {**usual, "task": "binary"}
    assert "binary" in sealed.differences(usual, given)
    with pytest.raises(ValueError, match="'binari'.*binary"):
        recipes.Recipe("own_model", task="binari")


def test_a_compiled_optimizer_has_its_own_settings():
    made = recipes.Recipe("own_model", optimizer="compiled")
    assert (made.lr, made.schedule, made.momentum) == (None, "constant", None)
    again = recipes.Recipe(**fields.as_dict(made))
    assert again == made
    for given in ({"lr": 0.1}, {"schedule": "cosine"}, {"warmup": "3it"}):
        with pytest.raises(ValueError, match="compiled has all its settings"):
            recipes.Recipe("own_model", optimizer="compiled", **given)


def test_whether_fractions_are_those_of_the_recipe():
    assert recipes.Recipe().has_usual_fractions()
    assert recipes.Recipe(model="conv2").has_usual_fractions()
    other = recipes.Recipe(fractions={"layer0": 0.5})
    assert not other.has_usual_fractions()


def test_hooks_are_written_in_one_way_and_absent_without():
    given = ("sign_in:reset=2epochs", "sparse_opt")
    recipe = recipes.Recipe(hooks=given)
    assert recipe.hooks == ("sparse_opt", "sign_in:reset=2ep")
    read = json.loads(json.dumps(recipe.settings()))
    assert recipes.Recipe(**read) == recipe
    assert "hooks" not in recipes.Recipe().settings()
    assert names_0_1_0.value({}, "hooks") == []


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        (("hamm",), "hooks: Unknown hook 'hamm'. Did you mean 'ham'"),
        (("ham", "sign_in"), "ham and sign_in do not go together"),
        (("ham", "ham"), "Expected each hook once"),
        ("ham:alpha=-1", "alpha must be a number, at least 0"),
    ],
)
def test_hooks_that_cannot_be_are_errors(hooks, message):
    with pytest.raises(ValueError, match=message):
        recipes.Recipe(hooks=hooks)
