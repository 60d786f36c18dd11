"""Mode connectivity: what lies between two masks of the same weights."""

import functools
import statistics
from typing import Any

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import model_settings, recipes
from lottery_ticket.experiments.stages import from_recipe, one_network
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.values import (
    entries,
    fields,
    interpolation,
    masks,
    names,
    seeds,
)

with lazy.imports():
    from lottery_ticket.foundations.training import (
        network_evaluation,
        norm_statistics,
    )

SPLITS = ("train", "validate", "test")
NORM_STATISTICS = ("interpolated", "recomputed")
RESULT = sealed.ResultFile("mask_connectivity.json")
# Settings in which two searches must agree to be compared.
_SAME = (
    *("dataset", "image_size", "normalization"),
    *("model", *model_settings.OPTIONS, "dtype"),
)


@fields.settings
class MaskPath:
    """The way from one mask to another, and what is evaluated on it."""

    points: int = fields.field(
        101, "Number of points of the way, both ends included.", at_least=2
    )
    way: str = fields.field(
        "probabilistic",
        "How masks change: each entry is the second mask's with a probability "
        "of alpha (probabilistic), or (1 - alpha) * first + alpha * second "
        "(linear).",
        choices=learned_masks.WAYS,
        source=entries.SREENIVASAN,
    )
    draws: int = fields.field(
        1,
        "How often the probabilistic way is gone, each time with one draw for "
        "all its points.",
        at_least=1,
        used_with={"way": ("probabilistic",)},
    )
    round_masks: bool = fields.field(
        False,
        "Whether the linear way's means are rounded to masks: all that differs "
        "then changes at alpha = .5, where a weight stays that both keep.",
        used_with={"way": ("linear",)},
    )
    norm_statistics: str = fields.field(
        "interpolated",
        "Statistics of batch normalisations, interpolated between those that "
        "the two searches ended with, or recomputed over training examples at "
        "every point, ends included.",
        choices=NORM_STATISTICS,
    )
    splits: tuple[str, ...] | None = fields.left_open(
        "Which of train, validate and test to evaluate; None takes all that "
        "there are.",
        choices=SPLITS,
    )
    draw_seed: recipes.Filled[int] = fields.left_open(
        "Seed of the draws; None derives it from the first search's seed.",
        at_least=0,
        used_with={"way": ("probabilistic",)},
    )

    def __attrs_post_init__(self):
        """Puts splits in order; raises if a setting has no effect."""
        given = self.splits or ()
        ordered = tuple(each for each in SPLITS if each in given)
        fields.put(self, splits=ordered or None)
        fields.check_uses(self)

    @property
    def alphas(self) -> list[float]:
        """Places on the way, from 0 to 1."""
        return interpolation.positions(self.points)

    def resolved(self, seed: int) -> "MaskPath":
        """Returns the same, its draw_seed derived from a seed."""
        if self.way == "linear":
            return self
        drawn = seeds.derive(seed, "mask_connectivity")
        return fields.filled(self, {"draw_seed": drawn})

    def between(self, first: dict, second: dict) -> list:
        """Returns functions (alpha) -> masks, one a draw; 0 is the first."""
        if self.way == "linear":
            rounded = self.round_masks
            return [
                functools.partial(
                    learned_masks.mixed, first, second, is_rounded=rounded
                )
            ]
        return [
            functools.partial(
                learned_masks.sampled,
                first,
                second,
                seed=seeds.derive(self.draw_seed, "draw", draw),
            )
            for draw in range(self.draws)
        ]


