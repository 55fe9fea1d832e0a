"""Recipes by which networks are taught before they sit anything, and the files of their weights.

A recipe says what is taught, to whom, at which rates and in which order, and can be repeated by one
command. Its file holds the weights, the recipe, and how well it went; weights that another recipe
made are refused. Lessons are drawn at random: no list that people studied is among them.
"""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.sequence_learning import Learning, Training
from cogmem.participants.reporting import Report, silent
from cogmem.participants.sequence_school import Draw, Schooled, taught

__all__ = ["Recipe", "load", "save", "teach", "write"]

"""Told the number of steps just done, and the loss."""

_ADAMW = ("learning_rate", "final", "beta2", "weight_decay", "clip", "warm_up")
_UNCHANGED = {
    "weight_decay",
    "beta1",
    "eps",
}  # numbers of AdamW that most recipes leave as they are


@dataclass(frozen=True)
class Recipe:
    """What is taught, to whom, and for how long. Every number of it is chosen.

    A recipe adds its lessons to this, and who is taught (`network`).

    Attributes:
        stages: one after the other, each harder than the one before, with its `n_steps`.
        rows: of one kind of lesson in each step.
        learning_rate, final, beta2: of AdamW; the share of its rate that is left in the end.
        seed: of first weights and lessons.
    """

    stages: tuple[Any, ...] = ()
    rows: int = 10
    learning_rate: float = 5e-3
    final: float = 0.05
    beta2: float = 0.98
    seed: int = 0

    name: ClassVar[str] = "network"

    @property
    def n_steps(self) -> int:
        """Of all stages."""
        return sum(stage.n_steps for stage in self.stages)

    @property
    def n_tokens(self) -> int:
        """That the network knows."""
        raise NotImplementedError

    @property
    def model(self) -> Any:
        """Who is taught."""
        return self.network(self.n_tokens)

    @property
    def training(self) -> Training:
        """At which rates."""
        rates = {name: getattr(self, name) for name in _ADAMW if hasattr(self, name)}
        return Training(n_steps=self.n_steps, **rates)

    @property
    def n_chosen(self) -> int:
        """Numbers of this recipe, the seed apart, and those of AdamW that it does not name."""
        told = asdict(self)
        return sum(map(_n_numbers, told.values())) - 1 + len(_UNCHANGED - set(told))

    def network(self, n_tokens: int) -> Any:
        """Of so many tokens."""
        raise NotImplementedError

    def begin(self, *, key: PRNGKeyArray) -> Any:
        """Weights before the first lesson."""
        return self.prepared(self.model.begin(key=key))

    def prepared(self, weights: Any) -> Any:
        """First weights as they are, unless a pupil says otherwise."""
        return weights

    def lessons(self, stage: Any) -> tuple[int, Draw]:
        """Rows of a step, and what draws them; the same object for the same stage."""
        raise NotImplementedError


def _n_numbers(value: Any) -> int:
    return sum(map(_n_numbers, value)) if isinstance(value, tuple | list) else 1


def teach(recipe: Recipe, report: Report = silent) -> Schooled:
    """All lessons of a recipe whose pupil predicts the next token.

    Args:
        recipe: what and how.
        report: told the number of steps done and the loss.

    Raises:
        InvalidValue: for a recipe without stages; see also `sequence_school.taught`.
    """
    if not recipe.stages:
        raise InvalidValue("a recipe without stages, expected one or more.")
    key, losses, done = jax.random.key(recipe.seed), [], 0
    learning: Learning = recipe.training.begin(recipe.begin(key=jax.random.split(key)[0]))
    for stage in recipe.stages:
        batch, draw = recipe.lessons(stage)
        done += stage.n_steps
        how: dict[str, Any] = {"learning": learning, "block": 100, "report": report}
        school = taught(recipe.model, draw, recipe.training, done, batch, key=key, **how)
        learning = school.learning
        losses.append(school.losses)
    return Schooled(learning, np.concatenate(losses))


# ---- the file ------------------------------------------------------------------------------------


def save(weights: Any, about: dict[str, Any], path: Path, recipe: Recipe) -> None:
    """Write weights, what they were taught, and whatever else is to be told of them.

    Args:
        weights: learnt.
        about: what can be told in JSON, e.g. how well it went.
        path: file to write.
        recipe: by which they were made.
    """
    told = json.dumps({"recipe": asdict(recipe)} | about, sort_keys=True)
    arrays = {name: np.asarray(leaf) for name, leaf in _named(weights).items()}
    np.savez_compressed(path, about=np.asarray(told), **arrays)  # type: ignore[arg-type]


def load(path: Path, recipe: Recipe) -> tuple[Any, dict[str, Any]]:
    """Weights, and what is told of them.

    Args:
        path: that `save` wrote.
        recipe: that must have made them.

    Raises:
        InvalidValue: if there is no such file, it is no such file, or another recipe made it.
    """
    again = f"`python -m {type(recipe).__module__}` makes it."
    form = jax.eval_shape(lambda key: recipe.begin(key=key), jax.random.key(0))
    try:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(str(file["about"]))
            given = told["recipe"]
            leaves = [jnp.asarray(file[name]) for name in _named(form)]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidValue(
            f"{path} holds no weights of {recipe.name} ({error}); {again}"
        ) from error
    expected = json.loads(json.dumps(asdict(recipe)))
    wrong = [name for name in expected if given.get(name) != expected[name]]
    if wrong:
        each = ", ".join(f"{name} {given.get(name)}, not {expected[name]}" for name in wrong)
        raise InvalidValue(f"{path} was taught otherwise: {each}; {again}")
    return jax.tree.unflatten(jax.tree.structure(form), leaves), told


def _named(weights: Any) -> dict[str, Any]:
    """Arrays by where they are in the tree, e.g. "embedding" or "cells[0].bias"."""
    leaves = jax.tree_util.tree_flatten_with_path(weights)[0]
    return {jax.tree_util.keystr(path).lstrip("."): leaf for path, leaf in leaves}


def write(
    recipe: Recipe,
    path: Path,
    accuracy: Callable[[Any], dict[str, float]],
    school: Callable[[Any, Report], Schooled] = teach,
) -> None:
    """Teach by a recipe, and write the file, with how well it went and what it was made with.

    Args:
        recipe: what and how.
        path: file to write.
        accuracy: what the weights can do.
        school: what teaches.
    """
    done = 0.0

    def report(steps: float, doing: str) -> None:
        nonlocal done
        done += steps
        print(f"{recipe.name}: {done:.0f} of {recipe.n_steps} steps, {doing}", file=sys.stderr)

    found = school(recipe, report)
    right = accuracy(found.weights)
    loss = float(found.losses[-100:].mean())
    save(found.weights, {"accuracy": right, "loss": loss, "versions": _versions()}, path, recipe)
    print(json.dumps(right, indent=2))


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }
