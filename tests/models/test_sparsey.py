"""One macrocolumn, frame by frame: what it goes by, what it learns, and what it must never do.

The reference vectors are in tests/conformance/test_sparsey.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue
from cogmem.models.code_selection import PRESETS, CodeSelection
from cogmem.models.evidence import BACK_OFF, VERSIONS, Afferents, accepted
from cogmem.models.sparsey import Mac, Memory, Moment

N, Q, K = 12, 4, 3
MAC = Mac(N, Q, K)
CHAIN = Mac(N, Q, K, n_lateral=1)
NUMBERS = np.random.default_rng(2)

study = eqx.filter_jit(Mac.study)
choose = eqx.filter_jit(Mac.choose)
recognise = eqx.filter_jit(Mac.recognise)
learn = eqx.filter_jit(Mac.learn)
fit = eqx.filter_jit(Mac.fit)


def features(*on: int, n: int = N) -> jax.Array:
    return jnp.zeros(n, bool).at[jnp.asarray(on, int)].set(True)


def uniform(n: int = Q) -> jax.Array:
    return jnp.asarray(NUMBERS.uniform(size=n), jnp.float32)


def code(*winners: int) -> jax.Array:
    return jnp.asarray(winners, jnp.int32)


def know(mac: Mac, *pairs: tuple[dict[str, Afferents], Any]) -> Memory:
    """A memory of some frames with their codes."""
    memory = mac.begin()
    for frame, winners in pairs:
        memory = learn(mac, memory, frame, code(*winners))
    return memory


def weight(memory: Memory, kind: str = "U") -> np.ndarray:
    return np.asarray(memory.bundles[kind].weight)


# ---- sizes ---------------------------------------------------------------------------------------


def test_synapses_of_the_published_study() -> None:
    """144 features, Q = 9, K = 16: 144 x 144 + 144 x (144 - 16) = 39,168 (section 12, 11)."""
    mac = Mac(144, 9, 16, n_lateral=1)
    assert mac.n_synapses == {"U": 144 * 144, "H": 144 * 128}
    assert sum(mac.n_synapses.values()) == 39_168
    counted = mac.begin().bundles
    assert {kind: int(b.n_synapses) for kind, b in counted.items()} == mac.n_synapses


def test_sources_and_versions_of_each_kind_of_input() -> None:
    assert MAC.n_sources == {"U": 12}
    assert MAC.versions == ("U",)
    assert CHAIN.n_sources == {"U": 12, "H": 12}
    assert CHAIN.versions == ("HU", "U", "H")
    full = Mac(N, Q, K, n_lateral=3, n_above=7)
    assert full.n_sources == {"U": 12, "H": 36, "D": 7}
    assert full.n_synapses == {"U": 144, "H": (36 - 3) * 12, "D": 84}
    assert full.versions == VERSIONS


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_cells": 0}, "n_cells is 0, expected a whole number, 1 or more"),
        ({"n_modules": 1.5}, "n_modules is 1.5, expected a whole number"),
        ({"n_lateral": -1}, "n_lateral is -1, expected a whole number, 0 or more"),
        ({"band": (0.1, 0.5)}, r"band is \(0.1, 0.5\), expected"),
        ({"selection": "default"}, "selection is 'default', expected a CodeSelection"),
        ({"permanence": None}, "permanence is None, expected a Permanence"),
        ({"hypothesis_support": 2.0}, "hypothesis_support is 2, expected 0 to 1"),
        ({"n_modules": 0}, "n_modules is 0"),
        ({"n_features": 0}, "n_features is 0"),
        ({"n_per_source": 0}, "n_per_source is 0"),
        ({"band": (5, 4)}, r"band is \(5, 4\), expected \(fewest, most\)"),
        ({"band": (-1, 4)}, "band is"),
        ({"normaliser": "none"}, r"normaliser is 'none', expected one of \('active', 'pi'\)"),
        ({"competing": "on"}, "competing is 'on', expected one of"),
        ({"freeze_at": 20}, "freeze_at is 20, expected a fraction"),
    ],
)
def test_impossible_macs_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        replace(MAC, **changed)


# ---- one trial -----------------------------------------------------------------------------------


def test_a_virgin_mac_knows_nothing_and_draws_evenly() -> None:
    found = MAC.select(MAC.begin(), {"U": MAC.bottom_up(features(1, 2))})
    assert found.familiarity == 0
    assert (found.probability == np.float32(1 / 3)).all()


def test_one_trial_ties_what_is_on_to_one_winner_per_module() -> None:
    """3 features, 4 modules: 12 weights of 127, each feature to the same cell of every module."""
    frame = {"U": MAC.bottom_up(features(0, 5, 7))}
    memory, moment = study(MAC, MAC.begin(), frame, uniform())
    assert ((moment.code >= 0) & (moment.code < K)).all()
    expected = np.zeros((N, Q, K))
    expected[np.ix_([0, 5, 7], range(Q))] = 127 * np.eye(K)[moment.code]
    np.testing.assert_array_equal(weight(memory), expected.reshape(N, Q * K))
    assert (memory.step, moment.familiarity, moment.hypotheses) == (1, 0, 0)


def test_lateral_synapses_come_from_the_code_before_and_from_other_modules() -> None:
    """Q (Q - 1) of them; a cell has none from its own module (section 1)."""
    frame = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(0, 1, 2, 0))}
    memory, moment = study(CHAIN, CHAIN.begin(), frame, uniform())
    found = weight(memory, "H").reshape(Q, K, Q, K) > 0
    for source, target in np.ndindex(Q, Q):
        expected = np.zeros((K, K), bool)
        if source != target:
            expected[[0, 1, 2, 0][source], moment.code[target]] = True
        np.testing.assert_array_equal(found[source, :, target], expected)
    assert memory.bundles["H"].n_increased == Q * (Q - 1)


def test_learning_the_same_again_changes_nothing() -> None:
    frame = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(0, 1, 2, 0))}
    once = know(CHAIN, (frame, (0, 0, 1, 2)))
    twice = learn(CHAIN, once, frame, code(0, 0, 1, 2))
    for one, two in zip(*(jax.tree.leaves(m.bundles) for m in (once, twice)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_learnt_at_once_it_is_fully_familiar_and_keeps_its_code() -> None:
    """G = 1.0 exactly and the stored code, after one trial (section 12, 4)."""
    frame = {"U": MAC.bottom_up(features(0, 5, 7))}
    memory, stored = study(MAC, MAC.begin(), frame, uniform())
    found = recognise(MAC, memory, frame, uniform())
    assert found.familiarity == 1
    assert found.hypotheses == 1
    assert found.by_version.tolist() == [1]
    assert (found.code == stored.code).all()


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(N)), st.integers(0, 10**6))
def test_features_have_no_order(order: list[int], seed: int) -> None:
    """Permuting features permutes the rows of the weights, and no code changes."""
    rng = np.random.default_rng(seed)
    items = rng.permuted(np.tile(np.arange(N) < 4, (3, 1)), axis=1)
    numbers = jnp.asarray(rng.uniform(size=(3, Q)), jnp.float32)
    plain, permuted = MAC.begin(), MAC.begin()
    for item, u in zip(items, numbers, strict=True):
        plain, one = study(MAC, plain, {"U": MAC.bottom_up(jnp.asarray(item))}, u)
        permuted, two = study(MAC, permuted, {"U": MAC.bottom_up(jnp.asarray(item[order]))}, u)
        assert (one.code == two.code).all()
    np.testing.assert_array_equal(weight(plain)[order], weight(permuted))


def test_cells_have_no_order() -> None:
    """Permuting the cells of each module permutes the probabilities, and nothing else."""
    memory = know(MAC, ({"U": MAC.bottom_up(features(0, 1, 2))}, (0, 1, 2, 0)))
    order = [2, 0, 1]
    shuffled = weight(memory).reshape(N, Q, K)[:, :, order].reshape(N, Q * K)
    bundle = memory.bundles["U"]._replace(weight=jnp.asarray(shuffled))
    probe = {"U": MAC.bottom_up(features(0, 1, 8))}
    plain = MAC.select(memory, probe)
    permuted = MAC.select(memory._replace(bundles={"U": bundle}), probe)
    assert permuted.familiarity == plain.familiarity
    np.testing.assert_array_equal(permuted.probability, plain.probability[:, jnp.array(order)])


# ---- the band ------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [(), (1,), (1, 2, 3, 4, 5)])
def test_out_of_its_band_a_mac_is_silent_and_learns_nothing(on: tuple[int, ...]) -> None:
    """Weights stay bit-identical, the code is -1 and G is NaN, not 0 (section 12, 13)."""
    mac = replace(CHAIN, band=(2, 4))
    memory = know(mac, ({"U": mac.bottom_up(features(1, 2, 3))}, (0, 1, 2, 0)))
    frame = {"U": mac.bottom_up(features(*on)), "H": mac.lateral(code(1, 1, 1, 1))}
    after, moment = study(mac, memory, frame, uniform())
    assert moment.code.tolist() == [-1] * Q
    assert np.isnan(moment.familiarity)
    assert moment.hypotheses == 0
    for one, two in zip(*(jax.tree.leaves(m.bundles) for m in (memory, after)), strict=True):
        np.testing.assert_array_equal(one, two)
    found = recognise(mac, after, frame, uniform())
    assert (found.code == -1).all()
    assert np.isnan(found.familiarity)


@pytest.mark.parametrize("on", [(1, 2), (1, 2, 3, 4)])
def test_both_ends_of_the_band_belong_to_it(on: tuple[int, ...]) -> None:
    mac = replace(MAC, band=(2, 4))
    assert mac.bottom_up(features(*on)).present


def test_without_bottom_up_input_there_is_no_band() -> None:
    """In recall U is withheld, and lateral input alone drives the mac (section 4)."""
    mac = replace(CHAIN, band=(2, 4))
    first, second = (0, 1, 2, 0), (1, 1, 0, 2)
    after = {"U": mac.bottom_up(features(4, 5)), "H": mac.lateral(code(*first))}
    memory = know(mac, (after, second))
    found = recognise(mac, memory, {"H": mac.lateral(code(*first))}, uniform())
    assert found.code.tolist() == list(second)
    assert found.familiarity == 1
    assert mac.features(memory, found.code, threshold=1.0).tolist() == features(4, 5).tolist()
    assert (recognise(mac, memory, {"H": mac.lateral(code(-1, -1, -1, -1))}).code == -1).all()


def test_the_cells_of_a_source_mac_count_as_one() -> None:
    """Two source macs with 3 of their 6 cells on: within a band of 2, and full at 6 cells."""
    mac = Mac(12, Q, K, n_per_source=3, band=(2, 2), normaliser="pi")
    heard = mac.bottom_up(features(0, 2, 4, 6, 8, 10))
    assert heard.present
    assert heard.limit == 2 * 3
    assert not mac.bottom_up(features(0, 2, 4)).present


# ---- fit -----------------------------------------------------------------------------------------


def test_fit_is_relative_to_what_is_on_or_to_the_band() -> None:
    """3 of 6 active features were stored: .5 of what is on, .75 of the fewest, 4 (section 2)."""
    for normaliser, expected in (("active", 0.5), ("pi", 0.75)):
        mac = replace(MAC, normaliser=normaliser, band=(4, 8))
        memory = know(mac, ({"U": mac.bottom_up(features(0, 1, 2, 3, 4))}, (0, 1, 2, 0)))
        found = fit(mac, memory, {"U": mac.bottom_up(features(2, 3, 4, 5, 6, 7))})["U"]
        assert found.max() == expected
        clipped = fit(mac, memory, {"U": mac.bottom_up(features(0, 1, 2, 3, 4))})["U"]
        assert clipped.max() == 1


def test_active_is_blind_to_missing_features_and_a_fixed_limit_is_not() -> None:
    """Keeping 12, 9, 6, 3 of 12: G 1, 1, 1, 1 and 1, .5625, .25, .0625 (section 2, step 3)."""
    mac = Mac(144, 24, 16)
    item = features(*range(0, 144, 12), n=144)
    memory, _ = study(mac, mac.begin(), {"U": mac.bottom_up(item)}, uniform(24))
    for n_kept in (12, 9, 6, 3):
        heard = mac.bottom_up(features(*range(0, 12 * n_kept, 12), n=144), n_most=12)
        assert recognise(mac, memory, {"U": heard}, uniform(24)).familiarity == 1
        fixed = heard._replace(limit=jnp.float32(12))
        found = recognise(mac, memory, {"U": fixed}, uniform(24)).familiarity
        assert found == (n_kept / 12) ** 2


def test_lateral_fit_is_relative_to_the_other_modules() -> None:
    """A cell hears Q - 1 winners: 2 of 3 agree for the cell of the module that does not."""
    before = {"U": CHAIN.bottom_up(features(1)), "H": CHAIN.lateral(code(0, 0, 0, 0))}
    memory = know(CHAIN, (before, (1, 1, 1, 1)))
    found = fit(CHAIN, memory, {"H": CHAIN.lateral(code(0, 0, 0, 2))})["H"]
    expected = np.zeros((Q, K))
    expected[:, 1] = [2 / 3, 2 / 3, 2 / 3, 1]
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-6)


def test_evidence_that_is_missing_is_left_out() -> None:
    """On the first frame V = U^2, though the mac has lateral synapses (section 13)."""
    first = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(-1, -1, -1, -1))}
    memory = know(CHAIN, (first, (0, 1, 2, 0)))
    assert not memory.bundles["H"].weight.any()
    found = recognise(CHAIN, memory, first, uniform())
    assert found.familiarity == 1
    assert found.code.tolist() == [0, 1, 2, 0]
    by_version = dict(zip(CHAIN.versions, found.by_version.tolist(), strict=True))
    assert by_version["U"] == 1
    assert np.isnan([by_version["HU"], by_version["H"]]).all()


def test_evidence_that_contradicts_is_not_missing() -> None:
    """A stored frame after another code than its own: H = 0, and so is G."""
    memory = know(CHAIN, ({"U": CHAIN.bottom_up(features(1, 2))}, (0, 1, 2, 0)))
    frame = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(1, 1, 1, 1))}
    assert recognise(CHAIN, memory, frame, uniform()).familiarity == 0


def test_a_single_module_has_no_lateral_evidence() -> None:
    """Q = 1 has no synapses from other modules: that is missing evidence, not a fit of 0."""
    mac = Mac(N, 1, K, n_lateral=1)
    assert mac.n_synapses["H"] == 0
    frame = {"U": mac.bottom_up(features(1, 2)), "H": mac.lateral(code(1))}
    memory, stored = study(mac, mac.begin(), frame, uniform(1))
    found = recognise(mac, memory, frame, uniform(1))
    assert (found.familiarity, found.code) == (1, stored.code)


def test_reading_all_weights_or_only_those_of_active_sources_is_the_same() -> None:
    frame = {"U": CHAIN.bottom_up(features(1, 2, 5)), "H": CHAIN.lateral(code(0, 1, 2, 0))}
    memory = know(CHAIN, (frame, (0, 1, 2, 0)))
    for kind, sparse in CHAIN.fit(memory, frame).items():
        np.testing.assert_array_equal(CHAIN.fit(memory, frame, dense=True)[kind], sparse)


# ---- competing hypotheses ------------------------------------------------------------------------


def test_hypotheses_are_cells_with_almost_full_support() -> None:
    """2, 1, 3 and 2 of them above .95: zeta = rint(2) (step 5)."""
    support = jnp.array([[1, 0.96, 0.2], [1, 0.1, 0.95], [0.96, 1, 0.97], [0.99, 0.99, 0]])
    assert MAC.hypotheses(support) == 2
    assert MAC.hypotheses(jnp.zeros((Q, K))) == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"competing": "off"}, [1, 1, 1, 1, 1, 1]),
        ({"competing": "boost"}, [1, 1, 2, 3, 4, 0]),
        ({"competing": "boost", "fewest_hypotheses": 0}, [0, 1, 2, 3, 4, 0]),
        ({"competing": "boost", "hypothesis_power": 0.5}, [1, 1, 2**0.5, 3**0.5, 2, 0]),
        ({"competing": "boost", "max_hypotheses": 2}, [1, 1, 2, 0, 0, 0]),
        ({"competing": "discount"}, [1, 1, 1 / 2, 1 / 3, 1 / 4, 0]),
    ],
)
def test_how_strongly_a_mac_sends(changed: dict[str, Any], expected: list[float]) -> None:
    """F(zeta) = zeta^A up to B, for zeta of 0 to 5."""
    sent = jax.vmap(replace(MAC, **changed).sent)(jnp.arange(6))
    np.testing.assert_allclose(sent, expected, rtol=1e-6)


@pytest.mark.parametrize(("competing", "factor"), [("boost", 2), ("discount", 0.5), ("off", 1)])
def test_a_mixture_of_two_codes_drives_its_targets(competing: Any, factor: float) -> None:
    """Half a code at zeta = 2: its targets get 1/3 to 2/3 of a full fit, times F, clipped at 1."""
    mac = replace(CHAIN, competing=competing)
    before = {"U": mac.bottom_up(features(1)), "H": mac.lateral(code(0, 0, 0, 0))}
    memory = know(mac, (before, (1, 1, 1, 1)))
    found = fit(mac, memory, {"H": mac.lateral(code(0, 0, 2, 2), 2)})["H"].reshape(Q, K)[:, 1]
    expected = np.minimum(1, factor * np.array([1, 1, 2, 2]) / 3)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_mute_mac_is_learnt_from() -> None:
    """F scales what is heard, not what is on: a chain of new codes (zeta = 0, F = 0) is tied."""
    mac = replace(CHAIN, competing="boost", fewest_hypotheses=0)
    muted = mac.lateral(code(0, 1, 2, 0), 0)
    assert not muted.signal.any()
    memory, _ = study(mac, mac.begin(), {"U": mac.bottom_up(features(1)), "H": muted}, uniform())
    assert memory.bundles["H"].n_increased == Q * (Q - 1)


# ---- back-off ------------------------------------------------------------------------------------

KINDS = ("HU", "U", "H")


@pytest.mark.parametrize(
    ("familiarity", "present", "expected"),
    [
        ([0.95, 1.0, 1.0], [1, 1, 1], "HU"),  # the first level is good enough
        ([0.5, 0.6, 0.7], [1, 1, 1], "H"),  # it is not: the better of the last level
        ([0.5, 0.6, 0.4], [1, 1, 1], "U"),
        ([0.0, 0.3, 0.0], [0, 1, 0], "U"),  # the first frame: only U is there
        ([0.9, 0.0, 0.0], [0, 0, 1], "H"),  # what is missing is never taken
    ],
)
def test_back_off_goes_down_level_by_level(
    familiarity: list[float], present: list[int], expected: str
) -> None:
    index = accepted(KINDS, jnp.array(familiarity), jnp.array(present, bool), BACK_OFF)
    assert KINDS[int(index)] == expected


def test_back_off_takes_the_best_within_a_level_and_of_all_if_none_qualifies() -> None:
    strict = ((("HU",), 0.9), (("U", "H"), 0.8))
    there = jnp.ones(3, bool)
    assert accepted(KINDS, jnp.array([0.5, 0.85, 0.88]), there, strict) == 2
    assert accepted(KINDS, jnp.array([0.7, 0.5, 0.6]), there, strict) == 0
    assert accepted(KINDS, jnp.array([0.9, 1.0, 1.0]), there, strict) == 0  # G >= Gamma


def test_the_code_is_that_of_the_accepted_evidence() -> None:
    """A stored frame in a wrong context: V is U's, not that of the version tried first or last."""
    one = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(-1, -1, -1, -1))}
    two = {"U": CHAIN.bottom_up(features(7, 8)), "H": CHAIN.lateral(code(2, 2, 2, 2))}
    memory = know(CHAIN, (one, (0, 1, 2, 0)), (two, (1, 2, 0, 1)))
    # U of the first; H says the second, but for one module.
    wrong = {"U": one["U"], "H": CHAIN.lateral(code(2, 2, 2, 0))}
    plain = recognise(CHAIN, memory, wrong, uniform())
    backed = recognise(CHAIN, memory, wrong, uniform(), back_off=BACK_OFF)
    assert plain.familiarity == 0
    assert backed.familiarity == 1
    assert backed.code.tolist() == [0, 1, 2, 0]
    by_version = dict(zip(CHAIN.versions, backed.by_version.tolist(), strict=True))
    assert (by_version["HU"], by_version["U"]) == (0, 1)
    assert by_version["H"] == pytest.approx((2 / 3 * 3 + 1) / 4)
    only_h = recognise(CHAIN, memory, wrong, uniform(), back_off=((("H",), 0.0),))
    assert only_h.code.tolist() == [1, 2, 0, 1]
    assert only_h.hypotheses == 0  # of the accepted evidence too: 1 / 4 rounds to none


