"""Numbers of bars in the figure of associative memories: none lies on another."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cogmem.plots.memory_family import _numbers


def written(ends: list[float]) -> list[tuple[float, float, str]]:
    ax = Figure().subplots()
    _numbers(ax, 3.0, ends)
    return [(*text.get_position(), text.get_text()) for text in ax.texts]


def test_bars_of_about_one_length_share_a_line() -> None:
    ((x, y, text),) = written([0.001, 0.028])
    assert (y, text) == (3.0, ".001, half-on .028")
    assert x > 0.028


def test_bars_of_two_lengths_have_a_number_each_at_their_end() -> None:
    first, second = written([0.187, 0.988])
    assert (first[2], second[2]) == (".187", ".988")
    assert first[1] > 3.0 > second[1]
    assert (first[0] > 0.187, second[0] > 0.988) == (True, True)


def test_what_was_not_measured_has_no_number() -> None:
    ((_, _, text),) = written([0.365, np.nan])
    assert text == ".365"
    assert written([np.nan, np.nan]) == []
