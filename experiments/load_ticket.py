"""The network that a finished run has left, as plain Keras."""

import logging

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.machine import environment, lazy

with lazy.imports():
    import keras

    from lottery_ticket.foundations import keras_model
    from lottery_ticket.foundations.networks import keras_private

_log = logging.getLogger(__name__)


def load_ticket(
    source: str,
    model: "keras.Model | None" = None,
    data_dir: str | None = None,
) -> "keras.Model":
    """Returns a Keras model with the weights of a finished run.

    Pruned weights are 0, or what the run held them at; there are no masks.

    Args:
        source: Folder of the run, such as results/trial1/5/same_init, or a
            ticket's file, NAME.ticket.
        model: keras.Model of the run's architecture, built; it is given the
            weights, and returned. None makes the network that the run's recipe
            names, for its data. A file holds no code: the network of a ticket
            that is the user's own must be given.
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
            model, as_0_1_0=run.is_without_recurrent
        )
    try:
        finished_runs.check_network(run.directory, run.final, wrapped.variables)
        if run.packed is not None and model is not None:
            _check_fingerprint(run, wrapped)
        wrapped.reset(presets=run.final)
    finally:
        ticket = wrapped.release()
    if getattr(ticket, "inputs", None):
        keras_private.mark_called(ticket)
    return ticket


def _check_fingerprint(run, wrapped):
    """Raises unless a network is the one that a ticket's file was made of.

    What another version of Keras says of it is not comparable.
    """
    if "recipe" not in run.settings:  # Of a subclass of ModelBase.
        return
    now = {"code": None, **wrapped.identity}
    there = {"code": None, **run.inputs}
    differing = [n for n in ("network", "code") if there[n] != now[n]]
    if not differing:
        return
    versions = run.record.get("environment", {}).get("keras")
    here = environment.facts()["keras"]
    if versions == here:
        what = "settings or wiring" if "network" in differing else "code"
        raise ValueError(
            f"{run.directory} is of another network: its layers' {what} "
            f"differ from those of {wrapped.network.name!r}"
        )
    _log.warning(
        "%s was made with Keras %s, here is %s: whether %r is the same network "
        "is told by its variables alone",
        run.directory,
        versions,
        here,
        wrapped.network.name,
    )


def _from_recipe(run):
    """A fresh network of a run's recipe, not that of the next run."""
    if run.settings.get("model") is None:  # As find_ticket's are.
        raise ValueError(
            f"{run.directory} is of a network that was given from Python, or "
            "of one in a file: pass one of this architecture as model"
        )
    from_recipe.forget()
    made = from_recipe.model(
        run.recipe, from_recipe.dataset(run.recipe), quiet=True
    )
    from_recipe.forget()
    return made
