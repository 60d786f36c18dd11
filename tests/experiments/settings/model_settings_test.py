"""Tests of settings/model_settings.py."""

import pytest

from lottery_ticket.experiments.settings import model_settings, recipe_table

USUAL = recipe_table.RECIPES["mnist_fc"]


def test_a_users_own_network_has_no_options_and_one_fraction():
    found = model_settings.of_model("net.py:build", USUAL)
    assert found.pop("fractions") == {"*": 0.2}
    assert found == dict.fromkeys(model_settings.OPTIONS)


def test_fractions_are_those_of_the_first_recipe_for_a_model():
    of_conv2 = recipe_table.RECIPES["cifar10_conv2"]
    found = model_settings.of_model("conv2", USUAL)
    assert found["fractions"] == of_conv2["fractions"] != USUAL["fractions"]
    assert found["hidden_units"] is None


def test_an_unknown_model_is_an_error():
    with pytest.raises(ValueError, match="Unknown model 'conv22'"):
        model_settings.of_model("conv22", USUAL)


@pytest.mark.parametrize(
    ("name", "options", "outputs", "message"),
    [
        ("fc", {}, "logits", "outputs=logits with model=fc, which gives"),
        ("net.py:build", {"width": 2}, "auto", "^width cannot be given with"),
        ("fc", {"shortcut": "pad"}, "auto", "shortcut"),
    ],
)
def test_what_does_not_go_with_a_model_is_an_error(
    name, options, outputs, message
):
    with pytest.raises(ValueError, match=message):
        model_settings.check(name, options, outputs)


def test_what_goes_with_a_model_is_none():
    model_settings.check("fc", {"hidden_units": (3,)}, "auto")


@pytest.mark.parametrize("name", ["fc", "resnet20", "lstm"])
def test_our_networks_give_logits_of_any_task(name):
    for task in ("classification", "regression", "binary", "multi_label"):
        model_settings.check(name, {}, "auto", task)
    for task in ("compiled", "segmentation"):
        with pytest.raises(ValueError, match=f"task={task} is.*model={name}"):
            model_settings.check(name, {}, "auto", task)
