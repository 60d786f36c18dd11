"""Ways between masks for tests, with numbers that can be checked by hand."""

from lottery_ticket.foundations.records import paths, sealed


def write_way(
    output_dir,
    trial,
    name="mask_connectivity",
    *,
    level=1,
    test=((0.9,), (0.5,), (0.7,)),
    alphas=(0.0, 0.5, 1.0),
    hamming=0.25,
    settings=None,
    **changed,
):
    """Writes a finished way; `test` are accuracies, a tuple per point.

    Those on the training set are 1, all losses are 2 less the accuracy.
    """
    directory = paths.run(paths.trial(output_dir, trial), level, name)
    accuracies = {"train": [[1.0] * len(each) for each in test]}
    accuracies["test"] = [list(each) for each in test]
    splits = {
        split: {
            "loss": [[2 - value for value in each] for each in columns],
            "accuracy": columns,
        }
        for split, columns in accuracies.items()
    }
    settings_of_way = {
        "way": "probabilistic",
        "round_masks": False,
        "norm_statistics": "interpolated",
        "draws": len(test[0]),
        "first": f"{trial}a",
        "second": f"{trial}b",
        "model": "fc",
    }
    errors = [1 - sum(each) / len(each) for each in test]
    barrier = max(errors) - (errors[0] + errors[-1]) / 2
    record = {
        "settings": {**settings_of_way, **(settings or {})},
        "alpha": list(alphas),
        "distance": [[hamming * alpha] * len(test[0]) for alpha in alphas],
        "density": [[0.05 + 0.01 * alpha] * len(test[0]) for alpha in alphas],
        "splits": splits,
        "barriers": {"train": 0.0, "test": barrier},
        "norm_examples": 0,
        "hamming": {"all": hamming, "layers": {"z": [3, 4], "a": [0, 8]}},
    }
    path = f"{directory}/mask_connectivity.json"
    sealed.write(path, {**record, **changed})
    return directory


def write_ways(output_dir):
    """Writes two trials of the probabilistic way, and of a linear one.

    Test accuracies half-way are .5 and .6 of two draws, .1 less in trial 2;
    those of the linear way .8. The ends have .9 and .7.
    """
    for trial in (1, 2):
        less = 0.1 * (trial - 1)
        draws = ((0.9, 0.9), (0.5 - less, 0.6 - less), (0.7, 0.7))
        write_way(output_dir, trial, test=draws)
        write_way(
            output_dir,
            trial,
            "mask_connectivity_linear",
            test=((0.9,), (0.8,), (0.7,)),
            settings={"way": "linear"},
        )
