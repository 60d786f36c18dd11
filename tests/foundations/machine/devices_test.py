"""Tests of foundations/devices."""

import os

import pytest
import tensorflow as tf

from lottery_ticket.foundations.machine import devices

TWO_GPUS = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-6b1a)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-77c2)
"""
ONE_OF_TWO_CUT = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5b)
  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4)
  MIG 3g.20gb     Device  1: (UUID: MIG-cba6)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-0a11)
"""


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Returns a function that puts a fake nvidia-smi, alone, on the PATH."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(output, status=0):
        program = tmp_path / "nvidia-smi"
        text = f"#!/bin/sh\n[ $1 = -L ] && echo '{output}'\nexit {status}\n"
        program.write_text(text)
        program.chmod(0o755)

    return install


@pytest.fixture
def four_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(
        os, "sched_getaffinity", lambda _: {0, 1, 4, 5}, raising=False
    )
    monkeypatch.setattr(devices, "CGROUP_QUOTA_FILE", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_gpus_are_those_that_nvidia_smi_lists(nvidia_smi):
    nvidia_smi(TWO_GPUS)
    assert devices.find() == ["0", "1"]


def test_gpus_in_instances_count_as_these(nvidia_smi):
    nvidia_smi(ONE_OF_TWO_CUT)
    assert devices.gpus() == ["MIG-c6d4", "MIG-cba6", "1"]


def test_no_gpus_where_nvidia_smi_fails_or_is_not_there(nvidia_smi):
    assert devices.gpus() == []
    nvidia_smi("No devices were found", status=6)
    assert devices.gpus() == []


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("2,3", ["2", "3"]),
        ("GPU-6b1a, MIG-c6d4", ["GPU-6b1a", "MIG-c6d4"]),
        ("1,-1,2", ["1"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_visible_devices_win_over_nvidia_smi(
    nvidia_smi, monkeypatch, visible, expected
):
    nvidia_smi(TWO_GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.gpus() == expected


def test_without_gpus_every_core_counts(nvidia_smi, four_cores):
    assert devices.find() == ["cpu"] * 4


def test_cores_keep_to_a_containers_quota(four_cores):
    four_cores.write_text("150000 100000\n")
    assert devices.cores() == 2
    four_cores.write_text("max 100000\n")
    assert devices.cores() == 4


def test_wanted_devices(monkeypatch, four_cores):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    assert devices.find("2,0") == ["2", "0"]
    assert devices.find("cpu") == ["cpu"] * 4
    assert devices.find("cpu*3") == ["cpu"] * 3


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ("3", "Unknown device '3'.* Known: 0, 1, 2, cpu"),
        ("0,0", "different GPUs"),
        ("0,cpu", "cpu alone"),
        ("cpu*5", "1 to 4 cores"),
        ("cpu*0", "1 to 4 cores"),
        ("cpu*x", "1 to 4 cores"),
    ],
)
def test_wrong_devices_are_errors(monkeypatch, four_cores, wanted, error):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    with pytest.raises(ValueError, match=error):
        devices.find(wanted)


def test_environment_of_a_core_is_one_thread_and_no_gpu():
    assert devices.environment("cpu") == {
        "CUDA_VISIBLE_DEVICES": "",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def test_environment_of_a_gpu(monkeypatch):
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    alone = {"CUDA_VISIBLE_DEVICES": "3", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert devices.environment("3") == alone
    shared = {**alone, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    assert devices.environment("3", workers=2) == shared


def test_processes_on_gpus_share_the_cores(four_cores, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "7")
    four_cores.write_text("max 100000\n")
    for count, threads in [(1, "2"), (2, "1"), (3, "1")]:
        slot = devices.slots(per_device=count)[-1]
        assert slot.environment["TF_NUM_INTRAOP_THREADS"] == threads
        assert slot.environment["TF_NUM_INTEROP_THREADS"] == "7"


def test_first_slots_are_on_different_devices(four_cores, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    four_cores.write_text("max 100000\n")
    slots = devices.slots(per_device=2)
    assert [slot.name for slot in slots] == ["GPU 0", "GPU 1"] * 2
    assert slots[1].environment == devices.environment("1", 2, 1)


def test_places_need_a_process(four_cores):
    with pytest.raises(ValueError, match="processes on a device must be .*: 0"):
        devices.slots("cpu", per_device=0)


def test_no_strategy_is_tensorflows_default():
    assert devices.strategy("none") is tf.distribute.get_strategy()


def test_a_gpu_that_tensorflow_cannot_use_is_an_error(nvidia_smi, monkeypatch):
    nvidia_smi(TWO_GPUS)
    with pytest.raises(RuntimeError, match="sees no GPU.* has GPU 0, 1"):
        devices.strategy("none")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # A CPU by one's own will.
    devices.strategy("none")


def test_mirrored_takes_all_cpus_where_there_is_no_gpu():
    strategy = devices.strategy("mirrored")
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    count = len(tf.config.list_logical_devices("CPU"))
    assert strategy.num_replicas_in_sync == count


def test_unknown_strategies_are_errors():
    with pytest.raises(ValueError, match="Unknown strategy 'miror'"):
        devices.strategy("miror")
