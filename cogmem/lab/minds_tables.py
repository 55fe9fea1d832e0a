"""The table of minds as text: for the terminal, for a README, and every number of the figure.

All are made from the results alone, and number the reasons of blank cells as the figure does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cogmem.plots.mind_scores import (
    EN_DASH,
    Cell,
    cells,
    checked,
    columns,
    no_bits,
    order,
    reasons,
    two_digits,
)

__all__ = ["markdown", "numbers", "table"]

_COUNTS = {"fitted": "n_fitted", "chosen": "n_chosen", "learnt": "n_learnt"}
_RANK = "mean rank"
_BROKEN = {
    "recognition": "recog-\nnition",
    "associates": "asso-\nciates",
    "verification": "verif.",
    "retention": "reten-\ntion",
    "detection": "detec-\ntion",
    "updating": "up-\ndating",
}
"""Words too long for the head of a narrow column."""

_WHAT = (
    "Gain over the null on held-out responses, bits per response; a paradigm marked * has mean "
    "times only: RMSD as a share of the null's. Bold: best of the paradigm. Mean rank where a "
    "model sits: 0 best, 1 last; it does not compare models that sit different paradigms, and "
    "whoever sits one well comes first."
)
_COLUMNS = ["panel", "model", "line", "x", "value", "low", "high", "note"]


def table(tree: xr.DataTree) -> Table:
    """The table of minds for the terminal, the best model first.

    Args:
        tree: the result of `cogmem compare`, see `cogmem.plots.minds.minds`.

    Returns:
        A row per model and per ceiling; the caption says why cells are blank.

    Raises:
        InvalidValue: naming what the tree lacks.
    """
    scores = checked(tree)
    look: dict[str, Any] = {"box": SIMPLE_HEAD, "padding": 0, "caption_justify": "left"}
    made = Table(caption=Text(_caption(scores)), **look)
    for name in _head(scores):
        _add_column(made, name, paradigm=name.rstrip("*") in _paradigms(scores))
    found, models = cells(scores), order(scores)
    for model in models:
        shown = [_rich(found[model, paradigm]) for paradigm in _paradigms(scores)]
        made.add_row(Text(model), *_about(scores, model, shown), end_section=model == models[-1])
    for row in map(str, scores["row"].values):
        made.add_row(Text(row, style="italic"), "", *_ceiling(scores, row), "", "", "")
    return made


def markdown(tree: xr.DataTree) -> str:
    """The same in Markdown, with the reasons as a list below it.

    Args:
        tree: see `table`.

    Raises:
        InvalidValue: naming what the tree lacks.
    """
    scores = checked(tree)
    found, head = cells(scores), _head(scores)
    rows = [head, [":--", *["--:"] * (len(head) - 1)]]
    for model in order(scores):
        shown = [_marked(found[model, paradigm]) for paradigm in _paradigms(scores)]
        rows.append([model, *_about(scores, model, shown)])
    for row in map(str, scores["row"].values):
        rows.append([f"*{row}*", "", *_ceiling(scores, row), "", "", ""])
    listed = [f"{number}. {reason}" for number, reason in enumerate(reasons(scores), 1)]
    below = ["", f"{EN_DASH} blank, because:", "", *listed] if listed else []
    lines = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows]
    return "\n".join([*lines, "", _WHAT.replace("*", r"\*"), *below, ""])


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every number of the figure, and why cells are blank.

    Args:
        tree: see `table`.

    Returns:
        A row per number: `panel` (name of the curve, "gain", "RMSD / null's", "mean rank",
        "parameters" or "ceiling"), `model` (or people), `line` (of the curve, or the paradigm),
        `x`, `value`, `low`, `high` and `note` (how a model sits a paradigm, or why not).

    Raises:
        InvalidValue: naming what the tree lacks.
    """
    scores = checked(tree)
    parts = [_curve(tree, name) for _, name in columns(tree) if name]
    rest = [*_gains(scores), *_ceilings(scores), *_models(scores)]
    return pd.concat([*parts, pd.DataFrame(rest, columns=_COLUMNS)], ignore_index=True)


# ---- cells ---------------------------------------------------------------------------------------


def _paradigms(scores: xr.Dataset) -> list[str]:
    return [str(name) for name in scores["paradigm"].values]


