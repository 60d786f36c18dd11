"""Accuracies of networks that are masked but not trained, and the best."""

import numpy as np

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import (
    gaps,
    headlines,
    records,
    selection,
    tree,
)
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib
from lottery_ticket.foundations.values import names_0_1_0

with lazy.imports():
    import pandas as pd

EXPERIMENT = "untrained"
PART = "untrained_part.json"  # Until all of a grid is there.
PLACE = ["experiment", "recipe", "dataset", "model"]
TREATMENT = [*PLACE, "mask_1_action", "granularity"]
CELLS = [
    *("experiment", "trial", "recipe", "dataset", "model"),
    *("mask_1_action", "criterion", "level", "density"),
    *("accuracy", "loss", "validate_accuracy", "validate_loss"),
    *("num_classes", "directory", "granularity"),
]
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


def section(found: tree.Tree) -> parts.Section:
    """Tables untrained.csv (a row per treatment of untrained networks and
    criterion), untrained.txt and untrained_cells.csv (all); figure untrained.

    Printed where there is no run; where there is, they stand beside what is
    trained.
    """
    cells, problems = read(found)
    if cells.empty:
        return parts.Section(problems=problems)
    headline = headlines.of(cells)
    summary = summarize(choose(cells))
    text, is_told = to_text(summary, headline), found.runs.empty
    rows = in_one(summary, headline) if is_told and len(summary) else []
    return parts.Section(
        tables={
            "untrained.csv": headlines.named(summary, headline),
            "untrained.txt": text,
            "untrained_cells.csv": headlines.named(cells, headline),
        },
        figures={"untrained": accuracy(cells)},
        text=text if is_told else "",
        problems=problems,
        papers={"untrained": rows} if rows else {},
        captions={
            "untrained": "Networks that are masked and not trained",
            "untrained_cells": "Each network that is masked and not trained",
        },
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", list[str]]:
    """Returns the untrained networks in a tree; read once, as two sections ask.

    Columns: experiment ("untrained"; the name of the tree before it, where
    there are several), trial, recipe, dataset, model; mask_1_action (what the
    kept weights were), criterion, level, density of all masked layers together;
    accuracy and loss on the test set, validate_accuracy and validate_loss (NaN
    without validation); num_classes (NaN where it is not recorded), directory;
    granularity, what was pruned at once.
    Where another metric is the headline, it stands for accuracy.

    Returns:
        Pair: a row per masked network; and problems.
    """
    if EXPERIMENT not in found.known:
        name = found.files[EXPERIMENT]
        places = found.holding(name, PART)
        grids, problems = records.of_places(name, places, _grid)
        problems += gaps.mixed_settings([settings for _, settings in grids])
        rows = [row for rows, _ in grids for row in rows]
        rows = gaps.in_order(rows, "experiment", "trial")
        found.known[EXPERIMENT] = (
            headlines.frame(rows, CELLS, found.options.metric),
            problems,
        )
    return found.known[EXPERIMENT]


def choose(cells: "pd.DataFrame") -> "pd.DataFrame":
    """Returns of each trial, treatment and criterion the level to take.

    It is the one of highest accuracy (or best headline metric) on the
    validation set; of several, that of the lowest validation loss. The test set
    has no say, so without validation no row comes back.
    """
    is_lower_first = not headlines.of(cells).higher_is_better
    known = cells.loc[cells["validate_accuracy"].notna()]
    best_first = known.sort_values(
        ["validate_accuracy", "validate_loss", "level"],
        ascending=[is_lower_first, True, True],
        kind="stable",
    )
    keys = [*TREATMENT, "trial", "criterion"]
    return best_first.drop_duplicates(keys).sort_index()


def summarize(chosen: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per treatment and criterion: what the chosen ones reach.

    Columns: those of `TREATMENT`, criterion, runs (their number); mean, min and
    max over trials of accuracy (on the test set) and density, such as
    accuracy_mean; validate_accuracy (mean), by which a treatment's rows are
    sorted, best first.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
    Differs: there, levels are chosen on the test set.
    """
    keys = [*TREATMENT, "criterion"]
    table = chosen.groupby(keys, sort=False, dropna=False).agg(
        runs=("trial", "size"),
        **tables.statistics(["accuracy", "density"]),
        validate_accuracy=("validate_accuracy", "mean"),
    )
    table = table.reset_index()
    table["granularity"] = table.pop("granularity")  # Columns stay in place.
    treatments = table.groupby(TREATMENT, sort=False, dropna=False).ngroup()
    means = table["validate_accuracy"].astype(float)
    order = np.lexsort((headlines.of(chosen).loss_of(means), treatments))
    return table.iloc[order].reset_index(drop=True)


def to_text(
    summary: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns a table of what the chosen networks reach, in percent."""
    if summary.empty:
        return NO_VALIDATION
    explanation = headline.reword(EXPLANATION)
    if not headline.higher_is_better:
        explanation = explanation.replace("Highest", "Lowest")
    heads, texts = _heads(headline), [explanation]
    for name, weights, rows in _treatments(summary, headline):
        text = tables.align([heads, *rows])
        texts.append(f"{name}, weights: {weights}\n{text}")
    return "\n".join(texts)


def in_one(
    summary: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> list[list[str]]:
    """Returns the tables of `to_text` as rows of one, networks in columns."""
    found = [["network", "weights", *_heads(headline)]]
    for name, weights, rows in _treatments(summary, headline):
        found += [[name, weights, *row] for row in rows]
    return found


def accuracy(cells: "pd.DataFrame"):
    """Returns a figure of untrained test accuracy against density.

    A panel per network and treatment, a line per criterion: means over trials;
    dotted, the chance level where the number of classes is recorded.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).

    Raises:
        ValueError: If there are none that keep a weight.
    """
    cells = cells.loc[cells["density"] > 0]
    if cells.empty:
        raise ValueError("There is no untrained network to draw")
    looks = styles.of_setting("criterion", cells["criterion"])
    named = cells.assign(network=_names(cells))
    keys = [*TREATMENT, "network"]
    by_panel = named.groupby(keys, sort=False, dropna=False)
    is_named = named["network"].nunique() > 1
    with figure_style.drawing(
        by_panel.ngroups,
        COLUMNS,
        height_inches=HEIGHT_INCHES,
        share_y="row",
        is_wide=True,
    ) as (figure, panels):
        for axes, (key, own) in zip(panels, by_panel, strict=True):
            _draw(axes, own, looks)
            axes.set_title(_title(key, own, is_named))
        headline = headlines.of(cells)
        for axes in panels:  # Once drawn: those of a row share it.
            figure_style.begin(axes, headline)
        label = headline.reword(figure_style.ACCURACY_LABEL)
        figure_style.outer_labels(panels, "Weights kept (%)", label)
        entries = [
            (styles.setting_label("criterion", name), look)
            for name, look in looks.items()
        ]
        if headlines.class_counts(cells):
            entries.append(("chance", figure_style.DENSE))
        sizes = named.groupby(
            [*keys, "criterion", "level"], dropna=False
        ).size()
        entries += mean_plots.spread_entries(sizes, mean_plots.BARS)
        figure_style.legend(figure, entries, 2 * COLUMNS)
    return figure


def treatment(mask_1_action: str) -> str:
    """Returns what untrained weights are, for readers: "as drawn"."""
    usual = styles.setting_label("mask_1_action", mask_1_action)
    return TITLES.get(mask_1_action, usual)


def _grid(place, record):
    """Rows of its networks; its place and settings."""
    settings, kind = record["settings"], headline_lib.of_record(record)
    of_all = {
        "headline": kind,
        "experiment": place.experiment,
        "trial": place.trial,
        **{key: settings.get(key) for key in PLACE[1:]},
        "granularity": names_0_1_0.value(settings, "granularity"),
        "num_classes": record.get("num_classes", float("nan")),
        "directory": place.directory,
    }
    nothing = dict.fromkeys((kind.metric, "loss"), float("nan"))
    own = ("mask_1_action", "criterion", "level", "density")
    rows = []
    for cell in record["cells"]:
        row = {**of_all, **{key: cell[key] for key in own}}
        test, validate = cell["test"], cell.get("validate", nothing)
        for name, own_name in {"accuracy": kind.metric, "loss": "loss"}.items():
            row[name] = test[own_name]
            row[f"validate_{name}"] = validate[own_name]
        rows.append(row)
    # What should be the same in all trials whose mean is taken.
    alike = {k: v for k, v in settings.items() if k not in ("run", "levels")}
    # Too many to be told one by one.
    alike["iterations"] = len(settings.get("levels", [0])) - 1
    return rows, (place, alike)


def _names(rows):
    """What networks are called, told apart where several have one name."""
    [names] = selection.network_names(rows)
    experiments = rows["experiment"].map(tree.own_name)
    at_once = rows["granularity"].map("by {}".format)
    for words in (experiments, rows["recipe"].map(str), at_once):
        are_several = words.groupby(names).transform("nunique") > 1
        names = names.where(~are_several, names + ", " + words)
    return names


def _heads(headline):
    """HEADS, in the words of a metric."""
    heads = [*HEADS]
    heads[2], heads[5] = map(headline.reword, (heads[2], heads[5]))
    return heads


def _treatments(summary, headline):
    """Yields a network's name, what its weights are, and a row a criterion."""
    names = _names(summary)
    for _, own in summary.groupby(TREATMENT, sort=False, dropna=False):
        name, action = names[own.index[0]], own["mask_1_action"].iloc[0]
        rows = [_cells(row, headline) for row in own.to_dict("records")]
        yield name, treatment(action), rows


def _cells(row, headline):
    ends = (row[f"density_{end}"] for end in ("min", "max"))
    names = [*tables.statistics(["accuracy"]), "validate_accuracy"]
    numbers = [headline.number(row[name]) for name in names]
    if row["runs"] == 1:
        numbers[1:3] = "", ""
    return [
        styles.setting_label("criterion", row["criterion"]),
        str(row["runs"]),
        *numbers,
        "-".join(dict.fromkeys(map(tables.percent, ends))),
    ]


def _draw(axes, cells, looks):
    """Draws a line per criterion, thin bars, and chance where it is known."""
    table = cells.groupby(["criterion", "level"], sort=False).agg(
        density=("density", "mean"), **tables.statistics(["accuracy"])
    )
    scale = headlines.of(cells).scale
    lines = list(table.groupby("criterion", sort=False))
    is_several = cells.groupby(["criterion", "level"]).size().max() > 1
    for index, (criterion, own) in enumerate(lines):
        place = (index, len(lines)) if is_several else (0, 1)
        style = mean_plots.dodged(axes, looks[criterion], *place)
        mean_plots.draw_series(axes, own, "accuracy", scale, style)
    for count in headlines.class_counts(cells):
        axes.axhline(100 / count, zorder=1, **figure_style.DENSE)
    figure_style.density_axis(axes, 100 * table["density"])


def _title(key, cells, is_named):
    *_, action, _, network = key
    sizes = cells.groupby(["criterion", "level"]).size()
    text = f"{treatment(action)} {styles.count_text(sizes)}"
    return (
        f"{styles.literal(network)}, {text}" if is_named else f"Weights: {text}"
    )
