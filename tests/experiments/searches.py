"""Finished searches of a small network, for tests of what compares them."""

import attrs

from lottery_ticket.experiments import supermask
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import trunks

RECIPE = attrs.evolve(trunks.RECIPE, optimizer="momentum", lr=20.0)
NORM_NETWORK = """
import keras

def make():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(3, 3, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])
"""


def search(directory, mask_seed, recipe=RECIPE, **options):
    """Learns a mask; returns its folder."""
    options = {"sigmoid_bias": 0.5} | options
    planned.run(
        supermask.plan,
        str(directory),
        recipe,
        supermask.MaskSearch(mask_seed=mask_seed, **options),
        save_summaries=False,
        quiet=True,
    )
    return str(directory)


def changed(**settings):
    """Returns the recipe with other settings."""
    return attrs.evolve(RECIPE, **settings)


def norm_recipe(directory):
    """Returns a recipe of a network with batch normalisation."""
    (directory / "own.py").write_text(NORM_NETWORK)
    return recipes.Recipe(
        "digits_fc",
        model=f"{directory}/own.py:make",
        subset=100,
        training_len="4it",
        train_batch_size=30,
        optimizer="momentum",
        lr=20.0,
        jit=False,
    )
