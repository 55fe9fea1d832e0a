"""What a learner of several tasks does where one ends: rows for the next, a read-out for each.

Shared by the learners that HLOP protects, with dense layers (`continual_learner`) and with
convolutions (`hlop_convolution`). How random numbers are drawn is theirs.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.hlop import LateralCircuit, Subspace

__all__ = ["ReadOut", "add_rows", "answering", "make_room", "stored"]


class ReadOut(NamedTuple):
    """What turns features into classes, of one task; of all tasks, with an axis `task` before.

    Attributes:
        head: [class, feature] weights.
        bias: [class] of the classes.
    """

    head: Float[Array, "*task class feature"]
    bias: Float[Array, "*task class"]


def make_room(
    circuit: LateralCircuit | None, n_inputs: int, rows: tuple[int, ...]
) -> Subspace | None:
    """A subspace without rows that has room for those of all tasks; None without a circuit.

    Args:
        circuit: of an input.
        n_inputs: of it.
        rows: that each task adds.

    Raises:
        InvalidValue: as `LateralCircuit.begin`.
    """
    if circuit is None:
        return None
    # The last task's rows never become old ones within the tasks that there is room for.
    return circuit.begin(n_inputs, n_old=sum(rows[:-1]), n_new=max(rows))


def add_rows(
    circuit: LateralCircuit | None,
    subspace: Subspace | None,
    n_rows: Int[Array, ""],
    *,
    key: PRNGKeyArray,
) -> Subspace | None:
    """What was learnt so far becomes old, and rows are added; None where nothing is protected."""
    if circuit is None or subspace is None:
        return subspace
    return circuit.add_rows(circuit.freeze(subspace), n_rows, key=key)


def answering(
    present: ReadOut, kept: ReadOut, n_tasks: Int[Array, ""], task: int | Int[Array, ""]
) -> ReadOut:
    """The read-out of a task.

    Args:
        present: that of the task begun last, as it is now.
        kept: those of all tasks, as they were stored.
        n_tasks: tasks begun.
        task: which is asked for, from 0.
    """
    now = n_tasks - 1 == task
    head = jnp.where(now, present.head, kept.head[task])
    return ReadOut(head, jnp.where(now, present.bias, kept.bias[task]))


def stored(present: ReadOut, kept: ReadOut, n_tasks: Int[Array, ""]) -> ReadOut:
    """The read-outs of all tasks with that of the present one written among them.

    Args:
        present, kept, n_tasks: as of `answering`.
    """
    at = n_tasks - 1
    return ReadOut(kept.head.at[at].set(present.head), kept.bias.at[at].set(present.bias))
