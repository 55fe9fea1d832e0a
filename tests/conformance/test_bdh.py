"""BDH against `bdh_reference.npz`: the official PyTorch code, in float32 and in float64.

Tolerances are absolute unless a test says otherwise, and those at which an independent
implementation has passed. Another file may have far larger weights, and so activities: where the
largest value of an array is above 10, they are for a tenth of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.bdh import BDH, Activity, Weights
from cogmem.models.bdh_attention import (
    Turn,
    absolute,
    attend,
    attend_absolutely,
    frequencies,
    interleaved,
    rotation,
    scores,
    turned,
    write,
)
from cogmem.models.bdh_checkpoint import NAMES, from_official, to_official
from cogmem.models.generation import speak
from cogmem.models.sequence_learning import Training, learn, loss
from cogmem.models.sequence_model import Passage
from tests.conformance.reference import reference

REF = reference("bdh")
LAYERS = range(int(REF["cfg/n_layer"]))
FLOATS = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(autouse=True)
def _strict(strict_types: None) -> None:
    """Types follow the weights, and nothing else."""


@pytest.fixture(params=FLOATS)
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """In both floats."""
    with jax.enable_x64(request.param == "float64"):
        yield request.param


def official(kind: str = "float32", damping: float = 1.0, **chosen: object) -> tuple[BDH, Weights]:
    """The model of the file, its weights in some floats; one program serves all dampings."""
    found = {name: REF[f"param/{name}"].astype(kind) for name in NAMES}
    chosen = {"n_layers": len(LAYERS), "dropout": float(REF["cfg/dropout"])} | chosen
    return from_official(found, damping=jnp.asarray(damping, kind), **chosen)


def tokens(key: str = "in/tokens") -> jax.Array:
    return jnp.asarray(REF[key], jnp.int32)


def read(model: BDH, weights: Weights) -> tuple[jax.Array, jax.Array]:
    """Logits and synapses of the first batch, [batch, ...]."""
    return read_from(model, weights, tokens(), None)


@eqx.filter_jit
def read_from(
    model: BDH, weights: Weights, tokens: jax.Array, states: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Logits and synapses of rows [batch, ...], from synapses of each or from none."""
    return jax.vmap(model.read, (None, 0, None if states is None else 0))(weights, tokens, states)


@eqx.filter_jit
def walked(model: BDH, weights: Weights, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Token by token: logits, and the synapses after each, [batch, time, ...]."""

    def step(state: jax.Array, token: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        logits, state = model.step(weights, token, state)
        return state, (logits, state)

    return jax.vmap(lambda row: jax.lax.scan(step, model.empty(weights), row)[1])(tokens)


@eqx.filter_jit
def carried(model: BDH, weights: Weights, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Token by token in absolute phases: logits, and the synapses after all, turned back."""

    def one(row: jax.Array) -> tuple[jax.Array, jax.Array]:
        step = lambda state, token: model.step(weights, token, state)[::-1]  # noqa: E731
        state, logits = jax.lax.scan(step, model.carried(model.empty(weights)), row)
        return logits, model.settled(state)

    return jax.vmap(one)(tokens)


@eqx.filter_jit
def gradient(model: BDH, weights: Weights, passage: Passage) -> Weights:
    """Of the loss."""
    return jax.grad(lambda weights: loss(model, weights, passage))(weights)


def close(found: object, expected: np.ndarray, tolerance: float, what: str = "") -> None:
    found, size = np.asarray(found), max(1.0, np.abs(expected).max() / 10)
    assert found.shape == expected.shape, what
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * size, err_msg=what)


def close_synapses(found: object, expected: np.ndarray, tolerance: float, what: str = "") -> None:
    """They are sums over a passage: what is rounded grows with them, so with longer passages."""
    found, size = np.asarray(found), max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * size, err_msg=what)


# ---- rotation ------------------------------------------------------------------------------------


