"""What the documentation promises of a GPU, and how to look whether it holds.

Commands are run as a user runs them, in processes of their own, on the dataset
digits or on made-up images. Where there is no GPU all is smaller.
"""

import json
import pathlib

from lottery_ticket.benchmarks.gpu_checks import (
    children,
    made_up_data,
    promises,
    recipe_starts,
    watched,
)
from lottery_ticket.benchmarks.gpu_checks import conditions as conditions_lib
from lottery_ticket.foundations.machine import devices, hardware, lazy

with lazy.imports():
    from lottery_ticket.benchmarks import timing

COMMAND = conditions_lib.COMMAND
WATCHED = ("-m", watched.MODULE)
FREE = "deterministic=False"
CONV = {"conv2": ("--model=conv2",)}
# Runs that are over in seconds, and their flags, by device.
ON_GPU = {
    **CONV,
    "resnet20": ("--model=resnet20", "--augmentation=crop_flip"),
    FREE: ("--model=conv2", f"--{FREE}"),
}
QUICK_ON_CPU = {"fc": ("--model=fc", "--jit=False")}  # XLA takes seconds.
WORKERS = (1, 2, 4, 8)
MNIST_IMAGES = 60_000, 10_000
MOST_BYTES = 2e9


def device(conditions):
    """Which GPU it is."""
    if conditions.gpu is None:
        return promises.untried("no GPU")
    devices.strategy("none")  # Raises if TensorFlow sees none.
    facts = hardware.facts()
    text = f"{hardware.device()}, driver {facts['driver']}"
    return promises.judged(True, text, **facts)


def speed(conditions):
    """Time per iteration against what a user would pick instead.

    It is not told where a contender is faster in some rounds, as by the median,
    and slower in others.
    """
    out = conditions.folder / "speed.json"
    rounds = 3 if conditions.is_quick else 5
    module = ("-m", "lottery_ticket.benchmarks.trainer_speed")
    options = (f"--rounds={rounds}", "--iterations=1000", "--loops_only")
    children.run((*module, *options, f"--out={out}"))
    times = json.loads(out.read_text())
    ours, *others = timing.ratios(times).items()
    ratios = {name: timing.spread(each) for name, each in others}
    spreads = "; ".join(
        f"{name} {each['median']:.2f} ({each['min']:.2f} to {each['max']:.2f})"
        for name, each in ratios.items()
    )
    text = f"time relative to this trainer's, {rounds} rounds: {spreads}"
    if not any(name.startswith("pytorch") for name in ratios):
        text += "; PyTorch is not installed"
    is_held = all(each["median"] > 1 for each in ratios.values())
    if not is_held and all(each["max"] > 1 for each in ratios.values()):
        return promises.untried(f"too unsteady to tell; {text}")
    return promises.judged(
        is_held,
        text,
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
    """Bytes of two processes; without the deterministic mode none are promised.

    A CPU has no such mode.
    """
    equal = {name: _are_equal(conditions, name) for name in _runs(conditions)}
    text = ", ".join(
        f"{name} {'equal' if each else 'not equal'}"
        for name, each in equal.items()
    )
    return promises.judged(
        all(each for name, each in equal.items() if name != FREE),
        f"two processes, {text}",
        equal=equal,
    )


def resume(conditions):
    """Bytes of a run that was killed in its middle, and of one that was not."""
    name = next(iter(_runs(conditions)))
    whole, killed = conditions.folder / f"{name}0", conditions.folder / "killed"
    command = _training(conditions, name, killed)
    children.run((*WATCHED, watched.KILLED, *command), may_fail=True)
    if (killed / "run.json").exists():
        return promises.untried("it was over before it could be killed")
    children.run(
        (
            *COMMAND,
            *_training(conditions, name, whole),
        ),  # If it is not there yet.
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
    promises.Promise(name, sentence, check)
    for name, check, sentence in (
        ("device", device, "TensorFlow sees the GPU that the machine gives it"),
        (
            "recipes",
            recipe_starts.check,
            "The first iterations of each recipe have finite losses, and on a "
            "GPU nothing of them is computed on the CPU",
        ),
        (
            "speed",
            speed,
            "An iteration of LeNet takes less time than by fit, or by PyTorch",
        ),
        (
            "workers",
            workers,
            "Two workers or more on a device do more than one",
        ),
        ("determinism", determinism, "The same command writes the same bytes"),
        ("resume", resume, "A run that is killed goes on, to the same bytes"),
        ("memory", memory, "Training on MNIST takes less than 2 GB of memory"),
    )
)


def result_bytes(directory: pathlib.Path) -> dict[str, bytes]:
    """Returns weights, masks and logs of a run, by their path in its folder."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.suffix in (".npy", ".json") and path.name != "run.json"
    }


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
    conditions.run_lines(folder.name, "train", lines, count)
    records = [
        json.loads(path.read_text()) for path in folder.glob("*/run.json")
    ]
    if len(records) < len(lines):
        raise RuntimeError(f"{len(records)} of {len(lines)} runs were trained")
    records.sort(key=lambda record: record["started"])
    return [1000 * r["train_s"] / iterations / count for r in records[count:]]


def _runs(conditions):
    if conditions.gpu:
        return ON_GPU
    return QUICK_ON_CPU if conditions.is_quick else CONV


def _training(conditions, name, output_dir):
    return (
        *("train", "--dataset=digits", "--training_len=200it", "--quiet"),
        *("--test_interval=20", "--validate_interval=20"),
        *(f"--output_dir={output_dir}", *_runs(conditions)[name]),
    )


def _are_equal(conditions, name):
    """Whether two processes write the same bytes."""
    folders = [conditions.folder / f"{name}{each}" for each in range(2)]
    children.run(
        *((*COMMAND, *_training(conditions, name, each)) for each in folders)
    )
    first, second = map(result_bytes, folders)
    return first == second
