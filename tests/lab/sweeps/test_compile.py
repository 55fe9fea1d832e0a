"""One compilation per distinct size, however many floats are swept."""

from __future__ import annotations

import pytest

from cogmem.lab.execute import _program


@pytest.fixture
def n_traced(monkeypatch, plan):
    """How often the cell of `walk` was traced: Python runs it only while JAX compiles."""
    count = []
    globals_ = plan("walk", "drift=0,1").experiment.cell.__globals__
    cumsum = globals_["jnp"].cumsum

    class Counting:
        def __getattr__(self, name):
            return getattr(monkeypatch_jnp, name)

        def cumsum(self, x):
            count.append(1)
            return cumsum(x)

    monkeypatch_jnp = globals_["jnp"]
    monkeypatch.setitem(globals_, "jnp", Counting())
    return lambda: len(count)


def test_compilations_are_as_many_as_distinct_sizes(plan, swept, n_traced):
    sweep = plan("walk", "drift=0:1:20", "noise=1:2:5", "n_steps=4,6,9", repeats=2)
    _, tally = swept(sweep)
    assert tally.done == 20 * 5 * 3 * 2
    assert len(list(sweep.blocks())) == 150
    assert n_traced() == 3
    assert _program.cache_info().currsize == 3


def test_another_sweep_of_the_same_sizes_compiles_nothing(plan, swept, n_traced):
    swept(plan("walk", "drift=0:1:8"))
    before = n_traced()
    swept(plan("walk", "noise=1:3:12"))
    assert n_traced() == before == 1
