"""Networks of one size, hardly taught: which curves come of it, and their bases."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session
from experiments import worm_sizes
from experiments.worm_sizes import EXPERIMENT, Config

TASKS = ("SFR", "SMU")
CONFIG = Config(widths=(3,), n_steps=1, batch=2, n_subjects=2, n_trials=24)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> xr.DataTree:
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worm_sizes, "TASKS", TASKS)
        try:
            return EXPERIMENT.run(CONFIG, Session(results=folder))
        except DataNotFound as missing:
            pytest.skip(str(missing))


def test_curves_by_size(ran: xr.DataTree) -> None:
    """Both tasks; people beside; L/100 and L/30 of free recall."""
    tasks = ran["tasks"].to_dataset()
    assert tasks["width"].values.tolist() == [3]
    assert set(tasks["task"].values) == set(TASKS)
    updating = ran["updating"].to_dataset()
    assert updating["source"].values.tolist() == ["people", "3 units"]
    assert np.isfinite(updating["mean"].sel(source="3 units")).all()
    length = ran["length"].to_dataset().sel(list_length=15)
    assert float(length["base"]) == pytest.approx(0.15)
    assert float(length["squares_known"]) == pytest.approx(0.5)
    assert set(EXPERIMENT.numbers(ran)["node"]) == {"tasks", "updating", "length"}
    assert len(EXPERIMENT.plot(ran).axes) == 3
