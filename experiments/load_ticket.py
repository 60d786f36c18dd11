"""The network that a finished run has left, as plain Keras."""

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.records import run_record

with lazy.imports():
    import keras

    from lottery_ticket.foundations import keras_model


def load_ticket(
    source: str,
    model: "keras.Model | None" = None,
    data_dir: str | None = None,
) -> "keras.Model":
    """Returns a Keras model with the weights of a finished run.

    Pruned weights are 0, or what the run held them at; there are no masks.

    Args:
        source: Folder of the run, such as results/trial1/5/same_init.
        model: keras.Model of the run's architecture, built; it is given the
            weights, and returned. None makes the network that the run's recipe
            names, for its data.
        data_dir: Folder of the data, where the recipe's needs one and model is
            None.

    Raises:
        ValueError: If the run is damaged or not finished, is one of another
            architecture, or its recipe names no network and model is None.
        FileNotFoundError: If there is no such run.
    """
    if not isinstance(source, str):
        raise ValueError(
            "The folder of a run comes first, then a model. Received: "
            f"{type(source).__name__}"
        )
    run = finished_runs.read(source, data_dir)
    if model is None:
        wrapped = _from_recipe(run)
    elif not model.built:
        raise ValueError(
            f"The network {model.name!r} must be built: call it once"
        )
    else:
        wrapped = keras_model.KerasModel(
            model, as_0_1_0=run_record.is_without_recurrent(run.directory)
        )
    try:
        finished_runs.check_network(run.directory, run.final, wrapped.variables)
        wrapped.reset(presets=run.final)
    finally:
        ticket = wrapped.release()
    return ticket


def _from_recipe(run):
    """A fresh network of a run's recipe, not that of the next run."""
    if run.settings.get("model") is None:  # As find_ticket's are.
        raise ValueError(
            f"{run.directory} is of a network that was given from Python: pass "
            "one of this architecture as model"
        )
    from_recipe.forget()
    made = from_recipe.model(
        run.recipe, from_recipe.dataset(run.recipe), quiet=True
    )
    from_recipe.forget()
    return made
