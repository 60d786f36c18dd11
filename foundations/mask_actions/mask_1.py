"""Mask-1 actions: what the kept weights of a network start from.

W is what the level before started from, all entries of it; each layer's kernel
is treated on its own. MASK_1_ACTIONS says what each action does.

Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067) and its code, but
for reinit (Frankle & Carbin 2019), reuse and reuse_sign (the 2018 library) and
signed draws (Oh, Baik & Lee 2025, https://arxiv.org/abs/2504.05357, and its
code; not its tables). What Zhou et al. call reinit is a permutation of what was
drawn: random_reinit here.
Differs: all draws are seeded; a layer that keeps nothing is not rescaled, where
the reference divides by 0. Of signed draws: where a trained weight is exactly
0, its sign is +, and the reference would lose the weight; signed_draw_initial
is ours; signed_draw_norms carries statistics of normalisations, too.
"""

import dataclasses
import functools
import typing
from collections.abc import Callable, Collection

import numpy as np

from lottery_ticket.foundations.mask_actions import reuse
from lottery_ticket.foundations.values import entries, fields, names
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mask1Action(entries.Entry):
    """A function (start, seed) -> network: what kept weights start from.

    Args:
        needs: Entries of W, or of level 0's weights, that kept weights depend
            on: "kept" ones, "all", or the "from_masks" keep; or "final", the
            kept ones of `Start.final`; or "nothing".
        draws: Whether it takes a fresh draw of all variables.
        carries: Whether it carries what neither kernels nor biases have
            trained: scales, shifts and statistics of normalisations.
        puts_back: Whether kept weights start where they did, so that training
            behind them counts.
        takes_constant: Whether they can get one magnitude, `Start.constant`.
        of_kernels_only: Whether it makes kernels from some network's values, of
            which biases and the like are then no part.
    """

    needs: str = "kept"
    draws: bool = False
    carries: bool = False
    puts_back: bool = False
    takes_constant: bool = False
    of_kernels_only: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Start:
    """What an action can start from.

    Args:
        weights: W: what the level before started from, of kernels all entries.
            It may hold biases and the like.
        masks: Those of the new level.
        dense: What level 0 started from, as weights.
        draw: Function (seed) -> network, a fresh draw of all variables; only
            an action that draws calls it.
        from_masks: Masks of the positions whose values reuse and reuse_sign
            take; None means `masks`.
        constant: Magnitude above 0 that signed constants have in every layer;
            None is the standard deviation of each layer.
        final: What the training ended with that the masks come from, for
            actions that need it; None where there was none.
    """

    weights: Network
    masks: Network
    dense: Network
    draw: Callable[[int], Network] | None
    from_masks: Network | None = None
    constant: float | None = None
    final: Network | None = None

    def __post_init__(self):
        """Checks the networks and the constant.

        Raises ValueError if a network lacks a layer or has it in another shape
        than its mask, or the constant is not a finite number above 0.
        """
        networks = {
            "weights": self.weights,
            "dense": self.dense,
            "final": self.final,
            "from_masks": self.from_masks,
        }
        masks_lib.check_layers(networks, self.masks)
        if self.constant is not None:
            fields.check("signed_constant", self.constant, float, above=0)


def resolve(name: str) -> str:
    """Returns the name of an action; "none", as Zhou et al. say, is rewind."""
    return "rewind" if name == "none" else name


def check(name: str) -> None:
    """Raises ValueError, naming the nearest, unless an action has the name."""
    names.check("mask_1_action", name, ["none", *MASK_1_ACTIONS])


def check_network(name: str, variables: Collection[str]) -> None:
    """Raises ValueError if a network lacks what an action carries.

    Args:
        name: As for `apply`.
        variables: Names of all variables but its kernels.
    """
    check(name)
    is_lacking = all(map(_has_sign, variables))
    if MASK_1_ACTIONS[resolve(name)].carries and is_lacking:
        raise ValueError(
            f"mask_1_action={name} carries what normalisations have trained, "
            "and this network has none. Expected signed_draw, which is the "
            "same without them"
        )


