"""The devices of this machine: found without TensorFlow, and put to use."""

import dataclasses
import itertools
import math
import os
import re
import subprocess
import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import fields, names

with lazy.imports():
    import tensorflow as tf

STRATEGIES = ("none", "mirrored")
CPU = "cpu"
CGROUP_QUOTA_FILE = "/sys/fs/cgroup/cpu.max"
NVIDIA_SMI_TIMEOUT_S = 60  # It can take seconds a GPU while drivers load.


@dataclasses.dataclass(frozen=True)
class Slot:
    """Where one process is to run."""

    name: str  # For people: "GPU 0", "CPU".
    environment: dict[str, str]  # Variables that keep the process there.


def slots(wanted: str | None = None, per_device: int = 1) -> list[Slot]:
    """Returns a slot for each process, the first ones on different devices.

    So many share a GPU or a core as per_device says, 1 or more. Raises as
    `find`.
    """
    fields.check("processes on a device", per_device, int, at_least=1)
    found = find(wanted) * per_device
    return [
        Slot(
            "CPU" if device == CPU else f"GPU {device}",
            environment(device, per_device, cores() // len(found)),
        )
        for device in found
    ]


def find(wanted: str | None = None) -> list[str]:
    """Returns the devices to use: ids of GPUs, or "cpu" once for each core.

    Args:
        wanted: Ids of GPUs such as "0,1"; "cpu" for every core, "cpu*4" for
            four of them; None for all GPUs, or every core where there is none.

    Raises:
        ValueError: If a wanted device is not there.
    """
    if wanted is None:
        return gpus() or [CPU] * cores()
    if wanted == CPU:
        return [CPU] * cores()
    if wanted.startswith(f"{CPU}*"):
        return [CPU] * _count(wanted)
    ids = [part.strip() for part in wanted.split(",")]
    found = gpus()
    if not found and CPU not in ids:
        raise ValueError(
            f"devices={wanted}: no GPU is seen here. nvidia-smi lists those "
            "that there are, CUDA_VISIBLE_DEVICES may hide them; devices=cpu "
            "uses the cores"
        )
    for id in ids:
        names.check("device", id, [*found, CPU])
    if CPU in ids or len(set(ids)) < len(ids):
        raise ValueError(
            "devices must be different GPUs such as 0,1, or cpu alone. "
            f"Received: {wanted!r}"
        )
    return ids


def gpus() -> list[str]:
    """Ids of the GPUs this process may use, as CUDA_VISIBLE_DEVICES takes them.

    They are those of CUDA_VISIBLE_DEVICES where it is set, else those that
    `nvidia-smi -L` lists; a GPU cut into MIG instances counts as these.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return _listed_gpus()
    ids = [part.strip() for part in visible.split(",")]
    # CUDA, too, ignores what comes after the first id that is none.
    return list(itertools.takewhile(re.compile(r"\d|GPU-|MIG-").match, ids))


def cores() -> int:
    """Number of cores this process may use, by affinity and by quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return int(min(count, _quota()))


def environment(
    device: str, workers: int = 1, threads: int | None = None
) -> dict[str, str]:
    """Returns the environment variables that keep a process on one device.

    Args:
        device: One entry of what `find` returns.
        workers: How many processes share the device; they then take memory of
            a GPU as they need it, instead of all of it at once.
        threads: How many the process may keep busy on the CPU beside a GPU, at
            least 1; what the environment says already wins. None leaves it to
            TensorFlow, which takes one for each core in every process.
    """
    if device == CPU:
        return {
            "CUDA_VISIBLE_DEVICES": "",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
    variables = {"CUDA_VISIBLE_DEVICES": device}
    # Else CUDA numbers the fastest GPU 0, whatever nvidia-smi says.
    variables["CUDA_DEVICE_ORDER"] = os.environ.get(
        "CUDA_DEVICE_ORDER", "PCI_BUS_ID"
    )
    if threads is not None:
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            variables[name] = os.environ.get(name, str(max(1, threads)))
    if workers > 1:
        variables["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    return variables


def nvidia_smi(*words: str) -> str:
    """Returns what nvidia-smi prints; nothing where it fails or is none."""
    try:
        done = subprocess.run(
            ["nvidia-smi", *words],
            capture_output=True,
            text=True,
            timeout=NVIDIA_SMI_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def sees_gpu() -> bool:
    """Whether TensorFlow can use a GPU, and so does."""
    return bool(tf.config.list_physical_devices("GPU"))


def strategy(name: str) -> typing.Any:
    """Returns a tf.distribute.Strategy; what is made in its scope uses it.

    Of the names, "none" is one device; "mirrored" shares each batch between all
    GPUs that are visible, or without GPUs between all logical CPU devices.

    Raises:
        ValueError: If there is no such strategy.
        RuntimeError: If this process may use a GPU that TensorFlow cannot use.
    """
    names.check("strategy", name, STRATEGIES)
    _check_gpus_are_seen()
    if name == "none":
        return tf.distribute.get_strategy()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    found = tf.config.list_logical_devices(kind)
    return tf.distribute.MirroredStrategy([each.name for each in found])


def _check_gpus_are_seen():
    """Else hours would go by on a CPU, in results said to be of a GPU."""
    if sees_gpu():
        return
    ids = gpus()
    if ids:
        raise RuntimeError(
            f"TensorFlow sees no GPU, but this process has GPU {', '.join(ids)}"
            ". Install TensorFlow with CUDA (pip install "
            "'lottery_ticket[gpu]'; is the driver new enough?), or train on "
            "the CPU by CUDA_VISIBLE_DEVICES= or, in sweeps, --devices=cpu"
        )


def _count(wanted):
    count = wanted.removeprefix(f"{CPU}*")
    if not count.isdecimal() or not 1 <= int(count) <= cores():
        raise ValueError(
            f"devices=cpu*N takes 1 to {cores()} cores here. Received: "
            f"{wanted!r}"
        )
    return int(count)


def _listed_gpus():
    found = {}
    for line in nvidia_smi("-L").splitlines():
        if gpu := re.match(r"GPU (\d+):", line):
            instances = found[gpu[1]] = []
        elif instance := re.match(r"\s+MIG .*\(UUID: (MIG-[^)]+)\)", line):
            instances.append(instance[1])
    return [id for gpu, mig in found.items() for id in (mig or [gpu])]


def _quota() -> float:
    """Number of cores a container may keep busy, by its cgroup (version 2)."""
    try:
        with open(CGROUP_QUOTA_FILE) as file:
            quota, period = file.read().split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if quota == "max" else math.ceil(int(quota) / int(period))
