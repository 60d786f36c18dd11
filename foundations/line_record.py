"""connectivity.json: what was found on the line between two networks."""

from lottery_ticket.foundations import result_file

FILE = result_file.ResultFile("connectivity.json")
NAME = FILE.name


def path(directory: str) -> str:
    """File that says what a line was, complete once it is there."""
    return FILE.path(directory)


def write(directory: str, record: dict) -> None:
    """Writes connectivity.json, with a checksum of itself.

    Args:
        directory: Folder of the line, which holds its copies as well.
        record: JSON values. "settings" say what the line was made with;
            "iteration" is where the copies part, "alpha" the places on the
            line, "splits" maps the name of a split to its lists "error" and
            "loss", one entry a place; "barriers" are by split, too.
    """
    FILE.write(directory, record)


def read(directory: str) -> dict | None:
    """Returns the record of a line, or None where there is none that is whole.

    A damaged connectivity.json is named in a warning and counts as none.
    """
    return FILE.read(directory)


def is_complete(directory: str, settings: dict) -> bool:
    """Whether a line with these settings is done.

    Raises:
        ValueError: If the folder holds a line made with other settings.
    """
    return FILE.is_complete(directory, settings)


def check_free(directory: str) -> None:
    """Raises if a folder is that of other results, where no line may lie.

    Raises:
        ValueError: If there is, say, a run.json, a checkpoint or weights.
    """
    result_file.check_free(directory, "line between copies")
