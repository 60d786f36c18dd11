r"""Prints one line of flags per run of runners/gem_miner.

    lottery-ticket argfile_runner gem_miner gem_miner_argfile \
        --recipe=mnist_fc_gem --output_dir=results --trials=2 \
        --densities=.05,.0144,.0059 --regularization_weights=1e-5,3e-5,1e-4
"""

import math

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import gem_miner
from lottery_ticket.experiments.stages.gem import (
    gem_search,
    gem_stages,
    imp_search,
)
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import steps

# Method -> its own flags. No name ends in a digit, which would be a run's id.
METHODS = {
    "gem_miner": {"algo": "hc_iter"},
    "hc": {"algo": "hc", "regularization": "L2"},
    "ep": {"algo": "ep"},
    "global_ep": {"algo": "global_ep"},
    "global_ep_iter": {"algo": "global_ep_iter"},
    "global_ep_l2_iter": {"algo": "global_ep_iter", "regularization": "L2"},
    "signed": {"algo": "signed"},
    "cts_kl": {"algo": "concrete"},
    "cts": {"algo": "concrete", "objective": "loss"},
    "cts_kl_warm": {"algo": "concrete"},
    "cts_warm": {"algo": "concrete", "objective": "loss"},
    "gaussian": {"algo": "gaussian"},
    "hard_concrete": {"algo": "hard_concrete"},
    "sr": {"algo": "sr"},
    "imp": {"algo": "imp"},
    "imp_warm": {"algo": "imp"},
    "lr_rewind": {"algo": "imp", "retraining": "lr_rewind"},
    "random": {"algo": "random"},
    "wt": {"algo": "wt"},
}
WEIGHTED = ("gem_miner", "hc", "global_ep_l2_iter")
PERIODIC = ("gem_miner", "global_ep_iter", "global_ep_l2_iter")
ONCE = ("signed",)  # No density is asked for: one run, at the first.
CTS_WARM = ("cts_kl_warm", "cts_warm")
GATED = ("gaussian", "hard_concrete")
INVERTED = ("gem_miner", "cts_kl", "cts", *CTS_WARM, *GATED)
ROUNDS = ("imp", "imp_warm", "lr_rewind")
_MOMENTUM = {"optimizer": "momentum", "lr": 0.1}
_OF_ROUNDS = {
    **_MOMENTUM,
    "schedule": "piecewise",
    "lr_drops": "2ep,3ep",
    "weight_decay": 0.0001,
    "fine_tune_lr": 0.1,
}
# Method -> flags that it was published with for ResNet-20 on CIFAR-10, where
# they are neither its recipe's nor gem_miner's usual ones.
PUBLISHED = {
    "ep": {
        **_MOMENTUM,
        "schedule": "cosine_by_epoch",
        "weight_decay": 0.0005,
        "train_batch_size": 256,
        "fine_tune_lr": 0.1,
        "fine_tune_schedule": "cosine_by_epoch",
    },
    "sr": {"scale_fan": "legacy", "fine_tune_lr": 0.1},
    "random": {"fine_tune_lr": 0.1},
    **dict.fromkeys(ROUNDS, _OF_ROUNDS),
}


