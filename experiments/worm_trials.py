"""One trial of each task of WorM, frame by frame.

Method. Ten working-memory tasks, fourteen identities with those of change detection (Sikarwar &
Zhang, 2023), are generated anew from what is known of them; a frame is the same to the pixel as the
official generators draw it. Here is one trial of each, of a short list or a small display, chosen
by the seed alone. Gray frames are blank: the questions of SC and SFR are blank, too. A trial ends
where its phases end; what would follow is left out.

Outcome. Nothing is measured: the figure shows what networks and people are asked.

Run: `cogmem run worm_trials`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.plots.film_strips import film_strips
from cogmem.tasks.worm import N_FRAMES, PHASES, SEVERAL, TASKS, make_batch
from cogmem.tasks.worm.task import Levels

SHORT: dict[str, Levels] = {
    "SC": {"list_length": (10,)},
    "SFR": {"list_length": (6,)},
    "SI": {"part_size": (3,)},
    "SMU": {"set_size": (3,), "updates_per_box": (2,)},
    "STS": {},
    "VIR": {"list_length": (4,), "retention_interval": (2,)},
    "VSR": {"list_length": (5,)},
    "VSRec": {"list_length": (5,), "difference": (6,)},
    "CS": {"variation": (1,), "n_distractors": (1,)},
}
"""Levels that are shown; of change detection four bars and two blank frames."""

CHANGES: Levels = {"set_size": (4,), "retention_interval": (2,)}
KINDS = (20, 12, 4, 2, 0)
"""First answers of complex span: nothing is asked; two kinds of recall, two of judgements."""


@dataclass(frozen=True)
class Config:
    """Which trials."""

    seed: int = setting(4, (0, 2**31 - 1), meaning="of the trials")
    size: int = setting(96, (8, 96), meaning="pixels on a side")


def run(config: Config, session: Session) -> xr.Dataset:
    """A trial of each task.

    Returns:
        See `film_strips`.
    """
    report = session.begin(len(TASKS))
    frames, phases, answers = [], [], []
    for name in TASKS:
        look = "rgb96" if config.size == 96 else "rgb32"
        batch = make_batch(name, 1, seed=config.seed, levels=SHORT.get(name, CHANGES), look=look)
        shown = batch.frames[0].copy()
        shown[batch.length[0] :] = 255
        frames.append(shown)
        phases.append([PHASES[k] if k else "" for k in batch.phase[0]])
        answers.append([_word(name, label) for label in batch.labels[0]])
        report(1, name)
    titles = [task.title for task in TASKS.values()]
    return xr.Dataset(
        {
            "frames": (("task", "frame", "row", "column", "colour"), np.stack(frames)),
            "phase": (("task", "frame"), np.array(phases)),
            "answer": (("task", "frame"), np.array(answers)),
        },
        {"task": list(TASKS), "title": ("task", titles), "frame": np.arange(N_FRAMES)},
    )


def _word(name: str, label: int) -> str:
    """The right answer as it is printed."""
    if label == SEVERAL:
        return "all red"
    if label < 0 or (name == "CS" and label == KINDS[0]):
        return ""
    first = next(k for k in KINDS if label >= k) if name == "CS" else 0
    return str(label - first)


def numbers(trials: xr.Dataset) -> pd.DataFrame:
    """Phases and answers, and the mean level of each frame."""
    table = trials[["phase", "answer"]].to_dataframe().reset_index()
    levels = trials["frames"].mean(["row", "column", "colour"]).to_series().reset_index()
    return table.assign(mean_level=levels["frames"]).drop(columns="title")


def plot(trials: xr.Dataset) -> Figure:
    """Film strips."""
    return film_strips(trials)


EXPERIMENT = Experiment(
    name="worm_trials",
    title="WorM: ten working-memory tasks, frame by frame",
    presets={"quick": Config(), "paper": Config()},
    run=run,
    plot=plot,
    numbers=numbers,
    sources=("Sikarwar & Zhang (2023)",),
    answers=(
        "The trials of WorM as the official generators draw them (Sikarwar & Zhang, 2023): ten "
        "tasks, fourteen identities with those of change detection. It shows what networks and "
        "people are asked."
    ),
    agrees="Frames are the same to the pixel as those of the official generators.",
    disagrees=(
        "Nothing is measured here. One short trial of each task, chosen by the seed alone, does "
        "not show the longest lists or the largest displays, and what would follow the last phase "
        "of a trial is left out."
    ),
    cost={"quick": "seconds", "paper": "seconds"},
    tolerance=0.0,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
