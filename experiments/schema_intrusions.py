"""Does what is usual intrude on the memory of an episode in which it was not the case?

Method, after the specification of schema-consistent intrusions. A generated world has schemas: each
P-class (e.g. pets) has an activity, each ordered pair of P-classes a predicate that is usual for
it. In every scene, each entity does what is usual with probability .8, and otherwise one of the
other five activities; likewise for the predicate of a pair, of 16. Activities and predicates are
bound to the episode, not to the entity, and can be seen: each adds a vector (SD .6) to the features
of the boxes, of the scene and of the pair. A Tensor Brain (D = H = 64) learns 200 scenes of 120
entities by the usual recipe: perception, episodic and semantic memory together, the predicate
weighted 4. Then episodes are recalled: the trace a_t is put back, subject and object are told, and
the probabilities of activities and of predicates are read off. In *odd* episodes, those in which
what is usual was not the case, the intrusion rate is the probability of what is usual minus that of
an unrelated label: of those neither true nor usual, the one that is true about as often in all
episodes (`labels`, frequency: relative to what is usual).

A, B. Noise is added to the traces, in units of their standard deviation around their mean. *No
episode*: the semantic state is in the place of a trace. C, D. Perception and semantic memory learn
on, from 200 new scenes of the same world that are no episodes (Adam, 2e-3). Traces do not change
and are not rehearsed: it is what decodes them that moves. Steps are no measure of time. E. People
beside the brain: words of lists that were studied, associates of all words of a list that were not
in it, and unrelated words (Roediger & McDermott, 1995, Exp. 1); 9 of 30 people recalled books of an
office without any (Brewer & Treyens, 1981). What people were told, and how they answered, is so
different that only the order of the three is compared: no parameter is fitted, no number tested.
All numbers of people but one (.40, read in the abstract) are from secondary texts.

Chosen: strength of schemas, sizes of the world and of the brain, steps. They are not tuned to
people. With fewer steps of learning (quick preset) odd episodes are not learnt, and the brain says
what is usual whatever the episode was.

Outcome (paper preset, 6 worlds; in brackets 95 % intervals). The order is that of people: what was
the case in usual episodes (activity .85, predicate .90), then what is usual but was not the case
(.55 and .26), then the unrelated (.04 and .02). The intrusion rate is .52 (.51 to .53) for
activities and .24 (.22 to .25) for predicates. An intact trace lowers it, compared with no episode
at all (.63 and .43), but an odd activity is recalled with .29 only: less often than the intrusion.
Odd predicates, which weigh more in learning, are recalled with .41. Noise in the trace raises the
intrusion of predicates a little (.30 at 2 SD), and that of activities hardly (.53). It does not
lead back to the schema: very noisy traces are none that the brain ever learnt, and what was usual
and the case goes down too (.64). Further learning does far more: after 100 steps intrusions are
.59 and .42, after 1600 .64 and .52, and little is left of what was odd (.12 and .08, chance .17 and
.06). So in this model schemas win because the decoder drifts towards them rather than because
traces fade; nothing is rehearsed here, and whether replay would prevent it was not tested.
Unrelated labels are true .95 and .97 times as often as those of the schema.

Run: `cogmem run schema_intrusions`, or `cogmem run schema_intrusions --preset paper`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int
from matplotlib.figure import Figure

from cogmem.data import published
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures.proportions import proportions
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.index_layer import picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated, Lessons, learn, learn_in_blocks
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.plots.schema_intrusions import schema_intrusions
from cogmem.tasks.randomness import generator
from cogmem.tasks.scenes import GROUPS, Scenes, SceneWorld, World, draw_world, more_scenes, pairs

KINDS = ("activity", "predicate")
RESPONSES = ("true, usual", "true, unusual", "schema", "unrelated")
NOISES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
AGES = (0, 100, 200, 400, 800, 1600)
LOOK_SD = 0.6
"""Of each feature of what an activity or a predicate looks like."""


@dataclass(frozen=True)
class Config:
    """How strong schemas are, and how much is learnt."""

    n_seeds: int = setting(2, (1, 1000), meaning="worlds, each with a brain of its own")
    n_steps: int = setting(1500, (1, 100_000), meaning="learning steps, 128 rows each")
    n_episodes: int = setting(200, (10, 10_000), meaning="scenes that are episodes")
    usual: float = setting(0.8, (0.0, 1.0), meaning="how often what is usual is the case")
    oldest: int = setting(400, (0, 100_000), meaning="most steps of further learning")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first world")

    @property
    def design(self) -> SceneWorld:
        """Fewer entities than by default, and activities that are not part of an entity's look."""
        few = {"n_known": 120, "n_novel": 4, "n_test": 1}
        return SceneWorld(n_train=self.n_episodes, activity_sd=0.0, geometry_sd=0.0, **few)

    @property
    def ages(self) -> tuple[int, ...]:
        """Steps of further learning after which memory is asked."""
        return tuple(age for age in AGES if age <= self.oldest)


