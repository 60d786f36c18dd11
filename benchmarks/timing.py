"""Times contenders in turn, and prints what each takes relative to one."""

import platform
import statistics
import time

import keras
import tqdm

from lottery_ticket.foundations.machine import devices


def compare(contenders: dict, rounds: int, iterations: int, warmup: int):
    """Returns milliseconds per iteration, name -> one number a round.

    All contenders are warmed up, then timed in turn, round after round, so that
    a machine that slows down slows all of them.

    Args:
        contenders: Dict, name -> function (iterations) that trains so long. It
            may return the seconds that count, if it knows better.
        rounds: How often each is timed.
        iterations: Iterations of each timing.
        warmup: Iterations of each before the first timing.
    """
    for run in tqdm.tqdm(contenders.values(), desc="warming up"):
        run(warmup)
    times = {name: [] for name in contenders}
    for _ in tqdm.trange(rounds, desc="rounds"):
        for name, run in contenders.items():
            started = time.perf_counter()
            seconds = run(iterations) or time.perf_counter() - started
            times[name].append(1000 * seconds / iterations)
    return times


def show(times: dict, title: str, each: str = "iteration") -> None:
    """Prints times, and their ratios to those of the first contender.

    Args:
        times: Dict as from `compare`.
        title: What was trained.
        each: What takes so long.
    """
    print(
        f"{platform.processor() or platform.machine()}, {devices.cores()} "
        f"cores, Keras {keras.__version__}; {title}\n"
        f"ms/{each} and time relative to the first: median (min to max)"
    )
    for name, relative in ratios(times).items():
        print(f"{name:<34} {_spread(times[name])}   {_spread(relative)}")


def ratios(times: dict) -> dict[str, list[float]]:
    """Returns times of `compare` relative to the first contender's, by name."""
    ours = next(iter(times.values()))
    return {
        name: [t / base for t, base in zip(own, ours, strict=True)]
        for name, own in times.items()
    }


def spread(values: list[float]) -> dict:
    """Returns median, min, max and n of numbers, by name."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "n": len(values),
    }


def _spread(values):
    found = spread(values)
    return f"{found['median']:7.3f} ({found['min']:.3f} to {found['max']:.3f})"
