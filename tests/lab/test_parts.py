"""Parts of an experiment: in turn, with keys of their own."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import xarray as xr

from cogmem.lab.experiment import Session
from cogmem.lab.parts import in_turn, keys_of_part


def test_nodes_of_all_parts_are_there_and_told_in_their_order(tmp_path: Path) -> None:
    told: list[str] = []
    session = Session(lambda total: lambda steps, doing: told.append(doing), tmp_path)
    made = {"a": lambda: {"a": xr.Dataset({"x": 1})}, "b": lambda: {"b/c": xr.Dataset({"y": 2})}}
    tree = in_turn(made, session)
    assert told == ["a", "b"]
    assert int(tree["a/x"]) == 1
    assert int(tree["b/c/y"]) == 2


def test_keys_depend_on_the_part_and_the_seed() -> None:
    """Those of `fold_in`, split: the numbers of figures rest on them."""
    expected = jax.random.split(jax.random.fold_in(jax.random.key(3), 7), 2)
    found = keys_of_part(3, 7, 2)
    np.testing.assert_array_equal(jax.random.key_data(found), jax.random.key_data(expected))
    for other in (keys_of_part(3, 8, 2), keys_of_part(4, 7, 2)):
        assert not np.array_equal(jax.random.key_data(found), jax.random.key_data(other))
