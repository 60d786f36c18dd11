"""Tests of analysis/sections/supermasks.py."""

import collections
import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.sections import supermasks, untrained
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import sealed
from lottery_ticket.tests.analysis import fake_masked, fake_results

SETTINGS = fake_masked.SETTINGS


Found = collections.namedtuple("Found", "masks problems")


def _read(tmp_path):
    return Found(*supermasks.read(fake_results.read(tmp_path)))


def _compare(tmp_path):
    found = fake_results.read(tmp_path)
    cells, _ = untrained.read(found)
    masks, _ = supermasks.read(found)
    return supermasks.compare(cells, masks, found.runs)


def _write_stopped(output_dir, trial, at_stop, *, name="supermask", **more):
    """Writes a learned mask that is best on validation before the end."""
    more = {"validate_loss": (2.0, 0.5, 0.75), **more}
    log = (0.1, at_stop, 0.2)
    return fake_masked.write_supermask(
        output_dir, trial, name=name, accuracy=log, **more
    )


def test_a_row_per_learned_mask(tmp_path):
    directory = _write_stopped(str(tmp_path), 1, 0.97)
    fake_results.write_run(str(tmp_path), 1, 0, **SETTINGS)
    found = _read(tmp_path)
    assert found.problems == []
    assert list(found.masks.columns) == supermasks.COLUMNS
    [row] = found.masks.to_dict("records")
    numbers = {key: row.pop(key) for key in supermasks.COLUMNS[8:-1]}
    assert row == {
        "experiment": "supermask",
        "trial": 1,
        "run": "",
        "dataset": "mnist",
        "model": "fc",
        "mask_1_action": "rewind",
        "rescaling": "none",
        "sampling": "bernoulli",
        "directory": directory,
    }
    assert numbers == pytest.approx(
        {
            "accuracy": 0.95,
            "lowest": 0.94,
            "highest": 0.96,
            "deviation": np.std([0.94, 0.96], ddof=1),
            "early_stop_iteration": 100,
            "early_stop_accuracy": 0.97,
            "validate_accuracy": 0.94,
            "density": 0.6,
            "expected_density": 0.7,
            "thresholded_accuracy": 0.9,
            "thresholded_density": 0.35,
        }
    )


def test_without_validation_and_of_one_sample(tmp_path):
    fake_masked.write_supermask(
        str(tmp_path), 1, (0.9,), with_validation=False, validate_loss=None
    )
    [row] = _read(tmp_path).masks.to_dict("records")
    assert row["accuracy"] == 0.9
    assert np.isnan(row["validate_accuracy"])
    assert np.isnan(row["deviation"])
    assert np.isnan(row["early_stop_iteration"])
    assert np.isnan(row["early_stop_accuracy"])
    [row] = _compare(tmp_path).to_dict("records")
    assert row["accuracy_mean"] == 0.9
    assert np.isnan(row["early_stop_accuracy_mean"])


def test_masks_that_were_not_evaluated_or_are_damaged_are_named(tmp_path):
    whole = fake_masked.write_supermask(str(tmp_path), 1)
    begun = fake_masked.write_supermask(str(tmp_path), 2)
    files.remove(f"{begun}/supermask.json")
    damaged = pathlib.Path(fake_masked.write_supermask(str(tmp_path), 3))
    path = damaged / "supermask.json"
    path.write_text(path.read_text().replace("0.94", "0.99"))
    lacking = fake_masked.write_supermask(str(tmp_path), 4)
    settings = sealed.read(f"{lacking}/supermask.json")["settings"]
    record = {"settings": settings, "samples": {}}
    sealed.write(f"{lacking}/supermask.json", record)
    foreign = fake_masked.write_supermask(str(tmp_path), 5)
    path_of_foreign = f"{foreign}/supermask.json"
    other = {**sealed.read(path_of_foreign), "settings": {"seed": 1}}
    sealed.write(path_of_foreign, other)
    found = _read(tmp_path)
    assert found.masks["directory"].to_list() == [whole]
    assert found.problems == [
        f"{begun}: not evaluated (no supermask.json); the same command goes on",
        f"{damaged}: damaged (its supermask.json is not whole)",
        f"{lacking}: damaged (its supermask.json lacks 'test')",
        f"{foreign}: damaged (its supermask.json is of another run)",
    ]


