"""Figure and tables of untrained, learned and trained networks."""

import functools

from lottery_ticket.analysis import (
    figure_style,
    sections,
    setting_styles,
    supermasks,
    tables,
    tree,
    untrained,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

EXPLANATION = """\
Test accuracy in % of networks that are untrained, under the masks of a
criterion; under learned masks; and trained, without a mask. Means of n runs;
below, from the lowest to the highest. Nothing was chosen on the test set.
"""
LINES = """\
untrained       criterion and density chosen on the validation set
at early stop   at the lowest validation loss: the one mask drawn there, or the
                trained weights; n/a unless all runs have validation
at the end      after all iterations: mean of a run's masks, or the weights
std of masks    at the end, standard deviation of a run's masks (mean)
likely weights  at the end, all weights kept that are rather kept than not
density %       of learned masks, at the end
"""
MASKS = {
    "dynamic": "rescaled",
    "dynamic_no_gradient": "rescaled, no gradient",
}
COLORS = {"untrained": "#E69F00", "learned": "#0072B2", "trained": "#808080"}
WIDTH = 120  # Characters of a line: the seven ways of the paper fit.
BAR_INCHES = 0.24
COLUMNS = 2
EARLY_STOP = [f"early_stop_accuracy_{end}" for end in ("mean", "min", "max")]
END = ["accuracy_mean", "lowest", "highest"]


def section(found: tree.Tree) -> sections.Section:
    """Returns tables and the figure of a comparison; none without runs.

    Tables are supermasks.csv (a row per network and way) and supermasks.txt (a
    row of cells per network); the figure is supermasks. Empty where nothing but
    trained networks is there.
    """
    if found.runs.empty:
        return sections.Section()
    learned = supermasks.read(found)
    cells = untrained.read(found).cells
    table = supermasks.compare(cells, learned.masks, found.chosen)
    if table.empty or (table["how"] == "trained").all():
        return sections.Section(problems=learned.problems)
    table = table[~_is_trained_alone(table)]
    text = to_text(table)
    return sections.Section(
        tables={
            "supermasks.csv": tables.to_csv(table),
            "supermasks.txt": text.encode(),
        },
        figures={"supermasks": bars(table)},
        text=text,
        problems=learned.problems,
    )


def to_text(table: "pd.DataFrame") -> str:
    """Returns a table of networks, a column per way, in percent.

    What learned and trained networks reach at early stop and at the end are
    lines of their own, so that like stands beside like.

    Args:
        table: As from `supermasks.compare`.
    """
    rows = [
        {**row, "heads": heads}
        for row, heads in zip(
            table.to_dict("records"), _heads(table), strict=True
        )
    ]
    # In the order of ways, which is the same in all networks.
    in_order = sorted(rows, key=functools.partial(_place, rows))
    ways = [*dict.fromkeys(row["heads"] for row in in_order)]
    lines = [["network", "", *(heads[0] for heads in ways)]]
    for level in (1, 2, 3):
        below = [heads[level].removeprefix("signed ") for heads in ways]
        lines += [["", "", *below]] * any(below)
    for network in table["network"].unique():
        own = {row["heads"]: row for row in rows if row["network"] == network}
        lines += _lines(network, [own.get(heads) for heads in ways])
    text = tables.align(lines, left=2, repeated=2, width=WIDTH)
    return f"{EXPLANATION}\n{text}\n{LINES}{_notes(table)}"


def bars(table: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of what networks reach, a panel each, a bar per way.

    Bars and numbers are means over runs, lines reach from the lowest to the
    highest run, or mask of a run. Learned and trained networks are all taken at
    early stop, if all of them have validation, else all at the end; the label
    below the panels says which.

    Args:
        table: As from `supermasks.compare`.

    Raises:
        ValueError: If there is no row.
    """
    if table.empty:
        raise ValueError("There is no network to draw")
    labels = pd.Series([_label(heads) for heads in _heads(table)], table.index)
    words, drawn = _at_one_rule(table)
    groups = list(table.groupby("network", sort=False))
    longest = max(len(own) for _, own in groups)
    with figure_style.drawing(
        len(groups),
        COLUMNS,
        height_inches=0.78 + BAR_INCHES * longest,
        share_y=False,
    ) as (figure, panels):
        for axes, (network, own) in zip(panels, groups, strict=True):
            _draw(axes, own["how"], labels[own.index], drawn.loc[own.index])
            axes.set_title(network)
        label = figure_style.ACCURACY_LABEL + words
        figure_style.outer_labels(panels, label, "", COLUMNS)
    return figure


def _is_trained_alone(table):
    """Whether rows are of networks with no other row than the trained one."""
    is_other = table["how"] != "trained"
    return ~is_other.groupby(table["network"]).transform("any")


def _heads(table):
    """Four words of each row: how, weights, mask, and the name if needed."""
    keys = ["network", "how", *supermasks.SETTINGS]
    is_twice = table.duplicated(keys, keep=False)
    rows = zip(table.to_dict("records"), is_twice, strict=True)
    return [
        (row["how"], _weights(row), _mask(row), _name(row) if twice else "")
        for row, twice in rows
    ]


def _weights(row):
    if row["how"] == "trained":
        return "dense"
    return untrained.treatment(row["mask_1_action"])


def _mask(row):
    words = [MASKS.get(row["rescaling"], "")]
    words += ["rounded"] * (row["sampling"] == "round")
    return ", ".join(filter(None, words))


def _name(row):
    return row["experiment"].rpartition("/")[2]


def _label(heads):
    """A way in one line: "learned: as drawn, rescaled"."""
    how, *others = heads
    return f"{how}: {', '.join(filter(None, others))}"


def _place(rows, row):
    """Sort key of a row's way, the same in all networks."""
    return supermasks.order(rows.index(row), {**row, "network": ""})


def _lines(network, cells):
    """Lines of one network; None in place of a cell that it has not."""

    def line(name, text, own=cells):
        return [name, *("" if cell is None else text(cell) for cell in own)]

    def reached(name, key, ways):
        own = [cell if cell and cell["how"] in ways else None for cell in cells]
        mean = line(name, lambda cell: _known(cell[f"{key}_mean"], "n/a"), own)
        return [mean, line("", lambda cell: _range(cell, key), own)]

    first, *others = supermasks.HOW
    found = [
        *reached("untrained", "accuracy", [first]),
        *reached("at early stop", "early_stop_accuracy", others),
        *reached("at the end", "accuracy", others),
        line("n", lambda cell: str(cell["runs"])),
        line("std of masks", lambda cell: _known(cell["deviation"])),
        line("likely weights", lambda c: _known(c["thresholded_accuracy"])),
        line("density %", lambda cell: tables.percent(cell["density"])),
    ]
    shown = [own for own in found if any(own[1:])]
    names = [network] + [""] * len(shown)
    return [[name, *own] for name, own in zip(names, shown, strict=False)]


def _range(cell, key):
    ends = [cell[f"{key}_{end}"] for end in ("min", "max")]
    if cell["runs"] < 2 or pd.isna(ends[0]):
        return ""
    return "-".join(tables.number(end) for end in ends)


def _known(value, unknown=""):
    return unknown if pd.isna(value) else tables.number(value)


def _notes(table):
    """Which criterion was chosen where."""
    rows = zip(table.to_dict("records"), _heads(table), strict=True)
    lines = [
        f"{', '.join(filter(None, [row['network'], *heads]))}: "
        f"{setting_styles.label('criterion', row['criterion'])}\n"
        for row, heads in rows
        if row["how"] == "untrained"
    ]
    return "".join(["\nCriteria\n" * bool(lines), *lines])


def _at_one_rule(table):
    """What rule all trained and learned rows allow; means and ends by it."""
    drawn = table[END].astype(float)
    others = table[table["how"] != "untrained"]
    if others.empty:
        return "", drawn
    ways = " and ".join(others["how"].unique())
    if others[EARLY_STOP].isna().any(axis=None):
        return f"\n{ways}: at the end", drawn
    drawn.loc[others.index] = others[EARLY_STOP].to_numpy()
    return f"\n{ways}: at early stop", drawn


def _draw(axes, how, labels, drawn):
    positions = range(len(drawn))
    colors = how.map(COLORS).tolist()
    axes.barh(positions, 100 * drawn[END[0]], height=0.66, color=colors)
    for position, (mean, *ends) in enumerate(drawn.to_numpy()):
        ends = [100 * end for end in ends]
        axes.plot(ends, [position] * 2, color="black", linewidth=0.8)
        place = {"xytext": (3, 0), "textcoords": "offset points"}
        xy = ends[1], position
        axes.annotate(tables.number(mean), xy, va="center", **place)
    axes.set_yticks(positions, labels)
    axes.invert_yaxis()
    axes.set_xlim(0, 122)  # Room for a number behind 100.
    axes.set_xticks(range(0, 101, 20))
    axes.grid(visible=False, axis="y")
