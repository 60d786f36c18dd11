"""Tests of foundations/sweeps/line_logs."""

import pytest

from lottery_ticket.foundations.sweeps import argfile_lines, line_logs


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _logs(*output_dirs, log_dir=None):
    lines = [
        argfile_lines.Line(number, ("--words",), output_dir)
        for number, output_dir in enumerate(output_dirs, start=1)
    ]
    return [line.log for line in line_logs.place(lines, log_dir)]


def test_logs_lie_beside_results_and_are_named_by_them():
    assert _logs("out/trial1/3/reinit2", "out/trial2/0/reinit1") == [
        "out/logs/trial1-3-reinit2.log",
        "out/logs/trial2-0-reinit1.log",
    ]


def test_log_of_a_single_line_is_not_among_its_results():
    assert _logs("out/trial1/") == ["out/logs/trial1.log"]


def test_log_folder_may_be_given():
    logs = _logs("out/trial1", "out/trial2", log_dir="here")
    assert logs == ["here/trial1.log", "here/trial2.log"]


def test_equal_names_get_a_number():
    logs = _logs("out/a", "out/a", "out/a_2", "out/a")
    expected = ["a.log", "a_2.log", "a_2_2.log", "a_3.log"]
    assert logs == [f"out/logs/{name}" for name in expected]


def test_results_elsewhere_keep_their_full_path(tmp_path):
    other = tmp_path.parent / "other"
    assert _logs(f"{other}/a", f"{other}/b")[0] == f"{other}/logs/a.log"


def test_without_a_shared_local_folder_logs_are_here():
    assert _logs(None, None) == ["logs/line1.log", "logs/line2.log"]
    logs = _logs("gs://bucket/out/a", "gs://bucket/out/b")
    assert logs == ["logs/a.log", "logs/b.log"]


def test_a_remote_log_folder_is_an_error():
    with pytest.raises(ValueError, match="must be a local folder.*gs://logs"):
        _logs("out/a", log_dir="gs://logs")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ValueError, match="no folder.*Give another path, such as --log_dir"
    ):
        line_logs.make_folder("file/logs/a.log")


def test_attempts_are_added(tmp_path):
    line_logs.make_folder("logs/a.log")
    line_logs.add_start("logs/a.log", "GPU 0", ["python", "-m", "x", "a b"])
    line_logs.add("logs/a.log", "Error: é")
    line_logs.add_start("logs/a.log", "GPU 1", ["python"])
    first, second, third = (tmp_path / "logs/a.log").read_text().splitlines()
    assert first.startswith("# ") and first.endswith("GPU 0: python -m x 'a b'")
    assert second == "Error: é"
    assert third.endswith("GPU 1: python")


def test_last_line_is_one_of_output(tmp_path):
    assert line_logs.last_line("a.log") == ""
    text = "# start\n" + "x\n" * line_logs.TAIL_BYTES + " last \n\n# killed\n"
    (tmp_path / "a.log").write_text(text)
    assert line_logs.last_line("a.log") == "last"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# start\na\nb\nc\nd\n", ["b", "c", "d"]),
        ("# start\na\n# start\nb\n# killed\n", ["b"]),
        ("# start\na\n# start\n# killed\n", ["a"]),
        ("# start\n", []),
        ("", []),
    ],
)
def test_last_lines_are_of_one_attempt(tmp_path, text, lines):
    (tmp_path / "a.log").write_text(text)
    assert line_logs.last_lines("a.log", 3) == lines
