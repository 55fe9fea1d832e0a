"""A model that predicts the next token reads lists with frozen weights, and is asked about them.

All that it remembers of a list is in the fast state that reading leaves: here it can be looked at,
emptied, changed, and carried on. How weights are learnt is in `sequence_school`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.generation import check_speaking, speak
from cogmem.models.sequence_model import SequenceModel, check_tokens
from cogmem.models.transformer import Cache

__all__ = ["Sat", "answer", "sit", "state_norms", "studied"]

LISTS_AT_ONCE = 64
"""Bounds memory: every list has a fast state of its own."""


class Sat(NamedTuple):
    """What a model said of each list, and what its fast state was like.

    Attributes:
        tokens: in the order said; `generation.SILENCE` after the stop.
        log_probability: of each, at the temperature and among the tokens allowed; 0 where nothing
            was said.
        norms: lengths of the fast state of each layer, before the question and in the end.
        states: [list, ...] in the end, to be studied on with.
    """

    tokens: Int[Array, "list output"]
    log_probability: Float[Array, "list output"]
    norms: Float[Array, "list 2 layer"]
    states: Any


def studied(
    model: SequenceModel, weights: Any, tokens: Int[Array, "list time"], states: Any = None
) -> Any:
    """The fast states [list, ...] that reading leaves; pass them on to read more.

    Args:
        model: who reads.
        weights: frozen.
        tokens: of each list.
        states: [list, ...] of what was read before; None for nothing.

    Raises:
        InvalidValue: for what are no rows of tokens.
    """
    tokens = _rows(tokens, model, 1)
    return _in_parts(partial(_studied, model, weights), (tokens, states))


def sit(
    model: SequenceModel,
    weights: Any,
    prefixes: Int[Array, "list time"],
    n: int,
    *,
    temperature: float | Float[Array, ""] = 1.0,
    allowed: Bool[Array, " token"] | None = None,
    stop: int | None = None,
    forget: int = 0,
    between: Callable[[Any], Any] | None = None,
    asked: int = 1,
    states: Any = None,
    key: PRNGKeyArray,
) -> Sat:
    """Read each list, then speak freely: what was said is what is read next.

    Args:
        model: who sits.
        weights: frozen.
        prefixes: what is read, the question last; all of one length.
        n: most tokens that are said of a list.
        temperature: of what is said; 0 for the likeliest.
        allowed: tokens that may be said; None for all.
        stop: after which nothing is said.
        forget: tokens of the prefix after which the fast state, of earlier lists too, is emptied; 0
            for a normal test. `prefixes.shape[1] - asked` empties it between study and test, less
            in mid-list.
        between: what happens to the fast state of one list between study and question, e.g. a
            silent delay, `lambda state: model.rest(state, 10)`. The same object for the same thing,
            as programs are kept by it.
        asked: tokens of the question, at the end of the prefix.
        states: [list, ...] of what was read before, e.g. of earlier lists; None for nothing.
        key: of all that is said.

    Raises:
        InvalidValue: for what are no rows of tokens, if a question is longer than its row, or
            nothing would be read; see also `generation.speak`.
    """
    prefixes, states = _kept(prefixes, model, forget, asked, states)
    check_speaking(model.n_tokens, temperature, None, allowed)
    keys = jax.random.split(key, len(prefixes))
    allowed = None if allowed is None else jnp.asarray(allowed)
    temperature = jnp.asarray(temperature, jnp.result_type(*jax.tree.leaves(weights)))

    def some(lists: Any) -> Sat:
        tokens, states, keys = lists
        states = _before(model, weights, tokens[:, :-asked], states)
        lists = (tokens[:, -asked:], states, keys)
        return _said(model, weights, (n, stop, between), (temperature, allowed), lists)

    return _in_parts(some, (prefixes, states, keys))


def answer(
    model: SequenceModel,
    weights: Any,
    prefixes: Int[Array, "list time"],
    *,
    allowed: Bool[Array, " token"] | None = None,
    forget: int = 0,
    between: Callable[[Any], Any] | None = None,
    asked: int = 2,
    states: Any = None,
) -> Float[Array, "list token"]:
    """log P of each token as the answer to a question, such as a cue or a probe; nothing is said.

    Args:
        allowed: tokens among which the answer is; others have -infinity. None for all.
        asked: tokens of the question: CUE or PROBE, and the word.
        model, weights, prefixes, forget, between, states: see `sit`.

    Raises:
        InvalidValue: see `sit`.
    """
    prefixes, states = _kept(prefixes, model, forget, asked, states)
    allowed = jnp.ones(model.n_tokens, bool) if allowed is None else jnp.asarray(allowed)
    if allowed.shape != (model.n_tokens,) or allowed.dtype != bool or not bool(allowed.any()):
        raise InvalidValue(
            f"allowed is {allowed.dtype} of shape {allowed.shape}, expected booleans, one for each "
            f"of {model.n_tokens} tokens, not all false."
        )

    def some(lists: Any) -> Float[Array, "list token"]:
        tokens, states = lists
        states = _before(model, weights, tokens[:, :-asked], states)
        return _answer(model, weights, between, allowed, (tokens[:, -asked:], states))

    return _in_parts(some, (prefixes, states))


def state_norms(state: Any) -> Float[Array, " layer"]:
    """Euclidean length of the fast state of each layer, of any of the models.

    Args:
        state: one list's: synapses [layer, ...], a Transformer's cache (keys and values together),
            or a tuple of the hidden units of a recurrent network's layers.
    """
    if isinstance(state, Cache):
        return jnp.sqrt(_squares(state.keys) + _squares(state.values))
    if isinstance(state, tuple):
        return jnp.concatenate([state_norms(_together(layer)) for layer in state])
    return jnp.sqrt(_squares(state))


def _together(layer: Any) -> Float[Array, "1 unit"]:
    """All that a layer of a recurrent network holds, as if it were the only layer."""
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(layer)])[None]


def _squares(values: Float[Array, "layer ..."]) -> Float[Array, " layer"]:
    return jnp.sum(values**2, axis=tuple(range(1, values.ndim)))


# ---- some lists ---------------------------------------------------------------------------------


def _kept(
    tokens: Any, model: SequenceModel, forget: int, asked: int, states: Any
) -> tuple[Int[Array, "list time"], Any]:
    """What is still in the fast state at the question: to empty it is never to have read."""
    tokens = _rows(tokens, model, asked)
    length = tokens.shape[1]
    if not 0 <= forget <= length - asked:
        raise InvalidValue(
            f"forget is {forget}, expected 0 to {length - asked}: tokens of the prefix before the "
            "question."
        )
    for leaf in jax.tree.leaves(states):
        if jnp.shape(leaf)[:1] != (len(tokens),):
            raise InvalidValue(
                f"states have a leaf of shape {jnp.shape(leaf)}, expected a state for each of "
                f"{len(tokens)} lists along the first axis."
            )
    return tokens[:, forget:], states if forget == 0 else None


def _rows(tokens: Any, model: SequenceModel, asked: int) -> Int[Array, "list time"]:
    tokens = jnp.asarray(tokens)
    if tokens.ndim != 2 or asked < 1 or tokens.shape[1] < asked or not len(tokens):
        raise InvalidValue(
            f"prefixes of shape {tokens.shape} with a question of {asked}; expected [list, time], "
            "one list or more, and a question of one token or more within each."
        )
    check_tokens(tokens.ravel(), model.n_tokens)
    return tokens


def _in_parts(function: Callable[[Any], Any], lists: Any) -> Any:
    """Many lists, some at once; the last part is filled up, so that one program serves all."""
    n = len(lists[0])
    if n <= LISTS_AT_ONCE:
        return function(lists)
    place = jnp.arange(-(-n // LISTS_AT_ONCE) * LISTS_AT_ONCE) % n
    parts = [
        function(jax.tree.map(lambda leaf, at=at: leaf[at], lists))
        for at in jnp.split(place, len(place) // LISTS_AT_ONCE)
    ]
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves)[:n], *parts)


# Reading and speaking are programs apart: speech is compiled once for lists of all lengths.


def _before(
    model: SequenceModel, weights: Any, tokens: Int[Array, "list time"], states: Any
) -> Any:
    """Fast states when the question comes."""
    if tokens.shape[1]:
        return _studied(model, weights, (tokens, states))
    if states is not None:
        return states
    return jax.vmap(lambda _: model.empty(weights))(jnp.arange(len(tokens)))


@eqx.filter_jit
def _studied(model: SequenceModel, weights: Any, lists: tuple[Array, Any]) -> Any:
    return jax.vmap(lambda tokens, state: model.read(weights, tokens, state)[1])(*lists)


@eqx.filter_jit
def _said(
    model: SequenceModel,
    weights: Any,
    how: tuple[int, int | None, Any],
    chosen: tuple[Array, Any],
    lists: tuple[Array, Any, Array],
) -> Sat:
    (n, stop, between), (temperature, allowed) = how, chosen
    options = {"temperature": temperature, "allowed": allowed, "stop": stop}

    def one(question: Array, state: Any, key: PRNGKeyArray) -> Sat:
        state = state if between is None else between(state)
        said = speak(model, weights, question, n, state=state, key=key, **options)
        norms = jnp.stack([state_norms(state), state_norms(said.state)])
        return Sat(said.tokens, said.log_probability, norms, said.state)

    return jax.vmap(one)(*lists)


@eqx.filter_jit
def _answer(
    model: SequenceModel,
    weights: Any,
    between: Any,
    allowed: Bool[Array, " token"],
    lists: tuple[Array, Any],
) -> Float[Array, "list token"]:
    def one(question: Array, state: Any) -> Float[Array, " token"]:
        state = state if between is None else between(state)
        logits = model.read(weights, question, state)[0][-1]
        return jax.nn.log_softmax(jnp.where(allowed, logits, -jnp.inf))

    return jax.vmap(one)(*lists)
