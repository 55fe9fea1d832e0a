"""A normal distribution fitted to a posterior, and a verdict on whether it will do.

The fit maximises the evidence lower bound (numpyro's `AutoMultivariateNormal`). That number does
not say how good it is, the importance weights of draws from it do: their Pareto k is below .7 if
the normal covers the posterior well enough for weighted draws to stand in for it.

Source: Kucukelbir et al. (2017); Yao, Vehtari, Simpson & Gelman (2018) for the check.
Needs numpyro and arviz: `pip install 'cogmem[bayes]'`.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit.extras import bayes_extra, need_bayes
from cogmem.fit.laplace import find_peaks
from cogmem.fit.nuts import rounding
from cogmem.fit.problem import Data, Density, Problem

__all__ = ["HIGHEST_K", "variational"]

HIGHEST_K = 0.7
"""Above this Pareto k the approximation is not to be reported."""


def variational(
    problem: Problem,
    person: int = 0,
    *,
    key: PRNGKeyArray,
    start: Float[np.ndarray, " k"] | None = None,
    n_steps: int = 2000,
    learning_rate: float = 0.01,
    n_draws: int = 2000,
) -> xr.Dataset:
    """The normal distribution nearest to one person's posterior, checked by importance weights.

    Args:
        problem: what is inferred.
        person: whose posterior, by row.
        key: seeds the optimiser and the draws.
        start: raw parameters from which the maximum is sought, where the fit begins; the prior's
            centre if None.
        n_steps: Adam steps; with 0 it is Laplace's approximation that is checked.
        learning_rate: of Adam.
        n_draws: draws from the fitted normal.

    Returns:
        By (draw, parameter) `value` on the natural scale; by draw `log_weight` (smoothed by
        Pareto, normalised). `ess`, the number of draws from the posterior that the weighted ones
        are worth. `pareto_k`, and `reliable`, whether it is below .7: if not, neither the values
        nor the weighted values are to be reported. The verdict is strict: it looks at the tails
        only, and the posterior of a simple rate near 1 fails it while `ess` is nearly `n_draws`.

    Raises:
        MissingExtra: without numpyro and arviz.
    """
    need_bayes()
    density, prior = problem.density(), problem.prior()
    start = prior.to_raw @ prior.centre if start is None else start
    peaks = find_peaks(problem.only(person), density, np.asarray(start)[None])
    round_ = rounding(peaks.where[0], peaks.curvature[0], prior)
    given = problem.of_person(person)
    fitting, drawing = jax.random.split(key)
    with jax.enable_x64(True):
        mean, cholesky = _fitted(density, round_, given, fitting, n_steps, learning_rate)
        noise = np.asarray(jax.random.normal(drawing, (n_draws, len(mean))))
        at = round_.centre + (mean + noise @ cholesky.T) @ round_.shape.T
        # Up to a constant, which importance weights do without.
        ratio = np.asarray(_densities(density, at, *given)) + (noise**2).sum(axis=1) / 2
        report = np.asarray(problem.report(at @ prior.to_raw.T))
    log_weight, k = (np.asarray(one) for one in bayes_extra("arviz").psislw(ratio))
    return xr.Dataset(
        {
            "value": (("draw", "parameter"), problem.natural(report)),
            "log_weight": ("draw", log_weight),
            "ess": float(1 / np.exp(2 * log_weight).sum()),
            "pareto_k": float(k),
            "reliable": bool(k < HIGHEST_K),
        },
        {"draw": np.arange(n_draws), "parameter": problem.reported},
        {"subject": problem.people[person], "n_steps": n_steps},
    )


def _fitted(
    density: Density, round_: Any, given: Any, key: PRNGKeyArray, n_steps: int, learning_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and Cholesky factor of the normal, in coordinates in which the peak is round."""
    numpyro, infer = bayes_extra("numpyro"), bayes_extra("numpyro.infer")
    k, dist = len(round_.centre), numpyro.distributions
    if n_steps == 0:
        return np.zeros(k), np.eye(k)

    def model(round_: Any, data: Data, weight: Array) -> None:
        anywhere = dist.ImproperUniform(dist.constraints.real_vector, (), (k,))
        at = round_.centre + round_.shape @ numpyro.sample("round", anywhere)
        numpyro.factor("density", density(at, data, weight))

    guide = bayes_extra("numpyro.infer.autoguide").AutoMultivariateNormal(
        model, init_loc_fn=infer.init_to_value(values={"round": jnp.zeros(k)}), init_scale=1.0
    )
    optimiser = numpyro.optim.Adam(learning_rate)
    svi = infer.SVI(model, guide, optimiser, infer.Trace_ELBO(num_particles=4))
    arrays = jax.tree.map(jnp.asarray, (round_, *given))
    found = svi.run(key, n_steps, *arrays, progress_bar=False)
    normal = guide.get_posterior(found.params)
    return np.asarray(normal.loc), np.asarray(normal.scale_tril)


@eqx.filter_jit
def _densities(density: Density, at: Any, data: Data, weight: Any) -> Array:
    return jax.lax.map(lambda one: density(one, data, weight), at, batch_size=64)
