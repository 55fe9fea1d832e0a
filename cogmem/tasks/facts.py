"""Facts to be studied and verified: persons in places (the fan experiment), and triples of scenes.

The fan of a person is how many facts were studied about it, likewise of a place (Anderson, 1974,
Cognitive Psychology 6, 451-474). `fan_facts` makes study sets in which both fans are crossed, and
probes: every fact itself, and persons and places that were studied, but not with each other. The
foils have the persons and places of the targets, as often, and as many of each pair of fans: no
probe can be told by its parts.

`scene_probes` makes triples (subject, predicate, object) to be recognised as of a scene or not. The
three sorts of foils leave ever more of the scene intact.

| kind | subject | object | predicate |
| --- | --- | --- | --- |
| studied | of the scene | of the scene | as it was |
| schema-consistent | of the scene | another of the same B-class, not in the scene | as it was |
| re-paired | of the scene | of another scene | of that other scene |
| new | of any other scene | of a third scene | of a fourth |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.paired_associates import study_orders
from cogmem.tasks.randomness import generator
from cogmem.tasks.scene_world import Scenes, World

__all__ = ["KINDS", "PROBES", "Facts", "SceneProbes", "fan_facts", "scene_probes"]

PROBES = ("target", "foil", "new")
"""What a probe of `Facts` is: a fact; known parts newly paired; a person and place never heard of.
"""

KINDS = ("studied", "schema-consistent", "re-paired", "new")
"""What a probe of `SceneProbes` is."""

N_SWAPS = 100_000
"""Exchanges of places after which a search for a set of facts is given up."""


class Facts(NamedTuple):
    """ "The person is in the place": study and verification. The candidates are the probes.

    A participant studies facts, `study(state, fact)`, and says of every probe how much it looks
    like a fact that was studied, `evidence(state, None)`.

    Attributes:
        facts: [fact] person and place.
        studied: [event] facts in order of study, trial after trial.
        probes: [probe] person and place.
        kinds: [probe] place in `PROBES`.
        person_fans: [person] facts studied about each; 0 for new ones, which come last.
        place_fans: [place] likewise.
        delay: s between the last fact and the test.
    """

    facts: Int[Array, "fact 2"]
    studied: Int[Array, " event"]
    probes: Int[Array, "probe 2"]
    kinds: Int[Array, " probe"]
    person_fans: Int[Array, " person"]
    place_fans: Int[Array, " place"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def n_candidates(self) -> int:
        """The probes."""
        return self.probes.shape[0]

    @property
    def fans(self) -> Int[Array, "probe 2"]:
        """Fans of the person and of the place of each probe."""
        person, place = self.probes.T
        return jnp.stack([self.person_fans[person], self.place_fans[place]], axis=1)


class SceneProbes(NamedTuple):
    """Triples to be recognised: was it so in that scene?

    Attributes:
        triples: [probe] entity, entity and predicate: subject, object, what relates them.
        scene: [probe] row of the scene that it is asked of.
        kinds: [probe] place in `KINDS`.
    """

    triples: Int[Array, "probe 3"]
    scene: Int[Array, " probe"]
    kinds: Int[Array, " probe"]


# ---- persons in places ---------------------------------------------------------------------------


def fan_facts(
    persons: Sequence[int] = (6, 6, 6),
    places: Sequence[int] = (6, 6, 6),
    *,
    n_new: int = 0,
    n_trials: int = 1,
    delay: float = 0.0,
    key: PRNGKeyArray,
) -> Facts:
    """A random study set in which the fans of persons and places are crossed.

    A person of fan i and a place of fan j are paired in proportion to how many facts have them: of
    the default 36 facts, i j join a person of fan i with a place of fan j. Where proportions are no
    whole numbers, each pair of fans has at least their whole part.

    Args:
        persons: how many persons have fan 1, 2, ...
        places: how many places have fan 1, 2, ...
        n_new: probes of a person and a place that were never studied, each used once.
        n_trials: times that all facts are studied, in an order of its own each.
        delay: s between study and test.
        key: of facts, foils and orders. Not under `jax.vmap`: the search is NumPy's.

    Raises:
        InvalidValue: if persons and places make different numbers of facts, or no such set of facts
            and foils is found; for negative numbers.
    """
    _check_fans(persons, places, n_new, n_trials, delay)
    fans = [np.repeat(np.arange(1, len(each) + 1), each) for each in (persons, places)]
    random = generator(key)
    wanted = np.outer(*(np.bincount(f, f)[1:] for f in fans)) // fans[0].sum()
    facts = _paired(fans, wanted.astype(int), np.zeros([len(f) for f in fans], bool), random)
    taken = _table(facts, fans) > 0
    foils = _paired(fans, _cells(facts, fans), taken, random)
    known = np.array([len(each) for each in fans])
    probes = np.concatenate([facts, foils, known[None] + np.arange(n_new)[:, None]])
    kinds = np.repeat(np.arange(len(PROBES)), [len(facts), len(foils), n_new])
    order = study_orders(jnp.arange(len(facts)), n_trials, key=jax.random.fold_in(key, 1))
    person_fans, place_fans = (jnp.asarray(np.pad(each, (0, n_new))) for each in fans)
    return Facts(
        jnp.asarray(facts),
        order.ravel(),
        jnp.asarray(probes),
        jnp.asarray(kinds),
        person_fans,
        place_fans,
        delay,
    )


Fans = Sequence[Int[np.ndarray, " each"]]


def _paired(
    fans: Fans,
    wanted: Int[np.ndarray, "fan fan"],
    taken: Bool[np.ndarray, "person place"],
    random: np.random.Generator,
) -> Int[np.ndarray, "fact 2"]:
    """Random pairs, each once, none of them taken, with as many of each pair of fans as wanted.

    Places change places at random as long as that makes nothing worse.
    """
    person, place = (np.repeat(np.arange(len(f)), f) for f in fans)
    pairs = np.stack([person, random.permutation(place)], axis=1)
    faults = _faults(pairs, fans, wanted, taken)
    for _ in range(N_SWAPS):
        if not faults:
            return pairs
        tried = pairs.copy()
        swapped = random.integers(len(pairs), size=2)
        tried[swapped, 1] = pairs[swapped[::-1], 1]
        after = _faults(tried, fans, wanted, taken)
        if after <= faults:
            pairs, faults = tried, after
    raise InvalidValue(
        f"no set of {len(pairs)} facts and as many foils was found for these fans: there are too "
        "few persons or places for so many different pairs; give more of them, or lower fans."
    )


def _faults(pairs: np.ndarray, fans: Fans, wanted: np.ndarray, taken: np.ndarray) -> int:
    table, cells = _table(pairs, fans), _cells(pairs, fans)
    twice = np.maximum(table - 1, 0).sum()
    return int(twice + table[taken].sum() + np.maximum(wanted - cells, 0).sum())


def _table(pairs: np.ndarray, fans: Fans) -> Int[np.ndarray, "person place"]:
    """How often each person is paired with each place."""
    return _counted(pairs.T, [len(f) for f in fans])


def _cells(pairs: np.ndarray, fans: Fans) -> Int[np.ndarray, "fan fan"]:
    """How many pairs there are of each fan of persons and each of places."""
    each = [f[k] - 1 for f, k in zip(fans, pairs.T, strict=True)]
    return _counted(each, [f.max() for f in fans])


def _counted(each: Sequence[np.ndarray] | np.ndarray, shape: list[int]) -> np.ndarray:
    table = np.zeros(shape, int)
    np.add.at(table, tuple(each), 1)
    return table


def _check_fans(
    persons: Sequence[int], places: Sequence[int], n_new: int, n_trials: int, delay: float
) -> None:
    for name, each in (("persons", persons), ("places", places)):
        if np.ndim(each) != 1:
            given = f"{name} are {each!r}"
            raise InvalidValue(f"{given}, expected how many have fan 1, 2, ..., e.g. (6, 6, 6).")
        if not len(each) or min(each) < 0 or not each[-1]:
            raise InvalidValue(
                f"{name} of fan 1, 2, ... are {tuple(each)}, expected numbers, the last above 0."
            )
    facts = [sum(fan * n for fan, n in enumerate(each, 1)) for each in (persons, places)]
    if facts[0] != facts[1]:
        raise InvalidValue(
            f"persons {tuple(persons)} make {facts[0]} facts, places {tuple(places)} {facts[1]}; "
            "the sums of number times fan must be equal."
        )
    if n_new < 0 or n_trials < 0 or not delay >= 0:
        raise InvalidValue(
            f"n_new {n_new}, n_trials {n_trials}, delay {delay} s: expected 0 or more."
        )


# ---- triples of scenes ---------------------------------------------------------------------------


def scene_probes(world: World, scenes: Scenes, n: int, *, key: PRNGKeyArray) -> SceneProbes:
    """Studied triples of different scenes, and as many foils of each kind, asked of those scenes.

    No foil is a triple of the scene that it is asked of. Where a B-class has no other entity that
    is not in the scene, the object of a schema-consistent foil has the P-class in common.

    Args:
        world: for the classes of entities.
        scenes: that were studied.
        n: probes of each kind.
        key: of everything random. Not under `jax.vmap`.

    Raises:
        InvalidValue: if there are fewer scenes than probes of a kind, or fewer than 4.
    """
    n_scenes, n_pairs = scenes.predicates.shape
    if not 1 <= n <= n_scenes or n_scenes < 4:
        raise InvalidValue(
            f"{n} probes of each kind were asked for; there are {n_scenes} scenes, and each is "
            "asked about once: choose 1 to that many, of 4 scenes or more."
        )
    random = generator(key)
    scene, at = random.permutation(n_scenes)[:n], random.integers(n_pairs, size=n)
    columns = (scenes.subjects, scenes.objects, scenes.predicates)
    triples = np.stack([np.asarray(each) for each in columns], axis=-1)
    asked, present = triples[scene, at], np.asarray(scenes.entities)[scene]
    pool, classes = triples.reshape(-1, 3), (np.asarray(world.b_class), np.asarray(world.p_class))
    every = [
        [triple, *_foils(triple, here, pool, classes, world.n_known, random)]
        for triple, here in zip(asked, present, strict=True)
    ]
    return SceneProbes(
        jnp.asarray(np.stack(every, axis=1).reshape(-1, 3)),
        jnp.asarray(np.tile(scene, len(KINDS))),
        jnp.asarray(np.repeat(np.arange(len(KINDS)), n)),
    )


def _foils(
    studied: Int[np.ndarray, " 3"],
    present: Int[np.ndarray, " position"],
    pool: Int[np.ndarray, "triple 3"],
    classes: tuple[np.ndarray, np.ndarray],
    n_known: int,
    random: np.random.Generator,
) -> list[np.ndarray]:
    """Schema-consistent, re-paired and new, for one studied triple and what is in its scene."""
    far = pool[~np.isin(pool[:, :2], present).any(axis=1)]
    subject, predicate = far[random.integers(len(far), size=2)][[0, 1], [0, 2]]
    other = far[far[:, 1] != subject]
    object_, own = other[random.integers(len(other), size=2)], studied.copy()
    own[1] = _alike(studied[1], present, classes, n_known, random)
    repaired = np.array([studied[0], *object_[0, 1:]])
    return [own, repaired, np.array([subject, object_[1, 1], predicate])]


def _alike(
    entity: int,
    present: Int[np.ndarray, " position"],
    classes: tuple[np.ndarray, np.ndarray],
    n_known: int,
    random: np.random.Generator,
) -> int:
    """Another known entity of its B-class that is not present, or of its P-class, or any."""
    absent = np.setdiff1d(np.arange(n_known), present)
    for of in classes:
        alike = absent[of[absent] == of[entity]]
        if len(alike):
            return int(random.choice(alike))
    return int(random.choice(absent))
