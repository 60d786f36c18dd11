"""How many weights each layer keeps, per experiment and level."""

import numpy as np

from lottery_ticket.analysis import (
    logs,
    records,
    sections,
    selection,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

KINDS = ("density", "effective")
OVERALL = ("density", "effective_density")  # Their columns of all layers.
COUNTS = [*logs.KEYS, "layer", "kept", "total", "density", "effective"]


def section(found: tree.Tree) -> sections.Section:
    """Returns layers.csv and layers.txt: the density of each layer."""
    table = summarize(found.chosen)
    return sections.Section(
        {
            "layers.csv": tables.to_csv(table),
            "layers.txt": to_text(table).encode(),
        }
    )


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: the density of each layer.

    Columns: experiment, level, runs (their number), density of all layers
    together, density_LAYER of each, and effective_density and effective_LAYER,
    the same of the kept weights that lie on a path from input to output. All
    are means over the runs, counted from the masks. Layers are in the order in
    which the networks have them; columns without any value are left out.

    Args:
        runs: Rows of `results.read(...).runs`.
    """
    groups = runs.groupby(["experiment", "level"], sort=False)
    columns = {"runs": ("run", "size"), "density": ("density", "mean")}
    for kind in KINDS:
        for column in runs.columns[runs.columns.str.startswith(f"{kind}_")]:
            columns[column] = (column, "mean")
    table = groups.agg(**columns).reset_index()
    return table.dropna(axis=1, how="all")


def counts(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per run and layer: how many weights it keeps, exactly.

    Columns: experiment, trial, level, run; layer, kept, total, their ratio
    density, and effective, the kept weights that lie on a path from input to
    output (missing where that is not known). As counted from the masks when the
    run was trained. Layers are in the order of the network.

    Args:
        runs: Rows of `results.read(...).runs`.

    Raises:
        ValueError: If a run has gone meanwhile.
    """
    rows = []
    for run in runs.to_dict("records"):
        record = records.read(run["directory"], "run.json")
        effective = record.get("effective") or {}
        for name, (kept, total) in record["density"].items():
            rows.append(
                {
                    **{key: run[key] for key in logs.KEYS},
                    "layer": name,
                    "kept": kept,
                    "total": total,
                    "density": kept / total if total else 1.0,
                    "effective": effective.get(name),
                }
            )
    table = pd.DataFrame(rows, columns=COUNTS)
    return table.astype({"effective": "Int64"})


def names(table: "pd.DataFrame", kind: str = "density") -> list[str]:
    """Returns the layers that a summary has, in order.

    Args:
        table: As from `summarize`.
        kind: "density" or "effective".
    """
    return [
        column.removeprefix(f"{kind}_")
        for column in table
        if column.startswith(f"{kind}_") and column not in OVERALL
    ]


def are_equal(table: "pd.DataFrame") -> bool:
    """Whether all layers have, but for rounding, their network's density.

    The effective density, where it is known, counts as well.

    Args:
        table: As from `summarize`.
    """
    for kind, overall in zip(KINDS, OVERALL, strict=True):
        columns = [f"{kind}_{name}" for name in names(table, kind)]
        shares = table[columns].to_numpy()
        network = table.reindex(columns=[overall]).to_numpy()
        gap = np.abs(shares - network)
        if (gap > selection.ROUNDING * network).any():
            return False
    return True


def to_text(table: "pd.DataFrame") -> str:
    """Returns a summary as text, densities in percent.

    A second table, of the weights on a path from input to output, follows where
    these are known and differ from those kept.

    Args:
        table: As from `summarize`.
    """
    text = "Weights kept in each layer, in %\n\n" + _text(table, "density")
    if not _differ(table):
        return text
    text += (
        "\nOf these, weights on a path from input to output (effective), in %\n"
        "\n"
    )
    known = table[table["effective_density"].notna()]
    return text + _text(known, "effective")


def _differ(table):
    columns = ["density", "effective_density"]
    for name in names(table, "effective"):
        columns += [f"density_{name}", f"effective_{name}"]
    if "effective_density" not in table:
        return False
    kept, effective = table[columns[::2]], table[columns[1::2]]
    gap = np.abs(kept.to_numpy() - effective.to_numpy())
    return bool((gap > 1e-9).any())


def _text(table, kind):
    layers = names(table, kind)
    columns = [
        OVERALL[KINDS.index(kind)],
        *(f"{kind}_{name}" for name in layers),
    ]
    heads = [*tables.PLACE_HEADS[:2], f"{kind} %", *layers]
    rows = [
        [
            str(row["experiment"]),
            str(row["level"]),
            *(tables.percent(row[column]) for column in columns),
        ]
        for row in table.to_dict("records")
    ]
    return tables.align([heads, *rows], repeated=3, width=tables.WIDTH)
