"""Trains one network once: logged, checkpointed, resumed to the same bytes."""

import contextlib

import keras
import numpy as np

from lottery_ticket.foundations import lock, masks, progress, run_record, steps
from lottery_ticket.foundations.training import (
    checkpoint,
    optimizer_settings,
    programs,
    resumable_run,
)


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
    weight_decay: float = 0.0,
    label_smoothing: float = 0.0,
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
        weight_decay: Coupled L2: this times each trained variable, biases and
            batch normalisation included, is added to its gradient. The
            optimizer's own weight decay is decoupled.
        label_smoothing: Share of a training label's weight that goes to all
            classes alike, in [0, 1).

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If training_len or an interval is not positive, the model
            does not fit the dataset, or output_dir holds results made with
            other settings.
        RuntimeError: If another process works on output_dir, or Keras does not
            run on TensorFlow.
        FloatingPointError: If a loss becomes NaN or infinite.
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Keras must run on TensorFlow: set KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()}"
        )
    check_fits(model, dataset)
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
    rules = {
        "weight_decay": weight_decay,
        "label_smoothing": label_smoothing,
        "jit": jit,
    }
    inputs = _inputs(dataset, model, optimizer_fn, length, intervals)
    identity = {"settings": settings or {}, "inputs": {**inputs, **rules}}
    own_bar = progress.Progress() if bar is None else None
    with lock.hold(output_dir), own_bar or contextlib.nullcontext(bar) as bar:
        bar.start(label, length)
        saved = run_record.restore(output_dir, identity)
        if saved is not None:
            checkpoint.remove(output_dir)  # Left by a kill at the very end.
            model.reset(presets=saved[1], masks=model.masks)
            bar.finish("complete already")
            return saved
        initial, kept = model.weights, model.masks
        run = resumable_run.ResumableRun(
            output_dir, identity, length, intervals, save_summaries
        )
        run.resume(programs.program(model, optimizer_fn, dataset, **rules))
        run.train(label, bar)
        final = model.weights
        _check_masked(final, kept)
        networks = {"initial": initial, "final": final, "masks": kept}
        run.save(networks if save_network else {}, masks.counts(kept))
        bar.finish(run.summary())
        return initial, final


def check_fits(model, dataset) -> None:
    """Raises unless a model can be trained on a dataset.

    Args:
        model: ModelBase.
        dataset: DatasetBase.

    Raises:
        ValueError: Naming both shapes, or both numbers of classes.
    """
    if model.network is None:
        raise ValueError(
            f"{type(model).__name__} is not complete: its __init__ must end "
            "with self.set_outputs(logits)"
        )
    expected, given = model.input_shape, dataset.input_shape
    fits = len(expected) == len(given) and all(
        wanted in (None, size)
        for wanted, size in zip(expected, given, strict=True)
    )
    if not fits:
        raise ValueError(
            f"The network takes examples of shape {expected}. Received: a "
            f"dataset of shape {given}"
        )
    if model.num_outputs < dataset.num_classes:
        raise ValueError(
            f"The network has logits for {model.num_outputs} classes. "
            f"Received: labels of {dataset.num_classes}"
            + ("; yes or no are two" if model.num_outputs == 1 else "")
        )


def _inputs(dataset, model, optimizer_fn, length, intervals):
    """All that a run's bytes depend on, beside the machine."""
    return {
        **model.identity,
        "dataset": dataset.checksum,
        "train_order_seed": dataset.train.seed,
        "train_batch_size": dataset.train.batch_size,
        "train_partial_size": dataset.train.partial_size,
        "optimizer": optimizer_settings.config(optimizer_fn()),
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
