"""Carrying out the table of minds: whose people are here, who sits, and what is kept."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xarray as xr
from scipy.stats import kendalltau

from cogmem import measures
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.fit.arena import ALL, Arena
from cogmem.fit.mind_recovery import confusions, recovered, simulated_units
from cogmem.fit.paradigms import Study, paradigms
from cogmem.fit.simulators import Budget
from cogmem.lab.experiment import Session, find_experiment
from cogmem.lab.minds import Found, Terms, find, n_steps, stamp
from cogmem.lab.minds_tree import assembled, gains
from cogmem.lab.provenance import config_hash
from cogmem.lab.runtime import compilation_cache
from cogmem.lab.show import Run, draw
from cogmem.lab.store import Column, Store, StoreBusy
from cogmem.models.parameters import get
from cogmem.participants import conformance
from cogmem.participants.reporting import Report, silent
from cogmem.participants.roster import Mind, join, minds

__all__ = ["MEASURED", "MindsConfig", "arena_of", "draw_measured", "measured", "run_minds"]

MEASURED = Path(__file__).with_name("minds_measured.nc")
"""The tree of the paper preset, as it was measured; it comes with cogmem."""


class MindsConfig(Protocol):
    """What is read of a configuration, see `experiments/minds.py`."""

    @property
    def n_people(self) -> int:
        """The first so many people; 0 for all."""

    @property
    def n_generations(self) -> int:
        """Of each search."""

    @property
    def population(self) -> int:
        """Evaluations of each generation."""

    @property
    def n_draws(self) -> int:
        """Draws of items in each cell."""

    @property
    def n_copies(self) -> int:
        """Lists recalled per held-out list of people."""

    @property
    def unseen(self) -> bool:
        """Also fit to each paradigm alone, and to all but it."""

    @property
    def n_recovered(self) -> int:
        """People of each recovery; 0 for none."""

    @property
    def n_refits(self) -> int:
        """Generations of each refit in recovery."""

    @property
    def other_data(self) -> bool:
        """Also other data sets of a paradigm."""

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def data(self) -> str:
        """A file of one's own, or nothing."""

    @property
    def models(self) -> str:
        """Files of one's own, separated by commas."""


@dataclass(frozen=True)
class _Job:
    """The work of one process: a mind, on one choice of data sets."""

    config: MindsConfig
    path: Path
    mind: str
    data: tuple[tuple[str, str], ...]


def run_minds(config: MindsConfig, session: Session, about: dict[str, Any]) -> xr.DataTree:
    """Whatever no store holds yet, and the tree of all.

    The tree is also kept beside the store, in one file, NAME.nc.

    Args:
        config: see `MindsConfig`.
        session: where results go, who is told, and who computes.
        about: attributes of the tree.

    Raises:
        RuleBroken: if a participant of one's own does not do what all must, before anything is
            computed.
    """
    before = minds()
    everyone = _everyone(config)
    _check_joined(before, everyone)
    chosen, left_out = _data_here(config)
    store = session.store("minds", config)
    arena = arena_of(config, chosen)
    report = session.begin(_n_reports(config, arena, everyone))
    found, failed = _all_found(config, session, store, everyone, arena, chosen, report)
    everyone = {name: mind for name, mind in everyone.items() if name not in failed}
    budget = config.n_generations * config.population
    told = [f"{name} {why}" for name, why in failed.items()]
    about = about | {"budget": budget, "left_out": left_out, "failed": told}
    tree = assembled(arena, everyone, found, about)
    nodes = _recoveries(config, store, arena, everyone, found, report)
    nodes |= _other_data(config, store, arena, everyone, found, report)
    for path, node in nodes.items():
        tree[path] = xr.DataTree(node)
    _keep(tree, session.results / f"minds-{config_hash(config)}.nc")
    return tree


def measured(path: Path = MEASURED) -> xr.DataTree:
    """A tree that was kept: nothing is computed.

    Raises:
        InvalidValue: if there is no such file, or it is no such tree.
    """
    try:
        tree = xr.load_datatree(path, engine="h5netcdf")
    except (OSError, ValueError) as error:
        raise InvalidValue(f"{path} holds no table of minds ({error}).") from error
    if "gain" not in tree:
        raise InvalidValue(f"{path} holds no table of minds: it has no gain.")
    return tree


def draw_measured(results: xr.DataTree, folder: Path) -> list[Path]:
    """Write the figure of a tree that was kept; gives the files."""
    how = {"command": "cogmem compare --measured", "from": "the measured results in the package"}
    return draw(Run(find_experiment("minds"), "paper"), results, folder, how)


# ---- people --------------------------------------------------------------------------------------


