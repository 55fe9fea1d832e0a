"""List length and rate: what is drawn, and what is left blank."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.murdock import murdock_lists
from cogmem.plots.style import house_style

MODELS = ["one", "other"]
RATIOS = [1.25, 2.5]


def curve(n_items, silent=()):
    """People at .5, models at .4 but for the silent ones."""
    flat = np.full(n_items, 0.5)
    lines = np.stack([flat * np.nan if m in silent else flat - 0.1 for m in MODELS])
    ratio = [np.nan if m in silent else r for m, r in zip(MODELS, RATIOS, strict=True)]
    people = {"mean": flat, "low": flat - 0.1, "high": flat + 0.1}
    return xr.Dataset(
        {
            **{name: ("serial_position", values) for name, values in people.items()},
            "predicted": (("model", "serial_position"), lines),
            "ratio": ("model", ratio),
        },
        {"serial_position": np.arange(1, n_items + 1), "model": MODELS},
    )


@pytest.fixture(scope="module")
def figure():
    words = xr.Dataset(
        {
            "mean": ("condition", [6.0, 7.0]),
            "sem": ("condition", [0.5, 0.25]),
            "predicted": (("model", "condition"), [[6.5, 7.5], [np.nan, 8.0]]),
        },
        {"condition": ["10-2", "20-1"], "model": MODELS},
    )
    spc = {f"spc-{n}": curve(n) for n in (6, 8, 10)}
    nodes = {**spc, "pfr-6": curve(6, silent=["one"]), "words": words}
    return murdock_lists(nodes)


@pytest.fixture(scope="module")
def panels(figure):
    return figure.axes


def model_lines(ax):
    return [line for line in ax.lines if line.get_gid() == "model"]


def test_every_model_that_speaks_has_a_line(panels):
    assert [len(model_lines(ax)) for ax in panels[:4]] == [2, 2, 2, 1]
    np.testing.assert_array_equal(model_lines(panels[0])[0].get_ydata(), np.full(6, 0.4))


def test_ratios_are_written_in_the_color_of_their_model(panels):
    for ax, shown in ((panels[0], ["1.2", "2.5"]), (panels[3], ["2.5"])):
        texts = ax.texts
        assert [t.get_text() for t in texts if t.get_text()[:1].isdigit()] == shown
    (of_other,) = [t for t in panels[3].texts if t.get_text() == "2.5"]
    assert of_other.get_color() == model_lines(panels[3])[0].get_color()


def test_the_legend_is_above_all_titles(figure):
    with house_style():
        figure.draw_without_rendering()
    highest = max(ax.title.get_window_extent().y1 for ax in figure.axes[:3])
    assert figure.legends[0].get_window_extent().y0 > highest


def test_words_recalled(panels):
    ax = panels[4]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["10, 2 s", "20, 1 s"]
    drawn = [line.get_ydata() for line in ax.lines]
    assert any(np.array_equal(y, [6.0, 7.0]) for y in drawn)
    assert any(np.isnan(y[0]) and y[1] == 8.0 for y in drawn)
