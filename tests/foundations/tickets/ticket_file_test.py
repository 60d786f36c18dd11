"""Tests of foundations/tickets/ticket_file.py."""

import dataclasses
import json
import random
import tracemalloc
import zlib

import numpy as np
import pytest

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.tickets import container, ticket_file
from lottery_ticket.tests.foundations.tickets import small

SHAPES = {"a": (6, 5), "b": (5, 40)}
MANY = 1000


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "mine.ticket")


def facts_of(data):
    return json.loads(zlib.decompress(container.unpack(data)["facts"]))


def with_facts(data, facts):
    """A file of other facts, whose hash is right."""
    text = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
    parts = container.unpack(data)
    return container.pack({**parts, "facts": zlib.compress(text)})


def check_refused(path, data, match="cannot be read"):
    """One error, that names the file, whatever its bytes are."""
    files.write(path, data)
    with pytest.raises(ValueError, match=match) as error:
        ticket_file.read(path)
    assert str(error.value).startswith(f"{path} ")
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


@pytest.mark.parametrize("sets", ticket_file.WITH.values())
@pytest.mark.parametrize("density", [0, 0.01, 0.5, 1])
def test_what_is_read_is_what_was_written(path, sets, density):
    ticket = small.ticket(SHAPES, density, sets)
    ticket_file.write(path, ticket)
    read = ticket_file.read(path)
    small.check_same(read, ticket)
    assert read.seal == ticket.seal and read.bytes == files.read(path)
    again = dataclasses.replace(read, logs=dict(read.logs))
    assert again.bytes == ticket.bytes
    assert read.settings == small.RECORD["settings"]


def test_remote_roots_hold_them_too():
    ticket = small.ticket(SHAPES)
    ticket_file.write("memory://mailed/mine.ticket", ticket)
    small.check_same(ticket_file.read("memory://mailed/mine.ticket"), ticket)
    with pytest.raises(ValueError, match="Cannot reach nosuch://a.ticket"):
        ticket_file.read("nosuch://a.ticket")


def test_of_a_file_that_is_not_there(path):
    with pytest.raises(FileNotFoundError, match=f"No file at {path}"):
        ticket_file.read(path)
    with pytest.raises(ValueError, match="ends in .ticket. Received: a.zip"):
        ticket_file.write("a.zip", small.ticket(SHAPES))


def test_lenet_at_a_density_of_1_2_percent_is_as_small_as_promised():
    """266,200 weights of kernels; Keras's file of them takes over 1 MB."""
    for sets, most in ((("final",), 22_000), (("initial", "final"), 36_000)):
        ticket = small.ticket(small.LENET, 0.012, sets)
        assert len(ticket.bytes) < most


@pytest.mark.parametrize("density", [1, 0.5, 0.3, 0.1, 0.03, 0.012])
@pytest.mark.parametrize("sets", ticket_file.WITH.values())
def test_files_are_within_15_percent_of_what_they_hold(density, sets):
    """Kept values of 4 bytes, biases included, and the masks' entropy."""
    ticket = small.ticket(small.LENET, density, sets)
    held = 0.0
    for name, mask in ticket.masks.items():
        kept, share = int(mask.sum()), mask.mean()
        rest = 1 - share
        if rest:
            bits = -share * np.log2(share) - rest * np.log2(rest)
            held += mask.size * bits / 8
        biases = ticket.networks[sets[-1]][f"{name}_bias"].size
        held += len(sets) * 4 * (kept + biases)
    assert len(ticket.bytes) <= 1.15 * held


def test_variables_of_all_kinds_come_back(path):
    rng = np.random.default_rng(0)
    network = {
        "kernel": rng.normal(size=(3, 4)),
        "half": rng.normal(size=5).astype(np.float16),
        "count": np.array(3, np.int64),
        "is_on": np.array([True, False]),
        "empty": np.zeros((0, 3), np.float32),
        "norm0_gamma": np.ones(7, np.float32),
        "Ångström": np.zeros(1, np.uint8),
    }
    masks = {"kernel": np.ones((3, 4), np.uint8)}
    ticket = ticket_file.Ticket(
        masks, {"final": network}, small.RECORD, small.LOGS
    )
    ticket_file.write(path, ticket)
    small.check_same(ticket_file.read(path), ticket)


@pytest.mark.parametrize(
    "change, why",
    [
        ({"networks": {}}, "needs initial weights, or final"),
        ({"networks": {"final": {"a": np.zeros(2, complex)}}}, "plain numbers"),
        ({"networks": {"final": {"../a": np.zeros(2)}}}, "no name of a"),
        ({"networks": {"final": {"b": np.zeros(2)}}}, "mask 'a' is of no"),
    ],
)
def test_what_cannot_be_read_is_not_written(change, why, path):
    ticket = dataclasses.replace(small.ticket(SHAPES), **change)
    with pytest.raises(ValueError, match=why):
        ticket_file.write(path, ticket)
    assert not files.exists(path)


def test_both_networks_are_of_the_same_variables():
    ticket = small.ticket(SHAPES)
    ticket.networks["final"]["a_bias"] = np.zeros(9, np.float32)
    with pytest.raises(ValueError, match="'a_bias' is not in both"):
        _ = ticket.bytes


def test_truncated_files_are_named(path):
    data = small.ticket(SHAPES).bytes
    rng = random.Random(0)
    for _ in range(MANY):
        check_refused(path, data[: rng.randrange(len(data))])


