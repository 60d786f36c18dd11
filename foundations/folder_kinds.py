"""What kind of results a folder holds, so that no others go into it."""

from lottery_ticket.foundations import files

_RUN = ("run.json", "checkpoint.bin", "initial", "final")
_LINE = ("connectivity.json", "copies")
_UNTRAINED = ("untrained.json", "untrained_part.json")
# Beside a run, of the network that is fine-tuned: GEM_PARTS hold other runs.
GEM_SEARCH = "search"
GEM_CHECKS = ("weight_reinit", "mask_shuffle", "score_inversion")
GEM_PARTS = (GEM_SEARCH, *GEM_CHECKS)
_GEM = ("gem.json", *GEM_PARTS)
# File or folder -> what kind of results it is of.
KNOWN = {
    **dict.fromkeys(_RUN, "run"),
    **dict.fromkeys(_LINE, "line between copies"),
    **dict.fromkeys(_UNTRAINED, "grid of untrained accuracies"),
    **dict.fromkeys(_GEM, "gem"),
    "mask_connectivity.json": "way between masks",
}
# Kind -> another, in whose folder it may lie: what a gem is a part of.
_WITHIN = {"gem": "run"}


def check(directory: str, kind: str) -> None:
    """Raises if a folder holds results of another kind.

    A gem may come to a run, its own network's: which run it is, the settings in
    its record tell. No other run may come to a gem.

    Args:
        directory: Folder that results are to be written to.
        kind: What they are, a value in KNOWN.

    Raises:
        ValueError: Naming what was found there.
    """
    found = set(files.names(directory))
    for other in dict.fromkeys(KNOWN.values()):
        theirs = sorted(name for name in found if KNOWN.get(name) == other)
        if theirs and other not in (kind, _WITHIN.get(kind)):
            raise ValueError(
                f"{directory} is the folder of a {other}: it holds "
                f"{', '.join(theirs)}. Use another output_dir"
            )
