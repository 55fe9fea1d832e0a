"""A generated world of entities, their labels and how they look: what scenes are drawn from.

Entities have a basic-level class B, which lies in a class P, which lies in a class G (living or
not), an age, a colour, an activity and a danger. B-class, colour and activity can be seen, each
adding its own vector to the entity's look, and so does the entity itself. Age is a random bit of
the entity: nothing but its identity tells it. Danger is that of the P-class, and not a function of
the G-class. Situations say which classes are met together; two tables say how two entities are
related, one by their G-classes and how they lie to each other, one by their P-classes.

`SceneWorld` holds the constants, `draw_world` makes a `World` of them and a key, `views` shows
entities of it, `labels` names everything. The scenes are in `cogmem.tasks.scenes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.randomness import generator, standard_normal

__all__ = [
    "GROUPS",
    "SPLITS",
    "SceneData",
    "SceneWorld",
    "Scenes",
    "World",
    "draw_world",
    "generated",
    "label_table",
    "labels",
    "views",
]

GROUPS = ("b_class", "p_class", "g_class", "age", "colour", "activity", "danger")
"""The unary labels of an entity, in the order in which they are listed everywhere."""


@jax.tree_util.register_static
@dataclass(frozen=True)
class SceneWorld:
    """The constants of a generated world; the defaults are those of the fixed test draw.

    Raises:
        InvalidValue: for a constant out of its range, or constants that do not go together.
    """

    n_features: int = 64
    n_known: int = 400
    """Entities that training scenes show; their ids come first."""
    n_novel: int = 120
    n_train: int = 600
    n_test: int = 150
    """Scenes of known entities, and as many of novel ones."""
    n_per_scene: int = 4
    """Entities of a scene."""
    n_pairs: int = 6
    """Ordered pairs of a scene that are related."""
    n_g_classes: int = 2
    n_p_classes: int = 6
    n_b_classes: int = 24
    n_ages: int = 2
    n_colours: int = 8
    activities: tuple[tuple[int, int], ...] = ((0, 3), (3, 5))
    """The first and last activity of each G-class; two classes may share some."""
    danger: tuple[int, ...] = (1, 0, 1, 0, 1, 0)
    """0 or 1 for each P-class."""
    n_situations: int = 8
    n_geometries: int = 4
    n_predicates: int = 16
    p_sd: float = 0.6
    """Standard deviation of each feature of a P-class's vector; likewise the others."""
    b_sd: float = 0.6
    colour_sd: float = 0.5
    activity_sd: float = 0.5
    entity_sd: float = 0.45
    view_sd: float = 0.55
    """Of the noise of one view of an entity."""
    situation_sd: float = 0.5
    geometry_sd: float = 0.6
    region_sd: float = 0.275
    """Of the noise that the region of a scene, or of a pair, has beyond that of its views."""
    situation_concentration: float = 0.25
    """Of the Dirichlet distribution of a situation's weights of B-classes."""
    group_concentration: float = 0.03
    """Of predicates, given two G-classes and a geometry."""
    kind_concentration: float = 0.06
    """Of predicates, given two P-classes."""
    group_share: float = 0.8
    """Of the first of these two tables in the mixture."""

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_constant(field.name, getattr(self, field.name))
        _check_classes(self)
        _check_scenes(self)

    @property
    def n_entities(self) -> int:
        """Known and novel ones."""
        return self.n_known + self.n_novel

    @property
    def n_activities(self) -> int:
        """Of all G-classes together."""
        return 1 + max(last for _, last in self.activities)

    @property
    def sizes(self) -> dict[str, int]:
        """How many labels each of `GROUPS` has."""
        classes = (self.n_b_classes, self.n_p_classes, self.n_g_classes)
        attributes = (self.n_ages, self.n_colours, self.n_activities, 2)
        return dict(zip(GROUPS, classes + attributes, strict=True))


