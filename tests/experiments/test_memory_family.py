"""The family at equal bits: sizes, measures by hand, and what the comparison rests on.

The memories themselves are tested in tests/models.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.measures.completion import crossing, dice
from cogmem.measures.memory_filling import N_STORED, SHARED, cues, filled, shown, stimuli
from cogmem.models.associative import complete_all
from cogmem.models.equal_bits import BUDGET, HALF_ON, MEMBERS, SELECTIONS, sparsey
from cogmem.models.willshaw import expected_fill, expected_spurious

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def names():
    return find_experiment("memory_family").run.__globals__


# ---- equal bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slack"),
    [
        ("Willshaw", 0),
        ("Willshaw, best driven", 0),
        ("Kanerva", 0.003),  # 133 locations of 400 x 3 bits
        ("Modern Hopfield", 0),
        ("Spatial pooler", 0.02),  # 49 columns of 3,232 bits
        ("Sparsey", 0),
        ("Sparsey, smooth", 0),
        ("Sparsey, lambda_U = 10", 0),
        ("Sparsey, random codes", 0),
    ],
)
def test_equal_bits(names, name: str, slack: float) -> None:
    """As near to 160,000 bits, from below, as the parts of each allow; the list when full."""
    bits = MEMBERS[name].make(KEY).n_bits(400)
    assert BUDGET * (1 - slack) <= bits <= BUDGET


def test_hopfield_cannot_meet_the_budget_with_sparse_items(names) -> None:
    """A bit per weight for one item, two for two or three: the items fix the number of weights."""
    memory = MEMBERS["Hopfield"].make(KEY)
    assert [memory.n_bits(n) for n in (1, 2)] == [400 * 399, 2 * 400 * 399]


@pytest.mark.parametrize(("name", "n_stored"), [("Kanerva", 4), ("Hopfield", 26)])
def test_half_on_patterns_use_the_budget(names, name: str, n_stored: int) -> None:
    bits = HALF_ON[name].make(KEY).n_bits(n_stored)
    assert 0.99 * BUDGET <= bits <= BUDGET


def test_every_shape_of_sparsey_has_the_same_bits(names) -> None:
    selection = SELECTIONS["Sparsey"]
    for preset in ("quick", "paper"):
        for n_modules in find_experiment("memory_family").preset(preset).shapes:
            assert sparsey(selection, n_modules)(KEY).n_bits(1) == BUDGET


# ---- measures by hand ----------------------------------------------------------------------------


def test_cues(names) -> None:
    """9 of 12 without others, and with 3 wrong ones; F1 of the cues themselves .857 and .75."""
    item = jnp.arange(400) < 12
    part, replaced = cues(item, key=KEY)
    assert [int(part.sum()), int((part & item).sum())] == [9, 9]
    assert [int(replaced.sum()), int((replaced & item).sum())] == [12, 9]
    assert float(dice(part, item)) == pytest.approx(2 * 0.75 / 1.75)
    assert float(dice(replaced, item)) == pytest.approx(0.75)


def test_similarity_of_equal_overlaps_is_none(names) -> None:
    shared = SHARED[:, None]
    assert names["preserved"](np.zeros((13, 5))) == 0
    assert names["preserved"](np.repeat(shared / 12, 5, axis=1)) == pytest.approx(1)
    assert names["preserved"](np.repeat(1 - shared / 12, 5, axis=1)) == pytest.approx(-1)


def test_families(names) -> None:
    """Items keep 8 of 12 features of a prototype: two of a family share about 8 x 8 / 12."""
    items = np.asarray(stimuli(MEMBERS["Willshaw"], 400, families=True, key=KEY)).astype(int)
    assert (items.sum(axis=1) == 12).all()
    same = [items[i] @ items[i + 40] for i in range(360)]
    other = [items[i] @ items[i + 41] for i in range(359)]
    # A standard error of .07; features that took the place of others add a little.
    assert np.mean(same) == pytest.approx(64 / 12, abs=0.35)
    assert np.mean(other) == pytest.approx(144 / 400, abs=0.15)


# ---- memories ------------------------------------------------------------------------------------


def state_after(names, name: str, n_stored: int):
    member = MEMBERS[name]
    memory = jax.tree.map(jnp.asarray, member.make(KEY))
    items = stimuli(member, n_stored, families=False, key=jax.random.key(1))
    state = shown(memory, 1, memory.begin(), items, (0, n_stored), key=jax.random.key(2))
    return memory, state, items


def test_fill_and_wrong_units_of_the_willshaw_net(names) -> None:
    """After 1,000 items: p = 1 - (1 - k^2 / n^2)^M, and (n - k) p^k wrong units, up to 2 times."""
    memory, state, items = state_after(names, "Willshaw", 1000)
    off = ~np.eye(400, dtype=bool)
    assert np.asarray(state)[off].mean() == pytest.approx(expected_fill(400, 12, 1000), abs=0.04)
    wrong = float((complete_all(memory, state, items).pattern & ~items).sum(axis=1).mean())
    expected = 388 * float(np.asarray(state)[off].mean()) ** 12
    assert expected <= wrong <= 2.5 * expected
    assert wrong < 2 * expected_spurious(400, 12, 1000)


def test_best_driven_units(names) -> None:
    """The same as the threshold while nothing is wrong, and not silenced by wrong features."""
    memory, state, items = state_after(names, "Willshaw, best driven", 100)
    plain = MEMBERS["Willshaw"].make(KEY)
    part, replaced = jax.vmap(lambda item, own: cues(item, key=own))(
        items, jax.random.split(KEY, len(items))
    )
    np.testing.assert_array_equal(complete_all(memory, state, part).pattern, items)
    np.testing.assert_array_equal(complete_all(plain, state, part).pattern, items)
    assert float(dice(complete_all(memory, state, replaced).pattern, items).mean()) > 0.99
    assert float(dice(complete_all(plain, state, replaced).pattern, items).mean()) < 0.1


def test_random_codes_keep_no_similarity_and_sparsey_does(names) -> None:
    """Spearman of random codes within 4 standard errors of 0, 1 / sqrt(13 x 40); default .85."""
    ranks = {}
    for name in ("Sparsey", "Sparsey, random codes"):
        member, asked = names["_codes"]()[name]
        ranks[name] = names["preserved"](names["_similarity"](member, asked, 40, KEY))
    assert abs(ranks["Sparsey, random codes"]) < 4 / np.sqrt(13 * 40)
    assert ranks["Sparsey"] > 0.75


@pytest.fixture(scope="module")
def held_by_sparsey(names):
    keys = jax.random.split(jax.random.key(5), 2)
    members = {name: MEMBERS[name] for name in ("Sparsey", "Sparsey, random codes")}
    return {
        (name, families): np.mean(
            [
                crossing(f1, N_STORED, names["CRITERION"])
                for f1 in filled(member, 32, families=families, keys=keys)["part"].T
            ]
        )
        for name, member in members.items()
        for families in (False, True)
    }


@pytest.mark.slow
def test_similarity_costs_capacity_with_random_items_only(held_by_sparsey) -> None:
    """A fifth of what random codes hold (SD 23 to 27 of some 800); with families, nothing."""
    random = [held_by_sparsey[name, False] for name in ("Sparsey", "Sparsey, random codes")]
    families = [held_by_sparsey[name, True] for name in ("Sparsey", "Sparsey, random codes")]
    assert 0.7 < random[0] / random[1] < 0.9
    assert families[0] / families[1] > 0.95


def test_work_grows_with_the_items_for_the_list_only(names) -> None:
    work = names["sizes"]()["multiply_adds"]
    grows = (work.isel(stored=-1) > work.isel(stored=0)).values
    assert work["memory"].values[grows].tolist() == ["Modern Hopfield"]
    assert work.sel(memory="Modern Hopfield", stored=1200) == 2 * 400 * 1200


@pytest.mark.slow
def test_run_has_every_number_and_a_figure() -> None:
    experiment = find_experiment("memory_family")
    config = replace(experiment.default, n_networks=2, n_probes=16, shapes=(20,))
    tree = experiment.run(config, Session())
    table = experiment.numbers(tree)
    assert set(table["node"]) == set(tree.children)
    assert np.isfinite(table["mean"]).all()
    assert len(experiment.plot(tree).axes) == 9
