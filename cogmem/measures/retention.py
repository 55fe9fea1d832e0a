"""Retention: how much is left after a delay, and which law it follows.

Counts (so many retained of so many tested, at each delay) are fitted by binomial likelihood, person
by person and for the group, all laws at once. Least squares is only for published savings, which
are no counts.

A warning. The mean of many exponentials is not an exponential: fast forgetters lose at once what
they lose, slow ones go on losing, and the mean falls ever more slowly, like a power law (Anderson &
Tweney, 1997, Memory & Cognition 25, 724-730). A law of the group's curve need be no one's law. So
`fit` reports every person by itself, and the group as one more problem beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.scipy.special import xlog1py, xlogy
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue
from cogmem.measures.maximum_likelihood import maximise
from cogmem.models import parameters
from cogmem.models.retention import LAWS, LAWS_WITHOUT_ZERO, RetentionLaw

__all__ = [
    "GROUP",
    "Retained",
    "fit",
    "fit_least_squares",
    "log_likelihood",
    "pooled",
    "power_against_exponential",
    "savings",
    "standard_errors",
]

GROUP = "group"
"""The label of the problem that adds all people's counts."""

Counts = Float[Array, "*person delay"] | Float[np.ndarray, "*person delay"]

_SYMBOLS = ("a", "b", "c")


class Retained(NamedTuple):
    """How many were retained of how many tested, at each delay."""

    times: Counts
    n_retained: Counts
    n_tested: Counts


def savings(first: ArrayLike, relearning: ArrayLike) -> np.ndarray:
    """Savings Q = (L - L_t) / L: the share of the work that need not be done again.

    Args:
        first: time, or trials, of first learning L; above 0.
        relearning: the same of relearning after the delay, L_t. Slower relearning than first
            learning gives a negative Q.

    Raises:
        InvalidValue: if a time of first learning is not above 0.

    Source: Ebbinghaus (1885); Murre & Dros (2015, PLoS ONE 10, e0120644).
    """
    first, relearning = np.asarray(first, float), np.asarray(relearning, float)
    if not (first > 0).all():
        raise InvalidValue(f"first learning took {first.min()}, expected more than 0.")
    return (first - relearning) / first


def fit(
    times: ArrayLike,
    n_retained: ArrayLike,
    n_tested: ArrayLike,
    *,
    laws: Mapping[str, RetentionLaw] | None = None,
    people: ArrayLike | None = None,
    leave_out: bool = True,
    n_starts: int = 3,
    seed: int = 0,
) -> xr.Dataset:
    """All laws, fitted by binomial likelihood to each person and to the counts of all together.

    Args:
        times: [delay] in a unit that the caller must state.
        n_retained: [person, delay] retained. A person's delay that was not tested counts 0 of 0.
        n_tested: [person, delay] tested.
        laws: by name; by default the six that hold from t = 0.
        people: [person] labels; 1, 2, ... if None.
        leave_out: whether to fit each law once more without each delay, for `held_out`.
        n_starts: starts of each fit.
        seed: of the starts.

    Returns:
        Dataset over (person, law), the person "group" last. With n the number of tests of a person
        (events, not delays) and k of parameters:

        - `log_likelihood`: nats, without the binomial coefficient, which all laws share.
        - `aicc`, `bic`; `weight`: the Akaike weight by AICc among these laws, of each person.
        - `held_out`: nats per test of the counts at each delay by the law fitted to the others,
          summed over delays; `held_out_rmse`: the error of the proportions predicted. The first
          and last delay are extrapolated, and a law that then says 1 where something was lost
          costs 14 nats for each loss, by the clipping. NaN unless `leave_out`.
        - `estimate`, `standard_error`: (person, law, parameter), NaN for a parameter that the law
          has not. The errors are asymptotic, and NaN where the information is singular.
        - `at_bound`: an estimate lies on its bounds, and its standard error means nothing.
        - `probability`: (person, law, delay).
        - `n_retained`, `n_tested`: (person, delay); `n_parameters`: (law).

    Raises:
        InvalidValue: if shapes disagree, a count lies outside 0 to `n_tested`, or a law without
            zero is asked of a delay of 0.
    """
    laws = LAWS if laws is None else laws
    data = pooled(times, n_retained, n_tested)
    _check_times(data.times, laws)
    labels = np.arange(1, len(data.n_tested)) if people is None else np.asarray(people)
    names = np.append(labels.astype(str), GROUP)
    fitted = [_fit_law(law, data, leave_out, n_starts, seed) for law in laws.values()]
    coords = {"person": names, "law": list(laws), "delay": data.times[0]}
    return _criteria(xr.concat(fitted, "law").assign_coords(coords), data)


