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

from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.models.sequence_learning import Learning, Training, learn
from cogmem.models.sequence_model import Passage, SequenceModel
from cogmem.participants.reporting import Report, silent
from cogmem.participants.sequence_sitting import Sat, answer, sit, state_norms, studied
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
    report: Report = silent,
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
