"""The figure of clustering by task: a panel per sort of transition, people beside the models."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.plots.source_clustering import source_clustering


def test_every_panel_shows_people_and_models_and_nothing_is_cut_off() -> None:
    panels = ["trains", "control", "same task", "other task"]
    coords = {"source": ["people", "A", "B"], "panel": panels, "lag": np.arange(-5, 6)}
    mean = np.linspace(0.05, 0.3, 3 * 4 * 11).reshape(3, 4, 11)
    made = {"mean": mean, "low": mean - 0.02, "high": mean + 0.02, "n": np.full(mean.shape, 9)}
    curves = xr.Dataset({k: (tuple(coords), v) for k, v in made.items()}, coords)
    figure = source_clustering(curves)
    shown = [[line.get_gid() for line in ax.lines] for ax in figure.axes]
    assert shown == [["people", "model", "model"]] * 4
    for ax, panel in zip(
        figure.axes, ("control", "same task", "other task", "trains"), strict=True
    ):
        x, y = ax.lines[1].get_data()
        expected = curves["mean"].sel(source="A", panel=panel, lag=[-1, 1])
        np.testing.assert_array_equal(y[np.isin(x, [-1, 1])], expected)
        assert np.isnan(y[x == 0]).all()
        assert np.nanmax(ax.lines[2].get_ydata()) <= ax.get_ylim()[1]
    assert len({ax.get_ylim() for ax in figure.axes[:3]}) == 1
