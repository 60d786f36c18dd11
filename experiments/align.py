"""Alignment: the masks of a ticket, permuted to fit another draw of weights."""

import functools

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe, one_network
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.records import (
    paths,
    plans,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.values import (
    entries,
    fields,
    interpolation,
    masks,
    seeds,
)

with lazy.imports():
    from lottery_ticket.foundations.alignment import (
        activation_matching,
        equivalence,
        groups,
        permutations,
        weight_matching,
    )
    from lottery_ticket.foundations.training import batches, line_evaluation

RESULT = sealed.ResultFile(run_record.ALIGNMENT)
PERMUTATIONS_FOLDER = run_record.PERMUTATIONS
MATCHINGS = ("activations", "weights", "random")
CHECKED_EXAMPLES = 100  # On which the permuted network is tried.
# Settings in which draws must agree to be of one network.
_SAME = (*from_recipe.OF_NETWORKS, "normalization")


@fields.settings
class Matching:
    """How units of one network are matched to those of another."""

    matching: str = fields.field(
        "activations",
        "What units are matched by: how their activations correlate "
        "(activations), inner products of their kernels (weights), or nothing "
        "(random), which is a control.",
        choices=MATCHINGS,
        source=entries.ADNAN,
    )
    examples: int | None = fields.left_open(
        "Training examples that correlations are taken over; None takes all.",
        at_least=2,
    )
    points: int = fields.field(
        11,
        "Points of the line between both networks on which barriers are "
        "measured, ends included.",
        at_least=2,
    )
    matching_seed: recipes.Filled[int] = fields.left_open(
        "Seed of random permutations, and of the order in which weights are "
        "matched; None derives it from the first run's seed.",
        at_least=0,
        used_with={"matching": ("weights", "random")},
    )

    def __attrs_post_init__(self):
        """Raises if a setting has no effect."""
        fields.check_uses(self)

    def resolved(self, seed: int) -> "Matching":
        """Returns the same, its matching_seed derived from a seed."""
        if self.matching == "activations":
            return self
        drawn = seeds.derive(seed, "align")
        return fields.filled(self, {"matching_seed": drawn})


def plan(
    output_dir: str,
    first: str,
    second: str,
    ticket: str,
    matching: Matching = Matching(),  # noqa: B008  Frozen.
    *,
    second_ticket: str | None = None,
    data_dir: str | None = None,
    quiet: bool = False,
) -> plans.Plan:
    """Permutes the masks of a ticket, so that they fit another draw of weights.

    Two dense runs from different draws end as networks whose hidden units do
    alike things at different places. Here the first one's units are matched to
    the second's, and the ticket's masks, found from the first draw, are
    permuted like them: OUTPUT_DIR/masks. Train the second draw under them:

        lottery-ticket train --masks=OUTPUT_DIR/masks \\
            --presets=SECOND/iteration500 --start_iteration=500it ...

    OUTPUT_DIR/permutations has p of each group of units, the new unit j being
    the old unit p[j]; OUTPUT_DIR/alignment.json says how well units match: the
    mean correlation of matched units, before (each with that at its place) and
    after; barriers on the straight line between the second network and the
    first, before and after, statistics of batch normalisations taken anew; and
    how much masks overlap, if the second has a ticket, too.

    Which units can be permuted is proven from the network's graph: fc, conv*,
    vgg*, resnet* and what is built of such layers. Others are refused.

    Source: Adnan et al. 2025 (https://arxiv.org/abs/2505.05143). Expected, for
    ResNet-20 of 4 times the width on CIFAR-10 at a density of 5 %, rewound to
    epoch 25: 95.3 % for the ticket, 94.5 % permuted, 93.7 % as it is; at
    initialisation no gain.
    Differs: there the first network is permuted layer by layer, from the input
    on; here all groups are matched at once, which finds the same.

    Args:
        output_dir: Folder of the results, such as
            results/trial1/8/align_trial2.
        first: Folder of the finished dense run that the ticket was pruned from,
            such as results/trial1/0/same_init.
        second: Folder of another, from another draw of the same network.
        ticket: Folder of a finished run whose masks are permuted, such as
            results/trial1/8/same_init, or a ticket's file.
        matching: How units are matched; see Matching.
        second_ticket: Folder of a ticket of the second draw, with whose masks
            overlaps are measured.
        data_dir: Folder of the runs' data, where they needed one.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, a run is unfinished, damaged, not
            dense or of another network, units of a layer are not known to be
            free to change places, or output_dir holds something else.
        FileNotFoundError: If a run or data cannot be had.
    """
    runs = _runs(first, second, ticket, second_ticket, data_dir)
    recipe = runs["first"].recipe
    matching = matching.resolved(recipe.seed)
    settings = {
        **recipe.settings(),
        **fields.as_dict(matching),
        "experiment": "align",
        "first": runs["first"].checksum("final"),
        "second": runs["second"].checksum("final"),
        **{
            name: runs[name].checksum("masks")
            for name in ("ticket", "second_ticket")
            if name in runs
        },
    }

    def prepare(dataset, model):
        _check_data(runs, dataset)
        for name, run in runs.items():
            is_dense = name in ("first", "second")
            finished_runs.check_network(
                run.directory,
                run.final if is_dense else run.masks,
                model.variables if is_dense else model.masks,
            )
        return groups.of(model)

    def measure(dataset, model, found):
        correlations, orders = _matched(runs, matching, dataset, model, found)
        networks = {name: runs[name].final for name in ("first", "second")}
        after = permutations.applied(found, orders, networks["first"])
        x = batches.examples(dataset, CHECKED_EXAMPLES)
        outputs = equivalence.difference(model, networks["first"], after, x)
        equivalence.check(outputs, first)
        lines = [
            _line(model, dataset, each, networks["second"], matching, quiet)
            for each in (networks["first"], after)
        ]
        permuted = permutations.applied(found, orders, runs["ticket"].masks)
        record = {
            **_matches(correlations, orders, permutations.identity(found)),
            "outputs_difference": outputs,
            **{name: [each[name] for each in lines] for name in lines[0]},
            "overlap": _overlap(runs, permuted),
            "masks": masks.counts(permuted),
            "dataset": dataset.checksum,
            "checksums": _saved(output_dir, orders, permuted),
        }
        return record, _text(record, model.headline)

    return one_network.measuring(
        recipe,
        plans.Result(output_dir, settings, RESULT),
        prepare,
        measure,
        reads=tuple(dict.fromkeys(run.directory for run in runs.values())),
        quiet=quiet,
    )


def _runs(first, second, ticket, second_ticket, data_dir):
    """Dict, name of the flag -> finished run, checked against each other."""
    runs = {
        "first": finished_runs.dense(first, data_dir),
        "second": finished_runs.dense(second, data_dir),
        "ticket": finished_runs.read(ticket, data_dir),
    }
    if second_ticket is not None:
        runs["second_ticket"] = finished_runs.read(second_ticket, data_dir)
    for one, other, names in (
        ("first", "second", _SAME),
        ("first", "ticket", (*_SAME, "init_seed")),
        ("second", "second_ticket", (*_SAME, "init_seed")),
    ):
        if other in runs:
            _check_alike(runs[one], runs[other], names)
    return runs


def _check_alike(one, other, names):
    """Raises unless two runs have the same settings of some names."""
    for name in names:
        there, here = (getattr(each.recipe, name) for each in (one, other))
        if there != here:
            raise ValueError(
                "Expected runs of one network on one dataset, and tickets of "
                f"the draw that they are given for. Received: {one.directory} "
                f"and {other.directory}, whose {name} are {there!r} and "
                f"{here!r}"
            )


def _check_data(runs, dataset):
    """Raises unless data are those of both dense runs, and of one test set."""
    others = from_recipe.dataset(runs["second"].recipe)
    tests = []
    for name, own in (("first", dataset), ("second", others)):
        runs[name].check_data(own)
        tests.append(own.splits["test"].checksum)
    if tests[0] != tests[1]:
        raise ValueError(
            f"{runs['first'].directory} and {runs['second'].directory} had "
            "other test examples, or other labels of them"
        )


def _matched(runs, matching, dataset, model, found):
    """Pair: correlations, and permutations of the first's units."""
    first, second = runs["first"].final, runs["second"].final
    correlations = activation_matching.correlations(
        model, found, first, second, dataset, matching.examples
    )
    if matching.matching == "activations":
        return correlations, activation_matching.matched(correlations)
    if matching.matching == "random":
        return correlations, permutations.random(found, matching.matching_seed)
    return correlations, weight_matching.matched(
        found, first, second, matching.matching_seed
    )


def _matches(correlations, orders, identity):
    """Of each group and of all units, how well they match before and after."""
    ways = [
        activation_matching.mean_matched(correlations, each)
        for each in (identity, orders)
    ]
    sizes = {name: len(order) for name, order in orders.items()}
    return {
        "groups": {
            name: {
                "units": size,
                "moved": int((orders[name] != identity[name]).sum()),
                "correlation": [way[name] for way in ways],
            }
            for name, size in sizes.items()
        },
        "correlation": [
            sum(way[name] * sizes[name] for name in sizes) / sum(sizes.values())
            for way in ways
        ],
    }


def _line(model, dataset, start, end, matching, quiet):
    """What lies between two networks, and barriers, by split."""
    show = functools.partial(
        progress.each, label="points of the line", quiet=quiet
    )
    alphas = interpolation.positions(matching.points)
    splits, _, norm_examples = line_evaluation.evaluate(
        model, dataset, start, end, masks.ones(model.masks), alphas, show
    )
    return {
        "splits": splits,
        "barriers": {
            name: interpolation.barrier(columns["error"])
            for name, columns in splits.items()
        },
        "norm_examples": norm_examples,
    }


def _overlap(runs, permuted):
    """Of the masks and those of the second's ticket; None without one."""
    if "second_ticket" not in runs:
        return None
    theirs = runs["second_ticket"].masks
    return {
        "before": masks.jaccard(runs["ticket"].masks, theirs),
        "after": masks.jaccard(permuted, theirs),
        "chance": masks.chance_jaccard(permuted, theirs),
    }


def _saved(output_dir, orders, permuted):
    """Writes permutations and masks; their SHA-256 by path."""
    folders = {
        PERMUTATIONS_FOLDER: files.join(output_dir, PERMUTATIONS_FOLDER),
        "masks": paths.masks(output_dir),
    }
    found = {}
    for (name, folder), each in zip(
        folders.items(), (orders, permuted), strict=True
    ):
        saved = save_restore.save_network(folder, each)
        found |= {f"{name}/{file}": code for file, code in saved.items()}
    return found


def _text(record, headline):
    before, after = (f"{each:.3f}" for each in record["correlation"])
    text = f"mean correlation of matched units {before} -> {after}"
    if record["overlap"] is not None:
        own = {name: f"{x:.4f}" for name, x in record["overlap"].items()}
        text += (
            f"; overlap of masks {own['before']} -> {own['after']}, by chance "
            f"{own['chance']}"
        )
    barriers = [headline.number(each["test"]) for each in record["barriers"]]
    return (
        f"{text}; test barrier in {headline.barrier_unit} {barriers[0]} -> "
        f"{barriers[1]}"
    )
