import matplotlib.colors
import pytest

from lottery_ticket.analysis.look import figure_style, styles
from lottery_ticket.analysis.page import colors


def test_contrast_is_that_of_wcag():
    assert colors.contrast("000000", "ffffff") == pytest.approx(21)
    assert colors.contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)
    assert colors.contrast("0072b2", "0072b2") == 1


LEVELS = [
    matplotlib.colors.to_hex(each)[1:]
    for each in styles.level_colors(range(6)).values()
]
SERIES = [each[1:].lower() for each in figure_style.COLORS]


@pytest.mark.parametrize("color", [*SERIES, *LEVELS])
def test_every_colour_is_seen_on_light_ground(color):
    found = colors.on_light(color)
    least = colors.LIGHT_CONTRAST
    assert colors.contrast(found, colors.LIGHT_GROUND) >= least
    if colors.contrast(color, colors.LIGHT_GROUND) >= least:
        assert found == color


def test_colours_that_are_darker_keep_their_share_of_each_part():
    assert colors.on_light("56b4e9") == "4999c6"
    assert colors.on_light("ffffff") == "ffffff"
    assert colors.on_light("a0a0a0") == "a0a0a0"


@pytest.mark.parametrize("color", [*SERIES, *LEVELS, "440154", "000080"])
def test_every_colour_is_seen_on_dark_ground(color):
    found = colors.on_dark(color)
    assert colors.contrast(found, colors.DARK_GROUND) >= colors.CONTRAST
    if colors.contrast(color, colors.DARK_GROUND) >= colors.CONTRAST:
        assert found == color


def test_greys_are_turned_round():
    assert colors.on_dark("000000") == "ebebeb"
    assert colors.on_dark("ffffff") == "191919"


def test_colours_in_styles_become_variables_and_others_do_not():
    svg = '<g style="fill: #0072b2; stroke:#ff0000"><use xlink:href="#a0a0a0"/>'
    found = colors.as_variables(svg)
    assert "fill: var(--c0072b2); stroke:var(--cff0000)" in found
    assert 'xlink:href="#a0a0a0"' in found
    assert colors.used(found, ["#00ff00"]) == ["0072b2", "00ff00", "ff0000"]
