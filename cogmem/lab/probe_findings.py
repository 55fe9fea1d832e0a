"""What people did with pairs of words and with probes, on the axes of models that sit the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from cogmem.data import load_trials, published
from cogmem.measures import interval, recognition

__all__ = ["pairs_and_probes", "ratings_of_scenes", "sternberg"]


def pairs_and_probes() -> dict[str, xr.Dataset]:
    """Curves of people.

    Returns:
        `murdock` (lag), Murdock's paired associates; `kahana` (direction, lag), Kahana (2002);
        `hockley` (lag), items of Hockley (1992); `set_size` (length), see `sternberg`.
    """
    pairs, items = published("murdock_paired_associates"), published("hockley1992")
    both = published("kahana2002").pivot_table(index="direction", columns="lag", values="value")
    items = items[items["kind"] == "item"]
    directions = {"direction": list(both.index), "lag": both.columns.to_numpy(int)}
    return {
        "murdock": _column(pairs, "lag"),
        "kahana": xr.Dataset({"value": (("direction", "lag"), both.to_numpy())}, directions),
        "hockley": _column(items, "lag"),
        "set_size": sternberg(),
    }


def _column(table: pd.DataFrame, axis: str) -> xr.Dataset:
    return xr.Dataset({"value": (axis, table["value"].to_numpy())}, {axis: table[axis].to_numpy()})


def sternberg() -> xr.Dataset:
    """d' of the people of Donkin and Nosofsky (2012) by words studied, with an interval."""
    trials = load_trials("donkin_nosofsky2012")
    table = trials.to_dataframe().reset_index()
    table["said"] = table["correct"] == table["old"]
    counts = table.groupby(["set_size", "subject", "old"])["said"].agg(["sum", "size"]).unstack()
    parts = {}
    for size, own in counts.groupby(level="set_size"):
        told = [own[kind][old].to_numpy() for old in (True, False) for kind in ("sum", "size")]
        parts[size] = recognition.sensitivity(*told)["d_prime"].values
    each = np.stack(list(parts.values()), axis=1)
    low, high = interval(each)
    found = {"value": each.mean(axis=0), "low": low, "high": high}
    return xr.Dataset({k: ("length", v) for k, v in found.items()}, {"length": list(parts)})


def ratings_of_scenes() -> xr.Dataset:
    """Ratings of old and new scenes by the people of Schwartz et al. (2005)."""
    trials = load_trials("schwartz2005")
    rating, old, subject = (trials[name].values for name in ("rating", "old", "subject"))
    return recognition.count_ratings(rating, old, subject, n_ratings=6)
