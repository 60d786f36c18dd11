"""What a run logs: JSON files, and TensorBoard summaries of the same."""

import io
from collections.abc import Sequence

import numpy as np

from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import paths, save_restore

with lazy.imports():
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.summary.writer import record_writer

SUMMARY_BLOCK_ITERATIONS = 100
# What TensorBoard shows beside each chart.
NO_TIMES = (
    "Wall and relative times are iterations, one a second, as logs hold no "
    "times: so a run that was stopped and goes on writes the same bytes. Take "
    "Step; run.json says when the run began and how long it trained."
)


class Logs:
    """Loss and metrics by iteration, for each of several named logs."""

    def __init__(
        self,
        names: list[str],
        columns: Sequence[str] = ("loss", "accuracy"),
        shown: str = "accuracy",
    ):
        """Starts empty logs.

        Args:
            names: Of the logs, such as "train", "test" and "validate".
            columns: The loss, and metrics.
            shown: Which of them `latest` has beside the loss.
        """
        self._columns, self._shown = tuple(columns), shown
        # What was added piece by piece, put together when it is read.
        self._pieces: dict[str, list[dict]] = {
            name: [self._piece((), [()] * len(columns))] for name in names
        }
        self._is_finite = True
        self._summarized_to = -1

    def add(
        self,
        name: str,
        iterations: Sequence[int] | np.ndarray,
        *results: Sequence[float] | np.ndarray,
    ) -> None:
        """Appends iteration numbers, losses and metrics to a log."""
        piece = self._piece(iterations, results)
        if len(piece["loss"]):
            self._pieces[name].append(piece)
            self._is_finite &= bool(np.isfinite(piece["loss"]).all())

    def latest(self) -> dict[str, tuple[float, float]]:
        """Latest (loss, shown metric) of all logs with entries, by name."""
        return {
            name: (float(last["loss"][-1]), float(last[self._shown][-1]))
            for name, (*_, last) in self._pieces.items()
            if len(last["loss"])
        }

    def cut_at_not_finite(self) -> tuple[str, int] | None:
        """Drops all entries from the first NaN or infinite loss on.

        Returns name of the log and iteration of that loss; None if all are
        finite.
        """
        if self._is_finite:
            return None
        bad = {}
        for name, columns in self._logs():
            not_finite = ~np.isfinite(columns["loss"])
            if not_finite.any():
                bad[name] = int(columns["iteration"][not_finite][0])
        name = min(bad, key=lambda each: bad[each])
        for columns in dict(self._logs()).values():
            is_earlier = columns["iteration"] < bad[name]
            for key, column in columns.items():
                columns[key] = column[is_earlier]
        self._is_finite = True
        return name, bad[name]

    def write(self, directory: str) -> dict[str, str]:
        """Writes all logs as JSON; returns their checksums by file name."""
        checksums = {}
        for name, columns in self._logs():
            log = {key: column.tolist() for key, column in columns.items()}
            checksums |= save_restore.write_log(directory, name, log)
        return checksums

    def write_summaries(self, directory: str) -> None:
        """Writes TensorBoard events of what came since the last call.

        The training log, which has an entry an iteration, is summed up in means
        over blocks of iterations. An event's wall time is its iteration, and
        NO_TIMES says so; where files begin depends on when checkpoints were
        made.
        """
        start = self._summarized_to
        events = [event_pb2.Event(file_version="brain.Event:2")]  # pyright: ignore[reportAttributeAccessIssue]
        for name, columns in self._logs():
            block = SUMMARY_BLOCK_ITERATIONS if name == "train" else 1
            text = NO_TIMES  # Of a tag, the first event's is shown.
            for iteration, facts in _means(columns, start, block):
                events.append(_event(name, iteration, facts, text))
                text = ""
                self._summarized_to = max(self._summarized_to, iteration)
        buffer = io.BytesIO()
        writer = record_writer.RecordWriter(buffer)
        for event in events:
            writer.write(event.SerializeToString())
        name = f"events.out.tfevents.{start + 1:010d}"
        files.write(
            files.join(paths.summaries(directory), name), buffer.getvalue()
        )

    def columns(self) -> dict[str, dict[str, np.ndarray]]:
        """Returns all entries: dict, name of a log -> its columns."""
        return {name: dict(columns) for name, columns in self._logs()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns all entries as arrays, for a checkpoint."""
        arrays = {
            f"{name}/{key}": column
            for name, columns in self._logs()
            for key, column in columns.items()
        }
        return {**arrays, "summarized_to": np.asarray(self._summarized_to)}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Takes over the entries of another Logs with the same names."""
        self._summarized_to = int(arrays["summarized_to"])
        for name, pieces in self._pieces.items():
            saved = [arrays[f"{name}/{key}"] for key in pieces[0]]
            pieces[:] = [self._piece((), [()] * len(self._columns))]
            self.add(name, *saved)

    def _piece(self, iterations, results):
        found: dict = {"iteration": np.asarray(iterations, np.int64)}
        for name, values in zip(self._columns, results, strict=True):
            found[name] = np.asarray(values, np.float32)
        return found

    def _logs(self):
        """Yields (name, columns) of all logs, each in one piece."""
        for name, pieces in self._pieces.items():
            if len(pieces) > 1:
                pieces[:] = [
                    {
                        key: np.concatenate([each[key] for each in pieces])
                        for key in pieces[0]
                    }
                ]
            yield name, pieces[0]


def _means(columns, start, block):
    """Yields (iteration, means) of blocks of entries later than `start`."""
    later = {
        key: col[columns["iteration"] > start] for key, col in columns.items()
    }
    for first in range(0, len(later["iteration"]), block):
        chosen = {key: col[first : first + block] for key, col in later.items()}
        iteration = int(chosen.pop("iteration")[-1])
        yield iteration, {key: float(col.mean()) for key, col in chosen.items()}


def _event(name, iteration, facts, description):
    about = summary_pb2.SummaryMetadata(summary_description=description)  # pyright: ignore[reportAttributeAccessIssue]
    values = [
        summary_pb2.Summary.Value(  # pyright: ignore[reportAttributeAccessIssue]
            tag=f"{key}/{name}",
            simple_value=fact,
            metadata=about if description else None,
        )
        for key, fact in facts.items()
    ]
    summary = summary_pb2.Summary(value=values)  # pyright: ignore[reportAttributeAccessIssue]
    return event_pb2.Event(step=iteration, wall_time=iteration, summary=summary)  # pyright: ignore[reportAttributeAccessIssue]
