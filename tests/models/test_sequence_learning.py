"""Training: AdamW by hand, blocks, streams, what is frozen or left out, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models import sequence_learning
from cogmem.models.sequence_learning import (
    Learning,
    Training,
    learn,
    log_probabilities,
    loss,
    streams,
    windows,
)
from cogmem.models.sequence_model import Passage
from tests.models.tellers import Echo, Unigram, Weights

KEY = jax.random.key(0)
TEXT = np.random.default_rng(0).integers(0, 5, 200)
ECHO = Echo(5, 4, dropout=0.3)
BATCH, TIME = 4, 7


@pytest.fixture
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def some(passages: Passage, which: Any) -> Passage:
    return jax.tree.map(lambda each: each[which], passages)


SIX = jax.tree.map(np.asarray, windows(TEXT, (6, BATCH), TIME, key=KEY))
TWO, ONE = some(SIX, slice(2)), some(SIX, 0)


def begun(training: Training, model: Any = ECHO) -> Learning:
    return training.begin(model.begin(key=KEY))


def states(weights: Weights) -> jax.Array:
    return jax.vmap(lambda _: ECHO.empty(weights))(jnp.arange(BATCH))


def kinds(tree: Any) -> set[str]:
    """Of the numbers with a fraction."""
    return {str(leaf.dtype) for leaf in jax.tree.leaves(tree) if leaf.dtype.kind == "f"}


def same(one: Any, other: Any) -> bool:
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: bool((a == b).all()), one, other)))


# ---- the optimiser -------------------------------------------------------------------------------


def by_hand(targets: np.ndarray, **options: float) -> tuple[np.ndarray, list[float]]:
    """AdamW as PyTorch writes it, on three logits: w (1 - rate decay), then Adam's step."""
    at = {"rate": 1e-3, "decay": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8} | options
    w, m, v, losses = np.array([0.5, -1.0, 0.25]), np.zeros(3), np.zeros(3), []
    for step, said in enumerate(targets, start=1):
        chance = np.exp(w) / np.exp(w).sum()
        losses.append(-np.log(chance[said]).mean())
        gradient = chance - np.bincount(said.ravel(), minlength=3) / said.size
        w = w * (1 - at["rate"] * at["decay"])
        m = at["beta1"] * m + (1 - at["beta1"]) * gradient
        v = at["beta2"] * v + (1 - at["beta2"]) * gradient**2
        root = np.sqrt(v) / np.sqrt(1 - at["beta2"] ** step) + at["eps"]
        w = w - at["rate"] / (1 - at["beta1"] ** step) * m / root
    return w, losses


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize(
    "options", [{}, {"rate": 0.3, "decay": 0.5, "beta1": 0.5, "beta2": 0.9, "eps": 0.01}]
)
def test_two_steps_of_three_weights_are_adamw_by_hand(options: dict[str, float]) -> None:
    """Weights, and losses before each update, to 1e-12."""
    names = {"rate": "learning_rate", "decay": "weight_decay"}
    training = Training(**{names.get(name, name): value for name, value in options.items()})
    tokens = np.array([[[0, 1, 2, 2], [1, 1, 0, 2]], [[0, 0, 0, 1], [2, 0, 0, 0]]])
    given = Passage.of(tokens)
    taught = learn(Unigram(), training, begun(training, Unigram()), given)
    expected, losses = by_hand(tokens[..., 1:], **options)
    np.testing.assert_allclose(taught.learning.weights.bias, expected, atol=1e-12)
    np.testing.assert_allclose(taught.losses, losses, atol=1e-12)
    assert taught.learning.n_steps == 2


def test_rate_rises_and_falls_in_straight_lines() -> None:
    training = Training(1.0, warm_up=4.0, n_steps=14.0, final=0.2)
    rates = [float(training.rate(step)) for step in (0, 1, 3, 4, 9, 14, 100)]
    np.testing.assert_allclose(rates, [0.25, 0.5, 1, 1, 0.6, 0.2, 0.2], rtol=1e-6)
    assert [float(Training().rate(step)) for step in (0, 10**6)] == pytest.approx([1e-3] * 2)


