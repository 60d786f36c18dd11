"""Which flags of a GemSearch need or exclude each other."""

from lottery_ticket.experiments.gems import search_flags
from lottery_ticket.foundations import kernel_draws, steps
from lottery_ticket.foundations.command_line import flat_functions
from lottery_ticket.foundations.supermasks import (
    regularizers,
    score_draws,
    score_rounding,
)

# Flag -> names of init that it shapes.
_INITS = {
    "fan_mode": kernel_draws.HAVE_FAN_MODE,
    "gain": kernel_draws.HAVE_FAN_MODE,
    "scale_fan": kernel_draws.HAVE_SCALED_FAN,
}
_NOT_OF_TOP = (
    *("quantized", "threshold", "rounding", "noise_ratio", "prob_layers"),
    *("evaluation_samples", "unflag"),
)


def check(search) -> None:
    """Raises unless flags go together.

    Args:
        search: GemSearch whose flags are fine one by one.

    Raises:
        ValueError: Naming what is missing, or excludes what.
    """
    _check_amount(search)
    _check_top(search)
    _check_scores(search)
    _check_regularization(search)
    _check_rounding(search)
    _check_init(search)
    _check_rewinding(search)


def _check_amount(search):
    """How much goes: by a density, by a fraction, or by scores alone."""
    if search.density is not None and search.target_sparsity is not None:
        raise ValueError(
            "target_sparsity is the density in percent: give one of the two. "
            f"Received: {search.density} and {search.target_sparsity}"
        )
    asked = [
        f"{name}={getattr(search, name)}"
        for name in ("density", "target_sparsity", "prune_fraction")
        if getattr(search, name) is not None
    ]
    if len(asked) > 1:
        raise ValueError(
            "A density says what is left at the end, prune_fraction what each "
            f"event or round takes: give one. Received: {' and '.join(asked)}"
        )
    free = _free(search)
    if free and asked:
        raise ValueError(
            f"{free} is not asked how much goes. Received: {asked[0]}"
        )
    is_short = search.algorithm.needs_density or search.bottom_k_on_forward
    if not asked and not free and is_short:
        raise ValueError(
            f"algo={search.algo} needs a density, such as --density=.0144"
        )
    has_rounds = search.algorithm.has_rounds
    is_counted = has_rounds and search.prune_fraction is None
    if search.ties != "exact" and (
        search.prune_scope == "threshold" or is_counted and asked
    ):
        raise ValueError(
            "ties is for fractions of what is active: a threshold has none, "
            "and imp with a density keeps exact counts. Received: "
            f"ties={search.ties}"
        )


def _free(search):
    """What lets scores alone say how much goes, if anything does."""
    if search.prune_scope == "threshold":
        return "prune_scope=threshold"
    algo = search.algorithm
    is_counted = algo.needs_density or search.bottom_k_on_forward
    if algo.trains_scores and not is_counted:
        return f"algo={search.algo}"
    return None


def _check_top(search):
    """With bottom_k_on_forward, nothing looks at the threshold."""
    idle = [n for n in _NOT_OF_TOP if flat_functions.is_given(search, n)]
    if search.bottom_k_on_forward and idle:
        raise ValueError(
            "bottom_k_on_forward keeps the highest scores at any time, which "
            f"leaves {' and '.join(idle)} without effect"
        )
    if search.clamp_in_forward and search.project_every != 1:
        raise ValueError(
            "clamp_in_forward is a project_every of 1. Received: "
            f"{search.project_every}"
        )


def _check_scores(search):
    init = search.score_init
    _check_ties(search, init)
    if not search.algorithm.is_hypercube:
        return
    if search.drop_bottom_half and init is not None:
        raise ValueError(
            "drop_bottom_half says what scores start from. Received: "
            f"score_init={init}"
        )
    if init and score_draws.SCORE_INITS[init].is_signed:
        raise ValueError(
            f"score_init={init} draws scores around 0, for algo=ep and "
            f"global_ep; those of {search.algo} lie in [0, 1]"
        )
    if search.quantized and not search.bottom_k_on_forward:
        score_draws.check(init or "unif", search.threshold)


def _check_ties(search, init):
    """Where a share at the top is kept, what ties with the rest goes, too."""
    if init is None:
        return
    entry = score_draws.SCORE_INITS[init]
    is_below_1 = entry.constant is not None and entry.constant < 1
    ties = entry.ties and not search.algorithm.is_hypercube
    if ties or is_below_1 and search.bottom_k_on_forward:
        raise ValueError(
            f"score_init={init} starts from scores that tie in bulk, and what "
            "ties with the last score that is left out goes, too: a mask of "
            "the highest could keep nothing, and no gradient comes through a "
            "network without weights. Use unif, skew, bimodal or, where scores "
            "have both signs, edge_popup"
        )


def _check_regularization(search):
    name = search.regularization or search_flags.usual(search).get(
        "regularization", "none"
    )
    is_weighted = flat_functions.is_given(search, "regularization_weight")
    if name == "none" and is_weighted:
        raise ValueError(
            "regularization_weight needs a regularization, such as L2. "
            f"Received: {search.regularization_weight} with none"
        )
    regularizer = regularizers.REGULARIZERS[name]
    if regularizer.within_0_and_1 and not search.algorithm.is_hypercube:
        raise ValueError(
            f"regularization={name} is for scores in [0, 1], and those of "
            f"algo={search.algo} have both signs. Use "
            f"{' or '.join(regularizers.OF_ANY_SCORES)}"
        )
    for power in ("alpha", "alpha_prime"):
        is_given = flat_functions.is_given(search, power)
        if is_given and not regularizer.has_exponents:
            raise ValueError(
                f"{power} is for regularization="
                f"{' or '.join(regularizers.HAVE_EXPONENTS)}. Received: "
                f"{power}={getattr(search, power)} with {name}"
            )


def _check_rounding(search):
    rounder = score_rounding.ROUNDINGS[search.rounding]
    if search.noise_ratio and rounder.keeps_all:
        raise ValueError(
            f"noise_ratio has no effect with rounding={search.rounding}, which "
            f"keeps everything. Received: {search.noise_ratio}"
        )
    if bool(search.prob_layers) != rounder.takes_layers:
        raise ValueError(
            "rounding=naive_prob, and no other, needs prob_layers, such as "
            f"dense0. Received: {search.rounding} with {search.prob_layers}"
        )
    draws = score_rounding.draws(search.rounding, search.noise_ratio)
    if search.evaluation_samples > 1 and not draws:
        raise ValueError(
            "evaluation_samples is for roundings that draw, prob, naive_prob, "
            "or any with a noise_ratio. Received: "
            f"{search.evaluation_samples} with {search.rounding}"
        )


def _check_init(search):
    init = search.init or search_flags.usual(search)["init"]
    for name, inits in _INITS.items():
        if init not in inits and flat_functions.is_given(search, name):
            raise ValueError(
                f"{name} is for init={' or '.join(inits)}. Received: "
                f"{name}={getattr(search, name)} with {init}"
            )
    has_density = search.density or search.target_sparsity
    if search.scale_fan == "kept" and not has_density:
        raise ValueError(
            "scale_fan=kept multiplies the fan by the density, and there is "
            "none. Use none or legacy"
        )


def _check_rewinding(search):
    is_rewound = search.retraining == "rewind"
    if not is_rewound and steps.parse(search.rewind_iteration)[1]:
        raise ValueError(
            "rewind_iteration is for retraining=rewind: with lr_rewind, each "
            "round starts from the weights as they are, and is a whole "
            f"training. Received: {search.rewind_iteration}"
        )
