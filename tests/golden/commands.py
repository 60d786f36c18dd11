"""The commands of version 0.1.0 whose results are kept, in their order.

Each runs in the folder of the tree, so that paths are relative, and for 20
iterations of a network of 900 weights.
"""

import shlex

TRAINING = (
    "--training_len=20it --test_interval=10 --validate_interval=10 --seed=1 "
    "--save_summaries=False --quiet"
)
TINY = f"--hidden_units=10,8 {TRAINING}"
# One epoch is 4 iterations.
GEM = (
    "--recipe=digits_fc_gem --hidden_units=10,8 --train_batch_size=300 "
    "--training_len=4ep --test_interval=4 --validate_interval=4 --seed=1 "
    "--prune_period=1 --save_summaries=False --quiet"
)
UNPERIODIC_GEM = GEM.replace("--prune_period=1 ", "")
DROPS = "--optimizer=momentum --lr=.05 --schedule=piecewise --lr_drops=10it"
TICKET = "--ticket=lottery/trial1/2/same_init --save_summaries=False --quiet"
RESNET = (
    "--model=resnet20 --width=.125 --optimizer=momentum --lr=.1 "
    f"--train_batch_size=30 --augmentation=crop_flip {TRAINING}"
)


def _lottery(name, flags):
    return (
        "lottery_experiment",
        f"--output_dir=lottery/trial1 --experiment_name={name} "
        f"--iterations=2 {TINY} {flags}",
    )


def _branch(name, flags):
    return "branch", f"--output_dir=lottery/trial1/2/{name} {TICKET} {flags}"


def _at_init(name, flags):
    return (
        "prune_at_init",
        f"--output_dir=at_init/trial1/1/{name} {TINY} {flags}",
    )


def _gem(name, flags, level=1):
    usual = GEM if "hc_iter" in flags or "imp" in flags else UNPERIODIC_GEM
    return (
        "gem_miner",
        f"--output_dir=gems/trial1/{level}/{name} {usual} {flags}",
    )


