"""Branches: a finished ticket trained again, with one thing changed."""

import functools

from lottery_ticket.experiments.finished import finished_runs, selections
from lottery_ticket.experiments.settings import level_rules, recipe_changes
from lottery_ticket.experiments.stages import mask_dynamics, one_network
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds, steps

with lazy.imports():
    from lottery_ticket.foundations.networks import pruned_groups


def plan(
    output_dir: str,
    ticket: str,
    changes: recipe_changes.RecipeChanges = recipe_changes.UNCHANGED,
    *,
    selection: str = "ticket",
    mask_1_action: str = "rewind",
    signed_constant: float | None = None,
    start_iteration: str | None = None,
    on_collapse: str = "warn",
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Trains a finished ticket again, with other masks, weights or settings.

    The ticket's run.json says how it was trained, and the branch trains in the
    same way: flags of the recipe are needed only where they change something,
    and data_dir where the ticket needed it. Another optimizer, schedule, model
    or dataset comes with its own settings; another recipe keeps the ticket's
    seeds only. Draws derive from init_seed.

    selection and mask_1_action can be combined: a random mask of the ticket's
    density in each layer, trained from fresh weights, is selection=shuffle with
    mask_1_action=reinit. The ticket's own masks and weights, on another
    dataset, are --dataset alone.

    What the ticket has pruned at once, by its granularity, selections move at
    once: shuffle permutes units, blocks, or the m places of each n:m.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    for reinit and oneshot; Frankle et al. 2021
    (https://arxiv.org/abs/2009.08576) for shuffle; reuse and reuse_sign are the
    2018 library's, signed draws those of Oh, Baik & Lee 2025
    (https://arxiv.org/abs/2504.05357), the other actions those of Zhou et al.
    2019 (https://arxiv.org/abs/1905.01067), sec. 3.

    Args:
        output_dir: Folder of the results.
        ticket: Folder of a finished run with masks, such as
            results/trial1/8/same_init.
        changes: What is other than for the ticket; see RecipeChanges.
        selection: Which weights are kept: ticket (its own masks), shuffle (each
            layer's mask permuted), random_global (as many in all of the layers
            that it prunes, at random) or oneshot (as many in each layer, those
            of largest magnitude in the trained dense network).
        mask_1_action: What kept weights start from: rewind or none (where they
            were in the dense network when the ticket was rewound), reinit (a
            fresh draw), reuse (drawn from the ticket's initial values in their
            layer), reuse_sign (the same, each with the sign it had) or
            signed_draw (a fresh draw, each weight with the sign that the ticket
            ended with; of other masks than its own, that the dense network
            did), signed_draw_initial (with the sign it started with) and
            signed_draw_norms (with the ticket's trained normalisations, too).
            Others are as in lottery_experiment, made of the weights that rewind
            gives, biases and the like included. All but those, the reshuffles
            and mask_init look at the pruned weights of level 0 as well.
        signed_constant: Magnitude that an action of constants gives to every
            weight, in place of each layer's standard deviation.
        start_iteration: Length of training that lies before the branch, such as
            500it. None is the ticket's with rewind or mask_init, and 0it with
            new weights.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output, warn or stop before training.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, the ticket is unfinished, damaged
            or of another network, output_dir holds results made with other
            settings, or a layer collapses that should not.
        FileNotFoundError: If ticket, data, or the dense run that is needed
            cannot be had.
    """
    source = finished_runs.ticket(ticket)
    recipe = recipe_changes.apply(changes, source.settings)
    mask_dynamics.check_granularity(recipe, source.granularity)
    selected = selections.Selected(source, selection, recipe.init_seed)
    own = _own(
        source, selection, mask_1_action, signed_constant, start_iteration
    )
    _check_not_the_same(source, recipe, own)
    action = mask_1.MASK_1_ACTIONS[own["mask_1_action"]]
    others = source.initial.keys() - source.masks.keys()
    mask_1.check_network(own["mask_1_action"], others)
    settings = {
        **recipe.settings(),
        **source.pruned_at_once,
        "experiment": "branch",
        **own,
        "masks": selected.checksum,
        "ticket": source.checksum(*_parts(action)),
    }
    seed = recipe.init_seed
    if not action.puts_back:
        # As reinitialize draws: not the ticket's.
        seed = seeds.derive(seed, "reinitialize")

    @functools.cache
    def presets():
        known = selected.known
        if known is None:
            known = masks_lib.ones(source.masks)
        return _presets(source, known, settings, seed)

    def give_start(_, model):
        finished_runs.check_network(source.directory, source.masks, model.masks)
        groups = pruned_groups.of(
            model,
            str(source.granularity),
            source.pruned_at_once.get("score_pooling"),
        )
        kept, start = selected.masks(groups), presets()
        if selected.known is None or action.draws:
            start = _presets(source, kept, settings, seed, model.draw)
        model.reset(start, kept, seed)
        return groups.facts(kept)

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
        course=run_settings.Course(settings["start_iteration"]),
        finetune=settings["is_finetuned"],
        reads=(ticket,),
        before_data=presets,
    )


def _own(source, selection, mask_1_action, signed_constant, start_iteration):
    """Settings of what a branch changes, and of where its training starts."""
    rules = level_rules.LevelRules(
        mask_1_action=mask_1_action, signed_constant=signed_constant
    )
    action = rules.mask_1_action
    iteration, is_finetuned = source.start_iteration, source.is_finetuned
    if not mask_1.MASK_1_ACTIONS[action].puts_back:
        iteration, is_finetuned = 0, False  # They have no training behind.
    return {
        "selection": selection,
        "mask_1_action": action,
        "signed_constant": rules.signed_constant,
        "start_iteration": steps.text(start_iteration or f"{iteration}it"),
        "is_finetuned": is_finetuned,
    }


def _parts(action):
    """What of a ticket a branch depends on."""
    usual = ("masks", "initial")
    return (*usual, "final") if action.needs == "final" else usual


def _check_not_the_same(source, recipe, own):
    """Raises if nothing would differ from the ticket."""
    start = own["start_iteration"]
    if not steps.parse(start)[1]:  # In epochs, too.
        start = "0it"
    if (
        own["selection"] != "ticket"
        or not mask_1.MASK_1_ACTIONS[own["mask_1_action"]].puts_back
        or start != f"{source.start_iteration}it"
    ):
        return
    changed = set(recipe_changes.changed(recipe, source.settings))
    if not changed - {"fractions", "scope"}:  # Nothing is pruned.
        raise ValueError(
            f"This branch would be {source.directory} once more: give a "
            "selection, a mask_1_action, or another setting of its recipe, "
            "such as --dataset or --lr"
        )


def _presets(source, masks, settings, seed, draw=None):
    """What a branch starts from; None is a fresh draw of all.

    An action that draws gives None as long as there is no function that does:
    all that it reads is there.
    """
    action = mask_1.MASK_1_ACTIONS[settings["mask_1_action"]]
    if action.needs == "nothing":
        return None
    weights = source.initial  # Of which "from_masks" are kept.
    if action.needs in ("kept", "all"):
        needed = masks_lib.ones(masks) if action.needs == "all" else masks
        weights = finished_runs.start(source, needed)
    final = None
    if action.needs == "final":
        final = finished_runs.end(source, masks)
    start = mask_1.Start(
        weights=weights,
        masks=masks,
        dense=weights,
        draw=draw,
        from_masks=source.masks,
        constant=settings["signed_constant"],
        final=final,
    )
    if action.draws and draw is None:
        return None
    made = mask_1.apply(settings["mask_1_action"], start, seed)
    of_kernels = {name: made[name] for name in masks}  # The rest is drawn.
    return of_kernels if action.of_kernels_only else made
