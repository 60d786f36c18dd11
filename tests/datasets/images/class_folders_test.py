"""Tests of datasets/images/class_folders.py."""

import pytest

from lottery_ticket.datasets.images import class_folders


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_classes_with_their_images(tmp_path):
    touch(tmp_path, "bee/2.png", "bee/1.JPG", "Ant/1.gif", "cow/text.txt")
    touch(tmp_path, "bee/.hidden.png", "bee/inner/3.png", "4.png")
    found = class_folders.classes(str(tmp_path))
    assert found == {"Ant": ["Ant/1.gif"], "bee": ["bee/1.JPG", "bee/2.png"]}
    assert list(found) == ["Ant", "bee"]
    inner = class_folders.classes(str(tmp_path), "inner")
    assert inner == {"bee": ["bee/inner/3.png"]}


def test_labels_are_places_among_the_known_classes():
    found = {"ant": ["ant/1.png"], "bee": ["bee/1.png", "bee/2.png"]}
    paths, y = class_folders.labelled(found, ["cow", "bee", "ant"], "here")
    assert paths == ["ant/1.png", "bee/1.png", "bee/2.png"]
    assert y.tolist() == [2, 1, 1]


def test_classes_that_do_not_match():
    with pytest.raises(ValueError, match="here must.*of 1 classes.*'bee'"):
        class_folders.labelled({"bee": ["bee/1.png"]}, ["ant"], "here")
    with pytest.raises(ValueError, match="Received: no images"):
        class_folders.labelled({}, ["ant"], "here")


def test_the_first_folder_that_is_there(tmp_path):
    (tmp_path / "b").mkdir()
    find = class_folders.find
    assert find(str(tmp_path), ("a", "b", "")) == str(tmp_path / "b")
    assert find(str(tmp_path), ("a",)) is None
    assert find(None, ("",)) is None
    assert find("memory://here", ("",)) is None


def test_paths_without_a_last_slash():
    assert class_folders.expand("a/b/") == "a/b"
    assert class_folders.expand("/") == "/"
    assert "~" not in class_folders.expand("~/a")


def test_what_is_left_out_is_warned_of(tmp_path, caplog):
    touch(tmp_path, "ant/0.png", "ant/1.png", "bee/0.png")
    class_folders.classes(str(tmp_path))
    assert not caplog.records
    (tmp_path / "ant/photo.webp").touch()
    (tmp_path / "cat").mkdir()
    assert list(class_folders.classes(str(tmp_path))) == ["ant", "bee"]
    first, second = (record.getMessage() for record in caplog.records)
    assert "ant has 2 images; 1 other" in first
    assert "cat has 0 images" in second


def pictures(folder, *classes, count=5):
    touch(folder, *(f"{c}/{i}.png" for c in classes for i in range(count)))


def classes_of(folder):
    names, _, _, _ = class_folders.listed(str(folder))
    return sorted({name.rsplit("/", 1)[0] for name in names})


def test_hidden_folders_are_no_classes(tmp_path):
    pictures(tmp_path, "ant", "bee", ".thumbnails")
    assert classes_of(tmp_path) == ["ant", "bee"]


def test_a_class_may_be_called_train(tmp_path):
    pictures(tmp_path, "ant", "test", "train")
    assert classes_of(tmp_path) == ["ant", "test", "train"]


@pytest.mark.parametrize("other", ["test", "val", "valid", ".cache"])
def test_splits_without_classes_are_none(tmp_path, other):
    pictures(tmp_path, "train", other)
    with pytest.raises(ValueError, match="train must hold a folder of images"):
        class_folders.listed(str(tmp_path))


def test_folders_beside_those_of_splits_are_warned_of(tmp_path, caplog):
    pictures(tmp_path, "train/ant", "train/bee", ".git/ant")
    class_folders.listed(str(tmp_path))
    assert not caplog.records
    pictures(tmp_path, "valid/ant", "more/ant")
    class_folders.listed(str(tmp_path))
    pictures(tmp_path, "val/ant")
    class_folders.listed(str(tmp_path))
    first, second = (record.getMessage() for record in caplog.records)
    assert first.endswith("of train alone; left out are more, valid")
    assert second.endswith("of train and val alone; left out are more, valid")
