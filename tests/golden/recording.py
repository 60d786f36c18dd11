r"""Made tree_0_1_0.tar.xz and its facts, once, with the code of version 0.1.0.

    python -m lottery_ticket.tests.golden.recording FOLDER

It is kept as it is: later versions add trees of their own beside it. What is
half done was stopped by KeyboardInterrupt, as Ctrl-C does.
"""

# ruff: noqa: I001  `running` first: it sets what TensorFlow reads.

import contextlib
import json
import pathlib
import sys
import tarfile

from lottery_ticket.tests.golden import commands, running
from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.training import resumable_run

# Command -> the run that is stopped, by its label, and the iteration that does
# not end: what a checkpoint holds is of before it.
STOPS = {
    "lottery_experiment": ("level 1/2", 20),
    "gem_miner": ("search", 12),
}
LEFT_OUT = (".png", ".pdf", ".lock")


def main() -> None:
    """Runs all commands, then those to be stopped, and packs the folder."""
    folder = pathlib.Path(sys.argv[1]).resolve()
    running.main()
    resumable_run.CHECKPOINT_INTERVAL_S = -1
    for name, words in commands.halves():
        _run_half(name, words, *STOPS[name])
    own = pathlib.Path(__file__).parent
    with tarfile.open(own / "tree_0_1_0.tar.xz", "w:xz") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.endswith(LEFT_OUT):
                archive.add(path, path.relative_to(folder), filter=_plain)
    facts = {"machine": running.machine(), "flags": running.flags()}
    text = json.dumps(facts, indent=1, sort_keys=True)
    (own / "facts_0_1_0.json").write_text(f"{text}\n")


def _plain(member):
    """A member that says nothing of when and by whom it was made."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _run_half(name, words, label, iteration):
    update = progress.Progress.update

    def stop(bar, done, latest):
        if (bar._label, done) == (label, iteration):
            raise KeyboardInterrupt
        update(bar, done, latest)

    progress.Progress.update = stop
    with contextlib.suppress(RuntimeError):
        running.run(name, words)
    progress.Progress.update = update


if __name__ == "__main__":
    main()
