"""Sources of tokens: probabilities and entropies against sums over all texts there can be."""

from __future__ import annotations

from itertools import product

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.token_sources import (
    draw_tokens,
    entropy_profile,
    entropy_rate,
    log_probability,
    make_source,
    next_probabilities,
    ngram_entropy,
    stationary,
)

# Three states and three tokens, by hand; the third token is impossible in the first state.
P = np.array([[0.7, 0.3, 0.0], [0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])
FOLLOWING = np.array([[1, 2, 0], [2, 0, 1], [0, 0, 2]])
SOURCE = make_source(P, FOLLOWING, 1)


def by_hand(text) -> float:
    """Probability of a text, state by state."""
    state, found = 1, 1.0
    for token in text:
        found, state = found * P[state, token], FOLLOWING[state, token]
    return found


def entropy(p: np.ndarray) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def test_probabilities_of_all_texts_of_six_tokens() -> None:
    """729 texts: each as by hand, together 1, and their entropy is the sum of the profile."""
    texts = np.array(list(product(range(3), repeat=6)))
    expected = np.array([by_hand(text) for text in texts])
    found = np.exp(np.nansum(log_probability(SOURCE, texts), axis=1))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert entropy_profile(SOURCE, 6).sum() == pytest.approx(entropy(expected), abs=1e-12)


def test_entropy_rates_of_a_long_text() -> None:
    """Block entropies H(n) - H(n - 1) of all texts, begun from the long run of states."""
    start = stationary(SOURCE)
    blocks = []
    for n in range(5):
        total = np.zeros(3**n)
        for state, share in enumerate(start):
            each = make_source(P, FOLLOWING, state)
            texts = np.array(list(product(range(3), repeat=n)), int).reshape(3**n, n)
            total += share * np.exp(np.nansum(log_probability(each, texts), axis=1))
        blocks.append(entropy(total))
    for n in range(1, 5):
        found = ngram_entropy(SOURCE, n)
        assert found == pytest.approx(blocks[n] - blocks[n - 1], abs=1e-10)
        assert found > entropy_rate(SOURCE)
    assert ngram_entropy(SOURCE, 9) == pytest.approx(entropy_rate(SOURCE), abs=2e-2)
    assert entropy_profile(SOURCE, 200)[-1] == pytest.approx(entropy_rate(SOURCE), abs=1e-12)


def test_the_long_run_of_a_chain_of_two_states() -> None:
    """a = .1, b = .4: shares b / (a + b) and a / (a + b), and the entropies weighted by them."""
    chain = make_source([[0.9, 0.1], [0.4, 0.6]], [[0, 1], [0, 1]])
    np.testing.assert_allclose(stationary(chain), [0.8, 0.2], atol=1e-14)
    rate = 0.8 * entropy(np.array([0.9, 0.1])) + 0.2 * entropy(np.array([0.4, 0.6]))
    assert entropy_rate(chain) == pytest.approx(rate, abs=1e-12)
    assert ngram_entropy(chain, 2) == pytest.approx(rate, abs=1e-12)
    assert ngram_entropy(chain, 1) == pytest.approx(entropy(np.array([0.8, 0.2])), abs=1e-12)


def test_a_state_that_is_left_for_good_has_no_share() -> None:
    found = make_source([[1, 0], [0, 1], [0.5, 0.5]], [[1, 0], [0, 0], [0, 1]], 2)
    np.testing.assert_allclose(stationary(found), [0.5, 0.5, 0], atol=1e-14)
    assert entropy_rate(found) == pytest.approx(0, abs=1e-12)


# ---- texts --------------------------------------------------------------------------------------


def test_texts_are_as_surprising_as_their_entropy_says() -> None:
    """1,000 texts of 40 tokens: within 4 standard errors (over texts) of the exact mean."""
    texts = draw_tokens(SOURCE, 1000, 40, key=jax.random.key(0))
    assert texts.shape == (1000, 40)
    surprise = -log_probability(SOURCE, texts).mean(axis=1)
    error = surprise.std(ddof=1) / np.sqrt(1000)
    assert error < 0.01
    assert abs(surprise.mean() - entropy_profile(SOURCE, 40).mean()) < 4 * error


def test_what_comes_next_is_what_the_state_says() -> None:
    text = np.array([[1, 0, 1], [2, 2, 2]])  # states 1, 0, 1, 0 and 1, 1, 1, 1
    np.testing.assert_allclose(next_probabilities(SOURCE, text), P[[[0, 1, 0], [1, 1, 1]]])


def test_after_the_impossible_nothing_is_defined() -> None:
    text = np.array([1, 2, 0, 0])  # state 0 after the first, where 2 is impossible
    found = log_probability(SOURCE, text)
    assert found[1] == -np.inf
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, True])
    np.testing.assert_array_equal(
        np.isnan(next_probabilities(SOURCE, text)).all(axis=1), [False, True, True, True]
    )


# ---- slips --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "following", "said"),
    [
        ([[0.5, 0.4]], [[0, 0]], "probabilities of state 0"),
        ([[1.5, -0.5]], [[0, 0]], "probabilities of state 0"),
        ([[np.nan, 1.0]], [[0, 0]], "probabilities of state 0"),
        ([[0.5, 0.5]], [[0, 1]], "states 0 to 1 can be reached, expected 0 to 0"),
        ([[0.5, 0.5]], [[0, -1]], "states -1 to 0 can be reached"),
        ([[0.5, 0.5]], [[0]], r"probabilities \(1, 2\), following \(1, 1\)"),
    ],
)
def test_what_is_no_source_is_refused(p, following, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        make_source(p, following)


def test_states_that_fall_apart_have_no_entropy_rate() -> None:
    with pytest.raises(InvalidValue, match="do not lead to each other"):
        entropy_rate(make_source([[1, 0], [0.5, 0.5]], [[0, 0], [1, 1]]))


def test_other_slips_are_refused() -> None:
    with pytest.raises(InvalidValue, match="n is 0"):
        ngram_entropy(SOURCE, 0)
    with pytest.raises(InvalidValue, match="length is 0"):
        draw_tokens(SOURCE, 1, 0, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="tokens from 0 to 3, expected 0 to 2"):
        log_probability(SOURCE, np.array([0, 3]))
