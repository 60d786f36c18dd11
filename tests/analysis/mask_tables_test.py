"""Tests of analysis/mask_tables.py."""

import numpy as np
import pandas as pd

from lottery_ticket.analysis import mask_tables, overlaps, sign_changes


def _overlap(*rows):
    columns = ["experiment", "against", "level", "density", "overlap", "chance"]
    frame = pd.DataFrame(rows, columns=columns)
    return overlaps.summarize(frame.assign(layer=overlaps.ALL))


def _signs(*rows):
    columns = ["experiment", "level", "density", *sign_changes.MEASURES]
    rows = [[*row, np.nan][:5] for row in rows]
    frame = pd.DataFrame(rows, columns=columns)
    return sign_changes.summarize(frame.assign(layer=overlaps.ALL))


def test_text_of_all_parts():
    overlap = _overlap(
        ("same_init", "same_init", 1, 0.5, 0.4, 0.3333),
        ("same_init", "same_init", 1, 0.5, 0.5, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.4, 0.3333),
        ("reinit", "reinit", 1, 0.5, 0.5, 0.3333),
        ("shuffle", "same_init", 1, 0.5, 0.25, 0.3333),
        ("reinit", "same_init", 1, 0.5, 1, 0.3333),
    )
    signs = _signs(("same_init", 0, 1, 0.925), ("same_init", 0, 1, 0.975))
    assert mask_tables.to_text(overlap, signs) == (
        f"{mask_tables.TRIALS}\n"
        "experiment  level  density %  pairs  overlap    min    max"
        "  by chance\n"
        "same_init       1       50.0      2    0.450  0.400  0.500"
        "      0.333\n"
        "\n"
        "The same overlaps as one above: reinit\n"
        "\n"
        f"{mask_tables.TICKETS}\n"
        "ticket     experiment  level  density %  pairs  overlap    min    max"
        "  by chance\n"
        "same_init  shuffle         1       50.0      1    0.250  0.250  0.250"
        "      0.333\n"
        "\n"
        "The same masks as same_init: reinit\n"
        "\n"
        f"{mask_tables.SIGNS}\n"
        "experiment  level  density %  runs  same sign %    min    max\n"
        "same_init       0        100     2        95.00  92.50  97.50\n"
    )


def test_signs_of_pruned_weights_have_a_column_where_known():
    signs = _signs(("a", 0, 1, 0.925), ("a", 1, 0.5, 0.9, 0.75))
    lines = mask_tables.to_text(_overlap(), signs).splitlines()[-3:]
    assert [line.split()[-1] for line in lines] == ["%", "-", "75.00"]
    assert lines[0].endswith("of pruned %")


def test_layers_are_in_no_table():
    overlap = _overlap(("same_init", "same_init", 1, 0.5, 0.4, 0.3))
    signs = _signs(("same_init", 0, 1, 0.9))
    layers = [frame.assign(layer="a") for frame in (overlap, signs)]
    assert mask_tables.to_text(*layers) == ""


def test_what_there_is_not_has_no_table():
    signs = _signs(("same_init", 0, 1, 0.9))
    text = mask_tables.to_text(_overlap(), signs)
    assert text.startswith(mask_tables.SIGNS)
    overlap = _overlap(("reinit", "same_init", 1, 0.5, 1, 0.3333))
    text = mask_tables.to_text(overlap, _signs())
    assert text == (
        f"{mask_tables.TICKETS}\nThe same masks as same_init: reinit\n"
    )