class World(NamedTuple):
    """What there is. Entities are numbered from 0, known ones first.

    What a file of scenes does not keep is None: see `load_scenes`.
    """

    b_class: Int[Array, " entity"]
    p_class: Int[Array, " entity"]
    g_class: Int[Array, " entity"]
    age: Int[Array, " entity"]
    colour: Int[Array, " entity"]
    activity: Int[Array, " entity"]
    danger: Int[Array, " entity"]
    predicates: Float[Array, "p_class p_class geometry predicate"]
    """Probability of a predicate, given the P-classes of subject and object and the geometry."""
    design: SceneWorld
    prototypes: Float[Array, "entity feature"] | None = None
    situation_weights: Float[Array, "situation b_class"] | None = None
    """How much likelier an entity of a class is met in a situation; each row adds to 1."""
    situation_vectors: Float[Array, "situation feature"] | None = None
    geometry_vectors: Float[Array, "geometry feature"] | None = None

    @property
    def n_known(self) -> int:
        """Entities below this number are known."""
        return self.design.n_known


SPLITS = ("train", "known", "novel")
"""Training scenes; test scenes of the same entities; test scenes of other entities."""


class Scenes(NamedTuple):
    """Scenes, one per row. Features are float32."""

    situation: Int[Array, " scene"]
    entities: Int[Array, "scene position"]
    """Ids, all different within a scene, in random order."""
    boxes: Float[Array, "scene position feature"]
    scene: Float[Array, "scene feature"]
    pairs: Int[Array, "scene pair 2"]
    """Positions of subject and object in `entities`."""
    subjects: Int[Array, "scene pair"]
    objects: Int[Array, "scene pair"]
    predicates: Int[Array, "scene pair"]
    geometry: Int[Array, "scene pair"]
    pair_boxes: Float[Array, "scene pair feature"]


class SceneData(NamedTuple):
    """A world and its scenes: of training, and tests with known and with novel entities."""

    world: World
    train: Scenes
    known: Scenes
    novel: Scenes


# ---- drawing one --------------------------------------------------------------------------------


def draw_world(design: SceneWorld, *, key: PRNGKeyArray) -> World:
    """A world by its constants and a key; not under `jax.jit`.

    Classes, ages, colours and activities of entities are independent and equally likely, activities
    among those of the entity's G-class. An entity looks like the sum of the vectors of its P-class,
    B-class, colour and activity and of one of its own, all of independent normal features.
    """
    random = generator(key)
    entities = _draw_entities(design, random)
    rest = {"predicates": _draw_predicates(design, random), **_draw_looks(design, entities, random)}
    arrays = {name: jnp.asarray(values) for name, values in {**entities, **rest}.items()}
    return World(**arrays, design=design)


def _draw_entities(
    design: SceneWorld, random: np.random.Generator
) -> dict[str, Int[np.ndarray, " entity"]]:
    n = design.n_entities
    b_class = random.integers(design.n_b_classes, size=n)
    p_class = b_class // (design.n_b_classes // design.n_p_classes)
    g_class = p_class // (design.n_p_classes // design.n_g_classes)
    first, last = np.asarray(design.activities).T
    entities = {
        "b_class": b_class,
        "p_class": p_class,
        "g_class": g_class,
        "age": random.integers(design.n_ages, size=n),
        "colour": random.integers(design.n_colours, size=n),
        "activity": random.integers(first[g_class], last[g_class], endpoint=True),
        "danger": np.asarray(design.danger)[p_class],
    }
    return {name: values.astype(np.int32) for name, values in entities.items()}


def _draw_looks(
    design: SceneWorld, entities: dict[str, Int[np.ndarray, " entity"]], random: np.random.Generator
) -> dict[str, Float[np.ndarray, "*shape"]]:
    """Prototypes, and the vectors and weights of situations and geometries."""

    def vectors(n: int, sd: float) -> Float[np.ndarray, "n feature"]:
        return np.float32(sd) * standard_normal(random, n, design.n_features)

    prototypes = vectors(design.n_entities, design.entity_sd)
    sds = {"p_class": design.p_sd, "b_class": design.b_sd}
    sds |= {"colour": design.colour_sd, "activity": design.activity_sd}
    for name, sd in sds.items():
        prototypes += vectors(design.sizes[name], sd)[entities[name]]
    return {
        "prototypes": prototypes,
        "situation_weights": _dirichlet(
            random, design.situation_concentration, design.n_situations, design.n_b_classes
        ),
        "situation_vectors": vectors(design.n_situations, design.situation_sd),
        "geometry_vectors": vectors(design.n_geometries, design.geometry_sd),
    }


