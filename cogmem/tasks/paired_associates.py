"""Two lists of paired associates: what learning the second does to the first, and the first to it.

A cue is an item code and the code of its list's context side by side, so that the same stimulus may
call for B in one list and for C in the other (McCloskey & Cohen, 1989, Psychology of Learning and
Motivation 24, 109-165). Item codes and context codes are orthonormal; with the context's share rho
of the squared norm, and s the similarity of the stimuli a_i and a'_i, the products of unit cues are

    rho            two pairs of one list,
    (1 - rho) s    the i-th pairs of the two lists,
    0              other pairs of the two lists,

to the rounding of the dtype. Every paradigm has arrays of the same shapes, and the same first list
from the same key: control and experiment differ in nothing else.

| maker | second list | stimuli s | responses |
| --- | --- | --- | --- |
| `ab_ac` | old stimuli, new responses | 1 | unrelated |
| `ab_dc` | new stimuli, new responses | 0 | unrelated |
| `ab_rest` | none | | |
| `two_lists` | anywhere on Osgood's surface (1949, Psychological Review 56, 132-143) | s | r |
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = [
    "BARNES_UNDERWOOD",
    "PairedAssociates",
    "RetroactiveInterference",
    "ab_ac",
    "ab_dc",
    "ab_rest",
    "study_orders",
    "two_lists",
]


class PairedAssociates(NamedTuple):
    """Two lists of pairs, learnt one after the other, for one learner.

    A participant studies pairs and is cued with pairs; the candidates are the responses. That is:
    `study(state, pair)`, `evidence(state, cue=pair)` -> one score per response, and
    `report(state, response)`. Pair k of the first list is row k, of the second row n + k.

    Attributes:
        cues: [pair, feature] item code and context code side by side.
        responses: [pair] index of the correct response.
        lists: [pair] 0 in the first list, 1 in the second.
        studied: [event] pairs in order of study, for drivers that study a fixed number of trials.
        items: [pair, item_feature] unit code of the stimulus alone, for participants that have a
            context of their own.
        stimuli: [pair] identity of the stimulus, for participants that know symbols, not codes. A
            similar stimulus is another one.
        response_codes: [response, response_feature] unit codes; 1-of-n unless responses of the two
            lists are similar.
        delay: s between the last study and the test.
    """

    cues: Float[Array, "pair feature"]
    responses: Int[Array, " pair"]
    lists: Int[Array, " pair"]
    studied: Int[Array, " event"]
    items: Float[Array, "pair item_feature"]
    stimuli: Int[Array, " pair"]
    response_codes: Float[Array, "response response_feature"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def n_responses(self) -> int:
        """Response units: B_1 .. B_n, then C_1 .. C_n."""
        return self.response_codes.shape[-2]

    @property
    def n_candidates(self) -> int:
        """The responses."""
        return self.n_responses

    @property
    def n_per_list(self) -> int:
        """Pairs in each list."""
        return self.cues.shape[-2] // 2

    @property
    def first(self) -> Int[Array, " n"]:
        """Pairs of the first list."""
        return jnp.arange(self.n_per_list)

    @property
    def second(self) -> Int[Array, " n"]:
        """Pairs of the second list."""
        return self.n_per_list + jnp.arange(self.n_per_list)


@dataclass(frozen=True)
class RetroactiveInterference:
    """How long each list is learnt, and when it is tested; who learns is not part of it.

    1. The first list: trials in random order (`study_orders`) until a trial on which at least
       `criterion` of its pairs are recalled, at most `max_trials`.
    2. The second list: n trials, for every n of `n_interpolated`; in the rest control none. People
       are in a group of their own for each n; for a learner whom tests leave unchanged, one that
       goes on from n to the next will do.
    3. After `delay`, both lists are tested, each pair with its own cue.

    Attributes:
        criterion: proportion of the first list, above 0 and at most 1.
        max_trials: on the first list.
        n_interpolated: trials on the second list, 0 or more, rising.
        tested: whether each trial on the second list is a test with feedback (recall, then study),
            as when people anticipate, or study alone. Tests are retrieval practice, which Baeuml
            (1996, Psychonomic Bulletin & Review 3, 380-384) held apart from the degree of learning.
        delay: s.

    Raises:
        InvalidValue: for values out of these ranges.
    """

    criterion: float = 1.0
    max_trials: int = 100
    n_interpolated: tuple[int, ...] = (1, 5, 10, 20)
    tested: bool = True
    delay: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.criterion <= 1:
            raise InvalidValue(f"criterion is {self.criterion}, expected above 0, at most 1.")
        if self.max_trials < 1:
            raise InvalidValue(f"max_trials is {self.max_trials}, expected 1 or more.")
        trials = self.n_interpolated
        if not trials or trials[0] < 0 or any(np.diff(trials) <= 0):
            raise InvalidValue(f"n_interpolated is {trials}, expected rising numbers from 0 on.")
        if not self.delay >= 0:
            raise InvalidValue(f"delay is {self.delay} s, expected 0 or more.")


BARNES_UNDERWOOD = RetroactiveInterference()
"""Eight A-B pairs to one perfect recitation, then 1, 5, 10 or 20 trials of A-C, and both at once.