def test_long_gradients_are_shortened_and_frozen_fields_play_no_part_in_it() -> None:
    """With beta1 0 the mean gradient is that of the last step; its length is the limit's."""

    def gradient(**options: Any) -> Weights:
        training = Training(0.0, beta1=0.0, **options)
        return optax.tree.get(learn(ECHO, training, begun(training), TWO).learning.moments, "mu")

    full = gradient()
    length = optax.tree.norm(full)
    assert length > 0.2
    short = gradient(clip=0.1)
    np.testing.assert_allclose(optax.tree.norm(short), 0.1, rtol=1e-5)
    np.testing.assert_allclose(short.embedding, 0.1 / length * full.embedding, rtol=1e-4)
    frozen = gradient(clip=0.1, frozen=("embedding",))
    np.testing.assert_allclose(jnp.linalg.norm(frozen.readout), 0.1, rtol=1e-5)


def test_what_is_frozen_stays_and_the_rest_learns() -> None:
    training = Training(0.1, frozen=("embedding",))
    before = ECHO.begin(key=KEY)
    after = learn(ECHO, training, training.begin(before), TWO).learning.weights
    np.testing.assert_array_equal(after.embedding, before.embedding)
    assert (after.readout != before.readout).all()


def test_only_decay_moves_weights_without_gradient() -> None:
    """An embedding never read shrinks by (1 - rate decay) a step, in weights of all kinds."""
    training = Training(0.1, weight_decay=0.5)
    before = ECHO.begin(key=KEY)
    given = windows(TEXT % 4, (2, BATCH), TIME, key=KEY)
    after = learn(ECHO, training, training.begin(before), given).learning.weights
    np.testing.assert_allclose(after.embedding[4], before.embedding[4] * 0.95**2, rtol=1e-5)


# ---- one long run --------------------------------------------------------------------------------


def test_blocks_are_one_long_run_bit_for_bit() -> None:
    """Five steps and one: losses, weights, moments and states; with dropout and a moving rate."""
    training = Training(0.05, warm_up=2.0, n_steps=5.0)
    start = states(ECHO.begin(key=KEY))
    whole = learn(ECHO, training, begun(training), SIX, jnp.copy(start), key=KEY)
    one = learn(ECHO, training, begun(training), some(SIX, slice(5)), start, key=KEY)
    two = learn(ECHO, training, one.learning, some(SIX, slice(5, 6)), one.states, key=KEY)
    np.testing.assert_array_equal(whole.losses, jnp.concatenate([one.losses, two.losses]))
    assert same(whole.learning, two.learning)
    np.testing.assert_array_equal(whole.states, two.states)


@pytest.mark.usefixtures("_double")
def test_parts_of_a_batch_give_the_same() -> None:
    """To 1e-12: rows that count unlike, dropout, and states that are each row's own."""
    echo, start = Echo(5, 4, dropout=0.3, dtype=jnp.float64), jnp.arange(16.0).reshape(BATCH, 4)
    given = TWO._replace(counted=TWO.counted * np.arange(1.0, 5)[None, :, None])
    one, two = (
        learn(echo, training, begun(training, echo), given, jnp.copy(start), key=KEY)
        for training in (Training(), Training(parts=2))
    )
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert kinds(one) == {"float64"}


@pytest.mark.usefixtures("_double")
def test_no_gradient_crosses_from_step_to_step() -> None:
    """With a rate of 0 and beta1 0, the moments hold the last gradient of unchanged weights."""
    echo, training = Echo(5, 4, dtype=jnp.float64), Training(0.0, beta1=0.0)
    weights, (one, two) = echo.begin(key=KEY), (some(streams(TEXT, BATCH, TIME), i) for i in (0, 1))

    def explicit(weights: Weights, cut: Any) -> jax.Array:
        read = jax.vmap(lambda tokens: echo.read(weights, tokens)[1])
        return loss(echo, weights, two, states=cut(read(one.tokens)))

    given = some(streams(TEXT, BATCH, TIME), slice(2))
    taught = learn(echo, training, training.begin(weights), given, jnp.zeros((BATCH, 4)))
    found = optax.tree.get(taught.learning.moments, "mu")
    gradient = jax.jit(jax.grad(explicit), static_argnums=1)
    expected = gradient(weights, jax.lax.stop_gradient)
    through = gradient(weights, jnp.positive)
    np.testing.assert_allclose(found.embedding, expected.embedding, atol=1e-12)
    assert abs(found.embedding - through.embedding).max() > 1e-4


