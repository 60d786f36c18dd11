"""The figure of when training should have stopped, against density."""

from lottery_ticket.analysis import (
    density_figures,
    sections,
    selection,
    tree,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

NOTHING = "No early_stopping figure: no validation logs.\n"


def section(found: tree.Tree) -> sections.Section:
    """Returns the figure early_stopping, or why there is none."""
    column = "early_stop_iteration"
    is_unknown = found.chosen[column].isna().all()
    runs = selection.trained(found.chosen)
    is_drawn = runs[column].notna().any()
    return sections.Section(
        figures={"early_stopping": early_stopping(runs)} if is_drawn else {},
        text=NOTHING if is_unknown else "",
        rank=sections.NOTES_RANK,
    )


def early_stopping(runs: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of the early-stopping iteration against density.

    Lines, bars and the dotted line are as in `density_figures.accuracy`.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 4a.

    Args:
        runs: Rows of `results.read(...).runs`.

    Raises:
        ValueError: If no run has a validation log.
    """
    return density_figures.against_density(
        runs, "early_stop_iteration", scale=1
    )
