"""The code selection algorithm (CSA): the more familiar the input, the less noise in its code.

A *macrocolumn* has Q competitive modules of K cells each, of which one wins. From how well its
input fits each cell (local support, V), the macrocolumn reads how familiar the input is as a whole
(G), and from that how sharply each module prefers its best cell. A novel input is given a random
code; a familiar one its old code; one in between shares the more winners with the old code the more
alike the inputs are. Nothing is compared with stored items, so the cost does not depend on them.

Everything here is about one macrocolumn at one moment; `jax.vmap` for many. Arrays over cells have
shape [module, cell], or [module * cell] where flat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from cogmem.errors import UnknownName
from cogmem.models.parameters import check_values, parameter

__all__ = [
    "PRESETS",
    "CodeSelection",
    "CommonFactor",
    "Number",
    "Ratchet",
    "Selection",
    "chance_of_slip",
    "draw",
    "familiarity_of",
    "hardest",
    "preset",
]

_CSA = "Rinkus (2014), the code selection algorithm"
_CHOICE = "cogmem's choice, by a sweep: 50 items come back with their codes"


Number = float | Float[Array, ""]
"""A parameter: a plain number, or a scalar where it is swept or fitted."""


class Selection(NamedTuple):
    """How one macrocolumn sees its input.

    Attributes:
        support: V [module, cell], how well the input fits each cell, 0 to 1.
        familiarity: G, mean over modules of the largest support; 0 when nothing is known, 1 when
            some stored code fits fully.
        expansivity: eta, how far the sigmoid stretches; 1 makes every cell equally likely.
        likelihood: mu [module, cell], at least 1 in the published form.
        probability: rho [module, cell], each module sums to 1.
    """

    support: Float[Array, "module cell"]
    familiarity: Float[Array, ""]
    expansivity: Float[Array, ""]
    likelihood: Float[Array, "module cell"]
    probability: Float[Array, "module cell"]


class CodeSelection(eqx.Module):
    """Steps 4 to 10 of the CSA, in the published sigmoid form (Rinkus 2014).

    Attributes:
        first_power: power of bottom-up fit where no lateral input has come yet (the first frame of
            a sequence); None for `bottom_up_power`.
        gain_per_cell: whether `gain` is multiplied by the number of cells of a module.

    Raises:
        InvalidValue: for parameters that are no numbers or out of their bounds.
    """

    bottom_up_power: Number = parameter(
        2.0, (0, 100), start=(1, 12), meaning="power of bottom-up fit (lambda_U)", source=_CHOICE
    )
    lateral_power: Number = parameter(
        1.0, (0, 100), start=(0.5, 4), meaning="power of lateral fit (lambda_H)", source=_CHOICE
    )
    top_down_power: Number = parameter(
        1.0, (0, 100), start=(0.5, 4), meaning="power of top-down fit (lambda_D)", source=_CHOICE
    )
    familiarity_floor: Number = parameter(
        0.1, (0, 0.999), start=(0, 0.5), meaning="familiarity up to which it is novel", source=_CSA
    )
    familiarity_power: Number = parameter(
        2.0, (0, 100), start=(1, 8), meaning="power of familiarity (gamma)", source=_CSA
    )
    gain: Number = parameter(
        100.0, (0, 1e6), start=(1, 1000), meaning="largest expansivity (chi)", source=_CSA
    )
    sigmoid_width: Number = parameter(
        1.0, (0, 1e6), start=(0.5, 2), meaning="s1 of the sigmoid", source=_CSA
    )
    sigmoid_slope: Number = parameter(
        14.0, (0, 1000), start=(4, 30), meaning="slope of the sigmoid (s2)", source=_CHOICE
    )
    sigmoid_centre: Number = parameter(
        0.7, (-10, 10), start=(0.3, 1), meaning="support at its middle (s3)", source=_CHOICE
    )
    sigmoid_power: Number = parameter(
        1.0, (0, 100), start=(0.5, 2), meaning="power of the sigmoid (s4)", source=_CSA
    )
    first_power: Number | None = None
    gain_per_cell: bool = eqx.field(static=True, default=True)

    def __check_init__(self) -> None:
        check_values(self)

    @property
    def dtype(self) -> Any:
        """That of the parameters."""
        return jnp.result_type(float, *jax.tree.leaves(self))

    def powers(self, lateral: bool | Bool[Array, ""]) -> dict[str, Float[Array, ""]]:
        """Power of each kind of fit; `lateral` says whether lateral input is there."""
        bottom_up = jnp.asarray(self.bottom_up_power, self.dtype)
        if self.first_power is not None:
            bottom_up = jnp.where(lateral, bottom_up, self.first_power)
        each = {"H": self.lateral_power, "D": self.top_down_power}
        return {"U": bottom_up} | {kind: jnp.asarray(p, self.dtype) for kind, p in each.items()}

    def support(
        self,
        fit: Mapping[str, Float[Array, " cells"]],
        use: Mapping[str, bool | Bool[Array, ""]],
        lateral: bool | Bool[Array, ""] = False,
    ) -> Float[Array, " cells"]:
        """V: the product of the kinds of fit that are used, each to its power (step 4).

        What is not used is left out, never taken as a fit of 0; if nothing is used, V is 0.

        Args:
            fit: normalised input of each kind, "U" bottom-up, "H" lateral, "D" top-down.
            use: whether each kind takes part.
            lateral: whether lateral input is there at all; see `first_power`.
        """
        powers = self.powers(lateral)
        product = jnp.ones_like(next(iter(fit.values())))
        for kind, values in fit.items():
            product = jnp.where(use[kind], product * values ** powers[kind], product)
        anything = jnp.stack([jnp.asarray(use[kind]) for kind in fit]).any()
        return jnp.where(anything, product, jnp.zeros_like(product))

    def select(
        self, support: Float[Array, "module cell"], ratchet: Float[Array, " 2"] | None = None
    ) -> Selection:
        """From support to the probability that each cell wins (steps 6 to 10).

        Args:
            support: V.
            ratchet: state of `Ratchet`, which other forms ignore.
        """
        familiarity = familiarity_of(support)
        expansivity = self.expansivity(familiarity, support.shape[1])
        likelihood = self.likelihood(support, expansivity, ratchet)
        probability = likelihood / likelihood.sum(axis=1, keepdims=True)
        return Selection(support, familiarity, expansivity, likelihood, probability)

    def expansivity(self, familiarity: Float[Array, ""], n_cells: int) -> Float[Array, ""]:
        """eta = 1 + ((G - G-) / (1 - G-))^gamma chi K, and 1 below G- (step 8)."""
        scale = self.gain * n_cells if self.gain_per_cell else self.gain
        return 1 + self._above_floor(familiarity) ** self.familiarity_power * scale

    def likelihood(
        self,
        support: Float[Array, "module cell"],
        expansivity: Float[Array, ""],
        ratchet: Float[Array, " 2"] | None,
    ) -> Float[Array, "module cell"]:
        """mu = (eta - 1) / (1 + s1 exp(-s2 (V - s3)))^s4 + 1 (step 9)."""
        away = jnp.exp(-self.sigmoid_slope * (support - self.sigmoid_centre))
        return (expansivity - 1) / (1 + self.sigmoid_width * away) ** self.sigmoid_power + 1

    def ratcheted(
        self, ratchet: Float[Array, " 2"], support: Float[Array, "module cell"]
    ) -> Float[Array, " 2"]:
        """State of the sigmoid after a frame was learnt; only `Ratchet` has one."""
        return ratchet

    def _above_floor(self, familiarity: Float[Array, ""]) -> Float[Array, ""]:
        floor = self.familiarity_floor
        return jnp.maximum(0, (familiarity - floor) / (1 - floor))


class Ratchet(CodeSelection):
    """The form of SparseyCore: mu = max(eta / (1 + exp(-4 (V - c))), 1), c rising with use.

    The midpoint c goes from .5 to .9 in a hundred steps, one whenever the mean support of the
    macrocolumn passes .3 and is higher than ever. The state is (c, highest mean support).

    Attributes:
        full, none: support from which mu is eta, and below which it is 1. Their published values
            could not be read.
    """

    full: Number = 0.9
    none: Number = 0.1

    def likelihood(
        self,
        support: Float[Array, "module cell"],
        expansivity: Float[Array, ""],
        ratchet: Float[Array, " 2"] | None,
    ) -> Float[Array, "module cell"]:
        """mu, at least 1, between the two cutoffs of V."""
        midpoint = jnp.asarray(0.5, support.dtype) if ratchet is None else ratchet[0]
        middle = jnp.maximum(expansivity / (1 + jnp.exp(-4 * (support - midpoint))), 1)
        return jnp.where(
            support >= self.full, expansivity, jnp.where(support < self.none, 1, middle)
        )

    def ratcheted(
        self, ratchet: Float[Array, " 2"], support: Float[Array, "module cell"]
    ) -> Float[Array, " 2"]:
        """The midpoint moved up if the mean support is the highest so far and above .3."""
        midpoint, highest = ratchet
        mean = support.mean()
        rises = (mean > 0.3) & (mean > highest)
        raised = jnp.minimum(midpoint + (0.9 - 0.5) / 100, 0.9)
        return jnp.stack([jnp.where(rises, raised, midpoint), jnp.maximum(mean, highest)])


class CommonFactor(CodeSelection):
    """The form of sparseypy: mu = eta / (1 + exp(phi - lambda V)) + 1e-6.

    eta, here chi (G - G-) / (1 - G-), is a factor common to all cells and cancels unless it is
    almost 0: familiarity only switches. Kept to compare with that program; not recommended.
    `sigmoid_slope` is lambda, `sigmoid_centre` is phi.
    """

    def expansivity(self, familiarity: Float[Array, ""], n_cells: int) -> Float[Array, ""]:
        """eta = chi max(0, (G - G-) / (1 - G-))."""
        return self.gain * self._above_floor(familiarity)

    def likelihood(
        self,
        support: Float[Array, "module cell"],
        expansivity: Float[Array, ""],
        ratchet: Float[Array, " 2"] | None,
    ) -> Float[Array, "module cell"]:
        """mu, with a floor of one in a million."""
        return (
            expansivity / (1 + jnp.exp(self.sigmoid_centre - self.sigmoid_slope * support)) + 1e-6
        )


_LINEAR: dict[str, Any] = {"bottom_up_power": 1.0}

PRESETS: dict[str, CodeSelection] = {
    "default": CodeSelection(),
    "smooth": CodeSelection(**_LINEAR, sigmoid_slope=8.0, sigmoid_centre=1.0),
    "r10": CodeSelection(
        **_LINEAR,
        familiarity_floor=0.0,
        familiarity_power=7.0,
        gain=1e4,
        gain_per_cell=False,
        sigmoid_slope=26.0,
        sigmoid_centre=0.5,
    ),
    "sparseycore": Ratchet(**_LINEAR),
    "sparseypy": CommonFactor(
        **_LINEAR, familiarity_floor=0.2, gain=1.5, sigmoid_slope=8.0, sigmoid_centre=5.0
    ),
}
"""Published and chosen constants. "default" and "smooth" are cogmem's choices, "r10" a reading of
Rinkus (2010), the others the constants of the programs of those names."""


def preset(name: str) -> CodeSelection:
    """One of `PRESETS`.

    Raises:
        UnknownName: with the nearest name.
    """
    if name not in PRESETS:
        raise UnknownName("preset of code selection", name, PRESETS)
    return PRESETS[name]


def familiarity_of(support: Float[Array, "module cell"]) -> Float[Array, ""]:
    """G: the mean over modules of the largest support (steps 6 and 7); exactly 1 for a full fit."""
    best = support.max(axis=1)
    # A compiled mean multiplies by 1 / Q, rounded: 41 modules of support 1 would have a mean < 1.
    return jnp.where((best >= 1).all(), jnp.ones((), best.dtype), best.mean())


def draw(
    probability: Float[Array, "module cell"], uniform: Float[Array, " module"]
) -> Int[Array, " module"]:
    """The winner of each module: the first cell at which the summed probability passes `uniform`.

    Args:
        probability: rho.
        uniform: one number in [0, 1) per module.
    """
    passed = jnp.cumsum(probability, axis=1) <= uniform[:, None]
    return jnp.minimum(passed.sum(axis=1), probability.shape[1] - 1)


def hardest(
    support: Float[Array, "module cell"],
    ties: Float[Array, " module"] | Float[Array, "module cell"] | None = None,
) -> Int[Array, " module"]:
    """The best supported cell of each module.

    Args:
        support: V.
        ties: what decides between equals. Per module, a number in [0, 1) picks one of them; per
            cell, it is a standing preference, and the highest of them wins. Without it the first
            wins, which makes codes overlap that have nothing in common.
    """
    if ties is None:
        return support.argmax(axis=1)
    # Equal support may differ in its last digit, by the order in which a machine multiplies.
    near = 1 - 8 * jnp.finfo(support.dtype).eps
    best = support >= support.max(axis=1, keepdims=True) * near
    if ties.ndim == 2:
        return jnp.where(best, ties, -1).argmax(axis=1)
    n_best = best.sum(axis=1)
    chosen = jnp.minimum((ties * n_best.astype(ties.dtype)).astype(n_best.dtype), n_best - 1)
    return (best.cumsum(axis=1) > chosen[:, None]).argmax(axis=1)


def chance_of_slip(selection: CodeSelection, n_cells: int) -> Float[Array, ""]:
    """How often a module redraws another cell for an item known perfectly.

    One cell has support 1, the others 0, and the familiarity is 1.
    """
    support = jax.nn.one_hot(jnp.zeros(1, int), n_cells, dtype=selection.dtype)
    return 1 - selection.select(support).probability[0, 0]
