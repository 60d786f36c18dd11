"""The networks by name, as module:class, so that naming one loads nothing."""

from lottery_ticket.foundations import lazy, names

MODELS = {
    "fc": "lottery_ticket.models.model_fc:ModelFc",
}


def get(name: str):
    """Returns the ModelBase subclass of a name; imports TensorFlow.

    Raises:
        ValueError: If the name is unknown.
    """
    names.check("model", name, MODELS)
    module, attribute = MODELS[name].split(":")
    return getattr(lazy.module(module), attribute)
