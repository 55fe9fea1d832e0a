"""Does it matter how far apart a word is presented twice? People, CMR and two independent chances.

Method. In the lists of Lohnas and Kahana (2014), 40 presentations each, words are presented once,
twice in a row (massed), or twice with one to eight other presentations in between (spaced). *Mixed*
lists hold all of these; *pure* lists hold words of one kind, and so fewer different words where
words repeat. A word counts as recalled if it was said at all. The probability of recall is computed
within each person and averaged; the band is the 95 % bootstrap interval over people.

Independent encodings: had the two presentations nothing to do with each other, a word would be
recalled with 1 - (1 - p)(1 - q), p and q being how often the same person recalls words presented
once at the same two positions, in the lists of the same sort (for pure lists, those in which every
word came once; they hold twice as many words, so that this chance is too low for them).

CMR is studied with the very same lists, word for word: a second presentation brings back the
context of the first and binds the word anew. It is fitted by maximum likelihood to the lists
without repetitions, all people taken as one; nothing about repetition is fitted. Two versions:
softmax choice (Polyn, Norman & Kahana 2009) and power-law choice (Healey & Kahana 2014).

The lower panels ask what follows the recall of a spaced word (at least two presentations in
between): how often, where possible, the next response is the word one to three places before or
after its first, or its second, presentation.

Outcome. In mixed lists people recall massed words (.44) less often than independent encodings
would (.56), and gain with spacing (.58 at six to eight in between). CMR gains with spacing, too,
but from too high: its second presentation helps too much, massed ones above all (.62 with softmax,
.52 with power-law choice). In pure lists it shows no effect of spacing; people show a small one.

Run: `cogmem run spacing`, or `cogmem run spacing --preset paper`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Int
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures.maximum_likelihood import maximise
from cogmem.models import parameters
from cogmem.models.cmr import CMR
from cogmem.models.retrieved_context import RetrievedContext
from cogmem.models.support_cmr import SupportCMR
from cogmem.plots.spacing import spacing

KINDS = {"once": (-1, -1), "massed": (0, 0), "1-2": (1, 2), "3-5": (3, 5), "6-8": (6, 8)}
"""Presentations between the two of a word, ends included; -1 for a word that came once."""

MODELS: dict[str, RetrievedContext] = {
    "CMR, softmax choice": CMR(),
    "CMR, power-law choice": SupportCMR(),
}
INDEPENDENT = "Independent encodings"
LAGS = np.array([-3, -2, -1, 1, 2, 3])
N_BETWEEN = 2  # at least, so that the two neighbourhoods are apart


@dataclass(frozen=True)
class Config:
    """From how many starts CMR is fitted, and how often it sits the lists."""

    n_starts: int = setting(4, (1, 1000), meaning="starts of each fit, the defaults first")
    n_copies: int = setting(20, (1, 10_000), meaning="simulations of each person's list")
    seed: int = setting(2014, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """Fit to the lists without repetitions; simulate and measure all lists.

    Returns:
        Nodes `recall` (source, list, kind) and `transitions` (source, presentation, lag), each with
        `mean`, `low`, `high` and `n`; the root holds the parameters fitted.
    """
    people = load("lohnas_kahana2014")
    report = session.begin(len(MODELS))
    sources, fitted = {"people": people}, {}
    for number, (name, model) in enumerate(MODELS.items()):
        best, fitted[name] = fit_pooled(model, people, config)
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        sources[name] = sit(best, people, config.n_copies, key=key)
        report(1, name)
    return _tree(sources, fitted)


def fit_pooled(
    model: RetrievedContext, people: Recalls, config: Config
) -> tuple[RetrievedContext, dict[str, float]]:
    """The model under which the lists without repetitions are most likely.

    Returns:
        The model; its parameters, with `nll` (nats) and `n_lists`.
    """
    n_items = people.length
    once = people[words_of(people.items).max(axis=1) == n_items - 1].cleaned()

    def log_likelihood(candidate: RetrievedContext, recalls: Array) -> Array:
        return jax.vmap(partial(candidate.log_likelihood, n_items=n_items))(recalls).sum()

    # The words come without similarity.
    unused = {"similarity_weight"} & set(parameters.table(model))
    how = {"fixed": unused, "n_starts": config.n_starts, "seed": config.seed}
    found = maximise(model, log_likelihood, once.recalls[None], **how)
    values = {name: float(value[0]) for name, value in found.values.items()}
    about = {"nll": -float(found.log_likelihood[0]), "n_lists": len(once)}
    return parameters.replace(model, values), values | about


def words_of(items: Int[np.ndarray, "trial position"]) -> np.ndarray:
    """int[trial, position]: the words of each list, numbered from 0 in order of presentation."""
    same = items[:, :, None] == items[:, None, :]
    first = same.argmax(axis=2)
    new = first == np.arange(items.shape[1])
    return np.take_along_axis(np.cumsum(new, axis=1) - 1, first, axis=1)


def sit(model: RetrievedContext, people: Recalls, n_copies: int, *, key: Array) -> Recalls:
    """What the model recalls of every person's lists, each studied `n_copies` times."""
    order = words_of(people.items)
    recalls = np.zeros((n_copies, *order.shape), int)
    for n_words in np.unique(order.max(axis=1) + 1):
        rows = np.flatnonzero(order.max(axis=1) + 1 == n_words)
        keys = jax.random.split(jax.random.fold_in(key, n_words), (n_copies, len(rows)))
        words = np.asarray(_recall(model, jnp.asarray(order[rows]), int(n_words), keys))
        place = (order[rows, :, None] == np.arange(n_words)).argmax(axis=1) + 1
        place = np.concatenate([np.zeros((len(rows), 1), int), place], axis=1)
        recalls[:, rows, :n_words] = place[np.arange(len(rows))[None, :, None], words]
    return Recalls.from_positions(
        recalls.reshape(-1, order.shape[1]),
        list_length=people.length,
        subject=np.tile(people.subject, n_copies),
        items=np.tile(people.items, (n_copies, 1)),
    )


