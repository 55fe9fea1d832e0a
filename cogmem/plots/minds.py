"""The table of minds as a figure: a row per model, a column per paradigm, people in every panel.

A model that does not sit a paradigm leaves a blank, with a number that the key below explains.
Beside the panels: each model's mean rank and what it had fitted, chosen and learnt.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from cogmem.plots.mind_scores import (
    EN_DASH,
    MINUS,
    TELLING,
    Cell,
    cells,
    checked,
    columns,
    order,
    reasons,
    two_digits,
)
from cogmem.plots.style import PEOPLE_BAND, PEOPLE_LINE, SMALL, LineLook, house_style

__all__ = ["LOOKS", "PEOPLE", "minds"]

PEOPLE = "people"

LOOKS = (LineLook("#0072B2", "-", "o"), LineLook("#D55E00", (0, (2.4, 1.0)), "s"))
"""The first and the second line of a model's curve. Each model has a row of its own."""

TINY, NUMBER = 5.0, 5.5  # points

# All lengths in inches.
WIDTH, TALLEST = 7.2, 9.5
_MARGIN = 0.05
_NAMES = 0.80
_GAP_X, _GAP_Y = 0.16, 0.115
_WIDEST, _PITCHES = 0.95, (0.33, 0.62)  # of a panel; of the rows
_HEAD, _TITLES, _AXES, _CEILINGS, _LINE = 0.42, 0.67, 0.40, 0.12, 0.085
_RANKS_GAP, _COUNTS = 0.12, (0.25, 0.54, 0.80)  # right ends of the columns of counts
_LEAST_RANKS = 0.50
_KEY_COLUMNS, _KEY_LETTERS, _KEY_NUMBER = 3, 56, 0.14

_Box = tuple[float, float, float, float]
_Entry = tuple[int, list[str]]


@dataclass(frozen=True)
class _Page:
    """Where everything is, in inches from the upper left corner.

    With more models the rows are lower, so that a journal's page holds about twenty.
    """

    n_models: int
    n_columns: int
    n_ceilings: int
    n_key: int

    @property
    def top(self) -> float:
        return _HEAD + _TITLES

    @property
    def below(self) -> float:
        """What the rows leave of the page, but for what is above them."""
        ceilings = (self.n_ceilings + 1) * 0.1 + _CEILINGS
        key = (self.n_key + 1.5) * _LINE if self.n_key else 0.0
        return _AXES + ceilings + key + _MARGIN

    @property
    def pitch(self) -> float:
        fits = (TALLEST - self.top - self.below) / max(self.n_models, 1)
        return float(np.clip(fits, *_PITCHES))

    @property
    def panel_height(self) -> float:
        return self.pitch - _GAP_Y

    @property
    def panel_width(self) -> float:
        room = WIDTH - _NAMES - _RANKS_GAP - _LEAST_RANKS - _COUNTS[-1] - _MARGIN
        return min(_WIDEST, (room + _GAP_X) / max(self.n_columns, 1) - _GAP_X)

    @property
    def bottom(self) -> float:
        """The lower end of the last row's panels."""
        return self.top + self.n_models * self.pitch - _GAP_Y

    @property
    def height(self) -> float:
        return self.bottom + self.below

    def left(self, column: int) -> float:
        return _NAMES + column * (self.panel_width + _GAP_X)

    def row(self, row: int) -> float:
        """The upper end of a row's panels."""
        return self.top + row * self.pitch

    def panel(self, row: int, column: int) -> _Box:
        return self.box(self.left(column), self.row(row), self.panel_width, self.panel_height)

    def ranks(self) -> _Box:
        left = self.left(self.n_columns) - _GAP_X + _RANKS_GAP
        width = min(WIDTH - _MARGIN - _COUNTS[-1] - left, 1.6)
        return self.box(left, self.top, width, self.bottom - self.top)

    def box(self, left: float, top: float, width: float, height: float) -> _Box:
        """Left, bottom, width, height as shares of the figure."""
        return left / WIDTH, self.down(top + height), width / WIDTH, height / self.height

    def down(self, inches: float) -> float:
        return 1 - inches / self.height


