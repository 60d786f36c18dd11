"""Layers that add up their inputs by weights: their units can go one by one."""

import functools

import numpy as np

from lottery_ticket.foundations.networks.compaction import rules


class Weighted(rules.Rule):
    """A layer whose every output adds up inputs, which need not be there.

    A channel of its input goes if no kept output has a weight other than 0 from
    it, or if it is constant: what that adds goes into the biases. Where zeros
    are padded, a constant other than 0 adds less at the border: of all such
    channels one stays, with the weights of the others added to its own.
    """

    reads = True
    units = "units"  # The setting that counts outputs.
    takes_over = True  # Whether one constant can stand for others.

    def kernel(self) -> np.ndarray:
        """Returns the weights, shape (places of a window, inputs, outputs)."""
        return np.asarray(self.layer.kernel)[None]

    def pads(self) -> bool:
        """Whether outputs at the border see zeros instead of inputs."""
        return False

    def obstacle(self) -> str | None:
        """Returns why outputs cannot be told apart, or None."""
        if getattr(self.layer, "groups", 1) != 1:
            return "has groups of channels"
        if getattr(self.layer, "data_format", "channels_last") != (
            "channels_last"
        ):
            return "has its channels first"
        return None

    @functools.cached_property
    def paths(self) -> np.ndarray:
        """Whether a weight leads from an input to an output."""
        return (self.kernel() != 0).any(axis=0)

    def constants(self, inputs):
        """Returns what outputs are to which no varying input leads."""
        given, paths = inputs[0], self.paths
        if not rules.is_per_value(self.layer.activation):
            return [rules.varying(paths.shape[1])]
        added = np.where(rules.varies(given), 0, given) @ self._summed
        bias = rules.value_of(self.layer.bias)
        values = rules.known(added if bias is None else added + bias)
        values[(paths & self._must_stay(given)[:, None]).any(axis=0)] = np.nan
        return [rules.applied(self.layer.activation, values)]

    def needed(self, around):
        """Returns the inputs that kept outputs read and that vary."""
        constants = around.constants[0]
        read = self.paths[:, around.kept_outputs[0]].any(axis=1)
        needed = read & self._must_stay(constants)
        padded = needed & ~rules.varies(constants)
        if self.takes_over and padded.any():
            needed &= ~padded
            if self._heir(around) is None:
                needed[_largest(constants, padded)] = True
        aside = [np.ones(each.channels, bool) for each in self.inputs[1:]]
        return [needed, *aside]

    def present(self, around):
        """Returns all outputs if they are told from each other by a softmax."""
        if rules.is_per_value(self.layer.activation):
            return [around.kept_outputs[0]]
        return [np.ones(self.outputs[0].channels, bool)]

    def change(self, around):
        """Returns kernels without what is not kept; constants become biases."""
        inputs, outputs = around.kept_inputs[0], around.kept_outputs[0]
        bias = self._bias(around)
        config = {
            self.units: int(outputs.sum()),
            "use_bias": bias is not None,
        }
        kernels = self.cut(self._inherited(around), inputs, outputs)
        return rules.sliced(config, {**kernels, "bias": bias})

    def cut(
        self, kernel: np.ndarray, inputs: rules.Kept, outputs: rules.Kept
    ) -> dict:
        """Returns the layer's kernels, by attribute, of channels that stay.

        Args:
            kernel: As `kernel` gives it.
        """
        cut = kernel[:, inputs][..., outputs]
        return {"kernel": self.formed(cut).astype(self.layer.kernel.dtype)}

    def formed(self, kernel: np.ndarray) -> np.ndarray:
        """Returns weights, shaped as of `kernel`, as the layer has them."""
        return kernel[0]

    def why(self):
        """Returns that it pads."""
        return f"{self.call.label} pads zeros"

    def _heir(self, around):
        """Which constant channel stands for those that go; None if none."""
        constants = around.constants[0]
        stays = around.kept_inputs[0] & ~rules.varies(constants)
        stays &= constants != 0
        is_one = self.takes_over and self.pads() and stays.any()
        return _largest(constants, stays) if is_one else None

    def _inherited(self, around):
        """The kernel, one constant channel standing for those that go."""
        kernel, heir = self.kernel(), self._heir(around)
        if heir is None:
            return kernel
        constants = self._gone(around) / around.constants[0][heir]
        kernel = kernel.astype(np.float64)
        kernel[:, heir] += np.einsum("i,pio->po", constants, kernel)
        return kernel

    def _gone(self, around):
        """Constants that go, 0 elsewhere: what varies and goes is not read."""
        goes = ~around.kept_inputs[0] & ~rules.varies(around.constants[0])
        return np.where(goes, around.constants[0], 0)

    def _bias(self, around):
        """With what constants add that are not kept; None if there is none."""
        added = np.zeros(int(around.kept_outputs[0].sum()))
        if not self.pads():
            added += (self._gone(around) @ self._summed)[around.kept_outputs[0]]
        bias = rules.value_of(self.layer.bias)
        if bias is not None:
            return (bias[around.kept_outputs[0]] + added).astype(bias.dtype)
        return added.astype(np.float32) if added.any() else None

    def _must_stay(self, given):
        """Inputs that no bias can stand for."""
        found = rules.varies(given)
        return found | (given != 0) if self.pads() else found

    @functools.cached_property
    def _summed(self):
        return self.kernel().astype(np.float64).sum(axis=0)


