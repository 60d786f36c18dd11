"""Two copies of a ticket: trained from one state, in two orders."""

import dataclasses

from lottery_ticket.experiments import (
    finished_runs,
    from_recipe,
    given_networks,
    recipe_changes,
    recipes,
)
from lottery_ticket.foundations import (
    files,
    paths,
    run_record,
    seeds,
    steps,
)
from lottery_ticket.foundations.training import run_settings

NAMES = ("first", "second")
# Of a run's inputs, those that decide how its training begins.
_START = ("network", "initial", "masks", "dataset")
# Settings that decide how many iterations an epoch has.
_OF_EPOCHS = (
    *("dataset", "train_batch_size", "validation_size", "subset"),
    "drop_partial_batch",
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
    order_seeds: tuple[int, int]

    def __post_init__(self):
        """Checks the seeds.

        Raises:
            ValueError: If they are not two, or one cannot be a seed.
        """
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
        return dataclasses.replace(
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

    def start(self, dataset, model) -> int:
        """Returns the iteration at which they part, once all is checked.

        Args:
            dataset: DatasetBase that they are trained on.
            model: ModelBase; it is given the ticket's weights and masks.

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
        training is done again, in the folder `stem`.

        Args:
            start: Iteration, as from `start`.
            directory: Folder for all that is trained.
            quiet: Whether to show no progress.

        Raises:
            ValueError: If saved weights are damaged, or data or network are no
                longer what the ticket was trained with.
        """
        ticket = self.ticket
        if start == ticket.start_iteration:
            return ticket.initial
        saved = paths.at_iteration(ticket.directory, start)
        folder = saved.removeprefix(f"{ticket.directory}/")
        record = run_record.read(ticket.directory)
        if any(name.startswith(f"{folder}/") for name in record["checksums"]):
            return given_networks.network(saved)
        dataset = from_recipe.dataset(ticket.recipe)
        model = from_recipe.model(ticket.recipe, dataset, quiet=True)
        model.reset(ticket.initial, ticket.masks, ticket.recipe.init_seed)
        self._check_repeats(model, dataset)
        return self._train(
            "stem",
            ticket.recipe,
            (ticket.start_iteration, start),
            model,
            directory,
            quiet=quiet,
        )

    def train(
        self, name, state, start, model, directory, save_summaries, quiet
    ) -> dict:
        """Trains one copy to the end; returns its weights.

        Args:
            name: "first" or "second"; its folder as well.
            state: Weights that it starts from, of the iteration `start`.
            start: As for `state`, like directory and quiet.
            model: ModelBase.
            directory: Folder for all that is trained.
            save_summaries: Whether to write TensorBoard summaries.
            quiet: Whether to show no progress.
        """
        recipe = self.recipe_of(name)
        # Of dropout; the state leaves nothing else to draw.
        seed = seeds.derive(recipe.train_order_seed, "random layers")
        model.reset(state, self.ticket.masks, seed)
        return self._train(
            name, recipe, (start, None), model, directory, save_summaries, quiet
        )

    def _train(
        self, part, recipe, span, model, directory, summaries=False, quiet=False
    ):
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

    def _check_repeats(self, model, dataset):
        """Raises unless the ticket's training would begin as it did."""
        was = self.ticket.inputs
        now = {**model.identity, "dataset": dataset.checksum}
        differing = [name for name in _START if now[name] != was[name]]
        if differing:
            raise ValueError(
                f"{self.ticket.directory} has not saved its weights at that "
                "iteration, and they cannot be had again: its "
                f"{' and '.join(differing)} differ from what they were. Give "
                "the data_dir that it had, or an iteration that was saved"
            )


def of_ticket(ticket, changes, iteration, order_seeds=None) -> Copies:
    """Returns what two copies are to be trained by; trains nothing.

    Args:
        ticket: Folder of a finished run.
        changes: recipe_changes.RecipeChanges.
        iteration: Length of training after which they part.
        order_seeds: Pair of seeds of their orders; None derives them from
            train_order_seed and the iteration.

    Raises:
        ValueError: If a setting does not fit, or the ticket is unfinished or
            damaged.
        FileNotFoundError: If there is no ticket.
    """
    length = steps.text(iteration)
    source = finished_runs.ticket(ticket, changes.data_dir)
    recipe = recipe_changes.apply(changes, source.settings)
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
        order_seeds = [
            seeds.derive(recipe.train_order_seed, "instability", length, name)
            for name in NAMES
        ]
    return Copies(source, recipe, length, tuple(order_seeds))