def minds(tree: xr.DataTree) -> Figure:
    """All models in all paradigms, beside people.

    Args:
        tree: the result of `cogmem compare`: along `model` and `paradigm`, `sits`, `how` (how it
            sits, or why not) and `gain` (bits per response); along `model`, `mean_rank` with its
            interval and counts of parameters; along `curve`, `rmsd`; and below "curves", `mean`,
            `low`, `high` (source, line, x) of people and of the models that sit it.

    Returns:
        A figure 7.2 inches wide, and at most 9.5 high unless there are very many models.

    Raises:
        InvalidValue: naming what the tree lacks.
    """
    scores = checked(tree)
    told, key = columns(tree), _key(reasons(scores))
    page = _Page(scores.sizes["model"], len(told), scores.sizes["row"], _n_lines(key))
    with house_style():
        figure = Figure(figsize=(WIDTH, page.height))
        _names(page, figure, order(scores))
        found = cells(scores)
        for column, (paradigm, curve) in enumerate(told):
            first = column == 0 or told[column - 1][0] != paradigm
            of_paradigm = [found[model, paradigm] for model in order(scores)]
            _column(page, figure, tree, column, of_paradigm, numbered=first)
            _title(page, figure, tree, column, (paradigm, curve), named=first)
        _ceilings(page, figure, scores, told)
        _ranks(page, figure, scores)
        _explain(page, figure, key)
        _heading(page, figure, tree)
    return figure


def _text(page: _Page, figure: Figure, left: float, top: float, words: str, **look: Any) -> None:
    figure.text(left / WIDTH, page.down(top), words, **{"fontsize": TINY, "va": "top", **look})


def _names(page: _Page, figure: Figure, models: list[str]) -> None:
    for row, model in enumerate(models):
        middle = page.row(row) + page.panel_height / 2
        name = textwrap.fill(model, 12)
        _text(page, figure, _MARGIN, middle, name, va="center", fontsize=SMALL, gid="model")


# ---- panels --------------------------------------------------------------------------------------


def _column(
    page: _Page,
    figure: Figure,
    tree: xr.DataTree,
    column: int,
    found: list[Cell],
    *,
    numbered: bool,
) -> None:
    """One curve of people and of every model that sits its paradigm; the lowest has ticks."""
    scores = tree.to_dataset()
    paradigm, name = columns(tree)[column]
    curve = _shown(tree["curves"][name].to_dataset()) if name else None
    panels = []
    for row, (model, cell) in enumerate(zip(order(scores), found, strict=True)):
        box = page.panel(row, column)
        if cell.why:
            _blank(figure, box, cell.why)
        elif curve is not None:
            panels.append(figure.add_axes(box, label=f"{model}: {name}"))
            _panel(panels[-1], curve, model)
        if numbered and np.isfinite(cell.value):
            _number(figure, box, cell)
    if curve is not None and panels:
        _scales(panels, curve, paradigm)


def _shown(curve: xr.Dataset) -> xr.Dataset:
    """Without x of which nothing is known, so that lines go on; but lags have a gap at 0."""
    known = curve["mean"].notnull().any([dim for dim in curve["mean"].dims if dim != "x"])
    return curve.isel(x=(known | (curve["x"] == 0)).values)


def _blank(figure: Figure, box: _Box, why: int) -> None:
    left, bottom, width, height = box
    figure.add_artist(Rectangle((left, bottom), width, height, color="#f4f4f4", linewidth=0))
    middle = left + width / 2, bottom + height / 2
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": "#767676"}
    figure.text(*middle, str(why), fontsize=NUMBER, gid="blank", **look)


def _number(figure: Figure, box: _Box, cell: Cell) -> None:
    """Above the panel's upper right corner, where no curve is."""
    weight = "bold" if cell.best else "normal"
    words = two_digits(cell.value)
    at = box[0] + box[2], box[1] + box[3]
    figure.text(*at, words, fontsize=NUMBER, weight=weight, ha="right", va="bottom", gid="gain")


def _panel(ax: Axes, curve: xr.Dataset, model: str) -> None:
    sampled = bool(np.isfinite(curve["low"].sel(source=PEOPLE)).any())
    for index, line in enumerate(_lines(curve)):
        look = LOOKS[min(index, 1)]
        _people(ax, line.sel(source=PEOPLE), look, sampled=sampled)
        if model in line["source"].values:
            _model(ax, line.sel(source=model), look)


def _lines(curve: xr.Dataset) -> list[xr.Dataset]:
    if "line" not in curve.dims:
        return [curve]
    return [curve.isel(line=index) for index in range(curve.sizes["line"])]


