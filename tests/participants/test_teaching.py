"""Recipes: their numbers, first weights, and files of any tree of weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.participants.pupil_networks import GRUPupil, TransformerPupil
from cogmem.participants.taught_words import Stage, WordRecipe
from cogmem.participants.teaching import load, save, teach


@dataclass(frozen=True)
class SmallGRU(GRUPupil, WordRecipe):
    width: int = 4
    warm_up: float = 1.0
    n_words: int = 5
    stages: tuple[Stage, ...] = (Stage(2, ((1, 2, 0),), 3),)


@dataclass(frozen=True)
class SmallTransformer(TransformerPupil, WordRecipe):
    width: int = 8
    n_positions: int = 16
    warm_up: float = 1.0
    n_words: int = 5
    stages: tuple[Stage, ...] = (Stage(2, ((1, 2, 0),), 3),)


RECIPES = {"GRU": SmallGRU(), "Transformer": SmallTransformer()}


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_saved_is_loaded(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    weights = recipe.begin(key=jax.random.key(0))
    save(weights, {"loss": 2.5}, tmp_path / "some.npz", recipe)
    again, told = load(tmp_path / "some.npz", recipe)
    assert told["loss"] == 2.5
    assert jax.tree.structure(again) == jax.tree.structure(weights)
    jax.tree.map(np.testing.assert_array_equal, again, weights)


def test_a_file_of_another_recipe_or_network_is_refused(tmp_path: Path) -> None:
    gru, other = RECIPES["GRU"], RECIPES["Transformer"]
    save(gru.begin(key=jax.random.key(0)), {}, tmp_path / "gru.npz", gru)
    with pytest.raises(InvalidValue, match="taught otherwise: fillers 4, not 9"):
        load(tmp_path / "gru.npz", replace(gru, fillers=9))
    with pytest.raises(InvalidValue, match="holds no weights of Transformer"):
        load(tmp_path / "gru.npz", other)


def test_rates_of_the_pupil_are_those_of_its_recipe() -> None:
    """They are named first, and so stand before the defaults that all recipes share."""
    training = RECIPES["Transformer"].training
    assert training.learning_rate == TransformerPupil().learning_rate != WordRecipe().learning_rate
    assert (training.clip, training.warm_up) == (1.0, 1.0)


def test_chosen_numbers_are_counted_by_hand() -> None:
    """GRU: width, layers, channels, decay, clip, warm-up (6); pool, fillers, 4 shares (6); 1 stage
    of longest, 3 of a range, steps (5); rows, rate, final, beta2 (4); beta1, epsilon (2).
    """
    assert RECIPES["GRU"].n_chosen == 23


def test_first_weights_of_a_transformer_are_larger_but_for_its_norms() -> None:
    recipe = RECIPES["Transformer"]
    own, larger = recipe.model.begin(key=jax.random.key(0)), recipe.begin(key=jax.random.key(0))
    np.testing.assert_allclose(larger.embedding, 5 * own.embedding, rtol=1e-6)
    np.testing.assert_allclose(larger.blocks.attend.weight, 5 * own.blocks.attend.weight, rtol=1e-6)
    np.testing.assert_array_equal(larger.norm.weight, own.norm.weight)
    np.testing.assert_array_equal(larger.blocks.before_network.weight, 1)


def test_a_recipe_is_repeatable_and_one_without_stages_refused() -> None:
    first, again = (teach(RECIPES["GRU"]).losses for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(first) == 3
    with pytest.raises(InvalidValue, match="without stages"):
        teach(replace(RECIPES["GRU"], stages=()))
