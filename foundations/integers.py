"""Checks of integers in a range."""


def check(name: str, value, low: int) -> None:
    """Raises unless a value is an integer of at least so much.

    Args:
        name: What it is called, for the error.
        value: The value; True and 1.0 are no integers.
        low: The least that it can be.

    Raises:
        ValueError: If it is not.
    """
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or value < low:
        raise ValueError(
            f"{name} must be an integer, at least {low}. Received: {value!r}"
        )
