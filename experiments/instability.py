"""Instability: whether copies of a ticket end in one region of low error."""

import dataclasses

import attrs

from lottery_ticket.experiments.finished import finished_runs, given_networks
from lottery_ticket.experiments.settings import recipe_changes, recipes
from lottery_ticket.experiments.stages import (
    from_recipe,
    lines,
    mask_dynamics,
    one_network,
)
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import (
    paths,
    plans,
    run_record,
    sealed,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import (
    dataset_base,
    interpolation,
    seeds,
    steps,
)

with lazy.imports():
    from lottery_ticket.foundations import model_base
    from lottery_ticket.foundations.training import compacted_model

COPIES_FOLDER = "copies"
RESULT = sealed.ResultFile("connectivity.json")
STEM_FOLDER = "stem"
NAMES = ("first", "second")
# Of a run's inputs, those that decide how its training begins.
_START = ("network", "initial", "masks", "dataset")
# Settings that decide how many iterations an epoch has.
_OF_EPOCHS = (
    *("dataset", "train_batch_size", "validation_size", "subset"),
    "drop_partial_batch",
)


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
    points, on the training and on the test set (of another metric than
    accuracy, below 2 % of the mean of its two ends). At every point, the ends
    included, statistics of batch normalisations are taken anew, over training
    examples that are not augmented: running ones lag behind, and would set the
    ends apart from their neighbours. The file also has the ends with their
    running ones, which is what the copies' own logs have.

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
    interpolation.positions(points)  # Raises here, not later.
    copies = copies_of(ticket, changes, iteration, order_seeds)
    settings = {**copies.settings(), "points": points}

    def measure(dataset, model, start):
        below = files.join(output_dir, COPIES_FOLDER)
        state = copies.state(start, below, quiet)
        first, second = [
            copies.train(
                name, state, start, model, below, save_summaries, quiet
            )
            for name in NAMES
        ]
        found, text = lines.measured(
            dataset, model, (first, second), copies.ticket.masks, points, quiet
        )
        return {"iteration": start, **found}, text

    return one_network.measuring(
        copies.recipe,
        plans.Result(output_dir, settings, RESULT),
        copies.start,
        measure,
        reads=(ticket,),
        quiet=quiet,
    )


@dataclasses.dataclass(frozen=True)
class Copies:
    """What two copies are trained by.

    Args:
        ticket: finished_runs.FinishedRun.
        recipe: recipes.Recipe, the ticket's with what shall be other.
        length: Length of training after which they part, such as "500it".
        order_seeds: Seed of each copy's order of examples.
    """

    ticket: finished_runs.FinishedRun
    recipe: recipes.Recipe
    length: str
    order_seeds: tuple[int, ...]

    def __post_init__(self):
        """Raises a ValueError unless the seeds are two, and can be seeds."""
        if len(self.order_seeds) != len(NAMES):
            raise ValueError(
                "order_seeds must be two numbers, one for each copy. Received: "
                f"{', '.join(map(str, self.order_seeds))}"
            )
        for name in NAMES:
            self.recipe_of(name)

    def recipe_of(self, name: str) -> recipes.Recipe:
        """Returns the recipe of the first or second copy: its seeds differ."""
        seed = self.order_seeds[NAMES.index(name)]
        return attrs.evolve(
            self.recipe,
            train_order_seed=seed,
            augment_seed=seeds.derive(seed, "augment"),
        )

    def settings(self) -> dict:
        """Returns all that their results depend on, as JSON values."""
        return {
            **self.recipe.settings(),
            "experiment": "instability",
            "iteration": self.length,
            "order_seeds": list(self.order_seeds),
            "is_finetuned": self.ticket.is_finetuned,
            "ticket": self.ticket.checksum("masks", "initial"),
        }

    def start(
        self,
        dataset: dataset_base.DatasetBase,
        model: "model_base.ModelBase",
    ) -> int:
        """Returns the iteration at which they part, once all is checked.

        The model is given the ticket's weights and masks.

        Raises:
            ValueError: If it is not one of the training, or the ticket is of
                another network.
        """
        ticket, per_epoch = self.ticket, dataset.train.iterations_per_epoch
        start = steps.iterations(self.length, per_epoch)
        if start < ticket.start_iteration:
            raise ValueError(
                f"Copies of {ticket.directory} cannot part before it "
                f"started itself, at iteration {ticket.start_iteration}. "
                f"Received: iteration={self.length}"
            )
        run_settings.Course(start_iteration=f"{start}it").span(
            self.recipe.training_len, per_epoch
        )
        finished_runs.check_network(
            ticket.directory, ticket.initial, model.variables
        )
        model.reset(ticket.initial, ticket.masks)
        return start

    def state(self, start: int, directory: str, quiet: bool) -> dict:
        """Returns the ticket's weights at an iteration.

        They are read where they were saved; else that much of the ticket's
        training is done again, in the folder `stem` of a directory.

        Raises:
            ValueError: If saved weights are damaged, data or network are no
                longer what the ticket was trained with, or its masks moved and
                it is or was a ticket's file.
        """
        ticket = self.ticket
        if start == ticket.start_iteration:
            return ticket.initial
        saved = paths.at_iteration(ticket.directory, start)
        folder = saved.removeprefix(f"{ticket.directory}/")
        record = run_record.read(ticket.directory) or {"checksums": {}}
        if any(name.startswith(f"{folder}/") for name in record["checksums"]):
            return given_networks.network(saved)
        dataset = from_recipe.dataset(ticket.recipe)
        folders = (ticket.directory,)
        model = from_recipe.model(ticket.recipe, dataset, True, folders)
        seed = ticket.recipe.init_seed
        model.reset(ticket.initial, ticket.masks, seed)
        if model.identity["masks"] != ticket.inputs["masks"]:  # They moved.
            model.reset(ticket.initial, ticket.first_masks, seed)
        now = {**model.identity, "dataset": dataset.checksum}
        differing = [x for x in _START if now[x] != ticket.inputs[x]]
        if differing:
            raise ValueError(
                f"{ticket.directory} has not saved its weights at that "
                "iteration, and they cannot be had again: its "
                f"{' and '.join(differing)} differ from what they were. Give "
                "the data_dir that it had, or an iteration that was saved"
            )
        span = (ticket.start_iteration, start)
        trainee = self._stem(model, files.join(directory, STEM_FOLDER))
        return self._train(
            STEM_FOLDER, ticket.recipe, span, trainee, directory, False, quiet
        )

    def _stem(self, model, folder):
        """What trains the stem, as the ticket was trained.

        A folder that was begun with the full network, as all were once, goes
        on so.
        """
        before = run_record.begun_with(folder, "inputs")
        is_full = before is not None and "compacted" not in before
        if is_full or not self.ticket.is_compacted:
            return model
        return compacted_model.of(model)

    def train(
        self,
        name: str,
        state: dict,
        start: int,
        model: "model_base.ModelBase",
        directory: str,
        save_summaries: bool,
        quiet: bool,
    ) -> dict:
        """Trains the first or second copy to the end; returns its weights.

        It starts from the state at an iteration, and lies in a folder of its
        name in a directory.
        """
        recipe = self.recipe_of(name)
        # Of dropout; the state leaves nothing else to draw.
        seed = seeds.derive(recipe.train_order_seed, "random layers")
        model.reset(state, self.ticket.masks, seed)
        return self._train(
            name, recipe, (start, None), model, directory, save_summaries, quiet
        )

    def _train(self, part, recipe, span, model, directory, summaries, quiet):
        """Trains the stem or a copy in a folder of its name; its weights."""
        start, stop = span
        folder = files.join(directory, part)
        label = f"first {stop} iterations" if stop else f"{part} copy"
        settings = {
            **recipe.settings(),
            "experiment": "instability",
            "part": part,
            "ticket": self.ticket.checksum("masks", "initial"),
            "iteration": stop or start,  # Where the copies part.
        }
        from_recipe.train(
            recipe,
            from_recipe.dataset(recipe),
            model,
            folder,
            label=label,
            course=run_settings.Course(f"{start}it"),
            stop_iteration=f"{stop}it" if stop else None,
            finetune=self.ticket.is_finetuned,
            output=run_settings.Output(
                settings, save_summaries=summaries, quiet=quiet
            ),
            is_first=part == NAMES[0],
        )
        return given_networks.network(paths.final(folder))


def copies_of(
    ticket: str,
    changes: recipe_changes.RecipeChanges,
    iteration: str,
    order_seeds: tuple[int, ...] | None = None,
) -> Copies:
    """Returns what two copies are to be trained by; see `plan`."""
    length = steps.text(iteration)
    source = finished_runs.ticket(ticket, changes.data_dir)
    recipe = recipe_changes.apply(changes, source.settings)
    mask_dynamics.check_off(
        recipe,
        "Copies whose masks change end under two masks, and no line lies "
        "between them; with hooks=none they train the mask at the end",
    )
    if hooks.repeating(recipe.hooks) and steps.parse(length)[1]:
        raise ValueError(
            "hooks=cycles is for runs from iteration 0 on: expected copies "
            f"from iteration 0it, or hooks=none. Received: {length}"
        )
    changed = [
        x for x in _OF_EPOCHS if getattr(recipe, x) != getattr(source.recipe, x)
    ]
    if length.endswith("ep") and changed:
        raise ValueError(
            f"An epoch of the copies is another than the ticket's, by "
            f"{', '.join(changed)}: give iterations, such as 500it. Received: "
            f"iteration={iteration}"
        )
    if order_seeds is None:
        order_seeds = tuple(
            seeds.derive(recipe.train_order_seed, "instability", length, name)
            for name in NAMES
        )
    return Copies(source, recipe, length, tuple(order_seeds))
