"""Prediction of what was left out, from one posterior: PSIS-LOO, and the comparison of models.

The unit that is left out is that of the problem: for free recall a list, because the responses to
one list depend on each other. Importance sampling stands in for fitting again; where it cannot
(Pareto k above .7), the unit is either left out in earnest or named as unreliable.

Source: Vehtari, Gelman & Gabry (2017). A stopping curve that is counted from a person's lists
(`StoppingCurve`) has seen every one of them: the score of such a sitting is too good.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy.special
import xarray as xr
from jaxtyping import PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.bayes import Posterior, sample, score
from cogmem.fit.extras import bayes_extra

__all__ = ["HIGHEST_K", "compare_loo", "loo"]

HIGHEST_K = 0.7
"""Above this Pareto k, importance sampling is not to be trusted."""


def loo(posterior: Posterior, *, refit: int = 0, key: PRNGKeyArray | None = None) -> xr.Dataset:
    """Expected log predictive density (nats) of units left out one at a time.

    Args:
        posterior: draws given everything.
        refit: sample again without a unit for at most so many units with k above .7, worst first.
        key: seeds those samplers; needed if `refit` is not 0.

    Returns:
        By (subject, unit) `elpd_unit` (NaN for padding), `pareto_k` and `exact` (left out in
        earnest); in all `elpd`, its standard error `se` over units, `p_loo` (effective number of
        parameters) and `n_unreliable`. `attrs["unreliable"]` names units whose value is not to be
        trusted: k above .7 and not sampled again, or sampled again by chains that did not mix.

    Raises:
        InvalidValue: if units are to be sampled again without a key.
    """
    if refit and key is None:
        raise InvalidValue("sampling again needs a key: loo(..., refit=n, key=jax.random.key(0)).")
    found = _importance_sampled(posterior)
    exact = np.zeros(found["elpd_unit"].shape, bool)
    mixed = exact.copy()
    for person, unit in _worst(found["pareto_k"].values)[:refit]:
        elpd, mixed[person, unit] = _left_out(posterior, person, unit, key)
        found["elpd_unit"].values[person, unit] = elpd
        exact[person, unit] = True
    unreliable = (found["pareto_k"].values > HIGHEST_K) & ~mixed
    found = found.assign(exact=(("subject", "unit"), exact), n_unreliable=unreliable.sum())
    return _totals(found).assign_attrs(unreliable=_named(found, unreliable))


def compare_loo(models: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Models in order of `elpd`: how far each is below the best, and the standard error of that.

    Args:
        models: results of `loo` on the same units, by name.

    Raises:
        InvalidValue: if there is none, or the units differ.

    Returns:
        A row per model: elpd, se, difference and se_difference (0 for the best; the latter from
        unit by unit differences), p_loo, n_unreliable.
    """
    if not models:
        raise InvalidValue("no model was given; expected at least one.")
    units = {name: _units_of(one) for name, one in models.items()}
    first, *others = units.values()
    if any(list(first.index) != list(other.index) for other in others):
        raise InvalidValue("the models were scored on different units: score them on the same.")
    best = max(models, key=lambda name: float(models[name]["elpd"]))
    rows = {}
    for name, one in models.items():
        behind = (units[name] - units[best]).to_numpy()
        rows[name] = {
            "elpd": float(one["elpd"]),
            "se": float(one["se"]),
            "difference": behind.sum(),
            "se_difference": _standard_error(behind),
            "p_loo": float(one["p_loo"]),
            "n_unreliable": int(one["n_unreliable"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("elpd", ascending=False)


def _importance_sampled(posterior: Posterior) -> xr.Dataset:
    """arviz's PSIS-LOO, its units laid out by subject."""
    arviz, weight = bayes_extra("arviz"), posterior.problem.weight
    draws = posterior.idata.log_likelihood["unit_log_likelihood"]
    real = draws.values[:, :, weight > 0]
    data = arviz.InferenceData(
        posterior=posterior.idata.posterior,
        log_likelihood=xr.Dataset({"unit": (("chain", "draw", "observation"), real)}),
    )
    with warnings.catch_warnings():  # arviz warns of high k: here they are counted and named
        warnings.simplefilter("ignore", UserWarning)
        found = arviz.loo(data, pointwise=True, var_name="unit", scale="log")
    laid: dict[str, Any] = {}
    for name, values in {"elpd_unit": found.loo_i, "pareto_k": found.pareto_k}.items():
        laid[name] = np.full(weight.shape, np.nan)
        laid[name][weight > 0] = values
    pooled = scipy.special.logsumexp(real, axis=(0, 1)) - np.log(real.shape[0] * real.shape[1])
    laid["lpd_unit"] = np.full(weight.shape, np.nan)
    laid["lpd_unit"][weight > 0] = pooled
    coords = {"subject": posterior.problem.people, "unit": np.arange(weight.shape[1])}
    return xr.Dataset({name: (("subject", "unit"), one) for name, one in laid.items()}, coords)


def _worst(pareto_k: np.ndarray) -> list[tuple[int, int]]:
    """(person, unit) of every k above .7, the largest first."""
    order = np.argsort(-np.nan_to_num(pareto_k), axis=None)
    places = zip(*np.unravel_index(order, pareto_k.shape), strict=True)
    return [(int(p), int(u)) for p, u in places if pareto_k[p, u] > HIGHEST_K]


def _left_out(
    posterior: Posterior, person: int, unit: int, key: PRNGKeyArray | None
) -> tuple[float, bool]:
    """Log predictive density of a unit under the posterior given all others; whether it mixed."""
    problem, starts = posterior.problem, posterior.laplace["raw"].values
    without = problem.without(person, unit)
    alone = posterior.by != "hierarchical"
    if alone:  # the others say nothing of this person
        without, starts = without.only(person), starts[person : person + 1]
        problem, person = problem.only(person), 0
    assert key is not None
    again = sample(
        without,
        key=key,
        by="subject" if alone else "hierarchical",
        draws=posterior.draws,
        starts=starts[:, : len(problem.names)],
    )
    drawn = score(again, problem)["unit_log_likelihood"].values[:, :, person, unit]
    mixed = bool(again.diagnostics["mixed"].all())
    return float(scipy.special.logsumexp(drawn) - np.log(drawn.size)), mixed


def _totals(found: xr.Dataset) -> xr.Dataset:
    units = found["elpd_unit"].values[~np.isnan(found["elpd_unit"].values)]
    fitted = float(found["lpd_unit"].sum())
    return found.drop_vars("lpd_unit").assign(
        elpd=units.sum(), se=_standard_error(units), p_loo=fitted - units.sum()
    )


def _standard_error(units: np.ndarray) -> float:
    """Of a sum over units."""
    return float(np.sqrt(len(units) * units.var(ddof=1))) if len(units) > 1 else float("nan")


def _named(found: xr.Dataset, unreliable: np.ndarray) -> list[str]:
    k = found["pareto_k"].values
    return [
        f"subject {found['subject'].values[p]}, unit {u} (k = {k[p, u]:.2f})"
        for p, u in zip(*np.nonzero(unreliable), strict=True)
    ]


def _units_of(one: xr.Dataset) -> pd.Series:
    return one["elpd_unit"].to_series().dropna()
