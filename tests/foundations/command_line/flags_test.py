"""Tests of foundations/command_line/flags.py."""

import os
import subprocess
import sys

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.values import fields


@fields.settings
class Settings:
    """Settings of a thing."""

    recipe: str = fields.field("digits", "Name of the recipe.")
    lr: float | None = fields.left_open("Learning rate.")
    units: tuple[int, ...] | None = fields.left_open("Units of each layer.")
    fractions: dict[str, float] | None = fields.left_open("Fraction by layer.")


def thing(
    output_dir: str,
    settings: Settings = Settings(),  # noqa: B008
    *,
    iterations: int = 3,
    presets: str | dict | None = None,
    quiet: bool = False,
):
    """Does a thing.

    At length.

    Args:
        output_dir: Folder of it.
        settings: Its settings.
        iterations: How often.
        presets: Where from.
        quiet: Whether to be quiet.

    Raises:
        ValueError: Sometimes.
    """
    print(output_dir, settings.recipe, settings.lr, iterations, quiet)
    if iterations == 13:
        raise ValueError("13 is no number of iterations")
    if iterations == 14:
        int("not ours")


def test_values_are_read_as_annotated():
    bound = flags.bind(
        thing,
        ["--output_dir=2024", "--lr=1e-3", "--units=300,100", "--quiet"]
        + ["--fractions=a=.2,b=1", "--iterations", "5", "--presets=1"],
    )
    assert bound == {
        "output_dir": "2024",
        "settings": Settings("digits", 0.001, (300, 100), {"a": 0.2, "b": 1}),
        "iterations": 5,
        "presets": "1",
        "quiet": True,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x", "--iteration=3"], "'iteration'. Did you mean --iterations"),
        (["x", "--recip=3"], "Unknown flag 'recip'. Did you mean --recipe"),
        (["--lr=3"], "--output_dir is missing"),
        (["x", "--lr"], "--lr is missing its value"),
        (["x", "--lr=fast"], "--lr must be a number. Received: 'fast'"),
        (["x", "--lr=12e4567"], "--lr must be a number. Received: '12e4567'"),
        (["x", "--lr=nan"], "--lr must be a number"),
        (["x", "--iterations=1e3"], "--iterations must be an integer"),
        (["x", "--iterations=None"], "--iterations must be an integer"),
        (["x", "--quiet=7"], "--quiet must be True or False"),
        (["x", "--units=3,b"], "--units must be integers such as"),
        (["x", "--fractions=.2"], "--fractions must be pairs"),
        (["x", "--fractions=a=.2,a=.3"], "each name once"),
        (["x", "--lr=1", "--lr=2"], "--lr is given twice"),
        (["a", "b", "c", "1", "b=1", "1", "d", "true", "f", "g"], "Too many"),
        (["x", "-z"], "Unknown flag 'z'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(words, message):
    with pytest.raises(ValueError, match=message):
        flags.parse(thing, words)


def test_a_config_file_gives_flags_and_the_command_line_wins(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "lr: 1e-4\nunits: [30, 10]\nfractions: {a: .2}\nquiet: true\n"
        "iterations: 7\npresets: null\n"
    )
    bound = flags.bind(thing, ["x", f"--config={path}", "--iterations=8"])
    assert bound["settings"] == Settings("digits", 1e-4, (30, 10), {"a": 0.2})
    assert bound["iterations"] == 8
    assert bound["quiet"] is True
    assert bound["presets"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lrr: 1", "Unknown flag 'lrr'. Did you mean --lr"),
        ("- a", "Received: a list"),
        ("a: [\n", "is not YAML: while parsing a flow node .*$"),
        ("lr: 1\nquiet: true\nlr: 2", "is not YAML: lr is given twice"),
        ("fractions: {a: .2, a: .3}", "is not YAML: a is given twice"),
        ("lr: 1\0", "is not YAML: .*not allowed"),
        pytest.param(
            "[" * 5000, "is not YAML: .*recursion", marks=pytest.mark.slow
        ),
        ("a: &a {b: *a}", "is not YAML: .*recursion"),
        ("lr: 2001-99-99", "is not YAML: month"),
        ("recipe: null", "--recipe must be some text"),
        ("lr: abc", "--lr must be a number"),
        ("config: b.yaml", "config.yaml names another config, b.yaml"),
    ],
)
def test_a_config_file_is_checked_too(tmp_path, text, message):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        flags.parse(thing, ["x", f"--config={path}"])


def renamed(values, given):
    """A translation: rate is lr, unless lr is given."""
    assert all(isinstance(text, str) for text in given.values())
    values = {"lr" if k == "rate" else k: v for k, v in values.items()}
    return {} if "lr" in given else values


def test_a_config_file_in_other_words_is_translated(tmp_path, capsys):
    path = tmp_path / "config.yaml"
    path.write_text("rate: 1e-4\n")
    words = ["x", f"--config={path}"]
    run = flags.Command(thing, renamed)
    assert flags.parse(run, words)["lr"] == 1e-4
    assert flags.parse(run, [*words, "--lr=2"])["lr"] == 2
    assert flags.bind(run, words)["settings"].lr == 1e-4
    flags.main(run, words)
    assert capsys.readouterr().out == "x digits 0.0001 3 False\n"
    with pytest.raises(ValueError, match="Unknown flag 'rate'"):
        flags.parse(thing, words)


def test_a_flag_that_a_translation_makes_is_checked(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("rate: fast\n")
    with pytest.raises(ValueError, match="--lr must be a number"):
        flags.parse(flags.Command(thing, renamed), ["x", f"--config={path}"])


def test_a_missing_config_file_is_named():
    with pytest.raises(FileNotFoundError, match="none.yaml"):
        flags.parse(thing, ["x", "--config=none.yaml"])


def test_run_calls_the_function(capsys):
    flags.main(thing, ["out,put", "--lr=.5", "--quiet"])
    assert capsys.readouterr().out == "out,put digits 0.5 3 True\n"


def test_a_wrong_flag_is_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as stop:
        flags.main(thing, ["x", "--iteration=3"])
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: Unknown flag 'iteration'.")


def test_an_error_that_is_not_ours_keeps_its_traceback():
    with pytest.raises(ValueError, match="not ours"):
        flags.main(thing, ["x", "--iterations=14"])


def test_an_error_of_ours_is_one_line_and_status_2():
    code = (
        "from lottery_ticket.foundations.values import steps\n"
        "from lottery_ticket.foundations.command_line import flags\n"
        "def f(length: str): steps.parse(length)\n"
        "flags.main(f)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--length=x"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: A length must be")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--help"], "Does a thing.\n\nAt length."),
        (["-h"], "[required]"),
        (["help"], "YAML file of flags"),
        (["--help", "lr"], "--lr=NUMBER\n    Learning rate."),
        (["--lr=.5", "--help", "--lr"], "Without it: 0.5."),
        (["--lrr=1", "--help"], "Does a thing."),
        (["x", "--version"], "lottery_ticket "),
    ],
)
def test_help_and_version_do_nothing_else(words, said, capsys):
    flags.main(thing, words)
    assert said in capsys.readouterr().out