def _write_all(output_dir):
    for trial in (1, 2):
        cells = [
            # Best on the test set is another level, and another criterion.
            fake_masked.cell("large_final", 1, 0.4 + 0.02 * trial, 0.5),
            fake_masked.cell("large_final", 2, 0.6, 0.3),
            fake_masked.cell("random", 1, 0.9, 0.2),
            fake_masked.cell(
                "random", 1, 0.7, 0.2, mask_1_action="signed_constant"
            ),
        ]
        fake_masked.write_untrained(output_dir, trial, cells)
        accuracies = (0.92 + 0.02 * trial, 0.94 + 0.02 * trial)
        fake_masked.write_supermask(output_dir, trial, accuracies)
    fake_masked.write_supermask(
        output_dir,
        1,
        name="supermask_both",
        mask_1_action="signed_constant",
        rescaling="dynamic",
    )
    for experiment in ("large_final", "random"):
        for trial in (1, 2):
            for level in (0, 1):
                fake_results.write_run(
                    output_dir,
                    trial,
                    level,
                    experiment,
                    accuracy=(0.1, 0.96 + 0.01 * trial, 0.5),
                    validate_loss=(2.0, 0.5, 0.75),
                    **SETTINGS,
                )


def test_ways_of_a_network_side_by_side(tmp_path):
    _write_all(str(tmp_path))
    table = _compare(tmp_path)
    keys = ["how", "mask_1_action", "rescaling", "criterion", "runs"]
    assert table[keys].to_numpy().tolist() == [
        ["untrained", "rewind", "", "large_final", 2],
        ["untrained", "signed_constant", "", "random", 2],
        ["learned", "rewind", "none", "", 2],
        ["learned", "signed_constant", "dynamic", "", 1],
        ["trained", "", "", "", 2],
    ]
    assert set(table["network"]) == {"mnist fc"}
    assert table["accuracy_mean"].to_list() == pytest.approx(
        [0.43, 0.7, 0.96, 0.95, 0.5]
    )
    assert table["accuracy_min"].to_list() == pytest.approx(
        [0.42, 0.7, 0.95, 0.95, 0.5]
    )
    assert table["lowest"].to_list() == pytest.approx(
        [0.42, 0.7, 0.94, 0.94, 0.5]
    )
    assert table["density"].to_list() == pytest.approx([0.5, 0.5, 0.6, 0.6, 1])
    thresholded = table["thresholded_accuracy"]
    assert thresholded.isna().to_list() == [True, True, False, False, True]


def test_a_criterion_of_fewer_trials_is_not_chosen(tmp_path):
    cells = [fake_masked.cell("random", 1, 0.1, 0.2)]
    better = [fake_masked.cell("movement", 1, 0.4, 0.5)]
    fake_masked.write_untrained(str(tmp_path), 1, cells + better)
    fake_masked.write_untrained(str(tmp_path), 2, cells)
    assert _compare(tmp_path)["criterion"].to_list() == ["random"]


def test_learned_and_trained_have_both_rules_and_untrained_one(tmp_path):
    fake_masked.write_untrained(
        str(tmp_path), 1, [fake_masked.cell("random", 1, 0.7, 0.2)]
    )
    for trial, at_stop in ((1, 0.91), (2, 0.93)):
        _write_stopped(str(tmp_path), trial, at_stop)
        fake_results.write_run(
            str(tmp_path),
            trial,
            0,
            accuracy=(0.1, 0.05 + at_stop, 0.5),
            validate_loss=(2.0, 0.5, 0.75),
            **SETTINGS,
        )
    table = _compare(tmp_path)
    assert table["how"].to_list() == ["untrained", "learned", "trained"]
    columns = ["accuracy_mean", "early_stop_accuracy_mean"]
    columns += ["early_stop_accuracy_min", "early_stop_accuracy_max"]
    np.testing.assert_allclose(
        table[columns],
        [
            [0.7, np.nan, np.nan, np.nan],
            [0.95, 0.92, 0.91, 0.93],
            [0.5, 0.97, 0.96, 0.98],
        ],
    )


