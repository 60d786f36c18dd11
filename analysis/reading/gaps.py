"""What a results tree should hold and does not; what it should not mix."""

import collections
import itertools
import json

from lottery_ticket.analysis.reading import selection, tree

# Settings that differ between repetitions or levels, beside their seeds.
OWN_SETTINGS = {
    "level",
    "density",
    "densities_before",
    "layer_densities",
    "masks",
    "ticket",
    "presets",
    "initialization_distribution",
    "same_sign",
}
# Settings that each density may have a value of its own for.
LEVEL_SETTINGS = {
    "regularization_weight",
    "prune_period",
    "prune_fraction",
    "sanity_checks",
    "reinit_init",
    "compact_levels",  # Of a dense network, which has all units, it is absent.
}


def missing(
    places: list[tree.Place], kinds: dict[str, str | None]
) -> list[str]:
    """Returns a line for each gap in what the trials of an experiment hold.

    A lottery experiment should hold every level up to its highest; others
    should hold in each trial what they hold in any. Supermasks may be learned
    in fewer trials, or in more: theirs are compared with each other. A folder
    of an unfinished run is no gap.

    Args:
        places: All runs of a results tree, unfinished ones too.
        kinds: Dict, experiment -> name of the function that trained it, such
            as "lottery_experiment".
    """
    by_experiment = collections.defaultdict(list)
    trials_of_tree = collections.defaultdict(set)

    def siblings_of(experiment):
        is_learned = kinds.get(experiment) == selection.LEARNED
        return trials_of_tree[tree.name(experiment), is_learned]

    for place in places:
        by_experiment[place.experiment].append(place)
        if place.trial != "":
            siblings_of(place.experiment).add(place.trial)
    lines = []
    for experiment, own in sorted(by_experiment.items()):
        is_ticket = kinds.get(experiment) == selection.TICKET
        lines += _missing_levels(experiment, own, is_ticket)
        trials = {place.trial for place in own}
        siblings = siblings_of(experiment)
        lines += [
            f"trial {trial}, {experiment}: missing (no run in this trial)"
            for trial in sorted(siblings - trials, key=natural)
            if "" not in trials  # Runs outside of trials have no siblings.
        ]
    return lines


def mixed_settings(records: list[tuple[tree.Place, dict]]) -> list[str]:
    """Returns a line for each setting that varies within an experiment.

    Those in LEVEL_SETTINGS must only be the same within each level. What a
    lottery experiment's record lacks counts as what its absence means. Records
    are a pair per complete run: its place, its recorded settings.
    """
    values = collections.defaultdict(set)
    for place, settings in records:
        for name, value in selection.with_absent(settings).items():
            if name not in OWN_SETTINGS and not name.endswith("seed"):
                text = json.dumps(value, sort_keys=True)
                where = place.experiment
                if name in LEVEL_SETTINGS:
                    where += f", level {place.level}"
                values[where, name].add(text)
    return [
        f"{where}: its runs differ in {name} ({', '.join(sorted(texts))})"
        ", and means mix them"
        for (where, name), texts in sorted(values.items())
        if len(texts) > 1
    ]


def natural(name: int | str) -> tuple:
    """Sort key that puts 2 before 10, and numbers before other names."""
    text = str(name)
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)


def in_order(rows: list[dict], *keys: str) -> list[dict]:
    """Returns rows sorted by some of their values, the first key first."""
    return sorted(rows, key=lambda row: [natural(row[key]) for key in keys])


def _missing_levels(experiment, places, is_lottery):
    """Lines for trials that lack a level, one for each trial and run id."""
    held = collections.defaultdict(set)
    for place in places:
        held[place.run, place.trial].add(place.level)
    trials = sorted({place.trial for place in places}, key=natural)
    lines = []
    for run in sorted({place.run for place in places}, key=natural):
        anywhere = set().union(*(held[run, trial] for trial in trials))
        wanted = set(range(max(anywhere) + 1)) if is_lottery else anywhere
        for trial in trials:
            if gap := wanted - held[run, trial]:
                where = f"trial {trial}, " if trial != "" else ""
                lines.append(
                    f"{where}{levels_text(gap)}, {experiment}{run}: missing"
                )
    return lines


def levels_text(levels: set[int]) -> str:
    """Returns levels in words, such as "levels 2, 5-9"."""
    texts = [
        str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}"
        for span in spans(levels)
    ]
    return f"level{'s' * (len(levels) > 1)} {', '.join(texts)}"


def spans(numbers: set[int]) -> list[list[int]]:
    """Returns numbers in order, those that follow each other in one list."""
    by_offset = itertools.groupby(
        enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]
    )
    return [[number for _, number in group] for _, group in by_offset]
