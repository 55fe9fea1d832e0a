"""A Tensor Brain that learns a graph: its scores are a distribution, and its loss is theirs."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.knowledge_graph import Both
from cogmem.models.knowledge_graph_learning import Training, learn_graph
from cogmem.models.tensor_brain_graph import SemanticLearner, graph_brain

KEY = jax.random.key(0)
LEARNER = SemanticLearner(graph_brain(4, 3, 6, 5), gain=4.0)
WEIGHTS = LEARNER.begin(key=KEY)._replace(semantic=jnp.linspace(-1, 1, 6))


@eqx.filter_jit
def loss(learner: SemanticLearner, fact: list[int]) -> jax.Array:
    return learner.loss(WEIGHTS, jnp.array(fact), key=KEY)


@pytest.fixture(scope="module")
def every() -> Both:
    return eqx.filter_jit(LEARNER.every)(WEIGHTS)


def test_scores_are_a_distribution_over_triples(every: Both) -> None:
    """Of 4 x 3 x 4 cells, and one array for objects and subjects."""
    assert every.objects.shape == (4, 3, 4)
    assert float(jnp.exp(every.objects).sum()) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(every.objects, every.subjects)


def test_loss_is_minus_the_log_of_the_fact(every: Both) -> None:
    """In the order subject, predicate, object of graphs; the predicate's term may weigh more."""
    joint, fact = every.objects, [3, 2, 1]
    assert float(loss(LEARNER, fact)) == pytest.approx(-float(joint[3, 2, 1]), rel=1e-5)
    weighed = eqx.tree_at(lambda own: own.predicate_weight, LEARNER, 4.0)
    given = joint[3, 2, 1] - jax.nn.logsumexp(joint[3, :, 1])
    expected = -float(joint[3, 2, 1] + 3 * given)
    assert float(loss(weighed, fact)) == pytest.approx(expected, rel=1e-5)


def test_dropout_leaves_scores_of_the_subject_alone() -> None:
    """What is fed back is thinned, not what scores; with all left out nothing is told.

    Then P(o) and P(p) do not depend on what came before.
    """
    deaf = eqx.tree_at(lambda own: own.dropout, LEARNER, 1 - 1e-7)
    apart = [float(loss(deaf, [s, 0, 0]) - loss(deaf, [s, 0, 1])) for s in (0, 1)]
    assert apart[0] == pytest.approx(apart[1], abs=1e-5)
    told = [float(loss(LEARNER, [s, 0, 0]) - loss(LEARNER, [s, 0, 1])) for s in (0, 1)]
    assert abs(told[0] - told[1]) > 3e-4


def test_gain_scales_the_context_only() -> None:
    plain, raised = (
        SemanticLearner(LEARNER.brain, gain=gain).begin(key=KEY) for gain in (1.0, 3.0)
    )
    for name in ("to_context", "within_context", "from_context"):
        np.testing.assert_allclose(getattr(raised, name), 3 * getattr(plain, name), rtol=1e-6)
    np.testing.assert_array_equal(raised.embeddings, plain.embeddings)
    with pytest.raises(InvalidValue, match="gain is -1"):
        SemanticLearner(LEARNER.brain, gain=-1.0)


def test_what_two_entities_have_to_do_with_each_other_is_learnt() -> None:
    """Of 3 x 3 pairs, predicate (s + o) mod 3: neither entity by itself says anything (ln 3 nats).

    It must come through the context, as nothing multiplies subject and object.
    """
    facts = np.array([[s, (s + o) % 3, o] for s in range(3) for o in range(3)])
    learner = SemanticLearner(graph_brain(3, 3, 8, 16, evolution="feed-forward"), gain=4.0)
    training = Training(0.02, batch_size=9, n_epochs=600, check_every=600)
    with jax.numpy_dtype_promotion("standard"):  # optax counts its steps in integers
        learnt = learn_graph(learner, training, facts, lambda both: both.objects.max(), key=KEY)
    scores = eqx.filter_jit(learner.every)(learnt.weights).objects
    given = scores - jax.nn.logsumexp(scores, axis=1, keepdims=True)
    assert float(given[tuple(facts.T)].min()) > -0.1


def test_facts_and_sizes_of_no_graph_are_refused() -> None:
    """Number 99 of 4 entities would be the last one, and the predicate's index another's."""
    assert LEARNER.sizes == (4, 3)
    message = r"\[99, 7, 2\] .* is out of a graph of 4 entities and 3 predicates"
    with pytest.raises(InvalidValue, match=message):
        LEARNER.loss(WEIGHTS, jnp.array([99, 7, 2]), key=KEY)
    with pytest.raises(InvalidValue, match=message):
        learn_graph(LEARNER, Training(), [[99, 7, 2]], lambda both: both.objects.max(), key=KEY)
    with pytest.raises(InvalidValue, match="n_entities is 0, expected 1 or more"):
        graph_brain(0, 2)
    with pytest.raises(InvalidValue, match="n_predicates is 0"):
        graph_brain(2, 0)
    with pytest.raises(InvalidValue, match="n_context is 0"):
        graph_brain(2, 2, n_context=0)
    with pytest.raises(InvalidValue, match=r"dropout is 1, expected 0 to 0\.99"):
        SemanticLearner(LEARNER.brain, dropout=1.0)
