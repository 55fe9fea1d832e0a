"""How synapses are kept: set at once, dated, stiffened, decayed and frozen, by hand."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.permanence import (
    Bundle,
    Convex,
    Lasting,
    Permanence,
    Stepwise,
    share_increased,
)

N = 4  # sources, and as many targets


def coincide(
    keep: Permanence,
    bundle: Bundle,
    step: int,
    *pairs: tuple[int, int],
    threshold: Any = None,
    n_on: int = 3,
) -> Bundle:
    """Learn coincidences of some (source, target) at one step; the other places are padding."""
    sources = sorted({source for source, _ in pairs})
    increase = np.zeros((n_on, N), bool)
    for source, target in pairs:
        increase[sources.index(source), target] = True
    padded = jnp.asarray(sources + [N] * (n_on - len(sources)))
    return keep.learn(bundle, padded, jnp.asarray(increase), jnp.asarray(step), threshold)


def weights(keep: Permanence, bundle: Bundle, step: int) -> np.ndarray:
    return np.asarray(keep.weights(bundle, jnp.asarray(step)))


def virgin(keep: Permanence) -> Bundle:
    return keep.begin(N, N, N * N)


KINDS = [Lasting(), Stepwise(), Convex()]


@pytest.mark.parametrize("keep", KINDS, ids=lambda k: type(k).__name__)
def test_one_coincidence_sets_one_weight_to_its_maximum(keep: Permanence) -> None:
    bundle = virgin(keep)
    assert (weights(keep, bundle, 0) == 0).all()
    after = weights(keep, coincide(keep, bundle, 1, (2, 3)), 1)
    assert after[2, 3] == keep.w_max
    assert np.count_nonzero(after) == 1


@pytest.mark.parametrize("keep", KINDS, ids=lambda k: type(k).__name__)
def test_rows_are_those_of_the_weights_and_padding_is_silent(keep: Permanence) -> None:
    bundle = coincide(keep, virgin(keep), 1, (0, 1), (2, 3))
    rows = keep.rows(bundle, jnp.array([2, N, 0]), jnp.asarray(5))
    all_weights = weights(keep, bundle, 5)
    np.testing.assert_array_equal(rows, [all_weights[2], np.zeros(N), all_weights[0]])


# ---- lasting weights -----------------------------------------------------------------------------


def test_lasting_weights_never_fall_and_learning_twice_is_learning_once() -> None:
    keep = Lasting()
    once = coincide(keep, virgin(keep), 1, (0, 0), (1, 2))
    twice = coincide(keep, once, 9, (0, 0), (1, 2))
    for one, two in zip(once, twice, strict=True):
        assert one is two is None or (one == two).all()
    more = coincide(keep, once, 2, (0, 1))
    assert (weights(keep, more, 99) >= weights(keep, once, 1)).all()
    assert more.n_increased == 3
    assert share_increased(more) == 3 / 16


def test_padding_is_not_counted() -> None:
    keep = Lasting()
    increase = jnp.zeros((3, N), bool).at[0, 1].set(True)
    bundle = keep.learn(virgin(keep), jnp.array([1, N, N]), increase, jnp.asarray(1), None)
    assert bundle.n_increased == np.count_nonzero(bundle.weight) == 1


def test_a_lasting_bundle_freezes_past_its_threshold() -> None:
    """3 of 16 are not more than 3/16; 4 are. From then on nothing is learnt."""
    keep, threshold = Lasting(), 3 / 16
    bundle = virgin(keep)
    for step, pair in enumerate([(0, 0), (0, 1), (1, 0)]):
        bundle = coincide(keep, bundle, step, pair, threshold=threshold)
        assert not bundle.frozen
    bundle = coincide(keep, bundle, 4, (3, 3), threshold=threshold)
    assert bundle.frozen
    later = coincide(keep, bundle, 5, (2, 2), (3, 0), threshold=threshold)
    np.testing.assert_array_equal(later.weight, bundle.weight)
    assert later.n_increased == 4


@pytest.mark.parametrize("maximum", [0.0, 0.5, 300.0])
def test_a_lasting_weight_is_a_byte(maximum: float) -> None:
    with pytest.raises(InvalidValue, match="1 to 255"):
        Lasting(maximum=maximum)


# ---- the table -----------------------------------------------------------------------------------


def test_weights_fall_in_steps_of_age_and_stiffness() -> None:
    """Section 3: 127, 120, 50, 0 from 2000, 3000, 4000; twice that, rounded, once stiffer."""
    keep = Stepwise()
    ages = [0, 1999, 2000, 2999, 3000, 3999, 4000, 7999, 8000, 10**6]
    expected = {
        0: [127, 127, 120, 120, 50, 50, 0, 0, 0, 0],
        1: [127, 127, 127, 127, 127, 127, 120, 50, 0, 0],
        2: [127] * 10,
    }
    for stiffness, known in expected.items():
        found = keep.weight(jnp.asarray(ages), jnp.full(len(ages), stiffness, jnp.int8))
        assert found.tolist() == known
        assert found.dtype == jnp.uint8
    assert keep.weight(jnp.asarray([-1]), jnp.asarray([0], jnp.int8)).tolist() == [0]


def test_three_coincidences_make_a_synapse_permanent() -> None:
    keep, bundle = Stepwise(), virgin(Stepwise())
    for step, stiffness in ((1, 0), (2, 1), (3, 2), (4, 2)):
        bundle = coincide(keep, bundle, step, (1, 1))
        assert bundle.stiffness[1, 1] == stiffness
    assert weights(keep, bundle, 10**6)[1, 1] == 127
    assert np.count_nonzero(bundle.stiffness) == 1


def test_a_coincidence_within_the_persistence_only_renews() -> None:
    """Age 4 is too early for a persistence of 5, age 5 is not; either resets the age."""
    keep = Stepwise(persistence=5)
    first = coincide(keep, virgin(keep), 10, (0, 0))
    early = coincide(keep, first, 14, (0, 0))
    assert (early.stiffness[0, 0], early.last[0, 0]) == (0, 14)
    late = coincide(keep, first, 15, (0, 0))
    assert (late.stiffness[0, 0], late.last[0, 0]) == (1, 15)


def test_a_coincidence_past_the_first_breakpoint_renews_and_does_not_stiffen() -> None:
    keep = Stepwise(steps=(20, 30, 40))
    first = coincide(keep, virgin(keep), 0, (0, 0))
    assert coincide(keep, first, 19, (0, 0)).stiffness[0, 0] == 1
    late = coincide(keep, first, 20, (0, 0))
    assert late.stiffness[0, 0] == 0
    assert weights(keep, late, 39)[0, 0] == 127
    stiffer = coincide(keep, first, 5, (0, 0))  # stiffness 1: twice as long
    assert coincide(keep, stiffer, 5 + 39, (0, 0)).stiffness[0, 0] == 2
    assert coincide(keep, stiffer, 5 + 40, (0, 0)).stiffness[0, 0] == 1


def test_a_synapse_that_lost_its_weight_is_virgin_again() -> None:
    """Stiffness 1 is gone with the weight: the next coincidence counts as the first."""
    keep = Stepwise(steps=(20, 30, 40))
    bundle = coincide(keep, coincide(keep, virgin(keep), 0, (0, 0)), 1, (0, 0))
    assert weights(keep, bundle, 1 + 79)[0, 0] == 50
    assert weights(keep, bundle, 1 + 80)[0, 0] == 0
    again = coincide(keep, bundle, 1 + 80, (0, 0))
    assert again.stiffness[0, 0] == 0
    assert weights(keep, again, 81 + 40)[0, 0] == 0


def test_at_freezing_what_is_alive_becomes_permanent_and_what_decayed_does_not() -> None:
    """Section 12, 14: after it no weight rises, decayed synapses included, and none falls."""
    keep = Stepwise(steps=(20, 30, 40))
    bundle = coincide(keep, virgin(keep), 1, (0, 0), threshold=2.5 / 16)
    bundle = coincide(keep, bundle, 10, (1, 1), threshold=2.5 / 16)
    assert (bundle.n_increased, bool(bundle.frozen)) == (2, False)
    # At step 41 the first, of age 40, is gone; the second, of age 31, weighs 50.
    bundle = coincide(keep, bundle, 41, (2, 2), (2, 3), threshold=2.5 / 16)
    assert (bundle.n_increased, bool(bundle.frozen)) == (3, True)
    expected = np.zeros((N, N))
    expected[[1, 2, 2], [1, 2, 3]] = 127
    np.testing.assert_array_equal(weights(keep, bundle, 41), expected)
    later = coincide(keep, bundle, 42, (0, 0), (3, 1), threshold=2.5 / 16)
    for step in (42, 10**6):
        np.testing.assert_array_equal(weights(keep, later, step), expected)


def test_what_decayed_does_not_count_towards_freezing() -> None:
    """Three coincidences, 40 steps apart, are one synapse at a time."""
    keep, bundle = Stepwise(steps=(20, 30, 40)), virgin(Stepwise())
    for count in range(3):
        bundle = coincide(keep, bundle, 1 + 40 * count, (count, 0), threshold=1.5 / 16)
    assert (bundle.n_increased, bool(bundle.frozen)) == (1, False)


# ---- convex decay --------------------------------------------------------------------------------


def test_convex_weights_by_hand() -> None:
    """w(t) = (1 + c/S) / (1 + c/(S - t)); S = 10, c = 2: 1, 1.2/1.4 at 5, 1.2/3 at 9, 0 at 10."""
    keep = Convex(n_steps=10.0, convexity=2.0)
    ages = jnp.asarray([0, 5, 9, 10, 50, -1])
    found = keep.weight(ages, jnp.zeros(6, jnp.int8))
    np.testing.assert_allclose(found, [1, 1.2 / 1.4, 1.2 / 3, 0, 0, 0], rtol=1e-6)


def test_convex_weights_are_renewed_and_never_stiffen() -> None:
    keep = Convex(n_steps=10.0, convexity=2.0)
    bundle = coincide(keep, virgin(keep), 1, (0, 0))
    np.testing.assert_allclose(weights(keep, bundle, 6)[0, 0], 1.2 / 1.4, rtol=1e-6)
    renewed = coincide(keep, bundle, 6, (0, 0))
    assert weights(keep, renewed, 6)[0, 0] == 1
    assert not renewed.stiffness.any()


def test_a_cell_freezes_by_itself_and_goes_on_decaying() -> None:
    """sparseypy: the mean of its weights over the threshold closes a cell, until they decay."""
    keep = Convex(n_steps=10.0, convexity=2.0, by_cell=True)
    bundle = coincide(keep, virgin(keep), 1, (0, 0), (1, 0), threshold=0.4)  # mean .5
    closed = coincide(keep, bundle, 2, (2, 0), (2, 1), threshold=0.4)
    now = weights(keep, closed, 2)
    assert (now[2, 0], now[2, 1]) == (0, 1)
    np.testing.assert_allclose(now[0, 0], 1.2 / (1 + 2 / 9), rtol=1e-6)
    # At step 8 both are 1.2 / (1 + 2/3) = .72 and their mean .36: open again.
    opened = coincide(keep, bundle, 9, (2, 0), threshold=0.4)
    assert weights(keep, opened, 9)[2, 0] == 1


# ---- counting ------------------------------------------------------------------------------------


def test_with_decay_the_share_is_known_only_where_it_is_counted() -> None:
    """Counting is a pass over all synapses, made only where freezing asks for it: else NaN."""
    keep = Stepwise()
    counted = coincide(keep, virgin(keep), 1, (0, 0), (1, 1), threshold=0.9)
    assert share_increased(counted) == 2 / 16
    assert np.isnan(share_increased(coincide(keep, virgin(keep), 1, (0, 0))))
