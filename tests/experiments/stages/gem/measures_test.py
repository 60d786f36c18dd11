"""Tests of experiments/stages/gem/measures.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.stages.gem import measures
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.tests import tiny


def write(directory, name, iterations, losses):
    log = {
        "iteration": iterations,
        "loss": losses,
        "accuracy": [round(1 - loss, 6) for loss in losses],
    }
    save_restore.write_log(str(directory), name, log)


def result(loss):
    return {"loss": loss, "accuracy": round(1 - loss, 6)}


def test_a_run_is_measured_before_after_and_at_its_best(tmp_path):
    write(tmp_path, "test", [0, 4, 8], [0.9, 0.2, 0.1])
    write(tmp_path, "validate", [0, 2, 4, 6, 8], [0.8, 0.1, 0.3, 0.2, 0.3])
    assert measures.of_run(str(tmp_path)) == {
        "before": {"test": result(0.9), "validate": result(0.8)},
        "after": {"test": result(0.1), "validate": result(0.3)},
        # 2 and 6 have no test results; of equal ones, 4 is the first.
        "best": {"test": result(0.2), "validate": result(0.3)},
    }


def test_without_validation_nothing_is_chosen(tmp_path):
    write(tmp_path, "test", [0, 4], [0.9, 0.2])
    assert measures.of_run(str(tmp_path)) == {
        "before": {"test": result(0.9)},
        "after": {"test": result(0.2)},
    }


@pytest.mark.parametrize("validate", [True, False])
def test_what_is_held_out_is_evaluated_and_no_more(validate):
    dataset = tiny.make_dataset(validate=validate)
    model = tiny.Model().reset(seed=1)
    found = measures.evaluation(model, dataset).evaluate()
    assert set(found) == {"test", "validate"} if validate else {"test"}
    w, (x, y) = model.weights, (dataset.test.x, dataset.test.y)
    hidden = np.maximum(x @ w["layer0"] + w["layer0_bias"], 0)
    logits = hidden @ w["layer1"] + w["layer1_bias"]
    accuracy = (logits.argmax(1) == y).mean()
    assert found["test"]["accuracy"] == pytest.approx(accuracy, abs=1e-6)