def lines(
    output_dir: str,
    *,
    methods: str = "gem_miner,ep,global_ep,global_ep_iter,global_ep_l2_iter,"
    "sr,imp,lr_rewind,random,wt",
    densities: tuple[float, ...] = (0.5, 0.2, 0.05, 0.0144, 0.0059),
    regularization_weights: tuple[float, ...] = (),
    gate_penalties: tuple[float, ...] = (),
    prune_period: int | None = None,
    warm_iteration: str = "1000it",
    checks: str = "",
    published: bool = False,
    trials: int = 3,
    first_trial: int = 1,
) -> list[str]:
    """Prints one line of flags per trial, method and density.

    Runs lie in OUTPUT_DIR/trial1/{i}/{method}/ at the i-th of the densities,
    the dense network in OUTPUT_DIR/trial1/0/wt/. Methods of one trial start
    from the same seed. Any flag of gem_miner (--recipe, --training_len, ...)
    may be given too; it goes into every line, so it must fit all methods:
    fine_tune_lr, say, does not fit wt, whose lines take a call of their own.
    Lines of one method follow each other, as its densities share what is
    compiled.

    All methods are trained as the recipe says and fine-tuned alike, unless
    published gives each its own.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), and the
    configs of the authors' code. Differs, with published: lengths and precision
    are the recipe's, but for rounds of 5 epochs, each of which leaves what a
    density asks for after as many rounds as .2 a round would take, about; wt is
    as the recipe says, and published in configs/rare_gems.yaml. Of global_ep
    and its relatives no settings of their own are known here.

    Args:
        output_dir: Folder of the results; trials go to OUTPUT_DIR/trial1, ...
        methods: Of gem_miner; hc (the same without pruning events, so that its
            regularization_weight says how much is kept); ep (edge-popup in each
            layer), global_ep (of all layers), global_ep_iter (which gets there
            gradually), global_ep_l2_iter (with L2 on its scores, too); signed
            (the signed supermask, which is not asked how much it keeps: one run
            a trial, beside those of the first density); cts_kl and cts
            (Concrete Ticket Search, whose weights are trained as the recipe
            says: no fine_tune flag fits), and cts_kl_warm and cts_warm (the
            same in weights that wt, which they need, had at warm_iteration);
            gaussian and hard_concrete (gates, which have gate_penalties for
            densities); sr (smart ratio); imp (rewound to the start), imp_warm
            (to warm_iteration), lr_rewind (whose learning rate alone is
            rewound); random; and wt, the dense network. Without it, all but hc,
            signed, those of Concrete Ticket Search, gates and imp_warm.
        densities: Densities, in falling order.
        regularization_weights: Lambda at each of the densities, or one for all,
            of gem_miner, hc and global_ep_l2_iter. Without it, hc has none and
            is refused, the others have gem_miner's usual one.
        gate_penalties: Of gaussian and hard_concrete, which need them: lambda
            in rising order, so that the i-th one's runs lie at level i.
        prune_period: Epochs from event to event of gem_miner, global_ep_iter
            and global_ep_l2_iter, but not of a round of imp. None is usual.
        warm_iteration: What imp_warm rewinds to, in its first round of 5
            epochs: 1000it is for CIFAR-10; few images need less, such as 2ep.
            Of cts_kl_warm and cts_warm, where in wt's training they begin, in
            iterations.
        checks: Sanity checks of all methods but wt, such as
            weight_reinit,mask_shuffle; score_inversion is of gem_miner, gates
            and Concrete Ticket Search alone.
        published: Whether each method has the settings that it was published
            with for ResNet-20 on CIFAR-10: ep is trained by momentum at .1
            along a cosine, with a weight decay of 5e-4 on its scores and
            batches of 256, and fine-tuned at .1 along a cosine; sr, random and
            imp, imp_warm and lr_rewind are fine-tuned at .1 with drops; rounds
            of these three have drops, too, and a weight decay of 1e-4; sr has
            scale_fan=legacy. None of these flags can be given then.
        trials: Number of trials.
        first_trial: Number of the first one; a trial's number is its seed.

    Raises:
        ValueError: If a name is unknown, there are no trials, densities are out
            of range or do not fall, there is not one weight for each, gates
            have no penalties or such that do not rise, or a search in weights
            of wt has none, or its start is in epochs.
    """
    # Each once.
    chosen = dict.fromkeys(sweep.known("method", sweep.words(methods), METHODS))
    asked = dict.fromkeys(
        sweep.known("check", sweep.words(checks), gem_stages.CHECKS)
    )
    weights = _weights(densities, regularization_weights)
    _check_penalties(chosen, gate_penalties)
    begun = _begun(chosen, warm_iteration)
    if "hc" in chosen and not regularization_weights:
        raise ValueError(
            "hc has no density: give regularization_weights, which say what it "
            "keeps"
        )
    given = {"prune_period": prune_period, "warm_iteration": warm_iteration}
    saved = _saved(warm_iteration) if begun else {}
    runs = [(0, "wt", METHODS["wt"] | saved)] if "wt" in chosen else []
    for method in (name for name in chosen if name != "wt"):
        amounts = [*zip(densities, weights, strict=True)]
        if method in GATED:
            amounts = [(None, penalty) for penalty in gate_penalties]
        if method in ONCE:
            amounts = amounts[:1]
        for level, (density, weight) in enumerate(amounts, start=1):
            own = _own(method, density, weight, **given)
            if published:
                own |= _published(method, density)
            runs.append((level, method, own | _checks(method, asked)))
    return [
        sweep.line(
            output_dir=paths.run(folder, level, method),
            seed=trial,
            **own,
            **(_start(folder, warm_iteration) if method in begun else {}),
        )
        for trial, folder in sweep.trials(output_dir, trials, first_trial)
        for level, method, own in runs
    ]


