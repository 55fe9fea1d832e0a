"""The figure of recognition, of three people and two models."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.plots.recognition import recognition_figure

MODELS = ["unequal variances", "equal variances"]
RATES = ("hit_rate", "false_alarm_rate", "z_hit", "z_false")


@pytest.fixture(scope="module")
def figure() -> Figure:
    at = np.linspace(0.2, 0.6, 3)
    points = dict.fromkeys(RATES, ("criterion", at))
    points |= {f"{name}_low": ("criterion", at - 0.1) for name in RATES}
    points |= {f"{name}_high": ("criterion", at + 0.2) for name in RATES}
    each = {name: (("model", "x"), [at, at + 0.1]) for name in ("hit_rate", "z_hit")}
    axes = dict.fromkeys(("false_alarm_rate", "z_false"), ("x", at))
    marks = {name: (("model", "criterion"), [at, at]) for name in RATES}
    people = {"slope": [0.5, 0.7, 0.9], "bic_gain": [4.0, -2.0, 9.0], "aicc_gain": [5.0, 1.0, 9.0]}
    slope = {"mean": 0.7, "low": 0.6, "high": 0.8, "median": 0.7, "below_one": 1.0}
    nodes = {
        "points": xr.Dataset(points),
        "single": xr.Dataset({name: (("subject", "criterion"), [at] * 3) for name in RATES}),
        "lines": xr.Dataset(each | axes, {"model": MODELS}),
        "marks": xr.Dataset(marks, {"model": MODELS}),
        "people": xr.Dataset({name: ("subject", value) for name, value in people.items()}),
        "slope": xr.Dataset(slope),
        "misfit": xr.Dataset({"rejected": ("model", [0.25, 0.75])}, {"model": MODELS}),
    }
    return recognition_figure(xr.DataTree.from_dict(nodes))


def test_people_and_models_are_on_the_same_axes(figure: Figure) -> None:
    """Per panel: three people, their means, and a line and marks per model."""
    roc, zroc, *_ = figure.axes
    for ax in (roc, zroc):
        assert len(ax.containers) == 1
        heights = [tuple(np.asarray(line.get_ydata(), float).round(6)) for line in ax.lines]
        assert heights.count((0.2, 0.4, 0.6)) == 3 + 1 + 1 + 2
        assert heights.count((0.3, 0.5, 0.7)) == 1


def test_intervals_reach_from_low_to_high(figure: Figure) -> None:
    _, _, (across, up) = figure.axes[0].containers[0]
    np.testing.assert_allclose(across.get_segments()[0], [[0.1, 0.2], [0.4, 0.2]])
    np.testing.assert_allclose(up.get_segments()[0], [[0.2, 0.1], [0.2, 0.4]])


def test_what_is_written_is_what_is_given(figure: Figure) -> None:
    _, zroc, slopes, gains = figure.axes
    assert "unequal variances: 25% of people\nequal variances: 75%" in zroc.texts[0].get_text()
    assert "below 1: 100%" in slopes.texts[0].get_text()
    title = gains.get_legend().get_title().get_text()
    assert "67% of 3 people" in title
    assert "100% by AICc" in title
