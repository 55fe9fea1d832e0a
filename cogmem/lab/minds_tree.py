"""The table of minds as one labelled tree: scores, ranks, curves and what people foretell."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from cogmem import measures
from cogmem.fit.arena import Arena, gain_by_unit, n_events, units
from cogmem.fit.habits import ROWS, habits, learnt_apart
from cogmem.fit.paradigms import Study
from cogmem.fit.responses import best_sensitivity, scores
from cogmem.lab.minds import Found
from cogmem.measures.bootstrap import N_RESAMPLES
from cogmem.participants.roster import Mind

__all__ = ["assembled", "gains", "mean_ranks", "ranks"]

KINDS = ("headline", "refit", "unseen")

Gains = dict[str, dict[str, Float[np.ndarray, " unit"]]]
"""By paradigm and model, bits per response of every unit."""


def assembled(
    arena: Arena,
    minds: Mapping[str, Mind],
    found: Mapping[str, Found],
    about: dict[str, Any],
) -> xr.DataTree:
    """The tree of all results.

    Args:
        arena: people and their responses.
        minds: by name, the null among them.
        found: what is known of each.
        about: attributes of the root.

    Returns:
        Scores at the root along `model`, `paradigm`, `curve` and `row`; children `curves/C` with
        `mean`, `low` and `high` (source, line, x).
    """
    names, paradigms = list(minds), list(arena.studies)
    curves = {c: p for p, one in arena.paradigms.items() for c in one.curves}
    by_kind = {kind: gains(arena, found, kind) for kind in KINDS}
    drawn = {c: _curve(arena, minds, found, p, c) for c, p in curves.items()}
    misfits = {c: _misfit(drawn[c], names) for c in curves}
    ceilings = {c: _ceiling(arena, p, c) for c, p in curves.items()}
    root = xr.Dataset(
        _labels(arena, minds)
        | _interval_table(by_kind["headline"], names, arena, "gain")
        | _interval_table(by_kind["refit"], names, arena, "refit")
        | {"unseen": (("model", "paradigm"), _means(by_kind["unseen"], names, paradigms))}
        | {"pool_gain": (("model", "paradigm"), _pool_gains(arena, found, names))}
        | _people_rows(arena)
        | {"rmsd": (("model", "curve"), np.array([[misfits[c][n] for c in curves] for n in names]))}
        | {"ceiling95": ("curve", np.array([ceilings[c] for c in curves]))}
        | _ranking(arena, by_kind["headline"], misfits, names)
        | _counts(arena, minds, found),
        coords={
            "model": names,
            "paradigm": paradigms,
            "curve": list(curves),
            "row": list(ROWS),
            "paradigm_of": ("curve", list(curves.values())),
        },
        attrs=about,
    )
    for name in ("gain", "refit", "unseen", "pool_gain", "people_gain"):
        root[name].attrs["units"] = "bits per response"
    children = {f"/curves/{name}": each for name, each in drawn.items()}
    children["/parameters"] = _parameters(minds, found)
    return xr.DataTree.from_dict({"/": root, **children})


# ---- gains ---------------------------------------------------------------------------------------


def gains(arena: Arena, found: Mapping[str, Found], kind: str) -> Gains:
    """Of everyone who sits each paradigm whose responses are scored."""
    each: Gains = {}
    for name, study in arena.studies.items():
        each[name] = {}
        if study.answers is None:
            continue
        null = arena.null(name)
        for model, one in found.items():
            nats = one.nats(name, kind)
            if nats is not None:
                reading = null._replace(nats=nats)
                each[name][model] = gain_by_unit(study, reading, null)
    return each


def _means(each: Gains, names: list[str], paradigms: list[str]) -> np.ndarray:
    table = np.full((len(names), len(paradigms)), np.nan)
    for j, paradigm in enumerate(paradigms):
        for i, name in enumerate(names):
            if name in each[paradigm]:
                table[i, j] = each[paradigm][name].mean()
    return table


def _interval_table(each: Gains, names: list[str], arena: Arena, stem: str) -> dict[str, Any]:
    """Means, and 95 % bootstrap intervals over people; none where they are one group."""
    paradigms = list(arena.studies)
    n_people = [len(study.subjects) for study in arena.studies.values()]
    low, high = (np.full((len(names), len(paradigms)), np.nan) for _ in range(2))
    for j, paradigm in enumerate(paradigms):
        for i, name in enumerate(names):
            values = each[paradigm].get(name)
            if values is not None and n_people[j] > 1:
                low[i, j], high[i, j] = measures.interval(values)
    dims = ("model", "paradigm")
    tables = {"": _means(each, names, paradigms), "_low": low, "_high": high}
    return {stem + end: (dims, table) for end, table in tables.items()}


def _pool_gains(arena: Arena, found: Mapping[str, Found], names: list[str]) -> np.ndarray:
    """Over a null that chooses from the whole pool, where the pool is known."""
    table = np.full((len(names), len(arena.studies)), np.nan)
    for j, (paradigm, study) in enumerate(arena.studies.items()):
        if study.pool is None:
            continue
        for i, name in enumerate(names):
            nats = found[name].nats(paradigm, "headline")
            if nats is not None:
                table[i, j] = study.pool.gain(nats).mean()
    return table


def _people_rows(arena: Arena) -> dict[str, Any]:
    """What people's habits foretell."""
    shape = (len(ROWS), len(arena.studies))
    mean, low, high = (np.full(shape, np.nan) for _ in range(3))
    for j, (name, study) in enumerate(arena.studies.items()):
        if study.answers is None or len(study.subjects) < 2:
            continue
        places = getattr(arena.paradigms[name], "in_places", False)
        apart = learnt_apart(study.answers)
        for i, row in enumerate(ROWS):
            early = habits(apart, row, in_places=places)
            sensitivity = best_sensitivity(partial(_held_out_nats, apart, early))
            z = habits(study.answers, row, in_places=places)
            reading = arena.read(name, z, sensitivity)
            gain = gain_by_unit(study, reading, arena.null(name))
            mean[i, j], (low[i, j], high[i, j]) = gain.mean(), measures.interval(gain)
    tables = {"people_gain": mean, "people_low": low, "people_high": high}
    return {name: (("row", "paradigm"), table) for name, table in tables.items()}


