"""The first iterations of recipes on made-up data: do they run, and where."""

import re
from typing import Any

from lottery_ticket.benchmarks.gpu_checks import made_up_data, promises, watched
from lottery_ticket.experiments.settings import recipe_table, recipes
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import line_logs

FOLDER = "recipes"
FIRST_ITERATIONS = 20
NO_WARMUP = recipe_table.USUAL["warmup"]
TEST_IMAGES = 16
SHOWN = 3
MAX_CHARACTERS = 200
NO_MEMORY = re.compile("ResourceExhausted|RESOURCE_EXHAUSTED|OUT_OF_MEMORY")
# A dense and a convolutional network, and a mask that is learned.
QUICK = ("mnist_fc", "digits_fc_supermask", "cifar10_conv2")
MAX_WORKERS = 4  # Side by side; each takes gigabytes.
CPU_BATCH_SIZE = 4


def check(conditions: Any) -> promises.Verdict:
    """Returns whether all begin, and where; some may be too large for a GPU."""
    chosen = _recipes(conditions)
    _make_up(conditions, chosen)
    lines = [_first_iterations(conditions, each) for each in chosen]
    workers = min(MAX_WORKERS, devices.cores())
    folder = conditions.run_lines(FOLDER, watched.MODULE, lines, workers)
    logs = {name: folder / f"{name}.log" for name in chosen}
    failures = {
        name: line_logs.last_line(str(log))[:MAX_CHARACTERS]
        for name, log in logs.items()
        if not (conditions.folder / FOLDER / name / "run.json").exists()
    }
    too_large = [name for name in failures if _is_too_large(logs[name])]
    broken = {n: each for n, each in failures.items() if n not in too_large}
    on_cpu = _on_cpu(conditions, logs)
    text = f"{len(chosen) - len(failures)} of {len(chosen)}"
    if too_large:
        text += f"; too large here: {', '.join(too_large)}"
    for name, what in [*broken.items(), *on_cpu.items()][:SHOWN]:
        text += f"; {name}: {what}"
    return promises.judged(
        not broken and not on_cpu,
        text,
        recipes=list(chosen),
        too_large=too_large,
        failures=broken,
        on_cpu=on_cpu,
    )


def _recipes(conditions):
    """Recipes whose data can be made up, or a few of them, by name."""
    found = {
        name: each
        for name, each in recipes.RECIPES.items()
        if each["dataset"] in made_up_data.KNOWN
    }
    if conditions.is_quick:
        return {name: found[name] for name in QUICK}
    return found


def _batch_size(conditions, recipe):
    return recipe["train_batch_size"] if conditions.gpu else CPU_BATCH_SIZE


def _subset(conditions, recipe):
    """So many images that an epoch ends with a partial batch."""
    return 5 * _batch_size(conditions, recipe) // 2


def _make_up(conditions, chosen):
    """Data for recipes, enough for the one that needs most."""
    sizes = {}
    for recipe in chosen.values():
        size = _subset(conditions, recipe) + TEST_IMAGES
        name = recipe["dataset"]
        sizes[name] = max(size, sizes.get(name, 0))
    for name, size in sizes.items():
        made_up_data.write(str(conditions.folder), name, size, TEST_IMAGES)


def _first_iterations(conditions, name):
    """The command line of a recipe's first iterations.

    Of a recipe whose rate is meant for masks, weights are not trained.
    """
    recipe = recipes.RECIPES[name]
    command = "supermask" if name.endswith("_supermask") else "train"
    words = [
        *(command, f"--recipe={name}", f"--data_dir={conditions.folder}"),
        f"--output_dir={conditions.folder / FOLDER / name}",
        f"--training_len={FIRST_ITERATIONS}it",
        f"--train_batch_size={_batch_size(conditions, recipe)}",
        f"--subset={_subset(conditions, recipe)}",
        f"--validation_size={TEST_IMAGES}",
    ]
    if recipe["warmup"] != NO_WARMUP:  # Which must end before training does.
        words.append(f"--warmup={FIRST_ITERATIONS // 2}it")
    return " ".join(words)


def _is_too_large(log):
    return log.exists() and bool(
        NO_MEMORY.search(log.read_text(errors="replace"))
    )


def _on_cpu(conditions, logs):
    """Operations of recipes on the CPU that ought to be on the GPU.

    A stream of images is read on the CPU.
    """
    if conditions.gpu is None:
        return {}
    found = {
        name: watched.on_cpu(log.read_text(errors="replace"))
        for name, log in logs.items()
        if recipes.RECIPES[name]["dataset"] != made_up_data.FOLDERS
        and log.exists()
    }
    return {name: kinds for name, kinds in found.items() if kinds}
