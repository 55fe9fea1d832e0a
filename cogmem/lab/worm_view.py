"""Working memory at first hand: look at trials of WorM, and sit them.

TrialView()                                   # in a notebook: task, level, seed, frame
sitting = WormSitting("CD_Color", 12, levels={"set_size": (2, 4, 6), "retention_interval": (2,)})
SittingView(sitting)                          # frames, buttons, score
scores(sitting.table(), "set_size")           # as points beside people, see plots.own_dots
"""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import UInt8
from matplotlib.figure import Figure
from PIL import Image
from scipy.stats import binomtest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.sliders import widgets
from cogmem.tasks.worm import PHASES, SEVERAL, TASKS, Batch, make_batch, task_of
from cogmem.tasks.worm.task import Levels

__all__ = ["BUTTONS", "SittingView", "TrialView", "WormSitting", "answer_all", "scores"]

_CELLS = tuple(map(str, range(1, 10)))
BUTTONS: dict[str, tuple[str, ...]] = {
    "SC": ("not symmetric", "symmetric"),
    "SI": ("other", "same"),
    "SMU": _CELLS,
    "STS": ("up or left", "down or right"),
    "VIR": ("left", "right"),
    "VSR": _CELLS,
    "VSRec": ("left", "right"),
    **{f"CD_{k}": ("same", "changed") for k in ("Color", "Orientation", "Size", "Gap", "Conj")},
}
"""Answers to each task that can be sat, in the order of its labels; cells row by row."""

_WORDS = {"M": "memory", "R": "blank", "U": "update", "D": "distraction", "C": "cue", "P": "probe"}
_SIDE = 288
Picture = UInt8[np.ndarray, "row column 3"]


def _png(picture: Picture) -> bytes:
    """Of a frame, larger, without smoothing."""
    image, png = Image.fromarray(picture), io.BytesIO()
    image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST).save(png, "PNG")
    return png.getvalue()


class _Shown:
    """A widget where there is a kernel to serve it, a picture where there is none."""

    widget: Any
    _picture: Any

    def _still(self) -> bytes:
        return bytes(self._picture.value)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        shown = self.widget._repr_mimebundle_(**kwargs)
        still = base64.b64encode(self._still()).decode()
        return {**shown, "text/plain": f"<{type(self).__name__}>", "image/png": still}


# ---- looking -------------------------------------------------------------------------------------


class TrialView(_Shown):
    """One trial, a frame at a time; a menu of tasks, sliders for level, seed and frame.

    Attributes:
        task, level, seed, frame: controls; levels are of the task's first condition.
        widget: all of it.
    """

    def __init__(self, name: str = "SMU") -> None:
        """Begin with the first frame of a task.

        Raises:
            MissingExtra: if ipywidgets is not installed.
            UnknownName: if there is no such task.
        """
        made, task = widgets(), task_of(name)
        titles = [(f"{each.name}: {each.title}", each.name) for each in TASKS.values()]
        self.task = made.Dropdown(options=titles, value=task.name, description="task")
        self.level = made.SelectionSlider(options=_levels(name))
        self.seed = made.IntSlider(0, 0, 50, description="seed")
        self.frame = made.IntSlider(1, 1, 20, description="frame")
        self._picture, self._words = made.Image(format="png"), made.HTML()
        self.task.observe(self._other_task, names="value")
        for each in (self.level, self.seed):
            each.observe(lambda _: self._drawn(), names="value")
        self.frame.observe(lambda _: self._show(), names="value")
        controls = made.VBox([self.task, self.level, self.seed, self.frame, self._words])
        self.widget = made.HBox([self._picture, controls])
        self._drawn()

    def _other_task(self, change: Any) -> None:
        self.level.options = _levels(change["new"])
        self._drawn()

    def _drawn(self) -> None:
        """Another trial."""
        condition = next(iter(TASKS[self.task.value].levels))
        self.level.description = condition.replace("_", " ")
        levels = {condition: (self.level.value,)}
        how: Any = {"seed": self.seed.value, "levels": levels, "look": "rgb96"}
        self._batch = make_batch(self.task.value, 1, **how)
        self.frame.max = int(self._batch.length[0])
        self._show()

    def _show(self) -> None:
        at = self.frame.value - 1
        self._picture.value = _png(self._batch.frames[0, at])
        phase = _WORDS[PHASES[self._batch.phase[0, at]]]
        self._words.value = f"{phase}; {_due(self.task.value, self._batch.labels[0, at])}"


def _levels(name: str) -> tuple[int, ...]:
    return next(iter(TASKS[name].levels.values()))


def _due(name: str, label: int) -> str:
    """What is asked of a frame, in words."""
    if label == SEVERAL:
        return "right: all squares that were red"
    if label < 0:
        return "nothing is asked"
    words = BUTTONS.get(name, ())
    return f"right: {words[label]}" if label < len(words) else f"right: answer {label}"


