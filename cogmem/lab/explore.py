"""Move a model's parameters and watch its curves move over those of people.

    explore("CMR", load("peers"))       # in a notebook

`Simulator` computes and knows nothing of widgets, `Chart` draws, `Explorer` joins both to sliders
(sliders.py) that are made from the model's own table of parameters.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imsave

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.fit.sitters import free_recall_sitting
from cogmem.lab.sliders import Sliders, widgets
from cogmem.measures.curves import AXES, CURVES
from cogmem.models import parameters
from cogmem.participants.sitting import Sitting
from cogmem.plots.curves import (
    MAX_LAG,
    MEASURES,
    legend,
    model_line,
    people_band,
    probability_axis,
    recall_panels,
    top_of,
)
from cogmem.plots.style import house_style
from cogmem.tasks import FreeRecall

__all__ = [
    "Chart",
    "Explorer",
    "Simulator",
    "explore",
    "people_curves",
    "simulated_curves",
]

N_LISTS = 2000
"""Lists simulated per move: the standard error of a probability of recall is 0.011 at most."""

Curves = Mapping[str, xr.Dataset]


def simulated_curves(
    sitting: Sitting, n_items: int, *, keys: PRNGKeyArray
) -> dict[str, Float[Array, " x"]]:
    """SPC, PFR and lag-CRP of simulated lists, one per key, as of one person. Usable under `jit`.

    Args:
        sitting: the model, its parameters possibly traced.
        n_items: list length.
        keys: [list] random keys.

    Returns:
        "spc" and "pfr" [position], "lag_crp" [lag], lags from 1 - n_items to n_items - 1.
    """
    task = FreeRecall.of_length(n_items)
    recalls = jax.vmap(lambda key: sitting.free_running(task, key=key))(keys)
    return {name: measures.ratio(name, measures.curve(name, recalls, n_items)) for name in MEASURES}


def people_curves(people: Recalls) -> dict[str, xr.Dataset]:
    """The same three of people: mean and bootstrap interval over subjects.

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    found = {name: getattr(measures, name)(people) for name in MEASURES}
    return {name: measures.summary(_shown(curve)) for name, curve in found.items()}


class Simulator:
    """The three curves of a model as a function of its parameters.

    Every call simulates the same number of lists with the same random numbers, so that curves
    move only because a parameter did. Parameters are traced, and the program is compiled once.

    Attributes:
        sitting: the model; a stopping curve that is counted, is counted on all these people.
        values: its parameters now, by name, as they are used where a call names no other.
        n_compilations: how often the program was compiled so far.
    """

    def __init__(
        self, model: str | Sitting, people: Recalls, *, n_lists: int = N_LISTS, seed: int = 0
    ) -> None:
        """Prepare; nothing is compiled before the first call.

        Args:
            model: name of a registered participant, or a sitting.
            people: whose lists are sat; all of one length.
            n_lists: lists to simulate per call.
            seed: of the random numbers common to all calls.

        Raises:
            UnknownName: if no participant has that name.
            MixedListLengths: if the lists have several lengths.
            InvalidValue: if n_lists is not positive, or the model does not sit free recall.
        """
        if n_lists < 1:
            raise InvalidValue(f"n_lists is {n_lists}, expected 1 or more lists per curve.")
        known = free_recall_sitting(model)
        clean = people.cleaned().recalls
        self.n_items, self.n_lists = people.length, n_lists
        self.sitting = known.calibrated(jnp.asarray(clean), jnp.ones(len(clean)), self.n_items)
        current = parameters.get(self.sitting)
        self.values = {name: float(current[name]) for name in self.sitting.parameters}
        self.n_compilations = 0
        self._keys = jax.random.split(jax.random.key(seed), n_lists)
        self._compiled = jax.jit(self._curves)

    def __call__(self, **values: float) -> dict[str, xr.Dataset]:
        """The curves with some parameters changed, each a Dataset with `mean`.

        Raises:
            UnknownName: if the model has no such parameter.
            InvalidValue: if a value lies outside its bounds.
        """
        entries = self.sitting.parameters
        for name, value in values.items():
            if name not in entries:
                raise UnknownName("parameter", name, entries)
            entries[name].check(name, value)
        vector = np.array(list((self.values | values).values()), jnp.result_type(float))
        return {name: self._labelled(name, y) for name, y in self._compiled(vector).items()}

    def _curves(self, vector: Float[Array, " k"]) -> dict[str, Float[Array, " x"]]:
        self.n_compilations += 1  # Python runs only while JAX traces
        values = dict(zip(self.values, vector, strict=True))
        changed = parameters.replace(self.sitting, values)
        return simulated_curves(changed, self.n_items, keys=self._keys)

    def _labelled(self, name: str, curve: Array) -> xr.Dataset:
        (axis,) = CURVES[name].axes
        x = AXES[axis].labels(self.n_items)
        return _shown(xr.Dataset({"mean": (axis, np.asarray(curve))}, {axis: x}))


