"""A results tree in one folder of tables and figures."""

import sys

from lottery_ticket.analysis import (
    comparison,
    connectivity_figures,
    curve_figures,
    density_figures,
    figure_files,
    gem_figures,
    gems,
    grid_figures,
    layer_figures,
    layers,
    logs,
    mask_connectivity,
    mask_connectivity_figures,
    results,
    selection,
    supermask_figures,
    supermasks,
    tables,
    untrained,
    untrained_figures,
)
from lottery_ticket.foundations import files

# What there may be without a run, by the table that tells of it.
ALONE = {
    "connectivity.csv": "copies and lines",
    "mask_connectivity.csv": "ways between masks",
    "gem_epochs.csv": "searches for masks",
}


def report(
    output_dir: str,
    report_dir: str | None = None,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
) -> None:
    """Draws and tabulates the results below a folder, and says what is missing.

    Prints the experiments side by side (where there are several), a table and
    the problems. Writes runs.csv (a row per run), table.csv and table.txt (a
    row per experiment and level), comparison.csv and comparison.txt (a row per
    density, side by side), layers.csv and layers.txt (the density of each
    layer), and as .png and .pdf: accuracy, early_stopping (where there is
    validation), curves and layer_densities (where layers differ). May run while
    an experiment still does; the same results give the same files.

    Where lottery experiments differ in one rule alone: criteria,
    mask_1_actions and mask_0_actions. Where copies were trained to see whether
    a line connects them: connectivity.csv, error_along_line and barriers. Where
    untrained networks were evaluated: untrained.csv, untrained.txt and
    untrained. Where they were, or masks were learned: supermasks.csv,
    supermasks.txt and supermasks, which set them beside trained weights. Where
    sparse networks were found at initialisation: gems.csv, gems.txt,
    gem_runs.csv, gem_epochs.csv, gems, gem_search_METHOD and, with sanity
    checks, gem_checks. Where ways between masks were evaluated:
    mask_connectivity and tables of that name.

    The checksums of run.json and of the test and validation logs are compared
    with what is there; weights and masks are not opened. `mask_facts` opens
    those.

    Args:
        output_dir: Folder of results, such as OUT in
            OUT/trial1/0/same_init/run.json.
        report_dir: Folder to write to; None takes OUTPUT_DIR/report.
        experiments: Names of the experiments to report, in the order of the
            columns and colours, such as same_init,reinit; None takes all.
        levels: Levels whose curves and layers are drawn, such as 0,3,7; None
            takes up to six, spread evenly.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no complete run, or an experiment or level is
            not there.
    """
    found = results.read(output_dir)
    others, problems = _others(output_dir)
    masked = untrained.read(output_dir)
    others |= untrained_figures.outputs(masked.cells)
    mined = gems.read(output_dir, found.runs)
    problems = [*found.problems, *problems, *masked.problems, *mined.problems]
    directory = report_dir or files.join(output_dir, "report")
    if found.runs.empty:
        others |= gem_figures.outputs(mined)
        if not others:
            results.check_some(found, output_dir)
        write(directory, others, _text_alone(others) + problems_text(problems))
        return
    runs = selection.choose(found.runs, experiments)
    selection.check_levels(runs, levels or ())
    if experiments is not None:
        mined = gems.choose(mined, runs["experiment"].unique())
    others |= gem_figures.outputs(mined)
    learned = supermasks.read(runs)
    ways = supermasks.compare(masked.cells, learned.masks, runs)
    others |= supermask_figures.outputs(ways)
    outputs, text = _tables(runs)
    problems = problems_text([*problems, *learned.problems])
    outputs["table.txt"] += problems.encode()
    for name in ("supermasks.txt", "gems.txt"):
        if name in others:
            text += "\n" + others[name].decode()
    text += problems
    if runs["early_stop_iteration"].isna().all():
        text += "\nNo early_stopping figure: no validation logs.\n"
    outputs |= {**figure_files.render_all(_figures(runs, levels)), **others}
    write(directory, outputs, text)


def problems_text(problems: list[str]) -> str:
    """Returns what is wrong with results, each once, for the end of a table."""
    if not problems:
        return "\nEvery run found is complete, and none is missing.\n"
    lines = "".join(f"  {problem}\n" for problem in dict.fromkeys(problems))
    return f"\nProblems:\n{lines}"


def write(directory: str, outputs: dict[str, bytes], text: str) -> None:
    """Writes files into a folder, then prints a text and where each is."""
    paths = {name: files.join(directory, name) for name in outputs}
    for name, data in outputs.items():
        files.write(paths[name], data)
    lines = [f"Wrote {path}\n" for path in paths.values()]
    sys.stdout.write("".join([text, *lines]))  # Whoever reads may stop early.


def _others(output_dir):
    """Dict, file name -> bytes, of lines and ways, and their problems."""
    lines, problems = connectivity_figures.outputs(output_dir)
    ways = mask_connectivity.read(output_dir)
    drawn = mask_connectivity_figures.outputs(ways.points)
    return {**lines, **drawn}, [*problems, *ways.problems]


def _text_alone(others):
    """What to print where there is no run."""
    names = ("untrained.txt", "gems.txt")
    texts = [others[name].decode() for name in names if name in others]
    what = " and ".join(ALONE[name] for name in ALONE if name in others)
    return "\n".join(texts) or f"No run but {what}.\n"


def _tables(runs):
    """Returns dict, file name -> bytes, and the text to print."""
    table, by_layer = tables.summarize(runs), layers.summarize(runs)
    text = tables.to_text(table)
    outputs = {
        "runs.csv": tables.to_csv(runs),
        "table.csv": tables.to_csv(table),
        "table.txt": text.encode(),
        "layers.csv": tables.to_csv(by_layer),
        "layers.txt": layers.to_text(by_layer).encode(),
    }
    trained = _trained(runs)
    if trained["experiment"].nunique() > 1:
        compared = comparison.compare(trained)
        beside = comparison.to_text(compared)
        outputs["comparison.csv"] = tables.to_csv(compared)
        outputs["comparison.txt"] = beside.encode()
        text = f"{beside}\n{text}"
    return outputs, text


def _figures(runs, levels):
    """Returns dict, name -> figure, of what these runs allow to draw."""
    drawn = {"accuracy": density_figures.accuracy(runs)}
    runs = _trained(runs)
    drawn |= grid_figures.figures(runs)
    if runs["early_stop_iteration"].notna().any():
        drawn["early_stopping"] = density_figures.early_stopping(runs)
    levels_drawn = levels or curve_figures.spread_levels(runs)
    shown = runs[runs["level"].isin(levels_drawn)]
    test_logs = logs.read(shown, ("test",))
    if not shown.empty:
        drawn["curves"] = curve_figures.curves(test_logs, shown, levels_drawn)
    if _layers_differ(runs, levels):
        drawn["layer_densities"] = layer_figures.layer_densities(runs, levels)
    return drawn


def _trained(runs):
    """The runs that trained weights; where all learned masks, all of them.

    A learned mask has a density of its own, which is none of its level's, and
    its iterations are others.
    """
    trained = runs[runs["kind"] != supermasks.KIND]
    return runs if trained.empty else trained


def _layers_differ(runs, levels):
    """Whether any pruned run has layers of several densities."""
    pruned = runs[runs["density"] < 1]
    if levels is not None:
        pruned = pruned[pruned["level"].isin(levels)]
    return not pruned.empty and not layers.are_equal(layers.summarize(pruned))
