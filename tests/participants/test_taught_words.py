"""GRU and Transformer beside BDH: the same lessons, their files, what they can do and decline."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.sequence_model import count_weights
from cogmem.participants import bdh, gru, transformer
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import roster
from cogmem.participants.taught_words import accuracy
from cogmem.participants.teaching import load, teach
from cogmem.tasks import PairedAssociates
from cogmem.tasks.paired_associates import ab_ac
from cogmem.tasks.retention import Retention

TAUGHT = {"GRU": gru, "Transformer": transformer}
FLOORS = {
    "GRU": {"free recall": 0.85, "recognition": 0.85},
    "Transformer": {
        "serial recall": 0.95,
        "free recall": 0.45,
        "paired associates": 0.95,
        "recognition": 0.85,
    },
}
each = pytest.mark.parametrize("taught", TAUGHT.values(), ids=TAUGHT)


@each
def test_lessons_are_those_of_bdh(taught: ModuleType) -> None:
    """Rows, stages and steps; weights as many as BDH has, to a tenth."""
    for name in ("n_words", "stages", "shares", "fillers", "rows", "beta2", "final", "n_steps"):
        assert getattr(taught.RECIPE, name) == getattr(bdh.RECIPE, name), name
    n = count_weights(bdh.RECIPE.model)
    assert abs(count_weights(taught.RECIPE.model) - n) < 0.1 * n


@each
def test_the_file_is_small_finite_and_of_the_recipe(taught: ModuleType) -> None:
    """Below 250 kB; every number counted as learnt."""
    leaves = jax.tree.leaves(load(taught.FILE, taught.RECIPE)[0])
    who = roster("free recall")[taught.RECIPE.name].participant
    assert taught.FILE.stat().st_size < 250_000
    assert sum(leaf.size for leaf in leaves) == who.n_learnt == count_weights(taught.RECIPE.model)
    assert all(leaf.dtype == np.float32 and np.isfinite(leaf).all() for leaf in leaves)
    assert who.n_chosen == taught.RECIPE.n_chosen


@pytest.mark.slow
@each
def test_lists_that_it_never_saw(taught: ModuleType) -> None:
    """300 lists of a key that no lesson had; what the file says of itself, of 200, is as good."""
    weights, told = load(taught.FILE, taught.RECIPE)
    found = accuracy(weights, taught.RECIPE, 300, key=jax.random.key(12345))
    for name, right in found.items():
        assert right > FLOORS[taught.RECIPE.name].get(name, 0), name
        assert told["accuracy"][name] == pytest.approx(right, abs=0.1), name


@each
def test_what_it_does_not_sit_it_declines_with_a_reason(taught: ModuleType) -> None:
    name = taught.RECIPE.name
    sat = {paradigm for paradigm in PARADIGMS if name in roster(paradigm)}
    who = roster("free recall")[name].participant
    assert set(who.declines) == set(PARADIGMS) - sat == {"fact verification"}
    assert max(map(len, who.declines.values())) < 90


@each
def test_delays_that_people_sit_through_are_read(taught: ModuleType) -> None:
    """A minute is 60 tokens: logits of 20 letters, all of them numbers."""
    who = roster("retention")[taught.RECIPE.name].participant

    @jax.jit
    def evidence(delay: jax.Array) -> jax.Array:
        task = Retention(jnp.zeros((20, 4), bool), jnp.asarray([3, 1, 2]))
        state = who.begin(task, key=jax.random.key(0))
        state, _ = jax.lax.scan(lambda s, item: (who.study(s, item), None), state, task.studied)
        return who.evidence(who.rest(state, delay), jnp.asarray(0))

    for delay in (0.0, 60.0):
        assert np.isfinite(evidence(jnp.asarray(delay))).all()


def test_a_transformer_answers_cues_of_pairs_and_a_gru_barely() -> None:
    """20 lists of 8 pairs: the share of stimuli whose own response has the most evidence."""

    def right(name: str, key: jax.Array) -> jax.Array:
        who, task = roster("paired associates")[name].participant, _pairs(key)
        state = who.begin(task, key=key)
        state, _ = jax.lax.scan(lambda s, i: (who.study(s, i), None), state, jnp.arange(8))
        best = jax.vmap(lambda cue: who.evidence(state, cue).argmax())(jnp.arange(8))
        return (best == task.responses[:8]).mean()

    keys = jax.random.split(jax.random.key(0), 20)
    found = {
        name: float(jax.lax.map(lambda k, n=name: right(n, k), keys).mean()) for name in TAUGHT
    }
    assert found["Transformer"] > 0.9
    assert 1 / 16 < found["GRU"] < 0.5


def _pairs(key: jax.Array) -> PairedAssociates:
    return ab_ac(8, key=key)


@each
def test_lessons_lower_the_loss(taught: ModuleType) -> None:
    """100 steps of four lists of each kind: from log V by a third or more."""
    short = replace(taught.RECIPE, stages=(taught.RECIPE.stages[0]._replace(n_steps=100),))
    short = replace(short, warm_up=10.0, rows=4)
    losses = teach(short).losses
    assert losses[0] == pytest.approx(np.log(short.n_tokens), abs=0.5)
    assert losses[-10:].mean() < 0.67 * losses[0]
