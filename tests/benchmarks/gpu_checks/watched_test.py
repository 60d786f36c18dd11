"""Tests of gpu_checks/watched: what a command says is read."""

import pytest

from lottery_ticket.benchmarks.gpu_checks import watched

TASK = "/job:localhost/replica:0/task:0/device"


def placed(kind, device):
    name = f"I0000 00:00:1795951252.082794    6965 placer.cc:162] while/{kind}"
    return f"{name}: ({kind}): {TASK}:{device}:0\n"


def test_the_last_peak_counts():
    text = f"loss\n{watched.PEAK}1200\nmore\n{watched.PEAK}3400\nend"
    assert watched.peak(text) == 3400


@pytest.mark.parametrize("text", ["", "Error: no data\n"])
def test_no_peak_is_an_error(text):
    with pytest.raises((ValueError, IndexError)):
        watched.peak(text)


def test_operations_on_the_cpu_are_counted_most_first():
    text = "".join(
        [
            *(placed("ArgMax", "CPU"), placed("GatherV2", "CPU")),
            *(placed("GatherV2", "CPU"), placed("MatMul", "GPU")),
        ]
    )
    assert watched.on_cpu(text) == {"GatherV2": 2, "ArgMax": 1}


@pytest.mark.parametrize("kind", ["_Arg", "_Retval", "Const", "LoopCond"])
def test_what_computes_nothing_does_not_count(kind):
    assert watched.on_cpu(placed(kind, "CPU")) == {}


def test_what_is_no_part_of_the_loop_does_not_count():
    text = placed("Cast", "CPU").replace("while/", "")
    assert watched.on_cpu(text) == {}


def test_whole_graphs_count_and_single_operations_do_not():
    calls = "__inference_function_2106", "__inference__sum_up_8", "Fill"
    text = "".join(
        f"I0000 execute.cc:1] Executing op {name} in device {TASK}:CPU:0\n"
        for name in calls
    )
    assert watched.on_cpu(text) == {"graph": 2}
    assert watched.on_cpu(text.replace("CPU", "GPU")) == {}
