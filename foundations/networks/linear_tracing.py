"""A network traced as if it had no activations."""

import contextlib

import keras

from lottery_ticket.foundations.networks import flow_layers, flow_tracing

LAYERS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
)
# What outputs are made probabilities by; ModelBase.logits undoes it.
_LAST = ("softmax", "log_softmax")


@contextlib.contextmanager
def tracing(network):
    """Lets a network be traced with its activations replaced by the identity.

    Softmax stays, and so does what is not known to be an activation. Layers are
    not rebuilt: after the context they compute as before.
    """
    found = [
        *network._flatten_layers(include_self=False),
        *flow_tracing.operations(network),
    ]
    changed = {id(each): each for each in found if _changes(each)}.values()
    before = [dict(vars(each)) for each in changed]
    try:
        for each in changed:
            own = vars(each)  # Past Keras, which would track what is set.
            own.update(_changes(each))
        yield
    finally:
        for each, values in zip(changed, before, strict=True):
            flow_tracing.give_back(vars(each), values, ("activation", "call"))


def _changes(operation):
    """Attributes that take a layer's or operation's activation away."""
    activation = getattr(operation, "activation", None)
    if getattr(activation, "__name__", "") in _LAST:
        return {}
    if type(operation) in LAYERS or _is_activation_operation(operation):
        return {"call": lambda x, *arguments, **options: x}
    is_known = flow_layers.is_known_activation(activation)
    if (
        activation is None
        or not is_known
        or "activation" not in vars(operation)
    ):
        return {}
    return {"activation": keras.activations.linear}


def _is_activation_operation(operation):
    kind = type(operation)
    is_kerass = kind.__module__.startswith("keras.src.ops")
    known = flow_layers.ELEMENTWISE_OPERATIONS - {"Softmax"}
    return is_kerass and kind.__name__ in known
