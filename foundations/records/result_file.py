"""A sealed JSON file that holds all results of one folder."""

import dataclasses

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import run_record, sealed


@dataclasses.dataclass(frozen=True)
class ResultFile:
    """A result file, by its name; its folder is complete once it is there."""

    name: str

    def path(self, directory: str) -> str:
        """Path of the file in a folder."""
        return files.join(directory, self.name)

    def write(self, directory: str, record: dict) -> None:
        """Writes a record; its "settings" say what it was made with."""
        sealed.write(self.path(directory), record)

    def read(self, directory: str) -> dict | None:
        """Returns the record, or None where none is whole; see `sealed`."""
        return sealed.read(self.path(directory))

    def read_own(self, directory: str, settings: dict) -> dict | None:
        """Returns the record of results with these settings, or None.

        Raises ValueError if the folder holds results made with other settings.
        """
        record = self.read(directory)
        if record is not None:
            run_record.check_same(record["settings"], settings, directory)
        return record

    def is_complete(self, directory: str, settings: dict) -> bool:
        """Whether results with these settings are there; as `read_own`."""
        return self.read_own(directory, settings) is not None