class Schemas(NamedTuple):
    """What is usual in a world, and how things look.

    Attributes:
        activity: [p_class] the usual one of subject or object.
        predicate: [p_class, p_class] the usual one of subject and object.
        looks: of activities and of predicates, [label, feature] each.
    """

    activity: Int[np.ndarray, " p_class"]
    predicate: Int[np.ndarray, "p_class p_class"]
    looks: dict[str, Float[np.ndarray, "label feature"]]


def draw_schemas(world: World, random: np.random.Generator) -> Schemas:
    """Each activity is usual for one P-class; predicates are usual for two or three pairs each."""
    design = world.design
    n_p, n_features = design.n_p_classes, design.n_features
    sizes = {"activity": design.n_activities, "predicate": design.n_predicates}
    looks = {k: LOOK_SD * random.normal(size=(n, n_features)) for k, n in sizes.items()}
    cells = random.permutation(np.arange(n_p**2) % design.n_predicates)
    return Schemas(random.permutation(n_p), cells.reshape(n_p, n_p), looks)


def usually(
    typical: Int[np.ndarray, "*case"], n: int, chance: float, random: np.random.Generator
) -> Int[np.ndarray, "*case"]:
    """What is typical, with some chance, otherwise any of the n - 1 other labels."""
    other = (typical + random.integers(1, n, size=typical.shape)) % n
    return np.where(random.random(typical.shape) < chance, typical, other)


def episodes(
    world: World, schemas: Schemas, n: int, usual: float, key: Array
) -> tuple[Scenes, Int[np.ndarray, "scene position"]]:
    """Scenes in which entities do what is usual for them, mostly, and what each of them does."""
    scenes = more_scenes(world, n, known=True, key=key)
    random = generator(jax.random.fold_in(key, 1))
    p_class, positions = np.asarray(world.p_class), np.asarray(scenes.pairs)
    typical = schemas.activity[p_class[np.asarray(scenes.entities)]]
    activity = usually(typical, len(schemas.activity), usual, random)
    of_pair = schemas.predicate[p_class[scenes.subjects], p_class[scenes.objects]]
    predicate = usually(of_pair, world.design.n_predicates, usual, random)
    acts = schemas.looks["activity"][activity]
    both = np.take_along_axis(acts[:, None], positions[..., None], axis=2).mean(axis=2)
    seen = {
        "boxes": scenes.boxes + acts,
        "scene": scenes.scene + acts.mean(axis=1),
        "pair_boxes": scenes.pair_boxes + both + schemas.looks["predicate"][predicate],
    }
    seen = {name: jnp.asarray(values, jnp.float32) for name, values in seen.items()}
    return scenes._replace(predicates=jnp.asarray(predicate), **seen), activity


