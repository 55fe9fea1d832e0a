"""Sparsey against `sparsey_reference.npz` (specs: sparsey, section 11).

Everything runs twice: in float64, within 1e-10, and in float32, within 2e-5 and with the very same
winners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.code_selection import CodeSelection, CommonFactor, draw, hardest
from cogmem.models.evidence import Afferents, Frame
from cogmem.models.permanence import Convex, Lasting, Stepwise
from cogmem.models.sparsey import Mac, Memory
from tests.conformance.reference import reference

REF = reference("sparsey")
PARAMETERS = dict(zip(REF["param_names"].tolist(), REF["param_values"].tolist(), strict=True))


def selection(**changed: float) -> CodeSelection:
    """Code selection with the file's constants, under its names, some of them changed."""
    p = PARAMETERS | changed
    return CodeSelection(
        bottom_up_power=p["lamU"],
        lateral_power=p["lamH"],
        top_down_power=p["lamD"],
        familiarity_floor=p["Gm"],
        familiarity_power=p["gamma"],
        gain=p["chi"],
        sigmoid_width=p["s1"],
        sigmoid_slope=p["s2"],
        sigmoid_centre=p["s3"],
        sigmoid_power=p["s4"],
    )


# The smooth preset is the default one but for these (section 2).
SELECTIONS = {"lad": selection(), "ladsm": selection(lamU=1.0, s2=8.0, s3=1.0)}
LASTING = Lasting(maximum=PARAMETERS["wmax"])


class Tolerance(NamedTuple):
    rtol: float
    atol: float


@pytest.fixture(params=["float64", "float32"])
def close(request: pytest.FixtureRequest) -> Iterator[Tolerance]:
    """The tolerance of the precision that the test runs in."""
    double = request.param == "float64"
    with jax.enable_x64(double):
        yield Tolerance(0, 1e-10) if double else Tolerance(2e-5, 2e-6)


def number(name: str) -> jax.Array:
    return jnp.asarray(REF[name], float)


# ---- tiny: every step of the algorithm -----------------------------------------------------------

VERSIONS = REF["tiny_versions"].tolist()
CASES = range(len(REF["tiny_x"]))


def tiny_mac(**changed: Any) -> Mac:
    q, k = REF["tiny_QK"].tolist()
    mac = Mac(
        REF["tiny_x"].shape[1],
        q,
        k,
        selection=selection(),
        permanence=LASTING,
        n_lateral=1,
        n_above=REF["tiny_td"].shape[1],
        competing="boost",
        max_hypotheses=int(PARAMETERS["B"]),
        fewest_hypotheses=0,
        hypothesis_support=PARAMETERS["Vz"],
        hypothesis_power=PARAMETERS["A"],
    )
    return replace(mac, **changed)


def tiny(case: int, mac: Mac) -> tuple[Memory, Frame]:
    """Weights and what arrives."""
    memory = mac.begin()
    bundles = {
        kind: bundle._replace(weight=jnp.asarray(REF[f"tiny_W{kind.lower()}"][case], jnp.uint8))
        for kind, bundle in memory.bundles.items()
    }
    previous = REF["tiny_prev"][case].reshape(mac.n_modules, mac.n_cells)
    frame = {
        "U": mac.bottom_up(jnp.asarray(REF["tiny_x"][case] > 0)),
        "H": mac.lateral(jnp.asarray(previous.argmax(axis=1)), REF["tiny_zeta_prev"][case]),
        "D": top_down(mac, REF["tiny_td"][case], REF["tiny_zeta_td"][case]),
    }
    return memory._replace(bundles=bundles), frame


def top_down(mac: Mac, on: np.ndarray, zeta: int) -> Afferents:
    sources = jnp.asarray(np.flatnonzero(on))
    signal = jnp.full(len(sources), mac.sent(zeta))
    limit = jnp.asarray(len(sources), mac.dtype)
    return Afferents(sources, signal, limit, jnp.asarray(True))


@pytest.mark.parametrize("case", CASES)
def test_sums_and_fit(case: int, close: Tolerance) -> None:
    mac = tiny_mac()
    memory, frame = tiny(case, mac)
    fit = mac.fit(memory, frame)
    for kind, afferents in frame.items():
        sums = mac.sums(memory, kind, afferents)
        np.testing.assert_allclose(sums, REF[f"tiny_{kind.lower()}"][case], *close)
        np.testing.assert_allclose(fit[kind], REF[f"tiny_{kind}"][case], *close)


