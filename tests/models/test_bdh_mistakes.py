"""BDH: mistakes that are easily made in a layer, and other choices, would be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.bdh import BDH, Weights
from tests.models.bdh_by_hand import How, by_hand
from tests.models.bdh_small import (
    TOKENS,
    D,
    H,
    N,
    close,
    logits_of,
    model_of,
    rearranged,
    seen,
    weights_of,
)


def other_norm(eps: float = 1e-5, ddof: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: (
        (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True, ddof=ddof) + eps)
    )


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()


MISTAKES: dict[str, How] = {
    "eps 1e-6": How(norm=other_norm(1e-6)),
    "eps 1e-8": How(norm=other_norm(1e-8)),
    "unbiased variance": How(norm=other_norm(ddof=1)),
    "a token reads itself": How(own=True),
    "softmax": How(weigh=softmax),
    "scores divided by their sum": How(weigh=lambda s: s / s.sum()),
    "rotated query only": How(asked=np.zeros_like),
    "gate times rotated x": How(gated=lambda gate, x, turned: gate * turned),
    "gate sent without x": How(sent=lambda gate, y: gate),
    "value of the layer before": How(value=lambda v, before: before),
    "damping one token late": How(late=1),
}
OTHERS: dict[str, dict[str, Any]] = {
    "no rotation": {"rotary": False},
    "theta 1e4": {"theta": 1e4},
    "2 pi too often": {"frequencies": lambda f: 2 * np.pi * f},
    "2 pi missing": {"frequencies": lambda f: f / (2 * np.pi)},
    "sign of the rotation": {"frequencies": lambda f: -f},
    "no damping": {"damping": 1.0},
    "eq8": {"variant": "eq8"},
    "normfree": {"variant": "normfree"},
}


@pytest.fixture(scope="module")
def fresh() -> tuple[BDH, Weights, np.ndarray]:
    """As `begin` leaves it, where epsilon counts most."""
    with jax.enable_x64(True):
        model = model_of(damping=np.asarray(0.9))
        weights = weights_of(model, scale=1.0)
        return model, weights, logits_of(model, weights)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_no_mistake_in_a_layer_would_go_unseen(fresh: Any, mistake: str) -> None:
    """Each changes logits by over 1e-3 of the largest, and doing it right by less than 1e-12."""
    model, weights, logits = fresh
    close(by_hand(model, weights, TOKENS).logits, logits, 1e-12)
    found = by_hand(model, weights, TOKENS, how=MISTAKES[mistake]).logits
    assert np.abs(found - logits).max() > 1e-3 * np.abs(logits).max()


@pytest.mark.parametrize("mistake", OTHERS)
def test_no_other_choice_would_go_unseen(fresh: Any, double: None, mistake: str) -> None:
    model, weights, logits = fresh
    chosen = dict(OTHERS[mistake])
    if "frequencies" in chosen:
        chosen["frequencies"] = chosen["frequencies"](model.turn(float).frequencies)
    found = by_hand(model_of(**{"damping": 0.9} | chosen), weights, TOKENS).logits
    assert np.abs(found - logits).max() > 1e-3 * np.abs(logits).max()


def test_no_other_layout_would_go_unseen(fresh: Any) -> None:
    """Neurons read as interleaved, rows of E as if a neuron's heads came together."""
    model, weights, logits = fresh
    order = np.concatenate([np.arange(0, N, 2), np.arange(1, N, 2)])
    layouts = {
        "interleaved": rearranged(weights, range(H), [order, order]),
        "neuron-major": weights._replace(
            from_y=np.asarray(weights.from_y).reshape(N, H, D).swapaxes(0, 1)
        ),
    }
    for name, each in layouts.items():
        change = np.abs(by_hand(model, each, TOKENS).logits - logits).max()
        assert change > 1e-3 * np.abs(logits).max(), name


def test_position_does_not_restart_when_state_is_carried(fresh: Any, double: None) -> None:
    """The second half, read on from the state, is that of the whole; time restarted, it is not."""
    model, weights, logits = fresh
    state = seen(model, weights, jnp.asarray(TOKENS[:6])).state
    close(logits_of(model, weights, TOKENS[6:], state), logits[6:], 1e-12)
    restarted = by_hand(model, weights, TOKENS, [*range(6), *range(6)])
    assert np.abs(restarted.logits[6:] - logits[6:]).max() > 1e-3 * np.abs(logits).max()
