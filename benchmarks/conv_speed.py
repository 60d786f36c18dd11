r"""Times convolutional networks here against what a user would pick instead.

    python -m lottery_ticket.benchmarks.conv_speed --network=resnet20

Conv-2 (batch 60, Adam) or ResNet-20 (batch 128, momentum) on random images of
CIFAR-10's shape. Read the ratios, not the milliseconds. PyTorch takes part if
it is installed.
"""

import atexit
import functools
import importlib.util
import pathlib
import shutil
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.benchmarks import timing
from lottery_ticket.datasets.images import (
    augmentation,
    image_files,
    preparation,
)
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.training import momentum, programs
from lottery_ticket.foundations.values import dataset_base, names
from lottery_ticket.models import registry

IMAGES = 5000
# Network -> batch size and optimizer.
NETWORKS = {
    "conv2": (60, lambda: keras.optimizers.Adam(2e-4)),
    "resnet20": (128, lambda: momentum.Momentum(0.1)),
}


def conv_speed(
    network: str = "resnet20", rounds: int = 5, iterations: int = 20
) -> None:
    """Prints milliseconds per iteration and ratios, from one run.

    Args:
        network: conv2 or resnet20.
        rounds: How often each contender is timed.
        iterations: Iterations of each timing.
    """
    names.check("network", network, NETWORKS)
    contenders = {
        "this trainer, masked": _ours(network, augment=None),
        "the same without masks": _ours(network, None, masked=False),
        "the same with crop and flip": _ours(network, augmentation.CropFlip()),
        "crop and flip, from JPEG files": _ours(
            network, augmentation.CropFlip(), _files
        ),
        "keras fit, defaults": _fit(network),
    }
    if importlib.util.find_spec("torch"):
        contenders["pytorch, by hand"] = _torch(network)
    times = timing.compare(contenders, rounds, iterations, warmup=5)
    batch_size, _ = NETWORKS[network]
    timing.show(
        times,
        f"{network}, {rounds} rounds of {iterations} iterations, batch "
        f"{batch_size}",
    )
    _evaluate(network)


def _arrays():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)
    return x, rng.integers(0, 10, IMAGES)


def _files(x):
    """The images as JPEG files in a folder, streamed."""
    folder = tempfile.mkdtemp()
    names = [f"{row:05}.jpeg" for row in range(len(x))]
    for name, image in zip(names, x, strict=True):
        jpeg = tf.io.encode_jpeg(image).numpy()
        pathlib.Path(folder, name).write_bytes(jpeg)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return image_files.ImageFiles(folder, names, x.shape[1:])


def _model(network, masked=True):
    """A network, half of it pruned, or as if masks did not exist."""
    model = registry.create(network, (32, 32, 3), 10)
    if masked:
        rng = np.random.default_rng(1)
        masks = {n: rng.random(m.shape) < 0.5 for n, m in model.masks.items()}
        return model.reset(masks=masks)
    for name in model.masks:
        model.variables[name].constraint = None
    return model


def _dataset(network, augment=None, wrap=lambda x: x, tests=100):
    batch_size, _ = NETWORKS[network]
    x, y = _arrays()
    tested = np.resize(np.arange(IMAGES), tests)
    return dataset_base.DatasetBase(
        (wrap(x), y),
        batch_size,
        (x[tested], y[tested]),
        drop_partial_batch=True,
        prepare=preparation.Scale(255),
        augment=augment,
    )


def _ours(network, augment, wrap=lambda x: x, masked=True):
    """The compiled loop, from memory or as a stream."""
    _, optimizer_fn = NETWORKS[network]
    program = programs.program(
        _model(network, masked), optimizer_fn, _dataset(network, augment, wrap)
    )
    position = 0

    def run(iterations):
        nonlocal position
        program.train(position, iterations, 100)
        position += iterations

    return run


def _fit(network):
    """Keras's own loop, as a user would write it."""
    batch_size, optimizer_fn = NETWORKS[network]
    x, y = _arrays()
    x = x.astype(np.float32) / 255
    keras_network = _model(network, masked=False).network
    keras_network.compile(
        optimizer_fn(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )

    def run(iterations):
        size = batch_size * iterations
        keras_network.fit(x[:size], y[:size], batch_size, 1, verbose=0)

    return run


def _torch(network):
    """A loop by hand in PyTorch, with the data in memory."""
    import torch  # pyright: ignore[reportMissingImports]  No dependency.

    from lottery_ticket.benchmarks import torch_networks

    batch_size, _ = NETWORKS[network]
    x, y = _arrays()
    x = x.transpose(0, 3, 1, 2).astype(np.float32, order="C") / 255
    if network == "conv2":
        module = torch_networks.conv2()
        optimizer_fn = functools.partial(torch.optim.Adam, lr=2e-4, fused=True)
    else:
        module = torch_networks.Resnet20()
        optimizer_fn = functools.partial(torch.optim.SGD, lr=0.1, momentum=0.9)
    return torch_networks.loop(module, optimizer_fn, x, y, batch_size)


def _evaluate(network):
    """Prints what evaluating 10,000 images takes."""
    _, optimizer_fn = NETWORKS[network]
    program = programs.program(
        _model(network), optimizer_fn, _dataset(network, tests=10_000)
    )
    for _ in range(2):  # The first compiles.
        started = time.perf_counter()
        program.start_evaluation("test").result()
        seconds = time.perf_counter() - started
    print(f"evaluation of 10,000 images: {seconds:.1f} s")


if __name__ == "__main__":
    flags.main(conv_speed)
