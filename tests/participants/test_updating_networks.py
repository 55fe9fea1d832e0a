"""Networks that were taught updating: their files, what they hold, what they are refused."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.sequence_model import count_weights
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import roster
from cogmem.participants.teaching import load, teach
from cogmem.participants.updating_networks import RECIPES, UpdatingParticipant, accuracy, file
from cogmem.tasks import FreeRecall
from cogmem.tasks.updating import Updating, updating_trial

FLOORS = {"GRU": 0.65, "Transformer": 0.9, "BDH": 0.9}
"""Of six numbers held, in 0 to 8 steps."""

each = pytest.mark.parametrize("name", RECIPES)


def taught(name: str) -> UpdatingParticipant:
    who = roster("updating")[name].participant
    assert isinstance(who, UpdatingParticipant)
    return who


def evidence(who: UpdatingParticipant, trial: Updating) -> jax.Array:
    """[place, value] at the end of the trial."""
    state = who.begin(trial, key=jax.random.key(0))
    state, _ = jax.lax.scan(lambda s, i: (who.study(s, i), None), state, trial.studied)
    state = who.rest(state, 0.0)
    return jax.vmap(lambda place: who.evidence(state, place))(jnp.arange(trial.n_places))


@each
def test_the_file_is_small_finite_and_of_the_recipe(name: str) -> None:
    weights, told = load(file(name), RECIPES[name])
    leaves = jax.tree.leaves(weights)
    assert file(name).stat().st_size < 150_000
    assert (
        sum(x.size for x in leaves) == taught(name).n_learnt == count_weights(RECIPES[name].model)
    )
    assert all(leaf.dtype == np.float32 and np.isfinite(leaf).all() for leaf in leaves)
    assert taught(name).n_chosen == RECIPES[name].n_chosen
    assert set(told["accuracy"]) == {f"{n} places" for n in range(1, 7)}


@each
def test_trials_that_it_never_saw(name: str) -> None:
    """600 trials of a key that no lesson had; what the file says of itself is as good."""
    weights, told = load(file(name), RECIPES[name])
    found = accuracy(weights, RECIPES[name], 600, key=jax.random.key(12345))
    assert found["6 places"] > FLOORS[name]
    for places, right in found.items():
        assert told["accuracy"][places] == pytest.approx(right, abs=0.1), places


@each
def test_it_holds_and_changes_two_numbers(name: str) -> None:
    """30 trials of two places and three steps, verb by verb: more than 9 in 10 are right."""

    @jax.jit
    @jax.vmap
    def right(key: jax.Array) -> jax.Array:
        trial = updating_trial(2, 3, key=key)
        return evidence(taught(name), trial).argmax(axis=1) == trial.answers

    assert right(jax.random.split(jax.random.key(0), 30)).mean() > 0.9


@each
def test_evidence_is_of_the_values_and_questions_leave_no_trace(name: str) -> None:
    who, trial = taught(name), updating_trial(3, 2, key=jax.random.key(1))
    state = who.begin(trial, key=jax.random.key(0))
    for event in trial.studied:
        state = who.study(state, event)
    first = who.evidence(state, jnp.asarray(1))
    again = who.evidence(who.report(state, jnp.asarray(4)), jnp.asarray(1))
    assert first.shape == (trial.n_candidates,)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


@each
def test_its_family_declines_the_rest(name: str) -> None:
    sat = {paradigm for paradigm in PARADIGMS if name in roster(paradigm)}
    assert set(taught(name).declines) == set(PARADIGMS) - sat


def test_what_is_refused() -> None:
    who, key = taught("GRU"), jax.random.key(0)
    with pytest.raises(InvalidValue, match="got a FreeRecall, expected an Updating"):
        who.begin(FreeRecall.of_length(3), key=key)
    with pytest.raises(InvalidValue, match="7 places, expected 6 at most"):
        who.begin(updating_trial(7, 0, key=key), key=key)
    with pytest.raises(InvalidValue, match="no place is given"):
        who.evidence(who.begin(updating_trial(2, 0, key=key), key=key), None)


def test_lessons_lower_the_loss() -> None:
    """200 steps of the GRU with two places: from log V to below log 9, a guess among values."""
    recipe = RECIPES["GRU"]
    short = replace(recipe, stages=(recipe.stages[0]._replace(n_steps=200),), warm_up=10.0)
    losses = teach(short).losses
    assert losses[0] == pytest.approx(np.log(short.n_tokens), abs=0.5)
    assert losses[-20:].mean() < np.log(9)
