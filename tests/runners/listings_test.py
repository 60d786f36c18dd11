"""Tests of runners/listings.py."""

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands, listings, main


@pytest.mark.parametrize("kind", listings.LISTINGS)
def test_all_are_listed_and_each_says_more(kind, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    main.main([kind])
    text = capsys.readouterr().out
    found = listings.LISTINGS[kind][1]()
    for name in found:
        assert f"\n{name} " in f"\n{text}"
    assert max(map(len, text.split("\n"))) <= 70
    name = list(found)[0]
    main.main([kind, name])
    text = capsys.readouterr().out
    assert text.startswith(f"{name}\n\n") and text.count("\n") > 2


def test_a_recipes_settings_are_flags_that_give_the_same(capsys):
    main.main(["recipes", "cifar10_resnet20"])
    text = capsys.readouterr().out
    assert "Source: Frankle & Carbin 2019" in text
    shown = [line for line in text.split("\n") if line.startswith("--")]
    words = ["x", "--recipe=cifar10_resnet20"]
    command = commands.find("train")
    recipe = flags.bind(command, [*words, *shown])["recipe"]
    assert recipe == flags.bind(command, words)["recipe"]


def test_what_there_is_not_gets_its_nearest(capsys):
    with pytest.raises(SystemExit) as stop:
        main.main(["criteria", "snipp"])
    assert stop.value.code == 2
    assert "Did you mean 'snip'?" in capsys.readouterr().err
