"""Writes the folder of a run from a ticket's file.

lottery-ticket ticket unpack mine.ticket --output_dir=results/trial1/5/same_init
"""


def unpack(ticket: str, output_dir: str) -> None:
    """Writes the folder of a run from a ticket's file.

        ticket unpack NAME.ticket --output_dir=FOLDER

    Args:
        ticket: The file.
        output_dir: Folder to write, which must be new or empty.
    """
    raise NotImplementedError
