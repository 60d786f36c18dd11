"""A results tree in one folder of tables and figures."""

import sys

from lottery_ticket.analysis import (
    curve_figures,
    density_figures,
    figure_style,
    logs,
    results,
    tables,
)
from lottery_ticket.foundations import files, names


def report(
    output_dir: str,
    report_dir: str | None = None,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
) -> None:
    """Draws and tabulates the results below a folder, and says what is missing.

    Prints a table and the problems, and writes runs.csv (a row per run),
    table.csv and table.txt (a row per experiment and level), and as .png and
    .pdf: accuracy, early_stopping (where there is validation) and curves. May
    run while an experiment still does; the same results give the same files.

    The checksums of run.json and of the test and validation logs are compared
    with what is there; weights and masks are not opened. The commands that
    made them check those, when they are run again.

    Args:
        output_dir: Folder of results, such as OUT in
            OUT/trial1/0/same_init/run.json.
        report_dir: Folder to write to; None takes OUTPUT_DIR/report.
        experiments: Names of the experiments to report, such as
            same_init,reinit; None takes all.
        levels: Levels whose curves are drawn, such as 0,3,7; None takes up
            to six, spread evenly.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no complete run, or an experiment or level is
            not there.
    """
    found = results.read(output_dir)
    if found.runs.empty:
        raise ValueError(
            f"{output_dir} holds no complete run. Found: "
            f"{found.problems[0] if found.problems else 'no folder of a run'}"
        )
    runs = _choose(found.runs, experiments)
    _check_levels(runs, levels)
    table = tables.summarize(runs)
    text = tables.to_text(table) + _problems_text(found.problems)
    outputs = {
        "runs.csv": tables.to_csv(runs),
        "table.csv": tables.to_csv(table),
        "table.txt": text.encode(),
    }
    for name, figure in _figures(runs, levels).items():
        for kind in ("png", "pdf"):
            outputs[f"{name}.{kind}"] = figure_style.render(figure, kind)
    directory = report_dir or files.join(output_dir, "report")
    for name, data in outputs.items():
        files.write(files.join(directory, name), data)
    paths = [f"Wrote {files.join(directory, name)}\n" for name in outputs]
    sys.stdout.write("".join([text, *paths]))


def _choose(runs, experiments):
    """Returns the runs of the experiments named in a flag, or all."""
    if experiments is None:
        return runs
    chosen = [name.strip() for name in experiments.split(",")]
    known = runs["experiment"].unique()
    for name in chosen:
        names.check("experiment", name, known)
    return runs[runs["experiment"].isin(chosen)]


def _check_levels(runs, levels):
    known = sorted(runs["level"].unique())
    for level in levels or ():
        names.check("level", str(level), [str(one) for one in known])


def _problems_text(problems):
    if not problems:
        return "\nEvery run found is complete, and none is missing.\n"
    lines = "".join(f"  {problem}\n" for problem in problems)
    return f"\nProblems:\n{lines}"


def _figures(runs, levels):
    """Returns dict, name -> figure, of what these runs allow to draw."""
    drawn = {"accuracy": density_figures.accuracy(runs)}
    if runs["early_stop_iteration"].notna().any():
        drawn["early_stopping"] = density_figures.early_stopping(runs)
    else:
        sys.stdout.write("\nNo early_stopping figure: no validation logs.\n")
    levels = levels or curve_figures.spread_levels(runs)
    shown = runs[runs["level"].isin(levels)]
    test_logs = logs.read(shown, ("test",))
    drawn["curves"] = curve_figures.curves(test_logs, shown, levels)
    return drawn
