"""Recovery: what is put in, what is counted, and that nothing is fitted twice."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.models import parameters
from cogmem.participants.roster import sitting


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("cmr_recovery")


@pytest.fixture(scope="module")
def config(experiment):
    """Three people in blocks of two, hardly fitted: what is tested is the accounting."""
    return type(experiment.default)(
        n_people=3, n_lists=4, list_length=6, n_starts=1, n_steps=25, n_polish=0, block=2
    )


@pytest.fixture(scope="module")
def stored(experiment, config, tmp_path_factory):
    session = Session(results=tmp_path_factory.mktemp("results"))
    return session, experiment.run(config, session)


def test_truths_lie_where_fits_start(experiment):
    names = experiment.run.__globals__
    raw = names["true_parameters"](np.arange(50), jax.random.key(0), "starts")
    entries = sitting("CMR").parameters
    for name, values in parameters.constrain(entries, raw.T).items():
        low, high = entries[name].start
        assert low <= values.min() <= values.max() <= high, name


def test_truths_have_the_quartiles_of_the_fitted_population(experiment):
    """Within four standard errors of a quartile of 2000 draws; PEERS's own medians are near."""
    names = experiment.run.__globals__
    raw = names["true_parameters"](np.arange(2000), jax.random.key(0))
    population = np.array([names["POPULATION"][name] for name in sitting("CMR").parameters])
    spread = (population[:, 2] - population[:, 0]) / 1.349
    found = np.quantile(raw, 0.5, axis=0)
    assert (abs(found - population[:, 1]) < 4 * 1.2533 * spread / np.sqrt(2000)).all()
    widths = np.quantile(raw, 0.75, axis=0) - np.quantile(raw, 0.25, axis=0)
    np.testing.assert_allclose(widths, population[:, 2] - population[:, 0], rtol=0.12)


def test_a_person_is_the_same_in_any_company(experiment):
    draw = experiment.run.__globals__["true_parameters"]
    key = jax.random.key(0)
    np.testing.assert_array_equal(draw(np.arange(5), key)[3], draw(np.array([3]), key)[0])


def test_what_is_stored_is_not_fitted_again(experiment, config, stored, monkeypatch):
    session, first = stored
    monkeypatch.setitem(
        experiment.run.__globals__, "fit", lambda *a, **k: pytest.fail("fitted again")
    )
    assert experiment.run(config, session).equals(first)


def test_summaries_by_hand(experiment):
    names = list(sitting("CMR").parameters)
    truth = np.zeros((3, len(names)), np.float32)
    estimate = truth.copy()
    truth[:, 0], estimate[:, 0] = [0.0, 1.0, 2.0], [1.0, 1.0, 4.0]
    truth[:, 1:], estimate[:, 1:] = np.arange(3)[:, None], np.arange(3)[:, None]
    peak = np.column_stack([estimate, np.zeros((3, 2))])
    sd = np.ones(peak.shape)
    sd[0, 1], sd[:, 2] = np.nan, np.nan
    found = experiment.run.__globals__["summarise"](truth, estimate, peak, sd, names)
    assert found["correlation"].values[0] == pytest.approx(np.sqrt(3) / 2)
    assert found["bias"].values[0] == pytest.approx(1.0)
    assert found["rmse"].values[0] == pytest.approx(np.sqrt(5 / 3))
    assert found["rmse"].values[1] == 0
    # Errors of 1, 0 and 2 with a reach of 1.96; then two intervals, and none at all.
    np.testing.assert_allclose(found["coverage"].values[:3], [2 / 3, 1, np.nan])
    assert found["n_intervals"].values[:3].tolist() == [3, 2, 0]
    np.testing.assert_allclose(found["half_width"].values[:3], [1.96, 1.96, np.nan])


def test_ratios_are_those_of_the_values(stored):
    truth = stored[1]["truth"]
    expected = truth.sel(parameter="item_support") / truth.sel(parameter="shared_support")
    shown = truth.sel(parameter="item / shared support")
    np.testing.assert_allclose(shown.values, expected.values, rtol=1e-6)


def test_every_plotted_number_is_in_the_table(experiment, stored):
    n_shown = len(sitting("CMR").parameters) + 2
    assert len(experiment.numbers(stored[1])) == n_shown * (1 + 3)
    assert len(experiment.plot(stored[1]).axes) == 16
