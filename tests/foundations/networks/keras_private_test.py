"""Tests of foundations/networks/keras_private, for any new Keras."""

import ast
import pathlib
import re

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks import keras_private

# Versions of Keras that these tests, and those of what builds on the module,
# have passed with: the oldest allowed, and the newest there was.
TRIED = ("3.10.0", "3.15.1")
ROOT = pathlib.Path(keras_private.__file__).parents[2]
SOURCES = (
    *("foundations", "datasets", "models", "experiments", "analysis"),
    *("argfiles", "runners", "benchmarks"),
)
INSIDE = ("keras.src", "keras._", "tensorflow.python", "tensorflow.core")


class OwnCall(keras.Model):
    def call(self, x):
        return x


@pytest.fixture
def network():
    """A functional network with a network, a wrapper and a sum in it."""
    x = keras.Input((4, 3))
    inner = keras.Sequential([keras.layers.Dense(3, name="dense")], name="in")
    recurrent = keras.layers.LSTM(2, name="lstm")
    y = inner(x) + x
    y = keras.layers.Bidirectional(recurrent, name="both")(y)
    return keras.Model(x, y)


def names(layers):
    return {layer.name for layer in layers}


def test_layers_are_also_those_of_networks_and_layers_inside(network):
    found = names(keras_private.layers(network))
    assert {"in", "dense", "both", "forward_lstm", "backward_lstm"} <= found
    assert network.name not in found


def test_layers_come_in_the_same_order_each_time(network):
    found = keras_private.layers(network)
    assert found == keras_private.layers(network)
    assert len({id(layer) for layer in found}) == len(found)


def test_children_are_what_a_layer_itself_keeps(network):
    both = network.get_layer("both")
    found = names(keras_private.children(both))
    assert {"forward_lstm", "backward_lstm"} <= found
    assert not any("cell" in name for name in found)


def test_layers_of_a_stand_in_are_those_of_the_network(network):
    stand_in = keras_private.StandIn(network)
    found = keras_private.layers(stand_in)
    assert found == keras_private.layers(network)


def test_who_calls_the_layers(network):
    assert keras_private.calls_its_layers(network)
    assert keras_private.calls_its_layers(keras.Sequential())
    assert not keras_private.calls_its_layers(OwnCall())


def test_operations_are_those_on_tensors(network):
    kinds = {type(each) for each in network.operations}
    found = {kind for kind in kinds if keras_private.is_operation(kind)}
    assert {kind.__name__ for kind in found} == {"Add"}
    assert not keras_private.is_operation(keras.layers.Add)


@pytest.mark.parametrize(
    "rate",
    [
        0.5,
        keras.optimizers.schedules.CosineDecay(0.5, 10),
        lambda: 0.5,
    ],
)
def test_learning_rate_is_what_was_given(rate):
    found = keras_private.learning_rate(keras.optimizers.SGD(rate))
    if rate == 0.5:
        assert isinstance(found, keras.Variable)
        assert float(found) == 0.5
    else:
        assert found is rate


def test_trained_variables_are_those_it_was_built_for(network):
    optimizer = keras.optimizers.SGD()
    optimizer.build(network.trainable_variables)
    found = keras_private.trained_variables(optimizer)
    assert [id(each) for each in found] == [
        id(each) for each in network.trainable_variables
    ]


def test_the_oldest_keras_tried_is_the_oldest_allowed():
    allowed = re.search(
        r'"keras>=([\d.]+)"', (ROOT / "pyproject.toml").read_text()
    )
    assert TRIED[0].startswith(f"{allowed[1]}.")


def test_private_names_stand_in_this_module_only():
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "keras_private.py":
                assert not list(_private_names(path)), path


def _private_names(path):
    """Private attributes of other objects, and names of modules inside Keras
    and TensorFlow."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                continue
            case ast.Attribute(attr="_replace" | "_exit" | "_dash_pattern"):
                # Of named tuples and os, and public; of lines of matplotlib,
                # which tells their dashes nowhere else.
                continue
            case ast.Attribute(attr=name) if name.startswith("_"):
                if not name.startswith("__"):
                    yield name
            case ast.Constant(value=str(text)) if text.startswith(INSIDE):
                yield text
            case ast.Import(names=found):
                yield from (x.name for x in found if x.name.startswith(INSIDE))
            case ast.ImportFrom(module=str(name)) if name.startswith(INSIDE):
                yield name


def test_automatic_names_begin_anew_for_a_while():
    keras.layers.Dense(1)
    with keras_private.fresh_names():
        named = [keras.layers.Dense(1).name for _ in range(2)]
    before, after = keras.layers.Dense(1).name, keras.layers.Dense(1).name
    assert named == ["dense", "dense_1"]
    assert int(after.split("_")[1]) == 1 + int(before.split("_")[1])


def test_the_variable_is_the_one_that_holds_the_value():
    variable = keras.Variable([1.0, 2.0])
    inner = keras_private.tf_variable(variable)
    inner.assign([3.0, 4.0])
    assert variable.numpy().tolist() == [3, 4]
    assert callable(inner.assign_sub) and inner is variable.value


@pytest.mark.parametrize(
    ("optimizer", "count"),
    [
        (keras.optimizers.SGD(0.1), 0),
        (keras.optimizers.SGD(0.1, momentum=0.9), 1),
        (keras.optimizers.Adam(), 2),
        (keras.optimizers.Adam(amsgrad=True, use_ema=True), 4),
        (keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), 2),
    ],
)
def test_slots_are_what_is_kept_of_each_entry(optimizer, count):
    variables = [keras.Variable(np.ones((2, 3))) for _ in range(2)]
    assert keras_private.slots(optimizer, variables[1]) == []
    optimizer.build(variables)
    found = keras_private.slots(optimizer, variables[1])
    assert len(found) == count
    assert all(each.shape == (2, 3) for each in found)
    assert not {id(each) for each in found} & {id(each) for each in variables}
    other = keras.Variable(np.ones((2, 3)))
    assert keras_private.slots(optimizer, other) == []


def test_nodes_are_the_calls_of_a_network(network):
    found = keras_private.nodes(network)
    assert [each.operation.name for each in found][0] == "in"
    assert found[-1].operation.name == "both"
    assert found[-1].output_tensors[0] is network.outputs[0]
    inner = found[0].operation
    assert [n.operation.name for n in keras_private.nodes(inner)] == ["dense"]
    assert keras_private.nodes(OwnCall()) == []
    assert keras_private.nodes(keras.Sequential([keras.layers.Dense(2)])) == []


def test_structures_are_those_of_inputs_and_outputs():
    x, y = keras.Input((3,), name="x"), keras.Input((3,), name="y")
    both = keras.layers.Add()([x, y])
    network = keras.Model({"x": x, "y": y}, [both, x])
    assert set(keras_private.input_structure(network)) == {"x", "y"}
    assert keras_private.output_structure(network) == [both, x]
    assert keras_private.input_structure(keras.Model([x], x)) is x
    sequential = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    given = keras_private.input_structure(sequential)
    assert given is sequential.inputs[0]
    assert keras_private.output_structure(sequential).shape == (None, 2)


def test_masks_of_places_are_seen():
    x = keras.Input((3,))
    words = keras.layers.Embedding(5, 2, mask_zero=True)(x)
    assert keras_private.mask_of(words) is not None
    assert keras_private.mask_of(x) is None


def test_networks_count_as_called_for_export():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert not network._called  # What Keras asks, as it exports to ONNX.
    keras_private.mark_called(network)
    assert network._called
