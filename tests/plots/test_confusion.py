"""The confusion matrix as drawn: a number in each cell, in words that readers can trace."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.plots.confusion import confusion_map

MODELS = ["CMR", "null"]
RESULTS = xr.Dataset(
    {"count": (("made_by", "chosen"), np.array([[3, 1], [0, 4]]))},
    {"made_by": MODELS, "chosen": MODELS},
)


def test_counts_stand_in_their_cells() -> None:
    """Rows are who made the behaviour, whichever way round the axes of the results are."""
    for results in (RESULTS, RESULTS.transpose("chosen", "made_by")):
        ax = confusion_map(results, "BIC").axes[0]
        shown = {text.get_position(): text.get_text() for text in ax.texts}
        assert shown == {(0, 0): "3", (1, 0): "1", (0, 1): "0", (1, 1): "4"}


def test_ground_is_the_share_of_the_row() -> None:
    image = confusion_map(RESULTS, "BIC").axes[0].images[0]
    np.testing.assert_allclose(image.get_array(), [[0.75, 0.25], [0, 1]])
    assert image.get_clim() == (0, 1)


def test_axes_say_what_they_are() -> None:
    ax = confusion_map(RESULTS, "BIC").axes[0]
    assert ax.get_xlabel() == "Model chosen by BIC"
    assert ax.get_ylabel() == "Model that made the behaviour"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == MODELS
