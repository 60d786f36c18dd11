"""Figures of experiments that differ in one rule: a criterion, an action."""

import itertools

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import headlines, selection, tree
from lottery_ticket.analysis.reading import runs as reading
from lottery_ticket.analysis.sections import density, parts, run_tables

# Setting that lines differ in -> name of the figure, title of its legend.
SETTINGS = {
    "criterion": ("criteria", "Criterion"),
    "mask_1_action": ("mask_1_actions", "Kept weights start from"),
    "mask_0_action": ("mask_0_actions", "Pruned weights are held"),
}
PLACES = ["tree", "recipe", "dataset", "model"]
CLOSE = 0.4  # Part of all values below which the best have a panel of theirs.
HEIGHT_INCHES = 2.9


def section(found: tree.Tree) -> parts.Section:
    """Figures criteria, mask_1_actions and mask_0_actions, where lottery
    experiments differ in that rule alone.
    """
    runs, figures = selection.trained(found.chosen), {}
    for setting, (name, _) in SETTINGS.items():
        alike = comparable(runs, setting)
        if not alike.empty:
            figures[name] = grid(alike, setting)
    return parts.Section(figures=figures)


def comparable(runs, setting: str):
    """Returns the lottery experiments that differ in one rule alone.

    Column `group` is added: a number for those of one tree, recipe, dataset and
    model whose other rules (`reading.runs.RULES`) are the same. A group has two
    or more values of the setting, and a pruned network. The actions that are
    not the setting are the usual: rewind, zero. Column `line` names the value
    for readers; and the experiment, where an earlier one of its group has the
    same value (as they may differ in settings that are no rules).
    """
    alike = [rule for rule in reading.RULES if rule != setting]
    runs = runs[(runs["kind"] == selection.TICKET) & (runs["density"] > 0)]
    for action in {"mask_1_action", "mask_0_action"} - {setting}:
        runs = runs[runs[action] == reading.RULES[action]]
    runs = runs.assign(tree=runs["experiment"].map(tree.name))
    groups = runs.groupby([*PLACES, *alike], sort=False, dropna=False)
    runs = runs.assign(group=groups.ngroup())
    by_group = runs.groupby("group")
    is_pruned = by_group["density"].transform("min") < 1
    runs = runs[is_pruned & (by_group[setting].transform("nunique") > 1)]
    return runs.assign(line=_lines(runs, setting))


def grid(runs, setting: str):
    """Returns a figure of test accuracy against density, a line per value.

    Accuracy is that at the early-stopping iteration where all runs have
    validation, else that after the last. Lines are means over all runs of an
    experiment at a level; the dotted line is the dense network's mean. A row of
    panels per group; a second panel shows the best closely, where others are
    far below.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
    """
    headline, name = headlines.of(runs), "early_stop_accuracy"
    if runs[headlines.column(name, headline)].isna().any():
        name = "accuracy"
    column = headlines.column(name, headline)
    groups = [
        # By line: trials of one name can have several values.
        (own, run_tables.summarize(own.assign(experiment=own["line"])))
        for _, own in runs.groupby("group", sort=False)
    ]
    title_keys = _title_keys(runs)
    ends = [_ends(table, column, headline) for _, table in groups]
    is_close = any(low > base for low, base, _ in ends)
    columns = 1 + is_close
    looks = _looks(runs, setting)
    with figure_style.drawing(
        len(groups) * columns,
        columns,
        height_inches=HEIGHT_INCHES,
        share_y=False,
        is_wide=True,
    ) as (figure, panels):
        for index, (own, table) in enumerate(groups):
            row = panels[index * columns : (index + 1) * columns]
            for axes in row:
                _draw(axes, table, column, headline.scale, looks)
            row[0].set_title(styles.literal(_title(own, title_keys)))
            if is_close:
                _look_closely(row[1], *ends[index], headline)
        label = headline.reword(density.AXES[name])
        figure_style.outer_labels(panels, "Weights kept (%)", label)
        entries, count = _entries(runs, looks)
        title = f"{SETTINGS[setting][1]} {count}"
        figure_style.legend(figure, entries, 4, title)
    return figure


