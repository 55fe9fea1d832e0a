"""The BDH that comes with cogmem: its file, what it can do, what it is refused, lessons again."""

from __future__ import annotations

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from cogmem.errors import InvalidValue
from cogmem.models.sequence_model import count_weights
from cogmem.participants.bdh import (
    FILE,
    RECIPE,
    BDHParticipant,
    Recipe,
    accuracy,
    lessons,
    load,
    save,
    teach,
)
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import roster, sitting
from cogmem.tasks import FreeRecall
from cogmem.tasks.word_tokens import WordTokens

FLOORS = {
    "serial recall": 0.8,
    "free recall": 0.55,
    "paired associates": 0.85,
    "recognition": 0.9,
}
CHANCE = {
    "serial recall": 1 / 32,
    "free recall": 8 / 32,
    "paired associates": 1 / 32,
    "recognition": 1 / 2,
}


@pytest.fixture(scope="module")
def weights():
    return load()[0]


def test_the_file_is_small_finite_and_of_the_recipe(weights) -> None:
    """Below 400 kB; as many numbers as the model has weights."""
    assert FILE.stat().st_size < 400_000
    leaves = jax.tree.leaves(weights)
    assert sum(leaf.size for leaf in leaves) == count_weights(RECIPE.model)
    assert all(leaf.dtype == np.float32 and np.isfinite(leaf).all() for leaf in leaves)


@pytest.mark.slow
def test_lists_that_it_never_saw(weights) -> None:
    """100 lists of a key that no lesson had; what the file says of itself is as good."""
    found = accuracy(weights, n_lists=100, key=jax.random.key(12345))
    stored = load()[1]["accuracy"]
    for name, floor in FLOORS.items():
        assert found[name] > floor, name
        assert stored[name] == pytest.approx(found[name], abs=0.08), name


@pytest.mark.slow
def test_who_was_not_taught_is_near_chance() -> None:
    """Of first weights: the tests themselves give nothing away."""
    found = accuracy(RECIPE.model.begin(key=jax.random.key(0)), n_lists=100, key=jax.random.key(1))
    for name, chance in CHANCE.items():
        assert found[name] < chance + 0.15, name


def test_another_recipe_is_refused(tmp_path, weights) -> None:
    path = tmp_path / "other.npz"
    save(weights, {}, path, replace(RECIPE, seed=RECIPE.seed + 1))
    with pytest.raises(InvalidValue, match=f"seed {RECIPE.seed + 1}, not {RECIPE.seed}"):
        load(path)
    with pytest.raises(InvalidValue, match="was taught otherwise: fillers"):
        load(recipe=replace(RECIPE, fillers=RECIPE.fillers + 1))


def test_what_is_no_file_of_weights_is_refused(tmp_path) -> None:
    for name, content in (("gone.npz", None), ("text.npz", b"words"), ("empty.npz", b"")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InvalidValue, match="holds no weights of BDH"):
            load(path)
    np.savez(tmp_path / "other.npz", about=np.asarray(json.dumps({})), embedding=np.zeros(2))
    with pytest.raises(InvalidValue, match="holds no weights of BDH"):
        load(tmp_path / "other.npz")


def test_what_it_does_not_sit_it_declines_with_a_reason() -> None:
    """Words, and updating by a network of its own; a reason fits into the blank of a table."""
    words = {"free recall", "serial recall", "paired associates", "recognition", "retention"}
    who = sitting("BDH").participant
    assert set(who.paradigms) == words
    assert {name for name in PARADIGMS if "BDH" in roster(name)} == words | {"updating"}
    assert set(who.declines) == set(PARADIGMS) - words - {"updating"}
    assert max(map(len, who.declines.values())) < 90


def test_only_the_shared_readout_is_fitted() -> None:
    who = sitting("BDH")
    assert set(who.parameters) == {"temperature", "stop_scale", "stop_growth"}
    assert who.participant.n_learnt == count_weights(RECIPE.model)


def test_evidence_is_of_the_words_of_the_list() -> None:
    """Eight finite numbers, higher than those of the 24 words that were not studied; a word that
    was said is no longer due.
    """
    entrant, n = sitting("BDH"), 8

    @jax.jit
    def first(key: Array) -> tuple[Array, Array, Array, Array]:
        state, who = entrant.after_study(FreeRecall.of_length(n), key=key), entrant.participant
        evidence = who.evidence(state, None)
        said = jnp.argmax(evidence)
        after = who.evidence(who.report(state, said), None)
        studied = jnp.zeros(RECIPE.n_words, bool).at[state.candidates].set(True)
        return evidence, state.logits[: RECIPE.n_words], studied, evidence[said] - after[said]

    for key in jax.random.split(jax.random.key(0), 4):
        evidence, all_words, studied, lost = map(np.asarray, first(key))
        assert evidence.shape == (n,)
        assert np.isfinite(evidence).all()
        assert all_words[studied].mean() > all_words[~studied].mean() + 2
        assert lost > 1


def test_no_list_is_longer_than_the_pool() -> None:
    """Lists of people are; what was taught is named."""
    n = RECIPE.n_words + 1
    with pytest.raises(
        InvalidValue, match=f"{n} words are needed, and the model was taught {n - 1}"
    ):
        sitting("BDH").after_study(FreeRecall.of_length(n), key=jax.random.key(0))


def test_lessons_are_what_the_recipe_says() -> None:
    """Stages of 6,000 steps in all, ever longer; rows by shares, none longer than its stage."""
    serial, free, pairs, recognised = RECIPE.shares
    longest = [stage.longest for stage in RECIPE.stages]
    assert RECIPE.n_steps == sum(stage.n_steps for stage in RECIPE.stages) == 6000
    assert longest == sorted(longest)
    for stage in RECIPE.stages:
        n, draw = lessons(RECIPE, stage)
        tasks = draw.args[1]
        names = [getattr(task.func, "__name__", "") for task in tasks]
        assert names.count("_in_order") == serial
        assert names.count("free_recall") == free
        assert names.count("paired_associates") == pairs * len(stage.pairs)
        assert names.count("recognition") == recognised
        assert n == RECIPE.rows * len(tasks)
        assert max(t.keywords["lengths"][1] for t in tasks) <= stage.longest


def test_serial_recall_has_a_question_of_its_own() -> None:
    """After RECALL words are due in any order, so another token asks for theirs."""
    task = lessons(RECIPE, RECIPE.stages[0])[1].args[1][0]
    rows = task(2, key=jax.random.key(0))
    assert RECIPE.in_order not in range(RECIPE.vocabulary.n_tokens)
    assert ((rows.tokens == RECIPE.in_order).sum(axis=1) == 1).all()
    assert not (rows.tokens == RECIPE.vocabulary.recall).any()


def test_a_model_of_another_size_is_refused(weights) -> None:
    with pytest.raises(InvalidValue, match="the vocabulary it was taught with"):
        BDHParticipant(RECIPE.model, weights, WordTokens(RECIPE.n_words + 9))


@pytest.mark.slow
def test_lessons_again_lower_the_loss() -> None:
    """300 steps of the first stage: from log V to half of it; the same again is the same."""
    short = replace(Recipe(), stages=(RECIPE.stages[0]._replace(n_steps=300),))
    first, again = teach(short), teach(short)
    np.testing.assert_array_equal(first.losses, again.losses)
    assert first.losses[0] == pytest.approx(np.log(short.model.n_tokens), abs=0.3)
    assert first.losses[-50:].mean() < 0.6 * first.losses[0]
