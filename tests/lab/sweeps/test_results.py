"""A stored sweep opens as labelled data."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.errors import InvalidValue
from cogmem.lab.execute import results_table, widest_labels
from cogmem.lab.results import describe_axes, open_results
from cogmem.lab.store import Store


def test_axes_are_coordinates_in_the_order_given(plan, swept):
    results, _ = swept(plan("walk", "noise=1,2", "drift=0:1:3", repeats=2))
    assert dict(results.sizes) == {"noise": 2, "drift": 3, "repeat": 2, "step": 8}
    assert results["path"].dims == ("noise", "drift", "repeat", "step")
    assert results["drift"].values.tolist() == [0.0, 0.5, 1.0]
    assert results["step"].values.tolist() == list(range(1, 9))


def test_without_noise_every_cell_is_in_its_place(plan, swept):
    results, _ = swept(plan("walk", "drift=0:1:5", "n_steps=2,3", noise="0"))
    expected = results["drift"] * results["n_steps"]
    np.testing.assert_allclose(results["end"].isel(repeat=0), expected, rtol=1e-6)


def test_outputs_of_smaller_sizes_are_filled_up_with_nan(plan, swept):
    results, _ = swept(plan("walk", "n_steps=3,5", noise="0"))
    path = results["path"].isel(repeat=0)
    np.testing.assert_allclose(path.sel(n_steps=3), [0.5, 1.0, 1.5, np.nan, np.nan])
    np.testing.assert_allclose(path.sel(n_steps=5), [0.5, 1.0, 1.5, 2.0, 2.5])


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_axes_drawn_together_share_one_axis(plan, swept, method):
    results, _ = swept(plan("walk", f"drift=0:1:{method}", f"noise=1:2:{method}", n_samples=6))
    assert dict(results.sizes) == {"sample": 6, "repeat": 1, "step": 8}
    assert results["drift"].dims == results["noise"].dims == ("sample",)
    assert len(np.unique(results["drift"])) == 6


def test_show_prints_what_is_needed_to_repeat_it(tmp_path):
    path = tmp_path / "shown.zarr"
    words = ["sweep", "walk", "--over", "drift=0,1", "--seed", "7", "--store", str(path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    output = CliRunner().invoke(app, ["show", str(path)], env={"COLUMNS": "300"}).output
    for word in ("config.noise", "seed", "7", "versions.jax", "commit", "device", "command", "cpu"):
        assert word in output
    assert "cells: 0 to do, 2 done, 0 failed" in output
    about = Store.existing(path).root.attrs
    assert json.loads(json.dumps(about["grid"])) == {"drift": [0.0, 1.0]}


def test_what_is_no_sweep_is_refused(tmp_path):
    Store.open(tmp_path / "other.zarr", {"config_hash": "x"})
    with pytest.raises(InvalidValue, match="not the store of a sweep"):
        open_results(tmp_path / "other.zarr")


def test_ten_thousand_cells_open_lazily_in_two_seconds(plan, tmp_path):
    sweep = plan("walk", "drift=0:1:100", "noise=1:2:100")
    store = Store.open(tmp_path / "large.zarr", sweep.about)
    results_table(sweep, store)
    describe_axes(sweep, widest_labels(sweep), store)
    start = time.perf_counter()
    results = open_results(tmp_path / "large.zarr")
    assert time.perf_counter() - start < 2
    assert results["path"].shape == (100, 100, 1, 8)
    assert results["path"].chunks is not None  # nothing was read yet


def test_a_file_of_axes_and_settings_is_swept(tmp_path):
    axes = tmp_path / "axes.toml"
    axes.write_text(
        "repeats = 2\n[set]\nnoise = 0.0\n[over]\ndrift = {from = 1.0, to = 3.0, n = 3}\n"
        "n_steps = [2, 4]\n"
    )
    path = tmp_path / "filed.zarr"
    result = CliRunner().invoke(app, ["sweep", "walk", "--file", str(axes), "--store", str(path)])
    assert result.exit_code == 0, result.output
    ends = open_results(path)["end"].isel(repeat=0).transpose("drift", "n_steps").values
    np.testing.assert_allclose(ends, [[2, 4], [4, 8], [6, 12]])
