"""Tests of foundations/command_line/flag_hints.py."""

import pytest

from lottery_ticket.foundations.command_line import flag_hints

KNOWN = ("lr", "training_len", "density", "seed", "score_seed", "split_seed")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epochs", "20", "Here it is --training_len=20ep"),
        ("learning_rate", "", "Here it is --lr"),
        ("Learning_Rate", "1e-3", "Here it is --lr=1e-3"),
        ("sparsity", ".9", "1 - sparsity: --density"),
        ("gpu", "0", "CUDA_VISIBLE_DEVICES=0"),
        ("scor_seed", "1", "Did you mean --score_seed or --"),
        ("batch_size", "4", "--help lists them"),  # There is no such flag.
        ("lerning_rate", "1", "Did you mean --lr"),
        ("epoch", "1", "Did you mean --training_len"),
        ("zzz", "1", "--help lists them"),
    ],
)
def test_it_says_what_is_meant(name, value, said):
    text = flag_hints.unknown(name, value, KNOWN)
    assert text.startswith(f"Unknown flag {name!r}.") and said in text
    assert "\n" not in text


def test_sparsity_is_a_fraction_where_there_is_no_density():
    assert "--fractions" in flag_hints.unknown("sparsity", ".9", ("fractions",))
