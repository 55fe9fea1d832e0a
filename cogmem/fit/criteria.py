"""Information criteria, and tests between nested models.

n, where a criterion needs it, is the number of *events*: responses, and one end of recall per list.
Lists would be too few: every response is a choice that the model has to predict.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from cogmem.errors import InvalidValue
from cogmem.fit.multistart import Fit

__all__ = [
    "CRITERIA",
    "aic",
    "aicc",
    "bic",
    "check_level",
    "criteria",
    "likelihood_ratio",
    "weights",
]

CRITERIA = ("aic", "aicc", "bic")
"""Smaller is better, for all of them."""


def check_level(level: float) -> None:
    """Refuse what is no level of an interval, a percentage for example.

    Raises:
        InvalidValue: if it is not above 0 and below 1.
    """
    if not isinstance(level, Real) or not 0 < level < 1:
        raise InvalidValue(f"level is {level!r}, expected above 0 and below 1, e.g. 0.95.")


def aic(nll: Any, k: Any, n: Any = None) -> Any:
    """Akaike's criterion, 2 NLL + 2 k (Akaike, 1974).

    Args:
        nll: negative log-likelihood, nats.
        k: numbers fitted.
        n: not used.
    """
    return 2 * nll + 2 * k


def aicc(nll: Any, k: Any, n: Any) -> Any:
    """AIC with the correction for few events (Hurvich & Tsai, 1989); infinite if n <= k + 1."""
    spare = np.asarray(n - k - 1, float)
    correction = 2 * k * (k + 1) / np.where(spare > 0, spare, np.nan)
    return np.where(spare > 0, aic(nll, k) + correction, np.inf)


def bic(nll: Any, k: Any, n: Any) -> Any:
    """Schwarz's criterion, 2 NLL + k ln n (Schwarz, 1978)."""
    return 2 * nll + k * np.log(n)


def weights(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Akaike (or BIC) weights of models along an axis: exp(-difference / 2), normalised.

    NaN where no model has a finite criterion.
    """
    values = np.asarray(values, float)
    finite = np.isfinite(values)
    lowest = np.min(values, axis=axis, keepdims=True, where=finite, initial=np.finfo(float).max)
    likelihood = np.where(finite, np.exp((lowest - np.where(finite, values, lowest)) / 2), 0)
    total = likelihood.sum(axis=axis, keepdims=True)
    return likelihood / np.where(total > 0, total, np.nan)


def criteria(fits: Mapping[str, Fit]) -> xr.Dataset:
    """The criteria of several models fitted to the same people.

    Args:
        fits: by name of the model.

    Returns:
        Dataset. By (model, subject): `nll` (nats), `aic`, `aicc`, `bic` and the `weight` of each
        model by `aicc`; `n_parameters` (model); `n_events` (subject). By (model): the sums
        `total_*`, in which every person's parameters count, and `n_best`, the people whom each
        model fits best by `bic`.

    Raises:
        InvalidValue: if the models were fitted to different lists.
    """
    people = _same_people(fits)
    n, k = people.n_events, np.array([fit.n_parameters for fit in fits.values()])
    nll = np.stack([fit.nll for fit in fits.values()])
    values = {"aic": aic(nll, k[:, None]), "aicc": aicc(nll, k[:, None], n)}
    values |= {"bic": bic(nll, k[:, None], n), "nll": nll}
    best = np.bincount(values["bic"].argmin(axis=0), minlength=len(fits))
    both = ("model", "subject")
    variables: dict[str, Any] = {
        name: (both, value, {"long_name": name.upper(), "units": "nats" if name == "nll" else "1"})
        for name, value in values.items()
    }
    variables |= {f"total_{name}": ("model", value.sum(axis=1)) for name, value in values.items()}
    variables["weight"] = (both, weights(values["aicc"]), {"long_name": "Weight by AICc"})
    variables["n_best"] = ("model", best, {"long_name": "People fitted best, by BIC"})
    variables["n_parameters"] = ("model", k, {"long_name": "Numbers fitted per person"})
    variables["n_events"] = ("subject", n, {"long_name": "Responses and ends of recall"})
    return xr.Dataset(variables, {"model": list(fits), "subject": people.subjects})


def likelihood_ratio(small: Fit, large: Fit) -> xr.Dataset:
    """Likelihood-ratio test of a model against one that it is a special case of.

    Args:
        small: the special case: the same participant and rule, with more parameters held.
        large: with fewer parameters held.

    Returns:
        Dataset (subject): `chi2` = 2 (NLL small - NLL large), `df`, `p`. `chi2` below 0 says that
        the larger model was not fitted well enough. All people together: `total_chi2`, `total_p`.

    Raises:
        InvalidValue: if one is not a special case of the other under the same choice rule, or they
            were fitted to different lists.
    """
    people = _same_people({"small": small, "large": large})
    df = _freed(small, large)
    chi2 = 2 * (small.nll - large.nll)
    total = chi2.sum()
    variables = {
        "chi2": ("subject", chi2, {"long_name": "Likelihood ratio, chi squared"}),
        "p": ("subject", stats.chi2.sf(chi2, df)),
        "df": df,
        "total_chi2": total,
        "total_p": stats.chi2.sf(total, df * len(people)),
    }
    return xr.Dataset(variables, {"subject": people.subjects})


def _freed(small: Fit, large: Fit) -> int:
    """How many more parameters the larger model has; refuses what is not nested."""
    a, b = small.sitting, large.sitting
    alike = type(a.participant) is type(b.participant) and type(a.readout) is type(b.readout)
    if not alike or not set(a.parameters) < set(b.parameters):
        raise InvalidValue(
            "the first model is no special case of the second: expected the same participant and "
            "rule of choice, and all its free parameters, and more, free in the second."
        )
    return len(b.parameters) - len(a.parameters)


def _same_people(fits: Mapping[str, Fit]) -> Any:
    """The people that all were fitted to."""
    first, *others = (fit.people for fit in fits.values())
    for people in others:
        same = np.array_equal(first.recalls, people.recalls)
        if not same or not np.array_equal(first.subjects, people.subjects):
            raise InvalidValue("the models were fitted to different lists or people.")
    return first
