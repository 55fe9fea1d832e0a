"""Recognition: rates by hand, and signal detection found again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from cogmem.data import load_trials
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.measures import recognition


def simulated(mean: float, sd: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ratings 1 to 6 of n items, half of them old."""
    rng = np.random.default_rng(seed)
    old = np.arange(n) % 2 == 0
    strength = np.where(old, rng.normal(mean, sd, n), rng.normal(0, 1, n))
    return 1 + np.searchsorted([-0.5, 0.2, 0.7, 1.2, 1.8], strength), old


def test_signal_detection_is_found_again() -> None:
    """10,000 ratings, d' = 1.5 of the new items' deviations and slope .8: both to .05."""
    rating, old = simulated(1.5, 1 / 0.8, 10_000, seed=3)
    counts = recognition.count_ratings(rating, old, np.ones(10_000), 6)
    found = recognition.fit(counts)
    assert found["mean"].item() == pytest.approx(1.5, abs=0.05)
    assert found["slope"].item() == pytest.approx(0.8, abs=0.05)
    assert found["d_a"].item() == pytest.approx(1.5 * np.sqrt(2 / (1 + 1.25**2)), abs=0.05)
    assert found.attrs["n_parameters"] == 7
    np.testing.assert_allclose(found.criteria[0], [-0.5, 0.2, 0.7, 1.2, 1.8], atol=0.1)


def test_equal_variance_is_worse_where_variances_differ_and_no_worse_where_not() -> None:
    for sd, better in ((1.4, True), (1.0, False)):
        rating, old = simulated(1.2, sd, 4000, seed=4)
        counts = recognition.count_ratings(rating, old, np.ones(4000), 6)
        unequal, equal = (recognition.fit(counts, equal_variance=e) for e in (False, True))
        gain = (unequal.log_likelihood - equal.log_likelihood).item()
        assert gain >= -1e-6
        assert (unequal.bic < equal.bic).item() is better
        assert equal["slope"].item() == 1


