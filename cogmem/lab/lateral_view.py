"""Watch a lateral circuit find the plane in which its inputs lie.

LateralView(rate=0.03)       # in a notebook
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

from cogmem.lab.sliders import Sliders
from cogmem.measures.subspaces import captured_energy, principal_angles, principal_rows
from cogmem.models import parameters
from cogmem.models.hlop import LateralCircuit, orthonormal_rows
from cogmem.models.parameters import Parameter
from cogmem.plots.lateral_rows import lateral_rows
from cogmem.plots.style import house_style

__all__ = ["LateralView", "turning"]

N_INPUTS, N_ITEMS, N_BATCHES, N_ROWS = 20, 32, 300, 2
N_LOOKS = 60
_ENERGIES = np.array([3.0, 1.5, 0.3])
_NOISE = 0.1
_HERE = "this picture"

BATCH = Parameter(
    N_BATCHES, (0, N_BATCHES), (0, N_BATCHES), "batches", _HERE, "after how many to look"
)
MEAN = Parameter(
    0.0, (0, 3), (0, 3), "1", _HERE, "mean of the inputs along the third direction: it counts too"
)


def turning(
    circuit: LateralCircuit, x: Float[Array, "batch item input"], *, key: PRNGKeyArray
) -> xr.Dataset:
    """Two random rows that learn, against the principal plane of all that they see.

    Args:
        circuit: of any rate.
        x: batches of inputs.
        key: of the rows.

    Returns:
        As `cogmem.plots.lateral_rows.lateral_rows` takes it, but for `shown`.
    """
    rows = np.asarray(_learn(jax.tree.map(jnp.asarray, circuit), jnp.asarray(x), key), float)
    everything = np.asarray(x, float).reshape(-1, x.shape[-1])
    axes = principal_rows(everything, N_ROWS)
    samples = everything[:: max(1, len(x) // 20)]  # enough to draw, and for energies
    looks = np.unique(np.geomspace(1, len(rows), N_LOOKS).round().astype(int)) - 1
    angle, captured = np.full((len(looks), N_ROWS), 90.0), np.full(len(looks), np.nan)
    for number, own in enumerate(rows[looks]):
        if np.isfinite(own).all():
            angle[number] = principal_angles(own, axes)
            captured[number] = captured_energy(samples, own)
    return xr.Dataset(
        {
            "input": (("sample", "axis"), samples @ axes.T),
            "row": (("batch", "row", "axis"), rows @ axes.T),
            "angle": (("look", "row"), angle),
            "captured": ("look", captured),
        },
        coords={"batch": np.arange(len(rows)), "look": looks},
        attrs={"optimum": float(captured_energy(samples, axes))},
    )


@eqx.filter_jit
def _learn(circuit: LateralCircuit, x: Array, key: PRNGKeyArray) -> Float[Array, "batch row input"]:
    subspace = circuit.begin(x.shape[-1], n_old=0, n_new=N_ROWS)
    start = subspace._replace(new=orthonormal_rows(N_ROWS, x.shape[-1], key=key))

    def step(subspace: Any, batch: Array) -> tuple[Any, Array]:
        subspace = circuit.learn(subspace, batch)
        return subspace, subspace.new

    return jnp.concatenate([start.new[None], jax.lax.scan(step, start, x)[1]])


def inputs(mean: float, *, seed: int = 0) -> Float[np.ndarray, "batch item input"]:
    """Normal numbers along three random directions, one of them with a mean, and some noise."""
    random = np.random.default_rng(seed)
    directions = np.linalg.qr(random.normal(size=(N_INPUTS, 3)))[0].T
    z = random.normal(size=(N_BATCHES, N_ITEMS, 3)) * np.sqrt(_ENERGIES)
    z[..., 2] += mean
    noise = _NOISE * random.normal(size=(N_BATCHES, N_ITEMS, N_INPUTS))
    return (z @ directions + noise).astype("float32")


class LateralView(Sliders):
    """Two rows over 300 batches of inputs; sliders for what they learn with, and from."""

    def __init__(self, *, rate: float = 0.03, seed: int = 0) -> None:
        """Draw inputs and rows.

        Args:
            rate: of learning, at first.
            seed: of both.

        Raises:
            MissingExtra: if ipywidgets is not installed.
        """
        self._seed = seed
        known = parameters.table(LateralCircuit)
        entries = {"batch": BATCH, "rate": known["rate"], "momentum": known["momentum"]}
        entries |= {"mean": MEAN}
        start = {name: entry.default for name, entry in entries.items()} | {"rate": rate}
        super().__init__(entries, start)

    def dataset(self, values: Mapping[str, float]) -> xr.Dataset:
        """How the rows turn, for these values of the sliders.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        self._check(values)
        circuit = LateralCircuit(rate=values["rate"], momentum=values["momentum"])
        x = jnp.asarray(inputs(values["mean"], seed=self._seed))
        course = turning(circuit, x, key=jax.random.key(self._seed))
        return course.assign_attrs(shown=round(values["batch"]))

    def picture(self, values: Mapping[str, float]) -> bytes:
        """The course as PNG."""
        figure, png = lateral_rows(self.dataset(values)), io.BytesIO()
        with house_style():
            figure.savefig(png, format="png", dpi=120)
        return png.getvalue()
