"""The fan effect: lines and means by hand, published times, and the pattern that is to be shown."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.tasks.facts import fan_facts
from experiments.fan_effect import (
    EXPERIMENT,
    FANS,
    Config,
    bound,
    by_fans,
    fitted,
    line,
    logarithms,
    people,
)

CONFIG = Config(n_sets=2, n_resamples=50)


def test_line_is_least_squares() -> None:
    """NumPy's own fit and correlation, for two rows of x at once; a falling line has r below 0."""
    x, y = np.array([[1.0, 2, 4, 5], [9.0, 7, 4, 1]]), np.array([1.0, 3, 2, 5])
    found = line(x, y)
    for row in (0, 1):
        b, a = np.polyfit(x[row], y, 1)
        rmse = np.sqrt(((y - a - b * x[row]) ** 2).mean())
        expected = [a, b, np.corrcoef(x[row], y)[0, 1], rmse]
        np.testing.assert_allclose([found[k][row] for k in ("a", "b", "r", "rmse")], expected)
    assert found["r"][1] < 0


def test_means_by_fans() -> None:
    """Values that are 10 times the place's fan and the person's fan, plus 100 for foils."""
    tasks = [fan_facts(key=jax.random.key(seed)) for seed in (0, 1)]
    stacked = jax.tree.map(lambda *each: np.stack([np.asarray(e) for e in each]), *tasks)
    fans = np.stack([np.asarray(task.fans) for task in tasks])
    values = 10 * fans[..., 1] + fans[..., 0] + 100 * stacked.kinds
    found = by_fans(values[:, None], stacked)
    expected = 10 * np.array(FANS)[:, None] + np.array(FANS)[None]
    np.testing.assert_allclose(found[0, :, 0], np.stack([expected] * 2))
    np.testing.assert_allclose(found[1, :, 0], np.stack([expected] * 2) + 100)
    assert bound(stacked) == pytest.approx(np.log(72))


def test_people_are_those_of_the_table() -> None:
    """Anderson (1974): targets with places of fan 1, and foils with places of fan 3, s."""
    times = people()
    assert times.shape == (2, 3, 3)
    assert times[0, 0].tolist() == [1.11, 1.17, 1.22]
    assert times[1, 2].tolist() == [1.26, 1.47, 1.47]


def test_logarithms_of_fans_fit_as_they_did_elsewhere() -> None:
    """Computed before: r = .864 and .848, RMSE .033 and .051 s. A perfect decoder has the same."""
    log = np.broadcast_to(logarithms()[None, None], (2, 2, 3, 3))
    nodes = fitted(CONFIG, log, np.zeros((2, 3, 3)) + people() - 0.826, -log)
    for who in ("ln fans", "Tensor Brain"):
        fit = nodes["fits"].sel(who=who)
        np.testing.assert_allclose(fit["r"], [0.864, 0.848], atol=5e-4)
        np.testing.assert_allclose(fit["rmse"], [0.033, 0.051], atol=5e-4)
        np.testing.assert_allclose(fit["a"], [1.097, 1.157], atol=5e-4)
    np.testing.assert_allclose(nodes["fits"]["b"].sel(who="early"), [-0.089, -0.127], atol=5e-4)
    own = nodes["fits"].sel(who="ACT-R")
    np.testing.assert_allclose(own["r"], 1, atol=1e-6)
    np.testing.assert_allclose(nodes["times"]["mean"].sel(who="people"), people())


def test_early_comes_before_the_last() -> None:
    with pytest.raises(InvalidValue, match="early is trial 11 of 11"):
        Config(n_trials=11)


def test_a_short_run_has_every_number() -> None:
    """Three trials: far from learnt, and said so; ACT-R needs one, and is as with the whole run."""
    config = Config(n_sets=2, n_trials=3, early=1, n_resamples=20)
    tree = EXPERIMENT.run(config, Session())
    assert tree.attrs["excess"] > 1
    assert tree.attrs["stuck"] == 2
    fits = tree["fits"].to_dataset()
    np.testing.assert_allclose(fits["r"].sel(who="ACT-R"), [0.8985, 0.8395], atol=5e-4)
    assert np.isfinite(fits["b"].values).all()
    table = EXPERIMENT.numbers(tree)
    assert set(table["node"]) == {"learning", "course", "evidence", "times", "fits", "about"}
    assert EXPERIMENT.plot(tree).get_axes()


@pytest.mark.slow
def test_what_the_quick_run_is_to_show() -> None:
    """Converged (.05 nats); r of targets .80 or more; reversed when stopped early; foils fall."""
    tree = EXPERIMENT.run(EXPERIMENT.default, Session())
    assert 0 <= tree.attrs["excess"] < 0.05
    assert tree.attrs["area"] > 0.99
    last = tree["evidence"]["mean"].sel(when="last", probe="target").values
    np.testing.assert_allclose(last, logarithms(), atol=0.1)
    early = tree["evidence"]["mean"].sel(when="early", probe="target").values
    np.testing.assert_allclose(early, 2 * np.log(72) - logarithms(), atol=0.02)
    fits = tree["fits"].to_dataset()
    assert float(fits["r"].sel(who="Tensor Brain", probe="target")) >= 0.80
    assert float(fits["b"].sel(who="early", probe="target")) < 0
    assert float(fits["b"].sel(who="Tensor Brain", probe="foil")) < 0
