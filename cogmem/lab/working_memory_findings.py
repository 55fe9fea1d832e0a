"""What people's working memory does, as curves: accuracy or time of each person by conditions.

Each function reads one or two of the sets that Oberauer et al. (2018, Psychological Bulletin 144,
885-958) collected, or that stand beside them, and gives Datasets with `value` (subject, condition)
by label.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from cogmem import measures
from cogmem.data import load, load_trials
from cogmem.measures import angles, serial
from cogmem.measures.beside_people import joined
from cogmem.measures.curve_indices import contrast, primacy, recency
from cogmem.measures.working_memory import averages, binned, by_condition, change_detection

__all__ = [
    "accuracy_by_set_size",
    "any_order",
    "changes_by_size",
    "colours_in_order",
    "distractors",
    "ends",
    "in_place",
    "items_held",
    "positions",
    "recognition",
    "retention",
    "rows",
    "shares_in_place",
    "shares_recalled",
    "spans_by_load",
    "switching",
    "updated_at_will",
    "updating",
]

LENGTH = 8
"""Words of the lists of which serial positions are shown."""

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15)
"""Of all lists of words."""

WIDTH = 15
"""Of the bins of changes of orientation, degrees."""

Curves = dict[str, xr.Dataset]


def rows(name: str, **which: object) -> xr.Dataset:
    """The rows of a set on which conditions have the values given."""
    table = load_trials(name)
    kept = np.ones(table["subject"].shape, bool)
    for condition, value in which.items():
        kept &= table[condition].values == value
    return table.isel({table["subject"].dims[0]: np.flatnonzero(kept)})


def _detecting() -> Mapping[str, xr.Dataset]:
    gilchrist = {
        f"Gilchrist & Cowan (2014), {n}": rows("gilchrist_cowan2014", experiment=n) for n in (1, 2)
    }
    return {"Adam et al. (2015)": rows("adam2015"), **gilchrist}


def accuracy_by_set_size() -> Curves:
    """Changes and no changes alike."""
    return {
        label: averages(
            table["said_change"].values == table["change"].values,
            table["subject"].values,
            {"set_size": table["set_size"].values},
        )
        for label, table in _detecting().items()
    }


def items_held() -> Curves:
    """Cowan's K: one item is probed in all three."""
    names = ("said_change", "change", "set_size", "subject")
    return {
        label: change_detection(*(table[name].values for name in names), probe="single")
        for label, table in _detecting().items()
    }


def changes_by_size() -> Curves:
    """P("change") by the size of the change in bins, at the middles of these; 0 = no change."""
    table = load_trials("keshvari2013")
    table = table.assign_coords(size=("trial", binned(table["change_size"].values, WIDTH)))
    found = by_condition(table, "said_change", "set_size", "size")
    return {f"{n} bars": found.sel(set_size=n, drop=True) for n in found["set_size"].values}


def any_order(list_length: int = LENGTH) -> xr.Dataset:
    """Words recalled in any order, by serial position."""
    return measures.spc(load("grenfell_essam_ward2012").select(list_length=list_length))


def in_place(list_length: int = LENGTH) -> xr.Dataset:
    """Words written in their places, by serial position."""
    table = rows("grenfell_essam_ward2012_serial", list_length=list_length)
    written = np.where(table.responses > list_length, 0, table.responses)[:, :list_length]
    return serial.accuracy(written, table["subject"].values)


def shares_recalled() -> xr.Dataset:
    """Of words in any order, by list length."""
    words = load("grenfell_essam_ward2012")
    shares = {n: measures.correct(words.select(list_length=n))["value"] / n for n in LENGTHS}
    return joined(shares, "list_length", "Proportion recalled")


def shares_in_place() -> xr.Dataset:
    """Of words written in their places, by list length."""
    each = {n: in_place(n)["value"].mean("serial_position") for n in LENGTHS}
    return joined(each, "list_length", "Proportion in place")


