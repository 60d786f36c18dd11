r"""Finds a sparse network in the weights as drawn, from the command line.

    lottery-ticket gem_miner \
        --recipe=digits_fc_gem --density=.05 --output_dir=results/once

Each argument of `experiments.gem_miner.train` is a flag; --help lists them. A
stopped run goes on. --config=FILE.yaml takes configs in these flags, and those
of the published code.
"""

from lottery_ticket.experiments import gem_miner, published_config
from lottery_ticket.foundations.command_line import flags

RUN = gem_miner.train
IS_COMPLETE = gem_miner.is_complete
TRANSLATE = published_config.translate


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv, translate=TRANSLATE)


if __name__ == "__main__":
    main()