def power_against_exponential(
    times: ArrayLike,
    n_retained: ArrayLike,
    n_tested: ArrayLike,
    *,
    laws: Mapping[str, RetentionLaw],
) -> tuple[Float[np.ndarray, " person"], xr.Dataset]:
    """AICc of the power law minus that of the exponential, above 0 if that is nearer.

    Both have two parameters, so that this is twice the difference of log-likelihoods.

    Args:
        times, n_retained, n_tested: as for `fit`; the last may be one number for all.
        laws: "power" and "exponential" among them.

    Returns:
        Of each person, and the fits, those of all together as the last person.
    """
    tested = np.broadcast_to(np.asarray(n_tested, float), np.shape(n_retained))
    fitted = fit(times, n_retained, tested, laws=laws, leave_out=False)
    aicc = fitted["aicc"]
    return (aicc.sel(law="power") - aicc.sel(law="exponential")).values, fitted


def pooled(times: ArrayLike, n_retained: ArrayLike, n_tested: ArrayLike) -> Retained:
    """The counts of every person and, in a further row, of all together.

    Args:
        times: [delay].
        n_retained, n_tested: [person, delay].

    Raises:
        InvalidValue: if shapes disagree or a count lies outside 0 to `n_tested`.
    """
    times, right, tested = (np.asarray(x, float) for x in (times, n_retained, n_tested))
    if right.ndim != 2 or right.shape != tested.shape or right.shape[1:] != times.shape:
        shapes = f"times {times.shape}, n_retained {right.shape}, n_tested {tested.shape}"
        raise InvalidValue(f"{shapes}: expected [delay], and [person, delay] twice.")
    if ((right < 0) | (right > tested)).any():
        raise InvalidValue("a number retained lies outside 0 to the number tested.")
    right, tested = (np.vstack([x, x.sum(axis=0)]) for x in (right, tested))
    return Retained(np.broadcast_to(times, right.shape), right, tested)


def fit_least_squares(
    times: ArrayLike,
    values: ArrayLike,
    *,
    laws: Mapping[str, RetentionLaw] | None = None,
    n_starts: int = 3,
    seed: int = 0,
) -> xr.Dataset:
    """All laws, fitted by least squares to published values that are no counts, such as savings.

    Not for proportions of known numbers of tests: those are fitted by `fit`.

    Args:
        times: [delay] in a unit that the caller must state, above 0 unless `laws` allow 0.
        values: [delay] savings or proportions.
        laws: by name; by default the four two-parameter laws in t itself.
        n_starts: starts of each fit.
        seed: of the starts.

    Returns:
        Dataset over (law): `rmse`; `aic` = n ln(RMSE^2) + 2 (k + 1) and `aicc`, with n the number
        of delays and the variance counted as a parameter (`aicc` is infinite if n <= k + 2);
        `weight`, the Akaike weight by AICc; `held_out_rmse`, of each delay predicted by the law
        fitted to the others; `estimate` (law, parameter); `at_bound`; `retained` (law, delay).

    Raises:
        InvalidValue: if a law without zero is asked of a delay of 0.
    """
    laws = LAWS_WITHOUT_ZERO if laws is None else laws
    delays, left = np.asarray(times, float), np.asarray(values, float)
    _check_times(delays, laws)
    each = [_least_squares(law, delays, left, n_starts, seed) for law in laws.values()]
    coords = {"law": list(laws), "delay": delays, "parameter": list(_SYMBOLS)}
    fitted = xr.concat(each, "law").assign_coords(coords)
    return fitted.assign(weight=_akaike_weights(fitted["aicc"]))


