"""Trains one network once: logged, checkpointed, resumed to the same bytes."""

import logging
import math
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.networks import accepted, keras_private
from lottery_ticket.foundations.records import (
    checkpoint,
    lock,
    paths,
    run_record,
)
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.tickets import byte_counts
from lottery_ticket.foundations.training import (
    batches,
    optimizer_identity,
    programs,
    resumable_run,
    run_callbacks,
    run_settings,
    trainee,
)
from lottery_ticket.foundations.values import dataset_base, examples
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
VOCABULARY = "vocabulary.txt"  # Of examples that are texts, a word a line.
_log = logging.getLogger(__name__)


def train(
    dataset: dataset_base.DatasetBase,
    model: trainee.Trainee,
    optimizer_fn: Callable[[], keras.optimizers.Optimizer],
    training_len: run_settings.Length,
    output_dir: str,
    *,
    label: str = "training",
    course: run_settings.Course = run_settings.Course(),  # noqa: B008  Frozen.
    intervals: run_settings.Intervals = run_settings.Intervals(),  # noqa: B008
    step: run_settings.Step = run_settings.Step(),  # noqa: B008
    output: run_settings.Output = run_settings.Output(),  # noqa: B008
    callbacks: Sequence[run_callbacks.Callback] = (),
) -> tuple[Network, Network]:
    """Trains a model, and returns its weights before and after.

    A run that is complete in `output_dir` is read, not trained again; one that
    was stopped goes on from its checkpoint, to the same bytes.

    Every training batch's loss and metrics, such as accuracy, are logged, taken
    before its update; those over all test and validation examples at the start,
    at every interval, and at the end. Training never stops early.

    Args:
        dataset: What to train on.
        model: A ModelBase, with the weights and masks to start from; or what
            searches for masks of one, such as a `searched_model.SearchedModel`.
        optimizer_fn: What makes a new optimizer.
        training_len: '500it', '20ep' or ("iterations", 500); where training
            ends, at least one iteration after its start.
        output_dir: Folder of the run; see `paths`.
        label: Name of the run for the progress bar and errors, "level 3/20".
        course: Where it starts, and what it does on the way.
        intervals: How often it evaluates.
        step: How the loss and the update of an iteration are made.
        output: What it writes, shows and complains of.
        callbacks: Functions of a `run_callbacks.State`, called between two
            chunks; see there for what they may see, and not touch.

    Raises:
        ValueError: If an iteration does not lie within training, the model
            does not fit the dataset, has no events or a training of its own,
            output_dir holds results made with other settings, or a layer has
            collapsed that should not.
        RuntimeError: If another process works on output_dir, Keras does not
            run on TensorFlow, or a callback changes the network.
        FloatingPointError: If a loss becomes NaN or infinite.
    """
    _check_backend()
    run_callbacks.check(callbacks)
    check_fits(model, dataset)
    _check_smoothing(model, step)
    span = course.span(training_len, dataset.train.iterations_per_epoch)
    _check_events(model, step.hook, span)
    evaluated = intervals.of(dataset.splits)
    identity = {
        "settings": output.settings,
        "inputs": {
            **_inputs(dataset, model, optimizer_fn, span, evaluated),
            **step.identity,
        },
    }
    output.check_inputs(identity["inputs"])
    with lock.hold(output_dir), output.open_bar() as bar:
        bar.start(label, span.end - span.start)
        saved = run_record.restore(output_dir, identity)
        if saved is not None:
            checkpoint.remove(output_dir)  # Left by a kill at the very end.
            _check_averaged(output_dir, optimizer_fn)
            model.restore(saved)
            bar.finish("complete already")
            return saved["initial"], saved["final"]
        run_record.check_free(output_dir, output.settings)
        model.check_own_training()
        before = RunMasks(model, step.hook.changes_masks)
        if before.masks:
            bar.show_density(masks_lib.density(before.masks))
        collapse.check(
            before.masks, before.effective, output.on_collapse, label
        )
        _write_vocabulary(dataset, output_dir)
        program = programs.program(
            model,
            optimizer_fn,
            dataset,
            step.jit,
            step.weight_decay,
            step.label_smoothing,
            step.hook,
        )
        if not program.is_compiled:
            bar.show_compiling(True)  # Evaluation, first.
        run = resumable_run.ResumableRun(
            model,
            program,
            output_dir,
            identity,
            span,
            evaluated,
            output.save_summaries,
            course.at_end,
        )
        run.resume(label)
        run.train(label, bar, callbacks)
        return _saved(run, model, before, output, bar)


def check_fits(
    model: trainee.Trainee, dataset: dataset_base.DatasetBase
) -> None:
    """Raises ValueError unless a model can be trained on a dataset.

    It names both shapes of an example, both tasks, both shapes of labels or
    numbers of classes, or an index that an embedding does not have.
    """
    if model.network is None or model.num_outputs is None:
        raise ValueError(
            f"{type(model).__name__} is not complete: its __init__ must end "
            "with self.set_outputs(logits); a KerasModel needs examples"
        )
    expected, given = model.input_shape, dataset.input_shape
    if not examples.fits(expected, given):
        raise ValueError(
            f"The network takes examples of shape {expected}. Received: a "
            f"dataset of shape {given}"
        )
    if model.task.name not in (dataset.task, "compiled"):
        raise ValueError(
            f"The network is trained for the task {model.task.name}. Received: "
            f"a dataset of the task {dataset.task}. Name one for both, such as "
            f"task={model.task.name}"
        )
    model.task.check(model.num_outputs, dataset)
    has_rows = bool(accepted.embeddings(model.network))
    extremes = batches.extremes(dataset, of_bytes=has_rows)
    if extremes is not None:  # XLA takes a wrong index for the last one.
        with tf.device("CPU:0"):
            accepted.check_indices(model.network, extremes)


