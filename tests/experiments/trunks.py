"""Finished runs of a small network, for tests of what branches from them."""

import numpy as np

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.training import compacted_model, run_settings

SETTINGS = {
    "training_len": "12it",
    "test_interval": 6,
    "validate_interval": 6,
    "train_batch_size": 30,
    "hidden_units": (6,),
    "fractions": {"*": 0.2},
    "jit": False,
    "seed": 1,
}
RECIPE = recipes.Recipe("digits_fc", **SETTINGS)
# A user's file, of a network with a batch normalisation.
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


def masks():
    """Returns masks with every third weight of layer0 pruned."""
    mask = np.ones((64, 6), np.uint8)
    mask.flat[::3] = 0
    return {"layer0": mask, "layer1": np.ones((6, 10), np.uint8)}


def train(directory, recipe=RECIPE, presets=None, masks=None, **options):
    """Trains a run as a level of an experiment would; returns its folder."""
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset, quiet=True)
    model.reset(presets, masks, recipe.init_seed)
    added = options.pop("settings", {})
    finetune = options.pop("finetune", False)
    if options.pop("is_compacted", False):
        model = compacted_model.of(model)
    settings = {**recipe.settings(), "experiment": "lottery_experiment"}
    from_recipe.train(
        recipe,
        dataset,
        model,
        str(directory),
        course=run_settings.Course(**options),
        finetune=finetune,
        output=run_settings.Output(
            {**settings, **added}, save_summaries=False, quiet=True
        ),
    )
    return str(directory)
