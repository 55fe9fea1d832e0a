"""Models that begin wider: how much, and that nothing else differs."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.models.bdh import BDH
from cogmem.models.sequence_model import count_weights
from cogmem.models.transformer import Transformer
from cogmem.participants.wide_pupils import (
    TIMES_BDH,
    TIMES_TRANSFORMER,
    WideBDH,
    wide_transformer,
)

KEY = jax.random.key(0)


def test_a_bdh_begins_so_many_times_as_wide() -> None:
    """All five matrices, number by number (1e-6)."""
    sizes = {"n_tokens": 10, "width": 8, "n_heads": 2, "n_neurons": 16, "n_layers": 2}
    plain, wide = BDH(**sizes).begin(key=KEY), WideBDH(**sizes).begin(key=KEY)
    for one, other in zip(plain, wide, strict=True):
        np.testing.assert_allclose(other, TIMES_BDH * one, rtol=1e-6)


def test_a_transformer_keeps_its_size_gains_and_biases() -> None:
    """About 4000 weights, as asked; matrices are 5 times those of GPT-2 (1e-6), vectors are not."""
    model = wide_transformer(10, 4000, n_heads=2, n_layers=1, n_positions=16, tolerance=0.2)
    assert count_weights(model) == pytest.approx(4000, rel=0.2)
    both = (
        jax.tree.leaves(begin(model, key=KEY)) for begin in (Transformer.begin, type(model).begin)
    )
    for one, other in zip(*both, strict=True):
        times = TIMES_TRANSFORMER if one.ndim > 1 else 1
        np.testing.assert_allclose(other, times * one, rtol=1e-6)
