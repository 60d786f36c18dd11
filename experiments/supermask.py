"""Supermasks: the weights stay as they are drawn, and a mask is learned."""

import numpy as np

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import level_rules, recipes
from lottery_ticket.experiments.stages import (
    from_recipe,
    one_network,
)
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import plans, save_restore, sealed
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import fields, masks, seeds

with lazy.imports():
    from lottery_ticket.foundations import model_base
    from lottery_ticket.foundations.learned_masks import sampled_masks
    from lottery_ticket.foundations.training import network_evaluation

Network = dict[str, np.ndarray]
RESULT = sealed.ResultFile("supermask.json")


@fields.settings
class MaskSearch:
    """What weights are frozen at, and how masks come from logits."""

    sampling: str = fields.field(
        "bernoulli",
        "How masks come from probabilities, the sigmoids of logits: drawn "
        "(bernoulli), or rounded, in training each of them with a probability "
        "of one half (round).",
        choices=learned_masks.SAMPLINGS,
    )
    sigmoid_bias: float = fields.field(
        0.0,
        "What all logits start from; at 0 or below, round has no weight in the "
        "first evaluation.",
        at_least=-level_rules.LARGEST,
        at_most=level_rules.LARGEST,
        convert=fields.as_float,
    )
    rescaling: str = fields.field(
        "none",
        "Whether each layer's weights are multiplied by their number over that "
        "of the kept ones: none, dynamic, or dynamic_no_gradient, for which "
        "this factor is a constant when logits are trained.",
        choices=learned_masks.RESCALINGS,
    )
    mask_1_action: str = fields.like(
        level_rules.LevelRules,
        "mask_1_action",
        help="What the weights are frozen at; rewind leaves them as they are "
        "drawn, signed_constant is the paper's other choice.",
    )
    signed_constant: float | None = fields.like(
        level_rules.LevelRules, "signed_constant"
    )
    signed_constant_multiplier: float = fields.like(
        level_rules.LevelRules,
        "signed_constant",
        default=1.0,
        help="What constants are multiplied by.",
    )
    evaluation_samples: int = fields.field(
        10,
        "How many masks are drawn and evaluated at the end; with round there "
        "is one.",
        at_least=1,
    )
    mask_seed: recipes.Filled[int] = fields.left_open(
        "Seed of all masks that are drawn; None derives it from seed.",
        at_least=0,
    )

    def __attrs_post_init__(self):
        """Raises a ValueError if a setting has nothing to work on."""
        fields.check_uses(self)
        needs = mask_1.MASK_1_ACTIONS[self.mask_1_action].needs
        if needs == "final":
            raise ValueError(
                f"mask_1_action={self.mask_1_action} takes signs that training "
                "ended with, and a supermask's weights are never trained. "
                "Expected signed_draw_initial, or another action"
            )

    def resolved(self, seed: int) -> "MaskSearch":
        """Returns the same, its mask_seed derived from a master seed."""
        return fields.filled(self, {"mask_seed": seeds.derive(seed, "mask")})

    def settings(self) -> dict:
        """Returns all that shapes the mask, as JSON values."""
        settings = fields.as_dict(self)
        del settings["evaluation_samples"]
        return settings

    def weights(
        self, model: "model_base.ModelBase", drawn: Network, seed: int
    ) -> Network:
        """Returns what the weights are frozen at.

        Args:
            model: ModelBase, whose masks keep everything.
            drawn: Dict, name -> array: the network as drawn, or as given.
            seed: Seed of actions that are random.
        """
        start = mask_1.Start(
            drawn,
            model.masks,
            drawn,
            model.draw,
            constant=self.signed_constant,
        )
        frozen = mask_1.apply(self.mask_1_action, start, seed)
        factor = np.float32(self.signed_constant_multiplier)
        return {
            **frozen,
            **{name: factor * frozen[name] for name in model.masks},
        }

    def logits(self, model: "model_base.ModelBase") -> Network:
        """Returns the logits that training starts from, of each mask."""
        return {
            name: np.full(mask.shape, self.sigmoid_bias, np.float32)
            for name, mask in model.masks.items()
        }


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    search: MaskSearch = MaskSearch(),  # noqa: B008
    *,
    presets: str | dict | None = None,
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Learns a mask of a network whose weights stay frozen.

    Each weight of a kernel has a logit, and is kept with the sigmoid of it as
    its probability. The recipe's optimizer trains the logits, and nothing else:
    weight_decay, too, acts on them. One mask is drawn for each iteration, and
    in the backward pass the probabilities stand in for it. Biases are not
    masked and stay frozen; statistics of batch normalisation move.

    Results lie in OUTPUT_DIR itself, as of any training: initial holds the
    frozen weights, masks the learned mask, final the weights under it,
    rescaled where they were. logits and thresholded, the masks of logits above
    0, lie beside them. At the end evaluation_samples masks that training never
    drew are evaluated over all validation and test examples, and the
    thresholded one: supermask.json says how they do, and what they keep. The
    first of these samples is the learned mask; nothing is chosen by its
    results.

    To train the weights under the learned mask, and from the frozen ones:
    `train --masks=OUTPUT_DIR/masks --presets=OUTPUT_DIR/initial`, or
    `--presets=OUTPUT_DIR/final` for rescaled ones.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), section 5.
    Expected, there, at the end of 440,000 iterations on MNIST: 95.3 % of test
    images, 98.0 % with dynamic weight rescaling and signed constants.
    Differs: there, an evaluation draws a mask for each batch, and the test set
    serves for validation.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network and training; see Recipe. Its fractions are
            not used.
        search: How the mask is learned; see MaskSearch.
        presets: Folder (or dict) of a network to freeze; what it does not name
            is drawn from init_seed.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, or output_dir holds results made
            with other settings.
        FileNotFoundError: If data or presets cannot be had.
    """
    if recipe.hooks:
        raise ValueError(
            "hooks change how weights are trained, and supermask trains none. "
            f"Received: hooks={','.join(recipe.hooks)}"
        )
    reads = given_networks.folders(presets)
    presets = given_networks.network(presets)
    search = search.resolved(recipe.seed)
    of_run = {
        **recipe.settings(),
        **search.settings(),
        "experiment": "supermask",
        "presets": save_restore.checksum(presets),
    }
    of_all = {**of_run, "evaluation_samples": search.evaluation_samples}
    output = run_settings.Output(
        of_run, save_summaries=save_summaries, quiet=quiet
    )

    def train(dataset, model):
        searched = sampled_masks.search(
            model, search.sampling, search.rescaling, search.mask_seed
        )
        model.reset(presets, seed=recipe.init_seed)
        seed = seeds.derive(recipe.init_seed, "mask_1_action")
        searched.reset(
            search.weights(model, model.weights, seed),
            search.logits(model),
            recipe.init_seed,
        )
        from_recipe.train(recipe, dataset, searched, output_dir, output=output)
        return searched

    def measure(dataset, model, searched):
        found = _evaluated(model, searched, search, dataset, quiet)
        return found, _text(found, model.headline)

    return one_network.measuring(
        recipe,
        plans.Result(output_dir, of_all, RESULT),
        train,
        measure,
        runs=(plans.Run(output_dir, of_run),),
        reads=reads,
        quiet=quiet,
    )


def _evaluated(plain, searched, search, dataset, quiet):
    """Samples and the thresholded mask: loss, accuracy and densities."""
    logits = searched.source.values
    samples = searched.source.samples(search.evaluation_samples)
    thresholded = sampled_masks.threshold(logits)
    collapse.check(
        samples[0],
        searched.effective_masks(samples[0]),
        "warn",
        "the learned mask",
    )
    held_out = [name for name in dataset.splits if name != "train"]
    evaluation = network_evaluation.NetworkEvaluation(
        plain, dataset, tuple(held_out)
    )
    evaluated = [*samples, thresholded]
    found = [
        evaluation.evaluate(searched.effective(each))
        for each in progress.each(evaluated, "masks evaluated", quiet)
    ]
    densities = [
        {
            name: kept / max(total, 1)
            for name, (kept, total) in masks.counts(each).items()
        }
        for each in evaluated
    ]
    return {
        "samples": network_evaluation.in_lists(found[:-1]),
        "sampled_density": {
            name: [each[name] for each in densities[:-1]] for name in samples[0]
        },
        "expected_density": sampled_masks.expected_density(logits),
        "thresholded": {**found[-1], "density": densities[-1]},
        "sizes": {name: each.size for name, each in logits.items()},
    }


def _text(results, headline):
    parts = []
    for split, columns in results["samples"].items():
        values = columns[headline.metric]
        low, high = (headline.number(end(values)) for end in (min, max))
        own = results["thresholded"][split][headline.metric]
        parts.append(
            f"{split} {headline.text(sum(values) / len(values))} ({low} to "
            f"{high}), thresholded {headline.text(own)}"
        )
    return f"{len(values)} masks: {'; '.join(parts)}"
