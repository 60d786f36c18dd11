"""Every snippet of README.md and docs runs, and every command parses."""

import importlib
import pathlib
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from lottery_ticket.analysis import study_logs
from lottery_ticket.argfiles import branch_argfile, deconstructing_argfile
from lottery_ticket.datasets import registry as datasets
from lottery_ticket.experiments import (
    mask_connectivity,
    prune_at_init,
    supermask,
    train,
    untrained,
)
from lottery_ticket.experiments.finished import selections
from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.experiments.settings import (
    fine_tuning,
    level_rules,
    recipes,
    scoring,
)
from lottery_ticket.experiments.stages.gem import (
    gem_search,
    gem_stages,
    search_algos,
)
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    pruning_events,
    regularizers,
    score_draws,
    score_rounding,
)
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.selection import layer_densities, quotas
from lottery_ticket.foundations.sweeps import argfile_lines, steps
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import fields
from lottery_ticket.models import registry as models
from lottery_ticket.runners import commands as commands_lib
from lottery_ticket.runners import lottery_experiment, main
from lottery_ticket.tests import generated_docs

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
# Path from the root -> text.
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in [README, *sorted(ROOT.glob("docs/**/*.md"))]
}
TEXT = "\n".join(PAGES.values())
DATASET = "photos"
TABLE = "houses.csv"


def snippets(language, text=TEXT):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def file_name(code):
    """What the first line calls the file of a snippet, if it does."""
    found = re.match(r"# (\w+\.(?:py|yaml))\n", code)
    return found and found[1]


def commands():
    """Words of every `lottery-ticket ...` in the shell snippets."""
    text = "\n".join(snippets("bash")).replace("\\\n", " ")
    lines = [shlex.split(line) for line in text.splitlines()]
    return [words[1:] for words in lines if words[:1] == ["lottery-ticket"]]