@pytest.mark.parametrize("case", CASES)
def test_fit_relative_to_the_band(case: int, close: Tolerance) -> None:
    """The normaliser "pi": over the fewest features that make the macrocolumn active."""
    band = (int(REF["tiny_piU"]), REF["tiny_x"].shape[1])
    mac = tiny_mac(normaliser="pi", band=band)
    memory, frame = tiny(case, mac)
    np.testing.assert_allclose(mac.fit(memory, frame)["U"], REF["tiny_U_pi"][case], *close)


@pytest.mark.parametrize("version", range(len(VERSIONS)), ids=VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_support_and_familiarity(case: int, version: int, close: Tolerance) -> None:
    mac = tiny_mac()
    found = mac.select(*tiny(case, mac), VERSIONS[version])
    np.testing.assert_allclose(found.support, REF["tiny_V"][case, version], *close)
    np.testing.assert_allclose(found.familiarity, REF["tiny_G"][case, version], *close)


@pytest.mark.parametrize("case", CASES)
def test_code_selection(case: int, close: Tolerance) -> None:
    """Hypotheses, expansivity, likelihoods, probabilities and winners, from all the evidence."""
    mac = tiny_mac()
    found = mac.select(*tiny(case, mac))
    per_module = (found.support > mac.hypothesis_support).sum(axis=1)
    assert per_module.tolist() == REF["tiny_zeta_q"][case].tolist()
    zeta = mac.hypotheses(found.support)
    assert int(zeta) == REF["tiny_zeta"][case]
    np.testing.assert_allclose(mac.sent(zeta), REF["tiny_F"][case], *close)
    np.testing.assert_allclose(found.expansivity, REF["tiny_eta"][case], *close)
    np.testing.assert_allclose(found.likelihood, REF["tiny_psi"][case], *close)
    np.testing.assert_allclose(found.probability, REF["tiny_rho"][case], *close)
    drawn = draw(found.probability, number("tiny_unif")[case])
    assert drawn.tolist() == REF["tiny_win"][case].tolist()
    assert hardest(found.support).tolist() == REF["tiny_hard"][case].tolist()


# ---- items and ladders ---------------------------------------------------------------------------


def stored(prefix: str, mac: Mac, items: jax.Array, uniform: jax.Array) -> tuple[Memory, Any]:
    """One item after another, with the file's random numbers."""

    def one(memory: Memory, given: tuple[jax.Array, jax.Array]) -> Any:
        x, u = given
        frame = {"U": mac.bottom_up(x)}
        found = mac.select(memory, frame)
        memory, moment = mac.study(memory, frame, u)
        return memory, (moment, found)

    return jax.lax.scan(one, mac.begin(), (items, uniform))


@pytest.mark.parametrize("prefix", list(SELECTIONS))
def test_ladder(prefix: str, close: Tolerance) -> None:
    """The first and the last image stored, all of them probed: exact expected overlaps."""
    images = jnp.asarray(REF[f"{prefix}_x"] > 0)
    mac = Mac(
        images.shape[1],
        *REF[f"{prefix}_QK"].tolist(),
        selection=SELECTIONS[prefix],
        permanence=LASTING,
    )
    ends = jnp.asarray([0, len(images) - 1])
    memory, (moments, _) = stored(prefix, mac, images[ends], number(f"{prefix}_store_unif"))
    assert moments.code.tolist() == REF[f"{prefix}_store_win"].tolist()
    np.testing.assert_allclose(moments.familiarity, REF[f"{prefix}_store_G"], *close)
    found = jax.vmap(lambda x: mac.select(memory, {"U": mac.bottom_up(x)}))(images)
    np.testing.assert_allclose(found.familiarity, REF[f"{prefix}_G"], *close)
    np.testing.assert_allclose(found.expansivity, REF[f"{prefix}_eta"], *close)
    np.testing.assert_allclose(found.probability, REF[f"{prefix}_rho"], *close)
    winners = jax.nn.one_hot(moments.code, mac.n_cells, dtype=mac.dtype)
    expected = jnp.einsum("iqk,sqk->is", found.probability, winners) / mac.n_modules
    np.testing.assert_allclose(expected, REF[f"{prefix}_expected"], *close)
    drawn = jax.vmap(draw)(found.probability, number(f"{prefix}_unif"))
    assert drawn.tolist() == REF[f"{prefix}_win"].tolist()


def test_items(close: Tolerance) -> None:
    items = jnp.asarray(REF["items_x"] > 0)
    mac = Mac(items.shape[1], *REF["items_QK"].tolist(), selection=selection(), permanence=LASTING)
    memory, (moments, found) = stored("items", mac, items, number("items_unif"))
    assert moments.code.tolist() == REF["items_win"].tolist()
    np.testing.assert_allclose(moments.familiarity, REF["items_G"], *close)
    np.testing.assert_allclose(found.expansivity, REF["items_eta"], *close)
    bundle = memory.bundles["U"]
    assert int((bundle.weight > 0).sum()) == int(bundle.n_increased) == REF["items_nnz"]


# ---- a sequence ----------------------------------------------------------------------------------


def test_sequence(close: Tolerance) -> None:
    """Learnt frame by frame in its context, then recalled from its first frame."""
    frames = jnp.asarray(REF["seq_x"] > 0)
    size = REF["seq_QK"].tolist()
    mac = Mac(frames.shape[1], *size, selection=selection(), permanence=LASTING, n_lateral=1)
    memory, code = mac.begin(), jnp.full(mac.n_modules, -1)
    select, study, recognise, read_back = (
        jax.jit(one) for one in (mac.select, mac.study, mac.recognise, mac.features)
    )
    for x, uniform, winners, g, eta in zip(
        frames, number("seq_unif"), *(REF[f"seq_{k}"] for k in ("win", "G", "eta")), strict=True
    ):
        frame = {"U": mac.bottom_up(x), "H": mac.lateral(code)}
        np.testing.assert_allclose(select(memory, frame).expansivity, eta, *close)
        memory, moment = study(memory, frame, uniform)
        code = moment.code
        assert code.tolist() == winners.tolist()
        np.testing.assert_allclose(moment.familiarity, g, *close)
    counted = [int(memory.bundles[kind].n_increased) for kind in "UH"]
    assert counted == REF["seq_nnz_UH"].tolist()
    assert all(int((b.weight > 0).sum()) == b.n_increased for b in memory.bundles.values())

    moment = recognise(memory, {"U": mac.bottom_up(frames[0])})
    for winners, features in zip(REF["seq_recall_win"], REF["seq_recall_frames"], strict=True):
        assert moment.code.tolist() == winners.tolist()
        read = read_back(memory, moment.code, 1.0)
        assert read.tolist() == (features > 0).tolist()
        moment = recognise(memory, {"H": mac.lateral(moment.code)})


# ---- permanence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stiffness", range(len(REF["table_weights"])))
def test_decay_table(stiffness: int) -> None:
    ages = jnp.asarray(REF["table_ages"], jnp.int32)
    found = Stepwise().weight(ages, jnp.full(len(ages), stiffness, jnp.int8))
    assert found.tolist() == REF["table_weights"][stiffness].tolist()


def test_sparseypy() -> None:
    """Learning, decay and freezing as that program has them; float64, as its own tolerance."""
    rows, columns, q, k, slope, centre, floor, gain, steps, convexity, freeze, low, high = REF[
        "alt_params"
    ].tolist()
    n = int(rows * columns)
    # Counts compared as fractions: 0.07 * 100 is above 7 in floating point, 7 / 100 is 0.07.
    fractions = np.arange(n + 1) / n
    in_band = np.flatnonzero((low <= fractions) & (fractions <= high))
    with jax.enable_x64(True):
        mac = Mac(
            n,
            int(q),
            int(k),
            selection=CommonFactor(
                bottom_up_power=1.0,
                familiarity_floor=floor,
                gain=gain,
                sigmoid_slope=slope,
                sigmoid_centre=centre,
            ),
            permanence=Convex(n_steps=steps, convexity=convexity, by_cell=True),
            freeze_at=freeze,
            band=(int(in_band[0]), int(in_band[-1])),
        )
        memory = mac.begin()
        select, study, recognise = (jax.jit(one) for one in (mac.select, mac.study, mac.recognise))
        frames = [{"U": mac.bottom_up(jnp.asarray(x > 0))} for x in REF["alt_x"]]
        for step, (frame, uniform) in enumerate(zip(frames, number("alt_u"), strict=True)):
            found = select(memory, frame)
            memory, moment = study(memory, frame, uniform)
            assert moment.code.tolist() == REF["alt_win"][step].tolist()
            assert bool(moment.code[0] >= 0) == bool(REF["alt_active"][step])
            weights = mac.permanence.weights(memory.bundles["U"], memory.step)
            np.testing.assert_allclose(weights, REF["alt_W"][step], atol=1e-7, rtol=0)
            if REF["alt_active"][step]:
                np.testing.assert_allclose(
                    found.probability, REF["alt_rho"][step], atol=5e-7, rtol=0
                )
                np.testing.assert_allclose(found.likelihood, REF["alt_mu"][step], rtol=5e-7)
        after = [recognise(memory, frame).code.tolist() for frame in frames]
        known = REF["alt_active"]
        assert np.array(after)[known].tolist() == REF["alt_hard"][known].tolist()
