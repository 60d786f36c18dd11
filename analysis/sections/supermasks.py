"""What networks reach without training, under learned masks, and trained."""

import numpy as np

from lottery_ticket.analysis.look import figure_style, styles, tables
from lottery_ticket.analysis.reading import (
    headlines,
    records,
    selection,
    tree,
)
from lottery_ticket.analysis.sections import parts, untrained
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

EXPERIMENT = selection.LEARNED
MISSING = "not evaluated (no {name}); the same command goes on"
SETTINGS = ["mask_1_action", "rescaling", "sampling"]
COLUMNS = [
    *("experiment", "trial", "run", "dataset", "model", *SETTINGS),
    *("accuracy", "lowest", "highest", "deviation"),
    *("early_stop_iteration", "early_stop_accuracy"),
    *("validate_accuracy", "density", "expected_density"),
    *("thresholded_accuracy", "thresholded_density"),
    "directory",
]
TREATMENT = ["network", "how", *SETTINGS, "experiment", "criterion"]
HOW = ("untrained", "learned", "trained")
# Setting -> its values from the plainest on.
USUAL = {
    "sampling": ["", "bernoulli"],
    "rescaling": ["", "none", "dynamic"],
    "mask_1_action": ["", "rewind", "signed_constant"],
}
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
BAR_INCHES = 0.24
PANELS = 2  # Side by side.
EARLY_STOP = [f"early_stop_accuracy_{end}" for end in ("mean", "min", "max")]
END = ["accuracy_mean", "lowest", "highest"]


