"""Tests of experiments/published_configs/published_config.py."""

import logging

import pytest

from lottery_ticket.experiments.published_configs import (
    published_config,
    published_keys,
)
from lottery_ticket.experiments.settings import model_settings, recipes
from lottery_ticket.foundations.command_line import config_files, flags
from lottery_ticket.foundations.values import fields
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
        (
            ["--train_batch_size=0"],
            "train_batch_size must be an integer, at least 1",
        ),
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
    assert not fields.given(bound["tuning"])


def test_what_the_command_line_says_otherwise_goes(caplog):
    values = {"density": 0.1, "optimizer": "momentum", "momentum": 0.8}
    given = {"target_sparsity": "5", "optimizer": "adam"}
    assert published_config.translate(values, given) == {
        "optimizer": "momentum"
    }
    assert not caplog.records


def translated(**changes):
    return published.translated(**changes)


def of_algo(algo, **changes):
    """Flags of the file with changes, with an algo of the command line."""
    return published.translated({"algo": algo}, **changes)


@pytest.mark.parametrize("arch", published_keys.ARCHS)
def test_every_network_makes_a_recipe(arch):
    found = published.bound(arch=arch)["recipe"]
    assert found.model == published_keys.ARCHS[arch][0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            {
                "model": "resnet20",
                "shortcut": "pad",
                "affine": False,
                "use_bias": False,
            },
        ),
        (
            {"arch": "resnet32_double", "bn_type": "LearnedBatchNorm"},
            {
                "model": "resnet32",
                "shortcut": "pad",
                "width": 2,
                "affine": True,
                "use_bias": False,
            },
        ),
        (
            {"arch": "Conv4", "width": 0.5, "bn_type": None},
            {"model": "conv4", "width": 0.5, "use_bias": False},
        ),
        (
            {"arch": "Conv2", "width": 0.5},
            {"model": "conv2", "use_bias": False},
        ),
        (
            {"arch": "FC"},
            {"model": "fc", "hidden_units": [300, 100], "use_bias": False},
        ),
    ],
)
def test_networks_and_their_options(changes, expected):
    found = translated(**changes)
    names = ("model", *model_settings.OPTIONS)
    assert {key: found[key] for key in names if key in found} == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arch": None}, "arch is missing"),
        (
            {"arch": "mobilenetV2"},
            "Unknown arch 'mobilenetV2'. Did you mean 'MobileNetV2",
        ),
        ({"arch": "TwoLayerFC"}, "Unknown arch 'TwoLayerFC'"),
        ({"bn_type": None}, "bn_type is missing, which resnet20 needs"),
    ],
)
def test_networks_that_cannot_be_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        translated(**changes)


def test_what_is_counted_otherwise_here_is_said(caplog):
    translated()
    translated(arch="cResNet18")
    assert "shortcuts" not in caplog.text
    translated(arch="TinyResNet18")
    assert "--mask_shortcuts=False does as it did" in caplog.text
    caplog.clear()
    translated(bias=True)
    assert "Biases have no scores here, and are not pruned" in caplog.messages


@pytest.mark.parametrize(
    ("name", "known", "augmentation", "interval"),
    [
        ("CIFAR10", "cifar10", "crop_flip", 352),  # Of 45,000 images.
        ("CIFAR100", "cifar100", "crop_flip", 352),
        ("MNIST", "mnist", "none", 430),
        ("TinyImageNet", "tiny_imagenet", "crop_flip", 743),
        ("tiny_imagenet", "tiny_imagenet", "crop_flip", 743),
        ("ImageNet", "imagenet", "resized_crop", 9931),
        ("Caltech101", "caltech101", "none", 41),
    ],
)
def test_datasets(name, known, augmentation, interval):
    found = translated(dataset=name)
    assert found["dataset"] == known
    assert found["augmentation"] == augmentation
    assert found["normalization"] == "standardize"
    assert found["test_interval"] == found["validate_interval"] == interval
    assert "validation_size" not in found


