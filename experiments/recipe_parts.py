"""What several recipes have in common: settings, and where they are from."""

PAPER = "Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635)"

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
    "test_interval": 100,
    "validate_interval": 100,
    "dtype": "float32",
    "strategy": "none",
}
# The paper, fig. 2, LeNet.
LENET = {
    **USUAL,
    "model": "fc",
    "hidden_units": (300, 100),
    "fractions": {"layer0": 0.2, "layer1": 0.2, "layer2": 0.1},
    "normalization": "scale",
    "optimizer": "adam",
    "lr": 1.2e-3,
    "train_batch_size": 60,
    "training_len": "50000it",
}
# The paper, fig. 2, Conv-2, Conv-4 and Conv-6.
CONV = {
    **USUAL,
    "dataset": "cifar10",
    "normalization": "scale",
    "optimizer": "adam",
    "train_batch_size": 60,
}
CONV_2 = {
    **CONV,
    "model": "conv2",
    "fractions": {"conv*": 0.1, "dense*": 0.2, "logits": 0.1},
    "lr": 2e-4,
    "training_len": "20000it",
}
CONV_4 = {
    **CONV,
    "model": "conv4",
    "fractions": {"conv*": 0.1, "dense*": 0.2, "logits": 0.1},
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
# Zhou et al. 2019: whole batches, 5,000 images held out, TF1's epsilon.
ZHOU = {"drop_partial_batch": True, "epsilon": 1e-8}
# Zhou et al. 2019, of masks that are learned: the rate is no mistake, as the
# gradient of a logit is that of its probability times a small weight.
SUPERMASK = {
    "drop_partial_batch": True,
    "optimizer": "momentum",
    "lr": 100.0,
}
CONV_SUPERMASK = {
    "drop_partial_batch": True,
    "optimizer": "adam",
    "epsilon": 1e-8,
    "lr": 0.1,
    "train_batch_size": 128,
    "training_len": "100ep",
    "test_interval": 351,
    "validate_interval": 351,
}
# The paper, fig. 2, ResNet-18 (by its layers, ResNet-20) and VGG-19.
DEEP = {
    **USUAL,
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
ZHOU_SOURCE = (
    "Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), the settings that "
    "were released with it"
)
CONV_SUPERMASK_SOURCE = (
    "Networks and data of Zhou et al. 2019 "
    "(https://arxiv.org/abs/1905.01067), whose settings for these are not "
    "known here: rate and optimizer were chosen by short runs of Conv-2"
)
CONV_SOURCE = (
    f"{PAPER}, fig. 2; images in [0, 1] without augmentation as in Zhou et al. "
    "2019 (https://arxiv.org/abs/1905.01067)"
)
DROPOUT_SOURCE = f"{PAPER}, sec. 3, dropout .5, three times the iterations"
DEEP_SOURCE = (
    f"{PAPER}, fig. 2. Not stated there: images are standardised, mirrored and "
    "cropped as in He et al. 2016 (https://arxiv.org/abs/1512.03385)"
)
