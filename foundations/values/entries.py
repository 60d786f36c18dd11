"""Entries: a function that has a name, and what is known of it."""

import dataclasses
from typing import Any

HERE = "none: chosen here"
# Papers that several registries cite.
FRANKLE = "Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635)"
ZHOU = "Zhou et al. 2019 (https://arxiv.org/abs/1905.01067)"
RAMANUJAN = "Ramanujan et al. 2020 (https://arxiv.org/abs/1911.13299)"
ADNAN = "Adnan et al. 2025 (https://arxiv.org/abs/2505.05143)"
KOSTER = "Koster et al. 2022 (https://arxiv.org/abs/2201.13361)"
SREENIVASAN = "Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002)"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A function that has a name in a registry, a dict of entries.

    Registries whose functions differ in more have a subclass with a field for
    each such fact. Checks, figures and docs ask the fields, never the name.

    Args:
        function: The function; its registry says what it takes and returns, and
            whether it may be None, where the name stands for doing nothing.
        label: What figures call it.
        help: What it does, in one line, for tables. w_i is a weight before
            training, w_f after it.
        source: Who and when, with a link; HERE for what has no paper.
        family: Number of the colour that its line has in figures, from 0; None
            is one that is free. Those of one family share it.
        variant: Number of the dashes, from 0, solid, that tell it from others
            of its family.
        is_reference: Whether others are measured against it, in grey.
    """

    function: Any
    label: str
    help: str
    source: str
    _: dataclasses.KW_ONLY
    family: int | None = None
    variant: int = 0
    is_reference: bool = False
