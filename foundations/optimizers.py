"""Optimizers by name."""

from lottery_ticket.foundations import lazy, names, schedules

keras = lazy.module("keras")
learning_rate = lazy.module("lottery_ticket.foundations.training.learning_rate")
momentum_sgd = lazy.module("lottery_ticket.foundations.training.momentum")

OPTIMIZERS = {
    "sgd": lambda **options: keras.optimizers.SGD(**options),
    "momentum": lambda **options: momentum_sgd.Momentum(**options),
    "nesterov": lambda **options: momentum_sgd.Momentum(
        nesterov=True, **options
    ),
    "adam": lambda **options: keras.optimizers.Adam(**options),
    "rmsprop": lambda **options: keras.optimizers.RMSprop(**options),
}
HAVE_MOMENTUM = ("momentum", "nesterov")
HAVE_EPSILON = ("adam", "rmsprop")
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
):
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
        momentum: For "momentum" and "nesterov", in [0, 1).
        epsilon: For "adam" and "rmsprop", above 0: what keeps their division
            from that by 0. None is Keras's, 1e-7.
        decoupled_weight_decay: Fraction of rate * variable that each step
            subtracts beside its update, for every trained variable
            (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101).

    Raises:
        ValueError: If the name is unknown, a number is out of its range, or the
            schedule does not fit the training.
    """
    check(name, lr, momentum, decoupled_weight_decay, epsilon)
    options = {"weight_decay": decoupled_weight_decay or None}
    if name in HAVE_MOMENTUM:
        options["momentum"] = momentum
    if name in HAVE_EPSILON and epsilon is not None:
        options["epsilon"] = epsilon
    if schedule.is_constant:
        return lambda: OPTIMIZERS[name](learning_rate=lr, **options)
    if per_epoch is None or training_iterations is None:
        raise ValueError(
            f"The schedule {schedule} needs per_epoch and training_iterations"
        )
    lengths = schedules.in_iterations(schedule, per_epoch, training_iterations)

    def make():
        rate = learning_rate.LearningRate(lr, start=start_iteration, **lengths)
        if is_constant:
            rate = float(rate(0))
        return OPTIMIZERS[name](learning_rate=rate, **options)

    return make


def check(
    name: str,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    epsilon: float | None = None,
) -> None:
    """Raises unless an optimizer can be made of these.

    Raises:
        ValueError: If the name is unknown or a number out of its range.
    """
    names.check("optimizer", name, OPTIMIZERS)
    if not lr > 0:
        raise ValueError(f"lr must be above 0. Received: {lr}")
    if not 0 <= momentum < 1:
        raise ValueError(
            f"momentum must be at least 0 and below 1. Received: {momentum}"
        )
    if epsilon is not None and not epsilon >= SMALLEST_EPSILON:
        raise ValueError(
            f"epsilon must be above 0, as a float32, too. Received: {epsilon}"
        )
    if not weight_decay >= 0:
        raise ValueError(
            f"weight_decay must be at least 0. Received: {weight_decay}"
        )
