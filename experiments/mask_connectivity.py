"""Mode connectivity: what lies between two masks of the same weights."""

import statistics

from lottery_ticket.experiments import from_recipe, mask_path, search_pairs
from lottery_ticket.foundations import (
    interpolation,
    lazy,
    lock,
    masks,
    plans,
    progress,
    result_file,
)
from lottery_ticket.foundations.supermasks import learned_masks, mask_lines

network_evaluation = lazy.module(
    "lottery_ticket.foundations.training.network_evaluation"
)
norm_statistics = lazy.module(
    "lottery_ticket.foundations.training.norm_statistics"
)
RESULT = result_file.ResultFile("mask_connectivity.json")


def plan(
    output_dir: str,
    first: str,
    second: str,
    path: mask_path.MaskPath = mask_path.MaskPath(),  # noqa: B008  Frozen.
    *,
    data_dir: str | None = None,
    quiet: bool = False,
) -> plans.Plan:
    """Evaluates what lies between the masks of two finished searches.

    Both masks are of the same frozen weights: those of two methods with one
    init_seed, or of one with two values of mask_seed. At evenly spaced points
    of a way from the first mask to the second, loss and accuracy are taken over
    all examples of each split, none of them augmented, and written to
    OUTPUT_DIR/mask_connectivity.json, with the Hamming distance of the two
    masks: the share of weights that one of them keeps and the other prunes, of
    all and of each layer. The ends are the two searches' own networks.

    Both searches must have had the same examples in the splits that are
    evaluated: the same split_seed, unless that is the test set alone.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity in the released code.
    Differs: there, statistics of batch normalisations are those of one network
    throughout, and the loss is that of one training batch.

    Args:
        output_dir: Folder of the results, such as
            results/trial1/1/mask_connectivity.
        first: Folder of a finished gem_miner or supermask.
        second: Folder of another one, with the same frozen weights.
        path: How the way is gone; see MaskPath.
        data_dir: Folder of the searches' data, where they needed one.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, a search is unfinished or
            damaged, the two are of other networks, weights or data, or
            output_dir holds something else.
        FileNotFoundError: If a search or data cannot be had.
    """
    pair = search_pairs.read(first, second, data_dir)
    path = path.resolved(pair[0].recipe.seed)
    result = plans.Result(output_dir, _settings(pair, path), RESULT)

    def work():
        dataset = search_pairs.dataset(pair, path.splits)
        model = from_recipe.model(pair[0].recipe, dataset, quiet)
        pair[0].check_network(model)
        with lock.hold(output_dir):
            found = {
                "alpha": path.alphas,
                **_evaluated(pair, path, model, dataset, quiet),
                **_facts(pair),
                "dataset": dataset.checksum,
            }
            result.write(found)
        progress.say(f"{output_dir}: {_text(found)}", quiet)

    return plans.Plan(output_dir, (result,), work, (first, second), quiet)


def _settings(pair, path):
    first, second = pair
    return {
        **first.recipe.settings(),
        **path.settings(),
        "experiment": "mask_connectivity",
        "first": first.checksum,
        "second": second.checksum,
    }


def _evaluated(pair, path, model, dataset, quiet):
    """Of each split and point a list, with an entry for each draw."""
    first, second = pair
    evaluation = network_evaluation.NetworkEvaluation(
        model, dataset, path.splits
    )
    norms = None
    if path.norm_statistics == "recomputed":
        norms = norm_statistics.NormStatistics(
            model, dataset, evaluation.tensors.get("train")
        )
    ways = path.between(first.masks, second.masks)
    found = []
    points = [(alpha, masks_at) for alpha in path.alphas for masks_at in ways]
    for alpha, masks_at in progress.each(points, "points of the way", quiet):
        mixed = masks_at(alpha=alpha)
        model.reset(_network(pair, mixed, alpha))
        if norms:
            norms.recompute()
        # Beside the splits: how far from the first mask, and what is kept.
        found.append({**_place(first.masks, mixed), **evaluation.evaluate()})
    columns = _columns(found, len(ways))
    return {
        "distance": columns.pop("distance"),
        "density": columns.pop("density"),
        "splits": columns,
        "barriers": {name: _barrier(each) for name, each in columns.items()},
        "norm_examples": norms.examples if norms else 0,
    }


def _network(pair, mixed, alpha):
    """What the network computes with; statistics lie between the two's."""
    first, second = pair
    others = set(first.final) - set(mixed)
    between = interpolation.between(first.final, second.final, alpha, others)
    kernels = {name: first.frozen[name] for name in mixed}
    return {
        **between,
        **learned_masks.effective(kernels, mixed, first.rescaling),
    }


def _place(start, mixed):
    sums = {name: (each.sum(), each.size) for name, each in mixed.items()}
    return {
        "distance": mask_lines.mean(mask_lines.distances(start, mixed)),
        "density": mask_lines.mean(sums),
    }


def _columns(found, draws):
    """Rows of dicts as a dict of columns, of all draws at each point."""
    if not isinstance(found[0], dict):
        return [found[i : i + draws] for i in range(0, len(found), draws)]
    return {
        name: _columns([row[name] for row in found], draws) for name in found[0]
    }


def _barrier(columns):
    """Of the mean error over the draws."""
    errors = [1 - statistics.fmean(each) for each in columns["accuracy"]]
    return interpolation.barrier(errors)


def _facts(pair):
    """How far the two masks are from each other, and what they keep."""
    sums = mask_lines.distances(*(each.masks for each in pair))
    return {
        "hamming": {
            "all": mask_lines.mean(sums),
            "layers": {n: [int(s), size] for n, (s, size) in sums.items()},
        },
        "masks": [masks.counts(each.masks) for each in pair],
    }


def _text(record):
    barriers = ", ".join(
        f"{name} {100 * barrier:.2f}"
        for name, barrier in record["barriers"].items()
    )
    distance = record["hamming"]["all"]
    return f"Hamming distance {distance:.4f}; barrier in points: {barriers}"
