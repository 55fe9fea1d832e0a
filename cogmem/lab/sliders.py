"""Sliders for numbers that a table of parameters describes, and a picture that follows them.

What is computed and drawn is the subclass's; this is the part with widgets.
"""

from __future__ import annotations

import base64
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

from cogmem.errors import MissingExtra, UnknownName
from cogmem.models.parameters import Parameter

__all__ = ["Scale", "Sliders", "slider_scale", "widgets"]


class Scale(NamedTuple):
    """The range of a slider, and whether equal steps are equal ratios."""

    low: float
    high: float
    log: bool


def slider_scale(entry: Parameter) -> Scale:
    """A range for a slider, from the bounds and from where fits begin.

    Where fits begin in less than half of the bounds, most of the bounds is of no interest: the
    slider is then logarithmic and goes a factor of ten beyond that interval, within the bounds.
    """
    (low, high), (begin, end) = entry.bounds, entry.start
    if math.isfinite(high - low) and end - begin >= (high - low) / 2:
        return Scale(low, high, log=False)
    if begin <= 0:
        return Scale(max(low, 2 * begin - end), min(high, 2 * end - begin), log=False)
    return Scale(max(low, begin / 10), min(high, end * 10), log=True)


class Sliders(ABC):
    """A slider for each entry, and a picture that is drawn anew when one moves.

    Attributes:
        sliders: the slider of each entry.
        widget: all of it, to be displayed.
        ms: milliseconds that the last move took, from slider to picture.
    """

    def __init__(
        self,
        entries: Mapping[str, Parameter],
        start: Mapping[str, float],
        presets: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """Make the widgets; `picture` must work by then.

        Args:
            entries: what each slider means.
            start: where they stand at first.
            presets: sets of values to offer in a menu; what one does not name is at its start.

        Raises:
            MissingExtra: if ipywidgets is not installed.
        """
        self._ipywidgets = widgets()
        self._entries, self._start = dict(entries), dict(start)
        # What a preset does not name goes back to its start, so that order does not matter.
        every: dict[str, Mapping[str, float]] = {"start": {}, **(presets or {})}
        self._presets = {name: {**start, **values} for name, values in every.items()}
        self._name_width = f"{0.6 * max(map(len, self._entries), default=0):.1f}em"
        self._listening, self.ms = True, math.nan
        self.sliders = {name: self._slider(name, entry) for name, entry in entries.items()}
        self._picture = self._ipywidgets.Image(value=self.picture(self.values), format="png")
        self._picture.layout.max_width = "700px"
        self.widget = self._arranged()

    @abstractmethod
    def picture(self, values: Mapping[str, float]) -> bytes:
        """The figure for these values, as PNG.

        Raises:
            UnknownName: if there is no such value.
            InvalidValue: if a value lies outside its bounds.
        """

    @property
    def values(self) -> dict[str, float]:
        """Where the sliders stand."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def _check(self, values: Mapping[str, float]) -> None:
        """Refuse values that no slider has.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        for name, value in values.items():
            if name not in self._entries:
                raise UnknownName("slider", name, self._entries)
            self._entries[name].check(name, value)

    def update(self, **values: float) -> float:
        """Set some sliders and draw anew.

        Returns:
            Milliseconds from call to picture.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        start = time.perf_counter()
        self._picture.value = self.picture(self.values | values)
        self._set(values)
        self.ms = 1000 * (time.perf_counter() - start)
        return self.ms

    def reset(self) -> float:
        """Back to where the sliders stood at first."""
        return self.update(**self._start)

    def _set(self, values: Mapping[str, float]) -> None:
        """Move sliders without drawing once for each."""
        self._listening = False
        for name, value in values.items():
            _widen(self.sliders[name], value)
            self.sliders[name].value = value
        self._listening = True

    def _slider(self, name: str, entry: Parameter) -> Any:
        scale, value = slider_scale(entry), self._start[name]
        common = {
            "value": value,
            "description": name,
            "tooltip": f"{entry.meaning} (unit {entry.unit}). {entry.source}",
            "readout_format": ".3g",
            # The browser sends one move at a time and drops those overtaken while it waits.
            "continuous_update": True,
            "style": {"description_width": self._name_width},
            "layout": {"width": "98%"},
        }
        slider = self._bounded(scale, value, common)
        slider.observe(self._moved, names="value")
        return slider

    def _bounded(self, scale: Scale, value: float, common: Mapping[str, Any]) -> Any:
        low, high = min(scale.low, value), max(scale.high, value)
        if scale.log and low > 0:
            low, high, value = (math.log10(each) for each in (low, high, value))
            ends = {"min": low, "max": high, "step": _step(low, high, value)}
            return self._ipywidgets.FloatLogSlider(base=10, **ends, **common)
        step = _step(low, high, value)
        return self._ipywidgets.FloatSlider(min=low, max=high, step=step, **common)

    def _moved(self, change: Any) -> None:
        if self._listening:
            self.update()

    def _arranged(self) -> Any:
        rows = [
            self._ipywidgets.VBox([slider, self._small(entry.meaning)])
            for slider, entry in zip(self.sliders.values(), self._entries.values(), strict=True)
        ]
        layout = {"grid_template_columns": "50% 50%", "max_width": "700px"}
        grid = self._ipywidgets.GridBox(rows, layout=layout)
        return self._ipywidgets.VBox([self._controls(), self._picture, grid])

    def _small(self, text: str) -> Any:
        """A note close below a slider, from where its bar begins."""
        note = f'<div style="color: gray; font-size: 85%; line-height: 1.2">{text}</div>'
        margin = f"-4px 0 6px calc({self._name_width} + 12px)"
        return self._ipywidgets.HTML(note, layout={"margin": margin, "height": "auto"})

    def _controls(self) -> Any:
        button = self._ipywidgets.Button(description="Reset")
        button.on_click(lambda _: self.reset())
        if len(self._presets) == 1:
            return button
        menu = self._ipywidgets.Dropdown(options=list(self._presets), description="Parameters")
        menu.observe(lambda change: self.update(**self._presets[change["new"]]), names="value")
        return self._ipywidgets.HBox([menu, button])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.sliders)} sliders>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Sliders where there is a kernel to serve them, the figure where there is none."""
        shown = self.widget._repr_mimebundle_(**kwargs)
        still = base64.b64encode(self._picture.value).decode()
        return {**shown, "text/plain": repr(self), "image/png": still}


def widgets() -> ModuleType:
    """ipywidgets.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        import ipywidgets
    except ImportError as error:
        raise MissingExtra("ipywidgets", "notebooks") from error
    return ipywidgets


def _widen(slider: Any, value: float) -> None:
    """Make room for a value within its bounds but beyond the slider's ends."""
    at = math.log10(value) if hasattr(slider, "base") and value > 0 else value
    slider.min, slider.max = min(slider.min, at), max(slider.max, at)


def _step(low: float, high: float, value: float) -> float:
    """About a two-hundredth of a slider; from its lower end, whole steps lead to the value.

    So whoever moves a slider and moves it back is where they began.
    """
    about = (high - low) / 200
    n_below = round((value - low) / about) if about > 0 else 0
    return (value - low) / n_below if n_below else about
