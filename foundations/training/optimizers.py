"""Optimizers by name."""

import dataclasses
from collections.abc import Callable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import schedules
from lottery_ticket.foundations.values import entries, fields

with lazy.imports():
    import keras

    from lottery_ticket.foundations.training import learning_rate
    from lottery_ticket.foundations.training import momentum as momentum_sgd


@dataclasses.dataclass(frozen=True, kw_only=True)
class Optimizer(entries.Entry):
    """A function (**options) -> new Keras optimizer; imports TensorFlow."""

    has_momentum: bool = False  # Whether it takes the option momentum.
    has_epsilon: bool = False  # Whether it takes the option epsilon.
    divides_by_size: bool = False  # A factor of gradients changes nothing.


_TORCH_SGD = (
    "torch.optim.SGD "
    "(https://pytorch.org/docs/stable/generated/torch.optim.SGD.html)"
)
OPTIMIZERS = {
    "sgd": Optimizer(
        lambda **options: keras.optimizers.SGD(**options),
        "SGD",
        "w - rate * gradient",
        "Keras (https://keras.io/api/optimizers/sgd/)",
    ),
    "momentum": Optimizer(
        lambda **options: momentum_sgd.Momentum(**options),
        "momentum",
        "w - rate * v, with v = momentum * v + gradient",
        _TORCH_SGD,
        has_momentum=True,
    ),
    "nesterov": Optimizer(
        lambda **options: momentum_sgd.Momentum(nesterov=True, **options),
        "Nesterov",
        "w - rate * (gradient + momentum * v), v as of momentum",
        _TORCH_SGD,
        has_momentum=True,
    ),
    "adam": Optimizer(
        lambda **options: keras.optimizers.Adam(**options),
        "Adam",
        "w - rate * m / (sqrt(u) + epsilon), m and u running means of the "
        "gradient and its square",
        "Kingma & Ba 2015 (https://arxiv.org/abs/1412.6980)",
        has_epsilon=True,
        divides_by_size=True,
    ),
    "rmsprop": Optimizer(
        lambda **options: keras.optimizers.RMSprop(**options),
        "RMSprop",
        "w - rate * gradient / sqrt(u + epsilon), u a running mean of its "
        "square",
        "Keras (https://keras.io/api/optimizers/rmsprop/)",
        has_epsilon=True,
        divides_by_size=True,
    ),
}
HAVE_MOMENTUM = tuple(n for n, e in OPTIMIZERS.items() if e.has_momentum)
HAVE_EPSILON = tuple(n for n, e in OPTIMIZERS.items() if e.has_epsilon)
COMPILED = "compiled"  # A network's own, which `compiled_optimizer` makes.
SMALLEST_EPSILON = 1.2e-38  # float32's, but for numbers that lose digits.


def optimizer_fn(
    name: str,
    lr: float,
    schedule: schedules.Schedule = schedules.Schedule(),  # noqa: B008  Frozen.
    *,
    per_epoch: int | None = None,
    training_iterations: int | None = None,
    start_iteration: int = 0,
    is_constant: bool = False,
    momentum: float = 0.9,
    epsilon: float | None = None,
    decoupled_weight_decay: float = 0.0,
) -> Callable:
    """Returns a function () -> new Keras optimizer.

    Args:
        name: A name in OPTIMIZERS. All that is no argument here is Keras's
            default.
        lr: Learning rate, above 0; the highest one of a schedule.
        schedule: How the rate changes with the optimizer's `iterations`.
        per_epoch: Iterations in one epoch; only a schedule needs it.
        training_iterations: Iterations of the whole training, those before the
            optimizer's first included; only a schedule needs it.
        start_iteration: Iteration at which the optimizer's part of training
            begins: where the schedule starts. All else of it begins afresh.
        is_constant: Whether the schedule stays at the rate that it has there,
            as in fine-tuning.
        momentum: For those that have it, in [0, 1).
        epsilon: For those that have it, above 0: what keeps their division
            from that by 0. None is Keras's, 1e-7.
        decoupled_weight_decay: Fraction of rate * variable that each step
            subtracts beside its update, for every trained variable
            (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101).

    Raises:
        ValueError: As `check`, or if the schedule does not fit the training.
    """
    check(name, lr, momentum, decoupled_weight_decay, epsilon)
    options = {"weight_decay": decoupled_weight_decay or None}
    optimizer = OPTIMIZERS[name]
    if optimizer.has_momentum:
        options["momentum"] = momentum
    if optimizer.has_epsilon and epsilon is not None:
        options["epsilon"] = epsilon
    if schedule.is_constant:
        return lambda: optimizer.function(learning_rate=lr, **options)
    if per_epoch is None or training_iterations is None:
        raise ValueError(
            f"The schedule {schedule} needs per_epoch and training_iterations"
        )
    lengths = schedules.in_iterations(schedule, per_epoch, training_iterations)

    def make():
        rate = learning_rate.LearningRate(lr, start=start_iteration, **lengths)
        if is_constant:
            rate = float(rate(0))
        return optimizer.function(learning_rate=rate, **options)

    return make


def check(
    name: str,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    epsilon: float | None = None,
) -> None:
    """Raises ValueError unless an optimizer can be made of these.

    None can if the name is unknown or a number is out of its range.
    """
    fields.check("optimizer", name, str, choices=OPTIMIZERS)
    fields.check("lr", lr, float, above=0)
    fields.check("momentum", momentum, float, at_least=0, below=1)
    fields.check("weight_decay", weight_decay, float, at_least=0)
    if epsilon is not None:
        fields.check("epsilon", epsilon, float, at_least=SMALLEST_EPSILON)
