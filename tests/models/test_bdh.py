"""BDH: against a loop over pairs of tokens; causality, symmetries, dropout, learning.

Numbers of the official code are in tests/conformance/test_bdh.py.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_attention import scores, turned
from cogmem.models.sequence_learning import Training, learn, log_probabilities
from cogmem.models.sequence_model import Passage, count_weights
from tests.models.bdh_by_hand import by_hand
from tests.models.bdh_small import (
    DAMPINGS,
    LAYERS,
    SIZES,
    TOKENS,
    VARIANTS,
    D,
    H,
    N,
    T,
    V,
    close,
    logits_of,
    model_of,
    read,
    rearranged,
    rest,
    seen,
    weights_of,
)

# ---- what it computes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "damping"),
    [*(("official", damping) for damping in DAMPINGS), ("eq8", "one"), ("normfree", "one")],
)
def test_each_variant_is_a_loop_over_pairs_of_tokens(
    double: None, variant: str, damping: str
) -> None:
    """Logits, all reads and all y to 1e-12, with every shape of damping, turning neurons.

    Variants differ in what goes from layer to layer, and dampings in how synapses are read.
    """
    model = model_of(variant=variant, damping=DAMPINGS[damping])
    weights = weights_of(model)
    expected = by_hand(model, weights, TOKENS)
    logits, _, activity = seen(model, weights, jnp.asarray(TOKENS))
    close(logits, expected.logits, 1e-12)
    for layer in range(LAYERS):
        close(activity.read[layer], expected.read[layer], 1e-12)
        close(activity.y[layer], expected.y[layer], 1e-12)


def test_still_neurons_are_a_loop_over_pairs_of_tokens(double: None) -> None:
    """Without turning, the two neurons of what would be a pair may be damped differently."""
    gamma = np.linspace(0.7, 1, H * N).reshape(H, N)
    model = model_of(damping=gamma, rotary=False)
    weights = weights_of(model)
    close(logits_of(model, weights), by_hand(model, weights, TOKENS).logits, 1e-12)


@pytest.mark.parametrize("traced", [False, True])
def test_neurons_that_forget_at_once_overflow_nothing(traced: bool) -> None:
    """gamma of .03, 60 tokens, float32: reading all at once is reading one by one, to 1e-5."""
    damping = jnp.full((H, N), 0.03)
    tokens = jnp.asarray(TOKENS * 5)
    weights = weights_of(model_of())

    def read(damping: Any, chunk: int | None) -> Any:
        return model_of(damping=damping, chunk=chunk).read(weights, tokens)[0]

    known = jax.jit(lambda chunk: read(damping, chunk), static_argnums=0)
    found = jax.jit(read, static_argnums=1)(damping, None) if traced else known(None)
    np.testing.assert_allclose(found, known(1), atol=1e-5 * np.abs(found).max())


def test_equal_dampings_are_one_damping(double: None) -> None:
    """.9 for all, for each head and for each neuron."""
    weights = weights_of(model_of())
    one = logits_of(model_of(damping=np.asarray(0.9)), weights)
    for shape in ((H,), (H, N)):
        close(logits_of(model_of(damping=np.full(shape, 0.9)), weights), one, 1e-12)


def test_reading_is_watching(double: None) -> None:
    model = model_of()
    weights = weights_of(model)
    close(read(model, weights, jnp.asarray(TOKENS)), logits_of(model, weights), 1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_fires_at_the_first_token(double: None, variant: str) -> None:
    """Reads and y are exactly 0: there is nothing to be read."""
    model = model_of(variant=variant)
    activity = seen(model, weights_of(model), jnp.asarray(TOKENS)).activity
    assert not np.asarray(activity.read[:, :, 0]).any()
    assert not np.asarray(activity.y[:, :, 0]).any()
    assert np.asarray(activity.y[:, :, 1:]).any()


def test_y_is_0_where_x_is_and_nothing_is_negative(double: None) -> None:
    activity = seen(model_of(), weights_of(model_of()), jnp.asarray(TOKENS)).activity
    x, gate, y = (np.asarray(each) for each in (activity.x, activity.gate, activity.y))
    assert min(x.min(), gate.min(), y.min()) == 0
    assert not y[x == 0].any()
    np.testing.assert_allclose(activity.v_out.mean(-1), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("variant", "damping"), [("official", "of neurons"), ("eq8", "one"), ("normfree", "one")]
)
def test_carried_synapses_say_the_same(double: None, variant: str, damping: str) -> None:
    """Token by token after others, in the absolute form: logits and synapses to 1e-12."""
    model = model_of(variant=variant, damping=DAMPINGS[damping])
    weights = weights_of(model)
    before = seen(model, weights, jnp.asarray(TOKENS[:6]))
    after = seen(model, weights, jnp.asarray(TOKENS[6:]), before.state)
    now, said = model.carried(before.state), []
    for token in TOKENS[6:]:
        logits, now = model.step(weights, jnp.asarray(token), now)
        said.append(logits)
    close(jnp.stack(said), after.logits, 1e-12)
    close(model.settled(now), after.state, 1e-12)


@pytest.mark.parametrize("damping", ["none", "of neurons"])
@pytest.mark.parametrize("time", [1, 5, 2.5])
def test_silence_is_time_without_writing(double: None, damping: str, time: float) -> None:
    """Six tokens, a pause, and six: as if the latter came so many tokens later."""
    model = model_of(damping=DAMPINGS[damping])
    weights = weights_of(model)
    state = seen(model, weights, jnp.asarray(TOKENS[:6])).state
    found = logits_of(model, weights, TOKENS[6:], rest(model, state, jnp.asarray(float(time))))
    times = np.arange(T) + time * (np.arange(T) >= 6)
    close(found, by_hand(model, weights, TOKENS, times).logits[6:], 1e-11)


def test_silence_adds_up_and_none_changes_nothing(double: None) -> None:
    model = model_of(damping=DAMPINGS["of neurons"])
    state = seen(model, weights_of(model), jnp.asarray(TOKENS)).state
    later = lambda state, time: rest(model, state, jnp.asarray(time))  # noqa: E731
    close(later(later(state, 3.0), 4.0), later(state, 7.0), 1e-12)
    np.testing.assert_array_equal(later(state, 0.0), state)


def test_all_synapses_are_forgotten_at_their_own_speed() -> None:
    """Without turning, after 10 tokens .9 leaves .9^10 and .5 leaves .5^10 of what was there."""
    model = model_of(damping=np.array([0.9, 0.5], np.float32), rotary=False)
    state = jnp.ones((LAYERS, H, N, D), jnp.float32)
    found = np.asarray(rest(model, state, jnp.asarray(10.0)))
    np.testing.assert_allclose(found[:, 0], 0.9**10, rtol=1e-5)
    np.testing.assert_allclose(found[:, 1], 0.5**10, rtol=1e-5)


def test_default_sizes_are_the_official_ones() -> None:
    """25,296,896 = 3 n d + 2 V d weights of standard deviation .02; and half of x and a quarter of
    y fire at first.
    """
    assert count_weights(BDH()) == 25_296_896
    model = BDH(n_tokens=50, width=32, n_neurons=512, n_layers=2, n_heads=4)
    weights = model.begin(key=jax.random.key(0))
    for each in weights:
        assert float(each.std()) == pytest.approx(0.02, rel=0.1)
    activity = seen(model, weights, jnp.arange(50)).activity
    assert float((activity.x > 0).mean()) == pytest.approx(0.5, abs=0.03)
    assert float((activity.y > 0).mean()) == pytest.approx(0.24, abs=0.03)


# ---- causality -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "chunk"), [("official", None), ("official", 5), ("eq8", 6), ("normfree", 6)]
)
def test_no_token_changes_what_came_before(variant: str, chunk: int | None) -> None:
    """Logits before a changed token are the same bits; some at it or after it are not."""
    model = model_of(variant=variant, chunk=chunk)
    weights = weights_of(model)
    before = np.asarray(read(model, weights, jnp.asarray(TOKENS)))
    for t in range(T):
        changed = np.array(TOKENS)
        changed[t] = (changed[t] + 1) % V
        after = np.asarray(read(model, weights, jnp.asarray(changed)))
        np.testing.assert_array_equal(after[:t], before[:t])
        assert (after[t:] != before[t:]).any()


@pytest.mark.parametrize("damping", ["none", "of neurons"])
def test_the_first_token_changes_the_last_logits(double: None, damping: str) -> None:
    """Also across chunks, with which only the state connects it."""
    model = model_of(damping=DAMPINGS[damping])
    weights = weights_of(model)
    other = ((TOKENS[0] + 1) % V, *TOKENS[1:])
    assert np.abs(logits_of(model, weights)[-1] - logits_of(model, weights, other)[-1]).max() > 1e-3


# ---- symmetries ----------------------------------------------------------------------------------


@pytest.fixture
def turning(double: None) -> BDH:
    """With other frequencies in each head, and a damping of each pair."""
    rates = np.random.default_rng(3).uniform(0.01, 0.2, (H, N // 2))
    return model_of(frequencies=rates, damping=DAMPINGS["of neurons"])


def test_pairs_and_heads_have_no_order(turning: BDH) -> None:
    """Pairs with their frequencies and dampings, and heads, in another order: 1e-12."""
    weights, rng = weights_of(turning), np.random.default_rng(4)
    pairs = np.stack([rng.permutation(N // 2) for _ in range(H)])
    neurons = np.concatenate([pairs, pairs + N // 2], axis=1)
    heads = [1, 0]
    moved = eqx.tree_at(
        lambda m: (m.frequencies, m.damping),
        turning,
        tuple(
            np.stack([np.asarray(each)[h][own] for h, own in zip(heads, order, strict=True)])
            for each, order in ((turning.frequencies, pairs), (turning.damping, neurons))
        ),
    )
    weights_moved = rearranged(weights, heads, neurons)
    close(logits_of(moved, weights_moved), logits_of(turning, weights), 1e-12)
    assert np.abs(logits_of(turning, weights_moved) - logits_of(turning, weights)).max() > 1e-2


@pytest.mark.parametrize("swap", ["members of a pair", "neurons of two pairs"])
def test_neurons_belong_to_their_pairs(double: None, swap: str) -> None:
    """Single neurons in another order, with everything that is theirs, are another model."""
    model = model_of()
    weights = weights_of(model)
    order = np.arange(N)
    there = N // 2 if swap == "members of a pair" else 3
    order[[0, there]] = order[[there, 0]]
    moved = rearranged(weights, range(H), [order, order])
    assert np.abs(logits_of(model, moved) - logits_of(model, weights)).max() > 1e-3
    still = model_of(rotary=False, damping=np.ones((H, N)))
    close(logits_of(still, moved), logits_of(still, weights), 1e-12)


def test_time_has_no_origin_but_a_direction(turning: BDH) -> None:
    """Positions counted from 1000 (1e-9): of scores, and of everything; run backwards, not."""
    weights = weights_of(turning)
    found = logits_of(turning, weights)
    close(by_hand(turning, weights, TOKENS, np.arange(T) + 1000).logits, found, 1e-9)
    backwards = eqx.tree_at(lambda m: m.frequencies, turning, -np.asarray(turning.frequencies))
    assert np.abs(logits_of(backwards, weights) - found).max() > 1e-2


def test_scores_depend_on_time_between_only(turning: BDH) -> None:
    x = jax.random.uniform(jax.random.key(0), (T, N), float)
    turn = jax.tree.map(lambda leaf: leaf[0], turning.turn(float))

    @jax.jit
    def since(origin: Any) -> Any:
        there = turned(x, turn.frequencies, jnp.arange(T) + origin)
        return scores(there, there, turn)

    close(since(1000), since(0), 1e-9)


# ---- detached ------------------------------------------------------------------------------------


def stopped(weights: Weights, tokens: Any) -> Any:
    """The official model in its parallel form, stop-gradients on keys and values written out."""
    time, halt = jnp.arange(T), jax.lax.stop_gradient
    rate = 1 / (50.0 ** (jnp.arange(N // 2) / (N // 2))) / (2 * np.pi)

    def layered(z: Any) -> Any:
        return (z - z.mean(-1, keepdims=True)) / jnp.sqrt(z.var(-1, keepdims=True) + 1e-5)

    v = layered(weights.embedding[tokens])
    for _ in range(LAYERS):
        x = jax.nn.relu(jnp.einsum("td,hdn->htn", v, weights.to_x))
        asking = jax.vmap(lambda each: turned(each, rate, time))(x)
        asked = halt(asking)
        mask = jnp.tril(jnp.ones((T, T)), -1)
        a = jnp.einsum("htn,hsn,ts,sd->htd", asking, asked, mask, halt(v))
        y = x * jax.nn.relu(jnp.einsum("htd,hdn->htn", layered(a), weights.to_y))
        v = layered(v + layered(jnp.einsum("htn,hnd->td", y, weights.from_y)))
    return v @ weights.readout


@eqx.filter_jit
def gradients(model: BDH, weights: Weights, tokens: Any, weigh: Any) -> Weights:
    """Of logits, weighted."""
    return jax.grad(lambda w: (model.read(w, tokens)[0] * weigh).sum())(weights)


def test_detached_learning_stops_at_keys_and_values(double: None) -> None:
    """Same values bit for bit; other gradients, those of explicit stop-gradients to 1e-10."""
    full, cut = (model_of(detached=each) for each in (False, True))
    weights, tokens = weights_of(full), jnp.asarray(TOKENS)
    np.testing.assert_array_equal(logits_of(full, weights), logits_of(cut, weights))
    weigh = jax.random.normal(jax.random.key(5), (T, V), float)
    by_stopping = jax.jit(jax.grad(lambda w: (stopped(w, tokens) * weigh).sum()))(weights)
    detached, whole = (gradients(each, weights, tokens, weigh) for each in (cut, full))
    for name in Weights._fields:
        close(getattr(detached, name), getattr(by_stopping, name), 1e-10)
    for name in ("embedding", "to_x", "to_y", "from_y"):
        change = getattr(whole, name) - getattr(detached, name)
        assert np.abs(change).max() > 1e-2 * np.abs(getattr(whole, name)).max(), name


def test_detached_learning_has_no_gradient_from_later_to_earlier_tokens(double: None) -> None:
    """The last logits depend on an embedding that was read only before, but it does not learn."""
    tokens = jnp.asarray([6, *([0, 1, 2] * 3), 0, 1])
    weigh = jnp.zeros((T, V)).at[-1, 0].set(1)
    for detached, learns in ((False, True), (True, False)):
        model = model_of(detached=detached)
        found = gradients(model, weights_of(model), tokens, weigh).embedding
        assert bool(np.asarray(found[6]).any()) is learns
        assert np.asarray(found[1]).any()


# ---- dropout -------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_of_y(double: None) -> None:
    """y itself is read out: .1 of it is left out, the rest is divided by .9, the mean is y."""
    sizes = SIZES | {"width": H * N, "n_tokens": H * N, "n_layers": 1}
    model = BDH(**sizes, variant="normfree", dropout=0.1, chunk=None)
    eye = jnp.eye(H * N)
    weights = weights_of(model)._replace(from_y=eye.reshape(H, N, -1), readout=eye)
    tokens = jnp.asarray(TOKENS)
    y, n = logits_of(model, weights), 1000
    keys = jax.random.split(jax.random.key(2), n)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: model.read(weights, tokens, key=key)[0]))(keys))
    assert (np.isclose(drawn, y / 0.9) | (drawn == 0)).all()
    fires = y > 0
    share = (drawn == 0)[:, fires].mean()
    assert share == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / (n * fires.sum())))
    error = (drawn.mean(axis=0) / np.where(fires, y, 1) - 1)[fires]
    assert np.abs(error).max() < 5 * np.sqrt(0.1 / 0.9 / n)


def test_nothing_is_left_out_without_a_key() -> None:
    """Two readings are the same bits, those of dropout 0; so are two with the same key."""
    model, none = (model_of(dropout=jnp.float32(share), chunk=None) for share in (0.1, 0.0))
    weights, tokens = weights_of(model), jnp.asarray(TOKENS)
    plain = read(model, weights, tokens)
    drop = lambda model, seed: read(model, weights, tokens, jax.random.key(seed))  # noqa: E731
    np.testing.assert_array_equal(read(model, weights, tokens), plain)
    np.testing.assert_array_equal(drop(none, 0), plain)
    np.testing.assert_array_equal(drop(model, 0), drop(model, 0))
    assert (drop(model, 0) != drop(model, 1)).any()


# ---- learning ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_synapses_hold_the_list_and_the_weights_do_not() -> None:
    """Random halves that come twice: the second is known, by far below log V; with synapses
    emptied at mid-sequence it is as unknown as the first.
    """
    n, half = 12, 8
    model = BDH(n_tokens=n, width=32, n_heads=4, n_neurons=256, n_layers=2, chunk=None)

    def passages(key: Any, *shape: int) -> Passage:
        list_ = jax.random.randint(key, (*shape, half), 0, n)
        return Passage.of(jnp.concatenate([list_, list_], axis=-1))

    training = Training(learning_rate=2e-3, n_steps=600, final=0.1)
    keys = jax.random.split(jax.random.key(0), 3)
    learning = training.begin(model.begin(key=keys[0]))
    taught = learn(model, training, learning, passages(keys[1], 600, 32))
    weights, tests = taught.learning.weights, passages(keys[2], 200)
    nats = -np.asarray(log_probabilities(model, weights, tests))
    first, second = nats[:, : half - 1].mean(), nats[:, half:].mean()
    late = jax.tree.map(lambda each: each[:, half:], tests)
    emptied = -np.asarray(log_probabilities(model, weights, late)).mean()
    assert first == pytest.approx(np.log(n), abs=0.15)
    assert second < 0.3 * np.log(n)
    assert emptied > 0.9 * np.log(n)
