"""The experiment on recognition: the published people, and what the figure shows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment
from experiments.recognition_rocs import EXPERIMENT, Config


@pytest.fixture(scope="module")
def tree() -> xr.DataTree:
    try:
        return EXPERIMENT.run(Config(n_starts=1, n_resamples=200), Session())
    except DataNotFound as missing:
        pytest.skip(str(missing))


def test_it_is_found_by_name() -> None:
    assert find_experiment("recognition_rocs").people == ("schwartz2005",)


def test_slopes_are_those_of_the_specification(tree: xr.DataTree) -> None:
    """Median .65 and mean .63 of zROC slopes (specs: human data, 2.1), from likelihoods."""
    assert round(float(tree["slope/median"]), 2) == 0.65
    assert round(float(tree["slope/mean"]), 2) == 0.63
    assert float(tree["slope/low"]) < 0.63 < float(tree["slope/high"])
    assert float(tree["slope/below_one"]) > 0.95


def test_the_line_of_unequal_variances_goes_through_the_points(tree: xr.DataTree) -> None:
    """Within .02 of people's mean hit rates at their mean false-alarm rates; the other is not."""
    points, lines = tree["points"].to_dataset(), tree["lines"].to_dataset()
    x = lines["false_alarm_rate"].values
    off = {
        model: np.abs(np.interp(points.false_alarm_rate, x, line) - points.hit_rate).max().item()
        for model, line in zip(lines["model"].values, lines["hit_rate"].values, strict=True)
    }
    assert off["unequal variances"] < 0.02
    assert off["equal variances"] > 0.04


def test_most_people_need_a_variance_of_their_own(tree: xr.DataTree) -> None:
    """79 of 91 by BIC, 88 by AICc, which asks less."""
    gains = tree["people"].to_dataset()
    assert (gains.bic_gain > 0).sum() == 79
    assert (gains.aicc_gain > 0).sum() == 88


def test_the_better_model_is_not_true_either(tree: xr.DataTree) -> None:
    """G squared rejects it in far more than 5 % of people, whose zROCs bend upwards (the card)."""
    misfit = tree["misfit"].to_dataset()
    assert round(float(misfit.rejected.sel(model="unequal variances")), 2) == 0.42
    assert (misfit.degrees_of_freedom == [3 * 91, 4 * 91]).all()
    single = tree["single"].to_dataset()
    bends = [np.polyfit(x, y, 2)[0] for x, y in zip(single.z_false, single.z_hit, strict=True)]
    assert round(np.mean(np.array(bends) > 0), 2) == 0.80


def test_marks_are_averaged_as_points_are(tree: xr.DataTree) -> None:
    """At the criterion where it is farthest off, the better model is by .010, the other by .038."""
    points, marks = tree["points"].to_dataset(), tree["marks"].to_dataset()
    off = np.abs(marks[["hit_rate", "false_alarm_rate"]] - points).to_array()
    farthest = off.max(["variable", "criterion"])
    assert marks["model"].values.tolist() == ["unequal variances", "equal variances"]
    np.testing.assert_allclose(farthest, [0.010, 0.038], atol=6e-4)


def test_every_plotted_number_is_kept_and_the_figure_has_four_panels(tree: xr.DataTree) -> None:
    table = EXPERIMENT.numbers(tree)
    assert table["panel"].value_counts().to_dict() == {
        "single": 91 * 5,
        "lines": 2 * 99,
        "people": 91,
        "marks": 2 * 5,
        "points": 5,
        "misfit": 2,
        "slope": 1,
    }
    assert len(EXPERIMENT.plot(tree).get_axes()) == 4
