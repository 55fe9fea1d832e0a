"""Generated scenes: entities that are met together, seen with noise, and related in pairs.

Stand-ins for annotated images, with every label of every entity known and every ceiling computable.
A scene shows a few different entities, each in a box; the whole scene is a region too, and so is
what two of the entities share, the pair. Regions are vectors of features:

    box    prototype of the entity + noise
    scene  mean of the boxes + vector of the situation + noise
    pair   mean of the two boxes + vector of the geometry + noise

So a pair looks the same whichever of its two is the subject: a model can tell the direction only by
remembering which it looked at first.

    data = draw_scenes(key=jax.random.key(0))
    rows = pairs(data.world, data.train)      # one row per subject, object and predicate
    ceilings(data)                            # what the best possible classifier would reach

Training scenes are episodes: the id of an episode is its row in `data.train`. The others have none.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.randomness import generator, standard_normal
from cogmem.tasks.scene_file import load_scenes
from cogmem.tasks.scene_world import (
    GROUPS,
    SPLITS,
    SceneData,
    Scenes,
    SceneWorld,
    World,
    draw_world,
    generated,
    label_table,
    labels,
    views,
)

__all__ = [
    "GROUPS",
    "SPLITS",
    "Pairs",
    "SceneData",
    "SceneSettings",
    "SceneWorld",
    "Scenes",
    "World",
    "ceilings",
    "draw_scenes",
    "draw_world",
    "label_table",
    "labels",
    "load_scenes",
    "more_scenes",
    "noisier",
    "pairs",
    "scenes_of",
    "unseen_triples",
    "views",
]


class Pairs(NamedTuple):
    """Subject, object and predicate with what is seen of them, one per row, scene by scene."""

    regions: Float[Array, "row 4 feature"]
    """Scene, subject, object, pair."""
    subject: Int[Array, " row"]
    object: Int[Array, " row"]
    predicate: Int[Array, " row"]
    scene: Int[Array, " row"]
    """The row of the scene; in training scenes, the episode."""
    labels: Int[Array, "row 2 group"]
    """Of subject and object, in the order of `GROUPS`, from 0 within each group."""


# ---- drawing ------------------------------------------------------------------------------------


def draw_scenes(design: SceneWorld = SceneWorld(), *, key: PRNGKeyArray) -> SceneData:  # noqa: B008
    """A world and its scenes, equal in distribution to the fixed test draw with the defaults.

    Args:
        design: the constants.
        key: of everything random.
    """
    world_key, *keys = jax.random.split(key, 1 + len(SPLITS))
    world = draw_world(design, key=world_key)
    sizes = (design.n_train, design.n_test, design.n_test)
    scenes = (
        more_scenes(world, n, known=split != "novel", key=own)
        for split, n, own in zip(SPLITS, sizes, keys, strict=True)
    )
    return SceneData(world, *scenes)


class SceneSettings(Protocol):
    """What of a configuration says which scenes are seen."""

    @property
    def scenes(self) -> str:
        """A file of them; if empty, they are drawn."""

    @property
    def n_known(self) -> int:
        """Entities that are drawn."""

    @property
    def n_train(self) -> int:
        """Scenes to learn from that are drawn."""

    @property
    def n_test(self) -> int:
        """Scenes to be tested with, likewise."""


@lru_cache(maxsize=1)
def scenes_of(settings: SceneSettings, seed: int) -> SceneData:
    """A world and its scenes, the same for all brains of a seed; or those of a file."""
    if settings.scenes:
        return load_scenes(settings.scenes)
    design = SceneWorld(n_known=settings.n_known, n_train=settings.n_train, n_test=settings.n_test)
    return draw_scenes(design, key=jax.random.fold_in(jax.random.key(seed), 0))


def more_scenes(world: World, n: int, *, known: bool, key: PRNGKeyArray) -> Scenes:
    """Further scenes of a world.

    The situation is any, equally likely. Entities are drawn one after another without replacement,
    each with a probability in proportion to the situation's weight of its B-class: a class with
    more entities is met more often. Of all ordered pairs, some are drawn without replacement, all
    equally likely; each has a geometry of its own, also equally likely, and a predicate by the
    world's table.

    Args:
        world: as `draw_scenes` and `draw_world` make it.
        n: scenes.
        known: whether of known entities; otherwise of novel ones.
        key: of everything random.

    Raises:
        InvalidValue: for no scene, or a world that was read from a file.
    """
    if n < 1:
        raise InvalidValue(f"{n} scenes were asked for; choose 1 or more.")
    random = generator(key)
    situation, entities = _draw_entities(world, n, known, random)
    related = _draw_pairs(world, entities, random)
    looks = _draw_regions(world, situation, entities, related, random)
    drawn = {"situation": situation, "entities": entities, **related, **looks}
    return Scenes(**{name: jnp.asarray(values) for name, values in drawn.items()})


def _draw_entities(
    world: World, n: int, known: bool, random: np.random.Generator
) -> tuple[Int[np.ndarray, " scene"], Int[np.ndarray, "scene position"]]:
    design = world.design
    first, last = (0, design.n_known) if known else (design.n_known, design.n_entities)
    b_class = np.asarray(world.b_class)[first:last]
    weights = generated(world, "situation_weights")
    situation = random.integers(design.n_situations, size=n, dtype=np.int32)
    entities = _without_replacement(random, weights[:, b_class][situation], design.n_per_scene)
    return situation, entities + np.int32(first)


def _without_replacement(
    random: np.random.Generator, weights: Float[np.ndarray, "row choice"], n: int
) -> Int[np.ndarray, "row n"]:
    """n choices in the order in which they are drawn (Gumbel-top-k: Yellott, 1977)."""
    least = np.finfo(np.float32).tiny  # what has no weight is still chosen if nothing else is left
    noisy = np.log(np.maximum(weights, least)) + random.gumbel(size=weights.shape)
    return np.argsort(-noisy, axis=1)[:, :n].astype(np.int32)


def _draw_pairs(
    world: World, entities: Int[np.ndarray, "scene position"], random: np.random.Generator
) -> dict[str, Int[np.ndarray, "scene pair ..."]]:
    design, (n, n_positions) = world.design, entities.shape
    possible = np.argwhere(~np.eye(n_positions, dtype=bool)).astype(np.int32)
    equal = np.ones((n, len(possible)), np.float32)
    chosen = possible[_without_replacement(random, equal, design.n_pairs)]
    subjects, objects = (np.take_along_axis(entities, chosen[..., k], 1) for k in (0, 1))
    geometry = random.integers(design.n_geometries, size=subjects.shape, dtype=np.int32)
    p_class, table = np.asarray(world.p_class), np.asarray(world.predicates)
    return {
        "pairs": chosen,
        "subjects": subjects,
        "objects": objects,
        "predicates": _outcomes(random, table[p_class[subjects], p_class[objects], geometry]),
        "geometry": geometry,
    }


def _outcomes(
    random: np.random.Generator, chances: Float[np.ndarray, "*case outcome"]
) -> Int[np.ndarray, "*case"]:
    """One outcome of each case, with its probability."""
    up_to = np.cumsum(chances, axis=-1, dtype=float)
    place = random.random(up_to.shape[:-1]) * up_to[..., -1]
    return (up_to > place[..., None]).argmax(axis=-1).astype(np.int32)


def _draw_regions(
    world: World,
    situation: Int[np.ndarray, " scene"],
    entities: Int[np.ndarray, "scene position"],
    related: dict[str, Int[np.ndarray, "scene pair ..."]],
    random: np.random.Generator,
) -> dict[str, Float[np.ndarray, "scene ..."]]:
    design, prototypes = world.design, generated(world, "prototypes")
    noise = np.float32(design.view_sd) * standard_normal(random, *entities.shape, design.n_features)
    boxes = prototypes[entities] + noise
    scene, pair_boxes = _regions(boxes, related["pairs"], design.region_sd, random)
    return {
        "boxes": boxes,
        "scene": scene + generated(world, "situation_vectors")[situation],
        "pair_boxes": pair_boxes + generated(world, "geometry_vectors")[related["geometry"]],
    }


def _regions(
    boxes: Float[np.ndarray, "scene position feature"],
    positions: Int[np.ndarray, "scene pair 2"],
    sd: float,
    random: np.random.Generator,
) -> tuple[Float[np.ndarray, "scene feature"], Float[np.ndarray, "scene pair feature"]]:
    """Means of the boxes of every scene and of every pair, with independent noise of their own."""
    subjects, objects = (_at(boxes, positions, role) for role in (0, 1))
    means = boxes.mean(axis=1), (subjects + objects) / 2
    scene, pair = (mean + np.float32(sd) * standard_normal(random, *mean.shape) for mean in means)
    return scene, pair


def _at(
    boxes: Float[np.ndarray, "scene position feature"],
    positions: Int[np.ndarray, "scene pair 2"],
    role: int,
) -> Float[np.ndarray, "scene pair feature"]:
    """The box of each pair's subject (role 0) or object (1)."""
    return np.take_along_axis(boxes, positions[:, :, role, None], axis=1)


