"""Recognition: hits and false alarms, sensitivity and bias, ROC and zROC.

Counts are of one test: `old` items that were studied and `new` ones that were not. Rates are
corrected before they are turned into z, (x + 0.5) / (n + 1), within each person (Snodgrass &
Corwin, 1988, JEP:General 117, 34-50), so that a perfect score is not infinite.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import xlogy
from scipy.stats import norm

from cogmem.errors import InvalidValue
from cogmem.measures.maximum_likelihood import Estimate, maximise
from cogmem.models import parameters
from cogmem.models.signal_detection import Ratings, SignalDetection

__all__ = ["area", "count_ratings", "fit", "rates", "roc", "sensitivity"]

N_EVENTS = "n is the number of ratings"
_RATES = ("hit_rate", "false_alarm_rate")


def count_ratings(
    rating: ArrayLike, old: ArrayLike, subject: ArrayLike, n_ratings: int
) -> xr.Dataset:
    """How often each person gave each rating to old and to new items.

    Args:
        rating: int[trial] from 1 (sure new) to `n_ratings` (sure old); 0 = none given, not counted.
        old: bool[trial], whether the item was studied.
        subject: [trial].
        n_ratings: of the scale.

    Returns:
        Dataset with `old` and `new` (subject, rating).

    Raises:
        InvalidValue: if a rating is outside the scale.
    """
    rating, old, subject = np.asarray(rating), np.asarray(old, bool), np.asarray(subject)
    if ((rating < 0) | (rating > n_ratings)).any():
        raise InvalidValue(
            f"ratings from {rating.min()} to {rating.max()}, expected 1-{n_ratings}."
        )
    people, row = np.unique(subject, return_inverse=True)
    counts = np.zeros((2, len(people), n_ratings + 1), int)
    np.add.at(counts, (old.astype(int), row, rating), 1)
    dims, coords = ("subject", "rating"), {"subject": people, "rating": np.arange(1, n_ratings + 1)}
    names = {"old": "Ratings of old items", "new": "Ratings of new items"}
    variables = {
        name: (dims, counts[is_old, :, 1:], {"long_name": text, "units": "count"})
        for is_old, (name, text) in zip((1, 0), names.items(), strict=True)
    }
    return xr.Dataset(variables, coords)


def rates(
    hits: ArrayLike, n_old: ArrayLike, false_alarms: ArrayLike, n_new: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Corrected hit and false-alarm rates, (x + 0.5) / (n + 1).

    Args:
        hits, false_alarms: [subject] "old" responses to old and to new items.
        n_old, n_new: [subject] items of either kind.

    Raises:
        InvalidValue: if a count is outside 0 to its number of trials.
    """
    corrected = []
    for what, x, n in (("hits", hits, n_old), ("false alarms", false_alarms, n_new)):
        x, n = np.asarray(x, float), np.asarray(n, float)
        if ((x < 0) | (x > n)).any():
            raise InvalidValue(f"{what} {x} of {n} trials: expected 0 to the number of trials.")
        corrected.append((x + 0.5) / (n + 1))
    return corrected[0], corrected[1]


def sensitivity(
    hits: ArrayLike, n_old: ArrayLike, false_alarms: ArrayLike, n_new: ArrayLike
) -> xr.Dataset:
    """Yes-no recognition: d', criterion c, and A'.

    Args:
        hits, false_alarms: [subject] "old" responses to old and to new items.
        n_old, n_new: [subject] items tested.

    Returns:
        Dataset (subject): `hit_rate` and `false_alarm_rate`, corrected; `d_prime` = z(H) - z(F);
        `criterion` = -(z(H) + z(F)) / 2, above 0 if cautious; `a_prime`, for plots only: it is not
        free of a model, as it was once thought to be (Macmillan & Creelman, 1996).

    Raises:
        InvalidValue: see `rates`.
    """
    hit, false = rates(hits, n_old, false_alarms, n_new)
    z_hit, z_false = norm.ppf(hit), norm.ppf(false)
    values = {
        "hit_rate": (hit, "Hit rate, corrected"),
        "false_alarm_rate": (false, "False-alarm rate, corrected"),
        "d_prime": (z_hit - z_false, "d'"),
        "criterion": (-(z_hit + z_false) / 2, "Criterion c"),
        "a_prime": (_a_prime(hit, false), "A'"),
    }
    return xr.Dataset(
        {
            name: ("subject", np.atleast_1d(value), {"long_name": text, "units": "1"})
            for name, (value, text) in values.items()
        }
    )


