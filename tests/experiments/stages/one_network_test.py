"""Tests of experiments/one_network."""

import pytest

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import one_network
from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.training import run_settings

RECIPE = recipes.Recipe(
    hidden_units=(10, 8), training_len="10it", test_interval=10, jit=False
)
SETTINGS = {**RECIPE.settings(), "experiment": "mine"}


def plan(directory, give_start, **options):
    output = run_settings.Output(SETTINGS, quiet=True)
    return one_network.training(
        RECIPE, str(directory), give_start, output, **options
    )


def test_it_writes_one_run_and_trains_from_what_it_is_given(tmp_path):
    def give_start(dataset, model):
        assert dataset.num_classes == 10
        model.reset(seed=3)

    made = plan(tmp_path, give_start, reads=("a",))
    assert made.writes == (plans.Run(str(tmp_path), SETTINGS),)
    assert made.reads == ("a",)
    assert not made.is_complete
    made.run()
    assert made.is_complete


def test_what_may_fail_comes_before_the_data(tmp_path, monkeypatch):
    def fail():
        raise ValueError("no such ticket")

    monkeypatch.setattr(one_network.from_recipe, "dataset", pytest.fail)
    with pytest.raises(ValueError, match="no such ticket"):
        plan(tmp_path, pytest.fail, before_data=fail).run()