def _held_out_nats(people: Any, z: Any, sensitivities: np.ndarray) -> np.ndarray:
    return np.array([float(scores(people, z, b)[1].sum()) for b in sensitivities])


# ---- curves --------------------------------------------------------------------------------------


def _curve(
    arena: Arena, minds: Mapping[str, Mind], found: Mapping[str, Found], paradigm: str, curve: str
) -> xr.Dataset:
    """Mean and 95 % interval over people, of people and of all who sit the paradigm."""
    study, about = arena.studies[paradigm], arena.paradigms[paradigm].curves[curve]
    people = (
        arena.paradigms[paradigm].people(study)[curve]["value"].transpose("subject", "line", "x")
    )
    sources = {"people": people.values}
    for name in minds:
        values = found[name].arrays.get(f"{paradigm}: curve {curve}")
        if values is not None:
            sources[name] = np.asarray(values, float)
    variables = {
        stat: (("source", "line", "x"), np.stack([_of_people(v)[k] for v in sources.values()]))
        for k, stat in enumerate(("mean", "low", "high"))
    }
    coords = {"source": list(sources), "line": people["line"].values, "x": people["x"].values}
    attrs = {"title": about.title, "xlabel": about.x, "unit": about.unit, "paradigm": paradigm}
    return xr.Dataset(variables, coords, attrs)


def _of_people(values: Float[np.ndarray, "subject line x"]) -> tuple[np.ndarray, ...]:
    """Mean and interval; no interval where there is one subject, a group."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(axis=0)
    mean = total / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    if len(values) < 2:
        nothing = np.full(mean.shape, np.nan)
        return mean, nothing, nothing
    low, high = measures.interval(values)
    return mean, low, high


def _misfit(curve: xr.Dataset, names: list[str]) -> dict[str, float]:
    """Root mean squared distance of mean curves from people's; NaN for who does not sit."""
    people = curve["mean"].sel(source="people").values.ravel()
    there = set(curve["source"].values.tolist())
    return {
        name: float(measures.rmsd(curve["mean"].sel(source=name).values.ravel(), people))
        if name in there
        else np.nan
        for name in names
    }


def _ceiling(arena: Arena, paradigm: str, curve: str) -> float:
    """RMSD that the choice of people alone makes, 95th percentile; NaN for a group."""
    values = arena.paradigms[paradigm].people(arena.studies[paradigm])[curve]["value"].values
    return measures.noise_ceiling(values).p95 if len(values) > 1 else np.nan


# ---- ranks ---------------------------------------------------------------------------------------


def ranks(values: Float[np.ndarray, model * more]) -> Float[np.ndarray, model * more]:
    """1 for the greatest along the first axis; equals share the mean of theirs; NaN has none."""
    above = (values[None] > values[:, None]).sum(axis=1)
    equal = (values[None] == values[:, None]).sum(axis=1)
    return np.where(np.isnan(values), np.nan, 1 + above + (equal - 1) / 2)


def mean_ranks(
    each: Float[np.ndarray, "model paradigm *more"],
) -> Float[np.ndarray, model * more]:
    """Mean over the paradigms that a model sits of (rank - 1) / (sitters - 1); NaN if none."""
    sitters = (~np.isnan(each)).sum(axis=0)
    scaled = (each - 1) / np.where(sitters > 1, sitters - 1, np.nan)
    known = ~np.isnan(scaled)
    n = known.sum(axis=1)
    return np.where(known, scaled, 0).sum(axis=1) / np.where(n > 0, n, np.nan)