def test_learning_does_not_back_off() -> None:
    """A known frame in a new context gets a new code: V is the product, here 0."""
    one = {"U": CHAIN.bottom_up(features(1, 2)), "H": CHAIN.lateral(code(-1, -1, -1, -1))}
    memory = know(CHAIN, (one, (0, 1, 2, 0)))
    moved = {"U": one["U"], "H": CHAIN.lateral(code(2, 2, 2, 2))}
    assert choose(CHAIN, memory, moved, uniform())[0].familiarity == 0


# ---- freezing ------------------------------------------------------------------------------------


def test_a_frozen_mac_learns_nothing_and_takes_the_best() -> None:
    """Sections 3 and 12, 14: 12 of 144 pass a twentieth; then no weight rises, and no slip."""
    mac = replace(MAC, freeze_at=0.05, selection=CodeSelection(gain=0.0))
    frame = {"U": mac.bottom_up(features(0, 5, 7))}
    memory, stored = study(mac, mac.begin(), frame, uniform())
    assert memory.bundles["U"].frozen
    # Without gain every draw is random; the best cell is not.
    for _ in range(5):
        after, moment = study(mac, memory, frame, uniform())
        assert (moment.code == stored.code).all()
    after, _ = study(mac, after, {"U": mac.bottom_up(features(1, 2))}, uniform())
    np.testing.assert_array_equal(weight(after), weight(memory))


