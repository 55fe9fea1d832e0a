"""What the figure and the tables of minds have in common: order, cells, and why a cell is blank."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from cogmem.errors import InvalidValue

__all__ = [
    "EN_DASH",
    "MINUS",
    "NULL",
    "TELLING",
    "Cell",
    "cells",
    "checked",
    "columns",
    "no_bits",
    "order",
    "reasons",
    "two_digits",
]

NULL = "null"
EN_DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

TELLING = {
    "free recall": ("serial position", "lag-CRP"),
    "serial recall": ("in place",),
    "recognition": ("recognition",),
    "paired associates": ("paired associates",),
    "fact verification": ("fan effect",),
    "retention": ("retention",),
    "change detection": ("change detection",),
    "updating": ("updating",),
}
"""The curves of each paradigm that tell most about memory; the others are in the results."""

_NEEDED = (
    *("sits", "how", "gain", "gain_low", "gain_high", "rmsd", "why_no_bits"),
    *("people_gain", "people_low", "people_high"),
    *("mean_rank", "mean_rank_low", "mean_rank_high", "n_fitted", "n_chosen", "n_learnt"),
)


class Cell(NamedTuple):
    """One model in one paradigm.

    Attributes:
        value: gain over the null, bits per response; where there are no bits, the RMSD from
            people's curve as a share of the null's. NaN where blank or not known.
        low, high: interval of the gain; NaN for an RMSD.
        best: whether no model of the paradigm is better.
        why: number of the reason why the cell is blank, see `reasons`; 0 if it is not.
    """

    value: float
    low: float
    high: float
    best: bool
    why: int


def checked(tree: xr.DataTree) -> xr.Dataset:
    """The root of a table of minds.

    Args:
        tree: the result of `cogmem compare` over all paradigms.

    Raises:
        InvalidValue: naming what the root lacks.
    """
    scores = tree.to_dataset()
    if missing := [name for name in _NEEDED if name not in scores]:
        raise InvalidValue(
            f"the table of minds lacks {', '.join(missing)}; expected the tree that "
            "`cogmem compare` writes. Run it anew."
        )
    return scores


def order(scores: xr.Dataset) -> list[str]:
    """The models by mean rank, the best first; those without one, and then the null, last.

    Args:
        scores: see `checked`.
    """
    rank = dict(zip(map(str, scores["model"].values), scores["mean_rank"].values, strict=True))
    return sorted(rank, key=lambda m: (m == NULL, bool(np.isnan(rank[m])), float(rank[m])))


def columns(tree: xr.DataTree) -> list[tuple[str, str]]:
    """Paradigm and curve of each column of panels; the curve is "" where the tree has none.

    Args:
        tree: see `checked`. Curves are its children below "curves".
    """
    curves = set(tree["curves"].children) if "curves" in tree.children else set()
    found: list[tuple[str, str]] = []
    for paradigm in map(str, tree.to_dataset()["paradigm"].values):
        told = [name for name in TELLING.get(paradigm, ()) if name in curves]
        found.extend((paradigm, name) for name in told or [""])
    return found


def reasons(scores: xr.Dataset) -> list[str]:
    """Why cells are blank, each reason once, in the order of reading; the first is number 1.

    Args:
        scores: see `checked`.
    """
    pairs = [(m, p) for m in order(scores) for p in map(str, scores["paradigm"].values)]
    return list(dict.fromkeys(_how(scores, *pair) for pair in pairs if not _sits(scores, *pair)))


def cells(scores: xr.Dataset) -> dict[tuple[str, str], Cell]:
    """Every cell by model and paradigm.

    Args:
        scores: see `checked`.
    """
    numbers = {reason: number for number, reason in enumerate(reasons(scores), 1)}
    found = {}
    for paradigm in map(str, scores["paradigm"].values):
        here = _values(scores, paradigm)
        best = _best(here["value"].values, least=no_bits(scores, paradigm))
        for model in order(scores):
            value, low, high = (float(here[n].sel(model=model)) for n in ("value", "low", "high"))
            why = 0 if _sits(scores, model, paradigm) else numbers[_how(scores, model, paradigm)]
            found[model, paradigm] = Cell(value, low, high, value == best, why)
    return found


def no_bits(scores: xr.Dataset, paradigm: str) -> bool:
    """Whether models are compared by RMSD because people left no responses to foretell."""
    return bool(str(scores["why_no_bits"].sel(paradigm=paradigm).item()))


def two_digits(value: float) -> str:
    """A score to two digits, a dash where it is not known; what rounds to nothing has no sign."""
    if not np.isfinite(value):
        return EN_DASH
    return f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)


def _values(scores: xr.Dataset, paradigm: str) -> xr.Dataset:
    """Value and interval of each model that sits a paradigm."""
    one = scores.sel(paradigm=paradigm)
    value, low, high = (one[name] for name in ("gain", "gain_low", "gain_high"))
    if no_bits(scores, paradigm):
        value = _share_of_null(scores, TELLING.get(paradigm, ("",))[0])
        low = high = xr.full_like(value, np.nan)
    return xr.Dataset({"value": value, "low": low, "high": high}).where(one["sits"])


def _share_of_null(scores: xr.Dataset, curve: str) -> xr.DataArray:
    """RMSD from people's curve over that of the null; NaN if the null has none."""
    known = curve in scores["curve"].values and NULL in scores["model"].values
    if not known:
        return xr.full_like(scores["mean_rank"], np.nan, dtype=float)
    rmsd = scores["rmsd"].sel(curve=curve, drop=True)
    null = rmsd.sel(model=NULL, drop=True)
    return rmsd / null.where(null > 0)


def _best(values: np.ndarray, *, least: bool) -> float:
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan")
    return float(known.min() if least else known.max())


def _sits(scores: xr.Dataset, model: str, paradigm: str) -> bool:
    return bool(scores["sits"].sel(model=model, paradigm=paradigm))


def _how(scores: xr.Dataset, model: str, paradigm: str) -> str:
    return str(scores["how"].sel(model=model, paradigm=paradigm).item()) or "no reason given"
