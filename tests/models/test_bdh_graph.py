"""BDH as a graph against the tensor model without layer norms, in float64, to 1e-12 (relative).

Two tensor forms: a loop over tokens in NumPy, written here from the paper's Eq. 7, and
`cogmem.models.bdh`. Both with damping, with turning pairs, and with both (conformance 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.models.bdh_edge_state import projected
from cogmem.models.bdh_graph import ROUNDS, STEPS, GraphBDH, Nodes, drive, graph_bdh
from cogmem.models.bdh_kernel import Rules, interaction_kernel
from cogmem.models.bdh_synapses import synapse_matrix
from tests.models.bdh_weights import untrained

N, D, L, T = 16, 4, 3, 9
FREQUENCIES = 1 / (2 * np.pi * 50.0 ** (np.arange(N // 2) / (N // 2)))
PAIRED = np.tile(np.linspace(0.7, 1, N // 2), 2)  # neurons k and k + N / 2 alike
U = {
    "damped": {"damping": 0.9},
    "damped, each neuron": {"damping": np.linspace(0.6, 1, N)},
    "turning": {"frequencies": FREQUENCIES},
    "both": {"frequencies": FREQUENCIES, "damping": PAIRED},
}


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


class Maps(NamedTuple):
    to_x: np.ndarray
    to_y: np.ndarray
    from_y: np.ndarray


@pytest.fixture(scope="module")
def maps() -> Maps:
    rng = np.random.default_rng(0)
    return Maps(*(0.5 * rng.normal(size=size) for size in ((D, N), (D, N), (N, D))))


@pytest.fixture(scope="module")
def start(maps: Maps) -> np.ndarray:
    """Y >= 0 that begins each token, half of it 0."""
    return np.maximum(np.random.default_rng(1).normal(size=(T, N)), 0)


# ---- the same, with matrices ---------------------------------------------------------------------


def step_matrix(
    frequencies: np.ndarray | None = None, damping: np.ndarray | float = 1
) -> np.ndarray:
    """U, written out: a row of x times U is one token later."""
    u = np.eye(N)
    for k, f in enumerate([] if frequencies is None else frequencies):
        e, o, angle = k, k + N // 2, 2 * np.pi * f
        u[e, e] = u[o, o] = np.cos(angle)
        u[o, e], u[e, o] = np.sin(angle), -np.sin(angle)
    return u * np.broadcast_to(damping, N)


class Tensors(NamedTuple):
    """x, y [time, layer, neuron]; rho [layer, channel, neuron] in the end."""

    x: np.ndarray
    y: np.ndarray
    rho: np.ndarray


def tensor_form(maps: Maps, start: np.ndarray, u: np.ndarray, **_: object) -> Tensors:
    """The paper's Eq. 7, with rho = E sigma: v = E y, never n x n."""
    dx, dy, e = (each.T for each in maps)
    rho, x_all, y_all = np.zeros((L, D, N)), np.zeros((T, L, N)), np.zeros((T, L, N))
    for t in range(T):
        x, v = np.zeros(N), e @ start[t]
        for layer in range(L):
            x = x + np.maximum(dx @ v, 0)
            y = np.maximum(dy @ (rho[layer] @ x), 0) * x
            rho[layer] = (rho[layer] + np.outer(v, x)) @ u
            x_all[t, layer], y_all[t, layer] = x, y
            v = e @ y
    return Tensors(x_all, y_all, rho)


def close(found: object, expected: np.ndarray, within: float = 1e-12) -> None:
    """Largest difference, relative to the largest number."""
    assert np.abs(expected).max() > 1e-3
    assert np.abs(np.asarray(found) - expected).max() <= within * np.abs(expected).max()


def close_by_layer(found: object, expected: np.ndarray, within: float = 1e-12) -> None:
    """Each layer by itself, as numbers get smaller or larger from layer to layer."""
    for one, other in zip(np.swapaxes(found, 0, 1), np.swapaxes(expected, 0, 1), strict=True):
        close(one, other, within)


def of(maps: Maps, **how: object) -> GraphBDH:
    return graph_bdh(*maps, n_layers=L, **how)


@pytest.mark.parametrize("u", U)
@pytest.mark.parametrize("hidden", [True, False])
def test_graph_is_the_tensor_model(maps: Maps, start: np.ndarray, u: str, hidden: bool) -> None:
    """y of all layers, x of each round, and rho = E sigma to 1e-12."""
    graph = of(maps, hidden=hidden, **U[u])
    found = graph.run(jnp.asarray(start), record=True)
    expected = tensor_form(maps, start, step_matrix(**U[u]))
    close_by_layer(found.y, expected.y)
    close_by_layer(found.nodes.x[:, :, ROUNDS.index("read"), 0], expected.x)
    for sigma, rho in zip(found.sigma, expected.rho, strict=True):
        close(projected(jnp.asarray(maps.from_y), graph.synapses.edges, sigma).T, rho)


