"""How a model that predicts the next token learns from a long text, and how well it reads on.

A text comes in two parts, one to learn from and one that is held out. Windows of the first are read
each from an empty state; or it is read as streams, each row on from where it stopped, and then what
was read before is there to be used, though no gradient goes back to it. Losses are means of
-log P(next token), nats.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data import load_text
from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.sequence_learning import (
    Training,
    learn,
    log_probabilities,
    streams,
    windows,
)
from cogmem.models.sequence_model import Passage, SequenceModel
from cogmem.tasks.grammar import Grammar, language_of
from cogmem.tasks.token_sources import Source, draw_tokens, entropy_rate

__all__ = [
    "ACTIVITIES",
    "Lesson",
    "Text",
    "active_shares",
    "generated_text",
    "grammar_text",
    "held_out_windows",
    "lessons",
    "ngram_losses",
    "reading_loss",
    "stream_losses",
    "text_of",
    "tiny_shakespeare",
]

ACTIVITIES = ("x", "y")
"""Of BDH, in the paper's terms."""

WINDOWS_AT_ONCE = 32
"""Bounds memory."""


class Text(NamedTuple):
    """A text in two parts.

    Attributes:
        train: ids, to learn from.
        held_out: ids, never learnt from.
        n_tokens: that there are.
        floor: loss of a perfect reader, nats; NaN if nobody knows.
    """

    train: Int[Array, " time"]
    held_out: Int[Array, " time"]
    n_tokens: int
    floor: float


class Lesson(NamedTuple):
    """How far learning has come.

    Attributes:
        n_steps: done.
        weights: gone when the next lesson is asked for.
        losses: [step] of the steps since the lesson before, on passages not yet learnt from.
    """

    n_steps: int
    weights: Any
    losses: Float[np.ndarray, " step"]


# ---- texts ---------------------------------------------------------------------------------------


def tiny_shakespeare() -> Text:
    """1.1 million bytes of plays; each of the bytes that occur has an id; the last 10 % held out.

    Raises:
        DataNotFound: if the file is not here; it says what to fetch.
    """
    data = load_text("tinyshakespeare")
    known, ids = np.unique(data["text"].values, return_inverse=True)
    learnt = data["split"].values == "train"
    train, held_out = (jnp.asarray(ids[part], jnp.int32) for part in (learnt, ~learnt))
    return Text(train, held_out, len(known), float("nan"))


def generated_text(source: Source, n_train: int, n_held_out: int, *, key: PRNGKeyArray) -> Text:
    """Two texts of one source, the entropy of which is known.

    The floor is its entropy rate: who begins to read somewhere in the middle must do worse.

    Args:
        source: e.g. `grammar.language_of(Grammar()).source`.
        n_train, n_held_out: tokens.
        key: of the texts.

    Raises:
        InvalidValue: for sizes below 1.
    """
    train, held_out = (
        draw_tokens(source, 1, n, key=each)[0].astype(jnp.int32)
        for n, each in zip((n_train, n_held_out), jax.random.split(key), strict=True)
    )
    return Text(train, held_out, source.n_tokens, entropy_rate(source))


def grammar_text(n_train: int, n_held_out: int, *, seed: int) -> Text:
    """Sentences of the generated language (`grammar.Grammar`), as it is by default.

    Args:
        n_train, n_held_out: tokens.
        seed: of the sentences.

    Raises:
        InvalidValue: for sizes below 1.
    """
    source = language_of(Grammar()).source
    return generated_text(source, n_train, n_held_out, key=jax.random.key(seed))


def text_of(
    source: Literal["Shakespeare", "grammar"], n_train: int, n_held_out: int, *, seed: int
) -> Text:
    """A text by its name.

    Args:
        source: "Shakespeare", which has its own sizes, or "grammar", whose sentences are generated.
        n_train, n_held_out: tokens that are generated.
        seed: of what is generated.

    Raises:
        InvalidValue: for sizes below 1.
    """
    if source == "Shakespeare":
        return tiny_shakespeare()
    return grammar_text(n_train, n_held_out, seed=seed)


def held_out_windows(text: Text, length: int, every: int = 1) -> Passage:
    """What is held out, in passages [window, time] one after the other.

    Args:
        text: of which.
        length: tokens read in each.
        every: of so many passages only the first is kept.

    Raises:
        InvalidValue: if what is held out is shorter than one passage.
    """
    cut = streams(text.held_out, 1, length)
    return jax.tree.map(lambda each: each[::every, 0], cut)


def ngram_losses(text: Text, passages: Passage) -> dict[str, float]:
    """Losses of tables that were counted in the text to learn from, every count and 1.

    Args:
        text: counted.
        passages: [window, time] scored.

    Returns:
        `unigram`, which knows how frequent tokens are, and `bigram`, which knows the last one.
    """
    pairs = np.ones((text.n_tokens, text.n_tokens))
    train = np.asarray(text.train)
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    tokens, targets = np.asarray(passages.tokens), np.asarray(passages.targets)
    p_pair, p_one = pairs / pairs.sum(axis=1, keepdims=True), pairs.sum(axis=0) / pairs.sum()
    found = {"unigram": p_one[targets], "bigram": p_pair[tokens, targets]}
    return {name: float(-np.log(p).mean()) for name, p in found.items()}


# ---- lessons -------------------------------------------------------------------------------------


