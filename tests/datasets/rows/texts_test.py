"""Tests of datasets/rows/texts.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.rows import texts

TEXTS = np.array(["The cat, the DOG.", "the cat", "", "a b c the"], object)


def folder(path, parts=("train", "test"), count=5):
    for part in parts:
        for kind in ("neg", "pos"):
            inside = path / part / kind
            inside.mkdir(parents=True)
            for index in range(count):
                text = f"{kind} {part} {index}"
                (inside / f"{index}.txt").write_text(text)
    return str(path)


def test_words_are_numbered_by_how_often_they_come():
    words = texts.Words(TEXTS)
    assert words.vocabulary[:4] == ["", "[UNK]", "the", "cat"]
    found = words.numbers(TEXTS[:3])
    assert found.dtype == np.int32 and found.shape == (3, 4)
    assert found[0, [0, 1, 2]].tolist() == [2, 3, 2]
    assert found[2].tolist() == [0, 0, 0, 0]
    other = words.numbers(np.array(["the mouse " * 9], object))
    assert other.tolist() == [[2, 1, 2, 1]]  # Cut off; not in the vocabulary.


def test_long_texts_and_many_words_are_cut_off(monkeypatch):
    monkeypatch.setattr(texts, "MAX_LENGTH", 2)
    monkeypatch.setattr(texts, "MAX_TOKENS", 3)
    words = texts.Words(TEXTS)
    assert words.vocabulary == ["", "[UNK]", "the"]
    assert words.numbers(TEXTS[:1]).tolist() == [[2, 1]]


def test_folders_of_classes(tmp_path):
    path = folder(tmp_path / "whole")
    assert texts.is_folder(path) and not texts.is_folder(str(tmp_path / "no"))
    found, y, train, test = texts.read(path + "/")
    assert (len(train), len(test)) == (10, 10) and texts.is_text(found)
    assert (
        found[test[0]] == "neg test 0" and y[test].tolist() == [0] * 5 + [1] * 5
    )
    path = folder(tmp_path / "alone", [""])
    _, y, train, test = texts.read(path)
    assert len(test) == 2 and sorted(y[test]) == [0, 1]


def test_a_folder_of_images_is_none(tmp_path):
    (tmp_path / "train/ant").mkdir(parents=True)
    (tmp_path / "train/ant/1.png").touch()
    assert not texts.is_folder(str(tmp_path))
    assert not texts.is_text(np.zeros(3)) and not texts.is_text({"a": TEXTS})


def test_texts_without_words():
    with pytest.raises(ValueError, match="must have words"):
        texts.Words(np.array(["", "..."], object))


def test_classes_that_are_not_trained_on(tmp_path):
    path = folder(tmp_path)
    (tmp_path / "test/other").mkdir()
    (tmp_path / "test/other/1.txt").write_text("a")
    with pytest.raises(ValueError, match="folder of texts .*'other', which is"):
        texts.read(path)


def test_too_few_texts_to_hold_out_some(tmp_path):
    with pytest.raises(ValueError, match="no test set, and too few examples"):
        texts.read(folder(tmp_path, [""], count=1))


def test_a_file_that_is_no_text(tmp_path):
    path = folder(tmp_path)
    (tmp_path / "train/neg/0.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match="neg/0.txt must be text in UTF-8"):
        texts.read(path)


@pytest.mark.parametrize(
    ("texts_there", "images_there", "expected"),
    [
        (["ant/LICENSE", "bee/LICENSE"], ["ant/0", "bee/0"], False),
        (["ant/0", "bee/0"], ["ant/0", "bee/0"], False),  # Captions.
        (["lists/train1", "ant/0", "bee/0"], ["ant/0", "bee/0"], False),
        ([".notes/0"], [], False),
        ([f"ant/{n}" for n in range(11)], ["ant/plot"], True),
    ],
)
@pytest.mark.parametrize("part", ["", "train"])
def test_texts_beside_images(
    tmp_path, texts_there, images_there, expected, part
):
    names = [f"{n}.txt" for n in texts_there] + [
        f"{n}.png" for n in images_there
    ]
    for name in names:
        path = tmp_path / part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert texts.is_folder(str(tmp_path)) == expected


def test_a_mark_of_the_encoding_is_no_part_of_a_text(tmp_path):
    path = folder(tmp_path)
    (tmp_path / "train/neg/0.txt").write_text("\ufeffthe cat", "utf-8")
    assert texts.read(path)[0][0] == "the cat"
