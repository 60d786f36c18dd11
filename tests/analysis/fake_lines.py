"""Lines between copies for tests, with numbers that can be checked by hand."""

from lottery_ticket.foundations.records import paths, sealed

ALPHAS = (0.0, 0.5, 1.0)


def write_line(
    output_dir,
    trial,
    level,
    iteration,
    name="instability",
    *,
    test=(0.1, 0.5, 0.3),
    train=(0.0, 0.25, 0.0),
    **changed,
):
    """Writes a finished line, its two layers at density 2**-level."""
    directory = paths.run(
        paths.trial(output_dir, trial), level, name, iteration
    )
    errors = {"train": list(train), "test": list(test)}
    splits = {
        split: {"error": error, "loss": [1.0, 2.0, 1.5][: len(error)]}
        for split, error in errors.items()
    }
    barriers = {
        split: max(error) - (error[0] + error[-1]) / 2
        for split, error in errors.items()
    }
    record = {
        "settings": {},
        "iteration": iteration,
        "alpha": list(ALPHAS[: len(test)]),
        "splits": splits,
        "barriers": barriers,
        "is_stable": max(barriers.values()) < 0.02,
        "norm_examples": 128,
        "density": {"layer0": [64 >> level, 64], "layer1": [32 >> level, 32]},
    }
    sealed.write(f"{directory}/connectivity.json", {**record, **changed})
    return directory


def write_lines(output_dir):
    """Writes two trials at levels 0 and 1, parted at iterations 0 and 500.

    Test errors half-way are .5 and, parted at 500, .2, and .02 more in trial 2;
    the ends have .1 and .3.
    """
    for trial in (1, 2):
        for level in (0, 1):
            for iteration, middle in ((0, 0.5), (500, 0.2)):
                test = (0.1, middle + 0.02 * (trial - 1), 0.3)
                write_line(output_dir, trial, level, iteration, test=test)
