import pandas as pd

from lottery_ticket.analysis.page import tables
from lottery_ticket.analysis.sections import parts


def of_sections(*sections, room=1_000_000):
    outputs = {}
    for each in sections:
        outputs |= each.files()
    return tables.of_sections([*sections], outputs, room)


def test_tables_stand_in_the_order_of_the_texts_and_others_behind():
    frame = pd.DataFrame({"a": [1]})
    found = of_sections(
        parts.Section({"raw.csv": frame, "raw.txt": "text"}, rank=-5),
        parts.Section({"late.csv": frame}, rank=2, papers={"late": [["a"]]}),
        parts.Section(
            {"early.csv": frame},
            rank=1,
            papers={"early": [["a", "b", ""], ["1", "2", ""]]},
            captions={"early": "First"},
        ),
    )
    assert [each.name for each in found] == ["early", "late", "raw"]
    first, _, raw = found
    assert first.caption == "First" and first.csv == "a\n1\n"
    assert first.heads == [["a", "b"]] and first.groups == [[["1", "2"]]]
    assert first.is_short
    assert raw.heads == raw.groups == [] and raw.left_out == 0


def test_rows_with_nothing_first_stay_with_those_above():
    rows = [["level", "x"], ["", "n = 2"], ["0", "1"], ["", "1-2"], ["1", "3"]]
    frame = pd.DataFrame({"a": [1]})
    section = parts.Section({"t.csv": frame}, papers={"t": rows})
    [table] = of_sections(section)
    assert table.heads == rows[:2]
    assert table.groups == [rows[2:4], rows[4:]]


def test_what_does_not_fit_is_cut_in_whole_lines_and_counted():
    large = pd.DataFrame({"large": range(100)})
    small = pd.DataFrame({"s": [1, 2, 3]})
    section = parts.Section({"large.csv": large, "small.csv": small})
    made = of_sections(section, room=8 + 11)
    found = {each.name: each for each in made}
    assert found["small"].csv == "s\n1\n2\n3\n"
    assert found["small"].left_out == 0
    assert found["large"].csv == "large\n0\n1\n"
    assert found["large"].left_out == 98
    assert [*found] == ["large", "small"]


def test_what_does_not_fit_has_all_room_that_is_left(monkeypatch):
    monkeypatch.setattr(tables, "CUT_BYTES", 10)
    frames = {
        f"{size}.csv": pd.DataFrame({"a": [7] * size}) for size in (9, 50)
    }
    [first, last] = of_sections(parts.Section(frames), room=80)
    assert first.left_out == 0
    assert len(last.csv) == 60 and last.left_out == 21
    frames["60.csv"] = pd.DataFrame({"a": [7] * 60})
    made = of_sections(parts.Section(frames), room=80)
    assert [len(each.csv) for each in made] == [20, 50, 10]


def test_without_room_a_table_has_its_heads():
    section = parts.Section({"t.csv": pd.DataFrame({"long_head": [1, 2]})})
    for room in (3, 0, -5):
        [table] = of_sections(section, room=room)
        assert table.csv == "long_head\n" and table.left_out == 2
