r"""Evaluates what lies between the masks of two finished searches.

    lottery-ticket mask_connectivity \
        --output_dir=results/trial1/1/mask_connectivity \
        --first=results/trial1/1/gem_miner --second=results/trial1/1/ep

Each argument of `experiments.mask_connectivity.evaluate` is a flag; --help
lists them.
"""

from lottery_ticket.experiments import mask_connectivity
from lottery_ticket.foundations.command_line import flags

RUN = mask_connectivity.evaluate
IS_COMPLETE = mask_connectivity.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
