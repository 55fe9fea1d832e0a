"""Linear attention of BDH: all forms against a loop over pairs of tokens, in float64.

Conformance with the official code is in tests/conformance/test_bdh.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.bdh_attention import (
    THETA,
    Turn,
    absolute,
    attend,
    attend_absolutely,
    frequencies,
    half_split,
    interleaved,
    rotation,
    scores,
    turned,
    wait,
    write,
)

N, D, T = 8, 3, 12
RATES = np.array([0.16, 0.05, 0.01, 0.001])
GAMMAS = np.tile([0.5, 0.8, 0.95, 1.0], 2)  # k and k + 4 alike
TURNS = {
    "still": Turn(None, 1.0),
    "turning": Turn(RATES, 1.0),
    "damped": Turn(None, 0.9),
    "turning, damped": Turn(RATES, 0.9),
    "turning, each pair damped": Turn(RATES, GAMMAS),
    "each neuron damped": Turn(None, np.linspace(0.5, 1, N)),
}


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def turn_of(name: str) -> Turn:
    return jax.tree.map(jnp.asarray, TURNS[name])


@pytest.fixture
def stored() -> tuple[Any, Any, Any]:
    """x, v, and synapses of before."""
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(size=(T, N)), 0)
    return tuple(jnp.asarray(a) for a in (x, rng.normal(size=(T, D)), rng.normal(size=(N, D))))


def one_later(turn: Turn) -> np.ndarray:
    """U, written out."""
    u = np.eye(N)
    for k, f in enumerate([] if turn.frequencies is None else np.asarray(turn.frequencies)):
        e, o, angle = k, k + N // 2, 2 * np.pi * f
        u[e, e] = u[o, o] = np.cos(angle)
        u[e, o], u[o, e] = np.sin(angle), -np.sin(angle)
    return u * np.broadcast_to(np.asarray(turn.damping), N)[:, None]


def by_hand(x: Any, v: Any, start: Any, turn: Turn) -> tuple[np.ndarray, np.ndarray]:
    """a_t = x_t' (U^t R_0 + sum over s < t of U^(t - s) x_s v_s'), and what the next would find."""
    u, power = one_later(turn), np.linalg.matrix_power
    x, v, start = (np.asarray(each) for each in (x, v, start))

    def found(t: int) -> np.ndarray:
        traces = [power(u, t - s) @ np.outer(x[s], v[s]) for s in range(t)]
        return power(u, t) @ start + sum(traces)

    return np.stack([x[t] @ found(t) for t in range(T)]), found(T)


def close(found: Any, expected: Any, within: float = 1e-12) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= within * np.abs(expected).max()


# ---- forms ---------------------------------------------------------------------------------------


@partial(jax.jit, static_argnums=(0, 1))
def attended(chunk: int | None, detached: bool, x: Any, v: Any, start: Any) -> Any:
    """By every kind of turn."""
    how = {"chunk": chunk, "detached": detached}
    return {name: attend(start, x, v, turn_of(name), **how) for name in TURNS}


@pytest.mark.parametrize("chunk", [None, 1, 5, 6, 50])
def test_reading_in_chunks_is_a_loop_over_pairs(stored: Any, chunk: int | None) -> None:
    """What is read and what is left, to 1e-12, for all kinds of turning and damping."""
    for name, (read, left) in attended(chunk, False, *stored).items():
        expected = by_hand(*stored, turn_of(name))
        close(read, expected[0])
        close(left, expected[1])


def test_nothing_before_is_empty_synapses(stored: Any) -> None:
    x, v, _ = stored
    for chunk in (None, 5):
        pairs = zip(
            attended(chunk, False, x, v, None).values(),
            attended(chunk, False, x, v, jnp.zeros((N, D))).values(),
            strict=True,
        )
        for without, zeros in pairs:
            close(without[0], zeros[0])
            close(without[1], zeros[1])


def test_detached_reading_has_the_same_values(stored: Any) -> None:
    """To the last bit."""
    pairs = zip(
        attended(5, True, *stored).values(), attended(5, False, *stored).values(), strict=True
    )
    for cut, full in pairs:
        np.testing.assert_array_equal(cut[0], full[0])
        np.testing.assert_array_equal(cut[1], full[1])


@pytest.mark.parametrize("name", TURNS)
def test_hebbs_rule_token_by_token(stored: Any, name: str) -> None:
    """`write` is U (R + x v'), and a loop of it leaves what the loop over pairs does."""
    turn, (x, v, synapses) = turn_of(name), stored
    close(
        write(synapses, x[0], v[0], turn),
        one_later(turn) @ (np.asarray(synapses) + np.outer(x[0], v[0])),
    )
    one = lambda synapses, seen: (write(synapses, *seen, turn), seen[0] @ synapses)  # noqa: E731
    left, read = jax.lax.scan(one, synapses, (x, v))
    expected = by_hand(*stored, turn)
    close(read, expected[0])
    close(left, expected[1])


@pytest.mark.parametrize("name", TURNS)
def test_activities_may_turn_instead_of_synapses(stored: Any, name: str) -> None:
    """The same is read; S, turned to the present, is R."""
    x, v, _ = stored
    read, still = jax.jit(attend_absolutely)(None, x, v, turn_of(name))
    expected = by_hand(x, v, np.zeros((N, D)), turn_of(name))
    close(read, expected[0])
    close(still, absolute(jnp.asarray(expected[1]), turn_of(name), T))


def test_gradients_are_the_same_in_all_forms(stored: Any) -> None:
    """Of activities, values, frequencies and dampings: parallel, in chunks, and by a loop.

    Dampings are those of pairs: forms agree only where both neurons of a pair have the same.
    """
    x, v, _ = stored
    weigh = jnp.asarray(np.random.default_rng(1).normal(size=(T, D)))
    forms = {
        "parallel": lambda x, v, turn: attend(None, x, v, turn)[0],
        "chunks": lambda x, v, turn: attend(None, x, v, turn, chunk=5)[0],
        "loop": lambda x, v, turn: attend_absolutely(None, x, v, turn)[0],
    }

    def gradient(form: Any) -> Any:
        def value(x: Any, v: Any, rate: Any, gamma: Any) -> Any:
            return (form(x, v, Turn(rate, jnp.concatenate([gamma, gamma]))) * weigh).sum()

        rate, gamma = turn_of("turning, each pair damped")
        return jax.jit(jax.grad(value, (0, 1, 2, 3)))(x, v, rate, gamma[: N // 2])

    found = {name: jax.tree.leaves(gradient(form)) for name, form in forms.items()}
    for name in ("chunks", "loop"):
        for one, other in zip(found[name], found["parallel"], strict=True):
            close(one, other, 1e-10)


def test_long_texts_stay_exact_in_chunks_in_float32() -> None:
    """After 4096 tokens, carried from chunk to chunk, 1e-4; no token knows its position."""
    rng = np.random.default_rng(2)
    x, v = np.maximum(rng.normal(size=(4096, N)), 0), rng.normal(size=(4096, D))
    rate = frequencies(N // 2, dtype=float)

    def last(kind: str, chunk: int) -> np.ndarray:
        turn = Turn(rate.astype(kind), jnp.asarray(0.999, kind))
        return np.asarray(attend(None, x.astype(kind), v.astype(kind), turn, chunk=chunk)[0][-64:])

    single = last("float32", 64)
    assert single.dtype == np.float32
    close(single, last("float64", 64), 1e-4)
    close(last("float64", 64), last("float64", 1024), 1e-10)


# ---- parts ---------------------------------------------------------------------------------------


def test_scores_are_0_on_and_above_the_diagonal(stored: Any) -> None:
    for name in TURNS:
        found = np.asarray(scores(stored[0], stored[0], turn_of(name)))
        assert not np.triu(found).any()
        assert found[-1, 0] != 0 or not (stored[0][-1] * stored[0][0]).any()


def test_a_score_by_hand() -> None:
    """Two neurons, a quarter turn per token, damping .5: later (0, 1) and earlier (1, 0) give -.5.

    The earlier trace has turned towards -(0, 1) when the next token reads it.
    """
    turn = Turn(jnp.asarray([0.25]), jnp.asarray(0.5))
    x, time = jnp.eye(2), jnp.arange(2)
    there = turned(x, turn.frequencies, time)
    close(there, [[1, 0], [-1, 0]])
    close(scores(there, there, turn), [[0, 0], [-0.5, 0]])
    close(write(jnp.zeros((2, 1)), x[0], jnp.ones(1), turn), [[0], [-0.5]])


def test_frequencies_fall_from_one_radian_per_token() -> None:
    """4 pairs, theta 16: 1, 1/2, 1/4 and 1/8 rad; the official theta is 2^16."""
    close(frequencies(4, 16.0) * 2 * np.pi, [1, 1 / 2, 1 / 4, 1 / 8])
    official = frequencies(1024) * 2 * np.pi
    assert THETA == 65536
    close(official[0], 1)
    close(official[-1], 65536 ** (-1023 / 1024))


def test_rotation_keeps_lengths_and_adds_up(stored: Any) -> None:
    x, rate = stored[0], jnp.asarray(RATES)
    time = jnp.arange(T)
    cos, sin = rotation(rate, time)
    close(cos**2 + sin**2, np.ones((T, 4)))
    close(jnp.linalg.norm(turned(x, rate, time), axis=1), jnp.linalg.norm(x, axis=1))
    close(turned(turned(x, rate, time), rate, 2 * time), turned(x, rate, 3 * time))
    close(turned(turned(x, rate, time), rate, -time), x)
    np.testing.assert_array_equal(turned(x, None, time), x)


@pytest.mark.parametrize("name", TURNS)
def test_waiting_is_u_again_and_again(stored: Any, name: str) -> None:
    synapses, turn = stored[2], turn_of(name)
    close(wait(synapses, turn, 5), np.linalg.matrix_power(one_later(turn), 5) @ synapses)
    close(wait(wait(synapses, turn, 1.5), turn, 2.5), wait(synapses, turn, 4))
    close(wait(synapses, turn, 0), synapses)


def test_orders_of_neurons() -> None:
    """Pairs (0, 1), (2, 3), (4, 5) of the paper are kept as 0 2 4 and 1 3 5."""
    x = jnp.arange(6)
    assert half_split(x).tolist() == [0, 2, 4, 1, 3, 5]
    assert interleaved(x).tolist() == [0, 3, 1, 4, 2, 5]
    many = jnp.arange(24).reshape(2, 2, 6)
    np.testing.assert_array_equal(interleaved(half_split(many)), many)
    np.testing.assert_array_equal(half_split(interleaved(many)), many)


def test_gradients_of_turning_are_those_of_its_formula() -> None:
    """Of activities and of frequencies: to 1e-12."""

    def by_formula(x: Any, rate: Any, time: Any) -> Any:
        phase = 2 * jnp.pi * time[:, None] * rate[None]
        (a, b), cos, sin = jnp.split(x, 2, axis=1), jnp.cos(phase), jnp.sin(phase)
        return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1)

    with jax.enable_x64(True):
        x = jax.random.normal(jax.random.key(0), (4, 6), float)
        rate, time = jnp.array([0.3, 0.11, 0.02]), jnp.arange(4).astype(float)
        found, expected = (
            jax.jit(jax.grad(lambda x, rate, f=f: jnp.sin(f(x, rate, time)).sum(), (0, 1)))(x, rate)
            for f in (turned, by_formula)
        )
        for ours, plain in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, plain, rtol=1e-12, atol=1e-12)


def test_gradients_pass_turns_that_all_rows_share() -> None:
    """Of R by S, and of the one frequency of each pair: as by the formula, to 1e-12."""
    with jax.enable_x64(True):
        synapses = jax.random.normal(jax.random.key(0), (6, 3), float)
        turn = Turn(jnp.array([0.3, 0.11, 0.02]), jnp.asarray(1.0))

        def plain(synapses: Any, rate: Any) -> Any:
            phase = 10 * jnp.pi * rate[:, None]
            a, b = jnp.split(synapses, 2)
            both = a * jnp.cos(phase) - b * jnp.sin(phase), b * jnp.cos(phase) + a * jnp.sin(phase)
            return (jnp.concatenate(both) ** 3).sum()

        def ours(synapses: Any, rate: Any) -> Any:
            return (absolute(synapses, turn._replace(frequencies=rate), 5) ** 3).sum()

        found, expected = (
            jax.grad(each, (0, 1))(synapses, turn.frequencies) for each in (ours, plain)
        )
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
