"""The comparison of all models with people, in one figure.

Above, a column per family of models and a row per measure: people as a grey band, the family under
its own rule of choice as a solid line, under the shared readout as a dashed one. Below, how well
each model foretells what people recall next, with its counts of parameters.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cogmem.errors import InvalidValue
from cogmem.plots.curves import MAX_LAG, MEASURES, dress, model_line, people_band
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    LineLook,
    house_style,
)

__all__ = ["LOOKS", "comparison"]

OWN, SHARED = "own", "shared readout"

EN_DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

_Box = tuple[float, float, float, float]

LOOKS = {
    OWN: LineLook("#0072B2", "-", "o"),
    SHARED: LineLook("#D55E00", (0, (3, 1.2)), "s"),
}
"""One look per rule of choice. Each family has a column of its own and needs none."""

# All lengths in inches.
_MARGIN = 0.06
_HEAD, _FOOT = 0.56, 0.40
_LEFT = 0.70
_GAP_X = 0.11
_GAPS_Y = (0.11, 0.40)  # the first two rows have their x axis in common
_BLOCK_HEAD, _BLOCK_FOOT = 0.32, 0.40
_STRIP_HEAD = 0.36
_NAMES, _TABLE = 1.62, 2.20
_TABLE_ENDS = (1.08, 1.45, 1.83, 2.15)  # right ends of the table's columns, from the axis
_MOST_COLUMNS = 6

_VARIABLES = ("gain", "gain_low", "gain_high", "n_fitted", "n_chosen", "n_learnt")


@dataclass(frozen=True)
class _Page:
    """Where everything is, in inches from the upper left corner.

    Families beyond six go on in a further block of rows; panels and rows are then lower, so that
    about twenty models still fit on one page.
    """

    n_families: int
    n_models: int

    @property
    def n_blocks(self) -> int:
        return -(-self.n_families // _MOST_COLUMNS)

    @property
    def n_columns(self) -> int:
        return -(-self.n_families // self.n_blocks)

    @property
    def panel_width(self) -> float:
        return (DOUBLE_COLUMN - _LEFT - _MARGIN + _GAP_X) / self.n_columns - _GAP_X

    @property
    def panel_height(self) -> float:
        return 0.92 if self.n_blocks == 1 else 0.62

    @property
    def block_height(self) -> float:
        panels = len(MEASURES) * self.panel_height + sum(_GAPS_Y)
        return _BLOCK_HEAD + panels + _BLOCK_FOOT

    @property
    def strip_top(self) -> float:
        return _HEAD + self.n_blocks * self.block_height + _STRIP_HEAD

    @property
    def strip_height(self) -> float:
        return self.n_models * (0.165 if self.n_models <= 12 else 0.135)

    @property
    def height(self) -> float:
        return self.strip_top + self.strip_height + _FOOT

    def panel(self, family: int, row: int) -> _Box:
        """The panel of a family (from 0) in a row of its block."""
        block, column = divmod(family, self.n_columns)
        left = _LEFT + column * (self.panel_width + _GAP_X)
        top = _HEAD + block * self.block_height + _BLOCK_HEAD
        top += row * self.panel_height + sum(_GAPS_Y[:row])
        return self.box(left, top, self.panel_width, self.panel_height)

    def strip(self) -> _Box:
        """The dot plot, between the names and the table."""
        width = DOUBLE_COLUMN - _NAMES - _TABLE - _MARGIN
        return self.box(_NAMES, self.strip_top, width, self.strip_height)

    def box(self, left: float, top: float, width: float, height: float) -> _Box:
        """Left, bottom, width, height as shares of the figure."""
        bottom = self.down(top + height)
        return left / DOUBLE_COLUMN, bottom, width / DOUBLE_COLUMN, height / self.height

    def down(self, inches: float) -> float:
        """A height measured from the top, as a share of the figure."""
        return 1 - inches / self.height


def comparison(tree: xr.DataTree) -> Figure:
    """People and all models, curve by curve, and the models' gains over the null.

    Args:
        tree: the result of `cogmem compare`. Its root has, along `model`, `gain`, `gain_low`,
            `gain_high` (bits per response), `n_fitted`, `n_chosen`, `n_learnt`, `rule` ("own" or
            "shared readout") and `family`; `rmsd` (model, measure) and `ceiling` (measure). Its
            children "spc", "pfr" and "lag_crp" have `mean`, `low`, `high` along (source, x), the
            sources being "people" and the models.

    Returns:
        A figure in double-column width; it grows in height with the number of models.

    Raises:
        InvalidValue: naming what the tree lacks, or a rule that is neither of the two.
    """
    scores = _checked(tree)
    families = _families(scores)
    page = _Page(len(families), scores.sizes["model"])
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, page.height))
        for index, family in enumerate(families):
            _column(page, figure, tree, index, family)
        _gains(page, figure, scores)
        _heading(page, figure, tree)
    return figure


def _checked(tree: xr.DataTree) -> xr.Dataset:
    scores = tree.to_dataset()
    needed = {*_VARIABLES, "rmsd", "ceiling", "rule", "family"}
    missing = [*sorted(needed - set(scores.data_vars)), *sorted(set(MEASURES) - set(tree.children))]
    if missing:
        raise InvalidValue(f"the comparison lacks {', '.join(missing)}; run `cogmem compare`.")
    if unknown := set(map(str, scores["rule"].values)) - {OWN, SHARED}:
        raise InvalidValue(f"rule is {sorted(unknown)}, expected {OWN!r} or {SHARED!r}.")
    return scores


def _by_gain(scores: xr.Dataset) -> xr.Dataset:
    """The models, the best first."""
    return scores.isel(model=np.argsort(-scores["gain"].values, kind="stable"))


def _families(scores: xr.Dataset) -> dict[str, list[str]]:
    """The models of each family, own rule first; the family with the best model first."""
    ranked, found = _by_gain(scores), dict[str, list[str]]()
    for family in dict.fromkeys(map(str, ranked["family"].values)):
        for rule in LOOKS:
            here = (ranked["family"] == family) & (ranked["rule"] == rule)
            found.setdefault(family, []).extend(map(str, ranked["model"].values[here.values]))
    return found


def _best_by_rule(scores: xr.Dataset, models: list[str]) -> dict[str, str]:
    """One model for each rule: of several, the best."""
    of = {name: str(scores["rule"].sel(model=name).item()) for name in models}
    return {rule: next(n for n in models if of[n] == rule) for rule in LOOKS if rule in of.values()}


def _column(page: _Page, figure: Figure, tree: xr.DataTree, index: int, family: str) -> None:
    """The panels of one family, one per measure."""
    scores = tree.to_dataset()
    models = _best_by_rule(scores, _families(scores)[family])
    for row, measure in enumerate(MEASURES):
        ax = figure.add_axes(page.panel(index, row), label=f"{family}: {measure}")
        curves = tree[measure].to_dataset()
        people_band(ax, curves.sel(source="people", drop=True))
        for rule, name in models.items():
            model_line(ax, curves.sel(source=name, drop=True), rule, LOOKS[rule])
        _dress(ax, measure, tree, first=index % page.n_columns == 0)
        _corner(ax, measure, scores, models)
        if row == 0:
            ax.set_title(textwrap.fill(family, int(16 * page.panel_width)), pad=4, fontsize=7)


def _dress(ax: Axes, measure: str, tree: xr.DataTree, *, first: bool) -> None:
    """Axes alike along a row; only the first panel of a row names and numbers its y axis."""
    dress(ax, measure, tree["spc"].sizes["x"], _top(tree[measure].to_dataset()))
    if measure == "spc":  # its x axis is that of the panel below
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)
    if not first:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False)
        return
    ax.set_ylabel(textwrap.fill(MEASURES[measure].title, 14), linespacing=1.05)
    width = ax.get_position().width * DOUBLE_COLUMN
    ax.yaxis.set_label_coords(-0.30 / width, 0.5)


def _top(curves: xr.Dataset) -> float:
    """The upper end of the y axis, with room for the numbers above the curves."""
    shown = curves["mean"].where(abs(curves["x"]) <= MAX_LAG if (curves["x"] < 0).any() else True)
    return min(1.0, float(np.ceil(10 * shown.max().item() + 0.7)) / 10)


def _corner(ax: Axes, measure: str, scores: xr.Dataset, models: dict[str, str]) -> None:
    """RMSD over the noise ceiling: own rule | shared readout."""
    ratio = (scores["rmsd"] / scores["ceiling"]).sel(measure=measure)
    told = [f"{ratio.sel(model=models[r]).item():.1f}" if r in models else EN_DASH for r in LOOKS]
    x, y, ha, va = (0.5, 0.04, "center", "bottom") if measure == "spc" else (0.04, 1, "left", "top")
    text = ax.text(x, y, " | ".join(told), transform=ax.transAxes, fontsize=SMALL, ha=ha, va=va)
    text.set_gid("ratio")
    text.set_path_effects([patheffects.withStroke(linewidth=1.5, foreground="white")])


def _gains(page: _Page, figure: Figure, scores: xr.Dataset) -> None:
    """A row per model, families together: gain over the null with its interval, and numbers."""
    ax = figure.add_axes(page.strip(), label="gain")
    names: list[str] = []
    for family, models in _families(scores).items():
        for model in models:
            _gain(ax, len(names), scores.sel(model=model))
            names.append(_row_name(family, model, first=model == models[0]))
    ax.axvline(0, color="black", linewidth=0.6, zorder=1)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0, labelsize=6.5)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("Gain over the null on held-out lists (bits per response)")
    _table_row(ax, -0.75, ["", "", "parameters\n", ""], va="bottom")
    _table_row(ax, -0.75, ["gain [95 %]", "fitted", "chosen", "learnt"], va="bottom")


def _row_name(family: str, model: str, *, first: bool) -> str:
    """The family in its first row, and below it only what is different."""
    if first:
        return family
    return SHARED if model == f"{family} ({SHARED})" else model


def _gain(ax: Axes, row: int, model: xr.Dataset) -> None:
    look = LOOKS[str(model["rule"].item())]
    gain, low, high = (model[name].item() for name in ("gain", "gain_low", "gain_high"))
    face = look.color if look == LOOKS[OWN] else "white"
    ax.axhline(row, color="#e6e6e6", linewidth=0.5, zorder=0)
    ax.plot([low, high], [row, row], color=look.color, linewidth=1.0, zorder=2, gid="interval")
    ax.plot(gain, row, look.marker, color=look.color, mfc=face, markersize=4, zorder=3, gid="gain")
    signed = [f"{value:.2f}".replace("-", MINUS) for value in (gain, low, high)]
    counts = [_short(model[name].item()) for name in ("n_fitted", "n_chosen", "n_learnt")]
    _table_row(ax, row, ["{} [{}, {}]".format(*signed), *counts])


def _short(count: int) -> str:
    """A count in at most five characters: 9,999 and then 10k, 12M, 3G."""
    if count < 10_000:
        return f"{count:,}"
    size, letter = next((s, x) for s, x in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if count >= s)
    return f"{count / size:.0f}{letter}"


def _table_row(ax: Axes, row: float, cells: list[str], va: str = "center") -> None:
    for right, cell in zip(_TABLE_ENDS, cells, strict=True):
        ax.annotate(
            cell,
            xy=(1, row),
            xycoords=("axes fraction", "data"),
            xytext=(72 * right, 0),
            textcoords="offset points",
            ha="right",
            va=va,
            fontsize=6.5,
            annotation_clip=False,
        )


def _heading(page: _Page, figure: Figure, tree: xr.DataTree) -> None:
    """What the data are, what the lines are, and what the numbers in the panels are."""
    known = {str(key): value for key, value in tree.attrs.items()}
    attrs = {"dataset": "", "n_subjects": 0, "n_lists": 0, "preset": ""} | known
    what = "{dataset}: {n_subjects:,} people, {n_lists:,} held-out lists (preset {preset})".format(
        **attrs
    )
    note = (
        "Numbers in A: RMSD / noise ceiling, own rule | shared readout. "
        "At 1 or below, the curve cannot tell the model from people."
    )
    at = _LEFT / DOUBLE_COLUMN
    figure.text(at, page.down(0.05), what, va="top", fontsize=7.5)
    _legend(figure, (at, page.down(0.21)))
    figure.text(at, page.down(0.38), note, va="top", fontsize=6.5)
    for letter, inches in {"A": _HEAD + 0.06, "B": page.strip_top - 0.30}.items():
        x, y = _MARGIN / DOUBLE_COLUMN, page.down(inches)
        figure.text(x, y, letter, va="top", fontsize=9, fontweight="bold")


def _legend(figure: Figure, corner: tuple[float, float]) -> None:
    people = Patch(color=PEOPLE_BAND, linewidth=0), Line2D([], [], color=PEOPLE_LINE, linewidth=0.8)
    handles: list[Any] = [people]
    for look in LOOKS.values():
        band = Patch(color=look.color, alpha=0.2, linewidth=0)
        handles.append((band, Line2D([], [], **look._asdict())))
    names = ["Model, own rule: likewise", "Model, shared readout: likewise"]
    figure.legend(
        handles,
        ["People: mean, 95 % bootstrap interval", *names],
        loc="upper left",
        bbox_to_anchor=corner,
        borderaxespad=0,
        borderpad=0,
        ncols=3,
        columnspacing=1.6,
    )
