"""Branches: a finished ticket trained again, with one thing changed."""

import functools

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import level_rules, recipe_changes
from lottery_ticket.experiments.stages import mask_dynamics, one_network
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import plans, save_restore
from lottery_ticket.foundations.selection import (
    doubts,
    granularity,
    pruning,
    quotas,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import names, seeds, steps

with lazy.imports():
    from lottery_ticket.foundations.networks import pruned_groups

Masks = dict[str, np.ndarray]


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
    own = _own(
        source, selection, mask_1_action, signed_constant, start_iteration
    )
    _check_not_the_same(source, recipe, own)
    action = mask_1.MASK_1_ACTIONS[own["mask_1_action"]]
    others = source.initial.keys() - source.masks.keys()
    mask_1.check_network(own["mask_1_action"], others)
    if selection != "ticket":
        _check_pruned(source, selection)
    drawn = seeds.derive(recipe.init_seed, selection)

    def select(groups):
        return SELECTIONS[selection](source, drawn, groups)

    # Of groups, they are drawn once the network is known.
    of_weights = (
        selection == "ticket" or source.granularity == granularity.WEIGHT
    )
    masks = functools.cache(
        lambda: select(granularity.WEIGHTS) if of_weights else None
    )
    checksum = functools.cache(lambda: _checksum(masks(), source))
    settings = {
        **recipe.settings(),
        **source.pruned_at_once,
        "experiment": "branch",
        **own,
        "masks": checksum if selection in DRAWN else checksum(),
        "ticket": source.checksum(*_parts(action)),
    }
    seed = recipe.init_seed
    if not action.puts_back:
        # As reinitialize draws: not the ticket's.
        seed = seeds.derive(seed, "reinitialize")

    @functools.cache
    def presets():
        known = masks()
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
        kept, start = masks(), presets()
        if kept is None or action.draws:
            kept = select(groups) if kept is None else kept
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


def same(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns the ticket's own masks; nothing is drawn."""
    del seed, groups
    return ticket.masks


def shuffle(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns each layer's mask permuted: as many weights, at random.

    Or as many groups; see `Groups.shuffled`.
    """
    _check_pruned(ticket, "shuffle")
    return groups.shuffled(ticket.masks, seed)


def random_global(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns masks that keep as many weights of all layers, at random.

    Or groups. Layers that the ticket leaves whole stay so; the others come out
    about equally dense.
    """
    _check_pruned(ticket, "random_global")
    rng = np.random.default_rng(seed)
    kept = groups.masks(ticket.masks)
    compared = _pruned_layers(kept)
    scores = {name: rng.random(kept[name].shape) for name in compared}
    return _cut(ticket, [compared], scores, groups)


def oneshot(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns masks of the dense network's largest weights after training.

    Each layer keeps as many as the ticket; if the ticket's recipe compares all
    layers with each other, those that it prunes do so together. Groups go by
    their pooled magnitudes. Nothing is drawn.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Raises:
        FileNotFoundError, ValueError: As `finished_runs.dense_final`.
    """
    del seed
    _check_pruned(ticket, "oneshot")
    final = finished_runs.dense_final(ticket)
    scores = {name: np.abs(final[name]) for name in ticket.masks}
    whole, kept = masks_lib.ones(ticket.masks), groups.masks(ticket.masks)
    if groups.granularity.is_n_of_m:
        layers = _pruned_layers(kept)
        return pruning.keep_n_of_m(layers, whole, scores, groups)
    compared = [(name,) for name in kept]
    if ticket.settings.get("scope") == "global":
        compared = [_pruned_layers(kept)]
    return _cut(ticket, compared, groups.pooled(whole, scores), groups)


# Which weights a branch keeps. Those that draw or score raise a ValueError if
# the ticket keeps all weights.
SELECTIONS = {
    "ticket": same,
    "shuffle": shuffle,
    "random_global": random_global,
    "oneshot": oneshot,
}
DRAWN = ("shuffle", "random_global")


def _check_pruned(ticket, selection):
    """Raises unless a selection has something to select, and may."""
    if selection == "random_global" and ticket.granularity.is_n_of_m:
        raise ValueError(
            f"random_global is for tickets of weights, units or blocks: n:m "
            f"keeps n of each m. Received: {ticket.directory}, of "
            f"{ticket.granularity}. Use shuffle"
        )
    if not ticket.is_pruned:
        raise ValueError(
            f"selection={selection} is for tickets that are pruned. Received: "
            f"{ticket.directory}, which keeps all weights"
        )


def _pruned_layers(masks):
    return tuple(name for name, mask in masks.items() if not mask.all())


def _cut(ticket, compared, scores, groups):
    """Masks of as many groups of some layers together as the ticket keeps.

    Of those that score the same the earlier go; if they are most, that is
    warned of. Scores are of groups.
    """
    own = groups.masks(ticket.masks)
    kept = [
        quotas.Quota(layers, sum(int(own[n].sum()) for n in layers))
        for layers in compared
    ]
    whole = masks_lib.ones(own)
    masks = pruning.prune_by_scores(kept, whole, scores)
    noun = groups.granularity.noun
    ties = doubts.Chance("one-shot", whole, doubts.PLACE, noun)
    ties.add(kept, whole, masks, scores)
    ties.say(masks)
    whole = masks_lib.ones(ticket.masks)
    return groups.follow(groups.spread(whole, masks))


def _own(source, selection, mask_1_action, signed_constant, start_iteration):
    """Settings of what a branch changes, and of where its training starts."""
    names.check("selection", selection, SELECTIONS)
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


def _checksum(masks, source):
    """Of masks; a ticket's own are not read again for each branch.

    Those that are not known yet follow from the other settings.
    """
    if masks is None:
        return None
    if masks is source.masks:
        return source.checksum("masks")
    return save_restore.checksum(masks)


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
