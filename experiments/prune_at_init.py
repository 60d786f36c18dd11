"""Pruning at initialisation: score, prune to a density, train."""

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.settings import scoring as scoring_lib
from lottery_ticket.experiments.stages import mask_dynamics, one_network
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.records import plans, save_restore
from lottery_ticket.foundations.selection import (
    doubts,
    granularity,
    layer_densities,
    layer_shares,
    quotas,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import fields, seeds
from lottery_ticket.foundations.values import masks as masks_lib

with lazy.imports():
    from lottery_ticket.foundations import model_base
    from lottery_ticket.foundations.networks import pruned_groups


@fields.settings
class Target:
    """How much is kept, in which layers, and what is done to it then."""

    density: float | None = fields.left_open(
        "Part of all maskable weights that is kept.", above=0, at_most=1
    )
    allocation: str = fields.field(
        "global",
        "How layers share the density: compared with each other (global), "
        "alike (uniform), so that small ones stay denser (erk, "
        "Erdos-Renyi-Kernel), as many weights in each (balanced), or by a "
        "factor from layer to layer (pyramid).",
        choices=layer_densities.ALLOCATIONS,
    )
    layer_densities: dict[str, float] | None = fields.left_open(
        "Density of each layer or pattern of layers, such as "
        "conv*=.1,dense*=.05, in place of density and allocation; layers that "
        "are not named stay whole.",
        at_least=0,
        at_most=1,
    )
    shuffle: bool = fields.field(
        False, "Sanity check: whether each layer's mask is permuted."
    )
    reinitialize: bool = fields.field(
        False,
        "Sanity check: whether training starts from a fresh draw, not from the "
        "weights that were scored.",
    )

    def __attrs_post_init__(self):
        """Raises a ValueError unless an allocation has a density."""
        if self.density is None and self.allocation != "global":
            raise ValueError(
                "layer_densities need no allocation. Received: "
                f"allocation={self.allocation}"
            )

    def check(self, chosen: granularity.Granularity) -> None:
        """Raises a ValueError unless there is one kind of density.

        That is, none beside n:m, which is one.
        """
        given = [self.density, self.layer_densities]
        if chosen.is_n_of_m and given != [None, None]:
            raise ValueError(
                f"granularity={chosen} says itself how many weights stay. Give "
                f"no density and no layer_densities. Received: {self.density} "
                f"and {self.layer_densities}"
            )
        if not chosen.is_n_of_m and given.count(None) != 1:
            raise ValueError(
                "Give density, such as .05, or layer_densities, such as "
                f"'conv*=.1,dense*=.05'. Received: {self.density} and "
                f"{self.layer_densities}"
            )

    def kept(
        self,
        masks: dict,
        model: "model_base.ModelBase",
        groups: granularity.Groups = granularity.WEIGHTS,
    ) -> list[quotas.Quota]:
        """Returns how many weights layers keep.

        Args:
            masks: Dict, layer name -> mask that keeps everything; of groups
                where those are pruned, which are counted then.
            model: ModelBase of these layers.
            groups: What is pruned at once.

        Raises:
            ValueError: If a density is of no layer, or all of layers that stay
                whole.
        """
        chosen = groups.granularity
        if chosen.is_n_of_m:
            return quotas.of_each(masks, *chosen.size, masks)
        if self.density is not None:
            shapes = {name: mask.shape for name, mask in model.masks.items()}
            return layer_densities.allocate(
                self.allocation,
                self.density,
                masks,
                shapes if chosen.is_grouped else None,
            )
        return quotas.of_densities(self.by_layer(model, groups), masks)

    def by_layer(
        self,
        model: "model_base.ModelBase",
        groups: granularity.Groups = granularity.WEIGHTS,
    ) -> dict[str, float]:
        """Returns layer_densities by the layers' names in masks of groups."""
        named = model.layer_names.shares(
            "layer in densities", self.layer_densities or {}
        )
        return groups.losing("density", named, model.masks)


def plan(
    output_dir: str,
    target: Target,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    scoring: scoring_lib.Scoring = scoring_lib.Scoring(),  # noqa: B008
    *,
    presets: str | dict | None = None,
    on_collapse: str = "warn",
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Prunes a network before it is trained, then trains it.

    Scores the weights as they are drawn, keeps those of the highest scores, and
    trains what is left from there. Batch normalisation is in inference mode
    while scores are taken. Results lie in OUTPUT_DIR itself.

    Source: SNIP, Lee et al. 2019 (https://arxiv.org/abs/1810.02340); GraSP,
    Wang et al. 2020 (https://arxiv.org/abs/2002.07376); SynFlow, Tanaka et al.
    2020 (https://arxiv.org/abs/2006.05467). Sanity checks (shuffle,
    reinitialize, invert_scores): Frankle et al. 2021
    (https://arxiv.org/abs/2009.08576).

    Args:
        output_dir: Folder of the results.
        target: How much is kept; see Target.
        recipe: Dataset, network and training; see Recipe. Its fractions and
            scope are not used.
        scoring: Which weights go first; see Scoring.
        presets: Folder (or dict) of a network to score and to start from; what
            it does not name is drawn from init_seed.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output, warn or stop before training.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, output_dir holds results made
            with other settings, or a layer collapses that should not.
        FileNotFoundError: If data or presets cannot be had.
        FloatingPointError: If a score is not finite.
    """
    reads = given_networks.folders(presets)
    presets = given_networks.network(presets)
    scoring = _resolved(scoring, recipe)
    target.check(scoring.pruned_at_once)
    mask_dynamics.check_granularity(recipe, scoring.pruned_at_once)
    settings = {
        **recipe.settings(),
        **scoring.settings(),
        **fields.as_dict(target),
        "experiment": "prune_at_init",
        "presets": save_restore.checksum(presets),
    }

    def give_start(dataset, model):
        model.reset(presets=presets, seed=recipe.init_seed)
        weights, full = model.weights, masks_lib.ones(model.masks)
        groups = pruned_groups.of(
            model, scoring.granularity, scoring.score_pooling
        )
        for note in groups.notes:
            progress.say(note, quiet)
        masks = scoring_lib.prune(
            scoring,
            target.kept(groups.masks(full), model, groups),
            full,
            model,
            dataset,
            initial=weights,
            quiet=quiet,
            groups=groups,
        )
        _say_reached(target, groups, masks, model, quiet)
        if target.shuffle:
            seed = seeds.derive(recipe.init_seed, "shuffle")
            masks = groups.shuffled(masks, seed)
        if target.reinitialize:
            weights = model.draw(seeds.derive(recipe.init_seed, "reinitialize"))
        model.reset(weights, masks, recipe.init_seed)
        return groups.facts(masks)

    return one_network.training(
        recipe,
        output_dir,
        give_start,
        run_settings.Output(
            settings,
            save_summaries=save_summaries,
            on_collapse=on_collapse,
            quiet=quiet,
        ),
        reads=reads,
    )


def _resolved(scoring, recipe):
    name = scoring.criterion
    if name and criteria.CRITERIA[name].needs_training:
        raise ValueError(
            f"Criterion {name!r} is of trained weights: at "
            "initialisation there are none. Use large_init"
        )
    if scoring.score_at == "final":
        raise ValueError(
            "score_at=final is of trained weights: at initialisation there are "
            "none. Leave it out"
        )
    return scoring.resolved("synflow", recipe.seed)


def _say_reached(target, groups, masks, model, quiet):
    counted, once = groups.masks(masks), groups.granularity
    if target.density is not None:
        doubts.say_density(
            target.density, counted, "all layers", quiet, once.noun
        )
    named = target.by_layer(model, groups)
    densities = layer_shares.expand("density", named, counted)
    for layer, density in densities.items():
        own = {layer: counted[layer]}
        doubts.say_density(density, own, layer, quiet, once.noun)
    if once.is_grouped:
        progress.say(f"all layers: {groups.counted(masks)}", quiet)
