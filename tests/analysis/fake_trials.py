"""Results of several trials with accuracies by level, for tests of pairs."""

from lottery_ticket.analysis import results
from lottery_ticket.tests.analysis import fake_results


def write(output_dir, experiments, **settings):
    """Writes a run per accuracy.

    `experiments` is a dict, experiment -> dict, level -> accuracies, one per
    trial from the first on; None is a trial that lacks it.
    """
    for name, levels in experiments.items():
        for level, accuracies in levels.items():
            for trial, accuracy in enumerate(accuracies, 1):
                if accuracy is not None:
                    fake_results.write_run(
                        str(output_dir),
                        trial,
                        level,
                        name,
                        accuracy=(0.1, 0.5, accuracy),
                        validate_loss=(2, 0.25, 0.5),
                        **settings,
                    )


def read(output_dir, experiments, metric=None, **settings):
    """Writes runs as `write`, and reads them; of another headline metric."""
    write(output_dir, experiments, **settings)
    if metric is not None:
        fake_results.remeasure(output_dir, metric)
    return results.read(str(output_dir)).runs
