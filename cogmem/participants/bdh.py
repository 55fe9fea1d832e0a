"""BDH sits free and serial recall, paired associates, recognition and retention.

How it does so is in `sequence_participant`. Here is what it was taught before, and where the
weights are that this left: in a file that comes with cogmem and says how it was made. No list that
people studied is among the lessons, and nothing was fitted to people. Its synapses are damped at
the rate of the lessons; in a comparison only the shared readout is fitted.

It does not sit change detection, as objects of a display have no order and it reads one thing after
the other, nor the verification of facts, as it was taught none. Lists have 32 words at most, which
is its pool.

    python -m cogmem.participants.bdh

teaches it again and writes the file, in six minutes of one core. A file that other lessons made is
refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
from jaxtyping import PRNGKeyArray

from cogmem.models.bdh import Weights
from cogmem.models.sequence_model import count_weights
from cogmem.participants import taught_words, teaching
from cogmem.participants.pupil_networks import DECLINES, BDHPupil
from cogmem.participants.reporting import Report, silent
from cogmem.participants.roster import register
from cogmem.participants.sequence_participant import SequenceParticipant
from cogmem.participants.sequence_school import Schooled
from cogmem.participants.taught_words import WordRecipe, lessons

__all__ = [
    "FILE",
    "RECIPE",
    "BDHParticipant",
    "Recipe",
    "accuracy",
    "lessons",
    "load",
    "save",
    "teach",
]

FILE = Path(__file__).with_name("bdh_weights.npz")
"""Where the weights are."""


@dataclass(frozen=True)
class Recipe(BDHPupil, WordRecipe):
    """What BDH is taught of words, see `WordRecipe`; its sizes, see `BDHPupil`."""


RECIPE = Recipe()


def teach(recipe: Recipe = RECIPE, report: Report = silent) -> Schooled:
    """All lessons; see `teaching.teach`."""
    return teaching.teach(recipe, report)


def accuracy(
    weights: Weights, recipe: Recipe = RECIPE, n_lists: int = 200, *, key: PRNGKeyArray
) -> dict[str, float]:
    """What it can do with lists that it never saw; see `taught_words.accuracy`."""
    return taught_words.accuracy(weights, recipe, n_lists, key=key)


def save(
    weights: Weights, about: dict[str, Any], path: Path = FILE, recipe: Recipe = RECIPE
) -> None:
    """Write weights, what they were taught, and whatever else is to be told of them.

    See `teaching.save`.
    """
    teaching.save(weights, about, path, recipe)


def load(path: Path = FILE, recipe: Recipe = RECIPE) -> tuple[Weights, dict[str, Any]]:
    """Weights, and what is told of them.

    Raises:
        InvalidValue: see `teaching.load`.
    """
    return teaching.load(path, recipe)


class BDHParticipant(SequenceParticipant):
    """BDH with the weights that come with cogmem."""

    declines: ClassVar[dict[str, str]] = DECLINES["BDH"]
    n_chosen: ClassVar[int] = RECIPE.n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPE.model)


if __name__ == "__main__":
    teaching.write(RECIPE, FILE, partial(accuracy, key=jax.random.key(RECIPE.seed + 1)))
else:
    register(
        "BDH",
        BDHParticipant(RECIPE.model, load()[0], RECIPE.vocabulary, in_order=RECIPE.in_order),
        fixed=("damping", "dropout"),
    )
