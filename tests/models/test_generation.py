"""Speaking: which tokens may be drawn and how often, what goes back in, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models import generation
from cogmem.models.generation import SILENCE, choose, speak
from tests.models.tellers import Echo, Unigram

KEY = jax.random.key(0)
LOGITS = jnp.asarray([1.0, 3.0, 2.0, 2.0, 0.0])
ECHO = Echo(5, 4)
WEIGHTS = ECHO.begin(key=jax.random.key(1))
PROMPT = jnp.asarray([0, 3, 1], jnp.int32)
N_DRAWS = 4000


def draws(**options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Relative frequency of each token in many draws, and the log-probability each had."""
    keys = jax.random.split(KEY, N_DRAWS)
    said, chance = jax.jit(jax.vmap(lambda key: choose(LOGITS, key=key, **options)))(keys)
    of_token = [set(np.asarray(chance)[np.asarray(said) == token].tolist()) for token in range(5)]
    assert all(len(found) <= 1 for found in of_token)
    known = [found.pop() if found else -math.inf for found in of_token]
    return np.bincount(said, minlength=5) / N_DRAWS, np.asarray(known)


# ---- one token -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [1, 1, 1, 1, 1]),
        ({"temperature": 0.5}, [1, 1, 1, 1, 1]),
        ({"temperature": 3.0}, [1, 1, 1, 1, 1]),
        ({"top_k": 2}, [0, 1, 1, 1, 0]),  # the second largest is there twice
        ({"top_k": 3}, [0, 1, 1, 1, 0]),
        ({"top_k": 9}, [1, 1, 1, 1, 1]),
        ({"top_k": 2, "allowed": jnp.asarray([1, 0, 0, 1, 1], bool)}, [1, 0, 0, 1, 0]),
        ({"allowed": jnp.asarray([1, 0, 0, 1, 1], bool)}, [1, 0, 0, 1, 1]),
    ],
)
def test_tokens_are_drawn_by_softmax_of_those_that_may_be_said(
    options: dict[str, Any], kept: list[int]
) -> None:
    """Frequencies within 4 standard errors; log-probabilities to 1e-5."""
    chance = np.exp(np.asarray(LOGITS, float) / options.get("temperature", 1.0)) * kept
    chance /= chance.sum()
    found, known = draws(**options)
    assert (abs(found - chance) <= 4 * np.sqrt(chance * (1 - chance) / N_DRAWS)).all()
    assert (found[chance == 0] == 0).all()
    np.testing.assert_allclose(known[found > 0], np.log(chance[found > 0]), atol=1e-5)


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"top_k": 1}])
def test_greedy_says_the_first_of_the_largest(options: dict[str, Any]) -> None:
    """With certainty: log-probability 0."""
    for place, logits in enumerate([[2.0, 1.0, 2.0], [0.0, 2.0, 2.0], [-1.0, -2.0, -0.5]]):
        token, chance = choose(jnp.asarray(logits), key=KEY, **options)
        assert (token, chance) == (place, 0)
    allowed = jnp.asarray([False, True, True])
    assert choose(jnp.asarray([9.0, 1.0, 2.0]), allowed=allowed, key=KEY, **options)[0] == 2


@pytest.mark.parametrize("temperature", [1e-3, 1e-39])
def test_cold_draws_are_the_largest_without_overflow(temperature: float) -> None:
    assert choose(LOGITS, temperature=temperature, key=KEY) == (1, 0)


# ---- one after the other -------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"temperature": 2.0, "top_k": 3}, {"top_k": 1}])
def test_what_is_said_is_read_and_followed(options: dict[str, Any]) -> None:
    """Log-probabilities and state are those of reading prompt and speech at once."""
    spoken = speak(ECHO, WEIGHTS, PROMPT, 6, key=KEY, **options)
    logits, state = ECHO.read(WEIGHTS, jnp.concatenate([PROMPT, spoken.tokens]))
    np.testing.assert_allclose(spoken.state, state, rtol=1e-5)
    heard = logits[len(PROMPT) - 1 : -1]
    expected = [
        choose(each, key=jax.random.fold_in(KEY, place), **options)
        for place, each in enumerate(heard)
    ]
    np.testing.assert_array_equal(spoken.tokens, [token for token, _ in expected])
    np.testing.assert_allclose(spoken.log_probability, [p for _, p in expected], atol=1e-5)


def test_what_is_said_first_does_not_depend_on_how_much_follows() -> None:
    long = speak(ECHO, WEIGHTS, PROMPT, 9, key=KEY)
    short = speak(ECHO, WEIGHTS, PROMPT, 4, key=KEY)
    np.testing.assert_array_equal(short.tokens, long.tokens[:4])
    other = speak(ECHO, WEIGHTS, PROMPT, 9, key=jax.random.key(5))
    assert other.tokens.tolist() != long.tokens.tolist()