def _draw_predicates(
    design: SceneWorld, random: np.random.Generator
) -> Float[np.ndarray, "p_class p_class geometry predicate"]:
    """The mixture of a table by G-classes and geometry and one by P-classes."""
    n_g, n_p, n = design.n_g_classes, design.n_p_classes, design.n_predicates
    by_group = _dirichlet(random, design.group_concentration, n_g, n_g, design.n_geometries, n)
    by_kind = _dirichlet(random, design.kind_concentration, n_p, n_p, n)
    g_class = np.arange(n_p) // (n_p // n_g)
    by_group, share = by_group[g_class[:, None], g_class], np.float32(design.group_share)
    return share * by_group + (1 - share) * by_kind[:, :, None]


def _dirichlet(
    random: np.random.Generator, concentration: float, *shape: int
) -> Float[np.ndarray, "*shape"]:
    """Probabilities along the last axis, all outcomes with the same concentration."""
    return random.dirichlet(np.full(shape[-1], concentration), shape[:-1]).astype(np.float32)


# ---- looking at it ------------------------------------------------------------------------------


def views(
    world: World,
    entities: Int[Array, " chosen"],
    n_views: int,
    *,
    noise: float = 1.0,
    key: PRNGKeyArray,
) -> Float[Array, "chosen view feature"]:
    """New views of chosen entities, prototype + independent normal noise; not under `jax.jit`.

    Args:
        world: with prototypes, as `draw_scenes` and `draw_world` make it.
        entities: their ids.
        n_views: of each.
        noise: how many times the noise of an ordinary view.
        key: of the noise.

    Raises:
        InvalidValue: for a world without prototypes, ids out of range, or a noise below 0.
    """
    prototypes, ids = generated(world, "prototypes"), np.asarray(entities)
    if ids.size and not 0 <= ids.min() <= ids.max() < len(prototypes):
        given = f"entities are {ids.min()} to {ids.max()}"
        raise InvalidValue(f"{given}; expected ids of 0 to {len(prototypes) - 1}.")
    if not _between(noise, 0):
        raise InvalidValue(f"the noise of views is {noise}; choose 0 or more, 1 as in scenes.")
    fresh = standard_normal(generator(key), len(ids), n_views, prototypes.shape[1])
    sd = np.float32(noise * world.design.view_sd)
    return jnp.asarray(prototypes[ids][:, None] + sd * fresh)


def generated(world: World, name: str) -> Float[np.ndarray, "*shape"]:
    """A part of the world that only a generated one has, such as "prototypes".

    Raises:
        InvalidValue: for a world that was read from a file.
    """
    values = getattr(world, name)
    if values is None:
        given = f"this world has no {name}: it was read from a file, which keeps scenes only"
        raise InvalidValue(f"{given}; make a world with draw_scenes.")
    return np.asarray(values)


def label_table(world: World) -> Int[Array, "entity group"]:
    """The labels of every entity, in the order of `GROUPS`, from 0 within each group."""
    return jnp.asarray(np.stack([getattr(world, name) for name in GROUPS], axis=1))


_KINDS = {
    "predator": ("lion", "tiger", "wolf", "bear"),
    "pet": ("dog", "cat", "rabbit", "hamster"),
    "reptile": ("crocodile", "cobra", "viper", "alligator"),
    "furniture": ("chair", "table", "bed", "lamp"),
    "vehicle": ("car", "truck", "bus", "train"),
    "clothing": ("shirt", "hat", "shoe", "coat"),
}
_NAMES = {
    "p_class": tuple(_KINDS),
    "g_class": ("living", "non-living"),
    "age": ("young", "old"),
    "colour": ("black", "white", "red", "green", "blue", "yellow", "brown", "grey"),
    "activity": ("eating", "sleeping", "walking", "standing", "leaning", "hanging"),
    "danger": ("harmless", "dangerous"),
    "predicate": (
        *("next to", "above", "below", "behind", "in front of", "on", "near", "inside"),
        *("facing", "touching", "following", "carrying", "watching", "covering", "pushing"),
        "far from",
    ),
}


