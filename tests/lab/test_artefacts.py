"""Tables of plotted numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.lab.artefacts import as_csv, by_node, datasets, tree_numbers


def test_numbers_by_node() -> None:
    """Rows in the order given; what a node has not stays empty; a name may come again."""
    curve = xr.Dataset({"mean": ("trial", [0.5, 1.0])}, {"trial": [1, 2]})
    error = xr.Dataset({"rmse": ("law", [np.pi])}, {"law": ["power"]})
    table = by_node([("curve", curve), ("laws", error), ("laws", 2 * error)])
    assert as_csv(table).splitlines() == [
        "node,trial,mean,law,rmse",
        "curve,1,0.5,,",
        "curve,2,1,,",
        "laws,,,power,3.14159",
        "laws,,,power,6.28319",
    ]


def test_numbers_of_a_tree() -> None:
    """One table for all that is right below the root, whatever else there is."""
    leaf = xr.Dataset({"mean": ("trial", [0.5, 1.0])}, {"trial": [1, 2]})
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"n": 2}), "/b": leaf, "/a": 2 * leaf})
    assert list(datasets(tree)) == ["b", "a"]
    assert tree_numbers(tree).equals(by_node([("b", leaf), ("a", 2 * leaf)]))
