"""The Tensor Brain of 2020: four layers, a linear state, and choices that overwrite it.

The shared layer q is linear, and the embedding of what was chosen takes its place; the working
memory h is sigmoidal and sees embedding and input together. An episode puts back what was in q in
each of three windows; semantic memory puts back one such trace that belongs to no episode.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.card import Card
from cogmem.models.index_layer import (
    ROLES,
    UNTOLD,
    Candidates,
    Choices,
    Decoded,
    Inputs,
    Order,
    Pick,
    Targets,
    Window,
    check_candidates,
    check_targets,
    check_weights,
    choices_of,
    measure,
    normal_weights,
)
from cogmem.models.parameters import check_sizes, check_values, parameter
from cogmem.models.vocabulary import Vocabulary

__all__ = ["CARD", "FourLayerBrain", "FourLayerWeights", "Sentence"]

CARD = Card(
    name="tensor_brain_2020",
    title="Tensor Brain (2020): four layers, linear state, overwriting",
    paper="Tresp, Sharifzadeh, Konopatzki & Ma (2020)",
    equations="the four-layer decoder: q := a_k after a choice; h = sig(V(a + x + m) + B h), the "
    "last term optional; m = W sig(B h); scores a_k . q; unary labels by the simple decoder",
    left_out="the VGG19 network and the images of VRD; consolidation into a second store; labels "
    "that follow from who is told: they are read from a region, and in memory from its trace",
    vectors="all states and contexts with and without the optional term, likelihood and joint of "
    "the reference file at 1e-10 (float64)",
    reproduced=(
        "as a sign, in generated scenes: working memory carries the predicate, 39.5 % right "
        "against 34.0 without it (best possible 60.2)",
        "an episode is decoded as it was perceived: 77 % of predicates that it told, subject and "
        "object given",
    ),
    not_reproduced=(
        "Table 1 of the paper: those images are not used",
        "with working memory choices of predicates get better, but their surprise rises",
    ),
    bibtex="""@misc{tresp2020tensor,
  author = {Tresp, Volker and Sharifzadeh, Sahand and Konopatzki, Dario and Ma, Yunpu},
  title = {The Tensor Brain: Semantic Decoding for Perception and Memory},
  year = {2020}, eprint = {2001.11027}, archivePrefix = {arXiv}
}""",
)


class FourLayerWeights(NamedTuple):
    """What the model learns.

    Attributes:
        embeddings: [index, state] A.
        to_context: [context, state] V.
        within_context: [context, context] B.
        from_context: [state, context] W.
        sensory: [state, feature] and sensory_bias: [state], from a region to its input.
        episodes: [episode, 3, state] a_t, for subject, object and predicate.
        semantic: [3, state] a bar.
        background: [3, state] the same, for facts that are not visual.
    """

    embeddings: Float[Array, "index state"]
    to_context: Float[Array, "context state"]
    within_context: Float[Array, "context context"]
    from_context: Float[Array, "state context"]
    sensory: Float[Array, "state feature"]
    sensory_bias: Float[Array, " state"]
    episodes: Float[Array, "episode 3 state"]
    semantic: Float[Array, "3 state"]
    background: Float[Array, "3 state"]


class Sentence(NamedTuple):
    """A triple, and what is left of it.

    Attributes:
        decoded: its windows; there is none of a scene.
        context: h after the predicate.
        state: q = W sig(B h), the embedding of the sentence, and what a next triple begins with.
    """

    decoded: Decoded
    context: Float[Array, " context"]
    state: Float[Array, " state"]


class FourLayerBrain(eqx.Module):
    """The model of 2020. Its numbers are chosen; what it learns is in `FourLayerWeights`.

    Attributes:
        vocabulary: with the groups "entity" and "predicate"; those of "episode" have traces.
        n_state, n_context, n_features: as in `TensorBrain`.
        skip: let h see the h before it directly (the optional term).
    """

    vocabulary: Vocabulary
    n_state: int = eqx.field(static=True, default=64)
    n_context: int = eqx.field(static=True, default=64)
    n_features: int = eqx.field(static=True, default=64)
    skip: bool = eqx.field(static=True, default=True)
    sharpness: float | Float[Array, ""] = parameter(
        1.0, (0, jnp.inf), start=(0.5, 4), meaning="inverse temperature", source="Tresp (2020)"
    )

    def __check_init__(self) -> None:
        check_values(self)
        self.vocabulary.ids("entity", "predicate")
        check_sizes(self, "n_state", "n_context", "n_features")

    @property
    def order(self) -> Order:
        """Subject, object, predicate."""
        return "sop"

    def begin(self, *, key: PRNGKeyArray) -> FourLayerWeights:
        """Random weights of variance 1 / inputs; no episodes and no semantic memory yet."""
        n, d, h, f = len(self.vocabulary), self.n_state, self.n_context, self.n_features
        a, v, b, w, s = jax.random.split(key, 5)
        return FourLayerWeights(
            embeddings=normal_weights(a, n, d),
            to_context=normal_weights(v, h, d),
            within_context=normal_weights(b, h, h),
            from_context=normal_weights(w, d, h),
            sensory=normal_weights(s, d, f),
            sensory_bias=jnp.zeros(d),
            episodes=jnp.zeros((len(self._episodes), 3, d)),
            semantic=jnp.zeros((3, d)),
            background=jnp.zeros((3, d)),
        )

    def candidates(self, weights: FourLayerWeights, ids: Int[Any, " k"]) -> Candidates:
        """Indices that compete, by their global numbers.

        Raises:
            InvalidValue: as `TensorBrain.candidates`.
        """
        check_weights(self.vocabulary, self.n_state, weights)
        check_candidates(self.vocabulary, ids)
        return self._candidates(weights, ids)

    def choices(
        self,
        weights: FourLayerWeights,
        *,
        concepts: bool = False,
        unary: tuple[str, ...] | None = None,
    ) -> Choices:
        """Who competes, as in `TensorBrain.choices`, but for the scene, which has no window.

        Raises:
            UnknownName: if there is no such group.
        """
        check_weights(self.vocabulary, self.n_state, weights)
        gather = partial(self._candidates, weights)
        return choices_of(self.vocabulary, gather, scenes=False, concepts=concepts, unary=unary)

    def _candidates(self, weights: FourLayerWeights, ids: Int[Any, " k"]) -> Candidates:
        embeddings = weights.embeddings[jnp.asarray(ids)]
        nothing = jnp.zeros_like(embeddings[:, 0])
        return Candidates(jnp.asarray(ids), embeddings, embeddings, nothing)

    @property
    def _episodes(self) -> Int[np.ndarray, " episode"]:
        words = self.vocabulary
        return words.ids("episode") if "episode" in words.names else np.zeros(0, int)

    # ---- sources ---------------------------------------------------------------------------------

    def sense(
        self, weights: FourLayerWeights, features: Float[Array, " feature"]
    ) -> Float[Array, " state"]:
        """What a region puts into the shared layer."""
        return weights.sensory @ features + weights.sensory_bias

    def perceive(self, weights: FourLayerWeights, regions: Float[Array, "4 feature"]) -> Inputs:
        """Inputs from the regions of scene (not used), subject, object and predicate."""
        return Inputs(*jax.vmap(self.sense, (None, 0))(weights, regions))

    def remember(self, weights: FourLayerWeights, episode: Int[Array, ""]) -> Inputs:
        """Inputs of episodic recall: the stored activations of all three windows.

        Args:
            weights: with the traces.
            episode: global index.

        Raises:
            InvalidValue: if it is no episode; not under `jax.jit`.
        """
        return self.imagine(weights.episodes[self._row(episode)])

    def _row(self, episode: Int[Array, ""]) -> Int[Array, ""]:
        known = self._episodes
        if not isinstance(episode, jax.core.Tracer) and not np.isin(episode, known).all():
            raise InvalidValue(
                f"the index {episode} is no episode; the vocabulary has {len(known)} in the group "
                "'episode', and `find` gives the index of a label."
            )
        return jnp.argmax(jnp.asarray(known) == episode)

    def write(
        self, weights: FourLayerWeights, episode: Int[Array, ""], seen: Inputs
    ) -> FourLayerWeights:
        """One-shot learning of an episode: its trace is what was put in. One row changes.

        Args:
            weights: before.
            episode: global index.
            seen: from `perceive`.

        Raises:
            InvalidValue: if it is no episode; not under `jax.jit`.
        """
        trace = jnp.stack([seen.subject, seen.object, seen.predicate])
        return weights._replace(episodes=weights.episodes.at[self._row(episode)].set(trace))

    def know(self, weights: FourLayerWeights) -> Inputs:
        """Inputs of semantic recall."""
        return self.imagine(weights.semantic)

    def imagine(self, trace: Float[Array, "3 state"]) -> Inputs:
        """Inputs from the activations of three windows."""
        return Inputs(jnp.zeros_like(trace[0]), *trace)

    # ---- decoding --------------------------------------------------------------------------------

    def pass_on(
        self, weights: FourLayerWeights, context: Float[Array, " context"]
    ) -> Float[Array, " state"]:
        """m = W sig(B h): what working memory adds to the next window."""
        return weights.from_context @ jax.nn.sigmoid(weights.within_context @ context)

    def read(
        self,
        weights: FourLayerWeights,
        inputs: Inputs,
        choices: Choices,
        how: Mapping[str, Pick],
        *,
        targets: Targets = UNTOLD,
        earlier: Float[Array, " state"] | None = None,
        key: PRNGKeyArray | None = None,
    ) -> Sentence:
        """One triple (section 4 of the paper), and what is left of it.

        Args:
            weights, inputs, choices, how, targets, key: as in `TensorBrain.decode`. What "none"
                chooses leaves the state as it is.
            earlier: `state` of the triple before, added to the input of the subject.

        Raises:
            InvalidValue: as `TensorBrain.decode`.
        """
        check_targets(self.vocabulary, targets, how)
        keys = [None] * 3 if key is None else jax.random.split(key, 3)
        context = jnp.zeros_like(weights.within_context[0])
        brought = jnp.zeros_like(inputs.subject) if earlier is None else earlier
        windows = {}
        for number, (role, own) in enumerate(zip(ROLES[1:], keys, strict=True)):
            sensed = getattr(inputs, role) + brought
            rivals = getattr(choices, role)
            scores = self.sharpness * rivals.scores(sensed)
            chosen, embedding = measure(
                scores, rivals, weights, how[role], target=getattr(targets, role), key=own
            )
            state = sensed if how[role] == "none" else embedding
            unary = self._labels(role, getattr(inputs, role), choices)
            windows[role] = Window(sensed, scores, chosen, state, context, unary)
            # Working memory sees what was chosen beside the input, not in its place.
            driven = weights.to_context @ (embedding + sensed)
            before = weights.within_context @ context if self.skip and number else 0.0
            context = jax.nn.sigmoid(driven + before)
            brought = self.pass_on(weights, context)
        return Sentence(Decoded(scene=None, **windows), context, brought)

    def _labels(self, role: str, sensed: Array, choices: Choices) -> dict[str, Float[Array, " k"]]:
        """The simple decoder: labels of a region by itself, without working memory."""
        if role == "predicate":
            return {}
        return {k: self.sharpness * each.scores(sensed) for k, each in choices.unary.items()}

    def decode(
        self,
        weights: FourLayerWeights,
        inputs: Inputs,
        choices: Choices,
        how: Mapping[str, Pick],
        *,
        targets: Targets = UNTOLD,
        key: PRNGKeyArray | None = None,
    ) -> Decoded:
        """The windows of `read`, which says what the arguments are."""
        return self.read(weights, inputs, choices, how, targets=targets, key=key).decoded
