"""Where a sweep runs its lines: on this machine, or in a cluster."""

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    local_workers,
    ray_workers,
    worker_protocol,
)
from lottery_ticket.foundations.values import names

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)


def find(
    name: str,
    address: str | None = None,
    wanted: str | None = None,
    per_device: int = 1,
) -> tuple[worker_protocol.Engine, list[devices.Slot]]:
    """Returns an engine for a pool, and a slot for each worker it may have.

    Args:
        name: One of ENGINES.
        address: Address of the cluster, see `ray_workers.connect`.
        wanted: Devices, see `devices.find` and `ray_workers.connect`.
        per_device: Workers that share a device.

    Raises:
        ValueError: If there is no such engine, cluster or device, or an address
            is given for this machine.
        RuntimeError: If what the engine needs is not installed.
    """
    names.check("engine", name, ENGINES)
    if name == RAY:
        workers = ray_workers.connect(address, wanted, per_device)
        return workers, workers.slots
    if address is not None:
        raise ValueError(
            "address is that of a cluster, and goes with --engine=ray. "
            f"Received: address={address}"
        )
    return local_workers.LOCAL, devices.slots(wanted, per_device)
