"""A Transformer sits free and serial recall, paired associates, recognition and retention.

How it does so is in `sequence_participant`, what it was taught in `taught_words`: the lessons of
BDH, in as many steps, with about as many weights, in a file that comes with cogmem. No list that
people studied is among the lessons, and nothing was fitted to people.

It learns order and pairs (1.00 of six words in their order and of pairs, recognition .94), and in
free recall says words again (.53 of eight). From first weights of GPT-2's size it learnt next to
nothing in 900 to 1,350 steps, at rates of .002, .003 and .005; with larger ones, at .003, it
learnt both with positions that are learnt and with ALiBi, which was kept as it has no last place.
What it reads of one list is 256 tokens at most, fillers among them: beyond, its logits are no
numbers.

    python -m cogmem.participants.transformer

teaches it again and writes the file, in four minutes of one core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import jax

from cogmem.models.sequence_model import count_weights
from cogmem.participants.pupil_networks import DECLINES, TransformerPupil
from cogmem.participants.roster import register
from cogmem.participants.sequence_participant import SequenceParticipant
from cogmem.participants.taught_words import WordRecipe, accuracy
from cogmem.participants.teaching import load, write

__all__ = ["FILE", "RECIPE", "Recipe", "TransformerParticipant"]

FILE = Path(__file__).with_name("transformer_weights.npz")
"""Where the weights are."""


@dataclass(frozen=True)
class Recipe(TransformerPupil, WordRecipe):
    """What it is taught of words, see `WordRecipe`; its size and rates, see `TransformerPupil`."""


RECIPE = Recipe()


class TransformerParticipant(SequenceParticipant):
    """A Transformer with the weights that come with cogmem."""

    declines: ClassVar[dict[str, str]] = DECLINES["Transformer"]
    n_chosen: ClassVar[int] = RECIPE.n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPE.model)


if __name__ == "__main__":
    write(RECIPE, FILE, partial(accuracy, recipe=RECIPE, key=jax.random.key(RECIPE.seed + 1)))
else:
    register(
        "Transformer",
        TransformerParticipant(
            RECIPE.model, load(FILE, RECIPE)[0], RECIPE.vocabulary, in_order=RECIPE.in_order
        ),
        fixed=("dropout",),
    )