@pytest.mark.parametrize("how", ["learned", "trained"])
def test_no_early_stop_unless_all_runs_of_a_row_have_validation(tmp_path, how):
    for trial, loss in ((1, (2.0, 0.5, 0.75)), (2, None)):
        more = {"learned": {"validate_loss": loss}}.get(how, {})
        _write_stopped(str(tmp_path), trial, 0.9, **more)
        more = {"trained": {"validate_loss": loss}}.get(how, {})
        fake_results.write_run(
            str(tmp_path),
            trial,
            0,
            accuracy=(0.1, 0.7, 0.8),
            **SETTINGS,
            **more,
        )
    table = _compare(tmp_path).set_index("how")
    assert table["accuracy_mean"].to_dict() == pytest.approx(
        {"learned": 0.95, "trained": 0.8}
    )
    known = table["early_stop_accuracy_mean"].dropna().to_dict()
    both = {"learned": pytest.approx(0.9), "trained": pytest.approx(0.8)}
    del both[how]
    assert known == both
    assert table.loc[how, "runs"] == 2


def test_networks_of_several_trees(tmp_path):
    for name in ("fc", "conv2"):
        _write_all(str(tmp_path / name))
    table = _compare(tmp_path)
    assert table["network"].to_list() == ["conv2"] * 5 + ["fc"] * 5


def test_nothing_to_compare(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 1, **SETTINGS)
    assert _compare(tmp_path).empty


def test_order_puts_the_plainest_first():
    row = {"network": "a", "how": "learned", "sampling": "bernoulli"}
    rows = [
        {**row, "rescaling": rescaling, "mask_1_action": action}
        for rescaling, action in (
            ("none", "rewind"),
            ("none", "signed_constant"),
            ("none", "reinit"),
            ("dynamic", "rewind"),
            ("dynamic_no_gradient", "rewind"),
        )
    ]
    rows.append({**rows[0], "sampling": "round"})
    rows.append({**rows[0], "how": "trained"})
    assert sorted(rows[::-1], key=supermasks.order) == rows


def _section(tmp_path):
    return supermasks.section(fake_results.read(tmp_path))


def _write_few(output_dir):
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
    _write_few(str(tmp_path))
    text = supermasks.to_text(_compare(tmp_path))
    assert text == (
        f"{supermasks.EXPLANATION}\n"
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
        f"\n{supermasks.LINES}\n"
        "Criteria\n"
        "mnist fc, untrained, as drawn: large final, same sign\n"
    )


def test_text_says_where_there_is_no_early_stop(tmp_path):
    _write_few(str(tmp_path))
    _write_without_validation(str(tmp_path))
    lines = supermasks.to_text(_compare(tmp_path)).splitlines()
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
    text = supermasks.to_text(_compare(tmp_path))
    assert (
        "mnist fc  at early stop         83.00\n"
        "                          82.00-84.00\n"
        "          at the end            91.50\n"
        "                          91.00-92.00\n"
        "          n                         2\n"
    ) in text


def test_bars_are_all_at_the_end_unless_all_have_validation(tmp_path):
    _write_few(str(tmp_path))
    _write_without_validation(str(tmp_path))
    [axes] = supermasks.bars(_compare(tmp_path)).axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(
        [43, 95, 95, 90]
    )
    ends = [line.get_xdata() for line in axes.lines]
    np.testing.assert_allclose(ends, [[42, 44], [94, 96], [94, 96], [90, 90]])
    assert axes.get_xlabel() == (
        "Test accuracy (%)\nlearned and trained: at the end"
        "\nlines: lowest to highest"
    )


