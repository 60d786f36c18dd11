"""Tests of foundations/learned_masks/scored_masks.py: scores being trained."""

import itertools
import json
import logging

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.learned_masks import (
    maskers,
    pruning_events,
    score_method,
    score_rounding,
    scored_masks,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import (
    optimizers,
    programs,
    resumable_run,
    schedules,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids, tiny
from lottery_ticket.tests.foundations.learned_masks import searched_model_test

PER_EPOCH = 4  # Of tiny.make_dataset().
EVENTS = tuple(range(PER_EPOCH, 41, PER_EPOCH))
PLAN = pruning_events.plan(10, 3, 0.2)
SIGNED = [n for n, e in maskers.MASKERS.items() if e.is_signed]
L2 = {"regularization": "L2", "regularization_weight": 1e-3}


def make(masker="hc", **options):
    is_top = masker in score_method.TOP and "plan" not in options
    density = {"density": 0.4} if is_top else {}
    return score_method.ScoreMethod(masker, **{**density, **options})


def drawn(model, masker="hc", seed=1):
    """Uniform scores; of both signs for edge-popup."""
    rng = np.random.default_rng(seed)
    shift = 0.5 if masker in SIGNED else 0
    return {
        name: (rng.random(mask.shape) - shift).astype("f4")
        for name, mask in model.masks.items()
    }


def search(model=None, method=None, per_epoch=PER_EPOCH, seed=1, scores=None):
    model, method = model or tiny.Model(), method or make()
    scores = scores or drawn(model, method.masker, seed)
    found = scored_masks.search(model, method, per_epoch, mask_seed=3)
    weights = model.draw(1)
    for name in weights.keys() - model.masks.keys():  # Biases, none of them 0.
        weights[name] = weights[name] + np.float32(0.1)
    return found.reset(weights, scores)


def program(searched, rate=0.5, jit=False):
    return programs.program(
        searched,
        lambda: keras.optimizers.SGD(rate, momentum=0.9),
        tiny.make_dataset(),
        jit=jit,
    )


def train(directory, searched, **options):
    return tiny.train(
        directory,
        model=searched,
        optimizer_fn=lambda: keras.optimizers.SGD(0.5, momentum=0.9),
        # In the middle of epochs.
        **{"event_iterations": EVENTS, "test_interval": 7, **options},
    )


def forward_mask(method, scores, started=None):
    """A numpy twin of what the forward pass multiplies weights by."""
    if method.masker == "signed":
        started = started or scores
        return {
            name: np.sign(each)
            * (np.abs(each) > np.float32(0.4) * np.abs(started[name]).max())
            for name, each in scores.items()
        }
    if method.masker == "hc":
        return {name: each > 0.5 for name, each in scores.items()}
    if method.masker == "hc_relaxed":
        return scores
    entry = method.masker_entry
    counts = [12, 9] if entry.by_layer else [21]  # Of 20 and 15.
    return score_rounding.top(entry, scores, counts)


def loss_of(kernels, biases, data):
    """Mean cross-entropy of tiny.Model in float64."""
    hidden = np.maximum(data.x @ kernels["layer0"] + biases["layer0_bias"], 0)
    logits = hidden @ kernels["layer1"] + biases["layer1_bias"]
    own = logits[np.arange(len(data.y)), data.y]
    return (np.logaddexp.reduce(logits, axis=1) - own).mean()


def differences(function, kernels):
    """Gradient of a function of kernels, entry by entry."""
    found = {name: np.zeros(each.shape) for name, each in kernels.items()}
    for name, each in kernels.items():
        for index in np.ndindex(each.shape):
            step = np.zeros(each.shape)
            step[index] = 1e-6
            up, down = ({**kernels, name: each + s} for s in (step, -step))
            found[name][index] = (function(up) - function(down)) / 2e-6
    return found


def gradients(searched, data):
    """By the scores, layer name -> array."""
    network = searched.network
    with tf.GradientTape() as tape:
        outputs = network(data.x.astype("f4"), training=True)
        loss, _ = searched.task.batch(data.y, outputs)
        total = tf.add_n([loss, *network.losses])
    scores = {n: each.value for n, each in searched.source.trained.items()}
    return {n: g.numpy() for n, g in tape.gradient(total, scores).items()}


@pytest.mark.parametrize("masker", maskers.OF_SCORES)
def test_gradients_are_those_by_the_weights_times_weight_and_flag(masker):
    """Section 1.2's formulas, the gradient by the weights by differences."""
    method = make(masker, **({"plan": PLAN} if masker[:2] == "hc" else {}))
    searched, data = search(method=method), tiny.make_dataset().test
    if method.by_events:
        searched.source.prune(3)
    weights, scores, flags = (
        searched.weights,
        searched.source.values,
        searched.source.active,
    )
    mask = forward_mask(method, scores)
    effective = {n: weights[n] * mask[n] * flags[n].astype(float) for n in mask}
    by_weights = differences(lambda own: loss_of(own, weights, data), effective)
    found = gradients(searched, data)
    for name, gradient in found.items():
        expected = by_weights[name] * weights[name] * flags[name]
        if masker in ("ep", "global_ep"):
            expected = expected * np.sign(scores[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-6)
    if masker == "hc":  # What is switched off learns, but for what has gone.
        learns = {n: g != 0 for n, g in found.items()}
        off = learns["layer1"] & ~mask["layer1"] & (flags["layer1"] == 1)
        assert off.any()
        for name, own in flags.items():
            assert not learns[name][own == 0].any() and not own.all()


def test_regularizers_reach_what_is_flagged_off():
    searched = search(method=make(**L2, plan=PLAN))
    data = tiny.make_dataset().test
    searched.source.prune(3)
    found = gradients(searched, data)
    scores, flags = searched.source.values, searched.source.active
    plain = search(method=make(plan=PLAN))
    plain.source.prune(3)
    alone = gradients(plain, data)
    for name, gradient in found.items():
        np.testing.assert_allclose(
            gradient - alone[name], 2e-3 * scores[name], rtol=1e-3, atol=1e-7
        )
        assert (gradient[flags[name] == 0] != 0).all()


@pytest.mark.parametrize(
    ("masker", "jit"),
    grids.thinned(
        itertools.product(maskers.OF_SCORES, [True, False]),
        [("hc", True)],
    ),
)
def test_scores_are_trained_and_no_weight_moves(masker, jit):
    searched = search(method=make(masker))
    before, started = searched.weights, searched.source.values
    own = program(searched, jit=jit)
    losses, _ = own.train(0, 40, 40)
    assert losses[-8:].mean() < losses[:8].mean()
    for name, array in searched.weights.items():
        np.testing.assert_array_equal(array, before[name])
    for name, array in searched.source.values.items():
        assert (array != started[name]).mean() > 0.5
        if masker not in SIGNED:
            assert array.min() >= 0 and array.max() <= 1
    # An evaluation sees what the scores' own mask gives.
    mask = forward_mask(make(masker), searched.source.values, started)
    effective = {name: before[name] * mask[name] for name in mask}
    expected = loss_of(effective, before, tiny.make_dataset().test)
    found, _ = own.start_evaluation("test").result()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.slow
def test_scores_are_projected_every_so_often_and_at_an_epochs_end():
    seen = {}
    for every in (1, 3, 0):
        searched = search(method=make(project_every=every, **L2))
        own = program(searched, rate=5.0)
        seen[every] = []
        for iteration in range(8):
            own.train(iteration, 1, 1)
            flat = np.concatenate(
                [v.ravel() for v in searched.source.values.values()]
            )
            is_within = flat.min() >= 0 and flat.max() <= 1
            seen[every].append(is_within)
    assert all(seen[1])
    assert seen[3] == [False, False, True, True] * 2
    assert not any(seen[0])


def test_scores_to_start_from_are_projected():
    scores = {n: 3 * s - 1 for n, s in drawn(tiny.Model()).items()}
    for name, array in search(scores=scores).source.values.items():
        np.testing.assert_array_equal(array, np.clip(scores[name], 0, 1))
    free = search(method=make("ep"), scores=scores)
    for name, array in free.source.values.items():
        np.testing.assert_array_equal(array, scores[name])


class Wide(model_base.ModelBase):
    """As many weights as ResNet-20 has, in one layer."""

    def __init__(self, presets=None, masks=None):
        """Builds it."""
        super().__init__((541,), presets=presets, masks=masks)
        self.set_outputs(self.dense_layer("layer", self.inputs, 496))


@pytest.mark.slow
def test_decay_without_data_is_that_of_the_published_log():
    """G4: weights of 0 give the data no gradient. 268,336 scores, lambda 5e-5.

    The scores are the uniform distribution itself, not a draw of it.
    """
    per_epoch, count = 391, 268_336
    rng = np.random.default_rng(0)
    x, y = rng.random((per_epoch, 541), np.float32), np.zeros(per_epoch, int)
    data = dataset_base.DatasetBase((x, y), 1, (x[:1], y[:1]))
    model = Wide()
    method = make(regularization="L2", regularization_weight=5e-5)
    uniform = ((np.arange(count) + 0.5) / count).reshape(541, 496)
    searched = scored_masks.search(model, method, per_epoch, mask_seed=1)
    searched.reset(
        {n: np.zeros_like(w) for n, w in model.weights.items()},
        {"layer": uniform},
    )
    optimizer_fn = optimizers.optimizer_fn(
        "momentum",
        0.1,
        schedules.Schedule("cosine_by_epoch"),
        per_epoch=per_epoch,
        training_iterations=150 * per_epoch,
    )
    own = programs.program(searched, optimizer_fn, data, jit=True)
    sums, densities = [], []
    for epoch in range(3):
        first = epoch * per_epoch
        own.train(first, per_epoch - 1, per_epoch)
        # Before the update of the last batch.
        sums.append(searched.event(first + per_epoch - 1)["regularization"])
        own.train(first + per_epoch - 1, 1, per_epoch)
        record = searched.event(first + per_epoch)
        densities.append(100 * record["density"]["layer"] / count)
    np.testing.assert_allclose(sums, [4.144, 3.832, 3.544], atol=6e-4)
    np.testing.assert_allclose(densities, [48.05, 45.98, 43.82], atol=6e-3)


def test_searches_of_one_kind_compile_once():
    model, data, made = tiny.Model(), tiny.make_dataset(), []
    for density, weight, per_epoch in ((0.2, 1e-3, 4), (0.6, 0.1, 5)):
        for options in (
            {"masker": "global_ep", "density": density},
            {"plan": pruning_events.plan(10, 3, density), "project_every": 3},
        ):
            method = make(
                **options, regularization="L2", regularization_weight=weight
            )
            searched = search(model, method, per_epoch)
            own = programs.program(
                searched, lambda: keras.optimizers.SGD(0.5), data, jit=False
            )
            losses, _ = own.train(0, 5, 5)
            made.append((searched, own, losses))
    for first, second in (made[::2], made[1::2]):
        assert first[0] is second[0] and first[1] is second[1]
        assert first[1]._train.experimental_get_tracing_count() == 1
        assert (first[2] != second[2]).any()


def test_events_prune_by_the_exact_count_where_they_are_due():
    searched = search(method=make(plan=PLAN, **L2))
    records = [searched.event(iteration) for iteration in (1, *EVENTS)]
    step = 1 - 0.2 ** (1 / 3)
    active = 35
    for record, iteration in zip(records, (1, *EVENTS), strict=True):
        epoch, left = divmod(iteration - 1, PER_EPOCH)
        taken = 0
        if left == PER_EPOCH - 1 and epoch in (3, 6, 9):
            taken = int(np.ceil(step * active - 1e-6))
        active -= taken
        assert record["iteration"] == iteration and record["epoch"] == epoch
        assert record["pruned"] == taken
        assert sum(record["flags"].values()) == active
    assert active == 6  # Three times rounded up.
    scores, flags = searched.source.values, searched.source.active
    assert record["density"] == {
        name: int(((each > 0.5) & (flags[name] == 1)).sum())
        for name, each in scores.items()
    }
    total = sum((each.astype(float) ** 2).sum() for each in scores.values())
    np.testing.assert_allclose(record["regularization"], 1e-3 * total)
    assert json.loads(json.dumps(records)) == records


def test_the_final_mask_is_the_flags_or_rounded_scores_under_them():
    for unflag in (True, False):
        searched = search(method=make(plan=PLAN, unflag=unflag))
        for iteration in EVENTS[:8]:
            searched.event(iteration)
        scores, flags = searched.source.values, searched.source.active
        found = searched.outcome()
        assert set(found) == {"final", "masks", "scores", "flags"}
        assert tuple(found) == searched.folders
        (sample,) = searched.source.samples(5)
        for name, each in scores.items():
            rounded = flags[name] * (each > 0.5)
            np.testing.assert_array_equal(sample[name], rounded)
            expected = flags[name] if unflag else rounded
            np.testing.assert_array_equal(found["masks"][name], expected)
            kept = np.where(expected, searched.weights[name], 0)
            np.testing.assert_array_equal(found["final"][name], kept)
            np.testing.assert_array_equal(found["flags"][name], flags[name])
            np.testing.assert_array_equal(found["scores"][name], each)


def test_without_events_the_final_mask_is_rounded():
    searched = search(method=make(unflag=True))
    for name, mask in searched.outcome()["masks"].items():
        np.testing.assert_array_equal(mask, searched.source.values[name] > 0.5)


def test_drawn_roundings_are_of_the_searchs_seed():
    method = make(rounding=score_rounding.Rounding("prob"))
    searched = search(method=method)
    drawn_masks = searched.source.samples(3)
    assert len(drawn_masks) == 3
    for name, mask in searched.outcome()["masks"].items():
        np.testing.assert_array_equal(mask, drawn_masks[0][name])


@pytest.mark.parametrize("masker", score_method.TOP)
def test_edge_popups_final_mask_is_that_of_the_forward_pass(masker):
    model = tiny.Model()
    searched = search(model, make(masker))
    outcome = searched.outcome()
    x = tiny.make_dataset().test.x
    outputs = searched.network(x, training=False).numpy()
    model.reset(outcome["final"])
    plain = model.network(x, training=False).numpy()
    np.testing.assert_allclose(outputs, plain, rtol=1e-6)
    kept = [int(mask.sum()) for mask in outcome["masks"].values()]
    assert kept == [8, 6] if masker == "ep" else sum(kept) == 14
    assert all(each.all() for each in outcome["flags"].values())


LOW = {"layer0": np.full((4, 5), 0.2), "layer1": np.full((5, 3), 0.2)}


@pytest.mark.parametrize("at_event", [True, False])
def test_a_search_that_keeps_nothing_names_the_regularizer(at_event):
    method = make(**L2, plan=PLAN, unflag=False)
    searched = search(method=method, scores=LOW)
    where = "The mask after epoch 0" if at_event else "The final mask"
    with pytest.raises(
        ValueError,
        match=f"{where} keeps none of 35 weights, under the regularization "
        "'L2' with weight 0.001. Use a smaller regularization_weight, or unfl",
    ):
        searched.event(4) if at_event else searched.outcome()


def test_a_search_goes_on_where_flags_will_be_the_mask(caplog):
    searched = search(method=make(**L2, plan=PLAN), scores=LOW)
    with caplog.at_level(logging.WARNING):
        records = [searched.event(iteration) for iteration in EVENTS]
    (warning,) = caplog.messages
    assert warning.startswith("The mask after epoch 0 keeps none of 35")
    assert "'L2'" in warning
    assert sum(records[-1]["flags"].values()) == 6
    kept = sum(int(m.sum()) for m in searched.outcome()["masks"].values())
    assert kept == 6


def test_a_search_goes_on_where_its_mask_will_be_drawn(caplog):
    rounding = score_rounding.Rounding("prob")
    searched = search(method=make(**L2, rounding=rounding), scores=LOW)
    with caplog.at_level(logging.WARNING):
        assert sum(searched.event(4)["density"].values()) == 0
    (warning,) = caplog.messages
    assert warning.endswith("the final mask will be another one")
    assert any(m.any() for m in searched.source.samples(1)[0].values())


@pytest.mark.parametrize("masker", ["ep", "global_ep", "global_top"])
def test_a_forward_pass_without_weights_is_warned_of_once(masker, caplog):
    searched = search(method=make(masker), scores=LOW)
    outputs = searched.network(tiny.make_dataset().test.x).numpy()
    assert (outputs == outputs[0]).all()  # Biases alone.
    with caplog.at_level(logging.WARNING):
        records = [searched.event(iteration) for iteration in EVENTS]
    (warning,) = caplog.messages
    assert warning.startswith("The mask after epoch 0 keeps none of 35 weights")
    assert "scores tie in bulk" in warning
    assert sum(records[0]["density"].values()) == 14
    caplog.clear()
    search(method=make(masker)).event(4)
    assert not caplog.messages


def test_a_layer_that_keeps_nothing_is_warned_of(caplog):
    scores = {**drawn(tiny.Model()), "layer1": LOW["layer1"]}
    searched = search(scores=scores)
    with caplog.at_level(logging.WARNING):
        searched.outcome()
    (warning,) = caplog.messages
    assert "the final mask: layer 'layer1' keeps none of its 15" in warning


def test_a_run_leaves_its_results(tmp_path):
    model = searched_model_test.own_model()
    searched = search(model, make(plan=PLAN, **L2))
    frozen = searched.weights
    initial, final = train(tmp_path, searched)
    found = {
        name: save_restore.restore_network(str(tmp_path / name))
        for name in ("initial", "final", "masks", "scores", "flags")
    }
    moved = [name for name in frozen if "_moving_" in name]
    assert moved
    for name, array in frozen.items():
        np.testing.assert_array_equal(found["initial"][name], array)
        np.testing.assert_array_equal(initial[name], array)
        if name in moved:
            assert (final[name] != array).any()
        else:
            kept = array * found["masks"].get(name, 1)
            np.testing.assert_array_equal(final[name], kept)
    for name, mask in found["masks"].items():
        np.testing.assert_array_equal(found["flags"][name], mask)
    record = json.loads((tmp_path / "run.json").read_text())
    assert [each["iteration"] for each in record["events"]] == list(EVENTS)
    flags = record["events"][-1]["flags"]
    for name, (kept, _) in record["density"].items():
        assert kept == flags[name]


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            make(plan=PLAN, project_every=3, **L2),
            id="hc",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            make("signed", threshold_share=0.3),
            id="signed",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, method):
    model = searched_model_test.own_model()

    def started():
        return search(searched_model_test.own_model(), method)

    train(tmp_path / "whole", search(model, method))
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    whole_train, left = programs.Program.launch, [5]

    def stops(own, *span):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return whole_train(own, *span)

    monkeypatch.setattr(programs.Program, "launch", stops)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "stopped", search(model, method))
    left[0] = 99
    again = started()
    train(tmp_path / "stopped", again)
    records = [
        json.loads((tmp_path / name / "run.json").read_text())
        for name in ("whole", "stopped")
    ]
    assert records[1]["resumed"] == 1
    assert records[0]["events"] == records[1]["events"]
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )
    # Read back, it stands where it ended.
    read = search(model, method)
    train(tmp_path / "stopped", read)
    for folder, network in again.outcome().items():
        for name, array in read.outcome()[folder].items():
            np.testing.assert_array_equal(array, network[name])


