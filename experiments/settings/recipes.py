"""Recipes: the settings of published experiments, each open to change."""

import typing

import attrs

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.datasets.images import augmentation, preparation
from lottery_ticket.experiments.settings import (
    model_settings,
    recipe_table,
    recipe_table_cts,
    recipe_table_gem,
    recipe_table_signed,
)
from lottery_ticket.foundations.machine import devices, lazy, precision
from lottery_ticket.foundations.networks import output_kind
from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.training import optimizers, schedules
from lottery_ticket.foundations.training.hooks import hooks as hooks_lib
from lottery_ticket.foundations.values import fields, seeds, steps, task_kinds
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model

with lazy.imports():
    from lottery_ticket.foundations import model_base

RECIPES = {
    **recipe_table.RECIPES,
    **recipe_table_gem.RECIPES,
    **recipe_table_cts.RECIPES,
    **recipe_table_signed.RECIPES,
}
ACTIVATIONS = ("relu", "elu", "tanh")
SEEDS = ("init", "train_order", "split", "augment")
# What says how an optimizer moves, and a compiled one says itself.
_OF_OPTIMIZERS = (
    *("lr", "schedule", "lr_drops", "lr_drop_factor", "warmup", "momentum"),
    *("epsilon", "decoupled_weight_decay"),
)
DTYPES = (
    *("float32", precision.TF32, precision.BF16_PRODUCTS),
    *("mixed_bfloat16", "mixed_float16"),
)


if typing.TYPE_CHECKING:
    _Kind = typing.TypeVar("_Kind")
    Filled = typing.Annotated[_Kind, "None if not given"]
else:

    class Filled:
        """Filled[kind]: as an argument None, too, which is filled in."""

        def __class_getitem__(cls, kind):
            """Returns the type of the argument."""
            return kind | None


