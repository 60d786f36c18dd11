"""All commands: experiments, which the one list here makes known, and tools.

To add an experiment, write experiments/NAME.py with a function `plan(...)`, and
a line in EXPERIMENTS: the command line, sweeps and the report follow from it.
To add a verb of `ticket`, write experiments/tickets/VERB.py with a function
VERB, and a line in VERBS.
"""

import dataclasses
import importlib
import importlib.util
from collections.abc import Callable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.runners import listings

with lazy.imports():
    from lottery_ticket.foundations.command_line import flags, help_text


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment, the `plan` of the module of its name.

    Args:
        help: What it is for, in a few words.
        section: Module with the `section` of the report that shows its result
            file, the `RESULT` of its module; None where it trains runs alone.
        configs: Module that translates --config files in other words than the
            flags, if there are any.
        usual: Flags that are its own and used most.
    """

    help: str
    section: lazy.LazyModule | None = None
    configs: lazy.LazyModule | None = None
    usual: tuple[str, ...] = ()


def _experiment(name: str) -> lazy.LazyModule:
    return lazy.LazyModule(f"lottery_ticket.experiments.{name}")


def _section(name: str) -> lazy.LazyModule:
    return lazy.LazyModule(f"lottery_ticket.analysis.sections.{name}")


# Command -> experiment: first to train, then to question what was trained, then
# other ways to a ticket. Sections of the report are written in this order.
EXPERIMENTS = {
    "train": Experiment("trains one network", usual=("masks", "presets")),
    "lottery_experiment": Experiment(
        "trains, prunes, rewinds, repeats: one trial",
        usual=("iterations", "criterion", "rewind_iteration"),
    ),
    "branch": Experiment(
        "trains a finished ticket again, with one thing changed",
        usual=("ticket", "selection", "mask_1_action"),
    ),
    "reinitialize": Experiment(
        "trains a ticket's masks from other weights",
        usual=("masks", "initialization_distribution", "same_sign"),
    ),
    "instability": Experiment(
        "trains two copies of a ticket and measures between them",
        _section("connectivity"),
        usual=("ticket", "iteration", "points"),
    ),
    "barrier": Experiment(
        "measures the error between two finished networks",
        _section("barriers"),
        usual=("first", "second", "points"),
    ),
    "mask_connectivity": Experiment(
        "what lies between two masks of the same weights",
        _section("mask_connectivity"),
    ),
    "align": Experiment(
        "permutes a ticket's masks to fit another draw",
        _section("alignment"),
        usual=("first", "second", "ticket", "matching"),
    ),
    "untrained": Experiment(
        "how well masks of a dense run do without any training",
        _section("untrained"),
        usual=("run",),
    ),
    "prune_at_init": Experiment(
        "prunes a network before it is trained",
        usual=("criterion", "density"),
    ),
    "gem_miner": Experiment(
        "finds a ticket by training scores, and trains it",
        _section("gem_figures"),
        configs=_experiment("published_configs.published_config"),
        usual=("algo", "density"),
    ),
    "supermask": Experiment(
        "learns a mask of weights that stay as they are drawn",
        _section("supermasks"),
        usual=("sigmoid_bias", "rescaling"),
    ),
}
# Used most, in every experiment that has them.
_USUAL = (
    *("recipe", "model", "dataset", "optimizer", "lr", "training_len"),
    *("seed",),
)
# What is no experiment: module here, with a RUN -> what it is for.
TOOLS = {
    "argfile_runner": "runs every line of an argfile, on all GPUs or cores",
    "sweep_status": "how far sweeps are, what failed, what runs where",
    "reproduce": "runs what papers claim, and judges it",
    "report": "tables and figures of a folder of results",
    "export_logs": "finished runs for wandb, MLflow or as CSV",
    "mask_facts": "how alike masks are, and which signs training keeps",
    "download_data": "fetches datasets ahead of time",
    "completion": "what completes commands in bash, zsh or fish",
}
# What `ticket` is for, and its verbs: a function of its name each, in a module
# of its name in experiments/tickets -> what it is for.
TICKET = "a ticket as one file: packs it, checks it, unpacks it"
VERBS = {
    "pack": "packs a finished run into one file",
    "show": "says what is in a file",
    "verify": "checks a file, and evaluates the ticket in it",
    "unpack": "writes the folder of a run from a file",
    "card": "writes a model card",
    "export": "exports to formats of other programs, and checks each",
    "compact": "writes a physically smaller network of a ticket",
}


def helps() -> dict[str, str]:
    """Returns dict, command -> what it is for."""
    of_experiments = {name: each.help for name, each in EXPERIMENTS.items()}
    of_listings = {name: what for name, (what, *_) in listings.LISTINGS.items()}
    return {**of_experiments, "ticket": TICKET, **TOOLS, **of_listings}


def verbs(name: str) -> dict[str, str]:
    """Returns dict, verb of a command -> what it is for; empty of most."""
    return VERBS if name == "ticket" else {}


def with_verbs() -> dict[str, str]:
    """Returns as `helps`, each verb being a command: `ticket pack`."""
    found = {}
    for name, what in helps().items():
        own = {f"{name} {verb}": each for verb, each in verbs(name).items()}
        found |= own or {name: what}
    return found


def find(name: str) -> "flags.Command":
    """Returns a command, by its name in `with_verbs`."""
    if name.startswith("ticket "):
        verb = name.split(" ")[1]
        module = importlib.import_module(
            f"lottery_ticket.experiments.tickets.{verb}"
        )
        return flags.Command(
            getattr(module, verb), example=lambda: help_text.example_in(module)
        )
    if name in EXPERIMENTS:
        configs, translate = EXPERIMENTS[name].configs, None
        if configs is not None:  # What is loaded where there is a config.
            translate = lambda *args: configs.translate(*args)  # noqa: E731
        usual = ("output_dir", *EXPERIMENTS[name].usual, *_USUAL)
        return flags.Command(
            _experiment(name).plan, translate, usual, lambda: example(name)
        )
    if name in listings.LISTINGS:
        return flags.Command(
            listings.function(name), example=lambda: listings.example(name)
        )
    module = importlib.import_module(f"lottery_ticket.runners.{name}")
    run = flags.as_command(module.RUN)
    return dataclasses.replace(run, example=lambda: example(name))


def example(name: str) -> str:
    """Returns the command line that a command's module shows first.

    "" if there is none: an experiment needs no module here.
    """
    path = f"lottery_ticket.runners.{name}"
    if importlib.util.find_spec(path) is None:
        return ""
    return help_text.example_in(importlib.import_module(path))


def sections() -> tuple[Callable, ...]:
    """Returns what experiments have to say in a report, in order."""
    named = [each.section for each in EXPERIMENTS.values()]
    return tuple(module.section for module in named if module is not None)


def result_files() -> dict[str, str]:
    """Returns dict, experiment -> its file, of those that write one."""
    return {
        name: _experiment(name).RESULT.name
        for name, each in EXPERIMENTS.items()
        if each.section is not None
    }