@pytest.mark.parametrize(
    "options",
    [
        {"method": make(plan=PLAN, regularization_weight=0.1)},
        {"seed": 2},
        {"per_epoch": 5},
        {"method": make()},
    ],
)
def test_another_search_has_another_identity(options):
    base = {"method": make(plan=PLAN)}
    one = search(**base).identity
    assert search(**base).identity == one
    other = search(**{**base, **options}).identity
    assert other != one
    assert {**other, "scored": None} == {**one, "scored": None}


def test_an_epoch_has_iterations():
    with pytest.raises(ValueError, match="per_epoch .* Received: 0"):
        search(per_epoch=0)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_scores_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = searched_model_test.own_model()
    finally:
        keras.config.set_dtype_policy("float32")
    searched = search(model, make(**L2))
    own = program(searched)
    losses, _ = own.train(0, 20, 20)
    assert np.isfinite(losses).all()
    started = drawn(model)
    for name, array in searched.source.values.items():
        assert array.dtype == np.float32 and (array != started[name]).any()


def trained(model):
    """Returns what two searches, with events, come to."""
    found = []
    pruned = make(plan=PLAN, project_every=2, **L2)
    for method in (pruned, make("global_ep")):
        searched = search(model, method, per_epoch=3)
        own = programs.program(
            searched,
            lambda: keras.optimizers.SGD(0.5, momentum=0.9),
            tiny.make_dataset(size=48),
            jit=False,
        )
        found += [*own.train(0, 12, 12)]
        taken = searched.event(12)["pruned"]
        assert (taken > 0) == (method is pruned)
        found += [*own.train(12, 3, 12), taken]
        found += [*own.start_evaluation("test").result()]
        found += [
            *searched.source.values.values(),
            *searched.source.active.values(),
        ]
    return found