@fields.settings
class Recipe:
    """A recipe's settings; what is not given is as RECIPES has it."""

    recipe: str = fields.field(
        "digits_fc",
        "Settings of an experiment, which the flags from --dataset to "
        "--augment_seed override; own_model needs --model and --dataset.",
        choices=RECIPES,
        group="The recipe",
    )
    dataset: str | None = fields.left_open(
        "digits (bundled), mnist, fashion_mnist, cifar10 or another name in "
        "datasets/registry.py, the path of a dataset, PATH.csv:COLUMN, or "
        "tfds:NAME.",
        group="Data",
    )
    data_dir: str | None = fields.left_open(
        "Folder with NAME.npz in Keras's layout, or the folders that datasets "
        "are distributed in; without it, tensorflow-datasets fetches the data."
    )
    image_size: int | None = fields.left_open(
        "Height and width that images are resized to; None keeps the "
        "dataset's own.",
        at_least=1,
    )
    train_batch_size: Filled[int] = fields.left_open(
        "Examples in one iteration.", at_least=1
    )
    validation_size: int | float | None = fields.left_open(
        "Training examples held out for validation. With another dataset than "
        "the recipe's, the usual number of that one.",
        at_least=0,
    )
    subset: float | int | None = fields.left_open(
        "How many training examples to use, a fraction if at most 1, else "
        "their number; None uses all.",
        above=0,
    )
    drop_partial_batch: bool | None = fields.left_open(
        "Whether an epoch leaves out its last batch if that is smaller than "
        "the others."
    )
    normalization: str | None = fields.left_open(
        "scale (to [0, 1]), l2 (each image divided by its Euclidean norm), "
        "standardize (each channel less its mean, over its standard "
        "deviation) or none.",
        choices=preparation.NORMALIZATIONS,
    )
    augmentation: str | None = fields.left_open(
        "What is done to training images at random.",
        choices=augmentation.AUGMENTATIONS,
    )
    permute_labels: bool | None = fields.left_open(
        "Whether to rename the classes at random."
    )
    random_labels: float | None = fields.left_open(
        "Fraction of the training examples whose labels are drawn at random.",
        at_least=0,
        at_most=1,
    )
    model: str | None = fields.left_open(
        "Name of the network, or path/to/file.py:function of a function that "
        "makes a Keras model.",
        group="Network",
    )
    outputs: str = fields.field(
        "auto",
        "What a network of your own gives, logits or probabilities; auto looks "
        "at what its outputs come from.",
        choices=output_kind.KINDS,
    )
    task: str = fields.field(
        "auto",
        "What the network is trained for, and what labels are; auto is what "
        "one of your own is compiled with, else what the dataset is for.",
        choices=task_kinds.CHOICES,
    )
    hidden_units: tuple[int, ...] | None = fields.left_open(
        "Units of the hidden dense layers, such as 300,100; None, here and up "
        "to use_bias, is the network's own default.",
        at_least=1,
    )
    width: float | None = fields.left_open(
        "Factor of the network's width.", above=0
    )
    dropout: float | None = fields.left_open(
        "Fraction of units that dropout leaves out.", at_least=0, below=1
    )
    shortcut: str | None = fields.left_open(
        "How a residual network's shortcuts change their shape, projection or "
        "pad."
    )
    affine: bool | None = fields.left_open(
        "Whether batch normalisation has a scale and an offset."
    )
    mask_shortcuts: bool | None = fields.left_open(
        "Whether the kernels of projection shortcuts can be pruned."
    )
    last_pooling: str | None = fields.left_open(
        "What pools the last images of a VGG, max or average."
    )
    activation: str | None = fields.left_open(
        "Nonlinearity of a dense network's hidden layers.",
        choices=ACTIVATIONS,
    )
    use_bias: bool | None = fields.left_open(
        "Whether the logits have a bias, or all layers where there is no batch "
        "normalisation."
    )
    optimizer: Filled[str] = fields.left_open(
        "What updates weights; compiled is what a network of your own is "
        "compiled with.",
        choices=(*optimizers.OPTIMIZERS, optimizers.COMPILED),
        group="Training",
    )
    momentum: float | None = fields.left_open(
        "Of optimizers that have one.",
        at_least=0,
        below=1,
        used_with={"optimizer": optimizers.HAVE_MOMENTUM},
    )
    epsilon: float | None = fields.left_open(
        "What keeps an optimizer's division from that by 0. None is Keras's, "
        "1e-7.",
        at_least=optimizers.SMALLEST_EPSILON,
        used_with={"optimizer": optimizers.HAVE_EPSILON},
    )
    lr: Filled[float] = fields.left_open(
        "Learning rate, the highest one of a schedule.", above=0
    )
    schedule: Filled[str] = fields.left_open(
        "How the rate changes: constant, piecewise (drops at lr_drops), cosine "
        "(falls to 0 at the end of training), cosine_by_epoch (falls "
        "likewise, after each epoch), triangular (rises from .2 of it over "
        "the first .2 of training, then falls to 0) or trapezoidal (stays at "
        "it in between, up to .8).",
        choices=schedules.SCHEDULES,
    )
    lr_drops: Filled[tuple[str, ...]] = fields.left_open(
        "When the rate drops, counted from the start of training, such as "
        "20000it,25000it or 80ep,120ep.",
        convert=steps.checked,
    )
    lr_drop_factor: float | None = fields.left_open(
        "What each drop multiplies the rate by.",
        above=0,
        used_with={"schedule": schedules.HAVE_DROPS},
    )
    warmup: Filled[str] = fields.left_open(
        "Length over which the rate grows from 0 first, such as 20000it.",
        convert=steps.checked,
    )
    weight_decay: Filled[float] = fields.left_open(
        "This times each trained variable is added to its gradient, biases and "
        "batch normalisation included.",
        at_least=0,
    )
    decoupled_weight_decay: Filled[bool] = fields.left_open(
        "Whether weight_decay times rate times variable is subtracted from the "
        "variable instead."
    )
    label_smoothing: Filled[float] = fields.left_open(
        "Share of each label that is spread over all classes.",
        at_least=0,
        below=1,
    )
    hooks: tuple[str, ...] = fields.field(
        (),
        "What else changes training: ham, sparse_opt, sign_in, rst, "
        "norm_interpolation, rigl or set, which change masks, and "
        "cycles, which repeats the schedule; or several; options follow, such "
        "as ham:alpha=50:beta=.016, sign_in:reset=5ep, rigl:interval=500it or "
        "cycles:number=5. none is none.",
        convert=hooks_lib.text,
    )
    training_len: Filled[str] = fields.left_open(
        "Length of each training run, such as 50000it or 20ep.",
        convert=steps.checked,
    )
    fractions: Filled[dict[str, float]] = fields.left_open(
        "Fraction of the weights still kept to prune at each level, of each "
        "layer or pattern of layers, such as conv*=.1,dense*=.2,logits=.1; "
        "layers that are not named stay whole. Another model than the recipe's "
        "comes with the fractions and scope of a recipe for it, or its kind.",
        at_least=0,
        at_most=1,
        group="Pruning",
    )
    scope: Filled[str] = fields.left_open(
        "layerwise prunes each layer by its fraction, global the lowest "
        "weights of all layers together, which then share one fraction.",
        choices=layer_shares.SCOPES,
    )
    test_interval: Filled[int] = fields.left_open(
        "Iterations between two evaluations on the test set.",
        at_least=1,
        group="Evaluation",
    )
    validate_interval: Filled[int] = fields.left_open(
        "The same for the validation set.", at_least=1
    )
    dtype: Filled[str] = fields.left_open(
        "What training computes in; weights have 32 bits. Float32 is "
        "multiplied in fewer bits by tensorfloat32 on NVIDIA GPUs, and by "
        "bfloat16_products on CPUs with AMX, without XLA.",
        choices=DTYPES,
        group="Precision and devices",
    )
    jit: bool | None = fields.left_open(
        "Whether to compile with XLA; None decides by device and network."
    )
    strategy: Filled[str] = fields.left_open(
        "none, or mirrored to share each batch between all GPUs.",
        choices=devices.STRATEGIES,
    )
    seed: int = fields.field(
        0,
        "Master seed; the seeds below derive from it unless given.",
        at_least=0,
        group="Seeds",
    )
    init_seed: Filled[int] = fields.left_open(
        "Seed of the initial weights.", at_least=0
    )
    train_order_seed: Filled[int] = fields.left_open(
        "Seed of the order of the training examples.", at_least=0
    )
    split_seed: Filled[int] = fields.left_open(
        "Seed of the choice of validation examples.", at_least=0
    )
    augment_seed: Filled[int] = fields.left_open(
        "Seed of the augmentation.", at_least=0, below=2**31
    )

    def __attrs_post_init__(self):
        """Fills in what is not given, and checks how settings go together.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                setting is given that the others leave without effect.
            FileNotFoundError: If a dataset or model is a path without a file.
        """
        usual = self._usual()
        self._check_given(usual)
        filled = {
            name: usual.get(name)
            for name in fields.names_of(self)
            if getattr(self, name) is None
        }
        hooks = hooks_lib.ordered(self.hooks)
        fields.put(self, **filled, hooks=hooks)
        self._check()
        if self.subset is not None and self.subset > 1:
            fields.put(self, subset=int(self.subset))

    def settings(self) -> dict:
        """Returns all that shapes the results, as JSON values.

        Where the data lies does not; the data's checksum is recorded.
        """
        settings = fields.as_dict(self)
        del settings["data_dir"]
        if self.task == "auto":  # As before there was a choice.
            del settings["task"]
        for name in ("hooks", "activation"):  # Likewise.
            if not settings[name]:
                del settings[name]
        if self.model in models.MODELS:  # It says so itself.
            del settings["outputs"]
        return {**settings, **self.code()}

    def code(self) -> dict[str, str]:
        """Returns fingerprints of the code of a network of the user's own."""
        if self.model is None or not user_model.is_own(self.model):
            return {}
        return user_model.fingerprints(self.model)

    def by_keys(self, model: "model_base.ModelBase") -> "Recipe":
        """Returns it with fractions of layers as a network is saved.

        Args:
            model: ModelBase; see its `layer_names`.

        Raises:
            ValueError: If a name or pattern is of no layer, or not of one only.
        """
        fractions = model.layer_names.shares(
            "layer in fractions", self.fractions
        )
        if fractions == self.fractions:
            return self
        return attrs.evolve(self, fractions=fractions)

    def has_usual_fractions(self) -> bool:
        """Whether fractions are those that the recipe has for the network."""
        return self.fractions == self._usual()["fractions"]

    def model_options(self) -> dict:
        """Returns the model's options that are not its defaults, by name."""
        options = {name: getattr(self, name) for name in model_settings.OPTIONS}
        return {n: value for n, value in options.items() if value is not None}

    def learning_rate_schedule(self) -> schedules.Schedule:
        """Returns how the learning rate changes, for `optimizer_fn`."""
        settings: dict = {"name": self.schedule, "warmup": self.warmup}
        if self.lr_drop_factor is not None:
            settings["drop_factor"] = self.lr_drop_factor
        return schedules.Schedule(drops=self.lr_drops, **settings)

    def optimizer_options(self) -> dict:
        """Returns the remaining keyword arguments of `optimizer_fn`."""
        decay = self.weight_decay if self.decoupled_weight_decay else 0.0
        options = {"momentum": self.momentum, "epsilon": self.epsilon}
        given = {n: each for n, each in options.items() if each is not None}
        return {"decoupled_weight_decay": decay, **given}

    def coupled_weight_decay(self) -> float:
        """Returns what training adds to gradients, times the variable."""
        return 0.0 if self.decoupled_weight_decay else self.weight_decay

    def _usual(self):
        """The recipe's settings, as far as they go with those given."""
        usual: dict[str, typing.Any] = dict(RECIPES[self.recipe])
        if self.model not in (None, usual["model"]):
            usual.update(model_settings.of_model(self.model, usual))
        if self.dataset not in (None, usual["dataset"]):
            usual["validation_size"] = None  # That dataset's own.
        optimizer = self.optimizer or usual["optimizer"]
        if optimizer == optimizers.COMPILED:
            usual.update(lr=None, schedule="constant", warmup="0it")
            usual["decoupled_weight_decay"] = False
        if optimizer not in optimizers.HAVE_MOMENTUM:
            usual["momentum"] = None
        if optimizer != usual["optimizer"]:
            usual["epsilon"] = None
        schedule = self.schedule or usual["schedule"]
        if not schedules.SCHEDULES[schedule].has_drops:
            usual.update(lr_drops=(), lr_drop_factor=None)
        derived = {
            f"{name}_seed": seeds.derive(self.seed, name) for name in SEEDS
        }
        return {**usual, **derived}

    def _check_given(self, usual):
        """Raises if a setting is given that the others leave without effect."""
        fields.check_uses(self, usual)
        given = [n for n in _OF_OPTIMIZERS if getattr(self, n)]
        given = [n for n in given if getattr(self, n) != usual.get(n)]
        if self.optimizer == optimizers.COMPILED and given:
            raise ValueError(
                f"optimizer={optimizers.COMPILED} has all its settings. "
                f"Received: {', '.join(given)}"
            )
        if self.fractions is None:
            model_settings.check_units(
                self.recipe, self.hidden_units, usual.get("hidden_units")
            )
        decay = self.weight_decay
        decay = usual["weight_decay"] if decay is None else decay
        if self.decoupled_weight_decay and not decay:
            raise ValueError(
                "decoupled_weight_decay needs a weight_decay above 0"
            )

    def _check(self):
        """Raises unless the settings, filled in, go together."""
        if self.dataset is not None:
            datasets.check(self.dataset)
        if self.model is not None:
            model_settings.check(
                self.model, self.model_options(), self.outputs, self.task
            )
        self.learning_rate_schedule()
        self._check_hooks()
        if self.jit and self.strategy != "none":
            raise ValueError(
                "jit=True is for one device: XLA compiles no training that "
                f"several share. Received: strategy={self.strategy}"
            )
        if self.jit and self.dtype == precision.BF16_PRODUCTS:
            raise ValueError(
                f"dtype={self.dtype} is how oneDNN multiplies, which XLA does "
                "without. Leave jit out"
            )
        if not steps.parse(self.training_len)[1]:
            raise ValueError(
                f"training_len must be above 0. Received: {self.training_len}"
            )
        layer_shares.groups(
            "fraction", self.fractions, self.fractions, self.scope
        )
        if self.subset is not None and self.subset > 1 and self.subset % 1:
            raise ValueError(
                "subset must be at most 1, a fraction, or a whole number. "
                f"Received: {self.subset}"
            )

    def _check_hooks(self):
        """Raises if hooks would not see what changes a weight."""
        if not self.hooks:
            return
        refused = {
            "strategy": ("none", "several devices have a share of it each"),
            "dtype": (
                [each for each in DTYPES if each != "mixed_float16"],
                "float16's is scaled. Use mixed_bfloat16",
            ),
        }
        is_constant = self.learning_rate_schedule().is_constant
        if is_constant and hooks_lib.repeating(self.hooks) is not None:
            raise ValueError(
                "hooks=cycles repeats the schedule: expected one that changes, "
                f"such as triangular. Received: schedule={self.schedule}"
            )
        if hooks_lib.moving_masks(self.hooks) is not None:
            refused["optimizer"] = (
                [*optimizers.OPTIMIZERS],
                "what a compiled one keeps of a weight cannot be told",
            )
        for name, (fine, why) in refused.items():
            if getattr(self, name) not in fine:
                raise ValueError(
                    f"hooks={','.join(self.hooks)} needs the gradient of each "
                    f"weight: {why}. Received: {name}={getattr(self, name)}"
                )
