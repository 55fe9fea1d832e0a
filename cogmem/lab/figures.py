"""Figures on demand: made from stored results, or checked against the numbers that were kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import as_csv
from cogmem.lab.execute import SweepFailed
from cogmem.lab.provenance import commit, config_hash, versions
from cogmem.lab.runtime import threads
from cogmem.lab.show import Run
from cogmem.lab.store import Store

__all__ = [
    "Check",
    "check",
    "explain",
    "kept_provenance",
    "outdated",
    "provenance_rows",
    "tally",
    "told_of",
]


@dataclass(frozen=True)
class Check:
    """How a figure's numbers compare with those that were kept.

    Attributes:
        name: of the figure.
        difference: largest absolute difference of a number; infinite if rows or texts differ.
        tolerance: up to which it counts as unchanged, for the column that differs most.
        missing: whether no numbers were kept.
        left_out: what is not compared, as its data were not here now or when the figure was made.
        compared: whether anything was.
    """

    name: str
    difference: float
    tolerance: float
    missing: bool = False
    left_out: tuple[str, ...] = ()
    compared: bool = True

    @property
    def unchanged(self) -> bool:
        """Whether all numbers compared agree within the tolerance."""
        return not self.missing and self.difference <= self.tolerance

    @property
    def told(self) -> str:
        """What is not compared, in words."""
        return f"{self.name}: not compared, no data here: {', '.join(self.left_out)}"

    def __str__(self) -> str:
        if self.missing:
            return f"{self.name}: nothing kept to compare with"
        return f"{self.name}: max |Δ| {self.difference:.3g}, tolerance {self.tolerance:g}"


def check(run: Run, folder: Path) -> Check:
    """Compute a figure's numbers, as far as no store holds them, and compare. Writes nothing.

    What has a row that says "not here", now or in what was kept, is left out by its name in the
    first column: nothing can be said about numbers whose data are absent.

    Args:
        run: the experiment, under the configuration to check.
        folder: where the kept CSV is.

    Raises:
        SweepFailed: if cells of a sweep failed: then there is nothing to compare.
    """
    experiment = run.experiment
    kept = folder / f"{experiment.name}.csv"
    if not kept.exists():
        return Check(experiment.name, np.inf, experiment.tolerance, missing=True)
    results = run.results()
    if len(results.attrs.get("failed", ())):
        raise SweepFailed("; ".join(results.attrs["failed"]))
    now = _as_text(experiment.numbers(results))
    before = pd.read_csv(kept, dtype=str, keep_default_na=False)
    absent = _absent(now) | _absent(before)
    now, before = _without(now, absent), _without(before, absent)
    difference, tolerance = _difference(now, before, experiment.tolerance)
    return Check(
        experiment.name,
        difference,
        tolerance,
        left_out=tuple(sorted(absent)),
        compared=not (now.empty and before.empty),
    )


def tally(checks: list[Check]) -> str:
    """One line: "12 figures, 11 unchanged, 1 differs (...)"; then one for what is left out."""
    changed = [c for c in checks if not c.unchanged]
    untold = [c for c in checks if c.unchanged and not c.compared]
    unchanged = len(checks) - len(changed) - len(untold)
    told = f" ({'; '.join(str(c) for c in changed)})" if changed else ""
    verb = "differs" if len(changed) == 1 else "differ"
    plural = "figure" if len(checks) == 1 else "figures"
    first = f"{len(checks)} {plural}, {unchanged} unchanged, {len(changed)} {verb}{told}"
    first += f", {len(untold)} not compared at all" if untold else ""
    return "\n".join([first, *(c.told for c in checks if c.left_out)])


def explain(run: Run, folder: Path) -> str:
    """Why a figure would be made anew, or not, in a line."""
    why, how = outdated(run, folder), folder / f"{run.experiment.name}.json"
    if why == _NEVER:
        return f"{run.experiment.name}: {why} in {folder}"
    made = kept_provenance(how)
    about = f"{made['measured']}, commit {made['commit'][:10]}, {made['seconds']} s"
    return f"{run.experiment.name}: {why or 'made with these settings, by this code'} ({about})"


_NEVER = "was never made"
_KINDS = ("svg", "png", "csv", "json")


def outdated(run: Run, folder: Path) -> str:
    """In which way a figure is not what this code makes with these settings; "" if it is that.

    Args:
        run: experiment, preset and settings.
        folder: where the figure is.
    """
    paths = {kind: folder / f"{run.experiment.name}.{kind}" for kind in _KINDS}
    try:
        made = kept_provenance(paths["json"])
    except InvalidValue:
        return _NEVER
    lost = [f".{kind}" for kind, path in paths.items() if not path.exists()]
    if lost:
        return f"its {', '.join(lost)} is gone"
    if "not here" in paths["csv"].read_text(encoding="utf-8"):
        return "made without some of its data"
    return next((told for told, same in _reasons(run, made) if not same), "")


def _reasons(run: Run, made: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """What may have changed, in words, and whether it is the same."""
    here = commit()
    settings = f"made with other settings, preset {made.get('preset')}"
    yield settings, made.get("config_hash") == config_hash(run.config)
    yield "made with other versions", made.get("versions") == versions()
    yield "made with other threads", made.get("threads") == threads()
    yield "made by another version of its script", made.get("script") == run.script
    yield f"made by commit {str(made.get('commit'))[:10]}", made.get("commit") == here
    yield "made by code that was changed since its commit", not here.endswith("(changed)")


def _as_text(numbers: pd.DataFrame) -> pd.DataFrame:
    """As the CSV holds them."""
    return pd.read_csv(StringIO(as_csv(numbers)), dtype=str, keep_default_na=False)


def _absent(numbers: pd.DataFrame) -> set[str]:
    """Names, in the first column, of what had no data where the numbers were made."""
    return set(numbers[(numbers == "not here").any(axis=1)].iloc[:, 0])


def _without(numbers: pd.DataFrame, absent: set[str]) -> pd.DataFrame:
    return numbers[~numbers.iloc[:, 0].isin(absent)].reset_index(drop=True)


def _difference(now: pd.DataFrame, kept: pd.DataFrame, tolerance: float) -> tuple[float, float]:
    """The difference that goes furthest beyond what is allowed, and what is allowed there.

    Infinite where texts, rows or columns differ.
    """
    if list(now.columns) != list(kept.columns) or len(now) != len(kept):
        return np.inf, tolerance
    found = [(0.0, tolerance)]
    for name in now.columns:
        a, b = (pd.to_numeric(table[name], errors="coerce") for table in (now, kept))
        if not now[name][a.isna() | b.isna()].equals(kept[name][a.isna() | b.isna()]):
            return np.inf, tolerance
        found.append((float((a - b).abs().max(skipna=True) or 0), _allowed(b, tolerance)))
    return max(found, key=lambda each: each[0] / each[1] if each[1] else each[0])


def _allowed(kept: pd.Series[float], tolerance: float) -> float:
    """A tolerance that is wider than a column's numbers would let anything pass.

    Half of what the largest number is, at most; and no less than the rounding to six digits.
    """
    largest = float(kept.abs().max(skipna=True) or 0)
    return max(min(tolerance, largest / 2), 1e-5 * largest)


def told_of(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Where a figure or a stored result comes from, for the terminal.

    Args:
        path: of a store, or of any of the files of a figure.

    Returns:
        Rows of what and its value; and of a store, a line for each table on what is done.

    Raises:
        InvalidValue: if nothing is there, or it says nothing of what ran.
    """
    if path.suffix in _FILES:
        return provenance_rows(kept_provenance(path.with_suffix(".json"))), []
    held = Store.existing(path)
    lines = [
        f"{name}: " + ", ".join(f"{n} {what}" for what, n in counts.items())
        for name, counts in held.progress().items()
    ]
    return provenance_rows(dict(held.root.attrs)), lines


_FILES = (".json", ".svg", ".png", ".csv")


def kept_provenance(path: Path) -> dict[str, Any]:
    """The provenance of a figure, from the .json beside it.

    Raises:
        InvalidValue: if there is no such file, or it says nothing of what ran.
    """
    if not path.is_file():
        raise InvalidValue(
            f"there is no file {path}, looked for in {Path.cwd()}; expected the .json beside a "
            "figure, or a store of results."
        )
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidValue(f"{path} is no JSON ({error}), expected that of a figure.") from error
    if not isinstance(about, dict) or "config" not in about:
        raise InvalidValue(f"{path} does not say what ran: it is no provenance of a figure.")
    return about


def provenance_rows(about: dict[str, Any]) -> list[tuple[str, str]]:
    """What a store or a figure carries, as rows for a table."""
    flat: list[tuple[str, str]] = []
    for name, value in sorted(about.items()):
        if isinstance(value, dict):
            flat += [(f"{name}.{key}", str(inner)) for key, inner in sorted(value.items())]
        else:
            flat.append((name, str(value)))
    return flat