def updated_at_will() -> xr.Dataset:
    """Numbers updated by young people with time at will, both experiments together."""
    table = rows("oberauer_kliegl2006", group="young")
    at_will = table.isel(trial=np.flatnonzero(table["presentation"] >= 6))
    return by_condition(at_will, "correct", "set_size")


def positions() -> Curves:
    """Of lists of eight words, recalled in any order, in that of study, or backward."""
    seen = {
        way: by_condition(rows("madigan1971", modality="visual", direction=way), "correct")
        for way in ("forward", "backward")
    }
    return {"any order": any_order(), "in place": in_place(), **seen}


def ends() -> Curves:
    """Primacy and recency of each of these curves."""
    found = positions()
    return {
        name: xr.concat(
            [
                index(curve).assign_coords(subject=_apart(curve, i))
                for i, curve in enumerate(found.values())
            ],
            pd.Index(list(found), name="lists"),
            combine_attrs="override",
            join="outer",
        )
        for name, index in (("primacy", primacy), ("recency", recency))
    }


def _apart(curve: xr.Dataset, group: int) -> np.ndarray:
    """Numbers that no other group's people have."""
    return 1000 * group + np.arange(curve.sizes["subject"])


def recognition() -> Curves:
    """Of six items: was it in the list (item), was it there (place), by the order of probes."""
    return {
        f"{test}, {order}": by_condition(
            rows("oberauer2003", test=of, probe_order=order), "correct", "serial_position"
        )
        for of, test in (("item", "item"), ("relational", "place"))
        for order in ("random", "forward")
    }


def colours_in_order() -> Curves:
    """Mean |error| of colours on a wheel."""
    table = load_trials("peteranderl_oberauer2017")
    away = abs(angles.angular_error(table["response"].values, table["target"].values))
    table["away"] = (table["response"].dims, away, {"long_name": "Error", "units": "deg"})
    found = by_condition(table, "away", "speech")
    return {str(kind): found.sel(speech=kind, drop=True) for kind in found["speech"].values}


def distractors() -> Curves:
    """Letters in place, with words to be read after each."""
    found = by_condition(load_trials("lewandowsky2010"), "correct", "distractors")
    kinds = ("none", "1", "3 identical", "3 different")
    return {kind: found.sel(distractors=kind, drop=True) for kind in kinds}


def spans_by_load() -> Curves:
    """What is kept, and what is done in between."""
    kinds = ("spatial", "verbal")
    return {
        f"{kept}, {done}": by_condition(
            rows("vergauwe2010", storage=kept, processing=done), "span", "load"
        )
        for kept in kinds
        for done in kinds
    }


def updating() -> Curves:
    """Young people with time at will, and the two experiments' hurried steps."""
    found = {}
    for experiment in (1, 2):
        table = rows("oberauer_kliegl2006", group="young", experiment=experiment)
        at_will = table.isel(trial=np.flatnonzero(table["presentation"] >= 6))
        hurried = table.isel(trial=np.flatnonzero(table["presentation"] <= 0.6))
        found[f"at will, Exp. {experiment}"] = by_condition(at_will, "correct", "set_size")
        found[f"up to 0.6 s, Exp. {experiment}"] = by_condition(hurried, "correct", "set_size")
    return found


def retention() -> Curves:
    """Three characters, one of them probed."""
    table = load_trials("ricker2014")
    return {"3 characters": by_condition(table, "correct", "retention_interval")}


def switching() -> Curves:
    """Median times of updates, after practice, in sequences that ended right; and their cost."""
    found = {}
    for experiment in (1, 2):
        table = rows("hedge_leonards2013", experiment=experiment, correct=True)
        table = table.isel(trial=np.flatnonzero(table["block"] > 1))
        times = by_condition(table, "time", "kind", statistic="median")[["value"]]
        cost = contrast(times, "kind", "switch", "repeat").expand_dims(kind=["cost"])
        found[f"Experiment {experiment}"] = xr.concat(
            [times, cost], "kind", combine_attrs="override"
        )
    return found
