"""Tests of analysis/supermask_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import (
    supermask_figures,
    supermasks,
    untrained,
)
from lottery_ticket.tests.analysis import fake_masked, fake_results


def _table(tmp_path):
    found = fake_results.read(tmp_path)
    cells = untrained.read(found).cells
    masks = supermasks.read(found).masks
    return supermasks.compare(cells, masks, found.runs)


def _section(tmp_path):
    return supermask_figures.section(fake_results.read(tmp_path))


def _write(output_dir):
    for trial in (1, 2):
        test = 0.4 + 0.02 * trial
        cells = [fake_masked.cell("large_final_same_sign", 1, test, 0.5)]
        fake_masked.write_untrained(output_dir, trial, cells)
    stopped = {"validate_loss": (2.0, 0.5, 0.75)}
    log = (0.1, 0.925, 0.2)
    fake_masked.write_supermask(
        output_dir, 1, rescaling="dynamic", accuracy=log, **stopped
    )
    more = {**stopped, **fake_masked.SETTINGS}
    fake_results.write_run(output_dir, 1, 0, accuracy=(0.1, 0.98, 0.9), **more)


def _write_without_validation(output_dir):
    fake_masked.write_supermask(
        output_dir, 2, name="other", sampling="round", validate_loss=None
    )


def test_text_has_a_column_per_way(tmp_path):
    _write(str(tmp_path))
    text = supermask_figures.to_text(_table(tmp_path))
    assert text == (
        f"{supermask_figures.EXPLANATION}\n"
        "network                     untrained   learned  trained\n"
        "                             as drawn  as drawn    dense\n"
        "                                       rescaled\n"
        "mnist fc  untrained             43.00\n"
        "                          42.00-44.00\n"
        "          at early stop                   92.50    98.00\n"
        "          at the end                      95.00    90.00\n"
        "          n                         2         1        1\n"
        "          std of masks                     1.41\n"
        "          likely weights                  90.00\n"
        "          density %              50.0      60.0      100\n"
        f"\n{supermask_figures.LINES}\n"
        "Criteria\n"
        "mnist fc, untrained, as drawn: large final, same sign\n"
    )


def test_text_says_where_there_is_no_early_stop(tmp_path):
    _write(str(tmp_path))
    _write_without_validation(str(tmp_path))
    lines = supermask_figures.to_text(_table(tmp_path)).splitlines()
    found = [
        line.split() for line in lines if line.startswith(" " * 10 + "at ")
    ]
    assert found == [
        ["at", "early", "stop", "92.50", "n/a", "98.00"],
        ["at", "the", "end", "95.00", "95.00", "90.00"],
    ]


def test_text_has_ranges_below_both_rules(tmp_path):
    for trial in (1, 2):
        fake_masked.write_supermask(
            str(tmp_path),
            trial,
            (0.9 + 0.01 * trial,),
            accuracy=(0.1, 0.8 + 0.02 * trial, 0.2),
            validate_loss=(2.0, 0.5, 0.75),
        )
    text = supermask_figures.to_text(_table(tmp_path))
    assert (
        "mnist fc  at early stop         83.00\n"
        "                          82.00-84.00\n"
        "          at the end            91.50\n"
        "                          91.00-92.00\n"
        "          n                         2\n"
    ) in text


def test_bars_are_all_at_the_end_unless_all_have_validation(tmp_path):
    _write(str(tmp_path))
    _write_without_validation(str(tmp_path))
    [axes] = supermask_figures.bars(_table(tmp_path)).axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(
        [43, 95, 95, 90]
    )
    ends = [line.get_xdata() for line in axes.lines]
    np.testing.assert_allclose(ends, [[42, 44], [94, 96], [94, 96], [90, 90]])
    assert axes.get_xlabel() == (
        "Test accuracy (%)\nlearned and trained: at the end"
    )


def test_bars_of_untrained_networks_alone_name_no_rule(tmp_path):
    cells = [fake_masked.cell("large_final", 1, 0.4, 0.5)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    fake_results.write_run(str(tmp_path), 1, 1, **fake_masked.SETTINGS)
    [axes] = supermask_figures.bars(_table(tmp_path)).axes
    assert axes.get_xlabel() == "Test accuracy (%)"
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([40])


def test_bars_reach_the_means_and_lines_the_ends(tmp_path):
    _write(str(tmp_path))
    figure = supermask_figures.bars(_table(tmp_path))
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(
        [43, 92.5, 98]
    )
    ends = [line.get_xdata() for line in axes.lines]
    np.testing.assert_allclose(ends, [[42, 44], [92.5] * 2, [98, 98]])
    label = "Test accuracy (%)\nlearned and trained: at early stop"
    assert axes.get_xlabel() == label
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "untrained: as drawn",
        "learned: as drawn, rescaled",
        "trained: dense",
    ]
    assert [text.get_text() for text in axes.texts] == [
        *("43.00", "92.50", "98.00")
    ]
    assert axes.get_title() == "mnist fc"
    assert axes.yaxis_inverted()


@pytest.mark.slow
def test_masks_of_the_same_settings_are_told_apart_by_their_names(tmp_path):
    for name in ("supermask", "supermask_slow"):
        fake_masked.write_supermask(str(tmp_path), 1, name=name)
    fake_masked.write_supermask(
        str(tmp_path), 1, name="rounded", sampling="round"
    )
    [axes] = supermask_figures.bars(_table(tmp_path)).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "learned: as drawn, supermask",
        "learned: as drawn, supermask_slow",
        "learned: as drawn, rounded",
    ]


def test_notes_tell_untrained_experiments_apart(tmp_path):
    _write(str(tmp_path))
    cells = [fake_masked.cell("movement", 1, 0.3, 0.3)]
    fake_masked.write_untrained(str(tmp_path), 1, cells, "mine_untrained")
    text = supermask_figures.to_text(_table(tmp_path))
    start = "\nmnist fc, untrained, as drawn, "
    assert f"{start}untrained: large final, same sign\n" in text
    assert f"{start}mine_untrained: movement\n" in text


def test_networks_have_panels_and_rows_and_gaps(tmp_path):
    _write(str(tmp_path / "conv2"))
    fake_masked.write_supermask(str(tmp_path / "fc"), 1)
    table = _table(tmp_path)
    figure = supermask_figures.bars(table)
    assert [axes.get_title() for axes in figure.axes] == ["conv2", "fc"]
    assert [axes.get_xlabel() for axes in figure.axes] == [
        *["Test accuracy (%)\nlearned and trained: at early stop"] * 2
    ]
    lines = supermask_figures.to_text(table).splitlines()
    [head] = [line for line in lines if line.startswith("network ")]
    assert head.split() == [
        *("network", "untrained", "learned", "learned", "trained")
    ]
    [line] = [line for line in lines if line.startswith("fc ")]
    assert line.split() == ["fc", "at", "early", "stop", "90.00"]
    renderer, page = figure._get_renderer(), figure.bbox
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert page.x0 <= box.x0 and box.x1 <= page.x1
        for text in axes.texts:
            assert text.get_window_extent(renderer).x1 <= page.x1


@pytest.mark.usefixtures("figures")
def test_outputs_are_the_same_each_time(tmp_path):
    _write(str(tmp_path))
    section = _section(tmp_path)
    outputs = section.files()
    assert sorted(outputs) == [
        f"supermasks.{kind}" for kind in ("csv", "pdf", "png", "txt")
    ]
    assert _section(tmp_path).files() == outputs
    assert section.text == outputs["supermasks.txt"].decode()


def test_trained_networks_alone_are_no_comparison(tmp_path):
    fake_results.write_run(str(tmp_path / "a"), 1, 0)
    assert _section(tmp_path).files() == {}
    fake_masked.write_supermask(str(tmp_path / "b"), 1)
    written = _section(tmp_path).tables["supermasks.csv"]
    assert written.count(b"\n") == 2
    with pytest.raises(ValueError, match="no network to draw"):
        supermask_figures.bars(_table(tmp_path)[:0])


def test_without_a_run_nothing_stands_side_by_side(tmp_path):
    cells = [fake_masked.cell("large_final", 1, 0.4, 0.5)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    assert _section(tmp_path).files() == {}
