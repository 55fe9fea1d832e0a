"""Clustering by task: transitions counted by hand, and models that are told the tasks or not."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound, UnknownName
from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.cmr import CMR
from cogmem.models.source_cmr import SourceCMR

# Trains: 1 2 | 3 4 | 5 6; the first and the third by one task.
TASKS = np.array([[0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])


@pytest.fixture(scope="module")
def names():
    return find_experiment("source_clustering").run.__globals__


@pytest.fixture
def simulated() -> Recalls:
    """One person's two lists."""
    task = np.where(TASKS == 0, "animacy", "size")
    rows = np.array([[5, 6, 2], [1, 3, 0]])
    return Recalls.from_positions(rows, list_length=6, by_position={"task": task})


def test_transitions_by_hand(names, simulated) -> None:
    """5 6 2: to the next word of its train, then four back, to the same task, two trains before."""
    curves = names["curves"](simulated, names["tasks_of"](simulated))["value"].sel(subject=1)
    same = curves.sel(panel="same task")
    # From 5: 6, 1 and 2 are possible, 6 is made. From 6: 1 and 2, 2 is made.
    np.testing.assert_allclose(same.sel(lag=[1, -3, -4, -5]), [1, 0, 1 / 2, 0])
    assert np.isnan(same.sel(lag=2))
    other = curves.sel(panel="other task")
    np.testing.assert_allclose(other.sel(lag=[-1, -2, -3]), 0)
    trains = curves.sel(panel="trains")
    # Own train: 6 of 6; one before: 3 and 4, twice; two before: 1 and 2, twice, 2 made.
    np.testing.assert_allclose(trains.sel(lag=[0, -1, -2]), [1, 0, 1 / 4])


def test_lists_of_one_task_are_kept_apart(names, simulated) -> None:
    curves = names["curves"](simulated, names["tasks_of"](simulated))["value"].sel(subject=1)
    control = curves.sel(panel="control")
    np.testing.assert_allclose(control.sel(lag=[1, 2, 3]), [0, 1, 0])
    assert np.isnan(control.sel(lag=-1))


@pytest.mark.parametrize(("model", "differs"), [(SourceCMR(), True), (CMR(), False)])
def test_only_the_model_with_source_context_is_told_the_tasks(
    names, simulated, model, differs
) -> None:
    likely = jax.jit(lambda tasks: names["likelihoods"](model, simulated.recalls, tasks))
    assert np.array_equal(likely(TASKS), likely(1 - TASKS[::-1])) != differs


def test_each_persons_lists_are_sat_so_many_times(names, simulated) -> None:
    found = names["sit"](SourceCMR(), simulated, 5, key=jax.random.key(0))
    assert len(found) == 10
    assert found.length == 6


@pytest.fixture(scope="module")
def people() -> Recalls:
    try:
        return load("polyn2009")
    except (DataNotFound, UnknownName) as error:
        pytest.skip(str(error).splitlines()[0])


def test_people_go_on_within_the_task(names, people) -> None:
    """Means over the 45 people of Polyn et al. (2009), counted from the public file."""
    found = names["curves"](people, names["tasks_of"](people))["value"].mean("subject")
    same, other = (found.sel(panel=f"{which} task") for which in ("same", "other"))
    np.testing.assert_allclose(same.sel(lag=[-1, 1]), [0.187, 0.239], atol=5e-4)
    np.testing.assert_allclose(other.sel(lag=[-1, 1]), [0.078, 0.125], atol=5e-4)


@pytest.mark.slow
def test_quick_run_fits_better_with_source_context(people) -> None:
    experiment = find_experiment("source_clustering")
    results = experiment.run(replace(experiment.default, n_copies=1), Session())
    fitted = experiment.run.__globals__["json"].loads(results.attrs["fitted"])
    assert fitted["CMR with source context"]["nll"] < fitted["CMR without"]["nll"] - 10
    assert len(experiment.numbers(results)) <= 3 * 4 * 11
    assert len(experiment.plot(results).axes) == 4
