r"""Tabulates and draws the results of experiments, from the command line.

    lottery-ticket report --output_dir=results

Each argument of the function that `analysis.report.maker` returns is a flag;
--help lists them. It may run while the experiment still does: it names what is
not done yet.
"""

import os

from lottery_ticket.analysis import (
    connectivity,
    gem_figures,
    mask_connectivity,
    report,
    supermask_figures,
    untrained,
)
from lottery_ticket.foundations.command_line import flags

# Experiment, as in settings -> the file that its folders end with, and its
# section of a report, in the order of writing.
EXPERIMENTS = {
    "instability": ("connectivity.json", connectivity.section),
    "mask_connectivity": (
        "mask_connectivity.json",
        mask_connectivity.section,
    ),
    "untrained": ("untrained.json", untrained.section),
    "gem_miner": ("gem.json", gem_figures.section),
    "supermask": ("supermask.json", supermask_figures.section),
}
RUN = report.maker(
    [section for _, section in EXPERIMENTS.values()],
    {name: file for name, (file, _) in EXPERIMENTS.items()},
)


def main(argv=None):
    """Runs the command line `argv`, or the program's own."""
    os.environ["MPLBACKEND"] = "agg"  # Whatever is set for windows.
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
