"""How well do models of memory predict what people recall? One table, one figure.

Method. Each person's lists of the PEERS study (Healey & Kahana 2014; 126 people, 28 lists of 16
words, immediate free recall) are split into two halves, alternating in order of presentation. Each
participant is fitted to one half by maximum likelihood. Then it is walked through the person's own
responses to the other half, and its log-likelihood of each response, and of stopping, is summed.
The table gives the gain over the null in bits per response, the end of each list counted as one.
The null chooses at random and stops as the person does (a curve counted on the training lists).
Models are read in two ways: by their own published rule, and by the readout that all participants
share. The curves are free recall of the fitted participants, beside the same people's held-out
lists.

Run: `cogmem compare --preset quick`, or `python experiments/comparison.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PRNGKeyArray
from rich.table import Table

from cogmem import measures
from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.fit import Search, bits_per_response, split_lists
from cogmem.lab.contest import Contest, Result
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.runtime import results_folder
from cogmem.lab.settings import setting
from cogmem.participants.roster import family, roster
from cogmem.plots.comparison import comparison

MEASURES = {
    "spc": measures.spc,
    "pfr": measures.pfr,
    "lag_crp": lambda recalls: measures.lag_crp(recalls, max_lag=5),
}


@dataclass(frozen=True)
class Config:
    """What is compared, and how hard.

    Attributes:
        data: name of a data set of lists of one length.
        n_people: the first so many people; 0 for all.
        n_starts: random starts of each fit.
        n_steps: gradient steps from each start.
        n_polish: steps of the polish from the best of them, at most.
        n_copies: simulated lists per held-out list.
        block: people fitted at once.
        seed: of everything random.
    """

    data: str = "peers"
    n_people: int = setting(0, (0, 10_000), meaning="the first so many people; 0 for all")
    n_starts: int = setting(8, (1, 1000), meaning="random starts of each fit")
    n_steps: int = setting(200, (1, 100_000), meaning="gradient steps from each start")
    n_polish: int = setting(100, (0, 10_000), meaning="steps of the polish, at most")
    n_copies: int = setting(20, (1, 10_000), meaning="simulated lists per held-out list")
    block: int = setting(18, (1, 10_000), meaning="people fitted at once")
    seed: int = setting(2014, (0, 2**32 - 1), meaning="of everything random")


PRESETS = {
    "quick": Config(n_people=18, n_starts=4, n_steps=100, n_polish=0, n_copies=10),
    "paper": Config(),
}


def run(config: Config, session: Session) -> xr.DataTree:
    """Fit, score and simulate every registered participant.

    Returns:
        A tree: scores by model at the root, and a node of curves for each measure.
    """
    recalls = load(config.data)
    if config.n_people:
        recalls = recalls.select(subject=recalls.subjects[: config.n_people])
    search = Search(config.n_starts, config.n_steps, n_polish=config.n_polish)
    contest = Contest.on(
        recalls, search, n_copies=config.n_copies, block=config.block, seed=config.seed
    )
    entrants, store = roster(), session.store("comparison", config)
    report = session.begin(len(entrants) * contest.n_steps)
    with store.writing():
        results = {
            name: contest.enter(name, sitting, store, report) for name, sitting in entrants.items()
        }
    return _tree(config, split_lists(recalls)[1], contest, results)


def cell(config: Config, *, key: PRNGKeyArray) -> dict[str, np.ndarray]:
    """The scores alone, for a sweep over settings such as the number of starts.

    The key replaces the seed, so that repeats differ. What each cell fits is stored beside the
    sweep, and survives with it.
    """
    seed = int(jax.random.key_data(key)[-1])
    scores = run(replace(config, seed=seed), Session(results=results_folder() / "cells"))
    return {name: scores[name].values for name in ("gain", "rmsd")}


def labels(config: Config) -> dict[str, list[str]]:
    """Labels of the axes of the scores."""
    return {"model": list(roster()), "measure": list(MEASURES)}


def _tree(
    config: Config, held_out: Recalls, contest: Contest, results: dict[str, Result]
) -> xr.DataTree:
    sources = {"people": held_out} | {name: result.recalls for name, result in results.items()}
    curves = {name: _curves(name, sources) for name in MEASURES}
    scores = xr.merge([_gains(contest, results), _counts(results), _misfits(held_out, curves)])
    scores.attrs = {
        "dataset": held_out.attrs["title"],
        "citation": held_out.attrs["citation"],
        "n_subjects": len(contest.test),
        "n_lists": int(contest.test.n_lists.sum()),
        "preset": next((name for name, preset in PRESETS.items() if preset == config), "custom"),
    }
    return xr.DataTree.from_dict({"/": scores, **curves})


def _curves(name: str, sources: dict[str, Recalls]) -> xr.Dataset:
    """Mean and 95 % interval over people of one measure, for people and models alike."""
    each = [measures.summary(MEASURES[name](recalls)) for recalls in sources.values()]
    curves = xr.concat(each, pd.Index(list(sources), name="source"), combine_attrs="override")
    return curves.rename({dim: "x" for dim in curves["mean"].dims if dim != "source"})


def _gains(contest: Contest, results: dict[str, Result]) -> xr.Dataset:
    null, n_events = results["null"].log_score, contest.test.n_events
    gains = [bits_per_response(r.log_score, null, n_events) for r in results.values()]
    bounds = [measures.interval(gain, seed=contest.seed) for gain in gains]
    variables = {
        "gain": [gain.mean() for gain in gains],
        "gain_low": [float(bound.low) for bound in bounds],
        "gain_high": [float(bound.high) for bound in bounds],
    }
    each = xr.Variable(("model", "subject"), np.stack(gains), {"units": "bits per response"})
    models = {name: ("model", values) for name, values in variables.items()}
    coords = {"model": list(results), "subject": contest.test.subjects}
    return xr.Dataset({**models, "gain_by_subject": each}, coords)


def _counts(results: dict[str, Result]) -> xr.Dataset:
    entrants = roster()
    sitters = [entrants[name].participant for name in results]
    rules = ["own" if entrants[name].readout is None else "shared readout" for name in results]
    variables = {
        "family": [family(name) for name in results],
        "rule": rules,
        "n_fitted": [result.n_fitted for result in results.values()],
        "n_chosen": [sitter.n_chosen for sitter in sitters],
        "n_learnt": [sitter.n_learnt for sitter in sitters],
        "nll_train": [result.nll.sum() for result in results.values()],
        "seconds": [result.seconds for result in results.values()],
    }
    coords = {"model": list(results)}
    return xr.Dataset({name: ("model", v) for name, v in variables.items()}, coords)


def _misfits(held_out: Recalls, curves: dict[str, xr.Dataset]) -> xr.Dataset:
    """RMSD of each model's mean curve from people's, and how much of it noise alone would make."""
    rmsd = []
    for name in MEASURES:
        means = curves[name]["mean"]
        models = means.drop_sel(source="people").rename(source="model")
        distance = measures.rmsd(models.values, means.sel(source="people").values)
        rmsd.append(xr.DataArray(distance, {"model": models["model"]}, name="rmsd"))
    ceilings = [measures.noise_ceiling(of(held_out)["value"]).p95 for of in MEASURES.values()]
    index = pd.Index(list(MEASURES), name="measure")
    distances = xr.concat(rmsd, index).transpose("model", "measure")
    return xr.Dataset({"rmsd": distances, "ceiling": ("measure", ceilings)}, {"measure": index})


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, one per row: panel, model, x, value, low, high."""
    scores = tree.to_dataset()
    gain = pd.DataFrame(
        {
            "panel": "gain",
            "model": scores["model"].values,
            "value": scores["gain"].values,
            "low": scores["gain_low"].values,
            "high": scores["gain_high"].values,
        }
    )
    ratio = (scores["rmsd"] / scores["ceiling"]).to_dataframe("value").reset_index()
    ratio["panel"] = "rmsd over ceiling: " + ratio.pop("measure")
    return pd.concat([gain, ratio, *(_curve_rows(name, tree) for name in MEASURES)])[
        ["panel", "model", "x", "value", "low", "high"]
    ]


