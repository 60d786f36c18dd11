"""What the documentation promises of a GPU, and how to look whether it holds.

Commands are run as a user runs them, in processes of their own, on the dataset
digits or on made-up images. Where there is no GPU all is smaller.
"""

import dataclasses
import json
import pathlib

from lottery_ticket.benchmarks import children, promises, watched
from lottery_ticket.experiments.settings import recipes as recipes_lib
from lottery_ticket.foundations.machine import devices, hardware, lazy
from lottery_ticket.foundations.sweeps import line_logs

with lazy.imports():
    from lottery_ticket.benchmarks import made_up_data, timing

COMMAND = ("-m", "lottery_ticket.runners.main")
WATCHED_MODULE = "lottery_ticket.benchmarks.watched"
WATCHED = ("-m", WATCHED_MODULE)
DETERMINISTIC = "deterministic"
SHOWN = 3
FIRST_ITERATIONS = 20
TEST_IMAGES = 16
# With --quick: a dense and a convolutional network, and a mask that is learned.
QUICK_RECIPES = ("mnist_fc", "digits_fc_supermask", "cifar10_conv2")
WORKERS = (1, 2, 4, 8)
MAX_WORKERS = 4  # Side by side on recipes; each takes gigabytes.
MNIST_IMAGES = 60_000, 10_000
MOST_BYTES = 2e9


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Where promises are looked at: a folder, what computes, how much."""

    folder: pathlib.Path  # Empty at first, and removed in the end.
    gpu: str | None  # Id of the GPU.
    is_quick: bool = False

    def devices(self, workers: int) -> list[str]:
        """Flags of argfile_runner for so many workers on the device."""
        if self.gpu is None:
            return [f"--devices=cpu*{workers}"]
        return [f"--devices={self.gpu}", f"--workers_per_device={workers}"]


def device(conditions):
    """Which GPU it is."""
    if conditions.gpu is None:
        return promises.untried("no GPU")
    devices.strategy("none")  # Raises if TensorFlow sees none.
    facts = hardware.facts()
    text = f"{hardware.device()}, driver {facts['driver']}"
    return promises.judged(True, text, **facts)


def recipes(conditions):
    """The first iterations of recipes."""
    chosen = _recipes(conditions)
    _make_up(conditions, chosen)
    lines = [_first_iterations(conditions, each) for each in chosen]
    workers = min(MAX_WORKERS, devices.cores())
    _run_lines(conditions, "recipes", WATCHED_MODULE, lines, workers)
    logs = {
        name: conditions.folder / f"logs/recipes/{name}.log" for name in chosen
    }
    failures = {
        name: line_logs.last_line(str(log))
        for name, log in logs.items()
        if not (conditions.folder / f"recipes/{name}/run.json").exists()
    }
    on_cpu = _on_cpu(conditions, logs)
    text = f"{len(chosen) - len(failures)} of {len(chosen)}"
    for name, what in [*failures.items(), *on_cpu.items()][:SHOWN]:
        text += f"; {name}: {what}"
    return promises.judged(
        not failures and not on_cpu,
        text,
        recipes=list(chosen),
        failures=failures,
        on_cpu=on_cpu,
    )


def speed(conditions):
    """Time per iteration against what a user would pick instead."""
    out = conditions.folder / "speed.json"
    rounds = 1 if conditions.is_quick else 5
    module = ("-m", "lottery_ticket.benchmarks.trainer_speed")
    options = (f"--rounds={rounds}", "--iterations=1000", "--loops_only")
    children.run((*module, *options, f"--out={out}"))
    times = json.loads(out.read_text())
    ours, *others = timing.ratios(times).items()
    ratios = {name: timing.spread(each) for name, each in others}
    medians = {name: each["median"] for name, each in ratios.items()}
    text = ", ".join(f"{name} {each:.2f}" for name, each in medians.items())
    if not any(name.startswith("pytorch") for name in medians):
        text += "; PyTorch is not installed"
    return promises.judged(
        min(medians.values()) > 1,
        f"{text} times the time",
        milliseconds=timing.spread(times[ours[0]]),
        ratios=ratios,
    )


def workers(conditions):
    """Workers that share a device, against one."""
    most = WORKERS[-1] if conditions.gpu else devices.cores()
    counts = [count for count in WORKERS if count <= most]
    counts = counts[:2] if conditions.is_quick or not conditions.gpu else counts
    if len(counts) < 2:
        return promises.untried("one core, and no GPU")
    times = {count: _of_workers(conditions, count) for count in counts}
    found = {count: timing.spread(each) for count, each in times.items()}
    one = found[1]["median"]
    ratios = {n: each["median"] / one for n, each in found.items()}
    text = ", ".join(f"{n}: {ratio:.2f}" for n, ratio in ratios.items())
    return promises.judged(
        min(ratios.values()) < 1,
        f"time per iteration relative to one worker's: {text}",
        milliseconds=found,
    )


def determinism(conditions):
    """Bytes of two processes, with TensorFlow's deterministic mode and without.

    Without it nothing is promised.
    """
    is_equal = _are_equal(conditions, DETERMINISTIC)
    text = f"two processes, {'' if is_equal else 'not '}equal"
    if conditions.gpu is None:
        return promises.judged(is_equal, text, equal=is_equal)
    without = _are_equal(conditions, "other", "--deterministic=False")
    text += f"; with --deterministic=False {'' if without else 'not '}equal"
    return promises.judged(
        is_equal, text, equal=is_equal, equal_without=without
    )


def resume(conditions):
    """Bytes of a run that was killed in its middle, and of one that was not."""
    whole, killed = (
        conditions.folder / name for name in (f"{DETERMINISTIC}0", "killed")
    )
    command = _training(conditions, killed)
    children.run((*WATCHED, watched.KILLED, *command), may_fail=True)
    if (killed / "run.json").exists():
        return promises.untried("it was over before it could be killed")
    children.run(
        (*COMMAND, *_training(conditions, whole)),  # If it is not there yet.
        (*COMMAND, *command),
    )
    resumed = json.loads((killed / "run.json").read_text())["resumed"]
    is_equal = result_bytes(whole) == result_bytes(killed)
    text = f"killed in its middle, {'' if is_equal else 'not '}equal"
    return promises.judged(
        is_equal and resumed == 1,
        text if resumed else "it began anew",
        resumed=resumed,
        equal=is_equal,
    )


def memory(conditions):
    """Peak of the memory of a run on as many images as MNIST has."""
    folder = conditions.folder / "full"
    folder.mkdir()
    made_up_data.write(str(folder), "mnist", *MNIST_IMAGES)
    (printed,) = children.run(
        (
            *(*WATCHED, "train", "--recipe=mnist_fc", f"--data_dir={folder}"),
            *("--training_len=200it", f"--output_dir={folder / 'run'}"),
        )
    )
    peak = watched.peak(printed)
    where = "of the GPU" if conditions.gpu else "of the process"
    return promises.judged(
        peak < MOST_BYTES, f"{peak / 1e9:.2f} GB {where}", bytes=peak
    )


PROMISES = tuple(
    promises.Promise(check.__name__, sentence, check)
    for check, sentence in (
        (device, "TensorFlow sees the GPU that the machine gives it"),
        (
            recipes,
            "The first iterations of each recipe have finite losses, and on a "
            "GPU nothing of them is computed on the CPU",
        ),
        (
            speed,
            "An iteration of LeNet takes less time than by fit, or by PyTorch",
        ),
        (workers, "Two workers or more on a device do more than one"),
        (determinism, "The same command writes the same bytes"),
        (resume, "A run that is killed goes on, to the same bytes"),
        (memory, "Training on MNIST takes less than 2 GB of memory"),
    )
)


def result_bytes(directory: pathlib.Path) -> dict[str, bytes]:
    """Returns weights, masks and logs of a run, by their path in its folder."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.suffix in (".npy", ".json") and path.name != "run.json"
    }


