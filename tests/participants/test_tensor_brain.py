"""The Tensor Brain and ACT-R as participants: the verbs, facts, pairs and items."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.actr import ACTR
from cogmem.participants.fact_verification import FAN, FactFans, verified, verified_by_trial
from cogmem.participants.hlop import HLOP
from cogmem.participants.roster import roster
from cogmem.participants.tensor_brain import TensorBrainLearner
from cogmem.participants.testing import after_study, cued_recall, strengths
from cogmem.tasks import FreeRecall, Recognition
from cogmem.tasks.facts import fan_facts
from cogmem.tasks.paired_associates import ab_ac
from cogmem.tasks.sparse_items import keeping, random_items

KEY = jax.random.key(0)
SMALL = TensorBrainLearner(steps=40, n_state=16, n_context=16)
FACTS = fan_facts((4, 2), (4, 2), n_trials=14, key=KEY)
PAIRS = ab_ac(8, n_trials=(8, 8), key=KEY)
ITEMS = Recognition(random_items(12, 60, 12, key=KEY), jnp.arange(6))


def test_what_it_sits_and_what_it_does_not() -> None:
    """Blank cells for what is not in `paradigms`; ACT-R is beside it in the fan experiment."""
    for paradigm in ("recognition", "paired associates", FAN):
        assert "Tensor Brain" in roster(paradigm)
    for paradigm in ("free recall", "serial recall", "change detection"):
        assert "Tensor Brain" not in roster(paradigm)
    assert {"ACT-R", "Tensor Brain"} <= set(roster(FAN))


def form(state: Any) -> Any:
    return jax.tree.structure(state), [(a.shape, a.dtype) for a in jax.tree.leaves(state)]


@pytest.mark.parametrize("task", [FACTS, PAIRS, ITEMS], ids=["facts", "pairs", "items"])
def test_state_keeps_its_structure_through_every_verb(task: Any) -> None:
    state = eqx.filter_eval_shape(lambda: SMALL.begin(task, key=KEY))
    begun = form(state)
    for verb in (SMALL.study, SMALL.rest, SMALL.report, SMALL.study):
        state = eqx.filter_eval_shape(verb, state, jnp.array(1))
        assert form(state) == begun


# ---- facts ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course() -> tuple[np.ndarray, np.ndarray]:
    """Evidence and surprise after every trial."""
    run = jax.jit(lambda key: verified_by_trial(SMALL, FACTS, watch=SMALL.surprise, key=key))
    evidence, surprise = run(KEY)
    return np.asarray(evidence), np.asarray(surprise)


def test_surprise_falls_to_the_entropy_of_what_was_studied(course) -> None:
    """Eight facts in two directions: ln 16 nats, within .02, and never below it."""
    assert course[1][-1] == pytest.approx(np.log(16), abs=0.02)
    assert (course[1] >= np.log(16) - 1e-4).all()


def test_at_convergence_the_evidence_is_minus_the_logarithm_of_the_fans(course) -> None:
    """log P(place | person) = -ln fan, and the other way round: to .05 nats; foils far below."""
    old = np.asarray(FACTS.kinds) == 0
    fans = np.asarray(FACTS.fans)[old]
    np.testing.assert_allclose(course[0][-1, old], -np.log(fans).sum(axis=1), atol=0.05)
    assert course[0][-1, ~old].max() < course[0][-1, old].min() - 2


def test_replay_of_older_facts_fades_as_told() -> None:
    """With `kept` .5 the facts before count half, a quarter ...; one studied again counts 1."""
    fades = TensorBrainLearner(steps=1, n_state=16, n_context=16, kept=0.5)
    state, study = fades.begin(FACTS, key=KEY), jax.jit(fades.study)
    for fact in (3, 0, 1, 0):
        state = study(state, jnp.asarray(fact))
    assert state.replayed.tolist() == [1, 0.5, 0, 0.125, 0, 0, 0, 0]


def test_actr_counts_fans_and_gives_the_models_own_times() -> None:
    evidence = np.asarray(verified(FactFans(), FACTS, key=KEY))
    model, fans = ACTR(), np.asarray(FACTS.fans, float)
    for probe, kind in enumerate(np.asarray(FACTS.kinds)):
        times = model.fact_times(*map(jnp.asarray, fans[probe]))
        expected = (times.target, times.foil)[kind] - model.intercept
        np.testing.assert_allclose(-evidence[probe], expected, rtol=1e-6)


def test_who_does_not_sit_facts_is_refused() -> None:
    with pytest.raises(InvalidValue, match="HLOP does not sit fact verification"):
        verified(HLOP(), FACTS, key=KEY)
    with pytest.raises(InvalidValue, match="expected Facts"):
        FactFans().begin(ITEMS, key=KEY)  # type: ignore[arg-type]


# ---- pairs ---------------------------------------------------------------------------------------


def test_pairs_of_both_lists_are_recalled_and_responses_sum_to_one() -> None:
    """The same stimuli, told apart by their list: 14 of 16 or more, where chance is one."""
    sits = TensorBrainLearner()
    state = after_study(sits, PAIRS, key=KEY)
    found = cued_recall(sits, PAIRS, state=state, key=KEY)
    assert (found.evidence.argmax(axis=1) == PAIRS.responses).sum() >= 14
    np.testing.assert_allclose(np.exp(found.evidence).sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(InvalidValue, match="recalls pairs by a cue"):
        sits.evidence(state, None)
    assert sits.rest(state, 1e6) is state
    assert sits.report(state, jnp.asarray(0)) is state


# ---- items ---------------------------------------------------------------------------------------


def test_studied_items_are_more_familiar_and_similar_ones_in_between() -> None:
    """Mean familiarity of six old items, of lures with 9 of 12 features, and of new ones."""
    sits = TensorBrainLearner(n_state=256)
    old = ITEMS.features[:6]
    like = jax.vmap(lambda x, k: keeping(x, 9, key=k))(old, jax.random.split(KEY, 6))
    task = Recognition(jnp.concatenate([old, like, ITEMS.features[6:]]), jnp.arange(6))
    found = np.asarray(strengths(sits, task, key=KEY)).reshape(3, 6)
    means = found.mean(axis=1)
    assert means[0] > means[1] > means[2]
    assert found[0].min() > found[2].max()


def test_before_study_nothing_is_familiar_and_the_oldest_index_is_written_anew() -> None:
    sits = TensorBrainLearner(n_state=256)
    state = sits.begin(ITEMS, key=KEY)
    assert sits.evidence(state, None).tolist() == [0.0] * 12
    study = jax.jit(sits.study)
    for item in (0, 1, 2, 3, 4, 5):
        state = study(state, jnp.asarray(item))
    before = np.asarray(state.weights.embeddings)
    after = np.asarray(study(state, jnp.asarray(7)).weights.embeddings)
    assert (before != after).any(axis=1).tolist() == [True] + [False] * 5


# ---- refusals ------------------------------------------------------------------------------------


def test_other_tasks_and_empty_layers_are_refused() -> None:
    with pytest.raises(InvalidValue, match="got a FreeRecall, expected one of Recognition"):
        SMALL.begin(FreeRecall.of_length(3), key=KEY)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="steps is 0"):
        TensorBrainLearner(steps=0)
