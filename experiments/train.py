"""Trains one network once."""

from lottery_ticket.experiments.finished import (
    finished_runs,
    given_networks,
    ticket_settings,
)
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import mask_dynamics, one_network
from lottery_ticket.foundations.machine import environment, progress
from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.foundations.records import plans, save_restore
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import names_0_1_0, seeds, steps


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    *,
    masks: str | list | dict | None = None,
    combine_masks: str = "union",
    presets: str | dict | None = None,
    start_iteration: str = "0it",
    ticket: str | None = None,
    save_iterations: tuple[str, ...] = (),
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Trains one network, with masks and initial weights if given.

    Results lie in OUTPUT_DIR itself. A finished run is not trained again; a
    stopped one goes on.

    With a ticket, it trains that run once more: on the same machine, to the
    same bytes.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network and training; see Recipe. Its fractions are
            not used.
        masks: Folder of masks (or dict); several, separated by commas (or a
            list), are combined. Without them, nothing is pruned.
        combine_masks: How several masks become one: union keeps what any of
            them keeps, intersect what all keep.
        presets: Folder (or dict) of a network to start from; what it does not
            name is drawn from init_seed.
        start_iteration: Length of training that lies before this run, such as
            500it or 2ep: batches and learning rates are those from there on.
            With presets saved after that length, training goes on from them.
        ticket: A ticket's file, or the folder of a finished run, with masks,
            weights and recipe; flags of the recipe that it does not need are
            refused. It needs --data_dir as before, and where its network or its
            data have no name here, --model=path/to/file.py:function, --dataset.
        save_iterations: Lengths such as 500it,2ep after which the weights are
            saved too, in OUTPUT_DIR/iteration{i}; every:5ep is after each 5
            epochs.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, or output_dir holds results made
            with other settings.
        FileNotFoundError: If data, masks, presets or ticket cannot be had.
    """
    if ticket is not None:
        others = {
            "masks": masks is not None,
            "presets": presets is not None,
            "combine_masks": combine_masks != "union",
            "start_iteration": start_iteration != "0it",
        }
        _check_not_given([name for name in others if others[name]])
        output = run_settings.Output(save_summaries=save_summaries, quiet=quiet)
        return _again(ticket, output_dir, recipe, save_iterations, output)
    reads = given_networks.folders(masks, presets)
    masks = given_networks.masks(masks, combine_masks)
    presets = given_networks.network(presets)
    if masks is None:
        mask_dynamics.check_whole(recipe, "Without masks, nothing is pruned")
    steps.parse(start_iteration)
    course = run_settings.Course(
        start_iteration, tuple(map(steps.point_text, save_iterations))
    )
    settings = {
        **recipe.settings(),
        "experiment": "train",
        "masks": save_restore.checksum(masks),
        "presets": save_restore.checksum(presets),
        "start_iteration": start_iteration,
        **course.settings(),
    }

    def give_start(_, model):
        model.reset(presets, masks, recipe.init_seed)

    return one_network.training(
        recipe,
        output_dir,
        give_start,
        run_settings.Output(
            settings, save_summaries=save_summaries, quiet=quiet
        ),
        course=course,
        reads=reads,
    )


def _again(ticket, output_dir, given, save_iterations, output):
    """The plan of a finished run once more; `given` is what flags say."""
    source = _source(ticket, given)
    recipe = source.recipe
    start = f"{source.start_iteration}it"
    action = str(names_0_1_0.value(source.settings, "mask_0_action"))
    course = run_settings.Course(
        start, tuple(map(steps.point_text, save_iterations))
    )
    settings = {
        **recipe.settings(),
        "experiment": "train",
        "masks": save_restore.checksum(source.first_masks),
        "presets": source.checksum("initial"),
        "ticket": source.checksum("masks", "initial"),
        "start_iteration": start,
        "is_finetuned": source.is_finetuned,
        "mask_0_action": action,
        **course.settings(),
    }

    def give_start(dataset, model):
        source.check_data(dataset)
        finished_runs.check_network(
            source.directory, source.initial, model.variables
        )
        # What is random in training, as dropout is, has one of these seeds.
        seed = recipe.init_seed
        for each in (seed, seeds.derive(seed, "reinitialize")):
            model.reset(
                source.initial, source.first_masks, each, mask_0.holds(action)
            )
            if model.identity["initial"] == source.inputs["initial"]:
                return
        raise ValueError(
            f"{source.directory} did not start from its initial weights alone: "
            "it cannot be trained again"
        )

    return one_network.training(
        recipe,
        output_dir,
        give_start,
        run_settings.Output(
            settings,
            save_summaries=output.save_summaries,
            quiet=output.quiet,
            expected=_expected(source, output.quiet),
        ),
        course=course,
        finetune=source.is_finetuned,
        reads=(ticket,),
        is_compacted=source.is_compacted,
    )


def _source(ticket, given):
    """The run to train again, of which flags say where things are."""
    usual = recipes.Recipe()
    own = {
        name: getattr(given, name)
        for name in ("model", "dataset", "data_dir")
        if getattr(given, name) != getattr(usual, name)
    }
    plain = recipes.Recipe(**own)
    _check_not_given(
        [
            name
            for name, value in given.settings().items()
            if value != plain.settings().get(name)
        ]
    )
    source = finished_runs.read(
        ticket,
        own.get("data_dir"),
        model=own.get("model"),
        dataset=own.get("dataset"),
    )
    finished_runs.check_initial(source)
    if source.packed is not None:
        there = source.packed.settings
        ticket_settings.check_said(source.directory, there, source.settings)
    if source.settings.get("experiment") in finished_runs.SEARCHES:
        raise ValueError(
            f"{source.directory} learned a mask: it trained no weights. To "
            f"train those under it: --masks={source.directory}/masks "
            f"--presets={source.directory}/initial"
        )
    if source.settings.get("copies"):
        raise ValueError(
            f"{source.directory} is the mean of {source.settings['copies']} "
            "copies: one training does not come to it. To train those weights "
            f"under its mask: --masks={source.directory}/masks "
            f"--presets={source.directory}/initial"
        )
    if source.packed is None and own.keys() - {"data_dir"}:
        _check_not_given([*own.keys() - {"data_dir"}])
    return source


def _check_not_given(names):
    if names:
        raise ValueError(
            "A ticket is trained as its run was: to change something, use "
            f"branch. Received: --{', --'.join(names)}"
        )


def _expected(source, quiet):
    """Inputs that the run must have to come out the same."""
    expected = {
        name: each
        for name, each in source.inputs.items()
        if name != "save_iterations"
    }
    if not names_0_1_0.RECORD_VERSION.keys() & source.record.keys():
        expected.pop("optimizer", None)  # 0.1.0 said less of it.
    here = environment.facts()
    there = source.record.get("environment", {})
    others = [
        f"{name} {there.get(name)}"
        for name in environment.PACKAGES
        if there.get(name) != here[name]
    ]
    if others:
        progress.say(
            f"{source.directory} was trained with {', '.join(others)}: here "
            "its bytes may differ",
            quiet,
        )
        for name in ("network", "optimizer"):  # As Keras describes them.
            expected.pop(name, None)
    return expected
