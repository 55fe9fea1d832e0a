"""What fitting minimises: how surprised a participant is by what a person recalled."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models import parameters
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall

__all__ = ["Objective", "list_log_likelihoods", "objective", "with_raw"]

Objective = Callable[..., Float[Array, ""]]
"""(raw parameters, *one person's `Lists`) -> negative log-likelihood in nats."""


def list_log_likelihoods(
    sitting: Sitting,
    recalls: Int[Array, "list output"],
    n_items: int,
    similarity: Float[Array, "list n n"] | None = None,
    *,
    key: PRNGKeyArray,
) -> Float[Array, " list"]:
    """Teacher-forced log-likelihood (nats) of each list of one person.

    The words of a list are known only by their position, and by their similarity if it is given,
    so that everything that does not depend on the responses, the whole of study for most models,
    is computed once for all lists.

    Args:
        sitting: who, and by which rule it chooses.
        recalls: [list, output] 1-based positions, 0 padding.
        n_items: of each list.
        similarity: [list, item, item] of the words, if the model reads it.
        key: of the model's own randomness.
    """
    task = FreeRecall.of_length(n_items)

    def of_list(one: Int[Array, " output"], alike: Float[Array, "n n"] | None) -> Float[Array, ""]:
        return sitting.teacher_forced(task._replace(similarity=alike), one, key=key).sum()

    return jax.vmap(of_list)(recalls, similarity)


def objective(sitting: Sitting, n_items: int, *, key: PRNGKeyArray) -> Objective:
    """The negative log-likelihood of one person's lists as a function of raw parameters."""
    entries = sitting.parameters

    def negative_log_likelihood(
        raw: Float[Array, " k"],
        recalls: Int[Array, "list output"],
        weight: Float[Array, " list"],
        similarity: Float[Array, "list n n"] | None = None,
    ) -> Float[Array, ""]:
        candidate = with_raw(sitting, raw) if entries else sitting
        candidate = candidate.calibrated(recalls, weight, n_items)
        log_p = list_log_likelihoods(candidate, recalls, n_items, similarity, key=key)
        return -jnp.sum(weight.astype(log_p.dtype) * log_p)

    return negative_log_likelihood


def with_raw(sitting: Sitting, raw: Float[Array, " k"]) -> Sitting:
    """The sitting with its free parameters set from the real line."""
    return parameters.replace(sitting, parameters.constrain(sitting.parameters, raw))