def apply(name: str, start: Start, seed: int) -> Network:
    """Returns the weights that a network starts from, unmasked.

    Kernels are made anew, in all of their entries; other variables are as in W,
    but with an action that draws: of a draw, as its entry says. reuse and
    reuse_sign leave 0 where the masks prune, and raise as `reuse.reuse` does.

    Args:
        name: Name in MASK_1_ACTIONS, or "none".
        start: Start. It is not modified.
        seed: Seed of permutations and draws. Layers take them in turn, in the
            order of the masks.
    """
    check(name)
    action = MASK_1_ACTIONS[resolve(name)]
    if action.needs == "final" and start.final is None:
        raise ValueError(
            f"mask_1_action={name} takes signs that training ended with, and "
            "nothing was trained. Use signed_draw_initial, or reinit"
        )
    return action.function(start, seed)


class _Layer(typing.NamedTuple):
    """A kernel, which of it is kept, and a magnitude that is given."""

    weights: np.ndarray
    kept: np.ndarray
    constant: float | None


def _random_reinit(layer, rng):
    return _permuted(layer.weights, rng)


def _random_reshuffle(layer, rng):
    shuffled = layer.weights.copy()
    shuffled[layer.kept] = rng.permutation(layer.weights[layer.kept])
    return shuffled


def _signed_reinit(layer, rng):
    return _signed(np.abs(_random_reinit(layer, rng)), layer.weights)


def _signed_reshuffle(layer, rng):
    return _signed(np.abs(_random_reshuffle(layer, rng)), layer.weights)


def _signed_constant(layer, _):
    """Signs, times the constant or the deviation of all of a layer."""
    constant = layer.constant
    if constant is None:
        constant = np.std(layer.weights, dtype=np.float64)
    return _signed(np.float32(constant), layer.weights)


def _rand_signed_constant(layer, rng):
    return _permuted(_signed_constant(layer, rng), rng)


def _mask_init(layer, _):
    return np.where(layer.kept, layer.weights, np.float32(0))


def _permuted(values, rng):
    return rng.permutation(values.ravel()).reshape(values.shape)


def _signed(magnitudes, signs):
    """Magnitudes with the signs of others; 0, never -0, where those are 0."""
    return np.sign(signs) * magnitudes + np.float32(0)


def _by_layer(action, start, seed, is_rescaled=False):
    """An action on each layer of W; rescaled, of the dense network."""
    rng = np.random.default_rng(seed)
    source = start.dense if is_rescaled else start.weights
    made = dict(start.weights)
    for name, mask in start.masks.items():
        kept = np.asarray(mask) == 1
        weights = np.asarray(source[name], np.float32)
        made[name] = action(_Layer(weights, kept, start.constant), rng)
        if is_rescaled and kept.any():  # A layer of nothing stays as it is.
            factor = np.float64(kept.size / np.count_nonzero(kept))
            made[name] = np.float32(made[name].astype(np.float64) * factor)
    return made


def _reinit(start, seed):
    return dict(start.draw(seed))  # pyright: ignore[reportOptionalCall]  Given for it.


def _signed_draw(start, seed, signs_from="final", carries=False):
    """A fresh draw, with other signs where it is of a kernel or a bias."""
    drawn, signs = start.draw(seed), getattr(start, signs_from)
    made = dict(drawn)
    for name, each in drawn.items():
        if name in start.masks or (_has_sign(name) and name in signs):
            magnitudes = np.abs(each)
            made[name] = np.where(signs[name] < 0, -magnitudes, magnitudes)
            made[name] += np.float32(0)  # 0, never -0.
        elif carries and name in start.final:
            made[name] = start.final[name]
    return made


def _has_sign(name):
    """Whether a variable without a mask is a weight or a bias, by its name.

    Such as `layer0_bias`, or a kernel of shortcuts that are not pruned.
    """
    return name.endswith(("bias", "kernel", "embeddings"))


def _reuse(start, seed, with_signs=False):
    drawn = reuse.reuse(
        start.weights,
        start.masks,
        seed,
        same_sign=start.weights if with_signs else None,
        from_masks=start.from_masks,
    )
    return {**start.weights, **drawn}


def _zhou(action, label, help, **facts):
    """An entry of Zhou et al.'s, of an action on a layer."""
    function = functools.partial(_by_layer, action)
    return Mask1Action(function, label, help, entries.ZHOU, **facts)


def _rescaled(name, family):
    """An entry for what `name` makes of the dense network, times N / S."""
    entry = _OF_LAYERS[name]
    return dataclasses.replace(
        entry,
        function=functools.partial(entry.function, is_rescaled=True),
        label=f"{entry.label}, rescaled",
        help=f"{name} of level 0's weights, times N / S",
        family=family,
    )


