"""Activity while a word is new and while it repeats: rows, segments and speeds by hand; a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Experiment, Session, find_experiment


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("repeated_words")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"width": 8, "n_heads": 1, "n_neurons": 32, "n_layers": 2, "n_models": 2}
    return replace(experiment.default, **sizes, n_steps=4, n_looks=2, batch=2, n_test=3)


def test_rows_of_a_test(names) -> None:
    """45 letters alike, then another word; every row begins 0 .. 12; each target comes next."""
    rows = jax.tree.map(np.asarray, names["test_rows"](5, key=jax.random.key(0)))
    one, other, never = (rows[name] for name in names["ROWS"])
    words = one.tokens[:, 13:].reshape(5, 8, 8)
    assert (words == words[:, :1]).all()
    np.testing.assert_array_equal(other.tokens[:, :45], one.tokens[:, :45])
    late = other.tokens[:, 45:].reshape(5, 4, 8)
    assert (late == late[:, :1]).all()
    assert (late[:, 0] != words[:, 0]).any(axis=1).all()
    assert len(np.unique(never.tokens[:, 13:].reshape(-1, 8), axis=0)) == 40
    for each in (one, other, never):
        assert each.tokens.shape == (5, 77)
        np.testing.assert_array_equal(each.tokens[:, :13], np.tile(np.arange(13), (5, 1)))
        np.testing.assert_array_equal(each.targets[:, :-1], each.tokens[:, 1:])
        assert (each.targets[:, -1] == 0).all()


@pytest.mark.parametrize(("change", "expected"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0)])
def test_words_change_as_often_as_they_should(names, change: float, expected: float) -> None:
    """Of 7 copies in each of 2,000 periods, within 4 standard errors."""
    found = names["periods"](2000, change, key=jax.random.key(1))
    words = np.asarray(found.tokens)[:, 13:].reshape(2000, 8, 8)
    changed = (words[:, 1:] != words[:, :-1]).any(axis=2).mean()
    assert changed == pytest.approx(expected, abs=4 * np.sqrt(0.25 * 0.75 / 14_000) + 1e-12)
    np.testing.assert_array_equal(found.targets[:, :-1], found.tokens[:, 1:])


def test_segments_and_ratios(names) -> None:
    """13, 8, 8 and 48 letters; activity 4 while the word is new and 2 while it repeats: 2."""
    segments = names["segments"]()
    assert np.bincount(segments).tolist() == [13, 8, 8, 48]
    values = np.array([9.0, 4, 3, 2])[segments]
    np.testing.assert_allclose(names["over_segments"](values), [9, 4, 3, 2])
    assert names["ratios"](values) == pytest.approx(2)


def test_losses_belong_to_the_letter_that_was_to_be_foretold(names) -> None:
    """What is said at a letter is of the next: at letters 13 to 20, of the new word."""
    surprise = np.zeros(77)
    surprise[12:20] = 3.26
    np.testing.assert_allclose(names["foretold"](surprise), [0, 3.26, 0, 0])


def test_rise_is_over_the_same_letters_of_the_same_word(names) -> None:
    """Of the fifth copy, letters 46 to 53."""
    activity = np.ones((3, 2, 1, 77))
    activity[1, 1, 0, 45:53] = 1.5
    activity[:, :, :, :45] = 7
    np.testing.assert_allclose(names["risen"](activity), [[1], [1.5]])


def test_buckets_are_the_published_ones(names) -> None:
    """Letters per radian 1 to 4, 4 to 16, ...; both neurons of a pair are in the same."""
    n = 64
    period = 65536.0 ** (np.arange(n // 2) / (n // 2))
    found = names["buckets"](n)
    np.testing.assert_array_equal(found[: n // 2], np.floor(np.log(period + 1e-9) / np.log(4)))
    np.testing.assert_array_equal(found[: n // 2], found[n // 2 :])


def test_unequal_looks_are_refused(experiment, tiny, tmp_path) -> None:
    with pytest.raises(InvalidValue, match="n_steps is 4 and n_looks 3, expected a multiple"):
        experiment.run(replace(tiny, n_looks=3), Session(results=tmp_path))


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tiny, tmp_path) -> None:
    """At first .5 of x and .25 of y are active; no y is at the first letter; the same again."""
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    course = tree["course"].to_dataset()["mean"].sel(step=0)
    np.testing.assert_allclose(course.sel(kind="x"), 0.5, atol=0.1)
    np.testing.assert_allclose(course.sel(kind="y"), 0.25, atol=0.1)
    activity = tree["activity"].to_dataset()["mean"]
    assert not activity.sel(kind="y", letter=1).any()
    assert activity.sel(kind="x", letter=1).all()
    by_speed = tree["buckets"].to_dataset()["mean"].mean("bucket")
    np.testing.assert_allclose(by_speed, activity.sel(rows="repeated", kind="y"), atol=1e-6)
    same = tree["activity"].to_dataset().sel(rows=["repeated", "changed"], letter=slice(1, 45))
    np.testing.assert_array_equal(*(same["mean"].sel(rows=rows) for rows in same["rows"].values))
    again = experiment.run(tiny, session)
    assert again["activity"].to_dataset().equals(tree["activity"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_words_are_learnt_and_activity_falls(experiment, tmp_path) -> None:
    """The quick preset: the warm-up is foretold, the first word is not, copies are to some extent;
    fewer neurons of y are active than at first.
    """
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    loss = tree["loss"].to_dataset()["mean"].sel(lesson="one word", rows="repeated")
    chance = np.log(26)
    assert float(loss.sel(segment="warm-up")) < 0.2 * chance
    assert float(loss.sel(segment="first word")) > 0.95 * chance
    assert float(loss.sel(segment="copies 3 to 8")) < 0.85 * chance
    course = tree["course"].to_dataset()["mean"].sel(kind="y", lesson="one word")
    assert (course.isel(step=-1) < course.isel(step=0)).all()
