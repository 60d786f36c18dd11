"""Every operation of every graph has a kernel for GPUs in this TensorFlow.

One that has none runs on the host, and what it takes and gives is copied there
and back at each iteration. Looked up without a GPU. Graphs are those of
jit=False: what XLA compiles needs no kernels, but user's layers and several
devices do without it.
"""

import contextlib
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import kernels

from lottery_ticket.datasets.images import augmentation, preparation
from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.criteria import criteria, network_scores
from lottery_ticket.foundations.learned_masks import maskers
from lottery_ticket.foundations.training import (
    network_evaluation,
    norm_statistics,
    optimizers,
    programs,
    schedules,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import registry
from lottery_ticket.tests import grids
from lottery_ticket.tests.foundations.learned_masks import (
    scored_masks_test,
    searched_model_test,
)

# Operation -> why it may be without.
EXCEPTIONS: dict[str, str] = {}
KINDS = ("uint8", "float32", "int32")  # Of images.
L = keras.layers
OF_NETWORKS = [
    n for n, each in criteria.CRITERIA.items() if each.kind != "weights"
]


@functools.cache
def kernels_on_gpus(operation):
    """Dicts, attribute -> types that one kernel takes."""
    return [
        {
            each.name: set(each.allowed_values.list.type)
            for each in kernel.constraint
            if each.allowed_values.list.type
        }
        for kernel in kernels.get_registered_kernels_for_op(operation).kernel
        if kernel.device_type in ("GPU", "DEFAULT")
    ]


def has_kernel(node):
    def types(name):
        value = node.attr[name]
        return set(value.list.type) or {value.type}

    return any(
        all(types(name) <= allowed for name, allowed in kernel.items())
        for kernel in kernels_on_gpus(node.op)
    )


def without_kernels(graphs):
    """Names of operations and their types, those in called functions too."""
    found = set()
    for graph in graphs:
        called = graph.library.function
        functions = {each.signature.name for each in called}
        # XLA compiles some functions wherever they are called.
        called = [f for f in called if not f.attr["_XlaMustCompile"].b]
        bodies = [graph.node, *(f.node_def for f in called)]
        for node in (node for body in bodies for node in body):
            if node.op not in functions and not has_kernel(node):
                types = {
                    tf.dtypes.as_dtype(value.type).name
                    for value in node.attr.values()
                    if value.type
                }
                found.add((node.op, *sorted(types)))
    return found


@contextlib.contextmanager
def checked():
    """Raises unless all that runs within has kernels, as where a GPU is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.config, "list_physical_devices", lambda kind: [1])
        with context.collect_graphs(optimized=False) as graphs:
            yield
    assert graphs
    found = without_kernels(graphs)
    assert {name for name, *_ in found} <= set(EXCEPTIONS), sorted(found)


def looped(x):
    """The last of some maxima's places, found in a loop's body."""
    return tf.while_loop(
        lambda i, _: i < 2,
        lambda i, _: (i + 1, tf.argmax(x, output_type=tf.int32)),
        (0, tf.constant(0)),
    )


@pytest.mark.parametrize(
    ("function", "dtype", "operation"),
    [
        (lambda x: tf.gather(x, [1, 0]), tf.uint8, "GatherV2"),
        (looped, tf.int32, "ArgMax"),
        (tf.function(lambda x: tf.split(x, 2)), tf.int32, "Split"),
    ],
)
def test_one_without_a_kernel_is_found(function, dtype, operation):
    with pytest.raises(AssertionError, match=f"'{operation}'.*{dtype.name}"):
        with checked():
            tf.function(function, autograph=False)(tf.zeros(4, dtype))
    with checked():
        tf.function(function, autograph=False)(tf.zeros(4))


def train(model, optimizer_fn, data, **options):
    program = programs.program(model, optimizer_fn, data, jit=False, **options)
    program.train(0, 1, 1)
    return program


def dataset(augment="none", normalization="scale", dtype=np.uint8, size=8):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (8, size, size, 3)).astype(dtype)
    pair = x, np.arange(8) % 4
    return dataset_base.DatasetBase(
        pair,
        4,
        pair,
        prepare=preparation.make(normalization, 255, (0.5,) * 3, (0.2,) * 3),
        augment=augmentation.make(augment),
    )


def layers(dtype="float32"):
    """One of each layer that networks here are made of, small."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    x = inputs = keras.Input((8, 8, 3))
    try:
        x = L.Conv2D(4, 3, padding="same", use_bias=False)(x)
        x = L.ReLU()(L.BatchNormalization()(x))
        x = L.Add()([x, L.Conv2D(4, 1)(L.ZeroPadding2D(1)(x[:, 1:-1, 1:-1]))])
        x = L.ReLU(6.0)(L.DepthwiseConv2D(3, strides=2, padding="same")(x))
        x = L.AveragePooling2D(2)(L.MaxPooling2D(2)(L.UpSampling2D(2)(x)))
        x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x))
        x = L.Dense(4, activation="tanh")(L.Flatten()(L.Reshape((2, 2))(x)))
        x = L.Dense(4, dtype="float32")(x)
    finally:
        keras.config.set_dtype_policy(policy)
    return keras_model.KerasModel(keras.Model(inputs, x))


