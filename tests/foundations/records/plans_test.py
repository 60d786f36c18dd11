"""Tests of foundations/records/plans.py."""

import functools
import hashlib
import pathlib

import numpy as np
import pytest

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import (
    checkpoint,
    paths,
    plans,
    run_record,
    sealed,
    unready,
)

FILE = sealed.ResultFile("toys.json")
SETTINGS = {"experiment": "toy", "lr": 0.1}


def result(directory, **settings):
    return plans.Result(str(directory), {**SETTINGS, **settings}, FILE)


def run(directory, **settings):
    return plans.Run(str(directory), {**SETTINGS, **settings})


def write_run(directory, **settings):
    record = {"settings": {**SETTINGS, **settings}, "inputs": {}}
    run_record.write(str(directory), {**record, "checksums": {}})


def plan(*parts, work=None, quiet=False):
    return plans.Plan("out", parts, work, quiet=quiet)


def test_a_result_is_complete_once_it_is_written(tmp_path):
    one = result(tmp_path)
    assert not one.is_complete
    one.write({"found": [1]})
    assert one.is_complete
    record = FILE.read(str(tmp_path))
    assert list(record) == ["settings", "found", "environment"]
    assert record["environment"]["python"]


def test_a_result_may_have_files_beside_it(tmp_path):
    one = result(tmp_path)
    files.write(f"{tmp_path}/masks/a.npy", b"array")
    code = hashlib.sha256(b"array").hexdigest()
    one.write({"checksums": {"masks/a.npy": code}})
    whole = plan(one)
    assert one.is_complete and not whole.damaged_files()
    files.write(f"{tmp_path}/masks/a.npy", b"other")
    assert whole.damaged_files() == [f"{tmp_path}/masks/a.npy"]
    files.remove(f"{tmp_path}/masks/a.npy")
    assert not one.is_complete


def test_a_run_is_complete_by_its_record(tmp_path):
    one = run(tmp_path)
    assert not one.is_complete
    write_run(tmp_path)
    assert one.is_complete
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        _ = run(tmp_path, lr=0.2).is_complete


def test_what_follows_from_other_settings_is_made_when_there_is_work(tmp_path):
    write_run(tmp_path, masks="abc")
    assert run(tmp_path, masks=pytest.fail).is_complete
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        _ = run(tmp_path, masks=pytest.fail, lr=0.2).is_complete
    assert plans.made({"lr": 0.1, "masks": lambda: "abc"}) == {
        "lr": 0.1,
        "masks": "abc",
    }


def test_a_plan_is_complete_once_all_parts_are(tmp_path, capsys):
    done = []
    parts = result(tmp_path / "a"), run(tmp_path / "b", seed=1)

    def work():
        done.append(1)
        parts[0].write({})
        write_run(tmp_path / "b", seed=1)

    one = plan(*parts, work=work)
    assert not one.is_complete
    assert one.settings == {**SETTINGS, "seed": 1}
    for _ in range(2):
        one.run()
    assert done == [1]
    assert one.is_complete
    assert capsys.readouterr().err == "out: complete already\n"
    plan(*parts, work=work, quiet=True).run()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", [result, run])
def test_no_work_is_begun_where_another_lies(tmp_path, kind):
    sealed.ResultFile("other.json").write(
        str(tmp_path), {"settings": {"experiment": "other"}}
    )
    one = plan(kind(tmp_path / "new"), kind(tmp_path), work=pytest.fail)
    with pytest.raises(ValueError, match="is the folder of other"):
        one.run()


@pytest.mark.parametrize("kind", [result, run])
def test_no_work_is_begun_where_settings_differ_further_on(tmp_path, kind):
    write_run(tmp_path)
    result(tmp_path).write({})
    one = plan(kind(tmp_path / "new"), kind(tmp_path, lr=0.2))
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        one.run()


def test_results_of_unknown_origin_stop_a_run(tmp_path):
    (tmp_path / "masks").mkdir()
    with pytest.raises(ValueError, match="results of unknown origin"):
        plan(run(tmp_path), work=pytest.fail).run()


