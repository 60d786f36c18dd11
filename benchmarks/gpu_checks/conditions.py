"""Where promises are looked at: a folder, what computes, and how much."""

import dataclasses
import pathlib

from lottery_ticket.benchmarks.gpu_checks import children

COMMAND = ("-m", "lottery_ticket.runners.main")


@dataclasses.dataclass(frozen=True)
class Conditions:
    """What a check is given. Where there is no GPU, all is smaller."""

    folder: pathlib.Path  # Empty at first, and removed in the end.
    gpu: str | None  # Id of the GPU.
    is_quick: bool = False

    def run_lines(
        self, name: str, runner: str, lines: list[str], workers: int
    ) -> pathlib.Path:
        """Runs lines as a sweep, by so many workers on the device.

        Returns the folder of their logs; a line may fail.

        Args:
            name: What the sweep is called.
            runner: As argfile_runner takes it.
            lines: Flags, or words, of the runner.
            workers: Processes that share a GPU; on a CPU, each has a core.
        """
        argfile = self.folder / f"{name}.txt"
        argfile.write_text("\n".join(lines))
        logs = self.folder / "logs" / name
        options = [f"--log_dir={logs}", "--quiet", *self._devices(workers)]
        words = ["argfile_runner", runner, str(argfile), *options]
        children.run((*COMMAND, *words), may_fail=True)
        return logs

    def _devices(self, workers):
        if self.gpu is None:
            return [f"--devices=cpu*{workers}"]
        return [f"--devices={self.gpu}", f"--workers_per_device={workers}"]
