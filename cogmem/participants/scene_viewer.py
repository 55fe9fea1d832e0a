"""A Tensor Brain before generated scenes: its vocabulary, its lessons, and what it answers.

The same rows serve as perception (regions are looked at), as episodes (the embedding of the scene's
index is put back) and as general knowledge (the semantic state is).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.measures.link_prediction import tie_ranks
from cogmem.models.four_layer_brain import FourLayerBrain, FourLayerWeights
from cogmem.models.index_layer import (
    Candidates,
    Choices,
    Decoded,
    Inputs,
    Pick,
    Targets,
    log_probability,
    picks,
)
from cogmem.models.parameters import check_choice
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.models.vocabulary import Vocabulary
from cogmem.tasks.scenes import GROUPS, Pairs, Scenes, World, labels, pairs

__all__ = [
    "Answers",
    "Source",
    "annotated",
    "answers",
    "proportions",
    "scene_brain",
    "source_of",
    "subject_states",
]

Source = Literal["perception", "episodic", "semantic", "mean of episodes"]
"""What is put into the decoder; the last is the mean of all episodes' embeddings."""


def scene_brain(world: World, n_episodes: int, **options: Any) -> TensorBrain:
    """A brain with an index for each episode, known entity, label and predicate of a world.

    Args:
        world: whose labels it knows; novel entities have no index.
        n_episodes: episodes that there is room for.
        options: as in `TensorBrain`.
    """
    names = labels(world)
    groups: dict[str, Sequence[str]] = {"episode": [f"episode {i}" for i in range(n_episodes)]}
    groups |= {"entity": names["entity"][: world.n_known]}
    groups |= {name: names[name] for name in (*GROUPS, "predicate")}
    sizes = {"n_features": world.design.n_features} | options
    return TensorBrain(Vocabulary.of(groups), **sizes)


def annotated(
    brain: TensorBrain | FourLayerBrain,
    world: World,
    scenes: Scenes | Pairs,
    *,
    first_episode: int | None = None,
) -> Annotated:
    """Every related pair of some scenes as a row to learn or to be tested on.

    Args:
        brain: from `scene_brain`, or with the same vocabulary.
        world: of the scenes.
        scenes: as they are, or as rows.
        first_episode: which episode the first scene is, the others following; None for test scenes,
            which are no episodes.

    Raises:
        InvalidValue: if there is no room for so many episodes.
    """
    rows = pairs(world, scenes) if isinstance(scenes, Scenes) else scenes
    words = brain.vocabulary
    episode = np.full(len(rows.scene), -1)
    if first_episode is not None:
        episode = _ids(words, "episode", np.asarray(rows.scene) + first_episode)
    who = [np.asarray(each) for each in (rows.subject, rows.object)]
    known = [
        np.where(each < world.n_known, _ids(words, "entity", each % world.n_known), -1)
        for each in who
    ]
    targets = [episode, *known, _ids(words, "predicate", rows.predicate)]
    columns = np.moveaxis(np.asarray(rows.labels), -1, 0)
    return Annotated(
        jnp.asarray(rows.regions),
        Targets(*(jnp.asarray(each) for each in targets)),
        {k: jnp.asarray(_ids(words, k, v)) for k, v in zip(GROUPS, columns, strict=True)},
    )


def _ids(words: Vocabulary, group: str, local: Any) -> Any:
    ids, given = words.ids(group), np.asarray(local)
    outside = given[(given < 0) | (given >= len(ids))]
    if outside.size:
        raise InvalidValue(
            f"{group} {outside[0]} was given; the vocabulary has {len(ids)}, from 0."
        )
    return ids[given]


class Answers(NamedTuple):
    """What a brain says of each row; NaN where the truth has no index.

    Attributes:
        entity: [row, 2] whether subject and object were recognised.
        labels: [row, 2] whether the label is right, by group.
        rank: [row] of the true predicate, 1 the best; ties share their mean rank.
        surprise: [row] -log P of the true predicate, nats.
    """

    entity: Float[Array, "row 2"]
    labels: dict[str, Float[Array, "row 2"]]
    rank: Float[Array, " row"]
    surprise: Float[Array, " row"]


def source_of(
    brain: Any, weights: Weights | FourLayerWeights, source: Source, example: Annotated
) -> Inputs:
    """What is put into the decoder for one row; the mean of episodes is for the model of 2023."""
    check_choice("source", source, Source)
    if source == "perception":
        return brain.perceive(weights, example.regions)
    if source == "episodic":
        return brain.remember(weights, jnp.asarray(example.targets.scene))
    if source == "semantic":
        return brain.know(weights)
    return brain.imagine(weights.embeddings[brain.vocabulary.ids("episode")].mean(axis=0))


