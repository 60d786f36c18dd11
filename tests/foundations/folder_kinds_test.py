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
