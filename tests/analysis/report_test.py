import pytest

from lottery_ticket.analysis import report
from lottery_ticket.analysis.look import figure_style
from lottery_ticket.analysis.page import page
from lottery_ticket.analysis.reading import options, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.runners import commands
from lottery_ticket.runners import report as runner
from lottery_ticket.tests.analysis import (
    fake_barriers,
    fake_gems,
    fake_lines,
    fake_masked,
    fake_results,
    fake_ways,
)

FIGURES = ("accuracy", "early_stopping", "early_stop_accuracy", "curves")
PAIRED = [
    *("differences.csv", "differences.txt", "verdicts.csv", "verdicts.txt"),
]
SINGLE_NAMES = sorted(
    ["runs.csv", "table.csv", "table.txt", "layers.csv", "layers.txt"]
    + [page.NAME]
    + [f"{name}.{kind}" for name in FIGURES for kind in figure_style.KINDS]
)
NAMES = sorted([*SINGLE_NAMES, *PAIRED, "comparison.csv", "comparison.txt"])


@pytest.mark.usefixtures("figures")
def test_writes_all_files_and_the_same_ones_again(tmp_path, capsys):
    output_dir = str(tmp_path / "results")
    fake_results.write_experiment(output_dir)
    runner.RUN(output_dir)
    directory = f"{output_dir}/report"
    first = {name: files.read(f"{directory}/{name}") for name in NAMES}
    assert files.names(directory) == NAMES
    runner.RUN(output_dir)
    assert files.names(directory) == NAMES
    second = {name: files.read(f"{directory}/{name}") for name in NAMES}
    assert first == second
    printed = capsys.readouterr().out
    texts = ("verdicts", "comparison", "differences", "table")
    whole = b"\n".join(first[f"{name}.txt"] for name in texts)
    assert printed.startswith(whole.decode())
    assert max(map(len, whole.decode().splitlines())) <= 80
    assert f"Wrote {directory}/curves.pdf\n" in printed


@pytest.mark.usefixtures("unrendered")
def test_names_problems_while_experiments_still_run(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path))
    directory = paths.run(paths.trial(str(tmp_path), 2), 3, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert "Problems:\n  trial 2, level 3, same_init: unfinished" in printed
    assert "  trial 1, level 3, same_init: missing\n" in printed


@pytest.mark.usefixtures("unrendered")
def test_only_some_experiments_in_another_folder(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path / "results"))
    other = str(tmp_path / "other")
    runner.RUN(str(tmp_path / "results"), other, "reinit", (2,))
    assert files.names(other) == SINGLE_NAMES
    assert b"same_init" not in files.read(f"{other}/runs.csv")
    assert files.read(f"{other}/runs.csv").count(b"reinit") == 3 * 6


@pytest.mark.usefixtures("unrendered")
def test_without_validation_early_stopping_is_left_out(tmp_path, capsys):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    runner.RUN(str(tmp_path))
    names = files.names(str(tmp_path / "report"))
    assert names == [name for name in SINGLE_NAMES if "early_stop" not in name]
    printed = capsys.readouterr().out
    assert "No early_stopping figure: no validation logs." in printed
    assert "Every run found is complete, and none is missing." in printed


@pytest.mark.usefixtures("unrendered")
def test_experiments_are_in_the_order_asked_for(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path))
    runner.RUN(str(tmp_path), experiments="reinit,same_init")
    printed = capsys.readouterr().out.splitlines()
    assert "level density % reinit same_init".split() in [
        line.split() for line in printed
    ]
    head = files.read(f"{tmp_path}/report/comparison.csv").split(b",")
    assert head.index(b"runs_reinit") < head.index(b"runs_same_init")


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_layers_are_drawn_where_they_differ(tmp_path, capsys):
    for level, density in enumerate(([10, 10], [5, 10], [2, 10])):
        facts = {"density": {"a": density, "b": [10, 10]}}
        fake_results.write_run(str(tmp_path), 1, level, facts=facts)
    runner.RUN(str(tmp_path))
    assert "layer_densities.png" in files.names(f"{tmp_path}/report")
    text = files.read(f"{tmp_path}/report/layers.txt").decode()
    assert text.splitlines()[-1].split() == "same_init 2 60.0 20.0 100".split()
    dense = f"{tmp_path}/dense"
    runner.RUN(str(tmp_path), dense, levels=(0,))
    assert "layer_densities.png" not in files.names(dense)


