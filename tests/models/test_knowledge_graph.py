"""Factorisations of graphs: identities between them, what learning does, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.episodic_graph import ConT, EpisodicTucker
from cogmem.models.knowledge_graph import (
    ComplEx,
    DistMult,
    Embeddings,
    GraphModel,
    HolE,
    Rescal,
    TransE,
    Tucker,
    hole,
    transe,
)
from cogmem.models.knowledge_graph_learning import (
    FactorLearner,
    Learnt,
    Training,
    check_facts,
    dropped_out,
    learn_graph,
)

SIZES = (5, 2, 4)
MODELS: dict[str, GraphModel] = {
    "RESCAL": Rescal(*SIZES),
    "DistMult": DistMult(*SIZES),
    "ComplEx": ComplEx(*SIZES),
    "HolE": HolE(*SIZES),
    "TransE, L1": TransE(*SIZES, norm="L1"),
    "TransE, L2": TransE(*SIZES),
    "Tucker": Tucker(*SIZES, predicate_rank=3),
}
KEY = jax.random.key(0)


@pytest.fixture
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


# ---- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_all_forms_agree(name: str) -> None:
    """One triple, all objects, all subjects by the inverse, and the whole arrays."""
    model = MODELS[name]
    weights = model.begin(key=KEY)
    every = model.every(weights)
    assert every.objects.shape == every.subjects.shape == (5, 2, 5)
    s, p, o = 3, 1, 2
    one = model.score(weights, s, p, o)
    np.testing.assert_allclose(model.objects(weights, s, p), every.objects[s, p], rtol=1e-5)
    np.testing.assert_allclose(model.subjects(weights, p, o), every.subjects[:, p, o], rtol=1e-5)
    np.testing.assert_allclose(one, every.objects[s, p, o], rtol=1e-5)
    # (?, p, o) is (o, inverse of p, ?).
    inverse = eqx.tree_at(lambda w: w.predicates, weights, weights.predicates[2:])
    same = model.objects(inverse, o, p)
    np.testing.assert_allclose(every.subjects[:, p, o], same, rtol=1e-5)


def test_circular_correlation_by_its_definition() -> None:
    """(a star b)_j = sum_i a_i b_(i + j) mod k, of length 5: odd lengths need care with Fourier."""
    s, p, o = jax.random.normal(KEY, (3, 5))
    star = [sum(s[i] * o[(i + j) % 5] for i in range(5)) for j in range(5)]
    expected = sum(p[j] * star[j] for j in range(5))
    assert float(hole(s, p, o)) == pytest.approx(float(expected), abs=1e-5)


def test_translation_by_hand() -> None:
    """From (1, 2) by (1, 1) to (5, 6): 3 and 3 away."""
    s, p, o = jnp.array([1.0, 2.0]), jnp.array([1.0, 1.0]), jnp.array([5.0, 6.0])
    assert float(transe(s, p, o, "L1")) == -6
    assert float(transe(s, p, o, "L2")) == pytest.approx(-np.sqrt(18))
    at_goal = jax.grad(lambda object: transe(s, p, object))(s + p)
    assert at_goal.tolist() == [0, 0]


def test_who_is_symmetric() -> None:
    """DistMult cannot tell who likes whom; the others can."""
    apart = {}
    for name, model in MODELS.items():
        objects = model.every(model.begin(key=KEY)).objects
        apart[name] = float(jnp.abs(objects - jnp.transpose(objects, (2, 1, 0))).max())
    assert apart.pop("DistMult") < 1e-6
    assert min(apart.values()) > 0.01


def test_special_cases() -> None:
    """RESCAL with diagonal matrices, Tucker with a diagonal core and ComplEx with real numbers are
    DistMult; RESCAL is Tucker whose core puts each predicate's numbers into a matrix."""
    model = DistMult(*SIZES, reciprocal=False)
    weights = model.begin(key=KEY)
    a, r = weights.entities, weights.predicates
    expected = model.every(weights).objects
    diagonal = Embeddings(a, jax.vmap(jnp.diag)(r))
    core = jnp.zeros((4, 4, 4)).at[(jnp.arange(4),) * 3].set(1)
    real = Embeddings(*(jnp.stack([each, jnp.zeros_like(each)], axis=1) for each in (a, r)))
    for other, own in (
        (Rescal(*SIZES, reciprocal=False), diagonal),
        (Tucker(*SIZES, predicate_rank=4, reciprocal=False), Embeddings(a, r, core)),
        (ComplEx(*SIZES, reciprocal=False), real),
    ):
        np.testing.assert_allclose(other.every(own).objects, expected, atol=1e-6)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("kind", [EpisodicTucker, ConT])
