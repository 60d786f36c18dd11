"""A ticket as one file: masks, kept values, and what is known of the run.

Parts of the file, see `container`:

    facts     deflated JSON: "masks", a row (name, kind, kept, shift, bytes) a
              kernel; "variables", a row (name, dtype, shape) each; "initial"
              and "final", a letter of `value_codes` for each of these; and
              "record" and "logs", of the run
    masks     `mask_codes`, one behind the other
    initial   `value_codes`, one behind the other
    final     the same

Nothing in it is ever run or unpickled. What a file promises is added up before
any of it is allocated.
"""

import dataclasses
import functools
import json
import math
import re
import typing
import zlib

import numpy as np

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.tickets import (
    container,
    mask_codes,
    value_codes,
)
from lottery_ticket.foundations.values import names

Network = dict[str, np.ndarray]
SUFFIX = ".ticket"
WITH = {
    "both": ("initial", "final"),
    "initial": ("initial",),
    "final": ("final",),
}
LOGS = ("train", "test", "validate")
MOST_OF_FACTS = 4 * 2**20  # Bytes of JSON.
# Weights and other numbers, of masks and networks together, that a file may
# promise: so many however small it is, and for each of its bytes.
MOST_NUMBERS, MOST_NUMBERS_OF_A_BYTE = 2**26, 2**12
_LEVEL = 9  # Of zlib.


@dataclasses.dataclass(frozen=True, eq=False)
class Ticket:
    """What is in a ticket's file.

    Args:
        masks: Dict, layer name -> mask, in the order of the network.
        networks: Dict, "initial" or "final" or both -> dict, name -> array.
        record: What the run's run.json says, JSON values, but for checksums.
        logs: Dict, "train", "test", "validate" -> the log, where it stopped
            early and at its end.
    """

    masks: Network
    networks: dict[str, Network]
    record: dict
    logs: dict[str, dict]

    @functools.cached_property
    def bytes(self) -> bytes:
        """The file, the same for the same ticket."""
        return _pack(self)

    @property
    def seal(self) -> str:
        """SHA-256 of the file."""
        return container.seal(self.bytes)

    @property
    def settings(self) -> dict:
        """Settings of the run."""
        return self.record["settings"]


def is_ticket(path: typing.Any) -> bool:
    """Whether a path is one of a ticket's file, by its name."""
    return isinstance(path, str) and path.endswith(SUFFIX)


def is_packed(path: str) -> bool:
    """Whether a path is a ticket's file, and no folder that is called so."""
    return is_ticket(path) and not files.names(path)


def write(path: str, ticket: Ticket) -> None:
    """Writes a ticket's file.

    Raises ValueError if the name does not end in .ticket.
    """
    check_name(path)
    files.write(path, ticket.bytes)


def check_name(path: str) -> None:
    """Raises ValueError unless a path is a ticket's, by its name."""
    if not is_ticket(path):
        raise ValueError(
            f"The name of a ticket's file ends in {SUFFIX}. Received: {path}"
        )


def read(path: str) -> Ticket:
    """Returns what is in a ticket's file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or not one that `write` has written; the
            error names it.
    """
    data = files.read(path)
    try:
        ticket = _unpack(data)
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    vars(ticket)["bytes"] = data
    return ticket


def _pack(ticket):
    _check_can_be_read(ticket)
    coded = {n: mask_codes.encode(mask) for n, mask in ticket.masks.items()}
    networks = [*ticket.networks.values()]
    described = [
        (name, array.dtype.name, list(array.shape))
        for name, array in networks[0].items()
    ]
    facts = {
        "masks": [
            (name, code.kind, code.kept, code.shift, len(code.data))
            for name, code in coded.items()
        ],
        "variables": described,
    }
    parts = {"masks": b"".join(code.data for code in coded.values())}
    for which, network in ticket.networks.items():
        pairs = [
            value_codes.encode(network[name], ticket.masks.get(name))
            for name, *_ in described
        ]
        facts[which] = "".join(kind for kind, _ in pairs)
        parts[which] = b"".join(values for _, values in pairs)
    facts |= {"record": ticket.record, "logs": ticket.logs}
    text = json.dumps(facts, separators=(",", ":")).encode()
    parts["facts"] = zlib.compress(text, _LEVEL)
    data = container.pack(parts)
    numbers = _promised(facts)
    if len(text) > MOST_OF_FACTS or numbers > _most_numbers(data):
        raise ValueError(
            f"A ticket's file holds at most {MOST_OF_FACTS:,} bytes of facts "
            f"and here {_most_numbers(data):,} numbers. Received: "
            f"{len(text):,} and {numbers:,}"
        )
    return data


def _check_can_be_read(ticket):
    """Raises ValueError unless names, types and shapes are those of a file."""
    if not ticket.networks:
        raise ValueError("A ticket needs initial weights, or final ones")
    first, *others = ticket.networks.values()
    for name, array in first.items():
        if array.dtype.name not in value_codes.DTYPES:
            raise ValueError(
                f"The variable {name!r} must hold plain numbers. Received: "
                f"{array.dtype}"
            )
        for other in others:
            if name not in other or _kind(other[name]) != _kind(array):
                raise ValueError(f"{name!r} is not in both networks alike")
        _check_name(name)
    for name, mask in ticket.masks.items():
        if name not in first or first[name].shape != mask.shape:
            raise ValueError(f"The mask {name!r} is of no kernel")


def _kind(array):
    return array.dtype, array.shape