# ---- sitting -------------------------------------------------------------------------------------


class WormSitting:
    """Trials of a task, asked one question at a time.

    Attributes:
        name: of the task.
        answers: given so far, in the order of the questions.
    """

    def __init__(
        self, name: str, n_trials: int = 12, *, seed: int = 0, levels: Levels | None = None
    ) -> None:
        """Draw trials, in an order that tells nothing of their conditions.

        Args:
            name: a task of `BUTTONS`.
            n_trials: how many.
            seed: of trials and order.
            levels: see `cogmem.tasks.worm.draw`.

        Raises:
            UnknownName: if it is no task that can be answered with buttons.
            InvalidValue: see `cogmem.tasks.worm.draw`.
        """
        if name not in BUTTONS:
            raise UnknownName("task that can be sat", name, BUTTONS)
        how: Any = {"seed": seed, "split": "test", "levels": levels, "look": "rgb96"}
        self.name, self.answers = name, list[int]()
        self._batch: Batch = make_batch(name, n_trials, **how)
        order = np.random.default_rng(seed).permutation(n_trials)
        self._questions = [(t, f) for t in order for f in np.flatnonzero(self._batch.scored[t])]

    def __len__(self) -> int:
        """Questions in all."""
        return len(self._questions)

    @property
    def done(self) -> bool:
        """Whether all questions are answered."""
        return len(self.answers) == len(self)

    def film(self) -> UInt8[np.ndarray, "frame row column 3"]:
        """Frames up to this question: of its trial, those that were not shown yet.

        Raises:
            InvalidValue: if there is no question any more.
        """
        trial, frame = self._next()
        at = len(self.answers)
        before = self._questions[at - 1] if at else (-1, -1)
        start = before[1] + 1 if before[0] == trial else 0
        return self._batch.frames[trial, start : frame + 1]

    @property
    def begins(self) -> bool:
        """Whether the present question is the first of its trial."""
        at = len(self.answers)
        return not at or (not self.done and self._questions[at - 1][0] != self._questions[at][0])

    def right_answer(self) -> int:
        """Of the present question: for scripts, and for feedback."""
        return int(self._batch.labels[self._next()])

    def conditions(self) -> dict[str, int]:
        """Of the present question."""
        return self._about(*self._next())

    def answer(self, choice: int) -> bool:
        """Answer the present question.

        Args:
            choice: index into `BUTTONS[name]`.

        Returns:
            Whether it was right.

        Raises:
            InvalidValue: if there is no such button, or no question any more.
        """
        right = choice == self.right_answer()
        if choice not in range(len(BUTTONS[self.name])):
            raise InvalidValue(
                f"answer {choice!r} to {self.name}: expected 0 to {len(BUTTONS[self.name]) - 1}, "
                f"which is {', '.join(BUTTONS[self.name])}."
            )
        self.answers.append(int(choice))
        return right

    def table(self) -> pd.DataFrame:
        """A row for each answer: `trial`, `frame`, `answer`, `right`, conditions."""
        rows = []
        for (trial, frame), answer in zip(self._questions, self.answers, strict=False):
            right = answer == int(self._batch.labels[trial, frame])
            own = {"trial": int(trial), "frame": int(frame), "answer": answer, "right": right}
            rows.append(own | self._about(trial, frame))
        return pd.DataFrame(rows, columns=None if rows else ["trial", "frame", "answer", "right"])

    def _next(self) -> tuple[int, int]:
        if self.done:
            raise InvalidValue(f"all {len(self)} questions are answered: make a new WormSitting.")
        return self._questions[len(self.answers)]

    def _about(self, trial: int, frame: int) -> dict[str, int]:
        of_trial = {name: int(values[trial]) for name, values in self._batch.conditions.items()}
        return of_trial | {k: int(values[trial, frame]) for k, values in self._batch.about.items()}


def answer_all(
    sitting: WormSitting, knows: Callable[[Mapping[str, int]], float], *, seed: int = 0
) -> WormSitting:
    """A script that answers all that is left: what it knows rightly, the rest by guesses.

    Args:
        sitting: changed in place.
        knows: probability of knowing, from the conditions of a question; 1 if larger.
        seed: of knowing and guessing.

    Returns:
        The same sitting.
    """
    rng, n = np.random.default_rng(seed), len(BUTTONS[sitting.name])
    while not sitting.done:
        known = rng.random() < knows(sitting.conditions())
        sitting.answer(sitting.right_answer() if known else int(rng.integers(n)))
    return sitting