def test_no_date_is_all_dates(kind: Any) -> None:
    """T7 at random: sum over times to 1e-10; one triple of one time."""
    model = kind(4, 3, 6, 3, 2)
    weights = model.begin(key=KEY)
    every = model.every(weights)
    assert every.dtype == jnp.float64
    semantic = model.tucker.every(model.semantic(weights)).objects
    np.testing.assert_allclose(semantic, every.sum(axis=-1), atol=1e-10)
    mean = model.tucker.every(model.semantic(weights, average=True)).objects
    np.testing.assert_allclose(mean, every.mean(axis=-1), atol=1e-10)
    np.testing.assert_allclose(model.score(weights, 1, 2, 0, 5), every[1, 2, 0, 5], atol=1e-10)


# ---- learning ------------------------------------------------------------------------------------

# A ring of six, forward and backward.
RING = np.array([[i, 0, (i + 1) % 6] for i in range(6)] + [[(i + 1) % 6, 1, i] for i in range(6)])
TRAINING = Training(learning_rate=0.05, batch_size=5, n_epochs=60, check_every=20)


LEARNER = FactorLearner(ComplEx(6, 2, 4), dropout=0.0)


def certainty(sign: jax.Array, scores: Any) -> jax.Array:
    """Mean log probability of the ring's objects, or the opposite, or no number."""
    found = jax.nn.log_softmax(scores.objects, axis=-1)
    return sign * found[tuple(jnp.asarray(RING).T)].mean()


def learn_ring(sign: float = 1.0) -> Learnt:
    """One compiled program, whatever is preferred."""
    validate = jax.tree_util.Partial(certainty, jnp.asarray(sign))
    with jax.numpy_dtype_promotion("standard"):  # optax counts its steps in integers
        return learn_graph(LEARNER, TRAINING, RING, validate, key=KEY)


def test_a_ring_is_learnt() -> None:
    """Chance is ln 6 = 1.79 nats. Twelve facts in batches of five: the last one is not full."""
    learnt = learn_ring()
    assert learnt.course.loss.shape == (60,)
    assert learnt.course.epoch.tolist() == [20, 40, 60]
    assert float(learnt.course.loss[0]) == pytest.approx(np.log(6), abs=0.3)
    assert float(learnt.course.loss[-1]) < 0.1
    every = LEARNER.every(learnt.weights)
    s, p, o = RING.T
    assert (np.argmax(every.objects[s, p], axis=-1) == o).all()
    assert (np.argmax(every.subjects[:, p, o], axis=0) == s).all()
    again = learn_ring()
    assert all(map(np.array_equal, jax.tree.leaves(learnt), jax.tree.leaves(again)))


def test_the_best_epoch_is_kept() -> None:
    """With validation that prefers ignorance, the first check; with none that is a number, 0."""
    learnt = learn_ring(sign=-1.0)
    assert int(learnt.epoch) == 20
    assert float(learnt.validation) == float(learnt.course.validation[0])
    kept = certainty(jnp.asarray(-1.0), LEARNER.every(learnt.weights))
    assert float(kept) == pytest.approx(float(learnt.validation), rel=1e-5)
    lost = learn_ring(sign=np.nan)
    assert (int(lost.epoch), float(lost.validation)) == (0, -np.inf)


@eqx.filter_jit
def loss(learner: FactorLearner, weights: Embeddings) -> Any:
    """Of the fact (0, 0, 1), and its slope."""
    return jax.value_and_grad(learner.loss)(weights, jnp.array([0, 0, 1]), key=KEY)


def test_loss_by_hand() -> None:
    """Without embeddings: ln 6 for each end. The penalty: cubes of |1 + i| and of 2, summed."""
    learner = FactorLearner(ComplEx(6, 2, 1), dropout=0.0, penalty=0.5)
    nothing = Embeddings(jnp.zeros((6, 2, 1)), jnp.zeros((4, 2, 1)))
    value, slope = loss(learner, nothing)
    assert float(value) == pytest.approx(np.log(6))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slope))
    # The subject, and the inverse of the predicate.
    some = Embeddings(nothing.entities.at[0].set(1), nothing.predicates.at[2, 0].set(2))
    expected = np.log(6) + 0.5 * (2**1.5 + 2**3)
    assert float(loss(learner, some)[0]) == pytest.approx(expected, rel=1e-5)
    squares = FactorLearner(learner.model, dropout=0.0, penalty=0.5, power="L2")
    expected = np.log(6) + 0.5 * (2 + 4)
    assert float(loss(squares, some)[0]) == pytest.approx(expected, rel=1e-5)


def test_dropout_keeps_the_mean() -> None:
    """Of 4,000 ones with .3 left out: .7 are 1 / .7."""
    left = dropped_out(jnp.ones(4000), 0.3, key=KEY)
    assert set(np.unique(left)) == {0, np.float32(1 / 0.7)}
    assert float(left.mean()) == pytest.approx(1, abs=0.04)


