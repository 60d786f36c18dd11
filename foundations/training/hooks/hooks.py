"""The step hooks by name: what changes training beside its optimizer.

One is written as its name, or with options behind it: "ham",
"ham:alpha=50:beta=.016", "sign_in:reset=5ep".
"""

import dataclasses
import typing
from collections.abc import Iterable

import attrs

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.selection import mask_updates
from lottery_ticket.foundations.training import step_hooks
from lottery_ticket.foundations.training.hooks import (
    cycles,
    dynamic_masks,
    ham,
    norm_interpolation,
    rst,
    sign_in,
    sparse_opt,
)
from lottery_ticket.foundations.values import entries, fields, names

with lazy.imports():
    import keras

    from lottery_ticket.foundations.networks import norm_parameters


NONE = "none"  # Written alone: no hook.


class Run(typing.NamedTuple):
    """What a hook may have to know of the run that it serves."""

    per_epoch: int  # Iterations in one epoch.
    start: int = 0  # Iteration of the training at which the run starts.
    seed: int = 0  # Of what is drawn, in [0, 2**31).
    length: int = 1  # Iterations of the whole training.


@fields.settings
class NoOptions:
    """There are none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hook(entries.Entry):
    """A function (options, Run) -> new step_hooks.StepHook.

    Args:
        options: Class of its options, settings.
        not_with: Names of those that it does not go with.
        needs_norms: Whether it does nothing to a network without
            normalisations that are trained.
        is_scale: Whether it is a factor of gradients, which optimizers that
            divide them by their size take back.
        moves_masks: Whether masks change in training, at events.
        needs_pruned: Whether it does nothing unless masks prune.
        sees_masks: Whether what it does depends on masks, those of units that
            are pruned too.
        repeats: Whether the schedule is gone through again, at events.
    """

    options: type = NoOptions
    not_with: tuple[str, ...] = ()
    needs_norms: bool = False
    is_scale: bool = False
    moves_masks: bool = False
    needs_pruned: bool = False
    sees_masks: bool = False
    repeats: bool = False


def _of_masks(name, others):
    """The hook that changes masks by a method."""
    method = mask_updates.METHODS[name]
    return Hook(
        lambda options, run: dynamic_masks.DynamicMasks(
            name, options.schedule(run.per_epoch, run.length), run.seed
        ),
        method.label,
        f"each layer drops its smallest kept weights by and by; {method.help}",
        method.source,
        options=dynamic_masks.Options,
        not_with=(*others, "sign_in", "rst", "cycles"),
        moves_masks=True,
        needs_pruned=True,
        sees_masks=True,
    )


# In the order in which they change a step.
HOOKS = {
    "norm_interpolation": Hook(
        lambda options, run: norm_interpolation.NormInterpolation(
            run.seed, run.start
        ),
        "norm interpolation",
        "for each batch, scales and shifts of normalisations are drawn "
        "between themselves and 1 and 0",
        norm_interpolation.SOURCE,
        needs_norms=True,
        not_with=("cycles",),  # Draws go by the count that begins anew.
    ),
    "sparse_opt": Hook(
        lambda options, run: sparse_opt.SparseOpt(options),
        "SparseOpt",
        "gradients of each unit's weights times the root of how many it "
        "keeps, over the layer's mean",
        sparse_opt.SOURCE,
        options=sparse_opt.Options,
        not_with=("rst",),  # The network is dense as long as that is at work.
        is_scale=True,
        sees_masks=True,
    ),
    "ham": Hook(
        lambda options, run: ham.Ham(options),
        "HAM",
        "after each step, weights of kernels times exp(rate * (-alpha * "
        "sign(w) * gradient - beta))",
        ham.SOURCE,
        options=ham.Options,
        not_with=("sign_in",),
    ),
    "sign_in": Hook(
        lambda options, run: sign_in.SignIn(options, run.per_epoch, run.start),
        "Sign-In",
        "kept weights are trained as products of two numbers, which begin "
        "anew every epoch",
        sign_in.SOURCE,
        options=sign_in.Options,
        sees_masks=True,
        not_with=("ham", "rst", "cycles", *mask_updates.METHODS),
    ),
    "rst": Hook(
        lambda options, run: rst.Rst(
            options.schedule(run.per_epoch, run.length - run.start), run.seed
        ),
        "RST",
        "weights that masks prune are trained, too, under an L2 that grows "
        "until they are 0",
        rst.SOURCE,
        options=rst.Options,
        needs_pruned=True,
        sees_masks=True,
        not_with=("sparse_opt", "sign_in", "cycles", *mask_updates.METHODS),
    ),
    "rigl": _of_masks("rigl", ("set",)),
    "set": _of_masks("set", ("rigl",)),
    "cycles": Hook(
        lambda options, run: cycles.Cycles(options, run.start),
        "cycles",
        "the schedule is gone through so many times, with a fresh optimizer "
        "each time, and weights kept",
        cycles.SOURCE,
        options=cycles.Options,
        not_with=(
            *("norm_interpolation", "sign_in", "rst"),
            *mask_updates.METHODS,
        ),
        repeats=True,
    ),
}


def parse(word: str) -> tuple[str, typing.Any]:
    """Returns name and options of a hook as it is written, "ham:alpha=50".

    Raises ValueError if the name is unknown, or options are none of its own,
    there twice, or out of their range.
    """
    name, *written = str(word).split(":")
    names.check("hook", name, HOOKS)
    cls = HOOKS[name].options
    given: dict[str, typing.Any] = {}
    for each in written:
        option, equals, value = each.partition("=")
        names.check(f"option of {name}", option, fields.names_of(cls))
        if not equals or option in given:
            raise ValueError(
                f"Expected options of {name} such as {_example(name)}, each "
                f"once. Received: {word}"
            )
        kind = getattr(attrs.fields(cls), option).type
        given[option] = _number(value) if kind is float else value
    return name, cls(**given)


def text(word: str) -> str:
    """Returns a hook in the one way to write it, or "none"; else as `parse`."""
    if word == NONE:
        return NONE
    name, options = parse(word)
    return ":".join([name, *_written(fields.given(options))])


def ordered(words: Iterable[str]) -> tuple[str, ...]:
    """Returns hooks in the order in which they change a step; of "none", none.

    Raises ValueError as `parse`, or if one is there twice or two do not go
    together.
    """
    words = tuple(words)
    if words == (NONE,):
        return ()
    told = [parse(word)[0] for word in words]
    twice = sorted({name for name in told if told.count(name) > 1})
    if twice:
        raise ValueError(f"Expected each hook once. Received: {twice[0]} twice")
    for name in told:
        others = [each for each in told if each in HOOKS[name].not_with]
        if others:
            raise ValueError(
                f"The hooks {name} and {others[0]} do not go together: both "
                "say where weights go, or one begins anew what the other "
                "counts by. Give one of them"
            )
    by_name = dict(zip(told, map(text, words), strict=True))
    return tuple(by_name[name] for name in HOOKS if name in by_name)


def moving_masks(
    words: Iterable[str],
) -> tuple[str, dynamic_masks.Options] | None:
    """Returns name and options of the hook that changes masks, or None."""
    return _first(words, lambda hook: hook.moves_masks)


def needing_pruned(words: Iterable[str]) -> str | None:
    """Returns the name of the hook that needs masks that prune, or None."""
    found = _first(words, lambda hook: hook.needs_pruned)
    return None if found is None else found[0]


def seeing_masks(words: Iterable[str]) -> list[str]:
    """Returns names of the hooks that see masks."""
    told = [parse(word)[0] for word in words]
    return [name for name in told if HOOKS[name].sees_masks]


def repeating(words: Iterable[str]) -> cycles.Options | None:
    """Returns options of the hook that repeats the schedule, or None."""
    found = _first(words, lambda hook: hook.repeats)
    return None if found is None else found[1]


def make(words: Iterable[str], run: Run) -> step_hooks.StepHook:
    """Returns what changes the steps of a run; `step_hooks.NONE` of no words.

    Raises ValueError as `ordered`.
    """
    made = []
    for word in ordered(words):
        name, options = parse(word)
        made.append(HOOKS[name].function(options, run))
    return step_hooks.Hooks(made) if made else step_hooks.NONE


def doubts(
    words: Iterable[str], network: "keras.Model", divides_by_size: bool
) -> list[str]:
    """Returns a line for each hook that changes nothing, or hardly anything.

    Args:
        words: Hooks.
        network: What is trained.
        divides_by_size: Whether the optimizer divides gradients by their size.
    """
    found = []
    for word in words:
        name, _ = parse(word)
        hook = HOOKS[name]
        if hook.needs_norms and not norm_parameters.trained(network):
            found.append(
                f"hooks={name} changes nothing: the network has no "
                "normalisation with a scale or shift that is trained"
            )
        if hook.is_scale and divides_by_size:
            found.append(
                f"hooks={name} changes little: it multiplies gradients, and "
                "the optimizer divides them by their size"
            )
    return found


def _written(options):
    """Options by name, as texts."""
    for name, value in options.items():
        if isinstance(value, float) and value == int(value):
            value = int(value)
        yield f"{name}={value}"


def _example(name):
    """The name with all options at their defaults."""
    options = fields.as_dict(HOOKS[name].options())
    return ":".join([name, *_written(options)])


def _number(value):
    try:
        return float(value)
    except ValueError:
        return value  # Its field says what is wrong.


def _first(words, has):
    """Name and options of the first hook that has a fact, or None."""
    for name, options in map(parse, words):
        if has(HOOKS[name]):
            return name, options
    return None
