"""Tests of foundations/values/names_0_1_0.py: a promise, kept word for word."""

from lottery_ticket.foundations.records import sealed
from lottery_ticket.foundations.values import names_0_1_0


def test_names_on_disk_are_frozen():
    assert names_0_1_0.EXPERIMENTS == {
        "copies": "instability",
        "connectivity.json": "instability",
        "untrained.json": "untrained",
        "untrained_part.json": "untrained",
        "supermask.json": "supermask",
        "mask_connectivity.json": "mask_connectivity",
        "gem.json": "gem_miner",
        "search": "gem_miner",
        "weight_reinit": "gem_miner",
        "mask_shuffle": "gem_miner",
        "score_inversion": "gem_miner",
    }
    assert names_0_1_0.PART_OF == {"gem_search": "gem_miner"}
    assert names_0_1_0.PART_FOLDERS == (
        "copies",
        "search",
        "weight_reinit",
        "mask_shuffle",
        "score_inversion",
    )


def test_result_files_are_those_of_the_names():
    named = names_0_1_0.EXPERIMENTS
    for experiment, name in names_0_1_0.RESULT_FILES.items():
        assert named[name] == experiment


def test_a_renamed_setting_is_read_by_its_name_of_today(tmp_path, monkeypatch):
    monkeypatch.setitem(names_0_1_0.SETTINGS, "old", "new")
    file = sealed.ResultFile("toys.json")
    file.write(str(tmp_path), {"settings": {"old": 1, "lr": 0.1}})
    assert sealed.read(file.path(str(tmp_path)))["settings"] == {
        "new": 1,
        "lr": 0.1,
    }
    assert file.read_own(str(tmp_path), {"new": 1, "lr": 0.1})
    sealed.check_same({"old": 1}, {"new": 1}, "a folder")


def test_a_new_setting_at_its_default_makes_no_other_results(monkeypatch):
    monkeypatch.setitem(names_0_1_0.BEFORE, "knob", 3)
    sealed.check_same({"lr": 0.1}, {"lr": 0.1, "knob": 3}, "a folder")
    sealed.check_same({"lr": 0.1, "knob": 3}, {"lr": 0.1}, "a folder")


def test_inputs_as_far_as_0_1_0_told_them():
    plain = {"lr": 0.1, "use_ema": False}
    inputs = {"masks": 1, "optimizer": {**plain, "beyond": {"mark": 2}}}
    assert names_0_1_0.of_config({**inputs, "optimizer_code": "a"}) == {
        "masks": 1,
        "optimizer": plain,
    }
    assert names_0_1_0.of_config({"masks": 1}) == {"masks": 1}
    for told in (inputs, {"optimizer": plain, "optimizer_code": "a"}):
        assert names_0_1_0.says_beyond(told)
        assert not names_0_1_0.lacks_beyond({"inputs": told})
    assert names_0_1_0.lacks_beyond({"inputs": {"optimizer": plain}})
    today = {"inputs": {}, **names_0_1_0.RECORD_VERSION}
    assert not names_0_1_0.lacks_beyond(today)


def test_optimizers_inside_others_are_not_numbered():
    def config(name, schedule="decay_1"):
        inner = {"name": name, "ema_momentum": 0.9}
        rate = {"config": {"name": schedule}}
        return {"inner_optimizer": {"config": {**inner, "rate": rate}}}

    assert names_0_1_0.unnumbered(config("sgd_12")) == config("sgd")
    assert names_0_1_0.unnumbered(config("sgd")) == config("sgd")
