"""What kind of results a folder holds, so that no others go into it."""

from lottery_ticket.foundations import files

_RUN = ("run.json", "checkpoint.bin", "initial", "final")
_LINE = ("connectivity.json", "copies")
_UNTRAINED = ("untrained.json", "untrained_part.json")
# Beside a run, of the network that is fine-tuned: GEM_PARTS hold other runs.
GEM_PARTS = ("search", "weight_reinit", "mask_shuffle", "score_inversion")
_GEM = ("gem.json", *GEM_PARTS)
# File or folder -> what kind of results it is of.
KNOWN = {
    **dict.fromkeys(_RUN, "run"),
    **dict.fromkeys(_LINE, "line between copies"),
    **dict.fromkeys(_UNTRAINED, "grid of untrained accuracies"),
    **dict.fromkeys(_GEM, "gem"),
    "mask_connectivity.json": "way between masks",
}
_TOGETHER = {"run", "gem"}


def check(directory: str, kind: str) -> None:
    """Raises if a folder holds results of another kind.

    A gem is also a run, so that neither is refused where the other is: which
    run it is, the settings in its record tell.

    Args:
        directory: Folder that results are to be written to.
        kind: What they are, a value in KNOWN.

    Raises:
        ValueError: Naming what was found there.
    """
    found = set(files.names(directory))
    for other in dict.fromkeys(KNOWN.values()):
        theirs = sorted(name for name in found if KNOWN.get(name) == other)
        if theirs and other != kind and {other, kind} != _TOGETHER:
            raise ValueError(
                f"{directory} is the folder of a {other}: it holds "
                f"{', '.join(theirs)}. Use another output_dir"
            )
