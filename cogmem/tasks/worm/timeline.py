"""What happens frame by frame in a trial of WorM, before anything is drawn.

A trial is a row of at most 20 frames. Each frame has a phase: memory, retention (blank), update,
distraction, cue or probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Int, Int8, Int16

__all__ = [
    "NO_LABEL",
    "N_FRAMES",
    "PHASES",
    "Phase",
    "Timeline",
    "at_phase",
    "of_phases",
    "timeline",
    "unasked",
]

N_FRAMES = 20
"""Of a trial, those after its end included (Sikarwar & Zhang, 2023)."""

Phase = Literal["-", "M", "R", "U", "D", "C", "P"]
"""After the end; memory, retention, update, distraction, cue, probe."""

PHASES: tuple[str, ...] = get_args(Phase)
NO_LABEL, SEVERAL = -1, -2
"""Instead of an answer: nothing is asked; several answers are right, see the targets."""


class Timeline(NamedTuple):
    """Phases of the frames of several trials.

    Attributes:
        phase: index into `PHASES`.
        place: which one of its phase a frame is in its trial, from 0.
        length: frames before the end.
    """

    phase: Int8[np.ndarray, "trial frame"]
    place: Int8[np.ndarray, "trial frame"]
    length: Int16[np.ndarray, " trial"]

    def letters(self) -> list[str]:
        """Phases of each trial as a word, e.g. "MMMMRP"."""
        rows = zip(self.phase, self.length, strict=True)
        return ["".join(PHASES[k] for k in row[:n]) for row, n in rows]


def timeline(phases: Mapping[str, Int[np.ndarray, " trial"]]) -> Timeline:
    """Phases one after the other, each as long as it is in each trial.

    Args:
        phases: letters in order, and how many frames each has.
    """
    frames, n_trials = np.arange(N_FRAMES)[None], len(next(iter(phases.values())))
    phase, start = np.zeros((n_trials, N_FRAMES), np.int8), np.zeros(n_trials, int)
    for letter, n in phases.items():
        phase[(frames >= start[:, None]) & (frames < (start + n)[:, None])] = PHASES.index(letter)
        start = start + n
    return of_phases(phase)


def of_phases(phase: Int8[np.ndarray, "trial frame"]) -> Timeline:
    """A timeline from the phase of each frame."""
    place = np.zeros_like(phase)
    for each in range(1, len(PHASES)):
        here = phase == each
        place[here] = (here.cumsum(axis=1) - 1)[here]
    return Timeline(phase, place, (phase > 0).sum(axis=1).astype(np.int16))


def at_phase(time: Timeline, letter: str) -> Bool[np.ndarray, "trial frame"]:
    """Where the frames of a phase are."""
    return time.phase == PHASES.index(letter)


def trial_and_place(
    time: Timeline, where: Bool[np.ndarray, "trial frame"]
) -> tuple[Int[np.ndarray, " chosen"], Int[np.ndarray, " chosen"]]:
    """Of each chosen frame its trial, and the how-many-th of its phase it is, from 0."""
    return np.nonzero(where)[0], time.place[where]


def unasked(time: Timeline) -> Int16[np.ndarray, "trial frame"]:
    """Labels of trials in which nothing is asked."""
    return np.full(time.phase.shape, NO_LABEL, np.int16)
