"""Oja's rule on data of rank 6: its time course, what it protects, and spiking networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.lab.experiment import Session, find_experiment
from cogmem.measures.subspaces import least_residual_energy, residual_energy, rows_and_principal


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("hebbian_subspace")


@pytest.fixture(scope="module")
def names(experiment):
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def config(experiment):
    """Four data sets; digits are generated, few, and seen by a small network."""
    small = {"source": "generated", "n_train": 640, "n_test": 100, "n_hidden": 20, "n_features": 49}
    return replace(experiment.default, n_sets=4, **small)


def test_data_are_of_rank_six_about_zero(names, config) -> None:
    """34 x .05^2 of about 18 is left by six directions; without the mean there are five."""
    x = names["data_sets"](config, 0)
    assert x.shape == (4, 20, 32, 40)
    for one in x:
        assert least_residual_energy(one, 6) == pytest.approx(34 * 0.05**2 / 18.085, rel=0.1)
        about_the_mean = one - one.mean(axis=(0, 1))
        assert least_residual_energy(about_the_mean, 5) < 0.01 < least_residual_energy(one, 5)
        assert np.linalg.norm(one.mean(axis=(0, 1))) == pytest.approx(4.5**0.5, rel=0.1)
    again, other = names["data_sets"](config, 0), names["data_sets"](config, 1)
    assert (again == x).all()
    assert (other != x).any()


@pytest.fixture(scope="module")
def course(names, config):
    return names["course"](config)


def test_course_of_the_symmetric_rule(course) -> None:
    """Section 9.4 on other data: far at 20 batches, < 1.5 degrees at 400, and orthonormal."""
    own = course.sel(rule="Oja, rate .03")
    assert (own["angle"].sel(batch=20) > 45).all()
    assert own["angle"].sel(batch=20).median() > 65
    assert (own["angle"].sel(batch=400) < 1.5).all()
    assert (own["defect"].sel(batch=400) < 1e-3).all()
    assert (own["residual"].sel(batch=400) < 1.08 * course["optimum"]).all()
    slow = course["angle"].sel(rule="Oja, rate .01")
    assert (slow.sel(batch=100) > own["angle"].sel(batch=100)).all()
    assert (slow.sel(batch=800) < own["angle"].sel(batch=800)).all()


def test_contrasts_teach_what_they_should(course) -> None:
    """One batch's singular vectors are near at once; without the mean one direction is missed."""
    last = course.sel(batch=800)
    assert (course["angle"].sel(rule="SVD of all so far", batch=1) < 15).all()
    assert (last["angle"].sel(rule="SVD of all so far") < 1e-3).all()
    assert (last["angle"].sel(rule="centred PCA") > 45).all()
    oja, sanger = (last.sel(rule=f"{name}, rate .03") for name in ("Oja", "Sanger"))
    assert (sanger["alignment"] > 0.95).all()
    assert (oja["alignment"] < 0.85).all()
    assert (sanger["residual"] > oja["residual"]).all()


def test_new_rows_leave_old_ones_alone(names, config) -> None:
    """Section 9.5 on other data: overlap of about .2 after 20 batches, < 2e-3 after 400."""
    overlap = names["deflation"](config)["overlap"]
    assert (overlap.sel(batch=20) > 0.05).all()
    assert (overlap.sel(batch=400) < 2e-3).all()


def test_protection_grows_with_learning(names, config) -> None:
    """The ratio is about the square root of the energy left; 1 without protection."""
    found = names["protection"](config)
    middle = found["ratio"].median(("set", "draw"))
    assert middle.sel(stage=20) > 1.5 * middle.sel(stage=400)
    share = middle / found["residual"].median("set") ** 0.5
    assert ((share > 0.7) & (share < 1.4)).all()
    assert found["share"].sum("bin").values == pytest.approx(1)


def test_digits_generated(names, config) -> None:
    """Rows leave no less than the least, and less as they learn; many levels are as none."""
    found = names["digits"](config).isel(network=0)
    assert found["iteration"].values.tolist() == [5, 10]
    linear = found["residual"].sel(lateral_steps=0)
    assert (linear >= found["optimum"] - 1e-6).all()
    assert linear.sel(layer=1).diff("iteration").item() < 0
    many, few = (found["residual"].sel(lateral_steps=n) for n in (1000, 4))
    np.testing.assert_allclose(many, linear, atol=0.01)
    assert np.abs(few - linear).max() > 0.02


@pytest.mark.slow
def test_limits_of_the_rate(names, config) -> None:
    """One by one rows are lost from .3 on without the clip; in batches of 32 not at 3."""
    found = names["stability"](config)

    def part(name: str, product: float, items: int, clip: str):
        own = found[name].sel(items=items, clip=clip)
        return own.sel(product=product, method="nearest")

    assert part("lost", 0.3, 1, "no clip").all()
    assert not part("lost", 0.1, 1, "no clip").any()
    assert not part("lost", 3.0, 32, "no clip").any()
    assert part("lost", 30.0, 32, "clip at 10").all()
    assert (part("angle", 3.0, 32, "clip at 10") < 6).all()
    precise, coarse = (part("angle", rate, 32, "clip at 10").median() for rate in (0.95, 9.5))
    assert precise < coarse


@pytest.mark.slow
def test_the_whole_experiment(experiment, config) -> None:
    tree = experiment.run(config, Session())
    assert tree.attrs["source"] == "generated"
    table = experiment.numbers(tree)
    angle = table.query("node == 'course' and measure == 'angle' and `at` == 400")
    one = angle[angle["condition"] == "Oja, rate .03"]["median"].item()
    own = tree["course"]["angle"].sel(rule="Oja, rate .03", batch=400)
    assert one == pytest.approx(float(own.median()))
    assert set(table["node"]) == {"course", "deflation", "stability", "protection", "digits"}
    assert not table[["node", "measure", "median"]].isna().any(axis=None)
    assert isinstance(experiment.plot(tree), Figure)


def test_residual_is_that_of_the_rows(names, config) -> None:
    """`measured` by hand: the first row of two is exact, the other infinite."""
    x = names["data_sets"](config, 0)[:1]
    best = np.linalg.svd(x.reshape(-1, 40), full_matrices=False)[2][:6]
    rows = np.stack([best, np.full_like(best, np.inf)])[None]
    found = rows_and_principal(rows, x, names["N_ROWS"])
    assert found["angle"][0] == pytest.approx([0, 90], abs=1e-2)
    assert found["residual"][0, 0] == pytest.approx(residual_energy(x, best))
    assert np.isnan(found["residual"][0, 1])
