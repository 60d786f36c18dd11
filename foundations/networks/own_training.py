"""Training that a network brings along: methods of its own, or compile()."""

import logging
import typing
import weakref

import keras

from lottery_ticket.foundations.networks import keras_private

# Methods of keras.Model that `fit` and `evaluate` go through.
_STEPS = (
    *("train_step", "test_step", "compute_loss", "compute_metrics"),
    *("make_train_function", "make_test_function", "train_on_batch", "fit"),
)
_LOSSES = (
    keras.losses.SparseCategoricalCrossentropy,
    keras.losses.CategoricalCrossentropy,
)
# Cross-entropies of probabilities.
_LOSS_FUNCTIONS = (
    keras.losses.sparse_categorical_crossentropy,
    keras.losses.categorical_crossentropy,
)
_ACCURACIES = (
    *("acc", "accuracy"),
    keras.metrics.sparse_categorical_accuracy,
    keras.metrics.categorical_accuracy,
)
_ACCURACY_KINDS = (
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.CategoricalAccuracy,
)
# Layers that training makes act otherwise.
_ACTING = (
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
)
_log = logging.getLogger(__name__)
_said = weakref.WeakKeyDictionary()  # Network -> what has been: once is enough.


def check(network: keras.Model) -> None:
    """Raises ValueError if a network has methods of its own to train it.

    Of a `call` that does not take `training`, a warning says once what `fit`
    makes of it; of run_eagerly, that it is not used.
    """
    for name in _STEPS:
        of_class = getattr(type(network), name)
        if name in vars(network) or of_class is not getattr(keras.Model, name):
            raise ValueError(
                f"The network {network.name!r} has a {name} of its own, which "
                "is not used here: training is by the loss and the metrics of "
                "a task, or of compile(). Take it out, or train it by fit "
                "under the masks of a KerasModel (see docs/keras_models.md)."
            )
    _warn_of_training(network)
    is_eager = network.compiled and network.run_eagerly
    if is_eager and not _is_said(network, "eager"):
        _log.warning(
            "The network %r was compiled with run_eagerly, which is not used",
            network.name,
        )


def has_loss(network: keras.Model) -> bool:
    """Whether a network was compiled with a loss."""
    is_compiled = isinstance(network, keras.Model) and network.compiled
    return is_compiled and bool(_flat(keras_private.compiled(network)["loss"]))


def is_classification(network: keras.Model) -> bool:
    """Whether a network was compiled with cross-entropy and accuracy alone.

    Whether the loss takes logits or probabilities is left open. One without a
    loss counts, too.
    """
    if not has_loss(network):
        return True
    given = keras_private.compiled(network)
    others = given["loss_weights"], given["weighted_metrics"]
    losses, metrics = _flat(given["loss"]), _flat(given["metrics"])
    return (
        others == (None, None)
        and len(losses) == 1
        and _takes_logits(losses[0]) is not None
        and all(map(_is_accuracy, metrics))
    )


def check_logits(network: keras.Model, gives_probabilities: bool) -> None:
    """Raises ValueError if the cross-entropy of a network is of what it lacks.

    Args:
        network: keras.Model that was compiled as for classification.
        gives_probabilities: Whether its outputs are probabilities, not logits.
    """
    if not has_loss(network):
        return
    (loss,) = _flat(keras_private.compiled(network)["loss"])
    takes_logits = _takes_logits(loss)
    if takes_logits is gives_probabilities:
        kind = "probabilities" if gives_probabilities else "logits"
        raise ValueError(
            f"The network {network.name!r} has been compiled with the loss "
            f"{_name(loss)}, from_logits={takes_logits}, on outputs that are "
            f"{kind}. Compile it otherwise, say what they are by outputs=, or "
            "pass task='compiled' to have it trained as it says"
        )


def _warn_of_training(network):
    """Layers that act otherwise in training do so here, whoever calls them."""
    acting = [x for x in keras_private.layers(network) if _acts(x)]
    takes = keras_private.takes_training(network)
    if takes or not acting or _is_said(network, "call"):
        return
    _log.warning(
        "call() of the network %r does not take `training`: under Keras's fit "
        "its layers, such as %r, act as in evaluation, and here as in training."
        " With call(self, inputs, training=None) they do so under both",
        network.name,
        acting[0].name,
    )


def _acts(layer):
    is_own = not type(layer).__module__.startswith("keras.")
    takes = keras_private.takes_training(layer)
    return isinstance(layer, _ACTING) or (
        is_own and takes and not isinstance(layer, keras.Model)
    )


def _is_said(network, what):
    """Whether it has been; it is from now on."""
    said = _said.setdefault(network, set())
    is_said = what in said
    said.add(what)
    return is_said


def _takes_logits(given_loss):
    """Whether plain cross-entropy is of logits; None of another loss."""
    if given_loss in ("crossentropy", "ce"):
        return False
    loss: typing.Any = keras.losses.get(given_loss)
    if loss in _LOSS_FUNCTIONS:
        return False
    if type(loss) not in _LOSSES:
        return None
    given = loss.get_config()
    takes_logits = given["from_logits"]
    plain = type(loss)(from_logits=takes_logits).get_config()
    is_plain = {**given, "name": ""} == {**plain, "name": ""}
    return takes_logits if is_plain else None


def _is_accuracy(metric):
    is_name = isinstance(metric, str) and metric not in _ACCURACIES
    metric = keras.metrics.get(metric) if is_name else metric
    return metric in _ACCURACIES or type(metric) in _ACCURACY_KINDS


def _flat(value):
    if value is None:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [each for inner in value for each in _flat(inner)]
    return [value]


def _name(value):
    if isinstance(value, str):
        return value
    return getattr(value, "name", None) or getattr(
        value, "__name__", type(value).__name__
    )
