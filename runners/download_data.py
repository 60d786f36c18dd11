r"""Fetches datasets ahead of time.

    lottery-ticket download_data --datasets=mnist --data_dir=data

Each argument of `datasets.download.download` is a flag; --help lists them.
"""

from lottery_ticket.datasets import download
from lottery_ticket.foundations import flags

RUN = download.download


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
