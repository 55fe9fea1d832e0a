"""Code selection: every step by hand, what holds for any input, and chances as they are said to be.

The reference vectors are in tests/conformance/test_sparsey.py.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models import parameters
from cogmem.models.code_selection import (
    PRESETS,
    CodeSelection,
    CommonFactor,
    Ratchet,
    chance_of_slip,
    draw,
    familiarity_of,
    hardest,
    preset,
)
from cogmem.models.code_selection_controls import (
    CONTROLS,
    FirstBest,
    FullExpansivity,
    RandomCodes,
)

DEFAULT = PRESETS["default"]
SUPPORTS = hnp.arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32, allow_subnormal=False))


def by_hand(v: float, eta: float, s2: float = 14, s3: float = 0.7) -> float:
    """mu with s1 = s4 = 1."""
    return (eta - 1) / (1 + math.exp(-s2 * (v - s3))) + 1


# ---- local support -------------------------------------------------------------------------------


def test_support_is_the_product_of_powers_of_what_is_used() -> None:
    """V = U^2 H D; what is not used is left out and never taken as 0 (steps 3 and 4)."""
    fit = {"U": jnp.array([0.5, 1.0]), "H": jnp.array([0.5, 0.25]), "D": jnp.array([0.0, 0.5])}

    def support(used: str) -> list[float]:
        return DEFAULT.support(fit, {kind: kind in used for kind in "UHD"}).tolist()

    assert support("UHD") == [0, 0.125]
    assert support("UH") == [0.125, 0.25]
    assert support("U") == [0.25, 1]
    assert support("H") == [0.5, 0.25]
    assert support("") == [0, 0]


def test_powers_are_those_of_each_kind() -> None:
    selection = CodeSelection(bottom_up_power=1.0, lateral_power=2.0, top_down_power=3.0)
    fit = {kind: jnp.array([0.5]) for kind in "UHD"}
    for used, power in {"U": 1, "H": 2, "D": 3, "UHD": 6}.items():
        found = selection.support(fit, {kind: kind in used for kind in "UHD"})
        assert found.tolist() == [0.5**power]


def test_another_power_where_no_lateral_input_has_come() -> None:
    """lambda_U at the first frame of a sequence may differ (step 4)."""
    selection = CodeSelection(first_power=4.0)
    fit, use = {"U": jnp.array([0.5])}, {"U": True}
    assert selection.support(fit, use, lateral=False).tolist() == [0.5**4]
    assert selection.support(fit, use, lateral=True).tolist() == [0.5**2]
    assert DEFAULT.support(fit, use, lateral=False).tolist() == [0.5**2]


# ---- steps 6 to 10 -------------------------------------------------------------------------------


def test_from_support_to_probability_by_hand() -> None:
    """G is the mean of the modules' best, not of all cells; eta, mu and rho follow from it."""
    support = jnp.array([[1.0, 0.0, 0.5], [0.5, 0.0, 0.25]])
    found = DEFAULT.select(support)
    assert found.familiarity == 0.75
    eta = 1 + ((0.75 - 0.1) / 0.9) ** 2 * 100 * 3
    np.testing.assert_allclose(found.expansivity, eta, rtol=1e-6)
    mu = np.array([[by_hand(v, eta) for v in row] for row in support.tolist()])
    np.testing.assert_allclose(found.likelihood, mu, rtol=1e-5)
    np.testing.assert_allclose(found.probability, mu / mu.sum(axis=1, keepdims=True), rtol=1e-5)


def test_all_constants_of_the_sigmoid_count() -> None:
    selection = CodeSelection(
        familiarity_floor=0.2,
        familiarity_power=3.0,
        gain=50.0,
        sigmoid_width=0.1,
        sigmoid_slope=4.0,
        sigmoid_centre=1.0,
        sigmoid_power=8.0,
    )
    found = selection.select(jnp.array([[0.8, 0.3]]))
    eta = 1 + (0.6 / 0.8) ** 3 * 50 * 2
    mu = [(eta - 1) / (1 + 0.1 * math.exp(-4 * (v - 1))) ** 8 + 1 for v in (0.8, 0.3)]
    np.testing.assert_allclose(found.likelihood[0], mu, rtol=1e-5)


