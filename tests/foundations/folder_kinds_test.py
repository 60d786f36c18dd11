"""Tests of foundations/folder_kinds.py."""

import pathlib

import pytest

from lottery_ticket.foundations import folder_kinds, paths


@pytest.mark.parametrize(("name", "kind"), folder_kinds.KNOWN.items())
def test_folders_of_other_results_are_refused(tmp_path, name, kind):
    folder_kinds.check(str(tmp_path), kind)
    (tmp_path / name).touch()
    (tmp_path / "lock").touch()
    folder_kinds.check(str(tmp_path), kind)
    message = f"is the folder of a {kind}: it holds {name}. Use another"
    with pytest.raises(ValueError, match=message):
        folder_kinds.check(str(tmp_path), "something else")


def test_no_line_goes_into_the_folder_of_a_run(tmp_path):
    line = folder_kinds.KNOWN["connectivity.json"]
    folder_kinds.check(str(tmp_path / "nothing"), line)
    (tmp_path / "copies").mkdir()
    folder_kinds.check(str(tmp_path), line)
    pathlib.Path(paths.record(str(tmp_path))).touch()
    with pytest.raises(ValueError, match="folder of a run: it holds run.json"):
        folder_kinds.check(str(tmp_path), line)


def test_a_gem_may_come_to_a_run_and_to_nothing_else(tmp_path):
    for name in ("run.json", "search", "gem.json"):
        (tmp_path / name).mkdir()
        folder_kinds.check(str(tmp_path), "gem")
        with pytest.raises(ValueError, match="is the folder of a "):
            folder_kinds.check(str(tmp_path), "line between copies")
    line = tmp_path / "line"
    line.mkdir()
    (line / "copies").mkdir()
    with pytest.raises(ValueError, match="folder of a line between copies"):
        folder_kinds.check(str(line), "gem")


@pytest.mark.parametrize("name", ["gem.json", *folder_kinds.GEM_PARTS])
def test_no_run_comes_to_a_gem(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=f"folder of a gem: it holds {name}"):
        folder_kinds.check(str(tmp_path), "run")
