"""Networks that were taught change detection: their files, what they see when, what is refused."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.sequence_model import count_weights
from cogmem.participants.display_networks import (
    RECIPES,
    DisplayParticipant,
    accuracy,
    file,
    frames,
    teach,
)
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import roster
from cogmem.participants.teaching import load
from cogmem.tasks import ChangeDetection, FreeRecall
from cogmem.tasks.displays import colour_display

each = pytest.mark.parametrize("name", RECIPES)


def taught(name: str) -> DisplayParticipant:
    who = roster("change detection")[name].participant
    assert isinstance(who, DisplayParticipant)
    return who


def evidence(who: DisplayParticipant, task: ChangeDetection, delay: float) -> jax.Array:
    """Of each test."""
    state = who.begin(task, key=jax.random.key(0))
    state, _ = jax.lax.scan(lambda s, i: (who.study(s, i), None), state, task.studied)
    return who.evidence(who.rest(state, delay), None)


@each
def test_the_file_is_small_finite_and_of_the_recipe(name: str) -> None:
    weights, told = load(file(name), RECIPES[name])
    leaves = jax.tree.leaves(weights)
    assert file(name).stat().st_size < 150_000
    assert (
        sum(x.size for x in leaves) == taught(name).n_learnt == count_weights(RECIPES[name].model)
    )
    assert all(leaf.dtype == np.float32 and np.isfinite(leaf).all() for leaf in leaves)
    assert set(told["accuracy"]) == {f"{n} objects" for n in range(1, 9)}


@each
def test_displays_that_it_never_saw(name: str) -> None:
    """200 of each size of a key that no lesson had; what the file says of itself is as good."""
    weights, told = load(file(name), RECIPES[name])
    found = accuracy(weights, RECIPES[name], 200, key=jax.random.key(12345))
    assert found["2 objects"] > 0.9
    for objects, right in found.items():
        assert told["accuracy"][objects] == pytest.approx(right, abs=0.1), objects


@each
def test_the_verbs_are_the_frames_of_the_lessons(name: str) -> None:
    """The same trial whole and verb by verb, 2 s being two empty frames, to 1e-4."""
    who, key = taught(name), jax.random.key(3)
    same = colour_display(4, False, key=key)
    seen = jnp.zeros((4, 65)).at[0, :64].set(same.features.any(axis=0))
    seen = seen.at[3].set(jnp.append(same.tests[0], True))
    whole = who.model.watch(who.weights, "display", seen)[0][-1, 0]
    np.testing.assert_allclose(evidence(who, same, 2.0)[0], whole, atol=1e-4)


@each
def test_a_delay_beyond_the_lessons_is_as_long_as_the_longest(name: str) -> None:
    task = colour_display(3, True, key=jax.random.key(4))
    np.testing.assert_array_equal(
        evidence(taught(name), task, 60.0), evidence(taught(name), task, 4.0)
    )


@each
def test_same_has_more_evidence_than_changed(name: str) -> None:
    """40 displays of three objects, a second apart."""

    @jax.jit
    @jax.vmap
    def lead(key: jax.Array) -> jax.Array:
        same, changed = (colour_display(3, change, key=key) for change in (False, True))
        both = same._replace(tests=jnp.concatenate([same.tests, changed.tests]))
        found = evidence(taught(name), both, 1.0)
        return found[0] > found[1]

    assert lead(jax.random.split(jax.random.key(5), 40)).mean() > 0.9


@each
def test_its_family_declines_the_rest(name: str) -> None:
    sat = {paradigm for paradigm in PARADIGMS if name in roster(paradigm)}
    assert set(taught(name).declines) == set(PARADIGMS) - sat


def test_lessons_are_half_changed_with_the_test_marked_once() -> None:
    trials = frames(50, 8, 4, key=jax.random.key(0))
    marked = np.asarray(trials.frames[:, :, -1])
    assert trials.frames.shape == (400, 6, 65)
    np.testing.assert_array_equal(marked.argmax(axis=1), trials.at)
    np.testing.assert_array_equal(marked.sum(axis=1), 1)
    assert set(np.asarray(trials.at).tolist()) == {1, 2, 3, 4, 5}
    assert abs(float(trials.same.mean()) - 0.5) < 4 * 0.5 / 20
    objects = np.asarray(trials.frames[:, 0, :64].sum(axis=1))
    np.testing.assert_array_equal(objects, np.repeat(np.arange(1, 9), 50))


def test_what_is_refused() -> None:
    who, key = taught("GRU"), jax.random.key(0)
    with pytest.raises(InvalidValue, match="got a FreeRecall, expected a ChangeDetection"):
        who.begin(FreeRecall.of_length(3), key=key)
    other = ChangeDetection(jnp.zeros((2, 12), bool), jnp.zeros((1, 12), bool))
    with pytest.raises(InvalidValue, match="displays of 12 features and tests of 12, expected 64"):
        who.begin(other, key=key)


def test_lessons_lower_the_loss() -> None:
    """300 steps of the GRU with one object, at a higher rate: below four fifths of log 2."""
    stage = RECIPES["GRU"].stages[0]._replace(most=1, n_steps=300)
    short = replace(RECIPES["GRU"], stages=(stage,), rows=64, learning_rate=1e-2)
    losses = teach(short).losses
    assert losses[:5].mean() == pytest.approx(np.log(2), abs=0.1)
    assert losses[-20:].mean() < 0.8 * np.log(2)
