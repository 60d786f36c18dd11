"""Trains one network once: logged, checkpointed, resumed to the same bytes."""

import contextlib
import datetime
import os
import time

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import (
    checkpoint,
    files,
    lock,
    log_writers,
    masks,
    programs,
    progress,
    run_record,
    save_restore,
    steps,
)

CHUNK_ITERATIONS = 500
CHECKPOINT_INTERVAL_S = 20


def train(
    dataset,
    model,
    optimizer_fn,
    training_len: str | tuple[str, int],
    output_dir: str,
    *,
    test_interval: int = 100,
    validate_interval: int = 100,
    save_summaries: bool = True,
    save_network: bool = True,
    settings: dict | None = None,
    label: str = "training",
    bar: progress.Progress | None = None,
    jit: bool | None = None,
):
    """Trains a model, and returns its weights before and after.

    A run that is complete in `output_dir` is read, not trained again; one that
    was stopped goes on from its checkpoint, to the same bytes.

    Every training batch's loss and accuracy are logged, taken before its
    update; the losses and accuracies over all test and validation examples at
    iteration 0, at every interval, and at the end. Training never stops early.

    Args:
        dataset: DatasetBase.
        model: ModelBase, with the weights and masks to start from.
        optimizer_fn: Function () -> keras optimizer.
        training_len: '500it', '20ep' or ("iterations", 500); at least one
            iteration.
        output_dir: Folder of the run; see `paths`.
        test_interval: Iterations between two evaluations on the test set.
        validate_interval: The same for the validation set, if there is one.
        save_summaries: Whether to write TensorBoard summaries.
        save_network: Whether to save initial and final weights and masks. A
            run without them cannot be read back: it is trained again.
        settings: JSON values by name that say how the run was made; recorded
            in run.json, and compared with those found there.
        label: Name of the run for the progress bar and errors, "level 3/20".
        bar: Where to show progress; None makes a bar of this run's own.
        jit: Whether to compile with XLA; None decides by device and network.

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If training_len or an interval is not positive, or
            output_dir holds results made with other settings.
        RuntimeError: If another process works on output_dir, or Keras does not
            run on TensorFlow.
        FloatingPointError: If a loss becomes NaN or infinite.
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Keras must run on TensorFlow: set KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()}"
        )
    length = steps.iterations(training_len, dataset.train.iterations_per_epoch)
    for name, number in {
        "training_len": length,
        "test_interval": test_interval,
        "validate_interval": validate_interval,
    }.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1. Received: {number}")
    intervals = {"test": test_interval, "validate": validate_interval}
    intervals = {k: v for k, v in intervals.items() if k in dataset.splits}
    identity = {
        "settings": settings or {},
        "inputs": _inputs(dataset, model, optimizer_fn, length, intervals),
    }
    own_bar = progress.Progress() if bar is None else None
    with lock.hold(output_dir), own_bar or contextlib.nullcontext(bar) as bar:
        bar.start(label, length)
        saved = run_record.restore(output_dir, identity)
        if saved is not None:
            bar.finish("complete already")
            return saved
        initial, kept = model.weights, model.masks
        run = _Run(output_dir, identity, length, intervals, save_summaries)
        run.resume(programs.program(model, optimizer_fn, dataset, jit))
        run.train(label, bar)
        final = model.weights
        _check_masked(final, kept)
        networks = {"initial": initial, "final": final, "masks": kept}
        run.save(networks if save_network else {}, masks.counts(kept))
        bar.finish(run.summary())
        return initial, final


def _inputs(dataset, model, optimizer_fn, length, intervals):
    """All that a run's bytes depend on, beside the machine."""
    return {
        "initial": save_restore.checksum(model.weights),
        "masks": save_restore.checksum(model.masks),
        "dataset": dataset.checksum,
        "train_order_seed": dataset.train.seed,
        "train_batch_size": dataset.train.batch_size,
        "optimizer": programs.optimizer_config(optimizer_fn()),
        "iterations": length,
        "intervals": intervals,
    }


def _check_masked(final, kept):
    for name, mask in kept.items():
        if np.count_nonzero(final[name][mask == 0]):
            raise RuntimeError(
                f"Pruned weights of layer {name!r} moved in training. Does "
                "the network change its kernel other than by its optimizer?"
            )


