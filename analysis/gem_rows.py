"""Rows about sparse networks: whose they are, and in which order."""

from lottery_ticket.analysis import gaps, setting_styles, tree
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

PLACE = ["experiment", "trial", "level"]
SETTINGS = ["algo", "recipe", "dataset", "model"]
KEYS = [*PLACE, *SETTINGS]


def keys(place: tree.Place, settings: dict) -> dict:
    """Returns the columns that all rows about a network have, KEYS.

    Args:
        place: Its place; the experiment is the method.
        settings: Settings that are recorded with it.
    """
    return {
        **{key: getattr(place, key) for key in PLACE},
        **{key: settings.get(key) for key in SETTINGS},
    }


def frame(rows: list[dict], columns: list[str]) -> "pd.DataFrame":
    """Returns rows by tree and method, level and trial.

    Methods that are known come first, in the order of setting_styles.METHODS.

    Args:
        rows: Dicts with at least PLACE.
        columns: Names of the columns.
    """
    return pd.DataFrame(sorted(rows, key=_order), columns=columns)


def _order(row):
    of_tree, _, name = row["experiment"].rpartition("/")
    known = [*setting_styles.METHODS]
    place = known.index(name) if name in known else len(known)
    return of_tree, place, name, row["level"], gaps.natural(row["trial"])
