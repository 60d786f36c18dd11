"""The published config of ResNet-20 and its flags, for tests."""

import pathlib

from lottery_ticket.experiments import gem_miner
from lottery_ticket.experiments.published_configs import (
    published_config,
    published_keys,
)
from lottery_ticket.experiments.stages.gem import gem_run
from lottery_ticket.foundations.command_line import config_files, flags

FILE = str(pathlib.Path(__file__).with_name("published_resnet20.yaml"))
RUN = gem_miner.plan


def keys(**changes):
    """All keys of the file, with changes."""
    values = {**config_files.read(FILE), **changes}
    return published_keys.read(values)


def translated(given=None, **changes):
    """Flags of the file with changes; a key that is None is left out."""
    values = {**config_files.read(FILE), **changes}
    values = {name: v for name, v in values.items() if v is not None}
    return published_config.translate(values, given)


def bound(**changes):
    """Arguments of gem_miner that the file with changes means, checked."""
    texts = config_files.texts(translated(**changes))
    words = [f"--{name}={text}" for name, text in texts.items()]
    return check(flags.bind(RUN, words))


def check(given):
    """The arguments, once gem_miner has no objection to them."""
    recipe, search = given["recipe"], given["search"]
    gem_run.Gem(
        given["output_dir"],
        recipe,
        search.resolved(recipe.seed),
        given["tuning"],
        given["checks"],
        presets={} if "presets" in given else None,
        save_iterations=given.get("save_iterations", ()),
    )
    return given
