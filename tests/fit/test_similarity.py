"""Words that are alike: what participants are told of each list, when fitted and when simulated."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit import Search, fit, simulate
from cogmem.fit.people import People
from cogmem.models.cmr import CMR
from cogmem.participants.retrieved_context import ContextParticipant
from cogmem.participants.sitting import Sitting

N = 6
LISTS = Recalls.from_positions(
    np.array([[6, 2, 4, 0], [1, 3, 5, 2], [6, 5, 0, 0]]), list_length=N, subject=[1, 1, 2]
)
ODD = np.arange(N)[:, None] % 2 == np.arange(N) % 2
SIMILARITY = np.stack([ODD, ~ODD, ODD]).astype(np.float32)
FREE = "similarity_weight"
HELD = frozenset(name for name in Sitting(ContextParticipant(CMR())).parameters if name != FREE)


def likelihood(weight: float) -> list[float]:
    """Of each list, by the model itself."""
    model = CMR(similarity_weight=weight)
    pairs = zip(LISTS.recalls, SIMILARITY, strict=True)
    return [float(model.log_likelihood(np.asarray(r), N, np.asarray(s))) for r, s in pairs]


def test_each_list_is_scored_with_its_own_similarity() -> None:
    """Log-likelihoods of people 1 (two lists) and 2 (one), to 1e-4 nats in float32."""
    entrant = Sitting(ContextParticipant(CMR(similarity_weight=0.7)), fixed=HELD | {FREE})
    people = People.of(LISTS, SIMILARITY)
    found = fit(entrant, people, key=jax.random.key(0))
    a, b, c = likelihood(0.7)
    np.testing.assert_allclose(found.nll, [-a - b, -c], atol=1e-4)
    np.testing.assert_allclose(found.score(people, key=jax.random.key(0))[0], [a, b], atol=1e-4)


def test_the_weight_of_similarity_is_fitted() -> None:
    """Person 2 goes from an even position to an odd one: no weight is best where they are alike."""
    entrant = Sitting(ContextParticipant(CMR()), fixed=HELD)
    found = fit(
        entrant,
        People.of(LISTS, SIMILARITY),
        key=jax.random.key(0),
        search=Search(n_starts=2, n_steps=25),
    )
    assert found.values[FREE][1] < 0.05


def test_simulated_people_go_through_their_lists_in_turn() -> None:
    """With a great weight, recall stays among alike words: odd lists, then the other kind."""
    model = CMR(similarity_weight=10, temperature=0.01, stop_scale=1e-6, stop_growth=1e-6)
    entrant = Sitting(ContextParticipant(model), fixed=HELD | {FREE})
    people = People.of(LISTS, SIMILARITY)[:1]
    found = fit(entrant, people, key=jax.random.key(0))
    recalled = simulate(found, 4, key=jax.random.key(1)).recalls
    same_parity = np.diff(recalled[:, :2] % 2, axis=1)[:, 0] == 0
    np.testing.assert_array_equal(same_parity, [True, False, True, False])


def test_similarity_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"\(2, 6, 6\), expected \(3, 6, 6\)"):
        People.of(LISTS, SIMILARITY[:2])
