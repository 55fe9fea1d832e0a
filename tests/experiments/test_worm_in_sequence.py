"""Tasks of WorM in sequence: who learns what, what is stored and labelled, and that it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import experiments.worm_in_sequence as worm
from cogmem.lab.experiment import Session
from cogmem.models.memory_cores import Memoryless, RecurrentCore
from cogmem.models.spiking_core import SpikingCore
from cogmem.participants.frame_sequence import Taught
from cogmem.tasks.worm import TASKS
from experiments.worm_in_sequence import EXPERIMENT, FEW, Config, Run

CONFIG = Config(width=16, n_seeds=2)


def test_who_learns_what() -> None:
    """All tasks in the order of ids; only networks with HLOP are protected; longer tasks."""
    paper = EXPERIMENT.presets["paper"]
    plain, guarded = (worm.sequence_of(paper, Run("gated", c, 0)) for c in worm.CONDITIONS)
    assert plain.names == guarded.names == tuple(TASKS)
    assert (plain.protection is None, guarded.protection is None) == (True, False)
    assert guarded.shared() == ("CD",)
    assert (plain.steps_of("VIR"), plain.steps_of("STS")) == (400, 200)
    assert len(worm.runs(paper)) == 3 * 5
    cores = [type(worm.sequence_of(paper, run).network.core) for run in worm.runs(paper)[:5]]
    assert cores == [SpikingCore] * 2 + [RecurrentCore] * 2 + [Memoryless]


def test_rows_are_fewer_than_inputs() -> None:
    """Of all fourteen tasks at the input; units have room for all but the last rows."""
    own = worm.sequence_of(EXPERIMENT.presets["paper"], Run("spiking", "HLOP", 0))
    assert own.protection is not None
    assert len(own.names) * own.protection.inputs < own.network.n_inputs
    assert len(own.names) * own.protection.units < own.network.core.width


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Networks that need not learn: their accuracies say who they are; who was asked."""
    asked: list[str] = []

    def teach(sequence: Any, taught: Taught, name: str) -> Taught:
        asked.append(type(sequence.network.core).__name__)
        return taught._replace(finished=(*taught.finished, name))

    def tested(config: Config, sequence: Any, taught: Taught) -> list[float]:
        kept = 0.9 if sequence.protection else 0.6
        return [kept] * (len(taught.finished) - 1) + [1.0]

    monkeypatch.setattr(worm, "begin", lambda sequence: Taught(None, {}))  # type: ignore[arg-type]
    monkeypatch.setattr(worm, "teach", teach)
    monkeypatch.setattr(worm, "_tested", tested)
    monkeypatch.setattr(worm, "energy_left", lambda *each: {"inputs": 0.2, "units": 0.1})
    return asked


def test_results_are_labelled_stored_and_drawn(made_up: list[str], tmp_path: Any) -> None:
    """BWT by hand, -10 and -40 points; energy, base; a second run asks no one; table, figure."""
    config = replace(CONFIG, gated=True)
    tree = EXPERIMENT.run(config, Session(results=tmp_path))
    assert len(made_up) == 2 * 5 * len(FEW)
    bwt = tree["measures"].to_dataset().sel(measure="backward_transfer")["mean"]
    np.testing.assert_allclose(bwt.sel(condition="HLOP"), -10, atol=1e-9)
    np.testing.assert_allclose(bwt.sel(condition="plain"), -40, atol=1e-9)
    assert tree["base"]["task"].values.tolist() == list(FEW)
    np.testing.assert_allclose(tree["base"]["mean"], 100)
    np.testing.assert_allclose(tree["energy"]["mean"].sel(input="units"), 10)
    again = EXPERIMENT.run(config, Session(results=tmp_path))
    assert len(made_up) == 2 * 5 * len(FEW)
    assert again["learning"].to_dataset().equals(tree["learning"].to_dataset())
    table = EXPERIMENT.numbers(tree)
    assert set(table["node"]) == {"learning", "measures", "base", "energy"}
    assert (table["node"] == "learning").sum() == 2 * 4 * 15
    EXPERIMENT.plot(tree).savefig("/dev/null", format="png")


def test_a_run_that_was_stopped_goes_on(made_up: list[str], tmp_path: Any) -> None:
    """Stopped in the second of six networks, it lets that and the other four learn."""

    def report(steps: int, doing: str) -> None:
        if len(made_up) == len(FEW) + 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EXPERIMENT.run(CONFIG, Session(lambda total: report, tmp_path))
    EXPERIMENT.run(CONFIG, Session(results=tmp_path))
    assert len(made_up) == 6 * len(FEW) + 2


@pytest.mark.slow
def test_projection_protects_spiking_neurons(tmp_path: Any) -> None:
    """The quick preset: every task is learnt above base by both, and projection forgets less."""
    tree = EXPERIMENT.run(EXPERIMENT.default, Session(results=tmp_path))
    learning = tree["learning"].to_dataset()
    base = tree["base"]["mean"].values
    assert (learning["plasticity"].mean("seed") - base > 10).all()
    bwt = learning["backward_transfer"].mean("seed").sel(network="spiking")
    assert float(bwt.sel(condition="HLOP") - bwt.sel(condition="plain")) > 5
