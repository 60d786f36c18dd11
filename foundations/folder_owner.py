"""Whose results a folder holds, so that those of no other go into it.

The files themselves tell: each sealed JSON file has the experiment among its
settings. So it needs no list of experiments, and holds for a user's own.
"""

from lottery_ticket.foundations import files, names_0_1_0, sealed
from lottery_ticket.foundations.training import checkpoint

RUN_NAMES = ("run.json", "checkpoint.bin", "initial", "final")
_LOGS = ("train.json", "test.json", "validate.json")


def check(directory: str, experiment: str | None, is_run: bool = False) -> None:
    """Raises if a folder holds results of another experiment.

    Args:
        directory: The folder; it need not exist.
        experiment: Whose results are to go there, as their settings say.
        is_run: Whether it is a run that goes there. Where another run is in
            its place, its settings are compared elsewhere, one by one.
    """
    others = {
        name: owner
        for name, owner in owners(directory).items()
        if owner != experiment and not (is_run and name in RUN_NAMES)
    }
    if not others:
        return
    first = next(iter(others.values()))
    held = ", ".join(name for name in others if others[name] == first)
    raise ValueError(
        f"{directory} is the folder of {first or 'a run'}: it holds {held}. "
        "Use another output_dir"
    )


def owners(directory: str) -> dict[str, str | None]:
    """Returns dict, name of a result in a folder -> the experiment it is of.

    That is None for a run whose settings name none or cannot be read. Names
    that are no results are left out.
    """
    held = files.names(directory)
    found = {
        name: _owner_of_file(directory, name)
        if name.endswith(".json")
        else names_0_1_0.EXPERIMENTS.get(name)
        for name in held
        if name not in _LOGS
    }
    of_run = found.get("run.json")
    if of_run is None and "checkpoint.bin" in held:
        of_run = _owner_of_checkpoint(directory)
    known = {name: owner for name, owner in found.items() if owner}
    run = {name: of_run for name in RUN_NAMES if name in held}
    return {**run, **known}


def _owner_of_file(directory, name):
    record = sealed.look(files.join(directory, name))
    owner = _owner(record) if record else None
    return owner or names_0_1_0.EXPERIMENTS.get(name)


def _owner_of_checkpoint(directory):
    saved = checkpoint.load(directory)
    return _owner(saved[1].get("identity", {})) if saved else None


def _owner(record):
    settings = record.get("settings")
    if not isinstance(settings, dict):
        return None
    experiment = settings.get("experiment")
    return names_0_1_0.PART_OF.get(experiment, experiment)