def test_files_with_other_bits_and_bytes_are_named(path):
    data = small.ticket(SHAPES).bytes
    rng = random.Random(1)
    for number in range(MANY):
        changed = bytearray(data)
        if number % 2:
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        else:  # A stretch moved, doubled, dropped or drawn.
            start = rng.randrange(len(data))
            end = min(len(data), start + rng.randrange(1, 50))
            other = rng.choice(
                [b"", data[start:end] * 2, rng.randbytes(end - start), b"\0"]
            )
            changed[start:end] = other
        if changed != data:
            check_refused(path, bytes(changed))


_ODD = (
    *(None, True, -1, 0, 1, 2**31, 2**63, 2**200, 1e308, float("nan")),
    *("", "a", "b", "../a", "w" * 4, "object", "float32", "bits", "gaps"),
    *([], [[]], {}, {"a": 1}, [1, 2], [2**40, 2**40], ["a", "float32", [9]]),
)


def _mutated(value, rng):
    """A JSON value with one of the values in it another, dropped or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice([*value])
        return {**value, key: _mutated(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        changed = [*value]
        if rng.random() < 0.2:
            changed[at : at + 1] = rng.choice([[], [value[at]] * 2])
        else:
            changed[at] = _mutated(value[at], rng)
        return changed
    return rng.choice(_ODD)


def test_hostile_facts_under_a_right_hash_do_no_harm(path):
    """Each is one error, or facts that fit; memory stays bounded."""
    data = small.ticket(SHAPES).bytes
    facts = facts_of(data)
    facts = {  # What arrays are made by, more often.
        **{name: facts[name] for name in ("masks", "variables")},
        **facts,
    }
    rng = random.Random(2)
    refused, peak = 0, 0
    tracemalloc.start()
    for number in range(MANY):
        if number == MANY // 10:  # Tracing takes most of the time.
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        changed = _mutated(facts, rng)
        files.write(path, with_facts(data, changed))
        try:
            ticket = ticket_file.read(path)
        except ValueError as error:
            refused += 1
            assert str(error).startswith(f"{path} ")
            continue
        for network in (ticket.masks, *ticket.networks.values()):
            assert all(array.size <= 10**4 for array in network.values())
    assert refused > MANY / 2
    assert 0 < peak < 50 * 2**20


def test_hostile_parts_under_a_right_hash_do_no_harm(path):
    data = small.ticket(SHAPES).bytes
    parts = container.unpack(data)
    rng = random.Random(3)
    for _ in range(MANY):
        name = rng.choice([*parts])
        changed = bytearray(parts[name])
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        files.write(path, container.pack({**parts, name: bytes(changed)}))
        try:
            ticket = ticket_file.read(path)
        except ValueError as error:
            assert str(error).startswith(f"{path} ")
            continue
        for array in ticket.masks.values():
            assert set(np.unique(array)) <= {0, 1}


def test_bombs_are_refused_before_they_go_off(path):
    data = small.ticket(SHAPES).bytes
    facts = facts_of(data)
    big = {**facts, "masks": [], "variables": [["a", "float64", [2**26, 1]]]}
    big |= {"initial": "s", "final": "s"}
    parts = {"masks": b"", "initial": bytes(8), "final": bytes(8)}
    deep = b'{"masks":' + b"[" * 10**6
    tracemalloc.start()
    for text in (json.dumps(big).encode(), deep, b" " * 5 * 2**20):
        packed = {**parts, "facts": zlib.compress(text, 9)}
        check_refused(path, container.pack(packed))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 2**20  # Of which 5 of JSON, twice.


@pytest.mark.parametrize(
    "old, new",
    [
        (b'"a_bias"', b'"../a_b"'),
        (b'"a_bias"', b'"..\\\\a"'),
        (b'"a_bias"', b'"a/bias"'),
        (b'"a_bias"', b'"a"'),  # Named twice.
        (b'"a_bias"', b'".."'),
        (b'"a_bias"', b'""'),
        (b'"float32"', b'"object"'),
        (b'"float32"', b'"float64"'),
        (b'"float32"', b'"<f4"'),
        (b"[6, 5]", b"[-6, -5]"),
        (b"[6, 5]", b"[6.0, 5]"),
        (b"[6, 5]", b"[true, 30]"),
        (b"[6, 5]", b"[NaN, 5]"),
        (b'"masks"', b'"masks":[], "masks"'),
        (b'"logs"', b'"code"'),
        (b'"record"', b'"pickle"'),
        (b'"settings"', b'"other"'),
        (b'"start_iteration": 0', b'"start_iteration": -1'),
        (b'"loss"', b'"los"'),
        (b"[5, 9]", b"[5]"),
        (b"[5, 9]", b'["5", 9]'),
    ],
)
def test_a_hostile_word_is_refused(path, old, new):
    data = small.ticket(SHAPES).bytes
    text = json.dumps(facts_of(data)).encode()
    assert old in text
    check_refused(path, with_facts(data, text.replace(old, new, 1)))


def test_files_of_a_big_dead_network_are_refused_as_they_are_packed():
    network = {"a": np.zeros((2**13, 2**12), np.float32)}
    masks = {"a": np.zeros((2**13, 2**12), np.uint8)}
    ticket = ticket_file.Ticket(
        masks, {"initial": network, "final": network}, small.RECORD, {}
    )
    with pytest.raises(ValueError, match="at most .* numbers"):
        _ = ticket.bytes
