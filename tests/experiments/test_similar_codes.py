"""Similar inputs get similar codes; broken code selection does not, and accuracy cannot tell."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.code_selection import PRESETS
from cogmem.models.code_selection_controls import CONTROLS

# Winners shared at these numbers of features, by number of items stored: section 6 of the spec.
SHARED = [0, 2, 4, 6, 7, 8, 9, 10, 12]
DRAWN = {
    ("default", 1): [0.062, 0.061, 0.063, 0.067, 0.107, 0.325, 0.781, 0.956, 0.990],
    ("default", 6): [0.064, 0.061, 0.065, 0.071, 0.127, 0.373, 0.802, 0.958, 0.990],
    ("default", 25): [0.064, 0.065, 0.065, 0.119, 0.250, 0.528, 0.847, 0.959, 0.988],
    ("default", 50): [0.062, 0.071, 0.110, 0.234, 0.397, 0.627, 0.850, 0.948, 0.973],
    ("smooth", 1): [0.062, 0.062, 0.089, 0.284, 0.497, 0.699, 0.840, 0.915, 0.973],
    ("smooth", 25): [0.064, 0.088, 0.153, 0.353, 0.511, 0.658, 0.779, 0.859, 0.937],
}
BEST = {
    6: [0.058, 0.453, 0.945, 0.998, 1, 1, 1, 1, 1],
    25: [0.058, 0.209, 0.561, 0.918, 0.975, 0.993, 0.999, 1, 1],
}
FAMILIARITY = [0.157, 0.168, 0.210, 0.324, 0.408, 0.503, 0.612, 0.730, 1.000]
# At 0, 3, 6, 9 and 12 features, 25 items stored.
CONTROL = {
    "random codes": [0.063, 0.061, 0.058, 0.062, 0.059],
    "first of the best": [1, 1, 1, 1, 1],
    "full expansivity": [0.066, 0.105, 0.345, 0.930, 0.988],
}
ATOL = 0.03


@pytest.fixture(scope="module")
def names():
    return find_experiment("similar_codes").run.__globals__


@pytest.fixture(scope="module")
def config(names):
    return names["Config"](n_macs=20, n_probes=40, n_graded=50, seed=7)


def curves(names, config, selection, n_stored):
    mac, key = names["mac_of"](selection), jax.random.key(config.seed)
    found = names["probe_curves"](mac, n_stored, config, key=key)
    return {name: np.asarray(value) for name, value in found.items()}


@pytest.fixture(scope="module")
def of_default(names, config):
    return curves(names, config, PRESETS["default"], 25)


def test_distinct_codes_by_hand(names) -> None:
    codes = jnp.array([[0, 1], [0, 1], [1, 0], [0, 1], [1, 1]])
    assert int(names["n_distinct"](codes)) == 3


def test_summary_is_over_macrocolumns(names, config) -> None:
    found = names["_summary"](
        [[[0.0, 1.0], [1.0, 1.0]]], config, code=["a"], mac=None, shared=[5, 6]
    )
    assert found["mean"].sel(code="a").values.tolist() == [0.5, 1.0]
    assert found["low"].sel(code="a").values.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("default", [0.991, 0.985, 0.959, 0.798, 0.373, 0.163, 0.129, 0.125, 0.125, 0.125]),
        ("smooth", [0.978, 0.963, 0.931, 0.864, 0.736, 0.543, 0.343, 0.210, 0.150, 0.130]),
    ],
)
def test_ladder(names, code, expected) -> None:
    """Section 6, exact expectations: those of images 0 to 9 do not depend on the draws."""
    mac = names["mac_of"](PRESETS[code], 8)
    found = names["ladder_intersection"](mac, jax.random.key(3))
    np.testing.assert_allclose(found[:10], expected, atol=0.001)


def test_winners_drawn_and_best_with_25_items(of_default) -> None:
    """Section 6: rows of 25 items, G, 25 of 25 distinct codes. Standard errors are below .006."""
    found = {name: value.mean(axis=0) for name, value in of_default.items()}
    np.testing.assert_allclose(found["learning draw"][SHARED], DRAWN["default", 25], atol=ATOL)
    np.testing.assert_allclose(found["hard maximum"][SHARED], BEST[25], atol=ATOL)
    np.testing.assert_allclose(found["familiarity"][SHARED], FAMILIARITY, atol=ATOL)
    assert (of_default["n_distinct"] == 25).all()


def test_similarity_rises_from_chance_to_identity(of_default) -> None:
    """Section 6: monotone within .02, starts at 1/K within .02, ends at .97 or more."""
    curve = of_default["learning draw"].mean(axis=0)
    assert (np.diff(curve) > -0.02).all()
    assert abs(curve[0] - 1 / 16) < 0.02
    assert curve[-1] >= 0.97


@pytest.mark.parametrize("name", list(CONTROL))
def test_controls_are_accurate_and_lose_similarity(names, config, of_default, name) -> None:
    """Section 6: each is told from the real algorithm by its codes, and not by its accuracy."""
    found = curves(names, config, CONTROLS[name], 25)
    drawn = found["learning draw"].mean(axis=0)[[0, 3, 6, 9, 12]]
    np.testing.assert_allclose(drawn, CONTROL[name], atol=ATOL)
    real = of_default["learning draw"].mean(axis=0)[[0, 3, 6, 9, 12]]
    assert abs(drawn - real).max() > 0.2
    assert found["hard maximum"][:, -1].mean() > 0.9995
    distinct = 1 if name == "first of the best" else 25
    assert (found["n_distinct"] == distinct).all()


def test_intersections_rank_stored_variants_by_similarity(names, config) -> None:
    """Section 7(e): a Spearman correlation of .85 or more with "smooth", less with "default"."""
    nodes = names["run_graded"](config, key=jax.random.key(5))
    ranks = nodes["spearman"]["mean"]
    assert (ranks.sel(code="smooth") >= 0.85).all()
    assert (ranks.sel(code="default") < ranks.sel(code="smooth")).all()
    drawn = nodes["graded"]["mean"].sel(retrieval="learning draw")
    assert (drawn.sel(code="smooth").diff("shared") < 0.02).all()


@pytest.mark.slow
@pytest.mark.parametrize(("code", "n_stored"), [case for case in DRAWN if case != ("default", 25)])
def test_winners_drawn(names, config, code, n_stored) -> None:
    """Section 6: the other rows of the table of random items."""
    found = curves(names, config, PRESETS[code], n_stored)
    drawn = found["learning draw"].mean(axis=0)
    np.testing.assert_allclose(drawn[SHARED], DRAWN[code, n_stored], atol=ATOL)
    assert (np.diff(drawn) > -0.02).all()
    if code == "default":
        assert drawn[-1] >= 0.97
    if (code, n_stored) == ("default", 6):
        best = found["hard maximum"].mean(axis=0)[SHARED]
        np.testing.assert_allclose(best, BEST[6], atol=ATOL)


@pytest.mark.slow
def test_run_has_a_number_for_every_point(names) -> None:
    experiment = find_experiment("similar_codes")
    small = replace(experiment.default, n_macs=2, n_probes=2, n_graded=2)
    tree = experiment.run(small, Session())
    expected = 2 * 25 + 2 * 4 * 13 * 3 + 4 * (13 + 2) + 2 * 2 * 7
    assert len(experiment.numbers(tree)) == expected
    assert len(experiment.plot(tree).axes) == 6