def arena_of(config: MindsConfig, data: Mapping[str, str], *, n_people: int | None = None) -> Arena:
    """People of the named data sets, by paradigm; those of one's own file in their place.

    Args:
        config: how many draws, of which seed, and the file of one's own.
        data: set by paradigm.
        n_people: the first so many of each set; if None, as many as the configuration says.
    """
    known, n = paradigms(), config.n_people if n_people is None else n_people
    studies = {name: known[name].study(each, n) for name, each in data.items()}
    if config.data:
        from cogmem.fit.paradigms.own_data import read_own

        name, own = read_own(Path(config.data))
        studies[name] = own
    return Arena(studies, config.n_draws, config.seed)


def _data_here(config: MindsConfig) -> tuple[dict[str, str], list[str]]:
    """The first data set of every paradigm, and what is left out as it is not here."""
    here, left_out = {}, []
    for name, paradigm in paradigms().items():
        try:
            paradigm.study(paradigm.sets[0], 1)
        except DataNotFound as error:
            left_out.append(f"{name}: {error}")
        else:
            here[name] = paradigm.sets[0]
    return here, left_out


def _everyone(config: MindsConfig) -> dict[str, Mind]:
    for path in filter(None, config.models.split(",")):
        join(Path(path))
    return minds()


def _check_joined(before: Mapping[str, Mind], everyone: Mapping[str, Mind]) -> None:
    """Those who were not there before: a faulty one would end hours of the others' work."""
    for name, mind in everyone.items():
        if name not in before or len(mind.participants) > len(before[name].participants):
            conformance.check(mind)


# ---- minds ---------------------------------------------------------------------------------------


def _terms(config: MindsConfig) -> Terms:
    return Terms(Budget(config.n_generations, config.population), config.n_copies, config.unseen)


def _n_reports(config: MindsConfig, arena: Arena, everyone: Mapping[str, Mind]) -> int:
    steps = sum(n_steps(arena, mind, _terms(config)) for mind in everyone.values())
    if config.n_recovered:
        steps += sum(len(sitters) for sitters in _sitters(arena, everyone).values())
    if config.other_data:
        steps += len(_others(arena)) * len(everyone)
    return steps


def _all_found(
    config: MindsConfig,
    session: Session,
    store: Store,
    everyone: Mapping[str, Mind],
    arena: Arena,
    data: Mapping[str, str],
    report: Report,
) -> tuple[dict[str, Found], dict[str, str]]:
    """Each mind, by this process or by others; each holds the right to write its own part.

    Returns:
        What is known of each, and what those raised that failed.
    """
    if session.mapper is not None:
        jobs = [_Job(config, store.path, name, tuple(data.items())) for name in everyone]
        for job, n in session.mapper(_work, jobs):
            report(n, job.mind)
        # What others did is read, not told again.
        report = silent
    found: dict[str, Found] = {}
    failed: dict[str, str] = {}
    for name, mind in everyone.items():
        if not arena.sits(mind):
            found[name] = Found({}, {}, {"seconds": np.zeros(())}, 0, 0.0)
            continue
        try:
            with store.writing(_part(name)):
                found[name] = find(arena, mind, _terms(config), store, report)
        except (OSError, StoreBusy):
            raise
        except Exception as error:  # one mind's fault is no other's: a row of blanks that say so
            failed[name] = f"failed: {type(error).__name__}: {error}"
    return found, failed


def _work(job: _Job) -> int:
    """In another process: one mind into the store. Gives the number of its steps."""
    compilation_cache()
    mind = _everyone(job.config)[job.mind]
    arena = arena_of(job.config, dict(job.data))
    store = Store.open(job.path, {"config_hash": config_hash(job.config)})
    if arena.sits(mind):
        # What it raises, the process that was started will meet again, and tell.
        with store.writing(_part(job.mind)), suppress(ValueError, TypeError, ArithmeticError):
            find(arena, mind, _terms(job.config), store, silent)
    return n_steps(arena, mind, _terms(job.config))


def _part(name: str) -> str:
    return f"mind {zlib.crc32(name.encode()):08x}"


# ---- recovery ------------------------------------------------------------------------------------


def _sitters(arena: Arena, everyone: Mapping[str, Mind]) -> dict[str, dict[str, Mind]]:
    """Who sits each paradigm whose responses are scored."""
    return {
        name: {m: mind for m, mind in everyone.items() if name in arena.sits(mind)}
        for name, study in arena.studies.items()
        if study.answers is not None
    }


def _recoveries(
    config: MindsConfig,
    store: Store,
    arena: Arena,
    everyone: Mapping[str, Mind],
    found: Mapping[str, Found],
    report: Report,
) -> dict[str, xr.Dataset]:
    """By paradigm, what is stored or computed now."""
    if not config.n_recovered:
        return {}
    few = arena_of(config, _primary(arena), n_people=config.n_recovered)
    nodes = {}
    for name, sitters in _sitters(arena, everyone).items():
        fitted = {m: _fitted(mind, found[m], name) for m, mind in sitters.items()}
        nodes[f"recovery/{name}"] = _stored_recovery(config, store, few, name, fitted, report)
    return nodes