class Dense(Weighted):
    """A dense layer, on the last axis of any tensor."""

    def obstacle(self):
        """Returns that its kernel is not one matrix, or None."""
        if getattr(self.layer, "quantization_mode", None) is not None:
            return "is quantised"
        if getattr(self.layer, "lora_enabled", False):
            return "has LoRA weights"
        return super().obstacle()


class Convolution(Weighted):
    """A convolution, in one to three dimensions."""

    units = "filters"

    def obstacle(self):
        """Returns as for Weighted, or that it has LoRA weights."""
        if getattr(self.layer, "lora_enabled", False):
            return "has LoRA weights"
        return super().obstacle()

    def kernel(self):
        """Returns the weights, all places of the window on one axis."""
        kernel = np.asarray(self.layer.kernel)
        return kernel.reshape(-1, *kernel.shape[-2:])

    def formed(self, kernel):
        """Returns weights with the window's axes."""
        window = self.layer.kernel.shape[:-2]
        return kernel.reshape(*window, *kernel.shape[1:])

    def pads(self):
        """Whether there is padding: a window of one place needs none."""
        is_wide = max(self.layer.kernel_size) > 1
        return is_wide and self.layer.padding != "valid"


class Transposed(Convolution):
    """A transposed convolution, whose outputs differ in how much they see."""

    def kernel(self):
        """Returns the weights, inputs before outputs."""
        return np.swapaxes(super().kernel(), 1, 2)

    def pads(self):
        """Always: windows overlap differently from place to place."""
        return True

    def formed(self, kernel):
        """Returns weights with the window's axes, outputs before inputs."""
        return super().formed(np.swapaxes(kernel, 1, 2))


class Separable(Convolution):
    """A filter for each input, and a 1x1 convolution of what they give."""

    takes_over = False  # Another's filter is not its own.

    def kernel(self):
        """Returns the weights of both in one."""
        depthwise = np.asarray(self.layer.depthwise_kernel, np.float64)
        depthwise = depthwise.reshape(-1, *depthwise.shape[-2:])
        return np.einsum("pim,imo->pio", depthwise, self._pointwise())

    @functools.cached_property
    def paths(self):
        """Where both have a weight, though they may cancel out."""
        depthwise = np.asarray(self.layer.depthwise_kernel)
        depthwise = depthwise.reshape(-1, *depthwise.shape[-2:])
        has_filter = (depthwise != 0).any(axis=0)
        return (has_filter[..., None] & (self._pointwise() != 0)).any(axis=1)

    def cut(self, kernel, inputs, outputs):
        """Returns both kernels."""
        multiplier = self.layer.depthwise_kernel.shape[-1]
        pointwise = np.asarray(self.layer.pointwise_kernel)
        rows = np.repeat(inputs, multiplier)
        return {
            "depthwise_kernel": np.asarray(self.layer.depthwise_kernel)[
                ..., inputs, :
            ],
            "pointwise_kernel": pointwise[..., rows, :][..., outputs],
        }

    def _pointwise(self):
        """Shape (inputs, multiplier, outputs)."""
        depthwise = self.layer.depthwise_kernel.shape
        kernel = np.asarray(self.layer.pointwise_kernel, np.float64)
        return kernel.reshape(*depthwise[-2:], kernel.shape[-1])


def _largest(constants, among):
    """The place of the largest: divided by it, others stay small."""
    return int(np.argmax(np.where(among, np.abs(constants), -1)))


class Embedding(rules.Rule):
    """A vector for each number: its entries can go one by one."""

    def obstacle(self):
        """Returns that it is quantised or has LoRA weights, or None."""
        if getattr(self.layer, "quantization_mode", None) is not None:
            return "is quantised"
        if getattr(self.layer, "lora_enabled", False):
            return "has LoRA weights"
        return None

    def constants(self, inputs):
        """Returns entries that are the same in all vectors."""
        vectors = np.asarray(self.layer.embeddings)
        is_one = (vectors == vectors[:1]).all(axis=0)
        return [rules.known(np.where(is_one, vectors[0], np.nan))]

    def needed(self, around):
        """Returns all numbers."""
        return [np.ones(each.channels, bool) for each in self.inputs]

    def present(self, around):
        """Returns what is kept."""
        return [around.kept_outputs[0]]

    def change(self, around):
        """Returns shorter vectors."""
        kept = around.kept_outputs[0]
        vectors = np.asarray(self.layer.embeddings)[:, kept]
        return rules.Change(
            {"output_dim": int(kept.sum())}, {"embeddings": vectors}
        )
