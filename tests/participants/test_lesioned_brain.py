"""Lesions of a Tensor Brain: what changes, by how much, and what is read off."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.participants.lesioned_brain import (
    MEASURES,
    SITES,
    chances,
    lesioned,
    profile,
)
from cogmem.participants.scene_viewer import annotated, answers, proportions, scene_brain
from cogmem.tasks.scenes import SceneData, SceneWorld, draw_scenes

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def data() -> SceneData:
    return draw_scenes(SceneWorld(n_train=8, n_known=20, n_novel=4, n_test=5), key=KEY)


@pytest.fixture(scope="module")
def brain(data) -> TensorBrain:
    return scene_brain(data.world, 8)


@pytest.fixture(scope="module")
def weights(brain) -> Weights:
    return brain.begin(key=KEY)


@pytest.fixture(scope="module")
def episodes(brain, data) -> Annotated:
    return annotated(brain, data.world, data.train, first_episode=0)


def rows(brain: TensorBrain, site: str) -> np.ndarray:
    groups = {"episodes": ["episode"], "predicates": ["predicate"]}
    labels = [g for g in brain.vocabulary.names if g not in ("episode", "predicate")]
    return brain.vocabulary.ids(*groups.get(site, labels))


@pytest.mark.parametrize("damage", ["loss", "noise"])
@pytest.mark.parametrize("site", SITES)
def test_only_the_site_changes(brain, weights, site, damage) -> None:
    """All other rows and fields are the same to the bit; nothing changes at severity 0."""
    after = lesioned(brain, weights, site, 1.0, damage=damage, key=KEY)
    hurt = rows(brain, site) if site != "working memory" else np.zeros(0, int)
    kept = np.setdiff1d(np.arange(len(brain.vocabulary)), hurt)
    assert (after.embeddings[kept] == weights.embeddings[kept]).all()
    assert not (after.embeddings[hurt] == weights.embeddings[hurt]).any()
    same = jax.tree.map(lambda a, b: bool((a == b).all()), after, weights)
    changed = {name for name, each in same._asdict().items() if each is False}
    assert changed == {"from_context" if site == "working memory" else "embeddings"}
    whole = lesioned(brain, weights, site, 0.0, damage=damage, key=KEY)
    assert all(jax.tree.leaves(jax.tree.map(lambda a, b: (a == b).all(), whole, weights)))


def test_a_share_of_weights_is_lost_and_a_milder_lesion_is_part_of_it(brain, weights) -> None:
    """Of 50 x 64 weights: .3, standard error .008."""
    mild, severe = (
        np.asarray(lesioned(brain, weights, "concepts", s, key=KEY).embeddings) == 0
        for s in (0.3, 0.6)
    )
    own = rows(brain, "concepts")
    assert mild[own].mean() == pytest.approx(0.3, abs=0.03)
    assert (severe >= mild).all()
    assert not mild[rows(brain, "predicates")].any()


def test_noise_keeps_the_size_of_weights(brain, weights) -> None:
    """At 1 nothing of the weights is left (correlation 0), but they are as large as before."""
    own = rows(brain, "concepts")
    after = lesioned(brain, weights, "concepts", 1.0, damage="noise", key=KEY).embeddings[own]
    before = np.asarray(weights.embeddings[own])
    assert float(after.std()) == pytest.approx(before.std(), rel=0.03)
    assert abs(np.corrcoef(np.ravel(after), before.ravel())[0, 1]) < 0.05


def test_working_memory_is_scaled(brain, weights) -> None:
    after = lesioned(brain, weights, "working memory", 0.25, key=KEY)
    np.testing.assert_allclose(after.from_context, 0.75 * weights.from_context, rtol=1e-6)


def test_embeddings_kept_apart_are_damaged_too(data) -> None:
    brain = scene_brain(data.world, 8, separate=True)
    weights = brain.begin(key=KEY)
    after = lesioned(brain, weights, "episodes", 1.0, key=KEY)
    own = rows(brain, "episodes")
    assert not after.scoring[own].any()
    assert not after.embeddings[own].any()


def test_what_is_impossible_is_refused(brain, weights) -> None:
    with pytest.raises(UnknownName, match="episodes"):
        lesioned(brain, weights, "episode", 0.5, key=KEY)
    with pytest.raises(UnknownName, match="noise"):
        lesioned(brain, weights, "episodes", 0.5, damage="nois", key=KEY)
    with pytest.raises(InvalidValue, match=r"severity is 1\.5"):
        lesioned(brain, weights, "episodes", 1.5, key=KEY)


def test_profile_is_what_the_answers_are(brain, data, weights, episodes) -> None:
    """Each measure by another way: entities by hand, the others by `proportions`."""
    seen = annotated(brain, data.world, data.known)
    members = brain.vocabulary.ids("entity")[np.asarray(data.train.entities)]
    found = dict(
        zip(MEASURES, profile(brain, weights, episodes, members, seen).tolist(), strict=True)
    )
    known = proportions(answers(brain, weights, episodes, "teacher", source="semantic"))
    now = proportions(answers(brain, weights, seen, "attention"))
    groups = brain.vocabulary.names[2:-1]
    expected = {"known predicate": known["predicate @1"], "predicate seen": now["predicate @1"]}
    expected |= {"entity seen": now["entity"]}
    expected |= {"known labels": np.mean([known[g] for g in groups])}
    expected |= {"labels seen": np.mean([now[g] for g in groups])}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert found["entities of an episode"] == pytest.approx(_recalled(brain, weights, members))


def _recalled(brain: TensorBrain, weights: Weights, members: Any) -> float:
    """By a loop over episodes."""
    ids, hits = brain.vocabulary.ids("entity"), []
    for episode, own in enumerate(members):
        brought, _ = brain.evolve(weights, weights.embeddings[episode], jnp.zeros(brain.n_context))
        scores = np.asarray(weights.embeddings[ids] @ jax.nn.sigmoid(brought))
        hits.append(len(set(ids[np.argsort(-scores)[:4]]) & set(own.tolist())) / 4)
    return float(np.mean(hits))


def test_chance_by_hand(brain, episodes) -> None:
    """Two episodes with entities 1 2 and 1 3: naming 1 and another gets 3 of 4 right."""
    found = dict(zip(MEASURES, chances(episodes, np.array([[1, 2], [1, 3]])), strict=True))
    assert found["entities of an episode"] == pytest.approx(0.75)
    predicates = np.asarray(episodes.targets.predicate)
    assert found["predicate seen"] == np.unique(predicates, return_counts=True)[1].max() / 48
    assert found["known labels"] == found["labels seen"]
