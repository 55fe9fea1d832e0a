"""The figure of the semantic by-product: matrices above, curves below."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.plots.semantic_byproduct import semantic_byproduct

SOURCES = ["input", "smooth", "default", "random codes"]


def summary(**coords: list) -> xr.Dataset:
    shape = [len(v) for v in coords.values()]
    mean = np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
    values = {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}
    return xr.Dataset({name: (tuple(coords), v) for name, v in values.items()}, coords)


@pytest.fixture
def nodes() -> dict[str, xr.Dataset]:
    item = list(range(1, 17))
    pictures = summary(source=SOURCES, item=item, other=item).rename(mean="similarity")
    return {
        "pictures": pictures,
        "gain": summary(source=SOURCES, kept=[1, 9]),
        "matched": summary(code=SOURCES[1:], relation=["same category"], shared=[0, 6, 9]),
        "familiarity": summary(code=SOURCES[1:], kept=[1, 9], probe=["prototype", "new item"]),
    }


def test_matrices_share_one_scale(nodes) -> None:
    images = [ax.images[0] for ax in semantic_byproduct(nodes).axes[:4]]
    assert {image.get_clim() for image in images} == {(0, 1)}
    np.testing.assert_array_equal(images[3].get_array(), nodes["pictures"]["similarity"][3])


def test_by_product_is_drawn_against_that_of_the_input(nodes) -> None:
    identity, smooth, *_ = semantic_byproduct(nodes).axes[4].lines
    np.testing.assert_array_equal(identity.get_xdata(), identity.get_ydata())
    np.testing.assert_array_equal(smooth.get_xdata(), nodes["gain"]["mean"].sel(source="input"))
    np.testing.assert_array_equal(smooth.get_ydata(), nodes["gain"]["mean"].sel(source="smooth"))


def test_recognition_is_shown_with_and_without_similar_codes(nodes) -> None:
    for ax, code in zip(semantic_byproduct(nodes).axes[6:8], SOURCES[2:], strict=True):
        assert ax.get_title() == code.capitalize()
        expected = nodes["familiarity"]["mean"].sel(code=code, probe="new item")
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), expected)
