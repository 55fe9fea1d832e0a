"""TCM: CMR without primacy, start of the list, and pre-experimental support."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from cogmem.models.cmr import CMR
from cogmem.models.retrieved_context import RetrievedContext
from cogmem.models.tcm import TCM
from tests.models.cases import cast, some_lists

N = 8


@jax.jit
def likelihoods(model: RetrievedContext, lists: Array) -> Array:
    return jax.vmap(lambda one: model.log_likelihood(one, N))(lists)


def test_tcm_is_a_special_case_of_cmr() -> None:
    """L_CF = 1, P1 = 0, B_start = 0, B_enc = B_rec; no event is near CMR's floor of 1e-5."""
    shared = {"stop_scale": 0.02, "stop_growth": 0.25, "temperature": 0.8}
    tcm = TCM(drift=0.55, learning_rate=0.35, **shared)
    cmr = CMR(
        encoding_drift=0.55,
        recall_drift=0.55,
        start_drift=0.0,
        item_context_learning=0.35,
        context_item_learning=1.0,
        primacy_scale=0.0,
        **shared,
    )
    lists = jnp.asarray(some_lists(N, n_lists=30))
    with jax.enable_x64(True):
        one, other = (likelihoods(cast(model, "float64"), lists) for model in (tcm, cmr))
    # CMR's floor on support, 1e-6, is all that differs.
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_recency_without_primacy() -> None:
    model = cast(TCM(), "float32")
    log_p = model.log_probs(model.study_list(N), jnp.ones(N, bool), jnp.array(0))[:-1]
    assert (np.diff(log_p) > 0).all()


def test_recall_moves_to_neighbours_and_rather_forward() -> None:
    """After a word in the middle, lag +1 is likelier than -1, and both than +-3."""
    model = cast(TCM(drift=0.5), "float32")
    memory = model.study_list(N + 3)._replace(context=jnp.zeros(N + 4))
    support = np.asarray(model.evidence(model.retrieve(memory, jnp.array(4))))
    assert support[5] > support[3]
    assert support[5] > support[7] > 0
    assert support[3] > support[1]
