"""Run an experiment with a progress bar and leave its figure, for commands and scripts alike."""

from __future__ import annotations

import datetime
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cogmem.lab.artefacts import save_figure
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.progress import Report, progress_bar
from cogmem.lab.provenance import provenance
from cogmem.lab.runtime import compilation_cache
from cogmem.plots.style import house_style

__all__ = ["carry_out", "main"]


def carry_out(experiment: Experiment, preset: str, folder: Path) -> tuple[Any, list[Path]]:
    """Run a preset and write its figure.

    Args:
        experiment: what to run.
        preset: which of its configurations.
        folder: where the figure goes.

    Returns:
        The labelled results, and the files written.

    Raises:
        UnknownName: if there is no such preset.
    """
    config = experiment.preset(preset)
    compilation_cache()
    began = time.perf_counter()
    with ExitStack() as stack:

        def begin(total: int) -> Report:
            return stack.enter_context(progress_bar(total))

        results = experiment.run(config, Session(begin))
    how = provenance(config) | {
        "experiment": experiment.name,
        "title": experiment.title,
        "preset": preset,
        "command": f"cogmem run {experiment.name} --preset {preset}",
        "sources": list(experiment.sources),
        "measured": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    with house_style():
        figure = experiment.plot(results)
        return results, save_figure(
            folder, experiment.name, figure, experiment.numbers(results), how
        )


def main(experiment: Experiment) -> None:
    """What `python experiments/NAME.py` does: the quick preset, into figures/."""
    _, paths = carry_out(experiment, "quick", Path("figures"))
    print("wrote", *paths)