def lessons(
    model: SequenceModel,
    training: Training,
    text: Text,
    n_steps: int,
    batch: int,
    length: int,
    *,
    key: PRNGKeyArray,
    carried: bool = False,
    block: int = 25,
) -> Iterator[Lesson]:
    """Learn from a text; looked at before the first step and after each block of them.

    What is read depends on the key and not on the model, so that models may be compared.

    Args:
        model: who learns.
        training: how.
        text: from which.
        n_steps: batches, a multiple of `block`.
        batch: rows.
        length: tokens that a row reads in a step.
        key: of the first weights, and of where windows, or the text, begin.
        carried: whether the text is read as streams, its rows' states carried from step to step.
        block: steps compiled into one program.

    Raises:
        InvalidValue: if steps are no multiple of `block`, or the text is too short for streams.
    """
    if block < 1 or n_steps % block:
        raise InvalidValue(f"{n_steps} steps in blocks of {block}, expected a multiple.")
    first, place = jax.random.split(key)
    begun = model.begin(key=first)
    read = _streams(text, n_steps, batch, length, place) if carried else None
    learning, states = training.begin(begun), _empty(model, begun, batch) if carried else None
    yield Lesson(0, learning.weights, np.zeros(0))
    for start in range(0, n_steps, block):
        if read is None:
            own = jax.random.fold_in(place, start)
            passages = windows(text.train, (block, batch), length, key=own)
        else:
            passages = jax.tree.map(lambda each, at=start: each[at : at + block], read)
        learning, losses, states = learn(model, training, learning, passages, states)
        yield Lesson(start + block, learning.weights, np.asarray(losses))


def _streams(text: Text, n_steps: int, batch: int, length: int, key: PRNGKeyArray) -> Passage:
    """From some place on; the end of the text is followed by its beginning."""
    shift = jax.random.randint(key, (), 0, len(text.train))
    found = streams(jnp.roll(text.train, -shift), batch, length)
    if len(found.tokens) < n_steps:
        raise InvalidValue(
            f"{n_steps} steps of {batch} x {length} tokens are more than the text has, expected "
            f"{len(found.tokens)} steps at most."
        )
    return found


def _empty(model: SequenceModel, weights: Any, n: int) -> Any:
    """The states of so many rows before they are read."""
    return jax.vmap(lambda _: model.empty(weights))(jnp.arange(n))


# ---- how well it is read -------------------------------------------------------------------------


def reading_loss(model: SequenceModel, weights: Any, passages: Passage) -> float:
    """Loss over the counted tokens of passages [window, time], each read from an empty state.

    Raises:
        InvalidValue: if nothing is counted.
    """
    counted = np.asarray(passages.counted, float)
    asked = np.flatnonzero(counted.sum(axis=1))
    if not len(asked):
        raise InvalidValue("no token of the passages is counted; there is nothing to average.")
    parts = np.split(asked, range(WINDOWS_AT_ONCE, len(asked), WINDOWS_AT_ONCE))
    total = 0.0
    for part in parts:
        some = jax.tree.map(lambda each, part=part: jnp.asarray(each)[part], passages)
        said, weight = log_probabilities(model, weights, some), counted[part]
        total -= (np.where(weight > 0, said, 0) * weight).sum()
    return float(total / counted.sum())


def stream_losses(
    model: SequenceModel, weights: Any, text: Text, batch: int, length: int
) -> Float[np.ndarray, " step"]:
    """Losses on what is held out, read on and on from the state that was left.

    Args:
        model: who reads; its state must not be full after so many tokens.
        weights: what it has learnt.
        text: whose held-out part is cut into streams.
        batch: streams.
        length: tokens of a step.

    Returns:
        Mean over streams and tokens of each step; all of them are counted.
    """
    passages = streams(text.held_out, batch, length)
    return np.asarray(_stream_losses(model, weights, passages, _empty(model, weights, batch)))


@eqx.filter_jit
def _stream_losses(
    model: SequenceModel, weights: Any, passages: Passage, states: Any
) -> Float[Array, " step"]:
    def step(states: Any, some: Passage) -> tuple[Any, Float[Array, ""]]:
        logits, states = jax.vmap(partial(model.read, weights))(some.tokens, states)
        right = jnp.take_along_axis(jax.nn.log_softmax(logits), some.targets[..., None], -1)
        return states, -right.mean()

    return jax.lax.scan(step, states, passages)[1]


def active_shares(
    model: BDH, weights: Weights, passages: Passage
) -> Float[np.ndarray, "layer activity"]:
    """Share of neurons that are not silent, of x and of y (`ACTIVITIES`), mean over tokens.

    The first token of a passage is left out: with nothing to read, y is 0 whatever was learnt.

    Args:
        model: who reads.
        weights: what it has learnt.
        passages: [window, time], all of which are read, two tokens or more in each.

    Raises:
        InvalidValue: for passages of one token.
    """
    if passages.tokens.shape[-1] < 2:
        raise InvalidValue("passages of 1 token, expected 2 or more: the first is left out.")
    return np.asarray(_active_shares(model, weights, passages.tokens))


@eqx.filter_jit
def _active_shares(
    model: BDH, weights: Weights, tokens: Int[Array, "window time"]
) -> Float[Array, "layer activity"]:
    def one(tokens: Int[Array, " time"]) -> Float[Array, "layer activity"]:
        activity = model.watch(weights, tokens)[0]
        each = [(a[:, :, 1:] > 0).mean(axis=(1, 2, 3)) for a in (activity.x, activity.y)]
        return jnp.stack(each, axis=1)

    return jax.lax.map(one, tokens).mean(axis=0)
