"""Do people recall together what they judged in the same way? CMR with and without source context.

Method. In the study of Polyn, Norman and Kahana (2009) people judge each of 24 words, by size or by
animacy, and then recall the words in any order. In *control* lists the task is one throughout; in
*shift* lists it changes between trains of two to six words. Conditional response probabilities by
lag are computed within each person for control lists and, in shift lists, for words of the task of
the word just recalled and of the other task, each out of the words of that sort that were still to
be recalled. The last panel takes trains for positions: a word one train away was judged by the
other task, a word two trains away by the same, so that clustering by task is a rise from one to
two. Bands are 95 % bootstrap intervals over people.

Two models are fitted by maximum likelihood to all lists (quick: every eighth), all people taken as
one: CMR with source context and disruption at shifts (Polyn et al. 2009), and CMR without, which
knows of no task and is nested in it. They then recall every person's lists.

Outcome. Source context and disruption (three more parameters) raise the log-likelihood of the 1,394
lists by 133 nats (fits from one start), and bring the curves of lists with shifts close to
people's; without them, words across a shift follow each other too often, and there is no rise from
one train to two.

Run: `cogmem run source_clustering`, or `cogmem run source_clustering --preset paper`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Bool, Int
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures.maximum_likelihood import maximise
from cogmem.models import parameters
from cogmem.models.cmr import CMR
from cogmem.models.source_cmr import SourceCMR
from cogmem.plots.source_clustering import source_clustering

MODELS: dict[str, CMR] = {"CMR with source context": SourceCMR(), "CMR without": CMR()}
PANELS = ("control", "same task", "other task", "trains")
MAX_LAG = 5


@dataclass(frozen=True)
class Config:
    """How much is fitted, from how many starts, and how often the models sit the lists."""

    every: int = setting(1, (1, 100), meaning="fit to every so many lists")
    n_starts: int = setting(4, (1, 1000), meaning="starts of each fit, the published values first")
    n_copies: int = setting(20, (1, 10_000), meaning="simulations of each person's list")
    seed: int = setting(2009, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.Dataset:
    """Fit both models, let them recall all lists, and measure.

    Returns:
        `mean`, `low`, `high` and `n` (source, panel, lag); the attribute `fitted` holds parameters
        and negative log-likelihoods.
    """
    people = load("polyn2009")
    tasks = tasks_of(people)
    report = session.begin(len(MODELS))
    sources, fitted = {"people": curves(people, tasks)}, {}
    for number, (name, model) in enumerate(MODELS.items()):
        best, fitted[name] = fit_pooled(model, people[:: config.every], config)
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        copies = np.tile(tasks, (config.n_copies, 1))
        sources[name] = curves(sit(best, people, config.n_copies, key=key), copies)
        report(1, name)
    each = [measures.summary(values) for values in sources.values()]
    found = xr.concat(each, pd.Index(list(sources), name="source"), combine_attrs="override")
    about = {"citation": people.attrs["citation"], "fitted": json.dumps(fitted)}
    return found.assign_attrs(about)


def fit_pooled(model: CMR, recalls: Recalls, config: Config) -> tuple[CMR, dict[str, float]]:
    """The model under which these lists are most likely; its parameters, `nll` and `n_lists`."""
    data = recalls.cleaned().recalls[None], tasks_of(recalls)[None]  # one problem
    found = maximise(
        model,
        lambda candidate, lists: likelihoods(candidate, *lists).sum(),
        data,
        fixed=("similarity_weight",),  # the words come without similarity
        n_starts=config.n_starts,
        seed=config.seed,
    )
    values = {name: float(value[0]) for name, value in found.values.items()}
    about = {"nll": -float(found.log_likelihood[0]), "n_lists": len(recalls)}
    return parameters.replace(model, values), values | about


def tasks_of(recalls: Recalls) -> Int[np.ndarray, "trial position"]:
    """The task of each word studied, numbered from 0."""
    task = recalls.by_position["task"]
    return np.unique(task, return_inverse=True)[1].reshape(task.shape)


def likelihoods(model: CMR, recalls: Array, tasks: Array) -> Array:
    """Log-likelihood of each list; only a model with source context is told the tasks."""
    n_items = tasks.shape[1]
    if not isinstance(model, SourceCMR):
        return jax.vmap(partial(model.log_likelihood, n_items=n_items))(recalls)
    return jax.vmap(lambda one, task: model.log_likelihood(one, n_items, tasks=task))(
        recalls, tasks
    )


def sit(model: CMR, people: Recalls, n_copies: int, *, key: Array) -> Recalls:
    """What the model recalls of every person's lists, each studied `n_copies` times."""
    told = isinstance(model, SourceCMR)

    def one(task: Array, key: Array) -> Array:
        return model.simulate(len(task), key=key, **({"tasks": task} if told else {}))

    keys = jax.random.split(key, (n_copies, len(people)))
    each = jax.jit(jax.vmap(jax.vmap(one), (None, 0)))(jnp.asarray(tasks_of(people)), keys)
    return Recalls.from_positions(
        np.asarray(each).reshape(-1, people.length),
        list_length=people.length,
        subject=np.tile(people.subject, n_copies),
    )


