"""Merged models: roles by hand, losses of who knows nothing, the published table; a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Experiment, Session, find_experiment
from tests.models.bdh_weights import untrained


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("merging")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"n_words": 3, "n_said": 2, "width": 8, "n_heads": 1, "n_neurons": 32, "n_layers": 2}
    return replace(experiment.default, **sizes, n_steps=250, batch=2, n_test=3)


def test_roles_by_hand(names) -> None:
    """Reading C, D is columns 2 and 3, writing them 5 and 6; row 2 is the specialist of C."""
    losses = np.arange(36.0).reshape(6, 6)
    found = dict(zip(names["ROLES"], names["by_role"](losses).tolist(), strict=True))
    assert found["own specialist"] == [(7 + 14) / 2, (10 + 17) / 2]
    assert found["other specialist"] == [(13 + 8) / 2, (16 + 11) / 2]
    assert found["merged"] == [(19 + 20) / 2, (22 + 23) / 2]
    assert found["base"] == [1.5, 4.5]


def test_published_losses(names) -> None:
    """Table 2: merged, reading French .40 and Portuguese .39, writing them .77 and .86."""
    found = names["_published"]()
    table = found["published"]["mean"]
    assert table.shape == (4, 6)
    assert float(table.sel(model="tuned on En-Fr", direction="En to Es")) == 2.57
    sides = found["published_sides"]["mean"]
    np.testing.assert_allclose(sides.sel(role="merged"), [0.395, 0.815])
    np.testing.assert_allclose(sides.sel(role="own specialist"), [(0.36 + 0.34) / 2, 0.32])
    assert sides.sel(role="weights averaged").isnull().all()


def test_lessons_go_both_ways(names, tiny) -> None:
    """Half of the texts of a block are from A to C and half from C to A, in no order."""
    languages = names["markov_languages"](4, tiny.n_words, key=jax.random.key(0))
    found = names["lessons"](tiny, languages, 2, jax.random.key(1))
    assert found.tokens.shape == (250, 2, 5)
    first = np.asarray(found.tokens[..., 0])
    assert np.mean(first == languages.tags[0]) == np.mean(first == languages.tags[2]) == 0.5
    assert len(np.unique(np.diff(first, axis=1))) > 1
    assert np.asarray(found.counted).mean() == 0.8


def test_who_knows_nothing_is_at_chance(names, tiny) -> None:
    """Logits of 0: log of all 16 tokens; the right language has 3 of them."""
    languages = names["markov_languages"](4, tiny.n_words, key=jax.random.key(0))
    model = names["BDH"](languages.n_tokens, 8, 1, 32, 2)
    weights = jax.tree.map(jnp.zeros_like, untrained(model))
    pairs = names["DIRECTIONS"].values()
    texts = [names["translation"](languages, *pair, 3, 2, key=jax.random.key(1)) for pair in pairs]
    found = names["tested"]((model, weights), languages, texts)
    np.testing.assert_allclose(found["loss"], np.log(16), rtol=1e-6)
    np.testing.assert_allclose(found["monologue"], np.log(16), rtol=1e-6)
    np.testing.assert_allclose(found["language"], np.log(16 / 3), rtol=1e-6)


def test_half_blocks_are_refused(experiment, tiny, tmp_path) -> None:
    with pytest.raises(InvalidValue, match="n_tuning is 300, expected a multiple of 250"):
        experiment.run(replace(tiny, n_tuning=300), Session(results=tmp_path))


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tiny, tmp_path) -> None:
    """Specialists differ from their base; a second run is alike; entropies are below log 3."""
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    loss = tree["loss"].to_dataset()["mean"]
    assert loss.dims == ("alphabet", "model", "direction")
    assert not loss.isnull().any()
    assert len(np.unique(loss.sel(alphabet="own words", direction="A to C"))) == 6
    assert float(tree["entropy"].to_dataset()["mean"].max()) < np.log(3)
    again = experiment.run(tiny, session)
    assert again["loss"].to_dataset().equals(tree["loss"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_merged_models_are_between_specialists_and_strangers(experiment, tmp_path) -> None:
    """The quick preset, own words: B to A stays known; of C and D, merged models are worse than own
    specialists, far better than the other's, and read better than they write.
    """
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    sides = tree["sides"].to_dataset()["mean"].sel(alphabet="own words")
    own, both, other = (
        sides.sel(role=role) for role in ("own specialist", "merged", "other specialist")
    )
    assert (own < both).all()
    assert (both < 0.6 * other).all()
    assert float(both.sel(side="reading")) < float(both.sel(side="writing"))
    loss = tree["loss"].to_dataset()["mean"].sel(alphabet="own words", model="merged")
    assert float(loss.sel(direction="B to A")) < 0.5
