"""Completion of patterns, by hand."""

from __future__ import annotations

import math

import jax.numpy as jnp
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.completion import auc, crossing, dice, information


def test_dice_by_hand() -> None:
    """Two of three and of four in common: 4 / 7; two empty patterns have nothing in common."""
    a = jnp.asarray([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
    b = jnp.asarray([[0, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
    assert dice(a, b).tolist() == pytest.approx([4 / 7, 0])


def test_silence_is_no_answer_to_a_sparse_item() -> None:
    """Of 400 features 388 are right, and F1 is 0."""
    item = jnp.arange(400) < 12
    assert float(dice(jnp.zeros(400, bool), item)) == 0


def test_auc_by_hand() -> None:
    """Of six pairs four are in order and one is equal."""
    assert float(auc(jnp.asarray([0.9, 0.5]), jnp.asarray([0.1, 0.5, 0.7]))) == 4.5 / 6


def test_crossing_by_hand() -> None:
    """From 1 at ten items to .9 at twenty: .97 is three tenths of the way."""
    assert crossing([1, 0.9, 1], [10, 20, 30], 0.97) == pytest.approx(13)
    assert crossing([1, 0.98], [10, 20], 0.97) == 20
    assert crossing([0.5, 1], [10, 20], 0.97) == 0
    with pytest.raises(InvalidValue, match="one for each look"):
        crossing([1, 1, 1], [10, 20], 0.97)


def test_information_by_hand() -> None:
    """Two of four: six choices; with one of them known, three."""
    assert information(4, 2) == math.log2(6)
    assert information(4, 2, 1) == math.log2(3)
    with pytest.raises(InvalidValue, match="3 kept of 2 active"):
        information(4, 2, 3)