def log_likelihood(law: RetentionLaw, data: Retained) -> Float[Array, ""]:
    """Binomial log-likelihood (nats) of one person's counts, without the coefficient."""
    p = law.probability(jnp.asarray(data.times))
    lost = data.n_tested - data.n_retained
    return jnp.sum(xlogy(data.n_retained, p) + xlog1py(lost, -p))


def standard_errors(law: RetentionLaw, data: Retained) -> Float[Array, " k"]:
    """Asymptotic standard errors of a law's parameters, from the expected information.

    I = sum_t n_t / (p_t (1 - p_t)) (dp_t/dtheta) (dp_t/dtheta)^T. Not finite where the counts say
    nothing about a parameter.

    Args:
        law: at its estimates.
        data: one person's counts.
    """

    def probability(values: dict[str, Array]) -> Float[Array, " delay"]:
        return parameters.replace(law, values).probability(jnp.asarray(data.times))

    values = parameters.get(law)
    p, by_name = probability(values), jax.jacfwd(probability)(values)
    slopes = jnp.stack([by_name[name] for name in values])
    weight = data.n_tested / (p * (1 - p))
    information = (slopes * weight[None]) @ slopes.T
    return jnp.sqrt(jnp.diag(jnp.linalg.inv(information)))


def _fit_law(
    law: RetentionLaw, data: Retained, leave_out: bool, n_starts: int, seed: int
) -> xr.Dataset:
    """One law: each person with all delays and, if asked, with each delay left out."""
    n_people, n_delays = data.n_tested.shape
    folds, n_folds = _folds(data, leave_out)
    found = maximise(law, log_likelihood, folds, n_starts=n_starts, seed=seed)
    with jax.enable_x64(True):
        p = np.asarray(_probabilities(found.model, folds.times))
        whole = jax.tree.map(lambda leaf: leaf[::n_folds], found.model)
        errors = np.asarray(_standard_errors(whole, data))
    by_fold = p.reshape(n_people, n_folds, n_delays)
    values = {name: value[::n_folds] for name, value in found.values.items()}
    return _labelled(
        values,
        dict(zip(values, errors.T, strict=True)),
        log_likelihood=("person", found.log_likelihood[::n_folds]),
        at_bound=("person", found.at_bound[::n_folds]),
        n_parameters=found.n_parameters,
        probability=(("person", "delay"), by_fold[:, 0]),
        **_held_out(by_fold[:, 1:], data),
    )


# Of many people at once. Compiled once for each law.
_probabilities = jax.jit(jax.vmap(lambda law, times: law.probability(times)))
_curves = jax.jit(jax.vmap(lambda law, times: law.retained(times)))
_standard_errors = jax.jit(jax.vmap(standard_errors))


def _folds(data: Retained, leave_out: bool) -> tuple[Retained, int]:
    """The counts [person x fold, delay]: in fold 0 all, in fold d all but those of delay d."""
    n_delays = data.n_tested.shape[1]
    kept = np.vstack([np.ones(n_delays), 1 - np.eye(n_delays)])[: None if leave_out else 1]
    right, tested = ((x[:, None] * kept).reshape(-1, n_delays) for x in data[1:])
    return Retained(np.repeat(data.times, len(kept), axis=0), right, tested), len(kept)


def _held_out(p: np.ndarray, data: Retained) -> dict[str, tuple[str, np.ndarray]]:
    """How well each delay is predicted by the law that never saw it, [person].

    Args:
        p: [person, delay left out, delay]; without any delay left out, all are NaN.
        data: the counts.
    """
    if not p.shape[1]:
        none = ("person", np.full(len(p), np.nan))
        return {"held_out": none, "held_out_rmse": none}
    p, lost = np.diagonal(p, axis1=1, axis2=2), data.n_tested - data.n_retained
    nats = data.n_retained * np.log(p) + lost * np.log1p(-p)
    error = data.n_retained / np.where(data.n_tested > 0, data.n_tested, np.nan) - p
    return {
        "held_out": ("person", nats.sum(axis=1) / data.n_tested.sum(axis=1)),
        "held_out_rmse": ("person", np.sqrt(np.nanmean(error**2, axis=1))),
    }


