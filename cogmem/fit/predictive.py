"""Predictive checks: do the fitted models, recalling for themselves, look like the people?

Fitting makes every response likely. It never sees a serial position curve or a transition by lag,
so these are a test: each person's model recalls as many lists as the person did, many times over,
and each statistic of the people is laid beside the spread of those copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from jaxtyping import PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit.criteria import check_level
from cogmem.fit.holdout import simulate
from cogmem.fit.multistart import Fit
from cogmem.measures import recall
from cogmem.models.parameters import check_key

__all__ = ["STATISTICS", "predictive_check"]

MAX_LAG = 5

Statistic = Callable[[Recalls], xr.Dataset]

STATISTICS: Mapping[str, Statistic] = {
    "spc": recall.spc,
    "pfr": recall.pfr,
    "pnr": lambda recalls: recall.pnr(recalls).sel(output=slice(2, 5)),
    "lag_crp": lambda recalls: recall.lag_crp(recalls, min(MAX_LAG, recalls.length - 1)),
    "lag_crp_compound": lambda recalls: recall.lag_crp_compound(
        recalls, min(MAX_LAG, recalls.length - 1)
    ).sel(previous_lag=[-1, 1]),
    "stopping": recall.stopping,
}
"""What is checked: whole curves, n-th recalls 2 to 5, and lags up to 5, after a step of one too."""


def predictive_check(
    fit: Fit,
    recalls: Recalls,
    *,
    n_copies: int = 50,
    level: float = 0.95,
    statistics: Mapping[str, Statistic] | None = None,
    key: PRNGKeyArray,
) -> xr.DataTree:
    """Statistics of people beside those of simulated copies of the same people.

    Args:
        fit: the fitted people.
        recalls: what they did; intrusions and repeats may be in it, as the measures take them.
        n_copies: how often every person's lists are simulated.
        level: of the bands.
        statistics: by name, functions of `Recalls`; `STATISTICS` if None.
        key: of the simulation.

    Returns:
        A node per statistic, along its axes: `people`, the mean over them; `median`, `low` and
        `high` of that mean over the copies; `tail`, the two-sided share of copies at least as
        extreme (1 = in the middle). At the root `share_outside` (statistic): the points at which
        people lie outside the band; by chance 1 - `level` of them.

    Raises:
        InvalidValue: if the people are not those of the fit, or the level is not between 0 and 1.
    """
    check_level(level)
    check_key(key)
    people = fit.people
    if not np.array_equal(recalls.subjects, people.subjects):
        raise InvalidValue("the people of these lists are not the people fitted.")
    copies = _copies(fit, n_copies, key)
    nodes = {}
    for name, statistic in (statistics or STATISTICS).items():
        observed = statistic(recalls)["value"]
        simulated = statistic(copies)["value"].transpose("subject", ...)
        shape = (n_copies, len(people), *simulated.shape[1:])
        nodes[name] = _beside(observed, simulated.values.reshape(shape), level)
    outside = [float(node["outside"].mean()) for node in nodes.values()]
    root = xr.Dataset({"share_outside": ("statistic", outside)}, {"statistic": list(nodes)})
    return xr.DataTree.from_dict({"/": root.assign_attrs(n_copies=n_copies, level=level)} | nodes)


def _copies(fit: Fit, n_copies: int, key: PRNGKeyArray) -> Recalls:
    """Every copy of every person as a subject of its own, numbered copy by copy."""
    people, most = fit.people, int(fit.people.n_lists.max())
    simulated = simulate(fit, n_copies * most, key=key).recalls
    shape = (len(people), n_copies, most, people.n_items)
    laid = simulated.reshape(shape).transpose(1, 0, 2, 3)
    kept = np.broadcast_to(np.arange(most) < people.n_lists[:, None], laid.shape[:3])
    number = np.arange(n_copies * len(people)).reshape(n_copies, -1, 1)
    return Recalls.from_positions(
        laid[kept],
        list_length=people.n_items,
        subject=np.broadcast_to(number, laid.shape[:3])[kept],
    )


def _beside(observed: xr.DataArray, simulated: np.ndarray, level: float) -> xr.Dataset:
    """Means over people, theirs and those of each copy; NaN where nobody has a value.

    Args:
        observed: (subject, *axes).
        simulated: [copy, subject, *axes].
        level: of the band.
    """
    people = observed.mean("subject", keep_attrs=True)
    means = _mean(simulated, axis=1)
    ends = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    low, median, high = _quantiles(means, ends)
    value = people.values
    known = np.isfinite(value) & np.isfinite(median)
    above, below = _mean(means >= value, axis=0), _mean(means <= value, axis=0)
    tail = np.where(known, np.minimum(1, 2 * np.minimum(above, below)), np.nan)
    outside = np.where(known, (value < low) | (value > high), np.nan)
    columns = {"median": median, "low": low, "high": high, "tail": tail, "outside": outside}
    axes = people.dims
    return xr.Dataset({"people": people} | {k: (axes, v) for k, v in columns.items()})


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what there is, NaN where there is nothing."""
    present = ~np.isnan(values.astype(float))
    n = present.sum(axis=axis)
    total = np.where(present, values, 0).sum(axis=axis)
    return total / np.where(n > 0, n, np.nan)


def _quantiles(values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Quantiles over the first axis where all copies have a value, else NaN."""
    whole = np.isfinite(values).all(axis=0)
    found = np.full((len(ends), *values.shape[1:]), np.nan)
    found[:, whole] = np.quantile(values[:, whole], ends, axis=0)
    return found
