"""What a curve shows, as one number for each person or seed: primacy, recency, slopes, costs.

A curve is what the measures give, a Dataset with `value` (subject, ...). So is an index, so that
`measures.summary` takes its mean and bootstrap interval over people, or over seeds of a model. Only
such indices, and the order of conditions, are compared between people and models whose stimuli
differ.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy import stats

from cogmem.errors import InvalidValue

__all__ = ["contrast", "primacy", "rank_agreement", "recency", "slope"]


def primacy(curve: xr.Dataset, dim: str = "serial_position", ends: int = 1) -> xr.Dataset:
    """How much better the first item is than the middle of the list, for each person.

    Where recency reaches far back, as in free recall, it is part of the middle and lowers primacy:
    `ends` leaves more positions out.

    Args:
        curve: `value` (subject, dim, ...), as the measures give it.
        dim: the dimension of serial positions.
        ends: positions at either end that do not count as middle.

    Returns:
        Dataset (subject, ...): `value`, accuracy at the first position less the mean of the middle.

    Raises:
        InvalidValue: if `dim` is missing, or nothing is left in the middle.
    """
    return _above_middle(curve, dim, ends, 0, "Primacy: first less middle")


def recency(curve: xr.Dataset, dim: str = "serial_position", ends: int = 1) -> xr.Dataset:
    """How much better the last item is than the middle of the list, see `primacy`."""
    return _above_middle(curve, dim, ends, -1, "Recency: last less middle")


def slope(curve: xr.Dataset, dim: str) -> xr.Dataset:
    """Least-squares slope of each person's curve: what one item, second or step costs.

    Args:
        curve: `value` (subject, dim, ...).
        dim: a dimension with numbers for labels, such as the set size.

    Returns:
        Dataset (subject, ...): `value` per unit of `dim`, from the points that a person has; NaN
        with fewer than two.

    Raises:
        InvalidValue: if `dim` is missing or its labels are no numbers.
    """
    y = _along(curve, dim)
    if y[dim].dtype.kind not in "iuf":
        raise InvalidValue(f"the labels of {dim} are {y[dim].values}, expected numbers.")
    x = y[dim].astype(float).where(y.notnull())
    from_mean = x - x.mean(dim)
    spread = (from_mean**2).sum(dim)
    value = (from_mean * y).sum(dim) / spread.where(spread > 0)
    unit = y[dim].attrs.get("units", "1").removesuffix("s") or "s"
    units = f"{y.attrs.get('units', '1')} per {unit}"
    return value.assign_attrs(long_name="Slope", units=units).to_dataset(name="value")


def contrast(curve: xr.Dataset, dim: str, of: object, against: object) -> xr.Dataset:
    """Each person's difference of two conditions, such as a switch cost in time.

    Args:
        curve: `value` (subject, dim, ...).
        dim: the dimension of conditions.
        of, against: labels; the value of the second is taken from that of the first.

    Raises:
        InvalidValue: if `dim` or a label is missing.
    """
    y = _along(curve, dim)
    for label in (of, against):
        if label not in y[dim].values:
            raise InvalidValue(f"{label!r} is not on {dim}, expected one of {y[dim].values}.")
    value = y.sel({dim: of}, drop=True) - y.sel({dim: against}, drop=True)
    text = f"{of} less {against}"
    return value.assign_attrs(y.attrs, long_name=text).to_dataset(name="value")


def rank_agreement(curve: xr.Dataset, reference: xr.DataArray) -> xr.Dataset:
    """Spearman's rank correlation of each person's, or seed's, curve with another over conditions.

    Whether conditions are ordered alike, whatever the level and scale.

    Args:
        curve: `value` (subject, *conditions).
        reference: (*conditions), e.g. the mean over people; only shared labels are compared.

    Returns:
        Dataset (subject): `value`; NaN where either curve is flat or fewer than two are shared.

    Raises:
        InvalidValue: if the conditions have other names.
    """
    conditions = [dim for dim in curve["value"].dims if dim != "subject"]
    if set(conditions) != set(reference.dims):
        given = f"the curve is along {conditions}, the reference along {list(reference.dims)}"
        raise InvalidValue(f"{given}: expected the same names.")
    y, to = xr.align(curve["value"].transpose("subject", *conditions), reference, join="inner")
    flat = to.transpose(*conditions).values.ravel()
    each = [_spearman(one.ravel(), flat) for one in y.values]
    attrs = {"long_name": "Rank correlation over conditions", "units": "1"}
    return xr.Dataset({"value": ("subject", each, attrs)}, {"subject": y["subject"]})


def _along(curve: xr.Dataset, dim: str) -> xr.DataArray:
    if dim not in curve["value"].dims:
        raise InvalidValue(f"the curve is along {list(curve['value'].dims)}, expected {dim!r} too.")
    return curve["value"]


def _above_middle(curve: xr.Dataset, dim: str, ends: int, at: int, text: str) -> xr.Dataset:
    y = _along(curve, dim)
    if ends < 1 or y.sizes[dim] <= 2 * ends:
        given = f"{y.sizes[dim]} positions and ends={ends}"
        raise InvalidValue(f"{given}: expected 1 or more at each end, and some between.")
    middle = y.isel({dim: slice(ends, -ends)}).mean(dim, skipna=False)
    value = y.isel({dim: at}, drop=True) - middle
    return value.assign_attrs(y.attrs, long_name=text).to_dataset(name="value")


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    """NaN where either is flat; points where either is NaN are left out."""
    both = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[both], other[both]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(stats.spearmanr(one, other).statistic)
