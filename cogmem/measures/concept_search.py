"""Which of very many quantities, such as synapses, tells sentences about a topic from others?

The best one is searched for in one set of sentences, and judged by others; `shuffled` says what the
search itself would find.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from cogmem.measures.selectivity import Separation, separation

__all__ = ["at_entries", "chosen", "mean_entry", "shuffled", "told", "with_and_without"]


def with_and_without(
    values: Float[np.ndarray, "topic sentence entry"], topic: int
) -> tuple[Float[np.ndarray, "sentence entry"], Float[np.ndarray, "sentence entry"]]:
    """Values after sentences about a topic, and after as many about the others, in turn."""
    others = np.delete(values, topic, axis=0).swapaxes(0, 1)
    return values[topic], others.reshape(-1, values.shape[2])[: values.shape[1]]


def told(values: Float[np.ndarray, "topic sentence entry"]) -> Separation:
    """How well every synapse tells sentences about each topic from others: [topic, entry]."""
    each = [separation(*with_and_without(values, topic)) for topic in range(len(values))]
    return Separation(*(np.stack(parts) for parts in zip(*each, strict=True)))


def chosen(
    values: Float[np.ndarray, "topic sentence entry"], share: Float[np.ndarray, "topic entry"]
) -> Int[np.ndarray, " topic"]:
    """The synapse that tells each topic best; of equals, that with the largest difference."""
    best = []
    for topic, each in enumerate(share):
        first, second = with_and_without(values, topic)
        best.append(_best(first, second, each))
    return np.array(best)


def _best(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> int:
    difference = first.mean(axis=0) - second.mean(axis=0)
    return int(np.lexsort((-difference, -share))[0])


def at_entries(every: Mapping[str, Separation], entries: Int[np.ndarray, " topic"]) -> Separation:
    """Of one synapse for each topic: [topic, set]."""
    topics = np.arange(len(entries))
    parts = zip(*every.values(), strict=True)
    return Separation(*(np.stack([e[topics, entries] for e in part], axis=1) for part in parts))


def mean_entry(every: Mapping[str, Separation]) -> Separation:
    """Of all synapses, the mean: [topic, set]."""
    parts = zip(*every.values(), strict=True)
    return Separation(*(np.stack([e.mean(axis=1) for e in part], axis=1) for part in parts))


def shuffled(
    values: Mapping[str, np.ndarray],
    every: Mapping[str, Separation],
    rng: np.random.Generator,
    *,
    searched: str,
) -> Separation:
    """The same search as that of `chosen` with labels shuffled in one set: [topic, set].

    Args:
        values: of each set [topic, sentence, entry].
        every: `told` of each.
        rng: shuffles.
        searched: the set that is searched: of it, what the search found by chance; of the others,
            which must come after it, with the right labels.
    """
    best, found = [], []
    for topic in range(len(values[searched])):
        both = np.concatenate(with_and_without(values[searched], topic))
        first, second = np.split(rng.permutation(both), 2)
        by_chance = separation(first, second)
        best.append(_best(first, second, by_chance.share))
        found.append([each[best[-1]] for each in by_chance])
    kept = at_entries(every, np.array(best))
    chance = np.array(found).T
    return Separation(
        *(np.concatenate([c[:, None], k[:, 1:]], axis=1) for c, k in zip(chance, kept, strict=True))
    )
