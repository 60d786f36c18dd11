import pytest

from lottery_ticket.analysis.reading import gaps, tree


def _place(trial, level, experiment="same_init", run=""):
    return tree.Place("", (), experiment, trial, level, run)


def _missing(places):
    return gaps.missing(places, {"same_init": "lottery_experiment"})


def test_nothing_is_missing():
    tickets = [_place(t, level) for t in (1, 2) for level in range(3)]
    controls = [_place(t, 2, "reinit", r) for t in (1, 2) for r in ("1", "2")]
    assert _missing(tickets + controls) == []


def test_gap_in_the_levels_of_a_trial():
    places = [_place(1, level) for level in (0, 1, 3, 6)]
    assert _missing(places) == ["trial 1, levels 2, 4-5, same_init: missing"]


def test_trial_with_fewer_levels_than_others():
    places = [_place(10, level) for level in range(4)]
    places += [_place(2, level) for level in range(2)]
    assert _missing(places) == ["trial 2, levels 2-3, same_init: missing"]


def test_controls_may_skip_levels_but_not_in_some_trials_only():
    places = [_place(1, 4, "reinit", "1"), _place(1, 8, "reinit", "1")]
    assert _missing(places) == []
    places += [_place(2, 4, "reinit", "1")]
    assert _missing(places) == ["trial 2, level 8, reinit1: missing"]


def test_trial_without_any_control():
    places = [_place(1, 0), _place(2, 0), _place(1, 0, "reinit", "1")]
    assert _missing(places) == [
        "trial 2, reinit: missing (no run in this trial)"
    ]


def test_supermasks_are_compared_with_each_other():
    places = [_place(trial, 0) for trial in (1, 2)]
    places += [_place(trial, 0, "supermask") for trial in (1, 3)]
    places += [_place(3, 0, "supermask_both")]
    kinds = {"supermask": "supermask", "supermask_both": "supermask"}
    kinds["same_init"] = "lottery_experiment"
    assert gaps.missing(places, kinds) == [
        "trial 1, supermask_both: missing (no run in this trial)"
    ]


def test_other_trees_and_single_runs_are_not_compared():
    places = [_place(1, 0, "conv2/same_init"), _place(2, 0, "conv4/same_init")]
    places += [_place("", 0, "dense"), _place(3, 0)]
    assert _missing(places) == []


def test_runs_that_differ_in_settings():
    records = [
        (_place(1, 0), {"lr": 0.1, "seed": 1, "init_seed": 5, "level": 0}),
        (_place(2, 1), {"lr": 0.01, "seed": 2, "init_seed": 6, "level": 1}),
        (_place(2, 1, "reinit"), {"lr": 0.5, "seed": 2, "masks": "abc"}),
        (_place(2, 1, "reinit"), {"lr": 0.5, "seed": 2, "masks": "def"}),
    ]
    assert gaps.mixed_settings(records) == [
        "same_init: its runs differ in lr (0.01, 0.1), and means mix them"
    ]


def test_a_setting_that_older_runs_lack_is_mixed_with_another_than_before():
    kind = {"experiment": "lottery_experiment"}
    older = (_place(1, 1), kind)
    same = {**kind, "hooks": [], "granularity": "weight"}
    assert gaps.mixed_settings([older, (_place(2, 1), same)]) == []
    other = {**kind, "hooks": ["sam"], "granularity": "unit"}
    assert gaps.mixed_settings([older, (_place(2, 1), other)]) == [
        'same_init: its runs differ in granularity ("unit", "weight"), and '
        "means mix them",
        'same_init: its runs differ in hooks (["sam"], []), and means mix them',
    ]


def test_levels_alone_are_compacted_and_no_dense_network():
    kind = {"experiment": "lottery_experiment"}
    compacted = {**kind, "compact_levels": True}
    records = [(_place(1, 0), kind), (_place(1, 1), compacted)]
    assert gaps.mixed_settings(records) == []
    assert gaps.mixed_settings([*records, (_place(2, 1), kind)]) == [
        "same_init, level 1: its runs differ in compact_levels (false, true), "
        "and means mix them"
    ]


def test_densities_and_tickets_of_levels_may_differ():
    records = [
        (_place(1, level, "snip"), {"density": density, "ticket": ticket})
        for level, density, ticket in ((1, 0.5, "abc"), (2, 0.2, "def"))
    ]
    assert gaps.mixed_settings(records) == []


@pytest.mark.parametrize(
    "levels, text",
    [
        ({3}, "level 3"),
        ({1, 2, 3, 7}, "levels 1-3, 7"),
        ({5, 2}, "levels 2, 5"),
    ],
)
def test_levels_text(levels, text):
    assert gaps.levels_text(levels) == text


def test_natural_order():
    names = ["b", 10, "2", "a"]
    assert sorted(names, key=gaps.natural) == ["2", 10, "a", "b"]


def test_some_settings_may_differ_between_levels_only():
    records = [
        (_place(trial, level, "gem_miner"), {"regularization_weight": weight})
        for trial, level, weight in ((1, 1, 1e-4), (2, 1, 1e-4), (1, 2, 3e-5))
    ]
    assert gaps.mixed_settings(records) == []
    other = _place(2, 2, "gem_miner"), {"regularization_weight": 1e-5}
    assert gaps.mixed_settings([*records, other]) == [
        "gem_miner, level 2: its runs differ in regularization_weight (1e-05, "
        "3e-05), and means mix them"
    ]
