"""Fitting a model to a data set, or to a file of one's own: what `cogmem fit` does.

People are fitted block by block into a store. A run that was stopped goes on where it was; what is
asked (model, lists, settings) names the store, so that no result is taken for another's.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PRNGKeyArray
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import catalogue, load, read_csv, read_matrices, read_psych_ds
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.fit import Fit, People, Search, fit, simulate
from cogmem.fit.criteria import CRITERIA, aic, aicc, bic, check_level
from cogmem.fit.extras import need_bayes
from cogmem.fit.laplace import laplace
from cogmem.lab.artefacts import make_folder, save_figure
from cogmem.lab.figures import kept_provenance
from cogmem.lab.fit_report import GROUP, content, summary
from cogmem.lab.provenance import config_hash, provenance
from cogmem.lab.runtime import compilation_cache, results_folder
from cogmem.lab.store import Column, Store
from cogmem.participants.reporting import Report, silent
from cogmem.participants.roster import family, minds, roster, spelt
from cogmem.participants.sitting import Sitting
from cogmem.plots.estimates import fit_figure
from cogmem.plots.style import house_style

__all__ = [
    "GROUP",
    "FitPlan",
    "Fitted",
    "draw",
    "fit_people",
    "people_of",
    "read_lists",
    "run",
    "stem",
    "summary",
    "write",
]

_ENDINGS = (".csv", ".mat", ".npz")

N_COPIES = 2
"""Simulated lists per list of a person, for the model's curves."""

Begin = Callable[[int], Report]


def _silent(total: int) -> Report:
    return silent


def _unheard(line: str) -> None:
    """For who wants no line."""


