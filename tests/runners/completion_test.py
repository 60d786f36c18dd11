"""Tests of runners/completion.py, in the shells that are here."""

import shutil
import subprocess
import sys

import pytest

from lottery_ticket.runners import commands, completion, main

# What is typed before the cursor -> some of what completes it.
TYPED = {
    "lottery-ticket gem": ["gem_miner"],
    "lottery-ticket train --rec": ["--recipe="],
    "lottery-ticket train --qui": ["--quiet"],
    "lottery-ticket train --recipe=mnist_fc_g": ["mnist_fc_gem"],
    "lottery-ticket train --recipe mnist_fc_g": ["mnist_fc_gem"],
    "lottery-ticket lottery-experiment --criterion=sn": ["snip"],
    "lottery-ticket train --dataset=cifar": ["cifar10", "cifar100"],
    "lottery-ticket gem_miner --config=rare_gems/resnet20_1.": [
        "rare_gems/resnet20_1.44"
    ],
    "lottery-ticket train --help drop": ["drop_partial_batch", "dropout"],
    "lottery-ticket recipes mnist_fc_g": ["mnist_fc_gem"],
    "lottery-ticket argfile_runner branch branch_": ["branch_argfile"],
    "lottery-ticket completion z": ["zsh"],
    "lottery-ticket tick": ["ticket"],
    "lottery-ticket ticket pa": ["pack"],
    "lottery-ticket ticket pack --wi": ["--with="],
    "lottery-ticket ticket unpack --output_": ["--output_dir="],
    "lottery-ticket train --output_dir=x": [],
}
# Splits words as readline does, where = is one of its own.
BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_lottery_ticket
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """A function shell -> the path of its script."""

    def made(shell):
        path = tmp_path_factory.mktemp("scripts") / shell
        code = (
            "import sys; from lottery_ticket.runners import main;"
            f"main.main(['completion', {shell!r}]);"
            "sys.exit('tensorflow' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True
        )
        path.write_bytes(done.stdout)
        return path

    return made


def test_bash_completes_commands_flags_and_names(script):
    path = script("bash")
    for typed, expected in TYPED.items():
        words = typed.replace("=", " = ").split(" ")
        found = subprocess.run(
            ["bash", "-c", BASH, "bash", path, *words],
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stderr == ""
        assert set(found.stdout.split()) >= set(expected), typed
        if not expected:
            assert not found.stdout.split()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_script(shell, script):
    if shutil.which(shell) is None:
        pytest.skip(f"There is no {shell} here")
    subprocess.run([shell, "-n", script(shell)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_command_and_flag_is_there(shell, capsys):
    main.main(["completion", shell])
    text = capsys.readouterr().out
    for name in commands.with_verbs():
        assert name.split()[-1] in text
        for flag in commands.find(name).parameters:
            assert flag.rstrip("_") in text
