"""What can be said of a run: when, how, and what is left of it."""

import contextlib
import dataclasses
import typing
from collections.abc import Callable, Container, Iterable

from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.training import step_hooks
from lottery_ticket.foundations.values import fields, json_values, steps

Length = str | tuple[str, int]


class Span(typing.NamedTuple):
    """Iterations of a run, counted from 0 over the whole training."""

    start: int  # How many lie before the run.
    end: int  # How many there are when it is over.
    saved: tuple[int, ...] = ()  # After which its weights are saved too.
    events: tuple[int, ...] = ()  # After which an `event` is called.

    def next_halt(
        self, iteration: int, intervals: Iterable[int], capacity: int
    ) -> int:
        """Returns the iteration up to which a run trains without a halt.

        Args:
            iteration: Where it stands, before its end.
            intervals: For each split, iterations between two evaluations.
            capacity: The most iterations to train without a halt.
        """
        halts = [iteration + capacity, self.end]
        halts += [each for each in self.saved if each > iteration]
        halts += [each for each in self.events if each > iteration]
        halts += [iteration + each - iteration % each for each in intervals]
        return min(halts)

    def is_halt(self, iteration: int) -> bool:
        """Whether something other than evaluations is due at an iteration."""
        return iteration in self.saved or iteration in self.events

    def is_due(self, iteration: int, interval: int) -> bool:
        """Whether a split is evaluated: at the start, end and each interval."""
        is_end = iteration in (self.start, self.end)
        return is_end or iteration % interval == 0


@dataclasses.dataclass(frozen=True)
class Course:
    """Where a run starts, and what it does on the way to its end.

    A run may begin in the middle of training, for rewinding: it sees the
    batches from there on, and its logs count from there. Its optimizer is a
    new one; `optimizers.optimizer_fn(start_iteration=)` makes one whose
    schedule begins there.

    Args:
        start_iteration: Where it starts, '500it' or '2ep': the model's weights
            are taken for those after this length.
        save_iterations: Lengths after which the weights are saved too, in
            `paths.at_iteration`; each between start and end. 'every:5ep' is all
            multiples of 5 epochs there.
        event_iterations: Iterations after which `event(iteration)` of the
            model, or of the step's hook if that has events, is called, once
            each, after the start and up to the end. What is logged and saved
            there is of before the event. What it returns is recorded under
            "events" in run.json. A hook that observes is called once it has
            seen the gradients of the next batch, up to the last one.
        at_end: Function () that is called once the last iteration is done, and
            may move the network: what is evaluated, logged and saved of the
            end is of after it. None does nothing.
    """

    start_iteration: Length = "0it"
    save_iterations: tuple[Length, ...] = ()
    event_iterations: tuple[int, ...] = ()
    at_end: Callable[[], None] | None = None

    def settings(self) -> dict:
        """Returns "save_iterations" as settings have it; nothing of none.

        Older results have none.
        """
        saved = [steps.point_text(each) for each in self.save_iterations]
        return {"save_iterations": saved} if saved else {}

    def span(self, training_len: Length, per_epoch: int) -> Span:
        """Returns the same in iterations.

        Raises ValueError if training has no iteration, or one to start from, to
        save at or of an event does not lie within it.
        """
        end = steps.iterations(training_len, per_epoch)
        start = steps.iterations(self.start_iteration, per_epoch)
        fields.check("training_len", end, int, at_least=1)
        if start >= end:
            raise ValueError(
                f"Training cannot start at iteration {start}: it ends after "
                f"{end}. Give an earlier iteration, or a longer training_len"
            )
        where = f"this training goes from iteration {start} to {end}"
        saved = [
            iteration
            for each in self.save_iterations
            for iteration in steps.points(each, per_epoch, start, end)
        ]
        for iteration in saved:
            if not start < iteration < end:
                is_end = iteration in (start, end)
                ends = ", whose ends are saved anyway" if is_end else ""
                raise ValueError(
                    f"The weights of iteration {iteration} cannot be saved: "
                    f"{where}{ends}"
                )
        for iteration in self.event_iterations:
            if not start < iteration <= end:
                raise ValueError(
                    f"An event cannot follow iteration {iteration}: {where}"
                )
        events = {int(iteration) for iteration in self.event_iterations}
        return Span(
            start, end, tuple(sorted(set(saved))), tuple(sorted(events))
        )


@dataclasses.dataclass(frozen=True)
class Intervals:
    """Iterations between two evaluations of a split, each at least 1.

    There is one more at a run's start and one at its end.
    """

    test: int = 100
    validate: int = 100  # If there is such a split.

    def __post_init__(self):
        """Checks the numbers."""
        for split, number in dataclasses.asdict(self).items():
            fields.check(f"{split}_interval", number, int, at_least=1)

    def of(self, splits: Container[str]) -> dict[str, int]:
        """Returns dict, name -> interval, of those among names of splits."""
        given = dataclasses.asdict(self)
        return {name: each for name, each in given.items() if name in splits}


@dataclasses.dataclass(frozen=True)
class Step:
    """How the loss and the update of one iteration are made.

    Args:
        weight_decay: Coupled L2: this times each trained variable, biases and
            batch normalisation included, is added to its gradient. The
            optimizer's own weight decay is decoupled.
        label_smoothing: Share of a training label's weight that goes to all
            classes alike, in [0, 1).
        jit: Whether to compile with XLA; None decides by device and network.
        hook: What else changes an iteration; new for each run.
    """

    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    jit: bool | None = None
    hook: step_hooks.StepHook = step_hooks.NONE

    @property
    def identity(self) -> dict:
        """The same as JSON values; without a hook, as before there were any."""
        names = "weight_decay", "label_smoothing", "jit"
        of_hook = self.hook.identity
        return {
            **{name: getattr(self, name) for name in names},
            **({"hook": of_hook} if of_hook else {}),
        }


@dataclasses.dataclass(frozen=True)
class Output:
    """What a run writes, shows and complains of.

    Args:
        settings: JSON values by name that say how the run was made; recorded
            in run.json, and compared with those found there.
        save_network: Whether to save initial and final weights and masks. A
            run without them cannot be read back: it is trained again.
        save_summaries: Whether to write TensorBoard summaries.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output: "warn", or "stop" before training.
        bar: Where to show progress; None makes a bar of this run's own.
        quiet: Whether that one shows nothing.
        expected: Inputs that the run must have, as run.json records them, where
            it has to be the same as another.
        facts: JSON values by name that are recorded, and not compared.
    """

    settings: dict = dataclasses.field(default_factory=dict)
    save_network: bool = True
    save_summaries: bool = True
    on_collapse: str = "warn"
    bar: progress.Progress | None = None
    quiet: bool = False
    expected: dict = dataclasses.field(default_factory=dict)
    facts: dict = dataclasses.field(default_factory=dict)

    def check_inputs(self, inputs: dict) -> None:
        """Raises ValueError, naming them, if inputs are other than expected."""
        inputs = json_values.read_back(inputs)  # Tuples are lists on record.
        differing = [
            f"{name} {there!r} there, {inputs.get(name)!r} now"
            for name, there in self.expected.items()
            if inputs.get(name) != there
        ]
        if differing:
            raise ValueError(
                "This would not be the run that was asked for: "
                f"{'; '.join(differing)}"
            )

    def open_bar(self) -> contextlib.AbstractContextManager:
        """Returns a context with the bar, which ends with it if it is new."""
        if self.bar is None:
            return progress.Progress(quiet=self.quiet)
        return contextlib.nullcontext(self.bar)
