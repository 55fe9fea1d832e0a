"""The table of cores: bases, standard errors and criterion by hand; a short run of two cores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session
from cogmem.models.memory_cores import Memoryless
from cogmem.models.sparsey_core import SparseyCore
from experiments import worm_cores
from experiments.worm_cores import EXPERIMENT, FEW, Config

CONFIG = Config(n_steps=2, full_every=1, batch=2, n_subjects=2, n_trials=24)
CORES = {"Sparsey": SparseyCore(96, n_modules=4, n_cells=4), "no memory": Memoryless(8)}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> xr.DataTree:
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worm_cores, "CORES", CORES)
        patch.setattr(worm_cores, "FEW", ("SMU",))
        try:
            return EXPERIMENT.run(CONFIG, Session(results=folder))
        except DataNotFound as missing:
            pytest.skip(str(missing))


def test_all_cores(ran: xr.DataTree) -> None:
    """Shares between 0 and 1; people's digits of 1 to 6; what is fitted is counted."""
    accuracy = ran["accuracy"].to_dataset()
    assert dict(accuracy["mean"].sizes) == {"core": 2, "task": 1}
    assert 0.17 < float(accuracy["base"][0]) < 0.25
    assert accuracy["mean"].to_series().between(0, 1).all()
    people = ran["people"].to_dataset()
    assert float(people["value"].sel(task="SMU")) == pytest.approx(0.88, abs=0.06)
    cores = ran["cores"].to_dataset()
    assert int(cores["core_weights"].sel(core="Sparsey")) == 0
    assert int(cores["core_weights"].sel(core="no memory")) == 8 * 96 + 8
    assert int(cores["weights"].sel(core="Sparsey")) == (3 * 96 + 16 + 2) * 9
    rows = EXPERIMENT.numbers(ran)
    assert set(rows["node"]) == {"accuracy", "criterion", "cores", "people"}
    assert len(EXPERIMENT.plot(ran).axes) == 2


def test_people_only_where_they_did_something_like_it() -> None:
    """Nobody switched rules; lists of patterns have 18 constants, of WorM's notebooks."""
    found = worm_cores.people(["STS", "VSR"])
    assert np.isnan(float(found["value"].sel(task="STS")))
    assert found["source"].values.tolist() == ["", "worm_human_points"]
    assert 0.36 < float(found["value"].sel(task="VSR")) < 0.9


def test_errors_are_over_trials() -> None:
    """Four trials with two answers each, right twice or never: as of four, 1 / (2 sqrt 3)."""
    right = np.repeat([1.0, 1.0, 0.0, 0.0], 2)
    table = pd.DataFrame({"task": "CD_Gap", "trial": np.repeat(range(4), 2), "right": right})
    scores = worm_cores._scores(table)
    assert list(scores.index) == ["CD"]
    assert scores.loc["CD", "right"] == 0.5
    assert scores.loc["CD", "se"] == pytest.approx(1 / (2 * np.sqrt(3)))


def test_trials_to_criterion() -> None:
    """From .5, .875 is three quarters of the way: here after two tests of ten steps, batch 4."""
    history = np.array([[0.6, 0.5], [0.9, 0.85], [0.8, 0.86]])
    config = Config(n_steps=30, full_every=10, batch=4)
    base = pd.Series([0.5], ["CD"])
    names = ("CD_Gap", "CD_Size")
    assert worm_cores._reached(config, history, names, base).tolist() == [80.0]
    assert np.isnan(worm_cores._reached(config, history - 0.2, names, base)).all()
    assert FEW == ("SFR", "SMU", "STS")


def test_a_run_can_be_named_twice(tmp_path: Path) -> None:
    """Files of cores have no spaces and none shares another's."""
    files = {worm_cores._file(tmp_path, name, "0").name for name in worm_cores.CORES}
    assert len(files) == len(worm_cores.CORES)
    assert not any(" " in name for name in files)
