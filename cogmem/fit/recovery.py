"""Recovery: can models, and their parameters, be told from behaviour that they made themselves?

What a fit says of people is worth as much as what it says of simulated people whose truth is known.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Literal

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.criteria import aic, bic
from cogmem.fit.holdout import simulate
from cogmem.fit.multistart import Fit, Progress, Search, fit
from cogmem.fit.people import People
from cogmem.participants.sitting import Sitting

__all__ = [
    "Criterion",
    "badness",
    "confusion",
    "model_recovery",
    "parameter_recovery",
    "simulated_sets",
]

Criterion = Literal["bic", "aic", "held_out"]
"""What a model is chosen by: an information criterion, or prediction of every other list."""


def model_recovery(
    fits: Mapping[str, Fit],
    *,
    n_sets: int,
    n_lists: int | None = None,
    criterion: Criterion = "bic",
    search: Search | None = None,
    key: PRNGKeyArray,
    progress: Progress = lambda blocks: None,
) -> xr.Dataset:
    """Simulate each model's behaviour, fit all models to it, and count which one is chosen.

    Args:
        fits: models by name, fitted to the same people: the true parameters are drawn from them.
        n_sets: simulated people per model.
        n_lists: lists of each; as many as the people at most have, if None.
        criterion: see `badness`.
        search: how hard each model is fitted.
        key: root of the draws, simulations and fits.
        progress: called with the number of blocks done since the last call;
            `len(fits) ** 2 * search.n_blocks` in all.

    Returns:
        See `confusion`.

    Raises:
        InvalidValue: if the models were fitted to different people, or n_sets is below 1.
    """
    sittings = {name: found.sitting for name, found in fits.items()}
    sets = (
        simulated_sets(found, n_sets, n_lists, key=_own(key, name)) for name, found in fits.items()
    )
    scores = [
        badness(sittings, some, criterion=criterion, search=search, key=key, progress=progress)
        for some in sets
    ]
    return confusion(np.stack(scores), list(fits))


def simulated_sets(
    found: Fit, n_sets: int, n_lists: int | None = None, *, key: PRNGKeyArray
) -> People:
    """Simulated people, numbered from 0, each with the parameters of one of the people fitted.

    Nobody is drawn twice unless more are asked for than there are.

    Args:
        found: the model, fitted to people.
        n_sets: simulated people.
        n_lists: lists of each; as many as the people at most have, if None.
        key: of the draw and of their recall.

    Raises:
        InvalidValue: if n_sets is below 1.
    """
    people = found.people
    if n_sets < 1:
        raise InvalidValue(f"n_sets is {n_sets}, expected 1 or more simulated people.")
    draw, recall = jax.random.split(key)
    rows = np.asarray(jax.random.choice(draw, len(people), (n_sets,), replace=n_sets > len(people)))
    # Named by number, because randomness goes with the name: one person's copies differ.
    copies = People(np.arange(n_sets), people.recalls[rows], people.weight[rows], people.n_items)
    of_copies = Fit(found.sitting, copies, found.raw[rows], found.nll[rows])
    n_lists = n_lists or int(people.n_lists.max())
    return People.of(simulate(of_copies, n_lists, key=recall))


def badness(
    sittings: Mapping[str, Sitting],
    people: People,
    *,
    criterion: Criterion = "bic",
    search: Search | None = None,
    key: PRNGKeyArray,
    progress: Progress = lambda blocks: None,
) -> Float[np.ndarray, "model subject"]:
    """How badly each model does on each person's lists: the model with the least is chosen.

    Args:
        sittings: models by name.
        people: their lists.
        criterion: "bic" or "aic" of fits to all lists, n being the number of events; or
            "held_out", minus the log-likelihood (nats) of the even lists after a fit to the odd.
        search: how hard each model is fitted.
        key: root; what is random about a model depends on its name, not on the others.
        progress: called with blocks done, `len(sittings) * search.n_blocks` in all.

    Raises:
        InvalidValue: if there is no such criterion.
    """
    if criterion not in ("bic", "aic", "held_out"):
        raise InvalidValue(f"criterion is {criterion!r}, expected 'bic', 'aic' or 'held_out'.")
    odd = np.arange(people.weight.shape[1]) % 2 == 0
    train = people.keeping(odd) if criterion == "held_out" else people

    def of_model(name: str, sitting: Sitting) -> Float[np.ndarray, " subject"]:
        own = _own(key, name)
        found = fit(sitting, train, key=own, search=search, progress=progress)
        if criterion == "held_out":
            return -found.score(people.keeping(~odd), key=own).sum(axis=1)
        rule = bic if criterion == "bic" else aic
        return rule(found.nll, found.n_parameters, people.n_events)

    return np.stack([of_model(name, sitting) for name, sitting in sittings.items()])


def confusion(scores: Float[np.ndarray, "made candidate set"], models: list[str]) -> xr.Dataset:
    """Which model was chosen for the behaviour of which.

    Args:
        scores: `badness` of each candidate for the sets that each model made.
        models: names along both of the first axes.

    Returns:
        Dataset with `count` (made_by, chosen); each row sums to the number of sets. `score`
        (made_by, chosen, set) and `margin` (made_by, set), by how much the best of the other
        models is worse than the true one; below 0 where the true one is not chosen.
    """
    best = scores.argmin(axis=1)
    n = len(models)
    counts = np.stack([np.bincount(row, minlength=n) for row in best])
    true = np.eye(n, dtype=bool)[:, :, None]
    others = np.where(true, np.inf, scores).min(axis=1)
    margin = others - np.where(true, scores, 0).sum(axis=1)
    variables = {
        "count": (("made_by", "chosen"), counts, {"long_name": "Simulated people"}),
        "score": (("made_by", "chosen", "set"), scores),
        "margin": (("made_by", "set"), margin, {"long_name": "Lead of the true model"}),
    }
    return xr.Dataset(variables, {"made_by": models, "chosen": models})


def parameter_recovery(
    truth: Float[np.ndarray, "person parameter"],
    estimate: Float[np.ndarray, "person parameter"],
    names: list[str],
    *,
    low: Float[np.ndarray, "person parameter"] | None = None,
    high: Float[np.ndarray, "person parameter"] | None = None,
) -> xr.Dataset:
    """How well estimates follow the truth, on the unconstrained scale, on which fits move.

    Args:
        truth: what was put in.
        estimate: what was found.
        names: of the parameters.
        low, high: ends of each estimate's interval, if there are any.

    Returns:
        Dataset (parameter): `correlation` over people (NaN if truth or estimate do not vary),
        `bias` and `rmse` of the estimates, and with intervals `coverage`, the share of those that
        exist (`n_intervals`) in which the truth lies.

    Raises:
        InvalidValue: if shapes disagree, or one end of the intervals is given without the other.
    """
    given = [array for array in (truth, estimate, low, high) if array is not None]
    if any(array.shape != (len(truth), len(names)) for array in given) or len(given) == 3:
        shapes = [array.shape for array in given]
        raise InvalidValue(f"shapes are {shapes}, expected [person, {len(names)}], and both ends.")
    error = estimate - truth
    summary = {
        "correlation": _correlations(truth, estimate),
        "bias": error.mean(axis=0),
        "rmse": np.sqrt((error**2).mean(axis=0)),
    }
    if low is not None and high is not None:
        known = np.isfinite(low) & np.isfinite(high)
        inside = (known & (low <= truth) & (truth <= high)).sum(axis=0)
        n = known.sum(axis=0)
        summary |= {"coverage": inside / np.where(n > 0, n, np.nan), "n_intervals": n}
    variables = {name: ("parameter", values) for name, values in summary.items()}
    return xr.Dataset(variables, {"parameter": names})


def _correlations(truth: np.ndarray, estimate: np.ndarray) -> Float[np.ndarray, " parameter"]:
    a, b = (values - values.mean(axis=0) for values in (truth, estimate))
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return (a * b).sum(axis=0) / np.where(scale > 0, scale, np.nan)


def _own(key: PRNGKeyArray, name: str) -> PRNGKeyArray:
    """A model's own key: its randomness goes with its name."""
    return jax.random.fold_in(key, zlib.crc32(name.encode()))
