"""The interaction kernel, from which BDH is derived: things that meet and make other things.

Kosowski et al. (2025, arXiv 2509.26507, Def. 1). q_k' = (1 - d_k) q_k + sum over i, j of r_ijk q_i
q_j: whenever i and j meet, k grows at the rate r_ijk, and it fades by d_k. It is one Euler step of
dq_k/dt = -d_k q_k + sum r_ijk q_i q_j. Evolution (replicators), ecology (predators and prey) and
chemistry are written in this form; BDH restricts it to a graph, where i, j and k are a node's own
variables, or those of an edge and its two ends ("edge-reweighting kernel").
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.errors import InvalidValue

__all__ = ["Rules", "interaction_kernel"]


class Rules(NamedTuple):
    """Rules "first, second -> result, at a rate", one per row.

    Attributes:
        first, second: which of the variables meet.
        result: what grows; the two that meet do not get less by it.
        rate: >= 0.
    """

    first: Int[Array, " rule"]
    second: Int[Array, " rule"]
    result: Int[Array, " rule"]
    rate: Float[Array, " rule"]


def interaction_kernel(
    state: Float[Array, " variable"], rules: Rules, damping: Float[Array, " variable"]
) -> Float[Array, " variable"]:
    """One step of all rules at once.

    A state >= 0 stays so because no rate is below 0 and no damping above 1; the paper does not name
    the second condition.

    Args:
        state: q >= 0.
        rules: r.
        damping: d, from 0 to 1; 1 forgets at once.

    Raises:
        InvalidValue: for values out of range, or rules about variables that there are not; traced
            values are not looked at.
    """
    _check_range("state", state, 0, np.inf)
    _check_range("rate", rules.rate, 0, np.inf)
    _check_range("damping", damping, 0, 1)
    for name in ("first", "second", "result"):
        _check_range(name, getattr(rules, name), 0, len(state) - 1)
    made = rules.rate * state[rules.first] * state[rules.second]
    return ((1 - damping) * state).at[rules.result].add(made)


def _check_range(name: str, values: Any, low: float, high: float) -> None:
    if isinstance(values, jax.core.Tracer):
        return
    each = np.asarray(values)
    wrong = each[~((each >= low) & (each <= high) & np.isfinite(each))]
    if wrong.size:
        raise InvalidValue(f"{name} is {wrong.flat[0]:g}, expected {low:g} to {high:g}.")
