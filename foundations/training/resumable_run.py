"""A training run on its way: chunks, log points, checkpoints, results."""

import datetime
import logging
import re
import time
from collections.abc import Callable, Sequence
from concurrent import futures

from lottery_ticket.foundations.machine import (
    environment,
    files,
    hardware,
    progress,
)
from lottery_ticket.foundations.records import (
    checkpoint,
    log_writers,
    paths,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.training import (
    programs,
    run_callbacks,
    run_settings,
    trainee,
)
from lottery_ticket.foundations.values import json_values, names_0_1_0

CHUNK_ITERATIONS = 500
CHECKPOINT_INTERVAL_S = 20
_SUMMARIES = r"events\.out\.tfevents\.\d{10}"
_TEMPORARY = (
    r"(run\.json|checkpoint\.bin|(train|test|validate)\.json|[\w.-]+\.npy"
    rf"|{_SUMMARIES})\.\d+\.tmp"
)
_log = logging.getLogger(__name__)


class ResumableRun:
    """One network being trained in one folder.

    To be used in this order: `resume`, `train`, `save`.
    """

    def __init__(
        self,
        model: trainee.Trainee,
        program: programs.Program,
        directory: str,
        identity: dict,
        span: run_settings.Span,
        intervals: dict[str, int],
        save_summaries: bool,
        at_end: Callable[[], None] | None = None,
    ):
        """Prepares a run; touches nothing.

        Args:
            model: trainee.Trainee, at the run's start.
            directory: Folder of the run, held by this process.
            identity: Dict with "settings" and "inputs": all that its results
                depend on; recorded, and compared when it goes on.
            intervals: Dict, name of a split -> iterations between evaluations.
            save_summaries: Whether to write TensorBoard summaries.
            at_end: As of `run_settings.Course`.
        """
        self.model = model
        self.program = program
        self.directory = directory
        self.identity = identity
        self.span = span
        self.intervals = intervals
        self.save_summaries = save_summaries
        self.at_end = at_end
        self.logs = log_writers.Logs(
            ["train", *intervals], model.task.columns, model.headline.metric
        )
        self.iteration = span.start
        self.device, self.hardware = hardware.device(), hardware.facts()
        # Under way: (iterations, results), and (split, iteration, future).
        self.launched, self.evaluations = [], []
        self.facts = {
            **names_0_1_0.RECORD_VERSION,
            "started": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "train_s": 0.0,
            "resumed": 0,
            "saved": {},
        }
        if span.events:
            self.facts["events"] = []

    def resume(self, label: str) -> None:
        """Goes on from the folder's checkpoint, or makes the first one.

        Raises ValueError if the folder holds results of something else, and
        FloatingPointError as of `train`.
        """
        saved = checkpoint.load(self.directory)
        if saved is None:
            self._clear(is_redone=True)
            self._start_evaluations()
            self._log(label)
            self._save_checkpoint()
            return
        arrays, facts = saved
        run_record.check_identity(
            {**facts["facts"], **facts["identity"]},
            self.identity,
            self.directory,
        )
        self._clear()
        # 0.1.0 did not say where it was.
        self._warn_of_another_machine(facts.get("machine", self._machine()))
        self.iteration, self.facts = facts["iteration"], facts["facts"]
        self.facts["resumed"] += 1
        self.logs.restore(arrays)
        for name, variable in self.program.state.items():
            variable.assign(arrays[name])

    def train(
        self,
        label: str,
        bar: progress.Progress,
        callbacks: Sequence[run_callbacks.Callback] = (),
    ) -> None:
        """Trains to the end, one chunk after the other.

        Args:
            callbacks: What is called after each chunk; see `run_callbacks`.

        Raises:
            RuntimeError: If a callback changes a variable.
            FloatingPointError: If a loss becomes NaN or infinite.
        """
        saved_at = started_at = time.monotonic()
        before_s, interval_s = self.facts["train_s"], CHECKPOINT_INTERVAL_S
        try:
            while self.iteration < self.span.end:
                self._train_chunk(label, bar)
                now = time.monotonic()
                self.facts["train_s"] = before_s + now - started_at
                if self.span.is_halt(self.iteration):
                    self._log_training(label)
                    self._halt()
                if callbacks:
                    self._show(callbacks, label)
                if now - saved_at > interval_s:
                    self._log(label)
                    now = time.monotonic()
                    self._save_checkpoint()
                    saved_at = time.monotonic()
                    # A twentieth of the time at most, whatever one takes.
                    interval_s = CHECKPOINT_INTERVAL_S * max(1, saved_at - now)
                bar.update(
                    self.iteration - self.span.start,
                    self.logs.latest(),
                    self.model.headline,
                )
            self._log(label)
        finally:  # The network may be traced again as soon as this returns.
            futures.wait([future for *_, future in self.evaluations])

    def save(self, networks: dict[str, dict], counted: dict) -> None:
        """Writes networks by folder, and what `RunMasks.counted` says of masks.

        run.json, last, makes the run complete.
        """
        facts = dict(self.facts)
        if self.program.keeps_averages:
            facts["averaged"] = True
        checksums = {**self.logs.write(self.directory), **facts.pop("saved")}
        for name, network in networks.items():
            checksums.update(save_network(self.directory, name, network))
        if self.save_summaries:
            self.logs.write_summaries(self.directory)
        run_record.write(
            self.directory,
            {
                **self.identity,
                **facts,
                **self.model.facts,
                **self.model.task.facts,
                "iterations": self.span.end,
                **counted,
                "device": self.device,
                "environment": {**environment.facts(), **self.hardware},
                "checksums": checksums,
            },
        )
        checkpoint.remove(self.directory)

    def _machine(self):
        return {"device": self.device, **self.hardware}

    def _warn_of_another_machine(self, before):
        differences = hardware.differences(before, self._machine())
        if differences:
            _log.warning(
                "The run in %s was begun on another machine (%s): its bytes "
                "may differ from those of a run that stays on one",
                self.directory,
                differences,
            )

    def _clear(self, is_redone=False):
        folders = self.model.folders
        if self.program.hook.changes_masks:
            folders = (*folders, paths.FIRST_MASKS)
        clear(self.directory, folders, self.span.saved, is_redone)

    def _train_chunk(self, label, bar):
        """Launches a chunk; logs the one before while a device is at it."""
        first, intervals = self.iteration, self.intervals.values()
        is_observed = first in self.span.events and self.program.hook.observes
        # That many iterations is what the training loop is compiled for.
        length = self.span.end - self.span.start
        capacity = min([CHUNK_ITERATIONS, length, *intervals])
        capacity = 1 if is_observed else capacity
        self.iteration = self.span.next_halt(first, intervals, capacity)
        results = self.program.launch(
            first,
            self.iteration - first,
            capacity,
            bar.show_compiling,
            is_observed,
        )
        self._log(label)
        self.launched = [(range(first + 1, self.iteration + 1), results)]
        if is_observed:
            self._record_event(first)
        if self.iteration == self.span.end:
            self.program.finalize()
            if self.at_end is not None:
                self._log_training(label)  # Which ends at a wrong loss.
                self.at_end()
        self._start_evaluations()

    def _start_evaluations(self):
        due = [
            name
            for name, interval in self.intervals.items()
            if self.span.is_due(self.iteration, interval)
        ]
        values = self.program.snapshot() if due else None
        self.evaluations = [
            (name, self.iteration, self.program.start_evaluation(name, values))
            for name in due
        ]

    def _log(self, label):
        """Logs all that is under way, once it is there."""
        for name, iteration, future in self.evaluations:
            results = future.result()  # Sync point.
            self.logs.add(name, [iteration], *([each] for each in results))
        self.evaluations = []
        self._log_training(label)

    def _log_training(self, label):
        """Logs the chunk that was launched; ends the run at a wrong loss."""
        for iterations, results in self.launched:
            self.logs.add("train", iterations, *programs.fetched(results))
        self.launched = []
        self._check_finite(label)

    def _halt(self):
        """Does what is due between two chunks; evaluations may be under way."""
        if self.iteration in self.span.saved:
            self._save_weights()
        is_due = self.iteration in self.span.events
        if is_due and not self.program.hook.observes:
            self._record_event(self.iteration)

    def _record_event(self, iteration):
        """Calls what is due after an iteration, the hook's or the model's."""
        caller = self.program if self.program.hook.has_events else self.model
        record = caller.event(iteration)
        # As a checkpoint gives it back: a run that goes on has it.
        self.facts["events"].append(json_values.read_back(record))

    def _show(self, callbacks, label):
        """Calls callbacks with all that is known after a chunk."""
        self._log(label)
        logs = {
            name: {
                key: run_callbacks.read_only(each) for key, each in own.items()
            }
            for name, own in self.logs.columns().items()
        }
        state = run_callbacks.State(
            self.iteration, self.span.end, logs, lambda: self.model.weights
        )
        run_callbacks.call(callbacks, state, [*self.program.state.values()])

    def _save_weights(self):
        """Saves the weights as they stand; a run that goes on saves again."""
        folder = f"iteration{self.iteration}"
        self.facts["saved"].update(
            save_network(self.directory, folder, self.model.weights)
        )

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
            "machine": self._machine(),
        }
        checkpoint.save(self.directory, {**arrays, **self.logs.arrays()}, facts)
        run_record.remove(self.directory)  # A damaged one, being redone.


def clear(
    directory: str,
    outcome: tuple[str, ...] = (),
    saved: tuple[int, ...] = (),
    is_redone: bool = False,
) -> None:
    """Removes what a run that was killed, or is redone, has left.

    Only files that this package names so, in the run's own folders.

    Args:
        outcome: Names of the folders that it ends with.
        saved: After how many iterations it saves its weights.
        is_redone: Whether it begins anew, so that its summaries go too.
    """
    pattern = f"{_TEMPORARY}|{_SUMMARIES}" if is_redone else _TEMPORARY
    before_end = ("", "initial", "summaries")
    iterations = (f"iteration{each}" for each in saved)
    for folder in (*before_end, *outcome, *iterations):
        place = files.join(directory, folder)
        for name in files.names(place):
            if re.fullmatch(pattern, name):
                files.remove(files.join(place, name))


def save_network(directory: str, folder: str, network: dict) -> dict[str, str]:
    """Saves a network in a run's folder; returns checksums by path in it."""
    path = files.join(directory, folder)
    checksums = save_restore.save_network(path, network)
    return {f"{folder}/{file}": each for file, each in checksums.items()}
