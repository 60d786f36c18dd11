"""Under masks, averages of weights are Keras's, and 0 where pruned.

At all times that callbacks can see, under plain `fit`, whoever puts averages
into the network: the optimizer as it goes or at the end, or SwapEMAWeights. A
twin has an ordinary constraint, which averages do not heed: their kept weights
are the same. The trainer ends with what `fit` ends with.
"""

import itertools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, mask_constraint
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids

K = keras.optimizers
rng = np.random.default_rng(0)
X, Y = rng.random((16, 5), np.float32), np.arange(16) % 3
MASK = rng.random((5, 4)) < 0.6
EPOCHS = 4
OPTIMIZERS = {
    "sgd": lambda **o: K.SGD(0.5, momentum=0.5, **o),
    "adam": lambda **o: K.Adam(0.05, **o),
    "scaled": lambda **o: K.LossScaleOptimizer(K.SGD(0.5, **o)),
}
OFTEN = (None, 1, 3)
SWAPS = (None, False, True)  # None is no callback, True swap_on_epoch.
# A Latin square: each option meets each other.
GRID = [
    (name, OFTEN[j], SWAPS[(i + j) % 3], i != j)
    for (i, name), j in itertools.product(enumerate(OPTIMIZERS), range(3))
]
USUAL = [("scaled", 3, False, False)]


class Observer(keras.callbacks.Callback):
    """Keeps the kernel as it is wherever callbacks are called."""

    def __init__(self, kernel):
        super().__init__()
        self.kernel, self.seen = kernel, []

    def look(self, *_, **__):
        self.seen.append(self.kernel.numpy())

    on_epoch_begin = on_epoch_end = on_train_batch_end = look
    on_test_begin = on_test_batch_end = on_test_end = on_train_end = look


def network():
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, activation="relu", name="hidden"),
            keras.layers.Dense(3, name="logits"),
        ]
    )


class Times(keras.constraints.Constraint):
    def __init__(self, mask):
        self.mask = mask

    def __call__(self, weights):
        return weights * self.mask


def optimizer(name, often):
    return OPTIMIZERS[name](
        use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=often
    )


def fitted(of, made, swap, jit):
    """Kernels that were seen, the last being that after `fit`."""
    of.compile(
        made,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit,
    )
    kernel = of.get_layer("hidden").kernel
    observer = Observer(kernel)
    swaps = [] if swap is None else [keras.callbacks.SwapEMAWeights(swap)]
    of.fit(
        *(X, Y, len(X), EPOCHS),
        verbose=0,
        validation_data=(X, Y),
        callbacks=[*swaps, observer],
    )
    return [*observer.seen, kernel.numpy()]


def twin(*options):
    kerass = network()
    kernel = kerass.get_layer("hidden").kernel
    kernel.assign(kernel * MASK)
    kernel.constraint = Times(MASK.astype(np.float32))
    return fitted(kerass, *options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "often", "swap", "jit"), grids.thinned(GRID, USUAL)
)
def test_averages_under_fit_are_masked_and_else_kerass(name, often, swap, jit):
    made = optimizer(name, often)
    if jit:  # With and without, but for the clock.
        made = mask_constraint.mask_gradients(made)
    model = keras_model.KerasModel(network(), masks={"hidden": MASK})
    ours = fitted(model.network, made, swap, jit)
    theirs = twin(optimizer(name, often), swap, jit)
    for mine, other in zip(ours, theirs, strict=True):
        assert not mine[~MASK].any()
        np.testing.assert_allclose(mine[MASK], other[MASK], atol=1e-6)
    assert model.release().get_layer("hidden").kernel.constraint is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "often"), [("adam", 3), ("sgd", None), ("scaled", 1)]
)
def test_the_trainer_ends_as_fit_does(name, often):
    model = keras_model.KerasModel(network(), X, masks={"hidden": MASK})
    data = dataset_base.DatasetBase((X, Y), len(X), (X, Y))
    program = programs.program(
        model, lambda: optimizer(name, often), data, jit=False
    )
    program.train(0, EPOCHS, EPOCHS)
    program.finalize()
    ours, theirs = (
        model.weights["hidden"],
        twin(optimizer(name, often), None, False),
    )
    assert not ours[~MASK].any()
    np.testing.assert_allclose(ours[MASK], theirs[-1][MASK], atol=1e-6)
