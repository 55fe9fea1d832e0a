"""Episodic knowledge graphs as tensors: triples at times, and what is left when times are summed.

A fourth mode, of times, joins subject, predicate and object. Scores are linear in the embedding of
a time, so that the sum over times is the score of a triple at the sum of their embeddings: semantic
memory as all episodes at once (Tresp et al., 2017; Ma et al., 2019).
"""

from __future__ import annotations

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.models.index_layer import normal_weights
from cogmem.models.knowledge_graph import (
    Embeddings,
    Tucker,
    check_numbers,
    present,
    tucker,
)
from cogmem.models.parameters import check_sizes

__all__ = ["ConT", "EpisodicModel", "EpisodicTucker", "cont", "episodic_tucker"]

# ---- one triple at a time ------------------------------------------------------------------------


def episodic_tucker(
    subject: Float[Array, " rank"],
    predicate: Float[Array, " prank"],
    object: Float[Array, " rank"],
    time: Float[Array, " trank"],
    core: Float[Array, "rank prank rank trank"],
) -> Float[Array, ""]:
    """sum_ijkl a_si r_pj a_ok a_tl G_ijkl (Tresp et al., 2015)."""
    return tucker(subject, predicate, object, core @ time)


def cont(
    subject: Float[Array, " rank"],
    predicate: Float[Array, " prank"],
    object: Float[Array, " rank"],
    time: Float[Array, "rank prank rank"],
) -> Float[Array, ""]:
    """ConT: Tucker with the embedding of a time as its core (Ma et al., 2019)."""
    return tucker(subject, predicate, object, time)


# ---- models --------------------------------------------------------------------------------------


class EpisodicModel(eqx.Module):
    """A scorer of triples at times, multilinear in the time; what it learns is in `Embeddings`.

    Attributes:
        n_entities, n_predicates, n_times: of the graph.
        rank, predicate_rank: numbers of the embedding of an entity, and of a predicate.
    """

    n_entities: int = eqx.field(static=True)
    n_predicates: int = eqx.field(static=True)
    n_times: int = eqx.field(static=True)
    rank: int = eqx.field(static=True, default=16)
    predicate_rank: int = eqx.field(static=True, default=16)

    def __check_init__(self) -> None:
        names = ("n_entities", "n_predicates", "n_times", "rank", "predicate_rank")
        check_sizes(self, *names)

    @abc.abstractmethod
    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Normal embeddings of variance 1 / their length."""

    @abc.abstractmethod
    def core(self, weights: Embeddings, time: Array) -> Float[Array, "rank prank rank"]:
        """What stands for a time among triples: linear in its embedding."""

    def score(self, weights: Embeddings, s: Any, p: Any, o: Any, t: Any) -> Float[Array, ""]:
        """Of one triple at a time; all numbers count from 0.

        Raises:
            InvalidValue: if one is out of range; traced numbers are not looked at.
        """
        check_numbers(self, entities=(s, o), predicates=(p,), times=(t,))
        core = self.core(weights, present(weights.times, "times")[t])
        return tucker(weights.entities[s], weights.predicates[p], weights.entities[o], core)

    def every(self, weights: Embeddings) -> Float[Array, "entity predicate entity time"]:
        """Of all triples at all times."""
        cores = jax.vmap(self.core, (None, 0))(weights, present(weights.times, "times"))
        a, r = weights.entities, weights.predicates
        return jnp.einsum("si,pj,ok,tijk->spot", a, r, a, cores, optimize="optimal")

    @property
    def tucker(self) -> Tucker:
        """The model of triples without times that `semantic` is for."""
        sizes = (self.n_entities, self.n_predicates, self.rank)
        return Tucker(*sizes, predicate_rank=self.predicate_rank, reciprocal=False)

    def semantic(self, weights: Embeddings, *, average: bool = False) -> Embeddings:
        """What is known without a date, for `tucker`: all times at once.

        The score is the sum of those at all times, exactly, as scores are linear in the time; of
        probabilities this holds only roughly (Tresp et al., 2017; Ma et al., 2019).

        Args:
            weights: with times.
            average: the mean over times instead, the expectation when all are equally likely.
        """
        times = present(weights.times, "times")
        together = times.mean(axis=0) if average else times.sum(axis=0)
        return weights._replace(core=self.core(weights, together), times=None)


class EpisodicTucker(EpisodicModel):
    """Tucker with a fourth mode of times; see `episodic_tucker`.

    Attributes:
        time_rank: numbers of the embedding of a time.
    """

    time_rank: int = eqx.field(static=True, default=16, kw_only=True)

    def __check_init__(self) -> None:
        check_sizes(self, "time_rank")

    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Normal embeddings of variance 1 / their length; the core likewise."""
        a, r, g, t = jax.random.split(key, 4)
        return Embeddings(
            normal_weights(a, self.n_entities, self.rank),
            normal_weights(r, self.n_predicates, self.predicate_rank),
            normal_weights(g, self.rank, self.predicate_rank, self.rank, self.time_rank),
            normal_weights(t, self.n_times, self.time_rank),
        )

    def core(self, weights: Embeddings, time: Array) -> Float[Array, "rank prank rank"]:
        """G a_t."""
        return present(weights.core, "core") @ time


class ConT(EpisodicModel):
    """Tucker with a core for each time; see `cont`."""

    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Normal embeddings of variance 1 / their length; the cores likewise."""
        a, r, t = jax.random.split(key, 3)
        return Embeddings(
            normal_weights(a, self.n_entities, self.rank),
            normal_weights(r, self.n_predicates, self.predicate_rank),
            times=normal_weights(t, self.n_times, self.rank, self.predicate_rank, self.rank),
        )

    def core(self, weights: Embeddings, time: Array) -> Float[Array, "rank prank rank"]:
        """The embedding of the time itself."""
        return time
