"""Retention laws: closed forms of how much is left after a time t.

They say nothing about how memory works. They are the null models that the forgetting curve of every
other model, and of every network, is compared with: an account of forgetting that fits no better
than a two-parameter law has yet to show what it adds.

Time is in whatever unit the data are in; the unit must be stated, because a rate is per that unit,
and because `1 + t` is not the same moment in seconds as in days.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cogmem.models.card import Card
from cogmem.models.parameters import check_values, parameter

__all__ = [
    "CARD",
    "FLOOR",
    "LAWS",
    "LAWS_WITHOUT_ZERO",
    "Exponential",
    "ExponentialRoot",
    "Logarithm",
    "ParetoAsymptote",
    "Power",
    "PureLogarithm",
    "PurePower",
    "RetentionLaw",
    "Wickelgren",
]

CARD = Card(
    name="retention",
    title="eight laws of retention, the null models of forgetting",
    paper="Rubin & Wenzel (1996); Wixted & Ebbesen (1991); Wickelgren (1974)",
    equations="a exp(-b t), a exp(-b sqrt t), a (1 + t)^-b, a - b ln(1 + t), a (1 + b t)^-c, "
    "a (c + (1 - c) (1 + t)^-b), and a t^-b and a - b ln t for t > 0; probabilities clipped to "
    "(1e-6, 1 - 1e-6)",
    left_out="the other functions of Rubin & Wenzel (1996), sums of exponentials among them; "
    "spacing, repetition and interference: see the models of memory",
    vectors="least-squares fits to Ebbinghaus (1885) and to Carpenter et al. (2008) computed "
    "independently, to three digits; parameters of simulated counts, within 4 standard errors",
    reproduced=(
        "Ebbinghaus (1885): savings follow a t^-b (t in minutes) with a .825, b .131",
        "Ebbinghaus (1885): the AIC orders power, logarithm, exponential of the root, exponential",
        "Anderson & Tweney (1997): the mean of unlike exponentials looks like a power law",
    ),
    not_reproduced=("the fits of Rubin & Wenzel (1996) to 210 data sets: not tried",),
    bibtex="""@article{rubin1996one,
  author = {Rubin, David C. and Wenzel, Amy E.},
  title = {One hundred years of forgetting: A quantitative description of retention},
  journal = {Psychological Review},
  volume = {103}, number = {4}, pages = {734--760}, year = {1996}
}""",
)

FLOOR = 1e-6
"""Probabilities are held this far from 0 and 1, so that no count has a likelihood of zero."""

_FORMS = "Rubin & Wenzel (1996)"
_PER_TIME = "1/unit of t"


def _at_zero() -> Any:
    return parameter(0.9, (0, 1), start=(0.5, 1), meaning="retained at t = 0 (a)", source=_FORMS)


def _at_one() -> Any:
    meaning = "retained at t = 1 (a); above 1 if the law holds only later"
    return parameter(0.9, (0, np.inf), start=(0.3, 1), meaning=meaning, source=_FORMS)


def _rate() -> Any:
    meaning = "rate of loss (b)"
    bounds, start = (0, np.inf), (1e-4, 1)
    return parameter(0.1, bounds, start=start, unit=_PER_TIME, meaning=meaning, source=_FORMS)


def _exponent() -> Any:
    meaning, start = "exponent (b)", (0.02, 1)
    return parameter(0.2, (0, np.inf), start=start, meaning=meaning, source=_FORMS)


def _slope() -> Any:
    meaning, start = "loss per factor e of time (b)", (0.01, 0.3)
    return parameter(0.1, (0, np.inf), start=start, meaning=meaning, source=_FORMS)


class RetentionLaw(eqx.Module):
    """A law of retention. Implement `retained`; the clipped probability is inherited."""

    def __check_init__(self) -> None:
        check_values(self)

    @abstractmethod
    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """What is left after time t, as the law says it: a proportion, or savings.

        Not clipped: a logarithm falls below 0 in the end.
        """

    def probability(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """`retained`, held within (1e-6, 1 - 1e-6)."""
        return jnp.clip(self.retained(t), FLOOR, 1 - FLOOR)


class Exponential(RetentionLaw):
    """a exp(-b t): loss in proportion to what is left."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = _rate()

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * jnp.exp(-self.b * t)


class ExponentialRoot(RetentionLaw):
    """a exp(-b sqrt t), one of the four best laws of Rubin & Wenzel (1996)."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = parameter(
        0.1,
        (0, np.inf),
        start=(1e-3, 1),
        unit="1/root of the unit of t",
        meaning="rate of loss (b)",
        source=_FORMS,
    )

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * jnp.exp(-self.b * jnp.sqrt(t))


class Power(RetentionLaw):
    """a (1 + t)^-b: a power law that is finite at t = 0 (Wixted & Ebbesen, 1991)."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = _exponent()

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * (1 + t) ** -self.b


class PurePower(RetentionLaw):
    """a t^-b, for t > 0 only."""

    a: Float[Array, ""] = _at_one()
    b: Float[Array, ""] = _exponent()

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * t**-self.b


class Logarithm(RetentionLaw):
    """a - b ln(1 + t): equal losses in equal ratios of time, finite at t = 0."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = _slope()

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a - self.b * jnp.log1p(t)


class PureLogarithm(RetentionLaw):
    """a - b ln t, for t > 0 only."""

    a: Float[Array, ""] = _at_one()
    b: Float[Array, ""] = _slope()

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a - self.b * jnp.log(t)


class Wickelgren(RetentionLaw):
    """a (1 + b t)^-c: a power law whose unit of time is a parameter (Wickelgren, 1974)."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = _rate()
    c: Float[Array, ""] = parameter(
        0.5, (0, np.inf), start=(0.05, 2), meaning="exponent (c)", source="Wickelgren (1974)"
    )

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * (1 + self.b * t) ** -self.c


class ParetoAsymptote(RetentionLaw):
    """a (c + (1 - c) (1 + t)^-b): the power law of `Power` above a share that is never lost."""

    a: Float[Array, ""] = _at_zero()
    b: Float[Array, ""] = _exponent()
    c: Float[Array, ""] = parameter(
        0.1, (0, 1), start=(0.02, 0.6), meaning="share of a that is never lost (c)", source=_FORMS
    )

    def retained(self, t: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """See `RetentionLaw.retained`."""
        return self.a * (self.c + (1 - self.c) * (1 + t) ** -self.b)


LAWS: Mapping[str, RetentionLaw] = {
    "exponential": Exponential(),
    "exponential of the root": ExponentialRoot(),
    "logarithm": Logarithm(),
    "power": Power(),
    "power with asymptote": ParetoAsymptote(),
    "Wickelgren": Wickelgren(),
}
"""The laws that hold from t = 0, with default values, by name."""

LAWS_WITHOUT_ZERO: Mapping[str, RetentionLaw] = {
    "exponential": Exponential(),
    "exponential of the root": ExponentialRoot(),
    "pure logarithm": PureLogarithm(),
    "pure power": PurePower(),
}
"""The two-parameter laws in t itself, for data without a delay of 0, by name."""
