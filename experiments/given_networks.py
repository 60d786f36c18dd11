"""Networks and masks that a flag gives: a folder, a dict, or several."""

from lottery_ticket.foundations import files, names, run_record, save_restore
from lottery_ticket.foundations import masks as masks_lib


def network(given):
    """Returns a network given by a flag: None, a dict or a folder.

    Raises:
        FileNotFoundError: If the folder holds no network.
        ValueError: If it belongs to an unfinished or damaged run.
    """
    if isinstance(given, str):
        run_record.check_source(given)
    return save_restore.standardize(given)


def masks(given, combine="union"):
    """Returns masks given by a flag: as `network`, or several as one.

    Args:
        given: As for `network`, or folders separated by commas, or a list.
        combine: How several become one, a name in masks.COMBINATIONS.

    Raises:
        ValueError: As for `network`, or if `combine` is unknown.
        FileNotFoundError: As for `network`.
    """
    names.check("combine_masks", combine, masks_lib.COMBINATIONS)
    if isinstance(given, str):  # The name of a folder may hold a comma.
        given = [given] if files.exists(given) else given.split(",")
    if isinstance(given, list | tuple):
        return masks_lib.combine([network(each) for each in given], combine)
    return network(given)
