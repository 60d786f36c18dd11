r"""Prints one line of flags per run of runners/prune_at_init.

    lottery-ticket argfile_runner prune_at_init prune_at_init_argfile \
        --output_dir=results --trials=5 --densities=.2,.1,.05,.02
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import prune_at_init
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.criteria import criteria as criteria_lib
from lottery_ticket.foundations.records import paths

# Ending of an experiment's name -> flags of a sanity check.
CHECKS = {
    "": {},
    "shuffle": {"shuffle": True},
    "reinit": {"reinitialize": True},
    "invert": {"invert_scores": True},
}
# What is a random mask too, whose layers share the density by ERK; and what is
# trained with it.
_ERK = {"criterion": "random", "allocation": "erk"}
BASELINES = {
    "erk": _ERK,
    # With 200, the source's alpha, or 10, some diverge (digits, rate .1).
    "erk_ham": {**_ERK, "hooks": "ham:alpha=1"},
    "set": {**_ERK, "hooks": "set"},
    "rigl": {**_ERK, "hooks": "rigl"},
}


def lines(
    output_dir: str,
    *,
    criteria: str = "random,large_init,snip,grasp,synflow",
    densities: tuple[float, ...] = (0.2, 0.1, 0.05, 0.02, 0.01),
    checks: str = "",
    dense: bool = True,
    trials: int = 5,
    first_trial: int = 1,
) -> list[str]:
    """Prints one line of flags per trial, criterion, density and sanity check.

    Runs lie in OUTPUT_DIR/trial1/{i}/{criterion}/ at the i-th of the densities
    (those of random in random_at_init), sanity checks in
    .../{criterion}_{check}/, the dense network in OUTPUT_DIR/trial1/0/dense/.
    Any flag of prune_at_init (--recipe,
    --allocation, --training_len, ...) may be given too; it goes into every
    line.

    Args:
        output_dir: Folder of the results; trials go to OUTPUT_DIR/trial1, ...
        criteria: Criteria, such as snip,synflow; and baselines that start from
            a random mask whose layers share the density by ERK: erk (which
            stays), erk_ham (with --hooks=ham:alpha=1), set and rigl (which
            change in training).
        densities: Densities, in falling order.
        checks: Sanity checks to add to each run, of shuffle (each layer's mask
            permuted), reinit (fresh weights) and invert (highest scores
            pruned), such as shuffle,reinit,invert.
        dense: Whether to train the dense network as well.
        trials: Number of trials.
        first_trial: Number of the first one.

    Raises:
        ValueError: If a name is unknown, there are no trials, or densities are
            out of range or do not fall.
    """
    chosen = sweep.known(
        "criterion",
        sweep.words(criteria),
        [*criteria_lib.CRITERIA, *BASELINES],
    )
    added = ["", *sweep.known("check", sweep.words(checks), [*CHECKS][1:])]
    for density in densities:
        prune_at_init.Target(density)
    sweep.check_fall(densities)
    runs = [
        (level, _name(criterion, check), criterion, density, CHECKS[check])
        for level, density in enumerate(densities, start=1)
        for criterion in chosen
        for check in added
    ]
    if dense:
        runs.insert(0, (0, "dense", "random", 1.0, {}))
    return [
        sweep.line(
            output_dir=paths.run(folder, level, experiment),
            seed=trial,
            **BASELINES.get(name, {"criterion": name}),
            density=density,
            **check_flags,
        )
        for trial, folder in sweep.trials(output_dir, trials, first_trial)
        for level, experiment, name, density, check_flags in runs
    ]


def _name(criterion, check):
    # A control of tickets is called random, too.
    criterion = "random_at_init" if criterion == "random" else criterion
    return f"{criterion}_{check}" if check else criterion


if __name__ == "__main__":
    flags.print_lines(lines, prune_at_init.plan)
