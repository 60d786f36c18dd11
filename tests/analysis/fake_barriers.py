"""Lines between finished networks for tests, with numbers to check by hand."""

from lottery_ticket.foundations.records import paths, sealed

ALPHAS = (0.0, 0.5, 1.0)


def write_barrier(
    output_dir,
    trial,
    level,
    name="norm_barrier",
    *,
    test=(0.1, 0.5, 0.3),
    train=(0.0, 0.25, 0.0),
    settings=None,
    **changed,
):
    """Writes a finished line, its two layers at density 2**-level."""
    directory = paths.run(paths.trial(output_dir, trial), level, name)
    errors = {"train": list(train), "test": list(test)}
    barriers = {
        split: max(error) - (error[0] + error[-1]) / 2
        for split, error in errors.items()
    }
    own = {"first": f"{trial}", "second": "norms", "points": len(test)}
    record = {
        "settings": {**own, **(settings or {})},
        "alpha": list(ALPHAS[: len(test)]),
        "splits": {
            split: {"error": error, "loss": [1.0, 2.0, 1.5][: len(error)]}
            for split, error in errors.items()
        },
        "barriers": barriers,
        "is_stable": max(barriers.values()) < 0.02,
        "norm_examples": 128,
        "density": {"layer0": [64 >> level, 64], "layer1": [32 >> level, 32]},
    }
    sealed.write(f"{directory}/barrier.json", {**record, **changed})
    return directory


def write_barriers(output_dir):
    """Writes two trials of two levels, and of one line of another name.

    Test errors half-way are .5, and .02 more in trial 2.
    """
    for trial in (1, 2):
        for level in (1, 2):
            test = (0.1, 0.5 + 0.02 * (trial - 1), 0.3)
            write_barrier(output_dir, trial, level, test=test)
        flat = {"test": (0.1, 0.1, 0.1), "train": (0.0, 0.0, 0.0)}
        write_barrier(output_dir, trial, 2, "transfers", **flat)