def labels(world: World) -> dict[str, tuple[str, ...]]:
    """Readable names by group: those of `GROUPS`, "predicate" and "entity", in order of their ids.

    Names are unique within a group. Entities are named by B-class and id, "dog 17". A world with
    more labels than there are words numbers the others: "colour 9" is the ninth one.
    """
    design = world.design
    sizes = {**design.sizes, "predicate": design.n_predicates}
    names = {group: _named(group, _NAMES[group], sizes[group]) for group in _NAMES}
    names["b_class"] = _nouns(design)
    b_class = np.asarray(world.b_class).tolist()
    names["entity"] = tuple(f"{names['b_class'][b]} {i}" for i, b in enumerate(b_class))
    return names


def _named(group: str, words: tuple[str, ...], n: int) -> tuple[str, ...]:
    further = (f"{group.replace('_', '-')} {number}" for number in range(len(words) + 1, n + 1))
    return (*words[:n], *further)


def _nouns(design: SceneWorld) -> tuple[str, ...]:
    """Names of the B-classes, as many in each P-class."""
    n_each = design.n_b_classes // design.n_p_classes
    kinds = _named("p_class", tuple(_KINDS), design.n_p_classes)
    return tuple(noun for kind in kinds for noun in _named(kind, _KINDS.get(kind, ()), n_each))


# ---- checks -------------------------------------------------------------------------------------


def _check_constant(name: str, value: object) -> None:
    """Counts are 1 or more, standard deviations 0 or more, concentrations above 0."""
    if name in ("activities", "danger"):
        return
    if name.startswith("n_"):
        right, expected = isinstance(value, int) and value >= 1, "a whole number from 1"
    elif name.endswith("_sd"):
        right, expected = _between(value, 0), "0 or more"
    elif name.endswith("_concentration"):
        right, expected = _between(value, 0) and value != 0, "above 0"
    else:
        right, expected = _between(value, 0, 1), "0 to 1"
    if not right:
        raise InvalidValue(f"{name} is {value!r}; expected {expected}.")


def _between(value: object, least: float, most: float = math.inf) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and least <= value <= most


def _check_classes(design: SceneWorld) -> None:
    for inner, outer in (("n_b_classes", "n_p_classes"), ("n_p_classes", "n_g_classes")):
        n, per = getattr(design, inner), getattr(design, outer)
        if n % per:
            given = f"{inner} is {n}, {outer} is {per}"
            raise InvalidValue(f"{given}; expected a multiple, so that all are equally large.")
    danger, activities = design.danger, design.activities
    if len(danger) != design.n_p_classes or not set(danger) <= {0, 1}:
        expected = f"0 or 1 for each of the {design.n_p_classes} P-classes"
        raise InvalidValue(f"danger is {danger!r}; expected {expected}.")
    ranges = all(0 <= first <= last for first, last in activities)
    if len(activities) != design.n_g_classes or not ranges:
        expected = f"(first, last) activity of each of the {design.n_g_classes} G-classes"
        raise InvalidValue(f"activities are {activities!r}; expected {expected}.")


def _check_scenes(design: SceneWorld) -> None:
    n, most = design.n_per_scene, design.n_per_scene * (design.n_per_scene - 1)
    if design.n_pairs > most:
        given = f"n_pairs is {design.n_pairs}, but {n} entities form {most} ordered pairs"
        raise InvalidValue(f"{given}; choose at most so many.")
    fewest = min(design.n_known, design.n_novel)
    if fewest < n:
        given = f"n_known is {design.n_known}, n_novel {design.n_novel}"
        raise InvalidValue(f"{given}; a scene has {n} different ones, so choose {n} or more.")
