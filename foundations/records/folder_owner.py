"""Whose results a folder holds, so that those of no other go into it.

The files themselves tell: each sealed JSON file has the experiment among its
settings. So it needs no list of experiments, and holds for a user's own.
"""

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import checkpoint, sealed
from lottery_ticket.foundations.values import names_0_1_0

RUN_NAMES = ("run.json", "checkpoint.bin", "initial", "final")
PARTS = "parts"  # Folder of runs that a result is made of.
_LOGS = ("train.json", "test.json", "validate.json")


def check(
    directory: str, experiment: str | None, has_run: bool = False
) -> None:
    """Raises ValueError if a folder holds results of another experiment.

    Args:
        directory: The folder; it need not exist.
        experiment: Whose results are to go there, as their settings say.
        has_run: Whether a run is to lie there. Then what a run leaves is not
            looked at: its settings are compared elsewhere, one by one.
    """
    held = files.names(directory)
    looked_at = [n for n in held if not (has_run and n in RUN_NAMES)]
    owners = _owners(directory, looked_at)
    others = {n: each for n, each in owners.items() if each != experiment}
    if not others:
        return
    first = next(iter(others.values()))
    found = ", ".join(name for name in others if others[name] == first)
    raise ValueError(
        f"{directory} is the folder of {first or 'a run'}: it holds {found}. "
        "Use another output_dir"
    )


def owners(directory: str) -> dict[str, str | None]:
    """Returns dict, name of a result in a folder -> the experiment it is of.

    That is None for a run whose settings name none or cannot be read. Names
    that are no results are left out.
    """
    return _owners(directory, files.names(directory))


def _owners(directory, names):
    found = {name: _owner_of(directory, name) for name in names}
    run = [name for name in RUN_NAMES if name in found]
    of_run = next((found[name] for name in run if found[name]), None)
    known = {name: owner for name, owner in found.items() if owner}
    return {**dict.fromkeys(run, of_run), **known}


def _owner_of(directory, name):
    """The experiment that a file or folder is of, or None."""
    path = files.join(directory, name)
    owner = None
    if name == "checkpoint.bin":
        saved = checkpoint.load(directory)
        owner = _owner(saved[1].get("identity")) if saved else None
    elif name == PARTS:
        below = [files.join(path, part) for part in files.names(path)]
        found = (owners(part).values() for part in below)
        owner = next((each for own in found for each in own if each), None)
    elif name.endswith(".json") and name not in _LOGS:
        record = sealed.look(path)
        is_sealed = record is not None and "checksum" in record
        owner = _owner(record) if is_sealed else None
    return owner or names_0_1_0.EXPERIMENTS.get(name)


def _owner(record):
    settings = (record or {}).get("settings")
    if not isinstance(settings, dict):
        return None
    experiment = settings.get("experiment")
    is_name = isinstance(experiment, str)
    return names_0_1_0.PART_OF.get(experiment, experiment) if is_name else None
