"""Many figures at once: made or checked with one progress bar, and going on when stopped.

A paper rests on `figures/`, which holds the paper preset. Figures of another preset go to a folder
of its name below (`figures/quick/`), and those with settings changed to `figures/changed/`: trying
something out never overwrites what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from cogmem.lab import figures
from cogmem.lab.cluster import chosen
from cogmem.lab.execute import Mapper
from cogmem.lab.experiment import find_experiment
from cogmem.lab.gallery import write_gallery
from cogmem.lab.progress import progress_bar, step_of
from cogmem.lab.runtime import fresh_results
from cogmem.lab.show import Run, carry_out
from cogmem.participants.reporting import Report, silent

__all__ = [
    "FIGURES",
    "Outcome",
    "check_all",
    "check_and_tell",
    "folder_of",
    "make_all",
    "make_and_tell",
]

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


def make_and_tell(
    runs: Sequence[Run],
    out: Path | None,
    workers: int,
    say: Callable[[str], None],
    *,
    anew: bool = False,
    with_gallery: bool = False,
) -> list[str]:
    """Make the figures that are not what this code makes, with a bar, and the gallery.

    Args:
        runs: what to make.
        out: folder, or None for that of each preset.
        workers: processes, each with a figure at a time; 0: this process.
        say: told of what was written, line by line.
        anew: make all, from nothing that is stored.
        with_gallery: write the page of all figures.

    Returns:
        The errors of those that failed.
    """
    old = [run for run in runs if anew or figures.outdated(run, folder_of(run, out))]
    with _results(anew), chosen(workers) as mapper, progress_bar(len(old)) as report:
        made = list(make_all(old, out, report, mapper if workers else None))
    for each in made:
        if each.paths:
            say(f"wrote {', '.join(map(str, each.paths))}")
    if len(old) < len(runs):
        say(f"{len(runs) - len(old)} kept: made by this code with these settings (see --anew)")
    if with_gallery:
        say(f"wrote {write_gallery(FIGURES) or 'no gallery: figures/README.md is another page'}")
    return [each.error for each in made if each.error]


def check_and_tell(
    runs: Sequence[Run],
    out: Path | None,
    workers: int,
    say: Callable[[str], None],
    *,
    anew: bool = False,
) -> list[figures.Check | Outcome]:
    """Check figures with a bar, telling of each as it comes; the arguments as `make_and_tell`."""
    told = []
    with _results(anew), chosen(workers) as mapper, progress_bar(len(runs)) as report:
        for each in check_all(runs, out, report, mapper if workers else None):
            told.append(each)
            say(str(each))
    return told


def _results(anew: bool) -> AbstractContextManager[None]:
    return fresh_results() if anew else nullcontext()


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
