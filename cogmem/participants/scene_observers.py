"""Observers of generated scenes who know more than any learner could, or next to nothing.

They answer the same rows as a Tensor Brain (`scene_viewer.answers`), and are what its answers are
laid beside: the best possible guess, the commonest answer, and chance.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.special import logsumexp

from cogmem.errors import InvalidValue
from cogmem.measures.link_prediction import tie_ranks
from cogmem.participants.scene_viewer import Answers, proportions
from cogmem.tasks.scenes import GROUPS, SceneData, Scenes, World, label_table, pairs

__all__ = ["best_guesses", "chance", "commonest", "observers"]


def best_guesses(
    world: World, scenes: Scenes, *, geometry: bool = True, noise: float = 1.0
) -> Answers:
    """What follows from the world itself, for every related pair, scene by scene.

    Entities and labels: the likeliest, given one box, how every known entity looks and how large
    the noise is, all entities being equally likely (who is met with whom is not used). NaN for
    novel entities, and in a world of which it is not known how entities look. Predicates: by the
    world's table, given both P-classes and, if asked for, the geometry.

    Args:
        world: of the scenes.
        scenes: that are looked at.
        geometry: whether it is known how the two lie to each other.
        noise: how many times the world's `view_sd` the noise of boxes is.

    Raises:
        InvalidValue: if the noise is not above 0.
    """
    if noise <= 0:
        raise InvalidValue(f"the noise is {noise} times the usual one; choose more than 0.")
    rows = pairs(world, scenes)
    who = np.stack([rows.subject, rows.object], axis=1)
    entity = np.full(who.shape, np.nan)
    labels = {name: entity.copy() for name in GROUPS}
    if world.prototypes is not None:
        fit = _log_likelihood(world, np.asarray(rows.regions)[:, 1:3], noise)
        known = who < world.n_known
        entity = np.where(known, fit.argmax(-1) == who, np.nan)
        for name, own in zip(GROUPS, np.asarray(label_table(world)).T, strict=True):
            said = _likeliest_label(fit, own[: world.n_known])
            labels[name] = np.where(known, said == own[who], np.nan)
    kinds = np.asarray(world.p_class)[who]
    table = np.asarray(world.predicates, float)
    table = table[kinds[:, 0], kinds[:, 1]]
    lie = np.ravel(scenes.geometry)
    chances = table[np.arange(len(lie)), lie] if geometry else table.mean(axis=1)
    return Answers(
        jnp.asarray(entity),
        {name: jnp.asarray(each) for name, each in labels.items()},
        *_of_predicates(chances, np.asarray(rows.predicate)),
    )


def _log_likelihood(
    world: World, boxes: Float[np.ndarray, "row 2 feature"], noise: float
) -> Float[np.ndarray, "row 2 entity"]:
    """Of every known entity, but for what all have in common."""
    looks = np.asarray(world.prototypes, float)[: world.n_known]
    sd = noise * world.design.view_sd
    return (boxes @ looks.T - (looks**2).sum(axis=1) / 2) / sd**2


def _likeliest_label(
    fit: Float[np.ndarray, "row 2 entity"], own: Int[np.ndarray, " entity"]
) -> Int[np.ndarray, "row 2"]:
    """The label that the likely entities have: its probability is the sum of theirs."""
    of_label = [logsumexp(fit[..., own == label], axis=-1) for label in np.unique(own)]
    return np.unique(own)[np.argmax(of_label, axis=0)]


def commonest(data: SceneData, scenes: Scenes) -> Answers:
    """The same answer always: what was commonest in training, for every related pair.

    The surprise is that of the predicates' frequencies in training, one occurrence added to each.

    Args:
        data: with the training scenes.
        scenes: that are answered.
    """
    seen, rows = pairs(data.world, data.train), pairs(data.world, scenes)
    met, who = (np.stack([each.subject, each.object], axis=1) for each in (seen, rows))
    known = who < data.world.n_known
    entity = np.where(known, who == np.bincount(met.ravel()).argmax(), np.nan)
    before, after = (np.asarray(each.labels) for each in (seen, rows))
    labels = {
        name: jnp.asarray(after[..., n] == np.bincount(before[..., n].ravel()).argmax())
        for n, name in enumerate(GROUPS)
    }
    counts = 1 + np.bincount(seen.predicate, minlength=data.world.predicates.shape[-1])
    chances = np.broadcast_to(counts / counts.sum(), (len(who), len(counts)))
    told = _of_predicates(chances, np.asarray(rows.predicate))
    return Answers(jnp.asarray(entity), labels, *told)


def _of_predicates(
    chances: Float[np.ndarray, "row predicate"], true: Int[np.ndarray, " row"]
) -> tuple[Float[Array, " row"], Float[Array, " row"]]:
    """Rank of the true one, ties sharing their mean, and its surprise, nats."""
    own = chances[np.arange(len(true)), true]
    rank = tie_ranks(jnp.asarray(chances), jnp.asarray(true), np.ones(chances.shape, bool))
    return rank, -jnp.log(jnp.asarray(own))


def chance(world: World) -> dict[str, float]:
    """All answers equally likely; the same measures as `scene_viewer.proportions`."""
    n = world.predicates.shape[-1]
    shares = {"entity": 1 / world.n_known}
    shares |= {name: 1 / size for name, size in world.design.sizes.items()}
    shares |= {f"predicate @{k}": min(k / n, 1.0) for k in (1, 3)}
    return shares | {"predicate surprise": float(np.log(n))}


def observers(
    data: SceneData, scenes: Scenes, rows: Array | np.ndarray | slice = slice(None)
) -> dict[str, dict[str, float]]:
    """Measures of `scene_viewer.proportions` for all observers, on some rows.

    Args:
        data: world and training scenes.
        scenes: that are answered.
        rows: which pairs count; all if not given.

    Returns:
        "chance", "majority", "no geometry" (the best guess without it) and "ceiling".
    """
    found = {
        "majority": commonest(data, scenes),
        "no geometry": best_guesses(data.world, scenes, geometry=False),
        "ceiling": best_guesses(data.world, scenes),
    }
    some = {name: jax.tree.map(lambda each: each[rows], one) for name, one in found.items()}
    return {"chance": chance(data.world)} | {k: proportions(one) for k, one in some.items()}
