"""Competing hypotheses in a macrocolumn: what is asked of them, and the whole run."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.lab.experiment import Session, find_experiment
from experiments.competing_hypotheses import EXPERIMENT, SCENARIOS, Config, scenario


def test_it_is_found_by_name() -> None:
    assert find_experiment("competing_hypotheses").models == ("sparsey",)


def test_scenarios_by_hand() -> None:
    """Midway, frames 1 to 4 are shared, from 0; at the fork 0 to 2 are. Six are shown in both."""
    (first, second), shown, start = SCENARIOS["midway"]
    assert (np.flatnonzero(first == second) == [1, 2, 3, 4]).all()
    assert len(first) - start == len(shown) == 6
    (first, second), shown, start = SCENARIOS["fork"]
    assert (np.flatnonzero(first == second) == [0, 1, 2]).all()
    assert len(first) - start == len(shown) == 6


@pytest.mark.slow
def test_two_hypotheses_where_two_codes_are_as_good() -> None:
    """Section 4: zeta is 2 where sequences that share a middle are entered there; a boost keeps it.

    Only for a while: once winners are not split evenly, the weaker code falls below the support
    that makes a hypothesis. So no more is asked than that there be more than without.
    """
    found = scenario(Config(n_macs=30), "midway", jax.random.key(7))["mean"]
    zeta = found.sel(measure="hypotheses")
    assert (zeta.sel(frame=1) > 1.9).all()
    assert float(zeta.sel(sends="boost, hard", frame=2)) > 1.2
    assert float(zeta.sel(sends="off, hard", frame=2)) < 0.2
    weaker = found.sel(measure="weaker", frame=2)
    assert float(weaker.sel(sends="boost, soft")) > float(weaker.sel(sends="off, soft"))
    # The ending of the first sequence is told from the second's: chance is 1/16.
    first = found.sel(measure="first", frame=6, sends="boost, hard")
    assert float(first) > 0.9


@pytest.mark.slow
def test_a_run_has_a_number_for_every_point() -> None:
    tree = EXPERIMENT.run(Config(n_macs=2), Session())
    table = EXPERIMENT.numbers(tree)
    assert set(table["part"]) == set(tree.children)
    assert table["mean"].notna().all()
    assert isinstance(EXPERIMENT.plot(tree), Figure)
