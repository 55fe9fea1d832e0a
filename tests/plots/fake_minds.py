"""A made-up table of minds, small and of the same form as that which `cogmem compare` writes."""

from __future__ import annotations

import numpy as np
import xarray as xr

PARADIGMS = {
    "free recall": ("serial position", "first recall", "lag-CRP"),
    "serial recall": ("in place", "transpositions"),
    "recognition": ("recognition",),
    "paired associates": ("paired associates",),
    "fact verification": ("fan effect",),
    "retention": ("retention",),
    "change detection": ("change detection",),
    "updating": ("updating",),
}
CURVES = {
    "serial position": ("Recalled", "Serial position", ("",), range(1, 17)),
    "first recall": ("Recalled first", "Serial position", ("",), range(1, 17)),
    "lag-CRP": ("Next recall", "Lag", ("",), range(-5, 6)),
    "in place": ("In place", "Serial position", ("",), range(1, 7)),
    "transpositions": ("Recalled", "Distance", ("",), range(-5, 6)),
    "recognition": ("Called old", "Position from the end", ("old", "new"), range(-5, 1)),
    "paired associates": ("Recalled", "Presentations of A-B", ("B", "C"), (1, 2, 3)),
    "fan effect": ("Time", "Product of fans", ("targets", "foils"), (1, 2, 3, 4, 6, 9)),
    "retention": ("In place", "Filled delay (s)", ("",), (0, 3, 18, 36, 60)),
    "change detection": ("Called same", "Objects", ("same", "changed"), range(2, 7)),
    "updating": ("Correct", "Places", ("",), range(1, 5)),
}
NO_SAMPLE = ("paired associates", "fan effect")
NAMES = (
    *("null", "CMR", "SIMPLE", "Sparsey", "HLOP", "Tensor Brain", "BDH", "GRU", "Transformer"),
    *("ACT-R", "TCM", "Hopfield network", "Predictive coding", "Dragon hatchling, wide"),
)
REASONS = (
    "no associations, only moments",
    "time without study changes nothing",
    "a classifier: it has no response for what is new",
    "objects of a display have no order",
    "nothing in it decays over time",
    "one column: no cue of one item for another without a chain, and no relations between any two",
)


def names(n_models: int) -> list[str]:
    """As many names, the null first."""
    more = [f"Model {number}" for number in range(len(NAMES), n_models)]
    return [*NAMES, *more][:n_models]


def fake_tree(n_models: int, *, own_reasons: bool = False) -> xr.DataTree:
    """Results of so many models, the null among them. About two cells of five are blank.

    Args:
        n_models: at least two.
        own_reasons: whether each blank cell has a reason of its own.
    """
    rng = np.random.default_rng(n_models)
    sits = rng.random((n_models, len(PARADIGMS))) < 0.6
    sits[0] = sits[1] = True
    root = _root(names(n_models), sits, rng, own_reasons)
    parts: dict[str, xr.Dataset] = {"/": root}
    for paradigm, curves in PARADIGMS.items():
        sitters = root["model"].values[root["sits"].sel(paradigm=paradigm).values]
        for curve in curves:
            parts[f"/curves/{curve}"] = _curve(curve, ["people", *sitters], rng)
        if paradigm != "fact verification":
            parts[f"/recovery/{paradigm}"] = _recovery(list(sitters), rng)
    return xr.DataTree.from_dict(parts)


def _root(models: list[str], sits: np.ndarray, rng: np.random.Generator, own: bool) -> xr.Dataset:
    n, shape = len(models), sits.shape
    gain = np.where(sits, rng.normal(0.3, 0.4, shape).round(3), np.nan)
    gain[0] = np.where(sits[0], 0.0, np.nan)
    gain[:, list(PARADIGMS).index("fact verification")] = np.nan
    blank = rng.choice(REASONS, shape)
    if own:
        blank = np.array([[f"reason {i}.{j}" for j in range(shape[1])] for i in range(n)])
    rank = np.r_[1.0, rng.random(n - 1).round(3)]
    people = np.where(np.arange(shape[1]) == 4, np.nan, [[0.6], [0.8]])
    both, model, row = ("model", "paradigm"), "model", ("row", "paradigm")
    variables = {
        "sits": (both, sits),
        "how": (both, np.where(sits, "as it is", blank).astype(object)),
        **_interval("gain", both, gain, 0.05),
        **_interval("people", row, people, 0.1),
        **_interval("mean_rank", model, rank, 0.06),
        "rmsd": ((model, "curve"), rng.uniform(0.02, 0.2, (n, len(CURVES)))),
        "n_fitted": (model, rng.integers(0, 13, n)),
        "n_chosen": (model, rng.integers(0, 30, n)),
        "n_learnt": (model, rng.choice([0, 51_234, 1_234_567], n)),
        "n_people": ("paradigm", rng.integers(20, 300, shape[1])),
        "why_no_bits": ("paradigm", ["mean times only" * (p == 4) for p in range(shape[1])]),
    }
    variables["people_gain"] = variables.pop("people")
    paradigm_of = [paradigm for paradigm, curves in PARADIGMS.items() for _ in curves]
    coords = {
        "model": models,
        "paradigm": list(PARADIGMS),
        "curve": list(CURVES),
        "paradigm_of": ("curve", paradigm_of),
        "row": ["other people", "same person"],
    }
    return xr.Dataset(variables, coords, {"preset": "quick", "budget": 400, "n_draws": 200})


def _interval(name: str, dims: object, middle: np.ndarray, half: float) -> dict[str, tuple]:
    return {
        name: (dims, middle),
        f"{name}_low": (dims, middle - half),
        f"{name}_high": (dims, middle + half),
    }


def _curve(name: str, sources: list[str], rng: np.random.Generator) -> xr.Dataset:
    title, x_label, lines, x = CURVES[name]
    at = np.array(list(x), float)
    slope = np.linspace(0.3, 0.7, len(at)) if name != "lag-CRP" else 0.4 / (1 + abs(at))
    shape = (len(sources), len(lines), len(at))
    mean = slope + 0.15 * np.arange(len(lines))[:, None] + rng.normal(0, 0.03, shape)
    if name == "fan effect":
        mean += 0.8
    if "lag" in name:
        mean[..., at == 0] = np.nan
    if name == "recognition":
        mean[:, 0, at == 0] = np.nan
        mean[:, 1, at != 0] = np.nan
    half = np.full(shape, 0.04)
    half[0] = np.nan if name in NO_SAMPLE else 0.06
    dims = ("source", "line", "x")
    variables = {"mean": mean, "low": mean - half, "high": mean + half}
    unit = "s" if name == "fan effect" else "proportion"
    coords = {"source": sources, "line": list(lines), "x": at}
    attrs = {"title": title, "xlabel": x_label, "unit": unit}
    return xr.Dataset({key: (dims, value) for key, value in variables.items()}, coords, attrs)


def _recovery(models: list[str], rng: np.random.Generator) -> xr.Dataset:
    right = np.diag(rng.integers(4, 9, len(models)))
    count = right + rng.integers(0, 2, right.shape)
    return xr.Dataset(
        {"count": (("made_by", "chosen"), count)}, {"made_by": models, "chosen": models}
    )
