"""Willshaw's net: binary synapses, set once and for all (Willshaw et al. 1969)."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.associative import (
    AssociativeMemory,
    Completion,
    check_patterns,
    checked_binary,
    within,
)

__all__ = [
    "BestDriven",
    "Willshaw",
    "expected_fill",
    "expected_spurious",
    "information_per_synapse",
    "optimal_n_stored",
]


class Willshaw(AssociativeMemory[Array]):
    """Binary synapses, set where both units were ever active together (Willshaw et al. 1969).

    A unit is recalled if every active unit of the cue reaches it (threshold |a|); an empty cue
    recalls nothing. Cues may lack units, but one wrong unit silences all that it never met.

    The code is the recalled pattern. Familiarity is the share of the synapses among the cue's own
    units that are set; of a hetero-associative net, the share of the cue that reaches the best
    driven target. The state is the matrix of synapses, bool[feature, target].

    Attributes:
        n_targets: length of the associated pattern; None: patterns are associated with themselves.
    """

    n_targets: int | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        if self.n_targets is not None:
            within("n_targets", self.n_targets, 1, math.inf)

    def begin(self) -> Bool[Array, "feature target"]:
        """No synapse is set."""
        return jnp.zeros((self.n_features, self.n_targets or self.n_features), bool)

    def store(
        self,
        state: Bool[Array, "feature target"],
        x: Bool[Array, " feature"],
        *,
        key: PRNGKeyArray | None = None,
    ) -> Bool[Array, "feature target"]:
        """Associate a pattern with itself.

        Raises:
            InvalidValue: if the net associates patterns with others.
        """
        if self.n_targets is not None:
            raise InvalidValue("this net has targets (n_targets): use `associate`, not `store`.")
        return self.associate(state, x, x)

    def associate(
        self,
        state: Bool[Array, "feature target"],
        x: Bool[Array, " feature"],
        target: Bool[Array, " target"],
    ) -> Bool[Array, "feature target"]:
        """Associate a pattern with another."""
        return state | (x[:, None] & target[None, :])

    def associate_all(
        self, state: Bool[Array, "feature target"], patterns: Any, targets: Any
    ) -> Bool[Array, "feature target"]:
        """Associate patterns, [pair, feature], with targets, [pair, target], one by one.

        Raises:
            InvalidValue: as `check_patterns`, or for another number of targets than of patterns.
        """
        patterns = check_patterns(self, patterns)
        targets = checked_binary(targets, self.n_targets or self.n_features)
        if len(patterns) != len(targets):
            raise InvalidValue(f"{len(patterns)} patterns but {len(targets)} targets: give pairs.")
        return _associate_all(self, state, patterns, targets)

    def complete(
        self,
        state: Bool[Array, "feature target"],
        cue: Bool[Array, " feature"],
        *,
        key: PRNGKeyArray | None = None,
    ) -> Completion:
        """The units that every active unit of the cue reaches."""
        arriving, n_active = cue.astype(float) @ state.astype(float), cue.sum().astype(float)
        recalled = (arriving >= n_active) & cue.any()
        share = arriving / jnp.maximum(n_active, 1)
        if self.n_targets is not None:
            return Completion(recalled, recalled, share.max())
        own = jnp.where(cue, share, 0).sum() / jnp.maximum(n_active, 1)
        return Completion(recalled, recalled, own)

    def n_bits(self, n_stored: int) -> int:
        """One bit per synapse, whatever is stored.

        All n^2 are counted, as in capacity per synapse; a net that associates patterns with
        themselves is symmetric and could be written down in about half.
        """
        return self.n_features * (self.n_targets or self.n_features)


@eqx.filter_jit
def _associate_all(net: Willshaw, state: Array, patterns: Array, targets: Array) -> Array:
    def one(state: Array, pair: Any) -> tuple[Array, None]:
        return net.associate(state, *pair), None

    return jax.lax.scan(one, state, (patterns, targets))[0]


class BestDriven(Willshaw):
    """A Willshaw net that knows how many units to recall: those that the cue drives best.

    As many as an item has, and whatever is driven as well as the last of them.

    Attributes:
        n_active: units that an item has on.
    """

    n_active: int = eqx.field(static=True, default=1)

    def complete(
        self, state: Any, cue: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Completion:
        """The best driven units; familiarity as before."""
        arriving = (cue[:, None] & state).sum(axis=0)
        least = jnp.maximum(jax.lax.top_k(arriving, self.n_active)[0][-1], 1)
        best = arriving >= least
        return super().complete(state, cue, key=key)._replace(pattern=best, code=best)


def expected_fill(n_features: int, n_active: int, n_stored: float) -> float:
    """Share of synapses set after M random pairs: p = 1 - (1 - k^2 / n^2)^M.

    A net that associates patterns with themselves has fewer set: k (k - 1) / (n (n - 1)) in place
    of k^2 / n^2, off the diagonal.

    Raises:
        InvalidValue: unless 1 <= k <= n.
    """
    within("n_active", n_active, 1, n_features)
    if n_active == n_features:
        return float(n_stored > 0)
    return -math.expm1(n_stored * math.log1p(-((n_active / n_features) ** 2)))


def optimal_n_stored(n_features: int, n_active: int) -> float:
    """Number of pairs that set half of the synapses: M = ln 2 (n / k)^2.

    Raises:
        InvalidValue: unless 1 <= k <= n.
    """
    within("n_active", n_active, 1, n_features)
    return math.log(2) * (n_features / n_active) ** 2


def expected_spurious(n_features: int, n_active: int, n_stored: float) -> float:
    """Wrong units per recall with a full cue: (n - k) p^k.

    It takes all units to be equally loaded; in simulations there are up to twice as many.

    Raises:
        InvalidValue: unless 1 <= k <= n.
    """
    return (n_features - n_active) * expected_fill(n_features, n_active, n_stored) ** n_active


def information_per_synapse(n_features: int, n_active: int, n_stored: float) -> float:
    """Bits of M random targets of k among n units, per synapse: M log2 C(n, k) / n^2.

    What spurious units cost is not taken off. The limit at half fill and k ~ log2 n is ln 2.

    Raises:
        InvalidValue: unless 1 <= k <= n.
    """
    within("n_active", n_active, 1, n_features)
    return n_stored * math.log2(math.comb(n_features, n_active)) / n_features**2
