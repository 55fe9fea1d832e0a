"""What people answered and what a participant had to say about it: the common form of all scores.

Two kinds of response. *Choices*: an item is said among those left, or nothing is (recall ends, or
an output is left out). *Counts*: yes or no, right or wrong, counted in the cells of a design.

One readout serves both, with one number, the sensitivity b to evidence z in its own SD (the inverse
of the temperature of `Readout`): an item is chosen with odds exp(b z), a yes is given with odds
exp(b z - c). How often a person ends, leaves out and says yes is not explained by any model here:
it is counted on the person's training lists, for all participants and the null alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from cogmem.participants.readout import standardised

__all__ = [
    "SENSITIVITIES",
    "Choices",
    "Evidence",
    "YesCounts",
    "best_sensitivity",
    "choice_log_probs",
    "choice_scores",
    "count_scores",
    "criteria",
    "in_sd",
    "over_sensitivities",
    "p_yes",
    "scores",
]

SENSITIVITIES = np.concatenate([[0.0], np.geomspace(0.02, 50.0, 24)])
"""Where the sensitivity is looked for; around the best of these again, see `best_sensitivity`."""

_BISECTIONS = 40


class Choices(NamedTuple):
    """What several people said, list by list.

    Attributes:
        said: [subject, list, event] 0-based items, n for nothing, -1 where nothing is scored
            (padding, repeats, intrusions).
        left: [subject, list, event, item] what could still be said.
        train, test: [subject, list] 1 for lists of that half, 0 for others and for padding.
        place: [subject, list, event] what the habit of saying nothing depends on: the number of
            words said, or the output.
    """

    said: Int[np.ndarray, "subject list event"]
    left: Bool[np.ndarray, "subject list event item"]
    train: Float[np.ndarray, "subject list"]
    test: Float[np.ndarray, "subject list"]
    place: Int[np.ndarray, "subject list event"]

    @property
    def n_items(self) -> int:
        """What may be said."""
        return self.left.shape[-1]

    def n_events(self, half: Float[np.ndarray, "subject list"]) -> Float[np.ndarray, " subject"]:
        """Responses scored in a half, nothing said counted as one."""
        return ((self.said >= 0).sum(axis=2) * half).sum(axis=1)


class YesCounts(NamedTuple):
    """How often several people answered yes, or right, in each cell of a design.

    Attributes:
        yes: [half, subject, cell] of the training (0) and of the held-out responses (1).
        n: [half, subject, cell] of how many.
    """

    yes: Float[np.ndarray, "half subject cell"]
    n: Float[np.ndarray, "half subject cell"]

    def n_events(self, half: int) -> Float[np.ndarray, " subject"]:
        """Responses in a half."""
        return self.n[half].sum(axis=1)


Evidence = Float[Array, "..."]
"""z in SD: of choices [subject, list, event, item], of counts [1 or subject, cell, draw]."""


# ---- choices -------------------------------------------------------------------------------------


def in_sd(
    evidence: Float[Array, "*more item"], left: Bool[Array, "*more item"]
) -> Float[Array, "*more item"]:
    """Evidence for each item in SD from its mean over what is left, choice by choice."""
    flat = jax.vmap(standardised)(
        evidence.reshape(-1, evidence.shape[-1]), left.reshape(-1, left.shape[-1])
    )
    return flat.reshape(evidence.shape)


def choice_log_probs(
    z: Float[Array, "*more item"], left: Bool[Array, "*more item"], sensitivity: Array | float
) -> Float[Array, "*more item"]:
    """log P of each item, given that one is said."""
    some = left | ~left.any(axis=-1, keepdims=True)
    return jax.nn.log_softmax(sensitivity * z, where=some)


@jax.jit
def choice_scores(
    z: Float[Array, "subject list event item"],
    said: Int[Array, "subject list event"],
    left: Bool[Array, "subject list event item"],
    sensitivity: Array | float,
) -> Float[Array, "subject list"]:
    """log P (nats) of which items were said, summed over each list; saying nothing counts 0.

    Args:
        z: evidence for each item before each event, in its own SD.
        said: the item said at each event.
        left: which items could be said.
        sensitivity: by which evidence is multiplied.
    """
    log_p = choice_log_probs(z, left, sensitivity)
    chosen = jax.nn.one_hot(said, z.shape[-1], dtype=bool)  # none of them if nothing was said
    return jnp.sum(log_p, where=chosen, axis=(-1, -2))


# ---- counts --------------------------------------------------------------------------------------


def p_yes(
    z: Float[Array, "subject cell draw"], sensitivity: Array | float, criterion: Array
) -> Float[Array, "subject cell"]:
    """P(yes) in each cell, the mean over draws of items; `criterion` is [subject]."""
    return jax.nn.sigmoid(sensitivity * z - criterion[:, None, None]).mean(axis=-1)


@jax.jit
def criteria(
    z: Float[Array, "subject cell draw"],
    yes: Float[Array, "subject cell"],
    n: Float[Array, "subject cell"],
    sensitivity: Array | float,
) -> Float[Array, " subject"]:
    """Each person's criterion: P(yes) over all responses as counted, (yes + 1/2) / (n + 1).

    By bisection, as P(yes) falls with the criterion.

    Args:
        z: evidence in each cell and draw of items.
        yes, n: answers yes, and all answers.
        sensitivity: by which evidence is multiplied.
    """
    total = n.sum(axis=1)
    aim = (yes.sum(axis=1) + 0.5) / (total + 1)
    reach = 20.0 + sensitivity * jnp.abs(z).max()

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        p = (p_yes(z, sensitivity, middle) * n).sum(axis=1) / jnp.maximum(total, 1)
        return jnp.where(p > aim, middle, low), jnp.where(p > aim, high, middle)

    ends = (-reach * jnp.ones(len(yes)), reach * jnp.ones(len(yes)))
    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, ends)
    return jnp.where(total > 0, (low + high) / 2, 0)  # no answers: even odds at no evidence


@jax.jit
def count_scores(
    z: Float[Array, "subject cell draw"],
    yes: Float[Array, "half subject cell"],
    n: Float[Array, "half subject cell"],
    sensitivity: Array | float,
) -> Float[Array, "half subject cell"]:
    """log P (nats) of the answers in each cell, with criteria counted on the first half.

    P is held 1e-6 from 0 and 1.

    Args:
        z: evidence in each cell and draw of items.
        yes, n: answers yes, and all answers, of either half.
        sensitivity: by which evidence is multiplied.
    """
    p = p_yes(z, sensitivity, criteria(z, yes[0], n[0], sensitivity))
    p = jnp.clip(p, 1e-6, 1 - 1e-6)[None]
    return yes * jnp.log(p) + (n - yes) * jnp.log1p(-p)


# ---- both ----------------------------------------------------------------------------------------


def scores(
    people: Choices | YesCounts, z: Evidence, sensitivity: float | Array
) -> tuple[Float[Array, "subject unit"], Float[Array, "subject unit"]]:
    """log P (nats) of the training and of the held-out responses, by list or by cell.

    What is counted on the training lists of each person (ends, omissions) is left out of choices:
    it is the same for everybody, and so is no part of a gain.
    """
    if isinstance(people, YesCounts):
        both = count_scores(jnp.asarray(z), people.yes, people.n, sensitivity)
        return both[0], both[1]
    nats = choice_scores(jnp.asarray(z), people.said, people.left, sensitivity)
    return nats * people.train, nats * people.test


def best_sensitivity(
    gain: Callable[[Float[np.ndarray, " b"]], Float[np.ndarray, " b"]], n_rounds: int = 4
) -> float:
    """The sensitivity at which a gain is greatest: on a grid, and on finer ones around the best.

    Args:
        gain: of each of several sensitivities; of one peak, as log-likelihoods of choices are.
        n_rounds: grids after the first, each 8 times as fine.
    """
    grid = SENSITIVITIES
    for _ in range(n_rounds):
        best = int(np.argmax(gain(grid)))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        grid = np.linspace(low, high, 17)
    return float(grid[np.argmax(gain(grid))])


def over_sensitivities(
    people: Choices | YesCounts, z: Evidence, sensitivities: Float[np.ndarray, " b"]
) -> Float[np.ndarray, " b"]:
    """Sum of the training log P (nats) at each sensitivity."""
    return np.asarray(_training(people, jnp.asarray(z), jnp.asarray(sensitivities, float)), float)


@jax.jit
def _training(people: Choices | YesCounts, z: Evidence, sensitivities: Array) -> Float[Array, " b"]:
    return jax.lax.map(lambda b: scores(people, z, b)[0].sum(), sensitivities)
