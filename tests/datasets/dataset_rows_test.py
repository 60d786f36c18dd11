"""Tests of datasets/dataset_rows.py."""

import re

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets import dataset_rows, registry
from lottery_ticket.foundations.training import batches

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 3)), np.arange(30) % 3


def npz(folder, x=X, y=Y, **others):
    path = str(folder / "a.npz")
    arrays = {"x_train": x, "y_train": y, "x_test": x[:9], "y_test": y[:9]}
    np.savez(path, **{k: v for k, v in {**arrays, **others}.items()})
    return path


def csv(folder, target="kind"):
    lines = [
        f"{a},{b},{'ant bee cow'.split()[k]},{a + b}"
        for (a, b, _), k in zip(X, Y, strict=True)
    ]
    path = folder / "t.csv"
    columns = "a,b,kind,sum" if target == "kind" else "a,b,sum"
    if target != "kind":
        lines = [
            ",".join(np.array(line.split(","))[[0, 1, 3]]) for line in lines
        ]
    else:
        lines = [line.rsplit(",", 1)[0] for line in lines]
        columns = "a,b,kind"
    path.write_text("\n".join([columns, *lines]))
    return f"{path}:{target}"


def seen(dataset):
    return batches.examples(dataset, 4)


def test_a_table_has_a_test_and_a_validation_split(tmp_path):
    made = registry.create(csv(tmp_path))
    sizes = {name: split.size for name, split in made.splits.items()}
    assert sizes == {"train": 22, "validate": 2, "test": 6}
    assert made.num_classes == 3 and made.input_shape == (2,)
    assert np.bincount(made.test.y).tolist() == [2, 2, 2]
    assert made.vocabulary is None and made.prepare is None
    other = registry.create(csv(tmp_path), split_seed=1, validation_size=5)
    assert other.validate.size == 5
    np.testing.assert_array_equal(other.test.x, made.test.x)
    assert made.checksum == registry.create(csv(tmp_path)).checksum


def test_numbers_are_a_task_of_their_own(tmp_path):
    made = registry.create(csv(tmp_path, "sum"), task="regression")
    assert (made.train.size, made.test.size) == (22, 6)
    np.testing.assert_allclose(
        made.train.x.sum(axis=1), np.ravel(made.train.y), rtol=1e-5
    )


@pytest.mark.parametrize(
    "y", [RNG.random(30), RNG.random((30, 2)), np.ones((30, 2), int)]
)
def test_labels_that_are_no_classes_are_what_a_network_is_compiled_for(
    tmp_path, y
):
    made = registry.create(npz(tmp_path, y=y))
    assert (made.task, made.num_classes) == ("compiled", None)
    made = registry.create(csv(tmp_path, "sum"))
    assert made.task == "compiled" and made.train.y.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "task"),
    [
        (X, Y, "auto"),
        (X, np.eye(3)[Y], "classification"),
        (X, RNG.random(30), "regression"),
        (X, np.float32(Y[:, None] > 1), "binary"),
        (np.zeros((30, 4, 4), np.uint8), Y, "auto"),
    ],
)
def test_a_file_without_a_test_set_has_a_fifth_for_it(tmp_path, x, y, task):
    path = str(tmp_path / "a.npz")
    np.savez(path, x_train=x, y_train=y)
    given = {} if task == "auto" else {"task": task}
    made = registry.create(path, **given)
    sizes = {name: split.size for name, split in made.splits.items()}
    assert sizes == {"train": 22, "validate": 2, "test": 6}
    if task == "auto":
        assert np.bincount(made.test.y).tolist() == [2, 2, 2]
    other = registry.create(path, split_seed=3, **given)
    np.testing.assert_array_equal(other.test.x, made.test.x)


@pytest.mark.parametrize("lacking", ["x_test", "y_test"])
@pytest.mark.parametrize("x", [X, np.zeros((30, 4, 4), np.uint8)])
def test_half_a_test_set_is_an_error(tmp_path, lacking, x):
    path = str(tmp_path / "a.npz")
    arrays = {"x_train": x, "y_train": Y, "x_test": x, "y_test": Y}
    del arrays[lacking]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=f"it has no {lacking}"):
        registry.create(path)


def test_columns_are_standardized_over_training_examples(tmp_path):
    made = registry.create(csv(tmp_path), normalization="standardize")
    x = made.prepare(tf.constant(made.train.x)).numpy()
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0), 1, atol=1e-5)


def test_several_inputs_keep_their_kinds(tmp_path):
    inputs = {
        "words": RNG.integers(0, 9, (30, 4)),
        "table": X,
        "picture": RNG.integers(0, 256, (30, 5, 5), np.uint8),
        "flag": X[:, :1] > 0,
    }
    parts = {f"x_train_{k}": v for k, v in inputs.items()}
    parts |= {f"x_test_{k}": v[:9] for k, v in inputs.items()}
    path = str(tmp_path / "a.npz")
    np.savez(path, y_train=np.eye(3)[Y], y_test=Y[:9], **parts)
    made = registry.create(path, normalization="standardize")
    dtypes = {name: x.dtype.name for name, x in made.train.x.items()}
    assert dtypes == {
        "flag": "float32",
        "picture": "uint8",
        "table": "float32",
        "words": "int32",
    }
    x = seen(made)
    np.testing.assert_array_equal(x["words"], made.train.x["words"][:4])
    assert (
        x["picture"].dtype == tf.float32 and abs(x["table"].numpy()).max() < 4
    )
    scaled = seen(registry.create(path))
    np.testing.assert_allclose(
        scaled["picture"], made.train.x["picture"][:4] / np.float32(255)
    )
    np.testing.assert_array_equal(scaled["table"], made.train.x["table"][:4])
    assert repr(made.prepare) in str(made.prepare)