def _recipes(conditions):
    """Recipes whose data can be made up, by name."""
    found = {
        name: each
        for name, each in recipes_lib.RECIPES.items()
        if each["dataset"] in made_up_data.KNOWN
    }
    if conditions.is_quick:
        return {name: found[name] for name in QUICK_RECIPES}
    return found


def _batch_size(conditions, recipe):
    return recipe["train_batch_size"] if conditions.gpu else 4


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
    recipe = recipes_lib.RECIPES[name]
    command = "supermask" if name.endswith("_supermask") else "train"
    words = [
        *(command, f"--recipe={name}", f"--data_dir={conditions.folder}"),
        f"--output_dir={conditions.folder / 'recipes' / name}",
        f"--training_len={FIRST_ITERATIONS}it",
        f"--train_batch_size={_batch_size(conditions, recipe)}",
        f"--subset={_subset(conditions, recipe)}",
        f"--validation_size={TEST_IMAGES}",
    ]
    return " ".join(words)


def _run_lines(conditions, name, runner, lines, workers):
    """Runs lines as a sweep, whose logs are in a folder of the name."""
    argfile = conditions.folder / f"{name}.txt"
    argfile.write_text("\n".join(lines))
    options = [*conditions.devices(workers), "--quiet"]
    logs = f"--log_dir={conditions.folder / 'logs' / name}"
    command = (*COMMAND, "argfile_runner", runner, str(argfile), *options, logs)
    children.run(command, may_fail=True)


def _on_cpu(conditions, logs):
    """Operations of recipes on the CPU that ought to be on the GPU.

    A stream of images is read on the CPU.
    """
    if conditions.gpu is None:
        return {}
    found = {
        name: watched.on_cpu(log.read_text(errors="replace"))
        for name, log in logs.items()
        if recipes_lib.RECIPES[name]["dataset"] != made_up_data.FOLDERS
        and log.exists()
    }
    return {name: kinds for name, kinds in found.items() if kinds}


def _of_workers(conditions, count):
    """Milliseconds per iteration of the device, by each of so many workers.

    Each trains twice; the first time it compiles.
    """
    iterations = 20_000 if conditions.gpu else 1000
    folder = conditions.folder / f"workers{count}"
    lines = [
        f"--training_len={iterations}it --test_interval={iterations} "
        f"--validate_interval={iterations} --seed={seed} "
        f"--output_dir={folder / str(seed)}"
        for seed in range(2 * count)
    ]
    _run_lines(conditions, f"workers{count}", "train", lines, count)
    records = [
        json.loads(path.read_text()) for path in folder.glob("*/run.json")
    ]
    if len(records) < len(lines):
        raise RuntimeError(f"{len(records)} of {len(lines)} runs were trained")
    records.sort(key=lambda record: record["started"])
    return [1000 * r["train_s"] / iterations / count for r in records[count:]]


def _training(conditions, output_dir, *more):
    """A run that is over in seconds."""
    network = ["--model=conv2"]
    if conditions.is_quick:
        network = ["--model=fc", "--jit=False"]  # XLA takes seconds.
    return (
        *("train", "--dataset=digits", "--training_len=200it", *network),
        *("--test_interval=20", "--validate_interval=20", "--quiet"),
        *(f"--output_dir={output_dir}", *more),
    )


def _are_equal(conditions, name, *more):
    """Whether two processes write the same bytes."""
    folders = [conditions.folder / f"{name}{each}" for each in range(2)]
    children.run(
        *((*COMMAND, *_training(conditions, each, *more)) for each in folders)
    )
    first, second = map(result_bytes, folders)
    return first == second
