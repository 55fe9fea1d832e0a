"""Does memory add to what is seen: hidden labels, and a prior where vision is bad?

Method. Worlds, brains and learning are those of `scene_perception`; every entity has, besides, a
secret: a random bit, like age, which no view shows. Danger (that of the P-class) and the secret are
hidden from perception. With memory: both are taught in episodic and semantic memory. Perception
only: they are never taught, also without feedback. Nothing hidden: both are taught in perception as
well, which is what could be reached. Five worlds; all brains of a world see the same scenes.

A to D: the hidden labels of subject and object while they are looked at, by what is fed back. The
winner is the entity decoded. Lookalike: a known entity of the same B-class with the other secret.
Other kind: one with the other secret and the other danger. A wrong entity that is believed makes
answers wrong, below chance, so that the panels show whether a label comes from the index or from
the view. "True, no view": semantic memory of the entity alone. Danger is a function of a visible
class: it can be known of novel entities, and shows transfer by class. The secret shows memory of
individuals; of novel entities nobody can know it.

E to J: test views of known entities with the noise multiplied, for all regions alike, the same
noise for all brains. K to N: paired differences. *Memory*: with memory less perception only, both
with attention; if memory were a prior that helps bad vision, it would grow with the noise.
*Feedback*: with memory, attention less feedback removed at test (an intervention, which overstates
it); and perception only, learnt and tested with attention less learnt and tested without. Best
possible: who knows how every known entity looks and how large the noise is, from one box; for
predicates, the world's table with classes and geometry known at any noise.

Run: `cogmem run enriched_perception`, or `cogmem run enriched_perception --preset paper`. A run
that was stopped goes on with the first brain that was not finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Int
from matplotlib.figure import Figure

from cogmem.lab.artefacts import by_node
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.index_layer import Pick
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated, Lessons, learn
from cogmem.models.vocabulary import Vocabulary
from cogmem.participants.scene_observers import best_guesses, commonest
from cogmem.participants.scene_viewer import annotated, answers, proportions, scene_brain
from cogmem.plots.enriched_perception import enriched_perception
from cogmem.tasks.scenes import (
    SceneData,
    Scenes,
    SceneWorld,
    draw_scenes,
    load_scenes,
    noisier,
)

TESTS = ("known", "novel")
MEASURES = ("entity", "b_class", "age", "danger", "secret", "predicate @1")
NOISE = (1.0, 1.5, 2.0, 3.0)
WAYS: tuple[Pick, ...] = ("attention", "winner", "none")
FED = ("nothing", "attention", "winner", "true entity", "lookalike", "unlike", "memory alone")
"""What is fed back; the last is the true entity in semantic memory, without any region."""

OF_NOVEL = FED[:3]
_HIDDEN = ("danger", "secret")
LESSONS = {
    "with memory": Lessons(hidden=_HIDDEN),
    "perception only": Lessons(modes=("perception",), hidden=_HIDDEN),
    "perception only, no feedback": Lessons(modes=("perception",), hidden=_HIDDEN, how="none"),
    "nothing hidden": Lessons(hidden=()),
}
WITH, ONLY, MUTE = tuple(LESSONS)[:3]
CONTRASTS = {
    "memory": ((WITH, "attention"), (ONLY, "attention")),
    "feedback, removed at test": ((WITH, "attention"), (WITH, "none")),
    "feedback, learnt without": ((ONLY, "attention"), (MUTE, "none")),
}
"""What is compared under bad vision: the first less the second."""


@dataclass(frozen=True)
class Config:
    """How large the worlds are, and how long is learnt."""

    n_seeds: int = setting(1, (1, 1000), meaning="worlds, each with brains of its own")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")
    n_steps: int = setting(600, (1, 100_000), meaning="of learning")
    n_known: int = setting(400, (8, 100_000), meaning="entities that are met while learning")
    n_train: int = setting(600, (1, 100_000), meaning="scenes to learn from")
    n_test: int = setting(150, (1, 100_000), meaning="scenes of each test")
    n_state: int = setting(64, (1, 10_000), meaning="units of the shared layer and of the context")
    scenes: str = setting("", meaning="file of scenes to use instead of worlds that are drawn")


def run(config: Config, session: Session) -> xr.DataTree:
    """Teach and test every brain; what is stored is not done again.

    Returns:
        `each_fed` (seed, lessons, fed, split, measure) and `each_vision` (seed, lessons, way,
        noise, measure): proportions. The others have `mean`, `low` and `high` over seeds: `fed`
        and `vision` of these; `contrasts` (contrast, noise, measure), paired differences;
        `majority` (split, measure); `ceiling` (noise, measure), of known entities.
    """
    seeds = config.seed + np.arange(config.n_seeds)
    todo = list(product(seeds.tolist(), LESSONS))
    store = session.store("enriched_perception", config)
    report = session.begin(len(todo))
    with store.writing():
        table = store.table("nets", _columns(), len(todo), 1)
        for place, (seed, name) in enumerate(todo):
            if not table.done[place]:
                row = {k: v[None] for k, v in measured(config, LESSONS[name], seed).items()}
                table.write(slice(place, place + 1), row)
            report(1, f"{name}, seed {seed}")
        found = table.read()
    shape = (len(seeds), len(LESSONS))
    stacked = {k: each.reshape(*shape, *each.shape[1:]) for k, each in found.items()}
    return _labelled(config, seeds, stacked)


def _columns() -> dict[str, Column]:
    fed, vision = (len(FED), 2, len(MEASURES)), (len(WAYS), len(NOISE), len(MEASURES))
    return {
        "fed": Column(fed, float, ("fed", "split", "measure")),
        "vision": Column(vision, float, ("way", "noise", "measure")),
    }


# ---- the world, and a secret of every entity -----------------------------------------------------


class Secrets(NamedTuple):
    """A world, its scenes, and one bit of every entity that nothing tells but its identity."""

    data: SceneData
    bits: Int[np.ndarray, " entity"]


@lru_cache(maxsize=1)
def scenes_of(config: Config, seed: int) -> Secrets:
    """The same for all lessons of a seed; the scenes may be those of a file."""
    drawing = jax.random.fold_in(jax.random.key(seed), 0)
    if config.scenes:
        data = load_scenes(config.scenes)
    else:
        sizes = {"n_known": config.n_known, "n_train": config.n_train, "n_test": config.n_test}
        data = draw_scenes(SceneWorld(**sizes), key=drawing)
    bits = np.random.default_rng((seed, 4)).integers(2, size=data.world.design.n_entities)
    return Secrets(data, bits)


def brain_of(config: Config, data: SceneData) -> TensorBrain:
    """A brain that has indices for the two values of the secret, too.

    Its labels are numbers, so that the brains of all worlds are one program to compile.
    """
    sizes = {"n_state": config.n_state, "n_context": config.n_state}
    usual = scene_brain(data.world, len(data.train.situation), **sizes)
    n, groups = len(usual.vocabulary), usual.vocabulary.groups
    labels = tuple(str(number) for number in range(n + 2))
    words = Vocabulary(labels, (*groups, ("secret", (n, n + 1))))
    return TensorBrain(words, n_features=usual.n_features, **sizes)


def rows_of(
    brain: TensorBrain, secrets: Secrets, scenes: Scenes, first_episode: int | None = None
) -> Annotated:
    """Every related pair, with the secrets of subject and object as labels."""
    rows = annotated(brain, secrets.data.world, scenes, first_episode=first_episode)
    ids = brain.vocabulary.ids("secret")[secrets.bits[who_is_in(scenes)]]
    return rows._replace(labels=rows.labels | {"secret": jnp.asarray(ids)})


def who_is_in(scenes: Scenes) -> Int[np.ndarray, "row 2"]:
    """Subject and object of every related pair, scene by scene."""
    return np.stack([np.ravel(scenes.subjects), np.ravel(scenes.objects)], axis=1)


def others(
    secrets: Secrets,
    who: Int[np.ndarray, "row 2"],
    *,
    alike: bool,
    random: np.random.Generator,
) -> Int[np.ndarray, "row 2"]:
    """For each entity a known one with the other secret, drawn anew each time.

    Args:
        secrets: of the world.
        who: known entities.
        alike: whether it is of the same B-class; otherwise its danger is the other one, so that it
            is of another P-class. Where there is no such entity, any with the other secret.
        random: of the draws.
    """
    world, n = secrets.data.world, secrets.data.world.n_known
    b_class, danger = np.asarray(world.b_class), np.asarray(world.danger)
    fits = b_class[who][..., None] == b_class[:n] if alike else danger[who][..., None] != danger[:n]
    opposite = secrets.bits[who][..., None] != secrets.bits[:n]
    score = 4 * opposite + 2 * fits + random.random(opposite.shape)
    return score.argmax(axis=-1)


# ---- one brain -----------------------------------------------------------------------------------


def measured(config: Config, lessons: Lessons, seed: int) -> dict[str, np.ndarray]:
    """Teach one brain, and test it: "fed" [fed, split, measure], "vision" [way, noise, measure].

    NaN where nothing was measured: a novel entity has no index that could be fed back, and a brain
    that has learnt without feedback is tested without.
    """
    secrets = scenes_of(config, seed)
    brain = brain_of(config, secrets.data)
    beginning, learning, seeing = (jax.random.fold_in(jax.random.key(seed), n) for n in (1, 2, 3))
    train = rows_of(brain, secrets, secrets.data.train, 0)
    weights = brain.begin(key=beginning)
    weights = learn(brain, weights, train, lessons=lessons, n_steps=config.n_steps, key=learning)
    return {
        "fed": fed_back(brain, weights, lessons, secrets, seed),
        "vision": vision(brain, weights, lessons, secrets, seeing),
    }


def fed_back(
    brain: TensorBrain, weights: Weights, lessons: Lessons, secrets: Secrets, seed: int
) -> np.ndarray:
    """What is right, by what is fed back [fed, split, measure]."""
    score = np.full((len(FED), 2, len(MEASURES)), np.nan)
    ask = _asker(brain, weights)
    for s, split in enumerate(TESTS):
        rows = rows_of(brain, secrets, getattr(secrets.data, split))
        for way, name in zip(("none", "attention", "winner"), OF_NOVEL, strict=True):
            if way == "none" or lessons.how != "none":
                score[FED.index(name), s] = ask(rows, way)
    if lessons.how == "none":
        return score
    known = rows_of(brain, secrets, secrets.data.known)
    told = {"true entity": known}
    who, random = who_is_in(secrets.data.known), np.random.default_rng((seed, 5))
    for name in ("lookalike", "unlike"):
        wrong = others(secrets, who, alike=name == "lookalike", random=random)
        told[name] = instead(brain, known, wrong)
    for name, rows in told.items():
        score[FED.index(name), 0] = ask(rows, "teacher")
    score[FED.index("memory alone"), 0] = ask(known, "teacher", source="semantic")
    # Who was seen is no question to someone who is told.
    score[FED.index("true entity") :, :, MEASURES.index("entity")] = np.nan
    return score


def instead(brain: TensorBrain, rows: Annotated, who: Int[np.ndarray, "row 2"]) -> Annotated:
    """The same rows, to be told that other entities are subject and object."""
    subject, object_ = jnp.asarray(brain.vocabulary.ids("entity")[who]).T
    return rows._replace(targets=rows.targets._replace(subject=subject, object=object_))


def vision(
    brain: TensorBrain, weights: Weights, lessons: Lessons, secrets: Secrets, key: Any
) -> np.ndarray:
    """What is right of known entities, by noise [way, noise, measure]."""
    score, ask = np.full((len(WAYS), len(NOISE), len(MEASURES)), np.nan), _asker(brain, weights)
    for n, scenes in enumerate(worse(secrets.data, key)):
        rows = rows_of(brain, secrets, scenes)
        for w, way in enumerate(WAYS):
            if way == "none" or lessons.how != "none":
                score[w, n] = ask(rows, way)
    return score


def worse(data: SceneData, key: Any) -> list[Scenes]:
    """Test scenes of known entities, with more and more noise."""
    design = data.world.design
    return [noisier(data.known, factor, design=design, key=key) for factor in NOISE]


def _asker(brain: TensorBrain, weights: Weights) -> Callable[..., list[float]]:
    def ask(rows: Annotated, way: Pick, **how: Any) -> list[float]:
        shares = proportions(answers(brain, weights, rows, way, **how))
        return [shares[name] for name in MEASURES]

    return ask


# ---- over seeds ----------------------------------------------------------------------------------


def _labelled(config: Config, seeds: np.ndarray, found: dict[str, np.ndarray]) -> xr.DataTree:
    axes, measures = {"seed": seeds, "lessons": list(LESSONS)}, {"measure": list(MEASURES)}
    fed = axes | {"fed": list(FED), "split": list(TESTS)} | measures
    noise = {"noise": list(NOISE)}
    by_noise = axes | {"way": list(WAYS)} | noise | measures
    each = xr.DataArray(found["vision"], by_noise, tuple(by_noise))
    pairs_of = [
        [each.sel(lessons=lessons, way=way).values for lessons, way in pair]
        for pair in CONTRASTS.values()
    ]
    contrasts = np.stack([first - second for first, second in pairs_of])
    seen = [observed(config, seed) for seed in seeds.tolist()]
    majority, ceiling = (np.stack(part) for part in zip(*seen, strict=True))
    seed = {"seed": seeds}
    nodes = {
        "each_fed": xr.Dataset({"score": (tuple(fed), found["fed"])}, fed),
        "each_vision": each.rename("score").to_dataset(),
        "fed": mean_and_interval(found["fed"], fed, "seed"),
        "vision": mean_and_interval(found["vision"], by_noise, "seed"),
        "contrasts": mean_and_interval(
            contrasts, {"contrast": list(CONTRASTS)} | seed | noise | measures, "seed"
        ),
        "majority": mean_and_interval(majority, seed | {"split": list(TESTS)} | measures, "seed"),
        "ceiling": mean_and_interval(ceiling, seed | noise | measures, "seed"),
    }
    tree = xr.DataTree.from_dict(nodes)
    tree.attrs |= {"n_seeds": len(seeds), "scenes": config.scenes or "generated"}
    return tree


def observed(config: Config, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The commonest answer [split, measure], and the best possible one [noise, measure].

    The best possible answer to the secret needs the identity alone, as that to the age.
    """
    secrets = scenes_of(config, seed)
    data, bits = secrets
    often = np.bincount(bits[who_is_in(data.train)].ravel()).argmax()
    majority = np.full((2, len(MEASURES)), np.nan)
    for s, split in enumerate(TESTS):
        scenes = getattr(data, split)
        shares = proportions(commonest(data, scenes))
        shares["secret"] = float((bits[who_is_in(scenes)] == often).mean())
        majority[s] = [shares[name] for name in MEASURES]
    ceiling = np.full((len(NOISE), len(MEASURES)), np.nan)
    seeing = jax.random.fold_in(jax.random.key(seed), 3)
    for n, (factor, scenes) in enumerate(zip(NOISE, worse(data, seeing), strict=True)):
        shares = proportions(best_guesses(data.world, scenes, noise=factor))
        ceiling[n] = [shares["age" if name == "secret" else name] for name in MEASURES]
    return majority, ceiling


# ---- figure --------------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every mean with its interval, and the node that it is of."""
    nodes = {k: v.to_dataset() for k, v in tree.children.items() if not k.startswith("each")}
    return by_node(nodes.items()).dropna(subset="mean").reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Hidden labels by what is fed back; accuracy, and what memory is worth, by noise."""
    return enriched_perception({name: node.to_dataset() for name, node in tree.children.items()})


EXPERIMENT = Experiment(
    name="enriched_perception",
    title="Perception enriched by memory: hidden labels, and bad vision",
    presets={"quick": Config(), "paper": Config(n_seeds=5, n_steps=1500)},
    run=run,
    plot=plot,
    numbers=numbers,
    models=("tensor_brain",),
    sources=("Tresp et al. (2023)",),
    cost={"quick": "a minute on one core", "paper": "eight minutes on one core"},
    tolerance=0.03,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
