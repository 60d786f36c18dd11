"""Tests of foundations/sweeps/ray_workers: with a stand-in for Ray, and Ray."""

import itertools
import os
import pathlib
import subprocess
import sys
import types

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    node_worker,
    ray_cluster,
    ray_workers,
    scripts,
    worker_pool,
    worker_protocol,
)
from lottery_ticket.tests import waiting

RUNNER = scripts.Runner("script", ("word",))


class RayError(Exception):
    """As Ray's."""


class RayTaskError(RayError):
    """As Ray's: an error of a method of an actor."""

    def __init__(self, cause):
        super().__init__(f"Traceback\n{cause}")
        self.cause = cause


class ActorUnavailableError(RayError):
    """As Ray's."""


class _Ray:
    """Stands for Ray: actors answer as they are told, or never.

    Each actor takes the next of `places`: what its method `work` says, answer
    by answer (an error is raised), True for a line that succeeds whenever it is
    asked, or None for an actor that has no place.
    """

    exceptions = types.SimpleNamespace(
        RayError=RayError,
        RayTaskError=RayTaskError,
        ActorUnavailableError=ActorUnavailableError,
    )

    def __init__(self, *places):
        self.places = list(places)
        self.asked = []  # What actors were asked: name of method, arguments.
        self.options = []
        self.killed = []

    def remote(self, kind):
        assert kind is node_worker.NodeWorker
        ray = self

        class Options:
            def options(self, **options):
                ray.options.append(options)
                return self

            def remote(self, job):
                return _Actor(ray, job, ray.places.pop(0))

        return Options()

    def wait(self, answers, num_returns=1, timeout=None):
        ready = [each for each in answers if each.is_ready]
        return ready, [each for each in answers if not each.is_ready]

    def get(self, answer, timeout=None):
        if isinstance(answer.value, Exception):
            raise answer.value
        return answer.value

    def kill(self, actor):
        self.killed.append(actor)


class _Answer:
    def __init__(self, value, is_ready=True):
        self.value, self.is_ready = value, is_ready


class _Actor:
    def __init__(self, ray, job, answers):
        self.ray, self.job = ray, job
        self.has_place = answers is not None
        if answers is True:
            answers = itertools.repeat(node_worker.News(b"", True))
        self.answers = iter(answers or ())

    def __getattr__(self, name):
        def remote(*args):
            self.ray.asked.append((name, *args))
            value = {
                "start": "CPU of there",
                "stop": node_worker.News(b"the end\n"),
            }.get(name)
            if name == "work" or self.job.script == "broken":
                value = next(self.answers)
            return _Answer(value, self.has_place)

        return types.SimpleNamespace(remote=remote)


@pytest.fixture
def lines(tmp_path):
    return [
        argfile_lines.Line(n, (f"--a={n}",), log=str(tmp_path / f"{n}.log"))
        for n in (1, 2)
    ]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(worker_protocol, "TICK_S", 0)
    monkeypatch.setattr(ray_workers, "AGAIN_S", 0)


def _run(ray, lines, slots=1, runner=RUNNER, **care):
    slots = [devices.Slot(f"slot {n}", {}) for n in range(slots)]
    found = ray_workers.RayWorkers(
        ray, slots, {"num_cpus": 1, "num_gpus": 0}, 1
    )
    care = worker_protocol.Care(**care)
    outcomes = worker_pool.run(runner, lines, slots, care, found)
    return [outcome for outcome in outcomes if outcome is not None]


def _log(line):
    return pathlib.Path(line.log).read_text()


def _lost():
    return RayError("\nThe actor died.\nAnd much more.")


def test_logs_come_in_pieces_and_outcomes_at_the_end(lines):
    news = [
        node_worker.News(b"one\n"),
        node_worker.News(b"two\n", True, seconds=3),
        node_worker.News(b"", True, "exit status 1", 4),
    ]
    ray, begun = _Ray(news), []
    found = _run(ray, lines, began=lambda line, where: begun.append(where))
    assert [each.failure for each in found] == [None, "exit status 1"]
    assert [each.seconds for each in found] == [3, 4]
    assert {each.device for each in found} == {"CPU of there"} == {*begun}
    assert _log(lines[0]) == "one\ntwo\n" and _log(lines[1]) == ""
    assert ray.options == [{"max_restarts": 0, "num_cpus": 1, "num_gpus": 0}]
    asked = [args for name, *args in ray.asked if name == "work"]
    assert [offset for _, _, offset in asked] == [0, 4, 0]
    names = [attempt for attempt, *_ in asked]
    assert names[0] == names[1] != names[2]
    assert ray.asked[-1][0] == "stop"


