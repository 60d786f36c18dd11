"""The processor or GPU, driver and libraries that a run is trained on."""

import functools
import os
import platform
import re

from lottery_ticket.foundations.machine import devices, lazy

with lazy.imports():
    import tensorflow as tf

CPUINFO_FILE = "/proc/cpuinfo"
CACHE_FLAG = r"--tf_xla_persistent_cache_directory=\S+"
FLAGS = (
    "XLA_FLAGS",
    "TF_XLA_FLAGS",
    "TF_DETERMINISTIC_OPS",
    "ONEDNN_DEFAULT_FPMATH_MODE",
)


def device() -> str:
    """What trains; on a CPU, results depend on the number of threads."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        threads = tf.config.threading.get_intra_op_parallelism_threads()
        given = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
        if given.isdecimal():  # TensorFlow, too, passes over all else.
            threads = int(given)
        return f"CPU, {threads or devices.cores()} threads"
    details = tf.config.experimental.get_device_details(gpus[0])
    return details.get("device_name", "GPU")


def facts() -> dict:
    """Models and versions of what computes, by name.

    "processor" is the CPU's model. With a GPU, "gpus" are the models of all
    that TensorFlow sees, beside "driver", "cuda" and "cudnn". "flags" are the
    environment's settings of XLA and determinism, where there are any.
    """
    found: dict = {"processor": processor()}
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        build = tf.sysconfig.get_build_info()
        found["gpus"] = [each.get("device_name", "GPU") for each in details]
        found["driver"] = _driver()
        found["cuda"] = build.get("cuda_version")
        found["cudnn"] = build.get("cudnn_version")
    given = {name: os.environ.get(name, "") for name in FLAGS}
    # Where compiled code is kept changes nothing.
    given = {
        name: re.sub(CACHE_FLAG, "", x).strip() for name, x in given.items()
    }
    flags = {name: text for name, text in given.items() if text}
    return {**found, "flags": flags} if flags else found


def differences(before: dict, now: dict) -> str:
    """Returns in words what of `facts` and "device" differs, "" if nothing.

    A result's bytes depend on all of it.
    """
    return "; ".join(
        f"{name}: {before.get(name)}, now {now.get(name)}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    )


def processor_lines(*names: str) -> list[str]:
    """Lines of what Linux says of processors, each once, in order.

    Those that begin with one of the names; elsewhere, none.
    """
    try:
        with open(CPUINFO_FILE) as file:
            return sorted({line for line in file if line.startswith(names)})
    except OSError:
        return []


def processor() -> str:
    """The CPU's model."""
    models = processor_lines("model name")
    model = models[0].partition(":")[2].strip() if models else ""
    return model or platform.processor()


@functools.cache
def _driver():
    versions = devices.nvidia_smi(
        "--query-gpu=driver_version", "--format=csv,noheader"
    )
    return versions.partition("\n")[0]
