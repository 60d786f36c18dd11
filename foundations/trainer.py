"""Trains one network once: logged, checkpointed, resumed to the same bytes."""

import contextlib

import keras

from lottery_ticket.foundations import lock, progress, run_record, steps
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.training import (
    checkpoint,
    optimizer_settings,
    programs,
    resumable_run,
    run_masks,
    spans,
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
    start_iteration: str | tuple[str, int] = "0it",
    save_iterations: tuple[str | tuple[str, int], ...] = (),
    event_iterations: tuple[int, ...] = (),
    on_collapse: str = "warn",
):
    """Trains a model, and returns its weights before and after.

    A run that is complete in `output_dir` is read, not trained again; one that
    was stopped goes on from its checkpoint, to the same bytes.

    Every training batch's loss and accuracy are logged, taken before its
    update; the losses and accuracies over all test and validation examples at
    the start, at every interval, and at the end. Training never stops early.

    A run may begin in the middle of training, for rewinding: it sees the
    batches from there on, and its logs count from there. Its optimizer is a
    new one; `optimizers.optimizer_fn(start_iteration=)` makes one whose
    schedule begins there.

    Args:
        dataset: DatasetBase.
        model: ModelBase, with the weights and masks to start from; or what
            searches for masks of one, a `supermasks.SearchedModel`.
        optimizer_fn: Function () -> keras optimizer.
        training_len: '500it', '20ep' or ("iterations", 500); where training
            ends, at least one iteration after its start.
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
        start_iteration: Where training starts: the model's weights are taken
            for those after this length.
        save_iterations: Lengths after which the weights are saved too, in
            `paths.at_iteration`; each between start and end.
        event_iterations: Iterations after which `model.event(iteration)` is
            called, once each, after the start and up to the end. What is
            logged and saved there is of before the event. It changes nothing
            but variables of `model.network`, so that checkpoints hold all of
            it, and returns JSON values, recorded under "events" in run.json.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output: "warn", or "stop" before training.

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If training_len or an interval is not positive, an
            iteration to start from, to save at or of an event does not lie
            within training, the model does not fit the dataset or has no
            events, output_dir holds results made with other settings, or a
            layer has collapsed that should not.
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
    per_epoch = dataset.train.iterations_per_epoch
    span = run_span(training_len, start_iteration, save_iterations, per_epoch)
    span = spans.with_events(span, event_iterations)
    for name, number in {
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
    inputs = _inputs(dataset, model, optimizer_fn, span, intervals)
    identity = {"settings": settings or {}, "inputs": {**inputs, **rules}}
    own_bar = progress.Progress() if bar is None else None
    with lock.hold(output_dir), own_bar or contextlib.nullcontext(bar) as bar:
        bar.start(label, span.end - span.start)
        saved = run_record.restore(output_dir, identity)
        if saved is not None:
            checkpoint.remove(output_dir)  # Left by a kill at the very end.
            model.restore(saved)
            bar.finish("complete already")
            return saved["initial"], saved["final"]
        run_record.check_free(output_dir, identity["settings"])
        before = run_masks.RunMasks(model)
        collapse.check(before.masks, before.effective, on_collapse, label)
        run = resumable_run.ResumableRun(
            output_dir, identity, span, intervals, save_summaries
        )
        program = programs.program(model, optimizer_fn, dataset, **rules)
        run.resume(model, program)
        run.train(label, bar)
        outcome = model.outcome()
        before.check(outcome["final"])
        networks = {"initial": before.weights, **outcome}
        run.save(networks if save_network else {}, before.counted(outcome))
        bar.finish(run.summary())
        return before.weights, outcome["final"]


def run_span(
    training_len, start_iteration="0it", save_iterations=(), per_epoch=1
) -> spans.Span:
    """Returns which iterations a run trains, and after which it saves.

    Args:
        training_len: As for `train`, like the next two.
        start_iteration: Where it starts.
        save_iterations: Where it saves its weights too.
        per_epoch: Iterations in one epoch of the dataset.

    Raises:
        ValueError: If training has no iteration, or one of the others does not
            lie within it.
    """
    end = steps.iterations(training_len, per_epoch)
    start = steps.iterations(start_iteration, per_epoch)
    saved = [steps.iterations(each, per_epoch) for each in save_iterations]
    if end < 1:
        raise ValueError(f"training_len must be at least 1. Received: {end}")
    if start >= end:
        raise ValueError(
            f"Training cannot start at iteration {start}: it ends after "
            f"{end}. Give an earlier iteration, or a longer training_len"
        )
    for iteration in saved:
        if not start < iteration < end:
            raise ValueError(
                f"The weights of iteration {iteration} cannot be saved: this "
                f"training goes from iteration {start} to {end}"
            )
    return spans.Span(start, end, tuple(sorted(set(saved))))


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


def _inputs(dataset, model, optimizer_fn, span, intervals):
    """All that a run's bytes depend on, beside the machine."""
    events = {"event_iterations": list(span.events)} if span.events else {}
    return {
        **model.identity,
        "dataset": dataset.checksum,
        "train_order_seed": dataset.train.seed,
        "train_batch_size": dataset.train.batch_size,
        "train_partial_size": dataset.train.partial_size,
        "optimizer": optimizer_settings.config(optimizer_fn()),
        "start_iteration": span.start,
        "iterations": span.end,
        "save_iterations": list(span.saved),
        "intervals": intervals,
        **events,
    }