def optimizer_fn(name, schedule="cosine", **options):
    drops = {"drops": ("1ep",)} if schedule == "piecewise" else {}
    schedule = schedules.Schedule(schedule, warmup="2it", **drops)
    lengths = {"per_epoch": 2, "training_iterations": 4}
    return optimizers.optimizer_fn(name, 0.1, schedule, **lengths, **options)


# Optimizer, augmentation, normalisation, dtype of images, of layers.
GRID = [
    (
        list(optimizers.OPTIMIZERS)[i % 5],
        list(augmentation.AUGMENTATIONS)[i // 5],
        preparation.NORMALIZATIONS[(i % 5 + i // 5) % 4],
        KINDS[i % 3],
        ("float32", "mixed_bfloat16", "mixed_float16")[(i % 5 + i // 7) % 3],
    )
    for i in (0, 4, 8, 11, 12, 15, 17)
]


@pytest.mark.parametrize(
    ("optimizer", "augment", "normalization", "kind", "dtype"),
    grids.thinned(GRID, GRID[5:6]),
)
def test_training(optimizer, augment, normalization, kind, dtype):
    with checked():
        train(
            layers(dtype),
            optimizer_fn(optimizer),
            dataset(augment, normalization, kind),
            weight_decay=1e-4,
            label_smoothing=0.1,
        )


@pytest.mark.slow
def test_other_schedules_decays_and_clipping():
    for fn in (
        optimizer_fn("momentum", "piecewise"),
        optimizer_fn("adam", "constant", decoupled_weight_decay=0.1),
        lambda: keras.optimizers.Adam(0.1, global_clipnorm=1.0, use_ema=True),
    ):
        with checked():
            train(layers(), fn, dataset())


@pytest.mark.parametrize("kind", grids.thinned(KINDS, ["uint8"]))
def test_evaluation_and_statistics(kind):
    model, data = layers(), dataset(dtype=kind)
    evaluating = network_evaluation.NetworkEvaluation(model, data, ("test",))
    with checked():
        evaluating.evaluate()
        norm_statistics.NormStatistics(model, data).recompute()


@pytest.mark.slow
@pytest.mark.parametrize("masker", maskers.MASKERS)
def test_masks_that_are_trained(masker):
    if masker in maskers.OF_LOGITS:
        searched = searched_model_test.search(layers(), masker, "dynamic")
    else:
        method = scored_masks_test.make(masker, **scored_masks_test.L2)
        searched = scored_masks_test.search(layers(), method)
    with checked():
        program = train(searched, optimizer_fn("momentum"), dataset())
        program.start_evaluation("test").result()


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_NETWORKS)
def test_criteria(name):
    model, data = layers(), dataset()
    given = network_scores.Given(
        model,
        model.weights,
        model.masks,
        data.train.x.shape[1:],
        data,
        np.arange(4, dtype=np.int32),
    )
    with checked():
        criteria.CRITERIA[name].function(given)


@pytest.mark.slow
def test_networks_here_are_made_of_the_layers_above():
    own = {type(each) for each in layers().network.layers}
    small = ("fc", "conv2", "resnet20", "vgg11", "resnet18", "cifar_resnet18")
    for name in (*small, "wide_resnet28", "mobilenet_v2"):
        network = registry.create(name, (32, 32, 3), 10).network
        assert {type(each) for each in network.layers} <= own, name
