"""Tests of foundations/sweeps/argfile_lines."""

import contextlib
import dataclasses
import re

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, unready
from lottery_ticket.foundations.sweeps import argfile_lines, scripts


class Part(plans.Result):
    """Is complete if its folder's name says so."""

    @property
    def is_complete(self):
        if self.directory.endswith("other"):
            raise ValueError(f"{self.directory} holds other settings")
        return self.directory.endswith("done")


def plan(output_dir: str, *, level: int = 0, lr: float = 0.1) -> plans.Plan:
    """Trains nothing: no line may run here."""
    return plans.Plan(output_dir, (Part(output_dir, {}, None),), None)


RUNNER = scripts.Runner("runner.py", declared=flags.Command(plan))
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
    with pytest.raises(ValueError, match="^Unknown flag x$"):
        argfile_lines.read(program, ["--x=1"])
    assert not capfd.readouterr().err
    program = write("other.py", "1 / 0")
    with pytest.raises(
        ValueError, match="other.py --x=1 ended with .*status 1"
    ):
        argfile_lines.read(program, ["--x=1"])
    assert "ZeroDivisionError" in capfd.readouterr().err


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
        ("--output_dir=a --levle=1", "Unknown flag 'levle'.*mean --level"),
        ("--level=1", "--output_dir is missing"),
    ],
)
def test_a_line_at_fault_is_refused_alone(write, line, error):
    lines = _read(write, f"--output_dir=first\n{line}\n")
    first, second = argfile_lines.check(RUNNER, lines)
    assert not first.fault
    assert re.match(error, second.fault)
    found = argfile_lines.agenda(RUNNER, [first, second])
    assert (found.to_run, found.refused) == ([first], [(second, second.fault)])
    with pytest.raises(ValueError, match=f"^Line 2, {line}: {error}"):
        argfile_lines.check(RUNNER, lines[1:])


def test_check_names_every_line_where_all_are_at_fault(write):
    lines = _read(write, "--level=x\nb --config=none.yaml\n")
    with pytest.raises(ValueError) as error:
        argfile_lines.check(RUNNER, lines)
    first, second = str(error.value).splitlines()
    assert first.startswith("Line 1, --level=x: ")
    assert second.startswith("Line 2, b --config=none.yaml: No file at")


def test_check_refuses_lines_that_would_collide(write):
    lines = _read(write, "--output_dir=a\n--output_dir=./a/ --lr=1\n")
    with pytest.raises(ValueError, match="Lines 1 and 2 would both write"):
        argfile_lines.check(RUNNER, lines)


def test_check_lets_places_differ_by_level(write):
    lines = _read(write, "--output_dir=a\n--output_dir=a --level=1\n")
    assert argfile_lines.check(RUNNER, lines) == lines


def test_check_finds_an_output_dir_without_its_name(write):
    (line,) = argfile_lines.check(RUNNER, _read(write, "a --level=1"))
    assert line.output_dir == "a"


def test_lines_of_a_runner_without_run_are_not_checked(write):
    runner = scripts.Runner("runner.py")
    lines = _read(write, "--output_dir=a --b\n--output_dir=a\n")
    assert argfile_lines.check(runner, lines) == lines
    assert argfile_lines.agenda(runner, lines).to_run == lines


@pytest.mark.parametrize("runner", [RUNNER, scripts.Runner("runner.py")])
def test_lines_of_the_same_words_are_one(write, runner):
    text = "--output_dir=a\n--output_dir=b\n--output_dir=a\n"
    lines = _read(write, text)
    assert argfile_lines.check(runner, lines) == lines[:2]


def test_lines_that_mean_the_same_are_one(write):
    text = "--output_dir=a --lr=.2\n./a/ --lr 2e-1 --level=0\n"
    lines = _read(write, text)
    (line,) = argfile_lines.check(RUNNER, lines)
    assert line == lines[0]


def reading_plan(output_dir: str, *, ticket: str = "") -> plans.Plan:
    """Reads a ticket, at once or when it works."""
    if ticket == "gone":
        raise unready.Unready("gone is not there", ticket)
    part, reads = Part(output_dir, {}, None), (ticket,) * bool(ticket)
    program = ("net", output_dir)
    return plans.Plan(output_dir, (part,), None, reads, program=program)


def test_lines_say_what_they_lack_and_what_they_compile(write, tmp_path):
    runner = scripts.Runner("it.py", declared=flags.Command(reading_plan))
    lines = _read(
        write,
        f"a --ticket=gone\nb --ticket={tmp_path}\nother\nd --ticket=none\n"
        "done --ticket=none",
    )
    agenda = argfile_lines.agenda(runner, lines)
    assert agenda.complete == [lines[4]]  # Whatever became of the ticket.
    assert [line.program for line in agenda.to_run] == [("net", "b")]
    assert [line.number for line, _ in agenda.refused] == [1, 3, 4]
    folders = {number: x.folder for number, x in agenda.lacking.items()}
    assert folders == {1: "gone", 4: "none"}
    found = argfile_lines.look_up(runner, lines[0])
    assert isinstance(found, unready.Unready)
    assert str(found) == agenda.refused[0][1]


