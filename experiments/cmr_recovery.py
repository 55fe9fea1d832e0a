"""Can CMR's parameters be found again from the lists that one person leaves?

Method. Simulated people draw each parameter of CMR (Healey & Kahana 2014, published rho) uniformly
on the unconstrained scale between the ends from which fits start. Each studies and recalls as many
lists as a person of the PEERS study, and CMR is fitted to what it recalled, as to people. A
parameter is recovered if its estimates follow the truth. Correlation, bias and root mean squared
error are on the unconstrained scale, on which fits move. Drift rates and stopping should come back;
the scale of the associations, which support, primacy and sensitivity share, should not, and the
ratios of supports are shown beside them.

Run: `cogmem run cmr_recovery`, or `cogmem run cmr_recovery --preset paper`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit import Fit, People, Search, draw_starts, fit, simulate
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.progress import Report
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.models import parameters
from cogmem.participants.roster import sitting
from cogmem.plots.recovery import recovery

RATIOS = {
    "item / shared support": ("item_support", "shared_support"),
    "primacy scale / item support": ("primacy_scale", "item_support"),
}


@dataclass(frozen=True)
class Config:
    """How many people are simulated, what they do, and how hard they are fitted."""

    n_people: int = setting(100, (2, 100_000), meaning="simulated people")
    n_lists: int = setting(28, (1, 10_000), meaning="lists per person")
    list_length: int = setting(16, (2, 200), meaning="words per list")
    n_starts: int = setting(8, (1, 1000), meaning="random starts of each fit")
    n_steps: int = setting(200, (1, 100_000), meaning="gradient steps from each start")
    n_polish: int = setting(100, (0, 10_000), meaning="steps of the polish, at most")
    block: int = setting(20, (1, 10_000), meaning="people fitted at once")
    seed: int = setting(1, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.Dataset:
    """Simulate and refit, block by block; blocks in the store are not done again.

    Returns:
        Dataset with `truth` and `estimate` (person, parameter), and `correlation`, `bias` and
        `rmse` (parameter).
    """
    entries = sitting("CMR").parameters
    store = session.store("cmr_recovery", config)
    column = Column((len(entries),), np.float32, ("parameter",))
    block = min(config.block, config.n_people)
    search = Search(config.n_starts, config.n_steps, n_polish=config.n_polish)
    with store.writing():
        columns = {"truth": column, "estimate": column}
        table = store.table("people", columns, config.n_people, block)
        done = table.done
        starts = range(0, config.n_people, block)
        report = session.begin(len(starts) * search.n_blocks)
        for start in starts:
            rows = slice(start, min(start + block, config.n_people))
            if done[rows].all():
                report(search.n_blocks, "stored")
            else:
                table.write(rows, _people(config, rows, block, search, report))
        values = table.read()
    return summarise(values["truth"], values["estimate"], list(entries))


def _people(
    config: Config, rows: slice, block: int, search: Search, report: Report
) -> dict[str, np.ndarray]:
    """Truths and estimates of some people; the last block is filled up with the last person."""
    who = np.minimum(np.arange(rows.start, rows.start + block), rows.stop - 1)
    key = jax.random.key(config.seed)
    truth = true_parameters(who, key)
    lists = recalled_by(truth, who, config, key=jax.random.fold_in(key, 1))
    found = fit(
        sitting("CMR"),
        lists,
        key=jax.random.fold_in(key, 2),
        search=search,
        progress=lambda steps: report(steps, "people"),
    )
    n_people = rows.stop - rows.start
    return {"truth": truth[:n_people], "estimate": found.raw[:n_people]}


def true_parameters(who: np.ndarray, key: PRNGKeyArray) -> np.ndarray:
    """float32[person, parameter] on the unconstrained scale; a person's depend on its number."""
    people = People(who, np.zeros((len(who), 1, 1), np.int16), np.ones((len(who), 1)), 1)
    return np.asarray(draw_starts(sitting("CMR").parameters, people, 1, key)[:, 0])


def recalled_by(truth: np.ndarray, who: np.ndarray, config: Config, *, key: PRNGKeyArray) -> People:
    """The lists that simulated people recall, laid out for fitting."""
    n = config.list_length
    nobody = People(who, np.zeros((len(who), 1, n), np.int16), np.ones((len(who), 1)), n)
    simulated = simulate(
        Fit(sitting("CMR"), nobody, truth, np.zeros(len(who))), config.n_lists, key=key
    )
    laid = simulated.recalls.reshape(len(who), config.n_lists, n)
    return People(who, laid, np.ones((len(who), config.n_lists), np.float32), n)


def summarise(truth: np.ndarray, estimate: np.ndarray, names: list[str]) -> xr.Dataset:
    """Recovery of each parameter, and of the ratios that the associations' scale leaves alone.

    Args:
        truth, estimate: [person, parameter] on the unconstrained scale.
        names: of the parameters.
    """
    shown = [_with_ratios(raw, names) for raw in (truth, estimate)]
    scaled = [
        np.column_stack([raw, np.log(s[:, len(names) :])])
        for raw, s in zip((truth, estimate), shown, strict=True)
    ]
    error = scaled[1] - scaled[0]
    per_person = {
        name: (("person", "parameter"), values)
        for name, values in zip(("truth", "estimate"), shown, strict=True)
    }
    per_parameter = {
        "correlation": ("parameter", _correlations(*scaled)),
        "bias": ("parameter", error.mean(axis=0)),
        "rmse": ("parameter", np.sqrt((error**2).mean(axis=0))),
    }
    coords = {"parameter": [*names, *RATIOS], "person": np.arange(len(truth))}
    return xr.Dataset({**per_person, **per_parameter}, coords)


def _with_ratios(raw: np.ndarray, names: list[str]) -> np.ndarray:
    """Values within bounds, and the ratios."""
    values = parameters.constrain(sitting("CMR").parameters, jnp.asarray(raw).T)
    ratios = [values[above] / values[below] for above, below in RATIOS.values()]
    return np.column_stack([np.asarray(column) for column in (*values.values(), *ratios)])


def _correlations(truth: Float[Array, "p k"], estimate: Float[Array, "p k"]) -> np.ndarray:
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(truth.T, estimate.T, strict=True)])


def numbers(results: xr.Dataset) -> pd.DataFrame:
    """Every plotted number: parameter, person, truth, estimate; and the three summaries."""
    points = results[["truth", "estimate"]].to_dataframe().reset_index()
    summary = results[["correlation", "bias", "rmse"]].to_dataframe().reset_index()
    return pd.concat([summary, points])[
        ["parameter", "correlation", "bias", "rmse", "person", "truth", "estimate"]
    ]


EXPERIMENT = Experiment(
    name="cmr_recovery",
    title="Can CMR's parameters be found again from one person's lists?",
    presets={
        "quick": Config(n_people=20, n_starts=4, n_steps=100, n_polish=30),
        "paper": Config(),
    },
    run=run,
    plot=recovery,
    numbers=numbers,
    models=("support_cmr",),
    sources=("Healey & Kahana (2014)", "Polyn, Norman & Kahana (2009)"),
    cost={"quick": "half a minute on 2 cores", "paper": "four minutes on 2 cores"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