def test_streams_read_on_where_they_stopped() -> None:
    """Losses of streams are those of the whole rows, read at once by the same weights."""
    training, given = Training(0.0), streams(TEXT, BATCH, TIME)
    weights = ECHO.begin(key=KEY)
    taught = learn(ECHO, training, training.begin(weights), given, states(weights))
    rows = jax.tree.map(lambda each: jnp.swapaxes(each, 0, 1).reshape(BATCH, -1), given)
    whole = -log_probabilities(ECHO, weights, rows).reshape(BATCH, -1, TIME).mean((0, 2))
    np.testing.assert_allclose(taught.losses, whole, rtol=1e-5)
    assert learn(ECHO, training, begun(training), TWO).states is None


def test_other_rates_compile_nothing_anew() -> None:
    training = Training(0.01)
    learn(ECHO, training, begun(training), TWO)
    compiled = sequence_learning._learn._cached._cache_size()
    training = Training(0.02, weight_decay=0.0, clip=1.0, warm_up=3.0, n_steps=5.0)
    learn(ECHO, training, begun(training), TWO)
    assert sequence_learning._learn._cached._cache_size() == compiled


def test_learning_is_used_up_and_the_weights_it_began_with_are_not() -> None:
    weights = ECHO.begin(key=KEY)
    learning = Training().begin(weights)
    learn(ECHO, Training(), learning, TWO)
    assert learning.weights.embedding.is_deleted()
    assert not weights.embedding.is_deleted()
    with pytest.raises(InvalidValue, match="learning given had been used up"):
        learn(ECHO, Training(), learning, TWO)
    for use in (Training().begin, lambda used: loss(ECHO, used, ONE)):
        with pytest.raises(InvalidValue, match="weights given had been used up"):
            use(learning.weights)


def test_precision_is_that_of_the_weights() -> None:
    """Of float64 see `test_parts_of_a_batch_give_the_same`."""
    training = Training(clip=1.0, warm_up=2.0)
    assert kinds(learn(ECHO, training, begun(training), TWO)) == {"float32"}


def test_a_text_that_repeats_itself_is_learnt() -> None:
    """From log 5 = 1.6 or more to less than 0.1 nats."""
    training, text = Training(0.1, weight_decay=0.0), np.tile([0, 3, 1, 4, 2], 30)
    given = windows(text, (200, BATCH), TIME, key=KEY)
    losses = learn(ECHO, training, begun(training), given).losses
    assert losses[0] > 1.6
    assert losses[-1] < 0.1


# ---- what is left out, what is counted -----------------------------------------------------------


def test_without_a_key_nothing_is_left_out() -> None:
    given, weights = ONE, ECHO.begin(key=KEY)
    plain = loss(ECHO, weights, given)
    assert plain == loss(Echo(5, 4, dropout=0.0), weights, given, key=KEY)
    assert plain != loss(ECHO, weights, given, key=KEY)


def test_every_row_and_step_leaves_out_something_else() -> None:
    """The same passage in all rows: rows would have equal losses if their masks were equal."""
    given = jax.tree.map(lambda each: np.broadcast_to(each[:1, None], (3, 2, TIME)), ONE)
    training, losses = Training(0.0), {}
    for only in (0, 1):
        mask = (jnp.arange(2) == only).astype(jnp.float32)[None, :, None]
        counted = given._replace(counted=given.counted * mask)
        losses[only] = learn(ECHO, training, begun(training), counted, key=KEY).losses
    assert len(set(np.concatenate([losses[0], losses[1]]).tolist())) == 6


def test_loss_is_the_weighted_mean_over_what_is_counted() -> None:
    given, weights = ONE, ECHO.begin(key=KEY)
    counted = jnp.zeros((BATCH, TIME)).at[1, 2].set(1.0).at[3, 4].set(3.0)
    each = log_probabilities(ECHO, weights, given)
    expected = -(each[1, 2] + 3 * each[3, 4]) / 4
    nowhere = jnp.where(counted > 0, given.targets, -1)
    found = loss(ECHO, weights, Passage(given.tokens, nowhere, counted))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_log_probabilities_are_of_the_targets() -> None:
    given, weights = ONE, ECHO.begin(key=KEY)
    found = log_probabilities(ECHO, weights, given)
    assert found.shape == (BATCH, TIME)
    logits = np.asarray(ECHO.read(weights, given.tokens[2])[0], float)
    chance = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    right = np.log(chance[np.arange(TIME), given.targets[2]])
    np.testing.assert_allclose(found[2], right, atol=1e-5)


