"""Networks by symbols and by pictures, side by side."""

from __future__ import annotations

from pathlib import Path

from cogmem.lab.experiment import Session
from cogmem.lab.worm_networks import Networks
from experiments.worm_vision import EXPERIMENT, PANELS

TINY = Networks(width=4, n_steps=10, batch=2, n_trials=24)


def test_both_are_taught_and_asked(tmp_path: Path) -> None:
    """Two networks with symbols, two with pictures; both in every panel, at chance."""
    steps: list[int] = []
    session = Session(lambda total: lambda n, doing: steps.append(n), tmp_path)
    tree = EXPERIMENT.run(TINY, session)
    assert sum(steps) == 40
    assert len(list(tmp_path.glob("worm_network-*"))) == 4
    for name in PANELS:
        node = tree[name]
        assert node["source"].values.tolist() == ["symbols", "pictures"]
        assert float(node["mean"].max()) < 0.9
    assert len(EXPERIMENT.plot(tree).axes) == 3
    assert set(EXPERIMENT.numbers(tree)["node"]) == set(PANELS)