@partial(jax.jit, static_argnums=2)
def _recall(model: RetrievedContext, order: Array, n_words: int, keys: Array) -> Array:
    """Words recalled [copy, list, output], from 1; 0 = padding."""

    def one(words: Array, key: Array) -> Array:
        return model.simulate(n_words, order=words, key=key)

    return jax.vmap(jax.vmap(one), (None, 0))(order, keys)


def _tree(sources: dict[str, Recalls], fitted: dict[str, dict[str, float]]) -> xr.DataTree:
    recall = {name: recall_by_kind(recalls) for name, recalls in sources.items()}
    recall[INDEPENDENT] = independent(sources["people"])
    moves = {name: transitions(recalls) for name, recalls in sources.items()}
    about = {"citation": sources["people"].attrs["citation"], "fitted": json.dumps(fitted)}
    nodes = {"recall": _summaries(recall), "transitions": _summaries(moves)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about), **nodes})


def _summaries(each: dict[str, xr.Dataset]) -> xr.Dataset:
    found = [measures.summary(values) for values in each.values()]
    return xr.concat(found, pd.Index(list(each), name="source"), combine_attrs="override")


# ---- what is measured ----------------------------------------------------------------------------


class Presentations(NamedTuple):
    """Where the words of each list were presented. All [trial, position].

    Attributes:
        word: number of the word in its list, from 0.
        first: whether this is the word's first presentation.
        other: position of the word's other presentation, from 0; its own if there is none.
        mixed: [trial] whether the list holds both words presented once and words repeated.
    """

    word: np.ndarray
    first: np.ndarray
    other: np.ndarray
    mixed: np.ndarray

    @classmethod
    def of(cls, items: Int[np.ndarray, "trial position"]) -> Presentations:
        """Read off the words, none of which comes more than twice."""
        position = np.arange(items.shape[1])
        same = items[:, :, None] == items[:, None, :]
        elsewhere = same & (position[:, None] != position)
        repeated = elsewhere.any(axis=2)
        other = np.where(repeated, elsewhere.argmax(axis=2), position)
        mixed = repeated.any(axis=1) & ~repeated.all(axis=1)
        return cls(words_of(items), other >= position, other, mixed)

    @property
    def between(self) -> np.ndarray:
        """Presentations between a word's two; -1 if it came once."""
        return np.abs(self.other - np.arange(self.word.shape[1])) - 1


def recall_by_kind(recalls: Recalls) -> xr.Dataset:
    """Probability of recall by sort of list and by spacing: `value` (subject, list, kind)."""
    shown = Presentations.of(recalls.items)
    return _by_kind(recalls.subject, shown, recalled(recalls, shown).astype(float))


def recalled(recalls: Recalls, shown: Presentations) -> np.ndarray:
    """bool[trial, position]: whether the word at this position was said."""
    position = np.arange(1, shown.word.shape[1] + 1)
    said = (recalls.recalls[:, :, None] == position).any(axis=1)
    return said | np.take_along_axis(said, shown.other, axis=1)


def independent(recalls: Recalls) -> xr.Dataset:
    """As `recall_by_kind`, had the presentations of a word been encoded independently."""
    shown = Presentations.of(recalls.items)
    once = np.where(shown.between < 0, recalled(recalls, shown), np.nan)
    chance = np.empty(once.shape)
    for who, mixed in product(recalls.subjects, (False, True)):
        rows = (recalls.subject == who) & (shown.mixed == mixed)
        chance[rows] = _mean(once[rows], axis=0)
    both = 1 - (1 - chance) * (1 - np.take_along_axis(chance, shown.other, axis=1))
    return _by_kind(recalls.subject, shown, np.where(shown.between < 0, once, both))


def _by_kind(subject: np.ndarray, shown: Presentations, values: np.ndarray) -> xr.Dataset:
    """Means of values [trial, position] over the words of each kind, within each subject."""
    people = np.unique(subject)
    means = np.full((len(people), 2, len(KINDS)), np.nan)
    for (row, who), mixed, (column, ends) in product(
        enumerate(people), (0, 1), enumerate(KINDS.values())
    ):
        low, high = ends
        of_kind = shown.first & (shown.between >= low) & (shown.between <= high)
        lists = (subject == who) & (shown.mixed == bool(mixed))
        means[row, mixed, column] = _mean(values[lists][of_kind[lists]], axis=0)
    coords = {"subject": people, "list": ["pure", "mixed"], "kind": list(KINDS)}
    return _dataset(("subject", "list", "kind"), means, coords)


