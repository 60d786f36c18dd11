"""A sealed JSON file that holds all results of one folder."""

import dataclasses

from lottery_ticket.foundations import files, run_record, sealed


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
