"""How soft masks are drawn, and held to a density: settings as a value."""

import math

from lottery_ticket.foundations.learned_masks import objectives
from lottery_ticket.foundations.values import fields

CONTROLS = ("grad_balance", "lagrange")
ESTIMATES = ("median", "probability")
SLACK = 1.1  # The source's, of GradBalance alone.


@fields.settings
class ConcreteMethod:
    """How soft masks are drawn around scores, and held to a density.

    Source: Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142) and the
    code released with it, of December 2025.
    Differs: probability, an estimate of the density that is not theirs.
    """

    objective: str = fields.field(
        "reverse_kl",
        "What the masked network is trained for; reverse_kl is CTS-KL, loss is "
        "CTS.",
        choices=objectives.OBJECTIVES,
    )
    temperature: float = fields.field(
        0.6666667,
        "Of the noise that masks are drawn with; near 0, masks are 0 or 1.",
        above=0,
        convert=fields.as_float,
    )
    sparsity_control: str = fields.field(
        "grad_balance",
        "What holds the density: a gradient as large as the objective's "
        "(grad_balance), or a multiplier by gradient ascent (lagrange), which "
        "the source shows to be unstable.",
        choices=CONTROLS,
    )
    density_slack: float | None = fields.left_open(
        "How many times the density the soft masks may keep. None is 1.1, and "
        "1 with lagrange.",
        at_least=1,
        convert=fields.as_float,
    )
    balance_decay: float = fields.field(
        0.99,
        "Share of the second gradient's factor that stays in a step.",
        at_least=0,
        below=1,
        convert=fields.as_float,
        used_with={"sparsity_control": ("grad_balance",)},
    )
    density_estimate: str = fields.field(
        "median",
        "What counts as kept of a soft mask: its median, as in the source, or "
        "the probability that it is above one half, which is nearer to the "
        "density where that is small.",
        choices=ESTIMATES,
    )

    def __attrs_post_init__(self):
        """Raises ValueError if settings do not go together."""
        fields.check_uses(self)

    @property
    def slack(self) -> float:
        """The density that masks may have, over the one that is asked for."""
        if self.density_slack is not None:
            return self.density_slack
        return SLACK if self.sparsity_control == "grad_balance" else 1.0

    @property
    def scale(self) -> float:
        """What a score is multiplied by: the sigmoid of this is its estimate.

        A soft mask is above one half with the probability sigmoid(tau * s).
        """
        is_median = self.density_estimate == "median"
        return 1.0 if is_median else self.temperature

    def start(self, density: float) -> float:
        """Returns the score whose estimate is a density, in (0, 1)."""
        return math.log(density / (1 - density)) / self.scale
