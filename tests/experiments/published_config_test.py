"""Tests of experiments/published_config.py."""

import logging

import pytest

from lottery_ticket.experiments import published_config, recipes
from lottery_ticket.experiments.gems import published_keys
from lottery_ticket.foundations.command_line import config_files, flags
from lottery_ticket.tests import grids
from lottery_ticket.tests.experiments import published

TRANSLATED = flags.Command(published.RUN, published_config.translate)

IMP = {"algo": "imp", "init": "kaiming_normal"}
RANDOM = {"random_subnet": True}
PROB = {"round": "prob"}
# Key -> what it is changed to, and the file's changes that it counts with.
CHANGES = {
    "algo": ("hc", {}),
    "arch": ("vgg16", {}),
    "width": (2, {"arch": "Conv4"}),
    "dataset": ("CIFAR100", {}),
    "data": ("elsewhere", {}),
    "name": ("other", {}),
    "subfolder": ("other", {}),
    "log_dir": ("other", {}),
    "run_idx": (3, {}),
    "batch_size": (256, {}),
    "epochs": (100, {}),
    "optimizer": ("adam", {}),
    "lr": (0.5, {}),
    "lr_policy": ("multistep_lr", {}),
    "momentum": (0, {}),
    "wd": (1e-4, {}),
    "nesterov": (True, {}),
    "fine_tune_optimizer": ("adam", {}),
    "fine_tune_lr": (0.5, {}),
    "fine_tune_lr_policy": ("constant_lr", {}),
    "fine_tune_wd": (5e-4, {}),
    "lr_gamma": (0.5, {**IMP, "lr_policy": "multistep_lr", "gamma": None}),
    "gamma": (0.5, {}),
    "milestones": ([3], {}),
    "iter_period": (8, {}),
    "target_sparsity": (5, {}),
    "prune_rate": (0.3, {"override_prune_rate": True}),
    "override_prune_rate": (True, {}),
    "prune_type": ("LocalBottomK", {}),
    "score_init": ("skew", {}),
    "init": ("kaiming_normal", {}),
    "mode": ("fan_out", {}),
    "nonlinearity": ("tanh", {}),
    "scale_fan": (True, {}),
    "bias": (True, {}),
    "bn_type": ("AffineBatchNorm", {}),
    "hc_quantized": (False, {}),
    "quantize_threshold": (0.4, {}),
    "round": ("pb", {}),
    "noise": (False, {"noise_ratio": 0.1}),
    "noise_ratio": (0.1, {}),
    "num_test": (10, PROB),
    "regularization": ("L1", {}),
    "lmbda": (1e-5, {}),
    "alpha": (2, {"regularization": "var_red_1"}),
    "alpha_prime": (2, {"regularization": "var_red_1"}),
    "project_freq": (2, {}),
    "differentiate_clamp": (True, {}),
    "unflag_before_finetune": (False, {}),
    "bottom_k_on_forward": (True, {}),
    "weight_training": (True, {}),
    "random_subnet": (True, {}),
    "smart_ratio": (0.9856, RANDOM),
    "sr_version": (2, {**RANDOM, "smart_ratio": 0.9856}),
    "skip_fine_tune": (True, {}),
    "skip_sanity_checks": (True, {}),
    "invert_sanity_check": (True, {}),
    "only_sanity": (True, {"sanity_folder": "old"}),
    "sanity_folder": ("other", {"only_sanity": True, "sanity_folder": "old"}),
    "shuffle": (True, {**RANDOM, "skip_sanity_checks": True}),
    "reinit": (True, {**RANDOM, "skip_sanity_checks": True}),
    "chg_mask": (True, RANDOM),
    "chg_weight": (True, RANDOM),
    "seed": (1, {}),
    "trial_num": (2, {}),
    "fixed_init": (True, {}),
    "seed_fixed_init": (3, {"fixed_init": True}),
    "use_full_data": (True, {}),
    "label_smoothing": (0.1, {}),
    "mixed_precision": (1, {}),
    "pretrained": ("dense/final", {}),
    "ckpt_at_fixed_epochs": ([1, 5], {"weight_training": True}),
    "drop_bottom_half_weights": (True, {"pretrained": "dense/final"}),
    "imp_rewind_iter": (2000, IMP),
    "imp_rounds": (3, IMP),
    "imp_no_rewind": (True, IMP),
    "multiprocessing_distributed": (True, {}),
}
# These can be refused, or have the only value there is.
CHECKED = {
    *("no_bn_decay", "evaluate", "mode_connect", "conv_type"),
    *("first_layer_type", "freeze_weights", "trainer"),
}


