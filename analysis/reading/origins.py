"""Where runs come from: when, on what machine and with which settings."""

import dataclasses
import json
from collections.abc import Iterable

from lottery_ticket.analysis.reading import selection

# Of the environment of a run, what readers of its numbers ask for.
VERSIONS = ("lottery_ticket", "tensorflow", "keras", "python")


@dataclasses.dataclass(frozen=True)
class Origin:
    """When, on what and with which settings a run was made, or several.

    Of each thing, a dict whose keys are what there is of it, in the order in
    which it was met; none where runs did not record it.

    Args:
        started: When training began, such as "2026-11-29T21:58:01+00:00".
        machines: Devices, and processors where they are known.
        versions: Name of a package and its version, such as "keras 3.15.1".
        settings: Dict, name -> values as JSON text.
        environment: Dict, name -> values as text, of all that run.json says of
            machine and packages, such as "processor" and "numpy".
    """

    started: dict[str, None]
    machines: dict[str, None]
    versions: dict[str, None]
    settings: dict[str, dict[str, None]]
    environment: dict[str, dict[str, None]]


def of_record(record: dict) -> Origin:
    """Returns where the run of a run.json comes from."""
    environment = record.get("environment", {})
    machine = [record.get("device"), environment.get("processor")]
    words = ", ".join(str(each) for each in machine if each)
    versions = [
        f"{name} {environment[name]}"
        for name in VERSIONS
        if environment.get(name)
    ]
    settings = selection.with_absent(record["settings"])
    return Origin(
        started=dict.fromkeys(filter(None, [record.get("started")])),
        machines=dict.fromkeys(filter(None, [words])),
        versions=dict.fromkeys(versions),
        settings={
            name: {json.dumps(value, sort_keys=True): None}
            for name, value in settings.items()
        },
        environment={
            name: {str(value): None} for name, value in environment.items()
        },
    )


def by_experiment(
    origins: Iterable[tuple[str, Origin]],
) -> dict[str, Origin]:
    """Returns dict, experiment -> where all its runs come from.

    Args:
        origins: Pairs: a run's experiment, and where that run comes from.
    """
    found: dict[str, Origin] = {}
    for experiment, each in origins:
        own = found.setdefault(experiment, Origin({}, {}, {}, {}, {}))
        own.started.update(each.started)
        own.machines.update(each.machines)
        own.versions.update(each.versions)
        _add(own.settings, each.settings)
        _add(own.environment, each.environment)
    return found


def differing(
    origins: dict[str, Origin], ignored: set[str]
) -> dict[str, list[str]]:
    """Returns the settings that experiments differ in which have them.

    Dict, setting -> texts in the order of the experiments: its value; several
    have commas between them, and "" is an experiment that has no such setting.
    Seeds do not count.

    Args:
        origins: Dict, experiment -> where its runs come from.
        ignored: Other settings that do not count.
    """
    found = {}
    for name in names(origins, ignored):
        values = [origin.settings.get(name, {}) for origin in origins.values()]
        if len({frozenset(each) for each in values if each}) > 1:
            found[name] = [", ".join(map(_text, each)) for each in values]
    return found


def names(origins: dict[str, Origin], ignored: set[str]) -> list[str]:
    """Returns the settings that any experiment has, but for seeds."""
    found = dict.fromkeys(
        name for origin in origins.values() for name in origin.settings
    )
    return [
        name
        for name in found
        if name not in ignored and not name.endswith("seed")
    ]


def _add(own, others):
    for name, values in others.items():
        own.setdefault(name, {}).update(values)


def _text(value):
    """A setting as a flag has it, as far as one has."""
    found = json.loads(value)
    return found if isinstance(found, str) else value