def test_all_images_leave_none_for_validation():
    found = translated(use_full_data=True)
    assert found["validation_size"] == 0
    assert found["test_interval"] == 391
    recipe = published.bound(use_full_data=True)["recipe"]
    assert recipe.validation_size == 0


def test_an_unknown_dataset_is_named():
    with pytest.raises(ValueError, match="Unknown dataset 'bigcifar10'. Did y"):
        translated(dataset="BigCIFAR10")


def test_the_folder_of_the_data_may_be_missing():
    assert translated()["data_dir"] == "data/datasets/"
    assert "data_dir" not in translated(data=None)


def test_the_recipe_is_that_of_network_and_dataset():
    assert translated(arch="vgg16")["recipe"] == "cifar10_vgg16_gem"
    found = translated(arch="vgg16", dataset="MNIST")
    assert found["recipe"] == "own_model"


AMOUNTS = ("target_sparsity", "density", "prune_fraction")


def amount(name, **changes):
    found = of_algo(name, **changes)
    return {key: found[key] for key in AMOUNTS if key in found}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "hc_iter"),
        ({"algo": "global_ep"}, "global_ep"),
        ({"algo": "wt"}, "wt"),
        ({"weight_training": True}, "wt"),
        ({"weight_training": True, "algo": "hc"}, "wt"),
        ({"random_subnet": True}, "random"),
        ({"random_subnet": True, "smart_ratio": 0.0}, "sr"),
        ({"smart_ratio": 0.9}, "hc_iter"),
        ({"bottom_k_on_forward": True}, "hc"),
        ({"bottom_k_on_forward": True, "algo": "ep"}, "ep"),
    ],
)
def test_modes_are_algos(changes, name):
    assert translated(**changes)["algo"] == name


OVER = {"override_prune_rate": True, "prune_rate": 0.2}


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("hc_iter", {}, {"target_sparsity": 1.44}),
        ("hc_iter", OVER, {"prune_fraction": 0.2}),
        ("hc_iter", {"prune_type": "FixThresholding"}, {}),
        ("hc_iter", {"prune_rate": 0.2}, {"target_sparsity": 1.44}),
        ("hc", OVER, {}),
        ("hc", {"bottom_k_on_forward": True}, {"target_sparsity": 1.44}),
        ("ep", OVER, {"density": 0.2}),  # What is kept.
        ("ep", {}, {"target_sparsity": 1.44}),
        ("global_ep", OVER, {"density": 0.8}),  # What goes.
        ("global_ep", {}, {"target_sparsity": 1.44}),
        ("global_ep_iter", OVER, {"prune_fraction": 0.2}),
        ("global_ep_iter", {}, {"target_sparsity": 1.44}),
        ("imp", {"prune_rate": 0.1}, {"prune_fraction": 0.1}),
        ("imp", {}, {"prune_fraction": 0.2}),
        ("wt", OVER, {}),
        (
            "random",
            {"random_subnet": True, "prune_rate": 0.3},
            {"density": 0.3},
        ),
        ("random", {}, {"target_sparsity": 1.44}),
        (
            "sr",
            {"random_subnet": True, "smart_ratio": 0.9856},
            {"density": 0.0144},
        ),
        ("sr", {}, {"target_sparsity": 1.44}),
    ],
)
def test_how_much_is_kept(name, changes, expected):
    assert amount(name, **changes) == expected


@pytest.mark.parametrize(
    ("changes", "scope"),
    [
        ({}, "global"),
        ({"prune_type": "LocalBottomK"}, "layerwise"),
        ({"prune_type": "FixThresholding"}, "threshold"),
    ],
)
def test_what_events_compare(changes, scope):
    assert of_algo("hc_iter", **changes)["prune_scope"] == scope
    assert "prune_scope" not in of_algo("hc", **changes)


@pytest.mark.parametrize("name", ["global_ep", "global_ep_iter"])
def test_thresholds_of_all_layers_need_bottom_k(name):
    with pytest.raises(ValueError, match="needs prune_type: BottomK"):
        of_algo(name, prune_type="FixThresholding")


