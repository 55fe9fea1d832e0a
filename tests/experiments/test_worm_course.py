"""A short course in WorM: which curves come of it, their bases, and that it goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session
from experiments.worm_course import EXPERIMENT, FEW, LIST, NETWORK, Config

CONFIG = Config(width=4, n_steps=1, batch=2, n_subjects=2, n_trials=24)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.DataTree, Path]:
    folder = tmp_path_factory.mktemp("results")
    try:
        return EXPERIMENT.run(CONFIG, Session(results=folder)), folder
    except DataNotFound as missing:
        pytest.skip(str(missing))


def test_curves_of_the_tasks_that_were_taught(ran: tuple[xr.DataTree, Path]) -> None:
    """Accuracy of three tasks; eight boxes, eight positions; bases by hand."""
    tree, _ = ran
    assert set(tree["tasks"]["task"].values) == set(FEW)
    network = tree["updating"].to_dataset().sel(source=NETWORK)
    assert network["set_size"].values.tolist() == list(range(1, 9))
    assert np.isfinite(network["mean"]).all()
    assert tree["positions"].sizes["serial_position"] == LIST
    assert float(tree["length"]["base"].sel(list_length=15)) == pytest.approx(0.15)
    rows = EXPERIMENT.numbers(tree)
    assert set(rows["node"]) == {"tasks", "switching", "updating", "length", "positions"}
    assert len(EXPERIMENT.plot(tree).axes) == 5


def test_what_was_taught_is_not_taught_again(ran: tuple[xr.DataTree, Path]) -> None:
    """A second run reports no step and finds the same."""
    tree, folder = ran
    steps: list[int] = []
    session = Session(results=folder, begin=lambda total: lambda n, doing: steps.append(n))
    again = EXPERIMENT.run(replace(CONFIG), session)
    assert steps == []
    xr.testing.assert_equal(again["tasks"].to_dataset(), tree["tasks"].to_dataset())
