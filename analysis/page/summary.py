"""What stands on top of a page, and at its end: what was run, what to do."""

import dataclasses
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
    origin = _origins(found).values()
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
        "Network": _some(map(_network, networks.to_dict("records"))),
        "When": _when([each for own in origin for each in own.started]),
        "Training": _seconds(runs["train_s"]),
        "Machine": _some([each for own in origin for each in own.machines]),
        "Versions": _some([each for own in origin for each in own.versions]),
    }
    return {head: text for head, text in facts.items() if text}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings that experiments differ in.

    Args:
        rows: Rows of cells: heads, which name the experiments, then a row per
            setting; [] where they differ in none.
        others: Settings that only some of the experiments have.
    """

    rows: list[list[str]]
    others: list[str]


def settings(found: tree.Tree) -> Settings:
    """Returns the settings that the chosen experiments differ in."""
    own = _origins(found)
    ignored = gaps.OWN_SETTINGS | {"experiment"}
    differing = origins.differing(own, ignored)
    rows = [[name, *values] for name, values in differing.items()]
    others = [
        name
        for name in origins.names(own, {*ignored, *differing})
        if not all(name in each.settings for each in own.values())
    ]
    return Settings([["setting", *own], *rows] if rows else [], others)


def commands(
    found: tree.Tree, are_several: bool = False
) -> list[tuple[str, str]]:
    """Returns what may be done next: pairs of what for, and a command.

    Args:
        found: The tree that is reported.
        are_several: Whether it is of several folders, as only a report can be.
    """
    place = f"--output_dir={found.output_dir}"
    report = ["report", place, *["--report_dir=report"] * are_several]
    lines = [("This report again, once there is more", report)]
    if not are_several and (tickets := _without_control(found)):
        runs = found.chosen[found.chosen["experiment"].isin(tickets)]
        pruned = runs["level"][runs["density"] < 1]
        words = ["argfile_runner", "branch", "branch_argfile", place]
        words += [f"--experiment_name={tickets[0]}"] * (
            tickets[0] != pairs.USUAL_TICKET
        )
        words += [f"--trials={runs['trial'].nunique()}"]
        words += [f"--levels={gaps.levels_text(set(pruned)).split(' ', 1)[1]}"]
        lines.append(("The control: the same masks with fresh weights", words))
    if not found.chosen.empty and not are_several:
        lines += [
            ("How alike masks are, which signs stay", ["mask_facts", place]),
            ("All logs as one table", ["export_logs", place, "--to=csv"]),
        ]
    lines.append(("The tables for a paper", [*report, "--table=latex"]))
    return [(what, _line(words)) for what, words in lines]


def _origins(found):
    """Dict, chosen experiment -> where its runs come from."""
    chosen = [] if found.chosen.empty else found.chosen["experiment"].unique()
    return {name: found.origins[name] for name in chosen}


def _without_control(found):
    """Tickets, pruned ones, of a tree without a control of any."""
    runs = found.chosen
    if runs.empty:
        return []
    firsts = runs.drop_duplicates("experiment")
    kinds = dict(zip(firsts["experiment"], firsts["kind"], strict=True))
    if any(pairs.control_of(name, kinds, options.CONTROL) for name in kinds):
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
    each = [*dict.fromkeys(filter(None, texts))]
    more = [f"and {len(each) - SHOWN} more"] * (len(each) > SHOWN)
    return "; ".join([*each[:SHOWN], *more])


def _trials(runs):
    trials = sorted({*runs["trial"]} - {""}, key=gaps.natural)
    levels = gaps.levels_text({*map(int, runs["level"])})
    if not trials:
        return levels
    ends = " to ".join(dict.fromkeys(map(str, (trials[0], trials[-1]))))
    return f"{len(trials)} ({ends}), {levels}"


def _ends(values):
    ends = (tables.percent(end / 100) for end in (values.max(), values.min()))
    return " to ".join(dict.fromkeys(ends))


def _network(row):
    known = {k: each for k, each in row.items() if isinstance(each, str)}
    text = " on ".join(known[k] for k in ("model", "dataset") if k in known)
    recipe = known.get("recipe")
    return text + f" (recipe {recipe})" * (recipe is not None)


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
    first, last = min(times), max(times)
    last_text = f"{last:%Y-%m-%d %H:%M}"
    if first.date() == last.date():
        last_text = f"{last:%H:%M}"
    return f"begun {first:%Y-%m-%d %H:%M} to {last_text} UTC"


def _seconds(values):
    known = values.dropna().astype(float)
    if known.empty:
        return ""
    least, mean, most = map(float, (known.min(), known.mean(), known.max()))
    text = f"{duration(float(known.sum()))} in all, {duration(mean)} a run"
    spread = f" ({duration(least)} to {duration(most)})" * (most > least)
    untold = len(values) - len(known)
    missing = f"; {_count(untold, 'run')} not recorded" * (untold > 0)
    return text + spread + missing


def duration(seconds: float) -> str:
    """Returns seconds for readers: "1.3 s", "4 min 10 s", "2 h 5 min"."""
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min" + f" {rest} s" * (rest > 0)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h" + f" {minutes} min" * (minutes > 0)
