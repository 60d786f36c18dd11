"""Tests of experiments/gems/published_training.py."""

import pytest

from lottery_ticket.experiments.gems import published_training
from lottery_ticket.tests.experiments import published

SCHEDULE = ("schedule", "lr_drops", "lr_drop_factor")


def schedule(algo="hc_iter", **changes):
    changes = {"gamma": None, "milestones": None, **changes}
    found = published_training.recipe(published.keys(**changes), algo)
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
    found = published_training.recipe(published.keys(**changes), "hc_iter")
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
    keys = published.keys(fine_tune_optimizer="adam", nesterov=True)
    found = published_training.fine_tuning(keys, set(), "hc_iter")
    assert found["fine_tune_optimizer"] == "adam"
    assert "fine_tune_momentum" not in found
    keys = published.keys(nesterov=True, momentum=0.8)
    found = published_training.fine_tuning(keys, set(), "sr")
    assert found["fine_tune_optimizer"] == "nesterov"
    assert found["fine_tune_momentum"] == 0.8
    assert found["fine_tune_lr"] == 0.01


def test_imp_is_fine_tuned_as_its_rounds_are_unless_it_says_otherwise():
    keys = published.keys(lr=0.3, wd=1e-3, lr_policy="constant_lr")
    found = published_training.fine_tuning(keys, {"fine_tune_wd"}, "imp")
    assert found["fine_tune_lr"] == 0.3
    assert found["fine_tune_schedule"] == "constant"
    assert found["fine_tune_weight_decay"] == 1e-4


def test_what_is_not_fine_tuned_has_no_settings_for_it():
    keys = published.keys(skip_fine_tune=True)
    found = published_training.fine_tuning(keys, set(), "hc_iter")
    assert found == {"skip_fine_tune": True}
    keys = published.keys()
    assert published_training.fine_tuning(keys, set(), "wt") == {}


def test_weights_are_saved_on_the_way_where_they_are_trained(caplog):
    keys = published.keys(ckpt_at_fixed_epochs=[1, 5])
    found = published_training.saved(keys, "wt")
    assert found == {"save_iterations": ["1ep", "5ep"]}
    assert published_training.saved(published.keys(), "wt") == {}
    assert not caplog.messages
    keys = published.keys(ckpt_at_fixed_epochs=[0, 3, 150], epochs=150)
    found = published_training.saved(keys, "wt")
    assert found == {"save_iterations": ["3ep"]}
    assert published_training.saved(keys, "hc_iter") == {}
    first, second = caplog.messages
    assert "no effect at 0, 150: it is for" in first
    assert "no effect at 0, 3, 150: it is for" in second


def test_seeds():
    def seeds(algo="hc_iter", **changes):
        return published_training.seed(published.keys(**changes), algo)

    assert seeds() == {"seed": 42}
    assert seeds(trial_num=3) == {"seed": 126}
    assert seeds(fixed_init=True) == {"seed": 42, "init_seed": 24}
    assert seeds(fixed_init=True, seed_fixed_init=5)["init_seed"] == 5
    assert seeds(chg_mask=True, chg_weight=True) == {"seed": 42}
    changed = seeds("sr", chg_mask=True, chg_weight=True)
    assert set(changed) == {"seed", "mask_seed", "init_seed"}
    assert changed["mask_seed"] != changed["init_seed"]


def test_norms_decay_like_all_else():
    keys = published.keys(no_bn_decay=True)
    published_training.recipe(keys, "hc_iter")  # Norms have no weights.
    keys = published.keys(no_bn_decay=True, bn_type="AffineBatchNorm")
    with pytest.raises(ValueError, match="no_bn_decay cannot be had"):
        published_training.recipe(keys, "hc_iter")


def test_gamma_and_milestones_are_said_to_count(caplog):
    keys = published.keys(gamma=0.5, milestones=None)
    published_training.say_drops(keys, {"schedule": "piecewise"})
    assert caplog.messages == [
        "gamma=0.5 shape the learning rate here. The published code ignores "
        "them: its rate drops by 0.1 at 80ep,120ep"
    ]
    caplog.clear()
    published_training.say_drops(keys, {"schedule": "constant"})
    assert "no effect: they are for multistep_lr" in caplog.text
    caplog.clear()
    published_training.say_drops(
        published.keys(gamma=None, milestones=None), {}
    )
    assert not caplog.records