class RunMasks:
    """Masks and weights of a model before a run.

    Attributes:
        weights: Dict, name -> array.
        masks: Dict, layer name -> mask.
        effective: Dict, layer name -> mask of what is kept on a path from input
            to output. None where nothing is pruned, where it cannot be told,
            and where a pruned weight is held at another value than 0: it still
            passes on what reaches it.
        change: Whether masks may be others at the end.
    """

    def __init__(self, model: trainee.Trainee, change: bool = False):
        """Looks at a model as it stands."""
        self._model, self.change = model, change
        self.weights = model.weights
        self.masks = model.masks
        self.effective = _effective(self._model, self.weights, self.masks)

    def check(self, outcome: dict[str, dict]) -> None:
        """Raises RuntimeError if a pruned weight has other bits than before.

        Or, where masks change, than 0: outcome is as of `counted`.
        """
        masks, final = self.masks, outcome["final"]
        if self.change:
            masks = outcome["masks"]
        for name, mask in masks.items():
            held, found = (w[name][mask == 0] for w in (self.weights, final))
            if self.change:
                held = np.zeros_like(held)
            if held.tobytes() != found.tobytes():
                raise RuntimeError(
                    f"Pruned weights of layer {name!r} moved in training. Does "
                    "the network change its kernel other than by its optimizer?"
                )

    def counted(self, outcome: dict[str, dict]) -> dict:
        """Returns what a run records of its masks, as JSON values.

        The masks of the outcome may be others than before. By name:

        - density: dict, layer name -> (kept, total);
        - effective: dict, layer name -> kept weights on a path from input to
          output, or None;
        - positions: dict, layer name -> how often each of its weights is used
          for one example, of the layers that this is known of;
        - ticket_bytes: see `byte_counts.content`, of the final weights;
        - sign_agreement: share of the weights kept at the end that have the
          sign they began with, or None if none is kept.
        """
        masks, effective = outcome["masks"], self.effective
        if any(
            (masks[name] != mask).any() for name, mask in self.masks.items()
        ):
            effective = _effective(self._model, outcome["final"], masks)
        networks = self.weights, outcome["final"]
        same = masks_lib.sign_agreement(masks, *networks) if masks else math.nan
        return {
            "density": masks_lib.counts(masks),
            "effective": effective
            and {name: int(each.sum()) for name, each in effective.items()},
            "positions": dict(self._model.positions),
            "ticket_bytes": byte_counts.content(masks, outcome["final"]),
            "sign_agreement": None if math.isnan(same) else same,
        }


def _write_vocabulary(dataset, output_dir):
    """Writes what numbers in texts mean, where examples are texts."""
    if dataset.vocabulary is not None:
        words = "\n".join(dataset.vocabulary) + "\n"
        files.write(files.join(output_dir, VOCABULARY), words.encode())


def _saved(run, model, before, output, bar):
    """Saves what has been trained; returns weights before and after."""
    outcome = model.outcome()
    before.check(outcome)
    networks = {"initial": before.weights, **outcome}
    if before.change:
        networks[paths.FIRST_MASKS] = before.masks
    counted = {**before.counted(outcome), **output.facts}
    run.save(networks if output.save_network else {}, counted)
    bar.finish(
        f"in {run.facts['train_s']:.1f} s", run.logs.latest(), model.headline
    )
    return before.weights, outcome["final"]


def _check_backend():
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Keras must run on TensorFlow: set KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()}"
        )


def _check_smoothing(model, step):
    if step.label_smoothing and not model.task.smooths_labels:
        raise ValueError(
            "label_smoothing is for classification. Received: "
            f"{step.label_smoothing}, for the task {model.task.name}"
        )


def _check_events(model, hook, span):
    if span.events and not (model.has_events or hook.has_events):
        raise ValueError(
            "Events are for a model that has them, such as a search by "
            f"ScoredMasks, or a hook. Received: {type(model).__name__}"
        )


def _inputs(dataset, model, optimizer_fn, span, evaluated):
    """All that a run's bytes depend on, beside the machine."""
    events = {"event_iterations": list(span.events)} if span.events else {}
    code = dataset.code
    of_code = {"dataset_code": code} if code else {}
    return {
        **model.identity,
        "dataset": dataset.checksum,
        "train_order_seed": dataset.train.seed,
        "train_batch_size": dataset.train.batch_size,
        "train_partial_size": dataset.train.partial_size,
        **optimizer_identity.recorded(
            optimizer_fn(), model.network.trainable_variables
        ),
        "start_iteration": span.start,
        "iterations": span.end,
        "save_iterations": list(span.saved),
        "intervals": evaluated,
        **events,
        **of_code,
    }


def _check_averaged(output_dir, optimizer_fn):
    """Warns if a run of 0.1.0 has not ended with its optimizer's averages."""
    record = run_record.read(output_dir) or {}
    if keras_private.keeps_averages(optimizer_fn()) and not record.get(
        "averaged"
    ):
        _log.warning(
            "The weights in %s are not the averages that its optimizer kept: "
            "0.1.0 left them out. Move it away to have it trained anew",
            output_dir,
        )


def _effective(model, weights, masks):
    pruned = {name: mask == 0 for name, mask in masks.items()}
    if not any(where.any() for where in pruned.values()):
        return None
    if any(weights[name][where].any() for name, where in pruned.items()):
        return None
    return model.effective_masks(masks)