def test_a_line_of_a_lost_worker_is_run_by_another(lines, caplog):
    ray = _Ray([node_worker.News(b"half\n"), _lost()], True)
    found = _run(ray, lines)
    assert {each.line.number: each.failure for each in found} == {
        **{1: None, 2: None}
    }
    assert "its worker was lost: The actor died." in _log(lines[0])
    assert "The worker on CPU of there was lost" in caplog.text


def test_a_line_that_loses_all_its_workers_has_failed(lines):
    ray = _Ray(*([_lost()] for _ in range(3)), True)
    found = {each.line.number: each.failure for each in _run(ray, lines[:1])}
    assert found == {1: "its worker was lost 3 times: The actor died."}


def test_who_cannot_be_reached_is_asked_again(lines):
    news = [ActorUnavailableError(), node_worker.News(b"", True)]
    ray = _Ray(news)
    assert [each.failure for each in _run(ray, lines[:1])] == [None]
    first, second = [args for name, *args in ray.asked if name == "work"]
    assert first == second  # The same attempt: it begins once.


def test_a_worker_without_a_place_is_not_waited_for(lines):
    ray = _Ray(True, None)
    assert len(_run(ray, lines, slots=2)) == 2
    assert [actor.has_place for actor in ray.killed] == [False]


def test_no_place_at_all_is_said_and_then_an_error(lines, monkeypatch, caplog):
    clock = itertools.count(step=5)
    monkeypatch.setattr(ray_workers.time, "monotonic", lambda: next(clock))
    ray = _Ray(None)
    with pytest.raises(RuntimeError, match="For 10 minutes no node had"):
        _run(ray, lines)
    assert caplog.text.count("No node has a place for a worker yet") == 1
    assert len(ray.killed) == 1


def test_workers_that_cannot_start_are_an_error_in_a_line(lines):
    broken = scripts.Runner("broken")
    with pytest.raises(ValueError, match="^node1 sees nothing$"):
        error = RayTaskError(ValueError("node1 sees nothing"))
        _run(_Ray([error]), lines, runner=broken)
    with pytest.raises(RuntimeError, match="^No worker .*: The actor died.$"):
        _run(_Ray(*([_lost()] for _ in range(3))), lines, runner=broken)


def test_a_log_that_cannot_be_written_is_the_failure_of_its_line(
    lines, tmp_path
):
    (tmp_path / "1.log").mkdir()
    first, second = _run(_Ray(True), lines)
    assert first.failure.startswith("its log cannot be written")
    assert second.failure is None


def test_a_lost_line_is_stopped_with_its_worker(lines, tmp_path):
    class Queue(worker_pool.InOrder):
        def is_lost(self, line):
            return line.number == 1

    ray = _Ray(itertools.repeat(node_worker.News(b"x\n")), True)
    slots = [devices.Slot("slot", {})]
    engine = ray_workers.RayWorkers(
        ray, slots, {"num_cpus": 1, "num_gpus": 0}, 1
    )
    found = worker_pool.work(RUNNER, Queue(lines), slots, engine=engine)
    assert [each.line.number for each in found if each] == [2]
    assert _log(lines[0]).endswith("the end\n")


def test_nodes_must_see_a_file_in_the_folder_of_the_results(lines, tmp_path):
    folder, seen = tmp_path / "results", []
    ray = _Ray(True)

    def began(*_):
        seen.extend(folder.iterdir())

    _run(ray, lines[:1], folder=str(folder), began=began)
    assert len(seen) == 1 and not list(folder.iterdir())


class _Cluster(_Ray):
    """Stands for Ray where there are nodes, by their resources."""

    def __init__(self, *nodes):
        super().__init__()
        self._nodes = nodes

    def init(self, **options):
        self.init_options = options

    def nodes(self):
        return [{"Alive": True, "Resources": node} for node in self._nodes] + [
            {"Alive": False, "Resources": {"CPU": 64}}
        ]


