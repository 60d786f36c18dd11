"""Tests of foundations/command_line/config_files.py."""

import datetime

import pytest

from lottery_ticket.foundations.command_line import config_files


def written(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("1e5", 1e5),
        ("-2e+3", -2000.0),
        ("1.5e-4", 1.5e-4),
        ("1.5e4", 15000.0),
        ("1.e-4", 1e-4),
        (".5e-4", 5e-5),
        ("-.5", -0.5),
        (".5", 0.5),
        ("1_0e1", 100.0),
        ("1.0", 1.0),
        ("7", 7),
        ("-7", -7),
        ("true", True),
        ("null", None),
        ("e5", "e5"),
        ("1e", "1e"),
        ("1e4x", "1e4x"),
        ("1.2e3.4", "1.2e3.4"),
        ("150ep", "150ep"),
        ("'1e-4'", "1e-4"),
        ("[1e-4, 2]", [1e-4, 2]),
        ("{a: 1e-4}", {"a": 1e-4}),
        ("2024-01-31", datetime.date(2024, 1, 31)),
    ],
)
def test_values_are_what_they_look_like(tmp_path, text, value):
    read = config_files.read(written(tmp_path, f"name: {text}"))
    assert read == {"name": value}
    assert isinstance(read["name"], type(value))


@pytest.mark.parametrize("text", ["1e-4", "12e4567", "010", "1_000", "0x10"])
def test_numbers_keep_their_text(tmp_path, text):
    read = config_files.read(written(tmp_path, f"a: {text}\nb: [{text}, x]"))
    assert config_files.texts(read) == {"a": text, "b": f"{text},x"}


def test_numbers_are_plain_once_computed_with(tmp_path):
    read = config_files.read(written(tmp_path, "a: 1.44\nb: 6"))
    assert config_files.texts({"a": read["a"] / 100, "b": read["b"] * 7}) == {
        "a": "0.0144",
        "b": "42",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "must hold one `flag: value` a line. Received: a list"),
        ("false", "Received: a bool"),
        ("a: [\n", "is not YAML: while parsing a flow node .*$"),
        ("a: 1\nb: true\na: 2", "is not YAML: a is given twice"),
        ("a: 1e-4\na: 1e-4", "is not YAML: a is given twice"),
        ("f: {a: .2, a: .3}", "is not YAML: a is given twice"),
        ("a: !!python/object:os.system x", "is not YAML: could not determine"),
    ],
)
def test_what_is_no_config_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        config_files.read(written(tmp_path, text))


def test_an_empty_file_has_no_flags(tmp_path):
    assert config_files.read(written(tmp_path, "# nothing\n")) == {}


def test_a_config_of_the_library_goes_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rare_gems" / "resnet20_1.44").mkdir(parents=True)
    name = "rare_gems/resnet20_1.44"
    assert name in config_files.shipped()
    assert config_files.read(name)["density"] == 0.0144
    assert config_files.read(f"{name}.yaml") == config_files.read(name)


def test_a_row_of_a_table_goes_by_its_path(tmp_path):
    table = tmp_path / "mine.yaml"
    table.write_text(
        ".all: &all {lr: 1e-2, seed: 1}\na: {<<: *all, seed: 07}\n"
    )
    row = config_files.read(f"{tmp_path}/mine/a.yaml")
    assert row == {"lr": 0.01, "seed": 7}
    assert config_files.texts(row) == {"lr": "1e-2", "seed": "07"}
    for name in ("b", ".all"):
        with pytest.raises(
            FileNotFoundError, match=f"No file at .*mine/{name}"
        ):
            config_files.read(f"{tmp_path}/mine/{name}")
    shipped = config_files.SHIPPED / "rare_gems/resnet20_1.44.yaml"
    named = config_files.read("rare_gems/resnet20_1.44")
    assert config_files.read(str(shipped)) == named


def test_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rare_gems").mkdir()
    (tmp_path / "rare_gems" / "resnet20_1.44").write_text("density: .5")
    assert config_files.read("rare_gems/resnet20_1.44") == {"density": 0.5}


@pytest.mark.parametrize("path", ["/{}", "{}/", "/{}/"])
def test_a_name_with_more_slashes_is_an_error_that_names_it(path):
    name = "rare_gems/resnet20_1.44"
    with pytest.raises(FileNotFoundError, match=f"Did you mean '{name}'"):
        config_files.read(path.format(name))


def test_the_nearest_name_is_in_the_error():
    with pytest.raises(
        FileNotFoundError,
        match="No file at rare_gems/resnet20_1.4, .*"
        "Did you mean 'rare_gems/resnet20_1.44'",
    ):
        config_files.read("rare_gems/resnet20_1.4")


def test_a_remote_file_has_no_such_name():
    with pytest.raises(FileNotFoundError, match="No file at memory://none$"):
        config_files.read("memory://none")


RECORD = {
    "settings": {
        "experiment": "lottery_experiment",
        "level": 3,
        "recipe": "digits_fc",
        "presets": "0" * 64,
        "lr_drops": [],
        "fractions": {"layer0": 0.2},
        "code": "x",
    }
}
KNOWN = ("recipe", "presets", "lr_drops", "fractions", "iterations", "lr")


def test_a_record_gives_its_flags():
    found = config_files.of_record("r", RECORD, "lottery_experiment", KNOWN)
    expected = {"recipe": "digits_fc", "fractions": {"layer0": 0.2}}
    assert found == {**expected, "iterations": 3}


def test_a_record_of_another_experiment_is_named():
    with pytest.raises(ValueError, match="r holds a run of lottery_experiment"):
        config_files.of_record("r", RECORD, "train", KNOWN)


def test_what_is_written_is_read_again(tmp_path):
    values = {"a": (300, 100), "b": {"x*": 0.1}, "c": 1e-7, "d": "no", "e": ()}
    path = tmp_path / "made.yaml"
    path.write_text(config_files.to_yaml({**values, "f": None, "g": False}))
    texts = config_files.texts(config_files.read(str(path)))
    assert texts == {
        "a": "300,100",
        "b": "x*=0.1",
        "c": "1.0e-07",
        "d": "no",
        "g": "False",
    }


def test_a_flag_is_found_in_its_file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("# lr: 3\nlrx: 1\n'lr' : 2\n")
    assert config_files.line_of(str(path), "lr") == f"{path}, line 3"
    assert config_files.line_of("table/row", "lr") == "table/row"


def test_a_file_may_hold_a_list(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text("- {a: 1e-4}\n- [b]\n")
    found = config_files.load(str(path))
    assert found == [{"a": 1e-4}, ["b"]] and str(found[0]["a"]) == "1e-4"
    with pytest.raises(ValueError, match="Received: a list"):
        config_files.read(str(path))
    path.write_text("- {a: 1, a: 2}")
    with pytest.raises(ValueError, match="is not YAML: a is given twice"):
        config_files.load(str(path))
