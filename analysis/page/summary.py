"""What stands on top of a page, and at its end: what was run, what to do."""

import datetime
import shlex

from lottery_ticket.analysis.look import styles, tables
from lottery_ticket.analysis.reading import (
    gaps,
    options,
    origins,
    pairs,
    selection,
    tree,
)

COMMAND = "lottery-ticket"
SHOWN = 6  # Experiments, machines or networks that are named; more are counted.


def facts(found: tree.Tree) -> dict[str, str]:
    """Returns dict, head -> text: what was run, when, on what, how long."""
    runs = found.chosen
    if runs.empty:
        return {}
    origin = [
        found.origins[name]
        for name in runs["experiment"].unique()
        if name in found.origins
    ]
    names = [
        styles.name(name, found.options.names)
        for name in runs["experiment"].unique()
    ]
    networks = runs[["model", "dataset", "recipe"]].drop_duplicates()
    facts = {
        "Runs": f"{_count(len(runs), 'complete run')} of "
        f"{_count(len(names), 'experiment')}: {_some(names)}",
        "Trials": _trials(runs),
        "Densities": f"{_ends(100 * runs['density'])} % of the weights kept",
        "Network": _some([_network(row) for row in networks.to_dict("records")]),
        "When": _when([each for own in origin for each in own.started]),
        "Training": _seconds(runs["train_s"]),
        "Machine": _some([each for own in origin for each in own.machines]),
        "Versions": _some([each for own in origin for each in own.versions]),
    }
    return {head: text for head, text in facts.items() if text}


def settings(found: tree.Tree) -> list[list[str]]:
    """Returns the settings that experiments differ in, as rows of cells.

    The heads first; [] where they differ in none.
    """
    chosen = [] if found.chosen.empty else found.chosen["experiment"].unique()
    own = {name: found.origins[name] for name in chosen if name in found.origins}
    ignored = gaps.OWN_SETTINGS | {"experiment"}
    differing = origins.differing(own, ignored)
    rows = [[name, *values] for name, values in differing.items()]
    return [["setting", *own], *rows] if rows else []


def commands(found: tree.Tree) -> list[tuple[str, str]]:
    """Returns what may be done next: pairs of what for, and a command."""
    place = f"--output_dir={found.output_dir}"
    several = len(tree.roots(found.output_dir)) > 1
    lines = [("This report again, once there is more", ["report", place])]
    if several:
        lines[0][1].append("--report_dir=...")
    if not several and (tickets := _without_control(found)):
        runs = found.chosen[found.chosen["experiment"].isin(tickets)]
        pruned = runs["level"][runs["density"] < 1]
        words = ["argfile_runner", "branch", "branch_argfile", place]
        words += [f"--experiment_name={tickets[0]}"] * (
            tickets[0] != pairs.USUAL_TICKET
        )
        words += [f"--trials={runs['trial'].nunique()}"]
        words += [f"--levels={gaps.levels_text(set(pruned)).split(' ', 1)[1]}"]
        lines.append(("The control: the same masks with fresh weights", words))
    if not found.chosen.empty and not several:
        lines += [
            ("How alike the masks are, and which signs stay", ["mask_facts", place]),
            ("All logs as one table", ["export_logs", place, "--to=csv"]),
        ]
    lines.append(("The tables for a paper", ["report", place, "--table=latex"]))
    return [(what, _line(words)) for what, words in lines]


def _without_control(found):
    """Tickets, pruned ones, of a tree without a control of any."""
    runs = found.chosen
    if runs.empty:
        return []
    firsts = runs.drop_duplicates("experiment")
    kinds = dict(zip(firsts["experiment"], firsts["kind"], strict=True))
    if any(
        pairs.control_of(name, kinds, options.CONTROL) for name in kinds
    ):
        return []
    is_pruned = runs["density"] < 1
    is_ticket = runs["kind"] == selection.TICKET
    is_counted = runs["trial"].map(str).str.isdecimal()
    return [*runs["experiment"][is_pruned & is_ticket & is_counted].unique()]


def _line(words):
    return " ".join([COMMAND, *map(shlex.quote, words)])


def _count(number, word):
    return f"{number:,} {word}{'s' * (number != 1)}"


def _some(texts):
    """Texts, each once; how many more there are."""
    each = [*dict.fromkeys(texts)]
    more = [f"and {len(each) - SHOWN} more"] * (len(each) > SHOWN)
    return "; ".join([*each[:SHOWN], *more])


def _trials(runs):
    trials = sorted({*runs["trial"]} - {""}, key=gaps.natural)
    levels = gaps.levels_text({*map(int, runs["level"])})
    if not trials:
        return levels
    return f"{len(trials)} ({_some(map(str, trials))}), {levels}"


def _ends(values):
    ends = (tables.percent(end / 100) for end in (values.max(), values.min()))
    return " to ".join(dict.fromkeys(ends))


def _network(row):
    known = {key: each for key, each in row.items() if each}
    text = " on ".join(known[k] for k in ("model", "dataset") if k in known)
    return text + f" (recipe {known['recipe']})" * ("recipe" in known)


def _when(started):
    """First and last start, to the minute."""
    times = []
    for each in started:
        try:
            time = datetime.datetime.fromisoformat(each)
        except ValueError:
            continue
        if time.tzinfo is None:
            time = time.replace(tzinfo=datetime.timezone.utc)
        times.append(time.astimezone(datetime.timezone.utc))
    if not times:
        return ""
    ends = (f"{end:%Y-%m-%d %H:%M}" for end in (min(times), max(times)))
    return f"begun {' to '.join(dict.fromkeys(ends))} UTC"


def _seconds(values):
    known = values.dropna().astype(float)
    if known.empty:
        return ""
    least, mean, most = map(float, (known.min(), known.mean(), known.max()))
    text = f"{duration(float(known.sum()))} in all, {duration(mean)} a run"
    spread = f" ({duration(least)} to {duration(most)})" * (most > least)
    untold = len(values) - len(known)
    return text + spread + f"; of {untold} runs not recorded" * (untold > 0)


def duration(seconds: float) -> str:
    """Returns seconds for readers: "1.3 s", "4 min 10 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" + f" {rest} s" * (rest > 0)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h" + f" {minutes} min" * (minutes > 0)
