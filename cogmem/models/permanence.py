"""Synapses that are set by one coincidence, and what becomes of them with time.

A *bundle* holds all synapses of one kind (bottom-up, lateral or top-down) onto the cells of one
macrocolumn, as [source, target]. A coincidence of a source and a winning cell sets a weight to its
maximum at once; no learning ever lowers one. Without decay a bundle is one byte per synapse. With
decay it remembers when each synapse last had a coincidence, and its weight follows from its age.

Once a bundle has filled up to a threshold its critical period ends: it learns no more (freezing).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt8

from cogmem.errors import InvalidValue

__all__ = ["Bundle", "Convex", "Fading", "Lasting", "Permanence", "Stepwise", "share_increased"]

NEVER = -1
"""Age of a synapse that has not had a coincidence, or has lost its weight."""

PERMANENT = 2
"""Stiffness of a synapse that no longer decays."""

UNCOUNTED = -1
"""Weights that are not 0, where counting them would be a pass over all synapses."""


class Bundle(NamedTuple):
    """All synapses of one kind onto one macrocolumn.

    Attributes:
        weight: [source, target] 0 or the maximum; None with decay.
        last: [source, target] step of the last coincidence, -1 if none; None without decay.
        stiffness: [source, target] 0, 1 or 2, how firmly it is set; None without decay.
        n_synapses: how many of them exist (a cell has none from its own module).
        n_increased: how many weights are not 0; -1 with decay, as long as nothing counts them.
        frozen: whether the critical period is over.
    """

    weight: UInt8[Array, "source target"] | None
    last: Int[Array, "source target"] | None
    stiffness: Int[Array, "source target"] | None
    n_synapses: Int[Array, ""]
    n_increased: Int[Array, ""]
    frozen: Bool[Array, ""]


class Permanence(eqx.Module):
    """How weights are kept. Sources that are on come as indices, padded with n_sources."""

    @property
    @abstractmethod
    def w_max(self) -> float:
        """Weight after a coincidence."""

    @abstractmethod
    def begin(self, n_sources: int, n_targets: int, n_synapses: int | Array) -> Bundle:
        """A bundle in which all weights are 0."""

    @abstractmethod
    def rows(self, bundle: Bundle, sources: Int[Array, " on"], step: Int[Array, ""]) -> Array:
        """[on, target]: weights from some sources; 0 from padding."""

    @abstractmethod
    def weights(self, bundle: Bundle, step: Int[Array, ""]) -> Array:
        """[source, target]: all weights."""

    @abstractmethod
    def learn(
        self,
        bundle: Bundle,
        sources: Int[Array, " on"],
        increase: Bool[Array, "on target"],
        step: Int[Array, ""],
        threshold: Any,
    ) -> Bundle:
        """The bundle after one step of learning.

        Args:
            bundle: before.
            sources: indices of the sources that are on.
            increase: which synapses had a coincidence.
            step: number of this step.
            threshold: fraction of increased weights above which the bundle freezes; None: never.
        """


class Lasting(Permanence):
    """Weights stay for good: one byte per synapse (Rinkus 2010, 2014).

    Attributes:
        maximum: weight after a coincidence, a whole number up to 255.

    Raises:
        InvalidValue: for another maximum.
    """

    maximum: float = eqx.field(static=True, default=127.0)

    def __check_init__(self) -> None:
        if not 1 <= self.maximum <= 255 or self.maximum != int(self.maximum):
            raise InvalidValue(f"maximum is {self.maximum}, expected a whole number, 1 to 255.")

    @property
    def w_max(self) -> float:
        """See `Permanence.w_max`."""
        return self.maximum

    def begin(self, n_sources: int, n_targets: int, n_synapses: int | Array) -> Bundle:
        """See `Permanence.begin`."""
        weight = jnp.zeros((n_sources, n_targets), jnp.uint8)
        return Bundle(weight, None, None, *_counters(n_synapses))

    def rows(
        self, bundle: Bundle, sources: Int[Array, " on"], step: Int[Array, ""]
    ) -> UInt8[Array, "on target"]:
        """See `Permanence.rows`."""
        return _take(bundle.weight, sources, 0)

    def weights(self, bundle: Bundle, step: Int[Array, ""]) -> UInt8[Array, "source target"]:
        """See `Permanence.weights`."""
        assert bundle.weight is not None
        return bundle.weight

    def learn(
        self,
        bundle: Bundle,
        sources: Int[Array, " on"],
        increase: Bool[Array, "on target"],
        step: Int[Array, ""],
        threshold: Any,
    ) -> Bundle:
        """Set weights to their maximum. Cost: that of the sources that are on.

        Args:
            bundle, sources, increase, step, threshold: see `Permanence.learn`.
        """
        old = self.rows(bundle, sources, step)
        raised = increase & ~bundle.frozen
        new = jnp.where(raised, jnp.uint8(self.w_max), old)
        n_increased = bundle.n_increased + _count(raised & (old == 0))
        return bundle._replace(
            weight=_put(bundle.weight, sources, new),
            n_increased=n_increased,
            frozen=bundle.frozen | _full(n_increased, bundle.n_synapses, threshold),
        )


class Fading(Permanence):
    """Weights that depend on the time since the last coincidence.

    Attributes:
        by_cell: whether a cell freezes by itself, while the mean of its weights is above the
            threshold (sparseypy), and its weights go on decaying. Otherwise the whole bundle
            freezes for good, and what is not 0 by then is permanent (Rinkus 2014).
    """

    by_cell: bool = eqx.field(static=True, default=False)

    @abstractmethod
    def weight(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """Weight at an age in steps; age -1: no coincidence yet."""

    @abstractmethod
    def stiffened(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """Stiffness after a further coincidence at that age."""

    def begin(self, n_sources: int, n_targets: int, n_synapses: int | Array) -> Bundle:
        """See `Permanence.begin`."""
        last = jnp.full((n_sources, n_targets), NEVER, jnp.int32)
        stiffness = jnp.zeros((n_sources, n_targets), jnp.int8)
        bundle = Bundle(None, last, stiffness, *_counters(n_synapses))
        return bundle._replace(n_increased=jnp.asarray(UNCOUNTED, jnp.int32))

    def rows(self, bundle: Bundle, sources: Int[Array, " on"], step: Int[Array, ""]) -> Array:
        """See `Permanence.rows`."""
        age = _age(_take(bundle.last, sources, NEVER), step)
        return self.weight(age, _take(bundle.stiffness, sources, 0))

    def weights(self, bundle: Bundle, step: Int[Array, ""]) -> Array:
        """See `Permanence.weights`."""
        assert bundle.stiffness is not None
        return self.weight(_age(bundle.last, step), bundle.stiffness)

    def learn(
        self,
        bundle: Bundle,
        sources: Int[Array, " on"],
        increase: Bool[Array, "on target"],
        step: Int[Array, ""],
        threshold: Any,
    ) -> Bundle:
        """Date the coincidences; a repeated one may stiffen its synapse.

        Args:
            bundle, sources, increase, step, threshold: see `Permanence.learn`.
        """
        raised = increase & ~self._closed(bundle, step - 1, threshold)
        last, stiffness = _take(bundle.last, sources, NEVER), _take(bundle.stiffness, sources, 0)
        age = _age(last, step)
        virgin = self.weight(age, stiffness) == 0
        stiffer = jnp.where(virgin, jnp.int8(0), self.stiffened(age, stiffness))
        learnt = bundle._replace(
            last=_put(bundle.last, sources, jnp.where(raised, step, last)),
            stiffness=_put(bundle.stiffness, sources, jnp.where(raised, stiffer, stiffness)),
        )
        return self._frozen(learnt, step, threshold)

    def _closed(
        self, bundle: Bundle, step: Int[Array, ""], threshold: Any
    ) -> Bool[Array, "#source #target"]:
        if threshold is None or not self.by_cell:
            return bundle.frozen[None, None]
        return (self.weights(bundle, step).mean(axis=0) / self.w_max > threshold)[None, :]

    def _frozen(self, bundle: Bundle, step: Int[Array, ""], threshold: Any) -> Bundle:
        """Count, and freeze for good if it is full. A pass over all synapses."""
        if threshold is None or self.by_cell:
            return bundle
        alive = self.weights(bundle, step) > 0
        n_increased = _count(alive)
        frozen = bundle.frozen | _full(n_increased, bundle.n_synapses, threshold)
        now = frozen & ~bundle.frozen
        assert bundle.last is not None
        assert bundle.stiffness is not None
        return bundle._replace(
            last=jnp.where(now & ~alive, NEVER, bundle.last),
            stiffness=jnp.where(now & alive, jnp.int8(PERMANENT), bundle.stiffness),
            n_increased=n_increased,
            frozen=frozen,
        )


class Stepwise(Fading):
    """Weights that fall in steps and stiffen when coincidences recur (the table of SparseyCore).

    Attributes:
        persistence: steps that must have passed for a coincidence to count as another one.
        steps: age at which the weight of stiffness 0 falls to 120, to 50 and to 0; twice that
            with stiffness 1; stiffness 2 does not decay.
    """

    persistence: int = eqx.field(static=True, default=1)
    steps: tuple[int, int, int] = eqx.field(static=True, default=(2000, 3000, 4000))

    def __check_init__(self) -> None:
        if not 0 < self.steps[0] <= self.steps[1] <= self.steps[2] or self.persistence < 0:
            raise InvalidValue(
                f"steps are {self.steps} and persistence is {self.persistence}; expected three "
                "rising ages above 0, and 0 steps or more."
            )

    @property
    def w_max(self) -> float:
        """127."""
        return 127.0

    def weight(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """127, 120, 50 or 0 by age, 127 if permanent."""
        scale = jnp.where(stiffness == 1, 2, 1)
        first, second, third = (age < scale * step for step in self.steps)
        low = jnp.where(third, 50, 0)
        value = jnp.where(first, 127, jnp.where(second, 120, low))
        value = jnp.where(stiffness == PERMANENT, 127, value)
        return jnp.where(age == NEVER, 0, value).astype(jnp.uint8)

    def stiffened(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """One more if the last coincidence is neither too recent nor past the first breakpoint."""
        early = age < jnp.where(stiffness == 1, 2, 1) * self.steps[0]
        again = (age >= self.persistence) & early & (stiffness < PERMANENT)
        return stiffness + again.astype(stiffness.dtype)


class Convex(Fading):
    """Weights that fall along w(t) = (1 + c/S) / (1 + c/(S - t)), 0 from t = S (sparseypy).

    Attributes:
        n_steps: S, steps until a weight is 0.
        convexity: c.
    """

    n_steps: float | Float[Array, ""] = 100.0
    convexity: float | Float[Array, ""] = 1.0

    @property
    def w_max(self) -> float:
        """1."""
        return 1.0

    def weight(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """Weight between 0 and 1."""
        left = self.n_steps - age.astype(jnp.result_type(float))
        alive = (left > 0) & (age != NEVER)
        c = self.convexity
        value = (1 + c / self.n_steps) / (1 + c / jnp.where(alive, left, 1))
        value = jnp.where(alive, value, 0)
        return jnp.where((stiffness == PERMANENT) & (age != NEVER), 1, value)

    def stiffened(self, age: Int[Array, ...], stiffness: Int[Array, ...]) -> Array:
        """Repetition does not stiffen."""
        return stiffness


def _counters(n_synapses: int | Array) -> tuple[Array, Array, Array]:
    zero = jnp.zeros((), jnp.int32)
    return jnp.asarray(n_synapses, jnp.int32), zero, jnp.zeros((), bool)


def _count(flags: Bool[Array, ...]) -> Int[Array, ""]:
    return flags.sum(dtype=jnp.int32)


def _full(
    n_increased: Int[Array, ""], n_synapses: Int[Array, ""], threshold: Any
) -> Bool[Array, ""] | bool:
    if threshold is None:
        return False
    number = jnp.result_type(float)
    return n_increased.astype(number) > threshold * n_synapses.astype(number)


def _age(last: Any, step: Int[Array, ""]) -> Int[Array, ...]:
    return jnp.where(last == NEVER, NEVER, step - last)


def _take(values: Any, sources: Int[Array, " on"], fill: int) -> Array:
    return values.at[sources].get(mode="fill", fill_value=fill)


def _put(values: Any, sources: Int[Array, " on"], rows: Array) -> Array:
    return values.at[sources].set(rows, mode="drop")


def share_increased(bundle: Bundle) -> Float[Array, ""]:
    """Fraction of the synapses that are not 0, at the last learning.

    NaN with decay where no threshold of freezing asks for it, since the count is a pass over all
    synapses; take the mean of `Permanence.weights(...) > 0` then.
    """
    share = bundle.n_increased / jnp.maximum(bundle.n_synapses, 1)
    return jnp.where(bundle.n_increased == UNCOUNTED, jnp.nan, share)
