"""A Tensor Brain with damage: to the indices of episodes, to those of concepts, to working memory.

What is left is read off as a profile: recall of episodes and of general knowledge, and perception
of one thing and of how two are related.
"""

from __future__ import annotations

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_choice
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.participants.episode_recall import entities_recalled
from cogmem.participants.scene_viewer import Answers, answers

__all__ = ["MEASURES", "SITES", "Damage", "Site", "chances", "lesioned", "profile"]

Site = Literal["episodes", "concepts", "working memory"]
"""Embeddings of episodes; those of entities and labels; weights from the context to the state."""

SITES: tuple[Site, ...] = ("episodes", "concepts", "working memory")

Damage = Literal["loss", "noise"]
"""Weights are lost, or give way to noise of the same size."""

MEASURES = (
    "entities of an episode",
    "known labels",
    "known predicate",
    "entity seen",
    "labels seen",
    "predicate seen",
)
"""Of a profile; each a share of right answers."""


def lesioned(
    brain: TensorBrain,
    weights: Weights,
    site: Site,
    severity: float | Float[Array, ""],
    *,
    damage: Damage = "loss",
    key: PRNGKeyArray,
) -> Weights:
    """Weights after a lesion.

    With "loss", each weight of an embedding is lost with a probability of the severity, those of a
    milder lesion with the same key among them; working memory is scaled by 1 - severity (spec 10,
    H5). With "noise", weights are (1 - severity) of themselves plus severity times normal noise of
    their root mean square: at 1 nothing of them is left.

    Args:
        brain, weights: whole.
        site: what is damaged; nothing else changes.
        severity: from 0, none, to 1.
        damage: see `Damage`.
        key: of which weights, or of the noise.

    Raises:
        UnknownName: if there is no such site or damage.
        InvalidValue: if severity is not from 0 to 1; a traced one is not looked at.
    """
    check_choice("site", site, Site)
    check_choice("damage", damage, Damage)
    if not isinstance(severity, jax.core.Tracer) and not 0 <= float(severity) <= 1:
        raise InvalidValue(f"severity is {float(severity):g}, expected 0 (none) to 1 (all).")
    if site == "working memory":
        left = weights.from_context
        if damage == "noise":
            return weights._replace(from_context=_noisy(left, severity, key))
        return weights._replace(from_context=(1 - severity) * left)
    rows = _rows(brain, site)
    hurt = _noisy if damage == "noise" else _thinned
    found = {"embeddings": hurt(weights.embeddings[rows], severity, key)}
    if weights.scoring is not None:
        found["scoring"] = hurt(weights.scoring[rows], severity, key)
    return weights._replace(
        **{name: getattr(weights, name).at[rows].set(each) for name, each in found.items()}
    )


def _rows(brain: TensorBrain, site: Site) -> Int[np.ndarray, " row"]:
    words = brain.vocabulary
    if site == "episodes":
        return words.ids("episode")
    return words.ids(*(each for each in words.names if each not in ("episode", "predicate")))


def _thinned(rows: Array, severity: Any, key: PRNGKeyArray) -> Array:
    return rows * (jax.random.uniform(key, rows.shape) >= severity)


def _noisy(rows: Array, severity: Any, key: PRNGKeyArray) -> Array:
    size = jnp.sqrt(jnp.mean(rows**2))
    return (1 - severity) * rows + severity * size * jax.random.normal(key, rows.shape, rows.dtype)


# ---- what is left --------------------------------------------------------------------------------


@eqx.filter_jit
def profile(
    brain: TensorBrain,
    weights: Weights,
    episodes: Annotated,
    members: Int[Any, "episode entity"],
    seen: Annotated,
) -> Float[Array, " measure"]:
    """Shares of right answers, in the order of `MEASURES`.

    Episodic recall is cued by the episode alone: of its k entities, those among the k likeliest
    subjects. General knowledge is asked from the semantic state: the labels of a subject and an
    object that are told, and their predicate. Seen are test scenes, with attention.

    Args:
        brain, weights: who answers.
        episodes: rows of learnt scenes.
        members: global indices of the entities of those scenes, as many in each.
        seen: rows of other scenes, all of known entities.
    """
    which = jnp.unique(episodes.targets.scene, size=len(members))
    own = jnp.searchsorted(jnp.asarray(brain.vocabulary.ids("entity")), jnp.asarray(members))
    recalled = entities_recalled(brain, weights, weights.embeddings[which], own)
    known = answers(brain, weights, episodes, "teacher", source="semantic")
    found = answers(brain, weights, seen, "attention")
    return jnp.stack(
        [
            recalled.mean(),
            *_labels_and_predicate(known),
            found.entity.mean(),
            *_labels_and_predicate(found),
        ]
    )


def _labels_and_predicate(found: Answers) -> tuple[Array, Array]:
    labels = jnp.stack([each.mean() for each in found.labels.values()])
    return labels.mean(), (found.rank <= 1).mean()


def chances(
    episodes: Annotated, members: Int[Any, "episode entity"]
) -> Float[np.ndarray, " measure"]:
    """What is reached without looking at a cue, in the order of `MEASURES`.

    That is by always giving what was commonest in learning: the k commonest entities, the commonest
    entity, label and predicate.

    Args:
        episodes: rows that were learnt.
        members: global indices of the entities of those scenes, as many in each.
    """
    n, k = np.shape(members)
    counts = np.sort(np.unique(members, return_counts=True)[1])
    labels = np.mean([_commonest(each) for each in episodes.labels.values()])
    entity = _commonest(np.stack(episodes.targets[1:3]))
    predicate = _commonest(episodes.targets.predicate)
    return np.array([counts[-k:].sum() / (n * k), labels, predicate, entity, labels, predicate])


def _commonest(values: Any) -> float:
    counts = np.unique(np.ravel(values), return_counts=True)[1]
    return float(counts.max() / counts.sum())
