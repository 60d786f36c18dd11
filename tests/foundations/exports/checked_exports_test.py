"""Tests of foundations/exports/checked_exports.py, on formats made up here."""

import gzip
import json
import pathlib

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.exports import checked_exports, export_formats
from lottery_ticket.tests import tiny


def fake(monkeypatch, change=lambda y: y, is_rounded=False, wait=None):
    """A format "fake", which computes in numpy and may change outputs."""

    def write(network, path, examples):
        arrays = [each.numpy().tolist() for each in network.weights]
        pathlib.Path(path).write_text(json.dumps(arrays))
        assert examples.shape == (64, 4)  # All that there are.

    def load(path):
        arrays = json.loads(pathlib.Path(path).read_text())
        kernel0, bias0, kernel1, bias1 = map(np.float32, arrays)

        def run(x):
            hidden = np.maximum(x @ kernel0 + bias0, 0)
            return change(hidden @ kernel1 + bias1)

        return run

    entry = export_formats.Format(
        write, "Fake", "", "", load=load, ending=".fake", is_rounded=is_rounded
    )
    monkeypatch.setitem(export_formats.FORMATS, "fake", entry)


@pytest.fixture(scope="module")
def original():
    model = tiny.Model().reset(seed=1)
    return checked_exports.Original(model, tiny.make_dataset())


def test_what_an_export_is_measured_by(original, monkeypatch, tmp_path):
    fake(monkeypatch)
    path = tmp_path / "own.fake"
    found = checked_exports.write("fake", str(path), original)
    assert found.value == found.own_value == original.value
    test = tiny.make_dataset().test
    right = original.outputs.argmax(axis=1) == test.y
    assert original.value == pytest.approx(right.mean())
    assert found.difference < 1e-6
    data = path.read_bytes()
    assert found.size == len(data)
    assert found.gzipped == len(gzip.compress(data, 6))
    assert found.timed == checked_exports.TIMED and found.latency_s > 0


def test_folders_are_counted_by_their_files(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/b").write_bytes(b"23")
    (tmp_path / "a").write_bytes(b"1")
    assert checked_exports._bytes(str(tmp_path)) == b"123"


@pytest.mark.parametrize("factor", [1.001, np.nan, 0])
def test_other_outputs_are_an_error(factor, original, monkeypatch, tmp_path):
    fake(monkeypatch, lambda y: y * np.float32(factor))
    with pytest.raises(ValueError, match="Fake must give the network's out"):
        checked_exports.write("fake", str(tmp_path / "a"), original)


def test_rounding_may_cost_so_much(original, monkeypatch, tmp_path):
    def spoil(y):  # All are of the first class, a third of the examples.
        return y * 0 + np.float32([1, 0, 0])

    fake(monkeypatch, spoil, is_rounded=True)
    path = str(tmp_path / "a")
    gap = original.value - 1 / 3
    assert gap != 0
    if gap > 0:
        with pytest.raises(ValueError, match="no more than .* worse than the"):
            checked_exports.write("fake", path, original, gap - 0.01)
    found = checked_exports.write("fake", path, original, abs(gap) + 0.01)
    assert found.value == pytest.approx(1 / 3)


def test_what_cannot_be_written_is_one_line(original, monkeypatch, tmp_path):
    def fail(network, path, examples):
        raise TypeError("no\n  such operation")

    entry = export_formats.Format(
        fail, "Fake", "", "", load=print, ending=".fake"
    )
    monkeypatch.setitem(export_formats.FORMATS, "fake", entry)
    expected = "cannot be exported to Fake: no such operation$"
    with pytest.raises(ValueError, match=expected):
        checked_exports.write("fake", str(tmp_path / "a"), original)


def test_networks_of_several_inputs_are_refused():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    x = keras.layers.Concatenate()(inputs)
    network = keras.Model(inputs, keras.layers.Dense(3)(x))
    model = keras_model.KerasModel(network)
    with pytest.raises(ValueError, match="one input and one output.* 2 and 1"):
        checked_exports.Original(model, tiny.make_dataset())


def test_inputs_of_any_size_are_refused():
    inputs = keras.Input((None, 4))
    x = keras.layers.GlobalAveragePooling1D()(inputs)
    network = keras.Model(inputs, keras.layers.Dense(3)(x))
    model = keras_model.KerasModel(network)
    with pytest.raises(ValueError, match=r"known size.*\(None, 4\)"):
        checked_exports.Original(model, tiny.make_dataset())
