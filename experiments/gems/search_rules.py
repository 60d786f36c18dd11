"""Which flags of a GemSearch need or exclude each other."""

from lottery_ticket.experiments.gems import search_flags
from lottery_ticket.foundations import kernel_draws
from lottery_ticket.foundations.supermasks import score_draws

# Flag -> names of init that it shapes.
_INITS = {
    "fan_mode": kernel_draws.HAVE_FAN_MODE,
    "gain": kernel_draws.HAVE_FAN_MODE,
    "scale_fan": kernel_draws.HAVE_SCALED_FAN,
}
# Sums of these are for scores in [0, 1].
_OF_HYPERCUBE = ("var_red_1", "var_red_2", "bin_entropy")
_DRAWING = ("prob", "naive_prob")
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


def draws(search) -> bool:
    """Whether rounding the same scores again makes another mask.

    Args:
        search: GemSearch.
    """
    return search.rounding in _DRAWING or search.noise_ratio > 0


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
    if not asked and not free and search.algo not in ("wt", "imp"):
        raise ValueError(
            f"algo={search.algo} needs a density, such as --density=.0144"
        )
    is_counted = search.algo == "imp" and search.prune_fraction is None
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
    if search.algo == "hc" and not search.bottom_k_on_forward:
        return "algo=hc"
    return None


def _check_top(search):
    """With bottom_k_on_forward, nothing looks at the threshold."""
    idle = [n for n in _NOT_OF_TOP if search_flags.is_given(search, n)]
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
    if search.algo not in search_flags.HYPERCUBE:
        return
    init = search.score_init
    if search.drop_bottom_half and init is not None:
        raise ValueError(
            "drop_bottom_half says what scores start from. Received: "
            f"score_init={init}"
        )
    if init == "edge_popup":
        raise ValueError(
            "score_init=edge_popup draws scores around 0, for algo=ep and "
            f"global_ep; those of {search.algo} lie in [0, 1]"
        )
    if search.quantized and not search.bottom_k_on_forward:
        score_draws.check(init or "unif", search.threshold)


def _check_regularization(search):
    name = search.regularization or search_flags.usual(search).get(
        "regularization", "none"
    )
    if name == "none" and search_flags.is_given(
        search, "regularization_weight"
    ):
        raise ValueError(
            "regularization_weight needs a regularization, such as L2. "
            f"Received: {search.regularization_weight} with none"
        )
    if name in _OF_HYPERCUBE and search.algo not in search_flags.HYPERCUBE:
        raise ValueError(
            f"regularization={name} is for scores in [0, 1], and those of "
            f"algo={search.algo} have both signs. Use L2, L1 or L1_L2"
        )
    for power in ("alpha", "alpha_prime"):
        if name != "var_red_1" and search_flags.is_given(search, power):
            raise ValueError(
                f"{power} is for regularization=var_red_1. Received: "
                f"{power}={getattr(search, power)} with {name}"
            )


def _check_rounding(search):
    if search.noise_ratio and search.rounding == "all_ones":
        raise ValueError(
            "noise_ratio has no effect with rounding=all_ones, which keeps "
            f"everything. Received: {search.noise_ratio}"
        )
    if bool(search.prob_layers) != (search.rounding == "naive_prob"):
        raise ValueError(
            "rounding=naive_prob, and no other, needs prob_layers, such as "
            f"dense0. Received: {search.rounding} with {search.prob_layers}"
        )
    if search.evaluation_samples > 1 and not draws(search):
        raise ValueError(
            "evaluation_samples is for roundings that draw, prob, naive_prob, "
            "or any with a noise_ratio. Received: "
            f"{search.evaluation_samples} with {search.rounding}"
        )


def _check_init(search):
    init = search.init or search_flags.usual(search)["init"]
    for name, inits in _INITS.items():
        if init not in inits and search_flags.is_given(search, name):
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
