"""Pruning where Keras trains: during `fit`, and after it."""

import contextlib
import logging
import typing
from collections.abc import Iterator, Mapping

import keras
import numpy as np

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.networks import (
    keras_private,
    mask_constraint,
    network_variables,
    pruned_groups,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import (
    density_schedules,
    layer_shares,
    pruning,
    quotas,
)
from lottery_ticket.foundations.selection import granularity as granularity_lib
from lottery_ticket.foundations.training import batches
from lottery_ticket.foundations.values import dataset_base, names, seeds
from lottery_ticket.foundations.values import masks as masks_lib

constant = density_schedules.constant
polynomial_decay = density_schedules.polynomial_decay
_log = logging.getLogger(__name__)


class PruneDuringTraining(keras.callbacks.Callback):
    """A callback of `fit` that prunes by magnitude, on a schedule of densities.

    Exactly `round(density * size)` weights of a layer are kept, or of all that
    are compared, those of largest magnitude; what is pruned stays pruned. Every
    trained kernel of a layer in `kernels.KERNELS` has a mask from the beginning
    of `fit` on, which holds after each step and wherever weights are assigned.
    The optimizer sees no gradient of pruned weights, and its slots, such as
    momentum, are put to 0 there. `density`, of all kernels with masks, is in
    the logs of each epoch, for History and for callbacks that come later in the
    list, such as CSVLogger.

    Iterations are those of the optimizer: a second `fit` goes on where the
    first ended, a network that is compiled anew begins at 0. After
    `BackupAndRestore`, masks are those of the zeros that were saved.

    Source: Zhu & Gupta 2017 (https://arxiv.org/abs/1710.01878), section 3.
    Differs: a weight that is pruned does not come back.
    """

    def __init__(
        self,
        schedule: density_schedules.DensitySchedule,
        *,
        scope: str = "layerwise",
        layers: tuple[str, ...] = ("*",),
        granularity: str = "weight",
        score_pooling: str | None = None,
    ):
        """Takes what to prune to; a network is known from `fit` on.

        Args:
            schedule: Such as `constant(.2)` or `polynomial_decay(.2, begin=0,
                end=2000)`.
            scope: "layerwise" gives each layer the density; "global" compares
                the weights of all layers with each other.
            layers: Names of the layers that are pruned, or patterns.
            granularity: What is pruned at once, such as "unit" or "block:4x4",
                which densities of the schedule count then; see Scoring.
            score_pooling: What magnitudes of a unit or block are taken as; None
                is their mean.

        Raises:
            ValueError: If the scope or granularity is unknown, or n:m, which
                has no schedule; the schedule is none, or layers are not several
                names.
        """
        super().__init__()
        if not isinstance(schedule, density_schedules.DensitySchedule):
            raise ValueError(
                "Expected a schedule such as constant(.2). Received: "
                f"{schedule!r}"
            )
        if isinstance(layers, str):
            raise ValueError(
                f"layers must be several names, such as ({layers!r},)"
            )
        names.check("scope", scope, layer_shares.SCOPES)
        if granularity_lib.parse(granularity).is_n_of_m:
            raise ValueError(
                f"granularity={granularity} says itself how many weights stay, "
                "and has no schedule: prune_trained prunes so"
            )
        self.granularity = granularity
        self.score_pooling = score_pooling
        self._groups = granularity_lib.WEIGHTS  # Once there is a network.
        self.schedule = schedule
        self.scope = scope
        self.layers = layers
        self._masked: typing.Any = None  # KerasModel, once there is a network.
        self._pruned_at = -1
        self._next: int | None = None  # Point, while one is to come.
        self._batch = self._iteration = 0  # When they were last looked at.

    @property
    def masks(self) -> dict[str, np.ndarray]:
        """Dict, layer name -> uint8 mask; none before the first `fit`."""
        return {} if self._masked is None else self._masked.masks

    @property
    def density(self) -> float:
        """Kept weights over all, of all kernels with masks."""
        return masks_lib.density(self.masks) if self.masks else 1.0

    def save_masks(self, directory: str) -> None:
        """Saves the masks as .npy files, as `train --masks` takes them."""
        save_restore.save_network(directory, self.masks)

    def strip(self) -> keras.Model:
        """Returns the network without masks: plain Keras, pruned weights 0.

        Raises ValueError before the first `fit`.
        """
        if self._masked is None:
            raise ValueError("There is no network yet: fit one first")
        network, self._masked = self._masked.release(), None
        vars(network.optimizer).pop("apply", None)
        network.train_function = None
        return network

    def set_model(self, model: keras.Model) -> None:
        """Gives a network's kernels masks; Keras calls this as `fit` begins."""
        super().set_model(model)
        if self._masked is None or self._masked.network is not model:
            _check_is_free(model)
            with _random_states_kept(model):
                self._masked = keras_model.KerasModel(model)
            self._groups = pruned_groups.of(
                self._masked, self.granularity, self.score_pooling
            )
            self._pruned_at = -1
        # Names of layers are looked at before training.
        self._quotas(self.schedule.final)
        mask_constraint.mask_gradients(model.optimizer)
        model.train_function = None  # What was traced without masks.

    def on_epoch_begin(self, epoch: int, logs: typing.Any = None) -> None:
        """Prunes to where the schedule is, be it after a restart."""
        self._batch = -1
        self._look()

    def on_train_batch_end(self, batch: int, logs: typing.Any = None) -> None:
        """Prunes if a point of the schedule has come."""
        if self._next is None:  # The optimizer is not asked: no sync point.
            return
        if self._iteration + batch - self._batch >= self._next:
            self._batch = batch
            self._look()

    def on_epoch_end(self, epoch: int, logs: typing.Any = None) -> None:
        """Adds the density to the logs."""
        if logs is not None:
            logs["density"] = self.density

    def on_train_end(self, logs: typing.Any = None) -> None:
        """Warns if the schedule is not over."""
        if self._next is not None:
            _log.warning(
                "Training ended after iteration %s, with a density of %.4g: "
                "the schedule goes on to %.4g at iteration %s",
                int(self._optimizer.iterations),
                self.density,
                self.schedule.final,
                self.schedule.end,
            )

    @property
    def _optimizer(self):
        return self._masked.network.optimizer

    def _look(self):
        """Prunes if a point has come since the last time."""
        self._iteration = int(self._optimizer.iterations)  # Sync point.
        self._next = self.schedule.next_point(self._iteration)
        point = self.schedule.point(self._iteration)
        if point is not None and point > self._pruned_at:
            self._prune(self.schedule.density(point))
            self._pruned_at = point

    def _prune(self, density):
        model, optimizer = self._masked, self._optimizer
        masks, weights = model.masks, model.weights
        pruned = pruning.prune_by_scores(
            self._quotas(density),
            masks,
            {name: np.abs(weights[name]) for name in masks},
            groups=self._groups,
        )
        pruned = self._groups.follow(pruned)
        with _random_states_kept(model.network):
            model.reset(model.weights, pruned)
        for name, mask in pruned.items():
            kernel = model.variables[name]
            for slot in keras_private.slots(optimizer, kernel):
                slot.assign(np.where(mask, slot.numpy(), 0))

    def _quotas(self, density):
        """What is kept at a density, never more than is kept already."""
        all_masks = self._masked.masks
        masks = self._groups.masks(all_masks)
        named = self._masked.layer_names.shares(
            "layer to prune", dict.fromkeys(self.layers, density)
        )
        densities = self._groups.losing("density", named, all_masks)
        whole = {name: np.ones_like(mask) for name, mask in masks.items()}
        kept = {name: int(mask.sum()) for name, mask in masks.items()}
        return [
            quotas.Quota(layers, min(count, sum(kept[x] for x in layers)))
            for layers, count in quotas.of_densities(
                densities, whole, self.scope
            )
        ]


def prune_trained(
    network: keras.Model,
    density: float | Mapping[str, float] | None = None,
    *,
    criterion: str = "large_final",
    scope: str = "layerwise",
    dataset: dataset_base.DatasetBase | None = None,
    seed: int = 0,
    granularity: str = "weight",
    score_pooling: str | None = None,
    initial: Mapping[str, np.ndarray] | None = None,
) -> keras_model.KerasModel:
    """Prunes a trained network to a density, without training it.

    Args:
        network: Built; it is pruned itself, not copied.
        density: Of its kernels; or dict, name of a layer or pattern -> density.
            Exactly `round(density * size)` weights, or units or blocks, are
            kept. None is for n:m alone, which says so itself.
        criterion: What scores weights; large_final is their magnitude.
        scope: As for PruneDuringTraining.
        dataset: For criteria that need data.
        seed: For criteria that draw.
        granularity: What is pruned at once, such as "unit", "block:4x4" or
            "2:4"; see Scoring. What it leaves whole is logged.
        score_pooling: How scores of a unit or block become one; None is their
            mean.
        initial: Dict, name of a layer -> kernel before training, for criteria
            of both; what it does not name, and None, is as the network has it.
            Where it is given, weights that tie go by chance.

    Returns:
        The network with masks, which hold in `fit`: `masks`, `network`, and
        `release()`, which takes them off.

    Raises:
        ValueError: If a layer, scope, criterion or granularity is unknown, or
            they do not fit each other, the criterion needs data or initial
            weights or decides itself how much goes, or the network has masks
            already.
    """
    _check_is_free(network)
    _check_has_densities(criterion)
    chosen = granularity_lib.parse(granularity)
    if chosen.is_n_of_m != (density is None):
        raise ValueError(
            "Expected a density, or a granularity such as 2:4, which says so "
            f"itself. Received: {density} with granularity={granularity}"
        )
    examples = None if dataset is None else batches.examples(dataset)
    model = keras_model.KerasModel(network, examples)
    groups = pruned_groups.of(model, granularity, score_pooling)
    for note in groups.notes:
        _log.info("%s", note)
    weights = model.weights
    before = weights if initial is None else _before(model, initial)
    scores = criteria.score_fn(
        criterion, model, dataset, initial=before, final=weights, seed=seed
    )
    masks = model.masks
    if density is None:
        kept = quotas.of_each(groups.masks(masks), *chosen.size, masks)
    else:
        given = density if isinstance(density, Mapping) else {"*": density}
        named = model.layer_names.shares("layer to prune", given)
        kept = quotas.of_densities(
            groups.losing("density", named, masks), groups.masks(masks), scope
        )
    _check_initial(criterion, kept, before, weights)
    rng = None
    if initial is not None:
        rng = np.random.default_rng(seeds.derive(seed, "ties"))
    is_in_order = criteria.CRITERIA[criterion].in_order
    for step in [[each] for each in kept] if is_in_order else [kept]:
        masks = _pruned(step, masks, scores(masks), groups, rng)
    masks = groups.follow(masks)
    with _random_states_kept(network):
        model.reset(weights, masks)
    return model


def _before(model, initial):
    """All weights before training, of which some are given by name."""
    weights = model.weights
    with _random_states_kept(model.network):
        before = model.reset(initial).weights
        model.reset(weights)
    return before


def _check_has_densities(criterion):
    criteria.check(criterion)
    if criteria.CRITERIA[criterion].decides:
        raise ValueError(
            f"Criterion {criterion!r} decides by signs how much goes: it "
            "cannot be asked for densities"
        )


def _check_initial(criterion, kept, before, weights):
    """Raises ValueError if a layer to prune would be pruned by position."""
    same = [
        name
        for layers, _ in kept
        for name in layers
        if np.array_equal(before[name], weights[name])
    ]
    if same and criteria.CRITERIA[criterion].needs_initial:
        raise ValueError(
            f"Criterion {criterion!r} compares weights with those before "
            f"training, and those of {', '.join(same)} are the same. Give "
            "initial=, dict, name of a layer -> its kernel before training"
        )


def _pruned(kept, masks, scores, groups, rng):
    """Masks of the highest scores, as many as quotas say."""
    if not groups.granularity.is_n_of_m:
        return pruning.prune_by_scores(
            kept, masks, scores, rng=rng, groups=groups
        )
    layers = [name for names, _ in kept for name in names]
    return pruning.keep_n_of_m(layers, masks, scores, groups, rng)


def _check_is_free(network):
    for variable in network.variables:
        if isinstance(
            getattr(variable, "constraint", None),
            mask_constraint.MaskConstraint,
        ):
            raise ValueError(
                f"{network.name!r} has masks already, of another callback or a "
                "KerasModel: take them off by strip() or release()"
            )


@contextlib.contextmanager
def _random_states_kept(network: keras.Model) -> Iterator[None]:
    """Leaves Dropout and the like where they were."""
    states = network_variables.random_states(network).values()
    before = [state.numpy() for state in states]
    try:
        yield
    finally:
        for state, value in zip(states, before, strict=True):
            state.assign(value)
