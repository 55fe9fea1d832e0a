"""Two lists of pairs: norms, cosines and shares as asked, and controls that differ in one thing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue
from cogmem.tasks.paired_associates import (
    BARNES_UNDERWOOD,
    PairedAssociates,
    RetroactiveInterference,
    ab_ac,
    ab_dc,
    ab_rest,
    study_orders,
    two_lists,
)

KEY = jax.random.key(1)
N = 4
TOLERANCE = 2e-6  # float32

cosines = st.floats(-1, 1, allow_subnormal=False)
shares = st.floats(0, 1, allow_subnormal=False)
seeds = st.integers(0, 10**6)


def products(codes: jax.Array) -> np.ndarray:
    """Scalar products of all rows, in float64."""
    codes64 = np.asarray(codes, "float64")
    return codes64 @ codes64.T


def halves(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Within the first list, and between the two."""
    return matrix[:N, :N], matrix[:N, N:]


# ---- cues ---------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(s=cosines, share=shares, norm=st.floats(0.1, 10), seed=seeds)
@example(s=0.25, share=0.5, norm=1.0, seed=1)
@example(s=0.5, share=0.0, norm=1.0, seed=1)
@example(s=0.75, share=1.0, norm=1.0, seed=1)
def test_products_of_cues(s: float, share: float, norm: float, seed: int) -> None:
    """As the module says: rho within a list, (1 - rho) s for i-th pairs, 0 for others."""
    task = two_lists(
        N, stimulus_similarity=s, context_share=share, norm=norm, key=jax.random.key(seed)
    )
    within, between = halves(products(task.cues) / norm**2)
    np.testing.assert_allclose(within, share + (1 - share) * np.eye(N), atol=TOLERANCE)
    np.testing.assert_allclose(between, (1 - share) * s * np.eye(N), atol=TOLERANCE)
    np.testing.assert_allclose(halves(products(task.items))[1], s * np.eye(N), atol=TOLERANCE)


@settings(max_examples=20, deadline=None)
@given(share=shares, seed=seeds)
def test_the_context_has_its_share_of_the_norm(share: float, seed: int) -> None:
    task = ab_ac(N, context_share=share, key=jax.random.key(seed))
    contexts = np.asarray(task.cues, "float64")[:, 2 * N :]
    np.testing.assert_allclose((contexts**2).sum(axis=1), share, atol=TOLERANCE)
    assert (contexts[:N] == contexts[0]).all()
    assert (contexts[N:] == contexts[N]).all()
    assert abs(contexts[0] @ contexts[N]) < TOLERANCE


def test_the_contexts_are_all_that_tells_the_lists_of_ab_ac_apart() -> None:
    task = ab_ac(N, key=KEY)
    np.testing.assert_array_equal(task.items[:N], task.items[N:])
    bare = ab_ac(N, context_share=0.0, key=KEY).cues
    np.testing.assert_array_equal(bare[:N], bare[N:])
    np.testing.assert_array_equal(bare[:, : 2 * N], task.items)


def test_codes_may_have_more_features_than_they_need() -> None:
    task = two_lists(N, n_item_features=20, n_context_features=7, key=KEY)
    assert task.cues.shape == (2 * N, 27)
    within, between = halves(products(task.cues))
    np.testing.assert_allclose(within, 0.5 + 0.5 * np.eye(N), atol=TOLERANCE)
    np.testing.assert_allclose(between, 0.5 * np.eye(N), atol=TOLERANCE)


def test_double_precision() -> None:
    with jax.enable_x64(True):
        task = two_lists(N, stimulus_similarity=0.25, context_share=0.3, key=KEY)
        assert task.cues.dtype == task.response_codes.dtype == jnp.float64
        within, between = halves(products(task.cues))
    np.testing.assert_allclose(within, 0.3 + 0.7 * np.eye(N), atol=1e-14)
    np.testing.assert_allclose(between, 0.7 * 0.25 * np.eye(N), atol=1e-14)


