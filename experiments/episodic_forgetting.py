"""What does a Tensor Brain forget of episodes while it learns on, and is it traces that are lost?

Method. A Tensor Brain (D = H = 64) knows 400 entities of a generated world. It learns 300 scenes by
1,200 steps of Adam (5e-3, cosine; perception, episodic and semantic memory together), in which the
trace of an episode is at every step what a look at its scene leaves in the shared layer. Then 15
blocks of 20 new scenes follow. Each scene is written at one stroke, a_t = f(nu_T) (*raw*, the rule
of 2020), or sig(f(nu_T)) - 1/2 as long as entities' embeddings (*normalised*); then 30 steps (2e-3,
a new Adam for each block) are learnt on the block. *Replay*: in each step as many triples of
earlier episodes are learnt from their stored traces, without images. *Traces learn*: embeddings of
episodes, old and new, learn as all else does; otherwise they never change.

After every block all scenes so far are asked for. By (t): the share of a scene's four entities
among the four likeliest subjects. By (t, s): the object of a triple. By (t, s, o): the predicate,
and labels of both. Age is in blocks learnt since. Controls: recall with the trace of the scene met
next, which shows what is due to the block and not to the episode; recall from the semantic state at
the end of pretraining ("no trace"); the predicate guessed best when classes are known and nothing
of the episode is. A perfect memory would have every predicate right.

Loss of traces and drift of the decoder are separated (D). Drift: traces never change, the decoder
learns on. Frozen: the decoder stops after the block and later traces are written; earlier ones must
then decode alike to the last bit, which is counted, and the line is flat for that reason. Loss: the
decoder stops and noise adds up in traces, its variance in proportion to age, its standard deviation
after one block as given, in that of a trace's elements.

Recognition (E): a look with noise three times as large is compared with all traces (n_T), and
recent ones have an advantage, - lambda log(1 + age). The papers say that recent memories come by
similarity and recency and give no equation: lambda = 0 is theirs, the rest is an extension, in
which a gradient of recency is put in by hand.

Four laws are fitted to the counts of entities recalled by (t), all worlds together and each world.
The same scenes count at many ages, so that differences in AICc are far too sure. Form only is laid
beside Ebbinghaus's savings (F), each relative to its first test: a block is no time of day, savings
are no recall, and that people's first test came after 20 minutes and the model's at once has no
meaning. No claim is made about forgetting in minutes or days.

Outcome (paper preset, 6 worlds; 95 % intervals of means). One steep drop, and then a slow decline
towards a floor. Without replay raw traces give .213 (.206 to .219) of entities in the block just
learnt, .110 after one more, .083 after 5, .065 (.048 to .090) after 14; normalised ones .173, .081,
.058, .044. Writing alone gives .059: most of what is recalled at first was put into the decoder by
the 30 steps. The next scene's trace gives .063, .030, .022 and .015, and no trace .032: so part of
the first drop, but not all of it, is the block and not the episode that is forgotten; the trace
itself is worth .15 at first, and .05 to .08 thereafter.

None of it is loss of traces. They never change, and with the decoder frozen no score of any earlier
episode changed in any bit when later ones were written (T12). Noise takes a different course: no
drop, but a slow decline (with .5 from .213 to .138 after 14 blocks).

The law is in all conditions of drift a power law above an asymptote (Akaike weight 1.00 for all
worlds together, .98 or more as the mean of single worlds; next is the power law, 83 to 529 units of
AICc behind). By that law .29 to .35 of what was recalled at first is never lost. The asymptote
carries the fit, not the power law: with replay the exponent is about 4. For noise the logarithm
(raw) or the exponential (normalised) is best, with weights that single worlds do not bear out.
Beside savings, the model drops more steeply at first and then less.

Replay, in this stream, raises what was just learnt (.273 v. .213) and scenes of pretraining (.101
v. .075), but not the ages between (.092 v. .110 after one block, .074 v. .083 after 5, .075 v. .065
after 14); each old triple comes up once or twice in a block. It keeps labels of entities (.99 v.
.95 after 14 blocks). That traces learn on changes nothing much.

By (t, s) .06 of objects are right at first, .01 in the end (ceiling .61). By (t, s, o) predicates
are right at .29, then .24, where classes alone give .28: a look at a scene does not hold them, and
30 steps do not add them. Labels, .98 and .95, are semantic.

Recognition by similarity alone (normalised) is .52 for the last block, .35 for pretraining; lambda
= 2 makes it .76 and .09. Raw traces are recognised the worse the newer they are (.05 and .37 by
similarity alone); why was not looked into.

Run: `cogmem run episodic_forgetting`. Worlds that are stored are not done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.data import published
from cogmem.lab.artefacts import by_node, datasets
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures import retention
from cogmem.measures.decoding import set_recall
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.retention import LAWS
from cogmem.models.tensor_brain import Weights
from cogmem.participants.episode_recall import CUES, entity_scores, noisy_recall, recognised
from cogmem.participants.episodic_stream import (
    KINDS,
    EpisodicStream,
    Kind,
    learning_indices,
    n_changed_by_writing,
    practise,
    pretrained,
    with_traces,
)
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.plots.episodic_forgetting import episodic_forgetting
from cogmem.tasks.scenes import SceneWorld, draw_world, more_scenes, noisier

CONDITIONS = {
    "no replay": (False, False),
    "replay": (True, False),
    "traces learn": (False, True),
    "traces learn, replay": (True, True),
}
"""Whether activations are replayed, and whether traces learn on as all else does."""

NOISE = (0.25, 0.5, 1.0)
"""Added to traces per block, in standard deviations of their own elements."""

RECENCY = (0.0, 0.5, 2.0)
"""Strength of recency, lambda."""


@dataclass(frozen=True)
class Config:
    """How much is met, and how it is learnt."""

    n_known: int = setting(100, (8, 10_000), meaning="entities of the world")
    n_state: int = setting(64, (4, 4096), meaning="units of the shared layer, and of the context")
    n_before: int = setting(120, (1, 10_000), meaning="scenes of pretraining")
    n_blocks: int = setting(6, (2, 1000), meaning="blocks of the stream")
    n_per_block: int = setting(20, (1, 1000), meaning="scenes of a block")
    n_steps_before: int = setting(300, (1, 100_000), meaning="steps of pretraining")
    n_steps: int = setting(30, (1, 10_000), meaning="steps on a block")
    rate_before: float = setting(5e-3, (0.0, 1.0), meaning="learning rate of pretraining")
    rate: float = setting(2e-3, (0.0, 1.0), meaning="learning rate on a block")
    view_noise: float = setting(3.0, (1.0, 10.0), meaning="noise of a cue, in that of a view")
    n_seeds: int = setting(2, (2, 1000), meaning="worlds, each with a brain of its own")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")


def stream(config: Config, seed: int) -> EpisodicStream:
    """A world, all its scenes, and who meets them."""
    design = SceneWorld(n_known=config.n_known)
    world_key, key = jax.random.split(jax.random.key(seed))
    world = draw_world(design, key=world_key)
    n = config.n_before + config.n_blocks * config.n_per_block
    scenes = more_scenes(world, n, known=True, key=key)
    brain = scene_brain(world, n, n_state=config.n_state, n_context=config.n_state)
    return EpisodicStream(world, scenes, brain, annotated(brain, world, scenes, first_episode=0))


# ---- one stream ----------------------------------------------------------------------------------


def run(config: Config, session: Session) -> xr.DataTree:
    """All worlds; those that are stored already are not done again.

    Returns:
        Nodes `course` (kind, condition, cue, age), `before` (kind, condition, cue, when), `written`
        (kind), `decay` (kind, noise, age), `recency` (kind, strength, age): each with `mean`, `low`
        and `high`; `guides` (guide), `fit` (kind, course, law) and `people` (minutes). Attribute
        `n_changed`: scores that changed when later traces were written.
    """
    store = session.store("episodic_forgetting", config)
    report = session.begin(config.n_seeds * len(KINDS) * (2 + len(CONDITIONS)))
    with store.writing():
        table = store.table("worlds", _columns(config), config.n_seeds, 1)
        for place in range(config.n_seeds):
            if not table.done[place]:
                found = one_world(config, config.seed + place, report)
                table.write(slice(place, place + 1), {k: v[None] for k, v in found.items()})
    return _labelled(config, table.read())


def _columns(config: Config) -> dict[str, Column]:
    kinds, n = len(KINDS), config.n_blocks
    shapes: dict[str, tuple[int, ...]] = {
        "recalled": (kinds, len(CONDITIONS), n, len(CUES), n),
        "before": (kinds, len(CONDITIONS), 2, len(CUES)),
        "written": (kinds, n),
        "decay": (kinds, n, len(NOISE), n),
        "recency": (kinds, len(RECENCY), n + 1),
        "prior": (kinds,),
        "guides": (len(GUIDES),),
        "n_changed": (kinds,),
    }
    return {name: Column(shape, float) for name, shape in shapes.items()}


def one_world(config: Config, seed: int, report: Callable[[int, str], None]) -> dict[str, Any]:
    """Everything that is measured in one world, as in `_columns`."""
    met, key = stream(config, seed), jax.random.fold_in(jax.random.key(seed), 1)
    parts = [one_kind(config, met, kind, key, report) for kind in KINDS]
    found = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    return found | {"guides": guides(config, met)}


def one_kind(
    config: Config,
    met: EpisodicStream,
    kind: Kind,
    key: PRNGKeyArray,
    report: Callable[[int, str], None],
) -> dict[str, np.ndarray]:
    """Pretraining with one kind of trace, and the stream in all conditions."""
    begin, key = jax.random.split(key)
    how = {"n_steps": config.n_steps_before, "rate": config.rate_before}
    weights = pretrained(met, config.n_before, kind, **how, key=begin)
    report(1, f"{kind} traces, pretraining")
    parts = []
    for condition in CONDITIONS:
        parts.append(one_stream(config, met, weights, kind, condition, key))
        report(1, f"{kind} traces, {condition}")
    found = {name: np.stack([part[name] for part in parts]) for name in ("recalled", "before")}
    plain = {name: parts[0][name] for name in ("written", "decay", "n_changed")}
    after = parts[0]["weights"]
    prior = jax.vmap(set_recall, (None, 0))(
        entity_scores(met.brain, weights, weights.semantic), met.scenes.entities
    )
    report(1, f"{kind} traces, recency")
    recency = by_recency(config, met, after, jax.random.fold_in(key, 1))
    return found | plain | {"recency": recency, "prior": np.asarray(prior.mean())}


def one_stream(
    config: Config,
    met: EpisodicStream,
    weights: Weights,
    kind: Kind,
    condition: str,
    key: PRNGKeyArray,
) -> dict[str, Any]:
    """Block after block: traces written, practised, and all that was met so far recalled.

    Returns:
        `recalled` [after, cue, block], NaN for blocks to come; `before` [begin or end, cue] of the
        scenes of pretraining; `written` [block], set recall before practice; and for the condition
        without replay `decay` [block, noise, age] and `n_changed`; `weights` in the end.
    """
    brain, (replayed, traces) = met.brain, CONDITIONS[condition]
    plain, learns = not (replayed or traces), learning_indices(brain, traces=traces)
    rates, n = jnp.full(config.n_steps, config.rate), config.n_per_block
    recalled, written, decay, n_changed = [], [], [], 0
    before = [met.recalled(weights, 0, config.n_before).mean(axis=1)]
    for block in range(config.n_blocks):
        first = config.n_before + block * n
        own = jax.random.fold_in(key, block)
        weights = with_traces(brain, weights, met.looks(first, n), first, kind)
        written.append(_by_block(config, met, weights)[0, block])
        replay = met.earlier(first, config.n_before, key=own) if replayed else None
        rows = met.part(first, n)
        weights = practise(brain, weights, rows, rates, learns, replay=replay, kind=kind, key=own)
        known = np.arange(config.n_blocks) <= block
        recalled.append(np.where(known, _by_block(config, met, weights), np.nan))
        if plain:
            decay.append(decayed(config, met, weights, first, own))
            n_changed += n_changed_by_writing(met, weights, first, n, kind)
    before.append(met.recalled(weights, 0, config.n_before).mean(axis=1))
    found = {"recalled": recalled, "before": before, "written": written, "decay": decay}
    arrays = {name: np.asarray(each, float) for name, each in found.items()}
    return arrays | {"n_changed": np.asarray(float(n_changed)), "weights": weights}


def _by_block(
    config: Config, met: EpisodicStream, weights: Weights
) -> Float[np.ndarray, "cue block"]:
    n = config.n_blocks * config.n_per_block
    each = met.recalled(weights, config.n_before, n)
    return each.reshape(len(CUES), config.n_blocks, -1).mean(axis=2)


def decayed(
    config: Config, met: EpisodicStream, weights: Weights, first: int, key: PRNGKeyArray
) -> Float[np.ndarray, "noise age"]:
    """Set recall of the block just practised, as noise adds up in its traces and nothing else.

    The variance of noise is in proportion to age, as if some were added with each block.
    """
    episodes = slice(first, first + config.n_per_block)
    sd = np.outer(NOISE, np.sqrt(np.arange(config.n_blocks)))
    traces, entities = weights.embeddings[episodes], met.scenes.entities[episodes]
    each = noisy_recall(met.brain, weights, traces, entities, jnp.asarray(sd.ravel()), key=key)
    return np.asarray(each).reshape(sd.shape)


def by_recency(
    config: Config, met: EpisodicStream, weights: Weights, key: PRNGKeyArray
) -> Float[np.ndarray, "strength age"]:
    """Share of episodes recognised from noisy looks, by age; scenes of pretraining are the last."""
    block = np.arange(len(met.scenes.scene)) - config.n_before
    ages = np.where(block < 0, config.n_blocks, config.n_blocks - 1 - block // config.n_per_block)
    looks = noisier(met.scenes, config.view_noise, design=met.world.design, key=key).scene
    found = []
    for strength in RECENCY:
        right = recognised(met.brain, weights, looks, jnp.asarray(ages, float), strength)
        found.append(np.bincount(ages, np.asarray(right)) / np.bincount(ages))
    return np.stack(found)


GUIDES = ("entities, chance", "object, chance", "object, ceiling", "predicate, commonest")
GUIDES += ("predicate, classes known", "recognition, chance")


def guides(config: Config, met: EpisodicStream) -> Float[np.ndarray, " guide"]:
    """Chance and ceilings, in the order of `GUIDES`.

    A subject may have several objects in a scene, only one of which a row asks for. Predicates are
    guessed best as the commonest one, or, where classes are known but nothing of the episode is,
    as the likeliest by the world's own table with all geometries equally likely.
    """
    scenes, world = met.scenes, met.world
    p_class = np.asarray(world.p_class)
    table = np.asarray(world.predicates).mean(axis=2)
    subjects, predicates = np.asarray(scenes.subjects), np.asarray(scenes.predicates)
    guess = table.argmax(axis=-1)[p_class[subjects], p_class[np.asarray(scenes.objects)]]
    n_objects = [len(np.unique(row)) / len(row) for row in subjects]
    found = [
        scenes.entities.shape[1] / config.n_known,
        1 / config.n_known,
        np.mean(n_objects),
        np.bincount(predicates.ravel()).max() / predicates.size,
        np.mean(guess == predicates),
        1 / len(predicates),
    ]
    return np.asarray(found, float)


# ---- over worlds ---------------------------------------------------------------------------------


def by_age(recalled: Float[np.ndarray, "*x after block"]) -> Float[np.ndarray, "*x age"]:
    """Mean over blocks of the same age, 0 for the block practised last."""
    n = recalled.shape[-1]
    return np.stack(
        [np.diagonal(recalled, -age, -2, -1).mean(axis=-1) for age in range(n)], axis=-1
    )


def _labelled(config: Config, values: dict[str, np.ndarray]) -> xr.DataTree:
    kinds, ages = {"world": None, "kind": list(KINDS)}, {"age": np.arange(config.n_blocks)}
    conditions, cues = {"condition": list(CONDITIONS)}, {"cue": list(CUES)}
    course = by_age(values["recalled"].swapaxes(-3, -2))
    decay = values["decay"].mean(axis=2)
    older = {"age": np.arange(config.n_blocks + 1)}
    when, noise, strength = (
        {"when": ["begin", "end"]},
        {"noise": list(NOISE)},
        {"strength": list(RECENCY)},
    )
    shaped = {
        "course": (course, kinds | conditions | cues | ages),
        "before": (values["before"], kinds | conditions | when | cues),
        "written": (values["written"].mean(axis=2), kinds),
        "decay": (decay, kinds | noise | ages),
        "recency": (values["recency"], kinds | strength | older),
        "prior": (values["prior"], kinds),
        "guides": (values["guides"], {"world": None, "guide": list(GUIDES)}),
    }
    nodes = {
        name: mean_and_interval(each, axes, over="world") for name, (each, axes) in shaped.items()
    }
    nodes["fit"] = fits(config, course, decay)
    nodes["people"] = ebbinghaus()
    about = {"n_changed": float(values["n_changed"].sum()), "n_worlds": len(course)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


FITTED = ("exponential", "logarithm", "power", "power with asymptote")


def fits(config: Config, course: np.ndarray, decay: np.ndarray) -> xr.Dataset:
    """Laws fitted to the counts of entities recalled, of all worlds together and of each.

    Args:
        config: for the number of tests.
        course: [world, kind, condition, cue, age].
        decay: [world, kind, noise, age].

    Returns:
        (kind, course, law): `aicc` and `weight` of all worlds together, `rmse`; `weight_worlds`,
        the mean over worlds; `at_bound`; `estimate` (..., parameter); `fitted` (..., age).
    """
    n = config.n_blocks
    n_tested = 4 * config.n_per_block * (n - np.arange(n)[None]) * np.ones((len(course), 1))
    parts = []
    for at, _ in enumerate(KINDS):
        told = {name: course[:, at, i, 0] for i, name in enumerate(CONDITIONS)}
        told["noise"] = decay[:, at, 1]
        each = [
            _fit(values, 4 * config.n_per_block * n if k == "noise" else n_tested)
            for k, values in told.items()
        ]
        parts.append(xr.concat(each, pd.Index(list(told), name="course")))
    return xr.concat(parts, pd.Index(KINDS, name="kind"))


def _fit(shares: Float[np.ndarray, "world age"], n_tested: Any) -> xr.Dataset:
    tested = np.broadcast_to(n_tested, shares.shape)
    ages = np.arange(shares.shape[1])
    laws = {name: LAWS[name] for name in FITTED}
    fitted = retention.fit(
        ages, np.round(shares * tested), tested, laws=laws, leave_out=False
    ).rename(delay="age")
    group = fitted.sel(person=retention.GROUP, drop=True)
    each = fitted["weight"].drop_sel(person=retention.GROUP).mean("person")
    off = group["probability"] - xr.DataArray(shares.mean(axis=0), {"age": ages}, ("age",))
    kept = group[["aicc", "weight", "at_bound", "estimate"]]
    return kept.assign(
        weight_worlds=each, rmse=np.sqrt((off**2).mean("age")), fitted=group["probability"]
    )


def ebbinghaus() -> xr.Dataset:
    """Savings (minutes), proportions."""
    table = published("ebbinghaus1885")
    about = {"citation": str(table["source"][0])}
    values = {"savings": ("minutes", table["value"].to_numpy(float) / 100)}
    return xr.Dataset(values, {"minutes": table["minutes"].to_numpy(float)}, about)


# ---- figure --------------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, with the node that it is of."""
    nodes = datasets(tree)
    nodes["written"] = nodes["written"].assign(n_changed=tree.attrs["n_changed"])
    fit = nodes.pop("fit")
    parts = [*nodes.items(), ("fit", fit.drop_dims(["parameter", "age"]))]
    parts += [("fit", fit[["estimate"]]), ("fit", fit[["fitted"]])]
    return by_node(parts)


