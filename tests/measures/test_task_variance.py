"""Task variance by hand, and clusters that were planted."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.measures.task_variance import (
    clusters,
    kmeans,
    normalised,
    silhouettes,
    task_variance,
)


def column(*rows: list[float]) -> np.ndarray:
    """[trial, frame, 1 unit]."""
    return np.array(rows, float)[:, :, None]


def test_variance_by_hand() -> None:
    """Frame 0: 1 and 3, variance 1; frame 1: 0 and 4, variance 4; the mean is 2.5."""
    found = task_variance({"VSR": column([1, 0], [3, 4])}, {"VSR": [2, 2]})
    assert found["value"].dims == ("task", "unit")
    assert found["value"].values.tolist() == [[2.5]]


def test_frames_after_the_end_are_ignored() -> None:
    """Frame 1 exists in two trials, 4 and 8, frame 2 in one, which tells no variance."""
    x = column([1, 99, np.nan], [1, 4, np.nan], [4, 8, 7])
    found = task_variance({"VSR": x}, {"VSR": [1, 2, 3]})
    assert found["value"].item() == pytest.approx((np.var([1, 1, 4]) + 4) / 2)


def test_frames_before_the_response() -> None:
    """Of frames with variances 1 and 4 the first alone."""
    found = task_variance({"VSR": column([1, 0], [3, 4])}, {"VSR": [1, 1]})
    assert found["value"].item() == 1


def test_variants_of_change_detection_are_one_task() -> None:
    """A trial of each, 0 and 2: their variance is 1, though each alone has none."""
    two = {"CD_Gap": column([0, 0]), "SC": column([1], [5]), "CD_Size": column([2, 2])}
    lengths = {"CD_Gap": [2], "SC": [1, 1], "CD_Size": [1]}
    found = task_variance(two, lengths)
    assert found["task"].values.tolist() == ["CD", "SC"]
    assert found["value"].values.tolist() == [[1], [4]]
    with pytest.raises(InvalidValue, match="CD_Gap: no frame that counts has two trials"):
        task_variance(two, lengths, pool=str)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidValue, match="1 numbers of frames"):
        task_variance({"SC": column([1, 2], [3, 4])}, {"SC": [2]})
    with pytest.raises(InvalidValue, match="not all finite"):
        task_variance({"SC": column([1, np.nan], [3, 4])}, {"SC": [2, 2]})
    two = {"SC": np.zeros((2, 1, 1)), "VSR": np.zeros((2, 1, 2))}
    with pytest.raises(InvalidValue, match="SC 1, VSR 2"):
        task_variance(two, {"SC": [1, 1], "VSR": [1, 1]})


def test_units_that_never_vary_are_dropped() -> None:
    """Unit 1 is constant; units 0 and 2 have variances 1, 4 and 9, 0: shares .25, 1 and 1, 0."""
    first = np.array([[[0, 0.1, 0]], [[2, 0.1, 6]]])
    second = np.array([[[0, 0.1, 1]], [[4, 0.1, 1]]])
    found = normalised(task_variance({"SC": first, "VSR": second}, {"SC": [1, 1], "VSR": [1, 1]}))
    assert found["dropped"].values.tolist() == [1]
    assert found["unit"].values.tolist() == [0, 2]
    assert found["value"].values.tolist() == [[0.25, 1], [1, 0]]


def planted() -> tuple[np.ndarray, np.ndarray]:
    """Forty units in four groups of ten, three of which serve a task, one all; shuffled."""
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(4), 10))
    centres = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    return centres[group] + rng.uniform(0, 0.1, (40, 3)), group


def dataset(x: np.ndarray) -> xr.Dataset:
    """Task variances of units, given as [unit, task]."""
    pairs = {f"T{k}": np.sqrt(each)[None, None] * [[[-1]], [[1]]] for k, each in enumerate(x.T)}
    return normalised(task_variance(pairs, {name: [1, 1] for name in pairs}))


def test_planted_clusters_are_found() -> None:
    """Four, with the units that were put in them, the clusters in the order of their tasks."""
    x, group = planted()
    found = clusters(dataset(x), most=12)
    assert (
        int(found["k"][int(found["silhouette"].values.argmax())]) == found.sizes["cluster_id"] == 4
    )
    cluster, unit = found["cluster"].values, found["unit"].values
    assert (np.diff(cluster) >= 0).all()
    assert sorted(unit) == list(range(40))
    for each in range(4):
        assert len(set(group[unit[cluster == each]])) == 1
    largest = found["centre"].argmax("task").values
    assert (np.diff(largest) >= 0).all()
    np.testing.assert_allclose(
        found["value"].values[:, cluster == 2].mean(axis=1), found["centre"].values[2]
    )
    again = clusters(dataset(x), most=12)
    assert (again["unit"].values == unit).all()


def test_degenerate_units() -> None:
    """Three different units, one of them ten times: two clusters at most; two units: refused."""
    x = np.concatenate([np.tile([[1.0, 0]], (10, 1)), [[0, 1.0]], [[1.0, 1]]])
    found = clusters(dataset(x))
    assert found["k"].values.tolist() == [2]
    assert np.isfinite(found["silhouette"]).all()
    with pytest.raises(InvalidValue, match="2 different units"):
        clusters(dataset(x[:11]))


def test_kmeans_leaves_no_cluster_empty() -> None:
    """As many clusters as there are different units; one more is refused."""
    x = np.array([[0.0], [0], [0], [1], [2]])
    members = kmeans(x, 3, seed=0)
    assert len(set(members)) == 3
    assert len(set(members[:3])) == 1
    with pytest.raises(InvalidValue, match="k is 4, expected 1 to 3"):
        kmeans(x, 4, seed=0)


def test_silhouettes_by_hand() -> None:
    """0 and 1 beside 4: (4 - 1) / 4 and (3 - 1) / 3; the one alone has 0."""
    found = silhouettes(np.array([[0.0], [1], [4]]), np.array([0, 0, 1]))
    np.testing.assert_allclose(found, [3 / 4, 2 / 3, 0])
    with pytest.raises(InvalidValue, match="1 clusters"):
        silhouettes(np.zeros((2, 1)), np.array([0, 0]))
