"""Unready: what a plan reads is not there yet, or is not whole."""


class Unready(FileNotFoundError, ValueError):
    """A run that is read is not there, is not finished, or is damaged.

    A sweep waits with the line that raises it if another line writes the run.

    Attributes:
        folder: The run's folder, or one in it, such as that of its masks.
    """

    def __init__(self, text: str, folder: str):
        """Takes what to say, and the folder."""
        super().__init__(text)
        self.folder = folder
