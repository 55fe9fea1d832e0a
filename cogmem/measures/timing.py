"""Measures of when responses came: inter-response times and latencies of transitions.

They read `Recalls.times`, seconds from the recall signal, and change nothing there. Responses with
an unknown time, and those right after one, are left out.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.measures.labelled import check_recalls, measure

__all__ = ["irt", "latency_by_lag"]


def irt(
    recalls: Recalls, *, max_responses: int | None = None, only_correct: bool = False
) -> xr.Dataset:
    """Mean time between responses by output position, given how many there were in the list.

    Murdock and Okada (1970): times grow towards the end of recall, whenever that comes. All
    responses are numbered and counted, intrusions and repeats too. At output 1 it is the time from
    the recall signal, the initiation latency.

    Args:
        recalls: the behaviour, with times.
        max_responses: leave out lists with more responses; all lists if None.
        only_correct: leave out lists with an intrusion or a repeat.

    Returns:
        Dataset (subject, n_responses, response): `actual` sums seconds, `possible` counts times,
        `value` is in seconds.

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if no time is known, or max_responses is below 1.
    """
    n_out = check_recalls(recalls).n_out
    most = max(int(n_out.max(initial=0)), 1) if max_responses is None else max_responses
    if most < 1:
        raise InvalidValue(f"max_responses is {most}, expected 1 or more.")
    return measure("irt", recalls, times=_times(recalls), n_outputs=most, only_correct=only_correct)


def latency_by_lag(recalls: Recalls) -> xr.Dataset:
    """Mean time that a transition took, by its distance in the list (Kahana 1996).

    The transitions are those of `lag_crp`: repeats and intrusions break the chain.

    Returns:
        Dataset (subject, absolute_lag): `actual` sums seconds, `possible` counts transitions,
        `value` is in seconds.

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if no time is known.
    """
    return measure("latency_by_lag", recalls, times=_times(recalls))


def _times(recalls: Recalls) -> np.ndarray:
    if np.isnan(check_recalls(recalls).times).all():
        name = recalls.attrs.get("name", "these recalls")
        raise InvalidValue(f"no time of any response is known in {name}; expected some in `times`.")
    return recalls.times
