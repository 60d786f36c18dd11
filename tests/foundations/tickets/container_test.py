"""Tests of foundations/tickets/container.py."""

import hashlib
import json

import pytest

from lottery_ticket.foundations.tickets import container

PARTS = {"final": b"four", "facts": b"fa", "masks": b""}


def resealed(body):
    return body + hashlib.sha256(body).digest()


def with_header(text, parts=b"fafour"):
    return resealed(len(text).to_bytes(8, "little") + text + parts)


def header():
    data = container.pack(PARTS)
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def test_parts_come_back():
    data = container.pack(PARTS)
    assert container.unpack(data) == PARTS
    assert list(container.unpack(data)) == ["facts", "masks", "final"]
    assert container.seal(data) == hashlib.sha256(data[:-32]).hexdigest()


def test_it_is_a_file_of_safetensors():
    """As its page describes them: offsets without gaps, from the header on."""
    data = container.pack(PARTS)
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0 and data[8:9] == b"{"
    described = json.loads(data[8 : 8 + length])
    assert described.pop("__metadata__") == {
        "format": "lottery_ticket",
        "version": "1",
    }
    end = 0
    for name, each in described.items():
        assert each["dtype"] == "U8"
        start, after = each["data_offsets"]
        assert start == end and each["shape"] == [after - start]
        end = after
        part = data[8 + length :][start:after]
        assert part == PARTS.get(name, data[-32:])
    assert 8 + length + end == len(data)


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "no ticket"),
        (b"PK\x03\x04 and so on, for a while", "no ticket"),
        (bytes(100), "damaged"),
        (with_header(b"[" * 4000), "damaged"),
        (with_header(b"[]      "), "damaged"),
        (with_header(b'{"a": 1}'), "damaged"),
        (with_header(b'{"__metadata__":{"format":"pt"}}'), "no ticket"),
        (with_header(b'{"__metadata__":[]}     '), "no ticket"),
        (
            with_header(header().replace(b'"1"', b'"2"')),
            "format is version '2', and this lottery_ticket reads version 1",
        ),
        (with_header(header().replace(b"U8", b"I8")), "damaged"),
        (with_header(header().replace(b"[2]", b"[9]")), "damaged"),
        (with_header(header().replace(b"[2]", b"[-2]")), "damaged"),
        (with_header(header().replace(b"[2]", b"[true]")), "damaged"),
        (with_header(header().replace(b"[2]", b'["2"]')), "damaged"),
        (with_header(header().replace(b"[2]", b"[NaN]")), "damaged"),
        (with_header(header().replace(b"[2,6]", b"[1,5]")), "damaged"),
        (with_header(header().replace(b"final", b"../..")), "damaged"),
        (with_header(header().replace(b'"final"', b'"facts"')), "damaged"),
        (with_header(header() + b" " * 8), "damaged"),
        (with_header(header(), b"fafour?"), "damaged"),
        (with_header(header(), b"fafou"), "damaged"),
        (container.pack(PARTS)[:-1] + b"?", "its bytes have changed"),
    ],
)
def test_what_is_not_written_here_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        container.unpack(data)
