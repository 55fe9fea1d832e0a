"""How well a set of rows spans what a population of neurons does: angles, energy, orthonormality.

Rows, H [row, input], are a basis of a subspace of inputs, such as the weights of subspace neurons
(`cogmem.models.hlop`). Energy is uncentred: a mean that is not 0 is part of what is to be captured.
Computed in float64, whatever is given.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = [
    "AGAINST_PRINCIPAL",
    "captured_energy",
    "leak",
    "least_residual_energy",
    "orthonormality_defect",
    "principal_angles",
    "principal_rows",
    "residual_energy",
    "rows_and_principal",
]

AGAINST_PRINCIPAL = ("angle", "residual", "defect", "alignment")
"""What `rows_and_principal` tells."""


def principal_angles(rows: ArrayLike, others: ArrayLike) -> Float[np.ndarray, " angle"]:
    """Angles between the subspaces that two sets of rows span, degrees, the largest first.

    Args:
        rows: [row, input], linearly independent; neither of unit length nor orthogonal.
        others: [row, input], likewise.

    Returns:
        As many as the smaller set has rows, from 90 (some direction of one subspace is orthogonal
        to the other) to 0.

    Raises:
        InvalidValue: if one set is no matrix or empty, or they have different numbers of inputs.

    Source: Björck & Golub (1973, Mathematics of Computation 27, 579-594), by
    `scipy.linalg.subspace_angles`, which is exact for small angles too.
    """
    from scipy.linalg import subspace_angles

    a, b = _matrix(rows, "rows"), _matrix(others, "others")
    _same_inputs(a, b, "other rows")
    return np.degrees(subspace_angles(a.T, b.T))


def residual_energy(inputs: ArrayLike, rows: ArrayLike) -> Float[np.ndarray, ""]:
    """Share of the energy of inputs that rows do not return: sum ||x - H'H x||^2 / sum ||x||^2.

    Args:
        inputs: [*sample, input], not all 0.
        rows: H [row, input]. Where they are not orthonormal, H'H is no projector, and what it
            leaves or overshoots in its own directions counts; the share may then exceed 1.

    Raises:
        InvalidValue: if there are different numbers of inputs, or no energy.
    """
    x, h = _samples(inputs), _matrix(rows, "rows")
    _same_inputs(x, h, "rows")
    return np.sum((x - (x @ h.T) @ h) ** 2) / np.sum(x**2)


def captured_energy(inputs: ArrayLike, rows: ArrayLike) -> Float[np.ndarray, ""]:
    """1 - `residual_energy`: the share of the energy of inputs that rows return."""
    return 1 - residual_energy(inputs, rows)


def least_residual_energy(inputs: ArrayLike, n_rows: int) -> Float[np.ndarray, ""]:
    """The least that so many rows can leave: the smaller eigenvalues of E[x x'] over all of them.

    Args:
        inputs: [*sample, input], not all 0.
        n_rows: 0 to the number of inputs.

    Raises:
        InvalidValue: for another number of rows, or inputs without energy.

    Source: Eckart & Young (1936, Psychometrika 1, 211-218).
    """
    energies = _spectrum(_samples(inputs), n_rows)[0]
    return energies[n_rows:].sum() / energies.sum()


def principal_rows(inputs: ArrayLike, n_rows: int) -> Float[np.ndarray, "row input"]:
    """Orthonormal rows that leave the least: the leading eigenvectors of E[x x'], largest first.

    Args, Raises: see `least_residual_energy`.
    """
    return _spectrum(_samples(inputs), n_rows)[1][:n_rows]


def leak(
    errors: ArrayLike, traces: ArrayLike, old: ArrayLike, rows: ArrayLike
) -> Float[np.ndarray, "*change"]:
    """How much of a change of weights reaches old inputs when rows are taken off its traces.

    With dW = sum over items of error x (x - H'H x)', and dW_plain without the projection, the ratio
    ||dW X'|| / ||dW_plain X'|| over all old inputs X: 0 if rows are orthonormal and span X, 1 for
    rows that are orthogonal to what is learnt.

    Args:
        errors: [*change, item, output].
        traces: [*change, item, input], what is learnt from.
        old: X [*sample, input].
        rows: H [row, input].

    Returns:
        One ratio for each change; NaN where a change would not reach old inputs in any case.

    Raises:
        InvalidValue: if there are different numbers of inputs, or X has no energy.

    Source: Xiao et al. (2024, arXiv 2402.11984), the condition that their projection is to meet.
    """
    e, x = np.asarray(errors, float), np.asarray(traces, float)
    inputs, h = _samples(old), _matrix(rows, "rows")
    _same_inputs(inputs, h, "rows")
    _same_inputs(inputs, x.reshape(-1, x.shape[-1]), "traces")
    kept = x - (x @ h.T) @ h
    moved, plain = (
        np.linalg.norm(np.swapaxes(e, -1, -2) @ each @ inputs.T, axis=(-2, -1))
        for each in (kept, x)
    )
    return np.divide(moved, plain, out=np.full_like(plain, np.nan), where=plain > 0)


def orthonormality_defect(rows: ArrayLike) -> Float[np.ndarray, ""]:
    """max |H H' - I|: 0 for orthonormal rows.

    Args:
        rows: H [row, input].

    Raises:
        InvalidValue: if it is no matrix, or empty.
    """
    h = _matrix(rows, "rows")
    return np.abs(h @ h.T - np.eye(len(h))).max()


def rows_and_principal(
    rows: Float[np.ndarray, "set *axes row input"],
    inputs: Float[np.ndarray, "set batch item input"],
    n_rows: int,
) -> dict[str, np.ndarray]:
    """Rows against the principal rows of the inputs that they learnt from.

    Args:
        rows: of each data set.
        inputs: of each data set, in batches.
        n_rows: principal rows of each.

    Returns:
        [set, *axes]: `angle`, the largest, degrees; `residual` energy; `defect`, max |HH' - I|;
        `alignment`, mean over rows of the largest |cosine| with an eigenvector. The last three are
        NaN, and the angle is 90, for rows that have become infinite.
    """
    found = {name: np.full(rows.shape[:-2], np.nan) for name in AGAINST_PRINCIPAL}
    found["angle"][:] = 90
    principal = [principal_rows(each, n_rows) for each in inputs]
    for at in np.ndindex(rows.shape[:-2]):
        own, best = rows[at], principal[at[0]]
        if np.isfinite(own).all():
            units = own / np.linalg.norm(own, axis=1, keepdims=True)
            found["angle"][at] = principal_angles(own, best)[0]
            found["residual"][at] = residual_energy(inputs[at[0]], own)
            found["defect"][at] = orthonormality_defect(own)
            found["alignment"][at] = np.abs(units @ best.T).max(axis=1).mean()
    return found


def _spectrum(
    x: Float[np.ndarray, "sample input"], n_rows: int
) -> tuple[Float[np.ndarray, " input"], Float[np.ndarray, "input input"]]:
    """Eigenvalues of x'x, largest first, and their eigenvectors as rows."""
    if not 0 <= n_rows <= x.shape[1]:
        raise InvalidValue(f"{n_rows} rows of {x.shape[1]} inputs; choose 0 to {x.shape[1]}.")
    energies, vectors = np.linalg.eigh(x.T @ x)
    return np.maximum(energies[::-1], 0), vectors.T[::-1]


def _samples(inputs: ArrayLike) -> Float[np.ndarray, "sample input"]:
    x = np.asarray(inputs, float)
    if x.ndim < 1 or not np.any(x):
        raise InvalidValue(f"inputs of shape {x.shape} have no energy; expected [*sample, input].")
    return x.reshape(-1, x.shape[-1])


def _matrix(rows: ArrayLike, name: str) -> Float[np.ndarray, "row input"]:
    h = np.asarray(rows, float)
    if h.ndim != 2 or h.size == 0:
        raise InvalidValue(f"{name} have shape {h.shape}, expected [row, input], neither empty.")
    return h


def _same_inputs(a: np.ndarray, b: np.ndarray, what: str) -> None:
    if a.shape[1] != b.shape[1]:
        raise InvalidValue(
            f"there are {a.shape[1]} inputs, and {what} of {b.shape[1]}; give as many of both."
        )
