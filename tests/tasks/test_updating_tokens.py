"""Rows of updating: every event one token, every place asked once, answers right by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.updating import N_VALUES, Updating, updating_trial
from cogmem.tasks.updating_tokens import MOST_PLACES, N_TOKENS, START, asked, events, rows


def test_every_event_has_a_token_of_its_own() -> None:
    """9 values and 16 changes at each of 6 places, 6 questions and START: 157."""
    places = np.arange(MOST_PLACES)
    starts = [events(Updating(jnp.full(6, v), *jnp.zeros((2, 0), int))) for v in range(1, 10)]
    kinds = [c for c in range(-8, 9) if c]
    steps = [
        events(Updating(jnp.ones(1, int), jnp.asarray(places), jnp.full(6, c)))[1:] for c in kinds
    ]
    found = np.concatenate([*starts, *steps, jax.vmap(asked)(places)[0], [START]])
    assert N_TOKENS == 157
    np.testing.assert_array_equal(np.sort(found), np.arange(N_TOKENS))


def test_the_answer_is_the_token_of_the_value_held() -> None:
    """Place 2 holds 7: the token that says so, as when it is shown."""
    shown = events(Updating(jnp.asarray([1, 1, 7]), *jnp.zeros((2, 0), int)))
    assert asked(jnp.asarray(2))[1][6] == shown[2]


def test_rows_are_trials() -> None:
    """200 rows, read back event by event: what is due is what a reader of the tokens works out."""
    drawn = rows(200, MOST_PLACES, 8, key=jax.random.key(0))
    n_asked, n_steps = [], []
    for tokens, targets, counted in zip(*map(np.asarray, drawn), strict=True):
        held: dict[int, int] = {}
        steps = 0
        assert tokens[0] == START
        for token, target, counts in zip(tokens[1:], targets[1:], counted[1:], strict=True):
            if token < 54:
                held[token // N_VALUES] = token % N_VALUES
            elif token < 150:
                place, kind = divmod(int(token) - 54, 16)
                held[place] += kind - 8 + (kind >= 8)
                steps += 1
            assert counts == (150 <= token < START)
            if counts:
                assert target == (token - 150) * N_VALUES + held[token - 150]
        n_asked.append(len(held))
        n_steps.append(steps)
        assert counted.sum() == len(held)
    assert (min(n_asked), max(n_asked)) == (1, MOST_PLACES)
    assert (min(n_steps), max(n_steps)) == (0, 8)


def test_more_places_than_tokens_are_refused() -> None:
    with pytest.raises(InvalidValue, match="7 places, expected 6 at most"):
        events(updating_trial(7, 0, key=jax.random.key(0)))
