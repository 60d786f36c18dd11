"""Instability: whether copies of a ticket end in one region of low error."""

import functools

from lottery_ticket.experiments import copies as copies_lib
from lottery_ticket.experiments import one_network, recipe_changes
from lottery_ticket.foundations import (
    files,
    interpolation,
    lazy,
    masks,
    plans,
    progress,
    result_file,
)

line_evaluation = lazy.module(
    "lottery_ticket.foundations.training.line_evaluation"
)
COPIES_FOLDER = "copies"
RESULT = result_file.ResultFile("connectivity.json")


def plan(
    output_dir: str,
    ticket: str,
    changes: recipe_changes.RecipeChanges = recipe_changes.UNCHANGED,
    *,
    iteration: str = "0it",
    points: int = 30,
    order_seeds: tuple[int, ...] | None = None,
    save_summaries: bool = False,
    quiet: bool = False,
) -> plans.Plan:
    """Trains two copies of a ticket from one state, and measures between them.

    Both go on from the ticket's weights at an iteration, under its masks, to
    the end of training: as the ticket was trained, but each with an order of
    the examples, and an augmentation, of its own. Optimizer slots, such as
    momentum, begin at 0. Then error and loss are taken at points of the
    straight line between the two networks, over all training, test and
    validation examples, and written to OUTPUT_DIR/connectivity.json.

    The barrier is the highest error on the line minus the mean of its two
    ends; the ticket is stable at that iteration if the barrier is below .02, 2
    points, on the training and on the test set. Between the ends, statistics of
    batch normalisations are taken anew, over training examples that are not
    augmented; the ends keep their running ones, so that their results are
    those in the copies' own logs.

    The ticket's run.json says how it was trained; flags of the recipe are
    needed only where they change something, and data_dir where the ticket
    needed it. Weights at the iteration are read if the ticket has saved them;
    else that much of its training is done again. The copies lie in
    OUTPUT_DIR/copies, and the same command goes on with them.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671), sec. 2.
    Expected, there: at initialisation only LeNet is stable; ResNet-20 becomes
    so at about iteration 2,000 dense and 500 pruned.

    Args:
        output_dir: Folder of the results, such as
            results/trial1/8/instability500.
        ticket: Folder of a finished run, such as results/trial1/8/same_init;
            level 0's is the dense network.
        changes: What is other than for the ticket; see RecipeChanges.
        iteration: Length of training after which the copies part, such as 500it
            or 2ep. It counts from the start of all training, and may not lie
            before the ticket's own.
        points: Number of points of the line, both ends included.
        order_seeds: Pair of seeds of the copies' orders; None derives them from
            train_order_seed and the iteration.
        save_summaries: Whether to write TensorBoard summaries of the copies.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, the ticket is unfinished, damaged
            or of another network, the iteration is not one of its training, or
            output_dir holds something else.
        FileNotFoundError: If ticket or data cannot be had.
    """
    alphas = interpolation.positions(points)
    copies = copies_lib.of_ticket(ticket, changes, iteration, order_seeds)
    settings = {**copies.settings(), "points": points}

    def measure(dataset, model, start):
        below = files.join(output_dir, COPIES_FOLDER)
        state = copies.state(start, below, quiet)
        networks = [
            copies.train(
                name, state, start, model, below, save_summaries, quiet
            )
            for name in copies_lib.NAMES
        ]
        found = _measured(copies, networks, dataset, model, alphas, quiet)
        return {"iteration": start, **found}, _text(found)

    return one_network.measuring(
        copies.recipe,
        plans.Result(output_dir, settings, RESULT),
        copies.start,
        measure,
        reads=(ticket,),
        quiet=quiet,
    )


def _measured(copies, networks, dataset, model, alphas, quiet):
    """Error and loss on the line between the copies."""
    show = functools.partial(
        progress.each, label="points of the line", quiet=quiet
    )
    splits, ends, norm_examples = line_evaluation.evaluate(
        model, dataset, *networks, copies.ticket.masks, alphas, show
    )
    barriers = {
        name: interpolation.barrier(columns["error"])
        for name, columns in splits.items()
    }
    highest = max(barriers["train"], barriers["test"])
    return {
        "alpha": alphas,
        "splits": splits,
        "ends": ends,
        "barriers": barriers,
        "is_stable": highest < interpolation.STABLE_BELOW,
        "norm_examples": norm_examples,
        "density": masks.counts(copies.ticket.masks),
        "dataset": dataset.checksum,
    }


def _text(record):
    barriers = ", ".join(
        f"{name} {100 * record['barriers'][name]:.2f}"
        for name in ("test", "train")
    )
    stable = "stable" if record["is_stable"] else "not stable"
    count = record["norm_examples"]
    taken = f"recomputed on {count:,} examples" if count else "none"
    return (
        f"barrier in points: {barriers}; {stable}; batch-norm statistics: "
        f"{taken}"
    )
