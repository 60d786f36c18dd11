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
from lottery_ticket.foundations.command_line import flag_values
from lottery_ticket.foundations.values import fields

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
    found: tree.Tree, report_dir: str | None = None, are_several: bool = False
) -> list[tuple[str, str]]:
    """Returns what may be done next: pairs of what for, and a command.

    Args:
        found: The tree that is reported.
        report_dir: Where the report is written to; None takes the usual one.
        are_several: Whether it is of several folders, as only a report can be.
    """
    place = f"--output_dir={found.output_dir}"
    report = _report(found, place, report_dir)
    kind = [f"--table={found.options.table}"]
    kind *= found.options.table != options.USUAL.table
    lines = [("This report again, once there is more", [*report, *kind])]
    if not are_several:
        lines += _controls(found)
    if not found.chosen.empty and not are_several:
        lines += [
            ("How alike masks are, which signs stay", ["mask_facts", place]),
            ("All logs as one table", ["export_logs", place, "--to=csv"]),
        ]
    lines.append(("The tables for a paper", [*report, "--table=latex"]))
    return [(what, _line(words)) for what, words in lines]


def _report(found, place, report_dir):
    """Words of a report's command, all but the format of its tables."""
    own = {
        "report_dir": report_dir,
        "experiments": found.experiments,
        "levels": found.levels,
        **fields.given(found.options),
    }
    return [
        *("report", place),
        *(
            f"--{name}={flag_values.text(value)}"
            for name, value in own.items()
            if value is not None and name != "table"
        ),
    ]


def _origins(found):
    """Dict, chosen experiment -> where its runs come from."""
    chosen = [] if found.chosen.empty else found.chosen["experiment"].unique()
    return {name: found.origins[name] for name in chosen}


def _controls(found):
    """What for, and words of the command, in each tree without any control."""
    runs, firsts = found.chosen, found.runs.drop_duplicates("experiment")
    if runs.empty:
        return []
    kinds = dict(zip(firsts["experiment"], firsts["kind"], strict=True))
    controlled = {
        tree.name(name)
        for name in kinds
        if pairs.control_of(name, kinds, options.CONTROL)
    }
    is_counted = runs["trial"].map(str).str.isdecimal()
    is_ticket = (runs["kind"] == selection.TICKET) & (runs["density"] < 1)
    tickets = runs[is_ticket & is_counted]
    lines = []
    for name, own in tickets.groupby(tickets["experiment"].map(tree.name)):
        what = "The control: the same masks with fresh weights"
        what += f" ({name})" * bool(name)
        own = own[own["experiment"] == own["experiment"].iloc[0]]
        trials = [] if name in controlled else gaps.spans({*own["trial"]})
        lines += [(what, _control(own, span)) for span in trials]
    return lines


def _control(tickets, trials):
    """Words of the command for a ticket's pruned runs in some trials."""
    own = tickets[tickets["trial"].isin(trials)]
    name = tree.own_name(own["experiment"].iloc[0])
    # OUT/conv2 of OUT/conv2/trial1/0/same_init.
    folder = own["directory"].iloc[0].rsplit("/", 3)[0]
    levels = gaps.levels_text({*own["level"]}).split(" ", 1)[1]
    return [
        *("argfile_runner", "branch", "branch_argfile"),
        f"--output_dir={folder}",
        *[f"--experiment_name={name}"] * (name != pairs.USUAL_TICKET),
        f"--trials={len(trials)}",
        *[f"--first_trial={trials[0]}"] * (trials[0] != 1),
        f"--levels={levels}",
    ]


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
