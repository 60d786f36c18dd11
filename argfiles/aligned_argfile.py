r"""Prints one line of flags per training of another draw, for runners/train.

    lottery-ticket argfile_runner train aligned_argfile \
        --output_dir=results --recipe=digits_fc --levels=0,6,7 \
        --start_iteration=500it
"""

from lottery_ticket.argfiles import align_argfile, sweep
from lottery_ticket.experiments import train
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import seeds, steps


def lines(
    output_dir: str,
    *,
    levels: str,
    start_iteration: str,
    matchings: str = "activations,random",
    trials: int = 5,
    first_trial: int = 1,
    experiment_name: str = align_argfile.USUAL_NAME,
) -> list[str]:
    """Prints one line of flags per trial, and per level and masks.

    Level 0 is the other draw of each trial, dense: OUTPUT_DIR/trial1/0/
    other_draw, which has the trial's seeds but for that of its weights. Others
    start from its weights at start_iteration, under masks of the lottery
    experiment's tickets in the same output_dir: as they are, in
    OUTPUT_DIR/trial1/{level}/naive, and as align_argfile's lines have permuted
    them, in .../permuted, .../permuted_weights and .../permuted_random. The
    recipe's flags have to be those of that experiment; they, and any flag of
    train, go into every line.

    Source: Adnan et al. 2025 (https://arxiv.org/abs/2505.05143).

    Args:
        output_dir: Folder that holds trial1, trial2, ...
        levels: 0, and levels of tickets, such as 0,8,12 or 6-12.
        start_iteration: Length of training that lies before, to which the
            tickets were rewound, such as 500it.
        matchings: As of align_argfile.
        trials: Number of trials.
        first_trial: Number of the first one.
        experiment_name: Name of the lottery experiment's runs.

    Raises:
        ValueError: If levels or start_iteration cannot be read, a matching is
            unknown or there are no trials.
    """
    names = sweep.words(matchings)
    chosen = sweep.known("matching", names, align_argfile.ENDINGS)
    wanted, found = sweep.levels(levels), []
    for trial, folder in sweep.trials(output_dir, trials, first_trial):
        other = align_argfile.other_draw(folder, experiment_name)
        draw = {
            "seed": trial,
            "init_seed": seeds.derive(trial, align_argfile.OTHER_DRAW),
        }
        saved, start = _start(other, start_iteration)
        if 0 in wanted:
            found.append(sweep.line(output_dir=other, **draw, **saved))
        found += [
            sweep.line(output_dir=own, masks=paths.masks(run), **draw, **start)
            for level in wanted
            if level
            for own, run in _masked(folder, level, chosen, experiment_name)
        ]
    return found


def _masked(folder, level, chosen, experiment_name):
    """Pairs: folder of a training, and that with its masks."""
    named = {
        f"permuted{align_argfile.ENDINGS[each]}": align_argfile.alignment(
            folder, level, each, experiment_name
        )
        for each in chosen
    }
    named = {"naive": paths.run(folder, level, experiment_name), **named}
    usual = align_argfile.USUAL_NAME
    return [
        (paths.run(folder, level, sweep.beside(n, experiment_name, usual)), run)
        for n, run in named.items()
    ]


def _start(other, start_iteration):
    """Flags of the dense run, and of those that start from its weights."""
    unit, number = steps.parse(start_iteration)
    if unit != "iterations":
        raise ValueError(
            "start_iteration must be in iterations, such as 500it: folders of "
            f"weights are named so. Received: {start_iteration}"
        )
    if not number:
        return {}, {"presets": paths.initial(other)}
    return {"save_iterations": start_iteration}, {
        "presets": paths.at_iteration(other, number),
        "start_iteration": start_iteration,
    }


if __name__ == "__main__":
    flags.print_lines(lines, train.plan)