Barnes & Underwood (1959), Journal of Experimental Psychology 58, 97-105, as secondary texts tell.
"""


# ---- makers -------------------------------------------------------------------------------------


def ab_ac(
    n_pairs: int = 8,
    *,
    context_share: float | Float[Array, ""] = 0.5,
    n_trials: int | tuple[int, int] = (1, 1),
    key: PRNGKeyArray,
) -> PairedAssociates:
    """A-B, A-C: the same stimuli, other responses. Arguments and errors as `two_lists`."""
    return two_lists(n_pairs, context_share=context_share, n_trials=n_trials, key=key)


def ab_dc(
    n_pairs: int = 8,
    *,
    context_share: float | Float[Array, ""] = 0.5,
    n_trials: int | tuple[int, int] = (1, 1),
    key: PRNGKeyArray,
) -> PairedAssociates:
    """A-B, D-C: other stimuli and responses, the control for what is not specific to the stimuli.

    Arguments and errors as `two_lists`.
    """
    return two_lists(
        n_pairs, stimulus_similarity=0.0, context_share=context_share, n_trials=n_trials, key=key
    )


def ab_rest(
    n_pairs: int = 8,
    *,
    context_share: float | Float[Array, ""] = 0.5,
    n_trials: int = 1,
    key: PRNGKeyArray,
) -> PairedAssociates:
    """A-B, rest: the second list of `ab_ac` is there, but never studied.

    Arguments and errors as `two_lists`; `n_trials` is of the first list.
    """
    return two_lists(n_pairs, context_share=context_share, n_trials=(n_trials, 0), key=key)


def two_lists(
    n_pairs: int = 8,
    *,
    stimulus_similarity: float = 1.0,
    response_similarity: float = 0.0,
    context_share: float | Float[Array, ""] = 0.5,
    n_trials: int | tuple[int, int] = (1, 1),
    n_item_features: int | None = None,
    n_context_features: int = 2,
    norm: float = 1.0,
    delay: float = 0.0,
    key: PRNGKeyArray,
) -> PairedAssociates:
    """Two lists whose i-th stimuli, and i-th responses, are as similar as asked.

    Args:
        n_pairs: pairs in each list.
        stimulus_similarity: cosine s of the item codes of a_i and a'_i, from -1 to 1; at 1 they are
            the same stimuli.
        response_similarity: cosine r of the codes of the responses, from -1 to 1; at 1 they are the
            same responses, B_i in both lists, and C_i occurs in none.
        context_share: rho = |c|^2 / (|a|^2 + |c|^2), from 0 (the lists have no context) to 1.
        n_trials: on the first and on the second list in `studied`, 0 or more; one number for both.
        n_item_features: 2 n_pairs or more; None for 2 n_pairs.
        n_context_features: 2 or more.
        norm: of every cue, above 0.
        delay: s between the last study and the test.
        key: of the codes and of the orders of study.

    Raises:
        InvalidValue: for a value out of its range, and for fewer features than there are orthogonal
            codes.
    """
    n_trials = (n_trials, n_trials) if isinstance(n_trials, int) else n_trials
    n_item_features = 2 * n_pairs if n_item_features is None else n_item_features
    _check(n_pairs, n_trials, n_item_features, n_context_features)
    _check_ranges(stimulus_similarity, response_similarity, context_share, norm, delay)
    k_items, k_contexts, *k_orders = jax.random.split(key, 4)
    items = _with_similar(_orthonormal(2 * n_pairs, n_item_features, k_items), stimulus_similarity)
    contexts = _orthonormal(2, n_context_features, k_contexts)
    pairs, lists = jnp.arange(2 * n_pairs), jnp.repeat(jnp.arange(2), n_pairs)
    orders = [
        study_orders(pairs[k * n_pairs :][:n_pairs], n_trials[k], key=k_orders[k]) for k in (0, 1)
    ]
    same_responses = response_similarity == 1
    return PairedAssociates(
        cues=_cues(items, contexts[lists], jnp.asarray(context_share, items.dtype), norm),
        responses=pairs % n_pairs if same_responses else pairs,
        lists=lists,
        studied=jnp.concatenate([order.ravel() for order in orders]),
        items=items,
        stimuli=pairs % n_pairs if stimulus_similarity == 1 else pairs,
        response_codes=_with_similar(
            jnp.eye(2 * n_pairs), 0.0 if same_responses else response_similarity
        ),
        delay=delay,
    )


def study_orders(
    pairs: Int[Array, " n"], n_trials: int, *, key: PRNGKeyArray
) -> Int[Array, "trial n"]:
    """Pairs in an independent random order on every trial, so that no order is learnt.

    The first trials are the same whatever their number.
    """
    keys = jax.vmap(lambda trial: jax.random.fold_in(key, trial))(jnp.arange(n_trials))
    return jax.vmap(lambda k: jax.random.permutation(k, pairs))(keys)


# ---- codes --------------------------------------------------------------------------------------


def _orthonormal(n: int, n_features: int, key: PRNGKeyArray) -> Float[Array, "n feature"]:
    """Rows of a random orthogonal matrix, uniformly distributed (signs fixed)."""
    q, r = jnp.linalg.qr(jax.random.normal(key, (n_features, n)))
    return (q * jnp.sign(jnp.diag(r))[None]).T


def _with_similar(
    codes: Float[Array, "pair feature"], cosine: float
) -> Float[Array, "pair feature"]:
    """The first half of orthonormal codes, then codes that have that cosine with them."""
    old, new = jnp.split(codes, 2)
    return jnp.concatenate([old, cosine * old + np.sqrt(1 - cosine**2).item() * new])


def _cues(
    items: Float[Array, "pair item_feature"],
    contexts: Float[Array, "pair context_feature"],
    share: Float[Array, ""],
    norm: float,
) -> Float[Array, "pair feature"]:
    """Both unit codes side by side, scaled so that the context has its share of the norm."""
    return norm * jnp.concatenate([jnp.sqrt(1 - share) * items, jnp.sqrt(share) * contexts], axis=1)


# ---- checks -------------------------------------------------------------------------------------


def _check(n_pairs: int, n_trials: tuple[int, int], n_item: int, n_context: int) -> None:
    if not isinstance(n_pairs, Integral) or n_pairs < 1:
        raise InvalidValue(f"n_pairs is {n_pairs!r}, expected a whole number, 1 or more.")
    if len(n_trials) != 2 or min(n_trials) < 0:
        raise InvalidValue(f"n_trials is {n_trials}, expected two numbers, 0 or more.")
    if n_item < 2 * n_pairs:
        raise InvalidValue(
            f"{n_item} item features for two lists of {n_pairs} pairs: orthogonal codes need "
            f"{2 * n_pairs} or more."
        )
    if n_context < 2:
        raise InvalidValue(f"{n_context} context features: two orthogonal contexts need 2 or more.")


def _check_ranges(
    stimulus: float,
    response: float,
    share: float | Float[Array, ""],
    norm: float,
    delay: float,
) -> None:
    for name, cosine in [("stimulus_similarity", stimulus), ("response_similarity", response)]:
        if not -1 <= cosine <= 1:
            raise InvalidValue(f"{name} is {cosine}, expected a cosine from -1 to 1.")
    if not isinstance(share, jax.core.Tracer) and not 0 <= share <= 1:
        raise InvalidValue(f"context_share is {share}, expected a proportion from 0 to 1.")
    if not norm > 0:
        raise InvalidValue(f"norm is {norm}, expected above 0.")
    if not delay >= 0:
        raise InvalidValue(f"delay is {delay} s, expected 0 or more.")
