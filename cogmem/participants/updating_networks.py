"""GRU, Transformer and BDH sit memory updating, each as a network that was taught it.

Small networks, apart from those that were taught words: random trials of 1 to 6 places and 0 to 8
steps, the larger ones later. Nothing was fitted to people, and none of their trials is a lesson.

| verb | what is read |
| --- | --- |
| `begin` | START |
| `study` | one token: the value at a place, or the change at a place |
| `rest` | nothing: in the lessons no time passed |
| `evidence` | the question for the place that is the cue: logits of its nine values |
| `report` | nothing: the question is read by a copy |

    python -m cogmem.participants.updating_networks [GRU] [Transformer] [BDH]

teaches them again and writes their files, three minutes of one core for all. Of trials that they
never saw, Transformer and BDH have .99 or more right at every number of places, the GRU all up to
three places, then .98, .87 and .76 of 4, 5 and 6. The steps of a trial are 8 at most: what has more
is read, but was not taught.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.sequence_model import count_weights
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.pupil_networks import DECLINES, BDHPupil, GRUPupil, TransformerPupil
from cogmem.participants.roster import register
from cogmem.participants.sequence_school import Draw
from cogmem.participants.teaching import Recipe, load, write
from cogmem.tasks.updating import Updating
from cogmem.tasks.updating_tokens import N_TOKENS, START, asked, events, rows

__all__ = [
    "RECIPES",
    "BDHUpdating",
    "GRUUpdating",
    "Held",
    "Stage",
    "TransformerUpdating",
    "UpdatingParticipant",
    "UpdatingRecipe",
    "accuracy",
    "file",
]


class Stage(NamedTuple):
    """Lessons of one stage.

    Attributes:
        places: most of a trial, which has as few as 1.
        steps: most of a trial, which has as few as 0.
        n_steps: of learning.
    """

    places: int
    steps: int
    n_steps: int


@dataclass(frozen=True)
class UpdatingRecipe(Recipe):
    """Lessons of updating, see `tasks.updating_tokens`."""

    stages: tuple[Stage, ...] = (
        Stage(2, 2, 2000),
        Stage(4, 4, 2000),
        Stage(6, 8, 4000),
    )
    rows: int = 64

    @property
    def n_tokens(self) -> int:
        """Values, changes and questions at places, and START."""
        return N_TOKENS

    def lessons(self, stage: Stage) -> tuple[int, Draw]:
        """Rows of a step, and what draws them."""
        return self.rows, _draw(stage.places, stage.steps)


@cache
def _draw(n_places: int, n_steps: int) -> Draw:
    return partial(rows, n_places=n_places, n_steps=n_steps)


@dataclass(frozen=True)
class _GRU(GRUPupil, UpdatingRecipe):
    width: int = 56
    n_channels: int | None = 24


@dataclass(frozen=True)
class _Transformer(TransformerPupil, UpdatingRecipe):
    width: int = 32
    n_positions: int = 64


@dataclass(frozen=True)
class _BDH(BDHPupil, UpdatingRecipe):
    width: int = 32
    n_neurons: int = 128
    damping: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


RECIPES: dict[str, UpdatingRecipe] = {each.name: each for each in (_GRU(), _Transformer(), _BDH())}
"""How each of them is taught."""


def file(name: str) -> Path:
    """Where the weights of one of them are."""
    return Path(__file__).with_name(f"updating_{name.lower()}.npz")


def accuracy(
    weights: Any, recipe: UpdatingRecipe, n_trials: int = 500, *, key: PRNGKeyArray
) -> dict[str, float]:
    """Shares of values that are right in trials that it never saw; chance is 1/9.

    By number of places, 1 to 6, with 0 to 8 steps each.

    Args:
        weights: learnt.
        recipe: by which.
        n_trials: for all numbers of places together.
        key: of trials.
    """
    drawn = rows(n_trials, recipe.stages[-1].places, recipe.stages[-1].steps, key=key)
    said = jax.vmap(lambda row: recipe.model.read(weights, row)[0].argmax(axis=1))(drawn.tokens)
    n, right = drawn.counted.sum(axis=1), (said == drawn.targets) * drawn.counted
    found = {}
    for places in range(1, recipe.stages[-1].places + 1):
        of = n == places
        found[f"{places} places"] = float(right[of].sum() / drawn.counted[of].sum())
    return found


class Held(eqx.Module):
    """A network in the middle of a trial.

    Attributes:
        fast: what reading has left.
        events: tokens of the trial; part of the task, not of memory.
    """

    fast: Any
    events: Int[Array, " event"]


class UpdatingParticipant(Participant):
    """A taught network; see the top of the file.

    Attributes:
        model: who reads.
        weights: what it was taught.
    """

    model: Any
    weights: Any

    paradigms: ClassVar[dict[str, str]] = {
        "updating": "a small network of its kind, taught on random trials"
    }

    def begin(self, lists: Updating, *, key: PRNGKeyArray) -> Held:
        """A trial begins.

        Raises:
            InvalidValue: for another task, or more places than it was taught.
        """
        if not isinstance(lists, Updating):
            raise InvalidValue(f"got a {type(lists).__name__}, expected an Updating.")
        return Held(
            self._read(self.model.empty(self.weights), jnp.asarray(START))[1], events(lists)
        )

    def study(self, state: Held, item: Int[Array, ""]) -> Held:
        """The next event is read."""
        return Held(self._read(state.fast, state.events[item])[1], state.events)

    def rest(self, state: Held, duration: Float[Array, ""] | float) -> Held:
        """No time passes for it."""
        return state

    def evidence(self, state: Held, cue: Cue) -> Float[Array, " value"]:
        """Logits of the values 1 to 9 at the place that is the cue.

        Raises:
            InvalidValue: without a cue.
        """
        if cue is None:
            raise InvalidValue("values are asked for by place, and no place is given: give a cue.")
        question, values = asked(jnp.asarray(cue))
        return self._read(state.fast, question)[0][values]

    def report(self, state: Held, item: Int[Array, ""]) -> Held:
        """Answers are not read."""
        return state

    def _read(self, fast: Any, token: Int[Array, ""]) -> tuple[Float[Array, " token"], Any]:
        logits, fast = self.model.read(self.weights, token[None], fast)
        return logits[-1], fast


class GRUUpdating(UpdatingParticipant):
    """A GRU that was taught updating."""

    declines: ClassVar[dict[str, str]] = DECLINES["GRU"]
    n_chosen: ClassVar[int] = RECIPES["GRU"].n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPES["GRU"].model)


class TransformerUpdating(UpdatingParticipant):
    """A Transformer that was taught updating."""

    declines: ClassVar[dict[str, str]] = DECLINES["Transformer"]
    n_chosen: ClassVar[int] = RECIPES["Transformer"].n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPES["Transformer"].model)


class BDHUpdating(UpdatingParticipant):
    """A BDH that was taught updating."""

    declines: ClassVar[dict[str, str]] = DECLINES["BDH"]
    n_chosen: ClassVar[int] = RECIPES["BDH"].n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPES["BDH"].model)


def _teach(names: list[str]) -> None:
    for name, recipe in RECIPES.items():
        if name in (names or RECIPES):
            right = partial(accuracy, recipe=recipe, key=jax.random.key(recipe.seed + 1))
            write(recipe, file(name), right)


if __name__ == "__main__":
    _teach(sys.argv[1:])
else:
    for _who in (GRUUpdating, TransformerUpdating, BDHUpdating):
        _name = _who.__name__.removesuffix("Updating")
        _recipe = RECIPES[_name]
        register(
            _name,
            _who(_recipe.model, load(file(_name), _recipe)[0]),
            fixed=("damping", "dropout") if _name == "BDH" else ("dropout",),
        )
