"""The settings of published experiments, as data; see recipes."""

from lottery_ticket.foundations.values import entries


def evaluated_every(iterations: int) -> dict[str, int]:
    """Returns the settings of two evaluations that far from each other."""
    return {"test_interval": iterations, "validate_interval": iterations}


# What a recipe has unless it says otherwise.
USUAL = {
    "image_size": None,
    "augmentation": "none",
    "subset": None,
    "random_labels": 0.0,
    "permute_labels": False,
    "drop_partial_batch": False,
    "validation_size": 5000,
    "momentum": 0.9,
    "epsilon": None,
    "schedule": "constant",
    "lr_drops": (),
    "lr_drop_factor": 0.1,
    "warmup": "0it",
    "weight_decay": 0.0,
    "decoupled_weight_decay": False,
    "label_smoothing": 0.0,
    "scope": "layerwise",
    **evaluated_every(100),
    "dtype": "float32",
    "strategy": "none",
}
# The paper, fig. 2, LeNet: its layers, and all of it.
FC = {
    "model": "fc",
    "hidden_units": (300, 100),
    "fractions": {"layer0": 0.2, "layer1": 0.2, "layer2": 0.1},
}
LENET = {
    **USUAL,
    **FC,
    "normalization": "scale",
    "optimizer": "adam",
    "lr": 1.2e-3,
    "train_batch_size": 60,
    "training_len": "50000it",
}
# The paper, fig. 2, Conv-2, Conv-4 and Conv-6.
CONV = {
    **USUAL,
    "source": (
        f"{entries.FRANKLE}, fig. 2; images in [0, 1] without augmentation as "
        f"in {entries.ZHOU}"
    ),
    "dataset": "cifar10",
    "normalization": "scale",
    "fractions": {"conv*": 0.1, "dense*": 0.2, "logits": 0.1},
    "optimizer": "adam",
    "train_batch_size": 60,
}
CONV_2 = {
    **CONV,
    "model": "conv2",
    "lr": 2e-4,
    "training_len": "20000it",
}
CONV_4 = {
    **CONV,
    "model": "conv4",
    "lr": 3e-4,
    "training_len": "25000it",
}
CONV_6 = {
    **CONV,
    "model": "conv6",
    "fractions": {"conv*": 0.15, "dense*": 0.2, "logits": 0.1},
    "lr": 3e-4,
    "training_len": "30000it",
}
DROPOUT = {
    "source": (
        f"{entries.FRANKLE}, sec. 3, dropout .5, three times the iterations"
    ),
    "expect": "No numbers at hand. Not measured here",
    "dropout": 0.5,
}
# What is no stack of layers on images, or no classes; for two cores.
BEYOND_IMAGES = {
    **USUAL,
    "source": "Not from a paper: chosen here by short runs",
    "expect": "Measured: docs/beyond_images.md",
    "normalization": "scale",
    "optimizer": "adam",
    "lr": 1e-3,
    "train_batch_size": 60,
    "training_len": "2000it",
}
# An 8x8 digit as 8 rows, or 16 patches.
DIGITS_SEQUENCES = {
    **BEYOND_IMAGES,
    "source": (
        "Not from a paper: chosen here by short runs on the 8x8 digits that "
        "scikit-learn brings along"
    ),
    "dataset": "digits",
    "validation_size": 300,
}
VIT = {
    "model": "vit",
    "fractions": {"patches": 0.1, "block*": 0.2, "logits": 0.1},
}
# Zhou et al. 2019: whole batches, 5,000 images held out, TF1's epsilon.
ZHOU = {
    "source": f"{entries.ZHOU}, the settings that were released with it",
    "drop_partial_batch": True,
    "epsilon": 1e-8,
}
# Zhou et al. 2019, of masks that are learned: the rate is no mistake, as the
# gradient of a logit is that of its probability times a small weight.
SUPERMASK = {
    "drop_partial_batch": True,
    "optimizer": "momentum",
    "lr": 100.0,
}
CONV_SUPERMASK = {
    "source": (
        f"Networks and data of {entries.ZHOU}, whose settings for these are "
        "not known here: rate and optimizer were chosen by short runs of Conv-2"
    ),
    "drop_partial_batch": True,
    "optimizer": "adam",
    "epsilon": 1e-8,
    "lr": 0.1,
    "train_batch_size": 128,
    "training_len": "100ep",
    **evaluated_every(351),
}
# The paper, fig. 2, ResNet-18 (by its layers, ResNet-20) and VGG-19.
DEEP = {
    **USUAL,
    "source": (
        f"{entries.FRANKLE}, fig. 2. Not stated there: images are "
        "standardised, mirrored and cropped as in He et al. 2016 "
        "(https://arxiv.org/abs/1512.03385)"
    ),
    "dataset": "cifar10",
    "normalization": "standardize",
    "augmentation": "crop_flip",
    # Not the ResNet's projection shortcuts (2,560 weights) and the logits.
    "fractions": {"*conv*": 0.2},
    "scope": "global",
    "optimizer": "momentum",
    "lr": 0.1,
    "schedule": "piecewise",
    "weight_decay": 1e-4,
}
RESNET_20 = {
    **DEEP,
    "model": "resnet20",
    "lr_drops": ("20000it", "25000it"),
    "train_batch_size": 128,
    "training_len": "30000it",
}
VGG_19 = {
    **DEEP,
    "model": "vgg19",
    "last_pooling": "average",
    "lr_drops": ("56000it", "84000it"),
    "train_batch_size": 64,
    "training_len": "112000it",
}
HIGH_LR = {
    "expect": (
        "Paper: at this rate iterative pruning finds no winning tickets. Not "
        "measured here"
    ),
}
LOW_LR = {
    "source": (
        f"{DEEP['source']}. A rate of .01, which drops at the same iterations"
    ),
    "expect": "Paper: finds winning tickets. Not measured here",
    "lr": 0.01,
}
# Settings by name; "source" says where they come from, "expect" what should
# come out.
RECIPES = {
    "digits_fc": {
        "source": (
            "Not from a paper: mnist_fc's settings on the 8x8 digits that "
            "scikit-learn brings along, for the whole effect in seconds"
        ),
        "expect": (
            "Measured over 5 trials: 98.7 % dense, 97.5 % at a density of "
            "1.7 %, where reinitialised networks fall to 94.1 %"
        ),
        **LENET,
        "dataset": "digits",
        "validation_size": 300,
        "training_len": "2000it",
    },
    "mnist_fc": {
        "source": f"{entries.FRANKLE}, fig. 2",
        "expect": (
            "Paper, fig. 3 and 4: dense about 98 %, more than .3 points above "
            "that at a density of 13.5 %, back to dense at 3.6 %. Measured "
            "over 5 trials: 98.01 %, 98.27 %, 98.06 %"
        ),
        **LENET,
        "dataset": "mnist",
    },
    "mnist_fc_2018": {
        "source": (
            "The code that Google released in 2018. Differs: it held out no "
            "images for validation, which early stopping needs"
        ),
        "expect": "The effect of mnist_fc; the release states no numbers",
        **LENET,
        "dataset": "mnist",
        "normalization": "l2",
        "optimizer": "sgd",
        "lr": 0.1,
        "train_batch_size": 64,
    },
    "fashion_mnist_fc": {
        "source": (
            "mnist_fc's settings on Fashion-MNIST, Xiao et al. 2017 "
            "(https://arxiv.org/abs/1708.07747), which the 2018 code promised"
        ),
        "expect": "Xiao et al.: dense networks in their benchmark reach 87 %",
        **LENET,
        "dataset": "fashion_mnist",
    },
    **{
        f"cifar10_{conv['model']}": {
            "expect": (
                f"Paper: lowest validation loss {sooner} times sooner than "
                f"dense at a density of {density} %, test accuracy up to "
                f"{points} points above dense, at {best} %. Not measured here"
            ),
            **conv,
        }
        for conv, sooner, density, points, best in (
            (CONV_2, 3.5, 8.8, 3.4, 4.6),
            (CONV_4, 3.5, 9.2, 3.5, 11.1),
            (CONV_6, 2.5, 15.1, 3.3, 26.4),
        )
    },
    **{
        f"cifar10_{conv['model']}_dropout": {
            **conv,
            **DROPOUT,
            "lr": lr,
            "training_len": length,
        }
        for conv, lr, length in (
            (CONV_2, 3e-4, "60000it"),
            (CONV_4, 2e-4, "75000it"),
            (CONV_6, 2e-4, "90000it"),
        )
    },
    "mnist_fc_zhou": {
        "expect": (
            "A public rerun, mean of 5 trials at the lowest validation loss: "
            "97.92 % dense, 98.37 % at a density of 16.9 %, 96.99 % at 1.2 %; "
            "pruned at random 97.52 % and 87.54 %"
        ),
        **LENET,
        **ZHOU,
        "dataset": "mnist",
        "training_len": "55ep",
    },
    **{
        f"cifar10_{conv['model']}_zhou": {
            "expect": f"Paper: dense {accuracy} %. Not measured here",
            **conv,
            **ZHOU,
            "training_len": length,
        }
        for conv, length, accuracy in (
            (CONV_2, "27ep", 69.2),
            (CONV_4, "34ep", 75.4),
            (CONV_6, "40ep", 78.3),
        )
    },
    "digits_fc_supermask": {
        "source": (
            "Not from a paper: mnist_fc_supermask's settings on the 8x8 digits "
            "that scikit-learn brings along"
        ),
        "expect": (
            "Measured over 5 trials: 94.4 %, with dynamic weight rescaling and "
            "signed constants 97.9 %"
        ),
        **LENET,
        **SUPERMASK,
        "dataset": "digits",
        "validation_size": 300,
        "training_len": "2000it",
    },
    "mnist_fc_supermask": {
        "source": ZHOU["source"],
        "expect": (
            "Paper: 95.3 %, with dynamic weight rescaling and signed constants "
            "98.0 %"
        ),
        **LENET,
        **SUPERMASK,
        "dataset": "mnist",
        "train_batch_size": 250,
        "training_len": "2000ep",
        **evaluated_every(220),
    },
    **{
        f"cifar10_{conv['model']}_supermask": {
            "expect": (
                "Paper: with dynamic weight rescaling and signed constants "
                f"{accuracy} %. Not measured here"
            ),
            **conv,
            **CONV_SUPERMASK,
        }
        for conv, accuracy in ((CONV_2, 66.0), (CONV_4, 72.5), (CONV_6, 76.5))
    },
    "cifar10_resnet20": {**RESNET_20, **HIGH_LR},
    "cifar10_resnet20_low_lr": {**RESNET_20, **LOW_LR},
    "cifar10_resnet20_warmup": {
        **RESNET_20,
        "source": (
            f"{DEEP['source']}. 20K iterations of warmup to .03. Where the "
            "rate drops with a warmup is not known here: kept at fig. 2's 20K "
            "and 25K, counted from the start, so it drops as the warmup ends"
        ),
        "expect": "Paper: 90.5 % at a density of 27.1 %. Not measured here",
        "lr": 0.03,
        "warmup": "20000it",
    },
    "cifar10_vgg19": {**VGG_19, **HIGH_LR},
    "cifar10_vgg19_low_lr": {**VGG_19, **LOW_LR},
    "cifar10_vgg19_warmup": {
        **VGG_19,
        "source": f"{DEEP['source']}. 10K iterations of warmup to .1",
        "expect": "Paper: finds winning tickets. Not measured here",
        "warmup": "10000it",
    },
    "cifar10_resnet20_160ep": {
        **RESNET_20,
        "source": (
            "For rewinding, after Renda et al. 2020 "
            "(https://arxiv.org/abs/2003.02389), with Nesterov's momentum; "
            "160 epochs, drops at 80 and 120, batch and weight decay as in "
            "Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002). "
            "Evaluated once per epoch, 352 batches"
        ),
        "expect": "Renda et al.: dense about 91.7 %. Not measured here",
        "optimizer": "nesterov",
        "lr_drops": ("80ep", "120ep"),
        "training_len": "160ep",
        **evaluated_every(352),
    },
    "digits_lstm": {
        **DIGITS_SEQUENCES,
        "model": "lstm",
        "hidden_units": (32,),
        "fractions": {"lstm*": 0.2, "logits": 0.1},
        "lr": 3e-3,
    },
    "digits_vit": {
        **DIGITS_SEQUENCES,
        **VIT,
        "training_len": "1000it",
    },
    "cifar10_vit": {
        **BEYOND_IMAGES,
        **VIT,
        "model": "vit8",
        "dataset": "cifar10",
        "validation_size": 1000,
        "normalization": "standardize",
        "train_batch_size": 64,
        "training_len": "400it",
        **evaluated_every(400),
    },
    "inequalities_transformer": {
        **BEYOND_IMAGES,
        "model": "transformer",
        "dataset": "inequalities",
        "validation_size": 500,
        "fractions": {"block*": 0.2, "logits": 0.1},
        "training_len": "800it",
    },
    "diabetes_fc": {
        **BEYOND_IMAGES,
        **FC,
        "dataset": "diabetes",
        "validation_size": 50,
        "normalization": "standardize",
        "train_batch_size": 50,
        "training_len": "500it",
    },
    "shapes_fc": {
        **BEYOND_IMAGES,
        **FC,
        "dataset": "shapes",
        "validation_size": 500,
    },
    "own_model": {
        "source": (
            "Not from a paper: settings to begin with for a network, and "
            "maybe a dataset, of one's own"
        ),
        "expect": "Depends on the network: compare with its level 0",
        **USUAL,
        "dataset": None,
        "model": None,
        "fractions": {"*": 0.2},
        "normalization": "scale",
        "validation_size": None,
        "optimizer": "adam",
        "lr": 1e-3,
        "train_batch_size": 128,
        "training_len": "10ep",
    },
}