def rows_of(
    brain: TensorBrain, world: World, made: tuple[Scenes, Any], first_episode: int | None
) -> Annotated:
    """Annotated rows, with what each entity does in its scene in place of what it always does."""
    scenes, activity = made
    rows = pairs(world, scenes)
    of_pair = np.take_along_axis(activity[:, None], np.asarray(scenes.pairs), axis=2)
    column = GROUPS.index("activity")
    labels = np.array(rows.labels)
    labels[..., column] = of_pair.reshape(-1, 2)
    rows = rows._replace(labels=jnp.asarray(labels))
    return annotated(brain, world, rows, first_episode=first_episode)


# ---- what is said --------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What was the case and what would have been usual, labels from 0, for one kind of fact.

    Attributes:
        true, usual: [case].
        unrelated: [case] neither of them, about as frequent as what is usual.
        odd: [case] whether what is usual was not the case.
    """

    true: Int[np.ndarray, " case"]
    usual: Int[np.ndarray, " case"]
    unrelated: Int[np.ndarray, " case"]
    odd: Bool[np.ndarray, " case"]


def asked(true: np.ndarray, usual: np.ndarray, n: int) -> Asked:
    """With the label whose frequency in all cases is nearest to that of what is usual."""
    true, usual = np.ravel(true), np.ravel(usual)
    counts = np.bincount(true, minlength=n)
    far = np.abs(counts[:, None] - counts)[usual].astype(float)
    rows = np.arange(len(true))
    far[rows, true] = far[rows, usual] = np.inf
    return Asked(true, usual, far.argmin(axis=1), true != usual)


def cases(
    brain: TensorBrain, world: World, schemas: Schemas, made: tuple[Scenes, Any], rows: Annotated
) -> dict[str, Asked]:
    """Activities of subjects and objects, and predicates."""
    p_class = np.asarray(world.p_class)
    subject, object_ = (p_class[np.ravel(each)] for each in (made[0].subjects, made[0].objects))
    activity = np.asarray(rows.labels["activity"]) - brain.vocabulary.ids("activity")[0]
    usual = schemas.activity[np.stack([subject, object_], axis=1)]
    predicate, sizes = np.ravel(made[0].predicates), world.design
    return {
        "activity": asked(activity, usual, sizes.n_activities),
        "predicate": asked(predicate, schemas.predicate[subject, object_], sizes.n_predicates),
    }


@eqx.filter_jit
def probabilities(
    brain: TensorBrain, weights: Weights, scenes: Float[Array, "row state"], rows: Annotated
) -> dict[str, Float[Array, "row ..."]]:
    """P of each activity of subject and object, and of each predicate, who is in it being told.

    Args:
        brain, weights: who remembers.
        scenes: what is put into the decoder of each row: its episode's trace, or anything else.
        rows: whose subjects and objects are told.
    """
    choices = brain.choices(weights, unary=("activity",))

    def one(scene: Array, row: Annotated) -> tuple[Array, Array]:
        told = picks("teacher")
        found = brain.decode(weights, brain.imagine(scene), choices, told, targets=row.targets)
        acts = [each.unary["activity"] for each in (found.subject, found.object)]
        return jnp.stack(acts), found.predicate.scores

    activity, predicate = jax.vmap(one)(scenes, rows)
    return {"activity": jax.nn.softmax(activity), "predicate": jax.nn.softmax(predicate)}


def responses(found: dict[str, Array], facts: dict[str, Asked]) -> Float[np.ndarray, "kind said"]:
    """Mean probabilities: of what is true, of the schema's label, and of an unrelated one."""
    return np.stack([_responses(np.asarray(found[kind]), facts[kind]) for kind in KINDS])


def _responses(p: np.ndarray, fact: Asked) -> Float[np.ndarray, " said"]:
    """In the order of `RESPONSES`; the last two where what is usual was not the case."""
    p = p.reshape(len(fact.true), -1)
    each = np.arange(len(p))
    true, usual, unrelated = (p[each, k] for k in (fact.true, fact.usual, fact.unrelated))
    odd = fact.odd
    return np.array([true[~odd].mean(), true[odd].mean(), usual[odd].mean(), unrelated[odd].mean()])


