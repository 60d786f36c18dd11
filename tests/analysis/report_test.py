import pytest

from lottery_ticket.analysis import report
from lottery_ticket.foundations import files, paths
from lottery_ticket.tests.analysis import fake_results

FIGURES = ("accuracy", "early_stopping", "curves")
NAMES = sorted(
    ["runs.csv", "table.csv", "table.txt"]
    + [f"{name}.{kind}" for name in FIGURES for kind in ("png", "pdf")]
)


def test_writes_all_files_and_the_same_ones_again(tmp_path, capsys):
    output_dir = str(tmp_path / "results")
    fake_results.write_experiment(output_dir)
    report.report(output_dir)
    directory = f"{output_dir}/report"
    first = {name: files.read(f"{directory}/{name}") for name in NAMES}
    assert files.names(directory) == NAMES
    report.report(output_dir)
    assert files.names(directory) == NAMES
    second = {name: files.read(f"{directory}/{name}") for name in NAMES}
    assert first == second
    printed = capsys.readouterr().out
    assert first["table.txt"].decode() in printed
    assert f"Wrote {directory}/curves.pdf\n" in printed


def test_names_problems_while_experiments_still_run(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path))
    directory = paths.run(paths.trial(str(tmp_path), 2), 3, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    report.report(str(tmp_path))
    printed = capsys.readouterr().out
    assert "Problems:\n  trial 2, level 3, same_init: unfinished" in printed
    assert "  trial 1, level 3, same_init: missing\n" in printed


def test_only_some_experiments_in_another_folder(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path / "results"))
    other = str(tmp_path / "other")
    report.report(str(tmp_path / "results"), other, "reinit", (2,))
    assert files.names(other) == NAMES
    assert b"same_init" not in files.read(f"{other}/runs.csv")
    assert files.read(f"{other}/runs.csv").count(b"reinit") == 3 * 6


def test_without_validation_early_stopping_is_left_out(tmp_path, capsys):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    report.report(str(tmp_path))
    names = files.names(str(tmp_path / "report"))
    assert names == [name for name in NAMES if "early_stopping" not in name]
    printed = capsys.readouterr().out
    assert "No early_stopping figure: no validation logs." in printed
    assert "Every run found is complete, and none is missing." in printed


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="No results folder"):
        report.report(str(tmp_path / "nowhere"))


def test_no_complete_run(tmp_path):
    with pytest.raises(ValueError, match="no complete run. Found: no folder"):
        report.report(str(tmp_path))
    directory = paths.run(paths.trial(str(tmp_path), 1), 0, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    with pytest.raises(ValueError, match="Found: trial 1, level 0, same_init"):
        report.report(str(tmp_path))
    assert files.names(str(tmp_path)) == ["trial1"]


def test_unknown_experiment_or_level(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    with pytest.raises(ValueError, match="Unknown experiment 'same_int'. Did"):
        report.report(str(tmp_path), experiments="same_int")
    with pytest.raises(ValueError, match="Unknown level '4'.*Known: 0"):
        report.report(str(tmp_path), levels=(4,))