def test_each_kind_of_synapse_freezes_by_itself() -> None:
    """12 of 144 bottom-up and 12 of 108 lateral synapses: only the latter pass a tenth."""
    mac = replace(CHAIN, freeze_at=0.1)
    frame = {"U": mac.bottom_up(features(0, 5, 7)), "H": mac.lateral(code(0, 1, 2, 0))}
    memory, _ = study(mac, mac.begin(), frame, uniform())
    assert {kind: bool(b.frozen) for kind, b in memory.bundles.items()} == {"U": False, "H": True}


# ---- reading back --------------------------------------------------------------------------------


@pytest.mark.parametrize("n_modules", [7, 41, 47, 61])
def test_a_full_fit_reads_back_exactly_for_any_number_of_modules(n_modules: int) -> None:
    """theta_D = 1 asks for all winners; a rounded 1 / Q must not cost a feature (section 4)."""
    mac = Mac(N, n_modules, 2)
    winners = jnp.zeros(n_modules, jnp.int32)
    memory = learn(mac, mac.begin(), {"U": mac.bottom_up(features(2, 3))}, winners)
    assert mac.features(memory, winners, threshold=1.0).tolist() == features(2, 3).tolist()
    # One winner fewer: not all, but n - 1 of n, whatever the last digit.
    other = winners.at[0].set(1)
    assert not mac.features(memory, other, threshold=1.0).any()
    least = (n_modules - 1) / n_modules
    assert mac.features(memory, other, threshold=least).tolist() == features(2, 3).tolist()


