"""The headline metric of a run: what it is judged, chosen and drawn by."""

import dataclasses
import math
import re
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Headline:
    """The name of a metric, its direction, and how its values are written.

    Accuracy, a fraction in [0, 1], is written in percent; any other metric is
    written as it is.

    Args:
        metric: Its name, as in logs and results: "accuracy", "mae".
        higher_is_better: Whether a higher value is a better one.
    """

    metric: str = "accuracy"
    higher_is_better: bool = True

    @property
    def is_percent(self) -> bool:
        """Whether values are written in percent."""
        return self.metric == "accuracy"

    @property
    def scale(self) -> int:
        """What figures multiply values by."""
        return 100 if self.is_percent else 1

    @property
    def facts(self) -> dict:
        """What a record says of it; accuracy goes without saying."""
        return (
            {} if self == ACCURACY else {"headline": dataclasses.asdict(self)}
        )

    def number(self, value: float) -> str:
        """Returns a value without its unit: "98.33" of an accuracy, "0.0123".

        NaN is "-".
        """
        if math.isnan(value):
            return "-"
        if self.is_percent:
            return f"{100 * value:.2f}"
        return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}"

    def text(self, value: float) -> str:
        """Returns a value with its unit: "98.33 %", "0.0123"."""
        return self.number(value) + " %" * self.is_percent

    def reword(self, text: str) -> str:
        """Returns words about accuracy in percent in those of this metric.

        "Test accuracy (%)" is "Test mae".
        """
        if self.is_percent:
            return text
        plain = re.sub(r" (in %|\(%\)|%)(?!\w)", "", text)
        return plain.replace("accuracy", self.metric)

    def margin(self, part: float, height: float) -> float:
        """Returns part of an axis's height, for beyond its ends.

        At least 0.05 points of accuracy, or 0.0005 of any other metric.
        """
        return max(part * height, 0.0005 * self.scale)

    def best(self, values: Iterable[float]) -> float:
        """Returns the best of some values."""
        return max(values) if self.higher_is_better else min(values)

    def loss_of(self, value: float) -> float:
        """Returns a value as a number of which less is better.

        Sorts the best first; error, 1 - value, has the same order.
        """
        return -value if self.higher_is_better else value

    def error(self, value: float) -> float:
        """Returns what barriers are taken of: 1 - value, or a value itself.

        The latter where lower is better.
        """
        return 1 - value if self.higher_is_better else value

    @property
    def error_name(self) -> str:
        """What `error` is called: "error", "1 - r2", "mae"."""
        if self.is_percent:
            return "error"
        return f"1 - {self.metric}" if self.higher_is_better else self.metric

    @property
    def barrier_unit(self) -> str:
        """What barriers are in: "points" of accuracy, else `error_name`."""
        return "points" if self.is_percent else self.error_name


ACCURACY = Headline()


def of_record(record: dict) -> Headline:
    """Returns the headline metric of a run's or a result's record.

    A record that names none is one of accuracy, as all of 0.1.0 are.

    Raises:
        ValueError: If what it says of it is no headline metric.
    """
    found = record.get("headline")
    if found is None:
        return ACCURACY
    try:
        return Headline(found["metric"], found["higher_is_better"])
    except (KeyError, TypeError) as error:
        raise ValueError(
            "A headline must say its metric and higher_is_better. Received: "
            f"{found!r}"
        ) from error
