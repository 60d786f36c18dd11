"""Tests of foundations/plans.py."""

import pytest

from lottery_ticket.foundations import plans, result_file, run_record

FILE = result_file.ResultFile("toys.json")
SETTINGS = {"experiment": "toy", "lr": 0.1}


def part(directory, file=FILE, **settings):
    return plans.Part(str(directory), {**SETTINGS, **settings}, file)


def write_run(directory, **settings):
    record = {"settings": {**SETTINGS, **settings}, "inputs": {}}
    run_record.write(str(directory), {**record, "checksums": {}})


def plan(*parts, work=None, quiet=False):
    return plans.Plan("out", parts, work, quiet=quiet)


def test_a_result_is_complete_once_it_is_written(tmp_path):
    one = part(tmp_path)
    assert not one.is_complete
    one.write({"found": [1]})
    assert one.is_complete
    record = FILE.read(str(tmp_path))
    assert list(record) == ["settings", "found", "environment"]
    assert record["environment"]["python"]


def test_a_run_is_complete_by_its_record(tmp_path):
    one = part(tmp_path, plans.RUN)
    assert not one.is_complete
    write_run(tmp_path)
    assert one.is_complete
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        _ = part(tmp_path, plans.RUN, lr=0.2).is_complete


def test_a_plan_is_complete_once_all_parts_are(tmp_path, capsys):
    done = []
    parts = part(tmp_path / "a"), part(tmp_path / "b", plans.RUN, seed=1)

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


@pytest.mark.parametrize("file", [FILE, plans.RUN])
def test_no_work_is_begun_where_another_lies(tmp_path, file):
    result_file.ResultFile("other.json").write(
        str(tmp_path), {"settings": {"experiment": "other"}}
    )
    one = plan(part(tmp_path / "new"), part(tmp_path, file), work=pytest.fail)
    with pytest.raises(ValueError, match="is the folder of other"):
        one.run()


@pytest.mark.parametrize("file", [FILE, plans.RUN])
def test_no_work_is_begun_where_settings_differ_further_on(tmp_path, file):
    write_run(tmp_path)
    part(tmp_path).write({})
    one = plan(part(tmp_path / "new"), part(tmp_path, file, lr=0.2))
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        one.run()


def test_results_of_unknown_origin_stop_a_run(tmp_path):
    (tmp_path / "masks").mkdir()
    with pytest.raises(ValueError, match="results of unknown origin"):
        plan(part(tmp_path, plans.RUN), work=pytest.fail).run()


def test_folders_among_flags():
    given = ("a", None, {"layer0": 1}, ["b", {"layer0": 1}, "c"])
    assert plans.folders(*given) == ("a", "b", "c")


def test_a_function_says_that_it_makes_plans():
    def one() -> plans.Plan: ...

    def other() -> None: ...

    def silent(): ...

    found = [plans.makes_plan(each) for each in (one, other, silent)]
    assert found == [True, False, False]
