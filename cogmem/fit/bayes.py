"""Posterior distributions by NUTS: of each person, of a group, of people drawn from a population.

One person: independent normal priors, see `Problem.prior`, times the likelihood. A group: the same,
all people taken as one. A population (hierarchical): on the prior's coordinates, the mean of the
population has that prior, its sd per coordinate is half-normal with the scale of the prior's sd,
and a person is the mean plus sd times a standard normal offset (the non-centred form).

The sampler moves in coordinates in which the peak of the posterior is about round (a linear map,
found from the curvature at the maximum, with chains started around it), in float64.

What mixes. Two people of PEERS (28 lists each), alone; one thread of a shared CPU, float64, 4
chains side by side, dense mass matrix, target acceptance .95. ESS and R-hat are of the worst
parameter, on the natural scale. "Ratios": the prior and coordinates of `RATIOS`; "raw": independent
priors on the raw parameters. Seconds hold compilation, and in the first two rows a loop that
compiled more often than it need have.

    model                  coordinates  warm-up + draws  seconds    R-hat         ESS        div.
    SupportCMR (11)        ratios       500 + 1000       352, 158   1.004, 1.004  838, 1070  0, 0
    SupportCMR (11)        raw          500 + 1000       428, 92    1.004, 1.003  743, 1563  0, 0
    SupportCMR (11)        ratios       150 + 150        84         1.069         57         0
    CMR, softmax (10)      raw          500 + 500        491 (all)  1.008, 1.010  444, 379   0, 0

So people alone mix, in minutes each, in either coordinates: it is the informative prior, and the
chains' start in coordinates made round by the curvature, that make SupportCMR samplable. 500 draws
can be too few for the verdict, hence the default of 1000. A population does not come for this
price: eight people, hierarchically, did not get through 50 iterations of warm-up in 15 minutes of
one thread, and whether it mixes is not known. Small closed-form models take seconds either way.

Needs numpyro and arviz: `pip install 'cogmem[bayes]'`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.criteria import check_level
from cogmem.fit.extras import bayes_extra, need_bayes
from cogmem.fit.laplace import around, find_peaks, laplace_at
from cogmem.fit.multistart import Search, fit
from cogmem.fit.nuts import By, Chains, Draws, Progress, everyone_alone, from_a_population
from cogmem.fit.people import People
from cogmem.fit.problem import Data, Density, Problem
from cogmem.models.parameters import unconstrain
from cogmem.participants.sitting import Sitting

__all__ = ["Draws", "Posterior", "diagnose", "posterior", "sample", "score"]

SEARCH = Search(n_starts=4, n_steps=100)
"""How the maxima are sought around which chains start."""

R_HAT, ESS = 1.01, 400.0
"""Chains have mixed if R-hat is below, and bulk and tail ESS above, these (Vehtari et al. 2021)."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws from a posterior, and how far they can be trusted.

    Attributes:
        problem: what was inferred, from what.
        idata: arviz `InferenceData`. `posterior` holds the parameters on the natural scale, by
            (chain, draw, subject), and the ratios of `RATIOS`; with a population also "NAME of the
            population" (of a person at its mean) and "NAME spread" (its sd on the coordinates of
            the prior). `log_likelihood` holds `unit_log_likelihood`
            (chain, draw, subject, unit), 0 for padding.
            `sample_stats` holds `diverging` and `n_steps`.
        diagnostics: see `diagnose`. A population is the last subject, "population".
        laplace: the MAP of each person taken alone and intervals around it, see `laplace_of`.
        by: whose posterior it is.
        draws: settings of the sampler.
    """

    problem: Problem
    idata: Any
    diagnostics: xr.Dataset
    laplace: xr.Dataset
    by: By
    draws: Draws

    def intervals(self, level: float = 0.95) -> xr.Dataset:
        """What to report of each person, by draws where chains mixed, else by Laplace.

        Returns:
            By (subject, parameter) `median`, `low` and `high`: quantiles of the draws, or mode and
            interval of the Laplace approximation, which knows no population. By subject `method`
            ("nuts", "laplace", or "none" where the peak is no peak either) and `reason`.

        Raises:
            InvalidValue: if the level is not between 0 and 1.
        """
        check_level(level)
        names = list(self.laplace["parameter"].values)
        ends = [0.5, (1 - level) / 2, (1 + level) / 2]
        drawn = self.idata.posterior[names].quantile(ends, ("chain", "draw")).to_array("parameter")
        drawn = drawn.transpose("quantile", "subject", "parameter")
        mixed = self.diagnostics["mixed"].sel(subject=self.problem.people)
        normal = laplace_at(self.problem, self.laplace, level)
        reported = {
            name: (("subject", "parameter"), np.where(mixed.values[:, None], one, instead))
            for name, one, instead in zip(
                ("median", "low", "high"),
                drawn.values,
                (normal["mode"].values, normal["low"].values, normal["high"].values),
                strict=True,
            )
        }
        peaked = normal["positive_definite"].values
        method = np.where(mixed, "nuts", np.where(peaked, "laplace", "none"))
        reason = [self._reason(who) for who in self.problem.people]
        about = {"method": ("subject", method), "reason": ("subject", reason)}
        return xr.Dataset(reported | about, normal.coords, {"level": level})

    def _reason(self, who: Any) -> str:
        """Why the draws of a person are, or are not, to be reported."""
        one = self.diagnostics.sel(subject=who)
        r_hat, n_effective = float(one["rhat"].max()), float(one["ess_bulk"].min())
        tail, n_divergent = float(one["ess_tail"].min()), int(one["divergences"])
        verdict = "mixed" if one["mixed"] else "not mixed"
        return (
            f"{verdict}: R-hat {r_hat:.3f}, bulk ESS {n_effective:.0f}, tail ESS {tail:.0f}, "
            f"{n_divergent} divergences"
        )


def posterior(
    sitting: Sitting,
    people: People,
    *,
    key: PRNGKeyArray,
    by: By = "subject",
    draws: Draws | None = None,
    progress: Progress = lambda reports: None,
) -> Posterior:
    """The posterior of a participant's parameters, given people's lists.

    Chains start around the maxima found from maximum-likelihood fits. An interrupted run leaves
    nothing behind.

    Args:
        sitting: participant and rule.
        people: whose lists.
        key: seeds the sampler, the fits, and the participant's own randomness.
        by: "subject" for everyone alone, "group" for all lists as one person's, "hierarchical" for
            people from one population.
        draws: settings of the sampler.
        progress: called with the number of reports since the last, `draws.n_reports(...)` in all.

    Raises:
        MissingExtra: without numpyro and arviz.
        InvalidValue: if nothing is free, or `by` is another word.
    """
    need_bayes()
    problem = Problem.of_sitting(sitting, people, key=key)
    starts = fit(sitting, people, key=key, search=SEARCH).raw
    return sample(problem, key=key, by=by, draws=draws, starts=starts, progress=progress)


def sample(
    problem: Problem,
    *,
    key: PRNGKeyArray,
    by: By = "subject",
    draws: Draws | None = None,
    starts: Float[np.ndarray, "person k"] | None = None,
    progress: Progress = lambda reports: None,
) -> Posterior:
    """The posterior of any problem; see `posterior`.

    Args:
        problem: what is inferred.
        key: seeds the sampler.
        by: whose posterior.
        draws: settings of the sampler.
        starts: raw parameters from which each person's maximum is sought; the prior's centre if
            None.
        progress: see `posterior`.

    Raises:
        InvalidValue: if `by` is another word.
        MissingExtra: if NumPyro is not installed.
    """
    need_bayes()
    draws = draws or Draws()
    if by not in get_args(By):
        raise InvalidValue(f"by is {by!r}, expected one of {', '.join(get_args(By))}.")
    if starts is None:
        prior = problem.prior()
        starts = np.tile(prior.to_raw @ prior.centre, (len(problem.people), 1))
    if by == "group":
        problem, starts = problem.pooled(), np.mean(starts, axis=0, keepdims=True)
    density = problem.density()
    peaks = find_peaks(problem, density, starts)
    run = from_a_population if by == "hierarchical" else everyone_alone
    with jax.enable_x64(draws.float64):
        chains = run(problem, density, peaks, draws, key=key, progress=progress)
        units = _units(problem, density, chains.people)
    values, stats = _values(problem, density, chains), _stats(problem, chains)
    diagnostics = diagnose(values[problem.reported], stats, draws.max_depth)
    if chains.mean is not None:
        population = _population_of(problem, values)
        diagnostics = xr.concat(
            [diagnostics, diagnose(population, stats, draws.max_depth)], "subject"
        )
    idata = bayes_extra("arviz").InferenceData(
        posterior=values, log_likelihood=units, sample_stats=stats
    )
    return Posterior(problem, idata, diagnostics, around(problem, density, peaks), by, draws)


def score(posterior: Posterior, problem: Problem) -> xr.Dataset:
    """Log-likelihood (nats) of each unit of a problem under draws made from the same or another.

    Returns:
        `unit_log_likelihood` (chain, draw, subject, unit), 0 for padding.
    """
    values = posterior.idata.posterior
    columns = {name: values[name].values for name in problem.names}
    with jax.enable_x64(True):
        raw = np.moveaxis(np.asarray(unconstrain(problem.entries, columns)), 0, -1)
        return _units(problem, problem.density(prior=False), raw)


def diagnose(values: xr.Dataset, stats: xr.Dataset, max_depth: int = 10) -> xr.Dataset:
    """Whether chains mixed: R-hat, effective sample sizes and divergences, as a verdict.

    Args:
        values: every variable by (chain, draw, subject).
        stats: `diverging` and `n_steps` by (chain, draw), and by subject if drawn by subject.
        max_depth: trajectories of 2^max_depth - 1 steps were cut off.

    Returns:
        By (subject, parameter) rank-normalised `rhat`, `ess_bulk` and `ess_tail`; by subject
        `divergences`, `at_max_depth` (share of trajectories) and `mixed`: R-hat below 1.01 and both
        ESS above 400 for every parameter, and no divergence.
    """
    arviz = bayes_extra("arviz")
    found = {
        "rhat": arviz.rhat(values),
        "ess_bulk": arviz.ess(values, method="bulk"),
        "ess_tail": arviz.ess(values, method="tail"),
    }
    table = xr.Dataset({name: each.to_array("parameter") for name, each in found.items()})
    table = table.transpose("subject", "parameter")
    enough = (table["ess_bulk"] > ESS) & (table["ess_tail"] > ESS)
    good = ((table["rhat"] < R_HAT) & enough).all("parameter")  # NaN is not good
    each_draw = ("chain", "draw")
    divergences = stats["diverging"].sum(each_draw).broadcast_like(good)
    cut_off = (stats["n_steps"] >= 2**max_depth - 1).mean(each_draw).broadcast_like(good)
    return table.assign(
        divergences=divergences, at_max_depth=cut_off, mixed=good & (divergences == 0)
    )


def _values(problem: Problem, density: Density, chains: Chains) -> xr.Dataset:
    """The draws on the natural scale, by name."""
    axes = ("chain", "draw", "subject")
    natural = _natural(problem, density, chains.people)
    columns: dict[str, Any] = {
        name: (axes, natural[..., i]) for i, name in enumerate(problem.reported)
    }
    if chains.mean is not None and chains.spread is not None:
        middle = _natural(problem, density, chains.mean)
        for i, name in enumerate(problem.reported):
            columns[f"{name} of the population"] = (axes[:2], middle[..., i])
        for i, name in enumerate(problem.names):
            columns[f"{name} spread"] = (axes[:2], chains.spread[..., i])
    return xr.Dataset(columns, {"subject": problem.people, **_counted(chains)})


def _population_of(problem: Problem, values: xr.Dataset) -> xr.Dataset:
    """The population as if it were a subject."""
    named = {f"{name} of the population": name for name in problem.reported}
    return values[list(named)].rename(named).expand_dims(subject=["population"], axis=2)


def _stats(problem: Problem, chains: Chains) -> xr.Dataset:
    """What the sampler says of each draw."""
    alone = chains.mean is None
    axes = ("chain", "draw", "subject")[: 3 if alone else 2]
    said = {"diverging": chains.diverging, "n_steps": chains.n_steps}
    columns = {name: (axes, one if alone else one[:, :, 0]) for name, one in said.items()}
    return xr.Dataset(columns, _counted(chains) | ({"subject": problem.people} if alone else {}))


def _counted(chains: Chains) -> dict[str, Any]:
    n_chains, n_draws = chains.n_steps.shape[:2]
    return {"chain": np.arange(n_chains), "draw": np.arange(n_draws)}


def _natural(problem: Problem, density: Density, coordinates: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        raw = coordinates @ density.prior.to_raw.T
        return problem.natural(np.asarray(problem.report(raw)))


def _units(problem: Problem, density: Density, people: np.ndarray) -> xr.Dataset:
    """Log-likelihood of each unit under each draw."""
    shape = people.shape[:2]
    each = [
        np.asarray(
            _units_of(density, people[:, :, i].reshape(-1, people.shape[-1]), *problem.of_person(i))
        )
        for i in range(len(problem.people))
    ]
    laid = np.stack(each, axis=1).reshape(*shape, len(each), -1)
    coords = {"subject": problem.people, "unit": np.arange(laid.shape[-1])}
    return xr.Dataset({"unit_log_likelihood": (("chain", "draw", "subject", "unit"), laid)}, coords)


@eqx.filter_jit
def _units_of(density: Density, at: Any, data: Data, weight: Any) -> Array:
    return jax.lax.map(lambda one: density.units(one, data, weight), at, batch_size=64)
