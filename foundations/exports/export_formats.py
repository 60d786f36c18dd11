"""Formats that a network is exported to, each with the runtime that checks it.

To add one, write an entry. A network has one input and one output, float32 or
whole numbers, any number of examples; what it computes with is in float32.
"""

import dataclasses
import functools
import importlib
import importlib.util
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lottery_ticket.foundations.machine import lazy, notices
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import keras
    import tensorflow as tf

Run = Callable[[np.ndarray], np.ndarray]
INSTALL = "pip install 'lottery_ticket[export]'"
INPUT = "input"  # What a network's input is called where inputs have names.


@dataclasses.dataclass(frozen=True)
class Format(entries.Entry):
    """A format, its function being what writes it.

    That is a function (network, path, examples): a keras.Model, the file or
    folder to write, and training examples as the network takes them, for
    formats that measure what is in between.

    Args:
        load: Function (path) -> function (examples) -> outputs, arrays, in the
            format's own runtime.
        ending: What names of files, or folders, end with.
        needs: Packages that it takes, beside TensorFlow's own.
        is_rounded: Whether weights are rounded, so that outputs differ.
    """

    load: Callable[[str], Run]
    ending: str
    needs: tuple[str, ...] = ()
    is_rounded: bool = False


def check_needs(name: str) -> None:
    """Raises RuntimeError, with what to do, if a format lacks a package."""
    for package in FORMATS[name].needs:
        if importlib.util.find_spec(package) is None:
            raise RuntimeError(
                f"The format {name} needs {package}, which is not installed: "
                f"{INSTALL}"
            )


def _save_keras(network, path, examples):
    network.save(path)


def _load_keras(path):
    loaded: Any = keras.models.load_model(path, compile=False)
    return loaded.predict_on_batch


def _save_saved_model(network, path, examples):
    network.export(
        path,
        format="tf_saved_model",
        verbose=False,
        input_signature=[_spec(network)],
    )


def _load_saved_model(path):
    loaded = tf.saved_model.load(path)
    return lambda x: loaded.serve(tf.constant(x)).numpy()


def _save_onnx(network, path, examples):
    with warnings.catch_warnings():
        # Keras looks for np.object, which numpy warns of (Keras 3.15).
        warnings.simplefilter("ignore")
        network.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[_spec(network)],
        )


def _load_onnx(path):
    session = importlib.import_module("onnxruntime").InferenceSession(
        path, providers=["CPUExecutionProvider"]
    )
    return lambda x: session.run(None, {session.get_inputs()[0].name: x})[0]


def _save_litert(network, path, examples, **settings):
    """Converts by way of a SavedModel, as Keras does, for one example."""
    shape = (1, *network.inputs[0].shape[1:])
    with tempfile.TemporaryDirectory() as folder, notices.held_back():
        archive: Any = keras.export.ExportArchive()
        archive.track(network)
        archive.add_endpoint(
            "serve",
            functools.partial(network.__call__, training=False),
            input_signature=[tf.TensorSpec(shape, network.inputs[0].dtype)],
        )
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        for name, value in settings.items():
            setattr(converter, name, value)
        converted = converter.convert()
    with open(path, "wb") as file:
        file.write(converted)


def _save_sparse_litert(network, path, examples):
    sparse = tf.lite.Optimize.EXPERIMENTAL_SPARSITY
    _save_litert(network, path, examples, optimizations=[sparse])


def _save_int8_litert(network, path, examples):
    _save_litert(
        network,
        path,
        examples,
        optimizations=[tf.lite.Optimize.DEFAULT],
        representative_dataset=lambda: (
            [x] for x in np.split(examples, len(examples))
        ),
        # Weights and activations alike; inputs and outputs stay float32.
        target_spec=_int8_spec(),
    )


def _int8_spec():
    spec = tf.lite.TargetSpec()
    spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return spec


def _load_litert(path):
    """One example after the other, as the file takes them."""
    with warnings.catch_warnings(), notices.held_back():
        warnings.simplefilter("ignore")  # Of TensorFlow's, which is to go.
        interpreter = _interpreter()(model_path=path)
        interpreter.allocate_tensors()
    [input_], [output] = (
        interpreter.get_input_details(),
        interpreter.get_output_details(),
    )

    def run(x):
        rows = []
        for row in np.split(x, len(x)):
            interpreter.set_tensor(input_["index"], row)
            interpreter.invoke()
            rows.append(interpreter.get_tensor(output["index"]))
        return np.concatenate(rows)

    return run


def _interpreter():
    """LiteRT's own, or the one that TensorFlow still has."""
    try:
        return importlib.import_module("ai_edge_litert.interpreter").Interpreter
    except ImportError as error:
        found: Any = getattr(tf.lite, "Interpreter", None)
        if found is None:
            raise RuntimeError(
                "LiteRT needs ai_edge_litert, which is not installed: "
                f"{INSTALL}"
            ) from error
        return found


def _spec(network):
    [tensor] = network.inputs
    shape = (None, *tensor.shape[1:])
    return keras.InputSpec(shape=shape, dtype=tensor.dtype, name=INPUT)


FORMATS = {
    "keras": Format(
        _save_keras,
        "Keras",
        "one file, for keras.models.load_model",
        "Keras (https://keras.io/guides/serialization_and_saving/)",
        load=_load_keras,
        ending=".keras",
    ),
    "saved_model": Format(
        _save_saved_model,
        "SavedModel",
        "a folder, for tf.saved_model.load and TensorFlow Serving",
        "TensorFlow (https://www.tensorflow.org/guide/saved_model)",
        load=_load_saved_model,
        ending="_saved_model",
    ),
    "litert": Format(
        _save_litert,
        "LiteRT",
        "LiteRT, once TensorFlow Lite, one example at a time",
        "LiteRT (https://ai.google.dev/edge/litert)",
        load=_load_litert,
        ending=".tflite",
    ),
    "litert_sparse": Format(
        _save_sparse_litert,
        "LiteRT, sparse",
        "the same, sparse kernels written by the places of their weights",
        "LiteRT (https://ai.google.dev/edge/litert)",
        load=_load_litert,
        ending=".sparse.tflite",
    ),
    "litert_int8": Format(
        _save_int8_litert,
        "LiteRT, int8",
        "the same, computed in 8 bits, by ranges on training examples",
        "LiteRT (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization)",
        load=_load_litert,
        ending=".int8.tflite",
        is_rounded=True,
    ),
    "onnx": Format(
        _save_onnx,
        "ONNX",
        "one file, for ONNX Runtime and others",
        "ONNX Runtime (https://onnxruntime.ai)",
        load=_load_onnx,
        ending=".onnx",
        needs=("tf2onnx", "onnxruntime"),
    ),
}
