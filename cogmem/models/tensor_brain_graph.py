"""A Tensor Brain that learns a knowledge graph by heart, in semantic memory alone.

Facts are decoded from the semantic state, subject, object and predicate one after the other, and
the score of a triple is what the brain says of it: log P(s) + log P(o | s) + log P(p | s, o) (Tresp
et al., 2020, on semantic memory). It is trained as a generator of facts, not on the questions that
link prediction asks, and what two entities have to do with each other must travel through the
context.
"""

from __future__ import annotations

from types import SimpleNamespace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.index_layer import Targets, log_probability, picks
from cogmem.models.knowledge_graph import Both
from cogmem.models.knowledge_graph_learning import MOST_DROPOUT, check_facts, dropped_out
from cogmem.models.parameters import check_sizes, check_values, parameter
from cogmem.models.tensor_brain import Evolution, TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import log_joint
from cogmem.models.vocabulary import Vocabulary

__all__ = ["SemanticLearner", "graph_brain"]


def graph_brain(
    n_entities: int,
    n_predicates: int,
    n_state: int = 64,
    n_context: int = 64,
    *,
    evolution: Evolution = "recurrent",
) -> TensorBrain:
    """A brain for a graph: entity k is index k, and predicate k is index n_entities + k.

    Args:
        n_entities, n_predicates: of the graph.
        n_state, n_context: units of the shared layer, and of the context.
        evolution: how a window passes to the next one.

    Raises:
        InvalidValue: for a size below 1.
        UnknownName: for an evolution that there is not.
    """
    graph = SimpleNamespace(n_entities=n_entities, n_predicates=n_predicates)
    check_sizes(graph, "n_entities", "n_predicates")
    words = {"entity": n_entities, "predicate": n_predicates}
    groups = {name: [f"{name} {k}" for k in range(n)] for name, n in words.items()}
    sizes = (n_state, n_context, 1)  # nothing is perceived: one feature, which is never used
    return TensorBrain(Vocabulary.of(groups), *sizes, evolution=evolution)


class SemanticLearner(eqx.Module):
    """Who learns facts from the semantic state; a `GraphLearner`.

    Attributes:
        brain: from `graph_brain`.
        dropout: share of the numbers of an embedding that are left out where it is fed back.
        predicate_weight: of the predicate's term in the loss; subject and object weigh 1.
        gain: of the initial weights of the context. A sigmoid passes on a quarter of a small
            change, so that with 1 little of the subject reaches the predicate's window at first.
    """

    brain: TensorBrain
    dropout: float | Float[Array, ""] = parameter(
        0.0, (0, MOST_DROPOUT), meaning="share of fed-back numbers left out", source="cogmem"
    )
    predicate_weight: float | Float[Array, ""] = parameter(
        1.0, (0, 100), meaning="weight of the predicate's term", source="cogmem"
    )
    gain: float | Float[Array, ""] = parameter(
        1.0, (0, 100), meaning="of the context's initial weights", source="cogmem"
    )

    def __check_init__(self) -> None:
        check_values(self)

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of entities and of predicates of the brain."""
        words = self.brain.vocabulary
        return len(words.ids("entity")), len(words.ids("predicate"))

    def begin(self, *, key: PRNGKeyArray) -> Weights:
        """Of the brain, the context's weights times `gain`."""
        weights = self.brain.begin(key=key)
        return weights._replace(
            to_context=self.gain * weights.to_context,
            within_context=self.gain * weights.within_context,
            from_context=self.gain * weights.from_context,
        )

    def loss(self, weights: Weights, fact: Int[Array, 3], *, key: PRNGKeyArray) -> Float[Array, ""]:
        """-log P(s) - log P(o | s) - w log P(p | s, o), told what came before; nats.

        Args:
            weights: what is known.
            fact: subject, predicate, object, as numbers of the graph.
            key: of what is left out.

        Raises:
            InvalidValue: if the graph has no such fact; a traced one is not looked at.
        """
        check_facts(fact[None], *self.sizes)
        subject, predicate, object = self._indices(fact)
        choices = self.brain.choices(weights)
        # Only what is fed back is thinned, not what scores: three rows stand for the vocabulary.
        told = jnp.stack([subject, object, predicate])
        rows = dropped_out(weights.embeddings[told], self.dropout, key=key)
        fed = weights._replace(embeddings=rows)
        found = self.brain.decode(
            fed, self.brain.know(fed), choices, picks("teacher"), targets=Targets(-1, 0, 1, 2)
        )
        return -(
            log_probability(found.subject.scores, choices.subject, subject)
            + log_probability(found.object.scores, choices.object, object)
            + self.predicate_weight
            * log_probability(found.predicate.scores, choices.predicate, predicate)
        )

    def every(self, weights: Weights) -> Both:
        """log P(s, p, o) of all triples, nats; one array for both questions."""
        choices = self.brain.choices(weights)
        joint = log_joint(self.brain, weights, self.brain.know(weights), choices)
        scores = jnp.transpose(joint, (0, 2, 1))
        return Both(scores, scores)

    def _indices(self, fact: Int[Array, 3]) -> tuple[Array, Array, Array]:
        s, p, o = fact
        entities, predicates = (
            jnp.asarray(self.brain.vocabulary.ids(name)) for name in ("entity", "predicate")
        )
        return entities[s], predicates[p], entities[o]