def scores(table: pd.DataFrame, condition: str) -> xr.Dataset:
    """Proportion correct by a condition.

    Args:
        table: `right` and the condition, as of `WormSitting.table` or `frame_course.examined`.
        condition: which.

    Returns:
        `mean`, `low` and `high` (Wilson's 95 % interval, answers taken as independent) and `n`.

    Raises:
        InvalidValue: if the table does not have it.
    """
    if condition not in table:
        raise InvalidValue(
            f"no {condition!r} in the table; it has {', '.join(map(str, table.columns))}."
        )
    counts = table.groupby(condition)["right"].agg(["sum", "count"])
    tests = [binomtest(round(right), int(n)) for right, n in counts.to_numpy()]
    ends = [test.proportion_ci(method="wilson") for test in tests]
    columns = {
        "mean": [test.statistic for test in tests],
        "low": [each.low for each in ends],
        "high": [each.high for each in ends],
        "n": counts["count"].to_numpy(),
    }
    index = {condition: counts.index.to_numpy()}
    return xr.Dataset({name: (condition, values) for name, values in columns.items()}, index)


class SittingView(_Shown):
    """Frames one after the other, buttons at questions, and the score.

    Attributes:
        sitting: whose answers it takes.
        buttons: in the order of answers.
        go: begins a trial.
        widget: all of it.
    """

    def __init__(
        self,
        sitting: WormSitting,
        plot: Callable[[WormSitting], Figure] | None = None,
        *,
        pace: float = 0.7,
    ) -> None:
        """Wait for the first trial to be begun.

        Args:
            sitting: of which task.
            plot: a figure that is drawn anew after each trial.
            pace: seconds for which a frame is shown.

        Raises:
            MissingExtra: if ipywidgets is not installed.
        """
        made = widgets()
        self.sitting, self._plot, self._pace = sitting, plot, pace
        self._picture, self._words = made.Image(value=_png(_GRAY), format="png"), made.HTML()
        self._figure = made.Image(format="png", layout={"max_width": "420px"})
        self.go = made.Button(description="Begin", button_style="primary")
        self.go.on_click(lambda _: self.play())
        self.buttons = [made.Button(description=word) for word in BUTTONS[sitting.name]]
        for choice, button in enumerate(self.buttons):
            button.on_click(lambda _, choice=choice: self.press(choice))
        n_columns = 3 if len(self.buttons) == 9 else len(self.buttons)
        layout = {"grid_template_columns": f"repeat({n_columns}, 8.5em)"}
        grid = made.GridBox(self.buttons, layout=layout)
        controls = made.VBox([self._picture, grid, self.go, self._words])
        self.widget = made.HBox([controls, self._figure])
        self._wait("")

    def play(self) -> None:
        """Show frames up to the next question; at once where no kernel counts the time."""
        self.go.disabled = True
        self._enable(False)
        try:
            self._playing = asyncio.get_running_loop().create_task(self._play())
        except RuntimeError:
            self._picture.value = _png(self.sitting.film()[-1])
            self._enable(True)

    async def _play(self) -> None:
        for place, frame in enumerate(self.sitting.film()):
            await asyncio.sleep(self._pace if place else 0)
            self._picture.value = _png(frame)
        self._enable(True)

    def press(self, choice: int) -> None:
        """Answer.

        Raises:
            InvalidValue: see `WormSitting.answer`.
        """
        right = self.sitting.answer(choice)
        word = "right" if right else "wrong"
        if self.sitting.begins or self.sitting.done:
            self._wait(word)
        else:
            self._tell(word)
            self.play()

    def _wait(self, word: str) -> None:
        """Between trials."""
        self._enable(False)
        self._tell(word)
        self.go.disabled = self.sitting.done
        self.go.description = "Next trial" if self.sitting.answers else "Begin"
        if self._plot is not None:
            png = io.BytesIO()
            self._plot(self.sitting).savefig(png, format="png", dpi=120)
            self._figure.value = png.getvalue()

    def _still(self) -> bytes:
        """The figure, or the frames up to the next question."""
        if self._plot is not None or self.sitting.done:
            return bytes((self._figure if self._plot else self._picture).value)
        film = np.pad(self.sitting.film(), ((0, 0), (0, 0), (0, 8), (0, 0)), constant_values=255)
        png = io.BytesIO()
        Image.fromarray(np.concatenate(list(film), axis=1)).save(png, "PNG")
        return png.getvalue()

    def _tell(self, word: str) -> None:
        table = self.sitting.table()
        n, right = len(table), int(table["right"].sum())
        last = " All done." if self.sitting.done else ""
        self._words.value = f"<b>{word}</b> {right} of {n} right, {len(self.sitting)} in all.{last}"

    def _enable(self, on: bool) -> None:
        for button in self.buttons:
            button.disabled = not on


_GRAY = np.full((96, 96, 3), 214, np.uint8)
