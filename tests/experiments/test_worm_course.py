"""A short course in WorM: accuracies at three times with their bases, and that it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Session
from cogmem.lab.worm_networks import Networks
from experiments.worm_course import EXPERIMENT, FEW

CONFIG = Networks(width=4, n_steps=10, batch=2, n_trials=24)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.DataTree, Path]:
    folder = tmp_path_factory.mktemp("results")
    return EXPERIMENT.run(CONFIG, Session(results=folder)), folder


def test_accuracies_at_three_times(ran: tuple[xr.DataTree, Path]) -> None:
    """Steps 1, 3 and 10, three tasks; bases by hand; one full test, at the end."""
    tree, _ = ran
    tasks = tree["tasks"]
    assert tasks["step"].values.tolist() == [1, 3, 10]
    assert tuple(tasks["task"].values) == FEW
    np.testing.assert_allclose(float(tasks["base"].sel(task="SFR")), 91 / 1200)
    assert tree["course"]["test_step"].values.tolist() == [10]
    assert np.isfinite(tree["course"]["mean"]).all()
    assert set(EXPERIMENT.numbers(tree)["node"]) == {"tasks", "course"}
    assert len(EXPERIMENT.plot(tree).axes) == 4


def test_what_was_taught_is_not_taught_again(ran: tuple[xr.DataTree, Path]) -> None:
    """A second run reports no step and finds the same."""
    tree, folder = ran
    steps: list[int] = []
    session = Session(results=folder, begin=lambda total: lambda n, doing: steps.append(n))
    again = EXPERIMENT.run(CONFIG, session)
    assert steps == []
    xr.testing.assert_equal(again["tasks"].to_dataset(), tree["tasks"].to_dataset())
