"""The numbers of a cell depend on its settings, its repeat and the root seed, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cogmem.lab.execute import Options
from cogmem.lab.experiment import find_experiment
from tests.lab.sweeps.conftest import same


def test_adding_values_to_an_axis_leaves_the_others_as_they_were(plan, swept):
    few, _ = swept(plan("walk", "drift=0.25,0.75", repeats=3))
    more, _ = swept(plan("walk", "drift=0.1,0.25,0.5,0.75,0.9", repeats=3))
    assert same(more["path"].sel(drift=[0.25, 0.75]), few["path"])


def test_adding_repeats_leaves_the_first_as_they_were(plan, swept):
    few, _ = swept(plan("walk", "drift=0.25,0.75", repeats=2))
    more, _ = swept(plan("walk", "drift=0.25,0.75", repeats=7))
    assert same(more["path"].sel(repeat=[0, 1]), few["path"])


def test_order_of_axes_and_values_does_not_matter(plan, swept):
    one, _ = swept(plan("walk", "drift=0.25,0.75", "noise=1,2,3"))
    other, _ = swept(plan("walk", "noise=3,1,2", "drift=0.75,0.25"))
    assert same(
        other["path"].transpose(*one["path"].dims).sel(drift=one.drift, noise=one.noise),
        one["path"],
    )


def test_an_axis_of_one_value_is_the_same_as_the_setting(plan, swept):
    one, _ = swept(plan("walk", "drift=0.25,0.75", "noise=1.0"))
    other, _ = swept(plan("walk", "drift=0.25,0.75"))
    assert same(one["path"].isel(noise=0), other["path"])


@pytest.mark.parametrize("at_once", [1, 3, 16])
def test_cells_one_at_a_time_are_those_of_any_vmap(plan, swept, at_once):
    sweep = plan("walk", "drift=0:1:11", repeats=2)
    other = replace(sweep, experiment=replace(sweep.experiment, cells_at_once=at_once))
    assert same(swept(sweep)[0]["path"], swept(other)[0]["path"])


@pytest.mark.parametrize("name", ["walk", "slow"])
def test_two_shards_make_the_whole(plan, swept, name):
    sweep = plan(name, "drift=0:1:9" if name == "walk" else "rate=0:1:9", repeats=2)
    whole, _ = swept(sweep)
    _, first = swept(sweep, "shared.zarr", options=Options(part=(1, 2)))
    both, second = swept(sweep, "shared.zarr", options=Options(part=(2, 2)))
    assert first.done + second.done == 18
    assert both.drop_vars("status").equals(whole.drop_vars("status"))


def test_roots_differ(plan, swept):
    one, _ = swept(plan("walk", "drift=0.25,0.75", seed=0))
    other, _ = swept(plan("walk", "drift=0.25,0.75", seed=1))
    assert not np.isin(one["end"], other["end"]).any()


def test_repeats_and_cells_differ(plan, swept):
    results, _ = swept(plan("walk", "drift=0.25,0.75", repeats=5))
    first_steps = results["path"].isel(step=0) - results["drift"]
    assert len(np.unique(first_steps.values.round(9))) == 10


def test_cmr_is_the_same_at_any_width(monkeypatch, swept, plan):
    monkeypatch.delenv("COGMEM_EXPERIMENTS")
    cmr = find_experiment("cmr_sweep")
    sweep = plan("cmr_sweep", "model.encoding_drift=0.1:0.9:5", "n_lists=20")
    assert sweep.experiment is cmr
    narrow = replace(sweep, experiment=replace(cmr, cells_at_once=2))
    one, other = swept(sweep)[0], swept(narrow)[0]
    for name in cmr.outputs:
        assert same(one[name], other[name]), name
