"""BDH sits free recall, serial recall, paired associates and recognition.

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

import json
import platform
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.sequence_learning import Training
from cogmem.models.sequence_model import count_weights
from cogmem.participants.roster import register
from cogmem.participants.sequence_participant import SequenceParticipant
from cogmem.participants.sequence_probes import old_log_odds
from cogmem.participants.sequence_school import Draw, Schooled, prefixes, taught
from cogmem.participants.sequence_sitting import answer, sit, studied
from cogmem.tasks.word_mixture import mixed
from cogmem.tasks.word_probes import paired_associates, recognition
from cogmem.tasks.word_recall import WordPassages, free_recall, serial_recall
from cogmem.tasks.word_tokens import WordTokens, pair_prefix

__all__ = ["FILE", "RECIPE", "BDHParticipant", "Recipe", "accuracy", "load", "save", "teach"]

FILE = Path(__file__).with_name("bdh_weights.npz")
"""Where the weights are."""


class Stage(NamedTuple):
    """Lessons of one stage; those of the next have longer lists.

    Attributes:
        longest: words of a list, which are as few as one, in recall and in recognition.
        pairs: fewest and most of each range, and how many of them are cued; 0 for all.
        n_steps: of learning.
    """

    longest: int
    pairs: tuple[tuple[int, int, int], ...]
    n_steps: int


@dataclass(frozen=True)
class Recipe:
    """What is taught, to whom, and for how long. Every number here is chosen.

    Lists grow from stage to stage: long ones are not learnt in this time if they come first.

    Attributes:
        n_words: of the pool.
        width, n_heads, n_neurons, n_layers: of the BDH.
        damping: of each head: one for what was just read, the others keep all.
        stages: one after the other.
        shares: of rows, of serial and of free recall, of each range of pairs, and of recognition.
        fillers: at most, between study and test.
        rows: of one share in each step.
        learning_rate, final, beta2: of AdamW; the share of its rate that is left in the end.
        seed: of first weights and lessons.
    """

    n_words: int = 32
    width: int = 64
    n_heads: int = 4
    n_neurons: int = 256
    n_layers: int = 2
    damping: tuple[float, ...] = (0.6, 1.0, 1.0, 1.0)
    stages: tuple[Stage, ...] = (
        Stage(4, ((1, 2, 0), (2, 4, 0)), 1500),
        Stage(8, ((1, 4, 0), (4, 6, 4)), 1500),
        Stage(14, ((1, 4, 0), (4, 10, 4)), 1500),
        Stage(20, ((1, 4, 0), (4, 14, 4)), 1500),
    )
    shares: tuple[int, int, int, int] = (1, 2, 1, 1)
    fillers: int = 4
    rows: int = 10
    learning_rate: float = 5e-3
    final: float = 0.05
    beta2: float = 0.98
    seed: int = 0

    @property
    def n_steps(self) -> int:
        """Of all stages."""
        return sum(stage.n_steps for stage in self.stages)

    @property
    def vocabulary(self) -> WordTokens:
        """The pool, and what an experimenter says."""
        return WordTokens(self.n_words)

    @property
    def in_order(self) -> int:
        """The token that asks for serial recall; RECALL asks for free recall."""
        return self.vocabulary.n_tokens

    @property
    def model(self) -> BDH:
        """Who is taught."""
        return BDH(
            self.in_order + 1,
            self.width,
            self.n_heads,
            self.n_neurons,
            self.n_layers,
            damping=np.asarray(self.damping, np.float32),  # type: ignore[arg-type]
        )

    @property
    def training(self) -> Training:
        """At which rates."""
        return Training(
            self.learning_rate, beta2=self.beta2, n_steps=self.n_steps, final=self.final
        )

    @property
    def n_chosen(self) -> int:
        """Numbers of this recipe, the seed apart, and those of AdamW: decay, beta1, epsilon."""
        return sum(_n_numbers(value) for value in asdict(self).values()) - 1 + 3


def _n_numbers(value: Any) -> int:
    return sum(map(_n_numbers, value)) if isinstance(value, tuple | list) else 1


RECIPE = Recipe()


# ---- lessons -------------------------------------------------------------------------------------


@cache
def lessons(recipe: Recipe, stage: Stage) -> tuple[int, Draw]:
    """Rows of a step, and what draws them."""
    n_serial, n_free, n_pairs, n_recognition = recipe.shares
    lists: dict[str, Any] = {"lengths": (1, stage.longest), "fillers": (0, recipe.fillers)}
    rows: list[Any] = [partial(_in_order, recipe.in_order, recipe.vocabulary, **lists)] * n_serial
    rows += [partial(free_recall, recipe.vocabulary, **lists)] * n_free
    for low, high, n in stage.pairs:
        how = lists | {"lengths": (low, high), "n_probes": n or None}
        rows += [partial(paired_associates, recipe.vocabulary, **how)] * n_pairs
    rows += [partial(recognition, recipe.vocabulary, n_probes=2, **lists)] * n_recognition
    return recipe.rows * len(rows), partial(mixed, recipe.vocabulary, tuple(rows))


def _in_order(token: int, vocabulary: WordTokens, n: int, **how: Any) -> WordPassages:
    """Serial recall that is asked for by a token of its own."""
    rows = serial_recall(vocabulary, n, **how)
    return rows._replace(tokens=jnp.where(rows.tokens == vocabulary.recall, token, rows.tokens))


def teach(
    recipe: Recipe = RECIPE, report: Callable[[int, str], None] = lambda steps, doing: None
) -> Schooled:
    """All lessons.

    Args:
        recipe: what and how.
        report: told the number of steps done and the loss.
    """
    key, learning, losses, done = jax.random.key(recipe.seed), None, [], 0
    for stage in recipe.stages:
        batch, draw = lessons(recipe, stage)
        done += stage.n_steps
        how: dict[str, Any] = {"learning": learning, "block": 100, "report": report}
        school = taught(recipe.model, draw, recipe.training, done, batch, key=key, **how)
        learning = school.learning
        losses.append(school.losses)
    if learning is None:
        raise InvalidValue("a recipe without stages, expected one or more.")
    return Schooled(learning, np.concatenate(losses))


def accuracy(
    weights: Weights, recipe: Recipe = RECIPE, n_lists: int = 200, *, key: PRNGKeyArray
) -> dict[str, float]:
    """What it can do with lists that it never saw: shares that are right, each of chance or worse.

    `serial recall`: six words, each in its place, spoken freely. `free recall`: of eight words, the
    share said, spoken freely. `paired associates`: one of six pairs, among all words.
    `recognition`: one old and one new word for each list of eight, by the sign of the log-odds.

    Args:
        weights: learnt.
        recipe: by which.
        n_lists: of each test.
        key: of lists and of what is said.
    """
    vocabulary, model = recipe.vocabulary, recipe.model
    mix = jax.vmap(lambda k: jax.random.permutation(k, vocabulary.n_words))
    words = mix(jax.random.split(key, n_lists))
    said = {n: _said(recipe, weights, words[:, :n], ask, key) for n, ask in _asked(recipe)}
    pairs = words[:, :12].reshape(n_lists, 6, 2)
    at = jnp.arange(n_lists) % 6
    asked = pairs[jnp.arange(n_lists), at]
    rows = jax.vmap(partial(pair_prefix, vocabulary))(pairs, asked[:, 0])
    answers = answer(model, weights, rows, allowed=jnp.arange(model.n_tokens) < vocabulary.n_words)
    states = studied(model, weights, prefixes(vocabulary, words[:, :8])[:, :-1])
    odds = [old_log_odds(model, weights, vocabulary, states, words[:, at]) for at in (3, 8)]
    recalled = (said[8][:, :, None] == words[:, None, :8]).any(axis=1)
    found = {
        "serial recall": said[6] == words[:, :6],
        "free recall": recalled,
        "paired associates": answers.argmax(axis=1) == asked[:, 1],
        "recognition": jnp.stack([odds[0] > 0, odds[1] < 0]),
    }
    return {name: float(right.mean()) for name, right in found.items()}


def _asked(recipe: Recipe) -> tuple[tuple[int, int], ...]:
    """Words and the question: six in their order, eight in any."""
    return (6, recipe.in_order), (8, recipe.vocabulary.recall)


def _said(
    recipe: Recipe,
    weights: Weights,
    words: Int[Array, "list position"],
    question: int,
    key: PRNGKeyArray,
) -> Int[Array, "list position"]:
    """As many words as there are, spoken freely."""
    vocabulary = recipe.vocabulary
    rows = prefixes(vocabulary, words).at[:, -1].set(question)
    allowed = jnp.arange(recipe.model.n_tokens) < vocabulary.n_words
    return sit(recipe.model, weights, rows, words.shape[1], allowed=allowed, key=key).tokens


# ---- the file ------------------------------------------------------------------------------------


def save(
    weights: Weights, about: dict[str, Any], path: Path = FILE, recipe: Recipe = RECIPE
) -> None:
    """Write weights, what they were taught, and whatever else is to be told of them.

    Args:
        weights: learnt.
        about: what can be told in JSON, e.g. how well it went.
        path: file to write.
        recipe: by which they were made.
    """
    told = json.dumps({"recipe": asdict(recipe)} | about, sort_keys=True)
    arrays = {name: np.asarray(each) for name, each in weights._asdict().items()}
    np.savez_compressed(path, about=np.asarray(told), **arrays)  # type: ignore[arg-type]


def load(path: Path = FILE, recipe: Recipe = RECIPE) -> tuple[Weights, dict[str, Any]]:
    """Weights, and what is told of them.

    Args:
        path: that `save` wrote.
        recipe: that must have made them.

    Raises:
        InvalidValue: if there is no such file, it is no such file, or another recipe made it.
    """
    again = "`python -m cogmem.participants.bdh` makes it."
    try:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(str(file["about"]))
            given = told["recipe"]
            weights = Weights(*(jnp.asarray(file[name]) for name in Weights._fields))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidValue(f"{path} holds no weights of BDH ({error}); {again}") from error
    expected = json.loads(json.dumps(asdict(recipe)))
    wrong = [name for name in expected if given.get(name) != expected[name]]
    if wrong:
        each = ", ".join(f"{name} {given.get(name)}, not {expected[name]}" for name in wrong)
        raise InvalidValue(f"{path} was taught otherwise: {each}; {again}")
    return weights, told


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def main() -> None:
    """Teach by the recipe, and write the file."""
    done = 0

    def report(steps: int, doing: str) -> None:
        nonlocal done
        done += steps
        print(f"{done} of {RECIPE.n_steps} steps, {doing}", file=sys.stderr)

    school = teach(report=report)
    right = accuracy(school.weights, key=jax.random.key(RECIPE.seed + 1))
    loss = float(school.losses[-100:].mean())
    save(school.weights, {"accuracy": right, "loss": loss, "versions": _versions()})
    print(json.dumps(right, indent=2))


class BDHParticipant(SequenceParticipant):
    """BDH with the weights that come with cogmem."""

    n_chosen: ClassVar[int] = RECIPE.n_chosen
    n_learnt: ClassVar[int] = count_weights(RECIPE.model)


if __name__ == "__main__":
    main()
else:
    register(
        "BDH",
        BDHParticipant(RECIPE.model, load()[0], RECIPE.vocabulary, in_order=RECIPE.in_order),
        fixed=("damping", "dropout"),
    )
