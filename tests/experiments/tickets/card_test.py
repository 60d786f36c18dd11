"""Tests of experiments/tickets/card.py."""

import dataclasses

import pytest
import yaml

from lottery_ticket.experiments.tickets import card
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.tests.foundations.tickets import small

SETTINGS = {"model": "fc", "dataset": "mnist", "seed": 1}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "mine.ticket")


def carded(path, settings, capsys):
    record = {**small.RECORD, "settings": settings}
    ticket = dataclasses.replace(small.ticket(small.LENET), record=record)
    ticket_file.write(path, ticket)
    card.card(path)
    return capsys.readouterr().out


def test_a_card_has_what_the_hub_reads_and_what_people_do(path, capsys):
    text = carded(path, SETTINGS, capsys)
    _, front, body = text.split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["datasets"] == ["mnist"]
    assert facts["metrics"] == ["loss", "accuracy"]
    (result,) = facts["model-index"][0]["results"]
    assert result["dataset"]["name"] == "mnist"
    assert [each["value"] for each in result["metrics"]] == [0.25, 1]
    assert "A lottery ticket of fc for mnist: " in body
    assert "lottery-ticket train --ticket=mine.ticket" in body
    assert 'lt.load_ticket("mine.ticket")' in body


def test_a_hostile_name_ends_no_front_matter(path, capsys):
    settings = {"model": "a\n---\nx", "dataset": 'b"]\n<script>'}
    text = carded(path, settings, capsys)
    assert "<script>" not in text
    facts = yaml.safe_load(text.split("---\n", 2)[1])
    assert facts["datasets"] == ["b?]??script?"]


def test_it_is_written_to_a_file(path, tmp_path, capsys):
    text = carded(path, SETTINGS, capsys)
    card.card(path, output=str(tmp_path / "README.md"))
    assert (tmp_path / "README.md").read_text() == text
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(ValueError, match="README.md is there already"):
        card.card(path, output=str(tmp_path / "README.md"))
