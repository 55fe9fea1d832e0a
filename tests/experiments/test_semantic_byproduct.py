"""Categories in codes: they come from shared features, and only from them."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment

N_MACS = 20


@pytest.fixture(scope="module")
def names():
    return find_experiment("semantic_byproduct").run.__globals__


@pytest.fixture(scope="module")
def items(names):
    return names["make_all"](names["Config"](n_macs=N_MACS), key=jax.random.key(11))


@pytest.fixture(scope="module")
def found(names, items):
    """Each of the codes: "inputs" and "codes" [mac, kept, item, other], "familiarity"."""
    codes, key = names["CODES"].items(), jax.random.key(12)
    return {name: names["simulate"](names["mac_of"](c), items, key=key) for name, c in codes}


@pytest.fixture(scope="module")
def gain(names, found):
    """Same category minus unrelated, mean over macrocolumns: [kept], by source."""
    kind = names["relations"]()
    similar = {name: one["codes"] for name, one in found.items()}
    similar["input"] = found["smooth"]["inputs"]

    def mean(matrices, number):
        return matrices[..., kind == number].mean(axis=(0, 2))

    return {name: mean(one, 0) - mean(one, 2) for name, one in similar.items()}


def at(names, kept):
    return int(np.flatnonzero(names["KEPT"] == kept)[0])


def test_relations_by_hand(names) -> None:
    """Six categories of four, two to a superordinate; every pair once."""
    kind = names["relations"]()
    counts = [int((kind == number).sum()) for number in range(3)]
    assert counts == [6 * 6, 3 * 4 * 4, 3 * 8 * 8]
    assert kind[0, 3] == 0
    assert kind[3, 4] == 1
    assert kind[7, 8] == 2
    assert kind[3, 0] == kind[0, 0] == -1


def test_variants_keep_features_of_their_own_prototype(names, items) -> None:
    parts = (np.asarray(part[0, at(names, 7)], int) for part in items)
    variants, prototypes, near, new_variants, new = parts
    assert (variants.sum(axis=1) == 12).all()
    for some in (variants, new_variants):
        shared = (prototypes @ some.T).reshape(6, 6, 4)
        assert (shared[np.arange(6), np.arange(6)] == 7).all()
    assert ((near * variants).sum(axis=1) == 7).all()
    assert (variants @ new.T).mean() < 2  # 1 by chance


def test_inputs_differ_as_they_were_made(gain, names) -> None:
    """Variants keeping r of 12 share r^2 / 12 of the prototype's features, and few others."""
    for kept in (9, 11):
        assert 12 * gain["input"][at(names, kept)] > kept**2 / 12 - 1.1
    assert abs(gain["input"][at(names, 1)]) < 0.02


def test_codes_have_the_categories_of_the_inputs_and_no_others(gain, names) -> None:
    """The by-product rises with the similarity of inputs, from nothing where there is none."""
    for name in ("smooth", "default"):
        assert abs(gain[name][at(names, 1)]) < 0.015
        assert (np.diff(gain[name]) > -0.015).all()
        assert gain[name][at(names, 11)] > 0.7
    nine = at(names, 9)
    assert 0.3 < gain["smooth"][nine] < gain["input"][nine]
    assert gain["default"][nine] < gain["smooth"][nine]


def test_similarity_of_codes_is_not_bounded_by_that_of_inputs(gain, names) -> None:
    """The sigmoid stretches it: said in the outcome, and against a common summary."""
    assert gain["default"][at(names, 11)] > gain["input"][at(names, 11)] + 0.05


def test_random_codes_have_no_categories(gain) -> None:
    """36 pairs of 24 modules in 20 macrocolumns: a standard error of .002 at each point."""
    assert (abs(gain["random codes"]) < 0.008).all()


def test_prototype_never_stored_is_recognised(names, found) -> None:
    """More familiar than what is as close to one stored item; stored items have a G of 1."""
    probes = names["PROBES"]
    for one in found.values():
        nine = dict(zip(probes, one["familiarity"][:, at(names, 9)].mean(axis=0), strict=True))
        assert nine["stored variant"] == 1
        assert nine["prototype"] > nine["near one item"] + 0.1
        assert nine["near one item"] > nine["new variant"] > nine["new item"] + 0.2
    prototype = [
        found[name]["familiarity"][:, at(names, 10), probes.index("prototype")].mean()
        for name in ("default", "random codes")
    ]
    # Shared codes add to it, but only a part: random codes, too, have it.
    assert prototype[0] > prototype[1] + 0.05
    assert prototype[1] > 0.8


def test_pairs_are_compared_at_equal_overlap(names) -> None:
    """Two macrocolumns whose codes are a known function of the overlap: no relation matters."""
    rng = np.random.default_rng(0)
    common = rng.integers(0, 3, (2, len(names["KEPT"]), 24, 24))
    similar = {"input": common / 12} | dict.fromkeys(names["CODES"], common / 10)
    mean = names["_matched"](similar, names["Config"](n_macs=2))["mean"]
    np.testing.assert_allclose(mean.sel(shared=[0, 1, 2]) - [0, 0.1, 0.2], 0, atol=1e-12)
    assert mean.sel(shared=slice(3, None)).isnull().all()


@pytest.mark.slow
def test_run_has_a_number_for_every_point(names) -> None:
    experiment = find_experiment("semantic_byproduct")
    tree = experiment.run(replace(experiment.default, n_macs=2), Session())
    table = experiment.numbers(tree)
    n_kept = len(names["KEPT"])
    assert (table["measure"] == "familiarity").sum() == 3 * n_kept * 5
    assert (table["measure"] == "gain").sum() == 4 * n_kept
    assert (table["measure"] == "pictures").sum() == 4 * 24 * 24
    assert len(experiment.plot(tree).axes) == 9