def noisier(
    scenes: Scenes,
    factor: float,
    *,
    design: SceneWorld = SceneWorld(),  # noqa: B008
    key: PRNGKeyArray,
) -> Scenes:
    """The same scenes as if all noise had been `factor` times as large: bad vision.

    To every view, normal noise of variance (factor^2 - 1) view_sd^2 is added; it carries over to
    the means of views in the regions of the scene and its pairs, whose own noise is raised alike,
    by (factor^2 - 1) region_sd^2. In distribution this equals scenes drawn with view_sd and
    region_sd `factor` times as large; no prototypes are needed. Not under `jax.jit`.

    Args:
        scenes: drawn or loaded, with the noise of `design`.
        factor: 1 or more; 1 leaves the scenes as they are.
        design: of which `view_sd` and `region_sd` are used.
        key: of the added noise.

    Raises:
        InvalidValue: for a factor below 1, as noise cannot be taken away.
    """
    if not 1 <= factor < math.inf:
        raise InvalidValue(f"the noise is multiplied by {factor}; choose 1 or more.")
    random, more = generator(key), math.sqrt(factor**2 - 1)
    added = np.float32(more * design.view_sd) * standard_normal(random, *scenes.boxes.shape)
    regions = _regions(added, np.asarray(scenes.pairs), more * design.region_sd, random)
    names = ("boxes", "scene", "pair_boxes")
    noise = dict(zip(names, (added, *regions), strict=True))
    return scenes._replace(**{k: jnp.asarray(getattr(scenes, k) + v) for k, v in noise.items()})