_OF_LAYERS = {
    "mask_init": _zhou(
        _mask_init,
        "rewind, pruned at 0",
        "W, with 0 where it is pruned: under a mask, the same as rewind; "
        "without one it is `train --presets=OUT/trial1/8/same_init/initial`",
        puts_back=True,
        family=0,
        variant=1,
    ),
    "random_reinit": _zhou(
        _random_reinit,
        "layer shuffled",
        "W permuted, over all N entries",
        needs="all",
        family=3,
        variant=1,
    ),
    "signed_reinit": _zhou(
        _signed_reinit,
        "layer shuffled, own signs",
        "magnitudes permuted, over all N entries, each place keeping its sign",
        needs="all",
        family=3,
    ),
    "signed_constant": _zhou(
        _signed_constant,
        "constant, own signs",
        "sign(W) times the standard deviation of the layer's N entries, or "
        "times `--signed_constant`",
        needs="all",
        takes_constant=True,
        family=1,
    ),
    "rand_signed_constant": _zhou(
        _rand_signed_constant,
        "constant, shuffled signs",
        "what signed_constant gives, permuted over all N entries",
        needs="all",
        takes_constant=True,
        family=1,
        variant=1,
    ),
    "random_reshuffle": _zhou(
        _random_reshuffle,
        "kept shuffled",
        "W permuted, among the S kept",
        family=2,
        variant=1,
    ),
    "signed_reshuffle": _zhou(
        _signed_reshuffle,
        "kept shuffled, own signs",
        "magnitudes permuted, among the S kept, each place keeping its sign",
        family=2,
    ),
}
OH = "Oh, Baik & Lee 2025 (https://arxiv.org/abs/2504.05357)"
_LIBRARY = (
    "the 2018 library "
    "(https://github.com/google-research/lottery-ticket-hypothesis)"
)
MASK_1_ACTIONS = {
    "rewind": Mask1Action(
        lambda start, seed: dict(start.weights),
        "rewind",
        "W as it is; also called `none`",
        entries.FRANKLE,
        puts_back=True,
        family=0,
    ),
    **_OF_LAYERS,
    "random_reinit_rescaling": _rescaled("random_reinit", family=6),
    "signed_reinit_rescaling": _rescaled("signed_reinit", family=6),
    "signed_constant_rescaling": _rescaled("signed_constant", family=7),
    "rand_signed_constant_rescaling": _rescaled(
        "rand_signed_constant", family=7
    ),
    "reinit": Mask1Action(
        _reinit,
        "fresh draw",
        "a fresh draw of all variables, which none of Zhou et al.'s is",
        entries.FRANKLE,
        needs="nothing",
        draws=True,
        is_reference=True,
    ),
    "reuse": Mask1Action(
        _reuse,
        "reused values",
        "drawn from the kept values of the layer",
        _LIBRARY,
        needs="from_masks",
        of_kernels_only=True,
        family=4,
        variant=1,
    ),
    "reuse_sign": Mask1Action(
        functools.partial(_reuse, with_signs=True),
        "reused values, own signs",
        "drawn from the kept values of the layer that have the place's sign",
        _LIBRARY,
        of_kernels_only=True,
        family=4,
    ),
    "signed_draw": Mask1Action(
        _signed_draw,
        "fresh draw, trained signs",
        "a fresh draw of all variables, kernels and biases with the signs that "
        "training ended with: that of the ticket or, in a lottery experiment, "
        "of the level before",
        OH,
        needs="final",
        draws=True,
        family=8,
    ),
    "signed_draw_initial": Mask1Action(
        functools.partial(_signed_draw, signs_from="weights"),
        "fresh draw, own signs",
        "the same, with the signs of W",
        OH,
        draws=True,
        family=8,
        variant=1,
    ),
    "signed_draw_norms": Mask1Action(
        functools.partial(_signed_draw, carries=True),
        "fresh draw, trained signs and norms",
        "signed_draw, with all that is neither kernel nor bias as it was "
        "trained: scales, shifts and statistics of normalisations",
        OH,
        needs="final",
        draws=True,
        carries=True,
        family=8,
        variant=2,
    ),
}
