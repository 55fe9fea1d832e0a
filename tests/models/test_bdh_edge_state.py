"""States of BDH with layer norms, edge by edge, against the tensor model, in float64, to 1e-10.

Conformance 7: "eq8" has synapses with recorded gains; "official" has one for each neuron and
channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Activity, Weights
from cogmem.models.bdh_attention import absolute
from cogmem.models.bdh_edge_state import accumulated, official_by_edges, projected
from cogmem.models.bdh_wiring import Synapses
from tests.models.bdh_weights import untrained

SIZES = {"n_tokens": 5, "width": 6, "n_heads": 2, "n_neurons": 16, "n_layers": 3}
TOKENS = (0, 3, 1, 4, 2, 2, 0, 3, 1, 4)
N = 8  # neurons of a head
GAMMA = 0.95


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


class Watched(NamedTuple):
    """A tensor model that has read the tokens, with weights of standard deviation .6."""

    model: BDH
    weights: Weights
    activity: Activity
    state: jax.Array


@cache
def watched(variant: str, damping: float = 1.0) -> Watched:
    model = BDH(**SIZES, variant=variant, damping=jnp.asarray(damping), chunk=4, theta=50.0)
    weights = untrained(model, 30)
    watch = eqx.filter_jit(lambda model, weights, tokens: model.watch(weights, tokens))
    return Watched(model, weights, *watch(model, weights, jnp.asarray(TOKENS)))


def close(found: object, expected: object, within: float = 1e-10) -> None:
    scale = np.abs(np.asarray(expected)).max()
    assert scale > 0.1
    assert np.abs(np.asarray(found) - np.asarray(expected)).max() <= within * scale


@pytest.mark.parametrize("variant", ["eq8", "normfree"])
def test_rho_is_the_projection_of_synapses(variant: str) -> None:
    """rho = C E sigma' with the gains 1 / s of each token (without norms: rho = E sigma).

    Every layer after the first, both heads, turning and damped.
    """
    model, weights, activity, rho = watched(variant, GAMMA)
    normed = variant == "eq8"
    spread = activity.message.var(axis=-1) + 1e-5
    gains = 1 / jnp.sqrt(spread) if normed else jnp.ones_like(spread)
    turns = np.asarray(model.turn(float).frequencies[0])
    synapses = Synapses.of(np.ones((2 * N, N)), turns, GAMMA)
    from_y = weights.from_y.reshape(2 * N, -1)
    sent = jnp.moveaxis(activity.y, 1, 2).reshape(3, len(TOKENS), 2 * N)
    for layer in (1, 2):
        for head in (0, 1):
            seen = sent[layer - 1], activity.x[layer, head], gains[layer - 1]
            sigma = accumulated(synapses, *seen)
            found = projected(from_y, synapses.edges, sigma, centred=normed)
            close(found, rho[layer, head])


def test_gains_are_needed() -> None:
    """Without them eq8's state is another: the identity above is no accident of small effects."""
    model, weights, activity, rho = watched("eq8", GAMMA)
    synapses = Synapses.of(np.ones((2 * N, N)), np.asarray(model.turn(float).frequencies[0]), GAMMA)
    sent = jnp.moveaxis(activity.y[0], 0, 1).reshape(len(TOKENS), 2 * N)
    sigma = accumulated(synapses, sent, activity.x[1, 0])
    found = projected(weights.from_y.reshape(2 * N, -1), synapses.edges, sigma, centred=True)
    assert float(jnp.abs(found - rho[1, 0]).max()) > 0.1 * float(jnp.abs(rho[1, 0]).max())


def test_official_edge_by_edge() -> None:
    """v, a, y of all layers, and S [layer, head, neuron, channel] in absolute phases, to 1e-10."""
    model, weights, activity, synapses = watched("official")
    turns = model.turn(float)
    maps = weights.to_x, weights.to_y, weights.from_y
    found = official_by_edges(*maps, activity.v_in[0], turns.frequencies, n_layers=3)
    close(found.v, jnp.swapaxes(activity.v_out, 0, 1))
    close(found.a, jnp.moveaxis(activity.read, 2, 0))
    close(found.y, jnp.moveaxis(activity.y, 2, 0).reshape(len(TOKENS), 3, 2 * N))
    each = jax.vmap(jax.vmap(absolute, (0, 0, None)), (0, None, None))
    expected = each(synapses, turns, len(TOKENS))
    close(found.state.reshape(expected.shape), expected)
    assert found.state.shape == (3, 2 * N * 6)


def test_first_token_finds_nothing() -> None:
    model, weights, activity, _ = watched("official")
    maps = weights.to_x, weights.to_y, weights.from_y
    found = official_by_edges(*maps, activity.v_in[0], model.turn(float).frequencies, n_layers=3)
    assert not found.a[0].any()
    assert not found.y[0].any()


def test_wrong_sizes_are_named() -> None:
    to_x, from_y = np.ones((2, 3, 4)), np.ones((2, 4, 3))
    with pytest.raises(InvalidValue, match=r"expected \[head, channel, neuron\] twice"):
        official_by_edges(to_x, to_x, to_x, jnp.ones((2, 3)), np.ones(2), n_layers=1)
    with pytest.raises(InvalidValue, match="expected 2 finite ones"):
        official_by_edges(to_x, to_x, from_y, jnp.ones((2, 3)), np.ones(3), n_layers=1)
    with pytest.raises(InvalidValue, match=r"inputs have shape \(2, 4\)"):
        official_by_edges(to_x, to_x, from_y, jnp.ones((2, 4)), np.ones(2), n_layers=1)
