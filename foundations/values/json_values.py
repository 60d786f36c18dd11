"""JSON values as a file gives them back, without writing one."""

import json
import typing

_THE_SAME = {type(None), bool, int, float, str}


def read_back(value: typing.Any) -> typing.Any:
    """Returns a value as JSON that is written and read: tuples as lists.

    It shares nothing with the value that can change. Plain values are not
    written on the way, which the lines of a sweep do by the thousand.

    Raises TypeError if it is no JSON value.
    """
    kind = type(value)
    if kind in _THE_SAME:
        return value
    if kind is tuple or kind is list:
        return [read_back(each) for each in value]
    if kind is dict and {str}.issuperset(map(type, value)):
        return {
            name: each if type(each) in _THE_SAME else read_back(each)
            for name, each in value.items()
        }
    return json.loads(json.dumps(value))
