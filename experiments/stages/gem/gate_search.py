"""The search by gates: Gaussian ones, and hard concrete ones (L0)."""

from lottery_ticket.experiments.stages.gem import gem_weights, measures
from lottery_ticket.foundations.learned_masks import gates
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.values import seeds, steps

with lazy.imports():
    from lottery_ticket.foundations.learned_masks import gated_masks
    from lottery_ticket.foundations.training import network_evaluation


def search(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns the mask of the gates that stay open, and the weights as drawn.

    Raises ValueError if none does.
    """
    per_epoch = dataset.train.iterations_per_epoch
    length = steps.iterations(gem.recipe.training_len, per_epoch)
    gate = gem.search.algorithm.gate
    gated = gated_masks.search(
        model, gate, gem.search.gate_penalty, per_epoch, gem.search.mask_seed
    )
    shapes = {name: mask.shape for name, mask in model.masks.items()}
    start = gates.draw(
        gates.GATES[gate], shapes, seeds.derive(gem.search.mask_seed, "scores")
    )
    gated.reset(weights, start, gem.recipe.init_seed)
    ends = {*range(per_epoch, length + 1, per_epoch), length}
    gem.train_search(dataset, gated, ends)
    masks = save_restore.restore_network(paths.masks(gem.search_directory))
    return gem_weights.Ticket(
        {name: masks[name] for name in model.masks},
        weights,
        {
            **_evaluated(dataset, model, gated),
            **gem.last_event("expected_density", "fractional_share"),
        },
    )


def _evaluated(dataset, model, gated):
    """Results with fractions for masks, and under the mask itself."""
    evaluation, weights = measures.evaluation(model, dataset), gated.weights
    fractional = {
        name: weights[name] * each
        for name, each in gated.source.fractions.items()
    }
    binary = evaluation.evaluate(gated.effective(gated.source.kept))
    return {
        "before_rounding": evaluation.evaluate({**weights, **fractional}),
        "samples": network_evaluation.in_lists([binary]),
    }