def answers(
    brain: Any,
    weights: Weights | FourLayerWeights,
    examples: Annotated,
    how: Mapping[str, Pick] | Pick = "attention",
    *,
    source: Source = "perception",
    choices: Choices | None = None,
    key: PRNGKeyArray | None = None,
) -> Answers:
    """Decode every row, and compare with what is true.

    Args:
        brain, weights: who answers, of either model.
        examples: [row] from `annotated`.
        how: way to choose, for all windows or each; "teacher" tells the true subject and object.
        source: from where.
        choices: who competes; entities if not given.
        key: where choices are drawn.

    Raises:
        UnknownName: if there is no such source, or way to choose.
        InvalidValue: if an episode is to be recalled, or an entity told, that has no index; not
            under `jax.jit`.
    """
    check_choice("source", source, Source)
    ways = picks(how) if isinstance(how, str) else how
    needed = {"scene"} if source == "episodic" else set()
    for role in needed | {role for role, way in ways.items() if way == "teacher"}:
        brain.vocabulary.check(getattr(examples.targets, role), f"what is told of the {role}")
    # Names would compile anew for every world; numbers are the same in worlds of one size.
    nameless = replace(brain, vocabulary=brain.vocabulary.nameless)
    return _answers(nameless, weights, examples, ways, source, choices, key)


@eqx.filter_jit
def _answers(
    brain: Any,
    weights: Weights | FourLayerWeights,
    examples: Annotated,
    ways: Mapping[str, Pick],
    source: Source,
    choices: Choices | None,
    key: PRNGKeyArray | None,
) -> Answers:
    rivals = brain.choices(weights) if choices is None else choices
    keys = None if key is None else jax.random.split(key, len(examples.regions))

    def one(example: Annotated, key: PRNGKeyArray | None) -> Answers:
        inputs = source_of(brain, weights, source, example)
        found = brain.decode(weights, inputs, rivals, ways, targets=example.targets, key=key)
        return _compare(found, rivals, example)

    return jax.vmap(one, (0, None if keys is None else 0))(examples, keys)


def _compare(found: Decoded, rivals: Choices, example: Annotated) -> Answers:
    told, windows = example.targets, (found.subject, found.object)
    entity = [
        _right(window.scores, rivals.subject, target)
        for window, target in zip(windows, (told.subject, told.object), strict=True)
    ]
    of_labels = {
        name: jnp.stack(
            [
                _right(window.unary[name], rivals.unary[name], target)
                for window, target in zip(windows, example.labels[name], strict=True)
            ]
        )
        for name in rivals.unary
    }
    scores, own = found.predicate.scores, rivals.predicate.ids == told.predicate
    rank = tie_ranks(scores[None], jnp.argmax(own)[None], jnp.ones_like(own)[None])[0]
    surprise = -log_probability(scores, rivals.predicate, told.predicate)
    rank, surprise = (jnp.where(own.any(), each, jnp.nan) for each in (rank, surprise))
    return Answers(jnp.stack(entity), of_labels, rank, surprise)


def _right(scores: Array, rivals: Candidates, target: Any) -> Float[Array, ""]:
    right = rivals.ids[jnp.argmax(scores)] == target
    return jnp.where(jnp.asarray(target) >= 0, right.astype(scores.dtype), jnp.nan)


def proportions(found: Answers) -> dict[str, float]:
    """Shares of right answers, subject and object averaged, and the predicate's measures.

    Returns:
        "entity", each group of labels, "predicate @1" and "@3", and "predicate surprise", nats,
        over the rows whose truth has an index; NaN if none has.
    """
    rank = np.asarray(found.rank)
    known = ~np.isnan(rank)
    values = {"entity": _share(found.entity)}
    values |= {name: _share(each) for name, each in found.labels.items()}
    values |= {f"predicate @{k}": _share(rank[known] <= k) for k in (1, 3)}
    return values | {"predicate surprise": _share(np.asarray(found.surprise)[known], skip=False)}


def _share(each: Any, *, skip: bool = True) -> float:
    """The mean; of what is not NaN, unless that is a fault and not a gap."""
    values = np.asarray(each, float).ravel()
    values = values[~np.isnan(values)] if skip else values
    return float(values.mean()) if values.size else np.nan


@eqx.filter_jit
def subject_states(
    brain: Any,
    weights: Weights | FourLayerWeights,
    regions: Float[Array, "row 4 feature"],
    how: Pick,
) -> Float[Array, "row state"]:
    """q in the window of the subject of every row that is seen, after feedback.

    Args:
        brain, weights: who looks, of either model.
        regions: of scene, subject, object and predicate.
        how: way to choose; with "none", q is as it was before.
    """
    choices = brain.choices(weights, unary=())

    def one(seen: Float[Array, "4 feature"]) -> Float[Array, " state"]:
        inputs = brain.perceive(weights, seen)
        return brain.decode(weights, inputs, choices, picks(how)).subject.after

    return jax.vmap(one)(regions)
