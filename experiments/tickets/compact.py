"""Writes a physically smaller network that computes what a ticket does.

lottery-ticket ticket compact results/trial1/8/same_init --output=small.keras
"""

import dataclasses
import json
import sys

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.tickets import compact_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.machine import files, lazy

with lazy.imports():
    from lottery_ticket.foundations.machine import hardware
    from lottery_ticket.foundations.networks.compaction import (
        compaction,
        comparison,
    )
    from lottery_ticket.foundations.training import batches

SUFFIX = ".keras"
BATCH_SIZE = 100


def compact(
    run: str,
    *,
    output: str | None = None,
    data_dir: str | None = None,
    examples: int = 1000,
) -> None:
    """Writes a physically smaller network that computes what a ticket does.

        ticket compact RUN

    Units and channels that no kept weight leads from go, and those that none
    leads to: these are constant, and become a part of biases. What is left is a
    plain Keras network of smaller layers, whose outputs for examples of the
    test set are compared with the ticket's: a difference above 1e-5 of the
    largest output is an error, and nothing is written. Printed are
    weights, multiply-adds, the size of the file and the time of a call, before
    and after, and for each layer what went and why the rest stays. The same is
    in a JSON file beside the network.

    Single weights that are pruned inside a unit that stays cost what they did:
    networks that were pruned by units (--granularity=unit) shrink most. It
    holds for inference: batch normalisation by its moving statistics.

    Args:
        run: Folder of a finished run, such as results/trial1/8/same_init, or a
            file NAME.ticket.
        output: File to write, whose name ends in .keras; no other run's is
            overwritten. Default is the run's name and _compact.keras, in the
            working folder.
        data_dir: Folder of the data, where the run's recipe needs one.
        examples: How many of the test set the outputs are compared on, at most.

    Raises:
        FileNotFoundError: If no run is there, or its data cannot be had.
        ValueError: If it is not finished or damaged, its network was given
            from Python, a file of another is there, or a name or number is
            impossible.
        RuntimeError: If outputs differ.
    """
    path = _path(run, output)
    if examples < 1:
        raise ValueError(f"examples must be at least 1. Received: {examples}")
    facts_path = path.removesuffix(SUFFIX) + ".json"
    _check_free(path, facts_path, run)
    found = finished_runs.read(run, data_dir)
    if found.settings.get("model") is None:
        raise ValueError(
            f"{run} is of a network that was given from Python: there, "
            "lt.compact(lt.load_ticket(RUN, model)) makes it smaller"
        )
    dataset = from_recipe.dataset(found.recipe)
    found.check_data(dataset)
    network = _network(found, dataset)
    smaller = compaction.compact(network)
    given = list(_batches(dataset, examples))
    count = min(examples, dataset.test.size)
    facts = _facts(network, smaller, given)
    facts = {"run": run, "examples": count, **facts}
    if not facts["difference"] <= compaction.TOLERANCE:
        raise RuntimeError(
            f"The smaller network's outputs differ from those of {run} by "
            f"{facts['difference']:.2g} of the largest, over {count} examples. "
            f"Expected: at most {compaction.TOLERANCE}. Nothing is written"
        )
    # First, as it says whose the other is, if it ends in between.
    files.write(facts_path, (json.dumps(facts, indent=1) + "\n").encode())
    files.write(path, comparison.saved(smaller.network))
    columns = terminal.columns() if sys.stdout.isatty() else None
    terminal.say(compact_texts.text(facts, columns), sys.stdout)
    terminal.say(f"Written: {path}, {facts_path}", sys.stdout)


def _path(run, output):
    """The file to write."""
    name = run.rstrip("/").rpartition("/")[2].removesuffix(".ticket")
    path = output or f"{name}_compact{SUFFIX}"
    if not path.endswith(SUFFIX):
        raise ValueError(
            f"output must be a file whose name ends in {SUFFIX}. Received: "
            f"{output}"
        )
    return path


def _check_free(path, facts_path, run):
    """Raises ValueError if a file is there, and not of the same run."""
    there = [each for each in (path, facts_path) if files.exists(each)]
    if there and _run_of(facts_path) != run:
        raise ValueError(
            f"{there[0]} is there already, and is not said to be of {run}: it "
            "is not overwritten. Give another --output"
        )


def _run_of(facts_path):
    """The run that facts say they are of; None if there are none."""
    try:
        return json.loads(files.read(facts_path)).get("run")
    except (FileNotFoundError, ValueError, AttributeError):
        return None


def _network(run, dataset):
    """The network of a run, with its final weights."""
    model = from_recipe.model(run.recipe, dataset, True, (run.directory,))
    finished_runs.check_network(run.directory, run.final, model.variables)
    return model.reset(presets=run.final).network


def _batches(dataset, count):
    """Test examples as the network sees them."""
    size = min(count, dataset.test.size)
    for start in range(0, size, BATCH_SIZE):
        rows = np.arange(start, min(start + BATCH_SIZE, size), dtype=np.int32)
        read = batches.read(dataset.test, rows)
        yield batches.prepared(dataset.prepare, read)


def _facts(network, smaller, given):
    """What is printed, as JSON values; pairs are before and after."""
    difference = compaction.difference(network, smaller.network, given)
    pair = network, smaller.network
    work = comparison.multiply_adds(network, smaller)
    latency = {
        str(size): comparison.latency_ms(pair, comparison.first(given[0], size))
        for size in comparison.BATCH_SIZES
        if size <= comparison.size(given[0])
    }
    layers = [
        {
            **{
                field.name: getattr(each, field.name)
                for field in dataclasses.fields(each)
                if field.name not in ("before", "after")
            },
            "multiply_adds": work[each.path],
        }
        for each in smaller.layers
    ]
    return {
        "difference": difference,
        "weights": smaller.weights,
        "multiply_adds": comparison.in_all(work),
        "file_bytes": [len(comparison.saved(each)) for each in pair],
        "latency_ms": latency,
        "latency_calls": comparison.LATENCY_CALLS,
        "device": hardware.device(),
        "hardware": hardware.facts(),
        "layers": layers,
    }
