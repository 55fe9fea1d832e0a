"""A GRU sits free and serial recall, paired associates, recognition and retention.

How it does so is in `sequence_participant`, what it was taught in `taught_words`: the lessons of
BDH, in as many steps, with about as many weights, in a file that comes with cogmem. No list that
people studied is among the lessons, and nothing was fitted to people.

In this time it hardly learns which word followed which: of 2,000 lists, .33 of six words in their
order and .16 of pairs. It does learn which words a list had (recognition .96, free recall .88 of
eight). It sits all of them nevertheless. Tried on random lists: a learning rate of .003, for 450
steps; .01 with a decay of .01, to the end (.29 in order of 200 lists, of which the one kept has
.40, and weights so large that rounding grew to 1e-4 of log P); .005 with .1, which was kept.

    python -m cogmem.participants.gru

teaches it again and writes the file, in two minutes of one core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import jax

from cogmem.models.sequence_model import count_weights
from cogmem.participants.pupil_networks import DECLINES, GRUPupil
from cogmem.participants.roster import register
from cogmem.participants.sequence_participant import SequenceParticipant
from cogmem.participants.taught_words import WordRecipe, accuracy
from cogmem.participants.teaching import load, write

__all__ = ["FILE", "RECIPE", "GRUParticipant", "Recipe"]

FILE = Path(__file__).with_name("gru_weights.npz")
"""Where the weights are."""


@dataclass(frozen=True)
class Recipe(GRUPupil, WordRecipe):
    """What it is taught of words, see `WordRecipe`; its size and rates, see `GRUPupil`."""

    learning_rate: float = 5e-3
    weight_decay: float = 0.1


RECIPE = Recipe()


class GRUParticipant(SequenceParticipant):
    """A GRU with the weights that come with cogmem."""

    declines: ClassVar[dict[str, str]] = DECLINES["GRU"]
    n_chosen: ClassVar[int] = RECIPE.n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPE.model)


if __name__ == "__main__":
    write(RECIPE, FILE, partial(accuracy, recipe=RECIPE, key=jax.random.key(RECIPE.seed + 1)))
else:
    register(
        "GRU",
        GRUParticipant(
            RECIPE.model, load(FILE, RECIPE)[0], RECIPE.vocabulary, in_order=RECIPE.in_order
        ),
        fixed=("dropout",),
    )
