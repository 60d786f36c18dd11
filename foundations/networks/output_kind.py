"""What kind of output a network has, told from what the outputs come from."""

import typing

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import nested

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import keras_private

KINDS = ("auto", "logits", "probabilities")
# Operations behind which an output is still what it was.
_PASSED = frozenset(
    """Identity Reshape Squeeze ExpandDims Cast StopGradient EnsureShape
    CheckNumerics IdentityN PreventGradient Snapshot""".split()
)
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
# Operations that make one of several; and those that bound.
_COMBINED = frozenset(
    """Add AddV2 AddN Sub Mul RealDiv DivNoNan ConcatV2 Pack Select SelectV2
    Sum Mean Max Maximum Minimum ClipByValue Transpose
    StridedSlice Tile Slice Reciprocal MaxPool MaxPool3D AvgPool
    AvgPool3D""".split()
)
# Those that make sums of products: mixtures, if none of it is a variable.
_PRODUCTS = frozenset("MatMul BatchMatMulV2 BatchMatMulV3 Einsum".split())
_VALUES = frozenset(
    """Const ReadVariableOp ResourceGather VariableV2 Shape Fill Range
    BroadcastArgs Prod""".split()
)
_AT_LEAST_0 = frozenset(
    "Softmax Sigmoid Exp Relu Relu6 Softplus Abs Square".split()
)
_OF_ANY_SIGN = frozenset(
    """BiasAdd Conv2D Conv3D Tanh DepthwiseConv2dNative LogSoftmax Log Elu Selu
    LeakyRelu Softsign Placeholder Neg Erf""".split()
)
_TOLERANCE = 0.01


class Kind(typing.NamedTuple):
    """What outputs are taken as, and why."""

    gives_probabilities: bool
    reason: str

    def __str__(self) -> str:
        """Returns it in words."""
        name = "probabilities" if self.gives_probabilities else "logits"
        return f"{name}: {self.reason}"


def of(
    network: "keras.Model",
    examples: typing.Any,
    outputs: np.ndarray,
    given: str = "auto",
    activation: str = "Softmax",
) -> Kind:
    """Returns whether a network gives logits or probabilities.

    The graph of its inference is followed back from its output. Softmax makes
    probabilities of classes, a sigmoid those of yes or no, neither those of the
    other; sums, products and the like count as probabilities of classes if
    nothing in them can be below 0 and the outputs of the examples add up to 1.
    The same outputs decide where an operation is not known, or no graph can be
    had. In training it must give the same.

    Args:
        examples: A batch that the network takes.
        outputs: What it gives for them, shape (batch, ..., classes).
        given: "logits" or "probabilities" is taken at its word; "auto" looks.
        activation: What makes probabilities of logits, "Softmax" or "Sigmoid".

    Raises:
        ValueError: If outputs are neither.
    """
    if given != "auto":
        return Kind(given == "probabilities", "as was said")
    looked = _Looked(network, activation)
    ends = _ends(network, examples, training=False)
    kind = looked.by_graph(ends, outputs) or looked.by_values(ends, outputs)
    trained = looked.by_graph(_ends(network, examples, training=True))
    if trained and trained.gives_probabilities != kind.gives_probabilities:
        raise looked.neither(f"{trained}, in training; else {kind}")
    return kind


def before(outputs: "tf.Tensor", activation: str) -> "tf.Tensor | None":
    """Returns what a softmax, or sigmoid, was taken of; None if none is found.

    Looked for in the graph that is being traced, behind reshapes to the same
    shape as well.
    """
    if tf.executing_eagerly():
        return None
    tensor = outputs
    while tensor.op.type in ("Identity", "Reshape"):
        if tensor.op.inputs[0].shape.rank != outputs.shape.rank:
            return None
        tensor = tensor.op.inputs[0]
    return tensor.op.inputs[0] if tensor.op.type == activation else None