def _people(ax: Axes, line: xr.Dataset, look: LineLook, *, sampled: bool) -> None:
    """A band and the mean, or open points where people are no sample of persons."""
    x, mean, low, high = (line[name].values for name in ("x", "mean", "low", "high"))
    ax.plot(x, mean, color=PEOPLE_LINE, linestyle=look.linestyle, linewidth=0.6, gid=PEOPLE)
    if not sampled:
        marks: dict[str, Any] = {"marker": look.marker, "markersize": 2.2, "markeredgewidth": 0.5}
        ax.plot(x, mean, linestyle="", color=PEOPLE_LINE, mfc="white", gid="means", **marks)
        return
    ax.fill_between(x, low, high, color=PEOPLE_BAND, linewidth=0, zorder=0)
    alone = _alone(mean)
    ax.vlines(x[alone], low[alone], high[alone], color=PEOPLE_BAND, linewidth=3, zorder=0)
    ax.plot(x[alone], mean[alone], "_", color=PEOPLE_LINE, markersize=3)


def _model(ax: Axes, line: xr.Dataset, look: LineLook) -> None:
    x, mean, low, high = (line[name].values for name in ("x", "mean", "low", "high"))
    ax.fill_between(x, low, high, color=look.color, alpha=0.25, linewidth=0, zorder=3)
    dashes: dict[str, Any] = {"color": look.color, "linestyle": look.linestyle}
    ax.plot(x, mean, linewidth=0.9, zorder=4, gid="model", **dashes)
    alone = _alone(mean)
    ax.vlines(x[alone], low[alone], high[alone], color=look.color, linewidth=0.6, zorder=3)
    ax.plot(x[alone], mean[alone], look.marker, color=look.color, markersize=1.8, zorder=4)


def _alone(values: np.ndarray) -> np.ndarray:
    """Which points have no neighbour that a line could join them to."""
    known = np.pad(np.isfinite(values), 1)
    return np.asarray(known[1:-1] & ~known[:-2] & ~known[2:])


def _scales(panels: list[Axes], curve: xr.Dataset, paradigm: str) -> None:
    """Axes alike along a column; only the lowest panel numbers them."""
    x = curve["x"].values
    low, high = _span(curve)
    pad = 0.06 * (x.max() - x.min() or 1.0)
    ticks, labels = _x_ticks(x, paradigm)
    for ax in panels:
        ax.set(xlim=(x.min() - pad, x.max() + pad), ylim=(low, high))
        ax.set_xticks(ticks, labels)
        ax.set_yticks([low, high], [f"{low:g}", f"{high:g}"])
        ax.tick_params(labelsize=TINY, length=1.5, pad=1.2, labelbottom=False, labelleft=False)
        ax.patch.set_alpha(0)
    panels[-1].tick_params(labelbottom=True, labelleft=True)
    lowest, highest = panels[-1].get_yticklabels()
    lowest.set_verticalalignment("bottom")  # both clear of the numbers above and below
    highest.set_verticalalignment("top")


def _span(curve: xr.Dataset) -> tuple[float, float]:
    """The ends of the y axis: from 0 for proportions, else round numbers about what is shown."""
    shown = np.concatenate([curve[name].values.ravel() for name in ("mean", "low", "high")])
    shown = shown[np.isfinite(shown)] if np.isfinite(shown).any() else np.array([0.0, 1.0])
    proportion = curve.attrs.get("unit", "proportion") == "proportion"
    if proportion:
        return 0.0, float(np.clip(np.ceil(10 * shown.max() - 1e-9) / 10, 0.1, 1.0))
    step = 10.0 ** np.floor(np.log10(max(np.ptp(shown), 1e-6)))
    low, high = step * np.floor(shown.min() / step), step * np.ceil(shown.max() / step)
    return round(float(low), 6), round(float(max(high, low + step)), 6)


def _x_ticks(x: np.ndarray, paradigm: str) -> tuple[list[float], list[str]]:
    """Both ends, and 0 between them; what was not studied has no position."""
    ends = [float(x.min()), float(x.max())]
    ticks = [ends[0], 0.0, ends[1]] if ends[0] < 0 < ends[1] else ends
    labels = [f"{tick:g}".replace("-", MINUS) for tick in ticks]
    if paradigm == "recognition" and ends[1] == 0:
        labels[-1] = "new"
    return ticks, labels


# ---- around the panels ---------------------------------------------------------------------------


