"""Claims of papers as values: what was said, and what it is judged by.

A *study* is a set of runs; its claims are numbers that are measured in each of
its trials, and the range in which their mean has to lie.
"""

import dataclasses
from collections.abc import Callable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.sweeps import steps as sweep_steps

with lazy.imports():
    import pandas as pd

# Scales of a study: as published; an hour or so of two cores; that it runs.
PAPER, SHORT, SMOKE = SCALES = ("paper", "short", "smoke")
# Flags of trainings at the smallest.
TINY = (
    *("--training_len=4it", "--test_interval=2", "--validate_interval=2"),
    *("--train_batch_size=20", "--validation_size=20"),
)
NARROW = "--width=.25"  # Of convolutional networks at the smallest scale.
# Of deep networks, with rates that drop.
TINY_DEEP = (NARROW, *TINY, "--lr_drops=2it,3it", "--jit=False")
USUAL_MARGIN = 0.5  # Points, where a source prints no spread.
INFINITY = float("inf")


class Missing(ValueError):
    """What a claim is about has not been run."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What a study's runs have recorded: tables by name, as a report has them.

    Args:
        tables: Dict, name -> data frame: "runs" (`results.read(...).runs`),
            "untrained" (a row per network, criterion and density),
            "supermasks", "gems" (a row per network) and "connectivity" (a row
            per line).
        is_rough: Whether a claim about one density takes the nearest there is:
            at the smallest scale, which only shows that it runs.
    """

    tables: "dict[str, pd.DataFrame]"
    is_rough: bool = False

    def table(self, name: str) -> "pd.DataFrame":
        """Returns a table; raises Missing where it has no row."""
        found = self.tables.get(name)
        if found is None or found.empty:
            raise Missing(f"no row of {name}")
        return found


@dataclasses.dataclass(frozen=True)
class Bound:
    """Where the mean of a claim has to lie: between low and high.

    One of both is infinite, for an order. `published` is what the source
    prints, or says.
    """

    low: float
    high: float
    published: str


@dataclasses.dataclass(frozen=True)
class Claim:
    """A number that a source states, or a relation that it states of one.

    Args:
        text: What is measured, and what is said of it.
        source: Section, figure or table, such as "fig. 4".
        measure: Function (Found) -> Series, trial -> number.
        bound: Where the mean has to lie.
        is_read_off: Whether it was read off a figure.
        scales: Scales at which it is judged; at others it is measured alone.
    """

    text: str
    source: str
    measure: "Callable[[Found], pd.Series]"
    bound: Bound
    is_read_off: bool = False
    scales: tuple[str, ...] = ("paper",)


@dataclasses.dataclass(frozen=True)
class Levels:
    """What the page of a paper shows of a study: accuracies by density.

    Args:
        experiments: Dict, name of an experiment -> heading of its column.
        densities: A row each; () is all that the first experiment has.
        column: Of runs, such as measures.AT_END.
        text: What column is, under the table.
    """

    experiments: dict[str, str]
    densities: tuple[float, ...]
    column: str
    text: str


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What a page shows of methods at each density: masks, and their controls.

    Args:
        methods: Dict, name of an experiment -> heading of its row.
        controls: Dict, ending of the names of what questions an experiment,
            such as shuffle of snip_shuffle -> heading of its column.
        densities: A block of rows each.
    """

    methods: dict[str, str]
    controls: dict[str, str]
    densities: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Study:
    """Runs, and the claims that they decide.

    Args:
        help: What it is about, in a few words.
        paper: Page of docs/papers, such as "frankle_carbin_2019"; or one of
            docs by its path there, such as "frontier/comparison".
        steps: Dict, one of SCALES -> its runs: argfiles, their runners and
            flags, but for output_dir, trials and data_dir. A scale that is not
            there is not to be had.
        claims: Dict, name -> claim.
        trials: How many are run, at each scale but the smallest.
        data: Dataset that has to be in data_dir; None needs none.
        levels: What a page shows beside the claims; None is nothing.
        comparison: The same of methods and controls, with a figure.
    """

    help: str
    paper: str
    steps: dict[str, tuple[sweep_steps.Step, ...]]
    claims: dict[str, Claim]
    trials: int = 5
    data: str | None = None
    levels: Levels | None = None
    comparison: Comparison | None = None

    @property
    def page(self) -> str:
        """Path of its page in docs."""
        place = self.paper if "/" in self.paper else f"papers/{self.paper}"
        return f"{place}.md"


def percent(density: float) -> str:
    """Returns a density as claims have it: 0.0168 -> "1.68 %"."""
    return f"{100 * density:.3g} %"


def with_claim(study: Study, name: str, claim: Claim) -> Study:
    """Returns a study with one claim more."""
    return dataclasses.replace(study, claims={**study.claims, name: claim})


def near(
    published: float,
    margin: float = USUAL_MARGIN,
    unit: str = "",
    text: str = "",
) -> Bound:
    """Returns the bound of a number that is published.

    Args:
        published: The number.
        margin: How far the measured mean may lie from it: the spread that the
            source prints, else USUAL_MARGIN.
        unit: What stands behind it.
        text: What the source says instead of the number.
    """
    number = f"{published:g}{unit} ± {margin:g}"
    words = f"{text} ({number})" if text else number
    return Bound(published - margin, published + margin, words)


def above(bound: float, text: str) -> Bound:
    """Returns the bound of an order: that the mean lies above."""
    return Bound(bound, INFINITY, text)


def below(bound: float, text: str) -> Bound:
    """Returns the bound of an order: that the mean lies below."""
    return Bound(-INFINITY, bound, text)
