"""Tests of datasets/rows/csv_rows.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.rows import csv_rows

TABLE = "a,b,kind,price\n1,2,dog,5\n3,4.5,ant,7.5\n-1,1e2,dog,8\n"


def saved(folder, text=TABLE):
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a/t.csv", "a/t.csv"),
        ("t.csv:price", "t.csv"),
        ("t.CSV:a b,c:d", "t.CSV"),
        ("t.npz", None),
        ("csv", None),
        ("net.py:build", None),
    ],
)
def test_names_of_files(name, path):
    assert csv_rows.path(name) == path


def test_classes_are_numbered_by_their_values(tmp_path):
    file = saved(tmp_path, "a,b,kind\n1,2,dog\n3,4.5,ant\n-1,1e2,dog\n")
    x, y = csv_rows.read(f"{file}:kind", True)
    np.testing.assert_array_equal(y, [1, 0, 1])
    np.testing.assert_array_equal(x, [[1, 2], [3, 4.5], [-1, 100]])
    assert x.dtype == np.float32
    file = saved(tmp_path, "a;b\n1;10\n2;9\n2;8.0\n")
    np.testing.assert_array_equal(
        csv_rows.read(f"{file}:b", True)[1], [2, 1, 0]
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("yes, yes,no,no ", [1, 1, 0, 0]),
        (" b,a, b,a", [0, 1, 0, 1]),  # Two classes, in the order as written.
    ],
)
def test_spaces_around_words_make_no_classes(tmp_path, values, expected):
    lines = "".join(f"1,{each}\n" for each in values.split(","))
    file = saved(tmp_path, f"a,y\n{lines}")
    for has_classes in True, None:
        _, y = csv_rows.read(f"{file}:y", has_classes)
        np.testing.assert_array_equal(y, expected)


def test_numbers_to_predict(tmp_path):
    file = saved(tmp_path, "\ufeffa\tb\tc\n1\t2\t3\n4\t5\t6\n\n")
    x, y = csv_rows.read(f"{file}:b", False)
    np.testing.assert_array_equal(y, [2, 5])
    np.testing.assert_array_equal(x, [[1, 3], [4, 6]])
    _, y = csv_rows.read(f"{file}:c,a", False)
    np.testing.assert_array_equal(y, [[3, 1], [6, 4]])


@pytest.mark.parametrize(
    ("values", "are_classes", "is_renumbered"),
    [
        ("0 1 2 1", True, False),
        ("1 2 3 1", True, True),
        ("25 346 25 7", True, True),
        ("a b c a", True, False),
        ("0 1 2.5 1", False, None),
    ],
)
def test_what_is_told_decides_whether_it_is_classes(
    tmp_path, values, are_classes, is_renumbered
):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "\n".join(f"1,{v}" for v in values.split()))
    _, y = csv_rows.read(f"{path}:y", None)
    assert (y.dtype.kind == "i") == are_classes
    if are_classes:
        assert csv_rows.is_renumbered(f"{path}:y") == is_renumbered
    assert not csv_rows.is_renumbered("rows.npz")


def test_a_column_of_text(tmp_path):
    file = saved(tmp_path, 'text,sentiment\n"so, good",pos\nbad,neg\n')
    x, y = csv_rows.read(f"{file}:sentiment", True)
    assert x.tolist() == ["so, good", "bad"] and y.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "target", "has_classes", "message"),
    [
        (TABLE, "", True, "Name the column .*a, b, kind, price. .*none"),
        (TABLE, ":prize", True, "Its columns are a, b.* Received: prize"),
        (TABLE, ":a,x", False, "Received: x"),
        (
            TABLE,
            ":a",
            False,
            "'kind' .* numbers, none missing.*'dog', in row 2",
        ),
        (TABLE, ":kind,a", True, "Classes are of one column"),
        (TABLE, ":kind", False, "Column 'kind' .* must hold numbers"),
        (
            "a,b\n1,2\n,3",
            ":b",
            True,
            "no missing values.* '' of 'a', in row 3",
        ),
        ("a,b\n1,2\nNA,3", ":b", True, "'a' .*none missing.*'NA', in row 3"),
        ("a,b\n1,2\n\nx,3", ":b", True, "'a' .*numbers.*'x', in row 4"),
        ("a,b\n\n1,2\n1,x", ":b", False, "'b' .*numbers.*'x', in row 4"),
        ("a,b\n1,2\n1,nan", ":b", False, "'b' .*none missing.*'nan'"),
        ("a,b\n1,1\nNA,1\nNA,0", ":b", True, "'a' .*'NA', in row 3"),
        ("a,b\n1,1\n-2e39,0", ":b", True, "'a' .*hold: .*'-2e39', in row 3"),
        ("a,b\n1,1e300\n1,2", ":b", False, "'b' .*'1e300', in row 2"),
        ("a,b\n1,x\n1,NA", ":b", True, "missing.*'NA' of 'b', in row 3"),
        ("a,b\n1,NaN\n1,x", ":b", None, "missing.*'NaN' of 'b', in row 2"),
        ("a,b\n1,x\n1, nan", ":b", None, "missing.*' nan' of 'b', in row 3"),
        ("a,b\n1,2\n1,nan", ":b", None, "missing.*'nan' of 'b', in row 3"),
        ("a,b\n1,2\n1,x", ":b", True, "all words or all whole .*'2', 'x'"),
        ("a,b\n1,2\n1,2.5", ":b", True, "'b' .* is for --task=regression"),
        ("a,b\n1,2\n1", ":b", True, "2 values in each row.* 1, in row 3"),
        ("1,2\n3,4", ":2", True, "begin with a row of names"),
        ("a,a\n3,4", ":a", True, "row of names, each another"),
        ("a,b\n", ":a", True, "rows below it"),
        ("", ":a", True, "Received: nothing"),
        ("a\n1\n", ":a", True, "other columns than"),
    ],
)
def test_what_is_no_table(tmp_path, text, target, has_classes, message):
    name = saved(tmp_path, text) + target
    with pytest.raises(ValueError, match=message):
        csv_rows.read(name, has_classes)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings(tmp_path, encoding):
    (tmp_path / "t.csv").write_bytes("größe,y\n1,2\n".encode(encoding))
    with pytest.raises(ValueError, match="t.csv must be text in UTF-8"):
        csv_rows.read(f"{tmp_path}/t.csv:y", True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_end_as_they_may(tmp_path, end):
    text = end.join(["a,y", '"so\r\nlong",no', "b,yes", ""])
    (tmp_path / "t.csv").write_bytes(text.encode())
    x, y = csv_rows.read(f"{tmp_path}/t.csv:y", True)
    assert x.tolist()[1:] == ["b"] and y.tolist() == [0, 1]
    assert x[0].split() == ["so", "long"]


def test_long_texts(tmp_path):
    long = "word " * 40_000
    file = saved(tmp_path, f"text,y\n{long},no\nb,yes\n")
    x, _ = csv_rows.read(f"{file}:y", True)
    assert x.tolist() == [long, "b"]


@pytest.mark.parametrize(
    "header", ['"a, b, c";y', '"a;b;c",y', '"a\t\tb";y', '"a\nb, c, d";y']
)
def test_delimiters_within_quotes_are_none(tmp_path, header):
    delimiter = header[-2]
    file = saved(tmp_path, f"{header}\n1{delimiter}2\n3{delimiter}4\n")
    x, y = csv_rows.read(f"{file}:y", False)
    assert x.tolist() == [[1], [3]] and y.tolist() == [2, 4]


def test_a_text_may_be_a_number(tmp_path):
    file = saved(tmp_path, "text,y\ngood film,1\n10,0\nbad,0\n")
    x, _ = csv_rows.read(f"{file}:y", True)
    assert x.tolist() == ["good film", "10", "bad"]


def test_the_highest_number_is_one(tmp_path):
    file = saved(tmp_path, "a,b\n3.4028235e38,1\n2,0\n")
    x, _ = csv_rows.read(f"{file}:b", True)
    assert x[0, 0] == np.finfo(np.float32).max
