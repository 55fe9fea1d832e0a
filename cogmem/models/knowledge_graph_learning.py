"""How graphs are learnt, by factorisations and by any other model that scores all triples.

Each fact is asked twice, for its object and for its subject, and all entities compete for the
answer: softmax cross-entropy, the inverse of a predicate being a predicate of its own (Lacroix,
Usunier & Obozinski, 2018, ICML). Adam over shuffled batches; the whole of learning is one compiled
program, and what is kept is the state after the epoch at which validation went best.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.knowledge_graph import Both, Embeddings, GraphModel
from cogmem.models.parameters import check_choice, check_values, parameter

__all__ = [
    "MOST_DROPOUT",
    "Course",
    "Decay",
    "FactorLearner",
    "GraphLearner",
    "Learnt",
    "Penalty",
    "Training",
    "check_facts",
    "dropped_out",
    "learn_graph",
]

Penalty = Literal["L2", "N3"]
"""Sum of squares of embeddings, or of the cubes of their sizes (Lacroix et al., 2018)."""

Decay = Literal["constant", "cosine"]
"""Whether the learning rate stays, or falls to 0 along half a cosine."""

MOST_DROPOUT = 0.99
"""With 1, nothing would be left, and nothing to divide by."""

_LACROIX = "Lacroix et al. (2018)"


class GraphLearner(Protocol):
    """Who learns a graph: an `equinox.Module` with these three methods, and its sizes."""

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of entities and of predicates."""
        ...

    def begin(self, *, key: PRNGKeyArray) -> Any:
        """What is known before anything was learnt."""
        ...

    def loss(self, weights: Any, fact: Int[Array, 3], *, key: PRNGKeyArray) -> Float[Array, ""]:
        """Of one fact (subject, predicate, object), nats."""
        ...

    def every(self, weights: Any) -> Both:
        """Scores of all triples."""
        ...