class _Looked:
    """What a network is looked at for: probabilities made by an activation."""

    def __init__(self, network, activation):
        self._name, self._activation = network.name, activation
        self._adds_up = activation == "Softmax"

    def by_graph(self, ends, outputs=None):
        """What a graph's ends say, unless outputs deny it; None if nothing."""
        is_alone, kinds = len(ends) == 1, {kind for kind, _ in ends} - _VALUES
        is_plain = is_alone and not any(is_combined for _, is_combined in ends)
        if is_plain and kinds == {self._activation}:
            is_denied = self._adds_up and outputs is not None
            is_denied = is_denied and self.add_up(outputs) is False
            reason = f"they come from {self._activation}"
            return None if is_denied else Kind(True, reason)
        if is_plain and kinds and kinds <= {"Softmax", "Sigmoid"}:
            raise self.neither(f"outputs of a {min(kinds).lower()}")
        of_any_sign = kinds & (_OF_ANY_SIGN | _PRODUCTS)
        is_known = kinds <= _AT_LEAST_0 | of_any_sign
        is_doubtful = kinds <= {"Exp", *_PRODUCTS} and (
            outputs is None or self.add_up(outputs)
        )
        is_told = kinds and is_known and (is_plain or of_any_sign)
        if not is_told or is_doubtful:
            return None
        return Kind(False, f"they come from {', '.join(sorted(kinds))}")

    def by_values(self, ends, outputs):
        """What outputs say, where the graph says nothing."""
        kinds = {kind for kind, _ in ends}
        of = ", ".join(sorted(kinds - _VALUES)) or "no graph"
        where = f"by their values, behind {of}"
        adds_up = self.add_up(outputs)
        if adds_up is None:
            return Kind(False, where)
        if adds_up and kinds & {"ReadVariableOp", *_PRODUCTS}:
            raise self.neither(
                "outputs that add up to 1 so far, made by variables behind "
                f"{of}"
            )
        if adds_up:
            return Kind(True, where)
        if (outputs <= 1).all():
            no_sum = " and do not add up to 1" if self._adds_up else ""
            raise self.neither(f"outputs that lie in [0, 1]{no_sum}")
        return Kind(False, where)

    def add_up(self, outputs):
        """Whether outputs add up to 1, as those of a softmax do.

        None if some are not 0 or more.
        """
        if (outputs < 0).any() or not np.isfinite(outputs).all():
            return None
        sums = outputs.sum(axis=-1)
        return self._adds_up and bool((np.abs(sums - 1) < _TOLERANCE).all())

    def neither(self, received):
        """The error for outputs that are neither."""
        wanted = (
            "softmax probabilities, one for each class (two for yes or no; a "
            "sigmoid is of task='binary' or 'multi_label')"
            if self._adds_up
            else "sigmoid probabilities"
        )
        return ValueError(
            f"The network {self._name!r} must give logits or {wanted}. "
            f"Received: {received}. If they are meant as one of these, say so "
            "by outputs="
        )


def _ends(network, examples, training):
    """Operations that outputs come from, and whether they were combined."""
    traced = tf.function(
        lambda x: network(x, training=training), autograph=False
    )
    try:
        graph = traced.get_concrete_function(
            nested.mapped(_any_number, examples)
        ).graph
    except Exception:  # Python code of users raises all kinds.
        return set()
    ends, seen = set(), set()
    left = [(graph.outputs[0], (), False)]
    while left:
        tensor, calls, is_combined = left.pop()
        place = tensor.name, tuple(id(each) for each in calls), is_combined
        if place in seen:
            continue
        seen.add(place)
        before = _before(tensor, calls, is_combined)
        left += before
        if not before:
            ends.add((tensor.op.type, is_combined))
    return ends


def _any_number(x):
    x = tf.convert_to_tensor(x)
    return tf.TensorSpec([None, *x.shape[1:]], x.dtype)


def _before(tensor, calls, is_combined):
    """Tensors that one is made of, by operations that leave its kind open."""
    operation = tensor.op
    if operation.type in _PASSED:
        index = tensor.value_index if operation.type == "IdentityN" else 0
        return [(operation.inputs[index], calls, is_combined)]
    is_mixture = operation.type in _PRODUCTS and not any(
        _is_variable(each) for each in operation.inputs
    )
    if operation.type in _COMBINED or is_mixture:
        taken = _without_choices(operation)
        is_new = is_combined or len(taken) != 1 or not _is_bound(operation)
        return [(each, calls, is_new) for each in taken]
    if operation.type in _CALLS:
        inner = keras_private.called_graph(operation).outputs[
            tensor.value_index
        ]
        return [(inner, (operation, *calls), is_combined)]
    if operation.type == "Placeholder" and calls:
        call, *outer = calls
        names = [each.name for each in keras_private.called_graph(call).inputs]
        index = names.index(tensor.name)
        return [(call.inputs[index], tuple(outer), is_combined)]
    return []


def _is_bound(operation):
    return operation.type in ("Maximum", "Minimum", "ClipByValue")


def _without_choices(operation):
    """Inputs of an operation, but for constants that it bounds by.

    And but for what it selects by.
    """
    if operation.type in ("Select", "SelectV2"):
        return list(operation.inputs)[1:]
    if not _is_bound(operation):
        return list(operation.inputs)
    return [each for each in operation.inputs if each.op.type != "Const"]


def _is_variable(tensor):
    """Whether a tensor is a variable or a constant as it stands."""
    while tensor.op.type in _PASSED | {"Transpose"}:
        tensor = tensor.op.inputs[0]
    return tensor.op.type in ("ReadVariableOp", "Const", "ResourceGather")
