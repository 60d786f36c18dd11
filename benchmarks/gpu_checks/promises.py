"""Promises of the documentation, and verdicts on them.

A promise is a sentence with a function that looks whether it is true here. One
that cannot be looked at, or raises, stops none of the others.
"""

import dataclasses
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import tqdm

from lottery_ticket.foundations.values import names

HELD, BROKEN, UNTRIED = "held", "broken", "untried"
WIDTH = 79


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of a promise: `judged`, or `untried`."""

    status: str  # HELD, BROKEN or UNTRIED.
    measured: str  # In a few words.
    numbers: dict = dataclasses.field(default_factory=dict)  # JSON values.


@dataclasses.dataclass(frozen=True)
class Promise:
    """A sentence that is true or not.

    Its check is a function (conditions) -> Verdict; what the conditions are is
    between those who make promises and those who have them checked.
    """

    name: str
    sentence: str
    check: Callable[[Any], Verdict]


def judged(is_held: bool, measured: str, **numbers: Any) -> Verdict:
    """Returns the verdict of a promise that was tried."""
    return Verdict(HELD if is_held else BROKEN, measured, numbers)


def untried(why: str) -> Verdict:
    """Returns the verdict of a promise that cannot be tried here."""
    return Verdict(UNTRIED, why)


def choose(promises: Iterable[Promise], only: tuple[str, ...]) -> list[Promise]:
    """Returns the promises of the names, or all where there is no name.

    Raises ValueError if a name is of none; the error lists them.
    """
    promises = list(promises)
    for name in only:
        names.check("promise", name, [each.name for each in promises])
    return [each for each in promises if not only or each.name in only]


def check(promises: Iterable[Promise], conditions: Any) -> dict[str, Verdict]:
    """Returns dict, name of a promise -> verdict, with a bar meanwhile.

    A check that raises is a broken promise, with the error's first line.
    """
    found = {}
    for promise in (bar := tqdm.tqdm(list(promises), desc="promises")):
        bar.set_description(promise.name)
        try:
            found[promise.name] = promise.check(conditions)
        except Exception as error:
            first, *_ = str(error).strip().splitlines() or [""]
            kind = type(error).__name__
            found[promise.name] = judged(False, f"{kind}: {first}")
    return found


def table(promises: Iterable[Promise], found: dict[str, Verdict]) -> str:
    """Returns a line, or a few, for each promise that has a verdict."""
    rows = [("promise", "verdict", "what it says: what was measured")]
    for each in promises:
        verdict = found[each.name]
        text = f"{each.sentence}: {verdict.measured}"
        rows.append((each.name, verdict.status, text))
    width = max(len(name) for name, *_ in rows)
    return "\n".join(
        textwrap.fill(
            f"{name:<{width}}  {status:<7}  {text}",
            WIDTH,
            subsequent_indent=" " * (width + 11),
        )
        for name, status, text in rows
    )


def as_json(promises: Iterable[Promise], found: dict[str, Verdict]) -> dict:
    """Returns dict, name -> sentence, verdict, what was measured, numbers."""
    return {
        each.name: {
            "sentence": each.sentence,
            "verdict": found[each.name].status,
            "measured": found[each.name].measured,
            "numbers": found[each.name].numbers,
        }
        for each in promises
    }