def test_the_tests_have_every_key():
    assert set(CHANGES) | CHECKED == set(published_keys.KEYS)


@pytest.mark.parametrize("name", grids.thinned(CHANGES, [*CHANGES][::7]))
def test_every_key_changes_the_flags_and_they_fit_each_other(name):
    value, base = CHANGES[name]
    before = published.translated(**base)
    after = published.translated(**{**base, name: value})
    assert before != after
    published.bound(**base)
    published.bound(**{**base, name: value})


def test_the_published_config_in_full():
    assert published.translated() == {
        "output_dir": (
            "results/target_sparsity_1_44/resnet20_sparsity_1_44_unflagT/"
            "density_0.0144/trial1/1/gem_miner"
        ),
        "recipe": "cifar10_resnet20_gem",
        "model": "resnet20",
        "shortcut": "pad",
        "affine": False,
        "use_bias": False,
        "dataset": "cifar10",
        "data_dir": "data/datasets/",
        "normalization": "standardize",
        "augmentation": "crop_flip",
        "train_batch_size": 128,
        "test_interval": 352,
        "validate_interval": 352,
        "training_len": "150ep",
        "optimizer": "momentum",
        "momentum": 0.9,
        "lr": 0.1,
        "schedule": "cosine_by_epoch",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "dtype": "float32",
        "fine_tune_optimizer": "momentum",
        "fine_tune_momentum": 0.9,
        "fine_tune_lr": 0.01,
        "fine_tune_schedule": "piecewise",
        "fine_tune_lr_drops": ["80ep", "120ep"],
        "fine_tune_lr_drop_factor": 0.1,
        "fine_tune_weight_decay": 1e-4,
        "seed": 42,
        "algo": "hc_iter",
        "init": "signed_constant",
        "fan_mode": "fan_in",
        "gain": "relu",
        "scale_fan": "none",
        "prune_period": 5,
        "prune_scope": "global",
        "target_sparsity": 1.44,
        "regularization": "L2",
        "regularization_weight": 1e-4,
        "score_init": "unif",
        "project_every": 1,
        "quantized": True,
        "threshold": 0.5,
        "rounding": "naive",
        "noise_ratio": 0.0,
        "unflag": True,
        "sanity_checks": ["weight_reinit", "mask_shuffle"],
        "reinit_init": "kaiming_normal",
    }


def test_it_is_the_config_that_comes_with_the_library():
    theirs = published.bound()
    ours = flags.bind(
        published.RUN,
        [
            "--output_dir=x",
            "--config=rare_gems/resnet20_1.44",
            "--seed=42",
            "--data_dir=data/datasets/",
        ],
    )
    assert ours["recipe"] == theirs["recipe"]
    seeded = [each["search"].resolved(42) for each in (ours, theirs)]
    assert seeded[0] == seeded[1]
    tuned = [each["tuning"].recipe(each["recipe"]) for each in (ours, theirs)]
    assert tuned[0] == tuned[1]


def test_a_file_in_our_words_is_left_alone(caplog):
    values = {
        "algo": "hc_iter",
        "target_sparsity": 1.44,
        "lmbda": 1,
        "gamma": 2,
    }
    assert published_config.translate(values) == values
    assert published_config.translate(values, {"lr": "1"}) == values
    assert not caplog.records


@pytest.mark.parametrize("mark", published_config.MARKS)
def test_any_mark_makes_it_a_published_one(mark):
    with pytest.raises(ValueError, match="arch is missing|bn_type is missing"):
        published_config.translate({mark: published.keys()[mark]})


def test_an_unknown_key_is_an_error_with_the_nearest():
    with pytest.raises(ValueError, match="'lmda'. Did you mean 'lmbda'"):
        published.translated(lmda=1)
    with pytest.raises(ValueError, match="Unknown key 'recipe'"):
        published.translated(recipe="digits_fc")


def test_one_warning_names_all_dead_keys_and_one_all_idle_ones(caplog):
    published.translated()
    dead, idle, drops = [record.getMessage() for record in caplog.records]
    assert dead == (
        "Without effect, in the published code as here: lr_adjust, "
        "warmup_length, save_every"
    )
    assert idle == (
        "Without effect here, of files, devices and printing: gpu, workers, "
        "print_freq"
    )
    assert drops.startswith("gamma=0.1 and milestones=[80, 120] shape the lea")
    assert {r.levelno for r in caplog.records} == {logging.WARNING}


