"""In how many bits float32 is multiplied: a GPU's choice, and a CPU's."""

import os
import sys

from lottery_ticket.foundations.machine import devices, hardware, lazy

with lazy.imports():
    import tensorflow as tf

TF32 = "tensorfloat32"
BF16_PRODUCTS = "bfloat16_products"
# oneDNN, TensorFlow's library of kernels for CPUs, reads it once a process.
ONEDNN_MODE = "ONEDNN_DEFAULT_FPMATH_MODE"
# With avx512_bf16 alone it multiplies float32 in all bits in either mode.
PROCESSOR = "amx_bf16"


def set_up(dtype: str | None) -> None:
    """Sets what a process multiplies in, as a command begins.

    Before TensorFlow multiplies for the first time: it has no effect in a
    process that has loaded it. What the environment says already wins, and
    `set_policy` says where that does not go together.
    """
    if dtype == BF16_PRODUCTS and "tensorflow" not in sys.modules:
        os.environ.setdefault(ONEDNN_MODE, "BF16")


def has_short_products() -> bool:
    """Whether oneDNN may multiply float32 in fewer bits in this process."""
    return os.environ.get(ONEDNN_MODE, "STRICT").upper() != "STRICT"


def set_policy(dtype: str) -> str:
    """Has float32 multiplied as a dtype says; returns Keras's name of it.

    In all 32 bits, where a GPU's TensorFlow itself would take 19, unless it is
    "tensorfloat32": a value with the mantissa of float16. "bfloat16_products"
    is of CPUs: weights and activations are float32, and oneDNN rounds both to
    bfloat16 as it multiplies them.

    Raises:
        ValueError: If this machine or process cannot multiply as the dtype
            says, or would not multiply float32 in 32 bits.
    """
    if dtype == TF32:
        _check_gpu()
    elif dtype == BF16_PRODUCTS:
        _check_processor()
        _check_process()
    elif dtype == "float32" and has_short_products():
        raise ValueError(
            f"dtype=float32 is multiplied in 32 bits, and {ONEDNN_MODE}="
            f"{os.environ[ONEDNN_MODE]} has this process multiply it in fewer. "
            f"Unset that, or say dtype={BF16_PRODUCTS}; lines of a sweep that "
            "differ in this need sweeps of their own"
        )
    tf.config.experimental.enable_tensor_float_32_execution(dtype == TF32)
    return "float32" if dtype in (TF32, BF16_PRODUCTS) else dtype


def _check_gpu():
    if not devices.sees_gpu():
        raise ValueError(
            f"dtype={TF32} is of NVIDIA GPUs, and TensorFlow sees none here. "
            "Use float32"
        )


def _check_processor():
    lines = " ".join(hardware.processor_lines("flags"))
    if devices.sees_gpu() or PROCESSOR not in lines.split():
        raise ValueError(
            f"dtype={BF16_PRODUCTS} is of CPUs that multiply bfloat16 "
            f"in tiles ({PROCESSOR} in /proc/cpuinfo), and this process trains "
            "on none. Use float32"
        )


def _check_process():
    if os.environ.get(ONEDNN_MODE, "").upper() != "BF16":
        raise ValueError(
            f"dtype={BF16_PRODUCTS} is decided as a process starts: set "
            f"{ONEDNN_MODE}=BF16 in its environment; lines of a sweep that "
            "differ in this need sweeps of their own"
        )
