"""A short course, looked into: which numbers come of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cogmem.lab.experiment import Session
from experiments.worm_clusters import EXPERIMENT, STAGES, TASKS, TOLD, Config

CONFIG = Config(width=6, n_steps=10, batch=2, n_subjects=2, n_trials=24, most=3)


def test_clusters_lesions_and_decoding(tmp_path: Path) -> None:
    """Six units, each at 1 in one task; as many are silent as clusters and controls have."""
    tree = EXPERIMENT.run(CONFIG, Session(results=tmp_path))
    shares = tree["variance"]["value"]
    assert shares.sizes == {"task": 3, "unit": 6}
    np.testing.assert_allclose(shares.max("task"), 1)
    assert set(shares["task"].values) == set(TASKS)
    sizes = np.bincount(tree["variance"]["cluster"].values)[1:]
    for node in ("lesions", "controls"):
        assert tree[node]["size"].values.tolist() == sizes.tolist()
        lost = tree[node]["right"] - tree[node]["intact"]
        np.testing.assert_allclose(tree[node]["value"], lost, atol=1e-12)
    assert tree["plane"].sizes["component"] == 2
    told = tree["decoding"].to_dataset()
    assert told["mean"].sizes == {"stage": len(STAGES), "told": len(TOLD)}
    assert float(told["mean"].min()) > 0.3
    rows = EXPERIMENT.numbers(tree)
    assert set(rows["node"]) == set(tree.children)
    assert len(EXPERIMENT.plot(tree).axes) == 7


def test_nothing_is_taught_twice(tmp_path: Path) -> None:
    """A second run reports no step."""
    steps: list[int] = []
    session = Session(results=tmp_path, begin=lambda total: lambda n, doing: steps.append(n))
    EXPERIMENT.run(CONFIG, session)
    assert sum(steps) == 20
    EXPERIMENT.run(CONFIG, session)
    assert sum(steps) == 20
