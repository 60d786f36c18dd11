"""Networks and masks that a flag gives: a folder, a dict, or several."""

import logging

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    unready,
)
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import names, names_0_1_0

_log = logging.getLogger(__name__)


def network(given):
    """Returns a network given by a flag: None, a dict or a folder.

    NAME.ticket/masks, NAME.ticket/initial and NAME.ticket/final are what a
    ticket's file holds, as if it were a folder.

    Raises:
        Unready: If the folder holds no network, or belongs to an unfinished or
            damaged run.
    """
    if not isinstance(given, str):
        return save_restore.standardize(given)
    file, _, part = given.rstrip("/").rpartition("/")
    if ticket_file.is_packed(file):
        return _of_ticket(ticket_file.read(file), file, part)
    if ticket_file.is_packed(given):
        raise ValueError(
            f"Say which weights of {given}: {given}/initial or {given}/final"
        )
    run_record.check_source(given)
    try:
        return save_restore.restore_network(given)
    except FileNotFoundError as error:
        raise unready.Unready(str(error), _directory(given)) from error


def _of_ticket(ticket, file, part):
    found = {**ticket.networks, "masks": ticket.masks}
    if part not in found:
        raise ValueError(
            f"{file} holds {', '.join(sorted(found))}. Received: {part}"
        )
    return found[part]


def masks(given, combine="union"):
    """Returns masks given by a flag: as `network`, or several as one.

    Warns of a folder whose run held pruned weights at other values than 0.

    Args:
        given: As for `network`, or a ticket's file, or several of them
            separated by commas, or a list.
        combine: How several become one, a name in masks.COMBINATIONS.

    Raises:
        ValueError: As for `network`, or if `combine` is unknown.
        FileNotFoundError: As for `network`.
    """
    names.check("combine_masks", combine, masks_lib.COMBINATIONS)
    if isinstance(given, str | list | tuple):
        several = [_masks(each) for each in _several(given)]
        return masks_lib.COMBINATIONS[combine](*several)
    return _masks(given)


def folders(*given) -> tuple[str, ...]:
    """Returns the folders that some flags name, as `network` and `masks` do."""
    found = [one for each in given for one in _several(each)]
    return tuple(folder for folder in found if isinstance(folder, str))


def _directory(folder):
    """The folder of the run that a folder of a network is a part of."""
    return folder.rstrip("/").rpartition("/")[0] or "."


def _several(given):
    if isinstance(given, str):  # The name of a folder may hold a comma.
        return [given] if files.exists(given) else given.split(",")
    return given if isinstance(given, list | tuple) else [given]


def _masks(given):
    if isinstance(given, str) and ticket_file.is_packed(given):
        given = f"{given}/masks"
    found, settings = _with_settings(given)
    action = str(names_0_1_0.value(settings, "mask_0_action"))
    if mask_0.holds(action):
        _log.warning(
            "%s is of a run whose pruned weights were held at other values "
            "(mask_0_action=%s): under its masks alone they are 0",
            given,
            action,
        )
    return found


def _with_settings(given):
    """A network, and the settings of its run, where that is one of ours."""
    if not isinstance(given, str):
        return network(given), {}
    directory = _directory(given)
    if ticket_file.is_packed(directory):  # Read once: it takes a while.
        ticket = ticket_file.read(directory)
        part = given.rstrip("/").rpartition("/")[2]
        return _of_ticket(ticket, directory, part), ticket.settings
    found, record = network(given), None
    if files.exists(paths.record(directory)):
        record = run_record.read(directory)
    return found, record["settings"] if record else {}
