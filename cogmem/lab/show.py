"""Carrying out experiments, for commands, scripts and notebooks alike."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import make_folder, save_figure
from cogmem.lab.axes import Axes, parse_over
from cogmem.lab.execute import (
    Mapper,
    Options,
    SweepFailed,
    Tally,
    execute,
    in_this_process,
    results_table,
    widest_labels,
)
from cogmem.lab.experiment import Experiment, Session, how_named, script_hash
from cogmem.lab.progress import Bar, progress_bar
from cogmem.lab.provenance import provenance
from cogmem.lab.results import describe_axes, open_results
from cogmem.lab.runtime import compilation_cache, results_folder, threads
from cogmem.lab.settings import Setting, override, settings
from cogmem.lab.store import Store
from cogmem.lab.sweep import Sweep
from cogmem.participants.reporting import Report
from cogmem.plots.style import house_style

__all__ = ["Run", "carry_out", "draw", "preset_sweep", "run_sweep", "sweep_path"]


@dataclass(frozen=True)
class Run:
    """An experiment under one configuration.

    Attributes:
        experiment: what to run.
        preset: which of its configurations.
        overrides: settings changed from it, as text by dotted path.
        mapper: who computes what the experiment can spread; None for this process.
        bar: shows its progress.
    """

    experiment: Experiment
    preset: str = "quick"
    overrides: Mapping[str, str] | None = None
    mapper: Mapper | None = None
    bar: Bar = progress_bar

    @property
    def config(self) -> Any:
        """The configuration.

        Raises:
            UnknownName, InvalidValue: if preset or overrides are not to be had.
        """
        return override(self.experiment.preset(self.preset), self.overrides or {})

    @property
    def command(self) -> str:
        """What repeats it."""
        changed = [f"--set {name}={text}" for name, text in (self.overrides or {}).items()]
        named = how_named(self.experiment.name)
        return " ".join(["cogmem run", named, f"--preset {self.preset}", *changed])

    @property
    def script(self) -> str:
        """What stands for the code of the experiment's script: see `script_hash`."""
        return script_hash(self.experiment.name)

    def results(self) -> Any:
        """Labelled results, computed as far as no store holds them yet. Shows its progress.

        Cells of a sweep that failed before are tried again; messages of those that fail are in the
        attribute `failed`.

        Raises:
            SweepFailed: if every cell of a sweep failed.
        """
        if self.experiment.run is None:
            return self._swept()
        with ExitStack() as stack:
            session = Session(
                lambda total: stack.enter_context(self.bar(total)),
                mapper=self.mapper,
                code={self.experiment.name: self.script},
            )
            return self.experiment.run(self.config, session)

    def _swept(self) -> xr.Dataset:
        sweep = preset_sweep(self)
        tally = run_sweep(sweep, self.command, options=Options(retry_failed=True), bar=self.bar)
        if tally.failed and not tally.done:
            raise SweepFailed(f"all {tally.failed} cells failed. The first: {tally.messages[0]}")
        return open_results(sweep_path(sweep)).assign_attrs(failed=tally.messages)


def carry_out(run: Run, folder: Path) -> tuple[Any, list[Path]]:
    """Run an experiment and write its figure.

    Args:
        run: what to run.
        folder: where the figure goes.

    Returns:
        The labelled results, and the files written.

    Raises:
        UnknownName, InvalidValue: if the configuration or the folder is not to be had.
    """
    _ = run.config  # refused before anything is begun
    make_folder(folder)
    compilation_cache()
    began = time.perf_counter()
    results = run.results()
    seconds = round(time.perf_counter() - began, 1)
    return results, draw(run, results, folder, {"command": run.command, "seconds": seconds})


def draw(run: Run, results: Any, folder: Path, how: Mapping[str, Any]) -> list[Path]:
    """Write the figure of results that are here.

    Args:
        run: what gave them.
        results: labelled results.
        folder: where the figure goes.
        how: the command, the seconds that it took, and what else its provenance should say.

    Returns:
        The files written.
    """
    experiment = run.experiment
    about = provenance(run.config) | {
        "experiment": experiment.name,
        "title": experiment.title,
        "preset": run.preset,
        "sources": list(experiment.sources),
        "script": run.script,
        "threads": threads(),
        "measured": datetime.date.today().isoformat(),
    }
    with house_style():
        figure = experiment.plot(results)
        numbers = experiment.numbers(results)
        return save_figure(
            folder, experiment.name, figure, numbers, about | dict(how), _changes(run)
        )


def _changes(run: Run) -> str:
    """What was changed, for the foot of a figure; "" if nothing. Paths are left to provenance."""
    usual = settings(run.experiment.preset(run.preset))
    now = settings(run.config)
    told = [
        f"{name} = {_in_words(now[name])} (was {_in_words(usual[name])})"
        for name in run.overrides or {}
        if now[name].value != usual[name].value and (now[name].kind is not str or now[name].choices)
    ]
    return f"Changed: {', '.join(told)}" if told else ""


def _in_words(entry: Setting) -> str:
    return f"{entry.value:g}" if entry.kind is float else str(entry.value)


def preset_sweep(run: Run, axes: Axes | None = None, repeats: int | None = None) -> Sweep:
    """The sweep of a preset, or of other axes.

    Args:
        run: experiment and configuration.
        axes: instead of the preset's.
        repeats: instead of the preset's.

    Raises:
        InvalidValue: if a setting was changed that is swept: the change would have no effect.
    """
    experiment, config = run.experiment, run.config
    if axes is None:
        axes = parse_over(experiment.over.get(run.preset, ()), config)
    _refuse_swept(run.overrides or {}, axes)
    if repeats is None:
        repeats = experiment.repeats.get(run.preset, 1)
    return Sweep(experiment, config, axes, repeats)


def _refuse_swept(overrides: Mapping[str, str], axes: Axes) -> None:
    swept = {*axes.sampled, *(axis.name for axis in axes.grid)}
    both = sorted(swept & set(overrides))
    if both:
        raise InvalidValue(
            f"{', '.join(both)} is set, and is an axis of the sweep, whose values it takes one by "
            "one; set something else, or say which values (cogmem sweep --over name=0.1,0.5)."
        )


def sweep_path(sweep: Sweep) -> Path:
    """Where the store of a sweep is if nothing else is said."""
    return results_folder() / f"{sweep.experiment.name}-{sweep.about['config_hash']}.zarr"


def run_sweep(
    sweep: Sweep,
    command: str,
    *,
    path: Path | None = None,
    mapper: Mapper = in_this_process,
    options: Options | None = None,
    bar: Bar = progress_bar,
) -> Tally:
    """Compute what the store of a sweep does not hold yet, and show the progress.

    Args:
        sweep: what is swept.
        command: what was typed, for the store to remember.
        path: of the store.
        mapper: who computes.
        options: which part, and what to do about failures.
        bar: shows the progress.

    Returns:
        How many cells are done and failed.
    """
    compilation_cache()
    how = {"command": command, "script": script_hash(sweep.experiment.name)}
    about = provenance(sweep.config) | sweep.about | how
    store = Store.open(path or sweep_path(sweep), about)
    results_table(sweep, store)
    describe_axes(sweep, widest_labels(sweep), store)
    with ExitStack() as stack:

        def begin(total: int) -> Report:
            return stack.enter_context(bar(total))

        return execute(sweep, store, begin, mapper, options or Options())