# ---- rows of pairs, and what can be reached on them ---------------------------------------------


def pairs(world: World, scenes: Scenes) -> Pairs:
    """Every ordered pair of every scene as one row, scene by scene."""
    n, n_pairs = scenes.predicates.shape
    boxes, positions, last = (
        np.asarray(each) for each in (scenes.boxes, scenes.pairs, scenes.pair_boxes)
    )
    whole = np.repeat(np.asarray(scenes.scene)[:, None], n_pairs, axis=1)
    regions = np.stack([whole, _at(boxes, positions, 0), _at(boxes, positions, 1), last], axis=2)
    subject, object_ = np.ravel(scenes.subjects), np.ravel(scenes.objects)
    rows = {
        "regions": regions.reshape(n * n_pairs, 4, -1),
        "subject": subject,
        "object": object_,
        "predicate": np.ravel(scenes.predicates),
        "scene": np.repeat(np.arange(n, dtype=np.int32), n_pairs),
        "labels": np.asarray(label_table(world))[np.stack([subject, object_], axis=1)],
    }
    return Pairs(**{name: jnp.asarray(values) for name, values in rows.items()})


def unseen_triples(data: SceneData, split: str) -> Bool[np.ndarray, " row"]:
    """Which rows of `pairs` have a triple (B-class, predicate, B-class) that training lacks.

    Raises:
        InvalidValue: for a split that is none of "train", "known" and "novel".
    """
    if split not in SPLITS:
        raise InvalidValue(f"the split is {split!r}; choose one of {', '.join(SPLITS)}.")
    own, seen = (_triples(data.world, getattr(data, each)) for each in (split, "train"))
    return ~np.isin(own, seen)


def _triples(world: World, scenes: Scenes) -> Int[np.ndarray, " row"]:
    """One number for each triple of classes."""
    b_class = np.asarray(world.b_class)
    subject, object_ = (b_class[np.ravel(each)] for each in (scenes.subjects, scenes.objects))
    n_predicates, n_classes = world.predicates.shape[-1], b_class.max() + 1
    return (subject * n_predicates + np.ravel(scenes.predicates)) * n_classes + object_


def ceilings(data: SceneData) -> xr.Dataset:
    """How often the best possible guess of a predicate is right, on the pairs that there are.

    Returns:
        Shares of the pairs, from 0 to 1, along `split`:
        `with_geometry`: the likeliest predicate, given both P-classes and the geometry;
        `without_geometry`: given both P-classes only, all geometries being equally likely;
        `majority`: the commonest predicate of training scenes;
        `unseen_triples`: pairs whose triple (B-class, predicate, B-class) training lacks.
    """
    shares = [_shares(data, split) for split in SPLITS]
    values = {name: ("split", [each[name] for each in shares]) for name in shares[0]}
    return xr.Dataset(values, {"split": list(SPLITS)}, {"unit": "share of pairs"})


def _shares(data: SceneData, split: str) -> dict[str, float]:
    scenes, table = getattr(data, split), np.asarray(data.world.predicates)
    p_class, right = np.asarray(data.world.p_class), np.ravel(scenes.predicates)
    subject, object_ = (p_class[np.ravel(each)] for each in (scenes.subjects, scenes.objects))
    guesses = {
        "with_geometry": table.argmax(-1)[subject, object_, np.ravel(scenes.geometry)],
        "without_geometry": table.mean(axis=2).argmax(-1)[subject, object_],
        "majority": np.bincount(np.ravel(data.train.predicates)).argmax(),
    }
    shares = {name: float(np.mean(guess == right)) for name, guess in guesses.items()}
    return {**shares, "unseen_triples": float(unseen_triples(data, split).mean())}