@pytest.fixture
def cluster(monkeypatch):
    def make(*nodes):
        found = _Cluster(*nodes)
        monkeypatch.setattr(ray_cluster, "_load", lambda: found)
        monkeypatch.setattr(ray_cluster, "_try_to_join", lambda _: None)
        return found

    return make


@pytest.mark.parametrize(
    ("wanted", "per_device", "count", "share", "name"),
    [
        (None, 1, 3, {"num_cpus": 0, "num_gpus": 1}, "the cluster's GPUs"),
        ("gpu*2", 3, 6, {"num_cpus": 0, "num_gpus": 0.3333}, "GPUs"),
        ("cpu", 1, 12, {"num_cpus": 1, "num_gpus": 0}, "the cluster's CPUs"),
        ("cpu*2", 2, 4, {"num_cpus": 0.5, "num_gpus": 0}, "CPUs"),
    ],
)
def test_slots_are_by_what_the_nodes_have(
    cluster, wanted, per_device, count, share, name
):
    cluster({"CPU": 8.0, "GPU": 2.0}, {"CPU": 4.0, "GPU": 1.0}, {})
    found = ray_workers.connect("auto", wanted, per_device)
    assert len(found.slots) == count
    assert found.slots[0].name.endswith(name)
    assert found._resources == share


def test_without_gpus_all_cores(cluster):
    cluster({"CPU": 2.0}, {"CPU": 1.0})
    assert len(ray_workers.connect("auto").slots) == 3


def test_a_cluster_without_what_is_wanted_is_refused(cluster):
    cluster({"CPU": 2.0}, {})
    text = "has 2 nodes with 2 cores and 0 GPUs .* devices=gpu$"
    with pytest.raises(ValueError, match=text):
        ray_workers.connect("auto", "gpu")
    with pytest.raises(ValueError, match="devices=cpu\\*3"):
        ray_workers.connect("auto", "cpu*3")
    with pytest.raises(ValueError, match="must be gpu or cpu.*devices=0,1"):
        ray_workers.connect("auto", "0,1")
    with pytest.raises(ValueError, match="processes on a device"):
        ray_workers.connect("auto", "cpu", 0)


# As Ray's own tests do, but in a process of its own.
CLUSTER = """
import sys, time
from ray import cluster_utils

options = {"num_cpus": 1, "object_store_memory": 10**8}
cluster = cluster_utils.Cluster(True, head_node_args=options)
node = cluster.add_node(**options)
print(cluster.address, flush=True)
for line in sys.stdin:
    cluster.remove_node(node, allow_graceful=False)
    print("removed", flush=True)
cluster.shutdown()
"""
COMMAND = [
    *(sys.executable, "-m", "lottery_ticket", "argfile_runner"),
    "lottery_experiment",
]
LENGTH = "--iterations=2 --training_len=1000it --test_interval=100"


@pytest.fixture
def real_cluster():
    pytest.importorskip("ray.exceptions")
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield process
        process.communicate()


@pytest.mark.slow
def test_the_lines_of_a_node_that_is_killed_run_on_another(
    real_cluster, tmp_path
):
    for place in ("far", "near"):
        texts = [f"--output_dir={place}/{n} --seed={n} {LENGTH}" for n in "123"]
        (tmp_path / f"{place}.txt").write_text("\n".join(texts))
    address = next(x for x in real_cluster.stdout if x.count(".") == 3).strip()
    ray = ["far.txt", "--engine=ray", f"--address={address}"]
    with subprocess.Popen([*COMMAND, *ray], cwd=tmp_path) as sweep:
        waiting.wait_for(lambda: len(list(tmp_path.glob("far/*/0"))) >= 2)
        real_cluster.stdin.write("\n")
        real_cluster.stdin.flush()
        assert "removed\n" in real_cluster.stdout
        assert sweep.wait(600) == 0
    logs = [path.read_text() for path in tmp_path.glob("far/logs/*.log")]
    assert sum("its worker was lost" in log for log in logs) == 1
    subprocess.run([*COMMAND, "near.txt"], cwd=tmp_path, check=True)
    assert _results(tmp_path / "far") == _results(tmp_path / "near")


def _results(folder):
    """Bytes of all files by their paths, but of times."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.glob("[123]/**/*")
        if path.is_file() and path.name not in ("run.json", ".lock")
    }
    assert len(found) > 50
    return found
