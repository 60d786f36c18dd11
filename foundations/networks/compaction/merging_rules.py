"""Layers that make one tensor of several."""

import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import rules


class Merge(rules.Rule):
    """Tensors of the same channels, merged value by value.

    A channel goes if all branches can do without it.
    """

    # Class of Keras's -> what comes of constants.
    _MERGED = {
        "Add": lambda each: np.sum(each, axis=0),
        "Average": lambda each: np.mean(each, axis=0),
        "Maximum": lambda each: np.max(each, axis=0),
        "Minimum": lambda each: np.min(each, axis=0),
        "Multiply": lambda each: np.prod(each, axis=0),
        "Subtract": lambda each: each[0] - each[1],
    }

    def obstacle(self):
        """Returns that tensors are not of the same channels, or None."""
        shapes = {(len(t.shape), t.channels) for t in self.inputs}
        has_more = len(self.inputs) != _count(self.call)
        if len(shapes) > 1 or len(self.inputs) < 2 or has_more:
            return "merges tensors of different forms"
        if any(each.is_masked for each in self.inputs):
            return "merges masked places"
        return None

    def constants(self, inputs):
        """Returns what constants give together; 0 times anything is 0."""
        name = type(self.layer).__name__
        found = self._MERGED[name](np.stack(inputs))
        if name == "Multiply":
            found = np.where((np.stack(inputs) == 0).any(axis=0), 0, found)
        return [rules.known(found)]

    def needed(self, around):
        """Returns the channels of the output, of branches that stay."""
        kept, none = (
            around.kept_outputs[0],
            np.zeros_like(around.kept_outputs[0]),
        )
        left = self._left(around)
        return [
            kept if index in left else none for index in range(len(self.inputs))
        ]

    def present(self, around):
        """Returns the channels of branches that stay."""
        found = around.kept_outputs[0].copy()
        for index in self._left(around):
            found |= around.kept_inputs[index]
        return [found]

    def change(self, around):
        """Returns none: it has no variables."""
        return rules.Change()

    def why(self):
        """Returns that others vary."""
        return f"{self.call.label} merges them with what varies"

    def rebuilt(self, tensors, around, make):
        """Returns the sum of what stays, and of the constants that do not."""
        left, kept = self._left(around), around.kept_outputs[0]
        given = [tensors[self.call.inputs[index]] for index in left]
        if len(given) == len(self.inputs):
            return super().rebuilt(tensors, around, make)
        gone = [
            each for n, each in enumerate(around.constants) if n not in left
        ]
        offset = np.sum(gone, axis=0)[kept]
        name = make.name  # Taken by the sum, if there still is one.
        found = given[0]
        if len(given) > 1:
            found = make(self.change(around))(given)
            name = f"{name}_constants"
        if not np.any(offset):
            return found
        shift: typing.Any = [float(each) for each in offset]
        return keras.layers.Rescaling(1.0, shift, name=name)(found)

    def _left(self, around):
        """Numbers of the branches that stay: sums need no constant ones."""
        every = list(range(len(self.inputs)))
        shapes = {each.shape for each in self.inputs}
        if type(self.layer).__name__ != "Add" or len(shapes) > 1:
            return every
        kept = around.kept_outputs[0]
        vary = [rules.varies(each[kept]).any() for each in around.constants]
        return [index for index in every if vary[index]] or every


class Concatenation(rules.Rule):
    """Tensors one behind the other."""

    def obstacle(self):
        """Returns that something else is among its arguments, or None."""
        if len(self.inputs) != _count(self.call):
            return "takes more than tensors"
        if any(each.is_masked for each in self.inputs):
            return "merges masked places"
        return None

    def constants(self, inputs):
        """Returns all constants in a row, or those that tensors share."""
        if self._is_of_channels():
            return [np.concatenate(inputs)]
        every = np.stack(inputs)
        is_one = (every == every[:1]).all(axis=0)
        return [np.where(is_one, every[0], np.nan)]

    def needed(self, around):
        """Returns each tensor's part of the output."""
        kept = around.kept_outputs[0]
        if not self._is_of_channels():
            return [kept] * len(self.inputs)
        ends = np.cumsum([each.channels for each in self.inputs])
        return np.split(kept, ends[:-1])

    def present(self, around):
        """Returns the parts in a row."""
        if self._is_of_channels():
            return [np.concatenate(around.kept_inputs)]
        return [np.any(around.kept_inputs, axis=0)]

    def change(self, around):
        """Returns none: it has no variables."""
        return rules.Change()

    def rebuilt(self, tensors, around, make):
        """Returns what is left in a row."""
        given = [
            tensors[number]
            for number, kept in zip(
                self.call.inputs, around.kept_inputs, strict=True
            )
            if kept.any()
        ]
        return given[0] if len(given) == 1 else make(self.change(around))(given)

    def _is_of_channels(self):
        return self.layer.axis in (-1, len(self.inputs[0].shape) - 1)


def _count(call):
    """How many values are among a call's arguments."""
    args, kwargs = call.arguments
    given = keras.tree.flatten((args, kwargs))
    return len([each for each in given if each is not None])
