"""For which tasks units are used: how much each varies over the trials of each task.

Task variance of a unit is its variance over trials at each frame, averaged over frames; divided by
its largest over all tasks it tells which tasks the unit serves (Yang et al., 2019, Nature
Neuroscience 22, 297-306). Units are sorted into clusters by k-means, with as many as give the
largest mean silhouette, as Sikarwar & Zhang (2023) do.

    found = task_variance(outputs, lengths)
    shown = clusters(normalised(found))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["clusters", "family", "kmeans", "normalised", "silhouettes", "task_variance"]


def family(name: str) -> str:
    """One name, CD, for the five variants of change detection; other tasks keep theirs."""
    return "CD" if name.startswith("CD_") else name


def task_variance(
    outputs: Mapping[str, ArrayLike],
    n_frames: Mapping[str, ArrayLike],
    *,
    pool: Callable[[str], str] = family,
) -> xr.Dataset:
    """How much units vary over trials of each task.

    Args:
        outputs: [trial, frame, unit] by task.
        n_frames: [trial] by task, how many frames count: the lengths of trials, or for the time
            before responses the place of the first response. Later frames are not looked at.
        pool: under which name the trials of a task are taken together with others.

    Returns:
        Dataset (task, unit) with `value`: population variance over those trials in which a frame
        exists, averaged over the frames that at least two trials have.

    Raises:
        InvalidValue: for arrays that do not fit, values in counted frames that are not finite, or a
            task in which no frame has two trials.
    """
    rows: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for name, each in outputs.items():
        rows.setdefault(pool(name), []).append(_checked(name, each, n_frames))
    found = {name: _variance(name, parts) for name, parts in rows.items()}
    if len({len(each) for each in found.values()}) != 1:
        sizes = ", ".join(f"{name} {len(each)}" for name, each in found.items())
        raise InvalidValue(f"units of the tasks: {sizes or 'no task'}; expected the same for all.")
    about = {"long_name": "Task variance", "units": "squared output"}
    table = np.stack(list(found.values()))
    coords = {"task": list(found), "unit": np.arange(table.shape[1])}
    return xr.Dataset({"value": (("task", "unit"), table, about)}, coords)


def _checked(
    name: str, outputs: ArrayLike, n_frames: Mapping[str, ArrayLike]
) -> tuple[Float[np.ndarray, "trial frame unit"], Int[np.ndarray, " trial"]]:
    x, n = np.asarray(outputs, float), np.asarray(n_frames.get(name, ()))
    if x.ndim != 3 or n.shape != x.shape[:1] or (n < 0).any() or (n > x.shape[1]).any():
        raise InvalidValue(
            f"{name}: outputs of the shape {x.shape} and {n.size} numbers of frames; expected "
            "[trial, frame, unit] and for each trial how many of its frames count."
        )
    if not np.isfinite(x[np.arange(x.shape[1])[None] < n[:, None]]).all():
        raise InvalidValue(f"{name}: outputs are not all finite in frames that count.")
    return x, n


def _variance(name: str, parts: list[tuple[np.ndarray, np.ndarray]]) -> Float[np.ndarray, " unit"]:
    most = max(x.shape[1] for x, _ in parts)
    each = []
    for frame in range(most):
        here = [x[n > frame, frame] for x, n in parts if x.shape[1] > frame]
        if sum(map(len, here)) > 1:
            x = np.concatenate(here)
            each.append((x - x[0]).var(axis=0))  # so that constants have none, not a rounding error
    if not each:
        raise InvalidValue(f"{name}: no frame that counts has two trials; expected at least one.")
    return np.mean(each, axis=0)


def normalised(variance: xr.Dataset) -> xr.Dataset:
    """Task variance of each unit divided by its largest over tasks.

    Returns:
        Dataset (task, unit) with `value`, and (silent) with `dropped`: units that vary in no task,
        which are left out.
    """
    table = variance["value"]
    largest = table.max("task")
    alive = (largest > 0).values
    value = (table.isel(unit=alive) / largest.isel(unit=alive)).transpose("task", "unit")
    value.attrs = {"long_name": "Task variance, share of the unit's largest", "units": "proportion"}
    return xr.Dataset({"value": value, "dropped": ("silent", table["unit"].values[~alive])})


def clusters(
    shares: xr.Dataset, *, most: int = 99, restarts: int = 10, seed: int = 45
) -> xr.Dataset:
    """Units that serve like tasks, with as many clusters as have the largest silhouette.

    Args:
        shares: of `normalised`.
        most: largest number of clusters; it always stays below the number of different units.
        restarts: of k-means for each number; the tightest counts.
        seed: of first centres.

    Returns:
        Dataset: `value` (task, unit), units in the order of a heat map: by cluster, and within it
        by nearness to its centre; `cluster` (unit), numbered from 0 in the order of the task that
        its centre is largest in; `centre` (cluster_id, task); `silhouette` (k), the mean of each
        number of clusters; `dropped` (silent) as given.

    Raises:
        InvalidValue: if fewer than three units differ, or `most` < 2 or `restarts` < 1.
    """
    x = shares["value"].transpose("unit", "task").values
    n_different = len(np.unique(x, axis=0)) if len(x) else 0
    if n_different < 3 or most < 2 or restarts < 1:
        raise InvalidValue(
            f"{n_different} different units, at most {most} clusters, {restarts} restarts; "
            "expected at least 3, 2 and 1."
        )
    numbers = np.arange(2, min(most, n_different - 1) + 1)
    found = [kmeans(x, int(k), restarts=restarts, seed=seed) for k in numbers]
    means = np.array([silhouettes(x, members).mean() for members in found])
    return _sorted(shares, found[int(means.argmax())], numbers, means)


def _sorted(
    shares: xr.Dataset, members: np.ndarray, numbers: np.ndarray, means: np.ndarray
) -> xr.Dataset:
    x = shares["value"].transpose("unit", "task").values
    centres = _centres(x, members, members.max() + 1)
    order = np.lexsort((-centres.max(axis=1), centres.argmax(axis=1)))
    members = order.argsort()[members]
    far = ((x - centres[order][members]) ** 2).sum(axis=1)
    ordered = shares.isel(unit=np.lexsort((far, members)))
    about = {"long_name": "Mean silhouette", "units": "1"}
    return ordered.assign(
        cluster=("unit", np.sort(members)),
        centre=(("cluster_id", "task"), centres[order]),
        silhouette=("k", means, about),
    ).assign_coords(k=numbers, cluster_id=np.arange(len(centres)))


def kmeans(
    x: Float[np.ndarray, "unit feature"], k: int, *, restarts: int = 10, seed: int
) -> Int[np.ndarray, " unit"]:
    """The cluster of each unit, 0 to k - 1, none of which is empty.

    First centres are drawn with chances that grow with the squared distance to the nearest one
    (Arthur & Vassilvitskii, 2007), then Lloyd's algorithm; of all restarts the one with the least
    sum of squared distances.

    Args:
        x: [unit, feature].
        k: clusters.
        restarts: of which the best is kept.
        seed: of the first centres.

    Raises:
        InvalidValue: for fewer than 1 cluster or more than there are different units.
    """
    n_different = len(np.unique(x, axis=0))
    if not 1 <= k <= n_different:
        raise InvalidValue(f"k is {k}, expected 1 to {n_different}, as many units differ.")
    rng = np.random.default_rng([seed, k])
    each = [_lloyd(x, _first(x, k, rng)) for _ in range(restarts)]
    return min(each, key=lambda members: _spread(x, members, k))


def _first(x: np.ndarray, k: int, rng: np.random.Generator) -> Float[np.ndarray, "cluster feature"]:
    centres = x[[rng.integers(len(x))]]
    for _ in range(1, k):
        near = _squares(x, centres).min(axis=1)
        centres = np.concatenate([centres, x[[rng.choice(len(x), p=near / near.sum())]]])
    return centres


def _lloyd(x: np.ndarray, centres: np.ndarray, most: int = 300) -> Int[np.ndarray, " unit"]:
    members = np.full(len(x), -1)
    for _ in range(most):
        squares = _squares(x, centres)
        now = _peopled(squares.argmin(axis=1), squares, len(centres))
        if (now == members).all():
            break
        members = now
        centres = _centres(x, members, len(centres))
    return members


def _peopled(members: np.ndarray, squares: np.ndarray, k: int) -> Int[np.ndarray, " unit"]:
    """An empty cluster gets the unit that is farthest from its centre and not alone."""
    for empty in np.flatnonzero(np.bincount(members, minlength=k) == 0):
        far = squares[np.arange(len(members)), members].copy()
        far[np.bincount(members, minlength=k)[members] < 2] = -1
        members[far.argmax()] = empty
    return members


def _centres(x: np.ndarray, members: np.ndarray, k: int) -> Float[np.ndarray, "cluster feature"]:
    inside = members[None] == np.arange(k)[:, None]
    return inside @ x / inside.sum(axis=1, keepdims=True)


def _spread(x: np.ndarray, members: np.ndarray, k: int) -> float:
    return float(((x - _centres(x, members, k)[members]) ** 2).sum())


def _squares(x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "of to"]:
    """By differences, so that equal rows are 0 apart and not a rounding error."""
    return ((x[:, None] - y[None]) ** 2).sum(axis=2)


def silhouettes(
    x: Float[np.ndarray, "unit feature"], members: Int[np.ndarray, " unit"]
) -> Float[np.ndarray, " unit"]:
    """How much nearer units are to their own cluster than to the next: (b - a) / max(a, b).

    a is the mean distance to others of the own cluster, b that to the nearest other cluster; 0 for
    units that are alone (Rousseeuw, 1987).

    Raises:
        InvalidValue: for fewer than two clusters, or if there are not as many members as units.
    """
    names, place = np.unique(members, return_inverse=True)
    if len(names) < 2 or np.shape(members) != x.shape[:1]:
        raise InvalidValue(f"{len(names)} clusters of {len(x)} units, expected at least 2.")
    inside = (place[:, None] == np.arange(len(names))[None]).astype(float)
    sums, sizes = np.sqrt(_squares(x, x)) @ inside, inside.sum(axis=0)
    rows = np.arange(len(x))
    own = sums[rows, place] / np.maximum(sizes[place] - 1, 1)
    other = np.where(inside == 1, np.inf, sums / sizes).min(axis=1)
    most = np.maximum(own, other)
    some = (sizes[place] > 1) & (most > 0)
    return np.where(some, (other - own) / np.where(most > 0, most, 1), 0.0)
