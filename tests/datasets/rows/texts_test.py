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


def test_a_file_that_is_no_text(tmp_path):
    path = folder(tmp_path)
    (tmp_path / "train/neg/0.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match="neg/0.txt must be text in UTF-8"):
        texts.read(path)