# ---- one world -----------------------------------------------------------------------------------


def blurred(
    traces: Float[Array, "episode state"], noise: float, key: Array
) -> Float[Array, "episode state"]:
    """Traces with normal noise, in units of their own standard deviation around their mean."""
    spread = jnp.std(traces - traces.mean(axis=0, keepdims=True))
    return traces + noise * spread * jax.random.normal(key, traces.shape, traces.dtype)


def one_world(config: Config, seed: int, report: Any) -> dict[str, np.ndarray]:
    """Learn, recall from ever noisier traces, go on learning and recall from the old traces.

    Returns:
        `noise` [noise, kind, said], `none` [kind, said] without an episode, `age` [age, kind, said]
        and `frequency` [kind], of unrelated labels relative to those of the schema.
    """
    keys = jax.random.split(jax.random.key(seed), 7)
    world = draw_world(config.design, key=keys[0])
    schemas = draw_schemas(world, generator(keys[1]))
    brain = scene_brain(world, config.n_episodes)
    made = episodes(world, schemas, config.n_episodes, config.usual, keys[2])
    later = episodes(world, schemas, config.n_episodes, config.usual, keys[3])
    rows = rows_of(brain, world, made, 0)
    facts = cases(brain, world, schemas, made, rows)
    weights = learnt(config, brain, rows, keys[4])
    report(1, f"world {seed}: learnt")

    def ask(weights: Weights, traces: Float[Array, "episode state"]) -> np.ndarray:
        scenes = traces[rows.targets.scene]
        return responses(probabilities(brain, weights, scenes, rows), facts)

    traces = weights.embeddings[brain.vocabulary.ids("episode")]
    nothing = jnp.broadcast_to(weights.semantic, traces.shape)
    further = aged(config, brain, weights, rows_of(brain, world, later, None), keys[5])
    found = {
        "noise": np.stack([ask(weights, blurred(traces, each, keys[6])) for each in NOISES]),
        "none": ask(weights, nothing),
        "age": np.stack([ask(each, traces) for each in further]),
        "frequency": np.array([relative_frequency(facts[kind]) for kind in KINDS]),
    }
    report(1, f"world {seed}: asked")
    return found


def learnt(config: Config, brain: TensorBrain, rows: Annotated, key: Array) -> Weights:
    """All three modes together, by the usual recipe."""
    begin, own = jax.random.split(key)
    return learn(brain, brain.begin(key=begin), rows, n_steps=config.n_steps, key=own)


def aged(
    config: Config, brain: TensorBrain, weights: Weights, rows: Annotated, key: Array
) -> Iterator[Weights]:
    """Weights at each age: perception and semantic memory learn on, from scenes without episodes.

    No trace changes, and none is rehearsed.
    """
    yield weights
    if len(config.ages) == 1:
        return
    steps = learn_in_blocks(
        brain,
        weights,
        rows,
        lessons=Lessons(("perception", "semantic")),
        n_steps=config.ages[-1],
        learning_rate=2e-3,
        cosine=False,
        fixed=("episode",),
        block=AGES[1],
        key=key,
    )
    yield from (each.weights for each in steps if int(each.step) in config.ages)


def relative_frequency(fact: Asked) -> float:
    """How often unrelated labels are true anywhere, relative to those that were usual."""
    counts = np.bincount(fact.true, minlength=1 + fact.usual.max())
    return float(counts[fact.unrelated[fact.odd]].mean() / counts[fact.usual[fact.odd]].mean())


# ---- all worlds ----------------------------------------------------------------------------------


