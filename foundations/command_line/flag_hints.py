"""What to write in place of a flag that there is not."""

import difflib
from collections.abc import Iterable

SHOWN = 3
# What people write -> what it is here, {} being the value that they gave.
_MEANT = {
    "arch": "--model={}",
    "architecture": "--model={}",
    "batch_size": "--train_batch_size={}",
    "bs": "--train_batch_size={}",
    "data": "--dataset={}",
    "epochs": "--training_len={}ep",
    "num_epochs": "--training_len={}ep",
    "learning_rate": "--lr={}",
    "logdir": "--output_dir={}",
    "max_steps": "--training_len={}it",
    "network": "--model={}",
    "out": "--output_dir={}",
    "output": "--output_dir={}",
    "pretrained": "--presets={}",
    "prune_rate": "--fractions={}",
    "pruning_rate": "--fractions={}",
    "random_seed": "--seed={}",
    "rewind": "--rewind_iteration={}",
    "save_dir": "--output_dir={}",
    "scheduler": "--schedule={}",
    "steps": "--training_len={}it",
    "train_steps": "--training_len={}it",
    "val_split": "--validation_size={}",
    "wd": "--weight_decay={}",
}
_DEVICES = (
    "CUDA_VISIBLE_DEVICES=0 before a command chooses its GPU; argfile_runner "
    "has --devices=0,1"
)
_EXPLAINED = {
    "cuda": _DEVICES,
    "device": _DEVICES,
    "devices": _DEVICES,
    "gpu": _DEVICES,
    "gpus": _DEVICES,
    "num_workers": "argfile_runner has --workers_per_device",
    "overwrite": "Nothing is overwritten: use another --output_dir",
    "prune_percent": "--fractions=.2 is the part pruned at each level",
    "resume": "The same command goes on where it was stopped",
    "sparsity": "Say which part is kept, which is 1 - sparsity: --density, or "
    "--fractions, the part pruned at each level",
    "trials": "A trial is a command; lottery_experiment_argfile --trials=5 "
    "prints five, which argfile_runner runs",
    "verbose": "--quiet is what shows less",
}


def unknown(name: str, value: str, known: Iterable[str]) -> str:
    """Returns what to say of a flag that is unknown, in a line.

    Args:
        name: The flag's name.
        value: What was given for it, "" for nothing.
        known: Names of the flags that there are.
    """
    known = list(known)
    flag = _flag(name.lower())
    if flag in known:
        meant = _MEANT[name.lower()]
        shown = meant.format(value) if value else f"--{flag}"
        return f"Unknown flag {name!r}. Here it is {shown}"
    if name.lower() == "sparsity" and "density" not in known:
        return (
            f"Unknown flag {name!r}. --fractions is the part pruned at each "
            "level, such as *=.2"
        )
    if name.lower() in _EXPLAINED:
        return f"Unknown flag {name!r}. {_EXPLAINED[name.lower()]}"
    words = {word: _flag(word) for word in _MEANT if _flag(word) in known}
    words |= {each: each for each in known}
    near = difflib.get_close_matches(name, words, n=SHOWN, cutoff=0.5)
    listed = " or ".join(
        dict.fromkeys(f"--{words[each].rstrip('_')}" for each in near)
    )
    return f"Unknown flag {name!r}." + (
        f" Did you mean {listed}?" if near else " --help lists them"
    )


def _flag(word):
    """The flag that a word stands for, "" for none."""
    return _MEANT.get(word, "").lstrip("-").partition("=")[0]
