"""Tests of experiments/tickets/compact.py: a run as a smaller network."""

import json
import pathlib
import re

import keras
import numpy as np
import pytest

from lottery_ticket.experiments import load_ticket, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.tickets import compact
from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.foundations.records import save_restore


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Half of the first layer's units are pruned, and half of what reads."""
    folder = tmp_path_factory.mktemp("run")
    masks = {
        "layer0": np.ones((64, 6)),
        "layer1": np.ones((6, 4)),
        "layer2": np.ones((4, 10)),
    }
    masks["layer0"][:, :3] = 0
    masks["layer1"][2:4] = 0
    save_restore.save_network(str(folder / "masks"), masks)
    recipe = recipes.Recipe(hidden_units=(6, 4), training_len="20it")
    given = {"masks": str(folder / "masks"), "quiet": True}
    train.plan(str(folder / "here"), recipe, **given).run()
    return str(folder / "here")


def test_it_writes_a_network_and_says_what_it_saves(run, tmp_path, capsys):
    path = tmp_path / "small.keras"
    compact.compact(run, output=str(path), examples=7)
    network = keras.models.load_model(path)
    # Unit 3 is not read, and 0, 1 and 2 are constant.
    assert network.get_layer("layer0").kernel.shape == (64, 2)
    assert network.get_layer("layer1").kernel.shape == (2, 4)
    ticket = load_ticket.load_ticket(run)
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 1))
    assert compaction.difference(ticket, network, [x]) < 1e-5
    facts = json.loads((tmp_path / "small.json").read_text())
    assert facts["weights"] == [390 + 28 + 50, 130 + 12 + 50]
    assert facts["multiply_adds"] == [384 + 24 + 40, 128 + 8 + 40]
    assert facts["examples"] == 7 and facts["difference"] < 1e-5
    assert facts["file_bytes"][1] == path.stat().st_size
    assert list(facts["latency_ms"]) == ["1"]  # There are no 100 examples.
    assert [each["path"] for each in facts["layers"]] == [
        *("layer0", "layer1", "layer2")
    ]
    said = capsys.readouterr().out
    assert re.search(r"^  weights +468 +192 +41 %$", said, re.M)
    assert "  layer0      64    6 > 2  390 > 130      384 > 128\n" in said
    assert said.endswith(f"Written: {path}, {tmp_path}/small.json\n")


def test_the_file_is_named_after_the_run(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    compact.compact(f"{run}/")
    assert {each.name for each in tmp_path.iterdir()} == {
        "here_compact.keras",
        "here_compact.json",
    }
    facts = json.loads((tmp_path / "here_compact.json").read_text())
    assert facts["examples"] == 300 and set(facts["latency_ms"]) == {"1", "100"}


def test_nothing_is_written_where_outputs_differ(run, tmp_path, monkeypatch):
    monkeypatch.setattr(compaction, "TOLERANCE", -1)
    with pytest.raises(RuntimeError, match="by .* over 300 .* Nothing is writ"):
        compact.compact(run, output=str(tmp_path / "small.keras"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["here_compact.keras", "here_compact.json"])
@pytest.mark.parametrize("text", ["another", '{"run": "trial1/0/same_init"}'])
def test_files_of_others_are_not_overwritten(
    run, name, text, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compact, "_network", None)  # Nor is any work begun.
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} is there already, and is no"):
        compact.compact(run)
    [there] = tmp_path.iterdir()
    assert there.read_text() == text


def test_the_record_of_a_run_is_not_overwritten(run):
    path = pathlib.Path(run) / "run.json"
    before = path.read_bytes()
    with pytest.raises(ValueError, match="run.json is there already"):
        compact.compact(run, output=f"{run}/run.keras")
    assert path.read_bytes() == before
    assert not path.with_suffix(".keras").exists()


def test_the_same_run_is_written_again(run, tmp_path):
    for count in (7, 5):
        path = tmp_path / "small.keras"
        compact.compact(run, output=str(path), examples=count)
        facts = json.loads((tmp_path / "small.json").read_text())
        assert facts["examples"] == count


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"output": "small.h5"}, "ends in .keras. Received: small.h5"),
        ({"examples": 0}, "examples must be at least 1. Received: 0"),
    ],
)
def test_impossible_flags_are_errors(run, flags, message):
    with pytest.raises(ValueError, match=message):
        compact.compact(run, **flags)


def test_a_run_there_must_be(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no run.json"):
        compact.compact(str(tmp_path / "nothing"))
