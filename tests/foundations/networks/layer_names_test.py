"""Tests of foundations/networks/layer_names.py."""

import pytest

from lottery_ticket.foundations.networks import layer_names

# Key -> what is seen.
OWN = {"conv": "conv", "encoder.dense": "encoder.dense", "logits": "logits"}
LATER = {"dense": "dense_1", "dense_1": "dense_2"}  # Of one process.
OTHERS = {"dense": "dense_7", "dense_1": "dense_8"}
NESTED = {
    "sequential.dense": "sequential_5.dense_1",
    "sequential.dense_1": "sequential_5.dense_2",
    "dense": "dense_3",
}
TWINS = {"a.conv": "a.conv", "b.conv": "b.conv", "conv": "conv"}
SPACES = {"my_layer": "my layer", "my_layer_1": "my_layer"}
BRACKETS = {"h_0_": "h[0]", "h0": "h0"}
PART = "layer in fractions"


@pytest.mark.parametrize(
    ("seen", "written", "key"),
    [
        (OWN, "conv", "conv"),
        (OWN, "encoder.dense", "encoder.dense"),
        (OWN, "dense", "encoder.dense"),
        (OTHERS, "dense_7", "dense"),
        (OTHERS, "dense_1", "dense_1"),
        (LATER, "dense", "dense"),
        (LATER, "dense_2", "dense_1"),
        (NESTED, "dense_1", "sequential.dense"),
        (NESTED, "sequential_5.dense_2", "sequential.dense_1"),
        (NESTED, "sequential.dense", "sequential.dense"),
        (TWINS, "conv", "conv"),
        (TWINS, "b.conv", "b.conv"),
        (SPACES, "my layer", "my_layer"),
        (BRACKETS, "h[0]", "h_0_"),
    ],
)
def test_what_users_write_is_one_layer(seen, written, key):
    assert layer_names.LayerNames(seen).key(PART, written) == key


@pytest.mark.parametrize(
    ("seen", "written", "message"),
    [
        (
            LATER,
            "dense_1",
            r"'dense_1' names 2 layers: 'dense_1' \(saved as 'dense'\), "
            r"'dense_2' \(saved as 'dense_1'\)",
        ),
        (SPACES, "my_layer", "'my_layer' names 2 layers"),
        ({"a.conv": "a.conv", "b.conv": "b.conv"}, "conv", "2 layers"),
        (
            {**NESTED, "dense_1": "dense_4"},
            "dense_1",
            "'sequential_5.dense_1' .*'dense_4'",
        ),
        (OTHERS, "dense_2", r"Unknown layer in fractions 'dense_2'. Known: "),
        (OTHERS, "x", r"'dense_7' \(saved as 'dense'\), 'dense_8'"),
        (OWN, "konv", "Did you mean 'conv'"),
    ],
)
def test_what_is_no_layer_or_several_is_an_error(seen, written, message):
    with pytest.raises(ValueError, match=message):
        layer_names.LayerNames(seen).key(PART, written)


@pytest.mark.parametrize(
    ("seen", "written", "keys"),
    [
        (OWN, {"*": 0.1}, {"*": 0.1}),
        (OWN, {"c*": 0.1, "logits": 0.2}, {"c*": 0.1, "logits": 0.2}),
        (OTHERS, {"dense_*": 0.1, "dense": 0.2}, None),
        (OTHERS, {"dense*": 0.1}, {"dense*": 0.1}),
        (OTHERS, {"dense_7": 0.1, "*": 0.2}, {"dense": 0.1, "*": 0.2}),
        (OTHERS, {"dense_[78]": 0.1}, {"dense": 0.1, "dense_1": 0.1}),
        (
            OTHERS,
            {"*_[78]": 0.1, "dense_8": 0.3},
            {"dense": 0.1, "dense_1": 0.3},
        ),
        (NESTED, {"sequential.*": 0.1}, {"sequential.*": 0.1}),
        (
            NESTED,
            {"sequential_5.*": 0.1},
            {"sequential.dense": 0.1, "sequential.dense_1": 0.1},
        ),
        (BRACKETS, {"h[0]": 0.1}, {"h_0_": 0.1}),
    ],
)
def test_patterns_are_of_names_or_of_keys(seen, written, keys):
    made = layer_names.LayerNames(seen)
    if keys is None:
        with pytest.raises(ValueError, match="matches the names of 'dense_7'"):
            made.shares(PART, written)
        return
    assert made.shares(PART, written) == keys