@pytest.mark.parametrize("u", ["damped", "turning", "both"])
def test_graph_is_cogmems_own_tensor_model(maps: Maps, u: str) -> None:
    """From tokens: a drive Y >= 0 with E y = v; synapses and y of `BDH` without norms to 1e-12."""
    how = U[u]
    frequencies = None if "frequencies" not in how else jnp.asarray(FREQUENCIES)
    damping = jnp.asarray(how.get("damping", 1.0))
    model = BDH(
        n_tokens=5,
        width=D,
        n_heads=1,
        n_neurons=N,
        n_layers=L,
        variant="normfree",
        rotary=frequencies is not None,
        frequencies=frequencies,
        damping=damping if damping.ndim == 0 else damping[None],
        chunk=4,
    )
    tokens = jnp.asarray([0, 1, 2, 3, 4, 1, 2, 0, 3])
    drawn = untrained(model, 50)
    own = {name: jnp.asarray(each)[None] for name, each in maps._asdict().items()}
    weights = drawn._replace(**own)
    activity, synapses = model.watch(weights, tokens)
    begin = drive(maps.from_y, np.asarray(weights.embedding[tokens]))
    assert (begin >= 0).all()
    graph = of(maps, **how)
    found = graph.run(jnp.asarray(begin))
    close_by_layer(found.y, np.swapaxes(activity.y[:, 0], 0, 1))
    for sigma, expected in zip(found.sigma, synapses[:, 0], strict=True):
        rho = projected(jnp.asarray(maps.from_y), graph.synapses.edges, sigma)
        close(rho, np.asarray(expected))


def test_sigma_is_the_matrix_of_equation_16(maps: Maps, start: np.ndarray) -> None:
    """Each layer's edges: y of the layer before (the drive, for the first) and its own x."""
    graph = of(maps, **U["both"])
    found = graph.run(jnp.asarray(start), record=True)
    x = found.nodes.x[:, :, ROUNDS.index("read"), 0]
    before = jnp.concatenate([jnp.asarray(start)[:, None], found.y[:, :-1]], axis=1)
    for layer in range(L):
        expected = synapse_matrix(before[:, layer], x[:, layer], **U["both"])
        close(graph.synapses.edges.matrix(found.sigma[layer]), np.asarray(expected))


# ---- rounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [True, False])
def test_nothing_is_below_zero_if_nothing_turns(
    maps: Maps, start: np.ndarray, hidden: bool
) -> None:
    """All variables of all nodes after every step, and all synapses; all of 7 are used."""
    found = of(maps, hidden=hidden, damping=0.9).run(jnp.asarray(start), record=True)
    for name, each in found.nodes._asdict().items():
        assert each.shape == (T, L, len(ROUNDS), len(STEPS), N)
        assert float(each.min()) >= 0, name
        assert float(each.max()) > 0, name
    assert float(found.sigma.min()) >= 0


def test_turning_makes_synapses_negative(maps: Maps, start: np.ndarray) -> None:
    """So that the above is due to a diagonal U."""
    assert float(of(maps, **U["turning"]).run(jnp.asarray(start)).sigma.min()) < 0


def test_what_each_round_leaves(maps: Maps, start: np.ndarray) -> None:
    """What is cleared is 0 after the local step; X does not change while synapses are at work."""
    nodes = of(maps, damping=0.9).run(jnp.asarray(start), record=True).nodes
    cleared = {"read": ("x_excited", "x_inhibited"), "write": ("y",)}
    cleared["A drives Y"] = ("a", "y_excited", "y_inhibited")
    for name, variables in cleared.items():
        for variable in variables:
            assert not getattr(nodes, variable)[:, :, ROUNDS.index(name), 1].any(), variable
    after = nodes.x[:, :, ROUNDS.index("Y drives X"), 1]
    for name in ("read", "write", "A drives Y"):
        np.testing.assert_array_equal(nodes.x[:, :, ROUNDS.index(name), 1], after)


def test_a_token_by_hand() -> None:
    """Two neurons, one layer, weights of 1: 1 drives 2, and what 2 meets drives 2.

    Token 1, Y = (2, 0): X = (0, 2), nothing to read, sigma[1, 2] = 4. Token 2 likewise: A = 8 at
    1, which drives Y of 2: 8 x 2 = 16.
    """
    one_to_two = np.array([[0.0, 0], [1, 0]])
    graph = graph_bdh(one_to_two.T, one_to_two.T, np.eye(2), n_layers=1)
    found = graph.run(jnp.asarray([[2.0, 0], [2, 0]]))
    np.testing.assert_array_equal(found.y[:, 0], [[0, 0], [0, 16]])
    np.testing.assert_array_equal(graph.synapses.edges.matrix(found.sigma[0]), [[0, 8], [0, 0]])


