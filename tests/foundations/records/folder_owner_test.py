"""Tests of foundations/records/folder_owner.py."""

import pathlib

import numpy as np
import pytest

from lottery_ticket.foundations.records import (
    checkpoint,
    folder_owner,
    paths,
    run_record,
    sealed,
)
from lottery_ticket.foundations.values import names_0_1_0


def write_result(directory, name, experiment):
    settings = {"experiment": experiment, "lr": 0.1}
    sealed.ResultFile(name).write(str(directory), {"settings": settings})


def write_run(directory, experiment):
    settings = {} if experiment is None else {"experiment": experiment}
    record = {"settings": settings, "inputs": {}, "checksums": {}}
    run_record.write(str(directory), record)


def test_an_empty_folder_is_nobodys(tmp_path):
    assert folder_owner.owners(str(tmp_path / "nothing")) == {}
    folder_owner.check(str(tmp_path / "nothing"), "toy")
    (tmp_path / ".lock").touch()
    (tmp_path / "notes.json").write_text("[1, 2]")
    (tmp_path / "mine.json").write_text('{"settings": 7, "checksum": 1}')
    own = '{"settings": {"experiment": ["a"]}, "checksum": 1}'
    (tmp_path / "own.json").write_text(own)
    own = '{"settings": {"experiment": "my_sweep"}}'
    (tmp_path / "config.json").write_text(own)
    assert folder_owner.owners(str(tmp_path)) == {}


def test_a_sealed_file_says_whose_the_folder_is(tmp_path):
    write_result(tmp_path, "toys.json", "toy")
    folder_owner.check(str(tmp_path), "toy")
    folder_owner.check(str(tmp_path), "toy", has_run=True)
    message = "is the folder of toy: it holds toys.json. Use another output_dir"
    for has_run in (False, True):
        with pytest.raises(ValueError, match=message):
            folder_owner.check(str(tmp_path), "train", has_run)


def test_a_damaged_file_still_says_so_if_it_can_be_read(tmp_path, caplog):
    write_result(tmp_path, "toys.json", "toy")
    path = tmp_path / "toys.json"
    path.write_text(path.read_text().replace("0.1", "0.2"))
    with pytest.raises(ValueError, match="is the folder of toy"):
        folder_owner.check(str(tmp_path), "train")
    path.write_text("{")
    folder_owner.check(str(tmp_path), "train")
    assert caplog.text == ""


@pytest.mark.parametrize("name", names_0_1_0.EXPERIMENTS)
def test_what_0_1_0_began_is_told_by_its_name(tmp_path, name):
    owner = names_0_1_0.EXPERIMENTS[name]
    (tmp_path / name).touch()
    folder_owner.check(str(tmp_path), owner)
    folder_owner.check(str(tmp_path), owner, has_run=True)
    message = f"folder of {owner}: it holds {name}. Use another"
    with pytest.raises(ValueError, match=message):
        folder_owner.check(str(tmp_path), "toy")


@pytest.mark.parametrize("experiment", ["train", None])
def test_no_result_comes_to_a_run_of_another(tmp_path, experiment):
    write_run(tmp_path, experiment)
    (tmp_path / "initial").mkdir()
    owner = experiment or "a run"
    message = f"folder of {owner}: it holds run.json, initial. Use"
    with pytest.raises(ValueError, match=message):
        folder_owner.check(str(tmp_path), "toy")
    # There, all settings are compared.
    folder_owner.check(str(tmp_path), "toy", has_run=True)


def test_a_result_may_come_to_a_run_of_its_own(tmp_path):
    write_run(tmp_path, "toy")
    folder_owner.check(str(tmp_path), "toy")
    write_run(tmp_path / "search", "gem_search")
    assert folder_owner.owners(str(tmp_path / "search")) == {
        "run.json": "gem_miner"
    }


def test_a_run_under_way_is_told_by_its_checkpoint(tmp_path):
    facts = {"identity": {"settings": {"experiment": "toy"}}}
    checkpoint.save(str(tmp_path), {"a": np.zeros(1)}, facts)
    folder_owner.check(str(tmp_path), "toy")
    with pytest.raises(ValueError, match="of toy: it holds checkpoint.bin"):
        folder_owner.check(str(tmp_path), "train")


def test_weights_of_unknown_origin_are_those_of_a_run(tmp_path):
    pathlib.Path(paths.initial(str(tmp_path))).mkdir()
    with pytest.raises(ValueError, match="of a run: it holds initial"):
        folder_owner.check(str(tmp_path), "toy")


def test_parts_say_whose_a_folder_is_that_has_nothing_else(tmp_path):
    folder_owner.check(str(tmp_path), "train")
    write_run(tmp_path / "parts/first", "toy")
    folder_owner.check(str(tmp_path), "toy")
    with pytest.raises(ValueError, match="is the folder of toy: it holds par"):
        folder_owner.check(str(tmp_path), "train", has_run=True)
