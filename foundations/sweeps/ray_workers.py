"""Workers on the nodes of a Ray cluster: an engine of `worker_pool`.

An actor on a node, which loads no TensorFlow, has one worker process there
(`node_worker`). Actors are placed by what the cluster has of GPUs or cores.
Logs of lines come back in pieces and are added to the files here, so that any
store will do for the results. Where an actor is lost, or its node, the line is
run again by another one; it has not failed.
"""

import collections
import contextlib
import dataclasses
import logging
import math
import os
import re
import tempfile
import time
import uuid
from typing import Any, cast

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    node_worker,
    ray_cluster,
    scripts,
    worker_protocol,
)
from lottery_ticket.foundations.values import fields

AGAIN_S = 0.2  # Until a node that cannot be reached is asked again.
# With no worker at all there, before it is said, and before it is an error.
NOTICE_S, PLACE_S = 20, 600
LOSSES = 3  # Of the workers of one line, or of those that did not start.
SHARES = 10_000  # Ray divides a GPU or a core into so many.
_DEVICES = re.compile(r"(cpu|gpu)(?:\*(\d+))?")
_log = logging.getLogger(__name__)


def connect(
    address: str | None = None,
    wanted: str | None = None,
    per_device: int = 1,
) -> "RayWorkers":
    """Returns the workers of a cluster, none of which is started yet.

    Args:
        address: HOST:PORT as `ray start --head` prints it, or auto for the
            cluster that this machine belongs to, as it must anyway. None takes
            the variable RAY_ADDRESS, or auto.
        wanted: "gpu" or "cpu" for all GPUs or cores, "gpu*4" for four; None for
            all GPUs, or all cores where there is no GPU.
        per_device: Workers that share a GPU or a core.

    Raises:
        ValueError: If no cluster can be joined at the address, within a minute,
            or it does not have what is wanted.
        RuntimeError: If Ray is not installed.
    """
    fields.check("processes on a device", per_device, int, at_least=1)
    kind, count = _parsed(wanted)
    ray = ray_cluster.join(address)
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus, cores = ([int(x.get(n, 0)) for x in nodes] for n in ("GPU", "CPU"))
    kind = kind or (devices.CPU if not any(gpus) else "gpu")
    found = sum(cores if kind == devices.CPU else gpus)
    if not found or (count or 0) > found:
        raise ValueError(
            f"The cluster has {_count(len(nodes), 'node')} with "
            f"{_count(sum(cores), 'core')} and {_count(sum(gpus), 'GPU')} for "
            f"Ray. Received: devices={wanted}"
        )
    share = math.floor(SHARES / per_device) / SHARES
    threads = None
    if kind != devices.CPU:  # Those of the node with the fewest.
        pairs = [each for each in zip(cores, gpus, strict=True) if each[1]]
        threads = min(int(c / (g * per_device)) for c, g in pairs)
    resources = {
        "num_cpus": share if kind == devices.CPU else 0,
        "num_gpus": share if kind != devices.CPU else 0,
    }
    name = f"the cluster's {kind.upper()}s"
    slots = [devices.Slot(name, {})] * (count or found) * per_device
    return RayWorkers(ray, slots, resources, per_device, threads)