@pytest.mark.usefixtures("unrendered")
def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="No results folder"):
        runner.RUN(str(tmp_path / "nowhere"))


@pytest.mark.usefixtures("unrendered")
def test_no_complete_run(tmp_path):
    with pytest.raises(ValueError, match="no complete run. Found: no folder"):
        runner.RUN(str(tmp_path))
    directory = paths.run(paths.trial(str(tmp_path), 1), 0, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    with pytest.raises(ValueError, match="Found: trial 1, level 0, same_init"):
        runner.RUN(str(tmp_path))
    assert files.names(str(tmp_path)) == ["trial1"]


@pytest.mark.usefixtures("unrendered")
def test_unknown_experiment_or_level(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    with pytest.raises(ValueError, match="Unknown experiment 'same_int'. Did"):
        runner.RUN(str(tmp_path), experiments="same_int")
    with pytest.raises(ValueError, match="Unknown level '4'.*Known: 0"):
        runner.RUN(str(tmp_path), levels=(4,))


@pytest.mark.usefixtures("unrendered")
def test_lines_without_runs_are_drawn(tmp_path, capsys):
    fake_lines.write_line(str(tmp_path), 1, 0, 500)
    runner.RUN(str(tmp_path))
    out = capsys.readouterr().out
    assert out.startswith("No run but copies and lines.")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"connectivity.csv", "barriers.png"} <= names
    assert "table.csv" not in names


def _write_masked(output_dir):
    for trial in (1, 2):
        cells = [fake_masked.cell("random", 1, 0.2, 0.3)]
        fake_masked.write_untrained(output_dir, trial, cells)


@pytest.mark.usefixtures("unrendered")
def test_untrained_networks_without_runs_are_reported(tmp_path, capsys):
    _write_masked(str(tmp_path))
    runner.RUN(str(tmp_path))
    assert capsys.readouterr().out.startswith("Untrained networks under a mask")
    assert files.names(f"{tmp_path}/report") == [
        page.NAME,
        "untrained.csv",
        "untrained.pdf",
        "untrained.png",
        "untrained.svg",
        "untrained.txt",
        "untrained_cells.csv",
    ]


@pytest.mark.usefixtures("unrendered")
def test_learned_masks_stand_beside_what_is_trained_not_among_it(
    tmp_path, capsys
):
    _write_masked(str(tmp_path))
    settings = fake_masked.SETTINGS
    for trial in (1, 2):
        for level in (0, 1, 2):
            fake_results.write_run(str(tmp_path), trial, level, **settings)
    fake_masked.write_supermask(str(tmp_path), 1)
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert "Every run found is complete, and none is missing." in printed
    directory = f"{tmp_path}/report"
    names = files.names(directory)
    assert {"untrained.txt", "supermasks.txt", "supermasks.png"} <= set(names)
    assert "comparison.txt" not in names
    assert files.read(f"{directory}/supermasks.txt").decode() in printed
    [row] = [
        line.split()
        for line in files.read(f"{directory}/table.txt").decode().splitlines()
        if line.startswith("supermask ")
    ][:1]
    assert row[:4] == ["supermask", "0", "50.0", "1"]


@pytest.mark.usefixtures("unrendered")
def test_learned_masks_alone_are_reported(tmp_path, capsys):
    directory = fake_masked.write_supermask(str(tmp_path), 1)
    runner.RUN(str(tmp_path))
    names = files.names(f"{tmp_path}/report")
    assert {"accuracy.png", "curves.png", "supermasks.png"} <= set(names)
    files.remove(f"{directory}/supermask.json")
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert f"  {directory}: not evaluated (no supermask.json)" in printed


@pytest.mark.usefixtures("unrendered")
def test_rules_that_differ_have_figures(tmp_path, capsys):
    for level in (0, 1):
        fake_results.write_run(str(tmp_path), 1, level, "large_final")
        fake_results.write_run(
            str(tmp_path), 1, level, "random", criterion="random"
        )
    runner.RUN(str(tmp_path))
    names = files.names(f"{tmp_path}/report")
    assert {"criteria.png", "criteria.pdf"} <= set(names)
    assert "mask_1_actions.png" not in names


def _write_gems(output_dir):
    events = [fake_gems.event(0, 0.5), fake_gems.event(1, 0.1, pruned=400)]
    for trial in (1, 2):
        dense = {"density": 1.0, "algo": "wt"}
        fake_gems.write_gem(output_dir, trial, 0, "wt", **dense)
        for name in ("gem_miner", "ep"):
            fake_gems.write_gem(output_dir, trial, 1, name, events=events)


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_gems_are_runs_and_have_figures_of_their_own(tmp_path, capsys):
    _write_gems(str(tmp_path))
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert "Every run found is complete, and none is missing." in printed
    directory = f"{tmp_path}/report"
    names = set(files.names(directory))
    assert {"gems.png", "gem_search_ep.png", "gem_epochs.csv"} <= names
    assert {"accuracy.png", "layers.csv", "comparison.txt"} <= names
    assert "gem_checks.png" not in names
    assert files.read(f"{directory}/gems.txt").decode() in printed
    assert b"search" not in files.read(f"{directory}/runs.csv")
    runner.RUN(str(tmp_path), f"{tmp_path}/some", "gem_miner")
    names = set(files.names(f"{tmp_path}/some"))
    assert "gem_search_gem_miner.png" in names
    assert "gem_search_ep.png" not in names


@pytest.mark.usefixtures("unrendered")
def test_searches_whose_networks_are_unfinished_are_reported(tmp_path, capsys):
    events = [fake_gems.event(0, 0.5)]
    fake_gems.write_gem(str(tmp_path), 1, 1, events=events, is_finished=False)
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert printed.startswith("No run but searches for masks.\n\nProblems:\n")
    assert printed.count("unfinished") == 1
    assert "trial 1, level 1, gem_miner: unfinished" in printed
    assert "gem_search_gem_miner.pdf" in files.names(f"{tmp_path}/report")


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_problems_are_told_once(tmp_path, capsys):
    _write_gems(str(tmp_path))
    fake_gems.write_gem(str(tmp_path), 3, 1, "ep", recipe="other")
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert printed.count("ep: its runs differ in recipe") == 1


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_ways_between_masks_are_drawn_with_and_without_runs(tmp_path, capsys):
    fake_ways.write_ways(str(tmp_path))
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    assert printed.startswith("No run but ways between masks.\n\nEvery run")
    fake_lines.write_line(str(tmp_path), 1, 0, 500)
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    start = "No run but copies and lines and ways between masks.\n"
    assert printed.startswith(start)
    fake_results.write_run(str(tmp_path), 1, 0)
    runner.RUN(str(tmp_path))
    assert "experiment" in capsys.readouterr().out
    names = set(files.names(f"{tmp_path}/report"))
    assert {"mask_connectivity.png", "barriers.png", "table.csv"} <= names


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_a_tree_is_walked_once(tmp_path, monkeypatch):
    _write_gems(str(tmp_path))
    walk, calls = tree.walk, []
    monkeypatch.setattr(
        tree, "walk", lambda *given: calls.append(given) or walk(*given)
    )
    runner.RUN(str(tmp_path))
    assert calls == [(str(tmp_path),)]


@pytest.mark.usefixtures("unrendered")
def test_a_section_is_all_it_takes_to_be_reported(tmp_path, capsys):
    def first(found):
        [place] = found.holding(found.files["mine"])
        tables = {"mine.txt": place.directory}
        return parts.Section(tables, {}, "Mine\n", ["mine is strange"])

    def second(found):
        return parts.Section({"other.txt": ""}, about="others")

    files.write(f"{tmp_path}/trial1/0/here/mine.json", b"{}")
    made = report.maker([first, second], lambda: {"mine": "mine.json"})
    made(str(tmp_path))
    directory = f"{tmp_path}/report"
    assert capsys.readouterr().out == (
        "Mine\n\nProblems:\n  mine is strange\n"
        f"Wrote {directory}/mine.txt\nWrote {directory}/other.txt\n"
        f"Wrote {directory}/report.html\n"
    )
    assert files.read(f"{directory}/mine.txt").endswith(b"/trial1/0/here")
    report.maker([second], dict)(str(tmp_path))
    assert capsys.readouterr().out.startswith("No run but others.\n\nEvery run")
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    made(str(tmp_path))
    printed = capsys.readouterr().out
    table, rest = printed.split("\nMine\n\nProblems:\n  mine is strange\n")
    assert table.startswith("experiment")
    assert rest.startswith("\nNo early_stopping figure: no validation logs.\n")
    text = files.read(f"{directory}/table.txt").decode()
    assert text == f"{table}\nProblems:\n  mine is strange\n"


@pytest.mark.usefixtures("unrendered")
def test_without_sections_runs_are_reported(tmp_path, capsys):
    fake_results.write_run(str(tmp_path), 1, 0)
    report.maker((), dict)(str(tmp_path))
    assert files.names(str(tmp_path / "report")) == SINGLE_NAMES


def test_help_is_what_sections_say_of_themselves():
    def own(found):
        """Table own.txt: what only\n    this has.\n\n    Not for readers."""

    text = report.maker([own, lambda found: None], {}).__doc__
    assert "\nTable own.txt: what only\nthis has.\n\nThe checksums" in text
    assert "Not for readers" not in text
    for section in (*report.RUN_SECTIONS, *commands.sections()):
        assert section.__doc__.startswith(("Table", "Figure")), section
        assert section.__doc__.split("\n")[0] in runner.RUN.__doc__


@pytest.mark.usefixtures("unrendered")
def test_results_of_two_metrics_are_reported_apart(tmp_path, capsys):
    for name in ("errors", "hits"):
        fake_results.write_run(str(tmp_path / name), 1, 0)
    fake_results.remeasure(tmp_path / "errors")
    with pytest.raises(ValueError, match="mae: errors/same_init; accuracy: hi"):
        runner.RUN(str(tmp_path))
    runner.RUN(str(tmp_path), experiments="errors/same_init")
    assert "mae" in capsys.readouterr().out
    assert b",mae," in files.read(f"{tmp_path}/report/runs.csv")
    for metric in ("mae", "accuracy"):
        directory = str(tmp_path / metric)
        chosen = options.Options(metric=metric)
        runner.RUN(str(tmp_path), directory, options=chosen)
        assert f"{metric}.png" in files.names(directory)


@pytest.mark.usefixtures("unrendered")
def test_gems_of_two_metrics_are_told_apart(tmp_path, capsys):
    fake_gems.write_gem(str(tmp_path), 1, 1, "ep")
    fake_results.remeasure(tmp_path)
    fake_gems.write_gem(str(tmp_path), 2, 1, "ep")
    with pytest.raises(ValueError, match="Report them apart"):
        runner.RUN(str(tmp_path))
    runner.RUN(str(tmp_path), options=options.Options(metric="mae"))
    table = files.read(f"{tmp_path}/report/gem_runs.csv").decode()
    assert ",mae," in table and len(table.splitlines()) == 2


@pytest.mark.parametrize(
    "kind, file, start",
    [
        ("latex", "table.tex", "\\begin{tabular}{l"),
        ("markdown", "table.md", "| experiment |"),
        ("csv", None, "experiment,"),
    ],
)
@pytest.mark.usefixtures("unrendered")
def test_tables_for_papers(tmp_path, capsys, kind, file, start):
    fake_results.write_experiment(str(tmp_path))
    runner.RUN(str(tmp_path), options=options.Options(table=kind))
    printed = capsys.readouterr().out
    assert printed.startswith(start)
    assert f"\n{start}" in printed
    names = files.names(f"{tmp_path}/report")
    kept = [name for name in names if name.partition(".")[2] in ("tex", "md")]
    tables = ("comparison", "differences", "table", "verdicts")
    suffix = file and file.partition(".")[2]
    assert kept == [f"{name}.{suffix}" for name in tables if suffix]
    assert {"table.txt", "table.csv"} <= set(names)


@pytest.mark.usefixtures("unrendered")
def test_two_folders_stand_side_by_side(tmp_path, capsys):
    for name in ("adam", "sgd"):
        fake_results.write_experiment(str(tmp_path / name))
    both = f"{tmp_path}/adam,{tmp_path}/sgd"
    with pytest.raises(ValueError, match="needs a --report_dir"):
        runner.RUN(both)
    runner.RUN(both, f"{tmp_path}/both")
    head = files.read(f"{tmp_path}/both/comparison.csv").decode()
    assert "runs_adam/same_init" in head and "runs_sgd/reinit" in head
    assert capsys.readouterr().out.count("none is missing") == 1
    with pytest.raises(FileNotFoundError, match="No results folder.*/none'"):
        runner.RUN(f"{tmp_path}/adam,{tmp_path}/none", f"{tmp_path}/both")


@pytest.mark.usefixtures("unrendered")
def test_labels_are_of_experiments_that_there_are(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    wanted = options.Options(labels=("reinits=fresh",))
    with pytest.raises(ValueError, match="Unknown experiment 'reinits'. Did"):
        runner.RUN(str(tmp_path), options=wanted)
    wanted = options.Options(control="reint")
    with pytest.raises(ValueError, match="Unknown control 'reint'. Did"):
        runner.RUN(str(tmp_path), options=wanted)


class Counting:
    """A file system that counts what it is asked, by method."""

    def __init__(self, fs, asked):
        self._fs, self._asked = fs, asked

    def find(self, *words, **flags):
        """Lists in one go, as stores do that have a way of their own."""
        self._asked.append("find")
        return self._fs.find(*words, **flags)

    def __getattr__(self, name):
        self._asked.append(name)
        return getattr(self._fs, name)


@pytest.mark.usefixtures("unrendered")
def test_a_remote_root_is_listed_once_and_each_record_is_read_once(
    monkeypatch, tmp_path, capsys
):
    root, asked, usual = "memory://report_counted", [], files._open
    fake_results.write_experiment(root)
    fake_results.write_experiment(str(tmp_path))
    runs = sum(place.is_run for place in tree.walk(root))

    def counted(path):
        fs, inner = usual(path)
        return Counting(fs, asked), inner

    monkeypatch.setattr(files, "_open", counted)
    runner.RUN(root, report_dir=f"{tmp_path}/remote")
    printed = capsys.readouterr().out
    assert runs == 12
    asked = [each for each in asked if each != "invalidate_cache"]  # Local.
    reads = asked.count("cat_file")
    assert 3 * runs <= reads <= 4 * runs
    assert asked.count("find") == 1
    assert len(asked) - reads <= 4  # Of the root, however many runs it has.
    runner.RUN(str(tmp_path), report_dir=f"{tmp_path}/local")
    local = capsys.readouterr().out.replace("/local/", "/remote/")
    assert printed == local


@pytest.mark.slow
def test_a_dollar_in_a_name_ends_no_figure(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(figure_style, "render", lambda *_: b"")  # Laid out.
    layers = {"density": {"a $b_$": [32, 64], "c$": [2, 8]}}
    for name in ("cost $a_$ b", "other $c_$ d"):
        folder = str(tmp_path / "all" / name)
        for level in (0, 1):
            fake_results.write_run(folder, 1, level, facts=layers)
            for value in ("large_final", "random", "no $a_$"):
                fake_results.write_run(
                    *(folder, 1, level, value), criterion=value
                )
        fake_lines.write_lines(folder)
        fake_barriers.write_barriers(folder)
        fake_ways.write_ways(folder)
        fake_masked.write_untrained(
            folder, 1, [fake_masked.cell("large_final", 1, 0.5)]
        )
        fake_masked.write_supermask(folder, 1)
        events = [fake_gems.event(0, 0.5), fake_gems.event(1, 0.25)]
        fake_gems.write_gem(folder, 1, 1, "ep", events=events)
    runner.RUN(
        str(tmp_path / "all"),
        str(tmp_path / "made"),
        options=options.Options(labels=("large_final=mine $x_$",)),
    )
    made = {each.partition(".")[0] for each in files.names(f"{tmp_path}/made")}
    assert made >= {
        *(*FIGURES, "layer_densities", "criteria", "untrained"),
        *("error_along_line", "barrier_lines", "mask_connectivity"),
        *("gems", "supermasks"),
    }
