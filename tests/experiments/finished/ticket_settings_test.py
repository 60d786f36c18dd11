"""Tests of experiments/finished/ticket_settings.py."""

import pytest

from lottery_ticket.experiments.finished import ticket_settings

OWN = {"model": "/home/mallory/net.py:build", "dataset": "s3://there/x.npz"}
PLACES = {"model": "net.py:build", "dataset": "x.npz"}
NONE = {"model": None, "dataset": None}


def own(settings, **given):
    return ticket_settings.own("a.ticket", settings, **{**NONE, **given})


def test_names_of_ours_are_taken():
    settings = {"model": "fc", "dataset": "digits", "lr": 0.1}
    assert own(settings) == settings
    assert own(settings, model="fc") == settings


def test_no_place_that_a_file_names_is_taken():
    assert own(OWN) == NONE
    assert own({"dataset": "tfds:evil"})["dataset"] is None
    assert own({"model": ["fc"]})["model"] is None
    assert own(OWN, **PLACES) == PLACES
    with pytest.raises(
        ValueError, match=r"mallory/net.py:build'.*--model=path"
    ):
        ticket_settings.check_said("a.ticket", OWN, own(OWN))
    with pytest.raises(ValueError, match=r"'s3://there/x.npz'.*--dataset=its"):
        safe = own(OWN, model="net.py:build")
        ticket_settings.check_said("a.ticket", OWN, safe)
    ticket_settings.check_said("a.ticket", OWN, own(OWN, **PLACES))
    ticket_settings.check_said("a.ticket", NONE, own(NONE))


def test_a_name_of_ours_is_no_other():
    with pytest.raises(ValueError, match="model 'fc', which is found by its"):
        own({"model": "fc"}, model="net.py:build")


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_units": [300, 10**9]},
        {"hidden_units": "300"},
        {"hidden_units": [True]},
        {"hidden_units": [-1]},
        {"width": 1e9},
        {"width": float("nan")},
        {"image_size": 10**6},
        {"train_batch_size": {}},
    ],
)
def test_numbers_that_no_network_is_built_by_are_refused(settings):
    with pytest.raises(ValueError, match="a.ticket has .* is taken from a"):
        own(settings)
    assert own({"hidden_units": [300, 100], "width": 0.5, "image_size": None})
