"""Heads fitted to memories that are not taught: a course for cores without gradients.

The encoder is random, the core remembers by its own rules, and linear heads are fitted to what it
puts out, by ridge regression on right answers coded as 1 and -1 (yes or no) or 0 (one of several,
some of many). `fitted` leaves weights of a network, which `examined` scores as those of any other.

    course = Course(network_of(SparseyCore(), tuple(TASKS), "symbolic", 96), n_steps=800, batch=16)
    done = fitted(course)
    table = examined(course, done.weights)

A course of so many steps is taught here with as many trials, all of them of full difficulty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.frame_network import Linear, NetworkWeights
from cogmem.models.memory_cores import Core
from cogmem.participants.frame_course import Course
from cogmem.participants.frame_lessons import Lesson, kind_of, right
from cogmem.participants.reporting import Report, silent
from cogmem.tasks.worm import Batch, make_batch
from cogmem.tasks.worm.curriculum import taught_levels

__all__ = ["STRENGTHS", "Frozen", "Sums", "fitted", "solved"]

STRENGTHS = (1e-4, 1e-2, 1.0)
"""Of the ridge, times the mean square of outputs; each head's is chosen in validation."""

AT_ONCE = 400
"""Trials of a task, to bound memory."""

TOGETHER = 100
"""Trials that run through the core at once."""


class Sums(NamedTuple):
    """All that ridge regression needs of examples, however many there were.

    Attributes:
        squares: of outputs of the core, and 1, with each other.
        products: of these with right answers.
        n: examples.
    """

    squares: Float[Array, "unit_and_1 unit_and_1"]
    products: Float[Array, "unit_and_1 answer"]
    n: Float[Array, ""]


class Frozen(NamedTuple):
    """Where the fitting of heads is.

    Attributes:
        sums: of each head.
        weights: of the network, with the heads that are fitted.
        history: shares of right answers in validation [test, task]; NaN before it.
        step: steps' worth of trials that were seen.
    """

    sums: dict[str, Sums]
    weights: NetworkWeights
    history: Float[Array, "test task"]
    step: Int[Array, ""]


class _Fitting(eqx.Module):
    """What a file belongs to: a course, whose own files hold something else."""

    course: Course