def test_keys_may_have_dashes_and_none_be_text():
    values = published.keys(pretrained=None)
    assert published.translated(**{"batch-size": 64, "batch_size": None}) == (
        published.translated(batch_size=64)
    )
    assert values["pretrained"] is None
    assert "presets" not in published.translated(pretrained="None")
    with pytest.raises(ValueError, match="batch_size is given twice, with das"):
        published.translated(**{"batch-size": 64, "batch_size": 128})


@pytest.mark.parametrize("name", ["evaluate", "mode_connect"])
def test_what_trains_nothing_is_another_command(name):
    published.translated(**{name: False})
    with pytest.raises(ValueError, match="for the command mask_connectivity"):
        published.translated(**{name: True})


@pytest.mark.parametrize(
    ("changes", "folder"),
    [
        ({}, "density_0.0144/trial1/1/gem_miner"),
        ({"trial_num": 3, "run_idx": 7}, "7/density_0.0144/trial3/1/gem_miner"),
        ({"algo": "hc"}, "trial1/1/hc"),
        ({"algo": "ep"}, "density_0.0144/trial1/1/ep"),
        ({"weight_training": True}, "trial1/0/wt"),
        (
            {"override_prune_rate": True, "prune_rate": 0.2},
            "prune_fraction_0.2/trial1/1/gem_miner",
        ),
        (
            {**RANDOM, "smart_ratio": 0.9856},
            "density_0.0144/trial1/1/sr",
        ),
    ],
)
def test_densities_and_trials_have_folders_of_their_own(changes, folder):
    found = published.translated(**changes)["output_dir"]
    above = "results/target_sparsity_1_44/resnet20_sparsity_1_44_unflagT/"
    assert found == above + folder


def test_only_sanity_goes_on_in_the_old_folder():
    found = published.translated(only_sanity=True, sanity_folder="old/run")
    assert found["output_dir"] == "old/run"


@pytest.mark.parametrize(
    ("words", "name", "part", "value"),
    [
        ("--density=.05", "density", "search", 0.05),
        ("--target_sparsity=5", "density", "search", 0.05),
        ("--prune_fraction=.1", "prune_fraction", "search", 0.1),
        ("--algo=ep", "algo", "search", "ep"),
        ("--algo=wt", "algo", "search", "wt"),
        ("--algo=sr", "density", "search", 0.0144),
        ("--algo=random", "density", "search", 0.0144),
        ("--algo=hc", "algo", "search", "hc"),
        ("--algo=imp", "algo", "search", "imp"),
        ("--algo=global_ep_iter", "algo", "search", "global_ep_iter"),
        ("--optimizer=adam", "optimizer", "recipe", "adam"),
        ("--schedule=constant", "schedule", "recipe", "constant"),
        ("--regularization=none", "regularization", "search", "none"),
        ("--init=standard", "init", "search", "standard"),
        ("--model=vgg16", "model", "recipe", "vgg16"),
        ("--clamp_in_forward", "clamp_in_forward", "search", True),
        ("--fine_tune_optimizer=adam", "fine_tune_lr", "tuning", 0.01),
        ("--fine_tune_schedule=cosine", "fine_tune_lr", "tuning", 0.01),
        ("--fine_tune_len=9ep", "fine_tune_lr_drops", "tuning", None),
        ("--sanity_checks=mask_shuffle", "reinit_init", "checks", None),
        ("--train_batch_size=500", "test_interval", "recipe", 90),
        ("--skip_fine_tune", "sanity_checks", "checks", ()),
        ("--skip_fine_tune=false", "fine_tune_lr", "tuning", 0.01),
        ("--prune_scope=threshold", "density", "search", None),
        ("--prune_scope=layerwise", "density", "search", 0.0144),
    ],
)
def test_the_command_line_wins(words, name, part, value):
    argv = [f"--config={published.FILE}", words]
    bound = flags.bind(TRANSLATED, argv)
    published.check(bound)
    assert getattr(bound[part], name) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--train_batch_size=0"], "train_batch_size must be at least 1"),
        (["--algo=ep", "--prune_period=0"], "prune_period must be an integer"),
    ],
)
def test_a_number_that_cannot_be_is_named(words, message):
    argv = [f"--config={published.FILE}", *words]
    with pytest.raises(ValueError, match=message):
        flags.bind(TRANSLATED, argv)


