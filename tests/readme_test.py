"""Every snippet of README.md runs, and every command in it parses."""

import importlib
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from lottery_ticket.experiments import recipes
from lottery_ticket.foundations import flags
from lottery_ticket.runners import lottery_experiment, main

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"
TEXT = README.read_text()


def snippets(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def commands():
    """Words of every `lottery-ticket ...` in the shell snippets."""
    text = "\n".join(snippets("bash")).replace("\\\n", " ")
    lines = [shlex.split(line) for line in text.splitlines()]
    return [words[1:] for words in lines if words[:1] == ["lottery-ticket"]]


def run(code, folder):
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_the_python_snippets_run_one_after_the_other(tmp_path):
    own, read = (code for code in snippets("python") if "import" in code)
    done = run(own, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/mine/ticket.keras").exists()
    done = run(read, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[]\n")
    assert "'left': " in done.stdout


def test_the_argfile_prints_lines_for_its_runner(tmp_path):
    (code,) = (code for code in snippets("python") if "import" not in code)
    lines = run(code, tmp_path).stdout.splitlines()
    assert len(lines) == 9
    for line in lines:
        flags.parse(lottery_experiment.RUN, shlex.split(line))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_parses(words):
    assert words[0] in main.COMMANDS
    runner = importlib.import_module(f"lottery_ticket.runners.{words[0]}")
    own, rest = flags.split(runner.RUN, words[1:])
    flags.bind(runner.RUN, own)
    if words[0] != "argfile_runner" or words[2].endswith(".py"):
        assert not rest
        return
    argfile = importlib.import_module(f"lottery_ticket.argfiles.{words[2]}")
    module = importlib.import_module(f"lottery_ticket.runners.{words[1]}")
    own, rest = flags.split(argfile.lines, rest)
    for line in argfile.lines(**flags.bind(argfile.lines, own)):
        flags.bind(module.RUN, [*shlex.split(line), *rest])


def test_every_recipe_is_in_the_table():
    for name in recipes.RECIPES:
        assert f"| `{name}` |" in TEXT


def test_the_pictures_are_there():
    for path in re.findall(r'src="(docs/.*?)"', TEXT):
        assert (README.parent / path).is_file()


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = README.with_name("Makefile").read_text()
    for target in re.findall(r"^make (\w+)$", TEXT, flags=re.MULTILINE):
        assert f"\n{target}: install" in makefile
