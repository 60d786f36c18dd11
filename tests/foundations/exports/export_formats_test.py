"""Tests of foundations/exports/export_formats.py."""

import importlib.util

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.exports import export_formats

L = keras.layers
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(7, 6, 6, 2)).astype(np.float32)
FLOATS = [n for n, f in export_formats.FORMATS.items() if not f.is_rounded]


def of_images():
    inputs = keras.Input((6, 6, 2))
    x = L.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = L.Flatten()(L.MaxPooling2D()(L.BatchNormalization()(x)))
    return keras.Model(inputs, L.Dense(64)(x))


def of_words():
    layers = [L.Embedding(9, 4), L.Flatten(), L.Dense(3)]
    return keras.Sequential([keras.Input((5,), dtype="int32"), *layers])


def exported(name, network, examples, folder):
    """What an export's runtime gives for examples."""
    kind = export_formats.FORMATS[name]
    for package in kind.needs:
        pytest.importorskip(package)
    path = str(folder / f"network{kind.ending}")
    kind.function(network, path, examples)
    return kind.load(path)(examples)


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOATS)
def test_runtimes_give_the_networks_outputs(name, tmp_path):
    words = RNG.integers(0, 9, (7, 5)).astype(np.int32)
    for network, examples in ((of_images(), IMAGES), (of_words(), words)):
        folder = tmp_path / network.name
        folder.mkdir()
        expected = network(examples, training=False).numpy()
        found = exported(name, network, examples, folder)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_eight_bits_are_near_the_networks_outputs(tmp_path):
    network = of_images()
    expected = network(IMAGES, training=False).numpy()
    found = exported("litert_int8", network, IMAGES, tmp_path)
    assert found.dtype == np.float32
    gap = np.abs(found - expected).max() / np.abs(expected).max()
    assert 1e-5 < gap < 0.1


@pytest.mark.slow
def test_sparse_kernels_make_a_smaller_file(tmp_path):
    network = of_images()
    kernel = network.layers[-1].kernel
    kernel.assign(np.where(RNG.random(kernel.shape) < 0.1, kernel, 0))
    for name in ("litert", "litert_sparse"):
        exported(name, network, IMAGES, tmp_path)
    dense, sparse = (
        (tmp_path / f"network{ending}").stat().st_size
        for ending in (".tflite", ".sparse.tflite")
    )
    assert sparse < dense - 4 * 0.7 * np.prod(kernel.shape)


@pytest.mark.slow
def test_converters_say_nothing(tmp_path, capfd):
    exported("litert", of_images(), IMAGES, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    export_formats.check_needs("keras")
    with pytest.raises(RuntimeError, match=r"onnx needs tf2onnx, .*\[export\]"):
        export_formats.check_needs("onnx")


def test_litert_without_any_interpreter(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setattr(export_formats, "tf", type("TF", (), {"lite": None}))
    with pytest.raises(RuntimeError, match=r"ai_edge_litert, .*\[export\]"):
        export_formats._interpreter()


def test_files_of_all_formats_may_lie_in_one_folder():
    endings = [each.ending for each in export_formats.FORMATS.values()]
    assert len(set(endings)) == len(endings)
