"""What a model that predicts the next token is asked: the same of all of them, so that one piece of
code trains them, lets them speak, and lets them sit experiments.

Two memories are kept apart. `weights` are what gradient descent over many sequences leaves; a
`state` is what this sequence has left so far (synapses, hidden units, a cache). Both are pytrees.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = [
    "Passage",
    "SequenceModel",
    "check_no_text",
    "check_passages",
    "check_tokens",
    "count_weights",
    "embedded",
]


class SequenceModel(Protocol):
    """An `equinox.Module` that holds what is chosen; one sequence per call, `jax.vmap` outside.

    It may have two methods more, `carried(state)` and `settled(carried)`, if there is a form of the
    state that `step` takes too and changes faster; speaking carries it from word to word.
    """

    n_tokens: int

    def begin(self, *, key: PRNGKeyArray) -> Any:
        """Weights before learning."""
        ...

    def empty(self, weights: Any) -> Any:
        """The state before the first token."""
        ...

    def read(
        self,
        weights: Any,
        tokens: Int[Array, " time"],
        state: Any = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Float[Array, "time token"], Any]:
        """All tokens at once: logits of what follows each of them, and the state after the last.

        Args:
            weights: what was learnt.
            tokens: one or more.
            state: what came before; None for nothing.
            key: of what is left out at random while learning; None at test, when nothing is.
        """
        ...

    def step(
        self, weights: Any, token: Int[Array, ""], state: Any
    ) -> tuple[Float[Array, " token"], Any]:
        """One token: the logits of what follows it, and the state after it. Equals `read` of it."""
        ...


class Passage(NamedTuple):
    """What a model reads, and what it should have said after each token.

    Attributes:
        tokens: read.
        targets: right after each of them.
        counted: weight of each in the loss; 0 where nothing is asked.
    """

    tokens: Int[Array, "*batch time"]
    targets: Int[Array, "*batch time"]
    counted: Float[Array, "*batch time"]

    @classmethod
    def of(cls, tokens: Int[Array, "*batch time+1"]) -> Passage:
        """Every token after the first is to be predicted from those before it."""
        tokens = jnp.asarray(tokens)
        return cls(tokens[..., :-1], tokens[..., 1:], jnp.ones(tokens[..., 1:].shape))


def count_weights(model: SequenceModel) -> int:
    """How many numbers the model learns."""
    weights = jax.eval_shape(lambda key: model.begin(key=key), jax.random.key(0))
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(weights))


def check_no_text(tokens: Any) -> None:
    """Refuse a text, which only who taught the model can make tokens of.

    Raises:
        InvalidValue: saying what is expected.
    """
    if isinstance(tokens, str | bytes):
        raise InvalidValue(
            f"got the text {tokens!r}, expected token ids, as whoever taught the model numbered "
            "them: of bytes, numpy.frombuffer(text.encode(), 'uint8')."
        )


def check_tokens(tokens: Any, n_tokens: int) -> None:
    """Refuse what is no sequence of ids; traced ones are looked at by kind and shape only.

    Raises:
        InvalidValue: naming the kind, the shape or the first id that is wrong, and what may be.
    """
    check_no_text(tokens)
    kind, shape = jnp.result_type(tokens), jnp.shape(tokens)
    if not jnp.issubdtype(kind, jnp.integer) or len(shape) != 1 or shape[0] < 1:
        raise InvalidValue(
            f"tokens of kind {kind} and shape {shape}; expected one or more integers in a row "
            "(`jax.vmap` for several sequences)."
        )
    if isinstance(tokens, jax.core.Tracer):
        return
    ids = np.asarray(tokens)
    wrong = np.flatnonzero((ids < 0) | (ids >= n_tokens))
    if len(wrong):
        raise InvalidValue(
            f"token {ids[wrong[0]]} at place {wrong[0]}, expected 0 to {n_tokens - 1}; this model "
            f"knows {n_tokens} tokens."
        )


def check_passages(passages: Passage, n_tokens: int, *axes: str) -> None:
    """Refuse passages that cannot be learnt; of traced ones only shapes and kinds are looked at.

    Args:
        passages: what is to be read.
        n_tokens: that the model knows.
        axes: what their axes should be; the last two are a batch.

    Raises:
        InvalidValue: if shapes differ or are not as expected, tokens or counted targets are out of
            range, weights in the loss negative or no numbers, or nothing of a batch is counted.
    """
    shapes = [jnp.shape(each) for each in passages]
    if len(set(shapes)) > 1 or len(shapes[0]) != len(axes) or 0 in shapes[0]:
        raise InvalidValue(
            f"tokens, targets and counted have shapes {shapes[0]}, {shapes[1]} and {shapes[2]}; "
            f"expected the same of all, [{', '.join(axes)}], each 1 or more."
        )
    kinds = [jnp.result_type(each) for each in (passages.tokens, passages.targets)]
    if not all(jnp.issubdtype(kind, jnp.integer) for kind in kinds):
        raise InvalidValue(f"tokens and targets are {kinds[0]} and {kinds[1]}, expected integers.")
    if not any(isinstance(each, jax.core.Tracer) for each in passages):
        _check_counted(np.asarray(passages.counted))
        _check_range("token", np.asarray(passages.tokens), n_tokens)
        targets = np.where(np.asarray(passages.counted) > 0, np.asarray(passages.targets), 0)
        _check_range("counted target", targets, n_tokens)


def _check_counted(counted: np.ndarray) -> None:
    if not (np.isfinite(counted) & (counted >= 0)).all():
        raise InvalidValue("`counted` has negative weights or no numbers, expected 0 or more.")
    if (counted.sum(axis=(-2, -1)) == 0).any():
        raise InvalidValue("a batch has no counted token; there is nothing to take the mean of.")


def _check_range(what: str, ids: np.ndarray, n_tokens: int) -> None:
    wrong = np.argwhere((ids < 0) | (ids >= n_tokens))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise InvalidValue(
            f"{what} {ids[place]} at {place}, expected 0 to {n_tokens - 1}; this model knows "
            f"{n_tokens} tokens."
        )


def embedded(
    embedding: Float[Array, "token channel"], tokens: Int[Array, " time"]
) -> Float[Array, "time channel"]:
    """The row of each token; no numbers for ids that are none, also where they are traced."""
    rows = embedding.at[tokens]
    return rows.get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
