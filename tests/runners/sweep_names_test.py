"""Tests of runners/sweep_names.py."""

import pytest

from lottery_ticket.runners import commands, sweep_names


def test_every_experiment_can_be_run_by_lines():
    assert {*commands.EXPERIMENTS} < {*sweep_names.runners()}
    found = sweep_names.runner("branch")
    assert found.words == ("branch",)
    assert found.declared.function is commands.find("branch").function


@pytest.mark.parametrize("name", ["argfile_runner", "recipes", "sweep"])
def test_only_what_can_be_run_by_lines_is_known(name):
    with pytest.raises(ValueError, match="Known:") as raised:
        sweep_names.runner(name)
    known = str(raised.value).partition("Known:")[2]
    assert "lottery_experiment" in known and name not in known


def test_argfiles_are_ours_or_files_of_the_user(tmp_path):
    ours = sweep_names.argfiles()
    assert sweep_names.argfile("branch_argfile") == ours["branch_argfile"]
    own = tmp_path / "mine.txt"
    own.write_text("--output_dir=out\n")
    assert sweep_names.argfile(str(own)) == str(own)
    with pytest.raises(ValueError, match="Did you mean 'branch_argfile'"):
        sweep_names.argfile("branch_argfil")


@pytest.mark.parametrize(
    "names", [("branch", None), ("x.yaml", "y.txt"), ("branch", "x.yaml")]
)
def test_a_sweep_file_stands_alone(names):
    with pytest.raises(ValueError, match="stands alone; .* Received: .* and"):
        sweep_names.sweep(*names, [])


def test_a_sweep_has_the_lines_of_its_argfile(tmp_path):
    own = tmp_path / "mine.txt"
    own.write_text("--output_dir=out/1\n--output_dir=out/2\n")
    found = sweep_names.sweep("lottery_experiment", str(own), [])
    assert [line.output_dir for line in found.lines] == ["out/1", "out/2"]
    assert found.runner.words == ("lottery_experiment",)
