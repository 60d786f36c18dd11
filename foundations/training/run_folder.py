"""What a run writes into its folder, and what a killed one leaves there."""

import re

from lottery_ticket.foundations import files, save_restore

_SUMMARIES = r"events\.out\.tfevents\.\d{10}"
_TEMPORARY = (
    r"(run\.json|checkpoint\.bin|(train|test|validate)\.json|[\w.-]+\.npy"
    rf"|{_SUMMARIES})\.\d+\.tmp"
)


def clear(
    directory: str,
    outcome: tuple[str, ...] = (),
    saved: tuple[int, ...] = (),
    is_redone: bool = False,
) -> None:
    """Removes what a run that was killed, or is redone, has left.

    Only files that this package names so, in the run's own folders.

    Args:
        directory: Folder of the run.
        outcome: Names of the folders that it ends with.
        saved: After how many iterations it saves its weights.
        is_redone: Whether it begins anew, so that its summaries go too.
    """
    pattern = f"{_TEMPORARY}|{_SUMMARIES}" if is_redone else _TEMPORARY
    before_end = ("", "initial", "summaries")
    iterations = (f"iteration{each}" for each in saved)
    for folder in (*before_end, *outcome, *iterations):
        place = files.join(directory, folder)
        for name in files.names(place):
            if re.fullmatch(pattern, name):
                files.remove(files.join(place, name))


def save_network(directory: str, folder: str, network: dict) -> dict[str, str]:
    """Saves a network; returns checksums by the files' paths in the folder.

    Args:
        directory: Folder of the run.
        folder: Where in it: "final".
        network: Dict, name -> array.
    """
    path = files.join(directory, folder)
    checksums = save_restore.save_network(path, network)
    return {f"{folder}/{file}": each for file, each in checksums.items()}
