"""Tests of foundations/values/headline.py."""

import pytest

from lottery_ticket.foundations.values import headline

MAE = headline.Headline("mae", higher_is_better=False)
R2 = headline.Headline("r2")


def test_accuracy_is_written_in_percent_and_others_as_they_are():
    accuracy = headline.ACCURACY
    assert accuracy.text(0.98333) == "98.33 %"
    assert accuracy.number(0.5) == "50.00"
    assert MAE.text(0.0123456) == MAE.number(0.0123456) == "0.01235"
    assert [MAE.text(x) for x in (1234.5, 123456.7)] == ["1234", "123457"]
    text = "Test accuracy at the end (%), accuracy %, accuracy in %: 80 %ile"
    assert accuracy.reword(text) == text
    assert MAE.reword(text) == "Test mae at the end, mae, mae: 80 %ile"
    assert accuracy.margin(0.05, 0) == 0.05 and MAE.margin(0.5, 8) == 4
    assert MAE.number(float("nan")) == accuracy.number(float("nan")) == "-"
    assert (accuracy.scale, MAE.scale) == (100, 1)


@pytest.mark.parametrize(
    ("kind", "best", "error", "name"),
    [
        (headline.ACCURACY, 0.75, 0.25, "error"),
        (R2, 0.75, 0.25, "1 - r2"),
        (MAE, 0.25, 0.75, "mae"),
    ],
)
def test_each_has_a_direction(kind, best, error, name):
    assert kind.best([0.5, 0.25, 0.75]) == best
    assert kind.error(0.75) == error
    assert kind.error_name == name
    assert min([0.5, 0.25, 0.75], key=kind.loss_of) == best


def test_a_record_that_names_none_is_one_of_accuracy():
    assert headline.of_record({}) == headline.ACCURACY
    assert headline.ACCURACY.facts == {}
    for each in (MAE, R2):
        assert headline.of_record(each.facts) == each


@pytest.mark.parametrize("found", ["mae", {"metric": "mae"}, 3, []])
def test_a_damaged_headline_is_named(found):
    with pytest.raises(ValueError, match="must say its metric and higher"):
        headline.of_record({"headline": found})