def _ranking(
    arena: Arena,
    each: Gains,
    misfits: Mapping[str, Mapping[str, float]],
    names: list[str],
    seed: int = 0,
) -> dict[str, Any]:
    """Ranks and their mean, with intervals: people are resampled, the same for all models."""
    drawn = np.full((1 + N_RESAMPLES, len(names), len(arena.studies)), np.nan)
    for j, name in enumerate(arena.studies):
        random = np.random.default_rng([seed, zlib.crc32(name.encode())])
        values = _scores_of(each[name], arena, name, misfits, random)
        if values:
            place = [names.index(model) for model in values]
            drawn[:, place, j] = ranks(np.stack(list(values.values()))).T
    overall = mean_ranks(np.moveaxis(drawn, 0, -1))
    tables: dict[str, Any] = {"rank": (("model", "paradigm"), drawn[0])}
    tables |= {"mean_rank": ("model", overall[:, 0])}
    for end, percent in (("_low", 2.5), ("_high", 97.5)):
        at = np.percentile(drawn[1:], percent, axis=0)
        tables["rank" + end] = (("model", "paradigm"), at)
        tables["mean_rank" + end] = ("model", np.percentile(overall[:, 1:], percent, axis=1))
    return tables


def _scores_of(
    each: dict[str, np.ndarray],
    arena: Arena,
    paradigm: str,
    misfits: Mapping[str, Mapping[str, float]],
    random: np.random.Generator,
) -> dict[str, Float[np.ndarray, " resample"]]:
    """What is ranked: gains of people and of resamples of them; misfit where none is scored."""
    if arena.studies[paradigm].answers is None:
        (curve,) = arena.paradigms[paradigm].curves
        known = {model: v for model, v in misfits[curve].items() if not np.isnan(v)}
        return {model: np.full(1 + N_RESAMPLES, -value) for model, value in known.items()}
    study = arena.studies[paradigm]
    n = len(units(study))
    if len(study.subjects) == 1:  # a group: nobody to resample
        return {m: np.full(1 + N_RESAMPLES, values.mean()) for m, values in each.items()}
    weight = random.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES) / n
    weight = np.concatenate([np.full((1, n), 1 / n), weight])
    # Rounded: equal up to the last digits is equal.
    return {model: np.round(weight @ values, 9) for model, values in each.items()}


# ---- the rest ------------------------------------------------------------------------------------


def _labels(arena: Arena, minds: Mapping[str, Mind]) -> dict[str, Any]:
    """Who sits what and how; whose responses, and how many."""
    sits = [[p in arena.sits(mind) for p in arena.studies] for mind in minds.values()]
    how = [[arena.how(mind, p) for p in arena.studies] for mind in minds.values()]
    studies = list(arena.studies.values())
    return {
        "sits": (("model", "paradigm"), np.array(sits)),
        "how": (("model", "paradigm"), np.array(how)),
        "data": ("paradigm", np.array([study.title for study in studies])),
        "citation": ("paradigm", np.array([study.citation for study in studies])),
        "why_no_bits": ("paradigm", np.array([study.why_no_bits for study in studies])),
        "n_people": ("paradigm", np.array([len(study.subjects) for study in studies])),
        "n_responses": ("paradigm", _n_held_out(studies)),
    }


def _n_held_out(studies: list[Study]) -> Int[np.ndarray, " paradigm"]:
    return np.array([int(n_events(study, 1).sum()) for study in studies])


def _counts(arena: Arena, minds: Mapping[str, Mind], found: Mapping[str, Found]) -> dict[str, Any]:
    """Parameters in three columns, and what was spent.

    Fitted: those of the model, one sensitivity for each paradigm whose responses are scored, and
    slope of the line through times. What is counted on people's own lists (ends, omissions, rates
    of yes) is alike for all and not among them.
    """
    fitted = [len(mind.parameters) + len(arena.sits(mind)) for mind in minds.values()]
    fitted[list(minds).index("null")] = 0  # a sensitivity to nothing
    columns = {
        "n_fitted": np.array(fitted),
        "n_chosen": np.array([mind.n_chosen for mind in minds.values()]),
        "n_learnt": np.array([mind.n_learnt for mind in minds.values()]),
        "n_evaluations": np.array([found[name].n_evaluations for name in minds]),
        "seconds": np.array([found[name].seconds for name in minds]),
    }
    sensitivity = [
        [float(found[n].arrays.get(f"{p}: headline sensitivity", np.nan)) for p in arena.studies]
        for n in minds
    ]
    tables: dict[str, Any] = {name: ("model", column) for name, column in columns.items()}
    return tables | {"sensitivity": (("model", "paradigm"), np.array(sensitivity))}


def _parameters(minds: Mapping[str, Mind], found: Mapping[str, Found]) -> xr.Dataset:
    """Every estimate: one row for each model, aim and parameter."""
    rows = [
        (name, aim, parameter, value, *minds[name].parameters[parameter].bounds)
        for name, one in found.items()
        for aim, values in one.values.items()
        for parameter, value in values.items()
    ]
    # "mind", as "model" is an axis of the root, which children inherit.
    columns = ("mind", "aim", "parameter", "value", "bound_low", "bound_high")
    table = {
        column: ("estimate", np.array([row[i] for row in rows], str if i < 3 else float))
        for i, column in enumerate(columns)
    }
    return xr.Dataset(table)
