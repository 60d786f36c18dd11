"""Training that a network brings along, which the trainer would not use."""

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


def check(network: keras.Model, gives_probabilities: bool) -> None:
    """Raises ValueError if a network says how to train it otherwise than here.

    That is by methods of its own, or by what it was compiled with: any loss but
    plain cross-entropy of its outputs, loss weights, metrics but accuracy.
    Of an optimizer and of run_eagerly, a warning says once that they are not
    used; of a `call` that does not take `training`, what `fit` makes of it.

    Args:
        gives_probabilities: Whether the outputs are probabilities, not logits.
    """
    for name in _STEPS:
        of_class = getattr(type(network), name)
        if name in vars(network) or of_class is not getattr(keras.Model, name):
            _refuse(network, f"a {name} of its own")
    _warn_of_training(network)
    if not network.compiled:
        return
    given = keras_private.compiled(network)
    for loss in _flat(given["loss"]):
        fault = _fault_of_loss(loss, gives_probabilities)
        if fault:
            _refuse(network, f"been compiled with the loss {fault}")
    for name in ("loss_weights", "weighted_metrics"):
        if given[name] is not None:
            _refuse(network, f"been compiled with {name}")
    for metric in _flat(given["metrics"]):
        if not _is_accuracy(metric):
            _refuse(network, f"been compiled with the metric {_name(metric)}")
    if _is_said(network, "compiled"):
        return
    eager = ", run_eagerly" if given["run_eagerly"] else ""
    _log.warning(
        "Not used of what the network %r was compiled with: the optimizer%s. "
        "The recipe, or optimizer_fn, decides",
        network.name,
        eager,
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


def _refuse(network, what):
    raise ValueError(
        f"The network {network.name!r} has {what}, which is not used here: "
        "training is softmax cross-entropy, measured are loss and accuracy. "
        "Take it out, or train it by fit under the masks of a KerasModel (see "
        "docs/keras_models.md)."
    )


def _fault_of_loss(given_loss, gives_probabilities):
    """The name of a loss that is not the one used here, and why; or ""."""
    loss: typing.Any = keras.losses.get(given_loss)
    right: dict = {"from_logits": not gives_probabilities}
    if loss in _LOSS_FUNCTIONS:
        given = {"from_logits": False}
    elif type(loss) in _LOSSES:
        right = type(loss)(**right).get_config()
        given = loss.get_config()
    else:
        return _name(loss)
    wrong = [
        f"{name}={given[name]!r}"
        for name in given
        if name != "name" and given[name] != right[name]
    ]
    if not wrong:
        return ""
    kind = "probabilities" if gives_probabilities else "logits"
    return f"{_name(loss)}, {', '.join(wrong)}, on outputs that are {kind}"


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