# ---- what is measured ----------------------------------------------------------------------------


def curves(recalls: Recalls, tasks: Int[np.ndarray, "trial position"]) -> xr.Dataset:
    """Conditional response probabilities: `value` (subject, panel, lag), see the module."""
    shifted = (tasks[:, 1:] != tasks[:, :-1]).any(axis=1)
    train = np.cumsum(np.pad(tasks[:, 1:] != tasks[:, :-1], ((0, 0), (1, 0))), axis=1)
    position = np.broadcast_to(np.arange(tasks.shape[1]), tasks.shape)
    kinds: list[tuple[np.ndarray, np.ndarray, Callable[[Array, Array], Array]]] = [
        (~shifted, position, np.equal),
        (shifted, position, np.equal),
        (shifted, position, np.not_equal),
        (shifted, train, lambda left, all_words: np.ones_like(all_words, bool)),
    ]
    each = [crp(recalls, rows, place, tasks, allowed) for rows, place, allowed in kinds]
    lags = np.arange(-MAX_LAG, MAX_LAG + 1)
    coords = {"subject": recalls.subjects, "panel": list(PANELS), "lag": lags}
    attrs = {"long_name": "Conditional response probability", "units": "1"}
    return xr.Dataset({"value": (tuple(coords), np.stack(each, axis=1), attrs)}, coords)


def crp(
    recalls: Recalls,
    rows: Bool[np.ndarray, " trial"],
    place: Int[np.ndarray, "trial position"],
    tasks: Int[np.ndarray, "trial position"],
    allowed: Callable[[Any, Any], Any],
) -> np.ndarray:
    """Transitions made, out of those possible, by difference in place [subject, lag].

    Args:
        recalls: the lists.
        rows: which of them count.
        place: of each word, along whatever the lag is measured.
        tasks: of each word.
        allowed: (task of the word left, tasks of all) -> which transitions count.
    """
    trial, output = np.nonzero(recalls.first[:, :-1] & recalls.first[:, 1:] & rows[:, None])
    start, end = recalls.recalls[trial, output] - 1, recalls.recalls[trial, output + 1] - 1
    position = np.arange(tasks.shape[1])
    said = np.logical_or.accumulate(recalls.recalls[:, :, None] == position + 1, axis=1)
    possible = ~said[trial, output] & allowed(tasks[trial, start][:, None], tasks[trial])
    made = possible & (position == end[:, None])
    lag = place[trial] - place[trial, start][:, None]
    who = np.searchsorted(recalls.subjects, recalls.subject)[trial]
    return _ratios(made, possible, lag, who, len(recalls.subjects))


def _ratios(
    made: np.ndarray, possible: np.ndarray, lag: np.ndarray, who: np.ndarray, n_people: int
) -> np.ndarray:
    """Made out of possible [transition, word], added up by person and lag up to MAX_LAG."""
    n_lags = 2 * MAX_LAG + 1
    near = np.abs(lag) <= MAX_LAG
    cell = who[:, None] * n_lags + lag + MAX_LAG
    actual, chances = (
        np.bincount(cell[which & near], minlength=n_people * n_lags).reshape(-1, n_lags)
        for which in (made, possible)
    )
    return np.where(chances > 0, actual / np.maximum(chances, 1), np.nan)


def numbers(results: xr.Dataset) -> pd.DataFrame:
    """Every plotted number: source, panel, lag, mean, low, high, n."""
    table = results[["mean", "low", "high", "n"]].to_dataframe().reset_index()
    return table.dropna(subset="mean").reset_index(drop=True)


def plot(results: xr.Dataset) -> Figure:
    """A panel per sort of transition."""
    return source_clustering(results)


EXPERIMENT = Experiment(
    name="source_clustering",
    title="Clustering by encoding task: people, and CMR with and without source context",
    presets={"quick": Config(every=8, n_starts=1, n_copies=5), "paper": Config()},
    run=run,
    plot=plot,
    numbers=numbers,
    people=("polyn2009",),
    models=("source_cmr", "cmr"),
    sources=("Polyn, Norman & Kahana (2009)",),
    answers=(
        "Polyn, Norman & Kahana (2009): transitions by lag and by train, within and between "
        "encoding tasks, in the lists of their 45 people, and the claim that source context with "
        "disruption at shifts accounts for them."
    ),
    agrees=(
        "Quick preset (fitted to every eighth list): the next word of the other task follows with "
        ".10, people's .13, without source context .16; of the same task with .23, .24 and .19. "
        "Fitted to all 1,394 lists from one start, three more parameters raise the log-likelihood "
        "by 133 nats."
    ),
    disagrees=(
        "People do not rise from one train away to two (.060, .056), nor does the model (.056, "
        ".049): only from three to four (.037, .045; model .035, .043). Within a task its curve is "
        "too shallow (.107 at lag 3, people .064). Times and the full fit (paper preset) are not "
        "in this figure."
    ),
    cost={
        "quick": "under a minute on 2 cores",
        "paper": "over a quarter of an hour on 2 busy cores",
    },
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