def transitions(recalls: Recalls) -> xr.Dataset:
    """P(the word at a lag from either presentation comes next), after recall of a spaced word.

    A transition counts if both responses are words of the list said for the first time, and the
    word at that lag was still to be recalled; a word is as far away as its nearer presentation.

    Returns:
        `value` (subject, presentation, lag).
    """
    shown, clean = Presentations.of(recalls.items), recalls.recalls
    counted = recalls.first[:, :-1] & recalls.first[:, 1:]
    trial, output = np.nonzero(counted)
    start, end = clean[trial, output] - 1, clean[trial, output + 1] - 1
    spaced = shown.between[trial, start] >= N_BETWEEN
    trial, output, start, end = (a[spaced] for a in (trial, output, start, end))
    said = _said_before(clean, shown)[trial, output]
    made, possible = [], []
    for place, lag in product((np.minimum, np.maximum), LAGS):
        there = place(start, shown.other[trial, start]) + lag
        inside = (there >= 0) & (there < shown.word.shape[1])
        word = shown.word[trial, np.where(inside, there, 0)]
        possible.append(inside & ~said[np.arange(len(word)), word])
        made.append(possible[-1] & (word == shown.word[trial, end]))
    return _by_lag(recalls.subject, trial, np.array(made), np.array(possible))


def _said_before(responses: np.ndarray, shown: Presentations) -> np.ndarray:
    """bool[trial, output, word]: words said up to each response, itself included."""
    word = np.take_along_axis(shown.word, np.maximum(responses - 1, 0).astype(int), axis=1)
    word = np.where(responses > 0, word, -1)
    said = word[:, :, None] == np.arange(shown.word.shape[1])
    return np.logical_or.accumulate(said, axis=1)


def _by_lag(
    subject: np.ndarray, trial: np.ndarray, made: np.ndarray, possible: np.ndarray
) -> xr.Dataset:
    """Ratios of counts [presentation x lag, transition], within each subject."""
    people = np.unique(subject)
    shape = (2, len(LAGS))
    ratios = np.full((len(people), *shape), np.nan)
    for row, who in enumerate(people):
        own = subject[trial] == who
        n = possible[:, own].sum(axis=1)
        share = made[:, own].sum(axis=1) / np.where(n > 0, n, 1)
        ratios[row] = np.where(n > 0, share, np.nan).reshape(shape)
    coords = {"subject": people, "presentation": ["first", "second"], "lag": LAGS}
    return _dataset(("subject", "presentation", "lag"), ratios, coords)


def _dataset(dims: tuple[str, ...], value: np.ndarray, coords: dict[str, Any]) -> xr.Dataset:
    attrs = {"long_name": "Probability", "units": "1"}
    return xr.Dataset({"value": (dims, value, attrs)}, coords)


def _mean(values: np.ndarray, axis: int) -> Any:
    """Mean without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: measure, source, where, mean, low, high, n."""
    tables = [
        node.to_dataset().to_dataframe().reset_index().assign(measure=name)
        for name, node in tree.children.items()
    ]
    order = ["measure", "source", "list", "kind", "presentation", "lag", "mean", "low", "high", "n"]
    return pd.concat(tables)[order].dropna(subset="mean").reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Recall by spacing above, transitions from a repeated word below."""
    return spacing(tree["recall"].to_dataset(), tree["transitions"].to_dataset())


EXPERIMENT = Experiment(
    name="spacing",
    title="Spacing and repetition: people, CMR and independent encodings",
    presets={
        "quick": Config(n_starts=1, n_copies=4),
        "paper": Config(),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    people=("lohnas_kahana2014",),
    models=("cmr", "support_cmr"),
    sources=("Lohnas & Kahana (2014)", "Polyn, Norman & Kahana (2009)", "Healey & Kahana (2014)"),
    answers=(
        "Lohnas & Kahana (2014): recall by the lag between two presentations of a word and what "
        "follows such a word, in their 35 people, against independent encodings and CMR (Polyn, "
        "Norman & Kahana, 2009; Healey & Kahana, 2014)."
    ),
    agrees=(
        "Quick preset: people gain with spacing in mixed lists (.44 massed, .58 at six to eight "
        "between), and so does CMR, .62 to .70 with softmax, .52 to .60 with power-law choice; "
        "nothing about repetition is fitted. With the latter the word after the first place "
        "follows nearly as often (.23, people .27)."
    ),
    disagrees=(
        "CMR starts from too high, for massed words above all (people .44). In pure lists it shows "
        "no effect of spacing, people a small one (.60 to .65). With softmax the word after the "
        "second place follows far too often (.29, people .18), with power-law choice a little "
        "(.21). Fits are from one start."
    ),
    cost={"quick": "under a minute on 2 cores", "paper": "some minutes on 2 cores"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
