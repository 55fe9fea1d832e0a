"""Serial recall: what was said at each place of the list.

Responses are 1-based positions of the items said at each output, 0 = omission *in its place*, -1 =
intrusion. Where omissions were not recorded in place, later responses slide forward and strict
scoring has no meaning: such data must be marked first.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = [
    "ERRORS",
    "accuracy",
    "after_anticipation",
    "errors",
    "latency",
    "relative",
    "transposition_gradient",
    "transpositions",
]

ERRORS = ("correct", "transposition", "repetition", "omission", "intrusion")
OMISSION, INTRUSION = 0, -1


def accuracy(
    responses: ArrayLike, subject: ArrayLike, *, score: Literal["strict", "item"] = "strict"
) -> xr.Dataset:
    """Serial position curve of serial recall.

    Args:
        responses: int[trial, output], as many outputs as items.
        subject: [trial].
        score: "strict", the item said at its own place; "item", said at any place.

    Returns:
        Dataset (subject, serial_position): `actual`, `possible`, `value`.

    Raises:
        InvalidValue: if a response is outside the list, lists have unequal numbers of outputs (as
            when blanks were not recorded), or `score` is neither.
    """
    given = _checked(responses)
    position = np.arange(1, given.shape[1] + 1)
    if score == "strict":
        right = given == position
    elif score == "item":
        right = (given[:, :, None] == position).any(axis=1)
    else:
        raise InvalidValue(f"score is {score!r}, expected 'strict' or 'item'.")
    text = {"strict": "Recalled in place", "item": "Recalled in any place"}[score]
    return _ratio(right, np.ones_like(right), subject, ("serial_position",), text)


def relative(
    responses: ArrayLike, subject: ArrayLike, *, rule: Literal["longest", "follows"] = "longest"
) -> xr.Dataset:
    """Order kept, wherever the items are said: forgiving of a single slip.

    Args:
        responses, subject: see `accuracy`.
        rule: "longest", items in the longest run of responses in ascending order (their longest
            common subsequence with the list); "follows", items said right after the item before
            them, the first item if it is said first.

    Returns:
        Dataset (subject): `actual` items, `possible` items studied, `value`.

    Raises:
        InvalidValue: see `accuracy`.
    """
    given = _checked(responses)
    if rule == "longest":
        kept = np.array([_longest_ascending(each) for each in given])
    elif rule == "follows":
        before = np.pad(given, ((0, 0), (1, 0)))[:, :-1]
        kept = ((given > 0) & (given == before + 1) & _first_time(given)).sum(axis=1)
    else:
        raise InvalidValue(f"rule is {rule!r}, expected 'longest' or 'follows'.")
    return _ratio(kept, np.full(len(given), given.shape[1]), subject, (), "Recalled in order")


def transpositions(responses: ArrayLike, subject: ArrayLike) -> xr.Dataset:
    """P(item i is said at output j), the confusion matrix of positions.

    Returns:
        Dataset (subject, serial_position, output): `actual`, `possible` (lists) and `value`.
    """
    given = _checked(responses)
    position = np.arange(1, given.shape[1] + 1)
    said = given[:, None, :] == position[:, None]
    dims = ("serial_position", "output")
    return _ratio(said, np.ones_like(said), subject, dims, "Probability of being said")


def transposition_gradient(responses: ArrayLike, subject: ArrayLike) -> xr.Dataset:
    """P(an item is said at a distance from its place), given that it could be.

    The denominator is the number of item and output pairs at that distance: near distances have
    more of them than far ones. Repetitions count: the gradient is of what was said where.

    Returns:
        Dataset (subject, distance), output minus item, from -(L - 1) to L - 1.
    """
    table = transpositions(responses, subject)
    n = table.sizes["output"]
    distance = np.arange(n)[None, :] - np.arange(n)[:, None]
    labels = np.arange(1 - n, n)
    counts = {
        name: np.stack([table[name].values[:, distance == d].sum(axis=1) for d in labels], axis=1)
        for name in ("actual", "possible")
    }
    coords = {"subject": table["subject"], "distance": labels}
    return _labelled(counts, coords, "Probability of being said")


def errors(responses: ArrayLike, subject: ArrayLike) -> xr.Dataset:
    """How each output ends: right, an item of another place, said before, nothing, or a stranger.

    Returns:
        Dataset (subject, kind, output): `value` adds up to 1 over `ERRORS`.
    """
    given = _checked(responses)
    place = np.arange(1, given.shape[1] + 1)
    again = (given > 0) & ~_first_time(given)
    kinds = {
        "correct": given == place,
        "transposition": (given > 0) & (given != place) & ~again,
        "repetition": again & (given != place),
        "omission": given == OMISSION,
        "intrusion": given == INTRUSION,
    }
    happened = np.stack([kinds[kind] for kind in ERRORS], axis=1)
    dims = ("kind", "output")
    result = _ratio(happened, np.ones_like(happened), subject, dims, "Proportion of outputs")
    return result.assign_coords(kind=list(ERRORS))


def after_anticipation(responses: ArrayLike, subject: ArrayLike) -> xr.Dataset:
    """What follows when an item is said too early: fill-in or in-fill.

    After item i + 1 in place of item i, the next output is a fill-in if it is item i, and an
    in-fill if it is item i + 2 (Surprenant, Kelley, Farley & Neath, 2005, Memory 13). Only the
    first error of a list is looked at: what follows a later one may go back to the first.

    Returns:
        Dataset (subject, kind), kinds "fill_in" and "in_fill"; `possible` is the number of lists
        whose first error is such an anticipation.
    """
    given = _checked(responses)
    n = given.shape[1]
    wrong = given != np.arange(1, n + 1)
    at = np.where(wrong.any(axis=1), wrong.argmax(axis=1), n)
    padded = np.pad(given, ((0, 0), (0, 2)))
    row = np.arange(len(given))
    early = (padded[row, np.minimum(at, n)] == at + 2) & (at + 1 < n)
    following = padded[row, np.minimum(at + 1, n)]
    happened = np.stack([early & (following == at + 1), early & (following == at + 3)], axis=1)
    possible = np.repeat(early[:, None], 2, axis=1)
    result = _ratio(happened, possible, subject, ("kind",), "Proportion of anticipations")
    return result.assign_coords(kind=["fill_in", "in_fill"])


def latency(times: ArrayLike, subject: ArrayLike) -> xr.Dataset:
    """Mean time of each output, from the one before.

    Args:
        times: [trial, output] s; NaN is left out.
        subject: [trial].

    Returns:
        Dataset (subject, output) with `value`, s; NaN where none is known.

    Raises:
        InvalidValue: if there is not one subject per list.
    """
    times = np.asarray(times, float)
    known = ~np.isnan(times)
    people, (total, n) = _within_people(subject, np.where(known, times, 0), known)
    value = total / np.where(n > 0, n, np.nan)
    coords = {"subject": people, "output": np.arange(1, times.shape[1] + 1)}
    attrs = {"long_name": "Latency", "units": "s"}
    return xr.Dataset({"value": (("subject", "output"), value, attrs)}, coords)


def _checked(responses: ArrayLike) -> np.ndarray:
    try:
        given = np.asarray(responses)
    except ValueError as ragged:
        raise InvalidValue(
            "lists have unequal numbers of outputs, expected int[trial, output]. If blanks were "
            "not recorded, nobody knows what was said in which place; else mark each by 0."
        ) from ragged
    if given.ndim != 2 or not np.issubdtype(given.dtype, np.integer):
        raise InvalidValue(
            f"responses are {given.dtype}{given.shape}, expected int[trial, output]."
        )
    if ((given < INTRUSION) | (given > given.shape[1])).any():
        raise InvalidValue(
            f"responses from {given.min()} to {given.max()}, expected -1 (intrusion), 0 (omission, "
            f"in its place) or a position from 1 to {given.shape[1]}, the number of outputs."
        )
    return given


def _first_time(given: np.ndarray) -> np.ndarray:
    """bool[trial, output]: the item was not said before."""
    earlier = np.tril(np.ones((given.shape[1],) * 2, bool), -1)
    return ~((given[:, :, None] == given[:, None, :]) & earlier).any(axis=2)


def _longest_ascending(said: np.ndarray) -> int:
    """Length of the longest ascending subsequence of positions, without strangers and blanks."""
    best: list[int] = []  # smallest last position of a subsequence of each length
    for position in said[said > 0]:
        place = int(np.searchsorted(best, position))
        best[place : place + 1] = [int(position)]
    return len(best)


def _ratio(
    happened: np.ndarray, could: np.ndarray, subject: ArrayLike, dims: tuple[str, ...], text: str
) -> xr.Dataset:
    """Counts of each person over trials, and their ratio."""
    people, (actual, possible) = _within_people(subject, happened, could)
    counts = {"actual": actual, "possible": possible}
    sizes = zip(dims, happened.shape[1:], strict=True)
    coords = {"subject": people} | {dim: np.arange(1, size + 1) for dim, size in sizes}
    return _labelled(counts, coords, text)


def _within_people(
    subject: ArrayLike, *each: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The people, and the sums [subject, ...] over their trials of arrays [trial, ...]."""
    people, row = np.unique(np.asarray(subject), return_inverse=True)
    if len(row) != len(each[0]):
        raise InvalidValue(f"{len(row)} subjects for {len(each[0])} lists: expected one each.")
    sums = []
    for array in each:
        dtype = float if np.issubdtype(array.dtype, np.floating) else int
        sums.append(np.zeros((len(people), *array.shape[1:]), dtype))
        np.add.at(sums[-1], row, array)
    return people, tuple(sums)


def _labelled(counts: dict[str, np.ndarray], coords: dict, text: str) -> xr.Dataset:
    dims, possible = list(coords), counts["possible"]
    value = counts["actual"] / np.where(possible > 0, possible, np.nan)
    return xr.Dataset(
        {
            "actual": (dims, counts["actual"], {"long_name": text, "units": "count"}),
            "possible": (dims, possible, {"long_name": "Opportunities", "units": "count"}),
            "value": (dims, value, {"long_name": text, "units": "proportion"}),
        },
        coords,
    )
