"""Event files of which TensorBoard makes a table of runs and their settings.

Its plugin, HParams, has a row for each session: what a run was made with, and
what it reached. No TensorFlow is needed to write them.
"""

import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
    from tensorboard.summary.writer import record_writer

FILE = "events.out.tfevents.0000000000"


def differing(settings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns the names of settings that have several values, in order.

    What some do not have is not looked at: it was no setting then, or is none
    of theirs.
    """
    found: dict[str, set[str]] = {}
    for each in settings:
        for name, value in each.items():
            found.setdefault(name, set()).add(json.dumps(value, sort_keys=True))
    return sorted(name for name, texts in found.items() if len(texts) > 1)


def session(
    name: str,
    settings: Mapping[str, Any],
    metrics: Mapping[str, float],
    *,
    step: int,
    start_s: float,
    end_s: float,
) -> bytes:
    """Returns an event file with one session; the same for the same arguments.

    Args:
        name: What the session is called in the table.
        settings: Dict, name -> value. Truth values and numbers stay what they
            are; None is left out, the rest becomes text.
        metrics: Dict, tag -> value that was reached.
        step: Iteration at which it was.
        start_s: When training began, in seconds since 1970; NaN if that is not
            known.
        end_s: When it ended.
    """
    start_s, end_s = (0.0 if math.isnan(x) else x for x in (start_s, end_s))
    start = plugin_data_pb2.SessionStartInfo(  # pyright: ignore[reportAttributeAccessIssue]
        group_name=name, start_time_secs=start_s
    )
    for key, value in settings.items():
        if value is not None:
            _set(start.hparams[key], value)
    end = plugin_data_pb2.SessionEndInfo(  # pyright: ignore[reportAttributeAccessIssue]
        status=api_pb2.Status.Value("STATUS_SUCCESS"),  # pyright: ignore[reportAttributeAccessIssue]
        end_time_secs=end_s,
    )
    tags = {
        metadata.SESSION_START_INFO_TAG: {"session_start_info": start},
        metadata.SESSION_END_INFO_TAG: {"session_end_info": end},
    }
    values = [
        summary_pb2.Summary.Value(tag=tag, metadata=_about(info))  # pyright: ignore[reportAttributeAccessIssue]
        for tag, info in tags.items()
    ] + [
        summary_pb2.Summary.Value(tag=tag, simple_value=value)  # pyright: ignore[reportAttributeAccessIssue]
        for tag, value in metrics.items()
    ]
    return _file(values, step, end_s)


def _set(place, value):
    """Puts a setting into a place for a value of some kind."""
    if isinstance(value, bool):
        place.bool_value = value
    elif isinstance(value, (int, float)):
        place.number_value = value
    else:
        place.string_value = (
            value if isinstance(value, str) else json.dumps(value)
        )


def _about(info):
    """What TensorBoard calls the metadata of a summary."""
    data = plugin_data_pb2.HParamsPluginData(  # pyright: ignore[reportAttributeAccessIssue]
        version=metadata.PLUGIN_DATA_VERSION, **info
    )
    about = metadata.create_summary_metadata(data)
    # Settings in their order, or the bytes could be others each time.
    about.plugin_data.content = data.SerializeToString(deterministic=True)
    return about


def _file(values, step, wall_time):
    buffer = io.BytesIO()
    writer = record_writer.RecordWriter(buffer)
    summary = summary_pb2.Summary(value=values)  # pyright: ignore[reportAttributeAccessIssue]
    for content in ({"file_version": "brain.Event:2"}, {"summary": summary}):
        event = event_pb2.Event(step=step, wall_time=wall_time, **content)  # pyright: ignore[reportAttributeAccessIssue]
        writer.write(event.SerializeToString())
    return buffer.getvalue()
