"""Layers that move values to other places, channels as blocks of them."""

import numpy as np

from lottery_ticket.foundations.networks.compaction import channel_rules, rules


class Spread(rules.Rule):
    """Flattening, or any reshaping to or from several places of a channel.

    In the longer of both last axes, channel c of the shorter one, of length n,
    is at c, n + c, 2 n + c and so on.
    """

    def obstacle(self):
        """Returns that channels do not stay together, or None."""
        if getattr(self.layer, "data_format", "channels_last") == (
            "channels_first"
        ):
            return "has its channels first"
        one, other = self._lengths()
        if not min(one, other) or max(one, other) % min(one, other):
            return "mixes channels with places"
        return None

    def constants(self, inputs):
        """Returns the constants at their new places."""
        length, new = self._lengths()
        if new >= length:
            return [np.tile(inputs[0], new // length)]
        rows = inputs[0].reshape(-1, new)
        is_one = (rows == rows[:1]).all(axis=0)
        return [np.where(is_one, rows[0], np.nan)]

    def needed(self, around):
        """Returns the channels that any kept place is of."""
        return [_moved(around.kept_outputs[0], self._lengths()[0])]

    def present(self, around):
        """Returns all places of the channels."""
        return [_moved(around.kept_inputs[0], self._lengths()[1])]

    def change(self, around):
        """Returns the new length of a reshaped last axis."""
        shape = getattr(self.layer, "target_shape", None)
        if shape is None:
            return rules.Change()
        kept = int(around.kept_outputs[0].sum())
        return rules.Change({"target_shape": (*shape[:-1], kept)})

    def _lengths(self):
        return self.inputs[0].channels, self.outputs[0].channels


def _moved(kept, length):
    if length >= kept.size:
        return np.tile(kept, length // kept.size)
    return kept.reshape(-1, length).any(axis=0)


class Permuted(channel_rules.Unchanged):
    """Axes in another order, the last staying where it is."""

    def obstacle(self):
        """Returns that channels change places with others, or None."""
        if self.layer.dims[-1] != len(self.layer.dims):
            return "moves the channels to another axis"
        return super().obstacle()


class PaddedChannels(rules.Rule):
    """Channels of zeros before and behind, where Keras takes them for width.

    That is how a shortcut without weights is made, by a ZeroPadding2D that has
    its channels first on images that have them last.
    """

    reads = True

    def obstacle(self):
        """Returns that it pads more than channels, or None."""
        if self.layer.data_format == "channels_last":
            return "is none of channels"
        return (
            "pads places and channels" if any(self.layer.padding[0]) else None
        )

    def constants(self, inputs):
        """Returns zeros around."""
        before, behind = self.layer.padding[1]
        return [np.concatenate([[0] * before, inputs[0], [0] * behind])]

    def needed(self, around):
        """Returns the channels between the zeros."""
        before, _ = self.layer.padding[1]
        count = self.inputs[0].channels
        return [around.kept_outputs[0][before : before + count]]

    def present(self, around):
        """Returns the channels between the zeros, and of these what is kept."""
        found = around.kept_outputs[0].copy()
        before, _ = self.layer.padding[1]
        count = self.inputs[0].channels
        found[before : before + count] = around.kept_inputs[0]
        return [found]

    def change(self, around):
        """Returns fewer zeros."""
        kept = around.kept_outputs[0]
        before, behind = self.layer.padding[1]
        sides = kept[:before], kept[kept.size - behind :]
        padding = ((0, 0), tuple(int(side.sum()) for side in sides))
        return rules.Change({"padding": padding})