@pytest.mark.slow
def test_two_devices_train_as_one():
    searched_model_test.check_two_devices("scored_masks_test")


RNG = np.random.default_rng(1)
UNIFORM = {
    "a": RNG.random((4, 5)).astype("f4"),
    "b": RNG.random((5, 3)).astype("f4"),
}
WEIGHTS = {n: RNG.normal(size=s.shape).astype("f4") for n, s in UNIFORM.items()}


def source(method, scores=UNIFORM, seed=1, loss=None):
    """Without a network around it."""
    shapes = {name: each.shape for name, each in scores.items()}
    found = scored_masks.ScoredMasks(shapes, method)
    found.reset(method, PER_EPOCH, seed, loss)
    found.start(scores)
    return found


def tensors(network):
    return [tf.constant(each) for each in network.values()]


def effective(found, training=True):
    own = found.masked(tensors(UNIFORM), tensors(WEIGHTS), training)
    return dict(zip(UNIFORM, [each.numpy() for each in own], strict=True))


def test_weights_are_kept_by_scores_and_flags():
    found = source(make(plan=PLAN))
    plain = effective(found)
    for name, own in plain.items():
        np.testing.assert_array_equal(
            own, WEIGHTS[name] * (UNIFORM[name] > 0.5)
        )
    flags = {n: RNG.integers(0, 2, s.shape) for n, s in UNIFORM.items()}
    found.restore({"scores": UNIFORM, "flags": flags})
    for name, own in effective(found).items():
        np.testing.assert_array_equal(own, plain[name] * flags[name])
        np.testing.assert_array_equal(found.active[name], flags[name])
        assert found.active[name].dtype == np.uint8
    found.reset(make(plan=PLAN), 4, 1)
    assert all(each.all() for each in found.active.values())