def test_what_follows_from_the_length_follows_the_command_line():
    given = {"training_len": "100ep", "density": ".5"}
    found = published.translated(
        given, lr_policy="multistep_lr", milestones=None
    )
    assert found["lr_drops"] == ["50ep", "80ep"]
    assert found["fine_tune_lr_drops"] == ["50ep", "80ep"]
    assert "/density_0.5/" in found["output_dir"]
    assert "target_sparsity" not in found


@pytest.mark.parametrize(
    "name",
    [name for name in config_files.shipped() if name.startswith("rare_gems/")],
)
def test_configs_that_come_with_the_library_are_right(name, caplog):
    words = ["--output_dir=x", f"--config={name}"]
    bound = flags.bind(TRANSLATED, words)
    published.check(bound)
    search, recipe = bound["search"], bound["recipe"]
    amount = name.rpartition("/")[2].removesuffix("_final").rpartition("_")[2]
    if amount == "dense":
        assert search.algo == "wt" and recipe.schedule == "piecewise"
    else:
        assert search.algo == "hc_iter"
        assert search.density == pytest.approx(float(amount) / 100, rel=1e-12)
        assert recipe.schedule == "cosine_by_epoch"
        bound["tuning"].recipe(recipe)
    assert recipe.recipe in recipes.RECIPES and recipe.recipe.endswith("_gem")
    read = config_files.read(name)
    assert set(read) & {"recipe", "algo", "training_len", "lr"} == {
        *("recipe", "algo", "training_len", "lr"),
    }
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "weight", "period", "lr", "fine_tune_lr"),
    [
        ("resnet20_0.59", 1e-4, 5, 0.1, 0.01),
        ("resnet20_0.59_final", 1e-4, 8, 0.1, 0.01),
        ("resnet20_1.44", 1e-4, 5, 0.1, 0.01),
        ("resnet20_3.72", 3e-5, 5, 0.1, 0.01),
        ("resnet20_50", 1e-8, 8, 0.05, 0.1),
        ("mobilenet_v2_1.4", 1.5e-5, 5, 0.1, 0.01),
        ("vgg16_0.5", 1e-6, 5, 0.01, 0.05),
        ("wide_resnet28_1.4", 1e-5, 10, 0.5, 0.01),
        ("resnet32_double_2", 1e-5, 5, 0.1, 0.01),
        ("cifar_resnet18_0.5", 8.5e-6, 20, 0.01, 0.01),
        ("tiny_resnet18_5", 8e-6, 5, 1e-3, 0.1),
        ("tiny_imagenet_resnet50_1.4", 1e-6, 5, 0.01, 0.1),
        ("caltech101_resnet50_2", 5e-6, 5, 1e-3, 1e-4),
        ("imagenet_resnet50_20", 1e-8, 8, 0.1, 0.01),
    ],
)
def test_published_numbers(name, weight, period, lr, fine_tune_lr):
    read = config_files.read(f"rare_gems/{name}")
    assert read["regularization_weight"] == weight
    assert read["prune_period"] == period
    assert read["lr"] == lr
    assert read["fine_tune_lr"] == fine_tune_lr


@pytest.mark.parametrize(
    ("algo", "gone"),
    [
        ("ep", {"prune_period", "regularization", "regularization_weight"}),
        ("sr", {"prune_period", "regularization", "regularization_weight"}),
        ("imp", {"regularization", "regularization_weight"}),
    ],
)
def test_another_algo_leaves_out_what_it_does_not_use(algo, gone, caplog):
    values = config_files.read("rare_gems/resnet20_1.44")
    found = published_config.translate(values, {"algo": algo})
    assert gone | {"unflag"} == set(values) - set(found)
    (message,) = caplog.messages
    assert f"algo={algo} leaves out: " in message
    argv = ["--config=rare_gems/resnet20_1.44", f"--algo={algo}"]
    argv.append("--output_dir=out")
    bound = flags.bind(TRANSLATED, argv)
    assert bound["search"].algo == algo
    assert bound["search"].density == 0.0144


def test_the_dense_network_of_a_config_has_no_fine_tuning():
    argv = ["--config=rare_gems/resnet20_1.44", "--algo=wt"]
    argv.append("--output_dir=out")
    bound = flags.bind(TRANSLATED, argv)
    assert bound["search"].density is None
    assert not bound["tuning"].given()


def test_what_the_command_line_says_otherwise_goes(caplog):
    values = {"density": 0.1, "optimizer": "momentum", "momentum": 0.8}
    given = {"target_sparsity": "5", "optimizer": "adam"}
    assert published_config.translate(values, given) == {
        "optimizer": "momentum"
    }
    assert not caplog.records