def test_two_halves_are_the_whole(maps: Maps, start: np.ndarray) -> None:
    """State is in synapses only: sigma carried over a cut gives the same y, to 1e-12."""
    graph = of(maps, **U["both"])
    whole = graph.run(jnp.asarray(start))
    first = graph.run(jnp.asarray(start[:4]))
    second = graph.run(jnp.asarray(start[4:]), first.sigma)
    close(jnp.concatenate([first.y, second.y]), np.asarray(whole.y))
    close(second.sigma, np.asarray(whole.sigma))


def test_synapses_that_are_not_there_are_never_written(maps: Maps, start: np.ndarray) -> None:
    """A sparse graph of synapses: as the tensor form with sigma masked, here n x n, to 1e-12."""
    mask = (np.random.default_rng(3).random((N, N)) < 0.3).astype(float)
    graph = of(maps, synapses=mask, damping=0.9)
    found = graph.run(jnp.asarray(start))
    dx, dy, e = (each.T for each in maps)
    sigma, y_all = np.zeros((L, N, N)), np.zeros((T, L, N))
    for t in range(T):
        x, y = np.zeros(N), start[t]
        for layer in range(L):
            x = x + np.maximum(dx @ e @ y, 0)
            new = np.maximum(dy @ e @ sigma[layer] @ x, 0) * x
            sigma[layer] = 0.9 * (sigma[layer] + mask * np.outer(y, x))
            y_all[t, layer] = y = new
    close_by_layer(found.y, y_all)
    assert found.sigma.shape == (L, mask.sum())


def test_writing_is_an_interaction_kernel(maps: Maps, start: np.ndarray) -> None:
    """Rules "Y(j), X(i) -> sigma(i, j)" over (x, y, sigma) are the round of writing."""
    synapses = of(maps).synapses
    source, target = np.asarray(synapses.edges.source), np.asarray(synapses.edges.target)
    x, y = jnp.asarray(start[0]), jnp.asarray(start[1])
    sigma = jnp.linspace(0, 1, len(source))
    places = 2 * N + np.arange(len(source))
    rules = Rules(*map(jnp.asarray, (N + target, source, places)), synapses.edges.weight)
    state = jnp.concatenate([x, y, sigma])
    after = interaction_kernel(state, rules, jnp.zeros_like(state))
    np.testing.assert_allclose(after[2 * N :], synapses.written(sigma, y, x), rtol=1e-15)


def test_type_follows_the_weights(maps: Maps, start: np.ndarray) -> None:
    single = Maps(*(each.astype(np.float32) for each in maps))
    found = of(single, **U["both"]).run(jnp.asarray(start, jnp.float32), record=True)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype("float32")}
    expected = tensor_form(maps, start, step_matrix(**U["both"]))
    close_by_layer(found.y, expected.y, within=1e-4)


# ---- slips ---------------------------------------------------------------------------------------


def test_drive_needs_enough_neurons(maps: Maps) -> None:
    """As many neurons as channels reach one corner only."""
    with pytest.raises(InvalidValue, match="no Y >= 0 gives the input of token 0"):
        drive(np.eye(D), -np.ones((1, D)))
    with pytest.raises(InvalidValue, match="inputs have shape"):
        drive(maps.from_y, np.ones((1, D + 1)))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"n_layers": 0}, "n_layers is 0"),
        ({"synapses": np.ones((2, 2))}, r"synapses have shape \(2, 2\)"),
        ({"synapses": -np.ones((N, N))}, "weights of 0 or more"),
        ({"damping": 1.1}, "damping is 1.1, expected above 0 and up to 1"),
        ({"frequencies": FREQUENCIES[1:]}, "expected 8 finite ones"),
        ({"frequencies": FREQUENCIES, "damping": np.linspace(0.6, 1, N)}, "damping of pair 0 is"),
    ],
)
def test_wrong_graphs_are_named(maps: Maps, how: dict, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        graph_bdh(*maps, **{"n_layers": L} | how)


def test_wrong_runs_are_named(maps: Maps) -> None:
    graph = of(maps)
    with pytest.raises(InvalidValue, match=r"drive has shape \(3, 5\)"):
        graph.run(jnp.ones((3, 5)))
    for wrong in (-1.0, np.nan):
        with pytest.raises(InvalidValue, match="least drive"):
            graph.run(jnp.full((3, N), wrong))
    with pytest.raises(InvalidValue, match=r"sigma has shape \(1, 2\)"):
        graph.run(jnp.ones((3, N)), jnp.ones((1, 2)))


def test_nodes_are_cleared_by_name() -> None:
    nodes = Nodes(*(jnp.ones(2) for _ in Nodes._fields)).cleared("a")
    assert float(nodes.a.sum()) == 0
    assert float(nodes.x.sum()) == 2
