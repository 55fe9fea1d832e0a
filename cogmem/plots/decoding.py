"""One triple as a Tensor Brain decodes it: candidates, and the shared layer, window by window."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look

__all__ = ["decoding"]

_BAR, _SAID = "0.82", line_look(5).color
_STRIP = 16
"""Units side by side in a picture of a layer."""


def decoding(windows: xr.Dataset, title: str = "") -> Figure:
    """A column for each window, read from left to right.

    Above, the best candidates; the one that is said is blue, the true one has an asterisk, and is
    named at the bottom if it is none of them. Below, the shared layer before and after feedback,
    their difference, and the context that came in from the window before. At the bottom, the labels
    of subject and object.

    Args:
        windows: `label`, `probability` (window, rank), `said`, `true` (window), `state` (window,
            moment, unit), `context` (window, context_unit) and `unary` (window, group), as
            `cogmem.lab.brain_view.decoded_windows` makes it. States lie between 0 and 1 unless
            `state` has the attribute `linear`; then colours are symmetric about 0.
        title: above all.
    """
    n = windows.sizes["window"]
    strips = _strips(windows)
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        heights = [1.7, *[0.42] * len(strips), 0.95]
        panels = figure.subplots(len(heights), n, height_ratios=heights, squeeze=False)
        drawn: dict[str, AxesImage] = {}
        for column in range(n):
            _candidates(panels[0, column], windows.isel(window=column))
            for ax, (name, (values, how)) in zip(panels[1:-1, column], strips.items(), strict=True):
                drawn[name] = _strip(ax, values[column], how)
                if column == 0:
                    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=SMALL)
            _labels(panels[-1, column], windows.isel(window=column))
        panels[0, 0].set_xlabel("Probability")
        bars = [(1, "before"), (3, "change")]
        if _linear(windows):
            bars.append((4, "context"))  # whose scale is not that of the state
        for row, name in bars:
            bar = figure.colorbar(drawn[name], ax=panels[row, :], shrink=0.9, pad=0.01, aspect=6)
            bar.ax.tick_params(labelsize=SMALL)
        if title:
            figure.suptitle(title, fontsize=8)
    return figure


def _strips(windows: xr.Dataset) -> dict[str, tuple[np.ndarray, dict[str, Any]]]:
    """Pictures of layers [window, row, unit], and how each is drawn."""
    before, after = (windows["state"].sel(moment=m).values for m in ("before", "after"))
    layer: dict[str, Any] = {"cmap": "gray_r", "vmin": 0, "vmax": 1}
    state = _symmetric(before, after) if _linear(windows) else layer
    return {
        "before": (before, state),
        "after": (after, state),
        "change": (after - before, _symmetric(after - before)),
        "context": (windows["context"].values, layer),
    }


def _linear(windows: xr.Dataset) -> bool:
    return bool(windows["state"].attrs.get("linear", False))


def _symmetric(*values: np.ndarray) -> dict[str, Any]:
    """Colours from the most negative to the most positive, white at 0."""
    most = max(1e-6, *(float(np.abs(each).max()) for each in values))
    return {"cmap": "RdBu_r", "vmin": -most, "vmax": most}


def _candidates(ax: Axes, window: xr.Dataset) -> None:
    """The best ones as bars, with their labels within the panel."""
    said, true = str(window["said"].values), str(window["true"].values)
    p = window["probability"].values
    names = [str(each) for each in window["label"].values]
    colors = [_SAID if name and name == said else _BAR for name in names]
    y = range(len(names))
    ax.barh(y, p, color=colors, height=0.82)
    for place, name, own in zip(y, names, p, strict=True):
        mark = "*" if name and name == true else ""
        text = f"{name}{mark} {own:.2f}" if name else ""
        ax.text(0.02, place, text, va="center", fontsize=SMALL, transform=ax.get_yaxis_transform())
    ax.set(xlim=(0, 1), yticks=[], xticks=[0, 0.5, 1], title=str(window["window"].values))
    ax.set_xticklabels(["0", ".5", "1"])
    ax.invert_yaxis()


def _strip(ax: Axes, values: np.ndarray, how: dict[str, Any]) -> AxesImage:
    """A layer as a picture, units in rows."""
    width = min(_STRIP, len(values))
    padded = np.full(-(-len(values) // width) * width, np.nan)
    padded[: len(values)] = values
    image = ax.imshow(padded.reshape(-1, width), aspect="auto", interpolation="nearest", **how)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(True)
    return image


def _labels(ax: Axes, window: xr.Dataset) -> None:
    ax.set_axis_off()
    found = [
        f"{group.replace('_', '-')}: {said}"
        for group, said in zip(window["group"].values, window["unary"].values, strict=True)
        if said
    ]
    true = str(window["true"].values)
    if true and true not in window["label"].values:
        found.append(f"true: {true}*")
    ax.text(0, 1, "\n".join(found), va="top", fontsize=SMALL, transform=ax.transAxes)
