"""PASS, OFF or OPEN: what the trials of an experiment say of a claim."""

import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from lottery_ticket.analysis.reading import spreads

PASS, OFF, OPEN = VERDICTS = ("PASS", "OFF", "OPEN")
MIN_TRIALS = 3  # Fewer decide nothing.
RULE = (
    f"{PASS}: the 95 % t-interval of the mean over trials lies in the claim's "
    f"range. {OFF}: it\nlies wholly outside. {OPEN}: neither, or fewer than "
    f"{MIN_TRIALS} trials, or something is missing.\n"
)


@dataclasses.dataclass(frozen=True)
class Ruling:
    """What was measured of a claim, and what follows.

    Args:
        verdict: PASS, OFF or OPEN.
        why: What is missing, or how far it is off; "" if nothing.
        n: Number of trials.
        mean: Their mean; NaN without any.
        std: Standard deviation of trials; NaN of one, as the next two.
        low: Lower end of the 95 % t-interval of the mean.
        high: Its upper end.
    """

    verdict: str
    why: str = ""
    n: int = 0
    mean: float = math.nan
    std: float = math.nan
    low: float = math.nan
    high: float = math.nan


def rule(values: Iterable[float], low: float, high: float) -> Ruling:
    """Returns what trials say of a claim: that their mean is in a range.

    A trial without a value, NaN or infinite, leaves it open. The ends are not
    in the range: what is no different is not above.

    Args:
        values: A number of each trial.
        low: Lower end of the range; minus infinity for none.
        high: Its upper end.
    """
    given = np.asarray([*values], float)
    known = given[np.isfinite(given)]
    mean, std, from_, to = spreads.interval(known)
    verdict, why = _verdict(mean, from_, to, low, high)
    if known.size < given.size:
        verdict, why = OPEN, "a trial has no value"
    elif not known.size:
        verdict, why = OPEN, "not run"
    elif known.size < MIN_TRIALS:
        verdict, why = OPEN, f"fewer than {MIN_TRIALS} trials"
    return Ruling(verdict, why, known.size, mean, std, from_, to)


def _verdict(mean, from_, to, low, high):
    """By the interval of the mean, and the range of the claim."""
    if low < from_ and to < high:
        return PASS, ""
    if to <= low or from_ >= high:
        is_below = to <= low
        beyond = low - mean if is_below else mean - high
        return OFF, f"{beyond:.2g} {'below' if is_below else 'above'} its range"
    return OPEN, "its interval is partly outside"