def test_frequencies_agree_to_1e_6() -> None:
    found = frequencies(len(REF["buf/freqs"]) // 2, dtype=jnp.float32)
    np.testing.assert_allclose(np.repeat(found, 2), REF["buf/freqs"], rtol=1e-6)


def test_rotation_agrees_as_far_as_float32_phases_do() -> None:
    time = jnp.asarray(REF["rope/t"])
    found = rotation(jnp.asarray(REF["buf/freqs"][::2], jnp.float32), time)
    allowed = np.select([time <= 64, time <= 511, time <= 4095], [1e-5, 1e-4, 1e-3], 1e-2)
    for name, each in zip(("cos", "sin"), found, strict=True):
        error = np.abs(np.repeat(each, 2, axis=1) - REF[f"rope/{name}"])
        assert (error <= allowed[:, None]).all(), name


# ---- one pass ------------------------------------------------------------------------------------


@cache
def watched() -> tuple[Activity, jax.Array]:
    """All activities [batch, layer, ...] and synapses, in float32, from 0 synapses."""
    model, weights = official(chunk=None)
    return jax.jit(jax.vmap(lambda each: model.watch(weights, each)))(tokens())


def turn() -> Turn:
    """Of any head."""
    return jax.tree.map(lambda leaf: leaf[0], official()[0].turn(jnp.float32))


@pytest.mark.parametrize("layer", LAYERS)
def test_every_activity_agrees_to_1e_5(layer: int) -> None:
    activity = jax.tree.map(lambda leaf: leaf[:, layer], watched()[0])
    time = jnp.arange(tokens().shape[1])
    each_head = lambda f, *more: jax.vmap(jax.vmap(f, (0, *more)), (0, *more))  # noqa: E731
    asking = each_head(turned, None, None)(activity.x, turn().frequencies, time)
    message = activity.message - activity.message.mean(-1, keepdims=True)
    norm = np.sqrt((np.asarray(message) ** 2).mean(-1, keepdims=True) + 1e-5)
    found = {
        "x_in": activity.v_in,
        "x_out": activity.v_out,
        "y_mlp": activity.message,
        "y_ln": message / norm,
        "x_sparse": interleaved(activity.x),
        "x_rope": interleaved(asking),
        "y_sparse": interleaved(activity.gate),
        "xy_sparse": interleaved(activity.y),
        "scores": each_head(scores, 0, None)(asking, asking, turn()),
        "attn_raw": activity.read,
        "attn_ln": activity.attended,
    }
    for name, array in found.items():
        close(array, REF[f"act/layer{layer}/{name}"], 1e-5, name)


def test_values_before_the_first_layer_agree_to_1e_5() -> None:
    close(watched()[0].v_in[:, 0], REF["act/embed_ln"], 1e-5)


@pytest.mark.parametrize("layer", LAYERS)
def test_synapses_agree_with_those_of_the_absolute_form_to_1e_5(layer: int) -> None:
    synapses = watched()[1][:, layer]
    one = lambda each: absolute(each, turn(), tokens().shape[1])  # noqa: E731
    found = jax.vmap(jax.vmap(one))(synapses)
    found = jnp.swapaxes(interleaved(jnp.swapaxes(found, -1, -2)), -1, -2)
    close_synapses(found, REF[f"act/layer{layer}/state_abs"], 1e-5)


def test_nothing_is_read_at_the_first_token() -> None:
    """Exactly: there is nothing to be read, and so nothing fires."""
    activity = watched()[0]
    for name in ("read", "gate", "y"):
        assert not np.asarray(getattr(activity, name)[:, :, :, 0]).any(), name


def test_logits_and_loss() -> None:
    model, weights = official()
    close(read(model, weights)[0], REF["out/logits"], 1e-5)
    passage = Passage(tokens(), tokens("in/targets"), jnp.ones(tokens().shape, jnp.float32))
    assert float(loss(model, weights, passage)) == pytest.approx(float(REF["out/loss"]), abs=2e-6)


def test_logits_and_loss_in_float64_agree_to_1e_6() -> None:
    with jax.enable_x64(True):
        model, weights = official("float64")
        close(read(model, weights)[0], REF["out/logits_f64"], 1e-6)
        passage = Passage(tokens(), tokens("in/targets"), jnp.ones(tokens().shape))
        found = float(loss(model, weights, passage))
    assert found == pytest.approx(float(REF["out/loss_f64"]), abs=2e-6)


@pytest.mark.parametrize("chunk", [None, 5])
def test_gradients_agree_to_1e_5_of_the_largest(chunk: int | None) -> None:
    model, weights = official(chunk=chunk)
    passage = Passage(tokens(), tokens("in/targets"), jnp.ones(tokens().shape, jnp.float32))
    for name, found in to_official(model, gradient(model, weights, passage)).items():
        expected = REF[f"grad/{name}"]
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max(), name


# ---- learning ------------------------------------------------------------------------------------


def test_adamw_takes_the_same_steps() -> None:
    """Losses to 1e-5, 99.9 % of weights to 1e-5 and all to 2e-4 of rate 1e-3, logits to 5e-4."""
    model, weights = official(dropout=0.0)
    rate = float(REF["adamw/lr"])
    training = Training(
        learning_rate=rate,
        weight_decay=float(REF["adamw/weight_decay"]),
        beta1=float(REF["adamw/betas"][0]),
        beta2=float(REF["adamw/betas"][1]),
        eps=float(REF["adamw/eps"]),
    )
    steps = Passage.of(tokens("steps/tokens"))
    taught = learn(model, training, training.begin(weights), steps)
    np.testing.assert_allclose(taught.losses, REF["adamw/losses"], rtol=0, atol=1e-5)
    weights = taught.learning.weights
    pairs = [(a, REF[f"adamw/param/{name}"]) for name, a in to_official(model, weights).items()]
    errors = np.concatenate([np.abs(a - b).ravel() for a, b in pairs]) * max(1, 1e-3 / rate)
    assert np.mean(errors <= 1e-5) >= 0.999
    assert errors.max() <= 2e-4
    close(read(model, weights)[0], REF["adamw/final_logits"], 5e-4)
    passage = Passage(tokens(), tokens("in/targets"), jnp.ones(tokens().shape, jnp.float32))
    found = float(loss(model, weights, passage))
    assert found == pytest.approx(float(REF["adamw/final_loss_batch0"]), abs=5e-4)


# ---- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("damping", [1.0, 0.9])
def test_all_forms_agree(kind: str, damping: float) -> None:
    """1e-5 in float32, 1e-12 in float64: chunks, also with a rest; token by token, both ways."""
    model, weights = official(kind, damping=damping, chunk=None)
    logits, synapses = read(model, weights)
    length = tokens().shape[1]
    with_a_rest = next(n for n in range(5, length + 6) if length % n)
    for chunk in (1, with_a_rest, 8):
        found = read(official(kind, damping=damping, chunk=chunk)[0], weights)
        close(found[0], logits, FLOATS[kind], f"chunks of {chunk}")
        close_synapses(found[1], synapses, FLOATS[kind], f"chunks of {chunk}")

    stepped, states = walked(model, weights, tokens())
    close(stepped, logits, FLOATS[kind], "token by token")
    close_synapses(np.asarray(states)[:, -1], synapses, FLOATS[kind], "token by token")
    stepped, states = carried(model, weights, tokens())
    close(stepped, logits, FLOATS[kind], "carried")
    close_synapses(states, synapses, FLOATS[kind], "carried")


@pytest.mark.parametrize("damping", [1.0, 0.9])
def test_a_passage_may_be_cut_anywhere(kind: str, damping: float) -> None:
    """Read as one or as two, the second from the synapses that the first left.

    All second parts are read at once, each followed by its first part, which comes too late to
    change anything; all synapses come from one walk. So this is compiled once, not for each cut.
    Chunks are cut in the middle.
    """
    length = tokens().shape[1]
    if length < 2:
        pytest.skip("the file's passages are of 1 token, and cannot be cut")
    model, weights = official(kind, damping=damping, chunk=5)
    whole, end = (np.asarray(each)[-1] for each in read(model, weights))
    parallel, _ = official(kind, damping=damping, chunk=None)
    states = np.asarray(walked(parallel, weights, tokens())[1])[-1]
    one = np.asarray(tokens())[-1]
    turned_round = np.stack([np.roll(one, -cut) for cut in range(1, length)])
    second = read_from(parallel, weights, jnp.asarray(turned_round), jnp.asarray(states[:-1]))[0]
    for cut, found in enumerate(np.asarray(second), 1):
        close(found[: length - cut], whole[cut:], FLOATS[kind], f"cut at {cut}")
    cut, nothing = length // 2, jnp.zeros((1, *end.shape), kind)
    _, state = read_from(model, weights, jnp.asarray(one[None, :cut]), nothing)
    close_synapses(state[0], states[cut - 1], FLOATS[kind])
    after = read_from(model, weights, jnp.asarray(one[None, cut:]), state)[1][0]
    close_synapses(after, end, FLOATS[kind])


@pytest.mark.parametrize("damping", [1.0, 0.9])
def test_synapses_may_turn_or_activities_may(kind: str, damping: float) -> None:
    """One head of one layer: parallel, by Hebb's rule one by one, and in absolute phases."""
    with_kind = lambda array: jnp.asarray(array, kind)  # noqa: E731
    x = with_kind(REF["act/layer0/x_sparse"][0, 0])
    v = with_kind(REF["act/layer0/x_in"][0])
    rate = frequencies(x.shape[1] // 2, dtype=x.dtype)
    how = Turn(rate, jnp.asarray(damping, x.dtype))
    (read, synapses), (turning, still), turned_back, (end, each) = jax.jit(ways)(x, v, how)
    close(turning, read, FLOATS[kind])
    close_synapses(turned_back, still, FLOATS[kind])
    close(each, read, FLOATS[kind])
    close_synapses(end, synapses, FLOATS[kind])


def ways(x: jax.Array, v: jax.Array, how: Turn) -> tuple:
    """What is read and the synapses left: activities turn not, or do; one token after another."""

    def token(synapses: jax.Array, seen: tuple[jax.Array, jax.Array]) -> tuple:
        return write(synapses, *seen, how), seen[0] @ synapses

    parallel = attend(None, x, v, how)
    begun = jnp.zeros_like(parallel[1])
    one_by_one = jax.lax.scan(token, begun, (x, v))
    still = absolute(parallel[1], how, len(x))
    return parallel, attend_absolutely(None, x, v, how), still, one_by_one


def test_gradients_of_chunks_are_those_of_the_parallel_form(kind: str) -> None:
    passage = Passage(tokens(), tokens("in/targets"), jnp.ones(tokens().shape, kind))
    found = []
    for chunk in (None, 5):
        model, weights = official(kind, chunk=chunk)
        found.append(gradient(model, weights, passage))
    for parallel, chunked in zip(*found, strict=True):
        error = np.abs(np.asarray(parallel) - np.asarray(chunked)).max()
        assert error <= FLOATS[kind] * np.abs(np.asarray(parallel)).max()


# ---- speaking ------------------------------------------------------------------------------------


def test_greedy_continuation_is_the_same() -> None:
    model, weights = official()
    prompt, said = tokens("gen/prompt")[0], REF["gen/greedy"][0]
    n = len(REF["gen/margin"])
    spoken = speak(model, weights, prompt, n, top_k=1, key=jax.random.key(0))
    np.testing.assert_array_equal(spoken.tokens, said[len(said) - n :])


def test_greedy_continuation_is_the_same_when_the_whole_is_read_again_for_each_token() -> None:
    model, weights = official(chunk=None)
    said = tokens("gen/greedy")[0]
    n = len(REF["gen/margin"])
    logits = read_from(model, weights, said[None, :-1], None)[0][0]  # causal: all prefixes
    np.testing.assert_array_equal(jnp.argmax(logits, axis=1)[-n:], said[-n:])
    largest = np.sort(np.asarray(logits[-n:]), axis=1)[:, -2:]
    close(largest[:, 1] - largest[:, 0], REF["gen/margin"], 1e-4)