def _weights(densities, weights):
    """The regularization weight at each density; None is the usual one."""
    sweep.check_fall(densities)
    each = weights or (None,)
    if len(each) == 1:
        each = each * len(densities)
    if len(each) != len(densities):
        raise ValueError(
            "regularization_weights must be one, or one for each of the "
            f"{len(densities)} densities. Received: {len(weights)}"
        )
    for density, weight in zip(densities, each, strict=True):
        given = {} if weight is None else {"regularization_weight": weight}
        gem_search.GemSearch(density=density, **given)
    return each


def _check_penalties(chosen, penalties):
    """Raises unless gates have penalties that rise, and nothing else has."""
    gated = [method for method in chosen if method in GATED]
    if bool(gated) != bool(penalties):
        raise ValueError(
            "gate_penalties, such as .1,1,10, are what gaussian and "
            "hard_concrete have for densities, and of those alone. Received: "
            f"{', '.join(map(str, penalties)) or 'none'} with "
            f"{', '.join(chosen)}"
        )
    if list(penalties) != sorted(set(penalties)):
        raise ValueError(
            "gate_penalties must rise, as densities fall. Received: "
            f"{', '.join(map(str, penalties))}"
        )
    for each in penalties:
        gem_search.GemSearch(gated[0], gate_penalty=each)


def _begun(chosen, warm_iteration):
    """Those methods that search in what wt had at an iteration."""
    unit, _ = steps.parse(warm_iteration)
    begun = [method for method in chosen if method in CTS_WARM]
    if begun and ("wt" not in chosen or unit != "iterations"):
        raise ValueError(
            f"{', '.join(begun)} begins where wt was at warm_iteration: "
            "methods must have wt, too, and warm_iteration must be in "
            f"iterations, such as 500it. Received: {', '.join(chosen)} and "
            f"{warm_iteration}"
        )
    return begun


def _saved(warm_iteration):
    """Flags of wt: what it starts from is saved anyway."""
    _, iteration = steps.parse(warm_iteration)
    return {"save_iterations": warm_iteration} if iteration else {}


def _start(folder, warm_iteration):
    """Flags of what begins where wt had come to at an iteration."""
    _, iteration = steps.parse(warm_iteration)
    dense = paths.run(folder, 0, "wt")
    if not iteration:
        return {"presets": paths.initial(dense)}
    return {
        "presets": paths.at_iteration(dense, iteration),
        "start_iteration": warm_iteration,
    }


def _own(method, density, weight, *, prune_period, warm_iteration):
    """Flags of a method at a density, but for sanity checks."""
    found = dict(METHODS[method])
    if method in GATED:
        return {**found, "gate_penalty": weight}
    if method not in ("hc", *ONCE):
        found["density"] = density
    if method in WEIGHTED and weight is not None:
        found["regularization_weight"] = weight
    if method in PERIODIC and prune_period is not None:
        found["prune_period"] = prune_period
    if method == "imp_warm":
        found["rewind_iteration"] = warm_iteration
    return found


def _published(method, density):
    """Flags that a method was published with; imp has rounds of .2, about."""
    found = dict(PUBLISHED.get(method, {}))
    if method in ROUNDS:
        rounds = math.log(density) / math.log(1 - imp_search.USUAL_FRACTION)
        found["imp_rounds"] = max(1, round(rounds))
    return found


def _checks(method, asked):
    fitting = [
        check
        for check in asked
        if check != "score_inversion" or method in INVERTED
    ]
    return {"sanity_checks": ",".join(fitting)} if fitting else {}


if __name__ == "__main__":
    flags.print_lines(lines, gem_miner.plan)
