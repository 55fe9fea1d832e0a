"""Measures of free recall: `Recalls` in, a labelled `xarray.Dataset` out.

Each Dataset has the dims (subject, and the measure's own axis) and three variables: `actual` and
`possible`, integer counts pooled over the lists of a subject, and `value`, their ratio in float64,
NaN where nothing was possible. Means over people are then means of subjects (`over_subjects`), so
that those who recall more do not weigh more.

Definitions and their sources are in `cogmem.measures.counts`, and in the attributes of each
Dataset. All measures raise `MixedListLengths` when lists of several lengths are given at once.

A response is the one position that `recalls` gives. Where a word was studied twice in a list, its
other position counts as never recalled and still possible: measures of lag make no sense there.
Select the lists without repetition for them.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.measures.bootstrap import interval
from cogmem.measures.counts import PRIOR_LIST
from cogmem.measures.labelled import check_recalls, measure
from cogmem.measures.words import allowed_pairs

__all__ = [
    "correct",
    "input_crp",
    "intrusion_lags",
    "intrusions",
    "lag_crp",
    "lag_crp_compound",
    "lag_rank",
    "over_subjects",
    "pfr",
    "pnr",
    "repeats",
    "spc",
    "start_at_end",
    "stopping",
    "summary",
]


def spc(recalls: Recalls) -> xr.Dataset:
    """Serial position curve: probability that a position is recalled.

    Repeats and intrusions are ignored; lists without any recall count.

    Returns:
        Dataset (subject, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("spc", recalls)


def pnr(recalls: Recalls) -> xr.Dataset:
    """Probability of n-th recall by serial position.

    Intrusions and repeats are dropped before outputs are numbered. The denominator is the lists
    with an n-th correct recall before which the position was not recalled.

    Returns:
        Dataset (subject, output, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("pnr", recalls)


def pfr(recalls: Recalls) -> xr.Dataset:
    """Probability of first recall by serial position: output 1 of `pnr`.

    The denominator is the lists with at least one correct recall, so that a subject's curve sums
    to 1. Some authors divide by all lists.

    Returns:
        Dataset (subject, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("pfr", recalls)


def start_at_end(recalls: Recalls, last: int = 4) -> xr.Dataset:
    """Probability that the first correct recall is one of the last positions of the list.

    The denominator is that of `pfr`.

    Args:
        recalls: the behaviour.
        last: how many positions count as the end.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if `last` is not from 1 to list length.
    """
    _within_list("last", last, check_recalls(recalls).length)
    return measure("start_at_end", recalls, last=last)


def stopping(recalls: Recalls) -> xr.Dataset:
    """Probability that recall ends, by the number of words recalled so far.

    Of the lists that reach a number of correct recalls, the share that go no further. Repeats and
    intrusions are not numbered: it is the stopping rule of models that make neither.

    Returns:
        Dataset (subject, recalled), from 0 to list length. NaN where no list got so far.

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("stopping", recalls)


def lag_crp(
    recalls: Recalls,
    max_lag: int | None = None,
    *,
    within: str | None = None,
    across: str | None = None,
    skip: int = 0,
) -> xr.Dataset:
    """Conditional response probability by lag.

    Counts transitions between first recalls of listed words, given what was still to be recalled.
    Repeats and intrusions break the chain. Lag 0 is never possible: NaN.

    Args:
        recalls: the behaviour.
        max_lag: keep lags from -max_lag to max_lag; all if None.
        within: a column of the studied words, e.g. "category": only transitions between words of
            the same one, made or possible.
        across: such a column: only transitions between words of different ones.
        skip: leave out transitions that start at one of the first so many responses, intrusions
            and repeats numbered too. What was recalled there is not possible later.

    Returns:
        Dataset (subject, lag).

    Raises:
        MixedListLengths: if the lists have several lengths.
        UnknownName: if there is no such column.
        InvalidValue: if max_lag is not from 1 to list length - 1, or skip is negative.
    """
    return _lags("lag_crp", recalls, max_lag, within, across, skip)


def lag_crp_compound(
    recalls: Recalls,
    max_lag: int | None = None,
    *,
    within: str | None = None,
    across: str | None = None,
    skip: int = 0,
) -> xr.Dataset:
    """Conditional response probability by lag, given the lag of the transition just before.

    Three responses in a row make two transitions; both have to be counted ones in `lag_crp`, whose
    arguments and errors these are.

    Returns:
        Dataset (subject, previous_lag, lag).
    """
    return _lags("lag_crp_compound", recalls, max_lag, within, across, skip)


def input_crp(recalls: Recalls) -> xr.Dataset:
    """Conditional response probability by the serial positions of both recalls.

    `lag_crp` sums its counts along the diagonals.

    Returns:
        Dataset (subject, previous, current).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("input_crp", recalls)


def lag_rank(recalls: Recalls) -> xr.Dataset:
    """Temporal clustering: mean percentile rank of |lag| among the lags possible.

    1 = always the nearest, 0.5 = chance. The mean is over all transitions of a subject; those with
    one possible word left have no rank.

    Returns:
        Dataset with value (subject) and the counts (subject, available), kept apart by the number
        of words possible: `actual` sums 2 (rank - 1), `possible` counts transitions.

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("lag_rank", recalls)


def intrusions(recalls: Recalls) -> xr.Dataset:
    """Intrusions per list, prior-list and extra-list. Each response counts once.

    A word that the subject studied in any earlier list, of any session, is prior-list; a word
    studied never, or only later, is extra-list. Responses without a known word are extra-list.

    Returns:
        Dataset (subject, kind).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("intrusions", recalls, _with_kinds(recalls))


def intrusion_lags(recalls: Recalls, max_lag: int = 5) -> xr.Dataset:
    """Prior-list intrusions per list, by how many lists ago their word was last studied.

    Each response counts once, at the most recent list that held its word, of any session. Only
    lists with a `list_id` above max_lag are looked at, so that every lag is possible in each.

    Args:
        recalls: all lists of each subject, numbered from 1 in order of presentation.
        max_lag: the longest list lag.

    Returns:
        Dataset (subject, list_lag), from 1 to max_lag. NaN for a subject without such lists.

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if max_lag is below 1.
    """
    if max_lag < 1:
        raise InvalidValue(f"max_lag is {max_lag}, expected 1 or more lists.")
    known = {"list_lag": check_recalls(recalls).prior_lag, "index": recalls.list_id}
    return measure("intrusion_lags", recalls, max_lag=max_lag, **known)


def repeats(recalls: Recalls) -> xr.Dataset:
    """Responses per list that name a listed word again.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("repeats", recalls)


def correct(recalls: Recalls) -> xr.Dataset:
    """Words of the list recalled, per list.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return measure("correct", recalls)


def over_subjects(dataset: xr.Dataset) -> xr.Dataset:
    """Mean over subjects, its standard error, and how many subjects it rests on.

    Args:
        dataset: what a measure returns.

    Returns:
        Dataset with `mean`, `sem` (standard deviation with ddof = 1, over the root of n) and `n`
        along the measure's axis. A subject whose value is NaN (nothing was possible) is left out
        there, and `n` says how many are not. NaN where n is 0; `sem` NaN where n is 1.

    Raises:
        InvalidValue: if it is not what a measure returns.
    """
    value = _value(dataset)
    n = value.notnull().sum("subject")
    mean = value.sum("subject") / n.where(n > 0)
    squares = ((value - mean) ** 2).sum("subject")
    sem = np.sqrt(squares / (n - 1).where(n > 1) / n)
    texts = {
        "mean": f"{value.attrs['long_name']}, mean over subjects",
        "sem": "Standard error of the mean over subjects",
        "n": "Subjects with a value",
    }
    result = xr.Dataset({"mean": mean, "sem": sem, "n": n}, attrs=dataset.attrs)
    for name, text in texts.items():
        units = "1" if name == "n" else value.attrs["units"]
        result[name].attrs = {"long_name": text, "units": units}
    return result


def summary(dataset: xr.Dataset, *, level: float = 0.95, **options: Any) -> xr.Dataset:
    """`over_subjects` with a bootstrap interval over subjects, `low` to `high`.

    Args:
        dataset: what a measure returns.
        level: coverage of the interval.
        **options: `n_resamples`, `method`, `seed` of `bootstrap.interval`.

    Raises:
        InvalidValue: if it is not what a measure returns, or an option is out of its range.
    """
    result = over_subjects(dataset)
    value = dataset["value"].transpose("subject", ...)
    bounds = interval(value.values, level=level, **options)
    for name, bound in zip(("low", "high"), bounds, strict=True):
        text = f"{name.capitalize()} bound of the {level:.0%} bootstrap interval over subjects"
        attrs = {"long_name": text, "units": value.attrs["units"]}
        result[name] = (value.dims[1:], bound, attrs)
    return result


def _value(dataset: Any) -> xr.DataArray:
    value = dataset["value"] if isinstance(dataset, xr.Dataset) and "value" in dataset else None
    if value is None or "subject" not in value.dims:
        raise InvalidValue(
            f"got a {type(dataset).__name__} without `value` (subject, ...), expected what a "
            "measure returns, e.g. measures.spc(recalls)."
        )
    return value


def _lags(
    name: str,
    recalls: Recalls,
    max_lag: int | None,
    within: str | None,
    across: str | None,
    skip: int,
) -> xr.Dataset:
    if max_lag is not None:
        _within_list("max_lag", max_lag, check_recalls(recalls).length - 1)
    if skip < 0:
        raise InvalidValue(f"skip is {skip}, expected 0 or more responses.")
    dataset = measure(name, recalls, allowed=allowed_pairs(recalls, within, across), skip=skip)
    if max_lag is None:
        return dataset
    axes = {"lag", "previous_lag"} & set(dataset.dims)
    return dataset.sel({axis: slice(-max_lag, max_lag) for axis in axes})


def _within_list(name: str, value: int, most: int) -> None:
    if not isinstance(value, Integral) or not 1 <= value <= most:
        raise InvalidValue(f"{name} is {value}, expected 1 to {most}, a whole number.")


def _with_kinds(recalls: Recalls) -> np.ndarray:
    """Responses with prior-list intrusions told from the others."""
    return np.where(check_recalls(recalls).prior_lag > 0, np.int16(PRIOR_LIST), recalls.recalls)