def test_directions_are_random() -> None:
    """Items of 1,000 keys have mean 0 in every feature, and mean square 1/8, within 5 sd."""
    items = jax.jit(jax.vmap(lambda k: ab_ac(N, key=k).items[0]))(jax.random.split(KEY, 1000))
    values = np.asarray(items, "float64")
    # A feature of a random direction in 8 dimensions has E x^2 = 1/8 and var x^2 = 7/320.
    assert (abs(values.mean(axis=0)) < 5 * np.sqrt(1 / 8 / 1000)).all()
    assert (abs((values**2).mean(axis=0) - 1 / 8) < 5 * np.sqrt(7 / 320 / 1000)).all()


# ---- responses ----------------------------------------------------------------------------------


def test_eight_pairs_with_sixteen_responses_by_hand() -> None:
    task = ab_ac(key=KEY)
    assert task.cues.shape == (16, 18)
    assert (task.n_responses, task.n_per_list) == (16, 8)
    assert task.responses.tolist() == list(range(16))
    assert task.lists.tolist() == 8 * [0] + 8 * [1]
    assert task.stimuli.tolist() == 2 * list(range(8))
    assert task.first.tolist() == list(range(8))
    assert task.second.tolist() == list(range(8, 16))
    np.testing.assert_array_equal(task.response_codes, np.eye(16))


@settings(max_examples=20, deadline=None)
@given(r=cosines.filter(lambda r: r < 1))
@example(r=0.5)
def test_products_of_responses(r: float) -> None:
    task = two_lists(N, response_similarity=r, key=KEY)
    within, between = halves(products(task.response_codes))
    np.testing.assert_allclose(within, np.eye(N), atol=TOLERANCE)
    np.testing.assert_allclose(between, r * np.eye(N), atol=TOLERANCE)
    np.testing.assert_allclose(np.diag(products(task.response_codes)), 1, atol=TOLERANCE)
    assert task.responses.tolist() == list(range(2 * N))


@pytest.mark.parametrize(
    ("stimuli", "responses", "same_stimuli", "same_responses"),
    [
        (1.0, 0.0, True, False),  # A-B, A-C
        (1.0, 1.0, True, True),  # A-B, A-B
        (0.0, 1.0, False, True),  # A-B, D-B
        (0.0, 0.0, False, False),  # A-B, D-C
        (0.5, 0.5, False, False),
    ],
)
def test_corners_of_the_transfer_surface(
    stimuli: float, responses: float, same_stimuli: bool, same_responses: bool
) -> None:
    task = two_lists(N, stimulus_similarity=stimuli, response_similarity=responses, key=KEY)
    assert (task.stimuli[:N] == task.stimuli[N:]).all() == same_stimuli
    assert (task.responses[:N] == task.responses[N:]).all() == same_responses
    assert task.n_responses == 2 * N


# ---- conditions ---------------------------------------------------------------------------------


def conditions(key: jax.Array) -> list[PairedAssociates]:
    return [
        ab_ac(N, key=key),
        ab_dc(N, key=key),
        ab_rest(N, key=key),
        two_lists(N, stimulus_similarity=0.75, response_similarity=0.5, key=key),
        two_lists(N, response_similarity=1.0, key=key),
    ]


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_every_condition_has_the_same_first_list(seed: int) -> None:
    first, *others = conditions(jax.random.key(seed))
    for other in others:
        assert other.cues.shape == first.cues.shape
        np.testing.assert_array_equal(other.cues[:N], first.cues[:N])
        np.testing.assert_array_equal(other.responses[:N], first.responses[:N])
        np.testing.assert_array_equal(other.response_codes[:N], first.response_codes[:N])
        np.testing.assert_array_equal(other.studied[:N], first.studied[:N])


def test_the_key_decides() -> None:
    one, same, other = (ab_ac(N, key=jax.random.key(k)) for k in (1, 1, 2))
    jax.tree.map(np.testing.assert_array_equal, one, same)
    assert (one.cues != other.cues).any()


def test_rest_studies_the_first_list_alone() -> None:
    rest = ab_rest(N, n_trials=3, key=KEY)
    both = ab_ac(N, n_trials=(3, 2), key=KEY)
    assert (rest.studied < N).all()
    np.testing.assert_array_equal(rest.studied, both.studied[: 3 * N])
    assert rest._replace(studied=both.studied).cues.tolist() == both.cues.tolist()


