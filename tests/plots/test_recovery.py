"""Parameter recovery as a picture: what lies beyond the axes is on their edge, and is told."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.recovery import recovery
from cogmem.plots.style import house_style

NAMES = ["first", "second", "third", "fourth", "fifth"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    """Truths of 1 to 2, so that axes go from .75 to 2.25; the last person has no interval."""
    truth = np.repeat([[1.0], [1.5], [2.0]], len(NAMES), axis=1)
    estimate = truth.copy()
    estimate[0, 0] = 9.0
    low, high = estimate - 0.1, estimate + 0.1
    low[1, 0], high[1, 0] = 0.1, 5.0
    low[2], high[2] = np.nan, np.nan
    each = {"truth": truth, "estimate": estimate, "low": low, "high": high}
    whole = {"correlation": np.ones(5), "coverage": np.ones(5), "n_intervals": np.full(5, 2)}
    return recovery(
        xr.Dataset(
            {
                **{name: (("person", "parameter"), values) for name, values in each.items()},
                **{name: ("parameter", values) for name, values in whole.items()},
            },
            {"parameter": NAMES},
        )
    )


def arrows(ax: Axes) -> list[tuple[str, float, float]]:
    lines = [line for line in ax.lines if line.get_gid() == "beyond"]
    return [
        (str(line.get_marker()), float(x), float(y))
        for line in lines
        for x, y in zip(*line.get_data(), strict=True)
    ]


def test_intervals_that_go_on_end_in_arrows(figure: Figure) -> None:
    """That of 8.9 to 9.1 too: all of it is above the axes."""
    assert sorted(arrows(figure.axes[0])) == [("^", 1.0, 2.25), ("^", 1.5, 2.25), ("v", 1.5, 0.75)]
    assert all(arrows(ax) == [] for ax in figure.axes[1:5])


def test_an_estimate_beyond_the_axes_is_open_on_their_edge(figure: Figure) -> None:
    ax = figure.axes[0]
    points = [line for line in ax.lines if line.get_marker() == "o" and line.get_gid() is None]
    opened = [line.get_data() for line in points if line.get_markerfacecolor() == "none"]
    drawn = [(float(x), float(y)) for xs, ys in opened for x, y in zip(xs, ys, strict=True)]
    assert drawn == [(1.0, 2.25)]


def test_marks_and_panels_are_told(figure: Figure) -> None:
    (legend,) = figure.legends
    told = " ".join(text.get_text() for text in legend.get_texts())
    for word in ("no interval", "open", "beyond the axes", "95 % interval"):
        assert word in told
    letters = [ax.texts[0].get_text() for ax in figure.axes[:5]]
    assert letters == ["A", "B", "C", "D", "E"]


def test_the_legend_is_below_all_axes(figure: Figure) -> None:
    with house_style():
        figure.draw_without_rendering()
    lowest = min(ax.get_window_extent().y0 for ax in figure.axes)
    assert figure.legends[0].get_window_extent().y1 < lowest
