"""The recipes of Concrete Ticket Search, as data; see recipes.

Each is the training of the weights. The search of `gem_miner --algo=concrete`
has its rate and its length, and all else of its own.
"""

from lottery_ticket.experiments.settings import recipe_table

PAPER = "Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142)"
RELEASED = f"{PAPER}, the code released with it"
DIFFERS = (
    "Differs: gradients are not clipped to a norm of 2, images are padded with "
    "zeros, not reflected, scales of norms start at 1, not at draws of U(0, 1)"
)
CTS = {
    **recipe_table.USUAL,
    "fractions": {"*": 0.2},
    "scope": "global",
    "normalization": "standardize",
    "optimizer": "momentum",
    "lr": 0.1,
    "schedule": "piecewise",
    "weight_decay": 1e-3,
}
FC = {
    **CTS,
    "model": "fc",
    "hidden_units": (300, 100),
    "normalization": "scale",
    "train_batch_size": 128,
}
CIFAR = {
    **CTS,
    "dataset": "cifar10",
    "augmentation": "crop_flip",
    "train_batch_size": 512,
    "training_len": "160ep",
    "lr_drops": ("80ep", "120ep"),
    # Once an epoch: of 45,000 images, 88 batches.
    **recipe_table.evaluated_every(88),
}
RECIPES = {
    "digits_fc_cts": {
        "source": (
            "Not from the paper, which has no dense networks: its settings for "
            "CIFAR-10, with batches of 128, for mnist_fc's network on the 8x8 "
            "digits that scikit-learn brings along"
        ),
        "expect": (
            "Measured over 3 trials, CTS before and after training: 42.3 % and "
            "95.7 % at a density of .01, 69.7 % and 97.0 % at .02; the dense "
            "network 98.4 %. See docs/frontier/cts.md"
        ),
        **FC,
        "dataset": "digits",
        "validation_size": 300,
        "training_len": "2000it",
        "lr_drops": ("1000it", "1500it"),
    },
    "mnist_fc_cts": {
        "source": (
            "Not from the paper, which has no dense networks: digits_fc_cts "
            "for MNIST, in 20 epochs"
        ),
        "expect": (
            "Measured over 3 trials, CTS after training: 94.2 % at .01, 92.1 % "
            "at .005"
        ),
        **FC,
        "dataset": "mnist",
        "training_len": "20ep",
        "lr_drops": ("10ep", "15ep"),
        **recipe_table.evaluated_every(430),
    },
    "cifar10_resnet20_cts": {
        "source": (
            f"{RELEASED}. It rewinds to epoch 9 and trains in mixed precision. "
            f"{DIFFERS}; shortcuts have 1x1 convolutions, not 3x3"
        ),
        "expect": (
            "Published result files, n = 3, rewound to epoch 9, "
            "--objective=loss: 90.1 % at a density of .262, 87.7 % at .107, "
            "84.9 % at .044, 80.6 % at .018, 77.5 % at .0115, 72.2 % at "
            ".00738, 64.7 % at .00472; from the draw 82.8 % at .044, 71.7 % at "
            ".0115. IMP, rewound: 89.1 % at .044, 76.0 % at .0115, 68.4 % at "
            ".00738: better above a density of .015. Not measured here"
        ),
        **CIFAR,
        "model": "resnet20",
        "shortcut": "projection",
    },
    "cifar10_vgg16_cts": {
        "source": (
            f"{RELEASED}. It rewinds to epoch 15 and trains in mixed "
            f"precision. {DIFFERS}; the logits can be pruned, too"
        ),
        "expect": (
            "Published result files, n = 3, rewound to epoch 15, "
            "--objective=loss: 92.9 % at a density of .107, 92.4 % at .044, "
            "91.1 % at .0115, 89.5 % at .00472, 84.6 % at .00124. IMP, "
            "rewound: 94.1 % at .044, 93.4 % at .0115, 89.5 % at .00124: "
            "better down to .0005. Not measured here"
        ),
        **CIFAR,
        "model": "vgg16",
    },
}