def test_without_reciprocal_predicates_either_end_is_asked_of_one_score() -> None:
    learner = FactorLearner(DistMult(6, 2, 4, reciprocal=False), dropout=0.0)
    weights = learner.begin(key=KEY)
    assert weights.predicates.shape == (2, 4)
    every = learner.every(weights).objects
    s, p, o = 1, 0, 3
    ends = (jax.nn.log_softmax(every[s, p])[o], jax.nn.log_softmax(every[:, p, o])[s])
    found = learner.loss(weights, jnp.array([s, p, o]), key=KEY)
    assert float(found) == pytest.approx(-float(sum(ends)) / 2, rel=1e-5)


# ---- on disk, and what is refused ----------------------------------------------------------------


def test_knowledge_can_be_saved(tmp_path: Path) -> None:
    model = MODELS["Tucker"]
    weights = model.begin(key=KEY)
    save_state(tmp_path / "state", model, weights)
    found = load_state(tmp_path / "state", model)
    assert all(map(np.array_equal, jax.tree.leaves(found), jax.tree.leaves(weights)))
    with pytest.raises(InvalidValue, match="rank"):
        load_state(tmp_path / "state", Tucker(5, 2, 4, predicate_rank=2))


def test_what_is_refused() -> None:
    model, weights = MODELS["DistMult"], MODELS["DistMult"].begin(key=KEY)
    with pytest.raises(InvalidValue, match="5 entities, numbered 0 to 4, and none is 5"):
        model.score(weights, 0, 0, 5)
    with pytest.raises(InvalidValue, match="2 predicates, numbered 0 to 1, and none is 2"):
        model.subjects(weights, 2, 0)
    with pytest.raises(InvalidValue, match="rank is 0"):
        DistMult(5, 2, 0)
    with pytest.raises(UnknownName, match="L3"):
        TransE(*SIZES, norm="L3")
    with pytest.raises(InvalidValue, match="have no core"):
        MODELS["Tucker"].every(weights)
    with pytest.raises(InvalidValue, match="60 epochs cannot be checked every 25"):
        Training(n_epochs=60, check_every=25)
    with pytest.raises(InvalidValue, match=r"dropout is 1\.5"):
        FactorLearner(model, dropout=1.5)


def test_indices_are_single_whole_numbers() -> None:
    """Several, a fraction or a truth value would index something else; so would traced ones."""
    model, weights = MODELS["DistMult"], MODELS["DistMult"].begin(key=KEY)
    with pytest.raises(InvalidValue, match=r"predicates .* int32 of shape \(2,\); .*`jax.vmap`"):
        model.score(weights, 0, jnp.array([0, 1]), 1)
    with pytest.raises(InvalidValue, match=r"entities are asked for by one .*float64"):
        model.objects(weights, 1.5, 0)
    with pytest.raises(InvalidValue, match="by bool of shape"):
        model.subjects(weights, 0, True)
    with pytest.raises(InvalidValue, match=r"shape \(2,\)"):
        jax.eval_shape(lambda s: model.score(weights, s, 0, 1), jnp.array([0, 1]))
    many = jax.vmap(model.score, (None, 0, None, None))(weights, jnp.array([0, 3]), 0, np.int8(1))
    one = model.score(weights, 3, 0, jnp.asarray(1))
    assert float(many[1]) == pytest.approx(float(one), rel=1e-5)


def test_with_all_left_out_nothing_could_be_learnt() -> None:
    """Dropout 1 divides by 0; the most that is taken has a loss and a slope that are numbers."""
    model = DistMult(6, 2, 4)
    with pytest.raises(InvalidValue, match=r"dropout is 1, expected 0 to 0\.99"):
        FactorLearner(model, dropout=1.0)
    most = FactorLearner(model, dropout=0.99)
    found = loss(most, model.begin(key=KEY))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


WRONG_FACTS = [
    ([[0, 0, 1], [0, 2, 1]], r"\[0, 2, 1\].* is out of a graph of 6 entities and 2 predicates"),
    ([[6, 0, 1]], r"\[6, 0, 1\]"),
    ([[0, 0, -1]], r"\[0, 0, -1\]"),
    ([[0, 0]], r"facts are int\d+ of shape \(1, 2\), expected whole numbers \[fact, 3\]"),
    ([0, 0, 1], r"of shape \(3,\)"),
    ([[0.0, 0.0, 1.0]], "facts are float64"),
]


@pytest.mark.parametrize(("facts", "message"), WRONG_FACTS)
def test_facts_of_another_graph_are_not_learnt(facts: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        check_facts(facts, 6, 2)
    with pytest.raises(InvalidValue, match=message):
        learn_graph(LEARNER, TRAINING, facts, certainty, key=KEY)


def test_no_facts_are_not_learnt_and_one_must_be_of_the_graph() -> None:
    check_facts(RING, 6, 2)
    check_facts(RING[:0], 6, 2)
    with pytest.raises(InvalidValue, match="there are no facts to learn"):
        learn_graph(LEARNER, TRAINING, RING[:0], certainty, key=KEY)
    with pytest.raises(InvalidValue, match=r"\[5, 2, 0\]"):
        LEARNER.loss(LEARNER.begin(key=KEY), jnp.array([5, 2, 0]), key=KEY)
