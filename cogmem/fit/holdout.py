"""Prediction: fit on some lists of each person, score the others."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.fit.multistart import Fit
from cogmem.fit.people import People
from cogmem.models.parameters import check_key
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall

__all__ = ["bits_per_response", "simulate"]


def bits_per_response(
    log_likelihood: np.ndarray, baseline: np.ndarray, n_events: np.ndarray
) -> np.ndarray:
    """Gain over a baseline on the same events, in bits per event.

    Args:
        log_likelihood: [subject] nats, of the model.
        baseline: [subject] nats, of the null.
        n_events: [subject] responses, the end of each list counted as one.

    Returns:
        float[subject].
    """
    return (log_likelihood - baseline) / np.log(2) / n_events


def simulate(fit: Fit, n_lists: int, *, key: PRNGKeyArray) -> Recalls:
    """Free recall of every fitted participant: the behaviour that the fits leave.

    Args:
        fit: fitted sittings. If they know the similarity of words, each person's lists are gone
            through in order, again and again.
        n_lists: lists per person.
        key: root; the key of each list is folded from person and list.

    Raises:
        InvalidValue: if the key is none.
    """
    check_key(key)
    people = fit.people
    by_list = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
    of_person = jax.vmap(lambda who: by_list(jax.random.fold_in(key, who), np.arange(n_lists)))
    keys = of_person(people.identities)
    alike = None if people.similarity is None else _in_turn(people, n_lists)
    recalled = np.asarray(_free_running(fit.fitted, people.n_items, keys, alike))
    return Recalls.from_positions(
        recalled.reshape(-1, people.n_items),
        list_length=people.n_items,
        subject=np.repeat(people.subjects, n_lists),
        attrs={"name": "simulated"},
    )


def _in_turn(people: People, n_lists: int) -> Float[Array, "subject list n n"]:
    """The similarity of each person's first, second ... list, then of the first again."""
    assert people.similarity is not None
    turn = np.arange(n_lists)[None, :] % people.n_lists[:, None]
    return jnp.asarray(people.similarity[np.arange(len(people))[:, None], turn])


@eqx.filter_jit
def _free_running(
    fitted: Sitting,
    n_items: int,
    keys: PRNGKeyArray,
    similarity: Float[Array, "subject list n n"] | None,
) -> Int[Array, "subject list n"]:
    def of_person(one: Sitting, keys: PRNGKeyArray, alike: Array | None) -> Int[Array, "list n"]:
        task = FreeRecall.of_length(n_items)

        def of_list(key: PRNGKeyArray, alike: Float[Array, "n n"] | None) -> Int[Array, " n"]:
            return one.free_running(task._replace(similarity=alike), key=key)

        return jax.vmap(of_list)(keys, alike)

    return eqx.filter_vmap(of_person)(fitted, keys, similarity)
