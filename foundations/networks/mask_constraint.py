"""The mask of one kernel, as a Keras constraint."""

import functools
import typing

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import keras_private

# Methods of a variable that change its value, in part or from a checkpoint.
ASSIGNMENTS = (
    *("assign", "assign_add", "assign_sub", "scatter_add", "scatter_div"),
    *("scatter_max", "scatter_min", "scatter_mul", "scatter_nd_add"),
    *("scatter_nd_sub", "scatter_nd_update", "scatter_sub", "scatter_update"),
    *("_restore_from_tensors", "_strided_slice_assign"),
)


class MaskConstraint(keras.constraints.Constraint):
    """Puts pruned entries of a kernel back to 0, or to values that are held.

    The optimizer applies it after every update, so the mask holds in any
    training loop, plain `model.fit` included; `attach` has it hold where the
    kernel is assigned, too. It is not serialised: a saved model is a plain
    Keras model whose pruned weights are 0, or those values.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        other: keras.constraints.Constraint | None = None,
    ):
        """Keeps everything, until `mask` is assigned.

        Args:
            other: Constraint that the kernel has already, applied before the
                mask; or None.
        """
        self.other = other
        self.mask = tf.Variable(tf.ones(shape, tf.bool), trainable=False)
        self._held = None

    def __call__(self, weights: typing.Any) -> tf.Tensor:
        """Returns the weights as constrained, and as held where pruned."""
        return self.put_back(
            weights if self.other is None else self.other(weights)
        )

    def put_back(self, weights: typing.Any) -> tf.Tensor:
        """Returns the weights as held where pruned, else as they are."""
        if self._held is None:
            return self.masked(weights)
        return tf.where(self.mask, tf.convert_to_tensor(weights), self._held)

    def hold(self, values: typing.Any = None) -> bool:
        """Sets what pruned entries are put back to, bit by bit; None is 0.

        The variable for it is made at the first values, so that those who hold
        none do not pay for it. Returns whether it is new: then what was traced
        before puts pruned entries back to 0 for good.
        """
        if self._held is not None:
            zeros = tf.zeros(self.mask.shape, self._held.dtype)
            self._held.assign(zeros if values is None else values)
            return False
        if values is not None:
            self._held = tf.Variable(values, trainable=False)
        return values is not None

    @property
    def held(self) -> tf.Tensor | None:
        """What pruned entries are put back to; None is 0."""
        return None if self._held is None else self._held.read_value()

    def masked(self, values: typing.Any) -> tf.Tensor:
        """Returns the values with 0 (never -0) where the mask is 0."""
        values = tf.convert_to_tensor(values)  # Embeddings' are sparse.
        return tf.where(self.mask, values, tf.zeros_like(values))


def attach(kernel: keras.Variable, constraint: MaskConstraint) -> None:
    """Gives a kernel its mask: in training, and wherever it is assigned.

    The latter outside of compiled functions, as `set_weights`, `load_weights`
    and averages of weights do: what is compiled has not an operation more.
    """
    kernel.constraint = constraint
    value = keras_private.tf_variable(kernel)
    if "assign" not in vars(value):
        put = value.assign
        for name in filter(functools.partial(hasattr, value), ASSIGNMENTS):
            setattr(value, name, _holding(kernel, getattr(value, name), put))


def check_alone(kernel: keras.Variable, why: str) -> None:
    """Raises ValueError unless a kernel's one constraint is a mask.

    Args:
        kernel: A trained variable.
        why: What is done that no other can be on, a clause.
    """
    constraint = kernel.constraint
    other = getattr(constraint, "other", None)
    if other is not None or not isinstance(constraint, MaskConstraint):
        raise ValueError(
            f"{why}, which no other constraint than a mask can be on. "
            f"Received: {kernel.path} with {type(other or constraint).__name__}"
        )


def detach(kernel: keras.Variable, constraint: MaskConstraint) -> None:
    """Takes a kernel's mask away, and gives it the constraint of before."""
    kernel.constraint = constraint.other
    value = keras_private.tf_variable(kernel)
    for name in ASSIGNMENTS:
        vars(value).pop(name, None)


def copy(network: keras.Model, memo: typing.Any = None) -> keras.Model:
    """Returns a copy of a network, under masks of its own that hold the same.

    A network whose `__deepcopy__` this is has such copies by `copy.deepcopy`.
    """
    rebuild, arguments, *_ = network.__reduce__()
    copied = rebuild(*arguments)
    for of, to in zip(network.variables, copied.variables, strict=True):
        if isinstance(of.constraint, MaskConstraint):
            constraint = MaskConstraint(of.shape, to.constraint)
            constraint.mask.assign(of.constraint.mask)
            constraint.hold(of.constraint.held)
            attach(to, constraint)
    hold_in_copies(copied)
    return copied


def hold_in_copies(network: keras.Model) -> None:
    """Makes `copy.deepcopy` of a network keep its masks; see `copy`."""
    network.__deepcopy__ = functools.partial(copy, network)


def _holding(kernel, assign, put):
    """An assignment after which the kernel's mask holds."""

    def assign_and_hold(*arguments, **options):
        assigned = assign(*arguments, **options)
        constraint = kernel.constraint
        is_held = isinstance(constraint, MaskConstraint)
        if not is_held or not tf.executing_eagerly():
            return assigned
        put(constraint.put_back(keras_private.tf_variable(kernel).read_value()))
        return assigned

    return assign_and_hold


def hold(
    constraints: dict[str, MaskConstraint],
    kernels: dict[str, keras.Variable] | None = None,
) -> bool:
    """Has pruned entries put back to what they are now, or to 0.

    The latter without kernels. Returns whether what was traced before is of no
    use any more; see `MaskConstraint.hold`.
    """
    made = [
        constraint.hold(kernels[name].numpy() if kernels else None)
        for name, constraint in constraints.items()
    ]
    return any(made)


def mask_gradients(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """Makes an optimizer see no gradient of pruned entries; returns it.

    Its slots, such as momentum, are then exactly 0 there, and clipping by a
    global norm counts kept weights only. Our trainer does this; for `fit`,
    `network.compile(mask_gradients(optimizer), ...)`.
    """
    apply = type(optimizer).apply

    def masked_apply(grads, trainable_variables=None):
        variables = trainable_variables or keras_private.trained_variables(
            optimizer
        )
        masked = [
            _masked(gradient, variable.constraint)
            for gradient, variable in zip(grads, variables, strict=True)
        ]
        return apply(optimizer, masked, trainable_variables)

    optimizer.apply = masked_apply
    return optimizer


def _masked(gradient, constraint):
    if gradient is None or not isinstance(constraint, MaskConstraint):
        return gradient
    return constraint.masked(gradient)
