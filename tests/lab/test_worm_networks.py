"""Networks of WorM that experiments share: taught once, kept at milestones, asked together."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.lab.worm_networks import Graduate, Networks, answers, graduates

TINY = Networks(width=8, n_steps=10, batch=2)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Graduate], list[int]]:
    results, told = tmp_path_factory.mktemp("results"), []
    session = Session(lambda total: lambda steps, doing: told.append(steps), results)
    return results, graduates(TINY, ("STS", "SMU"), session), told


def leaves(weights: object) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(weights)]


def test_they_are_taught_once(taught: tuple[Path, list[Graduate], list[int]]) -> None:
    """Two networks of 10 steps; asked for again nothing is done, and they are the same."""
    results, networks, told = taught
    assert sum(told) == 20
    again: list[int] = []
    session = Session(lambda total: lambda steps, doing: again.append(steps), results)
    for one, other in zip(networks, graduates(TINY, ("SMU", "STS"), session), strict=True):
        for a, b in zip(leaves(one.weights), leaves(other.weights), strict=True):
            np.testing.assert_array_equal(a, b)
    assert again == []
    assert len(list(results.glob("worm_network-*"))) == 2


def test_weights_are_kept_at_milestones(taught: tuple[Path, list[Graduate], list[int]]) -> None:
    """After 1 and 3 of 10 steps, and all three differ; tasks are in the order of WorM."""
    _, (network, _), _ = taught
    assert list(network.earlier) == [1, 3]
    first, second = (leaves(weights) for weights in network.earlier.values())
    assert any((a != b).any() for a, b in zip(first, second, strict=True))
    assert network.course.names == ("SMU", "STS")


def test_answers_tell_who_was_asked(taught: tuple[Path, list[Graduate], list[int]]) -> None:
    """Six trials of two boxes, two networks, at the end and at a milestone: 24 answers each."""
    _, networks, _ = taught
    exam = {"SMU": {"set_size": (2,)}}
    for step in (None, 3):
        table = answers(networks, exam, 6, step=step)
        assert table.groupby("subject").size().tolist() == [12, 12]


def test_a_lost_milestone_is_an_error(taught: tuple[Path, list[Graduate], list[int]]) -> None:
    results, _, _ = taught
    lost = next(results.glob("worm_network-*/progress-1"))
    kept = lost.read_bytes()
    lost.unlink()
    try:
        with pytest.raises(InvalidValue, match="at step 10, but progress-1 is missing"):
            graduates(TINY, ("STS", "SMU"), Session(results=results))
    finally:
        lost.write_bytes(kept)
