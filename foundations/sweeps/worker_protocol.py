"""What runs lines, as a pool sees it: workers, and the engine they are of."""

import dataclasses
from collections.abc import Callable, Generator
from typing import Protocol, TypeAlias

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import argfile_lines, scripts

GRACE_S = 5  # For workers to end by themselves before they are killed.
TICK_S = 1


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a line ended: why it failed, or None."""

    line: argfile_lines.Line
    failure: str | None
    by: str = ""  # The other sweep that ran it, if one did.
    # Where it ran here, and for how long.
    device: str = dataclasses.field(default="", compare=False)
    seconds: float = dataclasses.field(default=0.0, compare=False)
    again: str = ""  # How it will be tried again, if it will.
    is_in_vain: bool = False  # What it reads failed: it is not tried again.


@dataclasses.dataclass(frozen=True)
class Care:
    """What is done about lines while they run.

    Args:
        began: Function (line, name of a device), called when a line begins.
        timeout: Duration without progress after which a line is stopped, such
            as 30min; None is never.
        folder: Folder of this machine which all lines write to, and which
            workers on other machines must see, too; None if there is none.
    """

    began: Callable[[argfile_lines.Line, str], None] = lambda *_: None
    timeout: str | None = None
    folder: str | None = None


NO_CARE = Care()


Outcomes: TypeAlias = Generator[Outcome | None, None, None]


class Worker(Protocol):
    """What runs lines, one at a time, as a pool sees it.

    Attributes:
        slot: Where it runs.
        line: What it is running, or None.
        last: The line that it was given last, or None.
        left: The line that it was running when it was lost for no fault of the
            line, which is to be run by another; or None.
        is_open: Whether it may still say something or take a line.
        is_placeless: Whether it waits for a place, which may never be there.
        has_ended: Whether it is gone.
    """

    slot: devices.Slot
    line: argfile_lines.Line | None
    last: argfile_lines.Line | None
    left: argfile_lines.Line | None
    is_open: bool
    is_placeless: bool
    has_ended: bool

    @property
    def failed_starts(self) -> int:
        """How many in a row could not start, once it is gone."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether it could take a line."""
        ...

    def take(self, line: argfile_lines.Line) -> None:
        """Begins a line, once it is idle.

        Raises OSError if the line's log cannot be written.
        """
        ...

    def listen(self) -> Outcome | None:
        """Takes in what it says; returns the outcome of a line that ended.

        Raises RuntimeError if it could not start.
        """
        ...

    def stop_if_stuck(self) -> None:
        """Stops a line that gets on no more; `listen` says so then."""
        ...

    def close(self) -> None:
        """Lets it end, while it has no line; it takes no more of them."""
        ...

    def stop(self) -> None:
        """Ends it in the middle of its line, of which there is no outcome."""
        ...

    def terminate(self) -> None:
        """Asks it to end, and does not wait for it."""
        ...

    def end(self, timeout_s: float = 0) -> str:
        """Ends it, by force after some time; returns how it ended."""
        ...


class Engine(Protocol):
    """Where workers are: on this machine, or on those of a cluster."""

    def start(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: Care,
        lost: Worker | None = None,
    ) -> Worker:
        """Returns a worker that is about to start; `listen` says if it has.

        `lost` is the worker of this engine whose place it takes.
        """
        ...

    def speaking(self, workers: list) -> list:
        """Returns those that have something to say, of workers of this engine.

        It waits for one for about TICK_S.
        """
        ...
