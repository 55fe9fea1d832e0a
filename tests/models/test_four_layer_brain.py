"""The model of 2020."""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.four_layer_brain import FourLayerBrain
from cogmem.models.index_layer import Targets, picks
from cogmem.models.tensor_brain_learning import Lessons, learn
from tests.models.brains import VOCABULARY, regions, rows

BRAIN = FourLayerBrain(VOCABULARY, 6, 5, 7)
WEIGHTS = BRAIN.begin(key=jax.random.key(1))
DECODE = eqx.filter_jit(BRAIN.decode)
TOLD = Targets(-1, *VOCABULARY.find(["Sparky", "Kit", "sees"]).tolist())


def test_a_choice_overwrites_the_state() -> None:
    choices = BRAIN.choices(WEIGHTS)
    inputs = BRAIN.perceive(WEIGHTS, regions())
    found = DECODE(WEIGHTS, inputs, choices, picks("teacher"), targets=TOLD)
    np.testing.assert_array_equal(found.subject.after, WEIGHTS.embeddings[TOLD.subject])
    np.testing.assert_array_equal(found.subject.before, inputs.subject)
    label = WEIGHTS.embeddings[VOCABULARY.find("cat")] @ inputs.object
    np.testing.assert_allclose(found.object.unary["kind"][1], label, rtol=1e-5)


def test_a_sentence_is_what_the_next_one_begins_with() -> None:
    choices, inputs = BRAIN.choices(WEIGHTS), BRAIN.perceive(WEIGHTS, regions())
    first = BRAIN.read(WEIGHTS, inputs, choices, picks("teacher"), targets=TOLD)
    second = BRAIN.read(
        WEIGHTS, inputs, choices, picks("teacher"), targets=TOLD, earlier=first.state
    )
    np.testing.assert_allclose(
        second.decoded.subject.before, inputs.subject + first.state, rtol=1e-6
    )


def test_an_episode_is_written_at_once_and_decodes_as_it_was_perceived() -> None:
    tuesday = int(VOCABULARY.find("tuesday"))
    seen = BRAIN.perceive(WEIGHTS, regions())
    written = BRAIN.write(WEIGHTS, tuesday, seen)
    changed = (written.episodes != WEIGHTS.episodes).any(axis=(1, 2))
    assert changed.tolist() == [False, True, False]
    choices = BRAIN.choices(written)
    then, again = (
        DECODE(written, inputs, choices, picks("winner"))
        for inputs in (seen, BRAIN.remember(written, tuesday))
    )
    np.testing.assert_array_equal(then.predicate.scores, again.predicate.scores)


def test_it_learns_what_it_sees_and_what_it_saw() -> None:
    """All six triples by perception and by episode; a semantic state that knows them, too."""
    lessons = Lessons(how="teacher", hidden=())
    known = learn(
        BRAIN,
        WEIGHTS,
        rows(),
        lessons=lessons,
        n_steps=300,
        batch_size=16,
        learning_rate=0.03,
        key=jax.random.key(0),
    )
    choices = BRAIN.choices(known)

    def right(one) -> jax.Array:
        inputs = BRAIN.perceive(known, one.regions)
        found = BRAIN.decode(known, inputs, choices, picks("winner"))
        chosen = jnp.stack([found.subject.chosen, found.object.chosen, found.predicate.chosen])
        return chosen == jnp.stack(one.targets[1:])

    assert jax.vmap(right)(rows()).all()
    assert float(jnp.abs(known.semantic).max()) > 0.1


def test_what_is_refused() -> None:
    with pytest.raises(InvalidValue, match="n_context is 0"):
        FourLayerBrain(VOCABULARY, 6, 0, 7)
    with pytest.raises(InvalidValue, match="list of candidates is empty"):
        BRAIN.candidates(WEIGHTS, [])
    for act in (BRAIN.remember, partial(BRAIN.write, seen=BRAIN.know(WEIGHTS))):
        with pytest.raises(InvalidValue, match="the index -1 is no episode; the vocabulary has 3"):
            act(WEIGHTS, -1)
    with pytest.raises(InvalidValue, match="target of the subject has the index -1"):
        BRAIN.decode(WEIGHTS, BRAIN.know(WEIGHTS), BRAIN.choices(WEIGHTS), picks("teacher"))