def test_help_of_no_flag_is_an_error(capsys):
    with pytest.raises(SystemExit) as stop:
        flags.main(thing, ["--help", "nothing"])
    assert stop.value.code == 2
    assert "Unknown flag 'nothing'" in capsys.readouterr().err


def lines(output_dir: str, *, trials: int = 2):
    """Lines.

    Args:
        output_dir: Folder.
        trials: Number.
    """
    return [f"--output_dir={output_dir}/{t}" for t in range(trials)]


def test_print_lines_hands_other_flags_on(capsys):
    flags.print_lines(lines, thing, ["out", "--trials=2", "--lr", "1e-3"])
    assert capsys.readouterr().out.splitlines() == [
        "--output_dir=out/0 --lr 1e-3",
        "--output_dir=out/1 --lr 1e-3",
    ]


@pytest.mark.parametrize(
    "words", [["out", "--lrr=1"], ["out", "--trials=x"], ["--lr=1"]]
)
def test_print_lines_checks_before_it_prints(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(lines, thing, words)
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""


def uneven(output_dir: str):
    """Prints lines of two kinds.

    Args:
        output_dir: Folder.
    """
    return [f"--output_dir={output_dir}", f"--output_dir={output_dir} --lr=3"]


def test_print_lines_checks_lines_of_each_kind(capsys):
    flags.print_lines(uneven, thing, ["out", "--quiet"])
    assert len(capsys.readouterr().out.splitlines()) == 2
    with pytest.raises(SystemExit):
        flags.print_lines(uneven, thing, ["out", "--lr=1"])
    message = "--lr is given twice, in the line --output_dir=out --lr=3 --lr=1"
    assert message in capsys.readouterr().err


def test_keras_runs_on_tensorflow(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    flags.main(thing, ["x"])
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def planned(output_dir: str, *, lr: float = 0.1) -> plans.Plan:
    """Plans something.

    Args:
        output_dir: Folder.
        lr: Rate.
    """
    settings = {"experiment": "planned", "lr": lr}
    file = sealed.ResultFile("planned.json")
    part = plans.Result(output_dir, settings, file)
    return plans.Plan(output_dir, (part,), lambda: part.write({}))


def test_a_plan_is_made_and_carried_out(tmp_path, capsys):
    words = [str(tmp_path), "--lr=.5"]
    run = flags.as_command(planned)
    assert run.makes_plan and not flags.as_command(thing).makes_plan
    assert flags.as_command(run) is run
    assert not flags.plan(planned, words).is_complete
    flags.main(planned, words)
    assert flags.plan(run, words).is_complete
    flags.main(run, words)
    assert "complete already" in capsys.readouterr().err


def undeclared(output_dir: str):
    """Plans something, and does not say so.

    Args:
        output_dir: Folder.
    """
    return planned(output_dir)


def test_a_plan_that_is_not_declared_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.main(undeclared, [str(tmp_path)])
    assert stop.value.code == 2
    assert "declare it with -> plans.Plan" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
