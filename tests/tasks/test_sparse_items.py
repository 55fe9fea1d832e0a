"""Items, probes and the ladder: how much they share, by hand and for any numbers."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue
from cogmem.tasks.sparse_items import (
    keeping,
    ladder,
    random_item,
    random_items,
    random_sequences,
)

KEY = jax.random.key(1)


def test_items_have_as_many_features_as_asked_each_equally_often() -> None:
    """2,000 items of 3 of 12: each feature in a quarter of them, within 4 sd."""
    items = np.asarray(random_items(2000, 12, 3, key=KEY))
    assert items.dtype == bool
    assert (items.sum(axis=1) == 3).all()
    assert (abs(items.mean(axis=0) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 2000)).all()
    # All 220 choices are equally likely: two items are the same 1 time in 220.
    same = (items[::2] == items[1::2]).all(axis=1).mean()
    assert same < 1 / 220 + 4 * math.sqrt(1 / 220 / 1000)


@pytest.mark.parametrize("n_active", [0, 5])
def test_an_item_may_have_no_feature_or_all(n_active: int) -> None:
    assert random_item(5, n_active, key=KEY).sum() == n_active


@pytest.mark.parametrize("n_active", [-1, 6])
def test_more_features_than_there_are(n_active: int) -> None:
    with pytest.raises(InvalidValue, match=f"{n_active} active features of 5"):
        random_item(5, n_active, key=KEY)


def test_sequences_are_independent_items() -> None:
    found = random_sequences(3, 4, 20, 5, key=KEY)
    assert found.shape == (3, 4, 20)
    assert (found.sum(axis=2) == 5).all()
    assert len(np.unique(np.reshape(found, (12, 20)), axis=0)) == 12


def test_the_key_decides() -> None:
    one, same, other = (random_items(4, 30, 5, key=jax.random.key(k)) for k in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


# ---- probes --------------------------------------------------------------------------------------

ITEM = jnp.arange(10) < 4


@settings(max_examples=30, deadline=None)
@given(n_kept=st.integers(0, 4), seed=st.integers(0, 10**6), replaced=st.booleans())
def test_a_probe_keeps_as_much_as_asked(n_kept: int, seed: int, replaced: bool) -> None:
    probe = keeping(ITEM, n_kept, replaced=replaced, key=jax.random.key(seed))
    assert (probe & ITEM).sum() == n_kept
    assert probe.sum() == (4 if replaced else n_kept)


def test_every_choice_of_what_is_kept_and_gained_is_equally_likely() -> None:
    """2 of 4 kept and 2 of 6 gained in 2,000 probes: 1/2 and 1/3, within 4 sd."""
    probes = jax.vmap(lambda k: keeping(ITEM, 2, key=k))(jax.random.split(KEY, 2000))
    on = np.asarray(probes).mean(axis=0)
    assert (abs(on[:4] - 1 / 2) < 4 * math.sqrt(1 / 4 / 2000)).all()
    assert (abs(on[4:] - 1 / 3) < 4 * math.sqrt(2 / 9 / 2000)).all()


def test_a_traced_number_to_keep() -> None:
    probes = jax.vmap(lambda n: keeping(ITEM, n, key=KEY))(jnp.arange(5))
    assert (probes & ITEM[None]).sum(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_a_probe_cannot_keep_more_than_there_is() -> None:
    with pytest.raises(InvalidValue, match="5 features kept of 4 active"):
        keeping(ITEM, 5, key=KEY)
    with pytest.raises(InvalidValue, match="-1 features kept"):
        keeping(ITEM, -1, key=KEY)
    # Where it cannot be checked, nothing that the item has not got is "kept".
    occluded = jax.jit(lambda n: keeping(ITEM, n, replaced=False, key=KEY))(jnp.asarray(9))
    assert (occluded == ITEM).all()


def test_too_few_other_features_to_replace_what_is_lost() -> None:
    """8 of 10: of 6 that are lost, 2 are replaced, and no lost one comes back."""
    item = jnp.arange(10) < 8
    probe = keeping(item, 2, key=KEY)
    assert ((probe & item).sum(), (probe & ~item).sum()) == (2, 2)


# ---- the ladder ----------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(st.integers(3, 16))
def test_images_of_the_ladder_share_a_pixel_less_per_step(n_rows: int) -> None:
    """Overlap(k, l) = max(0, n - |k - l|), one pixel in every row (section 6)."""
    images = ladder(n_rows)
    assert images.shape == (2 * n_rows + 1, n_rows**2)
    assert (images.reshape(-1, n_rows, n_rows).sum(axis=2) == 1).all()
    number = np.arange(2 * n_rows + 1)
    expected = np.maximum(0, n_rows - abs(number[:, None] - number))
    np.testing.assert_array_equal(images.astype(int) @ images.T.astype(int), expected)


def test_the_ladder_of_three_rows_by_hand() -> None:
    """All in column 2; rows move on to column 1 from the first, then to column 0."""
    columns = ladder(3).reshape(7, 3, 3).argmax(axis=2)
    expected = ["222", "122", "112", "111", "011", "001", "000"]
    assert ["".join(map(str, image)) for image in columns] == expected


def test_a_ladder_needs_its_three_columns() -> None:
    with pytest.raises(InvalidValue, match="2 rows"):
        ladder(2)
