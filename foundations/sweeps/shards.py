"""Shards: the lines of an argfile that one of several machines runs.

They are every N-th line, counted as the argfile has them, whatever is complete:
so shards have no line in common, and a machine gets the same ones each time. Or
they are whatever nobody else has: see shared_lines.
"""

import dataclasses
import re
from collections.abc import Mapping

from lottery_ticket.foundations.sweeps import argfile_lines

LEASES = "leases"
AUTO = "auto"
# Kubernetes tells pods of an Indexed Job their index alone; the job sets this.
# Source: https://github.com/kubernetes/kubernetes/issues/106009
KUBERNETES_COUNT = "JOB_COMPLETIONS"
_KUBERNETES_INDEX = "JOB_COMPLETION_INDEX"
_SLURM = "SLURM_ARRAY_TASK"


@dataclasses.dataclass(frozen=True)
class Shard:
    """One of `count` parts of a sweep."""

    index: int = 1  # From 1.
    count: int = 1
    text: str = ""  # What it is, before what is to be done.
    is_leased: bool = False  # Its lines are what nobody else has.

    def of(self, lines: list[argfile_lines.Line]) -> list[argfile_lines.Line]:
        """Returns its lines."""
        return lines[self.index - 1 :: self.count]


def parse(flag: str | None, environment: Mapping[str, str]) -> Shard:
    """Returns the shard that a flag asks for.

    Args:
        flag: 'I/N', such as 3/8; 'auto', which looks at the variables of
            Slurm's job arrays and Kubernetes' Indexed Jobs; 'leases' or None,
            which are all lines.
        environment: Variables, by name.

    Raises:
        ValueError: If it is none of them, or the variables say nothing.
    """
    if flag is None:
        return Shard()
    if flag == LEASES:
        return Shard(text="shared by leases: ", is_leased=True)
    if flag == AUTO:
        return _automatic(environment)
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", str(flag))
    index, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(
            "--shard must be I/N, such as 3/8 for the third of eight, auto or "
            f"leases. Received: {flag!r}"
        )
    return Shard(index, count, f"shard {index} of {count}: ")


def _automatic(environment):
    if f"{_SLURM}_ID" in environment:
        return _of_slurm(environment)
    if _KUBERNETES_INDEX in environment:
        return _of_kubernetes(environment)
    raise ValueError(
        f"--shard=auto finds neither {_SLURM}_ID, as in a job array of Slurm, "
        f"nor {_KUBERNETES_INDEX}, as in an Indexed Job of Kubernetes. "
        "Give I/N."
    )


def _of_slurm(environment):
    """Source: https://slurm.schedmd.com/job_array.html."""
    own, first, last, count, step = (
        _number(environment, f"{_SLURM}_{name}", default)
        for name, default in (
            *(("ID", None), ("MIN", None), ("MAX", None), ("COUNT", None)),
            ("STEP", "1"),
        )
    )
    if step < 1 or first + (count - 1) * step != last:
        raise ValueError(
            f"--shard=auto needs a job array without gaps, such as "
            f"--array=1-8. Its {count} tasks go from {first} to {last}."
        )
    return _checked((own - first) // step + 1, count, f"{_SLURM}_ID")


def _of_kubernetes(environment):
    index = _number(environment, _KUBERNETES_INDEX) + 1
    count = _number(environment, KUBERNETES_COUNT)
    return _checked(index, count, _KUBERNETES_INDEX)


def _checked(index, count, by):
    if not 1 <= index <= count:
        raise ValueError(
            f"--shard=auto: {by} makes this shard {index}, of {count}"
        )
    return Shard(index, count, f"shard {index} of {count} by {by}: ")


def _number(environment, name, default=None):
    value = environment.get(name, default)
    if value is None or not value.strip().isdecimal():
        raise ValueError(
            f"--shard=auto needs a number in {name}, which the job must set. "
            f"Received: {value!r}"
        )
    return int(value)
