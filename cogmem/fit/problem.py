"""A statistical problem: free parameters, the data of several people, and a likelihood.

What samples, approximates and compares posteriors (bayes.py, laplace.py, variational.py, loo.py)
sees this form only. A `Sitting` over `People` has it, and so has any `equinox.Module` with a table
of parameters and a closed form for how likely counts are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.objective import list_log_likelihoods, with_raw
from cogmem.fit.people import Lists, People
from cogmem.models import parameters
from cogmem.models.parameters import Parameter
from cogmem.participants.sitting import Sitting

__all__ = ["RATIOS", "Density", "Prior", "Problem"]

RATIOS: Mapping[str, str] = {"item_support": "shared_support", "primacy_scale": "item_support"}
"""Parameters that say little alone, and what each is taken relative to, wherever both are free.

Supports and primacy of `SupportCMR` share the scale of the ties from context to items, which
choices among items hardly tell: their ratios are what the data know (specs: human data, 7.4).
"""

WIDEST = 1.5
"""Largest prior sd of a parameter with two bounds: a wider one piles up on the bounds."""

Data = Any
"""A pytree of arrays: the data of one person, or with a leading [person] axis, of several."""


class Prior(NamedTuple):
    """Independent normal priors on coordinates of which the raw parameters are a linear map.

    `raw = to_raw @ coordinates`, of determinant 1. With the identity the coordinates are the raw
    parameters: values on the unconstrained scale of their table.
    """

    centre: Float[np.ndarray, " k"]
    sd: Float[np.ndarray, " k"]
    to_raw: Float[np.ndarray, "k k"]


class Density(eqx.Module):
    """The log posterior density of one person, as a module: programs compiled for it are shared."""

    log_likelihoods: Callable[[Array, Data, Array], Array]
    prior: Prior

    def __call__(
        self, coordinates: Float[Array, " k"], data: Data, weight: Float[Array, " unit"]
    ) -> Float[Array, ""]:
        """Log-likelihood plus log prior, up to a constant; in nats."""
        z = (coordinates - self.prior.centre) / self.prior.sd
        return self.units(coordinates, data, weight).sum() - jnp.sum(z**2) / 2

    def units(
        self, coordinates: Float[Array, " k"], data: Data, weight: Float[Array, " unit"]
    ) -> Float[Array, " unit"]:
        """Log-likelihood (nats) of each unit; 0 where there is none."""
        raw = jnp.asarray(self.prior.to_raw) @ coordinates
        each = self.log_likelihoods(raw, data, weight)
        return jnp.where(weight > 0, weight * each, 0.0)


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be learnt, about whom, from what.

    Attributes:
        entries: the free parameters, in the order of raw vectors.
        log_likelihoods: (raw [k], data of one person, weight [unit]) -> log-likelihood [unit] in
            nats. A unit is what is left out at once: a list, not a response, because the responses
            to one list depend on each other.
        data: pytree, every leaf with a leading [person] axis.
        people: [person] labels.
        weight: float[person, unit] 1, or 0 for padding.
    """

    entries: Mapping[str, Parameter]
    log_likelihoods: Callable[[Array, Data, Array], Array]
    data: Data
    people: np.ndarray
    weight: np.ndarray

    @classmethod
    def of_sitting(cls, sitting: Sitting, people: People, *, key: PRNGKeyArray) -> Problem:
        """A participant over people's lists.

        Raises:
            InvalidValue: if nothing about the sitting is free.
        """
        if not sitting.parameters:
            raise InvalidValue("this participant has no free parameter: there is no posterior.")
        lists = people.lists
        likelihood = _OfLists(sitting, people.n_items, key)
        return cls(sitting.parameters, likelihood, lists, people.subjects, people.weight)

    @classmethod
    def of_module(
        cls,
        module: eqx.Module,
        log_likelihoods: Callable[[Any, Data], Float[Array, " unit"]],
        data: Data,
        *,
        people: np.ndarray | None = None,
        weight: np.ndarray | None = None,
    ) -> Problem:
        """A model in closed form, such as a law of retention over counts at each delay.

        Args:
            module: the model; its table of parameters is what is free, all of them scalars.
            log_likelihoods: (module, data of one person) -> [unit] nats.
            data: pytree, every leaf with a leading [person] axis.
            people: [person] labels; 0, 1, 2 ... if None.
            weight: [person, unit] 1, or 0 for padding; all 1 if None.
        """
        entries = parameters.table(module)
        likelihood = _OfModule(module, log_likelihoods)
        n_people = len(jax.tree.leaves(data)[0])
        if weight is None:
            one = jax.tree.map(lambda leaf: leaf[0], data)
            weight = np.ones((n_people, len(log_likelihoods(module, one))))
        labels = np.arange(n_people) if people is None else people
        return cls(entries, likelihood, data, labels, weight)

    @property
    def names(self) -> list[str]:
        """Names of the parameters, in order."""
        return list(self.entries)

    @property
    def ratios(self) -> dict[str, str]:
        """The part of `RATIOS` of which both parameters are free here."""
        return {a: b for a, b in RATIOS.items() if a in self.entries and b in self.entries}

    def of_person(self, person: int) -> tuple[Data, np.ndarray]:
        """The data and weights of the person in this row."""
        return jax.tree.map(lambda leaf: leaf[person], self.data), self.weight[person]

    def pooled(self) -> Problem:
        """All people taken as one, with all their units."""
        weight = self.weight.reshape(1, -1)
        data = jax.tree.map(lambda leaf: leaf[None], self.data)
        likelihood = _Pooled(self.log_likelihoods, self.weight.shape)
        return Problem(self.entries, likelihood, data, np.array(["all"]), weight)

    def only(self, person: int) -> Problem:
        """The problem of the person in this row."""
        row = slice(person, person + 1)
        data = jax.tree.map(lambda leaf: leaf[row], self.data)
        people, weight = self.people[row], self.weight[row]
        return dataclasses.replace(self, data=data, people=people, weight=weight)

    def without(self, person: int, unit: int) -> Problem:
        """The problem with one unit of one person left out."""
        weight = np.array(self.weight)
        weight[person, unit] = 0
        return dataclasses.replace(self, weight=weight)

    def density(self, *, prior: bool = True) -> Density:
        """The log posterior density; the log-likelihood, on the raw parameters, without prior."""
        k = len(self.entries)
        flat = Prior(np.zeros(k), np.full(k, np.inf), np.eye(k))
        return Density(self.log_likelihoods, self.prior() if prior else flat)

    def prior(self, *, ratios: bool = True) -> Prior:
        """The prior that the table of parameters implies.

        Each raw parameter is normal. The middle of its `start` interval is the mean, and the
        interval holds 95 % (2 sd to each side), but the sd is at most 1.5 where there are two
        bounds. The intervals of scales and sensitivities are narrow beside their bounds, and so
        their priors say something. A parameter in `RATIOS` is taken relative to another: the
        normal is that of the difference of the two raw values, with the mean that the two middles
        imply and the sd of its own.

        Args:
            ratios: whether to use `RATIOS`.

        Raises:
            InvalidValue: if the `start` interval of a parameter is not finite.
        """
        centre, sd = np.array([_normal(*item) for item in self.entries.items()]).T
        place = {name: row for row, name in enumerate(self.entries)}
        to_coordinates = np.eye(len(place))
        for above, below in self.ratios.items() if ratios else ():
            to_coordinates[place[above], place[below]] = -1
        return Prior(to_coordinates @ centre, sd, np.linalg.inv(to_coordinates))

    @property
    def reported(self) -> list[str]:
        """What is reported: the parameters, and "a/b" for each of the `ratios`."""
        return [*self.names, *(f"{a}/{b}" for a, b in self.ratios.items())]

    def report(self, raw: Any) -> Float[Array, "*draw r"]:
        """Everything that is `reported`, on the real line: the raw values, and log ratios."""
        values = parameters.constrain(self.entries, jnp.moveaxis(raw, -1, 0))
        ratios = [jnp.log(values[a]) - jnp.log(values[b]) for a, b in self.ratios.items()]
        return jnp.concatenate([raw, *(ratio[..., None] for ratio in ratios)], axis=-1)

    def natural(self, report: Float[np.ndarray, "*draw r"]) -> Float[np.ndarray, "*draw r"]:
        """From `report` to the natural scale: values within their bounds, and ratios."""
        with jax.enable_x64(True):
            raw = jnp.moveaxis(jnp.asarray(report), -1, 0)
            values = list(parameters.constrain(self.entries, raw).values())
            return np.stack([*values, *jnp.exp(raw[len(values) :])], axis=-1)  # may be infinite