class FactorLearner(eqx.Module):
    """A factorisation that learns by softmax over all entities.

    Attributes:
        model: the scorer.
        dropout: share of the numbers of the embedding asked with that are left out.
        penalty: strength of the penalty on the embeddings of a fact.
        power: which penalty.
    """

    model: GraphModel
    dropout: float | Float[Array, ""] = parameter(
        0.3,
        (0, MOST_DROPOUT),
        meaning="share of numbers left out",
        source="Balazevic et al. (2019)",
    )
    penalty: float | Float[Array, ""] = parameter(
        0.0, (0, np.inf), start=(0, 1), meaning="strength of the penalty", source=_LACROIX
    )
    power: Penalty = eqx.field(static=True, default="N3")

    def __check_init__(self) -> None:
        check_values(self)
        check_choice("penalty", self.power, Penalty)

    @property
    def sizes(self) -> tuple[int, int]:
        """Of the model."""
        return self.model.n_entities, self.model.n_predicates

    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Of the model."""
        return self.model.begin(key=key)

    def every(self, weights: Embeddings) -> Both:
        """Of the model."""
        return self.model.every(weights)

    def loss(
        self, weights: Embeddings, fact: Int[Array, 3], *, key: PRNGKeyArray
    ) -> Float[Array, ""]:
        """-log P(o | s, p) and -log P(s | p, o), their mean, and the penalty; nats.

        Args:
            weights: what is known.
            fact: subject, predicate, object.
            key: of what is left out.

        Raises:
            InvalidValue: if the graph has no such fact; a traced one is not looked at.
        """
        check_facts(fact[None], *self.sizes)
        s, p, o = fact
        forward, backward = jax.random.split(key)
        asked = dropped_out(weights.entities[s], self.dropout, key=forward)
        objects = jax.nn.log_softmax(self.model.continuations(weights, asked, p))
        asked = dropped_out(weights.entities[o], self.dropout, key=backward)
        subjects = jax.nn.log_softmax(self.model.antecedents(weights, p, asked))
        return -(objects[o] + subjects[s]) / 2 + self.penalty * self._size(weights, fact)

    def _size(self, weights: Embeddings, fact: Int[Array, 3]) -> Float[Array, ""]:
        """Of the embeddings that a fact uses, both predicates if they are reciprocal."""
        s, p, o = fact
        used = [weights.entities[s], weights.entities[o], weights.predicates[p]]
        if self.model.reciprocal:
            used.append(weights.predicates[p + self.model.n_predicates])
        half = {"L2": 1.0, "N3": 1.5}[self.power]
        sizes = [(self.model.squares(each) ** half).sum() for each in used]
        return jnp.stack(sizes).sum()


class Training(eqx.Module):
    """How long and how fast.

    Attributes:
        learning_rate: of Adam.
        batch_size: facts of a step; each is asked in both directions.
        n_epochs: at most.
        check_every: epochs from one validation to the next.
        decay: of the learning rate.
    """

    learning_rate: float | Float[Array, ""] = parameter(
        0.02, (0, 10), meaning="learning rate of Adam", source="cogmem"
    )
    batch_size: int = eqx.field(static=True, default=256)
    n_epochs: int = eqx.field(static=True, default=100)
    check_every: int = eqx.field(static=True, default=5)
    decay: Decay = eqx.field(static=True, default="constant")

    def __check_init__(self) -> None:
        check_values(self)
        check_choice("decay", self.decay, Decay)
        if self.batch_size < 1 or self.check_every < 1 or self.n_epochs < self.check_every:
            raise InvalidValue(
                f"batch_size is {self.batch_size}, check_every {self.check_every} and n_epochs "
                f"{self.n_epochs}; expected 1 or more, and no fewer epochs than check_every."
            )
        if self.n_epochs % self.check_every:
            raise InvalidValue(
                f"{self.n_epochs} epochs cannot be checked every {self.check_every}; choose a "
                "multiple."
            )

    def optimiser(self, n_steps: int) -> optax.GradientTransformation:
        """Adam, whose rate goes its way in so many steps."""
        rate: Any = self.learning_rate
        if self.decay == "cosine":
            rate = optax.cosine_decay_schedule(rate, n_steps)
        return optax.adam(rate)


class Course(NamedTuple):
    """How learning went.

    Attributes:
        loss: [epoch] mean over facts, each before its step, nats.
        epoch: [check] epochs done.
        validation: [check] what `validate` said then.
    """

    loss: Float[Array, " epoch"]
    epoch: Int[Array, " check"]
    validation: Float[Array, " check"]


class Learnt(NamedTuple):
    """What is kept.

    Attributes:
        weights: after the epoch at which validation was highest; the first of equal ones.
        epoch: that epoch; 0 if no epoch had a number.
        validation: its value.
        course: of all epochs.
    """

    weights: Any
    epoch: Int[Array, ""]
    validation: Float[Array, ""]
    course: Course


class _Progress(NamedTuple):
    weights: Any
    moments: optax.OptState


def dropped_out(
    values: Float[Array, "*shape"], share: Float[Any, ""], *, key: PRNGKeyArray
) -> Float[Array, "*shape"]:
    """Some numbers set to 0, the others larger, so that the mean stays (Srivastava et al., 2014).

    Args:
        values: any numbers.
        share: of them that is left out on average, from 0 to below 1.
        key: of which.
    """
    kept = jax.random.bernoulli(key, 1 - share, values.shape)
    return jnp.where(kept, values / (1 - share), 0)


def learn_graph(
    learner: Any,
    training: Training,
    facts: Int[Any, "fact 3"],
    validate: Callable[[Both], Float[Array, ""]],
    *,
    key: PRNGKeyArray,
) -> Learnt:
    """Learn facts from the beginning, in one compiled program.

    Args:
        learner: a `GraphLearner`.
        training: how long and how fast.
        facts: (subject, predicate, object), numbers from 0.
        validate: scores of all triples -> how good they are, higher is better; a pytree, such as
            `jax.tree_util.Partial`, so that it is compiled once. See
            `cogmem.measures.link_prediction.validation`.
        key: of the beginning, of orders and of what is left out.

    Raises:
        InvalidValue: if facts are none, or no triples, or not of the learner's graph; see
            `check_facts`.
    """
    check_facts(facts, *learner.sizes)
    if not len(facts):
        raise InvalidValue("there are no facts to learn; give one or more.")
    return _learn(learner, training, jnp.asarray(facts), validate, key)


@eqx.filter_jit
def _learn(
    learner: Any,
    training: Training,
    facts: Int[Array, "fact 3"],
    validate: Callable[[Both], Float[Array, ""]],
    key: PRNGKeyArray,
) -> Learnt:
    first, rest = jax.random.split(key)
    n_batches = -(-len(facts) // min(training.batch_size, len(facts)))
    adam = training.optimiser(training.n_epochs * n_batches)

    def epoch(now: _Progress, key: PRNGKeyArray) -> tuple[_Progress, Float[Array, ""]]:
        return _epoch(learner, adam, facts, n_batches, now, key)

    def check(carry: Any, keys: Any) -> tuple[Any, Any]:
        now, best, most, at, done = carry
        now, losses = jax.lax.scan(epoch, now, keys)
        found, done = validate(learner.every(now.weights)), done + training.check_every
        better = found > most
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), now.weights, best)
        kept = (best, jnp.where(better, found, most), jnp.where(better, done, at))
        return (now, *kept, done), (losses, done, found)

    weights = learner.begin(key=first)
    least = jnp.asarray(-jnp.inf, jax.eval_shape(validate, learner.every(weights)).dtype)
    keys = jax.random.split(rest, (training.n_epochs // training.check_every, training.check_every))
    start = (_Progress(weights, adam.init(weights)), weights, least, jnp.asarray(0), jnp.asarray(0))
    (_, best, most, at, _), (losses, when, found) = jax.lax.scan(check, start, keys)
    return Learnt(best, at, most, Course(losses.ravel(), when, found))


def _epoch(
    learner: Any,
    adam: optax.GradientTransformation,
    facts: Int[Array, "fact 3"],
    n_batches: int,
    now: _Progress,
    key: PRNGKeyArray,
) -> tuple[_Progress, Float[Array, ""]]:
    """All facts once, in random order; the last batch may have fewer."""
    shuffle, rest = jax.random.split(key)
    size = -(-len(facts) // n_batches)
    order = jax.random.permutation(shuffle, len(facts))
    order = jnp.pad(order, (0, n_batches * size - len(facts)), constant_values=-1)

    def loss(weights: Any, chosen: Array, keys: Any) -> Float[Array, ""]:
        each = jax.vmap(lambda fact, key: learner.loss(weights, fact, key=key))(facts[chosen], keys)
        real = chosen >= 0
        return jnp.where(real, each, 0).sum() / real.sum(dtype=each.dtype)

    def step(now: _Progress, batch: Any) -> tuple[_Progress, Float[Array, ""]]:
        chosen, key = batch
        keys = jax.random.split(key, size)
        value, gradient = jax.value_and_grad(loss)(now.weights, chosen, keys)
        change, moments = adam.update(gradient, now.moments, now.weights)
        weights = optax.apply_updates(now.weights, change)
        return _Progress(weights, moments), value * (chosen >= 0).sum(dtype=value.dtype)

    batches = (order.reshape(n_batches, size), jax.random.split(rest, n_batches))
    now, losses = jax.lax.scan(step, now, batches)
    return now, losses.sum() / len(facts)


def check_facts(facts: Int[Any, "fact 3"], n_entities: int, n_predicates: int) -> None:
    """Refuse triples of numbers that a graph does not have.

    Args:
        facts: (subject, predicate, object); of traced ones only shape and type are looked at.
        n_entities, n_predicates: of the graph.

    Raises:
        InvalidValue: if they are no whole numbers [fact, 3]; naming the first fact that is out of
            range.
    """
    traced = isinstance(facts, jax.core.Tracer)
    given = facts if traced else np.asarray(facts)
    if given.ndim != 2 or given.shape[1] != 3 or given.dtype.kind not in "iu":
        raise InvalidValue(
            f"facts are {given.dtype} of shape {given.shape}, expected whole numbers [fact, 3]."
        )
    if not traced:
        _check_range(given, n_entities, n_predicates)


def _check_range(given: Int[np.ndarray, "fact 3"], n_entities: int, n_predicates: int) -> None:
    most = np.array([n_entities, n_predicates, n_entities])
    wrong = ((given < 0) | (given >= most)).any(axis=1)
    if wrong.any():
        raise InvalidValue(
            f"the fact {given[wrong][0].tolist()} (subject, predicate, object) is out of a graph "
            f"of {n_entities} entities and {n_predicates} predicates, numbered from 0."
        )