class RayWorkers:
    """The workers of a cluster; a `worker_protocol.Engine`.

    Attributes:
        slots: A slot for each worker.
    """

    def __init__(
        self,
        ray: Any,
        slots: list[devices.Slot],
        resources: dict[str, float],
        per_device: int,
        threads: int | None = None,
    ):
        """Takes Ray, connected, and what each worker needs of a node."""
        self.slots = slots
        self._ray = ray
        self._resources = resources
        self._per_device = per_device
        self._threads = threads
        self._losses = collections.Counter()  # By number of line, from 1.
        self._probe: Any = None
        # Last seen with a worker that has a place; None before the first look.
        self._had_worker_at: float | None = None
        self._is_noticed = False

    def start(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: worker_protocol.Care,
        lost: worker_protocol.Worker | None = None,
    ) -> "RayWorker":
        """Returns a worker for which Ray is asked for a place."""
        del lost  # Those that could not start are counted for all places.
        job = node_worker.Job(
            *(runner.script, runner.words, os.getcwd()),
            probe=self._probe_in(care.folder),
            has_gpu=self._resources["num_gpus"] > 0,
            per_device=self._per_device,
            threads=self._threads,
            timeout=care.timeout,
        )
        remote = self._ray.remote(node_worker.NodeWorker)
        # Not to be restarted by Ray: its line would not be.
        actor = remote.options(max_restarts=0, **self._resources).remote(job)
        return RayWorker(self._ray, actor, slot, care, self._losses)

    def speaking(self, workers: list["RayWorker"]) -> list["RayWorker"]:
        """Returns the workers that have answered, or are lost.

        Raises RuntimeError if for PLACE_S seconds none had a place.
        """
        self._check_places(workers)
        opened = [worker for worker in workers if worker.is_open]
        asked = {each.answer: each for each in opened if each.answer}
        if not asked:
            time.sleep(worker_protocol.TICK_S)
            return []
        answers = list(asked)
        self._ray.wait(answers, timeout=worker_protocol.TICK_S)
        found, _ = self._ray.wait(answers, num_returns=len(answers), timeout=0)
        return [asked[answer] for answer in found]

    def _probe_in(self, folder):
        """Path of a file that nodes must see; it is gone when this is."""
        if folder is None:
            return None
        if self._probe is None:
            os.makedirs(folder, exist_ok=True)
            self._probe = tempfile.NamedTemporaryFile(
                dir=folder, prefix="seen_by_nodes_", suffix=".tmp"
            )
        return self._probe.name

    def _check_places(self, workers):
        now = time.monotonic()
        if self._had_worker_at is None:
            self._had_worker_at = now
        if not all(worker.is_placeless for worker in workers):
            self._had_worker_at, self._is_noticed = now, False
            return
        waited_s = now - self._had_worker_at
        if waited_s > PLACE_S:
            raise RuntimeError(
                f"For {PLACE_S // 60} minutes no node had a place for a "
                "worker: `ray status` shows what is in use"
            )
        if waited_s > NOTICE_S and not self._is_noticed:
            self._is_noticed = True
            _log.warning(
                "No node has a place for a worker yet: `ray status` shows what "
                "is in use. Waiting for up to %d minutes",
                PLACE_S // 60,
            )


