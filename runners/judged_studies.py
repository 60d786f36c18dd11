"""What runs say of the claims of studies, as a table and as a page."""

import dataclasses

from lottery_ticket.experiments.reproductions import claims, registry
from lottery_ticket.foundations.machine import files, lazy

with lazy.imports():
    from lottery_ticket.analysis import study_logs
    from lottery_ticket.analysis.reading import rulings
    from lottery_ticket.runners import commands

HEADS = ["claim", "source", "published", "measured", "verdict"]
SHOWN = ("processor", "lottery_ticket", "tensorflow", "keras", "numpy")
PAGE_HEAD = """\
# Reproductions

What papers claim, and what came out here. This page is made by
`lottery-ticket reproduce` from the logs in `docs/reproductions/`, never by
hand.

{rule}
Ranges are stated with each claim before its runs, but for
[what is listed](reproduce.md#changed-margins): what the source prints, give or
take its spread, or half a point where it prints none; orders have one end.
"""


@dataclasses.dataclass(frozen=True)
class JudgedStudy:
    """A study at a scale, and the ruling on each of its claims.

    Args:
        name: Of the study.
        scale: One of claims.SCALES.
        rulings: Dict, name of a claim -> ruling.
        facts: Of the runs: machine, versions, time; {} where there is none.
        found: What they have recorded.
    """

    name: str
    scale: str
    rulings: "dict[str, rulings.Ruling]"
    facts: dict
    found: claims.Found

    @property
    def study(self) -> claims.Study:
        """The study itself."""
        return registry.STUDIES[self.name]

    @property
    def trained(self) -> str:
        """Hours that its runs have trained for, as text; "" without any."""
        seconds = self.facts.get("trained_s", 0)
        return f"{seconds / 3600:.2f}" if seconds else ""

    @property
    def is_off(self) -> bool:
        """Whether a claim came out OFF."""
        return self.count(rulings.OFF) > 0

    def count(self, verdict: str) -> int:
        """Returns how many claims have a verdict."""
        return sum(each.verdict == verdict for each in self.rulings.values())


def judge(
    name: str,
    scale: str,
    folder: str,
    logs: str | None = None,
    *,
    trials: int | None = None,
    write: bool = False,
) -> JudgedStudy:
    """Returns what has been found of a study, by its results or their logs.

    Args:
        name: Of the study.
        scale: One of claims.SCALES.
        folder: Its results, as of `study_sweeps`; these count, if any are
            there.
        logs: Folder of the logs of all studies.
        trials: How many are asked for: fewer leave a claim open. None is the
            study's number.
        write: Whether to write those of its results there, if there are any.
    """
    found, facts = study_logs.read(folder, commands.result_files())
    if logs is not None:
        kept = log_folder(logs, scale, name)
        if not found:
            found, facts = study_logs.read_written(kept)
        elif write:
            study_logs.write(kept, found, facts)
    of_study = claims.Found(found, is_rough=scale == claims.SMOKE)
    study = registry.STUDIES[name]
    ruled = {
        key: _ruling(claim, of_study, scale, trials or study.trials)
        for key, claim in study.claims.items()
    }
    return JudgedStudy(name, scale, ruled, facts, of_study)


def log_folder(logs: str, scale: str, name: str) -> str:
    """Returns where the logs of a study at a scale are."""
    return files.join(logs, scale, name)


def text(judged: list[JudgedStudy]) -> str:
    """Returns what came out of each claim, three lines of text each."""
    parts = [_text(each) for each in judged]
    counts = [
        f"{sum(each.count(verdict) for each in judged)} {verdict}"
        for verdict in rulings.VERDICTS
    ]
    return "\n".join([*parts, rulings.RULE + ", ".join(counts)])


def page(judged: list[JudgedStudy]) -> str:
    """Returns all claims of what was run as Markdown, and what was not run."""
    parts = [PAGE_HEAD.format(rule=rulings.RULE)]
    run = [each for each in judged if each.facts]
    for scale in claims.SCALES:
        of_scale = [each for each in run if each.scale == scale]
        if of_scale:
            parts.append(f"## At the scale `{scale}`\n")
            parts += [_part(each) for each in of_scale]
    missing = [n for n in registry.STUDIES if n not in {x.name for x in run}]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        parts.append(f"## Not run\n\nAll claims of these are {rulings.OPEN}: ")
        parts[-1] += f"{names}.\n"
    return "\n".join(parts)


def _ruling(claim, found, scale, trials):
    """The ruling on a claim; where something is missing or raises, OPEN."""
    try:
        values = claim.measure(found)
        ruling = rulings.rule(values, claim.bound.low, claim.bound.high)
    except claims.Missing as error:
        return rulings.Ruling(rulings.OPEN, f"not run: {error}")
    except Exception as error:  # A fault of one claim is no other's.
        why = f"{type(error).__name__}: {error}"
        return rulings.Ruling(rulings.OPEN, why)
    why = ruling.why
    if scale not in claim.scales:
        why = f"not judged at the scale {scale}"
    elif ruling.n < trials and ruling.verdict != rulings.OPEN:
        why = f"{ruling.n} of {trials} trials"
    else:
        return ruling
    return dataclasses.replace(ruling, verdict=rulings.OPEN, why=why)


def _text(judged):
    """A study's claims: what is said, what was printed, what came out."""
    lines = [f"{judged.name}: {judged.study.help} ({judged.study.paper})"]
    for name, ruling in judged.rulings.items():
        claim = judged.study.claims[name]
        lines += [
            f"  {ruling.verdict:<5}{name}: {claim.text}",
            f"       {claim.source}: {_published(claim)}",
            f"       here: {_measured(ruling) or 'nothing'}"
            + (f"; {ruling.why}" if ruling.why else ""),
        ]
    return "\n".join([*lines, ""])


def _row(name, claim, ruling):
    """A claim's cells, under HEADS."""
    why = f" ({ruling.why})" if ruling.why else ""
    return [
        f"`{name}`: {claim.text}",
        claim.source,
        _published(claim),
        _measured(ruling),
        f"{ruling.verdict}{why}",
    ]


def _published(claim):
    return claim.bound.published + ", read off" * claim.is_read_off


def _measured(ruling):
    if not ruling.n:
        return ""
    if ruling.n == 1:
        return f"{ruling.mean:.2f}, n = 1"
    ends = f"{ruling.low:.2f} to {ruling.high:.2f}"
    return f"{ruling.mean:.2f} ({ends}), std {ruling.std:.2f}, n = {ruling.n}"


def _part(judged):
    """A study's part of a page."""
    study = judged.study
    return "\n".join(
        [
            f"### {study.help}\n",
            f"`{judged.name}`, of [{study.paper}]({study.page}).\n",
            claims_table(judged),
            made_with(judged),
        ]
    )


def claims_table(judged: JudgedStudy) -> str:
    """Returns a study's claims, and what came out, as a table in Markdown."""
    return markdown_table(
        HEADS,
        [
            _row(name, judged.study.claims[name], ruling)
            for name, ruling in judged.rulings.items()
        ],
    )


def markdown_table(heads: list[str], rows: list[list[str]]) -> str:
    """Returns a table in Markdown, and the end of its last line."""
    cells = [heads, ["---"] * len(heads), *rows]
    lines = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def made_with(judged: JudgedStudy) -> str:
    """Returns a line: how many runs there are, on what they were made."""
    facts = judged.facts
    about = [
        f"{facts.get('runs', 0)} runs, {judged.trained or 0} hours of training",
        *(f"{key} {', '.join(facts[key])}" for key in SHOWN if facts.get(key)),
    ]
    return f"{'; '.join(about)}.\n"
