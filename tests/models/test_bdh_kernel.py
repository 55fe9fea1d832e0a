"""The interaction kernel by hand, and what keeps it from leaving the positive numbers."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh_kernel import Rules, interaction_kernel


def rules(*rows: tuple[int, int, int, float]) -> Rules:
    first, second, result, rate = (np.asarray(each) for each in zip(*rows, strict=True))
    ends = (jnp.asarray(each.astype(np.int32)) for each in (first, second, result))
    return Rules(*ends, jnp.asarray(rate.astype(np.float32)))


def test_a_step_by_hand() -> None:
    """q = (1, 2, 3): 0 and 1 make 2 at 0.5, 2 and 2 make 0 at 0.1; 2 fades by half.

    (1 + 0.1 x 9, 2, 1.5 + 0.5 x 2).
    """
    both = rules((0, 1, 2, 0.5), (2, 2, 0, 0.1))
    found = interaction_kernel(jnp.asarray([1.0, 2, 3]), both, jnp.asarray([0.0, 0, 0.5]))
    np.testing.assert_allclose(found, [1.9, 2, 2.5], rtol=1e-6)


def test_damping_of_1_forgets_and_keeps_what_is_new() -> None:
    """ "a resets": only what the rules make in this step is left."""
    found = interaction_kernel(jnp.asarray([3.0, 2.0]), rules((1, 1, 0, 1.0)), jnp.ones(2))
    np.testing.assert_array_equal(found, [4, 0])


def test_nothing_gets_below_zero() -> None:
    rng = np.random.default_rng(0)
    many = rules(*((*rng.integers(0, 5, 3), rng.random()) for _ in range(20)))
    state, damping = (
        jnp.asarray(rng.random(5), jnp.float32),
        jnp.asarray(rng.random(5), jnp.float32),
    )
    for _ in range(3):
        state = interaction_kernel(state, many, damping)
        assert float(state.min()) >= 0


@pytest.mark.parametrize(
    ("state", "rate", "damping", "message"),
    [
        ([-0.1, 1.0], 1.0, [0.0, 0.0], "state is -0.1, expected 0"),
        ([1.0, 1.0], -1.0, [0.0, 0.0], "rate is -1, expected 0"),
        ([1.0, 1.0], 1.0, [0.0, 1.5], "damping is 1.5, expected 0 to 1"),
        ([1.0, np.nan], 1.0, [0.0, 0.0], "state is nan"),
    ],
)
def test_what_would_break_positivity_is_refused(state, rate, damping, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        interaction_kernel(jnp.asarray(state), rules((0, 1, 0, rate)), jnp.asarray(damping))


def test_rules_are_about_variables_that_there_are() -> None:
    with pytest.raises(InvalidValue, match="result is 2, expected 0 to 1"):
        interaction_kernel(jnp.ones(2), rules((0, 1, 2, 1.0)), jnp.zeros(2))