_LINES = [
    ("train", f"--output_dir=once/adam {TINY}".replace("=False", "=True")),
    ("train", f"--output_dir=once/sgd {TINY} --optimizer=sgd --lr=.1"),
    (
        "train",
        f"--output_dir=once/momentum {TINY} {DROPS} --warmup=5it "
        "--weight_decay=.001 --label_smoothing=.1 --normalization=standardize",
    ),
    (
        "train",
        f"--output_dir=once/nesterov {TINY} --optimizer=nesterov --lr=.1 "
        "--schedule=cosine --weight_decay=.01 --decoupled_weight_decay=True",
    ),
    (
        "train",
        f"--output_dir=once/rmsprop {TINY} --optimizer=rmsprop --epsilon=.001 "
        "--drop_partial_batch=True --random_labels=.2 --permute_labels=True",
    ),
    (
        "train",
        f"--output_dir=once/conv2 --model=conv2 --width=.0625 --dropout=.5 "
        f"--augmentation=flip {TRAINING}",
    ),
    ("train", f"--output_dir=once/resnet20 {RESNET}"),
    _lottery("same_init", ""),
    (
        "train",
        f"--output_dir=once/masked {TINY} --start_iteration=5it "
        "--masks=lottery/trial1/1/same_init/masks "
        "--presets=lottery/trial1/0/same_init/initial",
    ),
    _lottery("rewind", "--rewind_iteration=10it"),
    _lottery("restart", "--rewind_iteration=10it --restart=True"),
    _lottery("lr_rewind", "--retraining=lr_rewind"),
    _lottery("finetune", f"--retraining=finetune {DROPS}"),
    _lottery(
        "movement", "--criterion=movement --scope=global --fractions=layer*=.3"
    ),
    _lottery("snip", "--criterion=snip --score_steps=2"),
    _lottery("single", "--criterion=large_final_same_sign_single"),
    _lottery("constant", "--mask_1_action=signed_constant"),
    _lottery("frozen", "--mask_0_action=freeze_init_zero_all"),
    _lottery(
        "both",
        "--mask_1_action=random_reshuffle --mask_0_action=freeze_init",
    ),
    _lottery(
        "one_shot",
        "--densities=.5,.1 --one_shot=True --scope=global "
        "--fractions=layer*=.3",
    ),
    _lottery("target", "--target_density=.1 --invert_scores=True"),
    _lottery("legacy", "--rounding=legacy"),
    _branch("reinit", "--mask_1_action=reinit"),
    _branch("reuse", "--mask_1_action=reuse"),
    _branch("reuse_sign", "--mask_1_action=reuse_sign"),
    _branch("shuffle", "--selection=shuffle --init_seed=5"),
    _branch("random", "--selection=shuffle --mask_1_action=reinit"),
    _branch("random_global", "--selection=random_global --init_seed=5"),
    _branch("oneshot", "--selection=oneshot"),
    _branch("transfer", "--permute_labels=True"),
    (
        "reinitialize",
        f"--output_dir=lottery/trial1/2/redrawn {TINY} "
        "--masks=lottery/trial1/2/same_init/masks",
    ),
    (
        "reinitialize",
        f"--output_dir=lottery/trial1/2/redrawn_sign {TINY} "
        "--masks=lottery/trial1/2/same_init/masks "
        "--initialization_distribution=lottery/trial1/0/same_init/initial "
        "--same_sign=lottery/trial1/0/same_init/initial",
    ),
    _at_init("snip", "--criterion=snip --density=.1"),
    _at_init("grasp", "--criterion=grasp --density=.1"),
    _at_init("synflow", "--criterion=synflow --density=.1 --score_steps=5"),
    _at_init(
        "random_erk",
        "--criterion=random --density=.2 --allocation=erk "
        "--shuffle=True --reinitialize=True",
    ),
    (
        "untrained",
        "--run=lottery/trial1/0/same_init --iterations=3 --quiet "
        "--output_dir=lottery/trial1/0/untrained "
        "--criteria=large_final,random,snip,large_final_same_sign_single",
    ),
    (
        "supermask",
        f"--output_dir=lottery/trial1/0/supermask {TINY} "
        "--recipe=digits_fc_supermask --evaluation_samples=2",
    ),
    (
        "supermask",
        f"--output_dir=lottery/trial1/0/supermask_both {TINY} "
        "--recipe=digits_fc_supermask --evaluation_samples=2 "
        "--rescaling=dynamic --mask_1_action=signed_constant",
    ),
    _gem(
        "gem_miner",
        "--algo=hc_iter --density=.2 "
        "--sanity_checks=weight_reinit,mask_shuffle,score_inversion",
    ),
    _gem("ep", "--algo=ep --density=.2"),
    _gem("global_ep", "--algo=global_ep --density=.2"),
    _gem("imp", "--algo=imp --density=.2 --imp_rounds=2"),
    _gem("sr", "--algo=sr --density=.2 --sanity_checks=mask_shuffle"),
    _gem("random", "--algo=random --density=.2"),
    _gem("wt", "--algo=wt", level=0),
    (
        "instability",
        "--output_dir=lottery/trial1/2/instability10 "
        "--ticket=lottery/trial1/2/same_init --iteration=10it --points=5 "
        "--quiet",
    ),
    (
        "mask_connectivity",
        "--output_dir=gems/trial1/1/mask_connectivity --points=5 --quiet "
        "--first=gems/trial1/1/gem_miner --second=gems/trial1/1/ep",
    ),
    ("report", "--output_dir=lottery"),
    ("report", "--output_dir=at_init"),
    ("report", "--output_dir=gems"),
    ("mask_facts", "--output_dir=lottery --report_dir=lottery/facts --quiet"),
]
COMMANDS = [(name, shlex.split(flags)) for name, flags in _LINES]
# Begun by 0.1.0, and stopped halfway: command -> folder of the same, whole.
HALF_DONE = {
    "lottery_experiment": ("half_done/lottery/trial1", "lottery/trial1"),
    "gem_miner": (
        "half_done/gems/trial1/1/gem_miner",
        "gems/trial1/1/gem_miner",
    ),
}
# What `make test` runs, by key: none of them needs another; and their folders.
FEW = {
    "once/adam": "once/adam",
    "lottery/trial1/same_init": "lottery/trial1/*/same_init",
    "gems/trial1/1/sr": "gems/trial1/1/sr",
}


def output_dir(words: list[str]) -> str:
    """Returns the folder that a command writes to."""
    return _flag("output_dir", words)


def key(words: list[str]) -> str:
    """Returns what tells a command apart: its folder, and experiment if any."""
    name = _flag("experiment_name", words)
    return f"{output_dir(words)}/{name}" if name else output_dir(words)


def _flag(name, words):
    values = [w.partition("=")[2] for w in words if w.startswith(f"--{name}=")]
    return values[0] if values else ""


def halves() -> list[tuple[str, list[str]]]:
    """Returns the commands of what is half done."""
    found = []
    for name, (half, whole) in HALF_DONE.items():
        words = next(
            words
            for command, words in COMMANDS
            if command == name and output_dir(words) == whole
        )
        words = [word.replace(f"={whole}", f"={half}") for word in words]
        found.append((name, words))
    return found