class _Run:
    """One network being trained in one folder."""

    def __init__(self, directory, identity, length, intervals, save_summaries):
        self.directory = directory
        self.identity = identity
        self.length = length
        self.intervals = intervals
        self.save_summaries = save_summaries
        self.logs = log_writers.Logs(["train", *intervals])
        self.program = None
        self.iteration = 0
        self.facts = {
            "started": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "train_s": 0.0,
            "resumed": 0,
        }

    def resume(self, program):
        """Goes on from the folder's checkpoint, or makes the first one."""
        self.program = program
        run_record.check_free(self.directory)
        saved = checkpoint.load(self.directory)
        if saved is None:
            self._evaluate()
            self._save_checkpoint()
            return
        arrays, facts = saved
        run_record.check_identity(
            facts["identity"], self.identity, self.directory
        )
        self.iteration, self.facts = facts["iteration"], facts["facts"]
        self.facts["resumed"] += 1
        self.logs.restore(arrays)
        for name, variable in program.state.items():
            variable.assign(arrays[name])

    def train(self, label, bar):
        """Trains to the end, one chunk after the other."""
        saved_at = started_at = time.monotonic()
        before_s = self.facts["train_s"]
        while self.iteration < self.length:
            self._train_chunk()
            self._evaluate()
            self._check_finite(label)
            bar.update(self.iteration, self.logs.facts())
            now = time.monotonic()
            self.facts["train_s"] = before_s + now - started_at
            if now - saved_at > CHECKPOINT_INTERVAL_S:
                self._save_checkpoint()
                saved_at = now

    def save(self, networks, density):
        """Writes the results; run.json, last, makes the run complete."""
        checksums = self.logs.write(self.directory)
        for name, network in networks.items():
            folder = files.join(self.directory, name)
            for file, checksum in save_restore.save_network(
                folder, network
            ).items():
                checksums[f"{name}/{file}"] = checksum
        if self.save_summaries:
            self.logs.write_summaries(self.directory)
        run_record.write(
            self.directory,
            {
                **self.identity,
                **self.facts,
                "iterations": self.length,
                "density": density,
                "device": _device(),
                "environment": run_record.environment(),
                "checksums": checksums,
            },
        )
        checkpoint.remove(self.directory)

    def summary(self):
        """Returns the last results in a few words."""
        facts = self.logs.facts()
        shown = [f"{name} {facts[name]:.4f}" for name in facts if "acc" in name]
        return f"{', '.join(shown)} in {self.facts['train_s']:.1f} s"

    def _train_chunk(self):
        ends = [self.iteration + self._capacity(), self.length]
        for interval in self.intervals.values():
            ends.append(self.iteration + interval - self.iteration % interval)
        first, self.iteration = self.iteration, min(ends)
        losses, accuracies = self.program.train(
            first, self.iteration - first, self._capacity()
        )
        iterations = np.arange(first, self.iteration) + 1
        self.logs.add("train", iterations, losses, accuracies)

    def _capacity(self):
        """Iterations that the training loop is compiled for."""
        return min([CHUNK_ITERATIONS, self.length, *self.intervals.values()])

    def _evaluate(self):
        for name, interval in self.intervals.items():
            if self.iteration % interval == 0 or self.iteration == self.length:
                loss, accuracy = self.program.evaluate(name)
                self.logs.add(name, [self.iteration], [loss], [accuracy])

    def _check_finite(self, label):
        found = self.logs.cut_at_not_finite()
        if found is None:
            return
        self.logs.write(self.directory)
        name, iteration = found
        raise FloatingPointError(
            f"The {name} loss is no longer finite at iteration {iteration} of "
            f"{label}, in {self.directory}; its logs up to there are kept. Is "
            "the learning rate too high?"
        )

    def _save_checkpoint(self):
        if self.save_summaries:
            self.logs.write_summaries(self.directory)
        arrays = {name: v.numpy() for name, v in self.program.state.items()}
        facts = {
            "identity": self.identity,
            "iteration": self.iteration,
            "facts": self.facts,
        }
        checkpoint.save(self.directory, {**arrays, **self.logs.arrays()}, facts)
        run_record.remove(self.directory)  # A damaged one, being redone.


def _device():
    """What trains; on a CPU, results depend on the number of threads."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        threads = tf.config.threading.get_intra_op_parallelism_threads()
        threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS", threads))
        return f"CPU, {threads or len(os.sched_getaffinity(0))} threads"
    details = tf.config.experimental.get_device_details(gpus[0])
    return details.get("device_name", "GPU")
