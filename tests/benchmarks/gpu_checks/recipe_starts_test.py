"""Tests of gpu_checks/recipe_starts: which recipes begin, and the verdict."""

import pytest

from lottery_ticket.benchmarks.gpu_checks import (
    conditions,
    made_up_data,
    recipe_starts,
)
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands


def starts(monkeypatch, log, ends):
    """The first iterations of recipes, with a log, of which some end."""
    monkeypatch.setattr(made_up_data, "write", lambda *_: None)
    monkeypatch.setattr(recipe_starts, "QUICK", ("mnist_fc", "own"))
    known = {each: recipes.RECIPES["mnist_fc"] for each in ("mnist_fc", "own")}
    monkeypatch.setattr(recipes, "RECIPES", known)

    def run_lines(self, name, runner, lines, workers):
        logs = self.folder / "logs"
        logs.mkdir()
        for name in known:
            (logs / f"{name}.log").write_text(log)
            run = self.folder / "recipes" / name
            run.mkdir(parents=True)
            if name in ends:
                (run / "run.json").write_text("{}")

        return logs

    monkeypatch.setattr(conditions.Conditions, "run_lines", run_lines)


PLACED = "] while/ArgMax: (ArgMax): /job:localhost/device:CPU:0\n"


@pytest.mark.parametrize(
    ("gpu", "log", "ends", "status"),
    [
        (None, PLACED, ("mnist_fc", "own"), "held"),
        ("0", "", ("mnist_fc", "own"), "held"),
        ("0", PLACED, ("mnist_fc", "own"), "broken"),
        ("0", "Error: NaN", ("own",), "broken"),
        ("0", "ResourceExhaustedError: OOM\nError: NaN", ("own",), "held"),
        ("0", "CUDA_ERROR_OUT_OF_MEMORY\nError: NaN", ("own",), "held"),
    ],
)
def test_recipes_begin_on_the_gpu(
    monkeypatch, tmp_path, gpu, log, ends, status
):
    starts(monkeypatch, log, ends)
    given = conditions.Conditions(tmp_path, gpu, is_quick=True)
    verdict = recipe_starts.check(given)
    assert verdict.status == status
    assert verdict.measured.startswith(f"{len(ends)} of 2")
    if len(ends) == 1 and status == "broken":
        assert verdict.numbers["failures"] == {"mnist_fc": "Error: NaN"}
    elif len(ends) == 1:
        assert verdict.measured.endswith("too large here: mnist_fc")


def test_all_recipes_but_those_of_own_networks_are_begun(monkeypatch, tmp_path):
    written, begun = set(), []
    monkeypatch.setattr(
        made_up_data, "write", lambda _, name, *sizes: written.add(name)
    )

    def run_lines(self, name, runner, lines, workers):
        begun.extend(flags.bind(*as_command(line)) for line in lines)
        return tmp_path

    monkeypatch.setattr(conditions.Conditions, "run_lines", run_lines)
    verdict = recipe_starts.check(conditions.Conditions(tmp_path, "0"))
    names = {values["recipe"].recipe for values in begun}
    assert set(recipes.RECIPES) - names == {"own_model"}
    assert written == set(made_up_data.KNOWN)
    assert verdict.measured.startswith(f"0 of {len(names)}; ")
    warmups = {values["recipe"].warmup for values in begun}
    assert warmups == {"0it", "10it"}  # Of 20.
    batches = [values["recipe"].train_batch_size for values in begun]
    assert (min(batches), max(batches)) == (16, 512)


def as_command(line):
    name, *words = line.split()
    return commands.find(name), words
