"""The trainer gives what Keras's own `fit` gives, over what Keras offers.

A pairwise cover: each optimizer meets options and normalisations. Networks,
batches (whole ones, so that order does not count) and seeds are the same.
Optimizers are built before `fit`: built by it, while it traces, ScheduleFree's
copies of the weights would start at 0 and not at the weights (Keras 3.15).
"""

import itertools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base

L, K = keras.layers, keras.optimizers
X = np.random.default_rng(0).random((16, 4, 4, 2), np.float32) * 3
Y = (X[:, 0, 0, 0] > 1.5).astype("int32")
STEPS = 4
OPTIMIZERS = {
    "sgd": K.SGD,
    "momentum": lambda **options: K.SGD(momentum=0.9, nesterov=True, **options),
    "adam": K.Adam,
    "adamw": K.AdamW,
    "amsgrad": lambda **options: K.Adam(amsgrad=True, **options),
    "adamax": K.Adamax,
    "nadam": K.Nadam,
    "adagrad": K.Adagrad,
    "adadelta": K.Adadelta,
    "rmsprop": K.RMSprop,
    "ftrl": K.Ftrl,
    "lion": K.Lion,
    "lamb": K.Lamb,
    "adafactor": K.Adafactor,
    "muon": K.Muon,
    "schedulefree": K.ScheduleFreeAdamW,
}
OPTIONS = {
    "plain": {},
    "average": {"use_ema": True, "ema_momentum": 0.8},
    "overwritten": {
        "use_ema": True,
        "ema_momentum": 0.8,
        "ema_overwrite_frequency": 3,
    },
    "clipnorm": {"clipnorm": 0.05},
    "clipvalue": {"clipvalue": 0.01},
    "global_clipnorm": {"global_clipnorm": 0.05},
    "accumulated": {"gradient_accumulation_steps": 2},
    "decay": {"weight_decay": 0.1},
    "excluding": {"weight_decay": 0.1},
    "scaled": {"loss_scale_factor": 8.0},
    "wrapped": {"use_ema": True, "ema_momentum": 0.8},
    "schedule": {},
}
NORMS = {
    "none": lambda: [],
    "batch": lambda: [L.BatchNormalization()],
    "renorm": lambda: [L.BatchNormalization(renorm=True)],
    "first_axis": lambda: [L.BatchNormalization(axis=1)],
    "bare": lambda: [L.BatchNormalization(scale=False, center=False)],
    "frozen": lambda: [L.BatchNormalization(trainable=False)],
    "layer": lambda: [L.LayerNormalization()],
    "group": lambda: [L.GroupNormalization(2)],
    "regular": lambda: [L.BatchNormalization(gamma_regularizer="l2")],
}
# A shift of each list makes a Latin square: most pairs meet.
CASES = [
    (
        optimizer,
        options[(3 * i + shift) % len(options)],
        norms[(i + 2 * shift) % len(norms)],
    )
    for options, norms in [(list(OPTIONS), list(NORMS))]
    for i, optimizer in enumerate(OPTIMIZERS)
    for shift in (0, 4, 8)
]
CASES += [
    ("sgd", option, "renorm")
    for option in (
        *("average", "overwritten", "wrapped", "excluding", "clipnorm"),
        *("accumulated", "schedule"),
    )
]
USUAL = [
    ("sgd", "plain", "none"),
    ("sgd", "wrapped", "renorm"),
    ("sgd", "overwritten", "renorm"),
    ("sgd", "excluding", "renorm"),
    *CASES[4:30:9],
]


def network(norm):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            *NORMS[norm](),
            L.Flatten(),
            L.Dense(4, activation="relu"),
            L.Dense(2),
        ]
    )


def optimizer(name, option):
    rate = 0.02
    if option == "schedule":
        rate = K.schedules.ExponentialDecay(rate, 1, 0.7)
    made = OPTIMIZERS[name](learning_rate=rate, **OPTIONS[option])
    if option == "excluding":
        made.exclude_from_weight_decay(var_names=["bias", "gamma"])
    return K.LossScaleOptimizer(made) if option == "wrapped" else made


@pytest.mark.parametrize(
    ("name", "option", "norm"),
    [
        pytest.param(*case, marks=() if case in USUAL else pytest.mark.slow)
        for case in dict.fromkeys([*USUAL, *CASES])
    ],
)
def test_it_is_as_fit(name, option, norm):
    ours, kerass = network(norm), network(norm)
    theirs = optimizer(name, option)
    theirs.build(kerass.trainable_variables)
    kerass.compile(
        theirs, keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    kerass.fit(X, Y, batch_size=len(X), epochs=STEPS, verbose=0)
    program = programs.program(
        keras_model.KerasModel(ours, X[:2]),
        lambda: optimizer(name, option),
        dataset_base.DatasetBase((X, Y), len(X), (X, Y)),
    )
    program.train(0, STEPS, STEPS)
    program.finalize()
    # bfloat16 has 8 bits: what is fused is rounded elsewhere.
    is_coarse = keras.config.dtype_policy().name == "mixed_bfloat16"
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        tolerance = 1e-3 if is_coarse else 3e-5
        np.testing.assert_allclose(mine, other, atol=tolerance)


def test_optimizers_meet_options_and_norms():
    met = set()
    for case in CASES:
        met |= set(itertools.combinations(case, 2))
    assert len(CASES) < 56 and {name for name, *_ in CASES} == set(OPTIMIZERS)
    assert {option for _, option, _ in CASES} == set(OPTIONS)
    assert {norm for *_, norm in CASES} == set(NORMS)
    assert len(met) > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy",
    [
        "float32",
        *(
            pytest.param(p, marks=pytest.mark.slow)
            for p in ("mixed_float16", "mixed_bfloat16", "float64")
        ),
    ],
)
def test_policies_are_as_in_fit(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        test_it_is_as_fit("sgd", "decay", "batch")
    finally:
        keras.config.set_dtype_policy(before)