def test_events_take_the_lowest_scores_by_the_exact_count():
    found = source(make(plan=PLAN))
    step = 1 - 0.2 ** (1 / 3)
    active = 35
    for epoch in PLAN.epochs:
        taken = int(np.ceil(step * active - 1e-6))
        assert found.prune(epoch) == taken
        active -= taken
    flat = np.concatenate([each.ravel() for each in UNIFORM.values()])
    left = np.concatenate([each.ravel() for each in found.active.values()])
    expected = np.ones(35, np.uint8)
    expected[np.argsort(flat)[: 35 - active]] = 0
    np.testing.assert_array_equal(left, expected)


def test_gradual_edge_popup_has_its_count_in_a_variable():
    found = source(make("global_ep", plan=PLAN))
    counts = [found.cut.removed]
    for epoch in PLAN.epochs:
        before = np.count_nonzero(effective(found)["a"])
        found.prune(epoch)
        counts.append(found.cut.removed)
        assert np.count_nonzero(effective(found)["a"]) <= before
    # Of 35, rounded up: p until epoch 2T, 1 - (1 - p)^2 after it, then .8.
    assert counts == [[15], [15], [24], [28]]
    kept = sum(np.count_nonzero(each) for each in effective(found).values())
    assert kept == 7
    assert all(each.all() for each in found.active.values())
    again = source(make("global_ep", plan=PLAN))
    again.restore(found.outcome())
    assert again.cut.removed == [28]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"a_active", "b_active"}),
        ({"masker": "ep", "density": 0.5}, {"removed"}),
        ({"masker": "signed"}, {"a_threshold", "b_threshold"}),
    ],
)
def test_all_that_is_not_compiled_in_is_in_variables(options, names):
    found = source(make(**options, **{**L2, "regularization_weight": 0.5}))
    by_name = {each.name: each for each in found.variables}
    assert set(by_name) == names | {"regularization_weight", "per_epoch"}
    assert by_name["regularization_weight"].numpy() == 0.5
    assert by_name["per_epoch"].numpy() == 4


