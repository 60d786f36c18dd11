"""Gem-Miner and its relatives: sparse networks at initialisation."""

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.experiments.stages import mask_dynamics, one_network
from lottery_ticket.experiments.stages.gem import (
    concrete_flags,
    gem_search,
    gem_stages,
)
from lottery_ticket.experiments.stages.gem import gem_run as gem_lib
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.selection import quotas
from lottery_ticket.foundations.values import masks

RESULT = sealed.ResultFile("gem.json")


def plan(
    output_dir: str,
    recipe: recipes.Recipe,
    search: gem_search.GemSearch,
    tuning: fine_tuning.FineTuning = fine_tuning.FineTuning(),  # noqa: B008
    checks: gem_stages.SanityChecks = gem_stages.SanityChecks(),  # noqa: B008
    concrete: concrete_flags.ConcreteSearch = concrete_flags.ConcreteSearch(),  # noqa: B008
    *,
    presets: str | dict | None = None,
    save_iterations: tuple[str, ...] = (),
    on_collapse: str = "warn",
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Finds a sparse network in the weights as drawn, and trains it.

    The stages are a search for a mask, the fine-tuning of the weights as they
    were before the search, under that mask and with the search's statistics of
    batch normalisations, and the sanity checks that are asked for. Each is a
    training of its own, which goes on where it was stopped.

    Results lie in OUTPUT_DIR: the fine-tuned network itself, as of any
    training; the search in search, whose initial holds the weights that stood
    still, masks the final mask, scores and flags what it came from (of imp, the
    levels of a lottery experiment; sr, random and wt have none); weight_reinit,
    mask_shuffle and score_inversion, the checks. With signed, whose
    masks say what is kept and not its sign, search/initial has the signs as
    drawn; search/final, and initial, which fine-tuning starts from, have those
    found. gem.json, written last, says what each stage reached, and what each
    layer keeps. To add checks or fine-tuning, or change evaluation_samples,
    remove gem.json, nothing else, and run the same command with them: what is
    there is not trained again.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    authors' code. Expected there, ResNet-20 on CIFAR-10 after fine-tuning: at a
    density of .0059 edge-popup 24.47 %, global edge-popup 34.42 %, gradual
    63.54 %, and with L2 63.72 %, Gem-Miner 66.15 %, before it 45.30 %.
    Differs: what is maskable is that of the network, the same for all algos;
    validation images are not augmented; with affine batch normalisation, beta
    is trained in fine-tuning.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network, and training of the search; see Recipe. Its
            fractions are not used. wt and the weights of concrete are trained
            by it, sr and random search nothing. Gates want an optimizer that
            rescales gradients, such as Adam.
        search: How the mask is found; see GemSearch.
        tuning: How the network found is trained; see FineTuning.
        checks: What it is compared with; see SanityChecks.
        concrete: How soft masks are trained; see ConcreteSearch.
        presets: Folder (or dict) of a network whose weights these are; what it
            does not name is drawn from init_seed.
        save_iterations: Of wt, lengths such as 1ep,5ep after which its weights
            are saved too, in OUTPUT_DIR/iteration{i}, as presets of a warm
            Gem-Miner, with drop_bottom_half; every:5ep is after each 5 epochs.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output, warn or stop before fine-tuning.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, output_dir holds results made
            with other settings or by another experiment, the search keeps
            nothing, or a layer collapses that should not.
        FileNotFoundError: If data or presets cannot be had.
        FloatingPointError: If a loss becomes NaN or infinite.
    """
    reads = given_networks.folders(presets)
    presets = given_networks.network(presets)
    mask_dynamics.check_off(recipe, "gem_miner trains the mask that it finds")
    gem = gem_lib.Gem(
        output_dir,
        recipe,
        search.resolved(recipe.seed),
        tuning,
        checks,
        presets,
        on_collapse,
        save_summaries,
        quiet,
        save_iterations=save_iterations,
        concrete=concrete,
    )
    runs = tuple(plans.Run(*run) for run in gem_stages.runs(gem))
    result = plans.Result(output_dir, gem.settings(), RESULT)

    def train(dataset, model):
        gem.check_free()
        return gem_stages.run(gem, dataset, model)

    def measure(dataset, model, found):
        record = {
            "counts": masks.counts(found["masks"]),
            "stages": found["stages"],
            "num_classes": dataset.num_classes,
        }
        return record, _text(gem, found, model.headline)

    return one_network.measuring(
        recipe, result, train, measure, runs=runs, reads=reads, quiet=quiet
    )


def _text(gem, found, headline):
    """Density and accuracies in one line."""
    finetuned, mask = found["stages"]["finetuned"], found["masks"]
    asked = gem.search.density or masks.density(mask)
    parts = [quotas.reached(asked, mask)]
    for when in ("before", "after"):
        reached = ", ".join(
            f"{split} {headline.text(each[headline.metric])}"
            for split, each in finetuned.get(when, {}).items()
        )
        parts += [f"{when} training {reached}"] if reached else []
    return "; ".join(parts)
