"""GemSearch: how a sparse network is found at initialisation, as flags."""

import dataclasses

from lottery_ticket.experiments.gems import (
    search_algos,
    search_flags,
    search_rules,
)
from lottery_ticket.foundations import seeds, steps
from lottery_ticket.foundations.command_line import flat_functions


@dataclasses.dataclass(frozen=True)
class GemSearch:
    """How the mask is found, and which weights it is a mask of.

    Args:
        algo: hc_iter, the Gem-Miner: each weight has a score in [0, 1], those
            above a threshold are kept, and every prune_period epochs the lowest
            scores go for good; hc is the same without these events. ep is
            edge-popup, where each layer keeps the part density of its weights,
            those with the largest magnitudes of scores; global_ep compares all
            layers; global_ep_iter does so, and the density falls from event to
            event. imp is iterative magnitude pruning, in rounds of training,
            each of which prunes and rewinds. sr, the smart ratio, is a random
            mask with published densities of layers; random keeps each weight
            with the probability density. wt trains the whole network, as the
            recipe says, and that is all.
        density: Part of all maskable weights that is kept, above 0, at most 1.
            hc without bottom_k_on_forward and wt have none.
        target_sparsity: The same in percent, by its published name: 1.44 is a
            density of .0144.
        prune_period: Epochs from event to event: they follow epochs T, 2T, and
            so on, counted from 0, but the last of training. Of imp, the epochs
            of a round.
        prune_fraction: Fraction of what is still active that each event takes,
            or each round of imp. None is 1 - d^(1/N), for a density d after N
            events or rounds; without a density, imp takes .2.
        prune_scope: Of hc_iter: global compares the scores of all layers,
            layerwise takes the fraction of each; threshold takes no fraction,
            but what is not above the threshold.
        ties: exact takes as many scores as the fraction says, ties by their
            place; legacy, as the authors' code, also all that tie with the last
            of them, and with imp one weight more in each round.
        score_init: What scores start from. unif, U(0, 1); skew, Beta(1, 5);
            bimodal, Beta(.1, .1); bern, 0 or 1; half, .5; all_one, 1; or
            edge_popup, U(+-1/sqrt(fan-in)). None is edge_popup for ep,
            global_ep and global_ep_iter, else unif.
        quantized: Of hc and hc_iter: whether weights are multiplied by 0 or 1
            in training, and not by their scores.
        threshold: Of hc and hc_iter: what a score must be above to be kept.
        project_every: Of hc and hc_iter, scores are put back into [0, 1] after
            each of so many iterations, counted anew in each epoch, and at its
            end; 0 never does.
        clamp_in_forward: Of hc and hc_iter: whether scores are put back where
            they are used, which is a project_every of 1.
        bottom_k_on_forward: Of hc: whether the mask is, at each iteration, that
            of the highest scores of all layers, as many as density says, in
            place of those above the threshold.
        regularization: What is added to the loss, times regularization_weight,
            summed over all scores; none, L2, L1, L1_L2, var_red_1, var_red_2 or
            bin_entropy. None is L2 for hc_iter, else none.
        regularization_weight: Its weight, lambda.
        alpha: Of var_red_1, s^alpha * (1 - s)^alpha_prime.
        alpha_prime: Of var_red_1.
        rounding: Of hc and hc_iter: how scores become a mask at the end. naive
            keeps those above the threshold; prob keeps each with its score as
            probability; naive_prob does so in prob_layers; all_ones keeps all;
            pseudo_boolean tries each score that is neither 0 nor 1 both ways
            on a batch, for tiny networks.
        noise_ratio: Standard deviation of noise that is added to scores before
            rounding.
        evaluation_samples: How many masks are rounded and evaluated at the end
            of the search, where rounding draws.
        prob_layers: Layers, or patterns such as "dense*", of naive_prob.
        unflag: Of hc_iter: whether the final mask is all that no event has
            taken, whatever its score, which density says exactly; else it is
            rounded, too, and can be sparser.
        init: What weights are drawn from: signed_constant, unsigned_constant,
            kaiming_normal, kaiming_uniform, xavier_normal, xavier_constant or
            standard. None is signed_constant where scores are trained, else
            kaiming_normal.
        fan_mode: Of init, whose weights are scaled by a layer's fan_in or
            fan_out.
        gain: Of init: the factor of a nonlinearity, relu, linear, tanh, sigmoid
            or leaky_relu.
        scale_fan: What the fan is multiplied by, of the constants with a gain
            and kaiming_normal; none, 1; kept, the density; legacy, .5 at any
            density, as the authors' code does.
        imp_rounds: Rounds of imp; None is as many as the recipe's training_len
            has room for.
        rewind_iteration: Of imp: length of the first round after which its
            weights are those that rounds and fine-tuning start from; 0it is the
            start, 1000it a published choice. Each round is a whole training,
            with the schedule from its start.
        retraining: Of imp: rewind puts weights back there; with lr_rewind they
            go on from where they are, and there is no rewind_iteration.
        smart_ratio_version: 1; or 2, in which first and last layer have the
            densities of a Gem-Miner's ResNet-20.
        drop_bottom_half: Of hc and hc_iter with presets: whether scores start
            at 1 for the larger half of the weights, by magnitude, and at 0 for
            the others.
        mask_seed: Seed of scores, roundings, random masks and their shuffles;
            None derives it from seed.
    """

    algo: str = "hc_iter"
    density: float | None = None
    target_sparsity: float | None = None
    prune_period: int = 5
    prune_fraction: float | None = None
    prune_scope: str = "global"
    ties: str = "exact"
    score_init: str | None = None
    quantized: bool = True
    threshold: float = 0.5
    project_every: int = 1
    clamp_in_forward: bool = False
    bottom_k_on_forward: bool = False
    regularization: str | None = None
    regularization_weight: float = 1e-4
    alpha: float = 1.0
    alpha_prime: float = 1.0
    rounding: str = "naive"
    noise_ratio: float = 0.0
    evaluation_samples: int = 1
    prob_layers: tuple[str, ...] = ()
    unflag: bool = True
    init: str | None = None
    fan_mode: str = "fan_in"
    gain: str = "relu"
    scale_fan: str = "none"
    imp_rounds: int | None = None
    rewind_iteration: str = "0it"
    retraining: str = "rewind"
    smart_ratio_version: int = 1
    drop_bottom_half: bool = False
    mask_seed: int | None = None

    def __post_init__(self):
        """Checks all, and takes target_sparsity for density.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                flag is given that the algo, or the others, leave without
                effect.
        """
        search_flags.check_values(self)
        search_flags.check_uses(self)
        search_rules.check(self)
        checked = {
            "density": _density(self.density, self.target_sparsity),
            "target_sparsity": None,
            "rewind_iteration": steps.text(self.rewind_iteration),
            "prob_layers": tuple(self.prob_layers),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def algorithm(self) -> search_algos.Algo:
        """The algo, and what is known of it."""
        return search_algos.ALGOS[self.algo]

    def resolved(self, seed: int) -> "GemSearch":
        """Returns the same with what is None filled in, where it is used.

        Args:
            seed: Master seed of the experiment.
        """
        usual = search_flags.usual(self)
        if self.algorithm.has_mask:
            usual["mask_seed"] = seeds.derive(seed, "mask")
        return flat_functions.filled(self, usual)

    def settings(self) -> dict:
        """Returns all that shapes the masks, as JSON values."""
        settings = dataclasses.asdict(self)
        for name in ("target_sparsity", "evaluation_samples"):
            del settings[name]
        return settings


def _density(density, target_sparsity):
    """The density that is asked for, or None."""
    if target_sparsity is not None:
        return round(float(target_sparsity) / 100, 12)  # 1.4 is .014.
    return None if density is None else float(density)