def _a_prime(hit: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Area under the ROC guessed from one point (Pollack & Norman, 1964)."""
    high, low = np.maximum(hit, false), np.minimum(hit, false)
    above = 0.5 + (high - low) * (1 + high - low) / (4 * high * (1 - low))
    return np.where(hit >= false, above, 1 - above)


def roc(counts: xr.Dataset, *, corrected: bool = False) -> xr.Dataset:
    """The ROC of each person: rates cumulated from "sure old".

    Args:
        counts: what `count_ratings` returns.
        corrected: whether to correct the rates, as is needed for their z.

    Returns:
        Dataset (subject, criterion), from the strictest: `hit_rate`, `false_alarm_rate`, and, if
        corrected, `z_hit` and `z_false`, the zROC.
    """
    told = {"old": ("hit_rate", "Hit rate"), "new": ("false_alarm_rate", "False-alarm rate")}
    result = xr.Dataset(coords={"subject": counts["subject"]})
    for name, (rate, text) in told.items():
        total = counts[name].sum("rating")
        above = counts[name].isel(rating=slice(None, 0, -1)).cumsum("rating")
        above = above.rename(rating="criterion").drop_vars("criterion", errors="ignore")
        value = (above + 0.5) / (total + 1) if corrected else above / total
        result[rate] = value.assign_attrs(long_name=text, units="proportion")
    if corrected:
        for z, rate in (("z_hit", "hit_rate"), ("z_false", "false_alarm_rate")):
            value = result[rate].copy(data=norm.ppf(result[rate].values))
            result[z] = value.assign_attrs(
                long_name=f"z of the {rate.replace('_', ' ')}", units="1"
            )
    return result


def area(curve: xr.Dataset) -> xr.DataArray:
    """Area under each person's ROC by trapezoids: a lower bound of that under a concave curve.

    Args:
        curve: what `roc` returns.

    Returns:
        [subject], 0.5 = chance.
    """
    hit, false = (curve[n].transpose("subject", "criterion").values for n in _RATES)
    ends = np.zeros((len(hit), 1)), np.ones((len(hit), 1))
    y, x = (np.hstack([ends[0], rate, ends[1]]) for rate in (hit, false))
    attrs = {"long_name": "Area under the ROC (trapezoids)", "units": "1"}
    return xr.DataArray(np.trapezoid(y, x), {"subject": curve["subject"]}, attrs=attrs)


def fit(counts: xr.Dataset, *, equal_variance: bool = False, n_starts: int = 4) -> xr.Dataset:
    """Signal detection fitted to each person's ratings by maximum likelihood.

    Args:
        counts: what `count_ratings` returns.
        equal_variance: whether the standard deviation of old items is held at 1.
        n_starts: starts of each fit.

    Returns:
        Dataset (subject): `mean`, `sd`, `slope` of the zROC, `d_a` (d' if variances are equal),
        `log_likelihood` (nats), `aicc`, `bic` (n is the number of ratings), `at_bound`;
        `g_squared`, the deviance from a model that gives every rating its own probability,
        chi-squared with `attrs["degrees_of_freedom"]` if the model is true; `criteria` (subject,
        criterion), rising; and `old` and `new` (subject, rating), the counts expected, of which
        `roc` makes the model's ROC as it does of people's.

    Raises:
        InvalidValue: if somebody rated no old or no new items, or if two ratings, one point of the
            ROC, are to tell both variances.
    """
    each = _rated(counts)
    if counts.sizes["rating"] < 3 and not equal_variance:
        raise InvalidValue("two ratings make one point: expected three, or equal_variance=True.")
    model = SignalDetection.of(counts.sizes["rating"])
    if equal_variance:
        model = parameters.replace(model, {"sd": 1.0})
    data = Ratings(**{name: jnp.asarray(rated, float) for name, rated in each.items()})
    fixed = ["sd"] if equal_variance else []
    found = maximise(model, SignalDetection.log_likelihood, data, fixed=fixed, n_starts=n_starts)
    fitted = _labelled(found, np.stack(list(each.values())))
    return _with_expected(fitted.assign_coords(subject=counts["subject"]), counts)


def _rated(counts: xr.Dataset) -> dict[str, np.ndarray]:
    """[subject, rating] of old and of new items, of people who rated both."""
    each = {name: _by_person(counts, name) for name in Ratings._fields}
    for name, rated in each.items():
        without = counts["subject"].values[rated.sum(axis=1) == 0]
        if without.size:
            told = f"subject(s) {without.tolist()} rated no {name} items"
            raise InvalidValue(f"{told}: leave them out.")
    return each


def _with_expected(fitted: xr.Dataset, counts: xr.Dataset) -> xr.Dataset:
    """Adds how often each rating is expected, of as many items as were tested."""
    expected = {}
    for name, mean, sd in (("old", fitted["mean"], fitted["sd"]), ("new", 0.0, 1.0)):
        below = norm.cdf((fitted["criteria"] - mean) / sd)
        share = np.diff(below, axis=1, prepend=0, append=1)
        total = _by_person(counts, name).sum(axis=1, keepdims=True)
        about = {"long_name": f"Expected ratings of {name} items", "units": "count"}
        expected[name] = (("subject", "rating"), total * share, about)
    return fitted.assign(expected).assign_coords(rating=counts["rating"])


def _by_person(counts: xr.Dataset, name: str) -> np.ndarray:
    return counts[name].transpose("subject", "rating").values


def _labelled(found: Estimate, counts: np.ndarray) -> xr.Dataset:
    """Estimates, what follows from them, and criteria of comparison.

    Args:
        found: the fits.
        counts: [old or new, subject, rating].
    """
    mean, first, steps = (found.values[name] for name in ("mean", "first_criterion", "steps"))
    sd = found.values.get("sd", np.ones_like(mean))
    k, deviance, n = found.n_parameters, -2 * found.log_likelihood, counts.sum(axis=(0, 2))
    # Of the model in which each rating has a probability of its own.
    least = -2 * xlogy(counts, counts / counts.sum(axis=2, keepdims=True)).sum(axis=(0, 2))
    per_person = {
        "mean": (mean, "Mean of old items"),
        "sd": (sd, "Standard deviation of old items"),
        "slope": (1 / sd, "Slope of the zROC"),
        "d_a": (mean * np.sqrt(2 / (1 + sd**2)), "d_a"),
        "log_likelihood": (found.log_likelihood, "Log-likelihood (nats)"),
        "aicc": (deviance + 2 * k + 2 * k * (k + 1) / (n - k - 1), f"AICc; {N_EVENTS}"),
        "bic": (deviance + k * np.log(n), f"BIC; {N_EVENTS}"),
        "g_squared": (deviance - least, "Deviance (G squared)"),
        "at_bound": (found.at_bound, "An estimate lies on its bounds"),
    }
    dataset = xr.Dataset(
        {
            name: ("subject", value, {"long_name": text, "units": "1"})
            for name, (value, text) in per_person.items()
        },
        attrs={"n_parameters": k, "degrees_of_freedom": 2 * (counts.shape[2] - 1) - k},
    )
    criteria = first[:, None] + np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))
    dataset["criteria"] = (("subject", "criterion"), criteria, {"long_name": "Criteria"})
    return dataset
