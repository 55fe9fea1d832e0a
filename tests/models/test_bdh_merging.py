"""Models of BDH with their neurons side by side, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_merging import averaged, merged
from tests.models.bdh_by_hand import How, by_hand
from tests.models.bdh_weights import untrained

V, D, H, N = 7, 8, 2, 8
SIZES = {"n_tokens": V, "width": D, "n_heads": H, "n_neurons": H * N, "n_layers": 2, "chunk": 6}
TOKENS = (3, 1, 4, 1, 5, 6, 3, 1, 4, 1, 5, 2)
PAIRED = np.tile(np.linspace(0.8, 1, N // 2), (H, 2))


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def made(seed: int = 0, scale: float = 20.0, **chosen: Any) -> tuple[BDH, Weights]:
    """A model and weights far larger than at first, if not said otherwise."""
    model = BDH(**SIZES | {"theta": 50.0, "damping": np.asarray(1.0)} | chosen)
    return model, untrained(model, scale, seed=seed)


@eqx.filter_jit
def read(model: BDH, weights: Weights) -> Any:
    return model.read(weights, jnp.asarray(TOKENS))[0]


def apart(one: Any, other: Any) -> float:
    """Largest difference of logits, in that of the largest logit."""
    found, expected = np.asarray(one), np.asarray(other)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize(
    ("variant", "k"), [("official", 2), ("official", 3), ("eq8", 2), ("normfree", 2)]
)
def test_a_model_merged_with_itself_is_itself(variant: str, k: int) -> None:
    """Rescaled, to 1e-12."""
    one = made(variant=variant)
    model, weights = merged(*[one] * k, rescaled=True)
    assert model.n_neurons == k * H * N
    assert apart(read(model, weights), read(*one)) < 1e-12


def test_without_rescaling_it_is_not_itself_but_for_epsilon() -> None:
    """As `begin` leaves it, logits are off by over 1e-2; with an epsilon of 0, by under 1e-9."""
    one = made(scale=1.0)
    plain = merged(one, one)
    assert apart(read(*plain), read(*one)) > 1e-2
    exact = How(norm=lambda z: (z - z.mean(-1, keepdims=True)) / (z.std(-1, keepdims=True) + 1e-30))
    logits = [by_hand(*each, TOKENS, how=exact).logits for each in (plain, one)]
    assert apart(*logits) < 1e-9


@pytest.mark.parametrize("damping", [np.asarray(1.0), np.array([0.9, 0.7]), PAIRED])
@pytest.mark.parametrize("silent", ["first", "last"])
def test_silent_neurons_change_nothing(damping: Any, silent: str) -> None:
    """Neurons of another model, of another size, with other speeds and dampings, that get no input:
    each of the others keeps its pair, its speed and its damping.
    """
    one = made(damping=damping)
    rates = np.linspace(0.1, 0.2, N)
    model, weights = made(1, n_neurons=2 * H * N, frequencies=rates, damping=np.asarray(0.5))
    ends = {"embedding": one[1].embedding, "readout": one[1].readout}
    other = model, weights._replace(to_x=jnp.zeros_like(weights.to_x), **ends)
    together = merged(*((other, one) if silent == "first" else (one, other)))
    assert together[0].n_neurons == 3 * H * N
    assert apart(read(*together), read(*one)) < 1e-12


def test_order_does_not_matter() -> None:
    one, other = made(), made(1, damping=np.asarray(0.9))
    assert apart(read(*merged(one, other)), read(*merged(other, one))) < 1e-12
    assert apart(read(*merged(one, other)), read(*one)) > 0.1


def test_where_everything_is_found() -> None:
    """Half-split: first members of both, second members of both; ends are means."""
    (one, first), (other, second) = made(), made(1)
    model, weights = merged((one, first), (other, second), rescaled=True)
    half, root = N // 2, np.sqrt(2)
    blocks = [slice(at, at + half) for at in range(0, 2 * N, half)]
    own = [slice(0, half), slice(half, N)]
    for block, (source, part) in zip(
        blocks, [(first, own[0]), (second, own[0]), (first, own[1]), (second, own[1])], strict=True
    ):
        np.testing.assert_allclose(weights.to_x[:, :, block], source.to_x[:, :, part] / root)
        np.testing.assert_array_equal(weights.to_y[:, :, block], source.to_y[:, :, part])
        np.testing.assert_allclose(weights.from_y[:, block], source.from_y[:, part] / root)
    for name in ("embedding", "readout"):
        mean = (getattr(first, name) + getattr(second, name)) / 2
        np.testing.assert_allclose(getattr(weights, name), mean)
    rate = one.turn(float).frequencies
    np.testing.assert_array_equal(model.frequencies, jnp.concatenate([rate, rate], axis=1))
    assert float(model.damping) == 1


def test_unlike_dampings_become_those_of_neurons() -> None:
    one, other = made(damping=0.9), made(damping=0.8)
    found = np.asarray(merged(one, other)[0].damping)
    np.testing.assert_allclose(found, np.tile(np.repeat([0.9, 0.8, 0.9, 0.8], N // 2), (H, 1)))
    assert merged(one, one)[0].damping == 0.9


def test_still_neurons_may_be_odd_in_number() -> None:
    one = made(rotary=False, n_neurons=H * 5, damping=np.linspace(0.5, 1, H * 5).reshape(H, 5))
    model, weights = merged(one, one, rescaled=True)
    assert model.frequencies is None
    assert apart(read(model, weights), read(*one)) < 1e-12


def test_weights_are_averaged_one_by_one() -> None:
    one, other = made(), made(1)
    model, weights = averaged(one, other)
    assert model is one[0]
    np.testing.assert_allclose(weights.to_x, (one[1].to_x + other[1].to_x) / 2)
    assert apart(read(*averaged(one, one)), read(*one)) < 1e-12


def test_types_follow_the_weights() -> None:
    model, weights = made()
    one = model, jax.tree.map(lambda each: each.astype(jnp.float32), weights)
    model, weights = merged(one, one, rescaled=True)
    assert {leaf.dtype for leaf in weights} == {jnp.dtype("float32")}
    assert model.frequencies.dtype == jnp.float32


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"width": 6}, r"width is \[8, 6\], expected the same"),
        ({"n_tokens": 5}, r"n_tokens is \[7, 5\]"),
        ({"n_heads": 1}, r"n_heads is \[2, 1\]"),
        ({"n_layers": 3}, r"n_layers is \[2, 3\]"),
        ({"variant": "eq8"}, r"variant is \['official', 'eq8'\]"),
        ({"rotary": False}, r"rotary is \[True, False\]"),
    ],
)
def test_models_that_differ_are_refused(other: Any, said: str) -> None:
    for how in (merged, averaged):
        with pytest.raises(InvalidValue, match=said):
            how(made(), made(**other))


def test_sizes_may_differ_only_side_by_side() -> None:
    one, other = made(), made(n_neurons=2 * H * N)
    assert merged(one, other)[0].n_neurons == 3 * H * N
    with pytest.raises(InvalidValue, match=r"n_neurons is \[16, 32\]"):
        averaged(one, other)


def test_no_model_and_weights_of_another_are_refused() -> None:
    with pytest.raises(InvalidValue, match="there is no model"):
        merged()
    wrong = made()[0], made(n_neurons=2 * H * N)[1]
    with pytest.raises(InvalidValue, match=r"to_x of model 1 has shape \(2, 8, 16\), expected"):
        merged(made(), wrong)
