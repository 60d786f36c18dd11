"""Two copies of a ticket: trained from one state, in two orders."""

import dataclasses

from lottery_ticket.experiments import (
    from_recipe,
    given_networks,
    recipe_changes,
    recipes,
    tickets,
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
        ticket: tickets.Ticket.
        own_recipe: recipes.Recipe that the ticket was trained by.
        recipe: The same, with what shall be other.
        length: Length of training after which they part, such as "500it".
        order_seeds: Seed of each copy's order of examples.
    """

    ticket: tickets.Ticket
    own_recipe: recipes.Recipe
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
            "ticket": self.ticket.checksum,
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
        per_epoch = dataset.train.iterations_per_epoch
        start = steps.iterations(self.length, per_epoch)
        if start < self.ticket.start_iteration:
            raise ValueError(
                f"Copies of {self.ticket.directory} cannot part before it "
                f"started itself, at iteration {self.ticket.start_iteration}. "
                f"Received: iteration={self.length}"
            )
        run_settings.Course(start_iteration=f"{start}it").span(
            self.recipe.training_len, per_epoch
        )
        given = self.ticket.initial
        given_networks.check_network(self.ticket.directory, given, model)
        model.reset(given, self.ticket.masks)
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
        source = self.ticket
        if start == source.start_iteration:
            return source.initial
        record = run_record.read(source.directory)
        saved = paths.at_iteration(source.directory, start)
        folder = saved.removeprefix(f"{source.directory}/")
        if any(name.startswith(f"{folder}/") for name in record["checksums"]):
            return given_networks.network(saved)
        recipe = self.own_recipe
        dataset = from_recipe.dataset(recipe)
        model = from_recipe.model(recipe, dataset, quiet=True)
        model.reset(source.initial, source.masks, recipe.init_seed)
        self._check_repeats(record["inputs"], model, dataset)
        stem = files.join(directory, "stem")
        settings = {**recipe.settings(), **self._part("stem")}
        from_recipe.train(
            recipe,
            dataset,
            model,
            stem,
            label=f"first {start} iterations",
            course=run_settings.Course(f"{source.start_iteration}it"),
            stop_iteration=f"{start}it",
            finetune=self.ticket.is_finetuned,
            output=run_settings.Output(
                {**settings, "iteration": start},
                save_summaries=False,
                quiet=quiet,
            ),
            is_first=False,
        )
        return given_networks.network(paths.final(stem))

    def train(
        self, name, state, start, model, directory, save_summaries, quiet
    ) -> dict:
        """Trains one copy to the end; returns its weights.

        Args:
            name: "first" or "second"; its folder as well.
            state: Weights that it starts from.
            start: Iteration that they are of.
            model: ModelBase.
            directory: Folder for all that is trained.
            save_summaries: Whether to write TensorBoard summaries.
            quiet: Whether to show no progress.
        """
        recipe = self.recipe_of(name)
        # Of dropout; the state leaves nothing else to draw.
        seed = seeds.derive(recipe.train_order_seed, "random layers")
        model.reset(state, self.ticket.masks, seed)
        copy = files.join(directory, name)
        settings = {**recipe.settings(), **self._part(name)}
        from_recipe.train(
            recipe,
            from_recipe.dataset(recipe),
            model,
            copy,
            label=f"{name} copy",
            course=run_settings.Course(f"{start}it"),
            finetune=self.ticket.is_finetuned,
            output=run_settings.Output(
                {**settings, "iteration": start},
                save_summaries=save_summaries,
                quiet=quiet,
            ),
            is_first=name == NAMES[0],
        )
        return given_networks.network(paths.final(copy))

    def _part(self, name):
        return {
            "experiment": "instability",
            "part": name,
            "ticket": self.ticket.checksum,
        }

    def _check_repeats(self, inputs, model, dataset):
        """Raises unless the ticket's training would begin as it did."""
        now = {**model.identity, "dataset": dataset.checksum}
        differing = [name for name in _START if now[name] != inputs[name]]
        if differing:
            raise ValueError(
                f"{self.ticket.directory} has not saved its weights at that "
                "iteration, and they cannot be had again: its "
                f"{' and '.join(differing)} differ from what they were. Give "
                "the data_dir that it had, or an iteration that was saved"
            )


def plan(ticket, changes, iteration, order_seeds=None) -> Copies:
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
    source = tickets.read(ticket)
    own = recipe_changes.RecipeChanges(data_dir=changes.data_dir)
    recipe = recipe_changes.apply(changes, source.settings)
    own_recipe = recipe_changes.apply(own, source.settings)
    changed = [
        x for x in _OF_EPOCHS if getattr(recipe, x) != getattr(own_recipe, x)
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
    return Copies(
        ticket=source,
        own_recipe=own_recipe,
        recipe=recipe,
        length=length,
        order_seeds=tuple(order_seeds),
    )
