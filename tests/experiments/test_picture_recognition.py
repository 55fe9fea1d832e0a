"""Familiarity as recognition: decisions by hand, and the numbers of the specification."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments.picture_recognition as pictures
from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment
from cogmem.measures.strengths import choice, d_a
from cogmem.tasks.sparse_items import random_items

CONFIG = pictures.Config()

# Specification, section 9: d_a of five macrocolumns with noise .05, by length of list and features
# shared (0, 25, 50, 75, 90 %), and the proportion correct in choices of two after 300 items.
D_A = {
    20: (18.6, 18.2, 14.4, 8.3, 3.6),
    100: (14.1, 13.8, 11.7, 6.8, 2.9),
    200: (8.5, 8.3, 7.5, 4.9, 2.2),
    300: (1.17, 1.13, 1.02, 0.85, 0.53),
}
CHOICE_300 = (0.78, 0.79, 0.75, 0.73, 0.65)
# Standard deviations over 20 macrocolumns, with other keys than the test's.
SD = {
    20: (0.19, 0.17, 0.10, 0.05, 0.03),
    100: (0.18, 0.17, 0.10, 0.06, 0.03),
    200: (0.41, 0.39, 0.33, 0.15, 0.04),
    300: (0.16, 0.16, 0.14, 0.11, 0.06),
}
SD_CHOICE = 0.035
OF_SPEC = 5


def near(found: np.ndarray, expected: float, sd: float, rounding: float) -> bool:
    """Whether the means of these macrocolumns and of the five of the spec are 3 SE apart or less.

    Args:
        found: [mac].
        expected: mean of the spec, rounded by up to `rounding`.
        sd: of one macrocolumn.
    """
    error = sd * np.sqrt(1 / len(found) + 1 / OF_SPEC)
    return bool(abs(found.mean() - expected) <= 3 * error + rounding)


def test_it_is_found_by_name() -> None:
    assert find_experiment("picture_recognition").models == ("sparsey",)


# ---- decisions -----------------------------------------------------------------------------------


def test_criteria_of_ratings_are_equally_spaced() -> None:
    strength = np.array([-1, 0.19, 0.21, 0.39, 0.41, 0.59, 0.61, 0.79, 0.81, 0.99, 1.01])
    rating = pictures.rated(strength, 0.2, 1.0)
    assert rating.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]


# ---- numbers of the specification ----------------------------------------------------------------


def _strengths(n_macs: int) -> tuple[np.ndarray, np.ndarray]:
    keys = jax.random.split(jax.random.key(9), n_macs)
    old, new = map(np.asarray, pictures.studied(100, keys))
    assert (old == 1).all()  # old items do not vary, before and after saturation
    return old[:, :, None], new


def _check_lists(n_macs: int) -> None:
    old, new = _strengths(n_macs)
    d = d_a(old, new, 0.05)
    for place, (length, row) in enumerate(D_A.items()):
        rounding = 0.05 if length < 300 else 0.005
        each = zip(d[:, place].T, row, SD[length], strict=True)
        assert all(near(*given, rounding) for given in each), (length, d[:, place].mean(axis=0))
    correct = choice(old[:, 3], new[:, 3], 0.05)
    each = zip(correct.T, CHOICE_300, strict=True)
    assert all(near(*given, SD_CHOICE, 0.005) for given in each), correct.mean(axis=0)
    # L = 400: d_a about 0, 2AFC about .5.
    assert (np.abs(d[:, 4].mean(axis=0)) < 0.15).all()
    assert (np.abs(choice(old[:, 4], new[:, 4], 0.05).mean(axis=0) - 0.5) < 0.03).all()


def test_sensitivity_by_length_of_list_and_by_lure() -> None:
    _check_lists(5)


@pytest.mark.slow
def test_sensitivity_of_more_macrocolumns() -> None:
    _check_lists(20)


# ---- what does not come for free, and what is added ----------------------------------------------


def test_everything_is_kept_with_chance_one() -> None:
    items = random_items(40, 50, 10, key=jax.random.key(0))
    assert (pictures.attended(items, jnp.asarray(1.0), key=jax.random.key(1)) == items).all()
    part = pictures.attended(items, jnp.asarray(0.7), key=jax.random.key(1))
    assert not (part & ~items).any()
    assert part.sum() / 400 == pytest.approx(0.7, abs=3 * np.sqrt(0.21 / 400))


@pytest.fixture(scope="module")
def varied():
    return pictures.variance(replace(CONFIG, n_macs=2))


def test_old_items_vary_only_by_added_mechanisms(varied) -> None:
    """Slopes of the zROC are above 1 without them, and well below with either."""
    slope = varied["slope"]["slope"]
    assert (slope.sel(chance=1.0) > 1).all()
    assert (slope.sel(chance=[0.8, 0.7, 0.6]) < 0.6).all()


def test_repetition_changes_nothing_if_all_is_encoded_at_once(varied) -> None:
    """Old items stay at 1 and new ones become more familiar, not less: no mirror effect."""
    full, part = (varied["repetition"].sel(encoded=name) for name in pictures.ENCODED)
    assert (full["old"] == 1).all()
    assert (np.diff(full["d_a"]) <= 0).all()
    assert (np.diff(part["old"]) > 0).all()
    assert (np.diff(part["new"]) > 0).all()


# ---- people, and the whole -----------------------------------------------------------------------


@pytest.mark.slow
def test_the_figure_is_drawn() -> None:
    try:
        load_trials("schwartz2005")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    tree = pictures.run(replace(CONFIG, n_macs=2, n_tested=20), Session())
    assert len(pictures.EXPERIMENT.plot(tree).axes) == 6
    assert set(pictures.numbers(tree)["panel"]) == set(tree.children)