def test_losses_are_the_weighted_sum_of_all_scores_flagged_or_not():
    method = make(regularization="var_red_2", regularization_weight=0.25)
    found = source(method)
    flags = {n: np.zeros(s.shape) for n, s in UNIFORM.items()}
    found.restore({"scores": UNIFORM, "flags": flags})
    expected = 0.25 * sum(
        (WEIGHTS[name].astype(float) ** 2 * s * (1 - s)).sum()
        for name, s in UNIFORM.items()
    )
    (loss,) = found.losses(tensors(UNIFORM), tensors(WEIGHTS))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    counted = found.regularization(WEIGHTS)
    assert isinstance(counted, float)
    np.testing.assert_allclose(counted, expected, rtol=1e-7)
    plain = source(make())
    assert plain.losses(tensors(UNIFORM), tensors(WEIGHTS)) == []
    assert plain.regularization(WEIGHTS) == 0


def test_scores_are_projected_by_a_constraint_where_they_are_at_all():
    for options, is_projected in (
        ({}, True),
        ({"project_every": 3}, True),
        ({"project_every": 0}, False),
        ({"project_every": 0, "clamp_in_forward": True}, True),
        ({"masker": "ep", "density": 0.5}, False),
        ({"masker": "signed"}, False),
    ):
        for each in source(make(**options)).trained.values():
            assert (each.constraint is not None) == is_projected


