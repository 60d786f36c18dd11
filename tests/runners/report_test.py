import os
import subprocess
import sys

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import files
from lottery_ticket.runners import report
from lottery_ticket.tests.analysis import fake_results


@pytest.mark.slow
def test_end_to_end(tmp_path, capsys):
    fake_results.write_experiment(str(tmp_path))
    flags.main(
        report.RUN,
        [
            f"--output_dir={tmp_path}",
            f"--report_dir={tmp_path}/here",
            "--experiments=same_init,reinit",
            "--levels=0,2",
        ],
    )
    assert "accuracy.pdf" in files.names(f"{tmp_path}/here")
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    assert "level density % same_init reinit".split() in rows
    assert ["2", "25.0", "*93.00", "85.00"] in rows
    starts = [row[:6] for row in rows]
    assert ["same_init", "0", "100", "2", "2", "91.00"] in starts
    assert ["reinit", "2", "25.0", "2", "6", "85.00"] in starts
    assert lines[-1] == f"Wrote {tmp_path}/here/report.html"


@pytest.mark.slow
def test_no_window_is_needed(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    command = [sys.executable, "-m", "lottery_ticket.runners.report"]
    env = {**os.environ, "MPLBACKEND": "none_such"}
    subprocess.run(
        [*command, f"--output_dir={tmp_path}"],
        check=True,
        env=env,
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "words, status, message",
    [
        (["--output_dir=nowhere"], 2, "No results folder at 'nowhere'"),
        (["--output_dir=."], 2, ". holds no complete run. Found: no folder"),
        ([], 2, "--output_dir is missing"),
        (["--output_dir=.", "--levels=a"], 2, "--levels must be integers"),
    ],
)
def test_errors_are_one_line(
    tmp_path, monkeypatch, capsys, words, status, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        flags.main(report.RUN, words)
    assert stop.value.code == status
    assert capsys.readouterr().err.startswith(f"Error: {message}")


def test_help_needs_neither_pandas_nor_matplotlib():
    check = (
        "import sys; from lottery_ticket.runners import main; "
        "main.main(['report', '--help']); "
        "print(sorted({'pandas', 'matplotlib', 'tensorflow'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert "--output_dir" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
