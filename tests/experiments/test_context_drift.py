"""Drift of context: which settings count as changed, and what is drawn of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.lab.experiment import find_experiment
from cogmem.lab.show import Run, carry_out
from experiments import context_drift
from experiments.context_drift import BEFORE, Config, cell

FEW = {"n_lists": "20"}


def carried_out(folder: Path, **changed: str):
    overrides = FEW | {f"model.{name}": value for name, value in changed.items()}
    return carry_out(Run(find_experiment("context_drift"), overrides=overrides), folder)[0]


def test_the_unchanged_model_has_the_same_drift_and_the_same_random_numbers() -> None:
    config = Config(n_lists=10)
    found = cell(config, key=jax.random.key(0))
    np.testing.assert_array_equal(found["spc"], found[BEFORE + "spc"])
    other = replace(config, model=replace(config.model, encoding_drift=0.3))
    found = cell(other, key=jax.random.key(0))
    np.testing.assert_array_equal(found["pfr"], found[BEFORE + "pfr"])


@pytest.mark.parametrize(
    ("changed", "n_dashed"), [({}, 0), ({"primacy_scale": "0"}, 3), ({"recall_drift": "0.5"}, 3)]
)
def test_what_was_before_is_dashed_only_where_something_changed(
    changed: dict[str, str], n_dashed: int, tmp_path: Path
) -> None:
    results = carried_out(tmp_path, **changed)
    names = context_drift.numbers(results)["node"].unique()
    assert sum("unchanged, spc" in name for name in names) == n_dashed
    figure = context_drift.plot(results)
    assert [len(ax.lines) >= 4 + n_dashed for ax in figure.axes] == [True] * 3


def test_the_foot_of_a_figure_says_what_was_changed(tmp_path: Path) -> None:
    carried_out(tmp_path, primacy_scale="0")
    assert "Changed: " in (tmp_path / "context_drift.svg").read_text()
    assert "primacy_scale = 0 (was " in (tmp_path / "context_drift.svg").read_text()
    how = json.loads((tmp_path / "context_drift.json").read_text())
    assert how["config"]["model"]["primacy_scale"] == 0
