"""Cross-validation: what models say of lists, conditions or people that they were not fitted to.

Nothing is chosen on what is held out: the number of starts, the steps and the parameters are the
business of the training lists alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.fit.holdout import bits_per_response
from cogmem.fit.multistart import Progress, Search, fit
from cogmem.fit.people import People
from cogmem.measures.recall import summary
from cogmem.models.parameters import check_key
from cogmem.participants.sitting import Sitting

__all__ = [
    "Split",
    "by_condition",
    "cross_validate",
    "cross_validate_people",
    "gain_over",
    "held_out",
]

Split = tuple[People, People]
"""Lists to fit to, and lists of the same people to predict."""

BOTH = ("model", "subject")


def cross_validate(
    sittings: Mapping[str, Sitting],
    recalls: Recalls | People,
    *,
    key: PRNGKeyArray,
    n_folds: int = 4,
    search: Search | None = None,
    progress: Progress = lambda blocks: None,
) -> xr.Dataset:
    """Each person's lists predicted from that person's other lists.

    Lists are dealt out as by `folds`; those of each fold are predicted by fits to all others.

    Args:
        sittings: models by name.
        recalls: lists of one length. Lists of `People` are taken in the order in which they lie.
        key: root; what is random about a model depends on its name, not on the others.
        n_folds: 2 is odd against even lists.
        search: how hard each model is fitted to each fold.
        progress: called with the number of blocks done since the last call;
            `len(sittings) * n_folds * search.n_blocks` in all.

    Returns:
        See `held_out`.

    Raises:
        InvalidValue: if somebody has fewer lists than there are folds, or n_folds is below 2.
    """
    check_key(key)
    people = _in_order(recalls)
    fewest = int(people.n_lists.min())
    if not 2 <= n_folds <= fewest:
        raise InvalidValue(
            f"n_folds is {n_folds}, expected 2 to {fewest}, the fewest lists of one."
        )
    fold = np.arange(people.weight.shape[1]) % n_folds
    splits = [
        (people.keeping(fold != part), people.keeping(fold == part)) for part in range(n_folds)
    ]
    return held_out(sittings, splits, key=key, search=search, progress=progress)


def cross_validate_people(
    sittings: Mapping[str, Sitting],
    recalls: Recalls | People,
    *,
    key: PRNGKeyArray,
    n_folds: int = 4,
    search: Search | None = None,
    progress: Progress = lambda blocks: None,
) -> xr.Dataset:
    """Each person predicted from other people: one set of parameters for all those left in.

    People are dealt out at random, in folds that differ by one person at most. Arguments and
    result are those of `cross_validate`.

    Raises:
        InvalidValue: if there are fewer people than folds, or n_folds is below 2.
    """
    check_key(key)
    people = _in_order(recalls)
    n_people = len(people)
    if not 2 <= n_folds <= n_people:
        raise InvalidValue(f"n_folds is {n_folds}, expected 2 to {n_people}, the people there are.")
    fold = np.asarray(jax.random.permutation(key, n_people))[:, None] % n_folds
    splits = [
        (people.keeping(fold != part).pooled(), people.keeping(fold == part).pooled())
        for part in range(n_folds)
    ]
    scores = _scores(sittings, splits, key, search or Search(), progress)
    # The lists of all lie one person after the other.
    by_person = [sum(each).reshape(n_people, -1).sum(axis=1) for each in scores]
    return _dataset(list(sittings), people.subjects, np.stack(by_person), people.n_events)


def by_condition(recalls: Recalls, column: str, train: Any, test: Any) -> tuple[Recalls, Recalls]:
    """Lists of one condition to fit to, and of another to predict: `held_out` takes the pair.

    Only people with lists in both are kept.

    Args:
        recalls: the lists.
        column: a per-list column, e.g. "list_type".
        train: its value, or values, in the lists to fit to.
        test: in the lists to predict.

    Raises:
        InvalidValue: if there is no such column, nobody has lists of both, or a list is of both.
    """
    fitted, predicted = recalls.select(**{column: train}), recalls.select(**{column: test})
    if set(np.atleast_1d(train).tolist()) & set(np.atleast_1d(test).tolist()):
        raise InvalidValue(f"train is {train!r} and test {test!r}, expected different {column}s.")
    both = np.intersect1d(fitted.subjects, predicted.subjects)
    if len(both) == 0:
        raise InvalidValue(f"nobody has lists of {column} {train!r} as well as {test!r}.")
    return fitted.select(subject=both), predicted.select(subject=both)


def held_out(
    sittings: Mapping[str, Sitting],
    splits: Sequence[Split] | Sequence[tuple[Recalls, Recalls]],
    *,
    key: PRNGKeyArray,
    search: Search | None = None,
    progress: Progress = lambda blocks: None,
) -> xr.Dataset:
    """Fit each model to the first lists of each split and score the second, summed over splits.

    Args:
        sittings: models by name.
        splits: pairs of lists of the same people; `by_condition` makes one.
        key, search, progress: see `cross_validate`.

    Returns:
        Dataset (model, subject): `log_likelihood` of the lists held out (nats) and `log_score`,
        the same per event; `n_events` (subject), responses and ends of recall held out.

    Raises:
        InvalidValue: if the people of the pairs differ.
    """
    check_key(key)
    pairs = [(_in_order(train), _in_order(test)) for train, test in splits]
    subjects = pairs[0][1].subjects
    if not all(np.array_equal(subjects, test.subjects) for _, test in pairs):
        raise InvalidValue("the splits are of different people, expected the same in all.")
    scores = _scores(sittings, pairs, key, search or Search(), progress)
    total = [sum(split.sum(axis=1) for split in each) for each in scores]
    events = np.sum([test.n_events for _, test in pairs], axis=0)
    return _dataset(list(sittings), subjects, np.stack(total), events)


def gain_over(scores: xr.Dataset, baseline: str = "null", *, seed: int = 0) -> xr.Dataset:
    """How much better each model predicts than a baseline, in bits per event.

    Args:
        scores: what the functions above return.
        baseline: name of one of the models.
        seed: of the bootstrap.

    Returns:
        Dataset (model): `mean` over people, `sem`, `n`, and the 95 % bootstrap interval over people
        from `low` to `high`; `gain` (model, subject).

    Raises:
        UnknownName: if the baseline is not among the models.
    """
    if baseline not in scores["model"]:
        raise UnknownName("model", baseline, list(scores["model"].values))
    total = scores["log_likelihood"]
    bits = bits_per_response(
        total.values, total.sel(model=baseline).values, scores["n_events"].values
    )
    gain = total.copy(data=bits).assign_attrs(
        long_name=f"Gain over {baseline}", units="bits per event"
    )
    return summary(xr.Dataset({"value": gain}), seed=seed).assign(gain=gain)


def _in_order(recalls: Recalls | People) -> People:
    """Laid out by person, lists in order of presentation."""
    if isinstance(recalls, People):
        return recalls
    return People.of(recalls[np.lexsort((recalls.list_id, recalls.subject))])


def _scores(
    sittings: Mapping[str, Sitting],
    splits: Sequence[Split],
    key: PRNGKeyArray,
    search: Search,
    progress: Progress,
) -> list[list[Any]]:
    """By model and split: float[subject, list] nats of the lists held out, 0 for padding."""

    def of_model(name: str, sitting: Sitting) -> list[Any]:
        own = jax.random.fold_in(key, zlib.crc32(name.encode()))
        found = (
            fit(sitting, train, key=own, search=search, progress=progress) for train, _ in splits
        )
        return [one.score(test, key=own) for one, (_, test) in zip(found, splits, strict=True)]

    return [of_model(name, sitting) for name, sitting in sittings.items()]


def _dataset(
    models: list[str], subjects: np.ndarray, total: np.ndarray, n_events: np.ndarray
) -> xr.Dataset:
    texts = {
        "log_likelihood": ("Log-likelihood of the lists held out", "nats"),
        "log_score": ("Mean log-likelihood of an event held out", "nats/event"),
        "n_events": ("Responses and ends of recall held out", "count"),
    }
    values = {"log_likelihood": (BOTH, total), "log_score": (BOTH, total / n_events)}
    result = xr.Dataset(
        values | {"n_events": ("subject", n_events)}, {"model": models, "subject": subjects}
    )
    for name, (text, units) in texts.items():
        result[name].attrs = {"long_name": text, "units": units}
    return result
