"""Tests of experiments/tickets.py, on runs of no training."""

import json
import logging
import pathlib
import re

import numpy as np
import pytest

from lottery_ticket.experiments import recipes, tickets
from lottery_ticket.foundations import paths, run_record, save_restore

MASKS = {
    "b": np.array([1, 0, 1, 0], np.uint8),  # The network's order.
    "a": np.array([[1, 1], [0, 1]], np.uint8),
}
DENSE = {
    "a": np.array([[1.0, -2], [3, -4]]),
    "a_bias": np.array([5.0, 6]),
    "b": np.array([7.0, -8, 9, -1]),
}
FINAL = {name: -2 * array for name, array in DENSE.items()}
LATER = {name: array + 10 for name, array in DENSE.items()}
FULL = {name: np.ones_like(mask) for name, mask in MASKS.items()}


def write_run(
    directory, masks, start=0, recipe=None, settings=None, **networks
):
    """A finished run of these networks, folder -> dict."""
    networks = {"masks": masks, **networks}
    checksums = {
        f"{folder}/{name}": checksum
        for folder, network in networks.items()
        for name, checksum in save_restore.save_network(
            f"{directory}/{folder}", network
        ).items()
    }
    recipe = recipe or recipes.Recipe(seed=1)
    record = {
        "settings": json.loads(
            json.dumps({**recipe.settings(), **(settings or {})})
        ),
        "inputs": {"start_iteration": start},
        "density": {name: [int(m.sum()), m.size] for name, m in masks.items()},
        "checksums": checksums,
    }
    run_record.write(str(directory), record)


def masked(network):
    return {n: x * MASKS[n] if n in MASKS else x for n, x in network.items()}


@pytest.fixture
def trial(tmp_path):
    """A trial with a dense run and a ticket at level 2."""
    write_run(
        tmp_path / "trial1/0/same_init",
        FULL,
        initial=DENSE,
        final=FINAL,
        iteration5=LATER,
    )
    write_run(tmp_path / "trial1/2/same_init", MASKS, initial=masked(DENSE))
    return tmp_path / "trial1"


def ticket_of(trial):
    return tickets.read(f"{trial}/2/same_init")


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], strict=True)


