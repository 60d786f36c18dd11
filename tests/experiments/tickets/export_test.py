"""Tests of experiments/tickets/export.py; formats have tests of their own."""

import pathlib

import keras
import pytest

from lottery_ticket.experiments import find_ticket, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.tickets import export, pack
from lottery_ticket.foundations.exports import export_formats
from lottery_ticket.tests import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("results") / "run")
    recipe = recipes.Recipe(hidden_units=(4, 4), training_len="2it")
    train.plan(directory, recipe, quiet=True).run()
    return directory


@pytest.fixture
def formats(monkeypatch):
    """Formats "right" and "wrong", a file, and "folder": networks in memory."""
    networks = {}

    def write(network, path, examples):
        pathlib.Path(path).write_bytes(b"written")
        networks[path] = network

    def write_folder(network, path, examples):
        pathlib.Path(path, "inner").mkdir(parents=True)
        pathlib.Path(path, "inner/part").write_bytes(b"part")
        networks[path] = network

    def load(path):
        return lambda x: networks[path](x, training=False).numpy()

    def load_wrong(path):
        return lambda x: load(path)(x) + 1

    for name, *functions in (
        ("right", write, load),
        ("wrong", write, load_wrong),
        ("folder", write_folder, load),
    ):
        monkeypatch.setitem(
            export_formats.FORMATS,
            name,
            export_formats.Format(
                functions[0], name, "", "", load=functions[1], ending=f".{name}"
            ),
        )


@pytest.mark.usefixtures("formats")
def test_a_table_and_files_called_as_the_run(run, tmp_path, capsys):
    folder = str(tmp_path / "new")
    export.export(run, ("right", "folder"), output_dir=folder, quiet=True)
    table, _, paths = capsys.readouterr().out.partition("\n\n")
    heads, *rows = [line.split() for line in table.splitlines()]
    assert heads[:4] == ["format", "accuracy", "ticket", "difference"]
    assert [row[0] for row in rows] == ["right", "folder"]
    for row in rows:
        assert row[1:3] == row[3:5]  # A number and its %, twice.
        assert row[5] == "0.0e+00"
    assert rows[0][6] == "7" and rows[1][6] == "4"
    assert f"Wrote {folder}/run.right\nWrote {folder}/run.folder" in paths
    assert (tmp_path / "new/run.right").read_bytes() == b"written"
    assert (tmp_path / "new/run.folder/inner/part").read_bytes() == b"part"


@pytest.mark.usefixtures("formats")
def test_a_difference_leaves_nothing_behind(run, tmp_path):
    with pytest.raises(ValueError, match="wrong must give the network's"):
        export.export(
            run, ("right", "wrong"), output_dir=str(tmp_path), quiet=True
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("formats")
def test_nothing_is_overwritten(run, tmp_path):
    (tmp_path / "run.right").write_text("mine")
    with pytest.raises(ValueError, match="run.right is there already"):
        export.export(run, ("right",), output_dir=str(tmp_path))
    assert (tmp_path / "run.right").read_text() == "mine"


@pytest.mark.usefixtures("formats")
def test_a_tickets_file_is_exported_too(run, tmp_path, capsys):
    path = str(tmp_path / "mine.ticket")
    pack.pack(run, output=path)
    export.export(path, ("right",), output_dir=str(tmp_path), quiet=True)
    assert (tmp_path / "mine.right").exists()


def test_formats_are_checked_before_any_work(run):
    with pytest.raises(ValueError, match="Unknown format 'onx'.*onnx"):
        export.export("nowhere", ("onx",))
    with pytest.raises(ValueError, match="each of them once"):
        export.export("nowhere", ("keras", "keras"))
    with pytest.raises(ValueError, match="margin must be at least 0"):
        export.export("nowhere", ("keras",), margin=-1.0)
    with pytest.raises(FileNotFoundError, match="has no run.json"):
        export.export("nowhere", ("keras",))


def test_networks_from_python_have_kerass_export(tmp_path):
    directory = str(tmp_path / "found")
    data = tiny.make_dataset()
    find_ticket.find_ticket(
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
        data,
        directory,
        recipes.Recipe("own_model", training_len="2it"),
        iterations=0,
        quiet=True,
    )
    [run] = pathlib.Path(directory).rglob("run.json")
    with pytest.raises(ValueError, match="lt.load_ticket gives a model"):
        export.export(str(run.parent), ("keras",))


@pytest.mark.slow
def test_a_keras_file_has_the_tickets_accuracy(run, tmp_path, capsys):
    export.export(run, ("keras",), output_dir=str(tmp_path), quiet=True)
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[1:3] == row[3:5] and (tmp_path / "run.keras").exists()
