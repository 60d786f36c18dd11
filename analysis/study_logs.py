"""What a study's runs have recorded, as tables; kept compactly beside docs.

Live from a folder of results, or from a folder of logs that was written of
one: a CSV file a table, and facts.json. Those hold no weights and no paths, so
that they can be committed, and judged again anywhere.
"""

import io
import json

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import runs
from lottery_ticket.analysis.sections import (
    connectivity,
    gems,
    supermasks,
    untrained,
)
from lottery_ticket.foundations.machine import files, lazy

with lazy.imports():
    import pandas as pd

Tables = dict[str, "pd.DataFrame"]
FACTS = "facts.json"
DIGITS = 6  # Of numbers in CSV files: more than any margin asks for.
EXACT = 2**53  # Below it, floats hold whole numbers as they are.
# Of run.json's environment: what results could depend on.
_ENVIRONMENT = (
    *("processor", "processor_count", "platform", "python"),
    *("lottery_ticket", "tensorflow", "keras", "numpy"),
)
# What each layer has; the columns of all together are kept.
_OF_LAYERS = tuple(runs.LAYER_COLUMNS.values())


def read(output_dir: str, result_files: dict[str, str]) -> tuple[Tables, dict]:
    """Returns the tables of a study's results, and what they were made with.

    Args:
        output_dir: Folder of the study's results.
        result_files: Dict, experiment -> name of its result file.

    Returns:
        Pair: dict, name -> data frame, of "runs" (`results.read(...).runs`),
        "untrained", "supermasks", "gems" and "connectivity", those that have a
        row; and dict of facts: machine and versions, each as a list of all that
        there are, and the seconds that runs and searches took. Both are empty
        where there is no folder.
    """
    with files.listed(output_dir):
        try:
            found = results.read(output_dir, files=result_files)
        except FileNotFoundError:
            return {}, {}
        tables = {
            "runs": found.runs,
            "untrained": untrained.read(found)[0],
            "gems": gems.read(found)[0],
            "connectivity": connectivity.read(found)[1],
        }
        if not found.runs.empty:
            tables["supermasks"] = supermasks.read(found)[0]
        tables = {name: each for name, each in tables.items() if len(each)}
        return tables, _facts(found, tables)


def write(directory: str, tables: Tables, facts: dict) -> None:
    """Writes tables as CSV, and facts, in place of all that is there."""
    for name in files.names(directory):
        if name.endswith(".csv") and name.removesuffix(".csv") not in tables:
            files.remove(files.join(directory, name))
    for name, table in tables.items():
        kept = [
            column
            for column in table.columns
            if column in runs.LAYER_COLUMNS
            or (column != "directory" and not column.startswith(_OF_LAYERS))
        ]
        whole = table[kept].apply(_in_full)
        text = whole.to_csv(index=False, float_format=f"%.{DIGITS}g")
        files.write(files.join(directory, f"{name}.csv"), text.encode())
    text = json.dumps(facts, indent=1) + "\n"
    files.write(files.join(directory, FACTS), text.encode())


def read_written(directory: str) -> tuple[Tables, dict]:
    """Returns what `write` has written; both are empty where nothing is."""
    tables, facts = {}, {}
    for name in sorted(files.names(directory)):
        data = files.read(files.join(directory, name))
        if name == FACTS:
            facts = json.loads(data)
        elif name.endswith(".csv"):
            # Text, also where it looks like a number, or like none.
            options = {"keep_default_na": False, "na_values": [""]}
            text = dict.fromkeys(("experiment", "run"), str)
            table = pd.read_csv(io.BytesIO(data), dtype=text, **options)
            if "run" in table:
                table["run"] = table["run"].fillna("")
            tables[name.removesuffix(".csv")] = table
    return tables, facts


def _in_full(column):
    """Whole numbers among which some are not known, such as seeds, as such."""
    if not pd.api.types.is_float_dtype(column):
        return column
    known = column.dropna()
    is_whole = (known.abs() < EXACT) & (known % 1 == 0)
    return column.astype("Int64") if is_whole.all() else column


def _facts(found, tables):
    """Machine, versions and time of the runs that tables tell of."""
    told: dict = {}
    for origin in found.origins.values():
        for name in set(_ENVIRONMENT) & set(origin.environment):
            told.setdefault(name, {}).update(origin.environment[name])
    facts: dict = {name: [*told[name]] for name in _ENVIRONMENT if name in told}
    runs_found = tables.get("runs")
    if runs_found is not None:
        seconds = runs_found["train_s"].sum()
        if "gems" in tables:
            seconds += tables["gems"]["search_s"].sum()
        facts["trained_s"] = round(float(seconds), 1)
        facts["runs"] = len(runs_found)
    return facts