def test_fit_expects_the_counts_that_its_deviance_is_of() -> None:
    """G squared = 2 sum n ln(n / expected), written out; expected counts have the totals of n."""
    rating, old = simulated(1.2, 1.4, 800, seed=5)
    counts = recognition.count_ratings(rating, old, np.arange(800) // 400, 6)
    found = recognition.fit(counts)
    for name in ("old", "new"):
        np.testing.assert_allclose(found[name].sum("rating"), counts[name].sum("rating"))
    n, expected = (each[["old", "new"]].to_array().values for each in (counts, found))
    np.testing.assert_allclose(2 * (n * np.log(n / expected)).sum(axis=(0, 2)), found.g_squared)
    assert found.attrs["degrees_of_freedom"] == 3
    fitted = recognition.roc(found).hit_rate.isel(subject=0).values
    above = norm.sf((found.criteria[0, ::-1] - found["mean"][0]) / found.sd[0])
    np.testing.assert_allclose(fitted, above)


def test_people_without_old_or_new_items_are_named() -> None:
    counts = recognition.count_ratings([1, 2, 3, 2], [True, False, True, True], [1, 1, 2, 2], 3)
    with pytest.raises(InvalidValue, match=r"subject\(s\) \[2\] rated no new items"):
        recognition.fit(counts)


def test_one_point_cannot_tell_two_variances() -> None:
    """Of 8 old items 6 called old, of 8 new 2: d' is z(.75) - z(.25), and fits exactly."""
    counts = recognition.count_ratings(
        [2] * 6 + [1] * 2 + [2] * 2 + [1] * 6, [True] * 8 + [False] * 8, [1] * 16, 2
    )
    with pytest.raises(InvalidValue, match="two ratings make one point"):
        recognition.fit(counts)
    found = recognition.fit(counts, equal_variance=True)
    assert found.d_a.item() == pytest.approx(2 * norm.ppf(0.75), abs=1e-6)
    assert found.g_squared.item() == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
def test_deviance_of_a_true_model_is_chi_squared() -> None:
    """200 people of the model, as many ratings as in Schwartz et al.: mean 3, 5 % beyond 7.8."""
    rating, old = simulated(1.5, 1.5, 200 * 768, seed=6)
    counts = recognition.count_ratings(rating, old, np.repeat(np.arange(200), 768), 6)
    found = recognition.fit(counts, n_starts=1).g_squared
    assert float(found.mean()) == pytest.approx(3, abs=3 * np.sqrt(6 / 200))
    assert (found > chi2.isf(0.05, 3)).mean() < 0.1


def test_rates_and_sensitivity_by_hand() -> None:
    """20 of 20 and 0 of 20: 20.5 / 21 and .5 / 21."""
    hit, false = recognition.rates(20, 20, 0, 20)
    assert (float(hit), float(false)) == pytest.approx((20.5 / 21, 0.5 / 21))
    found = recognition.sensitivity([20, 10], 20, [0, 10], 20)
    z = norm.ppf(20.5 / 21)
    np.testing.assert_allclose(found.d_prime, [2 * z, 0], atol=1e-12)
    np.testing.assert_allclose(found.criterion, [0, 0], atol=1e-12)
    assert found.a_prime.values[1] == 0.5
    assert found.a_prime.values[0] > 0.95
    with pytest.raises(InvalidValue, match="hits 21"):
        recognition.rates(21, 20, 0, 20)


def test_roc_and_its_area_by_hand() -> None:
    """Old 1 1 2 of ratings 1-3, new 2 1 1: points (.25, .5) and (.5, .75), area 5/8."""
    rating = [1, 2, 3, 3, 1, 1, 2, 3]
    counts = recognition.count_ratings(rating, [True] * 4 + [False] * 4, [9] * 8, 3)
    curve = recognition.roc(counts)
    assert curve.hit_rate.values.tolist() == [[0.5, 0.75]]
    assert curve.false_alarm_rate.values.tolist() == [[0.25, 0.5]]
    assert recognition.area(curve).item() == pytest.approx(0.65625)
    z = recognition.roc(counts, corrected=True)
    np.testing.assert_allclose(z.z_hit[0], norm.ppf([2.5 / 5, 3.5 / 5]))


def test_ratings_off_the_scale_are_refused_and_missing_ones_left_out() -> None:
    assert recognition.count_ratings([0, 2], [True, True], [1, 1], 2).old.sum() == 1
    with pytest.raises(InvalidValue, match="expected 1-2"):
        recognition.count_ratings([3], [True], [1], 2)


def test_people_of_schwartz_et_al() -> None:
    """H and F from "sure old" (specs: human data, 2.1), and slopes below 1 in most people."""
    try:
        table = load_trials("schwartz2005")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    columns = (table[n].values for n in ("rating", "old", "subject"))
    counts = recognition.count_ratings(*columns, 6)
    curve = recognition.roc(counts).mean("subject")
    np.testing.assert_allclose(curve.hit_rate, [0.491, 0.588, 0.674, 0.747, 0.867], atol=6e-4)
    expected = [0.077, 0.162, 0.269, 0.397, 0.634]
    np.testing.assert_allclose(curve.false_alarm_rate, expected, atol=6e-4)
    some = counts.isel(subject=slice(0, 20))
    found = recognition.fit(some, n_starts=2)
    assert (found.slope < 1).mean() > 0.8


@pytest.mark.parametrize(("nearest", "farthest", "curve"), [(1, 1, "adjacent"), (11, 63, "remote")])
def test_published_roc_comes_out_of_the_responses(nearest: int, farthest: int, curve: str) -> None:
    """Hits after an old probe studied next to this one, or more than ten places away.

    The points were read off the figure of Schwartz et al. (2005), the responses are in a file whose
    columns had to be guessed: that they agree to .005 says that they were guessed right.
    """
    try:
        table = load_trials("schwartz2005").to_dataframe()
        points = load_trials("schwartz2005_digitised")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    before = table.groupby(["subject", "list"])[["old", "position"]].shift()
    lag = (table.position - before.position).abs()
    some = table.old & (before.old == True) & lag.between(nearest, farthest)  # noqa: E712
    columns = (table.loc[some, name] for name in ("rating", "old", "subject"))
    counts = recognition.count_ratings(*columns, 6)
    hits = recognition.roc(counts).hit_rate.mean("subject")
    np.testing.assert_allclose(hits, points.y[points.curve == curve], atol=0.005)


@pytest.mark.slow
def test_people_simulated_from_the_fits_show_no_misfit() -> None:
    """The card's 3 % and 49 % beside people's 42 % and 80 %: rejected, and U-shaped zROCs."""
    try:
        table = load_trials("schwartz2005")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    columns = (table[n].values for n in ("rating", "old", "subject"))
    fitted = recognition.fit(recognition.count_ratings(*columns, 6), n_starts=2)
    rng = np.random.default_rng(0)
    drawn = fitted[["old", "new"]]
    for name, expected in drawn.items():
        n, p = expected.sum("rating"), expected / expected.sum("rating")
        drawn[name] = expected.copy(data=rng.multinomial(n.round().astype(int), p))
    again = recognition.fit(drawn, n_starts=2)
    assert (again.g_squared > chi2.isf(0.05, 3)).mean() < 0.12
    z = recognition.roc(drawn, corrected=True).transpose("subject", "criterion")
    bends = [np.polyfit(x, y, 2)[0] for x, y in zip(z.z_false.values, z.z_hit.values, strict=True)]
    assert 0.35 < np.mean(np.array(bends) > 0) < 0.65
