"""Sparse codes by competition, as in HTM: how likely two overlap, and the spatial pooler.

The spatial pooler maps inputs to codes of k active columns among many. It learns a little from
every exposure and is deterministic: unlike Sparsey it allots no code in a single trial and adds no
noise to what is novel.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from cogmem.models.associative import AssociativeMemory, Completion, within
from cogmem.models.parameters import parameter

__all__ = ["Pooled", "SpatialPooler", "overlap_probability", "random_permanences"]

_CHOICE = "cogmem's choice; the rule is that of Cui et al. (2017)"

_PERMANENCE_BITS, _DUTY_BITS = 8, 32


def overlap_probability(n_units: int, n_active: int, least: int) -> float:
    """Probability that two random codes of w among n units share at least theta, exactly.

    The sum over b >= theta of C(w, b) C(n - w, w - b) / C(n, w) (Ahmad & Hawkins 2016).

    Raises:
        InvalidValue: unless 0 <= w <= n and 0 <= theta <= w.
    """
    within("n_active", n_active, 0, n_units)
    within("least", least, 0, n_active)
    ways = (
        math.comb(n_active, shared) * math.comb(n_units - n_active, n_active - shared)
        for shared in range(least, n_active + 1)
    )
    return sum(ways) / math.comb(n_units, n_active)


class Pooled(NamedTuple):
    """What a spatial pooler has learnt.

    Attributes:
        permanence: [column, feature] of the synapses, 0 to 1.
        duty: [column] running share of the patterns for which the column won.
    """

    permanence: Float[Array, "column feature"]
    duty: Float[Array, " column"]


class SpatialPooler(AssociativeMemory[Pooled]):
    """The k columns with the most active connected synapses win, and adapt (Cui et al. 2017).

    A synapse is connected if its permanence is at least `connected`. The number of active connected
    synapses is boosted by exp(beta (k / n - duty)), so that columns that seldom won do so more
    easily. Of equals the first columns win.

    There is no way back from columns to features: the pattern of a completion is the cue itself.
    The code is the set of winners. Familiarity is the share of the cue that is connected to them,
    mean over winners; it rises with exposure from the share of synapses connected at first.

    Attributes:
        initial: [column, feature] permanences before learning; see `random_permanences`.
        n_winners: k.
    """

    n_features: int = eqx.field(static=True, init=False)
    initial: Float[Array, "column feature"]
    n_winners: int = eqx.field(static=True)
    connected: float | Float[Array, ""] = parameter(
        0.5, (0, 1), meaning="permanence from which a synapse is connected", source=_CHOICE
    )
    increment: float | Float[Array, ""] = parameter(
        0.1, (0, 1), meaning="a winner's gain of permanence from active features", source=_CHOICE
    )
    decrement: float | Float[Array, ""] = parameter(
        0.02, (0, 1), meaning="a winner's loss of permanence from the others", source=_CHOICE
    )
    boost: float | Float[Array, ""] = parameter(
        1.0, (0, 1000), start=(0, 10), meaning="strength of boosting (beta)", source=_CHOICE
    )
    period: float | Float[Array, ""] = parameter(
        1000.0,
        (1, 1e6),
        start=(10, 1000),
        meaning="patterns over which the duty cycle is averaged",
        source=_CHOICE,
        unit="patterns",
    )
    completes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.n_features = self.initial.shape[1]

    def __check_init__(self) -> None:
        within("n_winners", self.n_winners, 1, self.n_columns)

    @property
    def n_columns(self) -> int:
        """Columns, of which k win."""
        return self.initial.shape[0]

    def begin(self) -> Pooled:
        """Initial permanences; no column has won yet."""
        return Pooled(self.initial, jnp.zeros(self.n_columns, self.initial.dtype))

    def store(
        self, state: Pooled, x: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Pooled:
        """One exposure: the winners move towards the pattern."""
        won = self._winners(state, self._overlap(state, x))
        gain, loss, period = (
            jnp.asarray(value, self.initial.dtype)
            for value in (self.increment, self.decrement, self.period)
        )
        moved = jnp.clip(state.permanence + jnp.where(x, gain, -loss)[None, :], 0, 1)
        duty = state.duty + (won.astype(state.duty.dtype) - state.duty) / period
        return Pooled(jnp.where(won[:, None], moved, state.permanence), duty)

    def complete(
        self, state: Pooled, cue: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Completion:
        """The code of an input, without learning; the pattern is the cue as it came."""
        overlap = self._overlap(state, cue)
        won = self._winners(state, overlap)
        reached = jnp.mean(overlap, where=won) / jnp.maximum(cue.sum().astype(overlap.dtype), 1)
        return Completion(cue, won, reached)

    def n_bits(self, n_stored: int) -> int:
        """8 bits for a permanence and 32 for a duty cycle, whatever is stored."""
        return self.initial.size * _PERMANENCE_BITS + self.n_columns * _DUTY_BITS

    def _overlap(self, state: Pooled, x: Bool[Array, " feature"]) -> Float[Array, " column"]:
        """Active connected synapses of each column."""
        threshold = jnp.asarray(self.connected, state.permanence.dtype)
        return (state.permanence >= threshold).astype(threshold.dtype) @ x.astype(threshold.dtype)

    def _winners(self, state: Pooled, overlap: Float[Array, " column"]) -> Bool[Array, " column"]:
        """The k columns with the largest boosted overlap."""
        strength = jnp.asarray(self.boost, state.duty.dtype)
        boosted = overlap * jnp.exp(strength * (self.n_winners / self.n_columns - state.duty))
        best = jax.lax.top_k(boosted, self.n_winners)[1]
        return jnp.zeros(self.n_columns, bool).at[best].set(True)


def random_permanences(
    n_columns: int, n_features: int, *, key: PRNGKeyArray
) -> Float[Array, "column feature"]:
    """Uniform permanences from 0 to 1: with a threshold of .5, half of the synapses are connected.

    Raises:
        InvalidValue: for numbers below 1.
    """
    within("n_columns", n_columns, 1, math.inf)
    within("n_features", n_features, 1, math.inf)
    return jax.random.uniform(key, (n_columns, n_features))
