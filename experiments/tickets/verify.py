"""Checks a ticket's file, and evaluates the ticket in it.

lottery-ticket ticket verify mine.ticket
"""

import math
import sys

from lottery_ticket.experiments.finished import finished_runs, ticket_settings
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    from lottery_ticket.foundations.training import network_evaluation

# How far rounding may move a metric; a share also by one example.
TOLERANCE = 1e-3
# How names of losses and of errors end, which are no shares of examples.
_NO_SHARES = (
    *("loss", "crossentropy", "hinge", "huber", "cosh", "divergence"),
    *("poisson", "absolute_error", "squared_error", "percentage_error"),
    *("logarithmic_error", "mae", "mse", "rmse", "mape", "msle"),
)


def verify(
    ticket: str,
    *,
    data_dir: str | None = None,
    model: str | None = None,
    dataset: str | None = None,
) -> None:
    """Checks a ticket's file, and evaluates the ticket in it.

        ticket verify NAME.ticket

    The hash is compared, the network is built, the data are loaded and their
    checksum compared, and loss and metrics of all splits must come out as
    recorded, to a thousandth; or to one example, but for losses and errors. The
    exit status is 1 where they do not, and 2 if the file is damaged. A network
    that was given from Python cannot be built here: lt.load_ticket(FILE, model)
    compares it.

    Args:
        ticket: The file.
        data_dir: Folder of the data, where the ticket's recipe needs one.
        model: Where a network of the user's own is, path/to/file.py:function:
            a ticket holds no code.
        dataset: Where data are that have no name here.

    Raises:
        FileNotFoundError: If there is no such file, or the data cannot be had.
        ValueError: If it is damaged, or the data are others.
        RuntimeError: If a metric is other than recorded.
    """
    run = finished_runs.read(ticket, data_dir, model=model, dataset=dataset)
    if run.packed is None:
        raise ValueError(f"Expected a file NAME.ticket. Received: {ticket}")
    _say(f"{ticket}: whole, sha256 {run.packed.seal}")
    recorded = ticket_texts.metrics(run.packed)
    recorded.pop("train", None)  # Of a batch, before its update.
    there = run.packed.settings
    if "final" not in run.packed.networks:
        _say("It holds no final weights: there is nothing to evaluate")
        return
    if there.get("model") is None:
        _say(
            "Its network was given from Python: lt.load_ticket(FILE, model) "
            "compares one with it"
        )
        return
    ticket_settings.check_said(ticket, there, run.settings)
    _compare(ticket, recorded, _evaluated(run, recorded))


def _evaluated(run, recorded):
    """Pair of dicts, split -> metrics and split -> examples."""
    data = from_recipe.dataset(run.recipe)
    run.check_data(data)
    model = from_recipe.model(run.recipe, data, True, (run.directory,))
    finished_runs.check_network(run.directory, run.final, model.variables)
    model.reset(presets=run.final)
    names = tuple(name for name in recorded if name in data.splits)
    found = network_evaluation.NetworkEvaluation(model, data, names).evaluate()
    return found, {name: data.splits[name].size for name in names}


def _compare(ticket, recorded, evaluated):
    """Says each metric; raises RuntimeError if one is other than recorded."""
    found, sizes = evaluated
    differing = []
    for split, metrics in found.items():
        for name, value in metrics.items():
            there = recorded[split].get(name, math.nan)
            moved = 1 / sizes[split] if _may_be_share(name, value) else 0.0
            is_same = (math.isnan(value) and math.isnan(there)) or math.isclose(
                value, there, rel_tol=TOLERANCE, abs_tol=moved * 1.001
            )
            text = f"{split} {name}: {there:.6g} recorded, {value:.6g} here"
            _say(text)
            if not is_same:
                differing.append(text)
    if differing:
        raise RuntimeError(
            f"{ticket} does not do what it says: {'; '.join(differing)}"
        )


def _may_be_share(name, value):
    """Whether a metric may be one of examples, which one of them moves."""
    stem = name.rstrip("_0123456789")
    return not stem.endswith(_NO_SHARES) and 0 <= value <= 1


def _say(text):
    terminal.say(text, sys.stdout)
