"""Tests of foundations/sweeps/argfile_lines."""

import pytest

from lottery_ticket.foundations.sweeps import argfile_lines

RUNNER = '''
import os

def train(output_dir: str, *, level: int = 0, lr: float = 0.1):
    """Trains."""
    raise RuntimeError("No line may run here.")

def is_complete(output_dir, level=0, lr=0.1):
    if output_dir.endswith("other"):
        raise ValueError(f"{output_dir} holds other settings")
    return output_dir.endswith("done")

RUN = train
IS_COMPLETE = is_complete
'''
PROGRAM = """
import sys
for trial in range(2):
    print(f"--output_dir=out/trial{trial}", *sys.argv[1:])
"""


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write_file


@pytest.fixture
def runner(write):
    return write("runner.py", RUNNER)


def _read(write, text):
    return argfile_lines.read(write("lines.txt", text), [])


def test_lines_of_a_text_file_are_split_as_by_a_shell(write):
    lines = _read(write, "# All:\n\n--output_dir='a b#1' --c 3\n  --d=4\n")
    assert [(line.number, line.words) for line in lines] == [
        (3, ("--output_dir=a b#1", "--c", "3")),
        (4, ("--d=4",)),
    ]
    assert [line.output_dir for line in lines] == ["a b#1", None]
    assert lines[0].text == "'--output_dir=a b#1' --c 3"


def test_output_dir_may_be_two_words(write):
    assert _read(write, "--output_dir a --b 1")[0].output_dir == "a"


def test_lines_of_a_program_that_gets_the_flags(write):
    lines = argfile_lines.read(write("lines.py", PROGRAM), ["--lr=1"])
    assert [line.words for line in lines] == [
        ("--output_dir=out/trial0", "--lr=1"),
        ("--output_dir=out/trial1", "--lr=1"),
    ]


def test_a_program_that_fails_shows_why(write, capfd):
    program = write("lines.py", "import sys; sys.exit('Unknown flag x')")
    with pytest.raises(
        ValueError, match="lines.py --x=1 ended with .*status 1"
    ):
        argfile_lines.read(program, ["--x=1"])
    assert "Unknown flag x" in capfd.readouterr().err


def test_a_text_file_takes_no_flags(write):
    with pytest.raises(ValueError, match="Unknown flags --x=1: .*text file"):
        argfile_lines.read(write("lines.txt", "--a=1"), ["--x=1"])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("# Nothing.\n", "no line to run"),
        ("\n--a='b", "Line 2, --a='b: No clo"),
    ],
)
def test_files_without_usable_lines(write, text, error):
    with pytest.raises(ValueError, match=error):
        _read(write, text)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("--output_dir=a --level=x", "--level must be an integer"),
        ("--output_dir=a --levle=1", "Unknown flag 'levle'.*mean 'level'"),
        ("--level=1", "--output_dir is missing"),
    ],
)
def test_check_names_the_line_and_its_fault(write, runner, line, error):
    lines = _read(write, f"--output_dir=first\n{line}\n")
    with pytest.raises(ValueError, match=f"Line 2, {line}: {error}"):
        argfile_lines.check(runner, lines)


def test_check_names_every_line_at_fault(write, runner):
    lines = _read(write, "--level=x\n--output_dir=a\nb --config=none.yaml\n")
    with pytest.raises(ValueError) as error:
        argfile_lines.check(runner, lines)
    first, second = str(error.value).splitlines()
    assert first.startswith("Line 1, --level=x: ")
    assert second.startswith("Line 3, b --config=none.yaml: No file at")


def test_check_refuses_lines_that_would_collide(write, runner):
    lines = _read(write, "--output_dir=a\n--output_dir=./a/ --lr=1\n")
    with pytest.raises(ValueError, match="Lines 1 and 2 would both write"):
        argfile_lines.check(runner, lines)


def test_check_lets_places_differ_by_level(write, runner):
    lines = _read(write, "--output_dir=a\n--output_dir=a --level=1\n")
    assert argfile_lines.check(runner, lines) == lines


def test_check_finds_an_output_dir_without_its_name(write, runner):
    (line,) = argfile_lines.check(runner, _read(write, "a --level=1"))
    assert line.output_dir == "a"


def test_lines_of_a_runner_without_run_are_not_checked(write):
    runner = write("runner.py", "raise RuntimeError('It was imported.')")
    lines = _read(write, "--output_dir=a\n--output_dir=a\n")
    assert argfile_lines.check(runner, lines) == lines
    assert argfile_lines.plan(runner, lines).to_run == lines
    assert not argfile_lines.can_skip(runner)


def test_plan_looks_up_each_line(write, runner):
    lines = _read(
        write, "--output_dir=new\n--output_dir=done\n--output_dir=other"
    )
    plan = argfile_lines.plan(runner, lines)
    assert argfile_lines.can_skip(runner)
    assert plan == argfile_lines.Plan(
        complete=[lines[1]],
        to_run=[lines[0]],
        refused=[(lines[2], "other holds other settings")],
    )
    assert plan.text == "3 lines: 1 complete, 1 refused, 1 to run"


def test_plan_shows_how_far_it_is(write, runner):
    seen = []

    def show(answers):
        for answer in answers:
            seen.append(answer)
            yield answer

    lines = _read(write, "--output_dir=gs://b/new\n--output_dir=gs://b/done")
    argfile_lines.plan(runner, lines, show)
    assert seen == [False, True]
