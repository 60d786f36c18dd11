"""Tests of foundations/sweeps/steps."""

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.sweeps import scripts, steps

DONE = sealed.ResultFile("done.json")


def plan(output_dir: str, *, lr: float = 0.1, note: str = "") -> plans.Plan:
    """Does nothing.

    Args:
        output_dir: Folder.
        lr: Rate.
        note: Some words.
    """
    del note
    part = plans.Result(output_dir, {"lr": lr}, DONE)
    return plans.Plan(output_dir, (part,), lambda: part.write({}))


RUNNERS = {
    "one": scripts.Runner("ours", ("one",), flags.Command(plan)),
    "two": scripts.Runner("ours", ("two",), flags.Command(plan)),
    "mine": scripts.Runner("/mine.py"),
}


@pytest.fixture
def read(tmp_path):
    def read_file(text, *words):
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return steps.read(str(path), words)

    return read_file


@pytest.fixture
def gather(tmp_path):
    def gather_lines(**texts):
        given = []
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
            argfile = str(tmp_path / f"{name}.txt")
            given.append(steps.Step(name.rstrip("_"), argfile))
        return steps.gather(given, RUNNERS.__getitem__, str)

    return gather_lines


SWEEP = """
- runner: one
  argfile: a
  flags: {output_dir: out, lr: 1e-3, levels: "1-3", units: [300, 100]}
- {runner: two, argfile: b}
"""


def test_a_file_is_a_list_of_steps(read):
    assert read(SWEEP) == [
        steps.Step(
            *("one", "a"),
            ("--output_dir=out", "--lr=1e-3", "--levels=1-3")
            + ("--units=300,100",),
        ),
        steps.Step("two", "b"),
    ]


def test_flags_of_the_command_line_win_in_all_steps(read):
    one, two = read(SWEEP, "--lr=.1", "--output-dir", "x")
    own = ("--levels=1-3", "--units=300,100")
    assert one.words == (*own, "--lr=.1", "--output-dir", "x")
    assert two.words == ("--lr=.1", "--output-dir", "x")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("runner: one", "must be a list of steps, .* Received: a dict"),
        ("[]", "must be a list of steps"),
        ("", "must be a list of steps, .* Received: a NoneType"),
        ("- one", "step 1: expected `runner: .* Received: 'one'"),
        ("- {runner: one}", "step 1: argfile must be a name. Received: None"),
        (
            "- {runner: one, argfile: a}\n- {runer: two, argfile: b}",
            "step 2: Unknown key 'runer'.*runner",
        ),
        ("- {runner: one, argfile: a, flags: 3}", "must be `name: value`"),
        (
            "- {runner: one, argfile: a, flags: {b: 1, b: 2}}",
            "sweep.yaml is not YAML: b is given twice",
        ),
        ("- {runner: one", "is not YAML"),
    ],
)
def test_what_is_no_sweep_file(read, text, error):
    with pytest.raises(ValueError, match=error):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="No file at"):
        steps.read(str(tmp_path / "none.yaml"))


def test_a_single_step_is_as_it_is(gather):
    sweep = gather(one="# All:\n--output_dir=a\n")
    (line,) = sweep.lines
    assert (line.number, line.words) == (2, ("--output_dir=a",))
    assert sweep.runner is RUNNERS["one"] and line.runner is None


def test_lines_of_several_say_whose_they_are(gather):
    sweep = gather(one="--output_dir=a\n--output_dir=b", two="--output_dir=c")
    assert [(line.number, line.text) for line in sweep.lines] == [
        (1, "one --output_dir=a"),
        (2, "one --output_dir=b"),
        (3, "two --output_dir=c"),
    ]
    assert [line.runner.words for line in sweep.lines] == [
        *(("one",), ("one",), ("two",))
    ]
    assert [line.output_dir for line in sweep.lines] == ["a", "b", "c"]
    assert sweep.runner.can_skip and sweep.runner.text == "ours"


def test_scripts_of_several_kinds_are_run_by_one_that_runs_any(gather):
    sweep = gather(one="--output_dir=a", mine="--b=3")
    assert [line.text for line in sweep.lines] == [
        "ours one --output_dir=a",
        "/mine.py --b=3",
    ]
    assert sweep.runner.script == scripts.__name__
    assert not sweep.runner.can_skip
    assert [each.text for each in sweep.runner.blind] == ["/mine.py"]


def test_lines_that_say_the_same_are_run_once(gather):
    sweep = gather(
        one="--output_dir=a --lr=.2\n--lr=.20 --output_dir=./a\n--output_dir=b",
        one_="--output_dir=b\n--output_dir=c",
        two="--output_dir=a",
        mine="--b=1\n--b=2\n--b=1",
    )
    assert sweep.duplicates == 3
    assert [line.text.removeprefix("ours ") for line in sweep.lines] == [
        *("one --output_dir=a --lr=.2", "one --output_dir=b"),
        *("one --output_dir=c", "two --output_dir=a"),
        *("/mine.py --b=1", "/mine.py --b=2"),
    ]
    numbers = [line.number for line in sweep.lines]
    assert numbers == sorted(set(numbers))


def test_faults_of_all_steps_are_told_at_once(gather):
    with pytest.raises(ValueError, match="x") as error:
        gather(
            one="--output_dir=a --lr=x",
            two="--output_dir=a\n--output_dir=a --note=b",
        )
    first, second = str(error.value).splitlines()
    assert first.startswith("Step 1, one ") and "Line 1, " in first
    assert second.startswith("Step 2, two ")
    assert "Lines 2 and 3 would both write to a. Give each" in second


def test_steps_of_one_runner_may_not_disagree_about_a_folder(gather):
    with pytest.raises(ValueError, match="Lines 1 and 2 would both write to"):
        gather(one="--output_dir=a", one_="--output_dir=a --lr=.3")