def test_a_density_that_is_not_the_published_code_s_is_warned_of(caplog):
    of_algo("ep", epochs=150, iter_period=5)
    # .0144 ^ (1 / 29).
    assert "29 events leaves, a density of 0.864; here" in caplog.text
    caplog.clear()
    of_algo("global_ep", epochs=150, iter_period=75)  # One event.
    of_algo("ep", **OVER)
    assert "events leaves" not in caplog.text


def test_a_threshold_that_leaves_the_density_is_warned_of(caplog):
    of_algo("hc_iter", prune_type="FixThresholding")
    assert "target_sparsity has no effect" in caplog.text


def test_scores_of_edge_popup_have_no_threshold():
    found = of_algo("ep")
    assert found["regularization"] == "L2"
    for key in ("threshold", "quantized", "score_init", "unflag", "rounding"):
        assert key not in found
        assert key in of_algo("hc_iter")


def test_what_has_no_scores_has_no_regularization():
    for name in ("wt", "sr", "random", "imp"):
        assert "regularization" not in of_algo(name)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"regularization": None}, {"regularization": "none"}),
        (
            {"regularization": "L1", "lmbda": 2.0},
            {"regularization": "L1", "regularization_weight": 2.0},
        ),
        (
            {"regularization": "var_red_1", "alpha": 2, "alpha_prime": 3},
            {
                "regularization": "var_red_1",
                "regularization_weight": 1e-4,
                "alpha": 2.0,
                "alpha_prime": 3.0,
            },
        ),
    ],
)
def test_regularization(changes, expected):
    found = of_algo("hc_iter", **changes)
    names = ("regularization", "regularization_weight", "alpha", "alpha_prime")
    assert {key: found[key] for key in names if key in found} == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"rounding": "naive"}),
        ({"round": "pb"}, {"rounding": "pseudo_boolean"}),
        ({"round": "all_ones", "noise": True}, {"rounding": "all_ones"}),
        ({"round": "naive_prob", "num_test": 9}, {"rounding": "naive"}),
        (
            {"round": "naive_prob", "arch": "Conv4", "num_test": 9},
            {
                "rounding": "naive_prob",
                "prob_layers": ["dense0"],
                "evaluation_samples": 9,
            },
        ),
        (
            {"round": "prob", "num_test": 9},
            {"rounding": "prob", "evaluation_samples": 9},
        ),
        (
            {"noise": True, "noise_ratio": 0.5, "num_test": 9},
            {
                "rounding": "naive",
                "noise_ratio": 0.5,
                "evaluation_samples": 9,
            },
        ),
        ({"noise": False, "noise_ratio": 0.5}, {"rounding": "naive"}),
    ],
)
def test_rounding(changes, expected):
    found = of_algo("hc_iter", **{"noise": False, **changes})
    names = ("rounding", "prob_layers", "noise_ratio", "evaluation_samples")
    assert {key: found[key] for key in names if key in found} == expected


def test_unflag_is_of_what_events_take():
    assert of_algo("hc_iter")["unflag"] is True
    assert of_algo("hc_iter", unflag_before_finetune=False)["unflag"] is False
    assert "unflag" not in of_algo("hc")


def test_initial_weights():
    found = of_algo("hc_iter", mode="fan_out", nonlinearity="tanh")
    assert (found["fan_mode"], found["gain"]) == ("fan_out", "tanh")
    assert found["scale_fan"] == "none"
    assert of_algo("wt", scale_fan=True)["scale_fan"] == "legacy"
    standard = of_algo("wt", init="standard")
    assert not {"fan_mode", "gain", "scale_fan"} & set(standard)


def test_scale_fan_is_of_half_the_fan():
    with pytest.raises(ValueError, match="prune_rate of .5 alone. .*: 0.2"):
        of_algo("ep", scale_fan=True, **OVER)