def test_an_agenda_in_words():
    line = argfile_lines.Line(1, ())
    agenda = argfile_lines.Agenda(
        *([line], [line, line], [(line, "why")]),
        waits={1: argfile_lines.Wait("out", 2)},
        duplicates=3,
    )
    assert agenda.text == (
        "4 lines: 1 complete, 1 refused, 2 to run (1 once what they read is "
        "there), 3 duplicates"
    )


def test_lines_of_a_function_that_makes_no_plan_are_checked_and_run(write):
    def train(output_dir: str):
        raise RuntimeError("No line may run here.")

    runner = scripts.Runner("runner.py", declared=flags.Command(train))
    lines = _read(write, "--output_dir=done\n")
    assert argfile_lines.agenda(runner, lines).to_run == lines
    with pytest.raises(ValueError, match="Unknown flag 'lr'"):
        argfile_lines.check(runner, _read(write, "--output_dir=a --lr=1"))


def test_agenda_looks_up_each_line(write):
    lines = _read(
        write, "--output_dir=new\n--output_dir=done\n--output_dir=other"
    )
    agenda = argfile_lines.agenda(RUNNER, lines)
    assert agenda == argfile_lines.Agenda(
        complete=[lines[1]],
        to_run=[lines[0]],
        refused=[(lines[2], "other holds other settings")],
    )
    assert agenda.text == "3 lines: 1 complete, 1 refused, 1 to run"


def test_a_line_with_neighbours_says_which_folders_are_its_own(write):
    alone, beside = _read(write, "--output_dir=a\n--output_dir=b")
    beside = dataclasses.replace(beside, has_neighbours=True)
    for line, folders in ((alone, ()), (beside, ("b",))):
        assert argfile_lines.looked_up(RUNNER, line)[0].folders == folders


def test_agenda_shows_how_far_it_is(write):
    seen = []

    def show(answers):
        for answer in answers:
            seen.append(answer)
            yield answer

    lines = _read(
        write, "--output_dir=memory://b/new\n--output_dir=memory://b/done"
    )
    argfile_lines.agenda(RUNNER, lines, show)
    assert [answer for _, answer in seen] == [False, True]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["b/a/1", "b/a/2"], ["b/a"]),
        (["b/a"], ["b/a"]),
        (["b/a", "b/a/x", "b/c/1/"], ["b/a", "b/c"]),
        ([f"b/{n}" for n in range(8)], [f"b/{n}" for n in range(8)]),
        ([f"b/{n}" for n in range(9)], ["b"]),
    ],
)
def test_a_bucket_is_not_listed_for_a_few_folders_in_it(
    folders, expected, monkeypatch
):
    listed = []
    monkeypatch.setattr(
        argfile_lines.files,
        "listed",
        lambda *found: listed.extend(found) or contextlib.nullcontext(),
    )
    lines = [
        argfile_lines.Line(n, (), f"memory://{folder}")
        for n, folder in enumerate(folders)
    ]
    monkeypatch.setattr(
        argfile_lines, "looked_up", lambda runner, line, verify: (line, False)
    )
    argfile_lines.agenda(RUNNER, lines)
    assert listed == [f"memory://{folder}" for folder in expected]


def changed_plan(output_dir: str) -> plans.Plan:
    """Is complete; what its folder's name says is damaged."""
    return Changed(output_dir, (Part(f"{output_dir}/done", {}, None),), None)


class Changed(plans.Plan):
    """A plan with a damaged file, if its folder is called so."""

    def damaged_files(self):
        return [f"{self.output_dir}/x"] * ("changed" in self.output_dir)


def test_bytes_are_looked_at_where_that_is_asked_for(write, caplog):
    runner = scripts.Runner("it.py", declared=flags.Command(changed_plan))
    lines = _read(write, "--output_dir=whole\n--output_dir=changed")
    assert not argfile_lines.agenda(runner, lines).to_run
    assert not caplog.text
    agenda = argfile_lines.agenda(runner, lines, verify=True)
    assert agenda.to_run == lines[1:]
    assert "changed/x is missing or has changed: its line" in caplog.text


def test_what_a_checked_line_means_is_not_read_again(write, monkeypatch):
    lines = argfile_lines.check(RUNNER, _read(write, "--output_dir=a/done"))
    monkeypatch.setattr(flags, "bind", pytest.fail)
    assert argfile_lines.agenda(RUNNER, lines).complete == lines
