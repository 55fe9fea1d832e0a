"""Retention functions: points, laws, weights, and a set that is not here."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.retention import retention_functions

LAWS = ["exponential", "power"]


def node(delays, with_people):
    """Two laws at .7 and .3, weighing .75 and .25."""
    delays = np.asarray(delays, float)
    mean = np.full(delays.size, 0.5)
    variables = {
        "mean": ("delay", mean),
        "low": ("delay", mean - (0.1 if with_people else np.nan)),
        "high": ("delay", mean + (0.2 if with_people else np.nan)),
        "line": (("law", "time"), [[0.7] * 3, [0.3] * 3]),
        "weight": ("law", [0.75, 0.25]),
        "held_out": ("law", [0.0125, 0.5]),
    }
    if with_people:
        variables["weight_people"] = ("law", [0.1, 0.9])
    coords = {"delay": delays, "law": LAWS, "time": np.linspace(delays[0], delays[-1], 3)}
    about = {"title": "Somebody (1900)", "unit": "s", "measure": "Savings", "missing": ""}
    return xr.Dataset(variables, coords, attrs=about)


@pytest.fixture(scope="module")
def panels():
    missing = xr.Dataset(attrs={"title": "Nobody", "missing": "x.csv was not found."})
    sets = [node([1, 10, 100], False), node([0, 3, 60], True), missing]
    return np.reshape(retention_functions(sets).axes, (2, 3))


def test_time_is_logarithmic_but_from_zero(panels):
    assert [ax.get_xscale() for ax in panels[0, :2]] == ["log", "symlog"]
    assert panels[0, 1].get_xlabel() == "Delay (s; linear below 3)"
    assert [t.get_text() for t in panels[0, 1].get_xticklabels()] == ["0", "3", "60"]


def test_laws_and_points_are_drawn(panels):
    heights = [float(line.get_ydata()[0]) for line in panels[0, 0].lines]
    assert heights[:2] == [0.7, 0.3]
    assert 0.5 in heights


def test_laws_that_coincide_are_all_seen(panels):
    """The first is above and thinnest; dashes leave gaps wide enough for what is beneath."""
    first, second = panels[0, 0].lines[:2]
    assert first.get_zorder() > second.get_zorder()
    assert first.get_linewidth() < second.get_linewidth()


def test_no_law_is_dotted():
    """Nothing beneath the fourth, power, could be told in gaps of one point."""
    six = ["a", "b", "c", "d", "e", "f"]
    laws = node([1, 10, 100], False).isel(law=[0, 1] * 3).assign_coords(law=six)
    (drawn,) = [handle for handle in _handles(laws) if handle.get_label() == "d"]
    _, (dash, gap) = drawn._unscaled_dash_pattern
    assert min(dash, gap) > 2


def _handles(laws):
    (legend,) = retention_functions([laws]).legends
    return legend.legend_handles


def test_bars_are_weights_and_open_marks_people(panels):
    assert [bar.get_width() for bar in panels[1, 1].patches] == [0.75, 0.25]
    (people,) = panels[1, 1].lines
    np.testing.assert_array_equal(people.get_xdata(), [0.1, 0.9])
    assert len(panels[1, 0].lines) == 0
    assert [t.get_text() for t in panels[1, 0].texts[:2]] == ["0.013", "0.500"]
    assert [t.get_text() for t in panels[1, 0].get_yticklabels()] == LAWS


def test_a_set_that_is_not_here_is_named(panels):
    assert "x.csv was not found." in [t.get_text() for t in panels[0, 2].texts]
    assert not panels[1, 2].axison
