"""One panel per finding: lines where the numbers are, and the reason where there are none."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.plots.paradigms import FEWEST, paradigms
from cogmem.plots.style import DOUBLE_COLUMN, house_style

REASON = "serial.dat was not found."


def a_line(height: float, n: int = 20) -> xr.Dataset:
    mean = np.linspace(0.1, height, 4)
    values = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": np.full(4, n)}
    return xr.Dataset({k: ("delay", v) for k, v in values.items()}, {"delay": [0, 1, 5, 9]})


def about(title: str, missing: str = "", top: float = 1.0) -> xr.Dataset:
    return xr.Dataset(
        attrs={"title": title, "x": "Delay (s)", "y": "Share", "top": top, "missing": missing}
    )


@pytest.fixture
def figure() -> Figure:
    nodes = {
        "two": about("Two lines"),
        "two/young": a_line(0.9),
        "two/old": a_line(0.5),
        "few": about("Few people", top=np.nan),
        "few/people": a_line(0.7, n=FEWEST - 1),
        "roc": about("ROC"),
        "roc/hits": a_line(0.9),
        "roc/false alarms": a_line(0.6),
        "gone": about("Gone", REASON),
    }
    return paradigms(xr.DataTree.from_dict(nodes))


def test_lines_are_the_means_and_are_named(figure: Figure) -> None:
    ax = figure.axes[0]
    for line, height in zip(ax.lines, (0.9, 0.5), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 5, 9])
        np.testing.assert_array_equal(line.get_ydata(), a_line(height)["mean"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["young", "old"]
    assert ax.get_ylim() == (0, 1)


def test_bands_go_from_low_to_high_but_not_for_a_few_people(figure: Figure) -> None:
    (path,) = figure.axes[0].collections[0].get_paths()
    assert path.get_extents().y0 == pytest.approx(0.05)
    assert path.get_extents().y1 == pytest.approx(0.95)
    assert not figure.axes[1].collections


def test_hits_are_drawn_over_false_alarms(figure: Figure) -> None:
    (curve,) = [line for line in figure.axes[2].lines if line.get_gid() == "people"]
    np.testing.assert_array_equal(curve.get_xdata(), a_line(0.6)["mean"])
    np.testing.assert_array_equal(curve.get_ydata(), a_line(0.9)["mean"])


def test_a_finding_that_is_not_here_says_why(figure: Figure) -> None:
    gone = figure.axes[3]
    assert not gone.axison
    assert REASON in [text.get_text() for text in gone.texts]


def test_panels_are_lettered_and_places_left_over_are_blank(figure: Figure) -> None:
    with house_style():
        figure.draw_without_rendering()
    assert figure.get_figwidth() == DOUBLE_COLUMN
    assert [ax.texts[0].get_text() for ax in figure.axes[:4]] == ["A", "B", "C", "D"]
    assert not any(ax.axison for ax in figure.axes[4:])