def _head(scores: xr.Dataset) -> list[str]:
    starred = [f"{name}{'*' * no_bits(scores, name)}" for name in _paradigms(scores)]
    return ["model", _RANK, *starred, *_COUNTS]


def _add_column(made: Table, name: str, *, paradigm: bool) -> None:
    """Narrow enough for a terminal of 80 letters; numbers are never broken."""
    broken = "\n".join(_BROKEN.get(word.rstrip("*"), word) for word in name.split())
    left = name == "model"
    look: dict[str, Any] = {"overflow": "fold", "min_width": 5 if paradigm else 4}
    made.add_column(broken + "*" * name.endswith("*"), justify="left" if left else "right", **look)


def _caption(scores: xr.Dataset) -> str:
    why = [f"[{number}] {reason}" for number, reason in enumerate(reasons(scores), 1)]
    return "\n".join([_WHAT, *([f"{EN_DASH} blank, because:", *why] if why else [])])


def _about(scores: xr.Dataset, model: str, shown: list[Any]) -> list[Any]:
    """Mean rank, what is shown of each paradigm, and the counts of parameters."""
    one = scores.sel(model=model)
    counts = [float(one[name]) for name in _COUNTS.values()]
    told = [_count(count) for count in counts]
    return [two_digits(float(one["mean_rank"])), *shown, *told]


def _ceiling(scores: xr.Dataset, row: str) -> list[str]:
    return [two_digits(float(value)) for value in scores["people_gain"].sel(row=row).values]


def _count(value: float) -> str:
    """In full up to 9,999; then 51k, 1.2M."""
    if not np.isfinite(value):
        return EN_DASH
    if value < 10_000:
        return f"{value:,.0f}"
    return f"{value / 1e3:.0f}k" if value < 999_500 else f"{value / 1e6:.1f}M"


def _rich(cell: Cell) -> Text:
    if cell.why:
        return Text(f"{EN_DASH} [{cell.why}]", style="dim")
    return Text(two_digits(cell.value), style="bold" if cell.best else "")


def _marked(cell: Cell) -> str:
    if cell.why:
        return f"{EN_DASH}<sup>{cell.why}</sup>"
    return f"**{two_digits(cell.value)}**" if cell.best else two_digits(cell.value)


def _escaped(cell: str) -> str:
    """A bar would end the cell; a star after a word would be taken for emphasis."""
    bars = cell.replace("|", r"\|")
    return bars[:-1] + r"\*" if bars.count("*") == 1 else bars


# ---- numbers -------------------------------------------------------------------------------------


def _curve(tree: xr.DataTree, name: str) -> pd.DataFrame:
    """Every point of one curve, of people and models."""
    curve = tree["curves"][name].to_dataset()[["mean", "low", "high"]]
    curve = curve if "line" in curve.dims else curve.expand_dims(line=[""])
    points = curve.to_dataframe().reset_index().dropna(subset="mean")
    points = points.rename(columns={"source": "model", "mean": "value"})
    return points.assign(panel=name, note="")[_COLUMNS]


def _gains(scores: xr.Dataset) -> Iterator[tuple[Any, ...]]:
    for (model, paradigm), cell in cells(scores).items():
        panel = "RMSD / null's" if no_bits(scores, paradigm) else "gain"
        how = str(scores["how"].sel(model=model, paradigm=paradigm).item())
        note = f"blank: {how}" if cell.why else how
        yield panel, model, paradigm, np.nan, cell.value, cell.low, cell.high, note


def _ceilings(scores: xr.Dataset) -> Iterator[tuple[Any, ...]]:
    for row in map(str, scores["row"].values):
        for paradigm in _paradigms(scores):
            here = scores.sel(row=row, paradigm=paradigm)
            ends = [float(here[name]) for name in ("people_gain", "people_low", "people_high")]
            yield "ceiling", row, paradigm, np.nan, *ends, ""


def _models(scores: xr.Dataset) -> Iterator[tuple[Any, ...]]:
    for model in order(scores):
        one = scores.sel(model=model)
        rank = [float(one[f"mean_rank{end}"]) for end in ("", "_low", "_high")]
        yield _RANK, model, "", np.nan, *rank, ""
        for line, name in _COUNTS.items():
            yield "parameters", model, line, np.nan, float(one[name]), np.nan, np.nan, ""
