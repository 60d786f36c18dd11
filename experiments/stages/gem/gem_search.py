"""GemSearch: how a sparse network is found at initialisation, as flags."""

import attrs

from lottery_ticket.experiments.stages.gem import search_algos
from lottery_ticket.foundations.learned_masks import (
    pruning_events,
    regularizers,
    score_draws,
    score_method,
    score_rounding,
)
from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.values import fields, seeds, steps

_SCORED = {"algo": search_algos.having("masker")}
_GATED = {"algo": search_algos.having("gate")}
_MASKED = {"algo": search_algos.having("has_mask")}
_GRADUAL = {"algo": search_algos.having("is_gradual")}
_ROUNDS = {"algo": search_algos.having("has_rounds")}
_IN_0_AND_1 = {"algo": search_algos.having("is_hypercube")}
# Where no more is kept than what is above the threshold.
_ABOVE = {**_IN_0_AND_1, "bottom_k_on_forward": (False,)}
_FLIPPED = {"algo": search_algos.having("flips_signs")}
_COUNTED = {"prune_scope": ("global", "layerwise")}
_EXPONENTS = {**_SCORED, "regularization": regularizers.HAVE_EXPONENTS}
GATE_PENALTY = 1.0  # Chosen here: the source's is not known.
PENALTIES = tuple(n for n in regularizers.REGULARIZERS if n != "none")
_OF_SCORES = tuple(
    n for n, each in score_rounding.ROUNDINGS.items() if not each.keeps_all
)
_FAN = {"init": kernel_initializers.HAVE_FAN_MODE}
# What means the same to ScoreMethod, where these are declared.
_OF_METHOD = (
    *("threshold", "threshold_share", "project_every", "clamp_in_forward"),
    *("regularization", "regularization_weight", "alpha", "alpha_prime"),
    "unflag",
)


def _of_method(name, **changes):
    return fields.like(score_method.ScoreMethod, name, **changes)


