"""New indices: what is written at one stroke, and what learns."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import UnknownName
from cogmem.participants.new_indices import TRACES, at_one_stroke, with_new_indices, with_sum
from cogmem.participants.schooling import Schooled
from tests.participants.scene_pupil import N_KNOWN, N_NOVEL, untaught_pupil


@pytest.fixture(scope="module")
def pupil() -> Schooled:
    """With random weights: no test below needs any other."""
    return untaught_pupil()


def test_traces_change_new_rows_only(pupil: Schooled) -> None:
    """Length and sum are the mean ones of some known entities, where they are matched."""
    brain, blank = with_new_indices(pupil)
    ids = brain.vocabulary.ids("entity")
    assert brain.vocabulary.ids("known entity").tolist() == ids[:N_KNOWN].tolist()
    assert not np.any(blank.embeddings[ids[N_KNOWN:]])
    old, states = ids[2:6], jax.random.normal(jax.random.key(2), (N_NOVEL, 8))
    for trace in TRACES:
        written = at_one_stroke(brain, blank, states, old, trace).embeddings
        np.testing.assert_array_equal(written[:-N_NOVEL], pupil.weights.embeddings)
        rows = written[ids[N_KNOWN:]]
        if trace == "raw":
            np.testing.assert_array_equal(rows, states)
            continue
        length = jnp.linalg.norm(written[old], axis=1).mean()
        np.testing.assert_allclose(jnp.linalg.norm(rows, axis=1), length, rtol=1e-4)
        if trace == "length and sum":
            total = written[old].sum(axis=1).mean()
            np.testing.assert_allclose(rows.sum(axis=1), total, atol=1e-4)
    with pytest.raises(UnknownName, match="rawish"):
        at_one_stroke(brain, blank, states, old, "rawish")  # type: ignore[arg-type]


def test_a_row_is_turned_to_a_sum_by_hand() -> None:
    """(3, 4, 0) to a sum of 0 and the length 5: along (2, 5, -7) / 3."""
    found = with_sum(jnp.array([3.0, 4.0, 0.0]), jnp.array(0.0))
    np.testing.assert_allclose(found, 5 * np.array([2, 5, -7]) / 78**0.5, rtol=1e-5)