def constraint(every, per_epoch=4):
    found = source(make(project_every=every))
    found.reset(make(project_every=every), per_epoch, 1)
    return found.trained["a"].constraint, found.iterations


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (1, [1, 2, 3, 4, 5, 6, 7, 8]),
        # Before iterations 0 and 3 of an epoch of four, and after its last.
        (3, [3, 4, 7, 8]),
        (2, [2, 4, 6, 8]),
        (9, [4, 8]),
    ],
)
def test_scores_are_clipped_when_it_is_time_to(every, expected, jit):
    own, iterations = constraint(every)
    apply = tf.function(own, autograph=False, jit_compile=jit)
    scores = tf.constant([-0.5, 0.0, 0.25, 1.0, 1.5])
    clipped = []
    for done in range(1, 9):
        iterations.assign(done)
        found = apply(scores).numpy()
        if (found != scores.numpy()).any():
            np.testing.assert_array_equal(found, [0, 0, 0.25, 1, 1])
            clipped.append(done)
    assert clipped == expected


SCORES = {
    "a": np.array([[0.9, 0.5], [0.2, 0.6]], np.float32),
    "b": np.array([0.7, 0.1], np.float32),
}
FLAGS = {
    "a": np.array([[1, 1], [1, 0]], np.uint8),
    "b": np.array([1, 1], np.uint8),
}
NOTHING = {name: np.zeros_like(each) for name, each in FLAGS.items()}


