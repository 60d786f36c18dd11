"""Tests of foundations/machine/hardware.py, with GPUs that are made up."""

import json
import platform

import pytest
import tensorflow as tf

from lottery_ticket.foundations.machine import devices, hardware


def test_facts_are_json_and_name_the_processor():
    facts = hardware.facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["processor"]


def test_lines_of_processors_are_there_once(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    file.write_text("model name\t: B 2\nflags\t: fma\nbugs\t:\n" * 4)
    monkeypatch.setattr(hardware, "CPUINFO_FILE", file)
    found = hardware.processor_lines("model name", "flags")
    assert found == ["flags\t: fma\n", "model name\t: B 2\n"]
    assert hardware.facts()["processor"] == "B 2"
    file.unlink()
    assert hardware.processor_lines("model name") == []
    assert hardware.facts()["processor"] == platform.processor()


def test_flags_are_recorded_where_there_are_any(monkeypatch):
    for name in hardware.FLAGS:
        monkeypatch.delenv(name, raising=False)
    assert "flags" not in hardware.facts()
    cache = "--tf_xla_persistent_cache_directory=/home/me/cache"
    monkeypatch.setenv("TF_XLA_FLAGS", cache)
    assert "flags" not in hardware.facts()
    monkeypatch.setenv("TF_XLA_FLAGS", f"--a=b {cache}")
    assert hardware.facts()["flags"] == {"TF_XLA_FLAGS": "--a=b"}
    monkeypatch.delenv("TF_XLA_FLAGS")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/x")
    assert hardware.facts()["flags"] == {"XLA_FLAGS": "--xla_dump_to=/x"}


def test_gpus_are_recorded_with_driver_and_libraries(monkeypatch):
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["first", "second"]
    )
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"device_name": f"H200 {gpu}"},
    )
    monkeypatch.setattr(devices, "nvidia_smi", lambda *words: "570.1\n570.1\n")
    monkeypatch.setattr(hardware, "_driver", hardware._driver.__wrapped__)
    assert hardware.device() == "H200 first"
    facts = hardware.facts()
    assert facts["gpus"] == ["H200 first", "H200 second"]
    assert facts["driver"] == "570.1"
    assert {"cuda", "cudnn"} <= set(facts)


def test_what_differs_between_machines_is_said():
    before = {"device": "CPU, 2 threads", "processor": "A"}
    assert hardware.differences(before, dict(before)) == ""
    now = {"device": "CPU, 4 threads", "processor": "A", "driver": "570"}
    found = hardware.differences(before, now)
    assert found == (
        "device: CPU, 2 threads, now CPU, 4 threads; driver: None, now 570"
    )


@pytest.mark.parametrize(("given", "threads"), [("", 5), ("x", 5), ("3", 3)])
def test_the_number_of_threads_is_what_tensorflow_reads(
    monkeypatch, given, threads
):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", given)
    tf_config = tf.config
    monkeypatch.setattr(tf_config, "list_physical_devices", lambda _: [])
    monkeypatch.setattr(
        tf_config.threading, "get_intra_op_parallelism_threads", lambda: 5
    )
    assert hardware.device() == f"CPU, {threads} threads"
