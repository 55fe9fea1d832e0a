"""Who is taught the same task (BDH, damped or not, and baselines of as many weights), and exams.

An exam is a number of lists of one length, new ones for every subject, that are read and recalled
freely; see `sequence_school.sit`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.models.bdh import BDH
from cogmem.models.networks import sized
from cogmem.models.sequence_model import SequenceModel, count_weights
from cogmem.participants.sequence_school import Sat, as_recalls, prefixes, sit, speakable
from cogmem.tasks.word_tokens import WordTokens, check_pool

__all__ = ["Exam", "Said", "examined", "pupils", "shifted", "told"]


def pupils(
    n_tokens: int, longest: int, *, damping: float, n_layers: int, **sizes: Any
) -> dict[str, SequenceModel]:
    """Models by name, of equal numbers of weights to a tenth, and of as many layers.

    Args:
        n_tokens: that all of them know.
        longest: tokens of the longest passage, for the Transformer's cache.
        damping: gamma of the damped BDH; that of the other one is 1.
        n_layers: of all of them.
        sizes: `width`, `n_heads` and `n_neurons` of both BDHs.

    Raises:
        InvalidValue: if sizes do not fit, see `BDH` and `sized`.
    """
    bdh = BDH(n_tokens, n_layers=n_layers, **sizes)
    n = count_weights(bdh)
    about = {"n_heads": bdh.n_heads, "n_positions": longest}
    return {
        "BDH": bdh,
        "BDH, damped": replace(bdh, damping=damping),
        "Transformer": sized("Transformer", n_tokens, n, n_layers=n_layers, **about),
        "GRU": sized("GRU", n_tokens, n, n_layers=n_layers),
    }


class Exam(NamedTuple):
    """One condition of a test.

    Attributes:
        name: of it.
        length: words of each list.
        fillers: tokens between study and recall.
        forget: tokens of the prefix after which the fast state is emptied; 0 for none.
        n_outputs: tokens that may be said; the length and STOP if None.
    """

    name: str
    length: int
    fillers: int = 0
    forget: int = 0
    n_outputs: int | None = None

    @property
    def most(self) -> int:
        """Tokens that may be said."""
        return self.n_outputs or self.length + 1


class Said(NamedTuple):
    """The log of an exam: all that its measures rest on.

    Attributes:
        words: of each list.
        tokens: said of it.
        log_probability: of each token said.
        norms: of the fast state of each layer, before the question and in the end.
    """

    words: Int[np.ndarray, "*more list position"]
    tokens: Int[np.ndarray, "*more list output"]
    log_probability: Float[np.ndarray, "*more list output"]
    norms: Float[np.ndarray, "*more list 2 layer"]


def examined(
    vocabulary: WordTokens,
    model: SequenceModel,
    weights: Any,
    exam: Exam,
    n_lists: int,
    *,
    temperature: float = 1.0,
    key: PRNGKeyArray,
) -> Said:
    """What one subject says of random lists: the same ones for exams of one length and one key.

    Raises:
        InvalidValue: if the pool is smaller than a list.
    """
    check_pool(vocabulary, exam.length)
    of_words, of_speech = jax.random.split(key)
    words = _drawn(vocabulary.n_words, n_lists, of_words)[:, : exam.length]
    sat = sit(
        model,
        weights,
        prefixes(vocabulary, words, exam.fillers),
        exam.most,
        temperature=temperature,
        allowed=speakable(vocabulary),
        stop=vocabulary.stop,
        forget=exam.forget,
        key=of_speech,
    )
    return Said(*(np.asarray(each) for each in (words, *sat[:3])))


@partial(jax.jit, static_argnums=(0, 1))
def _drawn(n_words: int, n: int, key: PRNGKeyArray) -> Int[Array, "list word"]:
    """All words in so many random orders."""
    keys = jax.random.split(key, n)
    return jax.vmap(lambda own: jax.random.permutation(own, n_words))(keys)


def told(vocabulary: WordTokens, said: Said) -> Recalls:
    """What several subjects said, each of whom is a subject of the `Recalls`.

    Args:
        vocabulary: of the tokens.
        said: with a first axis of subjects.
    """
    n_subjects, n_lists = said.tokens.shape[:2]
    words, tokens, chances, norms = (
        jnp.asarray(each.reshape(-1, *each.shape[2:])) for each in said
    )
    subject = np.repeat(np.arange(1, n_subjects + 1), n_lists)
    return as_recalls(vocabulary, Sat(tokens, chances, norms, None), words, subject=subject)


def shifted(said: Said) -> Said:
    """The same answers beside the list after: what would be right by chance.

    Answers keep their number, so this is chance for one who says as much.
    """
    return said._replace(words=np.roll(said.words, -1, axis=-2))
