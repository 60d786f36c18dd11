"""Recipes: the settings of published experiments, each open to change."""

import dataclasses

from lottery_ticket.experiments import (
    recipe_checks,
    recipe_models,
    recipe_table,
    recipe_table_gem,
)
from lottery_ticket.foundations import names, optimizers, schedules, seeds
from lottery_ticket.models import user_model

RECIPES = {**recipe_table.RECIPES, **recipe_table_gem.RECIPES}
SEEDS = ("init", "train_order", "split", "augment")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A recipe's settings; what is not given is as RECIPES has it.

    Args:
        recipe: One of digits_fc, mnist_fc, mnist_fc_2018, fashion_mnist_fc,
            cifar10_conv2, cifar10_conv4, cifar10_conv6, cifar10_resnet20,
            cifar10_vgg19, cifar10_resnet20_160ep; with the ending _dropout
            (conv2, conv4, conv6), _low_lr or _warmup (resnet20, vgg19) the
            paper's variants, with _zhou (mnist_fc, conv2, conv4, conv6) those
            of Zhou et al. 2019, with _supermask (the same, digits_fc) settings
            to learn masks by; with _gem (digits_fc, mnist_fc, cifar10_conv4,
            cifar10_resnet18, cifar10_resnet20, cifar10_vgg16,
            cifar10_wide_resnet28, cifar10_mobilenet_v2, cifar100_resnet32,
            tiny_imagenet_resnet18, tiny_imagenet_resnet50,
            caltech101_resnet50, imagenet_resnet50) those of Sreenivasan et al.
            2022; or own_model, which needs --model and --dataset.
            The flags from --dataset to --augment_seed override what it says.
        dataset: digits (bundled), mnist, fashion_mnist, cifar10 or another
            name in datasets/registry.py, or the path of a dataset.
        data_dir: Folder with NAME.npz in Keras's layout, or with the folders
            in which tiny_imagenet, imagenet and caltech101 are distributed;
            without it, tensorflow-datasets fetches the data. A finished run
            stays finished when the data changes.
        image_size: Height and width that images are resized to; None keeps
            the dataset's own.
        train_batch_size: Examples in one iteration.
        validation_size: Training examples held out for validation. With
            another dataset than the recipe's, the usual number of that one.
        subset: How many training examples to use, a fraction if at most 1,
            else their number; None uses all.
        drop_partial_batch: Whether an epoch leaves out its last batch if that
            is smaller than the others.
        normalization: scale (to [0, 1]), l2 (each image divided by its
            Euclidean norm), standardize (each channel less its mean, over its
            standard deviation) or none.
        augmentation: What is done to training images at random, none,
            crop_flip, flip or resized_crop.
        permute_labels: Whether to rename the classes at random.
        random_labels: Fraction of the training examples whose labels are drawn
            at random.
        model: Name of the network, or path/to/file.py:function of a function
            that makes a Keras model.
        hidden_units: Units of the hidden dense layers, such as 300,100; None,
            here and up to use_bias, is the network's own default.
        width: Factor of the network's width.
        dropout: Fraction of units that dropout leaves out.
        shortcut: How a residual network's shortcuts change their shape,
            projection or pad.
        affine: Whether batch normalisation has a scale and an offset.
        mask_shortcuts: Whether the kernels of projection shortcuts can be
            pruned.
        last_pooling: What pools the last images of a VGG, max or average.
        use_bias: Whether the logits have a bias, or all layers where there is
            no batch normalisation.
        optimizer: sgd, momentum, nesterov, adam or rmsprop.
        momentum: Of the optimizers momentum and nesterov, from 0 to below 1.
        epsilon: Of the optimizers adam and rmsprop, above 0: what keeps their
            division from that by 0. None is Keras's, 1e-7.
        lr: Learning rate, the highest one of a schedule.
        schedule: constant, piecewise (drops at lr_drops), cosine (falls to 0
            at the end of training) or cosine_by_epoch (falls likewise, after
            each epoch).
        lr_drops: When the rate drops, counted from the start of training, such
            as 20000it,25000it or 80ep,120ep.
        lr_drop_factor: What each drop multiplies the rate by.
        warmup: Length over which the rate grows from 0 first, such as 20000it.
        weight_decay: This times each trained variable is added to its
            gradient, biases and batch normalisation included.
        decoupled_weight_decay: Whether weight_decay times rate times variable
            is subtracted from the variable instead.
        label_smoothing: Share of each label that is spread over all classes.
        training_len: Length of each training run, '50000it' or '20ep'.
        fractions: Fraction of the weights still kept to prune at each level,
            in [0, 1], for each layer or pattern of layers, such as
            "conv*=.1,dense*=.2,logits=.1". Layers that are not named are not
            pruned. With another model than the recipe's, fractions and scope
            are those of the first recipe for that model, or for one of its
            kind, if there is one.
        scope: layerwise prunes each layer by its fraction, global the lowest
            weights of all layers together, which then share one fraction.
        test_interval: Iterations between two evaluations on the test set.
        validate_interval: The same for the validation set.
        dtype: float32, mixed_bfloat16 or mixed_float16, which compute in 16
            bits and keep weights in 32.
        jit: Whether to compile with XLA; None decides by device and network.
        strategy: none, or mirrored to share each batch between all GPUs.
        seed: Master seed; the seeds below derive from it unless given.
        init_seed: Seed of the initial weights.
        train_order_seed: Seed of the order of the training examples.
        split_seed: Seed of the choice of validation examples.
        augment_seed: Seed of the augmentation.
    """

    recipe: str = "digits_fc"
    dataset: str | None = None
    data_dir: str | None = None
    image_size: int | None = None
    train_batch_size: int | None = None
    validation_size: int | None = None
    subset: float | int | None = None
    drop_partial_batch: bool | None = None
    normalization: str | None = None
    augmentation: str | None = None
    permute_labels: bool | None = None
    random_labels: float | None = None
    model: str | None = None
    hidden_units: tuple[int, ...] | None = None
    width: float | None = None
    dropout: float | None = None
    shortcut: str | None = None
    affine: bool | None = None
    mask_shortcuts: bool | None = None
    last_pooling: str | None = None
    use_bias: bool | None = None
    optimizer: str | None = None
    momentum: float | None = None
    epsilon: float | None = None
    lr: float | None = None
    schedule: str | None = None
    lr_drops: tuple[str, ...] | None = None
    lr_drop_factor: float | None = None
    warmup: str | None = None
    weight_decay: float | None = None
    decoupled_weight_decay: bool | None = None
    label_smoothing: float | None = None
    training_len: str | None = None
    fractions: dict[str, float] | None = None
    scope: str | None = None
    test_interval: int | None = None
    validate_interval: int | None = None
    dtype: str | None = None
    jit: bool | None = None
    strategy: str | None = None
    seed: int = 0
    init_seed: int | None = None
    train_order_seed: int | None = None
    split_seed: int | None = None
    augment_seed: int | None = None

    def __post_init__(self):
        """Fills in what is not given, and checks all.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                setting is given that the others leave without effect.
            FileNotFoundError: If a dataset or model is a path without a file.
        """
        names.check("recipe", self.recipe, RECIPES)
        usual = self._usual()
        recipe_checks.check_given(self, usual)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            value = usual.get(field.name) if value is None else value
            value = tuple(value) if isinstance(value, list) else value
            object.__setattr__(self, field.name, value)
        recipe_checks.check(self)
        if self.subset is not None and self.subset > 1:
            object.__setattr__(self, "subset", int(self.subset))

    def settings(self) -> dict:
        """Returns all that shapes the results, as JSON values.

        Where the data lies does not; the data's checksum is recorded.
        """
        settings = dataclasses.asdict(self)
        del settings["data_dir"]
        if user_model.is_own(self.model):
            settings["model_code"] = user_model.fingerprint(self.model)
        return settings

    def model_options(self) -> dict:
        """Returns the model's options that are not its defaults, by name."""
        options = {
            name: getattr(self, name) for name in recipe_checks.MODEL_OPTIONS
        }
        return {
            name: value for name, value in options.items() if value is not None
        }

    def learning_rate_schedule(self) -> schedules.Schedule:
        """Returns how the learning rate changes, for `optimizer_fn`."""
        settings = {"name": self.schedule, "warmup": self.warmup}
        if self.lr_drop_factor is not None:
            settings["drop_factor"] = self.lr_drop_factor
        return schedules.Schedule(drops=self.lr_drops, **settings)

    def optimizer_options(self) -> dict:
        """Returns the remaining keyword arguments of `optimizer_fn`."""
        is_decoupled = self.decoupled_weight_decay
        options = {
            "decoupled_weight_decay": self.weight_decay if is_decoupled else 0.0
        }
        if self.momentum is not None:
            options["momentum"] = self.momentum
        if self.epsilon is not None:
            options["epsilon"] = self.epsilon
        return options

    def coupled_weight_decay(self) -> float:
        """Returns what training adds to gradients, times the variable."""
        return 0.0 if self.decoupled_weight_decay else self.weight_decay

    def _usual(self):
        """The recipe's settings, as far as they go with those given."""
        usual = dict(RECIPES[self.recipe])
        if self.model not in (None, usual["model"]):
            usual.update(recipe_models.settings(self.model, usual))
        if self.dataset not in (None, usual["dataset"]):
            usual["validation_size"] = None  # That dataset's own.
        optimizer = self.optimizer or usual["optimizer"]
        if optimizer not in optimizers.HAVE_MOMENTUM:
            usual["momentum"] = None
        if optimizer != usual["optimizer"]:
            usual["epsilon"] = None
        schedule = self.schedule or usual["schedule"]
        names.check("schedule", schedule, schedules.SCHEDULES)
        if not schedules.SCHEDULES[schedule].has_drops:
            usual.update(lr_drops=(), lr_drop_factor=None)
        derived = {
            f"{name}_seed": seeds.derive(self.seed, name) for name in SEEDS
        }
        return {**usual, **derived}
