"""Any model that predicts the next token sits recall, retention, pairs and recognition of words.

Two memories. Its weights were learnt long before, on random lists, as knowledge of what is asked
(`sequence_school`); they are frozen. What it knows of *this* list is in its fast state: the
synapses of BDH, the units of a recurrent network, the cache of a Transformer.

| verb | what is read |
| --- | --- |
| `begin` | LIST_START; each word of the list stands for a word of the pool, drawn by the key; in |
| | retention every letter of the alphabet does |
| `study` | the word; of a pair, both words |
| `rest` | fillers, or nothing (silence); then RECALL, where a list is to be said; in retention |
| | always fillers, as the delay has a task of its own |
| `evidence` | nothing more where a list is said: the logits of its words |
| | of a pair: CUE and its first word: logits of the responses |
| | recognition: PROBE and a word: log P(OLD) - log P(NEW) |
| `report` | what was said, right or wrong |

The questions about pairs and probes are read by a copy: tests leave nothing behind, as in the
lessons no answer was read. It sees which words are the same and nothing else of them: neither
features nor meaning, and no list that a cue belongs to. A longer list than the pool has no words.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_choice
from cogmem.participants.protocol import Cue, Participant
from cogmem.tasks import FreeRecall, PairedAssociates, Recognition, SerialRecall
from cogmem.tasks.retention import Retention
from cogmem.tasks.word_tokens import WordTokens

__all__ = ["Delay", "Listening", "SequenceParticipant"]

Delay = Literal["fillers", "silence"]
"""What a delay is: tokens in which nothing is to be remembered, or time in which nothing is read,
so that synapses turn and are damped, and networks without a clock of their own do not notice it."""

_ASKED = {
    FreeRecall: "free recall",
    SerialRecall: "serial recall",
    PairedAssociates: "paired associates",
    Recognition: "recognition",
    Retention: "retention",
}
_IN_A_ROW = ("free recall", "serial recall", "retention")
_IN_ORDER = ("serial recall", "retention")


class Listening(eqx.Module):
    """A sequence model in the middle of an experiment.

    Attributes:
        fast: what reading has left.
        logits: of what follows the token read last.
        studied: [item, word] tokens that are read when an item is studied, or asked about: one
            word, or two of a pair. Part of the task, not of memory, like the next two.
        candidates: [candidate] tokens of what may be said.
        paradigm: what is sat.
    """

    fast: Any
    logits: Float[Array, " token"]
    studied: Int[Array, "item word"]
    candidates: Int[Array, " candidate"]
    paradigm: str = eqx.field(static=True)


class SequenceParticipant(Participant):
    """A taught model; see the top of the file.

    Attributes:
        model: who reads.
        weights: what it was taught.
        vocabulary: that it was taught with.
        delay: what time without study is.
        tokens_per_second: of that time; an experiment has no tokens of its own.
        in_order: token that asks for words in their order, if that is another than RECALL: who was
            taught both serial and free recall must be told which.

    Raises:
        InvalidValue: for tokens that the model does not know, a silence for a model that has no
            `rest`, or a rate that is not above 0.
        UnknownName: for no such delay.
    """

    model: Any
    weights: Any
    vocabulary: WordTokens = eqx.field(static=True)
    delay: Delay = eqx.field(static=True, default="fillers")
    tokens_per_second: float = eqx.field(static=True, default=1.0)
    in_order: int | None = eqx.field(static=True, default=None)

    paradigms: ClassVar[dict[str, str]] = {
        "free recall": "taught to say random lists in random orders",
        "serial recall": "taught to say random lists in their order",
        "paired associates": "taught to answer cues; a cue does not say of which list it is",
        "recognition": "taught to say OLD or NEW; log-odds, by identity, not by features",
        "retention": "taught serial recall of random lists; a filled delay is read as fillers",
    }

    def __check_init__(self) -> None:
        check_choice("delay", self.delay, Delay)
        last = max(self.vocabulary.n_tokens - 1, self.in_order or 0)
        if last >= self.model.n_tokens:
            raise InvalidValue(
                f"the last token is {last}, and the model knows {self.model.n_tokens} tokens; "
                "expected the vocabulary it was taught with."
            )
        if self.delay == "silence" and not hasattr(self.model, "rest"):
            raise InvalidValue(
                f"a {type(self.model).__name__} has no time without tokens: use delay='fillers'."
            )
        if not 0 < self.tokens_per_second < np.inf:
            raise InvalidValue(
                f"tokens_per_second is {self.tokens_per_second}, expected a finite number above 0."
            )

    def begin(
        self,
        lists: FreeRecall | SerialRecall | PairedAssociates | Recognition | Retention,
        *,
        key: PRNGKeyArray,
    ) -> Listening:
        """An empty fast state that has heard that a list begins; words of the pool, by the key.

        Raises:
            InvalidValue: for another task, or more words than the pool has.
        """
        paradigm = _ASKED.get(type(lists))
        if paradigm is None:
            known = ", ".join(kind.__name__ for kind in _ASKED)
            raise InvalidValue(f"got a {type(lists).__name__}, expected one of {known}.")
        studied, candidates = _words(lists, jax.random.permutation(key, self.vocabulary.n_words))
        start = jnp.asarray([self.vocabulary.list_start])
        fast, logits = self._read(self.model.empty(self.weights), start)
        return Listening(fast, logits, studied, candidates, paradigm)

    def study(self, state: Listening, item: Int[Array, ""]) -> Listening:
        """One word more; of a pair, two."""
        return self._heard(state, state.studied[item])

    def rest(self, state: Listening, duration: Float[Array, ""] | float) -> Listening:
        """Time passes; then RECALL is read, where a list is to be said."""
        time = jnp.asarray(duration) * self.tokens_per_second
        silent = self.delay == "silence" and state.paradigm != "retention"
        state = self._silent(state, time) if silent else self._filled(state, time)
        if state.paradigm not in _IN_A_ROW:
            return state
        ordered = state.paradigm in _IN_ORDER and self.in_order is not None
        return self._heard(
            state, jnp.asarray([self.in_order if ordered else self.vocabulary.recall])
        )

    def evidence(self, state: Listening, cue: Cue) -> Float[Array, " candidate"]:
        """Logits of the candidates; of recognition, log-odds of OLD against NEW for each.

        Raises:
            InvalidValue: for pairs without a cue.
        """
        if state.paradigm in _IN_A_ROW:
            return state.logits[state.candidates]
        if state.paradigm == "recognition":
            return jax.vmap(lambda word: self._old(state, word))(state.candidates)
        if cue is None:
            raise InvalidValue("pairs are recalled by a cue, and there is none: give the pair.")
        asked = jnp.stack([jnp.asarray(self.vocabulary.cue), state.studied[cue, 0]])
        return self._read(state.fast, asked)[1][state.candidates]

    def report(self, state: Listening, item: Int[Array, ""]) -> Listening:
        """What was said of a list is read; other tests leave nothing behind."""
        if state.paradigm not in _IN_A_ROW:
            return state
        return self._heard(state, state.candidates[item][None])

    # ---- reading ---------------------------------------------------------------------------------

    def _read(self, fast: Any, tokens: Int[Array, " time"]) -> tuple[Any, Float[Array, " token"]]:
        """The fast state after some tokens, and the logits of what follows them."""
        logits, fast = self.model.read(self.weights, tokens, fast)
        return fast, logits[-1]

    def _heard(self, state: Listening, tokens: Int[Array, " time"]) -> Listening:
        fast, logits = self._read(state.fast, tokens)
        return Listening(fast, logits, state.studied, state.candidates, state.paradigm)

    def _silent(self, state: Listening, time: Float[Array, ""]) -> Listening:
        fast = self.model.rest(state.fast, time)
        return Listening(fast, state.logits, state.studied, state.candidates, state.paradigm)

    def _filled(self, state: Listening, time: Float[Array, ""]) -> Listening:
        """As many fillers as the time has tokens, to the nearest."""
        filler = jnp.asarray([self.vocabulary.filler])
        n = jnp.round(time).astype(int)
        return jax.lax.fori_loop(0, n, lambda _, now: self._heard(now, filler), state)

    def _old(self, state: Listening, word: Int[Array, ""]) -> Float[Array, ""]:
        asked = jnp.stack([jnp.asarray(self.vocabulary.probe), word])
        logits = self._read(state.fast, asked)[1]
        return logits[self.vocabulary.old] - logits[self.vocabulary.new]


def _words(
    lists: Any, pool: Int[Array, " word"]
) -> tuple[Int[Array, "item word"], Int[Array, " candidate"]]:
    """Tokens of every item, and of what may be said.

    Raises:
        InvalidValue: if the pool has too few words.
    """
    if isinstance(lists, PairedAssociates):
        n_pairs, n = len(lists.stimuli), len(lists.stimuli) + lists.n_responses
        _check_pool(n, pool)
        responses = pool[n_pairs:n]
        return jnp.stack([pool[lists.stimuli], responses[lists.responses]], axis=1), responses
    n = lists.features.shape[0] if isinstance(lists, Recognition | Retention) else lists.n_items
    _check_pool(n, pool)
    return pool[:n, None], pool[:n]


def _check_pool(n: int, pool: Array) -> None:
    if n > len(pool):
        raise InvalidValue(
            f"{n} words are needed, and the model was taught {len(pool)}: expected shorter lists, "
            "or a model taught with a larger pool."
        )
