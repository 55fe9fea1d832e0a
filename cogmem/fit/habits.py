"""What people's habits foretell of a person: the ceiling that models are measured against.

No model: for each situation of the design it is counted how often other people gave each response
there, and the logarithm of the odds is the evidence. It goes through the readout that all models
have. A situation is the item said before (and, where outputs have places, the output); of counted
answers, the cell.

- *other people*: the training responses of all but the person.
- *same person*: the person's own training responses, added to as many of others as make a weight of
  `OTHERS`.
"""

from __future__ import annotations

from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from cogmem.fit.responses import Choices, Evidence, YesCounts, in_sd

__all__ = ["OTHERS", "ROWS", "habits", "learnt_apart", "situations"]

Row = Literal["other people", "same person"]
ROWS: tuple[Row, ...] = ("other people", "same person")

OTHERS = 8.0
"""Responses in each situation that other people's habits weigh against the person's own; chosen."""


def habits(people: Choices | YesCounts, row: Row, *, in_places: bool = False) -> Evidence:
    """z of every response, from what people said in the training half.

    Args:
        people: two or more, as one cannot be foretold by others.
        row: whose habits.
        in_places: whether outputs have places (serial recall).
    """
    if isinstance(people, YesCounts):
        yes, n = (table[0].astype(float) for table in people)
        odds = _log_odds(*_weighed(yes, n, row))
        spread = odds.std()
        z = (odds - odds.mean()) / spread if spread > 0 else np.zeros_like(odds)
        return jnp.asarray(z[:, :, None], jnp.float32)
    situation = situations(people, in_places=in_places)
    said, able = _tables(people, situation)
    odds = _log_odds(*_weighed(said, able, row))
    who = np.arange(len(odds))[:, None, None]
    return in_sd(jnp.asarray(odds[who, situation], jnp.float32), jnp.asarray(people.left))


def learnt_apart(people: Choices | YesCounts, *, seed: int = 0) -> Choices | YesCounts:
    """The training half in two: one to count habits in, one held out to fit the readout to.

    On the answers that they were counted from, one's own habits look better than they are.

    Args:
        people: whose training responses are split, every other list, or answers at random.
        seed: of which answers.
    """
    if isinstance(people, YesCounts):
        yes, n = (table[0].astype(int) for table in people)
        first = np.random.default_rng(seed).hypergeometric(yes, n - yes, n // 2)
        tables = np.stack([first, yes - first]), np.stack([n // 2, n - n // 2])
        return YesCounts(*(table.astype(np.float32) for table in tables))
    turn = np.cumsum(people.train > 0, axis=1) % 2
    return people._replace(train=people.train * turn, test=people.train * (1 - turn))


def situations(
    people: Choices, *, in_places: bool = False
) -> Int[np.ndarray, "subject list event"]:
    """The item said last, n before the first; each output apart if nothing said leaves a gap."""
    n = people.n_items
    said = np.where((people.said >= 0) & (people.said < n), people.said, n)
    last = np.full(said.shape, n)
    for event in range(1, said.shape[2]):
        before = said[:, :, event - 1]
        last[:, :, event] = np.where(before < n, before, last[:, :, event - 1])
    return last + (n + 1) * (people.place if in_places else 0)


def _tables(
    people: Choices, situation: Int[np.ndarray, "subject list event"]
) -> tuple[
    Float[np.ndarray, "subject situation item"], Float[np.ndarray, "subject situation item"]
]:
    """How often each item was said in a situation, and how often it could have been."""
    n, n_situations = people.n_items, int(situation.max()) + 1
    counted = (people.said >= 0) & (people.said < n) & (people.train > 0)[:, :, None]
    chosen = (people.said[..., None] == np.arange(n)) & counted[..., None]
    able = people.left & counted[..., None]
    who = np.broadcast_to(np.arange(len(situation))[:, None, None], situation.shape)
    tables = []
    for values in (chosen, able):
        table = np.zeros((len(situation), n_situations, n))
        np.add.at(table, (who, situation), values)
        tables.append(table)
    return tables[0], tables[1]


def _weighed(yes: np.ndarray, n: np.ndarray, row: Row) -> tuple[np.ndarray, np.ndarray]:
    """Counts of all others; or one's own and others' brought to a weight of `OTHERS`."""
    others_yes, others_n = yes.sum(axis=0) - yes, n.sum(axis=0) - n
    if row == "other people":
        return others_yes, others_n
    share = OTHERS / np.maximum(others_n, OTHERS)
    return yes + share * others_yes, n + share * others_n


def _log_odds(yes: np.ndarray, n: np.ndarray) -> np.ndarray:
    """log odds with half a response added either way."""
    return np.log(yes + 0.5) - np.log(n - yes + 0.5)
