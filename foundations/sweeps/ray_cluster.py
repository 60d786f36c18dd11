"""A Ray cluster, joined: at its address, within a minute or not at all."""

import contextlib
import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import types

from lottery_ticket.foundations.sweeps import local_workers

AUTO = "auto"  # Address of the cluster that this machine belongs to.
CONNECT_S, TRY_S = 10, 60
# What `_try_to_join` runs, and what it writes before the reason.
_WHY = "Why not: "
_TRY = f"""
import logging, sys
import ray

try:
    ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)
except Exception as error:
    sys.exit(f"{_WHY}{{error}}")
"""


def join(address: str | None = None) -> types.ModuleType:
    """Returns Ray, this process being one of a cluster's.

    Args:
        address: HOST:PORT as `ray start --head` prints it, or auto for the
            cluster that this machine belongs to, as it must anyway. None takes
            the variable RAY_ADDRESS, or auto.

    Raises:
        ValueError: If no cluster can be joined at the address, within a minute.
        RuntimeError: If Ray is not installed.
    """
    ray = _load()
    address = address or os.environ.get("RAY_ADDRESS") or AUTO
    _check_is_there(address)
    _try_to_join(address)
    with _handlers():
        ray.init(
            address=address,
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    return ray


def in_a_line(error: BaseException | str) -> str:
    """Returns the first sentence or so of what Ray says in many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next(iter(lines), "")
    return told or type(error).__name__


def _load() -> types.ModuleType:
    """Ray, which not everybody has."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        # Of a mere folder of that name here, there is no such module.
        importlib.import_module("ray.exceptions")
        return importlib.import_module("ray")
    except ImportError as error:
        raise RuntimeError(
            f"ray is not installed, or does not load ({error}): "
            "pip install 'lottery_ticket[ray]'"
        ) from error


def _try_to_join(address):
    """Joins in another process, and raises as that does, or if it hangs.

    At an address where something else listens, Ray waits and writes for long.
    """
    command = [sys.executable, *local_workers.SAFE, "-c", _TRY, address]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TRY_S
        )
    except subprocess.TimeoutExpired as error:
        why = f"no answer of Ray within {TRY_S} s"
        raise ValueError(_none_at(address, why)) from error
    if done.returncode:
        why = done.stderr.rpartition(_WHY)[2].strip()
        raise ValueError(_none_at(address, in_a_line(why)))


@contextlib.contextmanager
def _handlers():
    """Keeps the handlers of signals: Ray's end the program at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_is_there(address):
    """Raises ValueError if nobody listens at an address; Ray would wait."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ValueError(
            f"address must be HOST:PORT or auto. Received: {address}"
        )
    try:
        socket.create_connection((host, int(port)), CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ValueError(_none_at(address, str(error))) from error


def _none_at(address, why):
    return (
        f"No Ray cluster to join at address={address} ({why}). `ray start "
        "--head` starts one, and prints its address"
    )
