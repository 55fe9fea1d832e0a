"""How a Tensor Brain learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.index_layer import Targets, log_probability, picks
from cogmem.models.tensor_brain import TensorBrain
from cogmem.models.tensor_brain_decoding import log_likelihood, log_likelihood_of_labels
from cogmem.models.tensor_brain_learning import (
    Lessons,
    _block,
    is_novel,
    learn,
    learn_in_blocks,
    loss,
    normalised_trace,
    self_annotated,
    with_room,
    write,
)
from cogmem.models.vocabulary import Vocabulary
from tests.models.brains import VOCABULARY, brain, rows

KEY = jax.random.key(0)
HOW: dict[str, Any] = {"n_steps": 4, "batch_size": 8, "block": 2, "key": KEY}
LESSONS = Lessons(hidden=("size",))


surprise = eqx.filter_jit(loss)
decode = eqx.filter_jit(TensorBrain.decode)


def first() -> Any:
    return jax.tree.map(lambda each: each[0], rows())


def test_loss_of_a_mode_is_the_weighted_mean_of_its_terms() -> None:
    """Perception: two identities, two labels of the group taught, 4 predicates, one episode."""
    own, weights = brain()
    choices, one = own.choices(weights), first()
    inputs = own.perceive(weights, one.regions)
    found = decode(own, weights, inputs, choices, picks("attention"))
    s, o, p = log_likelihood(found, choices, one.targets)
    labels = log_likelihood_of_labels(found, choices, {"kind": one.labels["kind"]})
    episode = log_probability(found.scene.scores, choices.scene, one.targets.scene)
    expected = -(s + o + 4 * p + labels.sum() + episode) / 9
    lessons = Lessons(("perception",), hidden=("size",))
    given = surprise(own, weights, choices, lessons, one, key=KEY)
    np.testing.assert_allclose(given, expected, rtol=1e-6)
    # Without the scene's index its term goes, with its weight.
    nowhere = one._replace(targets=one.targets._replace(scene=jnp.asarray(-1)))
    given = surprise(own, weights, choices, lessons, nowhere, key=KEY)
    np.testing.assert_allclose(given, -(s + o + 4 * p + labels.sum()) / 8, rtol=1e-6)


def test_memory_is_told_and_taught_everything() -> None:
    own, weights = brain()
    choices, one = own.choices(weights), first()
    found = decode(
        own,
        weights,
        own.remember(weights, one.targets.scene),
        choices,
        picks("teacher"),
        targets=one.targets,
    )
    s, o, p = log_likelihood(found, choices, one.targets)
    labels = log_likelihood_of_labels(found, choices, one.labels).sum()
    given = surprise(own, weights, choices, Lessons(("episodic",)), one, key=KEY)
    np.testing.assert_allclose(given, -(s + o + 4 * p + labels) / 10, rtol=1e-6)


def test_an_episode_without_an_index_teaches_no_other() -> None:
    """-1 would be read as the last row, a predicate: its mode is not learnt from such a row."""
    own, weights = brain()
    one = first()
    nowhere = one._replace(targets=one.targets._replace(scene=jnp.asarray(-1)))
    stranger = one._replace(targets=one.targets._replace(subject=jnp.asarray(-1)))
    choices = own.choices(weights)
    for row, mode in ((nowhere, "episodic"), (stranger, "episodic"), (stranger, "semantic")):
        assert surprise(own, weights, choices, Lessons((mode,)), row, key=KEY) == 0
    assert surprise(own, weights, choices, Lessons(("semantic",)), nowhere, key=KEY) > 0


def test_nothing_annotated_teaches_nothing() -> None:
    own, weights = brain()
    one = first()
    blank = one._replace(
        targets=Targets(*[jnp.asarray(-1)] * 4),
        labels={name: jnp.array([-1, -1]) for name in one.labels},
    )

    def total(weights: Any) -> jax.Array:
        return loss(own, weights, own.choices(weights), Lessons(("perception",)), blank, key=KEY)

    value, gradient = jax.jit(jax.value_and_grad(total))(weights)
    assert value == 0
    assert all(not each.any() for each in jax.tree.leaves(gradient))


@pytest.mark.parametrize("options", [{}, {"separate": True}])
def test_blocks_and_resuming_change_no_bit(options: dict) -> None:
    own, weights = brain(**options)
    *_, whole = learn_in_blocks(own, weights, rows(), lessons=LESSONS, **HOW)
    parts = list(learn_in_blocks(own, weights, rows(), lessons=LESSONS, **HOW | {"block": 4}))
    assert len(parts) == 1
    assert parts[0].losses.shape == (4,)
    half = next(learn_in_blocks(own, weights, rows(), lessons=LESSONS, **HOW))
    *_, resumed = learn_in_blocks(own, weights, rows(), lessons=LESSONS, resume=half, **HOW)
    for other in (parts[0], resumed):
        for a, b in zip(
            jax.tree.leaves(whole.weights), jax.tree.leaves(other.weights), strict=True
        ):
            assert a.tobytes() == b.tobytes()


def test_a_second_call_compiles_nothing() -> None:
    own, weights = brain()
    learn(own, weights, rows(), lessons=LESSONS, **HOW)
    compiled = _block._cached._cache_size()
    names = tuple(f"{label}, of another world" for label in VOCABULARY.labels)
    other = replace(own, vocabulary=Vocabulary(names, VOCABULARY.groups))
    learn(other, weights, rows(), lessons=LESSONS, **HOW | {"key": jax.random.key(9)})
    assert _block._cached._cache_size() == compiled


def test_what_is_fixed_stays() -> None:
    own, weights = brain()
    known = learn(own, weights, rows(), lessons=LESSONS, fixed=("episode",), **HOW)
    moved = (known.embeddings != weights.embeddings).any(axis=1)
    episodes = np.isin(np.arange(len(VOCABULARY)), VOCABULARY.ids("episode"))
    assert not moved[episodes].any()
    assert moved[~episodes].all()
    known = learn(own, weights, rows(), lessons=LESSONS, only=("semantic",), **HOW)
    assert known.embeddings.tobytes() == weights.embeddings.tobytes()
    assert (known.semantic != weights.semantic).all()


def test_it_learns_to_see_and_to_remember() -> None:
    """Six triples: all are perceived, and recalled from their episodes when the subject is told."""
    own, weights = brain(n_state=16, n_context=16)
    how = HOW | {"n_steps": 400, "block": 200, "batch_size": 16, "learning_rate": 0.03}
    known = learn(own, weights, rows(), lessons=LESSONS, replay=rows(), **how)
    choices = own.choices(known)

    def right(one: Any) -> tuple[jax.Array, jax.Array]:
        seen = own.decode(known, own.perceive(known, one.regions), choices, picks("winner"))
        recalled = own.decode(
            known,
            own.remember(known, one.targets.scene),
            choices,
            picks("winner", subject="teacher"),
            targets=one.targets,
        )
        chosen = jnp.stack([seen.subject.chosen, seen.object.chosen, seen.predicate.chosen])
        told = jnp.stack([recalled.object.chosen, recalled.predicate.chosen])
        return chosen == jnp.stack(one.targets[1:]), told == jnp.stack(one.targets[2:])

    seen, recalled = jax.vmap(right)(rows())
    assert seen.all()
    assert recalled.all()


def test_generalisation_needs_labels_among_the_candidates() -> None:
    """With probability 1 every subject and object is one of its labels, and entities lose."""
    own, weights = brain()
    lessons = Lessons(("semantic",), generalisation=1.0)
    how = HOW | {"n_steps": 100, "block": 100, "learning_rate": 0.03}
    known = learn(own, weights, rows(), lessons=lessons, concepts=True, **how)
    choices = own.choices(known, concepts=True)
    scores = own.decode(known, own.know(known), choices, picks("none")).subject.scores
    p = jax.nn.softmax(scores)
    assert float(p[:4].sum()) < 0.1 < 0.9 < float(p[4:].sum())


def test_own_words_are_drawn_from_own_probabilities() -> None:
    """A brain taught the six triples says them again; one that knows nothing draws from all."""
    own, weights = brain(n_state=16, n_context=16)
    many = jax.tree.map(lambda each: jnp.repeat(each, 50, axis=0), rows())
    said = self_annotated(own, weights, many, key=KEY)
    assert (said.targets.scene == -1).all()
    assert set(said.targets.subject.tolist()) == set(VOCABULARY.ids("entity").tolist())
    assert set(said.labels["kind"].ravel().tolist()) == set(VOCABULARY.ids("kind").tolist())
    how = HOW | {"n_steps": 400, "block": 400, "batch_size": 16, "learning_rate": 0.03}
    known = learn(own, weights, rows(), lessons=LESSONS, **how)
    said = self_annotated(own, known, many, key=KEY)
    assert float((said.targets.predicate == many.targets.predicate).mean()) > 0.9


def test_a_normalised_trace_is_as_long_as_the_others() -> None:
    _, weights = brain()
    like = VOCABULARY.ids("entity")
    trace = normalised_trace(weights, jnp.linspace(-2, 3, 6), like)
    expected = np.linalg.norm(weights.embeddings[like], axis=1).mean()
    assert abs(float(jnp.linalg.norm(trace)) - expected) < 1e-5
    with pytest.raises(InvalidValue, match="no other indices"):
        normalised_trace(weights, jnp.ones(6), [])
    with pytest.raises(InvalidValue, match="0 in all units"):
        normalised_trace(weights, jnp.zeros(6), like)
    assert (jnp.sign(trace) == jnp.sign(jnp.linspace(-2, 3, 6))).all()


def test_room_for_new_indices() -> None:
    _, weights = brain()
    grown = with_room(weights, 2)
    with pytest.raises(InvalidValue, match="no row 16 to write: there are 16"):
        write(grown, 16, jnp.ones(6))
    with pytest.raises(InvalidValue, match="no row -1"):
        write(grown, -1, jnp.ones(6))
    with pytest.raises(InvalidValue, match=r"shape \(\), expected \(6,\)"):
        write(grown, 0, jnp.asarray(1.0))
    with pytest.raises(InvalidValue, match="no numbers"):
        write(grown, 0, jnp.full(6, jnp.nan))
    assert grown.embeddings.shape == (16, 6)
    assert grown.offsets.shape == (16,)
    written = write(grown, 15, jnp.ones(6))
    assert written.embeddings[15].tolist() == [1.0] * 6
    both = write(grown, np.array([15, 14]), jnp.stack([jnp.ones(6), jnp.zeros(6)]))
    np.testing.assert_array_equal(both.embeddings, written.embeddings)
    with pytest.raises(InvalidValue, match="no row 16"):
        write(grown, np.array([15, 16]), jnp.ones((2, 6)))
    np.testing.assert_array_equal(written.embeddings[:14], weights.embeddings)
    assert is_novel(jnp.array([0.1, 0.4]), 0.5)
    assert not is_novel(jnp.array([0.1, 0.6]), 0.5)


def test_what_is_refused() -> None:
    own, weights = brain()
    with pytest.raises(InvalidValue, match="no gradient passes a hard choice"):
        Lessons(how="winner")
    with pytest.raises(UnknownName, match=r"mode 'perceptoin'\. Did you mean 'perception'"):
        Lessons(("perceptoin",))
    with pytest.raises(InvalidValue, match="no mode"):
        Lessons(())
    bad = rows()._replace(labels={"kind": jnp.full((6, 2), 77)})
    with pytest.raises(InvalidValue, match="column 'kind' of the annotated triples has the index"):
        learn(own, weights, bad, **HOW)
    none = jax.tree.map(lambda each: each[:0], rows())
    with pytest.raises(InvalidValue, match="no annotated triples"):
        learn(own, weights, none, **HOW)
    with pytest.raises(UnknownName, match="field of the weights 'embedding'"):
        learn(own, weights, rows(), only=("embedding",), **HOW)
    stranger = rows()._replace(labels={"kind": jnp.full((6, 2), VOCABULARY.find("small"))})
    with pytest.raises(InvalidValue, match="has 'small', which is not in the group kind"):
        learn(own, weights, stranger, **HOW)
    unknown = rows()._replace(labels={"kin": rows().labels["kind"]})
    with pytest.raises(UnknownName, match=r"group of the vocabulary 'kin'\. Did you mean 'kind'"):
        learn(own, weights, unknown, **HOW)
    with pytest.raises(UnknownName, match=r"'kimd'\. Did you mean 'kind'"):
        learn(own, weights, rows(), lessons=Lessons(hidden=("kimd",)), **HOW)
    with pytest.raises(InvalidValue, match="say concepts=True"):
        learn(own, weights, rows(), lessons=Lessons(generalisation=0.1), **HOW)
    short = rows()._replace(labels={"kind": rows().labels["kind"][:3]})
    with pytest.raises(InvalidValue, match="column 'kind' has 3 rows, the regions 6"):
        learn(own, weights, short, **HOW)
    blind = rows()._replace(regions=jnp.nan * rows().regions)
    with pytest.raises(InvalidValue, match="no numbers"):
        learn(own, weights, blind, **HOW)
    with pytest.raises(InvalidValue, match="batch_size is 0"):
        learn(own, weights, rows(), **HOW | {"batch_size": 0})
    with pytest.raises(InvalidValue, match="learning_rate is -1"):
        learn(own, weights, rows(), learning_rate=-1, **HOW)
    narrow = rows()._replace(regions=jnp.zeros((6, 4, 3)))
    with pytest.raises(InvalidValue, match="regions have 3 features; the model takes 7"):
        learn(own, weights, narrow, **HOW)
