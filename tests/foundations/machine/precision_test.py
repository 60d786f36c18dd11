"""Tests of foundations/machine/precision."""

import sys

import pytest
import tensorflow as tf

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import hardware, precision
from lottery_ticket.foundations.training import training_step
from lottery_ticket.models import model_fc
from lottery_ticket.runners import train

MODE = precision.ONEDNN_MODE


@pytest.fixture(autouse=True)
def before(monkeypatch):
    """Puts back what is of the whole process."""
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    monkeypatch.delenv(MODE, raising=False)
    yield
    tf.config.experimental.enable_tensor_float_32_execution(enabled)


@pytest.fixture
def processor(tmp_path, monkeypatch):
    """Returns a function that has this be a CPU with such flags."""

    def set_flags(flags):
        (tmp_path / "cpuinfo").write_text(f"flags\t\t: fpu {flags}\n")
        monkeypatch.setattr(hardware, "CPUINFO_FILE", str(tmp_path / "cpuinfo"))

    return set_flags


def test_float32_is_float32_unless_fewer_bits_are_asked_for(monkeypatch):
    is_short = tf.config.experimental.tensor_float_32_execution_enabled
    assert precision.set_policy("float32") == "float32"
    assert not is_short()
    with pytest.raises(ValueError, match="sees none here. Use float32"):
        precision.set_policy("tensorfloat32")
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["a GPU"]
    )
    assert precision.set_policy("tensorfloat32") == "float32"
    assert is_short()
    assert precision.set_policy("mixed_float16") == "mixed_float16"
    assert not is_short()


@pytest.mark.parametrize("mode", ["BF16", "bf16", "ANY", "F16"])
def test_float32_is_refused_where_it_would_be_multiplied_in_fewer_bits(
    mode, monkeypatch
):
    monkeypatch.setenv(MODE, mode)
    with pytest.raises(ValueError, match=f"{MODE}={mode} has this process"):
        precision.set_policy("float32")
    assert precision.set_policy("mixed_bfloat16") == "mixed_bfloat16"


def test_products_are_short_where_process_and_cpu_have_them(
    processor, monkeypatch
):
    processor("amx_bf16 amx_tile")
    with pytest.raises(ValueError, match=f"set {MODE}=BF16 in its env"):
        precision.set_policy("bfloat16_products")
    monkeypatch.setenv(MODE, "BF16")
    assert precision.set_policy("bfloat16_products") == "float32"


@pytest.mark.parametrize("flags", ["", "avx2", "amx_int8", "avx512_bf16"])
def test_a_cpu_without_short_products_is_told(flags, processor, monkeypatch):
    processor(flags)
    monkeypatch.setenv(MODE, "BF16")
    with pytest.raises(ValueError, match="is of CPUs that multiply bfloat16"):
        precision.set_policy("bfloat16_products")


@pytest.mark.parametrize(
    ("dtype", "given", "expected"),
    [
        (None, None, False),
        ("float32", None, False),
        ("bfloat16_products", None, True),
        ("bfloat16_products", "STRICT", False),
        ("float32", "BF16", True),
    ],
)
def test_a_commands_dtype_is_of_its_process_unless_the_environment_says(
    dtype, given, expected, monkeypatch
):
    if given:
        monkeypatch.setenv(MODE, given)
    monkeypatch.setattr("os.environ", dict(precision.os.environ))
    monkeypatch.delitem(sys.modules, "tensorflow")
    precision.set_up(dtype)
    assert precision.has_short_products() == expected


def test_a_process_that_has_multiplied_otherwise_goes_on_so(
    processor, monkeypatch
):
    processor("amx_bf16")
    monkeypatch.setattr("os.environ", dict(precision.os.environ))
    precision.set_up("bfloat16_products")  # TensorFlow is loaded by now.
    assert not precision.has_short_products()
    with pytest.raises(ValueError, match="need sweeps of their own"):
        precision.set_policy("bfloat16_products")


def test_xla_has_no_part_in_it(monkeypatch):
    network = model_fc.ModelFc((4,), 2, hidden_units=(3,)).network
    assert training_step.choose_policy(network).loop
    monkeypatch.setenv(MODE, "BF16")
    assert not training_step.choose_policy(network).loop


def test_it_is_refused_with_xla(capsys):
    words = ["--output_dir=x", "--dtype=bfloat16_products", "--jit=True"]
    with pytest.raises(SystemExit) as stop:
        flags.main(train.RUN, words)
    assert stop.value.code == 2
    assert "which XLA does without. Leave jit out" in capsys.readouterr().err
