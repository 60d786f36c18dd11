"""Lines that can be run, in groups of those that compile the same.

A process keeps the network and the programs of its last line: it goes on with
lines of these as long as there are any.
"""

import collections
import heapq
from collections.abc import Hashable, Iterable, Mapping, Sized

from lottery_ticket.foundations.sweeps import argfile_lines

_Key = tuple[Hashable, ...]


class LineGroups:
    """Lines by what they compile, each group in their order.

    Taking one costs as much whether there are ten or ten thousand.
    """

    def __init__(self, lines: Iterable[argfile_lines.Line] = ()):
        """Takes lines."""
        # Network -> program -> numbers, a heap; and lines by number.
        self._networks: dict[_Key, dict[_Key, list[int]]] = {}
        self._lines: dict[int, argfile_lines.Line] = {}
        self._having: collections.Counter[_Key] = collections.Counter()
        for line in lines:
            self.add(line)

    def __len__(self):
        """Number of lines that are left."""
        return len(self._lines)

    def add(self, line: argfile_lines.Line) -> None:
        """Adds a line; it comes among the others by its number."""
        if line.number in self._lines:
            return
        self._lines[line.number] = line
        programs = self._networks.setdefault(line.program[:1], {})
        heapq.heappush(programs.setdefault(line.program, []), line.number)

    def pop(
        self, last: argfile_lines.Line | None = None
    ) -> argfile_lines.Line | None:
        """Returns a line for a worker that ran `last` before, or None.

        It is the next one with the program of `last`; else one of its network;
        else the first that compiles what no other worker has; else one of the
        largest group.
        """
        if not self._lines:
            return None
        own = None if last is None else last.program
        network = self._chosen(self._networks, own and own[:1])
        programs = self._networks[network]
        program = self._chosen(programs, own)
        number = heapq.heappop(programs[program])
        if not programs[program]:
            del programs[program]
        if not programs:
            del self._networks[network]
        return self._lines.pop(number)

    def give(
        self, line: argfile_lines.Line, last: argfile_lines.Line | None = None
    ) -> None:
        """Takes in that a worker that ran `last` before has a line now."""
        if last is not None and last.program == line.program:
            return
        for key in _keys(line):
            self._having[key] += 1
        for key in () if last is None else _keys(last):
            self._having[key] -= 1

    def clear(self) -> None:
        """Lets go of all lines, not of what workers have."""
        self._networks.clear()
        self._lines.clear()

    def _chosen(self, groups: Mapping[_Key, Sized], own: _Key | None) -> _Key:
        if own is not None and own in groups:
            return own
        # Of more groups than workers have, one comes soon that none has.
        for key in groups:
            if self._having[key] <= 0:
                return key
        return max(groups, key=lambda key: _size(groups[key]))


def _size(group):
    """Number of lines of a network's programs, or of a program."""
    inner = group.values() if isinstance(group, dict) else [group]
    return sum(map(len, inner))


def _keys(line):
    """What a worker has that runs a line: its network, and its program."""
    return {line.program[:1], line.program}
