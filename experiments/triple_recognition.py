"""Is a triple recognised as of its scene, and what does each cue bring back? The Tensor Brain.

Method. A Tensor Brain (D = H = 64, one embedding for each index) learns generated scenes by the
common recipe: perception, episodic and semantic memory together, Adam from .005 with a cosine to 0.
Each scene is an episode with six triples of its four entities. Every world is drawn anew, with
initial weights of its own; intervals are 95 % bootstrap intervals over worlds.

*Recognition.* A triple is asked of a scene. The evidence that it was studied there is how much
likelier the episode makes it than general knowledge does,

    log P(s, p, o | a_t) - log P(s, p, o | abar),

nats, a_t the embedding of the episode and abar the semantic state. Targets are triples of the
scene. Foils: *schema-consistent* ones have another object of the same B-class that is not in the
scene; *re-paired* ones the subject of the scene with object and predicate of another; *new* ones
subject, object and predicate of three triples of other scenes. Evidence is rated from 1 to 6 by the
sixths of all probes of a world, and signal detection with unequal variances is fitted to the
ratings as it is to those of people (`recognition_rocs`). The area under the ROC is of the evidence
itself; d' is at the criterion that needs no choice, evidence of 0.

People, on the same axes: the 91 people of Schwartz et al. (2005), who rated single pictures, not
triples (mean rates; slopes fitted person by person). The value of .80 that Mickes, Wixted and Wais
(2007) are quoted for was not read at its source: it is drawn dotted and nothing is tested by it.

*Cued recall.* The probability of the studied object given its scene (marginal over all subjects),
its subject (from abar), both, or nothing. An answer drawn by this probability is right so often.
*Perfect memory* is the same computed from the studied triples themselves: a scene has six objects,
a subject several, and repeated ones share probability. The information of a cue is
log2 P(o | cue) / P(o), bits. No human number is attached to these.

Outcome (paper preset: 600 scenes of 400 entities, 6,000 steps, 5 worlds). New foils are told best
(AUC .91, 95 % interval .89 to .94; d' 2.26), re-paired ones less well (.77, .74 to .81; 1.36), and
schema-consistent ones hardly (.58, .57 to .59; 0.43): little is known of which object of its class
was in the scene. After 1,500 steps, the common
recipe, areas are .86, .73 and .53, and from 3,000 steps on more learning changes little. The order
of the foils is that of what they share with the scene.

The zROC is *not* people's. Its slope is above 1 for all foils (1.55, 1.32 and 1.09; none of the
intervals includes 1): foils vary more than targets, as a trained decoder can be arbitrarily sure
that something was not there. People's is .63 (.61 to .66) for pictures, and .80 is quoted.

Cued recall follows the information of the cue, far below perfect memory: P(o) is .004 without a cue
(chance .0025), .009 given the subject, .018 given the scene, .021 given both, where perfect memory
has .11, .32 and .61. In bits: 0.70, 1.72 and 1.72, of 4.7, 6.4 and 7.4. The scene tells more than
the subject; the subject adds nothing measurable to the scene (0.00 bits; .003 in probability).

Run: `cogmem run triple_recognition`, or `cogmem run triple_recognition --preset paper`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Float

from cogmem.data import load_trials
from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import by_node, datasets
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures import interval, recognition
from cogmem.measures.completion import auc
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.index_layer import Inputs, Targets, picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import log_likelihood
from cogmem.models.tensor_brain_learning import learn_in_blocks
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.plots.triple_recognition import triple_recognition
from cogmem.tasks.facts import KINDS, SceneProbes, scene_probes
from cogmem.tasks.scenes import SceneData, SceneWorld, draw_scenes, load_scenes

FOILS = KINDS[1:]
CUES = ("none", "subject", "scene", "scene and subject")
N_RATINGS = 6
QUOTED_SLOPE = 0.80
"""Of the zROC: Mickes, Wixted & Wais (2007), quoted, not read."""


@dataclass(frozen=True)
class Config:
    """How many worlds, how large, and how long they are learnt."""

    n_worlds: int = setting(5, (2, 1000), meaning="worlds, each with a Tensor Brain")
    n_entities: int = setting(100, (20, 10_000), meaning="known entities")
    n_scenes: int = setting(100, (10, 10_000), meaning="scenes to learn")
    n_steps: int = setting(1000, (10, 100_000), meaning="steps of learning")
    n_looks: int = setting(5, (1, 100), meaning="times that it is tested, evenly spaced")
    n_probes: int = setting(100, (10, 10_000), meaning="targets, and foils of each kind")
    learning_rate: float = setting(5e-3, (0.0, 1.0), meaning="of Adam, at first")
    scenes: str = setting("", meaning="file of scenes to learn instead of drawn ones")
    n_resamples: int = setting(2000, (10, 1_000_000), meaning="bootstrap resamples")
    seed: int = setting(2007, (0, 2**31 - 1), meaning="of everything random")

    def __post_init__(self) -> None:
        if self.n_steps % self.n_looks:
            raise InvalidValue(
                f"{self.n_steps} steps and {self.n_looks} looks: expected a multiple, so that "
                "looks are evenly spaced and the last is at the end."
            )


def run(config: Config, session: Session) -> xr.DataTree:
    """Learn and test every world.

    Returns:
        Nodes `learning` (foil, step): area under the ROC; `roc` (foil, criterion); `fitted` (foil):
        area, d', d_a and slope of the zROC; `recall` (cue): probability and information, with
        those of perfect memory; each with intervals; `people_roc` (criterion), `people_slope`.
    """
    report = session.begin(config.n_worlds * config.n_looks + 1)
    each = [one_world(config, number, report) for number in range(config.n_worlds)]
    evidence = np.stack([one["evidence"] for one in each])
    nodes = {"learning": learning(config, evidence)}
    nodes |= rated(config, evidence[:, -1])
    nodes["recall"] = recalled(np.stack([one["recall"] for one in each]))
    nodes |= people(config)
    report(1, "people")
    about = {"n_worlds": config.n_worlds, "chance": 1 / each[0]["n_entities"]}
    about["quoted_slope"] = QUOTED_SLOPE
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


# ---- one world -----------------------------------------------------------------------------------


def one_world(
    config: Config, number: int, report: Callable[[int, str], None]
) -> dict[str, np.ndarray]:
    """Learn a world.

    Returns:
        `evidence` [look, kind, probe] nats; `recall` [measure, cue, probe]: log P of the object by
        the model and by perfect memory, nats.
    """
    of_world, of_weights, of_steps, of_probes = jax.random.split(
        jax.random.fold_in(jax.random.key(config.seed), number), 4
    )
    data = world(config, of_world)
    n_scenes = len(data.train.scene)
    brain = scene_brain(data.world, n_scenes)
    rows = annotated(brain, data.world, data.train, first_episode=0)
    n_probes = min(config.n_probes, n_scenes)
    probes = scene_probes(data.world, data.train, n_probes, key=of_probes)
    asked, looks = targets(brain, probes), []
    steps = {"n_steps": config.n_steps, "block": config.n_steps // config.n_looks}
    steps |= {"learning_rate": config.learning_rate, "key": of_steps}
    for now in learn_in_blocks(brain, brain.begin(key=of_weights), rows, **steps):
        found = evidence(brain, now.weights, asked)
        looks.append(np.asarray(found).reshape(len(KINDS), n_probes))
        report(1, f"world {number + 1}: {int(now.step)} steps")
    studied = jax.tree.map(lambda each: each[:n_probes], asked)
    logs = np.asarray(object_given(brain, now.weights, studied))
    return {
        "evidence": np.stack(looks),
        "recall": np.stack([logs, perfect(rows.targets, studied)]),
        "n_entities": len(brain.vocabulary.ids("entity")),
    }


def world(config: Config, key: Array) -> SceneData:
    """The scenes to learn: drawn, or read from a file."""
    if config.scenes:
        return load_scenes(config.scenes)
    design = replace(SceneWorld(), n_known=config.n_entities, n_train=config.n_scenes)
    return draw_scenes(design, key=key)


def targets(brain: TensorBrain, probes: SceneProbes) -> Targets:
    """Probes as global indices."""
    ids = {name: jnp.asarray(brain.vocabulary.ids(name)) for name in _GROUPS}
    subject, object_, predicate = probes.triples.T
    return Targets(
        ids["episode"][probes.scene],
        ids["entity"][subject],
        ids["entity"][object_],
        ids["predicate"][predicate],
    )


_GROUPS = ("episode", "entity", "predicate")


@eqx.filter_jit
def evidence(brain: TensorBrain, weights: Weights, asked: Targets) -> Float[Array, " probe"]:
    """log P(s, p, o | episode) - log P(s, p, o | semantic state), nats."""
    choices = brain.choices(weights, unary=())

    def one(triple: Targets) -> Float[Array, ""]:
        logs = [
            log_likelihood(
                brain.decode(weights, inputs, choices, picks("teacher"), targets=triple),
                choices,
                triple,
            ).sum()
            for inputs in (brain.remember(weights, jnp.asarray(triple.scene)), brain.know(weights))
        ]
        return logs[0] - logs[1]

    return jax.vmap(one)(asked)


@eqx.filter_jit
def object_given(brain: TensorBrain, weights: Weights, asked: Targets) -> Float[Array, "cue probe"]:
    """log P of the object given nothing, the subject, the episode, or both, nats.

    Without a subject, all subjects are summed over by their probability.
    """
    choices = brain.choices(weights, unary=())
    rivals = choices.subject.ids

    def table(inputs: Inputs) -> tuple[Float[Array, " s"], Float[Array, "s o"]]:
        def told(subject: Array) -> tuple[Array, Array]:
            how, triple = picks("none", subject="teacher"), Targets(subject=subject)
            found = brain.decode(weights, inputs, choices, how, targets=triple)
            return tuple(map(jax.nn.log_softmax, (found.subject.scores, found.object.scores)))

        subjects, objects = jax.vmap(told)(rivals)
        return subjects[0], objects

    def read(known: tuple[Array, Array], triple: Targets) -> tuple[Array, Array]:
        """Given nothing more, and given the subject."""
        column = known[1][:, jnp.argmax(rivals == triple.object)]
        marginal = jax.nn.logsumexp(known[0] + column)
        return marginal, column[jnp.argmax(rivals == triple.subject)]

    general = table(brain.know(weights))

    def one(triple: Targets) -> Float[Array, " cue"]:
        remembered = table(brain.remember(weights, jnp.asarray(triple.scene)))
        return jnp.stack([*read(general, triple), *read(remembered, triple)])

    return jax.lax.map(one, asked).T


def perfect(studied: Targets, asked: Targets) -> Float[np.ndarray, "cue probe"]:
    """log P of the object given each cue in the triples that were studied, each once, nats."""
    scene, subject, object_ = (np.asarray(each) for each in studied[:3])
    found = []
    for t, s, o in zip(*(np.asarray(each) for each in asked[:3]), strict=True):
        every = np.ones(len(scene), bool)
        given = (every, subject == s, scene == t, (scene == t) & (subject == s))
        found.append([np.log((object_[rows] == o).mean()) for rows in given])
    return np.array(found).T


# ---- measures ------------------------------------------------------------------------------------


def learning(config: Config, found: Float[np.ndarray, "world look kind probe"]) -> xr.Dataset:
    """Area under the ROC by foil and step: the probability that a target has more evidence."""
    values = np.moveaxis(areas(found), 1, 2)
    steps = (1 + np.arange(found.shape[1])) * (config.n_steps // config.n_looks)
    return mean_and_interval(values, {"world": None, "foil": list(FOILS), "step": steps}, "world")


def areas(found: Float[np.ndarray, "*x kind probe"]) -> Float[np.ndarray, "*x foil"]:
    """Area under the ROC of each kind of foils."""
    each = found.reshape(-1, *found.shape[-2:])
    values = [[float(auc(one[0], foils)) for foils in one[1:]] for one in each]
    return np.array(values).reshape(*found.shape[:-2], -1)


def rated(config: Config, found: Float[np.ndarray, "world kind probe"]) -> dict[str, xr.Dataset]:
    """ROCs of ratings of each kind of foils in each world, and signal detection fitted to them."""
    axes = {"world": None, "foil": list(FOILS)}
    counts = count(found)
    curve = recognition.roc(counts, corrected=True).transpose("subject", "criterion")
    fits = recognition.fit(counts)
    shape = found.shape[0], len(FOILS)
    criteria = axes | {"criterion": np.arange(1, N_RATINGS)}
    nodes = {
        name: mean_and_interval(each.values.reshape(*shape, -1), criteria, "world")
        for name, each in curve.items()
    }
    said_old = (found > 0).sum(axis=-1)
    n = found.shape[-1]
    hits = np.repeat(said_old[:, 0], len(FOILS))
    d_prime = recognition.sensitivity(hits, n, said_old[:, 1:].ravel(), n)["d_prime"]
    values = {"area": areas(found), "d_prime": d_prime.values.reshape(shape)}
    values |= {name: fits[name].values.reshape(shape) for name in ("d_a", "slope")}
    fitted = {name: mean_and_interval(each, axes, "world") for name, each in values.items()}
    return {"roc": _stacked(nodes, "rate"), "fitted": _stacked(fitted, "measure")}


def _stacked(parts: dict[str, xr.Dataset], name: str) -> xr.Dataset:
    return xr.concat(parts.values(), pd.Index(list(parts), name=name))


def count(found: Float[np.ndarray, "world kind probe"]) -> xr.Dataset:
    """Ratings of targets and of each kind of foils, by the sixths of all evidence in a world.

    Returns:
        Counts of a "subject" for each world and kind of foils, in that order.
    """
    rating, old, who = [], [], []
    for number, one in enumerate(found):
        ends = np.quantile(one, np.arange(1, N_RATINGS) / N_RATINGS)
        rates = 1 + np.digitize(one, ends)
        for k in range(len(FOILS)):
            rating += [rates[0], rates[1 + k]]
            old += [np.ones(len(rates[0]), bool), np.zeros(len(rates[0]), bool)]
            who.append(np.full(2 * len(rates[0]), number * len(FOILS) + k))
    return recognition.count_ratings(*map(np.concatenate, (rating, old, who)), N_RATINGS)


def recalled(logs: Float[np.ndarray, "world who cue probe"]) -> xr.Dataset:
    """Probability of the object by cue, and what the cue tells of it, bits; means over probes."""
    axes = {"world": None, "who": ["Tensor Brain", "perfect memory"], "cue": list(CUES)}
    bits = (logs - logs[:, :, :1]) / np.log(2)
    values = {"probability": np.exp(logs).mean(axis=-1), "bits": bits.mean(axis=-1)}
    each = {name: mean_and_interval(value, axes, "world") for name, value in values.items()}
    return _stacked(each, "measure")


def people(config: Config) -> dict[str, xr.Dataset]:
    """People rating pictures (Schwartz et al., 2005): mean ROC, and slopes of their zROCs."""
    trials = load_trials("schwartz2005")
    columns = (trials[name].values for name in ("rating", "old", "subject"))
    counts = recognition.count_ratings(*columns, N_RATINGS)
    slopes = recognition.fit(counts)["slope"].values
    low, high = interval(slopes, n_resamples=config.n_resamples)
    slope = {"mean": slopes.mean(), "low": low, "high": high}
    return {
        "people_roc": recognition.roc(counts, corrected=True).mean("subject"),
        "people_slope": xr.Dataset({name: float(each) for name, each in slope.items()}),
    }


# ---- results -------------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, with the node that it is of."""
    nodes = datasets(tree)
    nodes["people_slope"] = nodes["people_slope"].expand_dims(people=["schwartz2005"])
    return by_node(nodes.items())


