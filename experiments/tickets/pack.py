r"""Packs a finished run into one file.

lottery-ticket ticket pack results/trial1/5/same_init --output=mine.ticket
"""


def pack(run: str, *, with_: str = "both", output: str | None = None) -> None:
    """Packs a finished run into one file, NAME.ticket.

        ticket pack RUN

    Args:
        run: Folder of the run, such as results/trial1/5/same_init.
        with_: Which weights go in: initial, final or both. A ticket trains
            again from the initial ones; the final ones are what it learned.
        output: File to write, whose name ends in .ticket. Default is the run's
            name, in the working folder.
    """
    raise NotImplementedError
