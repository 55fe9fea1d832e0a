"""The one map from evidence to responses, the same for every participant."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_values, parameter
from cogmem.models.recall_process import exponential_stop, stop_or_choose

__all__ = ["Readout", "standardised"]

_SOURCE = "cogmem's common protocol"


class ExponentialStop(eqx.Module):
    """P(recall ends after j responses) = X1 exp(X2 j) (Polyn, Norman & Kahana 2009)."""

    stop_scale: Float[Array, ""] = parameter(
        0.004, (0, 1), start=(0.001, 0.05), meaning="P(stop) before any recall", source=_SOURCE
    )
    stop_growth: Float[Array, ""] = parameter(
        0.39,
        (0, 10),
        start=(0.1, 0.6),
        valid=(0, np.inf),
        meaning="growth of P(stop) per recall",
        source=_SOURCE,
    )

    def __check_init__(self) -> None:
        check_values(self)

    def __call__(self, count: Int[Array, ""]) -> Float[Array, ""]:
        """P(stop) after `count` responses."""
        return exponential_stop(self.stop_scale, self.stop_growth, count)


class StoppingCurve(eqx.Module):
    """A person's own stopping curve, counted rather than optimised.

    Attributes:
        curve: [n+1] P(recall ends after j responses), j = 0 .. n; None until it is counted.
    """

    curve: Float[Array, " n+1"] | None = None

    def counted(
        self, recalls: Int[Array, "list output"], weight: Float[Array, " list"], n_items: int
    ) -> StoppingCurve:
        """(lists ended after j + 1/2) / (lists that reached j + 1): Jeffreys' estimate.

        The half keeps the end of a list that was never seen to end there possible.

        Args:
            recalls: one person's lists, repeats and intrusions removed, 0 = padding.
            weight: 1 for lists that count, 0 for padding.
            n_items: list length.
        """
        length = (recalls > 0).sum(axis=1)[:, None]
        after = jnp.arange(n_items + 1)[None, :]
        counts = weight.astype(float)
        ended = counts @ (length == after).astype(float)
        reached = counts @ (length >= after).astype(float)
        return StoppingCurve((ended + 0.5) / (reached + 1))

    def __call__(self, count: Int[Array, ""]) -> Float[Array, ""]:
        """P(stop) after `count` responses.

        Raises:
            InvalidValue: if the curve was not counted yet.
        """
        if self.curve is None:
            raise InvalidValue(
                "the stopping curve was not counted yet: call calibrated(recalls, weight, n_items)."
            )
        return self.curve[count]


class Readout(eqx.Module):
    """Softmax of standardised evidence over what is left, after a stopping rule.

    Standardising takes the model's own units away, so that every model is read on the same terms:
    P(k) = softmax(z / T).
    """

    temperature: Float[Array, ""] = parameter(
        0.5,
        (0.01, 10),
        start=(0.1, 2),
        valid=(1e-6, np.inf),
        meaning="noise of choice (SD of evidence)",
        source=_SOURCE,
    )
    stop: ExponentialStop | StoppingCurve = ExponentialStop()

    def __check_init__(self) -> None:
        check_values(self)

    def __call__(
        self, evidence: Float[Array, " n"], available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Log-probability of each candidate and, last, of stopping.

        Args:
            evidence: any real numbers, one per candidate.
            available: candidates not yet reported.
            count: number of responses so far.
        """
        logits = standardised(evidence, available) / self.temperature
        return stop_or_choose(self.stop(count).astype(logits.dtype), logits, available)


def standardised(evidence: Float[Array, " n"], available: Bool[Array, " n"]) -> Float[Array, " n"]:
    """Evidence in SD from its mean over what is available; all zero where it does not differ."""
    evidence = jnp.where(available, evidence, 0)
    largest = jax.lax.stop_gradient(
        jnp.abs(evidence).max()
    )  # SD have no unit: no part in the slope
    evidence = evidence / jnp.where(largest > 0, largest, 1)
    n_left = jnp.maximum(available.sum(), 1).astype(evidence.dtype)
    centred = evidence - evidence.sum() / n_left
    variance = jnp.sum(centred**2, where=available) / n_left
    # Differences in the last digits are rounding, not evidence.
    differs = variance > (8 * jnp.finfo(evidence.dtype).eps) ** 2
    return jnp.where(differs, centred / jnp.sqrt(jnp.where(differs, variance, 1)), 0)
