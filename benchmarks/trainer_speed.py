r"""Times one training iteration here against what a user would pick instead.

    python -m lottery_ticket.benchmarks.trainer_speed

LeNet-300-100 on MNIST-shaped random data, batch 60, Adam. All contenders are
warmed up, then timed in turn, round after round, so that a machine that slows
down slows all of them: read the ratios, not the milliseconds. PyTorch takes
part if it is installed.
"""

import functools
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time

import keras
import numpy as np

from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations import trainer
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import (
    devices,
    files,
    precision,
    progress,
)
from lottery_ticket.foundations.training import (
    programs,
    resumable_run,
    run_settings,
    step_hooks,
)
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import model_fc

BATCH_SIZE = 60
LR = 1.2e-3
TEST_INTERVAL = 100
EPOCH = 917  # Iterations.


def trainer_speed(
    rounds: int = 5,
    iterations: int = 2000,
    loops_only: bool = False,
    hooks_only: bool = False,
    out: str | None = None,
) -> None:
    """Prints milliseconds per iteration and ratios, from one run.

    Args:
        rounds: How often each contender is timed.
        iterations: Iterations of each timing; a multiple of 1000.
        loops_only: Whether to leave out whole runs, masks and workers: loops
            alone are timed.
        hooks_only: Whether to time this trainer's loop alone, without and with
            each step hook.
        out: JSON file to write the milliseconds to, a list for each contender.
    """
    # As our commands do; TensorFlow itself would multiply in 19 bits on GPUs.
    precision.set_policy("float32")
    if hooks_only:
        contenders = _hooks()
    else:
        contenders = _loops() if loops_only else _all()
    warmup = resumable_run.CHUNK_ITERATIONS
    times = timing.compare(contenders, rounds, iterations, warmup)
    timing.show(
        times, f"{rounds} rounds of {iterations} iterations, batch {BATCH_SIZE}"
    )
    if out is not None:
        files.write(out, json.dumps(times).encode())


def _loops():
    contenders = {
        "this trainer": _ours(),
        "keras fit, defaults": _fit(),
        "keras fit, jit, 100 steps": _fit(
            jit_compile=True, steps_per_execution=100
        ),
    }
    if importlib.util.find_spec("torch"):
        contenders["pytorch, Adam"] = _torch(fused=False)
        contenders["pytorch, fused Adam"] = _torch(fused=True)
    return contenders


def _all():
    loops = _loops()
    return {
        "this trainer": loops.pop("this trainer"),
        "the same without masks": _ours(masked=False),
        "train(), no evaluation": _train(test_interval=10**9),
        f"train(), test every {TEST_INTERVAL}": _train(TEST_INTERVAL),
        **loops,
        "two single-threaded": _workers(),
    }


def _hooks():
    """The loop with each hook, whose events between iterations are left out."""
    run = hooks.Run(EPOCH, length=100 * EPOCH)
    return {
        "no hook": _ours(),
        "no hook, again": _ours(),
        **{
            name: _ours(hook=hooks.make([name], run))
            for name, each in hooks.HOOKS.items()
            if not each.needs_norms  # LeNet has none.
        },
    }


def _arrays():
    rng = np.random.default_rng(0)
    x = rng.random((55000, 784), dtype=np.float32)
    return x, rng.integers(0, 10, 55000)


def _dataset():
    x, y = _arrays()
    return dataset_base.DatasetBase((x, y), BATCH_SIZE, (x[:10000], y[:10000]))


def _adam():
    return keras.optimizers.Adam(LR)


def _model(masked=True):
    """LeNet-300-100, half of it pruned, or as if masks did not exist."""
    model = model_fc.ModelFc()
    if masked:
        rng = np.random.default_rng(1)
        masks = {n: rng.random(m.shape) < 0.5 for n, m in model.masks.items()}
        return model.reset(masks=masks)
    for name in model.masks:
        model.variables[name].constraint = None
    return model


def _ours(masked=True, hook: step_hooks.StepHook = step_hooks.NONE):
    """The compiled loop alone."""
    chunk = resumable_run.CHUNK_ITERATIONS
    program = programs.program(_model(masked), _adam, _dataset(), hook=hook)

    def run(iterations):
        for start in range(0, iterations, chunk):
            program.train(start, chunk, chunk)

    return run


def _train(test_interval):
    """A whole training run: logs, checkpoints, results and all."""
    model, dataset = _model(), _dataset()

    def run(iterations):
        # Five times as long, for what is paid once a run to weigh as little
        # as it does in the 50,000 iterations of a real one, or nearly so.
        with tempfile.TemporaryDirectory() as directory:
            started = time.perf_counter()
            with progress.Progress(quiet=True) as bar:
                trainer.train(
                    dataset,
                    model,
                    _adam,
                    ("iterations", 5 * iterations),
                    directory,
                    intervals=run_settings.Intervals(test=test_interval),
                    output=run_settings.Output(bar=bar),
                )
            return (time.perf_counter() - started) / 5

    return run


def _fit(**options):
    """Keras's own loop, as a user would write it."""
    x, y = _arrays()
    network = _model(masked=False).network
    network.compile(
        _adam(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **options,
    )

    def run(iterations):
        size = BATCH_SIZE * 500
        epochs = iterations // 500
        network.fit(x[:size], y[:size], BATCH_SIZE, epochs, verbose=0)

    return run


def _torch(fused):
    """A loop by hand in PyTorch, with the data in memory."""
    import torch  # pyright: ignore[reportMissingImports]  No dependency.

    from lottery_ticket.benchmarks import torch_networks

    optimizer_fn = functools.partial(torch.optim.Adam, lr=LR, fused=fused)
    module = torch_networks.lenet()
    return torch_networks.loop(module, optimizer_fn, *_arrays(), BATCH_SIZE)


def _workers():
    """Two processes of one thread each, side by side, as argfile_runner's."""
    environment = {**os.environ, **devices.environment(devices.CPU)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--worker"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    def run(iterations):
        for worker in workers:
            print(iterations // 2, file=worker.stdin, flush=True)
        # It is a pipe.
        times = [worker.stdout.readline() for worker in workers]  # pyright: ignore[reportOptionalMemberAccess]
        return max(float(each) for each in times)

    return run


def _work():
    """Trains as many iterations as each line of stdin says."""
    program = programs.program(_model(), _adam, _dataset())
    for line in sys.stdin:
        started = time.perf_counter()
        for start in range(0, int(line), resumable_run.CHUNK_ITERATIONS):
            chunk = resumable_run.CHUNK_ITERATIONS
            program.train(start, chunk, chunk)
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    _work() if sys.argv[1:] == ["--worker"] else flags.main(trainer_speed)