@pytest.mark.parametrize("familiarity", [0.0, 0.05, 0.1])
def test_novel_input_is_given_a_random_code(familiarity: float) -> None:
    """Up to G-, eta is exactly 1 and every cell equally likely."""
    found = DEFAULT.select(jnp.full((4, 5), familiarity).at[:, 1:].set(0.0))
    assert found.expansivity == 1
    np.testing.assert_array_equal(found.probability, np.full((4, 5), np.float32(1 / 5)))


def test_a_full_fit_is_exactly_familiar() -> None:
    """G = 1.0, not 0.99999994, for every number of modules, compiled or not (section 12, 4)."""
    compiled = jax.jit(familiarity_of)
    for n_modules in (1, 24, 41, 47, 61):  # from 41 on, 1 / Q, rounded, times Q is below 1
        full = np.ones((n_modules, 2), np.float32)
        assert compiled(full) == familiarity_of(jnp.asarray(full)) == 1, n_modules
        full[0] = 0.999
        assert compiled(full) < 1


@settings(max_examples=50, deadline=None)
@given(SUPPORTS)
def test_for_any_support(support: np.ndarray) -> None:
    """Each module's probabilities sum to 1, follow support, and mu and eta are at least 1."""
    with jax.numpy_dtype_promotion("strict"):
        found = DEFAULT.select(jnp.asarray(support))
    assert 0 <= found.familiarity <= 1
    assert found.expansivity >= 1
    assert (found.likelihood >= 1).all()
    np.testing.assert_allclose(found.probability.sum(axis=1), 1, rtol=1e-5)
    ordered = np.take_along_axis(np.asarray(found.probability), np.argsort(support, axis=1), axis=1)
    assert (np.diff(ordered, axis=1) >= -1e-7).all()


@settings(max_examples=25, deadline=None)
@given(SUPPORTS, st.permutations(range(4)), st.permutations(range(3)))
def test_cells_and_modules_have_no_order(
    support: np.ndarray, cells: list[int], modules: list[int]
) -> None:
    """Permuting them permutes probabilities and changes nothing else."""
    plain = DEFAULT.select(jnp.asarray(support))
    permuted = DEFAULT.select(jnp.asarray(support[modules][:, cells]))
    np.testing.assert_allclose(permuted.familiarity, plain.familiarity, rtol=1e-6)
    expected = np.asarray(plain.probability)[modules][:, cells]
    np.testing.assert_allclose(permuted.probability, expected, rtol=1e-4)


@pytest.mark.parametrize("name", PRESETS)
def test_float32_is_float64_to_its_own_precision(name: str) -> None:
    """The dtype is that of the parameters and the support."""
    support = np.random.default_rng(1).uniform(size=(6, 5))
    low = PRESETS[name].select(jnp.asarray(support, jnp.float32))
    with jax.enable_x64(True):
        high = PRESETS[name].select(jnp.asarray(support, jnp.float64))
        assert {leaf.dtype.name for leaf in jax.tree.leaves(high)} == {"float64"}
        assert PRESETS[name].dtype == jnp.float64
    assert {leaf.dtype.name for leaf in jax.tree.leaves(low)} == {"float32"}
    np.testing.assert_allclose(low.probability, high.probability, rtol=2e-5)


# ---- other published forms -----------------------------------------------------------------------


def test_r10() -> None:
    """eta - 1 = 1e4 G^7, whatever K; logistic of slope 26 about .5 (PC's reading)."""
    found = PRESETS["r10"].select(jnp.array([[0.5, 0.0, 0.0]]))
    eta = 1 + 1e4 * 0.5**7
    np.testing.assert_allclose(found.expansivity, eta, rtol=1e-6)
    expected = [by_hand(v, eta, 26, 0.5) for v in (0.5, 0.0)]
    np.testing.assert_allclose(found.likelihood[0, :2], expected, rtol=1e-5)