@fields.settings
class GemSearch:
    """How the mask is found, and which weights it is a mask of."""

    algo: str = fields.field(
        "hc_iter",
        "Way to find the mask; hc_iter is Gem-Miner. See docs/rare_gems.md.",
        choices=search_algos.ALGOS,
    )
    density: float | None = fields.left_open(
        "Part of all maskable weights that is kept.",
        above=0,
        at_most=1,
        convert=fields.as_float,
        used_with={**_MASKED, **_COUNTED},
    )
    target_sparsity: float | None = fields.left_open(
        "The same in percent, by its published name: 1.44 is a density of "
        ".0144.",
        above=0,
        at_most=100,
        used_with={**_MASKED, **_COUNTED, "density": (None,)},
    )
    prune_period: int = fields.field(
        5,
        "Epochs from event to event: they follow epochs T, 2T, and so on, "
        "counted from 0, but the last of training. Of imp, the epochs of a "
        "round.",
        at_least=1,
        used_with=_GRADUAL,
    )
    prune_fraction: float | None = fields.left_open(
        "Fraction of what is still active that each event or round takes. None "
        "is 1 - d^(1/N), for a density d after N; without one, imp takes .2.",
        above=0,
        below=1,
        used_with={
            **_GRADUAL,
            **_COUNTED,
            "density": (None,),
            "target_sparsity": (None,),
        },
    )
    prune_scope: str = fields.like(
        pruning_events.EventPlan,
        "scope",
        used_with={"algo": search_algos.having("takes_scores")},
    )
    ties: str = fields.field(
        "exact",
        "exact takes as many as the fraction says, ties by their place; "
        "legacy, as the authors' code, also all that tie with the last of "
        "them, and with imp one weight more in each round.",
        choices=pruning_events.TIES,
        used_with={
            "algo": search_algos.having("takes_scores", "has_rounds"),
            **_COUNTED,
        },
    )
    score_init: str | None = fields.left_open(
        "What scores start from. None is edge_popup for ep, global_ep and "
        "global_ep_iter, xavier for signed, else unif.",
        choices=score_draws.SCORE_INITS,
        used_with={**_SCORED, "drop_bottom_half": (False,)},
    )
    quantized: bool = fields.field(
        True,
        "Whether weights are multiplied by 0 or 1 in training, and not by "
        "their scores.",
        used_with=_ABOVE,
    )
    threshold: float = _of_method("threshold", used_with=_ABOVE)
    threshold_share: float = _of_method("threshold_share", used_with=_FLIPPED)
    project_every: int = _of_method(
        "project_every",
        used_with={**_IN_0_AND_1, "clamp_in_forward": (False,)},
    )
    clamp_in_forward: bool = _of_method(
        "clamp_in_forward", used_with=_IN_0_AND_1
    )
    bottom_k_on_forward: bool = fields.field(
        False,
        "Whether the mask is, at each iteration, that of the highest scores of "
        "all layers, as many as density says, in place of those above the "
        "threshold.",
        used_with={"algo": ("hc",)},
    )
    regularization: str | None = _of_method(
        "regularization",
        default=None,
        help="What is added to the loss, times regularization_weight, summed "
        "over all scores. None is L2 for hc_iter, else none.",
        used_with=_SCORED,
    )
    regularization_weight: float = _of_method(
        "regularization_weight",
        default=1e-4,
        used_with={**_SCORED, "regularization": PENALTIES},
    )
    alpha: float = _of_method("alpha", used_with=_EXPONENTS)
    alpha_prime: float = _of_method("alpha_prime", used_with=_EXPONENTS)
    gate_penalty: float | None = fields.left_open(
        "Weight of the penalty of gates, lambda. That is their mean "
        "probability to be open: the more, the less is kept. None is 1.",
        at_least=0,
        convert=fields.as_float,
        used_with=_GATED,
    )
    rounding: str = fields.field(
        "naive",
        "How scores become a mask at the end.",
        choices=score_rounding.ROUNDINGS,
        used_with=_ABOVE,
    )
    noise_ratio: float = fields.like(
        score_rounding.Rounding,
        "noise_ratio",
        used_with={**_ABOVE, "rounding": _OF_SCORES},
    )
    evaluation_samples: int = fields.field(
        1,
        "How many masks are rounded and evaluated at the end of the search, "
        "where rounding draws.",
        at_least=1,
        used_with=_ABOVE,
    )
    prob_layers: tuple[str, ...] = fields.like(
        score_rounding.Rounding, "prob_layers", used_with=_ABOVE
    )
    unflag: bool = _of_method("unflag", used_with=_ABOVE)
    init: str | None = fields.left_open(
        "What weights are drawn from. None is signed_constant where scores are "
        "trained under masks of 0 and 1, elu_constant for signed, "
        "kaiming_uniform with gates, else kaiming_normal.",
        choices=kernel_initializers.INITS,
    )
    fan_mode: str = fields.field(
        "fan_in",
        "Of init: the fan of a layer that its weights are scaled by.",
        choices=kernel_initializers.MODES,
        used_with=_FAN,
    )
    gain: str = fields.field(
        "relu",
        "Of init: the factor of a nonlinearity.",
        choices=kernel_initializers.GAINS,
        used_with=_FAN,
    )
    scale_fan: str = fields.field(
        "none",
        "What the fan is multiplied by: none, 1; kept, the density; legacy, .5 "
        "at any density, as the authors' code does.",
        choices=("none", "kept", "legacy"),
        used_with={"init": kernel_initializers.HAVE_SCALED_FAN},
    )
    imp_rounds: int | None = fields.left_open(
        "Rounds of imp; None is as many as the recipe's training_len has room "
        "for.",
        at_least=1,
        used_with=_ROUNDS,
    )
    rewind_iteration: str = fields.field(
        "0it",
        "Of imp: length of the first round after which its weights are those "
        "that rounds and fine-tuning start from; 0it is the start, 1000it a "
        "published choice.",
        convert=steps.text,
        used_with=_ROUNDS,
    )
    retraining: str = fields.field(
        "rewind",
        "Of imp: rewind puts weights back there; with lr_rewind they go on "
        "from where they are, and there is no rewind_iteration.",
        choices=("rewind", "lr_rewind"),
        used_with=_ROUNDS,
    )
    smart_ratio_version: int = fields.field(
        1,
        "1; or 2, in which first and last layer have the densities of a "
        "Gem-Miner's ResNet-20.",
        at_least=1,
        at_most=2,
        used_with={"algo": ("sr",)},
    )
    drop_bottom_half: bool = fields.field(
        False,
        "With presets: whether scores start at 1 for the larger half of the "
        "weights, by magnitude, and at 0 for the others.",
        used_with=_IN_0_AND_1,
    )
    mask_seed: int | None = fields.left_open(
        "Seed of scores, roundings, random masks and their shuffles; None "
        "derives it from seed.",
        at_least=0,
        used_with=_MASKED,
    )

    def __attrs_post_init__(self):
        """Takes target_sparsity for density; raises if flags do not fit."""
        fields.check_uses(self, self._usual())
        if self.target_sparsity is not None:
            density = round(self.target_sparsity / 100, 12)  # 1.4 is .014.
            fields.put(self, density=density, target_sparsity=None)
        self._check_amount()
        if self.algorithm.masker:
            self._check_scores()
        draws = score_rounding.draws(self.rounding, self.noise_ratio)
        if self.evaluation_samples > 1 and not draws:
            raise ValueError(
                "evaluation_samples is for roundings that draw, prob, "
                "naive_prob, or any with a noise_ratio. Received: "
                f"{self.evaluation_samples} with {self.rounding}"
            )
        is_rewound = self.retraining == "rewind"
        if not is_rewound and steps.parse(self.rewind_iteration)[1]:
            raise ValueError(
                "rewind_iteration is for retraining=rewind: with lr_rewind, "
                "each round starts from the weights as they are, and is a "
                f"whole training. Received: {self.rewind_iteration}"
            )

    @property
    def algorithm(self) -> search_algos.Algo:
        """The algo, and what is known of it."""
        return search_algos.ALGOS[self.algo]

    def resolved(self, seed: int) -> "GemSearch":
        """Returns the same, filled in where used; seeds derive from one."""
        usual = self._usual()
        if self.algorithm.has_mask:
            usual["mask_seed"] = seeds.derive(seed, "mask")
        return fields.filled(self, usual)

    def settings(self) -> dict:
        """Returns all that shapes the masks, as JSON values."""
        settings = fields.as_dict(self)
        for name in ("target_sparsity", "evaluation_samples"):
            del settings[name]
        if not self.algorithm.flips_signs:  # As before there was a choice.
            del settings["threshold_share"]
        return settings

    def plan(
        self, epochs: int, is_inverted: bool = False
    ) -> pruning_events.EventPlan:
        """Returns when the search prunes, and how much.

        Args:
            epochs: Whole epochs of its training. A ValueError says if they are
                too few for an event.
            is_inverted: Whether events take the highest scores, a sanity check.
        """
        if not self.algorithm.has_events:
            return pruning_events.NO_EVENTS
        return pruning_events.plan(
            epochs,
            self.prune_period,
            self.density,
            fraction=self.prune_fraction,
            scope=self.prune_scope,
            ties=self.ties,
            is_inverted=is_inverted,
            threshold=self.threshold,
        )

    def method(
        self, plan: pruning_events.EventPlan
    ) -> score_method.ScoreMethod:
        """Returns, once resolved, how scores are trained and become a mask."""
        masker = self.algorithm.masker if self.quantized else "hc_relaxed"
        if self.bottom_k_on_forward:
            masker = "global_top"
        is_counted = masker in score_method.TOP and not plan.epochs
        own = {name: getattr(self, name) for name in _OF_METHOD}
        if self.regularization == "none":
            own["regularization_weight"] = 0.0
        return score_method.ScoreMethod(
            masker,
            self.density if is_counted else None,
            rounding=self._rounding(),
            plan=plan,
            **own,
        )

    def _rounding(self):
        return score_rounding.Rounding(
            self.rounding, self.threshold, self.noise_ratio, self.prob_layers
        )

    def _usual(self) -> dict:
        """What None stands for, of the flags that the algo uses."""
        algo = self.algorithm
        if algo.gate:
            return {"init": "kaiming_uniform", "gate_penalty": GATE_PENALTY}
        if not algo.masker:
            return {"init": "kaiming_normal"}
        starts = "unif" if algo.is_hypercube else "edge_popup"
        init = "signed_constant"
        if algo.flips_signs:
            starts, init = "xavier", "elu_constant"
        return {
            "init": init,
            "regularization": algo.regularization,
            **({} if self.drop_bottom_half else {"score_init": starts}),
        }

    def _check_amount(self):
        """How much goes: by a density, by a fraction, or by scores alone."""
        algo = self.algorithm
        is_asked = self.density is not None or self.prune_fraction is not None
        is_counted = algo.needs_density or self.bottom_k_on_forward
        if is_asked and algo.trains_scores and not is_counted:
            raise ValueError(
                f"algo={self.algo} is not asked how much goes: its "
                f"{'gate_penalty says' if algo.gate else 'scores say'}. "
                f"Received: density={self.density}"
            )
        if is_counted and not is_asked and self.prune_scope != "threshold":
            raise ValueError(
                f"algo={self.algo} needs a density, such as --density=.0144"
            )
        if algo.is_soft and self.density == 1:
            raise ValueError(
                f"algo={self.algo} needs a density below 1. Received: 1"
            )
        if self.ties != "exact" and algo.has_rounds and self.density:
            raise ValueError(
                "ties is for fractions of what is active, and imp with a "
                f"density keeps exact counts. Received: ties={self.ties}"
            )
        if self.scale_fan == "kept" and not self.density:
            raise ValueError(
                "scale_fan=kept multiplies the fan by the density, and there "
                "is none. Use none or legacy"
            )

    def _check_scores(self):
        """Raises if the search could not start from such scores, or end."""
        given = {**self._usual(), **fields.given(self)}
        score_method.check_range(self.algorithm.masker, given["regularization"])
        self._rounding()
        if self.drop_bottom_half:
            return
        name = given["score_init"]
        entry = score_draws.SCORE_INITS[name]
        is_hypercube = self.algorithm.is_hypercube
        is_share = not is_hypercube and not self.algorithm.flips_signs
        if is_hypercube and entry.is_signed:
            raise ValueError(
                f"score_init={name} draws scores around 0, for algo=ep, "
                f"global_ep and signed; those of {self.algo} lie in [0, 1]"
            )
        is_top = self.bottom_k_on_forward
        highest = 1 if entry.constant is None else entry.constant
        # What ties with the last score that is left out goes, too.
        if entry.ties and is_share or is_top and highest < 1:
            raise ValueError(
                f"score_init={name} starts from scores that tie in bulk, and "
                "what ties with the last score that is left out goes, too: a "
                "mask of the highest could keep nothing, and no gradient comes "
                "through a network without weights. Use unif, skew, bimodal "
                "or, where scores have both signs, edge_popup"
            )
        is_rounded = is_hypercube and self.quantized and not is_top
        if is_rounded and highest <= self.threshold:
            raise ValueError(
                f"score_init={name} starts all scores from {highest}, and a "
                f"quantized mask keeps those above {self.threshold}, strictly: "
                "none. No gradient would come through a network without "
                "weights. Use score_init=unif, a lower threshold, or "
                "quantized=False"
            )


def unused(algo: str) -> set[str]:
    """Returns the names of a GemSearch's flags that an algo does not use."""
    return {
        each.name
        for each in attrs.fields(GemSearch)
        if algo not in fields.facts(each).used_with.get("algo", (algo,))
    }
