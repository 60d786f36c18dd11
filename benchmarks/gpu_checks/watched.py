"""A command of ours, watched: what it places where, and the memory it takes.

    python -m lottery_ticket.benchmarks.gpu_checks.watched train --flag=...
    python -m lottery_ticket.benchmarks.gpu_checks.watched killed train ...

The words are those of `lottery-ticket`. TensorFlow says where it places each
operation, and at the end stands the peak of the memory. With "killed", it kills
itself in its middle.
"""

import collections
import os
import re
import resource
import signal
import sys

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import compilation, lazy
from lottery_ticket.runners import commands
from lottery_ticket.runners import main as runners_main

with lazy.imports():
    import tensorflow as tf

MODULE = "lottery_ticket.benchmarks.gpu_checks.watched"
KILLED = "killed"
CHECKPOINTS = 3
PEAK = "peak of the memory in bytes: "
# A node of the loop, or a graph called as a whole; others run once.
PLACED = re.compile(
    r"(?:\] while/\S+: \((?P<node>\w+)\):|Executing op (?P<graph>__\w+)\S*"
    r" in device) ?/\S*device:CPU:"
)
# Operations that compute nothing; those with a leading _ neither.
IDLE = {
    *("Const", "Identity", "IdentityN", "NoOp", "Placeholder"),
    *("PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile"),
    *("Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch"),
}


def main(words: list[str]) -> None:
    """Runs a command line of `lottery-ticket`."""
    is_killed = words[0] == KILLED
    words = words[is_killed:]
    values = flags.parse(commands.find(words[0]), words[1:])
    # Before TensorFlow is loaded, which the command would do later.
    compilation.set_up(
        values.get("compile_cache"), values.get("deterministic", True)
    )
    tf.debugging.set_log_device_placement(True)
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        tf.config.experimental.reset_memory_stats("GPU:0")
    if is_killed:
        _kill_at_checkpoint()
    runners_main.main(words)
    print(f"{PEAK}{_peak(gpus)}", flush=True)


def peak(text: str) -> int:
    """Returns the most bytes that a watched command had, by what it printed.

    Of the GPU's memory, where there is one, else of the process.
    """
    return int(text.rpartition(PEAK)[2].split()[0])


def on_cpu(text: str) -> dict[str, int]:
    """Returns operations that were placed on the CPU, kind -> how many.

    Those that compute something at each iteration; a graph that is called as a
    whole counts as "graph".
    """
    kinds = [each["node"] or "graph" for each in PLACED.finditer(text)]
    found = collections.Counter(
        kind for kind in kinds if kind not in IDLE and not kind.startswith("_")
    )
    return dict(found.most_common())


def _kill_at_checkpoint():
    """Has one written at each log point, but for the last: work is lost."""
    # Slow, and not lazily, as they are changed.
    from lottery_ticket.foundations.records import checkpoint
    from lottery_ticket.foundations.training import resumable_run

    resumable_run.CHECKPOINT_INTERVAL_S = -1
    save, count = checkpoint.save, 0

    def save_or_die(directory, arrays, facts):
        nonlocal count
        count += 1
        if count == CHECKPOINTS:
            os.kill(os.getpid(), signal.SIGKILL)
        save(directory, arrays, facts)

    checkpoint.save = save_or_die


def _peak(gpus):
    if gpus:
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(sys.argv[1:])
