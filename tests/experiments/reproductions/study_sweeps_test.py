"""Tests of experiments/reproductions/study_sweeps.py."""

import pathlib

import pytest
import yaml

from lottery_ticket.experiments.reproductions import study_sweeps


def test_steps_have_folder_trials_and_data_of_their_study(tmp_path):
    sweep = study_sweeps.StudySweep(
        ("lenet", "digits"), "short", str(tmp_path), data_dir="data"
    )
    path = sweep.write()
    assert path == str(tmp_path / "short" / "sweep.yaml")
    steps = yaml.safe_load(pathlib.Path(path).read_text())
    assert steps == sweep.steps()
    assert [step["runner"] for step in steps] == [
        *("lottery_experiment", "branch", "branch"),
        *("lottery_experiment", "branch"),
    ]
    lenet, branches, _, digits, _ = [step["flags"] for step in steps]
    assert lenet["output_dir"] == branches["output_dir"]
    assert lenet["output_dir"] == str(tmp_path / "short" / "lenet")
    assert lenet["trials"] == 5
    assert lenet["recipe"] == "mnist_fc"
    assert lenet["data_dir"] == branches["data_dir"] == "data"
    assert digits["output_dir"] == str(tmp_path / "short" / "digits")
    assert "data_dir" not in digits


def test_a_switch_is_true_and_trials_can_be_given():
    sweep = study_sweeps.StudySweep(
        ("gem_steps_resnet20",), "paper", "out", trials=2, data_dir="data"
    )
    [step] = sweep.steps()
    assert step["flags"]["published"] == "True"
    assert step["flags"]["trials"] == 2
    smoke = study_sweeps.StudySweep(("digits",), "smoke", "out")
    assert {step["flags"]["trials"] for step in smoke.steps()} == {1}


@pytest.mark.parametrize(
    ("name", "scale", "message"),
    [
        ("lenet", "short", "lenet needs mnist: .* as --data_dir"),
        ("digits", "paper", "digits has no scale paper. It has: short, smoke"),
    ],
)
def test_what_cannot_be_run_is_refused(name, scale, message):
    with pytest.raises(ValueError, match=message):
        study_sweeps.StudySweep((name,), scale, "out").check()


def test_the_smallest_scale_needs_no_data(tmp_path):
    sweep = study_sweeps.StudySweep(
        ("lenet", "conv2", "digits"), "smoke", str(tmp_path)
    )
    sweep.check()
    sweep.write_data()
    data = tmp_path / "smoke" / "data"
    assert sorted(x.name for x in data.iterdir()) == [
        "cifar10.npz",
        "mnist.npz",
    ]
    assert sweep.steps()[0]["flags"]["data_dir"] == str(data)
