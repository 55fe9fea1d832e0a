"""Can models of free recall be told apart by what they recall?

Method. Each model is fitted by maximum likelihood to each of some people of the PEERS study (Healey
& Kahana 2014; 28 lists of 16 words, immediate free recall). Simulated people are then given the
parameters of people drawn from these fits, and recall 28 lists of 16 words by themselves. Every
model is fitted to every simulated person's lists, and the one with the lowest BIC is chosen (k
parameters, n events: responses, and one end of recall per list). Where a row of the matrix leaves
its diagonal, a better fit to people says little of which model is right.

The two variants of CMR differ in how the old context is scaled when a new item comes in: as a whole
("CMR"), or element by element. The null chooses at random. It ends recall by the same rule, of two
parameters, as the others; the null of `comparison`, which counts a person's own stopping curve,
would pay for 16 numbers.

Run: `cogmem run model_recovery`, or `cogmem run model_recovery --preset paper`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.data import load
from cogmem.fit import Fit, People, Search, fit, simulated_sets
from cogmem.fit.recovery import badness, confusion
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column, Table
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout
from cogmem.participants.reporting import Report
from cogmem.participants.roster import sitting
from cogmem.participants.sitting import Sitting
from cogmem.plots.confusion import confusion_map

WORDS = {"bic": "BIC", "aic": "AIC", "held_out": "prediction of other lists"}


@dataclass(frozen=True)
class Config:
    """Whose parameters are used, how many people are simulated, and how hard all are fitted.

    Attributes:
        data: name of a data set of lists of one length.
        criterion: "bic", "aic" or "held_out", see `cogmem.fit.recovery.badness`.
    """

    data: str = "peers"
    criterion: str = "bic"
    n_people: int = setting(0, (0, 10_000), meaning="the first so many people; 0 for all")
    n_sets: int = setting(100, (1, 100_000), meaning="simulated people per model")
    n_starts: int = setting(8, (1, 1000), meaning="random starts of each fit")
    n_steps: int = setting(200, (1, 100_000), meaning="gradient steps from each start")
    n_polish: int = setting(100, (0, 10_000), meaning="steps of the polish, at most")
    block: int = setting(20, (1, 10_000), meaning="people fitted at once")
    seed: int = setting(1, (0, 2**32 - 1), meaning="of everything random")


def models() -> dict[str, Sitting]:
    """Those who make behaviour, and are chosen from."""
    null = Sitting(NullParticipant(), Readout(), frozenset(["temperature"]))
    return {name: sitting(name) for name in ("CMR", "CMR, element-wise rho", "TCM")} | {
        "null": null
    }


def run(config: Config, session: Session) -> xr.Dataset:
    """Fit people, simulate, and fit again, block by block; what is stored is not done again.

    Returns:
        Dataset with `count` and `score` (made_by, chosen), see `cogmem.fit.recovery.confusion`.
    """
    people, entrants = _people(config), models()
    search = Search(config.n_starts, config.n_steps, n_polish=config.n_polish)
    store, key = session.store("model_recovery", config), jax.random.key(config.seed)
    work = _Work(config, search, entrants, key, session.begin(_n_steps(config, people, search)))
    with store.writing():
        scores = []
        for name, one in entrants.items():
            raw, of_fit = Column((len(one.parameters),), np.float32), Column((), np.float64)
            columns = {"raw": raw, "nll": of_fit}
            table = store.table(f"fits of {name}", columns, len(people), config.block)
            found = work.fits(name, people, table)
            column = {"score": Column((len(entrants),), np.float64, ("model",))}
            table = store.table(f"made by {name}", column, config.n_sets, config.block)
            scores.append(work.scores(name, found, table))
    result = confusion(np.stack(scores), list(entrants))
    return result.assign_attrs(criterion=WORDS[config.criterion], n_people=len(people))


@dataclass(frozen=True, eq=False)
class _Work:
    """What is done to each model, block by block."""

    config: Config
    search: Search
    models: dict[str, Sitting]
    key: PRNGKeyArray
    report: Report

    def fits(self, name: str, people: People, table: Table) -> Fit:
        """The model fitted to people."""

        def block(who: np.ndarray) -> dict[str, np.ndarray]:
            found = fit(
                self.models[name],
                people[who],
                key=self.key,
                search=self.search,
                progress=lambda steps: self.report(steps, f"{name}: people"),
            )
            return {"raw": found.raw, "nll": found.nll}

        self._fill(table, len(people), block, self.search.n_blocks)
        values = table.read()
        return Fit(self.models[name], people, values["raw"], values["nll"])

    def scores(self, name: str, found: Fit, table: Table) -> np.ndarray:
        """float[candidate, set] how badly each model does on what this one made."""
        place = list(self.models).index(name)
        sets = simulated_sets(found, self.config.n_sets, key=jax.random.fold_in(self.key, place))

        def block(who: np.ndarray) -> dict[str, np.ndarray]:
            score = badness(
                self.models,
                sets[who],
                criterion=self.config.criterion,
                search=self.search,
                key=self.key,
                progress=lambda steps: self.report(steps, f"made by {name}"),
            )
            return {"score": score.T}

        steps = len(self.models) * self.search.n_blocks
        self._fill(table, self.config.n_sets, block, steps)
        return table.read()["score"].T

    def _fill(
        self,
        table: Table,
        n_rows: int,
        block: Callable[[np.ndarray], dict[str, np.ndarray]],
        n_steps: int,
    ) -> None:
        """Rows that are not done. The last block is filled up, so that one program serves all."""
        size, done = self.config.block, table.done
        for start in range(0, n_rows, size):
            rows = slice(start, min(start + size, n_rows))
            if done[rows].all():
                self.report(n_steps, "stored")
                continue
            made = block(np.minimum(np.arange(start, start + size), n_rows - 1))
            table.write(rows, {name: each[: rows.stop - start] for name, each in made.items()})


def _people(config: Config) -> People:
    people = People.of(load(config.data))
    return people[: config.n_people] if config.n_people else people


def _n_steps(config: Config, people: People, search: Search) -> int:
    n_models = len(models())
    fits, sets = (-(-n // config.block) for n in (len(people), config.n_sets))
    return n_models * search.n_blocks * (fits + n_models * sets)


def numbers(results: xr.Dataset) -> pd.DataFrame:
    """Every plotted number: made_by, chosen, count, share of the row; median lead of the true."""
    table = results["count"].to_dataframe().reset_index()
    table["share"] = table["count"] / table.groupby("made_by")["count"].transform("sum")
    lead = results["margin"].median("set").to_series()
    return table.assign(median_lead_of_true_model=table["made_by"].map(lead))


def plot(results: xr.Dataset) -> Figure:
    """The confusion matrix."""
    return confusion_map(results, results.attrs["criterion"])


EXPERIMENT = Experiment(
    name="model_recovery",
    title="Can models of free recall be told apart by what they recall?",
    presets={
        "quick": Config(n_people=8, n_sets=8, n_starts=2, n_steps=75, n_polish=20, block=8),
        "paper": Config(),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    people=("peers",),
    models=("support_cmr", "tcm"),
    sources=(
        "Howard & Kahana (2002)",
        "Polyn, Norman & Kahana (2009)",
        "Healey & Kahana (2014)",
    ),
    answers=(
        "No published figure: whether models of free recall (TCM, Howard & Kahana 2002; CMR, "
        "Polyn et al. 2009) that are fitted to people of PEERS (Healey & Kahana, 2014) can be "
        "told apart by their own recalls."
    ),
    agrees=(
        "TCM and the null are each told in all 8 of 8 simulated people, with a median lead in BIC"
        " of 35 and 17 over the next model (quick preset)."
    ),
    disagrees=(
        "CMR is not: what it recalled is given to itself in 2 of 8, to its element-wise variant "
        "in 3 and to TCM in 3; the variant is told in 5 of 8. So a better fit of one CMR says "
        "little. Eight sets of 28 lists are few, searches are short, and other models were not "
        "tried."
    ),
    cost={"quick": "a minute or two on 2 cores", "paper": "an hour on 2 cores"},
    tolerance=1.0,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