def _labelled(
    values: dict[str, np.ndarray], errors: dict[str, np.ndarray], **variables: Any
) -> xr.Dataset:
    """Estimates and their errors along one axis of parameters, NaN where a law has none."""

    def along(by_name: dict[str, np.ndarray]) -> tuple[tuple[str, str], np.ndarray]:
        none = np.full_like(by_name["a"], np.nan)
        columns = [by_name.get(name, none) for name in _SYMBOLS]
        return ("person", "parameter"), np.stack(columns, axis=-1)

    both = {"estimate": along(values), "standard_error": along(errors)}
    return xr.Dataset({**both, **variables}, {"parameter": list(_SYMBOLS)})


def _criteria(fitted: xr.Dataset, data: Retained) -> xr.Dataset:
    """With AICc, BIC and Akaike weights; n is the number of tests of each person."""
    counts = {name: (("person", "delay"), getattr(data, name)) for name in data._fields[1:]}
    fitted = fitted.assign(counts)
    n, k = fitted["n_tested"].sum("delay"), fitted["n_parameters"]
    deviance = -2 * fitted["log_likelihood"]
    aicc = deviance + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    return fitted.assign(aicc=aicc, bic=deviance + k * np.log(n), weight=_akaike_weights(aicc))


def _least_squares(
    law: RetentionLaw, times: np.ndarray, values: np.ndarray, n_starts: int, seed: int
) -> xr.Dataset:
    """One law. The least squares are the greatest likelihood of a normal error."""
    n = values.size
    kept = np.vstack([np.ones(n), 1 - np.eye(n)])  # [fold, delay], as in `_folds`
    data = np.broadcast_to(times, kept.shape), np.broadcast_to(values, kept.shape), kept
    found = maximise(law, _normal, data, n_starts=n_starts, seed=seed)
    with jax.enable_x64(True):
        curves = np.asarray(_curves(found.model, data[0]))
    k = found.n_parameters + 1  # and the variance
    deviance = -2 * found.log_likelihood[0]
    estimate = [found.values[s][0] if s in found.values else np.nan for s in _SYMBOLS]
    return xr.Dataset(
        {
            "rmse": np.exp(-found.log_likelihood[0] / n),
            "aic": deviance + 2 * k,
            "aicc": deviance + 2 * k + (2 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf),
            "held_out_rmse": np.sqrt(((np.diag(curves[1:]) - values) ** 2).mean()),
            "at_bound": found.at_bound[0],
            "estimate": ("parameter", estimate),
            "retained": ("delay", curves[0]),
        }
    )


def _normal(law: RetentionLaw, data: tuple[Array, Array, Array]) -> Float[Array, ""]:
    """Normal log-likelihood of the values kept, its variance at its best, without constants."""
    times, values, kept = data
    squares = kept * (law.retained(times) - values) ** 2
    return -0.5 * kept.sum() * jnp.log(squares.sum() / kept.sum())


def _akaike_weights(aicc: xr.DataArray) -> xr.DataArray:
    """Share of each law: exp(-AICc / 2), scaled to sum to 1 over laws."""
    behind = (aicc - aicc.min("law")).transpose(*aicc.dims)
    likelihood = aicc.copy(data=np.exp(-behind.values / 2))
    return likelihood / likelihood.sum("law")


def _check_times(times: Counts, laws: Mapping[str, RetentionLaw]) -> None:
    """A power of t, or its logarithm, is infinite at t = 0."""
    for name, law in laws.items():
        with np.errstate(all="ignore"):
            finite = np.isfinite(np.asarray(law.retained(jnp.asarray(times)))).all()
        if not finite:
            raise InvalidValue(
                f"the law {name!r} is not finite at t = {times.min()}: leave that delay out, or "
                "use a law in 1 + t."
            )
