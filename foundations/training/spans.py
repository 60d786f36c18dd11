"""Which iterations a run trains, and where it halts on the way."""

import typing


class Span(typing.NamedTuple):
    """Iterations of a run, counted from 0 over the whole training.

    Args:
        start: Number of iterations that lie before the run.
        end: Number of iterations when it is over.
        saved: After how many iterations its weights are saved too.
        events: After how many iterations the model's `event` is called.
    """

    start: int
    end: int
    saved: tuple[int, ...] = ()
    events: tuple[int, ...] = ()

    def next_halt(self, iteration: int, intervals, capacity: int) -> int:
        """Returns the iteration up to which a run trains without a halt.

        Args:
            iteration: Where it stands, before its end.
            intervals: For each split, iterations between two evaluations.
            capacity: The most iterations to train without a halt.
        """
        halts = [iteration + capacity, self.end]
        halts += [each for each in self.saved if each > iteration]
        halts += [each for each in self.events if each > iteration]
        halts += [iteration + each - iteration % each for each in intervals]
        return min(halts)

    def is_due(self, iteration: int, interval: int) -> bool:
        """Whether a split is evaluated: at the start, end and each interval.

        Args:
            iteration: Where the run stands.
            interval: Iterations between two evaluations of the split.
        """
        is_end = iteration in (self.start, self.end)
        return is_end or iteration % interval == 0
