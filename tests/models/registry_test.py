"""Tests of models/registry.py: every entry passes the contract."""

import numpy as np
import pytest

from lottery_ticket.foundations import model_base
from lottery_ticket.models import registry


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_model_passes_the_contract(name):
    model_class = registry.get(name)
    assert issubclass(model_class, model_base.ModelBase)
    assert "Source:" in model_class.__doc__
    model = model_class(input_shape=(64,), num_classes=10)
    assert model.masks
    assert set(model.masks) <= set(model.weights)
    masks = {n: np.zeros_like(mask) for n, mask in model.masks.items()}
    model.reset(masks=masks)
    for mask_name in masks:
        assert not model.weights[mask_name].any()
    assert model.network(np.zeros((2, 64))).shape == (2, 10)


def test_an_unknown_model_is_an_error():
    with pytest.raises(ValueError, match="Unknown model 'fcc'. Did you mean"):
        registry.get("fcc")