def _title(
    page: _Page,
    figure: Figure,
    tree: xr.DataTree,
    column: int,
    told: tuple[str, str],
    *,
    named: bool,
) -> None:
    """The paradigm, what is on y and the lines above a column; what is on x below it."""
    paradigm, name = told
    left, middle = page.left(column), page.left(column) + page.panel_width / 2
    if named:
        one_line = columns(tree).count(told) < sum(p == paradigm for p, _ in columns(tree))
        words = paradigm.capitalize() if one_line else textwrap.fill(paradigm.capitalize(), 12)
        _text(page, figure, left, _HEAD, words, fontsize=NUMBER, weight="bold", gid="paradigm")
    if not name:
        return
    curve = tree["curves"][name].to_dataset()
    above = "\n".join(_above(paradigm, name, curve))
    _text(page, figure, left, page.top - 0.13, above, va="bottom", linespacing=1.1, gid="y title")
    parts = str(curve.attrs.get("xlabel", "")).replace(" (", "\n(").splitlines()
    below = "\n".join(textwrap.fill(part, 14) for part in parts)
    look: dict[str, Any] = {"ha": "center", "linespacing": 1.1, "gid": "x title"}
    _text(page, figure, middle, page.bottom + 0.15, below, **look)


def _above(paradigm: str, name: str, curve: xr.Dataset) -> list[str]:
    """Name of the curve unless it says nothing more, y axis with its unit, and the lines."""
    title, unit = (str(curve.attrs.get(key, "")) for key in ("title", "unit"))
    known = {paradigm, title.lower(), *(told[0] for told in TELLING.values() if len(told) == 1)}
    words = [] if name in known else [name]
    words.extend(textwrap.wrap(f"{title} ({unit})" if unit else title, 15))
    lines = [str(line) for line in np.atleast_1d(curve["line"].values)] if "line" in curve else []
    return [*words, *textwrap.wrap(" / ".join(lines), 13)] if len(lines) > 1 else words


def _ceilings(page: _Page, figure: Figure, scores: xr.Dataset, told: list[tuple[str, str]]) -> None:
    """How well people are foretold from other people and from themselves, under each column."""
    top = page.bottom + _AXES
    _text(page, figure, _MARGIN, top, "Ceiling (bits):", fontsize=NUMBER)
    for index, row in enumerate(map(str, scores["row"].values), 1):
        _text(page, figure, _MARGIN, top + 0.1 * index, row, fontsize=NUMBER)
        for column, (paradigm, _) in enumerate(told):
            if column and told[column - 1][0] == paradigm:
                continue
            value = float(scores["people_gain"].sel(row=row, paradigm=paradigm))
            words = two_digits(value)
            at = page.left(column) + page.panel_width, top + 0.1 * index
            _text(page, figure, *at, words, fontsize=NUMBER, ha="right", gid=f"ceiling: {row}")


def _ranks(page: _Page, figure: Figure, scores: xr.Dataset) -> None:
    """Panel B: a row per model, in line with its panels."""
    ax = figure.add_axes(page.ranks(), label="mean rank")
    for row, model in enumerate(order(scores)):
        _rank(ax, row * page.pitch + page.panel_height / 2, scores.sel(model=model))
    ax.set(ylim=(page.bottom - page.top, 0), xlim=(-0.04, 1.04), yticks=[])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.tick_params(labelsize=TINY, length=1.5, pad=1.2)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(
        "Mean rank\nwhere it sits\n(0 best, 1 last)", fontsize=TINY, linespacing=1.1, labelpad=1
    )
    _beside(ax, 0, ["", "Parameters", ""], rise=13)
    _beside(ax, 0, ["fitted", "chosen", "learnt"], rise=6)


def _rank(ax: Axes, y: float, model: xr.Dataset) -> None:
    value, low, high = (float(model[f"mean_rank{end}"]) for end in ("", "_low", "_high"))
    ax.axhline(y, color="#e6e6e6", linewidth=0.5, zorder=0)
    ax.plot([low, high], [y, y], color=LOOKS[0].color, linewidth=0.9, gid="interval")
    ax.plot(value, y, "o", color=LOOKS[0].color, markersize=3, gid="mean rank", clip_on=False)
    names = ("n_fitted", "n_chosen", "n_learnt")
    _beside(ax, y, [_short(float(model[name])) for name in names], va="center", size=NUMBER)


