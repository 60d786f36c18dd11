"""Colours of figures on light and dark ground: each is a variable of CSS."""

import colorsys
import re
from collections.abc import Iterable

COLOR = re.compile(r"(?<=[ :])#([0-9a-f]{6})\b")
LIGHT_GROUND, DARK_GROUND = "ffffff", "16191d"
CONTRAST = 4.5  # At least so much on dark ground.
# On light ground, whose colours are those of the figures' files where they can
# be. Source: WCAG 2.1, https://www.w3.org/TR/WCAG21/#non-text-contrast.
LIGHT_CONTRAST = 3
GREY = 0.05  # Saturation of what is grey, at most.
CALM = 0.6  # Saturation of what is made lighter, at most.
STEPS = 40  # Of lightness that are tried.


def as_variables(svg: str) -> str:
    """Returns an SVG whose colours are variables, such as var(--c0072b2)."""
    return COLOR.sub(r"var(--c\1)", svg)


def used(svg: str, others: Iterable[str]) -> list[str]:
    """Returns the colours that are variables in an SVG, and others: "#0072b2".

    Each once, sorted, without the #.
    """
    found = re.findall(r"var\(--c([0-9a-f]{6})\)", svg)
    return sorted({*found, *(each.removeprefix("#") for each in others)})


def on_light(color: str) -> str:
    """Returns a colour as it stands on light ground.

    A grey, and what is dark enough, stays; any other is made as dark as it has
    to be, `LIGHT_CONTRAST` to the ground, with equal shares of red, green and
    blue taken away: like that it is told best from darker ones of its hue.
    """
    parts = _parts(color)
    _, _, saturation = colorsys.rgb_to_hls(*parts)
    if saturation < GREY:
        return color
    for step in range(STEPS + 1):
        found = _hex(part * (1 - step / STEPS) for part in parts)
        if contrast(found, LIGHT_GROUND) >= LIGHT_CONTRAST:
            break
    return found


def on_dark(color: str) -> str:
    """Returns a colour as it stands on dark ground.

    A grey is turned round; any other keeps its hue and is made as light as it
    has to be: `CONTRAST` to the ground.
    """
    red, green, blue = _parts(color)
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < GREY:
        lowest, highest = 0.1, 0.92
        return _hex((highest - lightness * (highest - lowest),) * 3)
    for step in range(STEPS + 1):
        lighter = lightness + (1 - lightness) * step / STEPS
        calm = min(saturation, CALM) if step else saturation
        found = colorsys.hls_to_rgb(hue, lighter, calm)
        if contrast(_hex(found), DARK_GROUND) >= CONTRAST:
            break
    return _hex(found)


def contrast(one: str, other: str) -> float:
    """Returns the contrast of two colours, from 1 to 21.

    Source: WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio.
    """
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color):
    """Source: WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(color)
    )
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(color):
    return tuple(int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))


def _hex(parts):
    return "".join(f"{round(255 * part):02x}" for part in parts)
