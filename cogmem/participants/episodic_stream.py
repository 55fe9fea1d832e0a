"""A Tensor Brain in a stream of scenes, each an episode: it is written, practised, and replayed.

    met = EpisodicStream(world, scenes, brain, annotated(brain, world, scenes, first_episode=0))
    weights = with_traces(brain, weights, met.looks(first, n), first, "raw")
    weights = practise(brain, weights, met.part(first, n), rates, learns, kind="raw", key=key)
    met.recalled(weights, 0, first + n)

What is recalled of it is in `episode_recall`.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_choice
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated, Lessons, loss, normalised_trace, write
from cogmem.participants.episode_recall import entity_scores, recall
from cogmem.tasks.scenes import Scenes, World

__all__ = [
    "KINDS",
    "EpisodicStream",
    "Kind",
    "learning_indices",
    "n_changed_by_writing",
    "practise",
    "pretrained",
    "trace",
    "with_traces",
]

Kind = Literal["raw", "normalised"]
"""What is written as the trace of an episode; see `trace`."""

KINDS: tuple[Kind, ...] = get_args(Kind)


class EpisodicStream(NamedTuple):
    """Scenes of one world, in the order in which they are met; each is an episode.

    Attributes:
        world: of the scenes.
        scenes: all that will be met, episode by episode.
        brain: with room for all, from `scene_brain`.
        rows: every related pair, scene by scene, from `annotated`.
    """

    world: World
    scenes: Scenes
    brain: TensorBrain
    rows: Annotated

    @property
    def n_each(self) -> int:
        """Related pairs of a scene: rows of an episode."""
        return self.scenes.predicates.shape[1]

    def part(self, first: int, n: int) -> Annotated:
        """Rows of n consecutive episodes."""
        own = slice(first * self.n_each, (first + n) * self.n_each)
        return jax.tree.map(lambda column: column[own], self.rows)

    def looks(self, first: int, n: int) -> Float[Array, "scene feature"]:
        """What is seen of n consecutive scenes as a whole."""
        return self.scenes.scene[first : first + n]

    def earlier(self, first: int, n: int, *, key: PRNGKeyArray) -> Annotated:
        """Rows of episodes before the first one, drawn with replacement.

        They are as many as those of n episodes however many there were, so that one compiled
        program serves the whole stream.
        """
        drawn = jax.random.randint(key, (n * self.n_each,), 0, first * self.n_each)
        return jax.tree.map(lambda column: column[drawn], self.rows)

    def recalled(self, weights: Weights, first: int, n: int) -> Float[np.ndarray, "cue scene"]:
        """`recall` of n consecutive episodes; proportions, in the order of `CUES`."""
        entities = self.scenes.entities[first : first + n]
        return np.asarray(recall(self.brain, weights, self.part(first, n), entities))


# ---- traces --------------------------------------------------------------------------------------


def trace(
    brain: TensorBrain, weights: Weights, look: Float[Array, " feature"], kind: Kind
) -> Float[Array, " state"]:
    """What a look at a scene leaves in the shared layer.

    "raw": f(nu) itself (Tresp et al., 2020). "normalised": sig(f(nu)) - 1/2, as long as entities'
    embeddings on average, see `normalised_trace`.

    Raises:
        UnknownName: if there is no such kind.
    """
    check_choice("kind of trace", kind, Kind)
    state = brain.sense(weights, look)
    entities = jnp.asarray(brain.vocabulary.ids("entity"))
    return state if kind == "raw" else normalised_trace(weights, state, entities)


def with_traces(
    brain: TensorBrain,
    weights: Weights,
    looks: Float[Array, "scene feature"],
    first: int,
    kind: Kind,
) -> Weights:
    """Weights with the traces of consecutive episodes written, each at one stroke.

    Args:
        brain, weights: who looks.
        looks: at the scenes.
        first: which episode the first one is, from 0.
        kind: of the traces.

    Raises:
        UnknownName: if there is no such kind.
        InvalidValue: if there is no room for so many episodes.
    """
    new = jax.vmap(trace, (None, None, 0, None))(brain, weights, looks, kind)
    return write(weights, _episodes(brain, first, len(looks)), new)


def _episodes(brain: TensorBrain, first: int, n: int) -> Array:
    ids = brain.vocabulary.ids("episode")
    if not 0 <= first <= first + n <= len(ids):
        raise InvalidValue(
            f"episodes {first} to {first + n - 1} were given; the vocabulary has {len(ids)}, from "
            "0. Leave room for all that will be met."
        )
    return jnp.asarray(ids[first : first + n])


def n_changed_by_writing(
    met: EpisodicStream, weights: Weights, first: int, n: int, kind: Kind
) -> int:
    """How many scores of some traces differ in any bit once all later traces are written.

    0 is expected (spec 10, T12): one row of the embeddings changes, and that row scores only in the
    window of the scene.

    Args:
        met: all scenes, those that come later among them.
        weights: with the traces of the episodes looked at.
        first, n: which these are.
        kind: of the later traces.
    """
    later = met.scenes.scene[first + n :]
    if not len(later):
        return 0
    own, after = _episodes(met.brain, first, n), first + n
    written = with_traces(met.brain, weights, later, after, kind)
    each = [np.asarray(_scores(met.brain, w, w.embeddings[own])) for w in (weights, written)]
    return int((each[0] != each[1]).sum())


_scores = eqx.filter_jit(jax.vmap(entity_scores, (None, None, 0)))


# ---- practice ------------------------------------------------------------------------------------


def learning_indices(brain: TensorBrain, *, traces: bool) -> Float[Array, " index"]:
    """1 for indices whose embeddings learn, 0 for others: traces, unless they learn as all else."""
    return jnp.ones(len(brain.vocabulary)).at[brain.vocabulary.ids("episode")].set(float(traces))


@eqx.filter_jit
def practise(
    brain: TensorBrain,
    weights: Weights,
    rows: Annotated,
    rates: Float[Array, " step"],
    learns: Float[Array, " index"],
    *,
    replay: Annotated | None = None,
    looks: Float[Array, "scene feature"] | None = None,
    kind: Kind,
    batch_size: int = 128,
    key: PRNGKeyArray,
) -> Weights:
    """Adam on batches of rows, all three modes, at a rate for each step; Adam begins anew.

    This is not `learn`, in which an embedding of an episode is a weight of its own. Here, with
    `looks`, it is in every step what the weights of that step make of the scene, and the gradient
    of recall passes through it to the sensory weights. Batches are drawn by other keys as well, so
    that not even without looks are both the same to the bit.

    Args:
        brain, weights: who learns.
        rows: of which batches are drawn, with replacement.
        rates: learning rates.
        learns: from `learning_indices`.
        replay: rows of earlier episodes, learnt from their traces alone.
        looks: if traces are to be what these leave at every step, from episode 0 on.
        kind: of such traces.
        batch_size: rows of a step, and as many of the replay.
        key: of the batches.

    Raises:
        UnknownName, InvalidValue: as `with_traces`.
    """
    optimiser = optax.scale_by_adam()

    def batch_loss(weights: Weights, key: PRNGKeyArray) -> Float[Array, ""]:
        if looks is not None:
            weights = with_traces(brain, weights, looks, 0, kind)
        new, old = jax.random.split(key)
        total = _mean_loss(brain, weights, Lessons(), rows, batch_size, new)
        if replay is not None:
            alone = Lessons(("episodic",))
            total += _mean_loss(brain, weights, alone, replay, batch_size, old)
        return total

    def step(now: Any, given: Any) -> tuple[Any, None]:
        weights, state = now
        rate, key = given
        updates, state = optimiser.update(jax.grad(batch_loss)(weights, key), state)
        updates = updates._replace(embeddings=updates.embeddings * learns[:, None])
        return (jax.tree.map(lambda w, u: w - rate * u, weights, updates), state), None

    keys = jax.random.split(key, len(rates))
    return jax.lax.scan(step, (weights, optimiser.init(weights)), (rates, keys))[0][0]


def _mean_loss(
    brain: TensorBrain,
    weights: Weights,
    lessons: Lessons,
    rows: Annotated,
    size: int,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    drawn = jax.random.randint(key, (size,), 0, len(rows.regions))
    batch, choices = jax.tree.map(lambda each: each[drawn], rows), brain.choices(weights)
    each = jax.vmap(lambda one: loss(brain, weights, choices, lessons, one, key=key))
    return each(batch).mean()


def pretrained(
    met: EpisodicStream, n: int, kind: Kind, *, n_steps: int, rate: float, key: PRNGKeyArray
) -> Weights:
    """Weights after the first episodes were learnt together, with their traces; others have 0.

    At every step of learning traces are what looks then leave, and so they are in the end.

    Args:
        met: the stream.
        n: episodes that are learnt.
        kind: of traces.
        n_steps: of learning.
        rate: of learning at first; it falls to 0 along a cosine.
        key: of the first weights and of the batches.

    Raises:
        UnknownName, InvalidValue: as `with_traces`.
    """
    brain, looks = met.brain, met.looks(0, n)
    begin, learning = jax.random.split(key)
    weights = brain.begin(key=begin)
    episodes = jnp.asarray(brain.vocabulary.ids("episode"))
    weights = write(weights, episodes, jnp.zeros((len(episodes), brain.n_state)))
    rates = jnp.asarray(optax.cosine_decay_schedule(rate, n_steps)(jnp.arange(n_steps)))
    rows, learns = met.part(0, n), learning_indices(brain, traces=False)
    how: dict[str, Any] = {"looks": looks, "kind": kind, "key": learning}
    return with_traces(brain, practise(brain, weights, rows, rates, learns, **how), looks, 0, kind)