def _unpack(data):
    parts = container.unpack(data)
    if not {"facts", "masks"} <= parts.keys() or len(parts) == 2:
        raise ValueError("it lacks facts, masks or weights")
    facts = _facts(parts["facts"])
    _check_facts(facts, parts)
    numbers = _promised(facts)
    if numbers > _most_numbers(data):
        raise ValueError(
            f"it promises {numbers:,} numbers; of {len(data):,} bytes at most "
            f"{_most_numbers(data):,} are taken"
        )
    shapes = {name: tuple(shape) for name, _, shape in facts["variables"]}
    masks, start = {}, 0
    for name, kind, kept, shift, length in facts["masks"]:
        code = mask_codes.Code(
            kind, kept, shift, parts["masks"][start : start + length]
        )
        shape = shapes[name]
        flat = mask_codes.decode(code, math.prod(shape))
        masks[name], start = flat.reshape(shape), start + length
    networks = {
        which: _network(facts, which, parts[which], masks)
        for which in WITH["both"]
        if which in parts
    }
    return Ticket(masks, networks, facts["record"], facts["logs"])


def _facts(deflated):
    text = mask_codes.inflated(deflated, MOST_OF_FACTS)
    try:
        return json.loads(text, object_pairs_hook=_by_name)
    except RecursionError as error:
        raise ValueError("its facts are nested too deeply") from error


def _by_name(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its facts name something twice")
    return found


def _check_facts(facts, parts):
    """Raises ValueError unless facts say what all bytes of the parts are."""
    networks = [which for which in WITH["both"] if which in parts]
    _check(
        isinstance(facts, dict)
        and facts.keys() == {"masks", "variables", "record", "logs", *networks}
    )
    _check_record(facts["record"])
    _check_logs(facts["logs"])
    _check_rows(facts["variables"], (str, str, list))
    _check_rows(facts["masks"], (str, str, int, int, int))
    shapes = {}
    for name, dtype, shape in facts["variables"]:
        _check_name(name)
        _check(name not in shapes and dtype in value_codes.DTYPES)
        _check(len(shape) <= 32)
        _check(all(type(each) is int and each >= 0 for each in shape))
        shapes[name] = shape
    kept = {}
    for name, kind, count, shift, length in facts["masks"]:
        _check(name in shapes and name not in kept)
        _check(kind in mask_codes.KINDS and min(count, shift, length) >= 0)
        _check(count <= math.prod(shapes[name]))
        kept[name] = count
    lengths = (length for *_, length in facts["masks"])
    _check(sum(lengths) == len(parts["masks"]))
    for which in networks:
        kinds = facts[which]
        _check(isinstance(kinds, str) and len(kinds) == len(shapes))
        _check(set(kinds) <= set(value_codes.KINDS))
        _check(sum(_lengths(facts, which, kept)) == len(parts[which]))


def _check_record(record):
    _check(isinstance(record, dict))
    _check(isinstance(record.get("settings"), dict))
    _check(isinstance(record.get("inputs"), dict))
    _check(isinstance(record.get("environment", {}), dict))
    start = record["inputs"].get("start_iteration", 0)
    _check(type(start) is int and start >= 0)


def _check_logs(logs):
    _check(isinstance(logs, dict) and logs.keys() <= {*LOGS})
    for log in logs.values():
        _check(isinstance(log, dict) and {"iteration", "loss"} <= log.keys())
        _check(all(isinstance(column, list) for column in log.values()))
        _check(len({len(column) for column in log.values()}) == 1)
        numbers = (each for column in log.values() for each in column)
        _check(all(type(each) in (int, float) for each in numbers))


def _check_rows(rows, kinds):
    _check(isinstance(rows, list))
    for row in rows:
        _check(isinstance(row, list) and tuple(map(type, row)) == kinds)


def _check_name(name):
    """Raises unless a name can be one of a variable: a file is called so."""
    if not re.fullmatch(r"[\w.-]{1,200}", name) or not name.strip("."):
        raise ValueError(f"{name[:200]!r} is no name of a variable")


def _check(is_so):
    if not is_so:
        raise ValueError("its facts do not fit its parts")


def _lengths(facts, which, kept):
    """Bytes of each variable of a network."""
    for kind, (name, dtype, shape) in zip(
        facts[which], facts["variables"], strict=True
    ):
        is_masked = kind in (value_codes.KEPT, value_codes.KEPT_SAME)
        _check(name in kept or not is_masked)
        count = value_codes.count(kind, math.prod(shape), kept.get(name, 0))
        yield count * value_codes.DTYPES[dtype].itemsize


def _network(facts, which, data, masks):
    kept = {name: kept for name, _, kept, *_ in facts["masks"]}
    lengths = _lengths(facts, which, kept)
    network, start = {}, 0
    for kind, (name, dtype, shape), length in zip(
        facts[which], facts["variables"], lengths, strict=True
    ):
        own = data[start : start + length]
        network[name] = value_codes.decode(
            kind, own, dtype, tuple(shape), masks.get(name)
        )
        start += length
    return network


def _promised(facts):
    """How many numbers arrays of a file have, masks and networks."""
    sizes = {name: math.prod(shape) for name, _, shape in facts["variables"]}
    of_masks = sum(sizes[name] for name, *_ in facts["masks"])
    sets = sum(which in facts for which in WITH["both"])
    return of_masks + sets * sum(sizes.values())


def _most_numbers(data):
    return max(MOST_NUMBERS, MOST_NUMBERS_OF_A_BYTE * len(data))


def check_with(with_: str) -> None:
    """Raises ValueError unless it says which weights there are; see WITH."""
    names.check("--with", with_, WITH)