def fitted(
    course: Course,
    path: str | Path | None = None,
    *,
    report: Report = silent,
) -> Frozen:
    """Fit heads to a course's trials, from where it was left.

    Task codes are zero: each head has its own task, and a code would be on at every frame.

    Args:
        course: its number of steps, of trials in each, and of steps between full tests count.
        path: file of what is done; None to keep none.
        report: told the number of steps done, and shares of right answers.

    Raises:
        InvalidValue: if the file is of another course.
    """
    frozen, whose = _begin(course), _Fitting(course)
    if path is not None and Path(path).is_file():
        frozen = load_state(path, whose, frozen)
    while int(frozen.step) < course.n_steps:
        before = int(frozen.step)
        frozen = _seen(course, frozen)
        frozen = _with_heads(course, frozen)
        if path is not None:
            save_state(path, whose, frozen)
        shares = np.asarray(frozen.history)[before // course.full_every]
        told = ", ".join(f"{k} {v:.2f}" for k, v in zip(course.names, shares, strict=True))
        report(int(frozen.step) - before, f"{int(frozen.step)} of {course.n_steps}: {told}")
    return frozen


def _begin(course: Course) -> Frozen:
    weights = course.network.begin(key=jax.random.key(course.seed))
    weights = weights._replace(codes=jnp.zeros_like(weights.codes))
    width, heads = course.network.core.width + 1, course.network.tasks
    sums = {
        head: Sums(jnp.zeros((width, width)), jnp.zeros((width, n)), jnp.zeros(()))
        for _, head, n in heads
    }
    n_tests = -(-course.n_steps // course.full_every)
    return Frozen(sums, weights, jnp.full((n_tests, len(heads)), jnp.nan), jnp.asarray(0))


def _seen(course: Course, frozen: Frozen) -> Frozen:
    """Sums with the trials of as many steps as there are between full tests."""
    n_steps = min(course.full_every, course.n_steps - int(frozen.step))
    n, sums = n_steps * course.batch, dict(frozen.sums)
    for name, head, size in course.network.tasks:
        for start in range(0, n, AT_ONCE):
            block = int(frozen.step) * course.batch + start
            batch = _trials(course, name, min(AT_ONCE, n - start), block, "train")
            sums[head] = _added(sums[head], *_examples(course, frozen, name, batch, size))
    return frozen._replace(sums=sums, step=frozen.step + n_steps)


def _trials(course: Course, name: str, n: int, block: int, split: str) -> Batch:
    levels = None if course.whole else taught_levels(name)
    how = {"seed": course.seed, "block": block, "split": split, "levels": levels}
    return make_batch(name, n, look=course.look, **how)  # type: ignore[arg-type]


def _outputs(
    course: Course, weights: NetworkWeights, name: str, frames: Array
) -> Float[np.ndarray, "trial frame unit"]:
    """What the core puts out; trials of all tasks run through one program, in fixed numbers."""
    inputs = jax.vmap(lambda each: course.network.inputs(weights, name, each))(frames)
    parts = range(0, len(inputs), TOGETHER)
    short = jnp.zeros((-len(inputs) % TOGETHER, *inputs.shape[1:]), inputs.dtype)
    inputs = jnp.concatenate([inputs, short])
    each = [_run(course.network.core, weights.core, inputs[k : k + TOGETHER]) for k in parts]
    return np.concatenate([np.asarray(one) for one in each])[: len(frames)]


@eqx.filter_jit
def _run(core: Core, weights: Any, inputs: Array) -> Array:
    return jax.vmap(lambda xs: core.run(weights, xs))(inputs)


def _examples(
    course: Course, frozen: Frozen, name: str, batch: Batch, n_answers: int
) -> tuple[Float[np.ndarray, "example unit"], Float[np.ndarray, "example answer"]]:
    """What the core put out where something was asked, and what was right."""
    seen = _outputs(course, frozen.weights, name, jnp.asarray(batch.frames))
    asked = batch.labels != -1
    labels, kind = batch.labels[asked], kind_of(n_answers, batch.targets is not None)
    if batch.targets is not None:
        answers = batch.targets[asked].astype(float)
    elif kind == "yes or no":
        answers = np.where(labels[:, None] == 1, 1.0, -1.0)
    else:
        answers = np.eye(n_answers)[labels]
    return seen[asked], answers


def _added(sums: Sums, seen: np.ndarray, answers: np.ndarray) -> Sums:
    both = np.concatenate([seen, np.ones((len(seen), 1), seen.dtype)], axis=1)
    squares, products = both.T @ both, both.T @ answers.astype(both.dtype)
    return Sums(sums.squares + squares, sums.products + products, sums.n + len(seen))


def solved(sums: Sums, strength: float) -> Linear:
    """Ridge regression; the constant is not held back.

    Args:
        sums: of examples.
        strength: times the mean square of outputs.

    Raises:
        InvalidValue: without examples, or for a strength that is not above 0.
    """
    n = float(sums.n)
    if n < 1 or not strength > 0:
        raise InvalidValue(
            f"{n:.0f} examples and strength {strength}, expected one or more, and above 0."
        )
    squares = np.asarray(sums.squares, np.float64) / n
    penalty = np.eye(len(squares)) * strength * np.diag(squares)[:-1].mean()
    penalty[-1, -1] = 1e-9
    found = np.linalg.solve(squares + penalty, np.asarray(sums.products, np.float64) / n)
    dtype = sums.squares.dtype
    return Linear(jnp.asarray(found[:-1].T, dtype), jnp.asarray(found[-1], dtype))


def _with_heads(course: Course, frozen: Frozen) -> Frozen:
    """Heads of the strengths that are best in validation, and what they get right there."""
    tests = {name: _tests(course, frozen, name) for name in course.names}
    heads, shares = dict(frozen.weights.heads), dict.fromkeys(course.names, 0.0)
    for head in frozen.sums:
        names = [name for name, own, _ in course.network.tasks if own == head]
        each = [solved(frozen.sums[head], strength) for strength in STRENGTHS]
        found = np.array([[_share(one, *tests[name]) for name in names] for one in each])
        best = int(found.mean(axis=1).argmax())
        heads[head] = each[best]
        shares |= dict(zip(names, found[best], strict=True))
    place = -(-int(frozen.step) // course.full_every) - 1
    row = jnp.asarray([shares[name] for name in course.names], frozen.history.dtype)
    return frozen._replace(
        weights=frozen.weights._replace(heads=heads), history=frozen.history.at[place].set(row)
    )


def _tests(course: Course, frozen: Frozen, name: str) -> tuple[Array, Lesson, np.ndarray]:
    batch = _trials(course, name, course.n_tested, 0, "validation")
    targets = None if batch.targets is None else jnp.asarray(batch.targets)
    lesson = Lesson(jnp.asarray(batch.frames), jnp.asarray(batch.labels), targets)
    seen = jnp.asarray(_outputs(course, frozen.weights, name, lesson.frames))
    return seen, lesson, batch.scored


def _share(head: Linear, seen: Array, lesson: Lesson, scored: np.ndarray) -> float:
    return float(np.asarray(right(head(seen), lesson))[scored].mean())