def rounded(name="naive", scores=SCORES, loss=None, **options):
    """A source of scores to be rounded, of which FLAGS has taken one."""
    method = make(rounding=score_rounding.Rounding(name, **options))
    found = source(method, scores, loss=loss)
    flags = FLAGS if scores is SCORES else found.active
    found.restore({"scores": scores, "flags": flags})
    return found


def check(found, expected):
    for name, mask in expected.items():
        np.testing.assert_array_equal(found[name], mask)
        assert found[name].dtype == np.uint8


def test_rounded_scores_are_judged_where_nothing_is_flagged_off():
    (found,) = rounded().samples(3)
    check(found, {"a": [[1, 0], [0, 0]], "b": [1, 0]})
    check(rounded().kept, found)
    (found,) = rounded(threshold=0.15).samples(3)
    check(found, {"a": [[1, 1], [1, 0]], "b": [1, 0]})
    check(rounded(threshold=0.15).kept, found)


def test_what_is_drawn_is_drawn_as_often_as_asked_and_by_seed():
    half = {name: np.full((50, 50), 0.5, "f4") for name in "ab"}
    method = make(rounding=score_rounding.Rounding("prob"))
    one, again, other = (
        source(method, half, seed).samples(3) for seed in (1, 1, 2)
    )
    assert len(one) == 3
    for index in range(3):
        check(one[index], again[index])
        assert 0.4 < (one[index]["a"] != one[index - 1]["a"]).mean() < 0.6
    assert (one[0]["a"] != other[0]["a"]).any()
    assert len(rounded(noise_ratio=0.1).samples(3)) == 3


def test_a_loss_decides_where_scores_are_rounded_one_by_one():
    by_loss = rounded(
        "pseudo_boolean", loss=lambda masks: float(masks["b"].sum())
    )
    (found,) = by_loss.samples(3)
    check(found, {"a": [[1, 1], [1, 0]], "b": [0, 0]})


@pytest.mark.parametrize("noise_ratio", [0.0, 0.1])
def test_no_loss_is_taken_with_what_is_flagged_off(noise_ratio):
    seen = []

    def loss(masks):
        seen.append(masks["a"][1, 1])
        return 0.0

    rounded("pseudo_boolean", loss=loss, noise_ratio=noise_ratio).samples(1)
    assert len(seen) >= 8 and not any(seen)


def test_edge_popup_is_judged_by_its_own_mask():
    own = source(make("global_ep", density=0.5), SCORES)
    (found,) = own.samples(3)
    check(found, {"a": [[1, 0], [0, 1]], "b": [1, 0]})
    check(own.kept, found)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (
            {"regularization": "L2", "regularization_weight": 0.01},
            [
                "regularization 'L2' with weight 0.01",
                "a smaller regularization_weight, or prune less",
            ],
        ),
        (
            {
                "regularization": "L1",
                "regularization_weight": 1.0,
                "unflag": False,
            },
            ["regularization 'L1' with weight 1", "or unflag, which keeps"],
        ),
        ({}, ["under no regularization", "another learning rate"]),
    ],
)
def test_a_mask_that_keeps_nothing_is_an_error_with_its_cause(options, parts):
    method = make(**options, plan=PLAN)
    found = source(method, NOTHING)
    found.restore({"scores": NOTHING, "flags": NOTHING})
    with pytest.raises(ValueError, match="The final mask keeps none of 6") as e:
        found.final_masks(lambda masks: masks)
    for part in parts:
        assert part in str(e.value)
    if method.unflag:
        assert "or unflag" not in str(e.value)
    some = {**NOTHING, "b": FLAGS["b"]}
    found.restore({"scores": some, "flags": some})
    check(found.final_masks(lambda masks: masks), some)


