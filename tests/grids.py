"""Grids of which `make test` runs a part, and `make test_all` the whole."""

import pytest


def thinned(values, usual):
    """Returns parameters of a test; those that are not usual are marked slow.

    Args:
        values: Of one parameter, or tuples of several.
        usual: Those among them that `make test` runs.
    """
    values, usual = list(values), list(usual)
    unknown = [each for each in usual if each not in values]
    if unknown:
        raise ValueError(f"Not in the grid: {unknown}")
    return [
        pytest.param(
            *(each if isinstance(each, tuple) else (each,)),
            marks=() if each in usual else pytest.mark.slow,
        )
        for each in values
    ]


def first(count, values):
    """Returns parameters of a test; those behind the first few are slow."""
    values = list(values)
    return thinned(values, values[:count])
