"""Layers that keep channels apart: one that goes, goes before them too."""

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import rules


class Unchanged(rules.Rule):
    """A layer that does the same to every channel, and leaves constants."""

    def obstacle(self):
        """Returns that channels are not where they should be, or None."""
        if getattr(self.layer, "data_format", "channels_last") == (
            "channels_first"
        ):
            return "has its channels first"
        if self.inputs[0].channels != self.outputs[0].channels:
            return "does not keep channels apart"
        return None

    def constants(self, inputs):
        """Returns what becomes of constants."""
        return [self.constant(inputs[0])]

    def constant(self, given: rules.Constants) -> rules.Constants:
        """Returns what becomes of constants; they stay what they are."""
        return given

    def needed(self, around):
        """Returns the channels of the outputs."""
        aside = [np.ones(each.channels, bool) for each in self.inputs[1:]]
        return [around.kept_outputs[0], *aside]

    def present(self, around):
        """Returns the channels of the inputs."""
        return [around.kept_inputs[0]]

    def change(self, around):
        """Returns none: it has nothing for each channel."""
        return rules.Change()


class Pooling(Unchanged):
    """Pooling; of masked places a mean may be of none, which is no number."""

    def constant(self, given):
        """Returns the same constants, unless places are masked."""
        is_masked = self.inputs[0].is_masked or len(self.inputs) > 1
        return rules.varying(given.size) if is_masked else given


class Padded(Unchanged):
    """Zeros around: a constant other than 0 is one no more."""

    def constant(self, given):
        """Returns those that are 0."""
        pads = any(keras.tree.flatten(self.layer.padding))
        return np.where(given == 0, 0, np.nan) if pads else given

    def why(self):
        """Returns that it pads."""
        return f"{self.call.label} pads zeros"


class Resized(Unchanged):
    """Larger images; what is not simply repeated is not exact."""

    def constant(self, given):
        """Returns the same constants, as far as values are repeated."""
        is_exact = getattr(self.layer, "interpolation", "nearest") == "nearest"
        return given if is_exact else np.where(given == 0, 0, np.nan)


class Activation(Unchanged):
    """A layer or operation that makes each value by itself."""

    def obstacle(self):
        """Returns that it mixes channels, or None."""
        if not rules.is_per_value(getattr(self.layer, "activation", None)):
            return "mixes channels"
        return super().obstacle()

    def constant(self, given):
        """Returns what it makes of constants."""
        return rules.applied(self.layer, given)


class Rescaling(Activation):
    """A number to multiply by and one to add, for all channels the same."""

    def obstacle(self):
        """Returns that the numbers differ between channels, or None."""
        if np.size(self.layer.scale) > 1 or np.size(self.layer.offset) > 1:
            return "has numbers of its own for each channel"
        return super().obstacle()


class ParametricReLU(Unchanged):
    """PReLU, whose slopes are a channel's own or shared by all."""

    def constant(self, given):
        """Returns what slopes make of them that are the same everywhere."""
        slopes = np.asarray(self.layer.alpha, np.float64)
        slopes = slopes.reshape(-1, slopes.shape[-1])
        is_one = (slopes == slopes[:1]).all(axis=0)
        found = np.where(given < 0, given * slopes[0], given)
        return rules.known(np.where((given < 0) & ~is_one, np.nan, found))

    def change(self, around):
        """Returns the slopes of channels that are kept."""
        slopes = np.asarray(self.layer.alpha)
        is_own = slopes.shape[-1] == self.inputs[0].channels
        kept = around.kept_outputs[0]
        return rules.Change(
            {}, {"alpha": slopes[..., kept] if is_own else slopes}
        )


class BatchNorm(Unchanged):
    """Batch normalisation by its moving statistics, as at inference."""

    _OF_CHANNELS = ("gamma", "beta", "moving_mean", "moving_variance")

    def obstacle(self):
        """Returns that it norms along another axis, or None."""
        rank = len(self.inputs[0].shape)
        if self.layer.axis not in (-1, rank - 1):
            return "norms along another axis"
        return super().obstacle()

    def constant(self, given):
        """Returns normalised constants; what gamma is 0 of is one, too."""
        gamma, beta, mean, variance = (
            None if v is None else v.astype(np.float64)
            for v in map(rules.value_of, self._variables())
        )
        scale = 1 / np.sqrt(variance + self.layer.epsilon)
        scale = scale if gamma is None else scale * gamma
        given = np.where(scale == 0, 0, given)
        found = (given - mean) * scale
        return rules.known(found if beta is None else found + beta)

    def change(self, around):
        """Returns the variables of channels that are kept."""
        kept = around.kept_outputs[0]
        found = map(rules.value_of, self._variables())
        named = zip(self._OF_CHANNELS, found, strict=True)
        return rules.sliced(
            {}, {n: None if v is None else v[kept] for n, v in named}
        )

    def _variables(self):
        return [getattr(self.layer, n, None) for n in self._OF_CHANNELS]


class Depthwise(rules.Rule):
    """A depthwise convolution: filters of its own for every channel."""

    def obstacle(self):
        """Returns that channels are first, or it shares between them."""
        if self.layer.data_format == "channels_first":
            return "has its channels first"
        if not rules.is_per_value(self.layer.activation):
            return "has an activation that mixes channels"
        return None

    def constants(self, inputs):
        """Returns what constants give, and filters of zeros."""
        kernel = np.asarray(self.layer.kernel, np.float64)
        multiplier = kernel.shape[-1]
        kernel = kernel.reshape(-1, inputs[0].size * multiplier)
        given = np.repeat(inputs[0], multiplier)
        pads = self.layer.padding != "valid" and max(self.layer.kernel_size) > 1
        stays = rules.varies(given) | (pads & (given != 0))
        bias = rules.value_of(self.layer.bias)
        found = np.where(stays, 0, given) * kernel.sum(axis=0)
        found = found if bias is None else found + bias
        found = np.where(stays & (kernel != 0).any(axis=0), np.nan, found)
        return [rules.applied(self.layer.activation, rules.known(found))]

    def needed(self, around):
        """Returns the channels that any kept output is made of."""
        kept = around.kept_outputs[0].reshape(self.inputs[0].channels, -1)
        return [kept.any(axis=1)]

    def present(self, around):
        """Returns all outputs of each channel."""
        multiplier = self.outputs[0].channels // self.inputs[0].channels
        return [np.repeat(around.kept_inputs[0], multiplier)]

    def change(self, around):
        """Returns the filters of channels that are kept."""
        kernel = np.asarray(self.layer.kernel)
        bias = rules.value_of(self.layer.bias)
        if bias is not None:
            bias = bias[around.kept_outputs[0]]
        kept = around.kept_inputs[0]
        return rules.sliced({}, {"kernel": kernel[..., kept, :], "bias": bias})
