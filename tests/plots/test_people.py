"""People's curves, set by set: a row for each, and the reason in the row of a set not here."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.curves import MEASURES
from cogmem.plots.people import gallery
from cogmem.plots.style import DOUBLE_COLUMN, house_style

REASON = "murdock.mat was not found."


def a_summary(axis: str, x: np.ndarray, height: float) -> xr.Dataset:
    mean = np.linspace(0.1, height, len(x))
    bounds = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}
    return xr.Dataset({name: (axis, row) for name, row in bounds.items()}, {axis: x})


def three_curves(n_items: int, height: float) -> dict[str, xr.Dataset]:
    positions, lags = np.arange(1, n_items + 1), np.arange(-5, 6)
    return {
        "spc": a_summary("serial_position", positions, 0.9),
        "pfr": a_summary("serial_position", positions, height),
        "lag_crp": a_summary("lag", lags, height / 2).where(lags != 0),
    }


@pytest.fixture
def figure() -> Figure:
    short = {"6 words": three_curves(6, 0.3)}
    long = {"8 words": three_curves(8, 0.4), "12 words": three_curves(12, 0.6)}
    return gallery({"Short": short, "Long": long, "Gone": REASON})


def rows(figure: Figure) -> list[list[Axes]]:
    n = len(MEASURES)
    return [figure.axes[start : start + n] for start in range(0, len(figure.axes), n)]


def test_the_means_of_each_set_are_in_its_own_row(figure: Figure) -> None:
    drawn = ([three_curves(6, 0.3)], [three_curves(8, 0.4), three_curves(12, 0.6)])
    for row, groups in zip(rows(figure), drawn, strict=False):
        for ax, name in zip(row, MEASURES, strict=True):
            assert len(ax.lines) == len(groups)
            for line, curves in zip(ax.lines, groups, strict=True):
                np.testing.assert_array_equal(line.get_ydata(), curves[name]["mean"])


def test_groups_of_a_set_differ_in_dashes_and_are_named(figure: Figure) -> None:
    short, long, _ = rows(figure)
    assert len({line.get_linestyle() for line in long[0].lines}) == 2
    told = [[text.get_text() for text in row[-1].get_legend().get_texts()] for row in (short, long)]
    assert told == [["6 words"], ["8 words", "12 words"]]


def test_the_band_goes_from_low_to_high(figure: Figure) -> None:
    (path,) = rows(figure)[0][0].collections[0].get_paths()
    curve = three_curves(6, 0.3)["spc"]
    assert path.get_extents().y0 == pytest.approx(curve["low"].min().item())
    assert path.get_extents().y1 == pytest.approx(curve["high"].max().item())


def test_a_set_that_is_not_here_keeps_its_row_and_says_why(figure: Figure) -> None:
    empty = rows(figure)[2]
    assert not any(ax.axison or ax.lines for ax in empty)
    assert empty[0].get_title(loc="left") == "Gone"
    assert REASON in [text.get_text() for text in empty[0].texts]


def test_nothing_at_all_being_here_is_still_a_figure() -> None:
    figure = gallery({"Gone": REASON})
    with house_style():
        figure.draw_without_rendering()
    assert len(figure.axes) == len(MEASURES)


def test_every_row_has_a_letter_and_a_title(figure: Figure) -> None:
    first = [row[0] for row in rows(figure)]
    assert [ax.texts[0].get_text() for ax in first] == ["A", "B", "C"]
    assert [ax.get_title(loc="left") for ax in first] == ["Short", "Long", "Gone"]


def test_measures_share_their_y_axis_and_leave_room_for_all_bands(figure: Figure) -> None:
    short, long, _ = rows(figure)
    for one, other, name in zip(short, long, MEASURES, strict=True):
        assert one.get_ylim() == other.get_ylim()
        assert other.get_ylim()[1] >= three_curves(12, 0.6)[name]["high"].max().item()


def test_width_and_words_are_those_of_print(figure: Figure) -> None:
    assert figure.get_figwidth() == DOUBLE_COLUMN
    above = [text.get_text() for ax in rows(figure)[0] for text in ax.texts if text.get_gid()]
    assert above == [" ".join(measure.title.split()) for measure in MEASURES.values()]
    (legend,) = figure.legends
    assert "95 % bootstrap interval" in legend.get_texts()[0].get_text()


def test_a_long_title_and_the_legend_of_its_row_stay_apart() -> None:
    """The longest of the gallery, beside its two kinds of lists."""
    title = "Two tasks at study, alone or by turns (Polyn, Norman & Kahana 2009), 45 people"
    groups = {label: three_curves(24, 0.6) for label in ("24 words, one task", "two by turns")}
    figure = gallery({title: groups})
    with house_style():
        figure.set_dpi(200)  # letters are as wide as in print
        figure.draw_without_rendering()
    first, *_, last = figure.axes
    (said,) = [t for t in first.get_children() if getattr(t, "get_text", str)() == title]
    legend = last.get_legend()
    assert legend is not None
    gap = legend.get_window_extent().x0 - said.get_window_extent().x1
    assert gap > 0.1 * figure.dpi
