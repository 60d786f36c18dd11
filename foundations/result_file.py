"""A sealed JSON file that holds all results of one folder."""

import dataclasses

from lottery_ticket.foundations import files, run_record, sealed

# What lies in a folder whose results are others: file or folder -> of what.
_RUN = dict.fromkeys(("run.json", "checkpoint.bin", "initial", "final"), "run")
KNOWN = {**_RUN, **run_record.OTHER_RESULTS}


@dataclasses.dataclass(frozen=True)
class ResultFile:
    """A result file; its folder is complete once it is there.

    Args:
        name: Its name, such as "connectivity.json".
    """

    name: str

    def path(self, directory: str) -> str:
        """Path of the file in a folder."""
        return files.join(directory, self.name)

    def write(self, directory: str, record: dict) -> None:
        """Writes the file, with a checksum of itself.

        Args:
            directory: Folder of the results.
            record: JSON values. "settings" say what they were made with.
        """
        sealed.write(self.path(directory), record)

    def read(self, directory: str) -> dict | None:
        """Returns the record, or None where there is none that is whole.

        A file that is damaged is named in a warning, and counts as none.
        """
        return sealed.read(self.path(directory))

    def read_own(self, directory: str, settings: dict) -> dict | None:
        """Returns the record of results with these settings, or None.

        Args:
            directory: Folder of the results.
            settings: All that they depend on, as JSON values.

        Raises:
            ValueError: If the folder holds results made with other settings.
        """
        record = self.read(directory)
        if record is not None:
            run_record.check_same(record["settings"], settings, directory)
        return record

    def is_complete(self, directory: str, settings: dict) -> bool:
        """Whether results with these settings are there.

        Raises:
            ValueError: If the folder holds results made with other settings.
        """
        return self.read_own(directory, settings) is not None


UNTRAINED = ResultFile("untrained.json")
UNTRAINED_PART = ResultFile("untrained_part.json")
SUPERMASK = ResultFile("supermask.json")


def check_free(directory: str, kind: str) -> None:
    """Raises if a folder holds results of another kind.

    Args:
        directory: Folder that results are to be written to.
        kind: What they are, a value in KNOWN.

    Raises:
        ValueError: Naming what was found there.
    """
    found = set(files.names(directory))
    for other in dict.fromkeys(KNOWN.values()):
        theirs = sorted(name for name in found if KNOWN.get(name) == other)
        if theirs and other != kind:
            raise ValueError(
                f"{directory} is the folder of a {other}: it holds "
                f"{', '.join(theirs)}. Use another output_dir"
            )
