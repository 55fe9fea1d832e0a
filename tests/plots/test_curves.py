"""The three curves: what is drawn is what was given, and it says what it is."""

from __future__ import annotations

import io
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text

from cogmem.errors import InvalidValue
from cogmem.plots import house_style, model_line, people_band, recall_curves, recall_panels
from cogmem.plots.curves import MEASURES
from cogmem.plots.style import DOUBLE_COLUMN, line_look

N_ITEMS = 16


def a_summary(axis: str, x: np.ndarray, seed: int) -> xr.Dataset:
    mean = np.random.default_rng(seed).uniform(0.1, 0.6, len(x))
    n = np.full(len(x), 40)
    rows = {"mean": mean, "low": mean - 0.05, "high": mean + 0.07, "n": n}
    return xr.Dataset({name: (axis, row) for name, row in rows.items()}, {axis: x})


def three_curves(seed: int = 0) -> dict[str, xr.Dataset]:
    positions, lags = np.arange(1, N_ITEMS + 1), np.arange(1 - N_ITEMS, N_ITEMS)
    lag_crp = a_summary("lag", lags, seed + 2).where(lags != 0)
    return {
        "spc": a_summary("serial_position", positions, seed),
        "pfr": a_summary("serial_position", positions, seed + 1),
        "lag_crp": lag_crp,
    }


def a_figure() -> Figure:
    cmr = {name: curve[["mean"]] for name, curve in three_curves(5).items()}
    return recall_curves(three_curves(), {"CMR": cmr, "TCM": three_curves(9)})


def texts(figure: Figure) -> Iterator[Text]:
    """Every text that is drawn."""
    with house_style():
        figure.draw_without_rendering()
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            yield text


def svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def test_the_band_has_the_numbers_given() -> None:
    summary = three_curves()["spc"]
    _, panels = recall_panels(N_ITEMS)
    drawn = people_band(panels["spc"], summary)
    (corners,) = (path.vertices for path in drawn.band.get_paths())
    for name in ("low", "high"):
        wanted = np.stack([summary["serial_position"], summary[name]], axis=1)
        assert all((np.abs(corners - point).sum(axis=1) < 1e-9).any() for point in wanted)
    np.testing.assert_array_equal(drawn.line.get_ydata(), summary["mean"])


def test_lag_zero_is_a_gap_and_far_lags_are_not_shown() -> None:
    curve = three_curves()["lag_crp"]
    for given in (curve, curve.dropna("lag")):  # whether the 0 is NaN or missing
        _, panels = recall_panels(N_ITEMS)
        line = model_line(panels["lag_crp"], given, "CMR")
        np.testing.assert_array_equal(line.get_xdata(), np.arange(-5, 6))
        np.testing.assert_array_equal(np.isnan(line.get_ydata()), np.arange(-5, 6) == 0)
        drawn = people_band(panels["lag_crp"], given)
        assert len(drawn.band.get_paths()) == 2


def test_what_lies_at_zero_is_drawn_where_there_is_something() -> None:
    """Transposition gradients of serial recall peak there."""
    curve = a_summary("distance", np.arange(-3, 4), 0)
    drawn = people_band(recall_panels(N_ITEMS)[1]["lag_crp"], curve)
    np.testing.assert_array_equal(drawn.line.get_ydata(), curve["mean"].values)


def test_axes_are_named_in_the_words_of_the_field() -> None:
    spc, pfr, crp = a_figure().axes
    assert (spc.get_xlabel(), spc.get_ylabel()) == ("Serial position", "Probability of recall")
    assert pfr.get_ylabel() == "Probability of first recall"
    assert crp.get_xlabel() == "Lag (positions)"
    assert crp.get_ylabel().split() == ["Conditional", "response", "probability"]
    assert 0 not in crp.get_xticks()


def test_the_legend_says_what_the_band_is() -> None:
    (legend,) = a_figure().legends
    first, *models = [text.get_text() for text in legend.get_texts()]
    assert all(word in first for word in ("People", "mean", "95 % bootstrap interval", "40 people"))
    assert models == ["CMR", "TCM"]


def test_a_model_band_is_drawn_only_where_there_is_one() -> None:
    spc = a_figure().axes[0]
    assert len(spc.collections) == 2  # people, and TCM; CMR was given without bounds


def test_all_values_are_within_the_axes() -> None:
    for ax in a_figure().axes:
        shown = np.concatenate([line.get_ydata() for line in ax.lines])
        assert ax.get_ylim()[0] == 0
        assert np.nanmax(shown) <= ax.get_ylim()[1] <= 1


def test_size_and_text_are_fit_for_print() -> None:
    figure = a_figure()
    assert figure.get_figwidth() == DOUBLE_COLUMN
    assert min(text.get_fontsize() for text in texts(figure)) >= 6


def test_the_same_curves_give_the_same_bytes() -> None:
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": "mine"}):  # a user's own settings
        first = svg(a_figure())
    assert first == svg(a_figure())


def test_looks_differ_in_colour_and_in_grey() -> None:
    looks = [line_look(index) for index in range(35)]
    assert len({(look.color, look.linestyle) for look in looks}) == 35
    assert len({(look.linestyle, look.marker) for look in looks}) == 35


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"CMR: no lag_crp, pfr"):
        recall_curves(three_curves(), {"CMR": {"spc": three_curves()["spc"]}})
    _, panels = recall_panels(N_ITEMS)
    with pytest.raises(InvalidValue, match="'low'"):
        people_band(panels["spc"], three_curves()["spc"][["mean"]])


def test_every_measure_has_a_panel() -> None:
    _, panels = recall_panels(N_ITEMS)
    assert list(panels) == list(MEASURES) == ["spc", "pfr", "lag_crp"]
