"""Fixed time: what does not depend on how much is stored, counted; no test takes the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.sparsey import Memory
from cogmem.models.sparsey_memory import recognise, store
from cogmem.tasks.sparse_items import random_items

N_ITEMS = 10_000


@pytest.fixture(scope="module")
def names():
    return find_experiment("fixed_time").run.__globals__


@pytest.fixture(scope="module")
def filled(names):
    """The macrocolumn, its memory before and after 10,000 items, and the items."""
    mac = names["macrocolumn"]()
    items = np.asarray(random_items(N_ITEMS, mac.n_features, 14, key=jax.random.key(1)))
    before = after = mac.begin()
    for block in items.reshape(-1, names["BLOCK"], mac.n_features):
        after, _ = store(mac, block, key=jax.random.key(2), memory=after)
    return mac, before, after, items


@contextmanager
def traces() -> Iterator[list[str]]:
    """Every function that JAX traces, and so compiles, meanwhile."""
    seen: list[str] = []

    def listen(event: str, duration: float, **about: object) -> None:
        if event == "/jax/core/compile/jaxpr_trace_duration":
            seen.append(str(about))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield seen
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def test_ten_thousand_items_leave_the_size_of_the_state_as_it_was(names, filled) -> None:
    """Section 12.12: the same bytes, and no array with an axis of items."""
    _, before, after, _ = filled
    assert names["n_bytes"](after) == names["n_bytes"](before)
    shapes = [leaf.shape for leaf in jax.tree.leaves(after)]
    assert shapes == [leaf.shape for leaf in jax.tree.leaves(before)]
    assert all(N_ITEMS not in shape for shape in shapes)
    # It did learn: this is not the size of an unused memory.
    assert int(after.step) == N_ITEMS
    assert int(after.bundles["U"].n_increased) > 0.4 * int(after.bundles["U"].n_synapses)


@pytest.mark.parametrize("what", ["store_one", "retrieve_one"])
def test_operations_do_not_depend_on_what_is_stored(names, filled, what) -> None:
    mac, before, after, _ = filled
    item = jax.ShapeDtypeStruct((1, mac.n_features), bool)
    few, many = (names["operations"](names[what], mac, m, item) for m in (before, after))
    assert few == many > 0


def test_operations_of_the_list_grow_with_it(names) -> None:
    """One comparison is a multiplication and an addition for each feature, and one for the best."""
    cue = jax.ShapeDtypeStruct((1, 144), bool)
    sizes = (500, 1000, 2000)
    listed = [jax.ShapeDtypeStruct((n, 144), jnp.float32) for n in sizes]
    counted = [names["operations"](names["best_match"], each, cue) for each in listed]
    assert (counted[2] - counted[1]) == pytest.approx(2 * (counted[1] - counted[0]), rel=0.01)
    assert counted[2] > 2 * 144 * 2000


def test_one_program_serves_all_blocks(names, filled) -> None:
    """What has stored and retrieved the first block does so with 10,000 items stored, too."""
    mac, memory, full, items = filled
    block, key = items[: names["BLOCK"]], jax.random.key(3)

    def both(memory: Memory) -> None:
        memory, _ = store(mac, block, key=key, memory=memory)
        recognise(mac, memory, block, key=key)

    both(memory)
    with traces() as seen:
        both(memory)
        both(full)
    assert seen == []


def test_the_count_of_programs_can_fail() -> None:
    """A list grows, and each length is a program of its own."""
    with traces() as seen:
        for n in (2, 3):
            jax.jit(lambda x: x @ x)(np.ones((n, n))).block_until_ready()
    assert len(seen) >= 2


def test_the_list_finds_what_it_holds(names, filled) -> None:
    items = filled[3][:600]
    found = names["best_match"](jnp.asarray(items, jnp.float32), items[100:350])
    assert (items[np.asarray(found)] == items[100:350]).all()


def test_slope_by_hand(names) -> None:
    """Relative times that rise by .2 from one block of 500 to the next: .4 per 1,000 items."""
    relative = np.tile(np.array([0.8, 1.0, 1.2])[None, :, None], (3, 1, 2))
    times = xr.Dataset(
        {"relative": (("task", "block", "repeat"), relative)},
        {"task": list(names["TASKS"]), "stored": ("block", [500, 1000, 1500])},
    )
    found = names["slopes"](times)
    for name in ("mean", "low", "high"):
        np.testing.assert_allclose(found[name], 0.4, atol=1e-6)


def test_times_are_relative_to_sparsey(names) -> None:
    """Its storing to its median block of storing; both retrievals to its median of retrieving."""
    seconds = np.array([[1.0, 2, 3], [4, 4, 8], [2, 4, 6]])[:, :, None]
    relative = names["_times"](seconds)["relative"].isel(repeat=0)
    np.testing.assert_allclose(relative, [[0.5, 1, 1.5], [1, 1, 2], [0.5, 1, 1.5]])


@pytest.mark.slow
def test_quick_run_has_a_number_for_every_point() -> None:
    experiment = find_experiment("fixed_time")
    tree = experiment.run(replace(experiment.default, n_items=2000, n_repeats=2), Session())
    table = experiment.numbers(tree)
    assert len(table) == 3 * 4 + 3 + 2 * 2 * 4
    assert table["value"].notna().all()
    same = table[(table["measure"] == "bytes") & (table["of"] == "Sparsey")]["value"]
    assert same.nunique() == 1
    assert len(experiment.plot(tree).axes) == 3