# ---- passages of a text --------------------------------------------------------------------------


def test_windows_are_stretches_that_begin_anywhere() -> None:
    text = np.arange(10)
    found = windows(text, 500, 7, key=KEY)
    assert found.tokens.shape == (500, 7)
    starts = np.asarray(found.tokens[:, 0])
    np.testing.assert_array_equal(found.tokens, starts[:, None] + np.arange(7))
    np.testing.assert_array_equal(found.targets, found.tokens + 1)
    assert np.bincount(starts).tolist() == pytest.approx([500 / 3] * 3, abs=50)
    assert windows(text, (2, 3), 4, key=KEY).tokens.shape == (2, 3, 4)


def test_streams_read_everything_once_and_in_order() -> None:
    found = streams(np.arange(28), batch=2, length=4)
    assert found.tokens.shape == (3, 2, 4)
    np.testing.assert_array_equal(found.tokens[:, 0].ravel(), np.arange(12))
    np.testing.assert_array_equal(found.tokens[:, 1].ravel(), np.arange(12, 24))
    np.testing.assert_array_equal(found.targets, found.tokens + 1)
    assert streams(np.arange(9), batch=2, length=4).tokens.shape == (1, 2, 4)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": jnp.zeros((2, 4, 6), int)}, "expected the same of all"),
        ({"tokens": jnp.full((2, 4, 7), 5)}, r"token 5 at \(0, 0, 0\), expected 0 to 4"),
        ({"tokens": jnp.zeros((2, 4, 7))}, "expected integers"),
        ({"targets": jnp.full((2, 4, 7), -1)}, "counted target -1"),
        ({"counted": jnp.zeros((2, 4, 7)).at[0].set(1.0)}, "no counted token"),
        ({"counted": jnp.full((2, 4, 7), jnp.nan)}, "no numbers"),
        ({"counted": jnp.full((2, 4, 7), -1.0)}, "negative"),
    ],
)
def test_passages_that_cannot_be_learnt_are_refused(change: Any, message: str) -> None:
    given = TWO._replace(**change)
    with pytest.raises(InvalidValue, match=message):
        learn(ECHO, Training(), begun(Training()), given)


def test_wrong_numbers_of_axes_parts_and_states_are_refused() -> None:
    given, learning = SIX, begun(Training())
    with pytest.raises(InvalidValue, match=r"expected the same of all, \[step, batch, time\]"):
        learn(ECHO, Training(), learning, some(given, 0))
    with pytest.raises(InvalidValue, match=r"\[batch, time\]"):
        loss(ECHO, learning.weights, given)
    with pytest.raises(InvalidValue, match="4 cannot be cut into 3"):
        learn(ECHO, Training(parts=3), learning, given)
    with pytest.raises(InvalidValue, match="a batch of 4"):
        learn(ECHO, Training(), learning, given, jnp.zeros((3, 4)))


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": math.nan},
        {"learning_rate": -1.0},
        {"weight_decay": -0.1},
        {"beta1": 1.5},
        {"clip": math.nan},
        {"warm_up": 10.0, "n_steps": 10.0},
        {"parts": 0},
        {"frozen": "embedding"},
    ],
)
def test_wrong_numbers_of_training_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Training(**options)


@pytest.mark.parametrize("wrong", [{"eps": 0.0}, {"beta1": 1.0}, {"beta2": 1.0}])
def test_what_would_divide_by_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        Training(**wrong)


def test_a_frozen_field_must_exist() -> None:
    with pytest.raises(UnknownName, match="embedding"):
        Training(frozen=("embeding",)).begin(ECHO.begin(key=KEY))


@pytest.mark.parametrize(
    "call",
    [
        lambda: windows(np.arange(7), 2, 7, key=KEY),
        lambda: windows(np.arange(9), 0, 7, key=KEY),
        lambda: windows(np.arange(9), 2, 0, key=KEY),
        lambda: windows(np.arange(9.0), 2, 4, key=KEY),
        lambda: streams(np.arange(8), 2, 4),
        lambda: streams(np.arange(8), 0, 4),
        lambda: streams(np.arange(8).reshape(2, 4), 1, 2),
    ],
)
def test_texts_too_short_and_sizes_below_1_are_refused(call: Any) -> None:
    with pytest.raises(InvalidValue):
        call()
