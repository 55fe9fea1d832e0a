"""The spacing figure: people are the band, every other source a line, rows share their axis."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.spacing import spacing


def curves(sources: list[str], **coords: list) -> xr.Dataset:
    shape = (len(sources), *(len(values) for values in coords.values()))
    mean = np.linspace(0.1, 0.5, int(np.prod(shape))).reshape(shape)
    made = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": np.full(shape, 9)}
    dims = ("source", *coords)
    return xr.Dataset({k: (dims, v) for k, v in made.items()}, {"source": sources, **coords})


@pytest.fixture
def figure():
    recall = curves(["people", "CMR", "chance"], list=["pure", "mixed"], kind=["once", "1-2"])
    moves = curves(["people", "CMR"], presentation=["first", "second"], lag=[-1, 1])
    return spacing(recall, moves)


def test_models_and_baseline_are_lines_beside_people(figure) -> None:
    drawn = [[line.get_gid() for line in ax.lines] for ax in figure.axes]
    assert drawn[:2] == [["people", "model", "model"]] * 2
    assert drawn[2:] == [["people", "model"]] * 2
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()][1:] == ["CMR", "chance"]


def test_panel_of_mixed_lists_shows_their_numbers(figure) -> None:
    recall = curves(["people", "CMR", "chance"], list=["pure", "mixed"], kind=["once", "1-2"])
    shown = figure.axes[0].lines[1].get_ydata()
    np.testing.assert_array_equal(shown, recall["mean"].sel(source="CMR", list="mixed"))
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["once", "1\N{EN DASH}2"]


def test_rows_share_their_axis_and_nothing_is_cut_off(figure) -> None:
    for row in (figure.axes[:2], figure.axes[2:]):
        assert len({ax.get_ylim() for ax in row}) == 1
        highest = max(np.nanmax(line.get_ydata()) for ax in row for line in ax.lines)
        assert row[0].get_ylim()[1] > highest
