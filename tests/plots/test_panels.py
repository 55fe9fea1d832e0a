"""Any measures side by side: what is drawn, and how the axes are named."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.errors import InvalidValue
from cogmem.plots.panels import panels


def axis(name: str, values: np.ndarray) -> xr.Variable:
    return xr.Variable(name, values, {"long_name": f"Long {name}"})


def a_summary(name: str, x: np.ndarray, units: str = "probability", top: float = 0.3) -> xr.Dataset:
    mean = np.linspace(0.1, top, len(x))
    attrs = {"long_name": "How likely, mean over subjects", "units": units}
    rows = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}
    return xr.Dataset({key: (name, row, attrs) for key, row in rows.items()}, {name: axis(name, x)})


def of_people(values: np.ndarray) -> xr.Dataset:
    x = axis("recalled", np.arange(values.shape[1]))
    attrs = {"long_name": "Time", "units": "s"}
    value = xr.Variable(("subject", "recalled"), values, attrs)
    return xr.Dataset({"value": value}, {"recalled": x})


@pytest.fixture
def figure() -> Figure:
    short, long = (a_summary("serial_position", np.arange(1, n + 1)) for n in (6, 12))
    times = np.array([[1.0, 2, np.nan], [3, np.nan, np.nan]])
    lags = a_summary("lag", np.arange(-3, 4), top=0.8)
    content = {"Two": {"short": short, "long": long}, "Each": of_people(times), "Lag": {"a": lags}}
    return panels(content, "Someone (1962)", "Someone else (1996)")


def test_lines_are_the_means(figure: Figure) -> None:
    two = figure.axes[0]
    assert [len(line.get_xdata()) for line in two.lines] == [6, 12]
    np.testing.assert_allclose(two.lines[1].get_ydata(), np.linspace(0.1, 0.3, 12))
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["short", "long"]
    assert two.get_xlim()[1] > 12


def test_each_person_is_a_line_and_the_mean_another(figure: Figure) -> None:
    *people, mean = figure.axes[1].lines
    assert len(people) == 2
    np.testing.assert_array_equal(mean.get_ydata(), [2, 2, np.nan])


def test_axes_are_named_by_the_data(figure: Figure) -> None:
    two, each, lag = figure.axes
    assert two.get_ylabel() == lag.get_ylabel() == "How likely"
    assert (each.get_xlabel(), each.get_ylabel()) == ("Long recalled", "Time (s)")
    assert lag.get_xlabel() == "Lag (positions)"
    assert figure.get_supxlabel() == "Someone (1962)\nSomeone else (1996)"


def test_panels_of_one_measure_share_their_axis(figure: Figure) -> None:
    two, each, lag = figure.axes
    assert two.get_ylim() == lag.get_ylim()
    assert two.get_ylim()[1] >= 0.8
    assert each.get_ylim() != two.get_ylim()


def test_curves_of_more_axes_are_refused() -> None:
    table = a_summary("lag", np.arange(-3, 4)).expand_dims(subject=2)
    with pytest.raises(InvalidValue, match="'a' is not along one axis"):
        panels({"Table": {"a": table}})
    with pytest.raises(InvalidValue, match="expected subject and one other"):
        panels({"Table": of_people(np.ones((2, 3))).expand_dims(more=2)})
