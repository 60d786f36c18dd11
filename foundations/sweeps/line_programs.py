"""Which lines of an argfile take alike long: they run the same program."""

import collections
import hashlib
import json
import re

from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.sweeps import argfile_lines, scripts

# Settings, beside seeds, that leave the time as it is, and flags of places.
_OTHER_VALUES = {
    *("recipe", "lr", "lr_drops", "lr_drop_factor", "warmup", "momentum"),
    *("epsilon", "weight_decay", "label_smoothing", "fractions", "density"),
    *("densities_before", "level", "presets", "masks", "random_labels"),
    *("permute_labels", "invert_scores", "signed_constant", "zeros_kept"),
}
_CHECKSUM = re.compile("[0-9a-f]{64}")  # Of a ticket, masks, a dataset.
_PLACES = ("--output_dir=", "--experiment_name=", "--level=", "--trial=")


class LinePrograms:
    """The programs of a runner's lines, by name; alike lines are read once."""

    def __init__(self, runner: scripts.Runner):
        """Takes what runs the lines."""
        self._runner = runner
        self._known: dict[tuple, str | None] = {}

    def of(self, line: argfile_lines.Line) -> str | None:
        """Returns the name of a line's program, or None if it is not known."""
        key = tuple(
            word
            for word in line.words
            if not word.startswith(_PLACES)
            and not word.partition("=")[0].endswith("seed")
        )
        if key not in self._known:
            plan = self.plan(line)
            self._known[key] = None if plan is None else _name(plan)
        return self._known[key]

    def plan(self, line: argfile_lines.Line) -> plans.Plan | None:
        """Returns what a line would do, or None if it does not say."""
        if not (line.runner or self._runner).can_skip:
            return None
        try:
            return argfile_lines.plan(self._runner, line)
        except (ValueError, OSError):  # Of what it reads, not all is there.
            return None


def _name(plan):
    parts = collections.Counter(
        json.dumps([type(part).__name__, _that_count(part.settings)])
        for part in plan.writes
    )
    text = json.dumps(sorted(parts.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _that_count(settings):
    return {
        name: settings[name]
        for name in sorted(settings)
        if name not in _OTHER_VALUES
        and not name.endswith("seed")
        and not _CHECKSUM.fullmatch(str(settings[name]))
    }