def section(found: tree.Tree) -> parts.Section:
    """Tables supermasks.csv (a row per network and way) and supermasks.txt,
    figure supermasks: learned masks beside untrained and trained networks.

    Empty where there is no run, or nothing but trained networks.
    """
    if found.runs.empty:
        return parts.Section()
    masks, problems = read(found)
    networks, _ = untrained.read(found)
    table = compare(networks, masks, found.chosen)
    # Networks of which there is more than the trained one.
    is_other = table["how"] != "trained"
    table = table.loc[is_other.groupby(table["network"]).transform("any")]
    if table.empty:
        return parts.Section(problems=problems)
    headline = headlines.of(networks, found.chosen)
    text = to_text(table, headline)
    named = headlines.named(table, headline)
    return parts.Section(
        tables={"supermasks.csv": named, "supermasks.txt": text},
        figures={"supermasks": bars(table, headline)},
        text=text,
        problems=problems,
        papers={"supermasks": cells(table, headline)},
        captions={"supermasks": "Learned masks beside other networks"},
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", list[str]]:
    """Returns what the learned masks among the chosen runs reach.

    Columns: experiment, trial, run, dataset, model; mask_1_action (what the
    frozen weights are), rescaling, sampling; of the masks drawn at the end the
    mean, lowest and highest accuracy on the test set (accuracy, lowest,
    highest), its standard deviation (deviation; NaN of one) and
    validate_accuracy (mean; NaN without validation); early_stop_iteration and
    early_stop_accuracy (test) as in `results.read`, of the one mask that was
    drawn for the logs at that iteration (NaN without validation); at the end
    again, density of all layers together as drawn (mean) and expected_density;
    thresholded_accuracy (test) and thresholded_density of the mask that keeps
    all weights which are more likely kept than not; directory.

    Returns:
        Pair: a row per run; and a sentence for each that was not evaluated.
    """
    name = found.files[EXPERIMENT]
    runs = headlines.unnamed(found.chosen)
    learned = runs.loc[runs["kind"] == EXPERIMENT].to_dict("records")
    rows, problems = records.understand(
        name,
        [(run["directory"], run) for run in learned],
        lambda run: _row(run, name),
    )
    return pd.DataFrame(rows, columns=COLUMNS), problems


def compare(
    cells: "pd.DataFrame", masks: "pd.DataFrame", runs: "pd.DataFrame"
) -> "pd.DataFrame":
    """Returns a row per network and way to get it to work.

    Ways (column how) are: "untrained", masks of a criterion, the one criterion
    that reaches most on the validation set, at the density that does so in each
    trial; "learned" masks; "trained" dense networks. Nothing is chosen on the
    test set; without validation, there is no row of untrained networks.

    Learned and trained rows have two test accuracies: accuracy, at the end (of
    learned masks, the mean of a run's samples), and early_stop_accuracy, at the
    iteration of the lowest validation loss (of learned masks, the one that was
    drawn there), which is NaN unless all of its runs have validation. Compare
    like with like. Of untrained rows, accuracy is that of the choice, and there
    is no early stop.

    Other columns: network (see `selection.network_names`), mask_1_action,
    rescaling, sampling, experiment and criterion, "" where that is not about a
    row; runs (their number); mean, min and max over them of both accuracies,
    such as accuracy_mean; at the end, means of deviation, thresholded_accuracy
    and density, lowest and highest accuracy of all masks of all runs.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), table 1.
    Differs: there, densities are chosen on the test set.
    """
    dense = _dense(headlines.unnamed(runs))
    of_ways = [_best_untrained(cells), masks.assign(criterion=""), dense]
    names = selection.network_names(*of_ways)
    # As records: a frame of no rows has no types to join.
    rows = [
        {**row, "network": name, "how": how}
        for own, own_names, how in zip(of_ways, names, HOW, strict=True)
        for name, row in zip(own_names, own.to_dict("records"), strict=True)
    ]
    columns = [*dict.fromkeys([*TREATMENT, *COLUMNS])]
    rows = pd.DataFrame(rows, columns=columns)
    # No early stop where another run of the same has none.
    at_stop = rows["early_stop_accuracy"]
    keys = [rows[key] for key in TREATMENT]
    is_known = at_stop.notna().groupby(keys).transform("all").astype(bool)
    rows["early_stop_accuracy"] = at_stop.where(is_known)
    table = rows.groupby(TREATMENT, sort=False).agg(
        runs=("accuracy", "size"),
        **tables.statistics(["accuracy", "early_stop_accuracy"]),
        deviation=("deviation", "mean"),
        thresholded_accuracy=("thresholded_accuracy", "mean"),
        density=("density", "mean"),
        lowest=("lowest", "min"),
        highest=("highest", "max"),
    )
    ways = table.reset_index().to_dict("index")
    in_order = sorted(ways, key=lambda i: (ways[i]["network"], order(ways[i])))
    return table.reset_index().loc[in_order].reset_index(drop=True)


def order(row):
    """Sort key of a way: untrained, learned, trained; the plainest first."""
    keys = [HOW.index(row["how"])]
    for key, usual in USUAL.items():
        place = usual.index(row[key]) if row[key] in usual else len(usual)
        keys += [place, row[key]]
    return tuple(keys)


def to_text(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns a table of networks, a column per way, in percent.

    What learned and trained networks reach at early stop and at the end are
    lines of their own, so that like stands beside like.
    """
    lines = cells(table, headline)
    text = tables.align(lines, left=2, repeated=2)
    notes = "".join(
        f"{', '.join(filter(None, [row['network'], *row['heads']]))}: "
        f"{styles.setting_label('criterion', row['criterion'])}\n"
        for row in table.assign(heads=_heads(table)).to_dict("records")
        if row["how"] == "untrained"
    )
    criteria = f"\nCriteria\n{notes}" if notes else ""
    return f"{headline.reword(EXPLANATION)}\n{text}\n{LINES}{criteria}"


def cells(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> list[list[str]]:
    """Returns the rows of `to_text`, those of heads first: one to four."""
    rows = table.assign(heads=_heads(table)).to_dict("records")
    # In the order of ways, which is the same in all networks.
    ways = [*dict.fromkeys(row["heads"] for row in sorted(rows, key=order))]
    lines = [["network", "", *(heads[0] for heads in ways)]]
    for level in (1, 2, 3):
        below = [heads[level].removeprefix("signed ") for heads in ways]
        lines += [["", "", *below]] * any(below)
    for network in table["network"].unique():
        own = {row["heads"]: row for row in rows if row["network"] == network}
        found = [own.get(heads) for heads in ways]
        lines += _lines(network, found, headline)
    return lines


def bars(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
):
    """Returns a figure of what networks reach, a panel each, a bar per way.

    Bars and numbers are means over runs, lines reach from the lowest to the
    highest run, or mask of a run. Learned and trained networks are all taken at
    early stop, if all of them have validation, else all at the end; the label
    below the panels says which.
    """
    heads = [(how, ", ".join(filter(None, own))) for how, *own in _heads(table)]
    labelled = table.assign(label=[": ".join(each) for each in heads])
    words, drawn = _at_one_rule(table)
    groups = list(labelled.groupby("network", sort=False))
    longest = max(len(own) for _, own in groups)
    with figure_style.drawing(
        len(groups),
        PANELS,
        height_inches=0.78 + BAR_INCHES * longest,
        share_y=False,
    ) as (figure, panels):
        for axes, (network, own) in zip(panels, groups, strict=True):
            _draw(axes, own, drawn.loc[own.index], headline)
            axes.set_title(styles.literal(network))
        if (drawn[END[1]] < drawn[END[2]]).any():
            words += "\nlines: lowest to highest"
        label = headline.reword(figure_style.ACCURACY_LABEL) + words
        figure_style.outer_labels(panels, label, "")
    return figure


def _row(run, name):
    record = records.read(run["directory"], name, MISSING)
    settings, samples = record["settings"], record["samples"]
    # Beside the run's, they are those of the evaluation.
    trained = records.read(run["directory"], tree.RUN)["settings"]
    if any(settings.get(key) != value for key, value in trained.items()):
        raise ValueError(f"damaged (its {name} is of another run)")
    metric = headline_lib.of_record(record).metric
    test = np.array(samples["test"][metric], float)
    validate = samples.get("validate", {metric: [np.nan]})[metric]
    sizes, thresholded = record["sizes"], record["thresholded"]
    drawn = {key: np.mean(v) for key, v in record["sampled_density"].items()}
    at_stop = ("early_stop_iteration", "early_stop_accuracy")
    return {
        **{key: run[key] for key in (*COLUMNS[:5], *at_stop, "directory")},
        **{key: settings[key] for key in SETTINGS},
        "accuracy": test.mean(),
        "lowest": test.min(),
        "highest": test.max(),
        "deviation": test.std(ddof=1) if test.size > 1 else np.nan,
        "validate_accuracy": np.mean(validate),
        "density": _overall(drawn, sizes),
        "expected_density": _overall(record["expected_density"], sizes),
        "thresholded_accuracy": thresholded["test"][metric],
        "thresholded_density": _overall(thresholded["density"], sizes),
    }


def _overall(densities, sizes):
    kept = sum(densities[name] * size for name, size in sizes.items())
    return kept / max(sum(sizes.values()), 1)


def _best_untrained(cells):
    """Rows of the chosen networks of one criterion for each treatment."""
    chosen = untrained.choose(cells)
    keys = untrained.TREATMENT
    summary = untrained.summarize(chosen)
    # Means of fewer trials are no match for those of all.
    most = summary.groupby(keys, dropna=False)["runs"].transform("max")
    best = summary.loc[summary["runs"] == most].drop_duplicates(keys)
    rows = chosen.merge(best[[*keys, "criterion"]], on=[*keys, "criterion"])
    return _alone(rows)


def _dense(runs):
    """Rows of trained dense networks: of each one, the first experiment's."""
    runs = runs[(runs["density"] == 1) & (runs["kind"] != EXPERIMENT)]
    trees = runs["experiment"].map(tree.name)
    keys = [trees, runs["dataset"], runs["model"]]
    first = runs.groupby(keys, dropna=False)["experiment"].transform("first")
    rows = runs[runs["experiment"] == first]
    return _alone(rows.assign(mask_1_action="", criterion=""))


def _alone(rows):
    """Rows of networks of which there is one in a run, not several masks."""
    return rows.assign(
        lowest=rows["accuracy"],
        highest=rows["accuracy"],
        deviation=np.nan,
        thresholded_accuracy=np.nan,
        rescaling="",
        sampling="",
    )


def _heads(table):
    """Four words of each row: how, weights, mask, and the name if needed."""
    is_twice = table.duplicated(["network", "how", *SETTINGS], keep=False)
    heads = []
    for row, twice in zip(table.to_dict("records"), is_twice, strict=True):
        weights = "dense"
        if row["how"] != "trained":
            weights = untrained.treatment(row["mask_1_action"])
        mask = [MASKS.get(row["rescaling"], "")]
        mask += ["rounded"] * (row["sampling"] == "round")
        name = tree.own_name(row["experiment"]) if twice else ""
        heads.append((row["how"], weights, ", ".join(filter(None, mask)), name))
    return heads


def _lines(network, cells, headline):
    """Lines of one network; None in place of a cell that it has not."""

    def line(name, text, own=cells):
        return [name, *("" if cell is None else text(cell) for cell in own)]

    def ends(cell, key):
        if cell["runs"] == 1:
            return ""
        return tables.number_range(cell, key, headline)

    def known(value, unknown=""):
        return unknown if pd.isna(value) else headline.number(value)

    def reached(name, key, ways):
        own = [cell if cell and cell["how"] in ways else None for cell in cells]
        mean = line(name, lambda cell: known(cell[f"{key}_mean"], "n/a"), own)
        return [mean, line("", lambda cell: ends(cell, key), own)]

    first, *others = HOW
    found = [
        *reached("untrained", "accuracy", [first]),
        *reached("at early stop", "early_stop_accuracy", others),
        *reached("at the end", "accuracy", others),
        line("n", lambda cell: str(cell["runs"])),
        line("std of masks", lambda cell: known(cell["deviation"])),
        line("likely weights", lambda c: known(c["thresholded_accuracy"])),
        line("density %", lambda cell: tables.percent(cell["density"])),
    ]
    shown = [own for own in found if any(own[1:])]
    names = [network] + [""] * len(shown)
    return [[name, *own] for name, own in zip(names, shown, strict=False)]


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


def _draw(axes, table, drawn, headline):
    positions = range(len(drawn))
    colors = table["how"].map(COLORS).tolist()
    scale = headline.scale
    axes.barh(positions, scale * drawn[END[0]], height=0.66, color=colors)
    for position, (mean, *ends) in enumerate(drawn.to_numpy()):
        ends = [scale * end for end in ends]
        axes.plot(ends, [position] * 2, color="black", linewidth=0.8)
        place = {"xytext": (3, 0), "textcoords": "offset points"}
        xy = ends[1], position
        axes.annotate(headline.number(mean), xy, va="center", **place)
    axes.set_yticks(positions, table["label"])
    axes.invert_yaxis()
    if headline.is_percent:
        axes.set_xlim(0, 122)  # Room for a number behind 100.
        axes.set_xticks(range(0, 101, 20))
    axes.grid(visible=False, axis="y")
