"""Tests of foundations/command_line/streams.py."""

import os
import subprocess
import sys

import pytest

from lottery_ticket.tests import waiting

OPEN = """
import os, sys
from lottery_ticket.foundations.command_line import streams
streams.open_closed()
print("dropped")
print("dropped", file=sys.stderr)
with open("file", "w") as file:
    os.write(2, b"dropped")
    number = str(file.fileno())
    os.system("echo dropped; echo dropped >&2")
    file.write(number)
"""
SAY = """
import sys
from lottery_ticket.foundations.command_line import streams
sys.stdin.read()
for stream in (sys.stdout, sys.stderr):
    streams.say("a", stream)
    streams.say("b", stream)
sys.exit(7)
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path, closed):
    command = f'"$0" -c "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, OPEN], cwd=tmp_path
    )
    assert done.returncode == 0
    assert int((tmp_path / "file").read_text()) > 2


def test_a_reader_that_has_gone_is_no_error():
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", SAY],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=writing,
    ) as process:
        os.close(writing)
        os.close(reading)
        process.communicate(timeout=waiting.LIMIT_S)
    assert process.returncode == 7
