"""Signal detection: old and new items differ in strength, and people set criteria on it.

New items have normal strengths of mean 0 and standard deviation 1, old ones of mean mu and standard
deviation sigma. A rating says between which two criteria a strength fell. With sigma = 1 the model
is that of equal variances, whose ROC is symmetric and whose zROC has slope 1; people's zROC of
recognition has a slope below 1.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from cogmem.models.card import Card
from cogmem.models.parameters import check_values, parameter

__all__ = ["CARD", "Ratings", "SignalDetection"]

CARD = Card(
    name="signal_detection",
    title="unequal-variance signal detection of ratings",
    paper="Green & Swets (1966); Macmillan & Creelman (2005)",
    equations="P(rating k | old) = Phi((c_k+1 - mu) / sigma) - Phi((c_k - mu) / sigma), new with "
    "mu = 0 and sigma = 1; zROC slope 1 / sigma; d_a = mu sqrt(2 / (1 + sigma^2)); multinomial "
    "likelihood; criteria as a first one and positive steps",
    left_out="recollection as a second process, thresholds, mixtures, noise of criteria",
    vectors="none published; d' = 1.5 and slope .8 from 10,000 simulated ratings, to .05",
    reproduced=(
        "Schwartz et al. (2005): slopes of all 91 zROCs are below 1, mean .63, median .65",
    ),
    not_reproduced=(
        "the exact ratings of these people: G squared (3 df) rejects the model at .05 in 42 % of "
        "them (3 % of people simulated from the fits); 80 % of their zROCs are U-shaped (49 %)",
        "fits of published papers: not tried",
    ),
    bibtex="""@book{macmillan2005detection,
  author = {Macmillan, Neil A. and Creelman, C. Douglas},
  title = {Detection theory: A user's guide}, edition = {2nd},
  publisher = {Lawrence Erlbaum}, year = {2005}
}""",
)

_SOURCE = "Macmillan & Creelman (2005), ch. 3"
Scalar = Float[Array, ""] | float

_SMALLEST = 1e-12  # of a probability: a rating that was given has some


class Ratings(NamedTuple):
    """How often each rating was given, from "sure new" to "sure old"."""

    old: Float[Array, "*person rating"]
    new: Float[Array, "*person rating"]


class SignalDetection(eqx.Module):
    """Ratings of old and new items; start from `SignalDetection.of(n_ratings)`."""

    mean: Float[Array, ""] = parameter(
        1.0, (-np.inf, np.inf), start=(0.2, 2.5), meaning="mean of old items (mu)", source=_SOURCE
    )
    sd: Float[Array, ""] = parameter(
        1.25, (0, np.inf), start=(0.7, 2), meaning="SD of old items (sigma)", source=_SOURCE
    )
    first_criterion: Float[Array, ""] = parameter(
        -0.5, (-np.inf, np.inf), start=(-2, 0.5), meaning="lowest criterion (c_1)", source=_SOURCE
    )
    steps: Float[Array, " k-2"] = parameter(
        0.5, (0, np.inf), start=(0.1, 1), meaning="from criterion to criterion", source=_SOURCE
    )

    def __check_init__(self) -> None:
        check_values(self)

    @classmethod
    def of(cls, n_ratings: int) -> SignalDetection:
        """The model of so many ratings, with criteria half a standard deviation apart."""
        return cls(steps=jnp.full(n_ratings - 2, 0.5))

    @property
    def criteria(self) -> Float[Array, " k-1"]:
        """Criteria on the axis of strength, rising."""
        first = jnp.asarray(self.first_criterion)
        return first + jnp.concatenate([jnp.zeros(1, first.dtype), jnp.cumsum(self.steps)])

    @property
    def slope(self) -> Float[Array, ""]:
        """Slope of the zROC, 1 / sigma."""
        return 1 / self.sd

    @property
    def d_a(self) -> Float[Array, ""]:
        """Distance of old from new in units of the root mean square of both deviations."""
        return self.mean * jnp.sqrt(2 / (1 + self.sd**2))

    def above(self, mean: Scalar, sd: Scalar) -> Float[Array, " k-1"]:
        """P(strength above each criterion)."""
        return norm.sf((self.criteria - mean) / sd)

    def roc(self) -> tuple[Float[Array, " k-1"], Float[Array, " k-1"]]:
        """False-alarm and hit rates at each criterion, from the strictest."""
        return self.above(0.0, 1.0)[::-1], self.above(self.mean, self.sd)[::-1]

    def rating_probabilities(self) -> Ratings:
        """P(each rating), from "sure new", for one old and one new item."""
        return Ratings(self._between(self.mean, self.sd), self._between(0.0, 1.0))

    def log_likelihood(self, ratings: Ratings) -> Float[Array, ""]:
        """Multinomial log-likelihood (nats) of one person's counts, without the coefficient."""
        counts, p = jnp.stack(ratings), jnp.stack(self.rating_probabilities())
        return jnp.sum(counts * jnp.log(jnp.maximum(p, _SMALLEST)))

    def _between(self, mean: Scalar, sd: Scalar) -> Float[Array, " k"]:
        # From both sides of the mean: differences of large tail probabilities lose digits.
        z = (self.criteria - mean) / sd
        below, above = norm.cdf(z), norm.sf(z)
        lower = jnp.concatenate([jnp.zeros(1, z.dtype), below])
        upper = jnp.concatenate([below, jnp.ones(1, z.dtype)])
        tail = jnp.concatenate([jnp.ones(1, z.dtype), above])
        rest = jnp.concatenate([above, jnp.zeros(1, z.dtype)])
        return jnp.where(lower < 0.5, upper - lower, tail - rest)