def table(tree: xr.DataTree) -> Table:
    """The scores for the terminal, best first."""
    scores = tree.to_dataset()
    shown = Table(
        title=f"{scores.attrs['dataset']}: {scores.attrs['n_subjects']} people, "
        f"{scores.attrs['n_lists']} held-out lists",
        caption="gain: bits per response over the null on held-out lists, mean and 95 % bootstrap "
        "interval over people. SPC, PFR, CRP: RMSD over the noise ceiling of people (1 = as close "
        "as these data can tell).",
    )
    shown.add_column("model")
    for column in ("gain", "95 %", "SPC", "PFR", "CRP", "fitted", "chosen", "learnt"):
        shown.add_column(column, justify="right", no_wrap=True)
    for name in scores.sortby("gain", ascending=False)["model"].values:
        shown.add_row(*_cells(scores.sel(model=name)))
    return shown


def _cells(one: xr.Dataset) -> list[str]:
    gain, low, high = (float(one[name]) for name in ("gain", "gain_low", "gain_high"))
    ratios = (one["rmsd"] / one["ceiling"]).sel(measure=list(MEASURES)).values
    counts = (str(int(one[name])) for name in ("n_fitted", "n_chosen", "n_learnt"))
    return [
        str(one["model"].item()),
        f"{gain:.3f}",
        f"{low:.2f}-{high:.2f}",
        *(f"{ratio:.1f}" for ratio in ratios),
        *counts,
    ]


def _curve_rows(name: str, tree: xr.DataTree) -> pd.DataFrame:
    curve = tree[name].to_dataset()[["mean", "low", "high"]]
    rows = curve.to_dataframe().reset_index().assign(panel=name)
    return rows.rename(columns={"source": "model", "mean": "value"})


EXPERIMENT = Experiment(
    name="comparison",
    title="How well do models of memory predict what people recall?",
    presets=PRESETS,
    run=run,
    cell=cell,
    outputs={"gain": ("model",), "rmsd": ("model", "measure")},
    labels=labels,
    finite=("gain",),
    vectorised=False,
    cells_at_once=1,
    plot=comparison,
    numbers=numbers,
    table=table,
    people=("peers",),
    models=("support_cmr", "tcm"),
    sources=("Healey & Kahana (2014)", "Polyn, Norman & Kahana (2009)", "Howard & Kahana (2002)"),
    answers=(
        "The free recall of 126 people of PEERS (Healey & Kahana, 2014): serial position, first "
        "recall and lag-CRP curves, which retrieved-context models (CMR, TCM) are meant to "
        "explain, and each response to held-out lists."
    ),
    agrees=(
        "On held-out lists CMR gains .59 bits per response over the null (95 % interval .54 to "
        ".65; .60 with element-wise rho) and TCM .49 (.43 to .55). CMR has primacy, recency and "
        "contiguity in one fit."
    ),
    disagrees=(
        "No model's curve is within people's noise: CMR is off by 1.7 times it in serial "
        "positions, 1.9 in first recall, 3.5 in lag-CRP; TCM lacks primacy (4.2). BDH is no "
        "better than the null (-.02). The published fits are not laid beside these."
    ),
    cost={"quick": "a minute or two on 2 cores", "paper": "ten minutes on 2 cores"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
