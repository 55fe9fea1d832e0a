"""Does a quantity tell two sets apart, such as sentences with and without a concept? Rank tests.

Two measures of the effect, of the same U, are easily mixed up. With n1 and n2 values in the two
sets, U counts the pairs in which the first is larger (equal ones half):

- U / (n1 n2), the probability that the first is larger: 1/2 by chance, 1 at best (also the AUC).
- rank-biserial correlation, 2 U / (n1 n2) - 1: 0 by chance, 1 at best (Wendt, 1972; Kerby, 2014).

Of a synapse of BDH, Kosowski et al. (2025, arXiv 2509.26507) report U = 2368 of 50 x 50 sentences
and a rank-biserial correlation of .86. By these definitions U / (n1 n2) is .947 and the correlation
.894, and z / sqrt(n1 + n2), a third one, would be .77: the two numbers do not go together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["Separation", "separation"]


class Separation(NamedTuple):
    """How far values of a first set lie above those of a second, quantity by quantity.

    Attributes:
        u: Mann and Whitney's U of the first set.
        share: U / (n1 n2).
        rank_biserial: 2 U / (n1 n2) - 1.
        p: one-sided, that the first set is not larger; exact for few values without ties, else by
            the normal approximation with corrections for ties and continuity.
    """

    u: Float[np.ndarray, " *quantity"]
    share: Float[np.ndarray, " *quantity"]
    rank_biserial: Float[np.ndarray, " *quantity"]
    p: Float[np.ndarray, " *quantity"]


def separation(first: ArrayLike, second: ArrayLike) -> Separation:
    """One-sided Mann-Whitney test (1947) that the first set is larger.

    Args:
        first: [value, *quantity].
        second: [value, *quantity], of the same quantities.

    Raises:
        InvalidValue: if a set is empty or has what is no number, or the quantities differ.
    """
    from scipy.stats import mannwhitneyu

    a, b = np.asarray(first, float), np.asarray(second, float)
    if not a.size or not b.size or a.shape[1:] != b.shape[1:]:
        raise InvalidValue(
            f"the sets have shapes {a.shape} and {b.shape}, expected [value, *quantity] with one "
            "value or more, and the same quantities."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InvalidValue("some values are no numbers; leave them out first.")
    found = mannwhitneyu(a, b, alternative="greater", axis=0)
    share = found.statistic / (len(a) * len(b))
    return Separation(
        *(np.asarray(each) for each in (found.statistic, share, 2 * share - 1, found.pvalue))
    )