def _shown(curve: xr.Dataset) -> xr.Dataset:
    return curve.sel(lag=slice(-MAX_LAG, MAX_LAG)) if "lag" in curve.dims else curve


class Chart:
    """People's curves, and a model's that are moved in place.

    Attributes:
        figure: the figure.
        lines: the model's line by measure.
    """

    def __init__(self, people: Curves, model: Curves, label: str) -> None:
        with house_style():
            self.figure, self._panels = recall_panels(people["spc"].sizes["serial_position"])
            self.lines = {}
            for name, ax in self._panels.items():
                band = people_band(ax, people[name])
                self.lines[name] = model_line(ax, model[name], label)
                if name != "spc":
                    probability_axis(
                        ax, top_of([band.line, self.lines[name]], people[name]["high"])
                    )
            legend(self.figure, self._panels["spc"])
            self._canvas = FigureCanvasAgg(self.figure)
            self._canvas.draw()
            # To find the layout anew would take longer than all the rest.
            self.figure.set_layout_engine("none")
            self._draw_behind()

    def move(self, model: Curves) -> None:
        """Move the model's lines; an axis that becomes too short grows, and none shrinks."""
        grown = False
        for name, line in self.lines.items():
            line.set_ydata(model[name]["mean"].values)
            ax = self._panels[name]
            if (top := top_of([line])) > ax.get_ylim()[1]:
                probability_axis(ax, top)
                grown = True
        if grown:
            self._draw_behind()

    def png(self) -> bytes:
        """The figure as it is now."""
        self._canvas.restore_region(self._behind)
        for name, line in self.lines.items():
            self._panels[name].draw_artist(line)
        picture = io.BytesIO()
        quick = {"compress_level": 3}
        imsave(picture, self._canvas.buffer_rgba(), format="png", pil_kwargs=quick)
        return picture.getvalue()

    def _draw_behind(self) -> None:
        """Draw and keep all that does not move: a move then draws three lines and no text."""
        for line in self.lines.values():
            line.set_animated(True)
        with house_style():
            self._canvas.draw()
        self._behind = self._canvas.copy_from_bbox(self.figure.bbox)


class Explorer(Sliders):
    """Sliders for a model's parameters, and its curves over those of people.

    Attributes:
        simulator: what computes the curves.
        chart: what draws them.
    """

    def __init__(
        self,
        simulator: Simulator,
        people: Curves,
        label: str,
        presets: Mapping[str, Mapping[str, float]],
    ) -> None:
        """See `explore`."""
        self.simulator = simulator
        self.chart = Chart(people, simulator(), f"{label}: {simulator.n_lists:,} lists")
        super().__init__(simulator.sitting.parameters, simulator.values, presets)

    def picture(self, values: Mapping[str, float]) -> bytes:
        """Simulate, and move the lines."""
        self.chart.move(self.simulator(**values))
        return self.chart.png()


def explore(
    model: str | Sitting,
    people: Recalls,
    *,
    n_lists: int = N_LISTS,
    label: str | None = None,
    presets: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> Explorer:
    """Sliders for a model's parameters over the curves of people; display the result.

    Args:
        model: name of a registered participant, or a sitting.
        people: the data; lists of one length.
        n_lists: lists to simulate at each move, always with the same random numbers.
        label: what the legend calls the model; its name if None.
        presets: parameter sets to offer in a menu, e.g. those fitted to single people.
        seed: of the random numbers.

    Raises:
        MissingExtra: if ipywidgets is not installed.
        UnknownName: if there is no such participant, or no such parameter in a preset.
        MixedListLengths: if the lists have several lengths.
    """
    widgets()
    simulator = Simulator(model, people, n_lists=n_lists, seed=seed)
    for name in {name for preset in (presets or {}).values() for name in preset}:
        if name not in simulator.values:
            raise UnknownName("parameter", name, simulator.values)
    label = label or (model if isinstance(model, str) else "Model")
    return Explorer(simulator, people_curves(people), label, presets or {})