def test_sparseypy_has_a_common_factor() -> None:
    """eta = chi (G - .2) / .8; mu = eta / (1 + e^(5 - 8 V)) + 1e-6: eta all but cancels."""
    selection = PRESETS["sparseypy"]
    assert isinstance(selection, CommonFactor)
    found = selection.select(jnp.array([[0.6, 0.2]]))
    eta = 1.5 * 0.4 / 0.8
    mu = np.array([eta / (1 + math.exp(5 - 8 * v)) + 1e-6 for v in (0.6, 0.2)])
    np.testing.assert_allclose(found.likelihood[0], mu, rtol=1e-5)
    tenfold = replace(selection, gain=15.0).select(jnp.array([[0.6, 0.2]]))
    np.testing.assert_allclose(tenfold.probability, found.probability, atol=1e-4)
    # Below G-, only the floor is left: uniform.
    assert selection.select(jnp.array([[0.1, 0.0]])).probability.tolist() == [[0.5, 0.5]]


def test_sparseycore_by_hand() -> None:
    """mu = max(eta / (1 + e^(-4 (V - c))), 1), eta from V >= .9, 1 below .1."""
    selection = PRESETS["sparseycore"]
    support = jnp.array([[1.0, 0.6, 0.05]])
    eta = 1 + 100 * 3
    for ratchet, middle in ((None, 0.5), (jnp.array([0.9, 0.4]), 0.9)):
        found = selection.select(support, ratchet)
        expected = [eta, eta / (1 + math.exp(-4 * (0.6 - middle))), 1]
        np.testing.assert_allclose(found.likelihood[0], expected, rtol=1e-5)


def test_the_ratchet_only_rises() -> None:
    """One step of .004 when the mean support passes .3 and every mean before; .9 at most."""
    ratchet, selection = jnp.array([0.5, 0.0]), Ratchet()
    expected = [(0.2, 0.5), (0.35, 0.504), (0.35, 0.504), (0.32, 0.504), (0.4, 0.508)]
    for mean, midpoint in expected:
        ratchet = selection.ratcheted(ratchet, jnp.full((2, 2), mean))
        np.testing.assert_allclose(ratchet[0], midpoint, rtol=1e-6)
    np.testing.assert_allclose(ratchet[1], 0.4, rtol=1e-6)
    top = selection.ratcheted(jnp.array([0.9, 0.4]), jnp.full((2, 2), 0.5))
    np.testing.assert_allclose(top, [0.9, 0.5], rtol=1e-6)
    assert (DEFAULT.ratcheted(ratchet, jnp.ones((2, 2))) == ratchet).all()


def test_controls_break_one_thing_each() -> None:
    support = jnp.array([[0.2, 0.6, 0.6], [0.0, 0.5, 0.1]])
    assert RandomCodes().select(support).expansivity == 1
    assert FullExpansivity().select(0.1 * support).expansivity == 1 + 100 * 3
    assert FirstBest().select(support).probability.tolist() == [[0, 1, 0], [0, 1, 0]]
    assert FirstBest().select(0 * support).probability.tolist() == [[1, 0, 0], [1, 0, 0]]
    for control in CONTROLS.values():
        assert control.select(support).familiarity == DEFAULT.select(support).familiarity


def test_an_unknown_preset_is_named_with_the_nearest() -> None:
    assert preset("smooth") is PRESETS["smooth"]
    with pytest.raises(UnknownName, match="Did you mean 'smooth'"):
        preset("smoth")


# ---- winners -------------------------------------------------------------------------------------


