"""Networks made at random are trained under masks as Keras trains them.

Layers, names, nesting, sharing, frozen parts, dtypes and masks are drawn. A
twin of the same weights learns from the same batches by Keras's own
`train_on_batch`, its masks being ordinary constraints. Layers keep the shape of
what they are given, so that any may follow another, or be called twice.
"""

import collections
import contextlib
import dataclasses

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base

L, K = keras.layers, keras.optimizers
EXAMPLES, CLASSES, STEPS = 6, 3, 3
SAME = {"kernel_size": 3, "padding": "same"}
SHAPES = {"vector": (5,), "series": (4, 4), "tokens": (4,), "image": (4, 4, 3)}
NORMS = {
    "batch": lambda **o: L.BatchNormalization(**o),
    "layer": lambda **o: L.LayerNormalization(**o),
    "dropout": lambda **o: L.Dropout(0.0, **o),
}
SERIES = {
    "dense": lambda **o: L.Dense(4, activation="tanh", **o),
    "conv": lambda **o: L.Conv1D(4, **SAME, **o),
    "lstm": lambda **o: L.LSTM(4, return_sequences=True, **o),
    "gru": lambda **o: L.GRU(4, return_sequences=True, **o),
    **NORMS,
}
# Form of the examples -> what follows.
LAYERS = {
    "vector": {
        "dense": lambda **o: L.Dense(5, activation="tanh", **o),
        **NORMS,
    },
    "series": SERIES,
    "tokens": SERIES,
    "image": {
        "conv": lambda **o: L.Conv2D(3, activation="tanh", **SAME, **o),
        "depthwise": lambda **o: L.DepthwiseConv2D(**SAME, **o),
        "separable": lambda **o: L.SeparableConv2D(3, **SAME, **o),
        **NORMS,
    },
}
ENDS = {
    "embedding": lambda **o: L.Embedding(7, 4, **o),
    "flat": lambda **o: L.Flatten(**o),
    "logits": lambda **o: L.Dense(CLASSES, **o),
}
KERNELS = {
    **dict.fromkeys(("dense", "conv", "depthwise", "logits"), ("kernel",)),
    "separable": ("depthwise_kernel", "pointwise_kernel"),
    "embedding": ("embeddings",),
    **dict.fromkeys(("lstm", "gru"), ("kernel", "recurrent_kernel")),
}
NAMES = (
    *("hidden", "dense", "dense_1", "conv2d", "conv1d_1", "embedding"),
    *("a", "a_bias", "a_kernel", "a-b", "a_b", "a.b", "sequential"),
)
OPTIMIZERS = {
    "momentum": lambda: K.SGD(0.05, momentum=0.9, nesterov=True),
    # With the usual epsilon, gradients of nothing but rounding move weights.
    "adamw": lambda: K.AdamW(0.01, weight_decay=0.1, epsilon=1e-2),
}
# Not to shrink: each try takes a second.
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
# Largest differences that were met: 2e-4, 6e-12, 6e-5. Norms of what hardly
# varies make rounding large; float64 tells it from faults.
TOLERANCES = {"float32": 1e-3, "float64": 1e-9, "mixed_float16": 1e-2}


@dataclasses.dataclass(frozen=True)
class Part:
    """A layer, or a network of parts."""

    kind: str
    name: str | None = None
    is_frozen: bool = False
    times: int = 1
    parts: tuple["Part", ...] = ()


@dataclasses.dataclass(frozen=True)
class Case:
    """A network, and how it is trained."""

    form: str
    network: Part
    dtype: str
    optimizer: str
    batch_size: int
    density: float
    is_first: bool  # Of a process: Keras's automatic names begin anew.


def in_turn(x, layers, times):
    for layer, count in zip(layers, times, strict=True):
        for _ in range(count):
            x = layer(x)
    return x


class Chain(keras.Model):
    """Calls its layers one after another."""

    def __init__(self, parts, times, **options):
        super().__init__(**options)
        self.parts, self.times = list(parts), times

    def call(self, x, training=None):
        # Without this argument, Keras's `fit` would not say that it trains.
        return in_turn(x, self.parts, self.times)


class Block(L.Layer):
    """A chain that is no model."""

    def __init__(self, parts, times, **options):
        super().__init__(**options)
        self.parts, self.times = list(parts), times

    def call(self, x):
        return in_turn(x, self.parts, self.times)


def functional(layers, times, inputs, name):
    return keras.Model(inputs, in_turn(inputs, layers, times), name=name)


CONTAINERS = {
    "sequential": lambda layers, _, inputs, name: keras.Sequential(
        layers, name=name
    ),
    "functional": functional,
    "subclassed": lambda layers, times, _, name: Chain(
        layers, times, name=name
    ),
    "block": lambda layers, times, _, name: Block(layers, times, name=name),
}


def built(part, form, inputs):
    """A part's layer, and [names from the outside in, layer, kind] in it."""
    if not part.parts:
        layer = {**LAYERS[form], **ENDS}[part.kind](name=part.name)
        leaves = [((), layer, part.kind)]
    else:
        inner, found = zip(
            *(built(each, form, inside(form)) for each in part.parts),
            strict=True,
        )
        times = [each.times for each in part.parts]
        layer = CONTAINERS[part.kind](inner, times, inputs, part.name)
        leaves = [leaf for leaves in found for leaf in leaves]
    layer.trainable = not part.is_frozen
    return layer, [((layer.name, *names), *rest) for names, *rest in leaves]


def inside(form):
    """Input of a network within the network."""
    return keras.Input(SHAPES["series" if form == "tokens" else form])


