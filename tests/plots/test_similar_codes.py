"""The figure of similar codes: what each panel draws, with chance where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.similar_codes import similar_codes


def summary(**coords: list) -> xr.Dataset:
    mean = np.linspace(0.1, 0.9, int(np.prod([len(v) for v in coords.values()])))
    mean = mean.reshape([len(v) for v in coords.values()])
    values = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}
    return xr.Dataset({name: (tuple(coords), v) for name, v in values.items()}, coords)


CODES, BOTH = ["default", "smooth"], ["learning draw", "hard maximum"]
NODES = {
    "ladder": summary(code=CODES, image=list(range(25))),
    "probes": summary(code=CODES, n_stored=[1, 25], retrieval=BOTH, shared=[0, 4, 12]),
    "controls": summary(code=["default", "random codes"], shared=[0, 12]),
    "accuracy": summary(code=["default", "random codes"]),
    "distinct": summary(code=["default", "random codes"]),
    "graded": summary(code=CODES, retrieval=BOTH, shared=[10, 0]),
    "spearman": summary(code=CODES, retrieval=BOTH),
}


@pytest.fixture
def figure():
    return similar_codes(NODES)


def test_panels_show_their_numbers(figure) -> None:
    assert [len(ax.get_legend().get_texts()) for ax in figure.axes] == [2, 2, 2, 2, 2, 4]
    shown = figure.axes[3].lines[1].get_ydata()
    best = NODES["probes"]["mean"].sel(code="default", n_stored=25, retrieval="hard maximum")
    np.testing.assert_array_equal(shown, best)


def test_chance_is_one_over_the_cells_of_a_module(figure) -> None:
    heights = [{line.get_ydata()[0] for line in ax.lines} for ax in figure.axes]
    assert 1 / 8 in heights[0]
    assert all(1 / 16 in each for each in heights[1:])


def test_legends_of_controls_and_ranks_give_their_numbers(figure) -> None:
    texts = [t.get_text() for t in figure.axes[4].get_legend().get_texts()]
    assert texts[0] == "default: 0.100, 0"
    assert figure.axes[5].get_legend().get_texts()[3].get_text() == "smooth, hard maximum: 0.90"
