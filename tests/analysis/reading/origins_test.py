from lottery_ticket.analysis.reading import origins

RECORD = {
    "settings": {"experiment": "train", "lr": 0.1, "seed": 1},
    "started": "2026-01-01T10:00:00+00:00",
    "device": "CPU, 1 threads",
    "environment": {"keras": "3.15.1", "processor": "Made up", "numpy": "2"},
}


def test_a_record_says_where_its_run_comes_from():
    found = origins.of_record(RECORD)
    assert [*found.started] == ["2026-01-01T10:00:00+00:00"]
    assert [*found.machines] == ["CPU, 1 threads, Made up"]
    assert [*found.versions] == ["keras 3.15.1"]
    assert found.settings["lr"] == {"0.1": None}
    assert found.environment["numpy"] == {"2": None}


def test_an_old_record_says_less():
    found = origins.of_record(
        {"settings": {"experiment": "lottery_experiment"}}
    )
    assert not found.started and not found.machines and not found.versions
    assert not found.environment
    assert found.settings["criterion"] == {'"large_final"': None}


def test_settings_are_told_where_experiments_that_have_them_differ():
    def made(**settings):
        return origins.of_record({"settings": settings})

    found = origins.by_experiment(
        [
            ("a", made(lr=0.1, seed=1, level=0, same="x", own=None)),
            ("a", made(lr=0.2, seed=2, level=1, same="x", own=None)),
            ("b", made(lr=0.1, seed=9, level=2, same="x", optimizer="sgd")),
            ("c", made(lr=0.1, same="x", optimizer="adam")),
        ]
    )
    assert origins.differing(found, {"level"}) == {
        "lr": ["0.1, 0.2", "0.1", "0.1"],
        "optimizer": ["", "sgd", "adam"],
    }
    assert origins.names(found, {"level"}) == ["lr", "same", "own", "optimizer"]
    assert origins.differing({"a": found["a"]}, set()) == {}