EXPERIMENT = Experiment(
    name="triple_recognition",
    title="The Tensor Brain recognises triples of scenes, and recalls objects by their cues",
    presets={
        "quick": Config(),
        "paper": Config(n_entities=400, n_scenes=600, n_steps=6000, n_looks=12, n_probes=300),
    },
    run=run,
    plot=triple_recognition,
    numbers=numbers,
    models=("tensor_brain", "signal_detection"),
    people=("schwartz2005",),
    sources=(
        "Tresp et al. (2023)",
        "Schwartz et al. (2005)",
        "Mickes, Wixted & Wais (2007), quoted, not read",
    ),
    answers=(
        "Recognition by people: the zROC of 91 people who rated pictures (Schwartz et al., 2005), "
        "and the slope of .80 for which Mickes, Wixted & Wais (2007) are quoted, not read. Of "
        "Tresp et al. (2023), the model, no figure is answered."
    ),
    agrees=(
        "The more foils share with the scene, the harder they are to tell: areas are .91 for new "
        "(.89 to .94), .77 for re-paired and .58 for schema-consistent ones. Recall follows the "
        "information of the cue: P(o) is .004 with none, .009 by the subject, .018 by the scene."
    ),
    disagrees=(
        "The zROC is not people's: slopes are 1.55, 1.32 and 1.09, people's .63 (.61 to .66). "
        "Recall is far below perfect memory (.021 by scene and subject, of a possible .61), and "
        "the subject adds nothing to the scene (0.00 bits). People rated pictures, not triples; "
        "their cued recall was not looked at."
    ),
    cost={"quick": "a minute on one core", "paper": "seven minutes on one core"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
