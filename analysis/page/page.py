"""A report as one page: a file that opens offline, with all that is in it."""

import json
import os
import pathlib
from typing import Any

from lottery_ticket.analysis.page import charts, colors, summary, tables
from lottery_ticket.analysis.reading import tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import files, lazy

with lazy.imports():
    import jinja2

NAME = "report.html"
# Of a page, beside this file; its style and script stand in it.
TEMPLATE, STYLE, SCRIPT = "page.html.jinja", "page.css", "page.js"
# Of the CSV of all tables in a page, and what figures with it may have; but so
# much at least. Scripts and tables that are shown at once come on top.
MOST_CSV, MOST_BYTES, LEAST_CSV = 2_000_000, 2_700_000, 500_000
DIGITS = 7  # Of values that hovering tells to five.


def render(
    found: tree.Tree,
    roots: list[str],
    made: list[parts.Section],
    outputs: dict[str, bytes],
    problems: list[str],
    report_dir: str | None = None,
) -> bytes:
    """Returns the page of a report; the same results give the same bytes.

    Figures are not what they were: files are to be made of them before.

    Args:
        found: The tree that is reported.
        roots: Its folders, one or several.
        made: Sections of its report, in order.
        outputs: Dict, file name -> bytes, of what the sections write.
        problems: What is wrong with results.
        report_dir: Where it is written to, if not to the usual folder.
    """
    figures = {k: each for own in made for k, each in own.figures.items()}
    captions = {k: each for own in made for k, each in own.captions.items()}
    most = charts.most_points(figures.values())
    drawn = [
        charts.draw(name, figure, f"f{index}", most)
        for index, (name, figure) in enumerate(figures.items())
    ]
    data = _data(found, drawn)
    of_tables = tables.of_sections(made, outputs, _room(drawn, data))
    data["csv"] = {each.name: each.csv for each in of_tables}
    data["cut"] = [each.name for each in of_tables if each.left_out]
    lead = {head: text for own in made for head, text in own.facts.items()}
    settings = summary.settings(found)
    entries = [entry for each in drawn for entry in each.entries]
    swatches = [each.color for each in entries]
    swatches += [each.fill for each in entries if each.fill.startswith("#")]
    texts = [each.svg for each in drawn]
    problems = [*dict.fromkeys(problems)]
    rendered = _template().render(
        title=_title(roots),
        style=_beside(STYLE),
        script=_beside(SCRIPT),
        colors={
            color: (colors.on_light(color), colors.on_dark(color))
            for color in colors.used("".join(texts), swatches)
        },
        lead=lead,
        facts=summary.facts(found),
        charts=drawn,
        captions={each.name: captions.get(each.name, "") for each in drawn},
        tables=of_tables,
        settings=settings,
        settings_groups=[[row] for row in settings.rows[1:]],
        problems=problems,
        commands=summary.commands(found, report_dir, len(roots) > 1),
        data=data,
        place=found.output_dir,
    )
    return rendered.encode()


def _data(found, drawn) -> dict[str, Any]:
    """What the page's script needs to know, beside tables."""
    return {
        "runs": _runs(found, drawn),
        "charts": {
            each.name: {
                "xLabel": each.x_label,
                "yLabel": each.y_label,
                "entries": [[own.text, own.ids] for own in each.entries],
                "lines": each.lines,
            }
            for each in drawn
        },
    }


def _room(drawn, data):
    """Bytes that the CSV of tables may have, beside figures and their data."""
    taken = len(json.dumps(data)) + sum(len(each.svg) for each in drawn)
    return max(min(MOST_CSV, MOST_BYTES - taken), LEAST_CSV)


def _runs(found, drawn) -> dict[str, Any]:
    """What hovering tells of runs: their values in columns, place by place."""
    runs = found.chosen
    if runs.empty:
        return {"columns": [], "base": "", "places": []}
    lines = [line for each in drawn for line in each.lines]
    named = {of.get("column") for line in lines for of in line.get("of", ())}
    columns = sorted(named & {*runs})
    base = os.path.commonprefix([*runs["directory"]]).rpartition("/")[0]
    names = ["experiment", "level", "trial", "run", "directory", *columns]
    places: dict = {}
    for row in runs[names].itertuples(index=False, name=None):
        experiment, level, trial, run, directory, *values = row
        folder = directory.removeprefix(base)
        own = places.setdefault((experiment, int(level)), [])
        own.append([trial, run, folder, *map(_short, values)])
    return {
        "columns": columns,
        "base": base,
        "places": [[*place, own] for place, own in places.items()],
    }


def _short(value):
    """A number to DIGITS, None for none, as JSON has neither more nor NaN."""
    return None if value != value else float(f"{value:.{DIGITS}g}")


def _template():
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["plural"] = lambda count: "s" * (count != 1)
    compact = {"separators": (",", ":"), "sort_keys": True}
    environment.policies["json.dumps_kwargs"] = compact
    return environment.from_string(_beside(TEMPLATE))


def _title(roots):
    """Names of the folders that are reported."""
    names = (
        each
        if files.is_remote(each)
        else os.path.basename(os.path.abspath(os.path.expanduser(each)))
        for each in roots
    )
    return ", ".join(names)


def _beside(name):
    return pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")