def damage(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_ticket_is_what_was_recorded(trial, monkeypatch):
    found = ticket_of(trial)
    assert list(found.masks) == ["b", "a"]
    assert_same(found.masks, MASKS)
    assert_same(found.initial, masked(DENSE))
    assert found.start_iteration == 0
    assert found.settings["seed"] == 1
    monkeypatch.chdir(trial / "2/same_init")
    assert tickets.read(".").directory == f"{trial}/2/same_init"
    monkeypatch.chdir(trial)
    assert tickets.read("2/same_init/").directory == f"{trial}/2/same_init"


def test_a_run_of_before_starts_were_recorded_starts_at_0(trial):
    path = paths.record(f"{trial}/2/same_init")
    record = run_record.read(f"{trial}/2/same_init")
    del record["inputs"]["start_iteration"]
    pathlib.Path(path).unlink()
    run_record.write(f"{trial}/2/same_init", record)
    assert ticket_of(trial).start_iteration == 0


@pytest.mark.parametrize("folder", ["masks", "initial"])
def test_a_damaged_ticket_is_refused(trial, folder):
    damage(trial / f"2/same_init/{folder}/b.npy")
    with pytest.raises(ValueError, match=f"{folder}/b.npy is missing or dam"):
        ticket_of(trial)
    (trial / f"2/same_init/{folder}/b.npy").unlink()
    with pytest.raises(ValueError, match=f"{folder}/b.npy is missing or dam"):
        ticket_of(trial)


def test_an_unfinished_ticket_is_refused(trial, caplog):
    path = trial / "2/same_init/run.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    with caplog.at_level(logging.WARNING):
        with pytest.raises(ValueError, match="2/same_init is not finished"):
            ticket_of(trial)
    assert "run.json is damaged" in caplog.text
    path.rename(path.with_name("checkpoint.bin"))
    with pytest.raises(ValueError, match="2/same_init is not finished"):
        ticket_of(trial)


def test_a_ticket_that_holds_pruned_weights_is_refused(trial):
    settings = {"mask_0_action": "freeze_init"}
    for level, masks in ((3, FULL), (4, MASKS)):
        write_run(
            trial / f"{level}/same_init",
            masks,
            settings=settings,
            initial=DENSE,
        )
    assert_same(tickets.read(f"{trial}/3/same_init").initial, DENSE)
    with pytest.raises(
        ValueError,
        match="must have pruned weights that are 0. Received: .*4/same_init, "
        r"which holds them at other values \(mask_0_action=freeze_init\)",
    ):
        tickets.read(f"{trial}/4/same_init")
    settings = {"mask_0_action": "zero"}
    write_run(
        trial / "5/same_init", MASKS, settings=settings, initial=masked(DENSE)
    )
    assert tickets.read(f"{trial}/5/same_init").settings["mask_0_action"]


@pytest.mark.parametrize("place", ["3/same_init", "2/same_init/masks"])
def test_what_is_no_run_is_refused(trial, place):
    with pytest.raises(FileNotFoundError, match=f"{place}, which has no run"):
        tickets.read(f"{trial}/{place}")


def test_a_ticket_without_networks_is_refused(trial):
    run_record.write(
        f"{trial}/3/same_init",
        {"settings": {}, "inputs": {}, "density": {}, "checksums": {"a": "b"}},
    )
    with pytest.raises(FileNotFoundError, match="No saved network"):
        tickets.read(f"{trial}/3/same_init")


def test_kept_weights_start_where_the_ticket_did(trial):
    ticket = ticket_of(trial)
    fewer = {**MASKS, "b": np.array([1, 0, 0, 0], np.uint8)}
    for masks in (MASKS, fewer):
        assert tickets.start(ticket, masks) is ticket.initial


def test_others_start_where_the_dense_network_did(trial):
    others = {**MASKS, "b": np.array([0, 1, 1, 0], np.uint8)}
    assert_same(tickets.start(ticket_of(trial), others), DENSE)


def test_others_start_at_the_iteration_it_was_rewound_to(trial):
    write_run(trial / "2/late", MASKS, 5, initial=masked(LATER))
    (trial / "0/same_init").rename(trial / "0/late")
    late = tickets.read(f"{trial}/2/late")
    assert late.start_iteration == 5
    assert_same(tickets.start(late, FULL), LATER)
    write_run(trial / "2/late", MASKS, 6, initial=masked(LATER))
    with pytest.raises(FileNotFoundError, match="No saved net.*0/late/iter.*6"):
        tickets.start(tickets.read(f"{trial}/2/late"), FULL)


def test_a_ticket_that_was_not_rewound_has_no_other_weights(trial):
    write_run(trial / "2/same_init", MASKS, initial=masked(FINAL))
    with pytest.raises(ValueError, match="did not start from .*layer 'b' diff"):
        tickets.start(ticket_of(trial), FULL)


def test_a_learned_mask_is_no_ticket(tmp_path):
    settings = {"experiment": "supermask"}
    write_run(tmp_path / "once", MASKS, settings=settings, initial=DENSE)
    with pytest.raises(ValueError, match="train --masks=.*/once/masks --pres"):
        tickets.read(f"{tmp_path}/once")


def test_a_run_at_level_0_that_prunes_is_not_dense(trial):
    write_run(trial / "0/pruned", MASKS, initial=DENSE, final=masked(DENSE))
    with pytest.raises(ValueError, match="0/pruned, whose masks prune"):
        tickets.dense_final(tickets.read(f"{trial}/0/pruned"))


def test_the_dense_weights_after_training(trial):
    assert_same(tickets.dense_final(ticket_of(trial)), FINAL)
    damage(trial / "0/same_init/final/a.npy")
    with pytest.raises(ValueError, match="final/a.npy is missing or damaged"):
        tickets.dense_final(ticket_of(trial))


@pytest.mark.parametrize(
    "use", [tickets.dense_final, lambda ticket: tickets.start(ticket, FULL)]
)
def test_a_dense_run_that_is_missing_is_named(trial, use):
    ticket = ticket_of(trial)
    (trial / "0/same_init/run.json").unlink()
    with pytest.raises(
        FileNotFoundError, match=f"no finished one in {trial}/0/same_init"
    ):
        use(ticket)
    (trial / "2/same_init").rename(trial / "once")
    with pytest.raises(FileNotFoundError, match="not of a lottery experiment"):
        use(tickets.read(f"{trial}/once"))


def test_a_dense_run_of_something_else_is_refused(trial):
    write_run(
        trial / "0/same_init",
        FULL,
        recipe=recipes.Recipe(seed=1, lr=0.5),
        initial=DENSE,
        final=FINAL,
    )
    message = re.escape("lr is 0.5 there, 0.0012 here")
    with pytest.raises(ValueError, match=message):
        tickets.dense_final(ticket_of(trial))
