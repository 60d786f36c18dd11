"""Tests of models/user_model.py: a function in a file builds the network."""

import numpy as np
import pytest

from lottery_ticket.models import user_model

GOOD = """
import keras

def build():
    return keras.Sequential([keras.layers.Dense(5), keras.layers.Dense(3)])

def sized(num_classes, input_shape):
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Dense(num_classes)]
    )

def no_model():
    return 7

def fails():
    raise KeyError("inside")

constant = 3
"""
X = np.zeros((2, 4), np.float32)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "networks.py"
    path.write_text(GOOD)
    return str(path)


def test_draws_are_known_by_their_seed(file):
    first, again = (user_model.create(f"{file}:build", X, 3) for _ in range(2))
    assert list(first.masks) == ["dense", "dense_1"]
    weights = [
        model.reset(seed=seed).weights["dense"]
        for model, seed in ((first, 1), (again, 1), (again, 2))
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).all()


def test_shape_and_classes_are_handed_over_by_name(file):
    model = user_model.create(f"{file}:sized", X, 7)
    assert model.num_outputs == 7 and model.input_shape == (4,)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("missing", "has no function 'missing'"),
        ("constant", "has no function 'constant'"),
        ("no_model", "must return a keras.Model. Received: int"),
        ("fails", "failed: KeyError"),
    ],
)
def test_functions_that_build_nothing_are_errors(file, function, message):
    with pytest.raises(ValueError, match=message):
        user_model.create(f"{file}:{function}", X, 3)


def test_a_file_that_cannot_be_run_is_an_error(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import no_such_module_at_all")
    with pytest.raises(ValueError, match="cannot be run: ModuleNotFound"):
        user_model.create(f"{path}:build", X, 3)


def test_names_of_own_models(file):
    assert user_model.is_own(f"{file}:build") and not user_model.is_own("conv2")
    user_model.check(f"{file}:build")
    with pytest.raises(FileNotFoundError, match="No such file"):
        user_model.check("nowhere.py:build")
    for name in ("file.txt:build", "file.py:", "file.py:a-b"):
        with pytest.raises(ValueError, match="path/to/file.py:function"):
            user_model.check(name)


def test_a_fingerprint_is_of_code_not_of_comments(tmp_path):
    path = tmp_path / "a.py"
    prints = []
    for text in ("x = 1", "# Said.\nx  =  1\n", "x = 2"):
        path.write_text(text)
        prints.append(user_model.fingerprint(f"{path}:build"))
    assert prints[0] == prints[1] != prints[2]
    path.write_text("x = (")
    with pytest.raises(ValueError, match="cannot be run"):
        user_model.fingerprint(f"{path}:build")


def test_the_users_own_random_state_is_left_alone(file):
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    user_model.create(f"{file}:build", X, 3).reset(seed=1)
    assert np.random.random() == expected
