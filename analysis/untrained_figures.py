"""Figure and tables of what networks reach that are masked, not trained."""

from lottery_ticket.analysis import (
    density_figures,
    experiment_styles,
    figure_files,
    figure_style,
    networks,
    setting_styles,
    tables,
    untrained,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

COLUMNS = 2
HEIGHT_INCHES = 2.7
TITLES = {"rewind": "as drawn", "signed_constant": "signed constants"}
HEADS = (
    *("criterion", "n", "test %", "min", "max"),
    *("validation %", "density %"),
)
EXPLANATION = """\
Untrained networks under a mask: test accuracy in % at the density that is best
on the validation set, of each trial; n trials. Highest validation mean first.
"""
NO_VALIDATION = """\
Untrained networks: there is no validation set to choose a density on, and the
test set may not; see the figure.
"""


def outputs(cells: "pd.DataFrame") -> dict[str, bytes]:
    """Returns tables and the figure of untrained networks, by file name.

    untrained.csv has a row per treatment and criterion, untrained.txt the same
    to read, untrained_cells.csv all networks; the figure is untrained, as .png
    and .pdf. Empty where there are no cells.

    Args:
        cells: `untrained.read(...).cells`.
    """
    if cells.empty:
        return {}
    summary = untrained.summarize(untrained.choose(cells))
    return {
        "untrained.csv": tables.to_csv(summary),
        "untrained.txt": to_text(summary).encode(),
        "untrained_cells.csv": tables.to_csv(cells),
        **figure_files.render_all({"untrained": accuracy(cells)}),
    }


def to_text(summary: "pd.DataFrame") -> str:
    """Returns a table of what the chosen networks reach, in percent.

    Args:
        summary: As from `untrained.summarize`; empty without validation.
    """
    if summary.empty:
        return NO_VALIDATION
    names = _names(summary)
    parts = [EXPLANATION]
    for _, own in summary.groupby(
        untrained.TREATMENT, sort=False, dropna=False
    ):
        name = names[own.index[0]]
        action = own["mask_1_action"].iloc[0]
        rows = [_cells(row) for row in own.to_dict("records")]
        parts.append(
            f"{name}, weights: {treatment(action)}\n"
            f"{tables.align([list(HEADS), *rows])}"
        )
    return "\n".join(parts)


def accuracy(cells: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of untrained test accuracy against density.

    A panel per network and treatment, a line per criterion: means over trials,
    bars from the lowest to the highest; dotted, the chance level where the
    number of classes is recorded.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).

    Args:
        cells: `untrained.read(...).cells`.

    Raises:
        ValueError: If there are none that keep a weight.
    """
    cells = cells[cells["density"] > 0]
    if cells.empty:
        raise ValueError("There is no untrained network to draw")
    looks = setting_styles.styles("criterion", cells["criterion"])
    names = _names(cells)
    groups = list(
        cells.assign(network=names).groupby(
            [*untrained.TREATMENT, "network"], sort=False, dropna=False
        )
    )
    with figure_style.drawing(
        len(groups),
        COLUMNS,
        height_inches=HEIGHT_INCHES,
        share_y="row",
        is_wide=True,
    ) as (figure, panels):
        for axes, (key, own) in zip(panels, groups, strict=True):
            _draw(axes, own, looks)
            axes.set_title(_title(key, own, names.nunique() > 1))
        for axes in panels:  # Once drawn: those of a row share it.
            axes.set_ylim(bottom=0)
        label = figure_style.ACCURACY_LABEL
        figure_style.outer_labels(panels, "Weights kept (%)", label, COLUMNS)
        entries = [
            figure_style.entry(setting_styles.label("criterion", name), **look)
            for name, look in looks.items()
        ]
        if cells["num_classes"].notna().any():
            entries.append(figure_style.entry("chance", **figure_style.DENSE))
        figure_style.legend(figure, entries, 2 * COLUMNS)
    return figure


def treatment(mask_1_action: str) -> str:
    """Returns what untrained weights are, for readers: "as drawn"."""
    usual = setting_styles.label("mask_1_action", mask_1_action)
    return TITLES.get(mask_1_action, usual)


def _names(rows):
    """What networks are called, told apart where several have one name."""
    [names] = networks.names(rows)
    experiments = rows["experiment"].map(lambda name: name.rpartition("/")[2])
    for words in (experiments, rows["recipe"].map(str)):
        are_several = words.groupby(names).transform("nunique") > 1
        names = names.where(~are_several, names + ", " + words)
    return names


def _cells(row):
    return [
        setting_styles.label("criterion", row["criterion"]),
        str(row["runs"]),
        *(tables.number(row[f"accuracy_{name}"]) for name in tables.STATISTICS),
        tables.number(row["validate_accuracy"]),
        density_text(row),
    ]


def density_text(row: dict) -> str:
    """Returns the lowest and highest density of a row: "5.37-10.8"."""
    ends = [tables.percent(row[f"density_{end}"]) for end in ("min", "max")]
    return "-".join(dict.fromkeys(ends))


def _draw(axes, cells, looks):
    """Draws a line per criterion, thin bars, and chance where it is known."""
    table = cells.groupby(["criterion", "level"], sort=False).agg(
        density=("density", "mean"), **tables.statistics(["accuracy"])
    )
    for criterion, own in table.groupby("criterion", sort=False):
        style = looks[criterion]
        density_figures.draw_series(axes, own, "accuracy", 100, style)
    for count in cells["num_classes"].dropna().unique():
        axes.axhline(100 / count, zorder=1, **figure_style.DENSE)
    figure_style.density_axis(axes, 100 * table["density"])


def _title(key, cells, is_named):
    *_, action, network = key
    sizes = cells.groupby(["criterion", "level"]).size()
    text = f"{treatment(action)} {experiment_styles.count_text(sizes)}"
    return f"{network}, {text}" if is_named else f"Weights: {text}"
