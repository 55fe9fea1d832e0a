"""HLOP in convolutional networks: what is protected, what learns when, and the network itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.continual_learner import Examples, Finished, learn_stream
from cogmem.models.hlop import LateralCircuit, Quantiser, Subspace
from cogmem.models.hlop_convolution import (
    ConvKnowledge,
    ConvolutionalLearner,
    WarmUpCosine,
)
from cogmem.models.spiking import IF, LIF
from cogmem.models.spiking_convolution import (
    ConvWeights,
    Normalisation,
    SpikingConvNet,
    convolution,
    patches,
)

KEY = jax.random.key(3)
SHAPE = (4, 4, 3)
NET = SpikingConvNet(SHAPE, (12, 6), 2, n_steps=6)
CIRCUIT = LateralCircuit()
ROWS = ((4, 6, 0), (2, 3, 0), (2, 3, 0))
SCHEDULE = WarmUpCosine(1000, 2, n_warm_up=2)  # half the rate wherever no other is said
LEARNER = ConvolutionalLearner(NET, ROWS, (CIRCUIT, CIRCUIT, None), 0.2, schedule=SCHEDULE)


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    """The vectors of tests/conformance are in float32."""
    with jax.enable_x64(True):
        yield


def batch(seed: int, n: int = 5, shape: tuple[int, ...] = SHAPE) -> tuple[jax.Array, jax.Array]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, math.prod(shape)))
    return jnp.asarray(x), jnp.arange(n) % 2


@eqx.filter_jit
def learn(
    learner: ConvolutionalLearner, known: ConvKnowledge, x: jax.Array, labels: jax.Array
) -> ConvKnowledge:
    return learner.learn(known, x, labels)[0]


@eqx.filter_jit
def gradients(
    learner: ConvolutionalLearner, known: ConvKnowledge, x: jax.Array, labels: jax.Array
) -> ConvWeights:
    return learner.gradients(known, x, labels)[2]


@eqx.filter_jit
def begin_task(learner: ConvolutionalLearner, known: ConvKnowledge, place: int) -> ConvKnowledge:
    return learner.begin_task(known, key=jax.random.fold_in(KEY, place))


def begun(learner: ConvolutionalLearner, n_tasks: int) -> ConvKnowledge:
    """After a batch of each task but the last, which has only begun; statistics have run."""
    known = eqx.filter_jit(learner.begin)(key=KEY)
    for task in range(n_tasks):
        known = begin_task(learner, known, jnp.asarray(task))
        if task < n_tasks - 1:
            known = learn(learner, known, *batch(task))
    return known


# ---- convolutions --------------------------------------------------------------------------------


def test_patches_are_channel_by_channel_then_row_by_row() -> None:
    """Of a 2 x 2 image with channels 1 to 4 and 10 to 40, that of the place on the lower left."""
    image = jnp.asarray([[[1, 10], [2, 20]], [[3, 30], [4, 40]]], float)
    found = patches(image[None], 3)
    assert found.shape == (1, 4, 18)
    one = [0, 1, 2, 0, 3, 4, 0, 0, 0]
    np.testing.assert_array_equal(found[0, 2], [*one, *(10 * v for v in one)])


@pytest.mark.parametrize("size", [1, 3, 5])
def test_convolution_and_its_derivatives(size: int) -> None:
    """Those of JAX's own convolution, in another layout; images that are not square."""
    keys = jax.random.split(KEY, 3)
    images = jax.random.normal(keys[0], (2, 3, 5, 4))
    kernels = jax.random.normal(keys[1], (6, 3, size, size))
    upstream = jax.random.normal(keys[2], (2, 6, 5, 4))
    edge = ((size // 2, size // 2),) * 2

    def usual(images: jax.Array, kernels: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(images, kernels, (1, 1), edge)

    def ours(images: jax.Array, kernels: jax.Array) -> jax.Array:
        return jnp.moveaxis(convolution((jnp.moveaxis(images, 1, -1), kernels), None), -1, 1)

    (expected, back), (found, pull) = (jax.vjp(f, images, kernels) for f in (usual, ours))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    for derivative, like in zip(pull(upstream), back(upstream), strict=True):
        np.testing.assert_allclose(derivative, like, atol=1e-12)


# ---- batch normalisation -------------------------------------------------------------------------


def test_batch_normalisation() -> None:
    """By the batch: mean and variance over all but channels; what runs is a tenth of them."""
    scale, shift = jnp.asarray([2.0, 3.0]), jnp.asarray([0.5, -0.5])
    norm = Normalisation(scale, shift, jnp.zeros(2), jnp.ones(2))
    current = jax.random.normal(KEY, (3, 4, 5, 5, 2)) * 4 + 1
    found, kept = norm.by_batch(current)
    flat = np.asarray(current).reshape(-1, 2)
    z = (flat - flat.mean(0)) / np.sqrt(flat.var(0) + 1e-5)
    np.testing.assert_allclose(np.reshape(found, (-1, 2)), z * [2, 3] + [0.5, -0.5], rtol=1e-9)
    np.testing.assert_allclose(kept.mean, 0.1 * flat.mean(0), rtol=1e-9)
    np.testing.assert_allclose(kept.variance, 0.9 + 0.1 * flat.var(0, ddof=1), rtol=1e-9)
    again = (flat - np.asarray(kept.mean)) / np.sqrt(np.asarray(kept.variance) + 1e-5)
    again = again * [2, 3] + [0.5, -0.5]
    np.testing.assert_allclose(np.reshape(kept.fixed(current), (-1, 2)), again, rtol=1e-9)


def test_a_step_that_stands_for_all_counts_as_often() -> None:
    """The input is the same at every step: once for three, or three times, runs on the same."""
    current = jax.random.normal(jax.random.key(0), (1, 2, 2, 2, 3))
    norm = Normalisation(jnp.ones(3), jnp.zeros(3), jnp.zeros(3), jnp.ones(3))
    once, each = norm.by_batch(current, 3)[1], norm.by_batch(jnp.repeat(current, 3, axis=0))[1]
    np.testing.assert_allclose(once.variance, each.variance, rtol=1e-6)
    np.testing.assert_allclose(once.mean, each.mean, rtol=1e-5, atol=1e-7)
    # 8 or 24 values: the unbiased variance differs by 8 / 7 to 24 / 23.
    assert np.abs(norm.by_batch(current)[1].variance - once.variance).min() > 1e-3


# ---- the network ---------------------------------------------------------------------------------


def unfolded(images: np.ndarray, size: int = 3) -> np.ndarray:
    """Patches, [image, row, column, patch], in NumPy."""
    padded = np.pad(images, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return windows.reshape(*windows.shape[:3], -1)


def forward(net: SpikingConvNet, weights: ConvWeights, x: jax.Array) -> list[np.ndarray]:
    """Written again, step by step: input of each block and of the read-out, [time, item, ...]."""
    weights = jax.tree.map(np.asarray, weights)
    value = np.broadcast_to(np.reshape(x, (1, -1, *net.shape)), (net.n_steps, len(x), *net.shape))
    found = [value]
    blocks = zip(weights.kernels, weights.normalisations, weights.thresholds, strict=True)
    for kernels, norm, threshold in blocks:
        current = np.stack([unfolded(step) @ kernels.reshape(len(kernels), -1).T for step in value])
        gain = norm.scale / np.sqrt(norm.variance + 1e-5)
        value = spiking(net.neuron, (current - norm.mean) * gain + norm.shift, threshold)
        places = [n // 2 for n in value.shape[2:4]]
        value = value.reshape(*value.shape[:2], places[0], 2, places[1], 2, -1).mean(axis=(3, 5))
        found.append(value)
    return found


def spiking(neuron: LIF | IF, current: np.ndarray, threshold: float) -> np.ndarray:
    v, outputs = np.zeros(current.shape[1:]), []
    for now in current:
        v = neuron.keep * v + neuron.intake * now
        spikes = np.where(v >= 0.3 * threshold, threshold, 0)
        v = v - spikes
        outputs.append(spikes / neuron.spike_duration)
    return np.stack(outputs)


NEURONS = [
    pytest.param(LIF(), id="lif"),
    pytest.param(IF(), id="if", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("neuron", NEURONS)
def test_a_network_runs_as_written_out(neuron: LIF | IF) -> None:
    """Spikes are the same, so logits and represented inputs to 1e-10."""
    net = replace(NET, neuron=neuron)
    weights = begun(replace(LEARNER, network=net), 2).weights
    x, _ = batch(7)
    each = forward(net, weights, x)
    w = np.asarray(neuron.weights(net.n_steps))
    ran = eqx.filter_jit(net.run)(weights, x)
    for found, steps in zip(ran.seen, each, strict=True):
        expected = np.tensordot(w, steps, 1)
        np.testing.assert_allclose(np.reshape(found, expected.shape), expected, atol=1e-10)
    assert 0.02 < np.mean(each[-1] > 0) < 0.9  # there are spikes, and silence
    logits = np.asarray(ran.seen[-1]) @ np.asarray(weights.head).T + np.asarray(weights.bias)
    np.testing.assert_allclose(ran.logits, logits, atol=1e-12)
    one = eqx.filter_jit(net.logits)(weights, x[1])
    np.testing.assert_allclose(one, logits[1], atol=1e-10)


@pytest.mark.parametrize("neuron", NEURONS)
def test_one_derivative_serves_all_steps(neuron: LIF | IF) -> None:
    """Collapsed v. step by step, with normalisation fixed: kernels and read-out to 1e-10.

    Quantised circuits need each step; without old rows they change nothing.
    """
    net = replace(NET, neuron=neuron)
    weights = begun(replace(LEARNER, network=net), 2).weights
    x, labels = batch(7)
    circuit = LateralCircuit(quantiser=Quantiser())
    idle = tuple((circuit, circuit.begin(n, n_old=0, n_new=1)) for n in net.n_traced[:-1])

    def loss(weights: ConvWeights, protections: tuple | None) -> jax.Array:
        logits = net.run(weights, x, protections=protections).logits
        return -jax.nn.log_softmax(logits)[jnp.arange(len(x)), labels].mean()

    collapsed, each = (eqx.filter_jit(jax.grad(loss))(weights, p) for p in (None, idle))
    assert np.linalg.norm(each.kernels[0]) > 1e-4
    for part in ("kernels", "head"):
        for one, other in zip(getattr(collapsed, part), getattr(each, part), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-10)


def test_initial_weights() -> None:
    """Kernels have standard deviation sqrt(2 / (k k post)), read-outs .01, within 5 %."""
    weights = SpikingConvNet((8, 8, 64), (32,), 50).begin(key=KEY)
    assert float(weights.kernels[0].std()) == pytest.approx(math.sqrt(2 / (9 * 32)), rel=0.05)
    assert float(weights.head.std()) == pytest.approx(0.01, rel=0.05)
    assert not weights.bias.any()
    np.testing.assert_allclose(weights.thresholds, 0.3)


# ---- what learns when ----------------------------------------------------------------------------


def test_from_the_second_task_on_only_kernels_and_read_out_learn() -> None:
    """Scales, shifts, thresholds, statistics and the bias keep their bits; in the first all move.

    Thresholds learn from saturated neurons, which need not be there: their gradient may be 0.
    """
    first = begun(LEARNER, 1)
    after = learn(LEARNER, first, *batch(1))
    assert (after.weights.bias != first.weights.bias).all()
    for one, other in zip(
        jax.tree.leaves(first.weights.normalisations),
        jax.tree.leaves(after.weights.normalisations),
        strict=True,
    ):
        assert (one != other).any()
    second = begin_task(LEARNER, after, jnp.asarray(1))
    later = learn(LEARNER, second, *batch(2))
    rank = jax.tree.map(jnp.ndim, second.weights)
    same = jax.tree.map(lambda a, b: bool((a == b).all()), second.weights, later.weights)
    assert jax.tree.map(lambda n: n == 1, rank) == same
    assert not later.weights.bias.any()


def test_momentum_starts_anew_in_each_task() -> None:
    known = learn(LEARNER, begun(LEARNER, 1), *batch(1))
    speed = [float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(known.optimiser)]
    assert max(speed) > 0
    anew = begin_task(LEARNER, known, jnp.asarray(1))
    assert all(not leaf.any() for leaf in jax.tree.leaves(anew.optimiser))


def test_weights_change_by_momentum_of_projected_gradients() -> None:
    """While the rate rises it is half of .2: the changes are -.1 g1 and -.1 (.9 g1 + g2)."""
    known = begun(LEARNER, 2)
    one = learn(LEARNER, known, *batch(4))
    two = learn(LEARNER, one, *batch(5))
    g1, g2 = gradients(LEARNER, known, *batch(4)), gradients(LEARNER, one, *batch(5))
    for place in range(2):
        then, mid, now = (each.weights.kernels[place] for each in (known, one, two))
        first, second = (np.asarray(g.kernels[place]) for g in (g1, g2))
        np.testing.assert_allclose(mid - then, -0.1 * first, atol=1e-12)
        np.testing.assert_allclose(now - mid, -0.1 * (0.9 * first + second), atol=1e-12)


def test_learning_rate_of_a_task() -> None:
    """Epoch by epoch: (e + 1) / 5, then half a cosine from 1; 200 epochs of 3 iterations."""
    schedule = WarmUpCosine(3, 200)
    epochs = np.array([0, 1, 4, 5, 100, 199])
    falling = 0.5 * (1 + np.cos(np.pi * (epochs - 5) / 195))
    expected = np.where(epochs < 5, (epochs + 1) / 5, falling)
    for shift in (0, 2):
        np.testing.assert_allclose(schedule(jnp.asarray(3 * epochs + shift)), expected, atol=1e-6)


def test_old_read_outs_stay_as_they_were() -> None:
    known = learn(LEARNER, begun(LEARNER, 1), *batch(1))
    then = known.weights
    known = begin_task(LEARNER, known, jnp.asarray(1))
    known = learn(LEARNER, known, *batch(2))
    kept = LEARNER.with_head(known, 0)
    np.testing.assert_array_equal(kept.head, then.head)
    np.testing.assert_array_equal(kept.bias, then.bias)
    assert (LEARNER.with_head(known, 1).head != then.head).all()


# ---- protection ----------------------------------------------------------------------------------


def spanned(rows: np.ndarray) -> Subspace:
    """Orthonormal old rows that span all of these."""
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    old = jnp.asarray(basis[values > 1e-10 * values[0]])
    assert 0 < len(old) < rows.shape[1]  # some freedom is left
    return Subspace(old, old[:0], old[:0], jnp.asarray(len(old)))


def test_contained_patches_are_protected_exactly() -> None:
    """One old image, all patches of all steps in the old rows: dW x_old = 0, to 1e-12.

    So 20 batches of a new task with momentum leave its currents and logits as they were (spec 3.10,
    9.6, 9.7), whichever way is projected; without projection they do not.
    """
    known = begun(LEARNER, 2)
    old, _ = batch(50, n=1)
    inputs = forward(NET, known.weights, old)[:2]
    rows = [np.concatenate(list(map(unfolded, each))) for each in inputs]
    rows = [each.reshape(-1, each.shape[-1]) for each in rows]
    held = known._replace(subspaces=(*map(spanned, rows), None))
    answer = eqx.filter_jit(lambda known: NET.logits(LEARNER.with_head(known, 0), old[0]))
    before = answer(held)
    for projected in ("gradients", "patches"):
        learner = replace(LEARNER, projected=projected)
        now = learnt(learner, held)
        for depth in range(2):
            change = now.weights.kernels[depth] - held.weights.kernels[depth]
            moved = np.reshape(change, (len(change), -1)) @ rows[depth].T
            assert np.linalg.norm(change) > 1e-3
            assert np.linalg.norm(moved) <= 1e-12 * np.linalg.norm(change) * np.linalg.norm(
                rows[depth]
            )
        np.testing.assert_allclose(answer(now), before, atol=1e-9)
    free = learnt(replace(LEARNER, circuits=(None, None, None)), held)
    assert np.abs(answer(free) - before).max() > 1e-3


def learnt(learner: ConvolutionalLearner, known: ConvKnowledge) -> ConvKnowledge:
    """After 20 batches of new images; lateral circuits do not learn."""
    kept = known.subspaces
    for seed in range(20):
        known = learn(learner, known, *batch(seed))._replace(subspaces=kept)
    return known


def test_old_rows_keep_their_bits_and_new_ones_learn() -> None:
    known = begun(LEARNER, 2)
    after = learn(LEARNER, known, *batch(1))
    for one, other in zip(known.subspaces[:2], after.subspaces[:2], strict=True):
        assert int(one.n_old) > 0
        assert one.old.tobytes() == other.old.tobytes()
        assert (one.new != other.new).any()


# ---- streams -------------------------------------------------------------------------------------


def stream(learner: ConvolutionalLearner) -> list[Finished]:
    """Two tasks of two kinds of image each."""
    tasks = []
    for task in range(2):
        random = np.random.default_rng(task)
        kinds, labels = random.normal(size=(2, math.prod(SHAPE))), np.arange(16) % 2
        x = jnp.asarray(kinds[labels] + 0.5 * random.normal(size=(16, math.prod(SHAPE))))
        tasks.append(Examples(x, jnp.asarray(labels), jnp.arange(x.shape[1])))
    return list(learn_stream(learner, tasks, tasks, batch_size=8, n_epochs=10, key=KEY))


@pytest.mark.slow
def test_a_stream_is_learnt_by_the_verbs_of_any_continual_learner() -> None:
    """Every task to 90 % or better; without old rows HLOP is a plain network, bit for bit."""
    protected = stream(LEARNER)
    plain = stream(replace(LEARNER, circuits=(None, None, None)))
    assert [len(each.accuracies) for each in protected] == [1, 2]
    assert min(each.accuracies[-1] for each in protected) >= 0.9
    one, other = (each[0].knowledge.weights for each in (protected, plain))
    assert all((a == b).all() for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True))
    assert (
        protected[1].knowledge.weights.kernels[0] != plain[1].knowledge.weights.kernels[0]
    ).any()


def test_a_shared_read_out_is_protected_and_has_no_bias() -> None:
    """Its gradient is orthogonal to the old rows, which are orthonormal, as they were drawn."""
    shared = replace(LEARNER, circuits=(CIRCUIT,) * 3, rows=((4, 6, 3),) * 2, heads="shared")
    known = begin_task(shared, begun(shared, 1), jnp.asarray(1))
    found = gradients(shared, known, *batch(5))
    for gradient, subspace in zip((*found.kernels, found.head), known.subspaces, strict=True):
        old = np.asarray(subspace.old)
        along = np.reshape(gradient, (len(gradient), -1)) @ old.T
        assert np.linalg.norm(old) > 1
        assert np.linalg.norm(along) <= 1e-12 < 1e-4 < np.linalg.norm(gradient)
    assert not found.bias.any()


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(NET, size=2),
        lambda: replace(NET, channels=()),
        lambda: replace(NET, channels=(4, 4, 4)),
        lambda: replace(LEARNER, circuits=(CIRCUIT, None)),
        lambda: replace(LEARNER, rows=((4, 6), (2, 3))),
        lambda: replace(LEARNER, circuits=(CIRCUIT,) * 3),
        lambda: WarmUpCosine(10, 4, n_warm_up=5),
        lambda: LEARNER.begin_task(begun(LEARNER, 3), key=KEY),
    ],
)
def test_refused(make) -> None:
    with pytest.raises(InvalidValue, match=r"expected|leaves|give|make the learner"):
        make()
