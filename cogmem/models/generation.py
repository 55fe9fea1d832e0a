"""Speaking: a model that predicts the next token says one, reads what it said, and goes on.

What is said goes back in; accuracy of what is said is therefore not accuracy under teacher forcing.

By their usual names: `speak` generates (samples a continuation, autoregressively); `choose` is one
draw of sampling by temperature and top-k, greedy decoding with top_k 1; `allowed` is a mask of the
logits; `stop` is the end-of-sequence token. Several continuations, of one length, are a `jax.vmap`
of `speak` over keys; there is no beam search, and no top-p (nucleus) sampling.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.sequence_model import SequenceModel, check_no_text, check_tokens

__all__ = ["SILENCE", "Spoken", "check_speaking", "choose", "speak"]

SILENCE = -1
"""In place of a token, after the last one said."""


class Spoken(NamedTuple):
    """What was said.

    Attributes:
        tokens: [n], `SILENCE` after the stop.
        log_probability: [n] of each where it was said, see `choose`; 0 where nothing was.
        state: after reading the prompt and all that was said, the stop too.
    """

    tokens: Int[Array, " n"]
    log_probability: Float[Array, " n"]
    state: Any


def choose(
    logits: Float[Array, " token"],
    *,
    temperature: float | Float[Array, ""] = 1.0,
    top_k: int | None = None,
    allowed: Bool[Array, " token"] | None = None,
    key: PRNGKeyArray,
) -> tuple[Int[Array, ""], Float[Array, ""]]:
    """A token drawn by softmax(logits / temperature), and the logarithm of its chance in that draw.

    With temperature 0, or with top_k 1, it is the token of the largest logit, the first of equal
    ones; nothing is drawn, so its chance is 1 and the logarithm 0.

    Args:
        logits: of every token.
        temperature: 0 or more.
        top_k: only tokens whose logit is at least the k-th largest may be said, thus more than k
            where some are equal to it; None for no such limit.
        allowed: those that may be said at all; None for all. `top_k` counts only them.
        key: of the draw.

    Raises:
        InvalidValue: if the temperature is negative or no number, top_k below 1, or `allowed` of
            another shape, no booleans or all false; traced values are not looked at.
    """
    check_speaking(len(logits), temperature, top_k, allowed)
    temperature = jnp.asarray(temperature, logits.dtype)
    if allowed is not None:
        logits = jnp.where(allowed, logits, -jnp.inf)
    best = jnp.argmax(logits).astype(jnp.int32)
    if top_k == 1:
        return best, 0 * logits[best]  # no number if the logits are none
    if top_k is not None:
        least = jax.lax.top_k(logits, min(top_k, len(logits)))[0][-1]
        logits = jnp.where(logits >= least, logits, -jnp.inf)
    greedy = temperature == 0
    # From the largest, because a cold enough temperature would make it infinite.
    chances = jax.nn.log_softmax((logits - logits[best]) / jnp.where(greedy, 1, temperature))
    drawn = jax.random.categorical(key, chances).astype(jnp.int32)
    return jnp.where(greedy, best, drawn), jnp.where(greedy, 0 * logits[best], chances[drawn])


def speak(
    model: SequenceModel,
    weights: Any,
    prompt: Int[Array, " time"],
    n: int,
    *,
    temperature: float | Float[Array, ""] = 1.0,
    top_k: int | None = None,
    allowed: Bool[Array, " token"] | None = None,
    state: Any = None,
    stop: int | None = None,
    key: PRNGKeyArray,
) -> Spoken:
    """Read a prompt and say what may follow, in one compiled program; `jax.vmap` for several.

    What is said first does not depend on how much more is asked for.

    Args:
        model: who speaks.
        weights: what it has learnt.
        prompt: one token or more.
        n: most tokens to be said.
        temperature, top_k, allowed: see `choose`.
        state: what was read before the prompt; None for nothing.
        stop: after this token nothing is said or read any more; None for no such token.
        key: of the draws.

    Raises:
        InvalidValue: if n is below 1, or the prompt or `stop` are no tokens of the model; see also
            `choose`.
    """
    check_no_text(prompt)
    prompt = jnp.asarray(prompt)
    check_tokens(prompt, model.n_tokens)
    check_speaking(model.n_tokens, temperature, top_k, allowed)
    if not isinstance(n, int | np.integer) or n < 1:
        raise InvalidValue(f"n is {n!r} tokens, expected a whole number of 1 or more.")
    if stop is not None and not 0 <= stop < model.n_tokens:
        raise InvalidValue(f"stop is {stop}, expected a token, 0 to {model.n_tokens - 1}.")
    temperature = jnp.asarray(temperature, jnp.result_type(*jax.tree.leaves(weights)))
    allowed = None if allowed is None else jnp.asarray(allowed)
    chosen = (temperature, top_k, allowed, stop)
    return _speak(model, weights, prompt, n, chosen, state, key)


@eqx.filter_jit
def _speak(
    model: SequenceModel,
    weights: Any,
    prompt: Int[Array, " time"],
    n: int,
    chosen: tuple[Any, int | None, Any, int | None],
    state: Any,
    key: PRNGKeyArray,
) -> Spoken:
    temperature, top_k, allowed, stop = chosen

    def say(now: Any, place: Array) -> tuple[Any, tuple[Array, Array]]:
        logits, state, silent = now
        token, chance = choose(
            logits,
            temperature=temperature,
            top_k=top_k,
            allowed=allowed,
            key=jax.random.fold_in(key, place),
        )
        if stop is None:  # without `cond`, which computes both sides under `vmap`
            return (*model.step(weights, token, state), silent), (token, chance)
        after = jax.lax.cond(
            silent, lambda: (logits, state), lambda: model.step(weights, token, state)
        )
        said = jnp.where(silent, SILENCE, token), jnp.where(silent, 0, chance)
        return (*after, silent | (token == stop)), said

    logits, state = model.read(weights, prompt, state)
    other: Any = model if hasattr(model, "carried") else None  # form of its state; see the protocol
    state = other.carried(state) if other else state
    start = (logits[-1], state, jnp.asarray(False))
    (_, state, _), said = jax.lax.scan(say, start, jnp.arange(n))
    return Spoken(*said, other.settled(state) if other else state)


def check_speaking(n_tokens: int, temperature: Any, top_k: int | None, allowed: Any) -> None:
    """Refuse what nothing can be drawn with; traced values are not looked at.

    Raises:
        InvalidValue: see `choose`.
    """
    if not isinstance(temperature, jax.core.Tracer) and not (
        np.ndim(temperature) == 0 and 0 <= float(temperature) < np.inf
    ):
        raise InvalidValue(f"temperature is {temperature}, expected one number, 0 or more.")
    if top_k is not None and (not isinstance(top_k, int | np.integer) or top_k < 1):
        raise InvalidValue(f"top_k is {top_k!r}, expected 1 or more, or None for no limit.")
    if allowed is None:
        return
    if jnp.shape(allowed) != (n_tokens,) or jnp.result_type(allowed) != jnp.bool_:
        raise InvalidValue(
            f"allowed is {jnp.result_type(allowed)} of shape {jnp.shape(allowed)}, expected "
            f"booleans, one for each of {n_tokens} tokens."
        )
    if not isinstance(allowed, jax.core.Tracer) and not np.any(np.asarray(allowed)):
        raise InvalidValue("no token is allowed; allow one or more.")
