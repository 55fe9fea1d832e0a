"""The Tensor Brain sits recognition, paired associates and fact verification.

It does not sit free recall, serial recall or change detection: nothing in it moves on from one
memory to the next, no index inhibits itself after it was chosen, and there is no end of recall. It
gives no reaction times, for it has no process of decision: what is made of its evidence is said by
whoever makes it (experiment `fan_effect`). Time without study changes nothing, as nothing decays.

What is added to the published model, so that it can study one thing after another:

- *recognition*: every item studied gets an index of its own at one stroke, the state that the item
  evokes, as long as other indices are (`write`, `normalised_trace`);
- *paired associates*, *facts*: everything studied so far is replayed, `steps` steps of Adam on all
  of it at each presentation. The paper's consolidation replays activations of past episodes; that
  it happens between presentations, and how often, is chosen here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.index_layer import Targets, picks
from cogmem.models.parameters import check_values, parameter
from cogmem.models.tensor_brain import Offset, TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import log_likelihood
from cogmem.models.tensor_brain_learning import normalised_trace, write
from cogmem.models.vocabulary import Vocabulary
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.roster import register
from cogmem.tasks.facts import Facts
from cogmem.tasks.paired_associates import PairedAssociates
from cogmem.tasks.paradigms import Recognition

__all__ = ["Lesson", "TensorBrainLearner", "Traces"]


class Lesson(eqx.Module):
    """What the Tensor Brain knows of triples that it studies, and what there is to study.

    Attributes:
        words: the vocabulary; part of the task, not of memory, like the next three.
        rows: [item, direction] global indices of the triples of each item that may be studied.
        questions: [candidate, direction] triples whose objects are asked for, as in `Facts`; or
            [item, 1] whose objects are to be found, as in pairs.
        answers: [response] global indices of what may be answered; none for facts.
        replayed: [item] how often it is replayed, relative to what was studied last; 0 if it was
            not studied yet.
        weights: what is known.
        optimiser: state of Adam.
    """

    words: Vocabulary
    rows: Targets
    questions: Targets
    answers: Int[Array, " response"]
    replayed: Float[Array, " item"]
    weights: Weights
    optimiser: Any


class Traces(eqx.Module):
    """Items that were met, each with an index of its own.

    Attributes:
        words: the vocabulary.
        features: [item, feature] what items look like; part of the task, not of memory.
        weights: what is known.
        n_written: how many indices are taken; when all are, the oldest is written anew.
    """

    words: Vocabulary
    features: Float[Array, "item feature"]
    weights: Weights
    n_written: Int[Array, ""]


class TensorBrainLearner(Participant):
    """A Tensor Brain that studies items one by one. See the top of the file for what it adds.

    *Recognition*: the familiarity of an item is the score of the episode that it resembles most,
    n_t = a_t . (sig(q) - 1/2), as the model tells new from known (centered offsets).

    *Paired associates*: stimulus and response are subject and object of a triple, the list is an
    episode; the evidence for a response is log P(response | list, stimulus). Symbols are learnt:
    similarity of items is not seen. A cue comes with its list.

    *Facts*: each is learnt in both directions, (person, is in, place) and (place, holds, person),
    in one episode; the evidence is log P(place | person) + log P(person | place), nats.

    Attributes:
        n_state, n_context: units of the shared layer and of the context.
        steps: of Adam at each presentation.
        learning_rate: of Adam, constant.
        kept: what a presentation leaves of the rate at which older items are replayed; with 1 all
            that was studied is replayed alike, with 0 only what is studied now.
    """

    learning_rate: float | Float[Array, ""] = parameter(
        0.01, (0, 1), start=(0.002, 0.05), meaning="learning rate of Adam", source="cogmem"
    )
    kept: float | Float[Array, ""] = parameter(
        1.0, (0, 1), start=(0.5, 1), meaning="replay of older items left", source="cogmem"
    )
    steps: int = eqx.field(static=True, default=10)
    n_state: int = eqx.field(static=True, default=32)
    n_context: int = eqx.field(static=True, default=32)

    paradigms: ClassVar[dict[str, str]] = {
        "recognition": "one-shot index for each item; familiarity is the best score",
        "paired associates": "gradient steps and replay at each presentation; lists are episodes",
        "fact verification": "gradient steps and replay at each presentation; no decision stage",
    }
    declines: ClassVar[dict[str, str]] = {
        "free recall": "nothing moves on from one memory to the next, nothing ends recall",
        "serial recall": "indices have no order in time",
        "retention": "nothing in it decays over time",
        "change detection": "a scene is decoded into labels, not compared",
        "updating": "an index is written once, not changed by sums",
    }
    # Sizes of both layers; gates of feedback (2), sharpness; steps, kept, learning rate and three
    # constants of Adam; the length of a trace.
    n_chosen: ClassVar[int] = 12

    def __check_init__(self) -> None:
        check_values(self)
        for name in ("steps", "n_state", "n_context"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} is {getattr(self, name)}, expected 1 or more.")

    def begin(
        self, lists: Recognition | PairedAssociates | Facts, *, key: PRNGKeyArray
    ) -> Lesson | Traces:
        """Random weights, and sight of the task.

        Raises:
            InvalidValue: for a task of another kind.
        """
        for kind, begun in self._beginnings.items():
            if isinstance(lists, kind):
                return begun(lists, key)
        known = ", ".join(kind.__name__ for kind in self._beginnings)
        raise InvalidValue(f"got a {type(lists).__name__}, expected one of {known}.")

    @property
    def _beginnings(self) -> dict[type, Callable[[Any, PRNGKeyArray], Lesson | Traces]]:
        return {
            Recognition: self._before_items,
            PairedAssociates: self._before_pairs,
            Facts: self._before_facts,
        }

    def _brain(
        self, words: Vocabulary, n_features: int = 1, offset: Offset = "direct"
    ) -> TensorBrain:
        return TensorBrain(words, self.n_state, self.n_context, n_features, offset)

    def study(self, state: Any, item: Int[Array, ""]) -> Any:
        """An index for the item, or steps of learning on all that was studied, this included."""
        return self._met(state, item) if isinstance(state, Traces) else self._learnt(state, item)

    def rest(self, state: Any, duration: Float[Array, ""] | float) -> Any:
        """The same: nothing decays, so that no claim about delays can be made."""
        return state

    def report(self, state: Any, item: Any) -> Any:
        """The same: tests teach nothing."""
        return state

    def evidence(self, state: Any, cue: Cue) -> Float[Array, " candidate"]:
        """Familiarity of items; log-probability of responses to a cue, or of probes as facts, nats.

        Raises:
            InvalidValue: if pairs are to be recalled without a cue.
        """
        if isinstance(state, Traces):
            return self._familiarity(state)
        if not len(state.answers):
            return self._verified(state)
        if cue is None:
            raise InvalidValue(
                "the Tensor Brain recalls pairs by a cue, and there is none: give the index of a "
                "pair."
            )
        return self._recalled(state, cue)

    # ---- triples ---------------------------------------------------------------------------------

    def _before_pairs(self, task: PairedAssociates, key: PRNGKeyArray) -> Lesson:
        n, m = len(task.stimuli), task.n_responses
        words = Vocabulary.of(
            {
                "episode": _named("list", n),  # every pair could be in a list of its own
                "entity": _named("stimulus", n) + _named("response", m),
                "predicate": ["goes with"],
            }
        )
        ids = {name: jnp.asarray(words.ids(name)) for name in words.names}
        stimuli, responses = ids["entity"][:n], ids["entity"][n:]
        predicate = jnp.broadcast_to(ids["predicate"], (n,))
        triples = (ids["episode"][task.lists], stimuli[task.stimuli], responses[task.responses])
        rows = Targets(*(each[:, None] for each in (*triples, predicate)))
        return self._fresh(words, rows, rows, responses, key)

    def _before_facts(self, task: Facts, key: PRNGKeyArray) -> Lesson:
        n_persons, n_places = len(task.person_fans), len(task.place_fans)
        words = Vocabulary.of(
            {
                "episode": ["study"],
                "entity": _named("person", n_persons) + _named("place", n_places),
                "predicate": ["is in", "holds"],
            }
        )
        first = words.ids("entity")[[0, n_persons]]
        both = words.ids("predicate")

        def rows(pairs: Int[Array, "fact 2"]) -> Targets:
            subject = pairs + jnp.asarray(first)[None]
            predicate = jnp.broadcast_to(jnp.asarray(both), subject.shape)
            episode = jnp.full(subject.shape, int(words.ids("episode")[0]))
            return Targets(episode, subject, subject[:, ::-1], predicate)

        return self._fresh(words, rows(task.facts), rows(task.probes), jnp.zeros(0, int), key)

    def _fresh(
        self,
        words: Vocabulary,
        rows: Targets,
        questions: Targets,
        answers: Array,
        key: PRNGKeyArray,
    ) -> Lesson:
        weights = self._brain(words).begin(key=key)
        nothing = jnp.zeros(len(jnp.asarray(rows.subject)))
        state = self._adam.init(weights)
        return Lesson(words, rows, questions, answers, nothing, weights, state)

    @property
    def _adam(self) -> optax.GradientTransformation:
        return optax.adam(self.learning_rate)

    def _learnt(self, state: Lesson, item: Int[Array, ""]) -> Lesson:
        replayed = (self.kept * state.replayed).at[item].set(1)

        def step(now: tuple[Weights, Any], _: None) -> tuple[tuple[Weights, Any], None]:
            weights, optimiser = now
            slope = jax.grad(lambda w: self._mean_surprise(state, w, replayed))(weights)
            updates, optimiser = self._adam.update(slope, optimiser, weights)
            return (optax.apply_updates(weights, updates), optimiser), None

        found, _ = jax.lax.scan(step, (state.weights, state.optimiser), None, self.steps)
        return replace(state, replayed=replayed, weights=found[0], optimiser=found[1])

    def surprise(self, state: Lesson) -> Float[Array, ""]:
        """-log P of a triple of the task, nats, mean over all: what learning lowers.

        Subject, object and predicate are counted, the object given the subject, the predicate given
        both; all in their episode, which is told. If n different triples of one episode are studied
        alike, the least possible is ln n.
        """
        return self._mean_surprise(state, state.weights, jnp.ones_like(state.replayed))

    def _mean_surprise(
        self, state: Lesson, weights: Weights, replayed: Float[Array, " item"]
    ) -> Float[Array, ""]:
        logs = self._logs(state.words, weights, state.rows).sum(axis=-1).mean(axis=-1)
        return -jnp.sum(replayed * logs) / replayed.sum()

    def _logs(
        self, words: Vocabulary, weights: Weights, rows: Targets
    ) -> Float[Array, "row direction 3"]:
        """log P of subject, object and predicate of triples, each given those before it."""
        brain = self._brain(words)
        choices = brain.choices(weights)

        def one(triple: Targets) -> Float[Array, 3]:
            inputs = brain.remember(weights, jnp.asarray(triple.scene))
            found = brain.decode(weights, inputs, choices, picks("teacher"), targets=triple)
            return log_likelihood(found, choices, triple)

        return jax.vmap(jax.vmap(one))(rows)

    def _verified(self, state: Lesson) -> Float[Array, " probe"]:
        """log P(place | person) + log P(person | place)."""
        return self._logs(state.words, state.weights, state.questions)[..., 1].sum(axis=-1)

    def _recalled(self, state: Lesson, cue: Int[Array, ""]) -> Float[Array, " response"]:
        brain, weights = self._brain(state.words), state.weights
        episode, *others = (jnp.asarray(each)[cue, 0] for each in state.questions)
        asked = Targets(episode, *others)
        rivals = brain.candidates(weights, state.answers)
        choices = brain.choices(weights)._replace(object=rivals)
        inputs = brain.remember(weights, episode)
        found = brain.decode(weights, inputs, choices, picks("teacher"), targets=asked)
        return jax.nn.log_softmax(found.object.scores)

    # ---- items -----------------------------------------------------------------------------------

    def _before_items(self, task: Recognition, key: PRNGKeyArray) -> Traces:
        room = max(1, len(task.studied))
        words = Vocabulary.of({"episode": _named("item", room), "entity": [], "predicate": []})
        features = task.features.astype(float)
        weights = self._brain(words, features.shape[-1]).begin(key=key)
        return Traces(words, features, weights, jnp.asarray(0))

    def _met(self, state: Traces, item: Int[Array, ""]) -> Traces:
        episodes = jnp.asarray(state.words.ids("episode"))
        q = self._seen(state)[item]
        trace = normalised_trace(state.weights, q, episodes)
        at = episodes[state.n_written % len(episodes)]
        weights = write(state.weights, at, trace)
        return replace(state, weights=weights, n_written=state.n_written + 1)

    def _seen(self, state: Traces) -> Float[Array, "item state"]:
        sense = self._brain(state.words, state.features.shape[-1]).sense
        return jax.vmap(sense, (None, 0))(state.weights, state.features)

    def _familiarity(self, state: Traces) -> Float[Array, " item"]:
        """0 if nothing was studied."""
        brain = self._brain(state.words, state.features.shape[-1], "centered")
        episodes = brain.candidates(state.weights, state.words.ids("episode"))
        scores = jax.vmap(episodes.scores)(jax.nn.sigmoid(self._seen(state)))
        written = jnp.arange(scores.shape[-1]) < state.n_written
        best = jnp.where(written[None], scores, -jnp.inf).max(axis=-1)
        return jnp.where(state.n_written > 0, best, 0)


def _named(what: str, n: int) -> list[str]:
    return [f"{what} {i}" for i in range(n)]


register("Tensor Brain", TensorBrainLearner())
