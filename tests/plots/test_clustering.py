"""Clustering by category: people's interval, models with theirs, one scale for both lag-CRPs."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.plots.clustering import category_clustering

SOURCES = ["people", "told", "control"]


def bounds(
    dims: tuple[str, ...], mean: np.ndarray
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    rows = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": np.full(mean.shape, 7)}
    return {name: (dims, row) for name, row in rows.items()}


@pytest.fixture(scope="module")
def tree() -> xr.DataTree:
    scores = np.array([[0.6, 4, 0.6], [0.5, 3, 0.5], [0.1, -1, -0.1]])
    lags = np.arange(-5, 6)
    crp = np.stack([[0.1 * n + 0.5 / (1 + abs(lags)) for n in (1, 2)]] * 3)
    first = {"source": SOURCES, "score": ["category_crp", "lbc", "arc"]}
    second = {"source": SOURCES, "transition": ["within", "across"], "lag": lags}
    nodes = {
        "scores": xr.Dataset(bounds(("source", "score"), scores), first),
        "lags": xr.Dataset(bounds(("source", "transition", "lag"), crp), second),
    }
    return xr.DataTree.from_dict(nodes)


@pytest.fixture(scope="module")
def figure(tree: xr.DataTree) -> Figure:
    return category_clustering(tree)


def test_scores_of_people_and_models(figure: Figure) -> None:
    for ax, expected in zip(
        figure.axes, ([0.6, 0.5, 0.1], [4, 3, -1], [0.6, 0.5, -0.1]), strict=False
    ):
        people, *models = (float(np.mean(line.get_ydata())) for line in ax.lines)
        np.testing.assert_allclose([people, *models], expected)


def test_scores_below_chance_are_seen(figure: Figure) -> None:
    lowest = [ax.get_ylim()[0] for ax in figure.axes[:3]]
    assert lowest[0] == 0
    assert lowest[1] < -1.05
    assert lowest[2] < -0.15


def test_models_are_named_below_their_scores(figure: Figure) -> None:
    for ax in figure.axes[:3]:
        assert [text.get_text() for text in ax.get_xticklabels()] == ["told", "control"]
        assert "Model" in ax.get_xlabel()
        models = ax.lines[1:]
        assert [float(line.get_xdata()[0]) for line in models] == ax.get_xticks().tolist()


def test_lags_have_one_scale_and_people_are_told(figure: Figure) -> None:
    within, across = figure.axes[3:]
    assert within.get_ylim() == across.get_ylim()
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["People: mean and 95 % bootstrap interval (7 people)", "told", "control"]
