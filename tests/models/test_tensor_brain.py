"""The bilayer model: what depends on what, and what is refused (spec 12, T7 to T12)."""

from __future__ import annotations

import re
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.index_layer import Decoded, Inputs, Targets, log_probability, picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import write
from cogmem.models.vocabulary import Vocabulary
from tests.models.brains import VOCABULARY, brain, regions

TOLD = Targets(*VOCABULARY.find(["monday", "Sparky", "Kit", "sees"]).tolist())


@eqx.filter_jit
def decoded(own: TensorBrain, weights: Weights, inputs: Inputs, told: Targets = TOLD) -> Decoded:
    return own.decode(weights, inputs, own.choices(weights), picks("teacher"), targets=told)


def test_exchanging_the_regions_changes_the_predicate_only_through_working_memory() -> None:
    """T8: with W = 0 it does not, nor does the choice of the subject reach the object."""
    own, weights = brain()
    seen = regions()
    swapped = seen[jnp.array([0, 2, 1, 3])]
    for known, same in ((weights, False), (weights._replace(from_context=jnp.zeros((6, 5))), True)):
        first, second = (
            decoded(own, known, own.perceive(known, each)).predicate.scores
            for each in (seen, swapped)
        )
        assert bool(jnp.allclose(first, second, atol=1e-6)) is same
        other = TOLD._replace(subject=int(VOCABULARY.find("Bo")))
        inputs = own.perceive(known, seen)
        objects = [decoded(own, known, inputs, told=each).object.scores for each in (TOLD, other)]
        assert bool(jnp.allclose(*objects, atol=1e-7)) is same


def test_without_evolution_each_region_is_decoded_by_itself() -> None:
    own, weights = brain(evolution="none")
    inputs = own.perceive(weights, regions())
    found = decoded(own, weights, inputs)
    np.testing.assert_array_equal(found.object.before, inputs.object)
    np.testing.assert_array_equal(found.predicate.before, inputs.predicate)


def test_labels_are_read_after_feedback() -> None:
    """The scores of a label are its embedding times the sigmoid of the state fed back to."""
    own, weights = brain()
    found = decoded(own, weights, own.perceive(weights, regions()))
    dog = weights.embeddings[VOCABULARY.find("dog")]
    told = found.subject.before + weights.embeddings[TOLD.subject]
    expected = dog @ jax.nn.sigmoid(told)
    np.testing.assert_allclose(found.subject.unary["kind"][0], expected, rtol=1e-5)


def test_order_of_decoding() -> None:
    """In "pso" the predicate comes first and has no context but the scene's."""
    own, weights = brain(order="pso")
    inputs = own.perceive(weights, regions())
    found = decoded(own, weights, inputs)
    brought, context = own.evolve(weights, inputs.scene, jnp.zeros(5))
    np.testing.assert_allclose(found.predicate.before, inputs.predicate + brought, rtol=1e-6)
    np.testing.assert_allclose(found.predicate.context, context, rtol=1e-6)
    after = found.predicate.before + weights.embeddings[TOLD.predicate]
    np.testing.assert_allclose(found.predicate.after, after, rtol=1e-6)


def test_gradient_of_recall_reaches_the_columns_that_perception_scores() -> None:
    """T9: one stored A, or two if asked; episodic recall of Sparky moves Sparky's column."""
    own, weights = brain()
    assert sum(each.shape == (14, 6) for each in jax.tree.leaves(weights)) == 1

    def surprise(weights: Weights) -> jax.Array:
        found = decoded(own, weights, own.remember(weights, TOLD.scene))
        choices = own.choices(weights)
        return -log_probability(found.subject.scores, choices.subject, TOLD.subject)

    by = jax.jit(jax.grad(surprise))(weights)
    assert float(jnp.abs(by.embeddings[TOLD.subject]).max()) > 1e-3
    assert by.embeddings[TOLD.scene].any()
    assert not by.embeddings[VOCABULARY.find("tuesday")].any()  # another episode's has no part
    apart, separate = brain(separate=True)
    assert sum(each.shape == (14, 6) for each in jax.tree.leaves(separate)) == 2
    one = apart.candidates(separate, [3]).scores(jnp.ones(6))
    np.testing.assert_allclose(one[0], separate.scoring[3].sum(), rtol=1e-6)


def test_without_concept_columns_no_mode_decodes() -> None:
    """T9: subject and object become a guess among four in perception and in both memories."""
    own, weights = brain()
    ids = VOCABULARY.ids("entity", "kind", "size", "predicate")
    lesioned = weights._replace(embeddings=weights.embeddings.at[ids].set(0))
    for inputs in (
        own.perceive(lesioned, regions()),
        own.remember(lesioned, TOLD.scene),
        own.know(lesioned),
    ):
        found = decoded(own, lesioned, inputs)
        assert float(jnp.ptp(found.subject.scores)) == 0
        assert float(jnp.ptp(found.predicate.scores)) == 0


def test_order_of_candidates_permutes_scores_and_changes_no_state() -> None:
    """T10."""
    own, weights = brain()
    ids, q = VOCABULARY.ids("entity"), regions()[0, :6]
    order = np.array([2, 0, 3, 1])
    straight, mixed = (
        own.measure(weights, q, own.candidates(weights, each), "attention")
        for each in (ids, ids[order])
    )
    np.testing.assert_allclose(straight.scores[order], mixed.scores, rtol=1e-6)
    np.testing.assert_allclose(straight.state, mixed.state, rtol=1e-5)
    assert straight.chosen == mixed.chosen