def test_imp_rewinds_unless_told_otherwise():
    changes = {"imp_rewind_iter": 500, "imp_rounds": 7}
    found = of_algo("imp", **changes)
    assert found["rewind_iteration"] == "500it"
    assert found["imp_rounds"] == 7
    assert found["prune_period"] == 5
    assert "retraining" not in found
    kept = of_algo("imp", imp_no_rewind=True)
    assert kept["retraining"] == "lr_rewind"
    assert not {"rewind_iteration", "imp_rounds"} & set(kept)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("hc_iter", {}, ["weight_reinit", "mask_shuffle"]),
        ("hc_iter", {"skip_sanity_checks": True}, []),
        (
            "hc_iter",
            {"invert_sanity_check": True, "skip_sanity_checks": True},
            ["score_inversion"],
        ),
        ("ep", {"invert_sanity_check": True, "skip_sanity_checks": True}, []),
        ("sr", {"skip_sanity_checks": True, "shuffle": True}, ["mask_shuffle"]),
        ("sr", {"skip_sanity_checks": True, "reinit": True}, ["weight_reinit"]),
        ("hc_iter", {"skip_sanity_checks": True, "reinit": True}, []),
        ("imp", {}, []),
        (
            "imp",
            {"skip_sanity_checks": False},
            ["weight_reinit", "mask_shuffle"],
        ),
    ],
)
def test_sanity_checks(name, changes, expected):
    if name == "imp" and not changes:
        changes = {"skip_sanity_checks": None}  # The file has it.
    found = of_algo(name, **changes)
    assert found["sanity_checks"] == expected
    assert ("reinit_init" in found) == ("weight_reinit" in expected)


def test_what_is_not_fine_tuned_has_no_sanity_checks():
    assert "sanity_checks" not in translated(skip_fine_tune=True)
    assert "sanity_checks" not in of_algo("wt")


SCHEDULE = ("schedule", "lr_drops", "lr_drop_factor")


def schedule(algo="hc_iter", **changes):
    changes = {"gamma": None, "milestones": None, **changes}
    found = of_algo(algo, **changes)
    return tuple(found.get(key) for key in SCHEDULE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("momentum", 0.9, None)),
        ({"nesterov": True}, ("nesterov", 0.9, None)),
        ({"momentum": 0}, ("sgd", None, None)),
        ({"momentum": 0, "nesterov": True}, ("sgd", None, None)),
        ({"optimizer": "adam"}, ("adam", None, 1e-8)),
    ],
)
def test_optimizers(changes, expected):
    found = translated(**changes)
    names = ("optimizer", "momentum", "epsilon")
    assert tuple(found.get(key) for key in names) == expected


@pytest.mark.parametrize(
    ("epochs", "drops"),
    [
        (6, ["3ep"]),
        (100, ["50ep", "80ep"]),
        (150, ["80ep", "120ep"]),
        (160, ["80ep", "120ep"]),
        (200, ["100ep", "150ep"]),
        (300, ["150ep", "250ep"]),
        (88, ["44ep", "58ep"]),
    ],
)
def test_drops_come_from_the_number_of_epochs(epochs, drops):
    assert schedule(lr_policy="multistep_lr", epochs=epochs) == (
        "piecewise",
        drops,
        0.1,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lr_policy": "cosine_lr"}, ("cosine_by_epoch", None, None)),
        ({"lr_policy": "constant_lr"}, ("constant", None, None)),
        ({"lr_policy": None}, ("constant", None, None)),
        # One epoch has no drops.
        ({"lr_policy": "multistep_lr", "epochs": 1}, ("constant", None, None)),
        (
            {"lr_policy": "multistep_lr", "gamma": 0.5, "milestones": [7]},
            ("piecewise", ["7ep"], 0.5),
        ),
        (
            {"lr_policy": "cosine_lr", "milestones": [7]},
            ("cosine_by_epoch", None, None),
        ),
        # Without effect, but for six epochs.
        (
            {"lr_policy": "multistep_lr", "lr_gamma": 0.5, "epochs": 100},
            ("piecewise", ["50ep", "80ep"], 0.1),
        ),
        (
            {"lr_policy": "multistep_lr", "lr_gamma": 0.5, "epochs": 6},
            ("piecewise", ["3ep"], 0.5),
        ),
    ],
)
def test_policies(changes, expected):
    assert schedule(**changes) == expected