def test_bars_of_untrained_networks_alone_name_no_rule(tmp_path):
    cells = [fake_masked.cell("large_final", 1, 0.4, 0.5)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    fake_results.write_run(str(tmp_path), 1, 1, **fake_masked.SETTINGS)
    [axes] = supermasks.bars(_compare(tmp_path)).axes
    assert axes.get_xlabel() == "Test accuracy (%)"
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([40])


def test_bars_reach_the_means_and_lines_the_ends(tmp_path):
    _write_few(str(tmp_path))
    figure = supermasks.bars(_compare(tmp_path))
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(
        [43, 92.5, 98]
    )
    ends = [line.get_xdata() for line in axes.lines]
    np.testing.assert_allclose(ends, [[42, 44], [92.5] * 2, [98, 98]])
    label = (
        "Test accuracy (%)\nlearned and trained: at early stop"
        "\nlines: lowest to highest"
    )
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
    [axes] = supermasks.bars(_compare(tmp_path)).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "learned: as drawn, supermask",
        "learned: as drawn, supermask_slow",
        "learned: as drawn, rounded",
    ]


def test_notes_tell_untrained_experiments_apart(tmp_path):
    _write_few(str(tmp_path))
    cells = [fake_masked.cell("movement", 1, 0.3, 0.3)]
    fake_masked.write_untrained(str(tmp_path), 1, cells, "mine_untrained")
    text = supermasks.to_text(_compare(tmp_path))
    start = "\nmnist fc, untrained, as drawn, "
    assert f"{start}untrained: large final, same sign\n" in text
    assert f"{start}mine_untrained: movement\n" in text


def test_networks_have_panels_and_rows_and_gaps(tmp_path):
    _write_few(str(tmp_path / "conv2"))
    fake_masked.write_supermask(str(tmp_path / "fc"), 1)
    table = _compare(tmp_path)
    figure = supermasks.bars(table)
    assert [axes.get_title() for axes in figure.axes] == ["conv2", "fc"]
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "Test accuracy (%)\nlearned and trained: at early stop"
        "\nlines: lowest to highest"
    ] * 2
    lines = supermasks.to_text(table).splitlines()
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
    _write_few(str(tmp_path))
    section = _section(tmp_path)
    outputs = section.files()
    assert sorted(outputs) == [
        f"supermasks.{kind}" for kind in ("csv", "pdf", "png", "svg", "txt")
    ]
    assert _section(tmp_path).files() == outputs
    assert section.text == outputs["supermasks.txt"].decode()
    rows = section.papers["supermasks"]
    assert tables.align(rows, left=2, repeated=2) in section.text


def test_trained_networks_alone_are_no_comparison(tmp_path):
    fake_results.write_run(str(tmp_path / "a"), 1, 0)
    assert _section(tmp_path).files() == {}
    fake_masked.write_supermask(str(tmp_path / "b"), 1)
    assert len(_section(tmp_path).tables["supermasks.csv"]) == 1


def test_without_a_run_nothing_stands_side_by_side(tmp_path):
    cells = [fake_masked.cell("large_final", 1, 0.4, 0.5)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    assert _section(tmp_path).files() == {}


def test_another_metric_stands_for_accuracy(tmp_path):
    fake_masked.write_supermask(str(tmp_path), 1, (0.25, 0.75))
    fake_results.write_run(str(tmp_path), 1, 0, **SETTINGS)
    fake_results.remeasure(tmp_path)
    section = supermasks.section(fake_results.read(tmp_path))
    assert section.problems == []
    table = section.tables["supermasks.csv"].set_index("how")
    assert table["mae_mean"].to_dict() == {"learned": 0.5, "trained": 0.9}
    assert section.text.startswith("Test mae of networks that are untrained")
    [axes] = section.figures["supermasks"].axes
    assert axes.get_xlabel().startswith("Test mae") and axes.get_xlim()[1] < 2
    cells = [fake_masked.cell("random", 1, 0.3, 0.2)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    with pytest.raises(ValueError, match="accuracy: untrained; mae: s"):
        supermasks.section(fake_results.read(tmp_path))
