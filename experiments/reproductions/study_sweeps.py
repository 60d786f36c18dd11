"""The runs of studies as a sweep: a file of steps, for argfile_runner."""

import dataclasses

import yaml

from lottery_ticket.experiments.reproductions import (
    claims,
    drawn_data,
    registry,
)
from lottery_ticket.foundations.machine import files


@dataclasses.dataclass(frozen=True)
class StudySweep:
    """The runs of some studies at a scale.

    Args:
        studies: Their names.
        scale: One of claims.SCALES.
        output_dir: Folder of all studies' results.
        trials: Number of trials; None is each study's own.
        data_dir: Folder of the data; the smallest scale draws its own.
    """

    studies: tuple[str, ...]
    scale: str
    output_dir: str
    trials: int | None = None
    data_dir: str | None = None

    def check(self) -> None:
        """Raises ValueError if one has no such scale, or lacks its data."""
        for name in self.studies:
            study = registry.STUDIES[name]
            if self.scale not in study.steps:
                raise ValueError(
                    f"{name} has no scale {self.scale}. It has: "
                    f"{', '.join(study.steps)}"
                )
            if study.data and not self._is_smoke and self.data_dir is None:
                raise ValueError(
                    f"{name} needs {study.data}: give the folder that holds it "
                    "as --data_dir"
                )

    def folder(self, name: str) -> str:
        """Returns where the results of a study lie."""
        return folder(self.output_dir, self.scale, name)

    def steps(self) -> list[dict]:
        """Returns the steps of all, as a sweep file has them."""
        return [
            {
                "runner": step.runner,
                "argfile": step.argfile,
                "flags": self._flags(name, step),
            }
            for name in self.studies
            for step in registry.STUDIES[name].steps[self.scale]
        ]

    def write_data(self) -> None:
        """Draws the data that the smallest scale takes for real ones."""
        for name in self.studies:
            data = registry.STUDIES[name].data
            if data and self._is_smoke:
                drawn_data.write(self._drawn_dir, data)

    def write(self) -> str:
        """Writes the sweep file, beside the studies' folders; returns where."""
        path = files.join(self.output_dir, self.scale, "sweep.yaml")
        text = yaml.safe_dump(self.steps(), sort_keys=False)
        files.write(path, text.encode())
        return path

    @property
    def _is_smoke(self):
        return self.scale == claims.SMOKE

    @property
    def _drawn_dir(self):
        return files.join(self.output_dir, self.scale, "data")

    def _flags(self, name, step):
        study = registry.STUDIES[name]
        given = {}
        for word in step.words:
            key, is_set, value = word.removeprefix("--").partition("=")
            given[key] = value if is_set else "True"
        trials = 1 if self._is_smoke else study.trials
        place = self._drawn_dir if self._is_smoke else self.data_dir
        data = {} if study.data is None else {"data_dir": place}
        return {
            "output_dir": self.folder(name),
            "trials": self.trials or trials,
            **given,
            **data,
        }


def folder(output_dir: str, scale: str, name: str) -> str:
    """Returns where the results of a study at a scale lie."""
    return files.join(output_dir, scale, name)
