"""One worker process on a node of a cluster, and the log of its line there.

It is made on the node, by an actor, and asked from afar by `ray_workers`.
"""

import dataclasses
import os
import platform
import shutil
import tempfile
import time

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    local_workers,
    scripts,
    worker_protocol,
)

SEEN_S = 30  # Until a network's disk shows what another machine has written.
PROBE_S = 0.2
NEWS_BYTES = 2**20  # Of a log, at a time.


@dataclasses.dataclass(frozen=True)
class Job:
    """What a node is told about the lines that it will run."""

    script: str  # Of the runner.
    words: tuple[str, ...]  # Of its command line, before a line's.
    folder: str  # In which the sweep was started.
    probe: str | None  # Path of a file of it that nodes must see.
    has_gpu: bool  # Whether the worker is to use the GPU that it is given.
    per_device: int  # Workers that share a GPU or a core.
    threads: int | None  # That keep the CPU busy beside a GPU.
    timeout: str | None  # As of worker_protocol.Care.


@dataclasses.dataclass(frozen=True)
class News:
    """What has come of a line since it was last asked for."""

    log: bytes  # What it has printed.
    has_ended: bool = False
    failure: str | None = None
    seconds: float = 0.0


class NodeWorker:
    """One worker process, which is started again where a line has killed it.

    What is asked twice is answered twice: an answer may get lost on its way.
    """

    def __init__(self, job: Job):
        """Starts nothing yet: an error would be taken for the actor's death."""
        self._job = job
        self._slot = devices.Slot("", {})
        self._worker: local_workers.LocalWorker | None = None
        self._folder = ""
        self._attempt = ""
        self._outcome: worker_protocol.Outcome | None = None

    def start(self) -> str:
        """Starts the process, and returns the name of its device.

        Raises:
            ValueError: If the node does not see the folders of the sweep.
            RuntimeError: If the process does not start.
        """
        self._process()
        return self._slot.name

    def work(self, attempt: str, line: argfile_lines.Line, offset: int) -> News:
        """Begins a line, waits for its end for about a second, and tells.

        Args:
            attempt: Name of this one attempt; a new one begins the line.
            line: The line; its log goes to a file of the node.
            offset: Bytes of the log that are known.
        """
        if attempt != self._attempt:
            worker, log = self._process(), self._log()
            self._attempt, self._outcome = attempt, None
            try:
                open(log, "wb").close()
                worker.take(dataclasses.replace(line, log=log))
            except OSError as error:
                why = f"its log cannot be written: {endings.in_words(error)}"
                self._outcome = worker_protocol.Outcome(line, why)
        if self._outcome is None and self._worker is not None:
            self._outcome = _hear(self._worker)
        data = _read(self._log(), offset)
        if self._outcome is None or len(data) == NEWS_BYTES:
            return News(data)
        outcome = self._outcome
        return News(data, True, outcome.failure, outcome.seconds)

    def stop(self, offset: int) -> News:
        """Ends the process and its children; returns the rest of the log."""
        if self._worker is not None:
            self._worker.terminate()
            self._worker.end(worker_protocol.GRACE_S)
        news = News(_read(self._log(), offset))
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        return news

    def _log(self):
        return os.path.join(self._folder, "log")

    def _process(self):
        """The worker, once it can take a line; another one if it has died."""
        if not self._folder:
            _enter(self._job.folder)
            _check_seen(self._job.probe)
            self._slot = _slot(self._job)
            self._folder = tempfile.mkdtemp(prefix="lottery_ticket_")
        worker = self._worker
        if worker is None or worker.has_ended:
            runner = scripts.Runner(self._job.script, self._job.words)
            care = worker_protocol.Care(timeout=self._job.timeout)
            worker = local_workers.LOCAL.start(runner, self._slot, care)
            while not worker.is_idle:
                _hear(worker)
            self._worker = worker
        return worker


def _hear(worker):
    """Waits for news of a worker; returns the outcome of its line, or None."""
    outcome = None
    for each in local_workers.LOCAL.speaking([worker]):
        outcome = each.listen()
    worker.stop_if_stuck()
    return outcome


def _enter(folder):
    """Goes where the sweep was started: paths may be meant from there."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise ValueError(
            f"{platform.node()} has no folder {folder}, in which the sweep was "
            "started. Start it in one that all nodes see, or, with full paths "
            "in all flags, in one that all nodes have, such as /"
        ) from error


def _check_seen(probe):
    """Makes sure that what the sweep writes can be seen from here."""
    if probe is None:
        return
    end = time.monotonic() + SEEN_S
    while not os.path.exists(probe):
        if time.monotonic() > end:
            raise ValueError(
                f"{platform.node()} does not see what is written to "
                f"{os.path.dirname(probe)} where the sweep was started. Give "
                "an output_dir on a disk that all nodes share, or in a store "
                "such as s3://"
            )
        time.sleep(PROBE_S)


def _slot(job):
    """Where the process runs: on the GPU that Ray has chosen, or the CPU."""
    device = devices.CPU
    if job.has_gpu:
        device = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    name = "CPU" if device == devices.CPU else f"GPU {device}"
    return devices.Slot(
        f"{name} of {platform.node()}",
        devices.environment(device, job.per_device, job.threads),
    )


def _read(path, offset):
    """Returns the next bytes of a file; none where it has vanished."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(NEWS_BYTES)
    except OSError:
        return b""