def plot(tree: xr.DataTree) -> Figure:
    """Six panels."""
    return episodic_forgetting(datasets(tree), tree.attrs)


EXPERIMENT = Experiment(
    name="episodic_forgetting",
    title="What a Tensor Brain forgets of episodes while it learns on, and why",
    presets={
        "quick": Config(),
        "paper": Config(n_known=400, n_before=300, n_blocks=15, n_steps_before=1200, n_seeds=6),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    people=("ebbinghaus1885",),
    models=("tensor_brain", "retention"),
    sources=("Tresp et al. (2023)", "Ebbinghaus (1885)", "Wixted & Ebbesen (1991)"),
    answers=(
        "The claim of the Tensor Brain (Tresp et al., 2023) that an episode's trace is written at"
        " one stroke and kept, and, in form only, the forgetting curves of Ebbinghaus (1885) and "
        "the power law of Wixted & Ebbesen (1991)."
    ),
    agrees=(
        "Traces are kept: with the decoder frozen no score changes in any bit. What is lost is "
        "lost as the decoder learns on: .213 of entities in the block just learnt, .110 one block"
        " later, .065 after 14, a power law above an asymptote."
    ),
    disagrees=(
        "Writing alone gives .059: most of what is recalled at first was learnt in 30 steps. The "
        "asymptote, not the power law, carries the fit; the drop is steeper than people's "
        "savings, and blocks are no hours. Replay does not help the ages between, and recency in "
        "recognition has to be put in by hand."
    ),
    cost={
        "quick": "a minute and a half on 1 core, most of it compilation",
        "paper": "ten minutes on 1 core of a busy machine",
    },
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
