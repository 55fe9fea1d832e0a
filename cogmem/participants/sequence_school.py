"""How a model that predicts the next token is taught a memory task, and then sits it.

Two time scales are kept apart. Gradient descent over many random lists, no two alike, leaves
weights: lifelong knowledge of what the task is. At test the weights are frozen. All that is
remembered of *this* list is in the fast state that reading it leaves (synapses, hidden units, a
cache), as a state that is emptied shows: recall must then fall to chance.

    draw = partial(free_recall, vocabulary, lengths=(4, 20))
    school = taught(model, draw, Training(n_steps=1500), 1500, 32, key=key)
    sat = sit(model, school.weights, prefixes(vocabulary, words), 20, stop=vocabulary.stop,
              allowed=speakable(vocabulary), key=key)
    recalls = as_recalls(vocabulary, sat, words)

At test nothing is teacher-forced: a model hears what it said itself, right or wrong. Lists that
people studied are for tests only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.models.generation import check_speaking, speak
from cogmem.models.sequence_learning import Learning, Training, learn
from cogmem.models.sequence_model import Passage, SequenceModel, check_tokens
from cogmem.models.transformer import Cache
from cogmem.tasks.word_tokens import WordTokens, check_rows, spoken, study_prefix

__all__ = [
    "Asked",
    "Draw",
    "Sat",
    "Schooled",
    "answer",
    "as_recalls",
    "prefixes",
    "sit",
    "speakable",
    "state_norms",
    "studied",
    "taught",
]

LISTS_AT_ONCE = 64
"""Bounds memory: every list has a fast state of its own."""


class Asked(Protocol):
    """What a task hands out, e.g. `WordPassages`; it may hold more."""

    @property
    def tokens(self) -> Int[Array, "n time"]:
        """Read."""
        ...

    @property
    def targets(self) -> Int[Array, "n time"]:
        """Due after each of them."""
        ...

    @property
    def counted(self) -> Float[Array, "n time"]:
        """Whether something is asked there."""
        ...


class Draw(Protocol):
    """So many random rows of a task, e.g. `partial(free_recall, vocabulary, lengths=(4, 20))`."""

    def __call__(self, n: int, *, key: PRNGKeyArray) -> Asked:
        """Rows of one length."""
        ...


class Schooled(NamedTuple):
    """What lessons leave.

    Attributes:
        learning: weights, and what is needed to go on.
        losses: [step] of the steps just done, nats.
    """

    learning: Learning
    losses: Float[np.ndarray, " step"]

    @property
    def weights(self) -> Any:
        """What was learnt."""
        return self.learning.weights


class Sat(NamedTuple):
    """What a model said of each list, and what its fast state was like.

    Attributes:
        tokens: in the order said; `generation.SILENCE` after the stop.
        log_probability: of each, at the temperature and among the tokens allowed; 0 where nothing
            was said.
        norms: lengths of the fast state of each layer, before the question and in the end.
        states: [list, ...] in the end, to be studied on with.
    """

    tokens: Int[Array, "list output"]
    log_probability: Float[Array, "list output"]
    norms: Float[Array, "list 2 layer"]
    states: Any


# ---- lessons ------------------------------------------------------------------------------------


def taught(
    model: SequenceModel,
    draw: Draw,
    training: Training,
    n_steps: int,
    batch: int,
    *,
    key: PRNGKeyArray,
    learning: Learning | None = None,
    block: int = 50,
    dropout: bool = False,
    report: Callable[[int, str], None] = lambda steps, doing: None,
) -> Schooled:
    """Teach a model a task by random examples, up to a number of steps.

    Every step has a new batch. Which one, and with which weights learning begins, depends on the
    key and on the number of the step alone: to be taught 100 steps and then, from that `learning`,
    up to 200, is to be taught 200.

    Args:
        model: who is taught.
        draw: rows of the task; the same object for the same task, as programs are kept by it.
        training: rate and decay.
        n_steps: in all, those that `learning` has done already among them.
        batch: rows of each step.
        key: of the first weights and of all rows.
        learning: to go on from; None to begin. It is used up.
        block: steps compiled into one program, between which `report` is called.
        dropout: whether what the model leaves out at random (its `dropout`) is left out.
        report: told the number of steps done and the loss.

    Raises:
        InvalidValue: if a number is below 1, fewer steps are asked for than are done already, or
            the loss is no longer a number.
    """
    done = 0 if learning is None else int(learning.n_steps)
    if min(n_steps, batch, block) < 1 or n_steps < done:
        raise InvalidValue(
            f"{n_steps} steps in all after {done}, batches of {batch}, blocks of {block}; expected "
            "1 or more of each, and no fewer steps than are done."
        )
    first, lessons = jax.random.split(key)
    left_out = jax.random.fold_in(first, 1) if dropout else None
    learning = training.begin(model.begin(key=first)) if learning is None else learning
    losses: list[np.ndarray] = []
    for start in range(done, n_steps, block):
        steps = jnp.arange(start, min(start + block, n_steps))
        passages = _lessons(draw, batch, steps, lessons)
        learning, found, _ = learn(model, training, learning, passages, key=left_out)
        losses.append(_sound(np.asarray(found), start))
        report(len(steps), f"loss {found[-1]:.2f}")
    return Schooled(learning, np.concatenate([np.zeros(0, np.float32), *losses]))


@partial(jax.jit, static_argnums=(0, 1))
def _lessons(draw: Draw, batch: int, steps: Int[Array, " step"], key: PRNGKeyArray) -> Passage:
    """[step, batch, time]; each step has a key of its own."""

    def one(step: Int[Array, ""]) -> Passage:
        rows = draw(batch, key=jax.random.fold_in(key, step))
        return Passage(rows.tokens, rows.targets, rows.counted)

    return jax.vmap(one)(steps)


def _sound(losses: Float[np.ndarray, " step"], start: int) -> Float[np.ndarray, " step"]:
    wrong = np.flatnonzero(~np.isfinite(losses))
    if len(wrong):
        raise InvalidValue(
            f"the loss of step {start + wrong[0]} is {losses[wrong[0]]}: learning has come apart. "
            "Choose a smaller learning_rate, or a clip."
        )
    return losses


# ---- tests --------------------------------------------------------------------------------------


def prefixes(
    vocabulary: WordTokens, words: Int[Array, "list position"], fillers: int = 0
) -> Int[Array, "list time"]:
    """`study_prefix` of several lists of one length.

    Raises:
        InvalidValue: for unknown words, a word twice in a list, lists of several lengths (-1), or
            fewer than 0 fillers.
    """
    words = jnp.asarray(words)
    check_rows(vocabulary, "words", words, distinct=True, padded=False)
    return jax.vmap(lambda each: study_prefix(vocabulary, each, fillers))(words)


def speakable(vocabulary: WordTokens) -> Bool[Array, " token"]:
    """What may be said in recall: the words, and STOP."""
    token = jnp.arange(vocabulary.n_tokens)
    return (token < vocabulary.n_words) | (token == vocabulary.stop)


def studied(
    model: SequenceModel, weights: Any, tokens: Int[Array, "list time"], states: Any = None
) -> Any:
    """The fast states [list, ...] that reading leaves; pass them on to read more.

    Args:
        model: who reads.
        weights: frozen.
        tokens: of each list.
        states: [list, ...] of what was read before; None for nothing.

    Raises:
        InvalidValue: for what are no rows of tokens.
    """
    tokens = _rows(tokens, model, 1)
    return _in_parts(partial(_studied, model, weights), (tokens, states))


def sit(
    model: SequenceModel,
    weights: Any,
    prefixes: Int[Array, "list time"],
    n: int,
    *,
    temperature: float | Float[Array, ""] = 1.0,
    allowed: Bool[Array, " token"] | None = None,
    stop: int | None = None,
    forget: int = 0,
    between: Callable[[Any], Any] | None = None,
    asked: int = 1,
    states: Any = None,
    key: PRNGKeyArray,
) -> Sat:
    """Read each list, then speak freely: what was said is what is read next.

    Args:
        model: who sits.
        weights: frozen.
        prefixes: what is read, the question last; all of one length.
        n: most tokens that are said of a list.
        temperature: of what is said; 0 for the likeliest.
        allowed: tokens that may be said; None for all.
        stop: after which nothing is said.
        forget: tokens of the prefix after which the fast state, of earlier lists too, is emptied; 0
            for a normal test. `prefixes.shape[1] - asked` empties it between study and test, less
            in mid-list.
        between: what happens to the fast state of one list between study and question, e.g. a
            silent delay, `lambda state: model.rest(state, 10)`. The same object for the same thing,
            as programs are kept by it.
        asked: tokens of the question, at the end of the prefix.
        states: [list, ...] of what was read before, e.g. of earlier lists; None for nothing.
        key: of all that is said.

    Raises:
        InvalidValue: for what are no rows of tokens, if a question is longer than its row, or
            nothing would be read; see also `generation.speak`.
    """
    prefixes, states = _kept(prefixes, model, forget, asked, states)
    check_speaking(model.n_tokens, temperature, None, allowed)
    keys = jax.random.split(key, len(prefixes))
    allowed = None if allowed is None else jnp.asarray(allowed)
    temperature = jnp.asarray(temperature, jnp.result_type(*jax.tree.leaves(weights)))
    how = (n, asked, stop, between)
    some = partial(_sit, model, weights, how, (temperature, allowed))
    return _in_parts(some, (prefixes, states, keys))


def answer(
    model: SequenceModel,
    weights: Any,
    prefixes: Int[Array, "list time"],
    *,
    allowed: Bool[Array, " token"] | None = None,
    forget: int = 0,
    between: Callable[[Any], Any] | None = None,
    asked: int = 2,
    states: Any = None,
) -> Float[Array, "list token"]:
    """log P of each token as the answer to a question, such as a cue or a probe; nothing is said.

    Args:
        allowed: tokens among which the answer is; others have -infinity. None for all.
        asked: tokens of the question: CUE or PROBE, and the word.
        model, weights, prefixes, forget, between, states: see `sit`.

    Raises:
        InvalidValue: see `sit`.
    """
    prefixes, states = _kept(prefixes, model, forget, asked, states)
    allowed = jnp.ones(model.n_tokens, bool) if allowed is None else jnp.asarray(allowed)
    if allowed.shape != (model.n_tokens,) or allowed.dtype != bool or not bool(allowed.any()):
        raise InvalidValue(
            f"allowed is {allowed.dtype} of shape {allowed.shape}, expected booleans, one for each "
            f"of {model.n_tokens} tokens, not all false."
        )
    some = partial(_answer, model, weights, (asked, between), allowed)
    return _in_parts(some, (prefixes, states))


def as_recalls(
    vocabulary: WordTokens,
    sat: Sat,
    words: Int[Array, "list position"],
    *,
    subject: int | np.ndarray = 1,
    **columns: Any,
) -> Recalls:
    """What was said as `Recalls`, with `log_probability` by output and `norms` by list.

    Args:
        vocabulary: of the tokens.
        sat: what was said.
        words: of the lists; one length.
        subject: who said it, for all lists or for each.
        columns: other attributes of `Recalls`.
    """
    said = spoken(vocabulary, sat.tokens, words)
    norms = {
        f"norm of layer {layer + 1}, {when}": np.asarray(sat.norms[:, place, layer])
        for place, when in enumerate(("after study", "after recall"))
        for layer in range(sat.norms.shape[-1])
    }
    about: dict[str, Any] = {
        "items": np.asarray(words, np.int32),
        "responses": np.asarray(said.responses, np.int32),
        "pool": np.array([f"word {i + 1}" for i in range(vocabulary.n_words)]),
        "by_list": norms,
        "by_output": {"log_probability": np.asarray(sat.log_probability)},
    }
    return Recalls.from_positions(
        np.asarray(said.recalls),
        list_length=words.shape[1],
        subject=subject,
        **(about | columns),
    )


def state_norms(state: Any) -> Float[Array, " layer"]:
    """Euclidean length of the fast state of each layer, of any of the models.

    Args:
        state: one list's: synapses [layer, ...], a Transformer's cache (keys and values together),
            or a tuple of the hidden units of a recurrent network's layers.
    """
    if isinstance(state, Cache):
        return jnp.sqrt(_squares(state.keys) + _squares(state.values))
    if isinstance(state, tuple):
        return jnp.concatenate([state_norms(_together(layer)) for layer in state])
    return jnp.sqrt(_squares(state))


def _together(layer: Any) -> Float[Array, "1 unit"]:
    """All that a layer of a recurrent network holds, as if it were the only layer."""
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(layer)])[None]


def _squares(values: Float[Array, "layer ..."]) -> Float[Array, " layer"]:
    return jnp.sum(values**2, axis=tuple(range(1, values.ndim)))


# ---- one list -----------------------------------------------------------------------------------


def _kept(
    tokens: Any, model: SequenceModel, forget: int, asked: int, states: Any
) -> tuple[Int[Array, "list time"], Any]:
    """What is still in the fast state at the question: to empty it is never to have read."""
    tokens = _rows(tokens, model, asked)
    length = tokens.shape[1]
    if not 0 <= forget <= length - asked:
        raise InvalidValue(
            f"forget is {forget}, expected 0 to {length - asked}: tokens of the prefix before the "
            "question."
        )
    for leaf in jax.tree.leaves(states):
        if jnp.shape(leaf)[:1] != (len(tokens),):
            raise InvalidValue(
                f"states have a leaf of shape {jnp.shape(leaf)}, expected a state for each of "
                f"{len(tokens)} lists along the first axis."
            )
    return tokens[:, forget:], states if forget == 0 else None


def _rows(tokens: Any, model: SequenceModel, asked: int) -> Int[Array, "list time"]:
    tokens = jnp.asarray(tokens)
    if tokens.ndim != 2 or asked < 1 or tokens.shape[1] < asked or not len(tokens):
        raise InvalidValue(
            f"prefixes of shape {tokens.shape} with a question of {asked}; expected [list, time], "
            "one list or more, and a question of one token or more within each."
        )
    check_tokens(tokens.ravel(), model.n_tokens)
    return tokens


def _in_parts(function: Callable[[Any], Any], lists: Any) -> Any:
    """Many lists, some at once; the last part is filled up, so that one program serves all."""
    n = len(lists[0])
    if n <= LISTS_AT_ONCE:
        return function(lists)
    place = jnp.arange(-(-n // LISTS_AT_ONCE) * LISTS_AT_ONCE) % n
    parts = [
        function(jax.tree.map(lambda leaf, at=at: leaf[at], lists))
        for at in jnp.split(place, len(place) // LISTS_AT_ONCE)
    ]
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves)[:n], *parts)


@eqx.filter_jit
def _studied(model: SequenceModel, weights: Any, lists: tuple[Array, Any]) -> Any:
    return jax.vmap(lambda tokens, state: model.read(weights, tokens, state)[1])(*lists)


@eqx.filter_jit
def _sit(
    model: SequenceModel,
    weights: Any,
    how: tuple[int, int, int | None, Any],
    chosen: tuple[Array, Any],
    lists: tuple[Array, Any, Array],
) -> Sat:
    (n, asked, stop, between), (temperature, allowed) = how, chosen

    def one(prefix: Array, state: Any, key: Array) -> Sat:
        state = _at_question(model, weights, prefix[:-asked], state, between)
        said = speak(
            model,
            weights,
            prefix[-asked:],
            n,
            temperature=temperature,
            allowed=allowed,
            state=state,
            stop=stop,
            key=key,
        )
        norms = jnp.stack([state_norms(state), state_norms(said.state)])
        return Sat(said.tokens, said.log_probability, norms, said.state)

    return jax.vmap(one)(*lists)


@eqx.filter_jit
def _answer(
    model: SequenceModel,
    weights: Any,
    how: tuple[int, Any],
    allowed: Bool[Array, " token"],
    lists: tuple[Array, Any],
) -> Float[Array, "list token"]:
    asked, between = how

    def one(prefix: Array, state: Any) -> Float[Array, " token"]:
        state = _at_question(model, weights, prefix[:-asked], state, between)
        logits = model.read(weights, prefix[-asked:], state)[0][-1]
        return jax.nn.log_softmax(jnp.where(allowed, logits, -jnp.inf))

    return jax.vmap(one)(*lists)


def _at_question(model: SequenceModel, weights: Any, read: Array, state: Any, between: Any) -> Any:
    """The fast state when the question comes."""
    if len(read):
        state = model.read(weights, read, state)[1]
    state = model.empty(weights) if state is None else state
    return state if between is None else between(state)
