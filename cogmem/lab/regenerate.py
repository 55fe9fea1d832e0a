"""Many figures at once: made or checked with one progress bar, and going on when stopped.

A paper rests on `figures/`, which holds the paper preset. Figures of another preset go to a folder
of its name below (`figures/quick/`), and those with settings changed to `figures/changed/`: trying
something out never overwrites what is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from cogmem.lab import figures
from cogmem.lab.execute import Mapper
from cogmem.lab.experiment import find_experiment
from cogmem.lab.progress import step_of
from cogmem.lab.provenance import commit, config_hash, versions
from cogmem.lab.show import Run, carry_out
from cogmem.participants.reporting import Report, silent

__all__ = ["FIGURES", "Outcome", "check_all", "folder_of", "is_current", "make_all"]

FIGURES = Path("figures")
_CHANGED = "changed"


class Outcome(NamedTuple):
    """What became of a figure: the files written, and the error if there was one."""

    name: str
    paths: tuple[Path, ...] = ()
    error: str = ""

    def __str__(self) -> str:
        return self.error or f"{self.name}: {', '.join(map(str, self.paths))}"


class _Job(NamedTuple):
    """A run in words, as another process is told of it."""

    name: str
    preset: str
    folder: Path


def folder_of(run: Run, out: Path | None = None) -> Path:
    """Where the figure of a run goes.

    Args:
        run: experiment, preset and settings.
        out: what the user asked for; None: by preset, below `figures/` of the current folder.
    """
    if out is not None:
        return out
    if run.overrides:
        return FIGURES / _CHANGED
    return FIGURES if run.preset == "paper" else FIGURES / run.preset


def is_current(run: Run, folder: Path) -> bool:
    """Whether a figure was made with these settings, by this very code and these versions."""
    how = folder / f"{run.experiment.name}.json"
    if not how.exists():
        return False
    made, here = json.loads(how.read_text(encoding="utf-8")), commit()
    known = here != "unknown" and not here.endswith("(changed)")
    now = {"config_hash": config_hash(run.config), "versions": versions(), "commit": here}
    return known and all(made.get(name) == value for name, value in now.items())


def make_all(
    runs: Sequence[Run], out: Path | None, report: Report, mapper: Mapper | None = None
) -> Iterator[Outcome]:
    """Make figures. One that fails is told, and the others go on.

    Args:
        runs: what to make.
        out: folder, or None for that of each preset.
        report: told of steps; a figure is one.
        mapper: who computes, a figure a job; None: this process, one after the other.

    Yields:
        What became of each figure, as it is done.
    """
    return _each(_made, runs, out, report, mapper)


def check_all(
    runs: Sequence[Run], out: Path | None, report: Report, mapper: Mapper | None = None
) -> Iterator[figures.Check | Outcome]:
    """Compare the numbers of figures with those kept; see `cogmem.lab.figures.check`.

    Args:
        runs: what to check.
        out: folder of the kept numbers, or None for that of each preset.
        report: told of steps; a figure is one.
        mapper: who computes, a figure a job; None: this process, one after the other.

    Yields:
        How each compares, or the error of one that failed.
    """
    return _each(figures.check, runs, out, report, mapper)


def _each(
    do: Callable[[Run, Path], Any],
    runs: Sequence[Run],
    out: Path | None,
    report: Report,
    mapper: Mapper | None,
) -> Iterator[Any]:
    if mapper is None:
        yield from (_step(do, run, folder_of(run, out), report) for run in runs)
        return
    jobs = [_Job(run.experiment.name, run.preset, folder_of(run, out).resolve()) for run in runs]
    for job, outcome in mapper(partial(_elsewhere, do), jobs):
        report(1, job.name)
        yield outcome


def _elsewhere(do: Callable[[Run, Path], Any], job: _Job) -> Any:
    return _step(do, Run(find_experiment(job.name), job.preset), job.folder, silent)


def _step(do: Callable[[Run, Path], Any], run: Run, folder: Path, report: Report) -> Any:
    """Do something with a run as one step of a bar; an error of it is an outcome."""
    name = run.experiment.name
    with step_of(report, name) as bar:
        try:
            return do(replace(run, bar=bar), folder)
        except Exception as error:
            return Outcome(name, error=f"{name}: {type(error).__name__}: {error}")
        finally:
            jax.clear_caches()  # programs of one figure are of no use to the next, and are large


def _made(run: Run, folder: Path) -> Outcome:
    name = run.experiment.name
    results, paths = carry_out(run, folder)
    failed = "; ".join(results.attrs.get("failed", ()))
    return Outcome(name, tuple(paths), f"{name}: {failed}" if failed else "")
