"""The processor or GPU, driver and libraries that a run is trained on."""

import os
import platform
import re

from lottery_ticket.foundations.machine import devices, lazy

with lazy.imports():
    import tensorflow as tf

CPUINFO_FILE = "/proc/cpuinfo"
FLAGS = ("XLA_FLAGS", "TF_XLA_FLAGS", "TF_DETERMINISTIC_OPS")


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
    found = {"processor": _processor()}
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        build = tf.sysconfig.get_build_info()
        found["gpus"] = [each.get("device_name", "GPU") for each in details]
        found["driver"] = devices.nvidia_smi(
            "--query-gpu=driver_version", "--format=csv,noheader"
        ).partition("\n")[0]
        found["cuda"] = build.get("cuda_version")
        found["cudnn"] = build.get("cudnn_version")
    flags = {name: os.environ[name] for name in FLAGS if name in os.environ}
    return {**found, "flags": flags} if flags else found


def _processor():
    try:
        with open(CPUINFO_FILE) as file:
            model = re.search(r"^model name\s*: (.+)$", file.read(), re.M)
    except OSError:
        model = None
    return model[1] if model else platform.processor()
