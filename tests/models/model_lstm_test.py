"""Tests of models/model_lstm.py."""

import numpy as np
import pytest

from lottery_ticket.models import model_lstm


@pytest.mark.slow
def test_rows_are_steps_of_stacked_lstms():
    model = model_lstm.ModelLstm((5, 4, 2), 3, (6, 7))
    assert {name: mask.shape for name, mask in model.masks.items()} == {
        "lstm0.lstm_cell_kernel": (8, 24),
        "lstm0.lstm_cell_recurrent_kernel": (6, 24),
        "lstm1.lstm_cell_kernel": (6, 28),
        "lstm1.lstm_cell_recurrent_kernel": (7, 28),
        "logits": (7, 3),
    }
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 2)).astype(np.float32)
    before = model.network(x)
    x[:, 4] = 0  # The last row.
    assert (before != model.network(x)).numpy().all()


def test_draws_are_keras_own_and_differ_by_seed():
    model = model_lstm.ModelLstm()
    networks = [model.reset(seed=seed).weights for seed in (1, 2)]
    for drawn in networks:
        recurrent = drawn["lstm0.lstm_cell_recurrent_kernel"]
        np.testing.assert_allclose(
            recurrent @ recurrent.T, np.eye(32), atol=1e-5
        )
        bias = np.zeros((4, 32))
        bias[1] = 1  # Of the forget gate.
        np.testing.assert_array_equal(
            drawn["lstm0.lstm_cell_bias"], bias.ravel()
        )
        # Glorot normal, by the fans of all gates: 8 and 128.
        kernel = drawn["lstm0.lstm_cell_kernel"]
        assert abs(kernel.std() / np.sqrt(2 / 136) - 1) < 0.1
    for name in model.masks:
        assert (networks[0][name] != networks[1][name]).all()


def test_one_lstm_at_least():
    with pytest.raises(ValueError, match="one LSTM at least. Received: ()"):
        model_lstm.ModelLstm(hidden_units=())