def _beside(
    ax: Axes, y: float, words: list[str], *, rise: float = 0, va: str = "bottom", size: float = TINY
) -> None:
    """Words in the columns of counts, right of panel B; `rise` in points."""
    for right, word in zip(_COUNTS, words, strict=True):
        ax.annotate(
            word,
            xy=(1, y),
            xycoords=("axes fraction", "data"),
            xytext=(72 * right, rise),
            textcoords="offset points",
            ha="right",
            va=va,
            fontsize=size,
            annotation_clip=False,
        )


def _short(count: float) -> str:
    """A count in at most four characters: 999 and then 1k, 12M, 3G."""
    if not np.isfinite(count):
        return EN_DASH
    if count < 1000:
        return f"{count:.0f}"
    size, letter = next((s, x) for s, x in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if count >= s)
    return f"{count / size:.0f}{letter}"


def _key(why: list[str]) -> list[list[_Entry]]:
    """Reasons by column of the key, each with its number and broken into lines."""
    entries = [(number, textwrap.wrap(words, _KEY_LETTERS)) for number, words in enumerate(why, 1)]
    full = -(-sum(len(lines) for _, lines in entries) // _KEY_COLUMNS)
    found: list[list[_Entry]] = [[] for _ in range(_KEY_COLUMNS)]
    begun = 0
    for entry in entries:
        found[min(begun // max(full, 1), _KEY_COLUMNS - 1)].append(entry)
        begun += len(entry[1])
    return found


def _n_lines(key: list[list[_Entry]]) -> int:
    return max(sum(len(lines) for _, lines in column) for column in key)


def _explain(page: _Page, figure: Figure, key: list[list[_Entry]]) -> None:
    """The key: why cells are blank."""
    if not page.n_key:
        return
    top = page.height - _MARGIN - (page.n_key + 1.2) * _LINE
    _text(page, figure, _MARGIN, top, "Blank, because:", fontsize=NUMBER)
    for index, column in enumerate(key):
        left, line = _MARGIN + index * (WIDTH - _MARGIN) / _KEY_COLUMNS, 1.2
        for number, lines in column:
            at = top + line * _LINE
            _text(page, figure, left + _KEY_NUMBER - 0.04, at, str(number), ha="right", gid="key")
            words = "\n".join(lines)
            _text(page, figure, left + _KEY_NUMBER, at, words, linespacing=1.05, gid="reason")
            line += len(lines)


def _heading(page: _Page, figure: Figure, tree: xr.DataTree) -> None:
    """What the lines and the numbers are, and on what terms models were fitted."""
    note = (
        "Above panels: gain over the null on held-out responses, bits per response (fact "
        "verification: RMSD / the null's); bold: best of the paradigm."
    )
    known = {str(name): value for name, value in tree.attrs.items()}
    if {"preset", "budget"} <= set(known):
        note += "\nPreset {preset}, {budget:,} evaluations granted to each model.".format(**known)
    _text(page, figure, _MARGIN, 0.18, note, fontsize=NUMBER, linespacing=1.2)
    _legend(page, figure)
    for letter, left in {"A": _MARGIN, "B": page.ranks()[0] * WIDTH}.items():
        _text(page, figure, left, _HEAD - 0.02, letter, fontsize=9, weight="bold")


def _legend(page: _Page, figure: Figure) -> None:
    grey: dict[str, Any] = {"color": PEOPLE_LINE, "linewidth": 0.8}
    band = Patch(color=PEOPLE_BAND, linewidth=0), Line2D([], [], **grey)
    marks: dict[str, Any] = {
        "marker": "o",
        "mfc": "white",
        "markersize": 2.5,
        "markeredgewidth": 0.5,
    }
    handles: list[Any] = [band, Line2D([], [], **grey, **marks)]
    for look in LOOKS:
        line = Line2D([], [], color=look.color, linestyle=look.linestyle, linewidth=1.0)
        handles.append((Patch(color=look.color, alpha=0.25, linewidth=0), line))
    words = [
        "People: mean, 95 % bootstrap interval over people",
        "People: group means only",
        "Model: mean, 95 % interval",
        "Second line of a curve",
    ]
    figure.legend(
        handles,
        words,
        loc="upper left",
        bbox_to_anchor=(_MARGIN / WIDTH, page.down(0.04)),
        borderaxespad=0,
        borderpad=0,
        ncols=4,
        columnspacing=1.4,
        handlelength=2.2,
        fontsize=SMALL,
    )