def test_the_winner_is_the_first_cell_that_passes_the_number() -> None:
    """cumsum = .25, .75, 1: a cell wins from the sum before it, included, to its own, excluded."""
    probability = jnp.tile(jnp.array([[0.25, 0.5, 0.25]]), (6, 1))
    uniform = jnp.array([0.0, 0.249, 0.25, 0.749, 0.75, 0.999])
    assert draw(probability, uniform).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_sum_that_never_reaches_the_number_gives_the_last_cell() -> None:
    """Ten float32 tenths may sum to less than the largest number below 1 (section 13)."""
    largest = jnp.asarray([np.nextafter(np.float32(1), np.float32(0))])
    probability = jnp.full((1, 10), np.float32(0.0999999))
    assert draw(probability, largest).tolist() == [9]


def test_a_virgin_macrocolumn_draws_evenly() -> None:
    """1,000 codes of 24 modules of 16 cells: chi-square p > .001 (section 12, 3)."""
    probability = DEFAULT.select(jnp.zeros((24, 16))).probability
    assert (probability == 1 / 16).all()
    uniform = jax.random.uniform(jax.random.key(3), (1000, 24))
    codes = jax.vmap(lambda u: draw(probability, u))(uniform)
    counts = np.bincount(np.ravel(codes), minlength=16)
    assert stats.chisquare(counts).pvalue > 0.001
    # Modules are independent: overlap of pairs of codes is Binomial(24, 1/16).
    shared = (codes[::2] == codes[1::2]).mean()
    assert abs(shared - 1 / 16) < 4 * math.sqrt(15 / 256 / 12_000)


def test_ties_are_broken_at_random_among_the_best_only() -> None:
    """Three of five cells are equal: each wins a third of 3,000 draws, within 4 sd."""
    support = jnp.tile(jnp.array([[0.2, 0.7, 0.1, 0.7, 0.7]]), (3000, 1))
    uniform = jax.random.uniform(jax.random.key(4), (3000,))
    wins = np.bincount(hardest(support, uniform), minlength=5)
    assert wins[[0, 2]].tolist() == [0, 0]
    assert (abs(wins[[1, 3, 4]] - 1000) < 4 * math.sqrt(3000 * 2 / 9)).all()
    assert set(hardest(support).tolist()) == {1}


def test_standing_preferences_decide_between_the_best_only() -> None:
    """A number per cell: the most preferred of equals wins, every time."""
    support = jnp.array([[0.2, 0.7, 0.7], [0.5, 0.5, 0.5]])
    ties = jnp.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.4]])
    assert hardest(support, ties).tolist() == [2, 1]


def test_equals_up_to_rounding_are_equals() -> None:
    near = np.float32(0.7) * np.float32(1 - 2e-7)
    support = jnp.tile(jnp.array([[0.7, near, 0.699]]), (200, 1))
    wins = np.bincount(hardest(support, jnp.linspace(0, 0.999, 200)), minlength=3)
    assert wins.tolist() == [100, 100, 0]


def test_the_chance_of_a_slip_is_the_formula() -> None:
    """.01025 with 16 cells, .00918 with 8 (section 2)."""
    for n_cells, known in ((16, 0.01025), (8, 0.00918)):
        m1, m0 = (by_hand(v, 1 + 100 * n_cells) for v in (1, 0))
        slip = (n_cells - 1) * m0 / (m1 + (n_cells - 1) * m0)
        np.testing.assert_allclose(chance_of_slip(DEFAULT, n_cells), slip, rtol=1e-3)
        assert abs(float(chance_of_slip(DEFAULT, n_cells)) - known) < 5e-6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gain": float("nan")}, "gain is nan, expected 0 to"),
        ({"gain": "much"}, "gain is 'much', expected a number"),
        ({"familiarity_floor": 1.0}, "familiarity_floor is 1, expected 0 to 0.999"),
        ({"bottom_up_power": -2.0}, "bottom_up_power is -2, expected 0 to 100"),
    ],
)
def test_impossible_parameters_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        CodeSelection(**values)


def test_whole_numbers_are_numbers() -> None:
    """Parameters given as int compute in floats all the same."""
    names = parameters.table(CodeSelection)
    selection = CodeSelection(**dict.fromkeys(names, 0) | {"gain": 100, "sigmoid_power": 1})
    assert jnp.issubdtype(selection.dtype, jnp.floating)