def plan(
    output_dir: str,
    first: str,
    second: str,
    path: MaskPath = MaskPath(),  # noqa: B008  Frozen.
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
    pair = _pair(first, second, data_dir)
    path = path.resolved(pair[0].recipe.seed)
    settings = {
        **pair[0].recipe.settings(),
        **fields.as_dict(path),
        "experiment": "mask_connectivity",
        "first": pair[0].checksum("masks", "final"),
        "second": pair[1].checksum("masks", "final"),
    }

    def prepare(dataset, model):
        _check_examples(pair, dataset, path.splits)
        start = pair[0]
        finished_runs.check_network(
            start.directory, start.final, model.variables
        )

    def measure(dataset, model, _):
        sums = learned_masks.distances(*(each.masks for each in pair))
        found = {
            "alpha": path.alphas,
            **_evaluated(pair, path, model, dataset, quiet),
            "hamming": {
                "all": learned_masks.mean(sums),
                "layers": {n: [int(s), size] for n, (s, size) in sums.items()},
            },
            "masks": [masks.counts(each.masks) for each in pair],
            "dataset": dataset.checksum,
        }
        return found, _text(found, model.headline)

    return one_network.measuring(
        pair[0].recipe,
        plans.Result(output_dir, settings, RESULT),
        prepare,
        measure,
        reads=tuple(run.directory for run in pair),
        quiet=quiet,
    )


def _pair(first, second, data_dir):
    """Two finished searches that differ in their masks alone."""
    pair = [finished_runs.search(each, data_dir) for each in (first, second)]
    folders = " and ".join(run.directory for run in pair)
    values = [
        {"rescaling": run.rescaling}
        | {name: getattr(run.recipe, name) for name in _SAME}
        for run in pair
    ]
    for name in values[0]:
        there, here = (each[name] for each in values)
        if there != here:
            raise ValueError(
                "Expected two searches of one network on one dataset. "
                f"Received: {folders}, whose {name} are {there!r} and {here!r}"
            )
    one, other = (run.initial for run in pair)
    differing = [
        name
        for name in {**one, **other}
        if name not in one
        or name not in other
        or not np.array_equal(one[name], other[name])
    ]
    if differing:
        raise ValueError(
            f"{folders} have masks of other weights: {', '.join(differing)} "
            "differ. Both searches need the same init_seed (and the same "
            "presets)"
        )
    return pair


def _check_examples(pair, dataset, splits):
    """Raises unless both searches had the same examples in some splits."""
    facts = []
    others = from_recipe.dataset(pair[1].recipe)
    for run, own in zip(pair, (dataset, others), strict=True):
        run.check_data(own)
        facts.append({n: each.checksum for n, each in own.splits.items()})
    for split in splits or ():
        names.check("split", split, dataset.splits)
    wanted = splits or dict.fromkeys(split for each in facts for split in each)
    differing = [
        split for split in wanted if facts[0].get(split) != facts[1].get(split)
    ]
    if differing:
        raise ValueError(
            f"{pair[0].directory} and {pair[1].directory} had other examples "
            f"in {', '.join(differing)}: search both with one split_seed, or "
            "evaluate the other splits alone, such as splits=test"
        )


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
        distances = learned_masks.distances(first.masks, mixed)
        kept = {name: (each.sum(), each.size) for name, each in mixed.items()}
        found.append(
            {
                "distance": learned_masks.mean(distances),
                "density": learned_masks.mean(kept),
                **evaluation.evaluate(),
            }
        )
    columns = _columns(found, len(ways))
    return {
        "distance": columns.pop("distance"),
        "density": columns.pop("density"),
        "splits": columns,
        "barriers": {
            name: _barrier(each, model.headline)
            for name, each in columns.items()
        },
        "norm_examples": norms.examples if norms else 0,
    }


def _network(pair, mixed, alpha):
    """What the network computes with; statistics lie between the two's."""
    first, second = pair
    others = set(first.final) - set(mixed)
    between = interpolation.between(first.final, second.final, alpha, others)
    kernels = {name: first.initial[name] for name in mixed}
    return {
        **between,
        **learned_masks.effective(kernels, mixed, first.rescaling),
    }


def _columns(found, draws) -> Any:
    """Rows of dicts as a dict of columns, of all draws at each point."""
    if not isinstance(found[0], dict):
        return [found[i : i + draws] for i in range(0, len(found), draws)]
    return {
        name: _columns([row[name] for row in found], draws) for name in found[0]
    }


def _barrier(columns, headline):
    """Of the mean error over the draws."""
    errors = [
        headline.error(statistics.fmean(each))
        for each in columns[headline.metric]
    ]
    return interpolation.barrier(errors)


def _text(record, headline):
    barriers = ", ".join(
        f"{name} {headline.number(barrier)}"
        for name, barrier in record["barriers"].items()
    )
    distance = record["hamming"]["all"]
    unit = headline.barrier_unit
    return f"Hamming distance {distance:.4f}; barrier in {unit}: {barriers}"