def _primary(arena: Arena) -> dict[str, str]:
    """The data sets of the headline, but for a file of one's own."""
    known = {name: paradigm.sets[0] for name, paradigm in arena.paradigms.items()}
    return {name: data for name, data in known.items() if arena.studies[name].data == data}


def _fitted(mind: Mind, found: Found, name: str) -> Mind:
    """With the parameters of its refit to a paradigm, or of the headline if there is none."""
    values = found.values.get(name, found.values.get(ALL, {}))
    return mind.with_values(dict(values)) if values else mind


def _stored_recovery(
    config: MindsConfig,
    store: Store,
    arena: Arena,
    name: str,
    sitters: dict[str, Mind],
    report: Report,
) -> xr.Dataset:
    who = "".join(f"{stamp(m, arena)} {_told(m)}" for m in sitters.values())
    n, label = len(sitters), f"recovery of {name} {zlib.crc32(who.encode()):08x}"
    n_units = simulated_units(arena.studies[name])
    columns = {"score": Column((n, n, n_units), np.float64, ("made_by", "model", "unit"))}
    table = store.table(label, columns, 1, 1)
    if not table.done.all():
        budget = Budget(config.n_refits, config.population)
        key = arena.key(name, 4)
        with store.writing(_part(label)):
            made = recovered(arena, name, sitters, budget, key=key, report=report)
            table.write(slice(0, 1), {"score": made[None]})
    else:
        report(n, f"recovery in {name}")
    return confusions(table.read()["score"][0], list(sitters))


def _told(mind: Mind) -> str:
    """The parameters of a mind, in full."""
    return repr([sorted(get(one).items()) for one in mind.participants])


# ---- other data ----------------------------------------------------------------------------------


def _others(arena: Arena) -> list[tuple[str, str]]:
    """(paradigm, data set) of the sets after the first, as far as they are here."""
    pairs = []
    for name, paradigm in arena.paradigms.items():
        for data in paradigm.sets[1:]:
            try:
                paradigm.study(data, 1)
            except DataNotFound:
                continue
            pairs.append((name, data))
    return pairs


def _other_data(
    config: MindsConfig,
    store: Store,
    arena: Arena,
    everyone: Mapping[str, Mind],
    found: Mapping[str, Found],
    report: Report,
) -> dict[str, xr.Dataset]:
    """Refits to other people in the same paradigm, and whether the order of models is the same."""
    if not config.other_data:
        return {}
    before = gains(arena, found, "refit")
    nodes: dict[str, list[xr.Dataset]] = {}
    for name, data in _others(arena):
        study = paradigms()[name].study(data, config.n_people)
        there = replace(arena, studies={name: study})
        each = _refits(config, store, there, data, everyone, report)
        nodes.setdefault(name, []).append(_beside(data, study, each, before[name]))
    # Along all models, as at the root; who does not sit a set has no number there.
    return {
        f"other_data/{name}": xr.concat(
            [each.reindex(model=list(everyone)) for each in sets], "data"
        )
        for name, sets in nodes.items()
    }


def _refits(
    config: MindsConfig,
    store: Store,
    arena: Arena,
    data: str,
    everyone: Mapping[str, Mind],
    report: Report,
) -> dict[str, np.ndarray]:
    """Bits per response of everyone who sits it, [unit], in a table of the store's own group."""
    (name,) = arena.studies
    terms = replace(_terms(config), n_copies=1, unseen=False)
    inner = Store(store.root.require_group(f"data {data}"), store.path / f"data {data}")
    each: dict[str, np.ndarray] = {}
    for model, mind in everyone.items():
        if not arena.sits(mind):
            report(1, f"{model} does not sit {data}")
            continue
        with store.writing(_part(f"{data} {model}")):
            found = find(arena, mind, terms, inner, silent)
        each |= {model: gains(arena, {model: found}, "headline")[name][model]}
        report(1, f"{model}, {data}")
    return each


def _beside(
    data: str, study: Study, each: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]
) -> xr.Dataset:
    names = list(each)
    mean = [values.mean() for values in each.values()]
    bounds = [measures.interval(values) for values in each.values()]
    both = [name for name in names if name in before]
    first = [before[name].mean() for name in both]
    tau = kendalltau(first, [each[name].mean() for name in both]).statistic
    variables: dict[str, Any] = {
        "gain": (("data", "model"), np.array([mean])),
        "low": (("data", "model"), np.array([[float(b.low) for b in bounds]])),
        "high": (("data", "model"), np.array([[float(b.high) for b in bounds]])),
        "tau": ("data", np.array([tau])),
        "title": ("data", np.array([study.title])),
    }
    return xr.Dataset(variables, {"data": [data], "model": names})


def _keep(tree: xr.DataTree, path: Path) -> None:
    """The tree on disk, in one step; written anew, as it is made of what the store holds."""
    new = path.with_suffix(".part")
    tree.to_netcdf(new, engine="h5netcdf")
    new.replace(path)
