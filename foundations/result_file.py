"""A sealed JSON file that holds all results of one folder."""

import dataclasses

from lottery_ticket.foundations import files, run_record, sealed


@dataclasses.dataclass(frozen=True)
class ResultFile:
    """A result file, by its name; its folder is complete once it is there."""

    name: str

    def path(self, directory: str) -> str:
        """Path of the file in a folder."""
        return files.join(directory, self.name)

    def write(self, directory: str, record: dict) -> None:
        """Writes JSON values, of which "settings" say what they were made with."""
        sealed.write(self.path(directory), record)

    def read(self, directory: str) -> dict | None:
        """Returns the record, or None if there is none whole; see `sealed.read`."""
        return sealed.read(self.path(directory))

    def read_own(self, directory: str, settings: dict) -> dict | None:
        """Returns the record of results with these settings, or None.

        Raises:
            ValueError: If the folder holds results made with other settings.
        """
        record = self.read(directory)
        if record is not None:
            run_record.check_same(record["settings"], settings, directory)
        return record

    def is_complete(self, directory: str, settings: dict) -> bool:
        """Whether results with these settings are there; as `read_own`."""
        return self.read_own(directory, settings) is not None