@pytest.mark.parametrize(
    "normalization", ["scale", "standardize", "l2", "none"]
)
def test_volumes(tmp_path, normalization):
    x = RNG.integers(0, 256, (30, 4, 4, 4, 2), np.uint8)
    made = registry.create(npz(tmp_path, x), normalization=normalization)
    assert made.input_shape == (4, 4, 4, 2) and made.train.x.dtype == np.uint8
    highest = float(np.max(seen(made)))
    assert (highest > 200) == (normalization == "none")


def test_texts_are_numbers_of_the_words_that_are_trained_on(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"word{index} same,{'pn'[index % 2]}" for index in range(20)]
    path.write_text("\n".join(["text,kind", *rows]))
    made = registry.create(f"{path}:kind", validation_size=4)
    assert made.train.size == 12 and len(made.vocabulary) == 12 + 3
    assert (made.test.x == 1).sum() == 4  # Each word0 to 19 comes once.
    assert (made.train.x == 1).sum() == 0
    smaller = registry.create(f"{path}:kind", validation_size=4, subset=3)
    assert len(smaller.vocabulary) == 3 + 3
    sums = {made.checksum, smaller.checksum}
    made.vocabulary[-1] = "other"
    del made.__dict__["checksum"]
    assert len(sums | {made.checksum}) == 3


def test_labels_may_be_changed(tmp_path):
    path = npz(tmp_path)
    made = registry.create(path)
    renamed = registry.create(path, permute_labels=True, labels_seed=2)
    assert renamed.train.y.tolist() != made.train.y.tolist()
    drawn = registry.create(path, random_labels=1.0)
    assert drawn.train.y.tolist() != made.train.y.tolist()
    assert drawn.test.y.tolist() == made.test.y.tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 8}, "image_size is for images"),
        ({"augmentation": "flip"}, "augmentation is for images"),
        ({"normalization": "whiten"}, "normalization"),
        ({"task": "regression", "random_labels": 0.5}, "is for classes"),
        ({"task": "regression", "permute_labels": True}, "is for classes"),
        ({"validation_size": 30}, "validation_size must be"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        registry.create(npz(tmp_path), **settings)


def test_classes_that_only_the_test_set_has(tmp_path):
    with pytest.raises(ValueError, match="classes that the training set lacks"):
        registry.create(npz(tmp_path, y_test=Y[:9] + 1))


def test_images_are_not_read_here(tmp_path):
    path = npz(tmp_path, np.zeros((30, 4, 4), np.uint8))
    assert not dataset_rows.takes(path)
    assert dataset_rows.takes("a.csv:b")


@pytest.mark.parametrize("counts", [(6, 4), (4, 6)])
def test_as_many_labels_as_examples(tmp_path, counts):
    x, y = (np.zeros((count, 3), np.float32) for count in counts)
    path = str(tmp_path / "a.npz")
    np.savez(path, x_train=x, y_train=y[:, 0], x_test=x, y_test=x[:, 0])
    with pytest.raises(ValueError, match="as many training labels"):
        dataset_rows.DatasetRows(path, task="regression")


@pytest.mark.parametrize("y", [Y > 0, (Y > 0)[:, None]])
@pytest.mark.parametrize("given", [{}, {"task": "classification"}])
def test_booleans_are_classes_where_that_is_said(tmp_path, y, given):
    made = registry.create(npz(tmp_path, y=y), **given)
    classes = 2 if given else None
    assert made.task == given.get("task", "compiled")
    assert (made.num_classes, made.train.y.dtype) == (classes, np.int32)


@pytest.mark.parametrize(
    "x", [X + 1j, np.array(["a b", "c"] * 15), X.astype("M8[s]")]
)
@pytest.mark.parametrize("normalization", ["scale", "standardize", "l2"])
def test_what_are_no_numbers_is_refused(tmp_path, x, normalization):
    path = str(tmp_path / "a.npz")
    parts = {"x_train_a": X, "x_train_b": x, "x_test_a": X, "x_test_b": x}
    np.savez(path, y_train=Y, y_test=Y, **parts)
    dtype = re.escape(str(x.dtype))
    with pytest.raises(ValueError, match=f"input 'b' .*numbers.*: {dtype}$"):
        registry.create(path, normalization=normalization)
    with pytest.raises(
        ValueError, match=f"Examples must .*numbers.*: {dtype}$"
    ):
        registry.create(npz(tmp_path, x), normalization=normalization)
