"""SIMPLE: memory as the discrimination of moments on a logarithmic axis of time.

Items are told apart by how long ago they happened, on a logarithmic scale, so that the ratio of two
items' ages, and not their difference, is what counts. Nothing decays and nothing is associated with
anything: forgetting is crowding. The model says whether an item is recalled, not when: it has no
order of output, so a sequence of responses has no likelihood under it.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlog1py, xlogy
from jaxtyping import Array, Float

from cogmem.errors import InvalidValue
from cogmem.models.card import Card
from cogmem.models.parameters import check_values, parameter

__all__ = ["CARD", "FLOOR", "MEAN_RECALL", "SIMPLE", "PositionCounts", "ages"]

CARD = Card(
    name="simple",
    title="SIMPLE, temporal distinctiveness on a logarithmic axis",
    paper="Brown, Neath & Chater (2007)",
    equations="M = ln T, eta = exp(-c |M_i - M_j|), D = eta / sum eta, r = logistic(s (D - t)), "
    "P(item i recalled) = min(1, sum_j r_ij); in likelihoods P is held within (1e-6, 1 - 1e-6). T "
    "runs from an item's onset to one moment that stands for all of recall, a stated number of "
    "seconds after the end of the list",
    left_out="the growth of T over output, attention weights on further dimensions; of serial "
    "recall all but the confusion of positions, which a participant reads off D",
    vectors="none published; by hand for two items, and unchanged to 1e-12 when all times are "
    "multiplied by a constant",
    reproduced=("recency and a flat middle of the 1-s lists of Murdock (1962), fitted here",),
    not_reproduced=(
        "the primacy of those lists: far too small when all lengths share their parameters",
        "more words recalled of 30 than of 40 (two groups of people): the model says the reverse",
        "the published parameters of each condition, and their fits: not read in the original",
        "order of recall and first recalls: the model has none",
    ),
    bibtex="""@article{brown2007temporal,
  author = {Brown, Gordon D. A. and Neath, Ian and Chater, Nick},
  title = {A temporal ratio model of memory},
  journal = {Psychological Review},
  volume = {114}, number = {3}, pages = {539--576}, year = {2007}
}""",
)

FLOOR = 1e-6
"""In likelihoods, probabilities are held this far from 0 and 1."""

MEAN_RECALL = 7.3
"""Mean time of a correct recall after an immediate test began, s: mean over the 72 people of
Murdock & Okada (1970), lists of 20 words, computed from their response times."""

_SOURCE = "Brown, Neath & Chater (2007)"


class PositionCounts(NamedTuple):
    """How often each serial position was recalled, of how many lists, and how old it was then."""

    ages: Float[Array, "*problem n"]
    n_recalled: Float[Array, "*problem n"]
    n_lists: Float[Array, "*problem n"]


def ages(n_items: int, seconds_per_item: float, recall_delay: float) -> Float[np.ndarray, " n"]:
    """Time since the onset of each item when it is recalled, s.

    The convention here: all items are recalled at one moment, `recall_delay` after the end of the
    list, the mean time of recall. In truth late outputs are later, and recent items come first.

    Args:
        n_items: list length.
        seconds_per_item: from onset to onset, s.
        recall_delay: any retention interval and the mean time of recall after it, s.

    Raises:
        InvalidValue: if the last item would have no age, and so no logarithm.
    """
    if n_items < 1 or seconds_per_item <= 0 or recall_delay < 0:
        given = f"{n_items} items of {seconds_per_item} s, recalled after {recall_delay} s"
        raise InvalidValue(f"{given}: expected one item or more, more than 0 s, and 0 s or more.")
    return seconds_per_item * np.arange(n_items, 0, -1.0) + recall_delay


class SIMPLE(eqx.Module):
    """Scale-independent memory, perception and learning (Brown, Neath & Chater, 2007).

    The defaults are a maximum-likelihood fit to the 1-s lists of Murdock (1962), all lengths
    together, recalled `MEAN_RECALL` after the end of the list.
    """

    distinctiveness: Float[Array, ""] = parameter(
        14.64, (0, np.inf), start=(3, 40), meaning="distinctiveness (c)", source=_SOURCE
    )
    threshold: Float[Array, ""] = parameter(
        0.595,
        (0, 1),
        start=(0.2, 0.8),
        meaning="discriminability recalled half (t)",
        source=_SOURCE,
    )
    slope: Float[Array, ""] = parameter(
        10.24, (0, np.inf), start=(3, 20), meaning="slope of the threshold (s)", source=_SOURCE
    )

    def __check_init__(self) -> None:
        check_values(self)

    def discriminability(self, ages: Float[Array, " n"]) -> Float[Array, "n n"]:
        """D_ij: how likely the trace of j is to be taken for i's; each row sums to 1."""
        log_age = jnp.log(ages)
        return jax.nn.softmax(-self.distinctiveness * jnp.abs(log_age[:, None] - log_age[None]))

    def recall(self, ages: Float[Array, " n"]) -> Float[Array, " n"]:
        """P(item i is recalled): min(1, sum_j r_ij), with omissions by a soft threshold.

        Args:
            ages: time since each item, above 0, in any unit.
        """
        excess = self.discriminability(ages) - self.threshold
        return jnp.minimum(1, jax.nn.sigmoid(self.slope * excess).sum(axis=1))

    def log_likelihood(self, counts: PositionCounts) -> Float[Array, ""]:
        """Binomial log-likelihood (nats) of a serial position curve, without the coefficient.

        Positions are taken as independent, which those of one list are not.
        """
        p = jnp.clip(self.recall(jnp.asarray(counts.ages)), FLOOR, 1 - FLOOR)
        lost = counts.n_lists - counts.n_recalled
        return jnp.sum(xlogy(counts.n_recalled, p) + xlog1py(lost, -p))