def test_many_learners_at_once_are_the_learners_one_by_one() -> None:
    keys = jax.random.split(KEY, 3)
    together = jax.jit(jax.vmap(lambda k: ab_ac(N, context_share=0.3, key=k)))(keys)
    alone = ab_ac(N, context_share=0.3, key=keys[1])
    assert (together.n_per_list, together.n_responses) == (N, 2 * N)
    np.testing.assert_array_equal(together.studied[1], alone.studied)
    np.testing.assert_allclose(together.cues[1], alone.cues, atol=TOLERANCE)


def test_a_traced_share() -> None:
    cues = jax.jit(jax.vmap(lambda share: ab_ac(N, context_share=share, key=KEY).cues))(
        jnp.array([0.0, 0.25, 1.0])
    )
    np.testing.assert_allclose((cues[:, 0, 2 * N :] ** 2).sum(axis=1), [0, 0.25, 1], atol=TOLERANCE)


# ---- study --------------------------------------------------------------------------------------


def test_every_trial_has_every_pair_of_its_list_once_in_an_order_of_its_own() -> None:
    trials = np.asarray(ab_ac(N, n_trials=(30, 20), key=KEY).studied).reshape(50, N)
    np.testing.assert_array_equal(np.sort(trials[:30]), np.tile(np.arange(N), (30, 1)))
    np.testing.assert_array_equal(np.sort(trials[30:]), np.tile(np.arange(N, 2 * N), (20, 1)))
    # Of 24 orders, some 17 are expected to occur in 30 trials.
    assert len(np.unique(trials[:30], axis=0)) > 10


def test_more_trials_begin_with_the_same_trials() -> None:
    pairs = jnp.arange(N, 2 * N)
    few, many = (study_orders(pairs, n, key=KEY) for n in (2, 5))
    np.testing.assert_array_equal(few, many[:2])
    assert study_orders(pairs, 0, key=KEY).shape == (0, N)


def test_the_published_experiment() -> None:
    assert BARNES_UNDERWOOD.n_interpolated == (1, 5, 10, 20)
    assert BARNES_UNDERWOOD.criterion == 1
    assert BARNES_UNDERWOOD.tested
    assert hash(BARNES_UNDERWOOD) == hash(RetroactiveInterference())


# ---- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"n_pairs": 0}, "n_pairs is 0"),
        ({"stimulus_similarity": 1.1}, "stimulus_similarity is 1.1"),
        ({"response_similarity": -2}, "response_similarity is -2"),
        ({"stimulus_similarity": float("nan")}, "stimulus_similarity is nan"),
        ({"context_share": -0.1}, "context_share is -0.1"),
        ({"context_share": 1.5}, "context_share is 1.5"),
        ({"n_item_features": 7}, "7 item features for two lists of 4 pairs.* 8 or more"),
        ({"n_context_features": 1}, "1 context features"),
        ({"norm": 0.0}, "norm is 0.0"),
        ({"delay": -1.0}, "delay is -1.0 s"),
        ({"n_trials": (1, -1)}, r"n_trials is \(1, -1\)"),
        ({"n_trials": (1,)}, r"n_trials is \(1,\)"),
    ],
)
def test_bad_values(bad: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        two_lists(**{"n_pairs": N, "key": KEY, **bad})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"criterion": 0.0}, "criterion is 0.0"),
        ({"criterion": 1.2}, "criterion is 1.2"),
        ({"max_trials": 0}, "max_trials is 0"),
        ({"n_interpolated": ()}, "n_interpolated is"),
        ({"n_interpolated": (5, 1)}, r"n_interpolated is \(5, 1\)"),
        ({"n_interpolated": (-1, 1)}, "n_interpolated is"),
        ({"delay": -1.0}, "delay is -1.0 s"),
    ],
)
def test_bad_experiments(bad: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        RetroactiveInterference(**bad)


def test_one_number_of_trials_is_that_of_both_lists() -> None:
    one, both = (ab_ac(N, n_trials=n, key=KEY).studied for n in (2, (2, 2)))
    np.testing.assert_array_equal(one, both)


@pytest.mark.parametrize("n_pairs", [2.5, 0, "4"])
def test_pairs_are_a_whole_number(n_pairs: object) -> None:
    with pytest.raises(InvalidValue, match=rf"n_pairs is {n_pairs!r}, expected a whole number"):
        ab_ac(n_pairs, key=KEY)
