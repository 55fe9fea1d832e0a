"""Sparsey as a participant: recognition, serial recall and change detection, and nothing else."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.sparsey import Mac
from cogmem.participants.roster import roster
from cogmem.participants.sparsey import (
    SparseyChangeDetection,
    SparseyRecognition,
    SparseySerialRecall,
)
from cogmem.participants.testing import YesNo, recall_in_order, strengths
from cogmem.tasks import ChangeDetection, Recognition, SerialRecall
from cogmem.tasks.sparse_items import keeping, random_items

N, ACTIVE = 144, 12
ITEMS = random_items(24, N, ACTIVE, key=jax.random.key(0))


def test_recognition_is_familiarity_and_grows_with_shared_features() -> None:
    """Studied items have G = 1; lures the less, the fewer features they share with one."""
    lures = [
        jax.vmap(lambda x, k, n=n: keeping(x, n, key=k))(
            ITEMS[:8], jax.random.split(jax.random.key(n), 8)
        )
        for n in (9, 5, 0)
    ]
    task = Recognition(jnp.concatenate([ITEMS[:8], *lures]), jnp.arange(8))
    found = strengths(SparseyRecognition(Mac(N, 24, 16)), task, key=jax.random.key(1))
    means = np.asarray(found).reshape(4, 8).mean(axis=1)
    assert found[:8].tolist() == [1.0] * 8
    assert (np.diff(means) < -0.05).all()


def test_order_of_study_does_not_matter_to_new_items_alone() -> None:
    """Before study nothing is familiar."""
    task = Recognition(ITEMS[:5], jnp.zeros(0, int))
    found = strengths(SparseyRecognition(Mac(N, 24, 16)), task, key=jax.random.key(1))
    assert found.tolist() == [0.0] * 5


def test_yes_no_by_hand() -> None:
    """One SD above the criterion: Phi(1) = .8413."""
    answers = YesNo(criterion=0.5, noise=0.1)(jnp.asarray([0.6, 0.5, jnp.nan]))
    np.testing.assert_allclose(answers, [0.8413447, 0.5, 0.5], atol=1e-6)


def test_a_learnt_list_is_recalled_in_order() -> None:
    sits = SparseySerialRecall(Mac(N, 24, 16, n_lateral=1))
    recall = partial(recall_in_order, sits, SerialRecall(ITEMS[:10]), temperature=0.01)
    for seed in range(3):
        assert recall(key=jax.random.key(seed)).tolist() == list(range(1, 11))


@pytest.mark.slow
def test_the_chain_only_runs_forward() -> None:
    """After the sixth item the evidence for the seventh is full, for the fifth like any other."""
    sits = SparseySerialRecall(Mac(N, 24, 16, n_lateral=1))
    state = sits.begin(SerialRecall(ITEMS[:10]), key=jax.random.key(0))
    for item in range(10):
        state = sits.study(state, jnp.asarray(item))
    state = sits.report(sits.rest(state, 0.0), jnp.asarray(5))
    evidence = np.asarray(sits.evidence(state, None))
    assert evidence[6] == pytest.approx(1, abs=1e-6)
    others = np.delete(evidence, 6)
    assert others.max() < 0.5
    assert abs(evidence[4] - others.mean()) < 3 * others.std()


def test_without_a_first_item_there_is_no_evidence() -> None:
    sits = SparseySerialRecall(Mac(N, 24, 16, n_lateral=1))
    state = sits.begin(SerialRecall(ITEMS[:4]), key=jax.random.key(0))
    assert sits.evidence(sits.rest(sits.study(state, 0), 0.0), None).tolist() == [0.0] * 4


def objects(colours: list[int], n_colours: int = 8) -> np.ndarray:
    """One feature for each pairing of place and colour."""
    shown = np.zeros((len(colours), 12, n_colours), bool)
    shown[np.arange(len(colours)), np.arange(len(colours)), colours] = True
    return shown.reshape(len(colours), -1)


def test_one_change_is_the_harder_to_see_the_more_objects_there_are() -> None:
    overlaps = []
    for n in (1, 2, 4, 8, 12):
        before, after = objects([0] * n), objects([0] * (n - 1) + [1])
        tests = jnp.asarray(np.stack([before.any(axis=0), after.any(axis=0)]))
        task = ChangeDetection(jnp.asarray(before), tests)
        sits = SparseyChangeDetection(Mac(12 * 8, 24, 16))
        same, changed = strengths(sits, task, key=jax.random.key(n)).tolist()
        assert same > 0.97
        overlaps.append(changed)
    assert (np.diff(overlaps) > -0.01).all()
    assert overlaps[0] < 0.1 < 0.9 < overlaps[-1]


def test_works_under_vmap_and_jit() -> None:
    sits = SparseyRecognition(Mac(N, 24, 16))
    task = Recognition(ITEMS[:6], jnp.arange(3))
    keys = jax.random.split(jax.random.key(0), 2)
    found = jax.jit(jax.vmap(lambda key: strengths(sits, task, key=key)))(keys)
    for row, key in zip(found, keys, strict=True):
        np.testing.assert_allclose(row, strengths(sits, task, key=key), atol=1e-6)


def test_it_sits_what_it_says_and_free_recall_not() -> None:
    task = SerialRecall(ITEMS[:4])
    with pytest.raises(InvalidValue, match="does not sit serial recall; it sits: recognition"):
        recall_in_order(SparseyRecognition(Mac(N, 24, 16)), task, key=jax.random.key(0))
    for kind in (SparseyRecognition, SparseySerialRecall, SparseyChangeDetection):
        assert "free recall" not in kind.paradigms
    assert not any("parsey" in name for name in roster("free recall"))


def test_impossible_participants_and_tasks_are_refused() -> None:
    with pytest.raises(InvalidValue, match="n_lateral=1"):
        SparseySerialRecall(Mac(N, 24, 16))
    recognition, key = SparseyRecognition(Mac(N, 24, 16)), jax.random.key(0)
    for features, told in (
        (jnp.ones((3, 9), bool), "expected .item, 144 features"),
        (0.5 * ITEMS, "features are 0 or 1"),
        (jnp.zeros((2, N)), "no active feature"),
    ):
        with pytest.raises(InvalidValue, match=told):
            strengths(recognition, Recognition(features, jnp.arange(1)), key=key)
    with pytest.raises(InvalidValue, match="of type str, expected one of Recognition"):
        strengths(recognition, "list", key=key)  # type: ignore[arg-type]
    chain = SparseySerialRecall(Mac(N, 24, 16, n_lateral=1))
    with pytest.raises(InvalidValue, match="temperature is -1"):
        recall_in_order(chain, SerialRecall(ITEMS[:3]), temperature=-1, key=key)
    with pytest.raises(InvalidValue, match="1 items; the first is given"):
        recall_in_order(chain, SerialRecall(ITEMS[:1]), key=key)
    with pytest.raises(InvalidValue, match="noise is -1"):
        YesNo(noise=-1.0)


def test_a_display_that_the_macrocolumn_does_not_see_gives_no_evidence() -> None:
    shown = objects([0, 0, 0])
    task = ChangeDetection(jnp.asarray(shown), jnp.asarray(shown.any(axis=0))[None])
    blind = SparseyChangeDetection(Mac(12 * 8, 24, 16, band=(1, 2)))
    assert np.isnan(strengths(blind, task, key=jax.random.key(0))).all()
