"""Two small experiments in a folder of their own, found through COGMEM_EXPERIMENTS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cogmem.lab.axes import parse_over
from cogmem.lab.execute import Tally, _program, in_this_process
from cogmem.lab.experiment import find_experiment
from cogmem.lab.results import open_results
from cogmem.lab.show import Run, preset_sweep, run_sweep
from cogmem.lab.sweep import Sweep

WALK = '''
"""A random walk, in JAX: one program for all steps and drifts."""
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogmem.lab.experiment import Experiment
from cogmem.lab.settings import setting


@dataclass(frozen=True)
class Config:
    drift: float = setting(0.5, (-10, 10), meaning="mean of a step")
    noise: float = setting(1.0, (0, 10), meaning="SD of a step")
    n_steps: int = setting(8, (1, 100), meaning="steps")


def cell(config, *, key):
    steps = config.drift + config.noise * jax.random.normal(key, (config.n_steps,))
    path = jnp.cumsum(steps)
    return {"path": path, "end": jnp.where(config.drift < -5, jnp.nan, path[-1])}


def plot(results):
    figure = Figure()
    figure.subplots().plot(results["end"].values.ravel())
    return figure


EXPERIMENT = Experiment(
    name="walk",
    title="A random walk",
    presets={"quick": Config(), "paper": Config(n_steps=16)},
    cell=cell,
    outputs={"path": ("step",), "end": ()},
    labels=lambda config: {"step": np.arange(1, config.n_steps + 1)},
    finite=("end",),
    cells_at_once=4,
    over={"quick": ("drift=0:1:3",)},
    plot=plot,
    numbers=lambda results: results["end"].to_dataframe().reset_index(),
    cost={"quick": "a second"},
    tolerance=0.01,
)
'''

SLOW = '''
"""Plain Python: each cell takes a moment, and refuses one value unless it was mended."""
import os
import time
from dataclasses import dataclass

import jax
import numpy as np

from cogmem.lab.experiment import Experiment
from cogmem.lab.settings import setting


@dataclass(frozen=True)
class Config:
    rate: float = setting(0.5, (0, 100), meaning="what it returns")
    seconds: float = setting(0.0, (0, 1), meaning="how long it takes")
    size: int = setting(3, (1, 10), meaning="numbers returned")


def cell(config, *, key):
    time.sleep(config.seconds)
    if config.rate == 13 and "MENDED" not in os.environ:
        raise ArithmeticError("thirteen is refused")
    return {"value": config.rate + np.asarray(jax.random.normal(key, (config.size,)))}


EXPERIMENT = Experiment(
    name="slow",
    title="Slow cells",
    presets={"quick": Config(), "paper": Config()},
    cell=cell,
    outputs={"value": ("place",)},
    labels=lambda config: {"place": np.arange(config.size)},
    vectorised=False,
    cells_at_once=2,
    plot=lambda results: None,
    numbers=lambda results: None,
)
'''


@pytest.fixture(autouse=True)
def experiments(tmp_path, monkeypatch) -> Path:
    """The folder of the two scripts; results go beside it."""
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "walk.py").write_text(WALK)
    (folder / "slow.py").write_text(SLOW)
    monkeypatch.setenv("COGMEM_EXPERIMENTS", str(folder))
    monkeypatch.setenv("COGMEM_RESULTS", str(tmp_path / "results"))
    for name in ("walk", "slow"):
        monkeypatch.delitem(sys.modules, f"experiments.{name}", raising=False)
    _program.cache_clear()
    return folder


@pytest.fixture
def plan() -> Callable[..., Sweep]:
    """plan("walk", "drift=0:1:3", ..., repeats=2, seed=0, n_samples=8, noise="2"): a sweep."""

    def make(
        name: str, *over: str, repeats: int = 1, seed: int = 0, n_samples: int = 8, **sets: str
    ) -> Sweep:
        run = Run(find_experiment(name), overrides=sets)
        axes = parse_over(over, run.config, n_samples=n_samples, seed=seed)
        planned = preset_sweep(run, axes, repeats)
        return Sweep(planned.experiment, planned.config, planned.axes, repeats, seed)

    return make


@pytest.fixture
def swept(tmp_path):
    """swept(sweep, ...): its results, computed in a store of their own unless `store` names one."""
    count = iter(range(1000))

    def compute(sweep: Sweep, store: str | None = None, mapper=in_this_process, options=None):
        path = tmp_path / (store or f"store{next(count)}.zarr")
        tally: Tally = run_sweep(sweep, "test", path=path, mapper=mapper, options=options)
        return open_results(path).load(), tally

    return compute


@pytest.fixture
def command(experiments):
    """command("sweep", "walk", ...): the real command in a process of its own, not waited for."""

    def start(*words: str, **options) -> subprocess.Popen:
        code = "from cogmem.cli import app; app()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return start


def same(a, b) -> bool:
    """Bit for bit, NaN equal to NaN."""
    return np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True)
