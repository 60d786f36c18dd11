"""Tests of experiments/published_configs/published_keys.py."""

import pytest

from lottery_ticket.experiments.published_configs import published_keys

# What the published code has where a file says nothing.
DEFAULTS = {
    "algo": "ep",
    "width": 1.0,
    "dataset": "MNIST",
    "batch_size": 64,
    "epochs": 10,
    "optimizer": "sgd",
    "lr": 1e-3,
    "lr_policy": None,
    "momentum": 0.9,
    "wd": 5e-4,
    "nesterov": False,
    "no_bn_decay": False,
    "fine_tune_optimizer": "sgd",
    "fine_tune_lr": 0.01,
    "fine_tune_lr_policy": None,
    "fine_tune_wd": 1e-4,
    "lr_gamma": 0.1,
    "iter_period": 5,
    "target_sparsity": 0.5,
    "prune_rate": 0.5,
    "override_prune_rate": False,
    "prune_type": "FixThresholding",
    "score_init": "unif",
    "init": "kaiming_normal",
    "mode": "fan_in",
    "nonlinearity": "relu",
    "scale_fan": False,
    "bias": False,
    "freeze_weights": True,
    "conv_type": None,
    "bn_type": None,
    "first_layer_type": None,
    "hc_quantized": False,
    "quantize_threshold": 0.5,
    "round": "naive",
    "noise": False,
    "noise_ratio": 0.0,
    "num_test": 1,
    "regularization": None,
    "lmbda": 1e-3,
    "alpha": 1.0,
    "alpha_prime": 1.0,
    "project_freq": 1,
    "differentiate_clamp": False,
    "unflag_before_finetune": False,
    "bottom_k_on_forward": False,
    "weight_training": False,
    "random_subnet": False,
    "smart_ratio": -1.0,
    "sr_version": 1,
    "skip_fine_tune": False,
    "skip_sanity_checks": False,
    "invert_sanity_check": False,
    "only_sanity": False,
    "shuffle": False,
    "reinit": False,
    "chg_mask": False,
    "chg_weight": False,
    "seed": 42,
    "trial_num": 1,
    "fixed_init": False,
    "seed_fixed_init": 24,
    "use_full_data": None,
    "label_smoothing": None,
    "mixed_precision": 0,
    "pretrained": None,
    "mode_connect": False,
    "imp_rewind_iter": 1000,
    "imp_rounds": -1,
    "imp_no_rewind": False,
    "multiprocessing_distributed": False,
}


def test_a_key_that_is_not_there_has_the_published_default():
    read = published_keys.read({})
    assert {name: read[name] for name in DEFAULTS} == DEFAULTS


def test_what_is_there_wins_and_has_its_type():
    read = published_keys.read(
        {"epochs": 150.0, "lr": 1, "nesterov": True, "milestones": "80,120"}
    )
    assert read["epochs"] == 150 and isinstance(read["epochs"], int)
    assert read["lr"] == 1 and isinstance(read["lr"], float)
    assert read["nesterov"] is True
    assert read["milestones"] == [80, 120]
    assert published_keys.read({"milestones": [3]})["milestones"] == [3]
    assert (
        published_keys.read({"mixed_precision": True})["mixed_precision"] == 1
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lmbdaa", 1, "Unknown key 'lmbdaa'. Did you mean 'lmbda'"),
        ("multigpu", 1, "Unknown key 'multigpu'"),
        ("algo", "pt", "Unknown algo 'pt'"),
        ("algo", True, "algo must be some text. Received: True"),
        ("prune_type", "bottomk", "prune_type 'bottomk'. Did you mean 'Bot"),
        ("lr_policy", "cosine", "lr_policy 'cosine'. Did you mean 'cosine_lr"),
        ("epochs", 1.5, "epochs must be an integer, at least 1. Received: 1.5"),
        ("epochs", "150", "epochs must be an integer"),
        ("epochs", True, "epochs must be an integer"),
        ("epochs", None, "epochs must be an integer"),
        ("epochs", 0, "epochs must be an integer, at least 1. Received: 0"),
        ("batch_size", 0, "batch_size must be an integer, at least 1. .*: 0"),
        ("iter_period", 0, "iter_period must be an integer, at least 1. .*: 0"),
        ("lr", "0.1", "lr must be a number. Received: '0.1'"),
        ("lr", float("nan"), "lr must be a number, finite"),
        ("epochs", float("inf"), "epochs must be an integer"),
        ("lmbda", False, "lmbda must be a number. Received: False"),
        ("nesterov", 1, "nesterov must be True or False"),
        ("nesterov", "yes", "nesterov must be True or False"),
        ("milestones", "8o", "each of milestones must be an integer. .*'8o'"),
        ("milestones", 80, "milestones must be integers such as"),
        ("name", [1], "name must be some text"),
        ("regularization", True, "regularization=True says not which"),
        ("regularization", "L3", "Unknown regularization 'L3'"),
        (
            "sr_version",
            3,
            "sr_version must be an integer, at least 1 and at most 2",
        ),
        ("conv_type", "DenseConv", "Unknown conv_type 'DenseConv'"),
        ("trainer", "ss", "Unknown trainer 'ss'"),
    ],
)
def test_what_is_wrong_is_named(name, value, message):
    with pytest.raises(ValueError, match=message):
        published_keys.read({name: value})


@pytest.mark.parametrize(
    "name",
    """
    lr_adjust save_every warmup_length hc_warmup hc_period num_round
    plot_hc_convergence compare_rounding shift num_trial evaluate_only
    save_model load_ckpt iter_start iter_ep weight_decay width_mult
    imp_resume_epoch imp_resume_iter rewind_score rewind_to_epoch
    lam_finetune_loss num_step_finetune transformer_emsize transfer_learning
    dense_training first_layer_dense last_layer_dense submask_size metric
    pruning_strategy how_to_prune start_from_nothing flips td temp max_iter
    loss data_dir hidden_size no_cuda
    """.split(),
)
def test_dead_keys_may_say_anything(name):
    assert published_keys.is_dead(name)
    assert published_keys.read({name: object()}) == published_keys.read({})
    assert name not in published_keys.KEYS


def test_idle_keys_may_say_anything_and_are_no_others():
    values = dict.fromkeys(published_keys.IDLE, [])
    assert published_keys.read(values) == published_keys.read({})
    assert not published_keys.IDLE & set(published_keys.KEYS)
    assert not published_keys.is_dead("gpu")