def run(config: Config, session: Session) -> xr.DataTree:
    """Every world.

    Returns:
        Nodes `noise` (noise, kind, said), `age` (age, kind, said) and `none` (kind, said) with the
        `mean` over worlds, `low` and `high`; `intrusion_by_noise`, `intrusion_by_age` and
        `intrusion_none`, schema minus unrelated, likewise; `people` (point) `value`, `low`, `high`,
        `verified`; `chance` (kind) and `frequency`.
    """
    report = session.begin(2 * config.n_seeds)
    each = [one_world(config, config.seed + n, report) for n in range(config.n_seeds)]
    found = {name: np.stack([one[name] for one in each]) for name in each[0]}
    kinds = {"kind": list(KINDS)}
    axes: dict[str, dict[str, Any]] = {
        "noise": {"seed": None, "noise": list(NOISES), **kinds},
        "age": {"seed": None, "age": list(config.ages), **kinds},
        "none": {"seed": None, **kinds},
    }
    nodes = {}
    for name, own in axes.items():
        nodes[name] = mean_and_interval(found[name], own | {"said": list(RESPONSES)}, "seed")
        more = found[name][..., 2] - found[name][..., 3]
        nodes[f"intrusion_{name}"] = mean_and_interval(more, own, "seed")
    frequency = xr.DataArray(found["frequency"].mean(axis=0), kinds, ("kind",))
    sizes = [config.design.n_activities, config.design.n_predicates]
    chance = xr.DataArray(1 / np.array(sizes), kinds, ("kind",))
    nodes["labels"] = xr.Dataset({"frequency": frequency, "chance": chance})
    return xr.DataTree.from_dict(nodes | {"people": people()})


def people() -> xr.Dataset:
    """What people said of words and of an office; only one of the numbers was read in its paper."""
    lists = published("roediger_mcdermott1995", verified=False)
    office = published("brewer_treyens1981", verified=False).iloc[0]
    books = proportions([office["value"]], [30], point=["office: books"])
    points = [f"{test}: {word}" for test, word in lists[["test", "word"]].to_numpy()]
    values = [*lists["value"], float(books["mean"][0])]
    known = [*(lists["verification"] == "read"), office["verification"] == "read"]
    columns = {"value": ("point", values), "verified": ("point", known)}
    ends = {k: ("point", [np.nan] * len(lists) + [float(books[k][0])]) for k in ("low", "high")}
    return xr.Dataset(columns | ends, {"point": [*points, "office: books"]})


def plot(tree: xr.DataTree) -> Figure:
    """Recall by noise and by age, and people beside it."""
    return schema_intrusions(datasets(tree))


EXPERIMENT = Experiment(
    name="schema_intrusions",
    title="What is usual intrudes on the memory of an episode that lacked it",
    presets={"quick": Config(), "paper": Config(n_seeds=6, n_steps=4000, oldest=1600)},
    run=run,
    plot=plot,
    numbers=tree_numbers,
    models=("tensor_brain",),
    sources=(
        "Tresp et al. (2023)",
        "Roediger & McDermott (1995), from secondary texts but for one number",
        "Brewer & Treyens (1981), from secondary texts",
    ),
    answers=(
        "The order of people's reports of what was there, of what would fit and of the unrelated: "
        "word lists (Roediger & McDermott, 1995, Exp. 1) and books of an office without any "
        "(Brewer & Treyens, 1981), from secondary texts, unverified, but for one number."
    ),
    agrees=(
        "The order is people's: what was the case in usual episodes (activity .85, predicate .90), "
        "what is usual but was not the case (.55, .26), the unrelated (.04, .02). Intrusion rates "
        "are .52 (.51 to .53) and .24 (.22 to .25)."
    ),
    disagrees=(
        "An odd activity is recalled with .29, less often than its intrusion. Noise in the trace "
        "does not lead back to the schema; a decoder that learns on does (.64 and .52 after 1,600 "
        "steps), but nothing is rehearsed here. Materials and answers are not people's: no number "
        "of theirs is tested."
    ),
    cost={"quick": "40 seconds on one core", "paper": "four minutes on one core"},
    tolerance=0.03,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
