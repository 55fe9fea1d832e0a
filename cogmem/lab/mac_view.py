"""Look inside a macrocolumn of Sparsey: move the input and the code selection, and see the codes.

MacView(kept=9)       # in a notebook
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import UnknownName
from cogmem.lab.sliders import Sliders
from cogmem.models import parameters
from cogmem.models.code_selection import CodeSelection, Selection
from cogmem.models.parameters import Parameter
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_memory import store
from cogmem.plots.macrocolumn import macrocolumn
from cogmem.plots.style import house_style
from cogmem.tasks.sparse_items import keeping, random_items

__all__ = ["MacView", "inside"]

_SIDE, _N_ACTIVE = 12, 12
_HERE = "this picture"

KEPT = Parameter(
    12, (0, 12), (0, 12), "features", _HERE, "features that the input shares with item A"
)
ETA = Parameter(
    1600, (1, 1e5), (1, 1e4), "1", _HERE, "expansivity, set by hand; 1: familiarity decides"
)


def inside(mac: Mac, items: Any, probe: Any, *, eta: float = 1.0, key: PRNGKeyArray) -> xr.Dataset:
    """What a macrocolumn that stored some items makes of a probe.

    Args:
        mac: over square images.
        items: [item, feature] what was stored, called A, B, ...
        probe: [feature].
        eta: expansivity to use instead of that which follows from familiarity; 1 for the latter.
        key: of the draws of codes at storage.

    Returns:
        As `cogmem.plots.macrocolumn.macrocolumn` takes it.
    """
    given = (jnp.asarray(items), jnp.asarray(probe), jnp.asarray(float(eta)))
    selection, codes = _inside(mac, *given, key)
    side = round(mac.n_features**0.5)
    cells = ("module", "cell")
    values = {name: (cells, np.asarray(getattr(selection, name))) for name in _OF_CELLS}
    wins = np.take_along_axis(values["probability"][1], np.asarray(codes).T, axis=1)
    return xr.Dataset(
        {
            **values,
            "input": (("row", "column"), np.asarray(probe).reshape(side, side)),
            "stored": (("item", "module"), np.asarray(codes)),
            "overlap": ("item", wins.mean(axis=0)),
            "familiarity": float(selection.familiarity),
            "expansivity": float(selection.expansivity),
        },
        coords={"item": [chr(ord("A") + number) for number in range(len(codes))]},
    )


_OF_CELLS = ("support", "likelihood", "probability")


@eqx.filter_jit
def _inside(
    mac: Mac, items: Array, probe: Array, eta: Float[Array, ""], key: PRNGKeyArray
) -> tuple[Selection, Array]:
    memory, moments = store(mac, items, key=key)
    found = mac.select(memory, {"U": mac.bottom_up(probe)})
    expansivity = jnp.where(eta > 1, eta, found.expansivity)
    likelihood = mac.selection.likelihood(found.support, expansivity, memory.ratchet)
    probability = likelihood / likelihood.sum(axis=1, keepdims=True)
    changed = {"expansivity": expansivity, "likelihood": likelihood, "probability": probability}
    return found._replace(**changed), moments.code


class MacView(Sliders):
    """Two items stored in a macrocolumn, and a probe that shares features with the first.

    Sliders: how many features the probe keeps of item A, eta set by hand, and the parameters of
    code selection.
    """

    def __init__(
        self,
        *,
        kept: int = _N_ACTIVE,
        n_modules: int = 24,
        n_cells: int = 8,
        shown: tuple[str, ...] = ("gain", "familiarity_power", "sigmoid_slope", "sigmoid_centre"),
        seed: int = 0,
    ) -> None:
        """Store two random items of 12 of 144 features.

        Args:
            kept: features of item A that the probe keeps at first.
            n_modules, n_cells: Q and K.
            shown: parameters of code selection that get a slider.
            seed: of items, probes and codes.

        Raises:
            MissingExtra: if ipywidgets is not installed.
            UnknownName: if code selection has no such parameter.
        """
        known = parameters.table(CodeSelection)
        for name in shown:
            if name not in known:
                raise UnknownName("parameter", name, known)
        stored, probed, self._key = jax.random.split(jax.random.key(seed), 3)
        self._mac = Mac(_SIDE**2, n_modules, n_cells)
        self._items = random_items(2, _SIDE**2, _N_ACTIVE, key=stored)
        self._probed = probed
        entries = {"kept": KEPT, "eta": ETA} | {name: known[name] for name in shown}
        start = {name: entry.default for name, entry in entries.items()} | {"kept": kept, "eta": 1}
        super().__init__(entries, start)

    def dataset(self, values: Mapping[str, float]) -> xr.Dataset:
        """What the macrocolumn makes of the probe for these values.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        self._check(values)
        rest = {k: v for k, v in values.items() if k not in ("kept", "eta")}
        mac = eqx.tree_at(
            lambda mac: mac.selection, self._mac, parameters.replace(self._mac.selection, rest)
        )
        probe = keeping(self._items[0], round(values["kept"]), key=self._probed)
        traced = jax.tree.map(jnp.asarray, mac)
        return inside(traced, self._items, probe, eta=values["eta"], key=self._key)

    def picture(self, values: Mapping[str, float]) -> bytes:
        """The macrocolumn as PNG."""
        figure, png = macrocolumn(self.dataset(values)), io.BytesIO()
        with house_style():
            figure.savefig(png, format="png", dpi=120)
        return png.getvalue()
