# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Find a ticket in your model
#
# A network that Keras has built, some data, one call: what comes back is the
# same network with most of its weights at 0, and not much worse. Then we ask
# whether it was luck. It all takes less than a minute on two cores, on 1,797
# handwritten digits that scikit-learn brings along.
#
# This page is a notebook: `jupytext --to ipynb
# docs/notebooks/find_a_ticket.py` makes one that Jupyter opens, `python
# docs/notebooks/find_a_ticket.py` runs it.

# %%
import keras
import numpy as np
import sklearn.datasets

import lottery_ticket as lt
from lottery_ticket.foundations import (
    keras_model,
    mask_constraint,
    paths,
    save_restore,
)

x, y = sklearn.datasets.load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = (x[order] / 16).astype("float32"), y[order]
train, test = (x[:1400], y[:1400]), (x[1400:], y[1400:])


# %% [markdown]
# ## The network
#
# Any `keras.Model` does. The seed is set first: the initial weights are what
# a ticket is about, and the same call finds them again.


# %%
def build(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(300, "relu", name="hidden0"),
            keras.layers.Dense(100, "relu", name="hidden1"),
            keras.layers.Dense(10, name="logits"),
        ]
    )


# %% [markdown]
# ## The call
#
# `iterations` is the number of prunings: each takes `fractions` of the
# weights that are still kept, those of lowest magnitude, and puts the rest
# back to where it began. Results lie in `results/notebook/trial1`; the same
# call goes on if it was stopped, and does nothing if it was not.

# %%
recipe = lt.Recipe(
    "own_model",
    training_len="600it",
    fractions={"hidden*": 0.4, "logits": 0.2},
    lr=1.2e-3,
)
ticket = lt.find_ticket(
    build(seed=1),
    (train, test),
    "results/notebook/trial1",
    recipe,
    iterations=8,
    save_summaries=False,
    quiet=True,
)

# %% [markdown]
# ## What came out
#
# A row per level. *Density* is the part of the weights that is kept,
# *accuracy* is on the test set.

# %%
runs = lt.read_results("results/notebook").runs
print(runs[["level", "density", "accuracy"]].to_string(index=False))

# %% [markdown]
# The network that came back is the last level's, plain Keras with zeros.
# `load_ticket` gives any other.

# %%
for layer in ticket.layers:
    kernel = np.asarray(layer.kernel)
    print(f"{layer.name}: {np.mean(kernel != 0):.1%} of {kernel.size} kept")

earlier = lt.load_ticket("results/notebook/trial1/2/same_init", build(seed=1))
print(sum(int((np.asarray(e.kernel) != 0).sum()) for e in earlier.layers))

# %% [markdown]
# ## Was it the mask, or the weights?
#
# The same masks on fresh weights, trained as long: a *reinitialised* network.
# `KerasModel` puts masks on a network, and they hold under Keras's own `fit`.

# %%
run = "results/notebook/trial1/8/same_init"
control = keras_model.KerasModel(
    build(seed=2), masks=save_restore.restore_network(paths.masks(run))
)
control.network.compile(
    mask_constraint.mask_gradients(keras.optimizers.Adam(1.2e-3)),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
epochs = 600 * 128 // 1260  # As many iterations as the ticket had.
control.network.fit(*train, batch_size=128, epochs=epochs, verbose=0)
_, accuracy = control.network.evaluate(*test, verbose=0)
print(f"ticket {runs['accuracy'].iloc[-1]:.4f}, reinitialised {accuracy:.4f}")

# %% [markdown]
# Measured: 95.97 and 94.21 % at a density of 1.98 %, the dense network 98.99 %
# (2 cores of an AMD EPYC, TensorFlow 2.21). One trial of each says little: the
# difference grows as networks get sparser, and half a point is noise.
# [Reproduce figure 3](reproduce_figure_3.py) has several trials and more
# controls, as do the commands on the [paper's
# page](../papers/frankle_carbin_2019.md).
#
# ## Keep it

# %%
ticket.save("results/notebook/ticket.keras")