def test_a_signed_step_against_numpy():
    """Weights w * sign(s) * [|s| > t], Nesterov's step, and the decay."""
    rate, momentum, decay = 0.5, 0.9, 0.1
    searched = search(method=make("signed"))
    weights, started = searched.weights, searched.source.values
    data = tiny.make_dataset(size=16)  # One batch.
    scores, velocity = started, {n: 0.0 for n in started}
    own = programs.program(
        searched,
        optimizers.optimizer_fn(
            "nesterov", rate, momentum=momentum, decoupled_weight_decay=decay
        ),
        data,
        jit=False,
    )
    for iteration in range(3):
        mask = forward_mask(make("signed"), scores, started)
        assert any((each < 0).any() for each in mask.values())
        kernels = {name: weights[name] * mask[name] for name in mask}
        by_weights = differences(
            lambda own: loss_of(own, weights, data.train), kernels
        )
        own.train(iteration, 1, 1)
        found, expected = searched.source.values, {}
        for name, score in scores.items():
            gradient = by_weights[name] * weights[name]
            velocity[name] = momentum * velocity[name] + gradient
            step = gradient + momentum * velocity[name]
            expected[name] = score - rate * decay * score - rate * step
            np.testing.assert_allclose(
                found[name], expected[name], rtol=1e-4, atol=1e-6
            )
        scores = found  # Near a threshold, rounding decides.
    for name, array in searched.weights.items():
        assert array.tobytes() == weights[name].tobytes()


def test_what_a_signed_search_leaves(caplog):
    searched = search(method=make("signed"))
    weights, scores = searched.weights, searched.source.values
    found = searched.outcome()
    mask = forward_mask(make("signed"), scores)
    for name, own in found["masks"].items():
        np.testing.assert_array_equal(own, mask[name] != 0)
        effective = weights[name] * mask[name]
        np.testing.assert_array_equal(found["final"][name], effective)
        assert own.dtype == np.uint8 and 0 < own.sum() < own.size
    for name, own in searched.signed(weights).items():
        flipped = scores[name] < 0 if name in scores else np.zeros(1, bool)
        expected = np.where(flipped, -weights[name], weights[name])
        np.testing.assert_array_equal(own, expected)
        assert own.dtype == weights[name].dtype
    x = tiny.make_dataset().test.x
    outputs = searched.network(x, training=False).numpy()
    model = tiny.Model()
    model.reset(found["final"])
    plain = model.network(x, training=False).numpy()
    np.testing.assert_allclose(outputs, plain, rtol=1e-6)
    assert not caplog.messages


def test_signs_are_their_own_where_masks_have_none():
    searched = search()
    assert searched.source.signs == {}
    for name, own in searched.signed(searched.weights).items():
        np.testing.assert_array_equal(own, searched.weights[name])


def test_a_signed_search_that_keeps_nothing_says_what_to_do():
    searched = search(method=make("signed"))
    searched.source.assign(LOW)
    thresholds = searched.source.cut.thresholds
    assert all(0.1 < each < 0.2 for each in thresholds.values())
    searched.source.assign({n: each / 9 for n, each in LOW.items()})
    with pytest.raises(ValueError, match="none of 35 .* a smaller weight_dec"):
        searched.event(4)


@hypothesis.settings(max_examples=25)
@hypothesis.given(st.integers(0, 2**32), st.sampled_from([0.0, 0.4, 0.9]))
def test_what_a_signed_mask_prunes_stays_0(seed, share):
    rng = np.random.default_rng(seed)
    started, scores, weights = (
        {n: rng.normal(size=s.shape).astype("f4") for n, s in UNIFORM.items()}
        for _ in range(3)
    )
    found = source(make("signed", threshold_share=share), started)
    found.assign(scores)
    masks, signs = found.samples(1)[0], found.signs
    own = found.masked(tensors(scores), tensors(weights), training=True)
    for name, effective_kernel in zip(scores, own, strict=True):
        threshold = np.float32(share) * np.abs(started[name]).max()
        is_kept = np.abs(scores[name]) > threshold
        assert masks[name].sum() == is_kept.sum()
        assert np.count_nonzero(effective_kernel) == is_kept.sum()
        np.testing.assert_array_equal(
            effective_kernel, weights[name] * signs[name] * masks[name]
        )
