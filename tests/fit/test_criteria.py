"""Criteria by hand, and what may be compared with what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit import Fit, People
from cogmem.fit.criteria import aicc, criteria, likelihood_ratio, weights
from cogmem.participants.roster import sitting

PEOPLE = People.of(
    Recalls.from_positions(
        np.array([[3, 1, 0], [2, 0, 0], [1, 2, 3]]), list_length=3, subject=[1, 1, 2]
    )
)


def fitted(name: str, nll: list[float], fixed: tuple[str, ...] = ()) -> Fit:
    entrant = replace(sitting(name), fixed=sitting(name).fixed | set(fixed))
    raw = np.zeros((2, len(entrant.parameters)), np.float32)
    return Fit(entrant, PEOPLE, raw, np.array(nll))


def test_criteria_by_hand() -> None:
    """5 and 4 events; TCM has 5 parameters here, the null counts 3 stopping probabilities."""
    found = criteria({"TCM": fitted("TCM", [5.0, 6.0]), "null": fitted("null", [7.0, 7.0])})
    assert found.n_events.values.tolist() == [5, 4]
    k = len(sitting("TCM").parameters)
    assert found.n_parameters.values.tolist() == [k, 3]
    np.testing.assert_allclose(found.aic.sel(model="null"), [20, 20])
    np.testing.assert_allclose(
        found.bic.sel(model="null"), [14 + 3 * np.log(5), 14 + 3 * np.log(4)]
    )
    np.testing.assert_allclose(found.aicc.sel(model="null"), [20 + 24, np.inf])
    np.testing.assert_allclose(found.total_nll, [11, 14])
    assert found.n_best.sum() == 2
    assert found.weight.sel(subject=2).isnull().all(), "AICc is infinite for both"


def test_small_samples_are_corrected() -> None:
    """2 * 10 + 2 * 3 + 2 * 3 * 4 / (20 - 4) = 27.5."""
    assert aicc(10.0, 3, 20) == pytest.approx(27.5)
    assert aicc(10.0, 3, 4) == np.inf


def test_weights_by_hand() -> None:
    """A difference of 2 ln 3 makes weights 3 : 1; far behind is 0, not NaN."""
    np.testing.assert_allclose(weights(np.array([0, 2 * np.log(3)])), [0.75, 0.25])
    np.testing.assert_allclose(weights(np.array([0.0, 1e5])), [1, 0])


def test_ratio_test_by_hand() -> None:
    """chi2 = 2 * 1.92 with one parameter: p = .05."""
    name = next(iter(sitting("TCM").parameters))
    small, large = fitted("TCM", [6.92, 5.0], fixed=(name,)), fitted("TCM", [5.0, 5.0])
    found = likelihood_ratio(small, large)
    np.testing.assert_allclose(found.p, [0.05, 1.0], atol=2e-4)
    assert (found.df.item(), found.total_chi2.item()) == (1, pytest.approx(3.84))


def test_what_is_not_nested_or_not_the_same_people_is_refused() -> None:
    tcm, null = fitted("TCM", [5.0, 5.0]), fitted("null", [6.0, 6.0])
    with pytest.raises(InvalidValue, match="no special case"):
        likelihood_ratio(null, tcm)
    with pytest.raises(InvalidValue, match="no special case"):
        likelihood_ratio(tcm, tcm)
    shared = fitted("TCM (shared readout)", [5.0, 5.0])
    with pytest.raises(InvalidValue, match="no special case"):
        likelihood_ratio(shared, tcm)
    other = replace(null, people=PEOPLE[:1])
    with pytest.raises(InvalidValue, match="different lists"):
        criteria({"TCM": tcm, "null": other})