def damaged_record(directory):
    write_run(directory)
    path = pathlib.Path(paths.record(str(directory)))
    path.write_bytes(path.read_bytes()[:-30])


def empty_checkpoint(directory):
    pathlib.Path(paths.checkpoint(str(directory))).touch()


def cut_checkpoint(directory):
    facts = {"identity": {"settings": SETTINGS}}
    checkpoint.save(str(directory), {"a": np.zeros(9)}, facts)
    path = pathlib.Path(paths.checkpoint(str(directory)))
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    "damage", [damaged_record, empty_checkpoint, cut_checkpoint]
)
def test_a_damaged_run_beside_a_result_is_done_again(tmp_path, damage):
    damage(tmp_path)
    done = []
    plan(run(tmp_path), result(tmp_path), work=lambda: done.append(1)).run()
    assert done == [1]


def test_a_run_whose_bytes_have_changed_is_done_again(tmp_path):
    path = tmp_path / "final.npy"
    path.write_bytes(b"12")
    checksums = {"final.npy": hashlib.sha256(b"12").hexdigest()}
    record = {"settings": SETTINGS, "inputs": {}, "checksums": checksums}
    run_record.write(str(tmp_path), record)
    plan(run(tmp_path), work=pytest.fail).run()
    path.write_bytes(b"13")
    changed = plan(run(tmp_path), work=lambda: done.append(1))
    assert changed.is_complete
    assert changed.damaged_files() == [str(path)]
    done = []
    changed.run()
    assert done == [1]


def test_no_array_is_looked_at_where_the_result_is_not_there(
    tmp_path, monkeypatch
):
    write_run(tmp_path)
    monkeypatch.setattr(run_record, "is_complete", pytest.fail)
    assert not plan(run(tmp_path), result(tmp_path)).is_complete
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        _ = plan(run(tmp_path, lr=0.2), result(tmp_path, lr=0.2)).is_complete


def test_a_run_that_ends_meanwhile_is_no_error(tmp_path, monkeypatch):
    cut_checkpoint(tmp_path)
    names = files.names(str(tmp_path))
    pathlib.Path(paths.checkpoint(str(tmp_path))).unlink()
    monkeypatch.setattr(files, "names", lambda _: names)
    run(tmp_path).check_settings()
    result(tmp_path).check_free(has_run=True)


def test_what_a_plan_reads_must_be_there(tmp_path):
    source = str(tmp_path / "ticket")
    reading = plans.Plan("out", (), lambda: None, reads=(source,))
    with pytest.raises(unready.Unready, match="There is nothing in") as error:
        reading.check_reads()
    assert error.value.folder == source
    checkpoint_path = pathlib.Path(paths.checkpoint(source))
    checkpoint_path.parent.mkdir()
    checkpoint_path.touch()
    with pytest.raises(unready.Unready, match="ticket is not finished"):
        reading.check_reads()
    write_run(source)
    reading.check_reads()
    plan().check_reads()


def test_a_file_is_there_and_so_is_what_it_holds(tmp_path):
    ticket = str(tmp_path / "mine.ticket")
    reads = (ticket, f"{ticket}/masks", f"{ticket}/initial/")

    def check(path):
        plans.Plan("out", (), lambda: None, reads=(path,)).check_reads()

    for path in reads:
        with pytest.raises(unready.Unready, match="There is nothing in"):
            check(path)
    pathlib.Path(ticket).touch()
    for path in reads:
        check(path)
    with pytest.raises(unready.Unready, match="There is nothing in"):
        check(f"{ticket}/none/masks")


def test_a_function_says_that_it_makes_plans():
    def one() -> plans.Plan: ...

    def other() -> None: ...

    def silent(): ...

    def quoted() -> "plans.Plan": ...

    def unknown() -> "pd.DataFrame": ...  # noqa: F821  Nobody resolves it.

    functions = (one, other, silent, quoted, unknown, functools.partial(one))
    found = [plans.makes_plan(each) for each in functions]
    assert found == [True, False, False, True, False, True]