class RayWorker:
    """A worker on a node, asked by an actor there; a `worker_protocol.Worker`.

    Attributes:
        answer: What is to come of what it was last asked, or None.
    """

    def __init__(
        self,
        ray: Any,
        actor: Any,
        slot: devices.Slot,
        care: worker_protocol.Care,
        losses: collections.Counter,
    ):
        """Asks an actor to start, whenever it has a place.

        `losses` counts how often lines were lost, by their numbers, and as 0
        the workers in a row that were lost before they could start.
        """
        self.slot = slot
        self.line: argfile_lines.Line | None = None
        self.last: argfile_lines.Line | None = None
        self.left: argfile_lines.Line | None = None
        self.is_open = self.is_placeless = True
        self.has_ended = False
        self._ray = ray
        self._actor: Any = actor
        self._care = care
        self._losses = losses
        self._device = ""
        self._attempt = ""
        self._received = 0  # Bytes of the line's log.
        self._stopped: Any = None  # What it says once it has stopped.
        self.answer = actor.start.remote()

    @property
    def failed_starts(self) -> int:
        """Not told: those that could not start are counted for all places."""
        return 0

    @property
    def is_idle(self) -> bool:
        """Whether it could take a line."""
        return self.is_open and not self.is_placeless and self.line is None

    def take(self, line: argfile_lines.Line) -> None:
        """Begins a line.

        Raises OSError if the line's log cannot be written.
        """
        open(line.log, "ab").close()
        self.line = self.last = line
        self._attempt, self._received = uuid.uuid4().hex, 0
        self._care.began(line, self._device)
        self._ask()

    def listen(self) -> worker_protocol.Outcome | None:
        """Takes in an answer; returns the outcome of a line that has ended.

        Raises ValueError or RuntimeError if a worker could not start.
        """
        errors = self._ray.exceptions
        try:
            found = self._ray.get(self.answer)
        except errors.RayTaskError as error:
            kind = type(error.cause)
            kind = kind if kind in (ValueError, OSError) else RuntimeError
            raise kind(ray_cluster.in_a_line(error.cause)) from error
        except errors.ActorUnavailableError:  # It may be there again soon.
            time.sleep(AGAIN_S)
            self._ask()
            return None
        except errors.RayError as error:
            return self._lose(ray_cluster.in_a_line(error))
        if self.is_placeless:
            self._device, self.answer = found, None
            self.is_placeless = False
            self._losses[0] = 0
            return None
        return self._take_in(found)

    def stop_if_stuck(self) -> None:
        """Does nothing: it is looked after where it runs."""

    def close(self) -> None:
        """Lets it end, while it has no line; it takes no more of them."""
        self.terminate()
        self.is_open = False
        self._actor = None  # Then Ray ends the actor, and its place is free.

    def stop(self) -> None:
        """Ends it in the middle of its line, of which there is no outcome."""
        self.terminate()
        self.end(worker_protocol.GRACE_S)
        self.line = None

    def terminate(self) -> None:
        """Asks it to end, and does not wait for it."""
        if not self.is_open or self._stopped is not None:
            return
        if self.is_placeless:  # It would never hear.
            self._ray.kill(self._actor)
            self._actor = self.answer = None
            self.is_open = self.is_placeless = False
        else:
            self._stopped = self._actor.stop.remote(self._received)

    def end(self, timeout_s: float = 0) -> str:
        """Ends it, by force after some time; returns how it ended."""
        if self._stopped is not None:
            # It is asked once a second whether it is to stop.
            limit_s = timeout_s + 2 * worker_protocol.TICK_S
            with contextlib.suppress(self._ray.exceptions.RayError):
                news = self._ray.get(self._stopped, timeout=limit_s)
                self._add_to_log(news.log)
            self._stopped = None
        if self._actor is not None:
            self._ray.kill(self._actor)
        self._actor = self.answer = None
        self.is_open = self.is_placeless = False
        self.has_ended = True
        return "worker was ended"

    def _ask(self):
        """Asks for news; the first time, the line begins by that."""
        if self.is_placeless:
            self.answer = self._actor.start.remote()
            return
        ask = self._actor.work.remote
        self.answer = ask(self._attempt, _bare(self.line), self._received)

    def _take_in(self, news):
        self._add_to_log(news.log)
        if not news.has_ended:
            self._ask()
            return None
        line = cast(argfile_lines.Line, self.line)
        self.line = self.answer = None
        return worker_protocol.Outcome(
            line, news.failure, device=self._device, seconds=news.seconds
        )

    def _add_to_log(self, data):
        self._received += len(data)
        if not data or self.line is None:
            return
        try:
            with open(self.line.log, "ab") as file:
                file.write(data)
        except OSError as error:
            _log.warning("A log misses lines: %s", endings.in_words(error))

    def _lose(self, reason):
        """Takes in that it is gone, with its actor or its node."""
        line, self.line = self.line, None
        self.answer = self._actor = None
        self.is_open = self.is_placeless = False
        self.has_ended = True
        number = 0 if line is None else line.number
        self._losses[number] += 1
        is_last = self._losses[number] >= LOSSES
        if line is None:
            if is_last:
                raise RuntimeError(f"No worker starts in the cluster: {reason}")
            return None
        with contextlib.suppress(OSError):
            line_logs.add(line.log, f"# its worker was lost: {reason}")
        if is_last:
            text = f"its worker was lost {LOSSES} times: {reason}"
            return worker_protocol.Outcome(line, text, device=self._device)
        _log.warning(
            "The worker on %s was lost, and its line is run again: %s",
            *(self._device, line.text),
        )
        self.left = line
        return None


def _bare(line):
    """What a node has to know of a line."""
    return dataclasses.replace(line, log="", keywords=None)


def _parsed(wanted):
    """Kind of devices and their number, None where that is open."""
    if wanted is None:
        return None, None
    match = _DEVICES.fullmatch(wanted)
    if match is None or match[2] == "0":
        raise ValueError(
            "In a cluster devices must be gpu or cpu, for all of them, or so "
            f"many, such as gpu*4. Received: devices={wanted}"
        )
    return match[1], int(match[2]) if match[2] else None


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"
