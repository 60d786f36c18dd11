"""What an optimizer is: its config, and all that this does not say."""

import hashlib
import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Sequence

import keras
import numpy as np

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.values import names_0_1_0, user_code

_PLAIN = str | int | float | bool | None


def config(optimizer: keras.optimizers.Optimizer) -> dict:
    """Returns the class and settings of an optimizer as JSON values."""
    kind, serialized = type(optimizer), keras.optimizers.serialize(optimizer)
    settings = typing.cast(dict, serialized)["config"]
    settings["name"] = f"{kind.__module__}.{kind.__name__}"
    # Names of what is no JSON: its text may hold an address in memory.
    text = json.dumps(settings, default=lambda value: type(value).__name__)
    return names_0_1_0.unnumbered(json.loads(text))


def check_is_new(optimizer: keras.optimizers.Optimizer) -> None:
    """Raises ValueError unless one is fresh and its settings can be told."""
    if optimizer.built:
        raise ValueError(
            "optimizer_fn must return a new optimizer each time. Received: one "
            "that has been used"
        )
    rate = keras_private.learning_rate(optimizer)
    schedule = keras.optimizers.schedules.LearningRateSchedule
    if callable(rate) and not isinstance(rate, schedule | keras.Variable):
        raise ValueError(
            "A learning rate that changes must be a LearningRateSchedule: its "
            f"settings can be recorded. Received: {rate!r}"
        )


def key(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
) -> str:
    """Returns what tells an optimizer from others while it is kept alive.

    Args:
        variables: Those that it is to train.
    """
    told = _Teller(variables, _in_process).tell(optimizer)
    return json.dumps([config(optimizer), told], sort_keys=True, default=repr)


def recorded(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
) -> dict:
    """Returns what a run's record says of an optimizer: JSON values by name.

    "optimizer" is its config, and under "beyond" what else was set of it:
    attributes that another, made of this config, would not have.
    "optimizer_code" is a fingerprint of the user's code in it, if there is any.

    Args:
        variables: Those that it is to train.
    """
    code = []

    def of_code(value, tell):
        del tell
        code.append(value)
        return "code"

    settings = config(optimizer)
    teller = _Teller(variables, of_code)
    own = teller.tell(optimizer)
    fingerprint = user_code.identity(*code)
    classes = {each.__name__: each for each in code if isinstance(each, type)}
    try:
        with keras.utils.custom_object_scope(classes):
            copy = type(optimizer).from_config(optimizer.get_config())
        plain = _Teller(variables, of_code).tell(copy)
    except Exception:  # Classes of users raise all kinds.
        plain = {}
    beyond = {
        name: each
        for name, each in own.items()
        if name not in plain or each != plain[name]
    }
    if beyond:
        settings["beyond"] = json.loads(json.dumps(beyond, sort_keys=True))
    found = {"optimizer": settings}
    return found | ({"optimizer_code": fingerprint} if fingerprint else {})


class _Teller:
    """Says what objects are in values of JSON."""

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        of_code: Callable[[typing.Any, Callable], typing.Any],
    ):
        """Takes what says which code, or object of a user's, is meant."""
        self._variables = variables
        self._places = {id(each): i for i, each in enumerate(variables)}
        self._of_code = of_code
        self._seen = {}  # By id, kept alive: some hold themselves.

    def tell(self, value: typing.Any) -> typing.Any:
        """Returns what tells a value from others."""
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, re.Pattern):
            return value.pattern
        if id(value) in self._places:
            return f"variable {self._places[id(value)]}"
        if id(value) in self._seen:
            return "seen"
        self._seen[id(value)] = value
        return self._inside(value)

    def _inside(self, value):
        if isinstance(value, dict):
            return {str(name): self.tell(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.tell(each) for each in value]
        if isinstance(value, set | frozenset):
            return sorted((self.tell(each) for each in value), key=repr)
        if hasattr(value, "__array__"):
            array = np.asarray(value)
            text = hashlib.sha256(array.tobytes()).hexdigest()
            return array.item() if array.size == 1 else text
        has_config = hasattr(value, "get_config") and hasattr(value, "__dict__")
        if not has_config or isinstance(value, type | keras.Layer):
            return self._of_code(value, self.tell)
        attributes = keras_private.attributes(value, self._variables)
        told = {name: self.tell(each) for name, each in attributes.items()}
        return {"class": self._of_code(type(value), self.tell), **told}


def _in_process(code, tell):
    """What tells code, or an object, apart as long as it is kept alive."""
    if isinstance(code, types.MethodType):
        return [tell(code.__func__), tell(code.__self__)]
    if not isinstance(code, types.FunctionType):
        return id(code)
    inside = inspect.getclosurevars(code).nonlocals
    return [id(code.__code__), tell(inside), tell(code.__defaults__)]