def test_silence_reads_back_as_nothing() -> None:
    memory = know(MAC, ({"U": MAC.bottom_up(features(*range(N)))}, (0, 0, 0, 0)))
    silent = code(-1, -1, -1, -1)
    assert not MAC.features(memory, silent).any()
    assert not MAC.read_back(memory, silent).any()
    assert MAC.features(memory, code(0, 0, 0, 0)).all()


# ---- precision, and the sigmoid's state ----------------------------------------------------------


def test_float32_and_float64_choose_the_same_codes() -> None:
    """The same numbers drawn: 20 items, then their recognition."""
    items = NUMBERS.permuted(np.tile(np.arange(40) < 6, (20, 1)), axis=1)
    numbers = NUMBERS.uniform(size=(20, 8)).astype(np.float32)
    mac = Mac(40, 8, 6)

    def codes(dtype: Any) -> list[Any]:
        memory, found = mac.begin(), []
        for x, u in zip(items, numbers, strict=True):
            frame = {"U": mac.bottom_up(jnp.asarray(x))}
            memory, moment = study(mac, memory, frame, jnp.asarray(u, dtype))
            assert moment.familiarity.dtype == dtype
            found.append(moment.code.tolist())
        return found

    low = codes(jnp.float32)
    with jax.enable_x64(True):
        assert codes(jnp.float64) == low


def test_the_ratchet_moves_when_something_is_learnt() -> None:
    """A second presentation has a mean support of 1/3 > .3: one step; looking moves nothing."""
    mac = replace(MAC, selection=PRESETS["sparseycore"])
    frame = {"U": mac.bottom_up(features(0, 1))}
    memory, _ = study(mac, mac.begin(), frame, uniform())
    np.testing.assert_allclose(memory.ratchet, [0.5, 0.0])
    memory, _ = study(mac, memory, frame, uniform())
    np.testing.assert_allclose(memory.ratchet[0], 0.504, rtol=1e-6)
    assert isinstance(recognise(mac, memory, frame, uniform()), Moment)
