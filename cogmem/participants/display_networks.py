"""GRU and Transformer sit change detection, each as a network that was taught it.

Small networks, apart from those that were taught words. They see a trial frame by frame: all
objects of the display at once, empty frames, then the test with a mark that it is one; their last
answer is log P(same) - log P(changed). Taught on random displays of 1 to 8 objects with 0 to 4
empty frames between; nothing was fitted to people, and none of their displays is a lesson.

| verb | what is seen |
| --- | --- |
| `begin` | nothing |
| `study` | nothing yet: the object is added to the display |
| `rest` | the display, then empty frames, one for each s of delay, 4 at most as in the lessons |
| `evidence` | each test, by a copy: log-odds of "same" |
| `report` | nothing: the test was seen by a copy |

    python -m cogmem.participants.display_networks [GRU] [Transformer]

teaches them again and writes their files, a minute of one core for both. Of displays that they
never saw, of 2, 4, 6 and 8 objects, the GRU judges .99, .96, .90 and .79 rightly, the Transformer
.99, .96, .95 and .85: nothing was done to make large displays hard for them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.frame_network import FrameNetwork, Symbols
from cogmem.models.memory_cores import RecurrentCore, TransformerCore
from cogmem.models.sequence_learning import Learning, Training
from cogmem.models.sequence_model import count_weights
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.pupil_networks import DECLINES
from cogmem.participants.reporting import Report, silent
from cogmem.participants.roster import register
from cogmem.participants.sequence_school import Schooled
from cogmem.participants.teaching import Recipe, load, write
from cogmem.tasks.displays import N_COLOURS, N_PLACES, colour_display
from cogmem.tasks.paradigms import ChangeDetection

__all__ = [
    "RECIPES",
    "DisplayParticipant",
    "DisplayRecipe",
    "GRUDisplays",
    "Stage",
    "TransformerDisplays",
    "Viewed",
    "accuracy",
    "file",
    "frames",
    "teach",
]

N_FEATURES = N_PLACES * N_COLOURS
"""Of a display; one more marks the test."""

_NAME = "display"
_BLOCK = 100


class Stage(NamedTuple):
    """Lessons.

    Attributes:
        most: objects of a display, which has as few as 1.
        n_steps: of learning.
    """

    most: int
    n_steps: int


class Trials(NamedTuple):
    """What is seen, when the test comes, and what is due.

    Attributes:
        frames: display, empty frames, test, and empty frames to the same number in all.
        at: frame of the test.
        same: whether nothing changed.
    """

    frames: Float[Array, "n frame feature"]
    at: Int[Array, " n"]
    same: Bool[Array, " n"]


@dataclass(frozen=True)
class DisplayRecipe(Recipe):
    """Lessons of change detection.

    Attributes:
        stages: one after the other.
        rows: displays of each number of objects in a step.
        empty: most frames between display and test.
        width: of the network.
        weight_decay, clip, warm_up: of `Training`.
    """

    stages: tuple[Stage, ...] = (Stage(3, 1000), Stage(8, 3000))
    rows: int = 16
    empty: int = 4
    width: int = 48
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    warm_up: float = 100.0

    @property
    def core(self) -> Any:
        """What remembers."""
        raise NotImplementedError

    @property
    def model(self) -> Any:
        """Who is taught."""
        eye, tasks = Symbols(((_NAME, N_FEATURES + 1),)), ((_NAME, _NAME, 1),)
        return FrameNetwork(self.core, eye, tasks, self.width)


@dataclass(frozen=True)
class _GRU(DisplayRecipe):
    name: ClassVar[str] = "GRU"
    width: int = 64

    @property
    def core(self) -> RecurrentCore:
        """Gated recurrent units."""
        return RecurrentCore(self.width)


@dataclass(frozen=True)
class _Transformer(DisplayRecipe):
    name: ClassVar[str] = "Transformer"
    n_heads: int = 4
    n_hidden: int = 96

    @property
    def core(self) -> TransformerCore:
        """One layer of a Transformer, with as many positions as a trial has frames."""
        return TransformerCore(self.width, self.n_heads, self.n_hidden, self.empty + 2)


RECIPES: dict[str, DisplayRecipe] = {each.name: each for each in (_GRU(), _Transformer())}
"""How each of them is taught."""


def file(name: str) -> Path:
    """Where the weights of one of them are."""
    return Path(__file__).with_name(f"display_{name.lower()}.npz")


# ---- lessons -------------------------------------------------------------------------------------


@partial(jax.jit, static_argnums=(0, 1, 2))
def frames(n: int, most: int, empty: int, *, key: PRNGKeyArray) -> Trials:
    """Random trials, half of them with a change, of one object each in the test.

    Args:
        n: trials of each number of objects, 1 to `most`.
        most: objects.
        empty: most frames between display and test; as few as 0.
        key: of all trials.
    """
    sizes = enumerate(jax.random.split(key, most), start=1)
    parts = [jax.vmap(partial(_trial, m, empty))(jax.random.split(k, n)) for m, k in sizes]
    return jax.tree.map(lambda *each: jnp.concatenate(each), *parts)


def _trial(set_size: int, empty: int, key: PRNGKeyArray) -> Trials:
    first, second, third = jax.random.split(key, 3)
    same, at = jax.random.bernoulli(first), jax.random.randint(second, (), 1, empty + 2)
    shown = colour_display(set_size, ~same, key=third)
    seen = jnp.zeros((empty + 2, N_FEATURES + 1)).at[0].set(_frame(shown.features.any(axis=0)))
    return Trials(seen.at[at].set(_frame(shown.tests[0], asked=True)), at, same)


def _frame(features: Bool[Array, " feature"], asked: bool = False) -> Float[Array, " feature"]:
    """What is there, and whether it is a test."""
    return jnp.append(features, asked).astype(float)


def teach(recipe: DisplayRecipe, report: Report = silent) -> Schooled:
    """All lessons: the cross-entropy of "same" at the test is lowered.

    Args:
        recipe: what and how.
        report: told the number of steps done and the loss.
    """
    first, lessons = jax.random.split(jax.random.key(recipe.seed))
    learning, losses, done = recipe.training.begin(recipe.begin(key=first)), [], 0
    for stage in recipe.stages:
        for start in range(done, done + stage.n_steps, _BLOCK):
            steps = jnp.arange(start, min(start + _BLOCK, done + stage.n_steps))
            learning, found = _learn(recipe, stage.most, learning, steps, lessons)
            losses.append(np.asarray(found))
            report(len(steps), f"loss {found[-1]:.3f}")
        done += stage.n_steps
    return Schooled(learning, np.concatenate(losses))


@partial(jax.jit, static_argnums=(0, 1))
def _learn(
    recipe: DisplayRecipe, most: int, learning: Learning, steps: Array, key: PRNGKeyArray
) -> tuple[Learning, Float[Array, " step"]]:
    def step(now: Learning, number: Array) -> tuple[Learning, Array]:
        trials = frames(recipe.rows, most, recipe.empty, key=jax.random.fold_in(key, number))
        loss, gradient = jax.value_and_grad(_loss)(now.weights, recipe.model, trials)
        return _updated(recipe.training, now, gradient), loss

    return jax.lax.scan(step, learning, steps)


def _updated(training: Training, now: Learning, gradient: Any) -> Learning:
    with jax.numpy_dtype_promotion("standard"):  # optax mixes its count of steps with floats
        optimiser = training.optimiser(now.n_steps)
        change, moments = optimiser.update(gradient, now.moments, now.weights)
    weights = jax.tree.map(jnp.add, now.weights, change)
    return Learning(weights, moments, now.n_steps + 1)


def _loss(weights: Any, model: FrameNetwork, trials: Trials) -> Float[Array, ""]:
    odds = _odds(weights, model, trials)
    return -jax.nn.log_sigmoid(jnp.where(trials.same, odds, -odds)).mean()


def _odds(weights: Any, model: FrameNetwork, trials: Trials) -> Float[Array, " n"]:
    said = jax.vmap(lambda seen: model.watch(weights, _NAME, seen)[0][:, 0])(trials.frames)
    return jnp.take_along_axis(said, trials.at[:, None], axis=1)[:, 0]


def accuracy(
    weights: Any, recipe: DisplayRecipe, n_trials: int = 500, *, key: PRNGKeyArray
) -> dict[str, float]:
    """Shares of right answers to displays that it never saw, by objects; chance is 1/2.

    Args:
        weights: learnt.
        recipe: by which.
        n_trials: of each number of objects.
        key: of trials.
    """
    most = recipe.stages[-1].most
    trials = frames(n_trials, most, recipe.empty, key=key)
    right = ((_odds(weights, recipe.model, trials) > 0) == trials.same).reshape(most, n_trials)
    return {f"{n} objects": float(each) for n, each in enumerate(right.mean(axis=1), start=1)}


# ---- at the experiment ---------------------------------------------------------------------------


class Viewed(eqx.Module):
    """A network in the middle of a trial.

    Attributes:
        core: what it remembers.
        view: the display so far.
        objects: of the display, and what may come as a test; part of the task, not of memory.
        tests: see `objects`.
    """

    core: Any
    view: Bool[Array, " feature"]
    objects: Bool[Array, "object feature"]
    tests: Bool[Array, "display feature"]


class DisplayParticipant(Participant):
    """A taught network; see the top of the file.

    Attributes:
        model: who watches.
        weights: what it was taught.
        empty: most frames between display and test.
    """

    model: FrameNetwork
    weights: Any
    empty: int = eqx.field(static=True, default=4)

    paradigms: ClassVar[dict[str, str]] = {
        "change detection": "a small network of its kind, taught on random displays, frame by frame"
    }

    def begin(self, lists: ChangeDetection, *, key: PRNGKeyArray) -> Viewed:
        """Nothing was seen yet.

        Raises:
            InvalidValue: for another task, or features that are not those of its lessons.
        """
        if not isinstance(lists, ChangeDetection):
            raise InvalidValue(f"got a {type(lists).__name__}, expected a ChangeDetection.")
        if lists.features.shape[-1] != N_FEATURES or lists.tests.shape[-1] != N_FEATURES:
            raise InvalidValue(
                f"displays of {lists.features.shape[-1]} features and tests of "
                f"{lists.tests.shape[-1]}, expected {N_FEATURES}, a colour at a place each, as in "
                "`tasks.displays`."
            )
        core, features = self.model.core.empty(self.weights.core), jnp.asarray(lists.features)
        return Viewed(core, jnp.zeros(N_FEATURES, bool), features, jnp.asarray(lists.tests))

    def study(self, state: Viewed, item: Int[Array, ""]) -> Viewed:
        """One object more in the display."""
        return Viewed(state.core, state.view | state.objects[item], state.objects, state.tests)

    def rest(self, state: Viewed, duration: Float[Array, ""] | float) -> Viewed:
        """The display is seen, then as many empty frames as the delay has s, to the nearest."""
        core = self._saw(state.core, _frame(state.view))[0]
        n = jnp.clip(jnp.round(jnp.asarray(duration)), 0, self.empty).astype(int)
        nothing = jnp.zeros(N_FEATURES + 1)
        core = jax.lax.fori_loop(0, n, lambda _, now: self._saw(now, nothing)[0], core)
        return Viewed(core, state.view, state.objects, state.tests)

    def evidence(self, state: Viewed, cue: Cue) -> Float[Array, " display"]:
        """Log-odds of "same" for each test."""
        return jax.vmap(lambda test: self._saw(state.core, _frame(test, asked=True))[1])(
            state.tests
        )

    def report(self, state: Viewed, item: Int[Array, ""]) -> Viewed:
        """Tests leave nothing behind."""
        return state

    def _saw(self, core: Any, frame: Float[Array, " feature"]) -> tuple[Any, Float[Array, ""]]:
        """What the core remembers after a frame, and the answer there."""
        drive = self.model.inputs(self.weights, _NAME, frame[None])[0]
        core, hidden = self.model.core.step(self.weights.core, core, drive)
        return core, self.model.answers(self.weights, _NAME, hidden[None])[0, 0]


class GRUDisplays(DisplayParticipant):
    """A GRU that was taught change detection."""

    declines: ClassVar[dict[str, str]] = DECLINES["GRU"]
    n_chosen: ClassVar[int] = RECIPES["GRU"].n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPES["GRU"].model)


class TransformerDisplays(DisplayParticipant):
    """A Transformer that was taught change detection."""

    declines: ClassVar[dict[str, str]] = DECLINES["Transformer"]
    n_chosen: ClassVar[int] = RECIPES["Transformer"].n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPES["Transformer"].model)


def _teach(names: list[str]) -> None:
    for name, recipe in RECIPES.items():
        if name in (names or RECIPES):
            right = partial(accuracy, recipe=recipe, key=jax.random.key(recipe.seed + 1))
            write(recipe, file(name), right, teach)


if __name__ == "__main__":
    _teach(sys.argv[1:])
else:
    for _who in (GRUDisplays, TransformerDisplays):
        _recipe = RECIPES[_who.__name__.removesuffix("Displays")]
        register(_recipe.name, _who(_recipe.model, load(file(_recipe.name), _recipe)[0]))