def _normal(name: str, entry: Parameter) -> tuple[float, float]:
    """Mean and sd of the prior of one raw parameter."""
    with jax.enable_x64(True):
        low, high = (float(entry.unconstrain(jnp.asarray(float(end)))) for end in entry.starts)
    if not np.isfinite([low, high]).all():
        raise InvalidValue(
            f"{name} has no finite interval of typical values ({entry.start}), from which its "
            "prior is made: give it one, parameter(..., start=(low, high))."
        )
    sd = (high - low) / 4
    return (low + high) / 2, min(sd, WIDEST) if entry.transform == "logit" else sd


class _OfLists(eqx.Module):
    """Log-likelihood of each list of one person."""

    sitting: Sitting
    n_items: int = eqx.field(static=True)
    key: PRNGKeyArray

    def __call__(self, raw: Array, lists: Lists, weight: Array) -> Float[Array, " list"]:
        one = with_raw(self.sitting, raw).calibrated(lists.recalls, weight, self.n_items)
        return list_log_likelihoods(
            one, lists.recalls, self.n_items, lists.similarity, key=self.key
        )


class _OfModule(eqx.Module):
    """Log-likelihood of each unit under a model in closed form."""

    module: eqx.Module
    function: Callable[[Any, Data], Array] = eqx.field(static=True)

    def __call__(self, raw: Array, data: Data, weight: Array) -> Float[Array, " unit"]:
        values = parameters.constrain(parameters.table(self.module), raw)
        return self.function(parameters.replace(self.module, values), data)


class _Pooled(eqx.Module):
    """Log-likelihood of every unit of every person, under the same parameters."""

    of_person: Callable[[Array, Data, Array], Array]
    shape: tuple[int, int] = eqx.field(static=True)

    def __call__(self, raw: Array, data: Data, weight: Array) -> Float[Array, " unit"]:
        each = jax.vmap(self.of_person, in_axes=(None, 0, 0))
        return each(raw, data, weight.reshape(self.shape)).reshape(-1)
