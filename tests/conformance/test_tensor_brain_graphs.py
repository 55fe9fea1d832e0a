"""Factorisations against `tensor_brain_reference.npz` (specs: tensor brain, sections 6 and 12).

All arrays to 1e-10 in float64, by the functions of single triples and by the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.episodic_graph import ConT, EpisodicModel, EpisodicTucker, cont, episodic_tucker
from cogmem.models.knowledge_graph import (
    ComplEx,
    DistMult,
    Embeddings,
    GraphModel,
    HolE,
    Rescal,
    TransE,
    Tucker,
    complex_product,
    distmult,
    hole,
    rescal,
    transe,
    tucker,
)
from tests.conformance.reference import reference

REF = reference("tensor_brain")
N_ENTITIES, RANK = REF["kg_ae"].shape
N_PREDICATES, PREDICATE_RANK = REF["kg_ap"].shape
N_TIMES, TIME_RANK = REF["kg_at"].shape
SIZES = (N_ENTITIES, N_PREDICATES, RANK)
EPISODIC_SIZES = (N_ENTITIES, N_PREDICATES, N_TIMES, RANK, PREDICATE_RANK)


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def close(found: Any, name: str) -> None:
    np.testing.assert_allclose(found, REF[name], rtol=0, atol=1e-10, strict=True)


def in_parts(values: np.ndarray) -> np.ndarray:
    """[row, 2, rank] real and imaginary."""
    return np.stack([values.real, values.imag], axis=1)


PLAIN = Embeddings(REF["kg_ae"], REF["kg_ap"])
STATIC: dict[str, tuple[GraphModel, Embeddings]] = {
    "rescal": (Rescal(*SIZES, reciprocal=False), PLAIN._replace(predicates=REF["kg_R"])),
    "distmult": (DistMult(*SIZES, reciprocal=False), PLAIN),
    "complex": (
        ComplEx(*REF["kg_ec"].shape[:1], *REF["kg_pc"].shape, reciprocal=False),
        Embeddings(in_parts(REF["kg_ec"]), in_parts(REF["kg_pc"])),
    ),
    "hole": (HolE(*SIZES, reciprocal=False), PLAIN),
    "transe_l2": (TransE(*SIZES, reciprocal=False), PLAIN),
    "tucker": (
        Tucker(*SIZES, predicate_rank=PREDICATE_RANK, reciprocal=False),
        PLAIN._replace(core=REF["kg_G"]),
    ),
}
EPISODIC: dict[str, tuple[EpisodicModel, Embeddings]] = {
    "epi_tucker": (
        EpisodicTucker(*EPISODIC_SIZES, time_rank=TIME_RANK),
        PLAIN._replace(core=REF["kg_G4"], times=REF["kg_at"]),
    ),
    "epi_cont": (ConT(*EPISODIC_SIZES), PLAIN._replace(times=REF["kg_Gt"])),
}


def as_arrays(weights: Embeddings) -> Embeddings:
    return jax.tree.map(jnp.asarray, weights)


# ---- functions of one triple ---------------------------------------------------------------------


def of_all(score: Callable[..., Any], *modes: str) -> Any:
    """A function of embeddings at all combinations of rows of some arrays."""
    for axis in reversed(range(len(modes))):
        score = jax.vmap(score, [0 if axis == i else None for i in range(len(modes))])
    return score(*(jnp.asarray(REF[f"kg_{name}"]) for name in modes))


def test_scores_of_single_triples() -> None:
    close(of_all(rescal, "ae", "R", "ae"), "kg_rescal")
    close(of_all(distmult, "ae", "ap", "ae"), "kg_distmult")
    close(of_all(complex_product, "ec", "pc", "ec"), "kg_complex")
    close(of_all(hole, "ae", "ap", "ae"), "kg_hole")
    close(of_all(transe, "ae", "ap", "ae"), "kg_transe_l2")
    core, with_times = jnp.asarray(REF["kg_G"]), jnp.asarray(REF["kg_G4"])
    close(of_all(lambda s, p, o: tucker(s, p, o, core), "ae", "ap", "ae"), "kg_tucker")
    episodic = of_all(
        lambda s, p, o, t: episodic_tucker(s, p, o, t, with_times), "ae", "ap", "ae", "at"
    )
    close(episodic, "kg_epi_tucker")
    close(of_all(cont, "ae", "ap", "ae", "Gt"), "kg_epi_cont")


# ---- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATIC)
def test_models_of_triples(name: str) -> None:
    """All triples at once; one; and all candidates for either end."""
    model, weights = STATIC[name][0], as_arrays(STATIC[name][1])
    every = model.every(weights)
    close(every.objects, f"kg_{name}")
    close(every.subjects, f"kg_{name}")
    expected = REF[f"kg_{name}"]
    s, p, o = N_ENTITIES - 1, 1 % N_PREDICATES, 2 % N_ENTITIES
    assert abs(model.score(weights, s, p, o) - expected[s, p, o]) < 1e-10
    np.testing.assert_allclose(model.objects(weights, s, p), expected[s, p], atol=1e-10)
    np.testing.assert_allclose(model.subjects(weights, p, o), expected[:, p, o], atol=1e-10)


@pytest.mark.parametrize("name", EPISODIC)
def test_models_with_times(name: str) -> None:
    model, weights = EPISODIC[name][0], as_arrays(EPISODIC[name][1])
    close(model.every(weights), f"kg_{name}")
    o = 1 % N_ENTITIES
    one = model.score(weights, 0, N_PREDICATES - 1, o, N_TIMES - 1)
    assert abs(one - REF[f"kg_{name}"][0, -1, o, -1]) < 1e-10


@pytest.mark.parametrize("name", EPISODIC)
def test_semantic_is_the_sum_over_times(name: str) -> None:
    """T7: exactly the scores of all times together, and their mean when times are equally likely.

    The file holds the sum of episodic Tucker; of ConT it holds the summands.
    """
    model, weights = EPISODIC[name][0], as_arrays(EPISODIC[name][1])
    summed = model.tucker.every(model.semantic(weights)).objects
    np.testing.assert_allclose(summed, REF[f"kg_{name}"].sum(axis=-1), atol=1e-10)
    if name == "epi_tucker":
        close(summed, "kg_sem_tucker")
    mean = model.tucker.every(model.semantic(weights, average=True)).objects
    np.testing.assert_allclose(mean, REF[f"kg_{name}"].mean(axis=-1), atol=1e-10)


@pytest.mark.parametrize("name", STATIC)
def test_single_precision_stays_and_is_close(name: str, strict_types: None) -> None:
    """T1: relative 1e-5 in float32."""
    weights = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), STATIC[name][1])
    found = STATIC[name][0].every(weights).objects
    assert found.dtype == jnp.float32
    scale = np.abs(REF[f"kg_{name}"]).max()
    np.testing.assert_allclose(found, REF[f"kg_{name}"], atol=1e-5 * scale)
