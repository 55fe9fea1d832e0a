"""Small Tensor Brains for tests."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from cogmem.models.index_layer import Targets
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.models.vocabulary import Vocabulary

__all__ = ["VOCABULARY", "brain", "regions", "rows"]

VOCABULARY = Vocabulary.of(
    {
        "episode": ["monday", "tuesday", "wednesday"],
        "entity": ["Sparky", "Felix", "Bo", "Kit"],
        "kind": ["dog", "cat"],
        "size": ["small", "large"],
        "predicate": ["chases", "sees", "likes"],
    }
)


def brain(**options: Any) -> tuple[TensorBrain, Weights]:
    """With random weights."""
    sizes = {"n_state": 6, "n_context": 5, "n_features": 7} | options
    own = TensorBrain(VOCABULARY, **sizes)
    return own, own.begin(key=jax.random.key(3))


def regions(number: int = 0) -> jax.Array:
    """Of scene, subject, object and predicate."""
    return jax.random.normal(jax.random.key(number), (4, 7))


def rows() -> Annotated:
    """Six triples of three scenes: each entity looks like itself, predicates go by the subject."""
    find = VOCABULARY.find
    entities = find(["Sparky", "Felix", "Bo", "Kit"])
    kinds, sizes = find(["dog", "cat", "dog", "cat"]), find(["small", "small", "large", "large"])
    s, o = jnp.array([0, 1, 2, 3, 0, 2]), jnp.array([1, 0, 3, 2, 3, 1])
    looks = jax.random.normal(jax.random.key(5), (4, 7))
    seen = jnp.stack([looks[s] + looks[o], looks[s], looks[o], looks[s] + looks[o]], axis=1)
    targets = Targets(
        jnp.asarray(find(["monday", "tuesday", "wednesday"]))[jnp.array([0, 0, 1, 1, 2, 2])],
        jnp.asarray(entities)[s],
        jnp.asarray(entities)[o],
        jnp.asarray(find(["chases", "sees", "likes", "likes", "chases", "likes"])),
    )
    pair = jnp.stack([s, o], axis=1)
    labels = {"kind": jnp.asarray(kinds)[pair], "size": jnp.asarray(sizes)[pair]}
    return Annotated(seen, targets, labels)