@dataclass(frozen=True)
class FitPlan:
    """All that decides the numbers of a fit; its hash names the store.

    Attributes:
        model: name in the roster.
        lists: hash of the lists fitted to, see `people_of`.
        by: "subject" or "group".
        bayes: whether intervals come from a posterior instead of the curvature of the likelihood.
        level: of the intervals.
        n_starts, n_steps, n_polish: see `Search`.
        block: people fitted at once.
        seed: of everything random.

    Raises:
        InvalidValue: if a setting is out of its range.
    """

    model: str
    lists: str
    by: str = "subject"
    bayes: bool = False
    level: float = 0.95
    n_starts: int = 8
    n_steps: int = 200
    n_polish: int = 100
    block: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        _check_by(self.by)
        check_level(self.level)
        least = {"n_starts": 1, "n_steps": 1, "n_polish": 0, "block": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                given = f"{name.removeprefix('n_')} is {getattr(self, name)}"
                raise InvalidValue(f"{given}, expected {low} or more.")

    @property
    def search(self) -> Search:
        """How hard each person is fitted."""
        return Search(self.n_starts, self.n_steps, n_polish=self.n_polish)

    @property
    def key(self) -> PRNGKeyArray:
        """Root of everything random."""
        return jax.random.key(self.seed)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model fitted to people.

    Attributes:
        plan: what was asked.
        fit: the estimates.
        table: tidy, a row per person and parameter.
    """

    plan: FitPlan
    fit: Fit
    table: pd.DataFrame


def read_lists(data: str, length: int | None = None) -> Recalls:
    """Lists to fit to.

    Args:
        data: name of a data set, or a path: a table (.csv), matrices (.mat, .npz), or a Psych-DS
            folder.
        length: keep lists of so many words.

    Raises:
        UnknownName: if it is neither a data set nor a file.
        DataNotFound: if there is no such file.
        InvalidTable: with every fault of the table.
        InvalidValue: if there are lists of several lengths and none is chosen.
    """
    recalls = _read(data)
    if length is not None:
        return recalls.select(list_length=length)
    lengths = np.unique(recalls.list_length)
    if len(lengths) > 1:
        raise InvalidValue(
            f"{data} has lists of {', '.join(map(str, lengths))} words, and positions of unlike "
            f"lists are never pooled. Choose one, e.g. --length {lengths[-1]}."
        )
    return recalls


def _read(data: str) -> Recalls:
    """A data set of that name; else a file or a folder, told by the name's ending."""
    path = Path(data)
    if not path.suffix and data in {each["name"] for each in catalogue()}:
        return load(data)
    if path.is_dir():
        return read_psych_ds(path)
    if path.suffix in (".mat", ".npz"):
        return read_matrices(path)
    if path.suffix.lower() == ".csv":
        return read_csv(path, name=path.stem)
    if path.suffix or path.exists():
        raise InvalidValue(
            f"{data} is no file that can be read: expected a name that ends in "
            f"{', '.join(_ENDINGS)}, a Psych-DS folder, or a data set (`cogmem data` lists them). "
            "Save a spreadsheet as CSV UTF-8, with commas."
        )
    return load(data)


def _entrant(name: str) -> tuple[str, Sitting]:
    """A participant of free recall with its name, however that is capitalised.

    Raises:
        UnknownName: with the nearest name.
        InvalidValue: if it does not sit free recall, or nothing about it can be fitted.
    """
    entrants = roster()
    try:
        found = spelt(name)
    except UnknownName as error:
        raise UnknownName("model", name, entrants) from error
    if found not in entrants:
        raise InvalidValue(
            f"{found} does not sit free recall: {minds()[family(found)].how('free recall')}. "
            f"Those that do: {', '.join(entrants)}."
        )
    if not entrants[found].parameters:
        raise InvalidValue(f"{found} has no free parameter: there is nothing to fit.")
    return found, entrants[found]


def people_of(recalls: Recalls, by: str) -> tuple[People, str]:
    """People to fit, and a hash of their lists.

    Args:
        recalls: lists of one length.
        by: "subject", or "group" for all lists as one person's.

    Raises:
        InvalidValue: if `by` is neither.
    """
    _check_by(by)
    if by == GROUP:
        recalls = replace(recalls, subject=np.full(len(recalls), GROUP))
    people = People.of(recalls)
    content = (people.subjects.astype(str), people.recalls, people.weight)
    parts = b"".join(np.ascontiguousarray(each).tobytes() for each in content)
    return people, hashlib.sha256(parts + bytes([people.n_items])).hexdigest()[:16]


def _check_by(by: str) -> None:
    if by not in ("subject", GROUP):
        raise InvalidValue(f"by is {by!r}, expected 'subject' or 'group'.")


def fit_people(plan: FitPlan, people: People, begin: Begin) -> Fitted:
    """Fit each person, going on from what the store holds.

    Args:
        plan: what is asked; `people_of` gives its hash of the lists.
        people: who is fitted.
        begin: called once with the number of steps to come; gives the function that reports them.
    """
    (_, sitting), about = _entrant(plan.model), provenance(plan) | {"experiment": "fit"}
    path = results_folder() / f"fit-{config_hash(plan)}.zarr"
    store, block = Store.open(path, about), min(plan.block, len(people))
    with store.writing():
        columns = _columns(len(sitting.parameters), plan.bayes)
        table = store.table("people", columns, len(people), block)
        done, starts = table.done, range(0, len(people), block)
        steps = plan.search.n_blocks + 1
        report = begin(steps * len(starts))
        for start in starts:
            rows = slice(start, min(start + block, len(people)))
            if done[rows].all():
                report(steps, "stored")
            else:
                table.write(rows, _block(plan, sitting, people, rows, block, report))
        values = table.read()
    found = Fit(sitting, people, values["raw"].astype(np.float32), values["nll"])
    return Fitted(plan, found, _tidy(plan, found, values))


def _columns(k: int, bayes: bool) -> dict[str, Column]:
    per_parameter = ["raw", "estimate", "low", "high", "held"]
    per_person = ["nll", "peaked"]
    if bayes:
        per_parameter += ["r_hat", "ess_bulk", "ess_tail"]
        per_person += ["divergences", "mixed"]
    columns = {name: Column((k,), np.float64, ("parameter",)) for name in per_parameter}
    return columns | {name: Column((), np.float64) for name in per_person}


def _block(
    plan: FitPlan, sitting: Sitting, people: People, rows: slice, block: int, report: Report
) -> dict[str, np.ndarray]:
    """Estimates of some people. The last block is filled up, so that one program serves all."""
    n_people = rows.stop - rows.start
    who = np.minimum(np.arange(rows.start, rows.start + block), rows.stop - 1)

    def progress(steps: int) -> None:
        report(steps, plan.model)

    found = fit(sitting, people[who], key=plan.key, search=plan.search, progress=progress)
    some = Fit(sitting, people[who[:n_people]], found.raw[:n_people], found.nll[:n_people])
    values = _posterior(plan, some) if plan.bayes else _curvature(plan, some)
    report(1, "intervals")
    return values


def _curvature(plan: FitPlan, found: Fit) -> dict[str, np.ndarray]:
    """Estimates improved in float64, and intervals by the curvature of the likelihood."""
    around = laplace(found, level=plan.level, key=plan.key)
    return {
        "raw": around["raw"].values,
        "estimate": around["mode"].values,
        "low": around["low"].values,
        "high": around["high"].values,
        "held": around["held"].values.astype(float),
        "nll": found.nll - around["gain"].values,
        "peaked": around["positive_definite"].values.astype(float),
    }


def _posterior(plan: FitPlan, found: Fit) -> dict[str, np.ndarray]:
    """Posterior medians and intervals, with what the chains say of themselves."""
    from cogmem.fit.bayes import posterior

    sample = posterior(found.sitting, found.people, key=plan.key)
    names = list(found.sitting.parameters)
    drawn, told = sample.intervals(plan.level).sel(parameter=names), sample.diagnostics
    chains = told.sel(parameter=names, subject=found.people.subjects)
    return _curvature(plan, found) | {
        "estimate": drawn["median"].values,
        "low": drawn["low"].values,
        "high": drawn["high"].values,
        "r_hat": chains["rhat"].values,
        "ess_bulk": chains["ess_bulk"].values,
        "ess_tail": chains["ess_tail"].values,
        "divergences": chains["divergences"].values.astype(float),
        "mixed": chains["mixed"].values.astype(float),
    }


def _tidy(plan: FitPlan, found: Fit, values: dict[str, np.ndarray]) -> pd.DataFrame:
    """A row per person and parameter."""
    entries, people = found.sitting.parameters, found.people
    n_people, k = len(people), len(entries)
    scores = {"aic": aic, "aicc": aicc, "bic": bic}
    per_person = {"nll": found.nll, "n_events": people.n_events} | {
        name: scores[name](found.nll, k, people.n_events) for name in CRITERIA
    }
    table = {
        "subject": np.repeat(people.subjects, k),
        "parameter": np.tile(list(entries), n_people),
        "meaning": np.tile([entry.meaning for entry in entries.values()], n_people),
        "unit": np.tile([entry.unit for entry in entries.values()], n_people),
        **{name: values[name].ravel() for name in ("estimate", "low", "high")},
        "interval": _kinds(plan, values).ravel(),
        "at_bound": _at_bound(found, values["estimate"]).ravel(),
        **{name: np.repeat(each, k) for name, each in per_person.items()},
    }
    if plan.bayes:
        table |= {name: values[name].ravel() for name in ("r_hat", "ess_bulk", "ess_tail")}
        table |= {name: np.repeat(values[name], k) for name in ("divergences", "mixed")}
    return pd.DataFrame(table)


def _kinds(plan: FitPlan, values: dict[str, np.ndarray]) -> np.ndarray:
    """[person, parameter] what each interval is; where there is none, why."""
    level, held = f"{plan.level:.0%}", values["held"] > 0
    whole = np.broadcast_to(values["peaked"][:, None] > 0, held.shape)
    some_held = np.broadcast_to(held.any(axis=1, keepdims=True), held.shape)
    kinds = np.where(whole, f"{level} by curvature of the likelihood", _FLAT)
    kinds = np.where(some_held & whole, f"{level} by curvature, others held at bounds", kinds)
    known = np.isfinite(values["low"])
    kinds = np.where(~whole & known, f"{level} by curvature, which others have not", kinds)
    kinds = np.where(known, kinds, np.where(held & whole, "none: at its bound", _FLAT))
    if not plan.bayes:
        return kinds
    mixed = np.broadcast_to(values["mixed"][:, None] > 0, held.shape)
    return np.where(mixed, f"{level} of the posterior", f"{level} Laplace: chains did not mix")


_FLAT = "none: the likelihood is flat here; try --bayes"


def _at_bound(found: Fit, estimates: np.ndarray) -> np.ndarray:
    entries = found.sitting.parameters.values()
    near = [entry.near_bound(estimates[:, i]) for i, entry in enumerate(entries)]
    return np.stack(near, axis=1)


def write(fitted: Fitted, recalls: Recalls, name: str, folder: Path, command: str) -> list[Path]:
    """The table of estimates, a figure of them beside people, and how they came about.

    Nothing of another fit is overwritten: then the hash of this one is added to the name.

    Args:
        fitted: what `fit_people` returns.
        recalls: the lists, for the people's curves.
        name: stem of the files.
        folder: where they go.
        command: what was typed.

    Returns:
        The files: .svg, .png, .csv and .json.
    """
    how = provenance(fitted.plan) | {
        "command": command,
        "citation": recalls.attrs.get("citation", "not stated"),
        "measured": datetime.date.today().isoformat(),
    }
    free = _not_anothers(folder, name, how["config_hash"])
    return save_figure(folder, free, draw(fitted, recalls), fitted.table, how)


def draw(fitted: Fitted, recalls: Recalls) -> Figure:
    """The model's curves beside those of the people, and each parameter with its intervals."""
    with house_style():
        return fit_figure(estimates(fitted), *curves(fitted, recalls), fitted.plan.model)


def stem(plan: FitPlan, data: str) -> str:
    """Name of the files of a fit: model, data, whose estimates they are, and of which kind."""
    kind = f"{plan.by if plan.by == GROUP else ''} {'bayes' if plan.bayes else ''}"
    return re.sub(r"[\W_]+", "_", f"{plan.model} {Path(data).stem} {kind}".lower()).strip("_")


def _not_anothers(folder: Path, name: str, about: str) -> str:
    """The name; with a mark if the files of that name are of other lists or settings: they stay."""
    how = folder / f"{name}.json"
    if not how.exists() or kept_provenance(how).get("config_hash") == about:
        return name
    return f"{name}_{about[:8]}"


def estimates(fitted: Fitted) -> xr.Dataset:
    """`estimate`, `low`, `high` (subject, parameter) and `meaning`, `unit` (parameter)."""
    people, entries = fitted.fit.people, fitted.fit.sitting.parameters
    shape = len(people), len(entries)
    variables: dict[str, Any] = {
        name: (("subject", "parameter"), fitted.table[name].to_numpy().reshape(shape))
        for name in ("estimate", "low", "high")
    }
    variables["meaning"] = ("parameter", [entry.meaning for entry in entries.values()])
    coords = {"subject": people.subjects, "parameter": list(entries)}
    return xr.Dataset(variables, coords, {"level": fitted.plan.level})


def curves(fitted: Fitted, recalls: Recalls) -> tuple[dict[str, xr.Dataset], dict[str, xr.Dataset]]:
    """SPC, PFR and lag-CRP of the people and of the fitted model's own recall."""
    n_lists = N_COPIES * int(fitted.fit.people.n_lists.max())
    model = simulate(fitted.fit, n_lists, key=fitted.plan.key)
    return _curves(recalls), _curves(model)


def _curves(recalls: Recalls) -> dict[str, xr.Dataset]:
    each = {"spc": measures.spc, "pfr": measures.pfr, "lag_crp": measures.lag_crp}
    return {name: measures.summary(measure(recalls)) for name, measure in each.items()}


def run(
    model: str,
    data: str,
    begin: Begin = _silent,
    *,
    tell: Callable[[str], object] = _unheard,
    length: int | None = None,
    out: Path | None = None,
    **settings: Any,
) -> tuple[Fitted, Recalls]:
    """Read, fit and tabulate; see `FitPlan` for the settings.

    Args:
        model: name in the roster; capitals do not matter.
        data: see `read_lists`.
        begin: see `fit_people`; nothing is reported by default.
        tell: told, before the fit, what there is to fit to, see `content`; unheard by default.
        length: keep lists of so many words.
        out: the folder that the files will go to, made before anything is computed.
        **settings: of `FitPlan`.

    Returns:
        What was found, and the lists.

    Raises:
        UnknownName, InvalidValue, DataNotFound, InvalidTable: before anything is computed.
        MissingExtra: likewise, for posteriors without their packages.
    """
    compilation_cache()
    if settings.get("bayes"):
        need_bayes()
    plan = FitPlan(_entrant(model)[0], "", **settings)
    recalls = read_lists(data, length)
    tell(content(recalls))
    people, lists = people_of(recalls, plan.by)
    if out is not None:
        make_folder(out)
    return fit_people(replace(plan, lists=lists), people, begin), recalls
