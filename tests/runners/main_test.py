"""Tests of runners/main.py, the console command."""

import importlib
import subprocess
import sys

import pytest

from lottery_ticket.foundations.command_line import flags, help_text
from lottery_ticket.runners import commands, main
from lottery_ticket.tests import grids
from lottery_ticket.tests.analysis import fake_results


def test_without_words_it_lists_its_commands(capsys):
    main.main([])
    text = capsys.readouterr().out
    for name in commands.helps():
        assert name in text


@pytest.mark.parametrize(
    "name", grids.thinned(commands.with_verbs(), ["gem_miner"])
)
def test_every_command_has_a_help_without_slow_imports(name):
    code = (
        "import sys; from lottery_ticket.runners import main;"
        f"main.main([*{name!r}.split(), '--help']);"
        "slow = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'sklearn'};"
        "print('SLOW', slow & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"lottery-ticket {name}" in done.stdout
    assert done.stdout.endswith("SLOW set()\n")


@pytest.mark.parametrize("name", commands.with_verbs())
def test_the_help_says_something_of_every_flag(name):
    command = commands.find(name)
    found = help_text.flags(command.function)
    assert {each.name for each in found} == set(command.parameters)
    assert all(each.text.endswith(".") for each in found)
    own = getattr(commands.EXPERIMENTS.get(name), "usual", ())
    assert set(own) <= set(command.parameters)


@pytest.mark.parametrize("name", [*commands.EXPERIMENTS, *commands.TOOLS])
def test_every_command_is_a_runner(name):
    module = importlib.import_module(f"lottery_ticket.runners.{name}")
    run = flags.as_command(module.RUN)
    assert "Args:" in run.function.__doc__
    assert "lottery-ticket" in module.__doc__
    assert run.function == commands.find(name).function
    assert (run.translate is None) == (commands.find(name).translate is None)


@pytest.mark.slow
def test_mask_facts_end_to_end(tmp_path, capsys):
    for trial, mask in ((1, [1, 0]), (2, [0, 1])):
        fake_results.write_masks(
            str(tmp_path), trial, 1, "same_init", {"layer0": mask}
        )
    words = [f"--output_dir={tmp_path}", "--levels=1", "--quiet=True"]
    main.main(["mask-facts", *words])
    text = capsys.readouterr().out
    assert "same_init       1       50.0      1    0.000" in text
    assert f"Wrote {tmp_path}/report/mask_overlap.png\n" in text


def test_an_unknown_command_gets_its_nearest(capsys):
    with pytest.raises(SystemExit) as stop:
        main.main(["lottery-experimnt"])
    assert stop.value.code == 2
    assert "Did you mean 'lottery_experiment'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["ticket"], ["ticket", "--help"], ["help", "ticket"]]
)
def test_a_command_with_verbs_lists_them(words, capsys):
    main.main(words)
    text = capsys.readouterr().out
    assert text.startswith("lottery-ticket ticket VERB")
    for verb, what in commands.verbs("ticket").items():
        assert verb in text and what in text


@pytest.mark.parametrize(
    "words",
    [
        "ticket pack --help",
        "ticket --help pack",
        "ticket pack help",
        "help ticket pack",
    ],
)
def test_a_verb_has_the_help_of_a_command(words, capsys):
    main.main(words.split())
    assert capsys.readouterr().out.startswith("lottery-ticket ticket pack [")


@pytest.mark.parametrize(
    "words", ["ticket pack --help with", "help ticket pack --with"]
)
def test_a_flag_may_have_a_name_that_python_keeps(words, capsys):
    main.main(words.split())
    assert capsys.readouterr().out.startswith("--with=")


@pytest.mark.parametrize("verb", commands.VERBS)
def test_every_verb_is_a_function_of_its_module(verb):
    name = f"lottery_ticket.experiments.tickets.{verb}"
    module = importlib.import_module(name)
    function = commands.find(f"ticket {verb}").function
    assert function is getattr(module, verb)
    assert f"lottery-ticket ticket {verb} " in module.__doc__
    assert "Args:" in function.__doc__


def test_a_reader_that_has_gone_is_no_error():
    command = f"{sys.executable} -m lottery_ticket.runners.main | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_while_a_command_is_imported_is_no_traceback(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "find", interrupt)
    with pytest.raises(SystemExit) as stop:
        main.main(["train"])
    assert stop.value.code == 130


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--output_dir=a", "--recipe=cifar10_resnet20", "--lr=.3"],
        ["lottery_experiment", "--output_dir=a", "--iterations=3"],
        ["gem_miner", "--recipe=digits_fc_gem", "--density=.05", "a"],
        ["prune_at_init", "--output_dir=a", "--density=.1"],
    ],
)
def test_a_printed_config_means_the_same(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main.main([*words, "--print_config"])
    text = capsys.readouterr().out
    (tmp_path / "it.yaml").write_text(text)
    main.main([words[0], "--config=it.yaml", "--print_config"])
    assert capsys.readouterr().out == text
    command = commands.find(words[0])
    given = flags.plan(command, words[1:]).settings
    assert flags.plan(command, ["--config=it.yaml"]).settings == given
    assert [path.name for path in tmp_path.iterdir()] == ["it.yaml"]


@pytest.mark.parametrize("words", [["help"], ["help", "train"], ["train"]])
def test_help_is_a_word(words, capsys):
    main.main([*words, *(["help"] if words == ["train"] else [])])
    assert capsys.readouterr().out.startswith("lottery-ticket")


def test_a_gem_is_not_made_from_its_record(tmp_path, capsys):
    path = tmp_path / "run.json"
    path.write_text('{"settings": {"experiment": "gem_miner"}}')
    with pytest.raises(SystemExit) as stop:
        main.main(["gem_miner", f"--config={path}", "--output_dir=a"])
    assert stop.value.code == 2
    assert "not on record" in capsys.readouterr().err
