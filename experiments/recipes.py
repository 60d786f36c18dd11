"""Recipes: the settings of published experiments, as data."""

import dataclasses

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets import registry as datasets
from lottery_ticket.foundations import names, optimizers, pruning, seeds, steps
from lottery_ticket.models import registry as models

# Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 2, LeNet.
_LENET = {
    "model": "fc",
    "hidden_units": (300, 100),
    "fractions": {"layer0": 0.2, "layer1": 0.2, "layer2": 0.1},
    "validation_size": 5000,
    "normalization": "scale",
    "optimizer": "adam",
    "lr": 1.2e-3,
    "train_batch_size": 60,
    "training_len": "50000it",
    "permute_labels": False,
    "drop_partial_batch": False,
    "test_interval": 100,
    "validate_interval": 100,
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
        **_LENET,
        "dataset": "digits",
        "validation_size": 300,
        "training_len": "2000it",
    },
    "mnist_fc": {
        "source": (
            "Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 2"
        ),
        "expect": (
            "Paper, fig. 3 and 4: dense about 98 %, more than .3 points above "
            "that at a density of 13.5 %, back to dense at 3.6 %. Measured "
            "over 4 trials: 98.06 %, 98.46 %, 97.93 %"
        ),
        **_LENET,
        "dataset": "mnist",
    },
    "mnist_fc_2018": {
        "source": (
            "The code that Google released in 2018. Differs: it held out no "
            "images for validation, which early stopping needs"
        ),
        "expect": "The effect of mnist_fc; the release states no numbers",
        **_LENET,
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
        **_LENET,
        "dataset": "fashion_mnist",
    },
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A recipe's settings; what is not given is as RECIPES has it.

    Args:
        recipe: One of digits_fc, mnist_fc, mnist_fc_2018 and fashion_mnist_fc.
            The flags from --dataset to --validate_interval override what it
            says.
        dataset: digits (bundled), mnist or fashion_mnist.
        data_dir: Folder with NAME.npz in Keras's layout; without it,
            tensorflow-datasets fetches the data. A finished run stays finished
            when the data changes.
        train_batch_size: Examples in one iteration.
        validation_size: Training examples held out for validation.
        drop_partial_batch: Whether an epoch leaves out its last batch if that
            is smaller than the others.
        normalization: scale (to [0, 1]), l2 (each image divided by its
            Euclidean norm) or none.
        permute_labels: Whether to rename the classes at random.
        model: Name of the network, fc.
        hidden_units: Units of the hidden layers, such as 300,100.
        optimizer: sgd, momentum (.9), nesterov (.9), adam or rmsprop.
        lr: Learning rate.
        training_len: Length of each training run, '50000it' or '20ep'.
        fractions: Fraction of the weights still kept to prune at each level,
            in [0, 1], for each layer, such as layer0=.2,layer1=.2,layer2=.1.
            Layers that are not named are not pruned.
        test_interval: Iterations between two evaluations on the test set.
        validate_interval: The same for the validation set.
        seed: Master seed; the seeds below derive from it unless given.
        init_seed: Seed of the initial weights.
        train_order_seed: Seed of the order of the training examples.
        split_seed: Seed of the choice of validation examples.
    """

    recipe: str = "digits_fc"
    dataset: str | None = None
    data_dir: str | None = None
    train_batch_size: int | None = None
    validation_size: int | None = None
    drop_partial_batch: bool | None = None
    normalization: str | None = None
    permute_labels: bool | None = None
    model: str | None = None
    hidden_units: tuple[int, ...] | None = None
    optimizer: str | None = None
    lr: float | None = None
    training_len: str | None = None
    fractions: dict[str, float] | None = None
    test_interval: int | None = None
    validate_interval: int | None = None
    seed: int = 0
    init_seed: int | None = None
    train_order_seed: int | None = None
    split_seed: int | None = None

    def __post_init__(self):
        """Fills in what is not given, and checks all.

        Raises:
            ValueError: If a name is unknown or a number out of its range.
        """
        names.check("recipe", self.recipe, RECIPES)
        if self.hidden_units is not None:
            object.__setattr__(self, "hidden_units", tuple(self.hidden_units))
        derived = {
            f"{name}_seed": seeds.derive(self.seed, name)
            for name in ("init", "train_order", "split")
        }
        self._check_layers_have_fractions()
        usual = {**RECIPES[self.recipe], **derived}
        for field in dataclasses.fields(self):
            if getattr(self, field.name) is None:
                object.__setattr__(self, field.name, usual.get(field.name))
        self._check()

    def settings(self) -> dict:
        """Returns all that shapes the results, as JSON values.

        Where the data lies does not; the data's checksum is recorded.
        """
        settings = dataclasses.asdict(self)
        del settings["data_dir"]
        return settings

    def _check_layers_have_fractions(self):
        usual = RECIPES[self.recipe]["hidden_units"]
        units = usual if self.hidden_units is None else self.hidden_units
        if len(units) != len(usual) and self.fractions is None:
            raise ValueError(
                f"hidden_units={units} makes other layers than recipe "
                f"{self.recipe!r} prunes: give their fractions too, such as "
                "layer0=.2,layer1=.1"
            )

    def _check(self):
        names.check("dataset", self.dataset, datasets.DATASETS)
        names.check("model", self.model, models.MODELS)
        names.check("optimizer", self.optimizer, optimizers.OPTIMIZERS)
        names.check(
            "normalization", self.normalization, dataset_images.NORMALIZATIONS
        )
        lowest = {
            "train_batch_size": 1,
            "validation_size": 0,
            "test_interval": 1,
            "validate_interval": 1,
            "seed": 0,
            "init_seed": 0,
            "train_order_seed": 0,
            "split_seed": 0,
        }
        for name, low in lowest.items():
            if getattr(self, name) < low:
                raise ValueError(
                    f"{name} must be at least {low}. "
                    f"Received: {getattr(self, name)}"
                )
        if min(self.hidden_units, default=1) < 1:
            raise ValueError(
                f"hidden_units must be positive. Received: {self.hidden_units}"
            )
        if not self.lr > 0:
            raise ValueError(f"lr must be above 0. Received: {self.lr}")
        if not steps.parse(self.training_len)[1]:
            raise ValueError(
                f"training_len must be above 0. Received: {self.training_len}"
            )
        pruning.check_fractions(self.fractions, self.fractions)
