"""Sparsey as an associative memory: bits, completion, familiarity and what it refuses."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.associative import complete_all, store_all
from cogmem.models.code_selection import CodeSelection
from cogmem.models.code_selection_controls import RandomCodes
from cogmem.models.permanence import Stepwise
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_associative import SparseyMemory
from cogmem.models.sparsey_memory import recognise, store

N, A, Q, K = 144, 12, 24, 16
MAC = Mac(N, Q, K, band=(1, A))
MEMORY = SparseyMemory(MAC)
ITEMS = np.argsort(np.random.default_rng(1).random((25, N)), axis=1).argsort(axis=1) < A
KEY = jax.random.key(3)


def stored(memory: SparseyMemory = MEMORY, n: int = len(ITEMS)):
    return store_all(memory, memory.begin(), ITEMS[:n], key=KEY)


def test_one_bit_per_synapse_whatever_is_stored() -> None:
    """144 features onto 24 x 16 cells: the 55,296 weights of the capacity table."""
    assert MEMORY.n_bits(0) == MEMORY.n_bits(1000) == 55_296
    assert stored().bundles["U"].weight.size == 55_296
    assert set(np.unique(stored().bundles["U"].weight)) == {0, 127}


def test_stored_items_come_back_whole_and_from_parts() -> None:
    """25 items in a macrocolumn that holds 90; three features of twelve are missing."""
    state = stored()
    parts = ITEMS.copy()
    for part in parts:
        part[np.flatnonzero(part)[:3]] = False
    whole = complete_all(MEMORY, state, ITEMS, key=KEY)
    np.testing.assert_array_equal(whole.pattern, ITEMS)
    np.testing.assert_array_equal(whole.familiarity, 1)
    np.testing.assert_array_equal(complete_all(MEMORY, state, parts, key=KEY).pattern, ITEMS)


def test_code_is_one_winner_of_each_module() -> None:
    code = complete_all(MEMORY, stored(), ITEMS, key=KEY).code
    assert code.shape == (25, Q * K)
    np.testing.assert_array_equal(code.reshape(25, Q, K).sum(axis=2), 1)


def test_the_same_as_the_macrocolumn() -> None:
    """Codes and familiarity of a single item are those of `store` and `recognise`."""
    memory, _ = store(MAC, ITEMS[:1], key=KEY)
    found = complete_all(MEMORY, memory, ITEMS[:4])
    moment = recognise(MAC, memory, ITEMS[:4], key=KEY)
    np.testing.assert_allclose(found.familiarity, moment.familiarity, rtol=1e-6)
    won = found.code[0].reshape(Q, K).argmax(axis=1)
    np.testing.assert_array_equal(won, moment.code[0])


def test_nothing_stored_nothing_recalled() -> None:
    found = complete_all(MEMORY, MEMORY.begin(), ITEMS[:2], key=KEY)
    assert not found.pattern.any()
    np.testing.assert_array_equal(found.familiarity, 0)


def test_a_cue_out_of_the_band_is_met_with_silence() -> None:
    found = complete_all(MEMORY, stored(), np.zeros((1, N), bool), key=KEY)
    assert not found.pattern.any()
    assert not found.code.any()
    assert np.isnan(found.familiarity).all()


def test_threshold_of_reading_back() -> None:
    """A feature that 3 of 4 winners point at is on up to a threshold of .75."""
    mac = Mac(4, 4, 2)
    x = jnp.array([True, True, False, False])
    memory = mac.learn(mac.begin(), {"U": mac.bottom_up(x)}, jnp.zeros(4, jnp.int32))
    weight = memory.bundles["U"].weight.at[1, 0].set(0)  # the first cell loses the second feature
    bundle = memory.bundles["U"]._replace(weight=weight)
    state = memory._replace(bundles={"U": bundle})
    cue = jnp.array([True, False, False, False])
    for threshold, expected in ((0.75, [True, True, False, False]), (0.8, [True] + [False] * 3)):
        found = SparseyMemory(mac, threshold=threshold).complete(state, cue)
        np.testing.assert_array_equal(found.pattern, expected)


def test_no_gain_is_the_same_as_random_codes() -> None:
    """The family experiment makes random codes by a gain of 0: the same draws, bit for bit.

    Items come twice, since unfamiliar ones have much the same codes with any gain.
    """
    rules = (RandomCodes(), CodeSelection(gain=0.0), CodeSelection())
    memories = [SparseyMemory(Mac(N, Q, K, selection=rule, band=(1, A))) for rule in rules]
    twice = np.concatenate([ITEMS[:10], ITEMS[:10]])
    states = [store_all(memory, memory.begin(), twice, key=KEY) for memory in memories]
    random, gainless, default = (np.asarray(state.bundles["U"].weight) for state in states)
    np.testing.assert_array_equal(random, gainless)
    assert (random > 0).sum() > 1.5 * (default > 0).sum()


def test_random_codes_keep_no_similarity() -> None:
    """Drawn again, an item gets its code by CSA (>= .97 of the winners), and chance otherwise.

    Chance is 1/16 = .0625 with a standard error of .01 over 25 items of 24 modules.
    """
    shares = []
    for selection in (CodeSelection(), RandomCodes()):
        mac = Mac(N, Q, K, selection=selection, band=(1, A))
        state = stored(SparseyMemory(mac))
        old = complete_all(SparseyMemory(mac), state, ITEMS, key=KEY).code
        drawn = SparseyMemory(mac, drawn=True)
        new = complete_all(drawn, state, ITEMS, key=jax.random.key(4)).code
        shares.append(float((old & new).sum() / (len(ITEMS) * Q)))
    assert shares[0] > 0.97
    assert shares[1] == pytest.approx(1 / K, abs=0.04)


def test_what_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no key was given, but storing"):
        MEMORY.store(MEMORY.begin(), jnp.asarray(ITEMS[0]))
    with pytest.raises(InvalidValue, match="no key was given, but the code"):
        SparseyMemory(MAC, drawn=True).complete(MEMORY.begin(), jnp.asarray(ITEMS[0]))
    with pytest.raises(InvalidValue, match="expected Lasting"):
        SparseyMemory(Mac(N, Q, K, permanence=Stepwise()))
    with pytest.raises(InvalidValue, match="expected U alone"):
        SparseyMemory(Mac(N, Q, K, n_lateral=1))
    with pytest.raises(InvalidValue, match="threshold"):
        SparseyMemory(MAC, threshold=1.5)