def _lines(runs, setting):
    """What each run's line is called; see `comparable`."""
    seen, names = {}, []
    columns = runs["group"], runs[setting], runs["experiment"]
    for group, value, experiment in zip(*columns, strict=True):
        text = styles.setting_label(setting, value)
        if seen.setdefault((group, value), experiment) != experiment:
            text += f" ({experiment.rpartition('/')[2]})"
        names.append(text)
    return names


def _ends(table, column, headline):
    """Lowest percent worth a closer look, lowest to have one, and highest.

    The first is the lowest mean of the best of the longest experiments. Where
    lower is better, all are turned round: what is drawn, times -1.
    """
    sign = headline.scale if headline.higher_is_better else -headline.scale
    best_end = "max" if headline.higher_is_better else "min"
    means = sign * table[f"{column}_mean"]
    by_experiment = means.groupby(table["experiment"])
    sizes = by_experiment.size()
    low = by_experiment.min()[sizes == sizes.max()].max()
    high = (sign * table[f"{column}_{best_end}"]).max()
    return low, high - CLOSE * (high - means.min()), high


def _look_closely(axes, low, base, high, headline):
    low = max(low, base)
    margin = headline.margin(0.06, high - low)
    ends = [low - margin, high + margin]
    if not headline.higher_is_better:
        ends = [-end for end in reversed(ends)]
    axes.set_ylim(*ends)
    axes.set_title("The best of these")


def _looks(runs, setting):
    """Dict, name of a line -> its style, in the order of the styles."""
    usual = styles.of_setting(setting, runs[setting]).items()
    looks = {
        styles.setting_label(setting, value): look for value, look in usual
    }
    others = [line for line in runs["line"].unique() if line not in looks]
    more = itertools.cycle(styles.MORE)
    return {**looks, **dict(zip(others, more, strict=False))}


def _draw(axes, table, column, scale, looks):
    """Draws a line after the other, and the dense network's mean."""
    lines = list(table.groupby("experiment", sort=False))
    is_several = table["runs"].max() > 1
    for index, (line, own) in enumerate(lines):
        place = (index, len(lines)) if is_several else (0, 1)
        style = mean_plots.dodged(axes, looks[line], *place)
        mean_plots.draw_series(axes, own, column, scale, style)
    dense = table[table["density"] == 1][f"{column}_mean"]
    if not dense.empty:
        axes.axhline(scale * dense.iloc[0], zorder=1, **figure_style.DENSE)
    figure_style.density_axis(axes, 100 * table["density"])


def _title_keys(runs):
    """Columns that together tell the groups apart, as few as will do."""
    keys, count = [], 1
    for key in [*PLACES, *reading.RULES]:
        found = runs.groupby([*keys, key], dropna=False).ngroups
        if key not in SETTINGS and found > count:
            keys, count = [*keys, key], found
    return keys


def _title(own, keys):
    texts = {key: str(own[key].iloc[0]) for key in keys}
    return ", ".join(
        text if key in PLACES else f"{key}={text}"
        for key, text in texts.items()
        if text
    )


def _entries(runs, looks):
    """Entries of a legend, and n for its title if all lines have the same."""
    sizes = runs.groupby(["group", "experiment", "line", "level"]).size()
    is_same = sizes.nunique() == 1
    entries = []
    for name, look in looks.items():
        own = sizes.xs(name, level="line")
        count = "" if is_same else f" {styles.count_text(own)}"
        entries.append((styles.literal(name) + count, look))
    if (runs["density"] == 1).any():
        entries.append(("dense network", figure_style.DENSE))
    entries += mean_plots.spread_entries(sizes, mean_plots.BARS)
    return entries, styles.count_text(sizes) if is_same else ""