def network(case, x):
    """The network, and [name that users see, kernel] of all it trains."""
    keras.utils.set_random_seed(1)
    fresh = keras_private.fresh_names()
    with fresh if case.is_first else contextlib.nullcontext():
        inputs = keras.Input(x.shape[1:], dtype=x.dtype)
        made, leaves = built(case.network, case.form, inputs)
    made(x)
    trained = {id(variable) for variable in made.trainable_variables}
    kernels = []
    for (_, *names), layer, kind in leaves:
        attributes = KERNELS.get(kind, ())
        for attribute in attributes:
            own = f"_{attribute}" if len(attributes) > 1 else ""
            owner = getattr(layer, "cell", layer)
            path = [*names, owner.name] if owner is not layer else names
            variable = getattr(owner, attribute)
            if id(variable) in trained:
                kernels.append((".".join(path) + own, variable))
    return made, kernels


def several(part):
    """One to three parts, whose own names differ as Keras wants them to."""

    def distinct(parts):
        taken = collections.Counter(each.name for each in parts)
        return tuple(
            dataclasses.replace(each, name=None)
            if taken[each.name] > 1
            else each
            for each in parts
        )

    return st.lists(part, min_size=1, max_size=3).map(distinct)


def parts_strategy(form, depth):
    name = st.none() | st.sampled_from(NAMES)
    rarely = st.sampled_from([False, False, False, True])
    times = st.sampled_from([1, 1, 2])
    leaf = st.builds(
        Part, st.sampled_from(sorted(LAYERS[form])), name, rarely, times
    )
    if not depth:
        return leaf
    kinds = st.sampled_from(sorted(CONTAINERS))
    inner = several(parts_strategy(form, depth - 1))
    nested = st.builds(Part, kinds, name, rarely, times, inner)
    return leaf | nested


@st.composite
def cases(draw):
    form = draw(st.sampled_from(sorted(SHAPES)))
    name = st.none() | st.sampled_from(NAMES)
    parts = [*draw(several(parts_strategy(form, 2))), Part("flat")]
    if form == "tokens":
        parts.insert(0, Part("embedding"))
    taken = {each.name for each in parts}
    last = draw(name)
    parts.append(Part("logits", None if last in taken else last))
    kind = draw(st.sampled_from(("sequential", "functional", "subclassed")))
    return Case(
        form,
        Part(kind, parts=tuple(parts)),
        draw(st.sampled_from(sorted(TOLERANCES))),
        draw(st.sampled_from(sorted(OPTIMIZERS))),
        draw(st.sampled_from((6, 4))),
        draw(st.sampled_from((0.3, 0.8, 0.0))),
        draw(st.booleans()),
    )


@contextlib.contextmanager
def dtype(name):
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    keras.config.set_floatx("float64" if name == "float64" else floatx)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_floatx(floatx)


def keys(model, kernels):
    """The key of each kernel, having tried the name that users see."""
    by_address = {id(v): key for key, v in model.variables.items()}
    found = [by_address[id(kernel)] for _, kernel in kernels]
    assert set(found) == set(model.masks)
    count = collections.Counter(name for name, _ in kernels)
    for key, (name, kernel) in zip(found, kernels, strict=True):
        saved = model.variables[name] if name in model.masks else kernel
        if count[name] > 1 or saved is not kernel:
            with pytest.raises(ValueError, match=r"names \d layers"):
                model.layer_names.key("mask", name)
        else:
            assert model.layer_names.key("mask", name) == key
    return found


class Masked(keras.constraints.Constraint):
    """An ordinary constraint: times a mask."""

    def __init__(self, mask):
        self.mask = mask

    def __call__(self, weights):
        return weights * keras.ops.cast(self.mask, weights.dtype)


def summing(optimizer):
    """Gradients of embeddings are added up before the optimizer sees them.

    Adaptive ones of Keras square each occurrence of a token by itself.
    """
    apply = optimizer.apply
    optimizer.apply = lambda grads, trainable_variables=None: apply(
        [tf.convert_to_tensor(each) for each in grads], trainable_variables
    )
    return optimizer


def check(case, jit=False):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(EXAMPLES, *SHAPES[case.form])).astype(np.float32)
    if case.form == "tokens":
        x = rng.integers(0, 7, x.shape, np.int32)
    y = np.arange(EXAMPLES) % CLASSES
    try:
        ours, kernels = network(case, x)
        kerass, its_kernels = network(case, x)
    except ValueError as error:
        hypothesis.assume("should be unique" not in str(error))
        raise
    masks = [rng.random(k.shape) < case.density for _, k in kernels]
    model = keras_model.KerasModel(ours, x[:2])
    given = dict(zip(keys(model, kernels), masks, strict=True))
    model.reset(presets=model.weights, masks=given)
    data = dataset_base.DatasetBase((x, y), case.batch_size, (x, y))
    program = programs.program(model, OPTIMIZERS[case.optimizer], data, jit)
    program.train(0, STEPS, STEPS)

    for (_, kernel), mask in zip(its_kernels, masks, strict=True):
        kernel.constraint = Masked(mask)
        kernel.assign(kernel * mask)
    kerass.compile(
        summing(OPTIMIZERS[case.optimizer]()),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    for rows, size in zip(*data.train.batches(0, STEPS), strict=True):
        kerass.train_on_batch(x[rows[:size]], y[rows[:size]])
    for (_, kernel), mask in zip(kernels, masks, strict=True):
        assert not kernel.numpy()[~mask].any()
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=TOLERANCES[case.dtype])


@hypothesis.settings(max_examples=2, derandomize=True, phases=PHASES)
@hypothesis.given(cases())
def test_it_is_as_a_twin_of_keras(case):
    with dtype(case.dtype):
        check(case)


@pytest.mark.slow
@hypothesis.settings(max_examples=6, phases=PHASES)
@hypothesis.given(cases())
def test_it_is_as_a_twin_of_keras_often(case):
    with dtype(case.dtype):
        check(case)