def test_a_state_carries_what_was_read_before() -> None:
    state = ECHO.read(WEIGHTS, PROMPT[:2])[1]
    split = speak(ECHO, WEIGHTS, PROMPT[2:], 6, state=state, key=KEY)
    np.testing.assert_array_equal(split.tokens, speak(ECHO, WEIGHTS, PROMPT, 6, key=KEY).tokens)


def test_after_the_stop_nothing_is_said_or_read() -> None:
    """The state has read the prompt and the stop; one sequence of the batch stops, one does not."""
    prompts, keys = jnp.stack([PROMPT, PROMPT[::-1]]), jax.random.split(KEY, 2)
    free = jax.vmap(lambda p, k: speak(ECHO, WEIGHTS, p, 8, key=k))(prompts, keys)
    stop = next(t for t in range(5) if t in free.tokens[0] and t not in free.tokens[1])
    n = free.tokens[0].tolist().index(stop) + 1
    assert n < 8
    ends = jax.vmap(lambda p, k: speak(ECHO, WEIGHTS, p, 8, stop=stop, key=k))(prompts, keys)
    np.testing.assert_array_equal(ends.tokens[1], free.tokens[1])
    assert ends.tokens[0].tolist() == free.tokens[0, :n].tolist() + [SILENCE] * (8 - n)
    assert (ends.log_probability[0, n:] == 0).all()
    read = ECHO.read(WEIGHTS, jnp.concatenate([PROMPT, free.tokens[0, :n]]))[1]
    np.testing.assert_allclose(ends.state[0], read, rtol=1e-5)


def test_stop_of_a_single_sequence_counts_what_was_read() -> None:
    """A model that counts: 3 of the prompt and the stop, which alone is allowed."""
    model, only = Unigram(), jnp.asarray([False, False, True])
    weights = model.begin(key=KEY)
    prompt = jnp.asarray([0, 1, 0], jnp.int32)
    spoken = speak(model, weights, prompt, 5, stop=2, allowed=only, key=KEY)
    assert spoken.tokens.tolist() == [2] + [SILENCE] * 4
    assert spoken.state == 4
    assert speak(model, weights, prompt, 5, allowed=only, key=KEY).state == 8


def test_other_temperatures_compile_nothing_anew() -> None:
    speak(ECHO, WEIGHTS, PROMPT, 4, key=KEY)
    compiled = generation._speak._cached._cache_size()
    speak(ECHO, WEIGHTS, PROMPT, 4, temperature=0.3, key=jax.random.key(1))
    speak(ECHO, WEIGHTS, PROMPT, 4, temperature=0, key=KEY)
    assert generation._speak._cached._cache_size() == compiled


def test_precision_is_that_of_the_weights() -> None:
    with jax.enable_x64(True):
        echo = Echo(5, 4, dtype=jnp.float64)
        spoken = speak(echo, echo.begin(key=KEY), PROMPT, 3, stop=4, top_k=2, key=KEY)
        assert (spoken.tokens.dtype, spoken.log_probability.dtype) == ("int32", "float64")


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_no_numbers_are_not_said_for_certain(temperature: float) -> None:
    _, chance = choose(jnp.full(3, jnp.nan), temperature=temperature, key=KEY)
    assert np.isnan(chance)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1.0}, "temperature is -1.0, expected one number, 0 or more"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0, expected 1 or more"),
        ({"allowed": np.zeros(5, bool)}, "no token is allowed"),
        ({"allowed": np.ones(4, bool)}, r"shape \(4,\), expected booleans, one for each of 5"),
        ({"allowed": np.ones(5)}, "expected booleans"),
        ({"stop": 5}, "stop is 5, expected a token, 0 to 4"),
        ({"n": 0}, "n is 0 tokens"),
        ({"n": 2.5}, "n is 2.5 tokens, expected a whole number"),
        ({"top_k": 2.0}, "top_k is 2.0, expected 1 or more"),
        ({"prompt": np.asarray([5])}, "token 5 at place 0"),
        ({"prompt": np.asarray([], int)}, "one or more integers"),
    ],
)
def test_what_cannot_be_said_is_refused(options: dict[str, Any], message: str) -> None:
    given = {"prompt": PROMPT, "n": 3} | options
    with pytest.raises(InvalidValue, match=message):
        speak(ECHO, WEIGHTS, given.pop("prompt"), given.pop("n"), key=KEY, **given)


@pytest.mark.parametrize(
    "options", [{"temperature": -1.0}, {"top_k": 0}, {"allowed": jnp.zeros(5, bool)}]
)
def test_choose_refuses_the_same(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        choose(LOGITS, key=KEY, **options)
