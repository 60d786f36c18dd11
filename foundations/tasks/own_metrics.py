"""Metrics that Keras lacks."""

import keras


class ExactMatch(keras.metrics.MeanMetricWrapper):
    """Share of examples of which all labels, 0 or 1, are right."""

    def __init__(
        self,
        threshold: float = 0.5,
        name: str = "exact_match",
        dtype: str | None = None,
    ):
        """Takes what outputs are 1 above: 0.5 of probabilities, 0 of logits."""
        super().__init__(_match, name, dtype, threshold=threshold)

    def get_config(self) -> dict:
        return {**self._fn_kwargs, "name": self.name, "dtype": self.dtype}


def _match(y_true, y_pred, threshold):
    y_true = keras.ops.cast(y_true, "bool")
    same = keras.ops.equal(y_true, y_pred > threshold)
    return keras.ops.cast(keras.ops.all(same, axis=-1), "float32")