def run(code, folder):
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with the files that the text shows."""
    for code in [*snippets("python"), *snippets("yaml")]:
        if file_name(code):
            (tmp_path / file_name(code)).write_text(code)
    (tmp_path / DATASET).mkdir()
    (tmp_path / TABLE).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scripts(*names):
    """The Python of pages, one after the other, less files."""
    return "\n".join(
        code
        for name in names
        for code in snippets("python", PAGES[name])
        if not file_name(code)
    )


@pytest.mark.slow
def test_the_snippets_of_the_readme_run_one_after_the_other(folder):
    done = run(scripts("README.md"), folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "results/digits/ticket.keras").exists()
    assert re.search(r"trial +level +density +accuracy\n0 +1 +0 ", done.stdout)


@pytest.mark.slow
def test_the_snippets_of_own_experiments_and_of_results_run(folder):
    done = run(scripts("docs/own_experiments.md"), folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "results/mine/ticket.keras").exists()
    done = run(scripts("docs/results.md"), folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[]\n")
    assert "'left': " in done.stdout


@pytest.mark.slow
def test_the_snippet_of_the_page_from_tfmot_runs(folder):
    done = run(scripts("docs/from_tfmot.md"), folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.19886")
    assert (folder / "masks/hidden.npy").exists()


@pytest.mark.slow
def test_the_snippets_of_the_page_on_keras_models_run(folder):
    page = PAGES["docs/keras_models.md"]
    done = run(scripts("docs/keras_models.md"), folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("False\n")
    table = re.findall(r"^    (\S.*\d weights.*)$", page, re.MULTILINE)
    assert len(table) == 4
    for line in table:
        assert f"{line}\n" in done.stdout
    assert (folder / "results/found/ticket.keras").exists()
    assert (folder / "results/trials/fitted.keras").exists()


@pytest.mark.slow
def test_the_snippet_of_the_page_on_smaller_networks_runs(folder):
    done = run(scripts("docs/smaller_faster.md"), folder)
    assert done.returncode == 0, done.stderr
    assert "('conv2d', (6, 3), '')" in done.stdout


@pytest.mark.slow
def test_the_snippets_of_the_page_on_data_run(folder):
    done = run(scripts("docs/data.md"), folder)
    assert done.returncode == 0, done.stderr
    assert "a tf.data.Dataset of 160 examples is read once" in done.stderr
    assert (folder / "results/both/trial1/1/same_init/run.json").exists()


@pytest.mark.slow
def test_the_snippets_of_the_page_on_tickets_run(folder):
    recipe = recipes.Recipe(training_len="2it", hidden_units=(300, 100))
    masks = {"layer0": np.arange(64 * 300).reshape(64, 300) % 50 == 0}
    plan = train.plan("run", recipe, masks=masks, quiet=True)
    plan.run()
    ticket_file.write("mine.ticket", run_tickets.of_run("run"))
    code = scripts("docs/tickets.md") + (
        "\nfor layer in model.layers:"
        "\n    for each in layer.weights:"
        "\n        name = layer.name + '_bias' * (each.name == 'bias')"
        "\n        assert (weights[name] == each.numpy()).all()"
        "\n        print(name, each.shape)"
    )
    done = run(code, folder)
    assert done.returncode == 0, done.stderr
    assert "layer0 (64, 300)\nlayer0_bias" in done.stdout


def test_the_argfile_prints_lines_for_its_runner(folder):
    code = (folder / "my_argfile.py").read_text()
    lines = run(code, folder).stdout.splitlines()
    assert len(lines) == 9
    for line in lines:
        flags.parse(lottery_experiment.RUN, shlex.split(line))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
@pytest.mark.usefixtures("folder")
def test_every_command_parses(words, monkeypatch):
    name, after = main.find(words)
    command = commands_lib.find(name)
    if name == "argfile_runner" and steps.is_file(after[0]):
        own, rest = flags.split(command, after[1:])
        flags.bind(command, [after[0], "None", *own])
        for step in steps.read(after[0], rest):
            check_lines(step.runner, step.argfile, [*step.words], monkeypatch)
        return
    own, rest = flags.split(command, after)
    flags.bind(command, own)
    if words[0] != "argfile_runner" or words[2].endswith(".py"):
        assert not rest
        return
    check_lines(words[1], words[2], rest, monkeypatch)


def check_lines(runner, name, words, monkeypatch):
    """Fails unless a runner takes the lines of one of our argfiles."""
    argfile = importlib.import_module(f"lottery_ticket.argfiles.{name}")
    module = importlib.import_module(f"lottery_ticket.runners.{runner}")
    own, rest = flags.split(argfile.lines, words)
    if name == "grid_argfile":  # It takes its runner's flags as one text.
        monkeypatch.setenv(argfile_lines.RUNNER, runner)
        own, rest = [*own, f"--grid={shlex.join(rest)}"], []
    for line in argfile.lines(**flags.bind(argfile.lines, own)):
        flags.bind(module.RUN, [*shlex.split(line), *rest])


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 160


def test_the_readmes_numbers_are_those_of_the_committed_logs():
    """Of tickets, their reinit and dense networks, as its first lines say."""
    folder = ROOT / "docs" / "reproductions" / "short" / "digits"
    found = claims.Found(study_logs.read_written(str(folder))[0])
    text = PAGES["README.md"]
    for density, experiment in (
        *((0.0168, "same_init"), (0.0168, "reinit")),
        (1.0, "same_init"),
    ):
        at_end = measures.accuracy(density, experiment, measures.AT_END)
        assert f"{at_end(found).mean():.1f} %" in text, (density, experiment)


@pytest.mark.parametrize("name", PAGES)
def test_links_and_pictures_lead_somewhere(name):
    text = PAGES[name]
    links = re.findall(r'\]\(([^)]*)\)|src="([^"]*)"', text)
    for link in {a or b for a, b in links}:
        path, _, heading = link.partition("#")
        if path.startswith("http"):
            continue
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.is_file(), link
        if heading and target.name != "recipes.md":
            titles = re.findall(
                r"^#+ (.*)$", target.read_text(), flags=re.MULTILINE
            )
            plain = [re.sub(r"[^\w -]", "", t.lower()) for t in titles]
            assert heading in [t.replace(" ", "-") for t in plain], link


PAPER = ["Claim", "Command", "Time", "Expected", "Measured", "Differs"]


@pytest.mark.parametrize(
    "name", [name for name in PAGES if name.startswith("docs/papers/")]
)
def test_pages_of_papers_have_one_form(name):
    text = PAGES[name]
    assert re.findall("^## (.*)$", text, flags=re.MULTILINE) == PAPER
    assert re.search(r"^\*.*https://arxiv", text, re.MULTILINE | re.DOTALL)
    stem = pathlib.PurePath(name).stem
    measured = text[text.index("## Measured") : text.index("## Differs")]
    assert re.fullmatch(
        rf"## Measured\n\n<!-- measured: {stem} -->\n.*<!-- end -->\n\n",
        measured,
        flags=re.DOTALL,
    )
    assert f"]({name})" in PAGES["README.md"]


def test_every_dataset_and_network_is_in_the_tables():
    text = PAGES["docs/networks.md"] + PAGES["docs/datasets.md"]
    named = re.findall(r"`(\w+)`", text)
    assert set(datasets.DATASETS) <= set(named)
    for name in models.MODELS:
        stem, number = re.fullmatch(r"(.*?)(\d*)", name).groups()
        assert name in named or number in named and stem in text


def test_every_setting_has_its_flag_in_the_text():
    known = set(fields.names_of(recipes.Recipe))
    named = set(re.findall(r"--(\w+)", TEXT))
    unnamed = {
        "test_interval",
        "validate_interval",
        "lr_drop_factor",
        "init_seed",
        "train_order_seed",
        "split_seed",
        "augment_seed",
        "train_batch_size",
        "validation_size",
    }
    assert known - named <= unnamed


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = README.with_name("Makefile").read_text()
    for target in re.findall(r"^make (\w+)$", TEXT, flags=re.MULTILINE):
        assert f"\n{target}: " in makefile


@pytest.mark.parametrize(
    "known",
    [
        criteria.CRITERIA,
        layer_densities.ALLOCATIONS,
        level_rules.RETRAININGS,
        mask_0.MASK_0_ACTIONS,
        mask_1.MASK_1_ACTIONS,
        learned_masks.RESCALINGS,
        learned_masks.SAMPLINGS,
        kernel_initializers.INITS,
        learned_masks.WAYS,
        pruning_events.SCOPES,
        gem_stages.CHECKS,
        score_draws.SCORE_INITS,
        regularizers.REGULARIZERS,
        hooks.HOOKS,
        score_rounding.ROUNDINGS,
        search_algos.ALGOS,
        quotas.COUNT_ROUNDINGS,
        deconstructing_argfile.GRIDS,
        selections.SELECTIONS,
        branch_argfile.EXPERIMENTS,
    ],
)
def test_every_method_is_on_a_page(known):
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`(.*?)`", TEXT))))
    assert set(known) <= named


def test_tables_of_entries_are_as_generated():
    assert generated_docs.generated(TEXT) == TEXT, (
        "Run python -m lottery_ticket.tests.generated_docs"
    )
    found = [match[1] for match in generated_docs.BLOCK.findall(TEXT)]
    assert sorted(found) == sorted(generated_docs.TABLES)


def test_every_flag_of_a_method_is_on_a_page():
    known = {
        name
        for kind in (
            fine_tuning.FineTuning,
            gem_search.GemSearch,
            level_rules.LevelRules,
            mask_connectivity.MaskPath,
            supermask.MaskSearch,
            prune_at_init.Target,
            gem_stages.SanityChecks,
            scoring.Scoring,
            untrained.Grid,
        )
        for name in fields.names_of(kind)
    }
    named = set(re.findall(r"--(\w+)", TEXT))
    unnamed = {"shuffle", "reinitialize"}  # --checks has these.
    unnamed |= {"score_seed", "mask_seed", "draw_seed"}
    assert known - named <= unnamed


def test_every_command_is_shown():
    shown = {main.find(words)[0] for words in commands()}
    assert set(commands_lib.with_verbs()) - shown <= {"reinitialize"}
