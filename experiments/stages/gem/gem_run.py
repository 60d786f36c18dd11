"""Gem: all that one sparse network at initialisation is made by."""

import dataclasses

import numpy as np

from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import (
    concrete_flags,
    gem_search,
    gem_stages,
    imp_search,
    search_algos,
)
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import run_record, save_restore
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.training import run_settings, step_hooks
from lottery_ticket.foundations.values import (
    dataset_base,
    fields,
    names,
    steps,
)

with lazy.imports():
    from lottery_ticket.foundations.learned_masks import searched_model

SEARCH_FOLDER = "search"


@dataclasses.dataclass(frozen=True, eq=False)
class Gem:
    """One sparse network: where it lies, and all that it is made by.

    Args:
        directory: Folder of the results.
        recipe: recipes.Recipe of the search, or of the dense training.
        search: GemSearch, resolved.
        tuning: FineTuning.
        checks: SanityChecks.
        presets: Dict, name -> array that the weights are, in place of a draw,
            or None.
        on_collapse: A name in collapse.POLICIES.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.
        is_inverted: Whether events take the highest scores, a sanity check.
        save_iterations: Lengths after which the weights of wt are saved too.
        concrete: ConcreteSearch.
    """

    directory: str
    recipe: recipes.Recipe
    search: gem_search.GemSearch
    tuning: fine_tuning.FineTuning
    checks: gem_stages.SanityChecks
    presets: dict[str, np.ndarray] | None = None
    on_collapse: str = "warn"
    save_summaries: bool = True
    quiet: bool = False
    is_inverted: bool = False
    save_iterations: tuple[str, ...] = ()
    concrete: concrete_flags.ConcreteSearch = concrete_flags.ConcreteSearch()

    def __post_init__(self):
        """Raises unless flags fit each other, as far as no data tell."""
        search = self.search
        names.check("on_collapse", self.on_collapse, collapse.POLICIES)
        self._check_is_tuned()
        self._check_concrete()
        self._check_is_saved()
        if self.recipe.hooks and self.tuning.skip_fine_tune:
            raise ValueError(
                "hooks change how weights are trained, and with skip_fine_tune "
                "none are: a search trains scores. Received: "
                f"hooks={','.join(self.recipe.hooks)}"
            )
        self.checks.check(search, self.tuning)
        if search.drop_bottom_half and self.presets is None:
            raise ValueError(
                "drop_bottom_half looks at weights that were trained a while: "
                "it needs presets"
            )
        unit, number = steps.parse(self.recipe.training_len)
        if unit == "epochs":
            search.plan(number)
            if search.algorithm.has_rounds:
                imp_search.rounds(search, number)
        self.tuned_recipe()
        self.search_recipe()

    @property
    def search_directory(self) -> str:
        """Folder of the search."""
        return files.join(self.directory, SEARCH_FOLDER)

    def tuned_recipe(self) -> recipes.Recipe:
        """Returns how the network found is trained."""
        if not self.search.algorithm.is_tuned:
            return self.recipe
        return self.tuning.recipe(self.recipe)

    def search_recipe(self) -> recipes.Recipe:
        """Returns how the search is trained."""
        if not self.search.algorithm.is_soft:
            return self.recipe
        return self.concrete.recipe(self.recipe)

    def train_search(
        self,
        dataset: dataset_base.DatasetBase,
        searched: "searched_model.SearchedModel",
        events: set[int],
        hook: step_hooks.StepHook = step_hooks.NONE,
    ) -> None:
        """Trains a search in its folder, with events after some iterations."""
        from_recipe.train(
            self.search_recipe(),
            dataset,
            searched,
            self.search_directory,
            label="search",
            course=run_settings.Course(event_iterations=tuple(sorted(events))),
            output=run_settings.Output(
                self.search_settings(),
                save_summaries=self.save_summaries,
                quiet=self.quiet,
            ),
            is_first=not self.is_inverted,
            hook=hook,
        )

    def last_event(self, *names: str) -> dict:
        """Returns entries of the search's last event, of its record."""
        record = run_record.read(self.search_directory) or {}
        last = record["events"][-1]
        return {name: last[name] for name in names}

    @property
    def norm_statistics(self) -> str:
        """Where the weights' training starts from; see FineTuning.

        Soft masks have left none of a hard one's.
        """
        is_noisy = self.search.algorithm.is_noisy
        return "recomputed" if is_noisy else self.tuning.norm_statistics

    def start_iteration(self, check: str | None = None) -> str:
        """Returns from where weights are trained, also those of a check."""
        is_drawn = check == "weight_reinit"
        return "0it" if is_drawn else self.concrete.start_iteration

    def check_free(self) -> None:
        """Raises ValueError if the folder holds what another search leaves."""
        run = {"run.json", "checkpoint.bin"} & set(files.names(self.directory))
        if run and self.tuning.skip_fine_tune:
            raise ValueError(
                f"{self.directory} holds a trained network "
                f"({', '.join(sorted(run))}), and skip_fine_tune has none. Use "
                "another output_dir"
            )
        found = files.names(self.search_directory)
        rounds = any(name.isdecimal() for name in found)
        scores = bool({"run.json", "checkpoint.bin"} & set(found))
        algo = self.search.algorithm
        is_other = rounds and not algo.has_rounds
        if is_other or scores and not algo.trains_scores:
            raise ValueError(
                f"{self.search_directory} holds "
                f"{'rounds of imp' if rounds else 'scores'}, which are not of "
                f"algo={self.search.algo}. Use another output_dir"
            )

    def inverted(self) -> "Gem":
        """Returns the same by a search whose events take the highest scores."""
        return dataclasses.replace(
            self,
            directory=self.check_directory("score_inversion"),
            checks=gem_stages.SanityChecks(),
            is_inverted=True,
        )

    def check_directory(self, check: str | None) -> str:
        """Returns the folder of a sanity check; None is the fine-tuning."""
        return files.join(self.directory, check) if check else self.directory

    def settings(self) -> dict:
        """Returns all that all results depend on, as JSON values."""
        return {
            **self.recipe.settings(),
            **self._of_mask(),
            "evaluation_samples": self.search.evaluation_samples,
            **self._tuning_flags(),
            **fields.as_dict(self.checks),
            **self._started(),
            **self._saved(),
            "experiment": "gem_miner",
        }

    def search_settings(self) -> dict:
        """Returns all that the search depends on, as JSON values."""
        return {
            **self.search_recipe().settings(),
            **self._of_mask(),
            "experiment": "gem_search",
        }

    def tuning_settings(self, check: str | None = None) -> dict:
        """Returns all that a training depends on, also that of a check."""
        settings = {
            **self.tuned_recipe().settings(),
            **self._of_mask(),
            "norm_statistics": self.norm_statistics,
            "sanity_check": check,
            **self._started(check),
            **self._saved(),
            "experiment": "gem_miner",
        }
        if check == "weight_reinit":
            settings["reinit_init"] = self.checks.reinit_init
        return settings

    def _check_is_tuned(self):
        """Raises if fine-tuning is given that is as the recipe says."""
        algo, given = self.search.algorithm, fields.given(self.tuning)
        if algo.has_mask:
            given.pop("skip_fine_tune", None)
            given.pop("norm_statistics", None)
        if given and not algo.is_tuned:
            raise ValueError(
                f"algo={self.search.algo} is trained as the recipe says, by "
                f"--lr and the like: there is no fine-tuning. Received: "
                f"{[*given][0]}"
            )

    def _check_concrete(self):
        """Raises if flags of soft masks are given that nothing uses."""
        given = fields.given(self.concrete)
        if given and not self.search.algorithm.is_soft:
            name, value = next(iter(given.items()))
            raise ValueError(
                f"{name} is for algo="
                f"{' or '.join(search_algos.having('is_soft'))}. Received: "
                f"{name}={value} with algo={self.search.algo}"
            )
        if self.search.algorithm.is_soft:
            self._check_is_seen()
        start = self.concrete.start_iteration
        if steps.parse(start)[1] and self.presets is None:
            raise ValueError(
                "start_iteration is of presets, weights that were trained so "
                f"long: give them, too. Received: {start}"
            )

    def _check_is_seen(self):
        """Raises unless a search sees gradients as they are, and whole."""
        for name, refused in (
            ("dtype", "mixed_float16"),
            ("strategy", "mirrored"),
        ):
            if getattr(self.recipe, name) == refused:
                raise ValueError(
                    f"algo={self.search.algo} holds the density by gradients "
                    "of scores, whole and not scaled. Received: "
                    f"{name}={refused}"
                )

    def _check_is_saved(self):
        algo, lengths = self.search.algo, self.save_iterations
        lengths = (lengths,) if isinstance(lengths, str) else lengths
        lengths = tuple(steps.point_text(each) for each in lengths)
        fields.put(self, save_iterations=lengths)
        if lengths and self.search.algorithm.has_mask:
            raise ValueError(
                "save_iterations is for algo=wt, which trains all weights. "
                f"Received: {', '.join(lengths)} with algo={algo}"
            )
        is_saved = self.search.algorithm.trains_scores
        if self.tuning.skip_fine_tune and not is_saved:
            raise ValueError(
                f"The mask of algo={algo} is saved with the fine-tuned network "
                "alone: skip_fine_tune would leave no trace of it. Expected "
                f"{' or '.join(search_algos.having('trains_scores'))}"
            )

    def _tuning_flags(self):
        """Flags of the fine-tuning, where there is one or was always."""
        flags = fields.as_dict(self.tuning)
        if not self.search.algorithm.is_soft:
            return {**flags, "norm_statistics": self.norm_statistics}
        return {"skip_fine_tune": flags["skip_fine_tune"]}

    def _started(self, check=None):
        """Where training starts, of algorithms that have a choice."""
        if not self.search.algorithm.is_soft:
            return {}
        return {"start_iteration": self.start_iteration(check)}

    def _saved(self):
        course = run_settings.Course(save_iterations=self.save_iterations)
        return course.settings()

    def _of_mask(self):
        is_soft = self.search.algorithm.is_soft
        return {
            **self.search.settings(),
            **(self.concrete.settings(self.recipe) if is_soft else {}),
            "presets": save_restore.checksum(self.presets),
            "is_inverted": self.is_inverted,
        }