def test_vmap_is_a_loop() -> None:
    """T11: over five rows, to 1e-6; and padding rows change nothing."""
    own, weights = brain()
    choices = own.choices(weights)
    seen = jnp.stack([regions(n) for n in range(5)])

    @jax.jit
    def run(one: jax.Array, key: jax.Array) -> Decoded:
        inputs = own.perceive(weights, one)
        return own.decode(weights, inputs, choices, picks("sample"), key=key)

    keys = jax.random.split(jax.random.key(0), 5)
    together = jax.vmap(run)(seen, keys)
    padded = jax.vmap(run)(jnp.concatenate([seen, 0 * seen]), jnp.concatenate([keys, keys]))
    for number in range(5):
        alone = run(seen[number], keys[number])
        for each, other in (
            (alone, jax.tree.map(lambda x, n=number: x[n], together)),
            (alone, jax.tree.map(lambda x, n=number: x[n], padded)),
        ):
            assert each.predicate.chosen == other.predicate.chosen
            np.testing.assert_allclose(each.predicate.scores, other.predicate.scores, atol=1e-6)


def test_a_trace_written_at_once_changes_one_column() -> None:
    """T12: all other indices, and what older episodes decode to, are the same bits."""
    own, weights = brain()
    monday, tuesday = VOCABULARY.find(["monday", "tuesday"]).tolist()
    written = write(weights, tuesday, jnp.arange(6.0))
    changed = (written.embeddings != weights.embeddings).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [tuesday]
    before, after = (
        decoded(own, known, own.remember(known, monday)) for known in (weights, written)
    )
    assert before.predicate.scores.tobytes() == after.predicate.scores.tobytes()
    assert before.subject.scores.tobytes() == after.subject.scores.tobytes()


def test_concepts_compete_when_asked() -> None:
    own, weights = brain()
    assert len(own.choices(weights).subject.ids) == 4
    assert len(own.choices(weights, concepts=True).subject.ids) == 8
    assert list(own.choices(weights, unary=("size",)).unary) == ["size"]


def test_a_file_remembers_the_vocabulary(tmp_path: Path) -> None:
    own, weights = brain()
    path = tmp_path / "brain"
    save_state(path, own, weights)
    found = load_state(path, own)
    np.testing.assert_array_equal(found.embeddings, weights.embeddings)
    names = {name: VOCABULARY.read(VOCABULARY.ids(name)) for name in VOCABULARY.names}
    names["entity"][1] = "Tom"
    other = TensorBrain(Vocabulary.of(names), 6, 5, 7)
    with pytest.raises(
        InvalidValue, match=r"vocabulary\.labels\.4: 'Felix' in the file, 'Tom' here"
    ):
        load_state(path, other)


def test_what_is_refused() -> None:
    own, weights = brain()
    with pytest.raises(InvalidValue, match="list of candidates is empty"):
        own.candidates(weights, [])
    with pytest.raises(InvalidValue, match="index 14; the vocabulary has 14 indices"):
        own.candidates(weights, [3, 14])
    with pytest.raises(InvalidValue, match="twice"):
        own.candidates(weights, [3, 3])
    inputs, choices = own.know(weights), own.choices(weights)
    with pytest.raises(InvalidValue, match="target of the object has the index 99"):
        own.decode(weights, inputs, choices, picks("teacher"), targets=TOLD._replace(object=99))
    with pytest.raises(InvalidValue, match="target of the subject has the index -1"):
        own.decode(weights, inputs, choices, picks("teacher"))
    with pytest.raises(InvalidValue, match="give a key"):
        own.decode(weights, inputs, choices, picks("sample"))
    with pytest.raises(UnknownName, match=r"way to choose 'atention'\. Did you mean 'attention'"):
        picks("atention")
    with pytest.raises(UnknownName, match=r"'wniner'\. Did you mean 'winner'"):
        own.measure(weights, jnp.zeros(6), choices.subject, "wniner")
    with pytest.raises(InvalidValue, match="no way to choose is given for the scene"):
        own.decode(weights, inputs, choices, {"subject": "winner"})
    with pytest.raises(InvalidValue, match="embeddings are 9 x 6, expected 14 indices"):
        own.choices(weights._replace(embeddings=weights.embeddings[:9]))
    with pytest.raises(UnknownName, match="order 'ops2'"):
        brain(order="ops2")
    with pytest.raises(InvalidValue, match="n_state is 0"):
        brain(n_state=0)
    with pytest.raises(UnknownName, match="entity"):
        TensorBrain(Vocabulary.of({"predicate": ["sees"]}))


def test_a_target_that_is_no_candidate_has_no_probability() -> None:
    own, weights = brain()
    rivals = own.candidates(weights, [3, 4])
    scores = rivals.scores(jnp.ones(6))
    assert log_probability(scores, rivals, 5) == -jnp.inf
    both = jnp.exp(log_probability(scores, rivals, 3)) + jnp.exp(log_probability(scores, rivals, 4))
    assert abs(float(both) - 1) < 1e-6


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda own, w: own.remember(w, 99), "the episode has the index 99; the vocabulary has"),
        (lambda own, w: own.sense(w, jnp.zeros(99)), "the region is of shape [99], expected"),
        (lambda own, w: own.perceive(w, jnp.zeros((3, 6))), "regions are of shape [3, 6], exp"),
        (lambda own, w: own.evolve(w, jnp.zeros(99), jnp.zeros(5)), "the state is of shape [99]"),
        (lambda own, w: own.evolve(w, jnp.zeros(6), jnp.zeros(99)), "the context is of shape [99]"),
        (lambda own, w: TensorBrain(["a", "b"]), "the vocabulary is a list, expected one made by"),
    ],
)
def test_what_does_not_fit_the_brain_is_refused_by_name(call, told) -> None:
    with pytest.raises(InvalidValue, match=re.escape(told)):
        call(*brain())
