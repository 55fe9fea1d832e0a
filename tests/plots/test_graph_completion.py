"""The figure of graph completion: a row per model, marks where the numbers are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.graph_completion import graph_completion

METRICS = ["MRR", "Hits@1", "Hits@3", "Hits@10"]


@pytest.fixture
def nodes() -> dict[str, xr.Dataset]:
    """Two graphs, two models, three runs; MRR .5, .6, .7 and hits around them."""
    seeds = np.array([-0.1, 0.0, 0.1])[:, None, None] + np.array([0.6, 0.4, 0.7, 0.9])
    values = np.broadcast_to(seeds, (2, 2, 3, 2, 4))
    at = {"graph": ["nations", "kinships"], "model": ["Tensor Brain", "TransE"]}
    runs = {"seed": [1, 2, 3], "direction": ["object", "subject"], "metric": METRICS}
    test = xr.Dataset({"value": ((*at, *runs), values)}, at | runs)
    plain = np.full((2, 2, 4), 0.25)
    beside = {"graph": at["graph"], "who": ["counts", "no score"], "metric": METRICS}
    rows = {
        "graph": ["nations", "kinships"],
        "model": ["ConvE", "TransE"],
        "metric": ["MRR", "MRR"],
        "value": [0.82, 0.53],
    }
    course = np.linspace(0, 0.8, 20) * np.ones((2, 3, 20))
    attempts = xr.Dataset(
        {
            "validation": (("attempt", "seed", "check"), course),
            "test": (("attempt", "seed", "metric"), np.full((2, 3, 4), 0.79)),
            "epoch": (("attempt", "check"), np.arange(20, 420, 20) * np.ones((2, 1))),
        },
        {"attempt": ["reference", "feed-forward"], "seed": [1, 2, 3], "metric": METRICS},
    )
    return {
        "test": test,
        "plain": xr.Dataset({"value": (tuple(beside), plain)}, beside),
        "published": xr.Dataset({name: ("row", column) for name, column in rows.items()}),
        "attempts": attempts,
    }


def test_marks_are_where_the_numbers_are(nodes) -> None:
    """Means, ranges over runs, and published numbers in the row of their model, or in their own."""
    nations, kinships, attempts = graph_completion(nodes).axes
    rows = [label.get_text() for label in nations.get_yticklabels()]
    assert rows == ["Tensor Brain", "TransE", "counts", "ConvE"]

    def shown(ax, marker: str, face: str | None = None) -> list[tuple[float, float]]:
        lines = [line for line in ax.lines if line.get_marker() == marker]
        lines = [line for line in lines if face is None or line.get_markerfacecolor() == face]
        return [(float(x.get_xdata()[0]), float(x.get_ydata()[0])) for x in lines]

    assert shown(nations, "o") == pytest.approx([(0.6, 0), (0.6, 1), (0.25, 2), (0.82, 3)])
    assert shown(nations, "<")[0] == pytest.approx((0.4, 0))
    assert shown(kinships, "o", "white") == pytest.approx([(0.53, 1.33)])
    bars = [line.get_xdata() for line in nations.lines if line.get_linewidth() == 2.2]
    assert bars[0] == pytest.approx([0.5, 0.7])
    labels = [text.get_text() for text in attempts.get_legend().get_texts()]
    assert labels == ["reference: .79", "feed-forward: .79"]


def test_without_attempts_there_is_no_panel_of_them(nodes) -> None:
    del nodes["attempts"]
    assert len(graph_completion(nodes).axes) == 2
