"""The smaller network: its layers made anew, as plain Keras."""

import typing

import keras

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.networks.compaction import channels, rules


def build(
    network: keras.Model, found: channels.Found
) -> tuple[keras.Model, dict[int, typing.Any]]:
    """Returns a functional network of what is kept of a network.

    It shares nothing with that, but for layers of users' own classes. Layers of
    nested networks have these networks' names before their own: `inner.dense`
    becomes `inner_dense`. Second is a dict, place of the first call of a layer
    -> the layer that is made of it.

    Args:
        network: As `found` was found of.
        found: What is kept.

    Raises:
        ValueError: If layers that are shared have one name.
    """
    calls = found.graph.calls
    there = [
        call.operation for i, call in enumerate(calls) if found.is_there(i)
    ]
    maker = _Maker(found, _fixed_names(network, there))
    inputs = [
        keras.Input(
            batch_shape=each.shape,
            dtype=each.dtype,
            sparse=each.sparse,
            name=each.name,
        )
        for each in network.inputs
    ]
    tensors = dict(zip(found.graph.inputs, inputs, strict=True))
    for index, rule in enumerate(found.steps):
        if not found.is_there(index):
            continue
        around = found.around(index)
        given = rule.rebuilt(tensors, around, maker.of(index))
        maker.assign(index, rule.change(around))
        outputs = keras.tree.flatten(given)
        tensors |= dict(zip(rule.call.outputs, outputs, strict=True))
    reason = obstacle(network, list(maker.made.values()))
    if reason is not None:
        raise ValueError(f"{network.name!r} cannot be made smaller: {reason}")
    flat = [tensors[number] for number in found.graph.outputs]
    made = keras.Model(
        _packed(keras_private.input_structure(network), inputs),
        _packed(keras_private.output_structure(network), flat),
        name=network.name,
    )
    return made, maker.made


def obstacle(network: keras.Model, operations: list) -> str | None:
    """Returns why a network's operations cannot be in one network, or None.

    Those that are not made anew have one name in both, as inputs do.
    """
    names = _fixed_names(network, operations)
    twice = sorted({repr(name) for name in names if names.count(name) > 1})
    if not twice:
        return None
    return (
        f"several layers are called {', '.join(twice)}, in networks inside it, "
        "and cannot be made anew under other names, as they have code of their "
        "own. Give each of them, and each input, another name"
    )


def _fixed_names(network, operations):
    """Names of inputs, and of operations that are not made anew."""
    kept = {id(each): each.name for each in operations if _is_kept(each)}
    return [*(each.name for each in network.inputs), *kept.values()]


class _Make:
    """Function (Change) -> layer, for one call; see Rule.rebuilt."""

    def __init__(self, maker, index, name):
        self.name = name
        self._maker, self._index = maker, index

    def __call__(self, change: rules.Change) -> typing.Any:
        return self._maker.layer(self._index, change, self.name)


class _Maker:
    """Makes layers, one for all calls of a layer that has variables."""

    def __init__(self, found, fixed_names):
        self._found = found
        self.made = {}
        self._taken, self._fixed = set(), frozenset(fixed_names)

    def of(self, index):
        """What makes the layer of a call."""
        call = self._found.graph.calls[index]
        fixed = () if _is_kept(call.operation) else self._fixed
        path = call.path.replace(".", "_")
        return _Make(self, index, self._new_name(path, fixed))

    def layer(self, index, change, name):
        first = self._found.calls_of(index)[0]
        if first not in self.made:
            old = self._found.graph.calls[index].operation
            self.made[first] = _again(old, {**change.config, "name": name})
        return self.made[first]

    def assign(self, index, change):
        """Gives a new layer, which has been called, its weights."""
        first = self._found.calls_of(index)[0]
        old, new = (
            self._found.graph.calls[index].operation,
            self.made.get(first),
        )
        if new is None or new is old or not isinstance(old, keras.Layer):
            return
        if change.values is None:
            new.set_weights(old.get_weights())
            return
        for name, value in change.values.items():
            getattr(new, name).assign(value)

    def _new_name(self, name, fixed):
        count, new = 0, name
        while new in self._taken or new in fixed:
            count += 1
            new = f"{name}_{count}"
        self._taken.add(new)
        return new


def _is_kept(operation):
    """Whether a layer or operation is not made anew, but in both networks.

    It is if its class is not Keras's, as its config may lack what it was made
    with; if that is not for files, as a function is, which the oldest Keras
    would copy; or if its activation is a layer, whose variables are made when
    it is first called.
    """
    activation = getattr(operation, "activation", None)
    is_odd = isinstance(activation, keras.Layer) and not (
        rules.is_per_value(activation)
    )
    is_odd |= isinstance(operation, keras.layers.Lambda)
    return is_odd or not type(operation).__module__.startswith("keras.")


def _again(operation, changes):
    """A layer or operation of the same config but for changes, or itself."""
    if _is_kept(operation):
        return operation
    try:
        config = {**operation.get_config(), **changes}
        if isinstance(operation, keras.Layer):
            config = {name: _plain(name, each) for name, each in config.items()}
        return type(operation).from_config(config)
    except Exception:  # What it holds can raise anything.
        if set(changes) - {"name"}:
            raise
        return operation


def _plain(name, value):
    """Zeros instead of an initialiser that is not Keras's: all is assigned."""
    is_own = (
        name.endswith("_initializer")
        and isinstance(value, dict)
        and not str(value.get("module")).startswith("keras")
    )
    return {**_ZEROS} if is_own else value


_ZEROS: typing.Any = keras.initializers.serialize(keras.initializers.Zeros())


def _packed(structure, flat):
    return keras.tree.pack_sequence_as(structure, flat)
