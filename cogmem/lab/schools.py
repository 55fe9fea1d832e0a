"""Subjects of simulated experiments that are taught once and kept, and what they said in exams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.lab.store import Column, Store, Table
from cogmem.models.sequence_learning import Training
from cogmem.models.sequence_model import SequenceModel, count_weights
from cogmem.participants.reporting import Report, silent
from cogmem.participants.sequence_pupils import Exam, Said, examined
from cogmem.participants.sequence_school import Draw, taught
from cogmem.tasks.word_tokens import WordTokens

__all__ = ["School", "sittings", "subjects"]


class School(NamedTuple):
    """How subjects are taught and examined.

    Attributes:
        vocabulary: of the task.
        lessons: what is drawn, see `taught`, and for how many steps, one after the other.
        batch: rows of a step.
        n_subjects: of each model; first weights, lessons and exams are each subject's own.
        n_lists: of each exam.
        temperature: of what is said in exams.
        key: of everything random.
    """

    vocabulary: WordTokens
    lessons: tuple[tuple[Draw, int], ...]
    batch: int
    n_subjects: int
    n_lists: int
    temperature: float
    key: PRNGKeyArray

    @property
    def n_steps(self) -> int:
        """Of all lessons."""
        return sum(n_steps for _, n_steps in self.lessons)


def sittings(
    store: Store,
    school: School,
    models: Mapping[str, tuple[SequenceModel, Training]],
    exams: Sequence[Exam],
    report: Report = silent,
) -> dict[str, dict[str, Said]]:
    """What all subjects said, by model and exam; what is in the store is not done again.

    Args:
        store: of weights and logs. No other process may be writing it.
        school: how.
        models: who is taught, and at which rates, by name.
        exams: of all of them.
        report: called with 1 for each subject.

    Returns:
        Logs with a first axis of subjects.
    """
    found = {}
    with store.writing():
        for name, (model, training) in models.items():
            table = _exams(store, school, name, model, exams)
            weights = subjects(store, school, name, model, training)
            for place, done in enumerate(table.done):
                own = next(weights)
                if not done:
                    key = jax.random.fold_in(jax.random.fold_in(school.key, 1), place)
                    row = _logs(school, model, own, exams, key)
                    table.write(slice(place, place + 1), row)
                report(1, f"{name}, subject {place + 1}")
            values = table.read()
            found[name] = {
                exam.name: Said(*(values[f"{exam.name} {field}"] for field in Said._fields))
                for exam in exams
            }
    return found


def subjects(
    store: Store, school: School, name: str, model: SequenceModel, training: Training
) -> Iterator[Any]:
    """Weights of one subject after the other; those in the store are not taught again.

    Args:
        store: within whose `writing()` this is.
        school: how they are taught.
        name: of the model.
        model: what they are.
        training: at which rates.

    Yields:
        Weights, as `model.begin` makes them.
    """
    empty = jax.eval_shape(lambda k: model.begin(key=k), school.key)
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), empty)
    restore = ravel_pytree(zeros)[1]
    columns = {
        "weights": Column((count_weights(model),), np.float32),
        "losses": Column((school.n_steps,), np.float32),
    }
    table = store.table(f"weights of {name}", columns, school.n_subjects, 1)
    for place, done in enumerate(table.done):
        if not done:
            key = jax.random.fold_in(jax.random.fold_in(school.key, 0), place)
            weights, losses = _lessons(school, model, training, key)
            row = {"weights": np.asarray(ravel_pytree(weights)[0])[None], "losses": losses[None]}
            table.write(slice(place, place + 1), row)
        yield restore(jnp.asarray(table.group["weights"][place]))  # type: ignore[index]


def _lessons(
    school: School, model: SequenceModel, training: Training, key: PRNGKeyArray
) -> tuple[Any, np.ndarray]:
    """Weights, and the loss of each step."""
    learning, losses, n_steps = None, [], 0
    for draw, more in school.lessons:
        n_steps += more
        learning, found = taught(
            model, draw, training, n_steps, school.batch, key=key, learning=learning
        )
        losses.append(found)
    if learning is None:
        raise InvalidValue("a school without lessons, expected one or more.")
    return learning.weights, np.concatenate(losses)


def _exams(
    store: Store, school: School, name: str, model: SequenceModel, exams: Sequence[Exam]
) -> Table:
    columns: dict[str, Column] = {}
    for exam in exams:
        n, n_outputs = school.n_lists, exam.most
        own = {
            "words": Column((n, exam.length), np.int32),
            "tokens": Column((n, n_outputs), np.int32),
            "log_probability": Column((n, n_outputs), np.float32),
            "norms": Column((n, 2, getattr(model, "n_layers", 1)), np.float32),
        }
        columns |= {f"{exam.name} {field}": column for field, column in own.items()}
    return store.table(f"exams of {name}", columns, school.n_subjects, 1)


def _logs(
    school: School, model: SequenceModel, weights: Any, exams: Sequence[Exam], key: PRNGKeyArray
) -> dict[str, np.ndarray]:
    row: dict[str, np.ndarray] = {}
    for exam in exams:
        said = examined(
            school.vocabulary,
            model,
            weights,
            exam,
            school.n_lists,
            temperature=school.temperature,
            key=jax.random.fold_in(key, exam.length),
        )
        row |= {f"{exam.name} {name}": each[None] for name, each in said._asdict().items()}
    return row
