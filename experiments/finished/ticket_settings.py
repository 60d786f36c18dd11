"""Settings that came in a ticket's file: what is taken from a stranger.

A file may come from anybody. It holds no code, and names none that is run, nor
a place that is read: which file a network of the user's own is in, or data that
have no name here, the user says again.
"""

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.models import registry as models

# Setting -> the most that a file may ask for: networks are built by these, and
# pictures made as large.
_MOST = {
    "hidden_units": 2**16,
    "width": 64,
    "image_size": 2**12,
    "train_batch_size": 2**20,
}


def own(path: str, settings: dict, model: str | None, dataset: str | None):
    """Returns settings that are safe to build and read by, as JSON values.

    A model or dataset that is no name of ours is the one that is given, and
    None if none is.

    Args:
        path: The file, for errors.
        settings: As the file has them.
        model: Where the network is, path/to/file.py:function, or None.
        dataset: Where the data are, or None.

    Raises:
        ValueError: If one is given in place of a name of ours, or a number is
            none that a network can be built by.
    """
    for name, most in _MOST.items():
        _check_number(path, name, settings.get(name), most)
    safe = dict(settings)
    for name, known, given in (
        ("model", models.MODELS, model),
        ("dataset", datasets.DATASETS, dataset),
    ):
        there = settings.get(name)
        if isinstance(there, str) and there in known:
            if given not in (None, there):
                raise ValueError(
                    f"{path} is of the {name} {there!r}, which is found by its "
                    f"name. Received: --{name}={given}"
                )
        else:
            safe[name] = given
    return safe


def check_said(path: str, there: dict, safe: dict) -> None:
    """Raises ValueError if a file needs a model or dataset that none has given.

    Args:
        path: The file.
        there: Settings as the file has them.
        safe: The same as `own` has them.
    """
    for name, form in (
        ("model", "path/to/file.py:function"),
        ("dataset", "its path"),
    ):
        if there.get(name) is not None and safe[name] is None:
            raise ValueError(
                f"{path} is of a {name} that has no name here, "
                f"{str(there[name])[:200]!r}: a file holds no code and opens "
                f"no other. Say where it is: --{name}={form}"
            )


def _check_number(path, name, value, most):
    numbers = value if isinstance(value, list) else [value]
    for number in numbers:
        is_number = type(number) in (int, float) and 0 < number <= most
        if number is not None and not is_number:
            raise ValueError(
                f"{path} has {name}={number!r}: at most {most} is taken from "
                "a file"
            )