@pytest.mark.parametrize(
    ("seen", "written", "message"),
    [
        (LATER, {"dense_1*": 0.1}, r"it is 'dense_2' \(saved as 'dense_1'\)"),
        (OWN, {"none*": 0.1}, "Unknown layer in fractions 'none\\*'"),
        (OTHERS, {"none?": 0.1}, "Unknown layer in fractions 'none\\?'"),
        (
            OTHERS,
            {"dense_7": 0.1, "dense": 0.1},
            "'dense_7' and 'dense' are one layer in fractions",
        ),
        (OTHERS, {"*_7": 0.1, "*7": 0.1}, "Several patterns match 'dense_7'"),
    ],
)
def test_shares_of_several_or_no_layers_are_errors(seen, written, message):
    with pytest.raises(ValueError, match=message):
        layer_names.LayerNames(seen).shares(PART, written)


@pytest.mark.parametrize(
    ("seen", "written", "keys", "warning"),
    [
        (OTHERS, ["dense_8"], ["dense_1"], ""),
        (OTHERS, ["dense"], ["dense"], ""),
        (LATER, ["dense_2"], ["dense_1"], ""),
        (
            LATER,
            ["dense_1"],
            ["dense_1"],
            "The mask 'dense_1' is of 'dense_2' (saved as 'dense_1'), and not "
            "of 'dense_1' (saved as 'dense')",
        ),
        ({**SPACES, "b": "b"}, ["my_layer", "my layer"], None, ""),
        (OWN, ["unknown"], ["unknown"], ""),
    ],
)
def test_keys_stay_and_names_become_keys(seen, written, keys, warning, caplog):
    names = layer_names.LayerNames(seen)
    if keys is None:
        with pytest.raises(ValueError, match="'my_layer' names 2 layers"):
            names.saved("mask", dict.fromkeys(written, 1))
        return
    assert list(names.saved("mask", dict.fromkeys(written, 1))) == keys
    assert warning in caplog.text and bool(warning) == bool(caplog.text)


def test_a_network_that_was_saved_is_known_by_its_keys():
    made = layer_names.LayerNames(LATER)
    assert made.values("mask", {"dense": 1, "dense_1": 2}) == {
        "dense": 1,
        "dense_1": 2,
    }
    assert made.values("mask", {"dense_1": 1, "dense_2": 2}) == {
        "dense": 1,
        "dense_1": 2,
    }
    assert layer_names.LayerNames(OTHERS).values("mask", {"dense_8": 2}) == {
        "dense_1": 2
    }
    swapped = layer_names.LayerNames({"dense": "dense_1", "dense_1": "dense"})
    with pytest.raises(ValueError, match="names 2 layers"):
        swapped.values("mask", {"dense": 1, "dense_1": 2})


@pytest.mark.parametrize(
    "keys",
    [
        ("Hidden", "hidden"),
        ("conv", "dense", "CONV"),
        ("a.dense_bias", "A.dense_bias"),
        ("stra\N{LATIN SMALL LETTER SHARP S}e", "strasse"),
    ],
)
def test_names_that_differ_in_case_only_are_an_error(keys):
    with pytest.raises(ValueError, match="differ in case only"):
        layer_names.check_case(keys)
    layer_names.check_case(("conv", "Dense", "dense_1", 200 * "n"))
    with pytest.raises(ValueError, match="up to 200 bytes"):
        layer_names.check_case([201 * "n"])