def test_imp_s_drops_are_of_a_round():
    found = schedule("imp", lr_policy="multistep_lr", lr_gamma=0.2)
    assert found == ("piecewise", ["2ep", "3ep"], 0.2)


def test_fine_tuning_has_keys_of_its_own():
    found = translated(fine_tune_optimizer="adam", nesterov=True)
    assert found["fine_tune_optimizer"] == "adam"
    assert "fine_tune_momentum" not in found
    found = of_algo("sr", nesterov=True, momentum=0.8)
    assert found["fine_tune_optimizer"] == "nesterov"
    assert found["fine_tune_momentum"] == 0.8
    assert found["fine_tune_lr"] == 0.01


def test_imp_is_fine_tuned_as_its_rounds_are_unless_it_says_otherwise():
    silent = {"fine_tune_lr": None, "fine_tune_lr_policy": None}
    found = of_algo("imp", lr=0.3, wd=1e-3, lr_policy="constant_lr", **silent)
    assert found["fine_tune_lr"] == 0.3
    assert found["fine_tune_schedule"] == "constant"
    assert found["fine_tune_weight_decay"] == 1e-4


def test_what_is_not_fine_tuned_has_no_settings_for_it():
    for found in (translated(skip_fine_tune=True), of_algo("wt")):
        assert not {"fine_tune_lr", "fine_tune_schedule"} & set(found)
    assert translated(skip_fine_tune=True)["skip_fine_tune"] is True


def test_weights_are_saved_on_the_way_where_they_are_trained(caplog):
    found = of_algo("wt", ckpt_at_fixed_epochs=[1, 5])
    assert found["save_iterations"] == ["1ep", "5ep"]
    assert "save_iterations" not in of_algo("wt")
    assert "ckpt_at_fixed_epochs" not in caplog.text
    found = of_algo("wt", ckpt_at_fixed_epochs=[0, 3, 150], epochs=150)
    assert found["save_iterations"] == ["3ep"]
    assert "no effect at 0, 150: it is for" in caplog.text
    assert "save_iterations" not in translated(ckpt_at_fixed_epochs=[0, 3, 150])
    assert "no effect at 0, 3, 150: it is for" in caplog.text


def test_seeds():
    def seeds(algo="hc_iter", **changes):
        found = of_algo(algo, **changes)
        names = ("seed", "init_seed", "mask_seed")
        return {name: found[name] for name in names if name in found}

    assert seeds() == {"seed": 42}
    assert seeds(trial_num=3) == {"seed": 126}
    assert seeds(fixed_init=True) == {"seed": 42, "init_seed": 24}
    assert seeds(fixed_init=True, seed_fixed_init=5)["init_seed"] == 5
    assert seeds(chg_mask=True, chg_weight=True) == {"seed": 42}
    changed = seeds("sr", chg_mask=True, chg_weight=True)
    assert set(changed) == {"seed", "mask_seed", "init_seed"}
    assert changed["mask_seed"] != changed["init_seed"]


def test_norms_decay_like_all_else():
    translated(no_bn_decay=True)  # Norms have no weights.
    with pytest.raises(ValueError, match="no_bn_decay cannot be had"):
        translated(no_bn_decay=True, bn_type="AffineBatchNorm")


def test_weights_stand_still():
    with pytest.raises(ValueError, match="freeze_weights must be True"):
        translated(freeze_weights=False)


def test_gamma_and_milestones_are_said_to_count(caplog):
    piecewise = {"lr_policy": "multistep_lr", "milestones": None}
    translated(**piecewise, gamma=0.5)
    assert caplog.messages[-1] == (
        "gamma=0.5 shape the learning rate here. The published code ignores "
        "them: its rate drops by 0.1 at 80ep,120ep"
    )
    caplog.clear()
    constant = {"lr_policy": None, "fine_tune_lr_policy": None}
    translated(**constant, milestones=None)
    assert "no effect: they are for multistep_lr" in caplog.text
    caplog.clear()
    translated(**piecewise, gamma=None)
    assert "shape" not in caplog.text and "multistep_lr" not in caplog.text
