"""The notebooks run, as they stand."""

import os
import subprocess
import sys

import pytest

from lottery_ticket.docs import make_pages

FOLDER = make_pages.ROOT / "docs/notebooks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("find_a_ticket", "notebook/ticket.keras"),
        ("reproduce_figure_3", "figure3/figure3.png"),
    ],
)
def test_a_notebook_runs(tmp_path, name, written):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", FOLDER / f"{name}.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "MPLBACKEND": "agg", "TRIALS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results" / written).exists()


def test_all_notebooks_are_run():
    names = {path.stem for path in FOLDER.glob("*.py")}
    assert names == {"find_a_ticket", "reproduce_figure_3"}
