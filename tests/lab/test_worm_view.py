"""Looking at trials of WorM and sitting them: frames, questions, answers and scores."""

from __future__ import annotations

import asyncio
import base64
import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.worm_view import BUTTONS, SittingView, TrialView, WormSitting, answer_all, scores
from cogmem.plots.own_dots import own_dots
from cogmem.tasks.worm import TASKS, make_batch

FEW = {"set_size": (2, 6), "retention_interval": (1,)}


def changes(n_trials: int = 8) -> WormSitting:
    return WormSitting("CD_Color", n_trials, levels=FEW)


@pytest.mark.parametrize("name", BUTTONS)
def test_every_right_answer_has_a_button(name: str) -> None:
    """Of 8 trials; buttons are as many as answers, two where the head has one output."""
    batch = make_batch(name, 8, seed=0, look="symbolic")
    answers = batch.labels[batch.scored]
    assert answers.min() >= 0
    assert answers.max() < len(BUTTONS[name])
    if name != "STS":  # whose third answer is that a cue is no question
        assert len(BUTTONS[name]) == max(TASKS[name].n_answers, 2)


def test_questions_come_after_all_their_frames() -> None:
    """Serial recall of three: four frames to the first question, one to each of the others."""
    sitting = WormSitting("VSR", 2, levels={"list_length": (3,)})
    seen = []
    while not sitting.done:
        seen.append((len(sitting.film()), sitting.begins))
        sitting.answer(0)
    assert seen == [(4, True), (1, False), (1, False)] * 2


def test_the_film_of_a_trial_is_its_frames() -> None:
    """Pixel by pixel, with the answer that goes with them."""
    sitting = WormSitting("VIR", 1, levels={"list_length": (2,), "retention_interval": (0,)})
    how = {"split": "test", "levels": {"list_length": (2,), "retention_interval": (0,)}}
    batch = make_batch("VIR", 1, seed=0, look="rgb96", **how)
    np.testing.assert_array_equal(sitting.film(), batch.frames[0, :3])
    assert sitting.right_answer() == batch.labels[0, 2]


def test_who_knows_all_is_always_right_and_who_knows_nothing_is_at_chance() -> None:
    """Of 400 questions; guesses of two within four standard errors (.025) of a half."""
    assert answer_all(changes(), lambda trial: 1.0).table()["right"].all()
    guesses = answer_all(WormSitting("STS", 30), lambda trial: 0.0).table()["right"]
    assert abs(guesses.mean() - 0.5) < 4 * 0.5 / len(guesses) ** 0.5


def test_a_table_has_the_conditions_of_each_answer() -> None:
    sitting = answer_all(changes(), lambda trial: trial["set_size"] == 2, seed=1)
    table = sitting.table()
    assert len(table) == len(sitting) == 8
    assert sorted(table["set_size"]) == [2] * 4 + [6] * 4
    assert table.loc[table["set_size"] == 2, "right"].all()


def test_scores_are_proportions_with_wilson_intervals() -> None:
    """Of 3 in 4: Wilson (1927) gives .3006 to .9544."""
    table = pd.DataFrame({"set_size": [2] * 4 + [6], "right": [1.0, 1.0, 1.0, 0.0, 0.0]})
    found = scores(table, "set_size")
    np.testing.assert_allclose(found["mean"], [0.75, 0])
    np.testing.assert_allclose([found["low"][0], found["high"][0]], [0.3006, 0.9544], atol=1e-4)
    figure = own_dots({}, {"you": found}, x="set_size", xlabel="Set size", chance=0.5)
    assert figure.axes[0].get_legend_handles_labels()[1] == ["you"]
    with pytest.raises(InvalidValue, match="no 'delay'"):
        scores(table, "delay")


def test_what_cannot_be_sat_or_answered_is_refused() -> None:
    with pytest.raises(UnknownName, match="SFR"):
        WormSitting("SFR")
    sitting = changes(1)
    with pytest.raises(InvalidValue, match="0 to 1"):
        sitting.answer(2)
    sitting.answer(0)
    with pytest.raises(InvalidValue, match="all 1 questions"):
        sitting.answer(0)


def test_a_view_follows_its_controls() -> None:
    """Another frame, level or task is another picture; the last frame is that of the task."""
    pytest.importorskip("ipywidgets")
    view = TrialView("SMU")
    pictures = {view._picture.value}
    view.frame.value = 3
    pictures.add(view._picture.value)
    view.level.value = 5
    pictures.add(view._picture.value)
    view.task.value = "VIR"
    pictures.add(view._picture.value)
    assert len(pictures) == 4
    assert view.level.description == "list length"
    assert view.level.value == 4
    assert view.frame.max == 5
    view.task.value = "CS"
    assert view.frame.max == 18


def test_buttons_take_answers_once_all_frames_were_shown() -> None:
    """The figure is drawn anew after each trial, with one answer more."""
    pytest.importorskip("ipywidgets")
    counts = []

    def plot(sitting: WormSitting):
        counts.append(len(sitting.answers))
        return own_dots({}, {}, x="set_size", xlabel="Set size")

    async def sit(view: SittingView) -> list[bool]:
        view.go.click()
        before = [button.disabled for button in view.buttons]
        await view._playing
        after = [button.disabled for button in view.buttons]
        view.buttons[view.sitting.right_answer()].click()
        return before + after

    view = SittingView(changes(2), plot, pace=0.0)
    assert asyncio.run(sit(view)) == [True, True, False, False]
    assert view.sitting.table()["right"].all()
    assert "1 of 1 right" in view._words.value
    assert view.go.description == "Next trial"
    assert not view.go.disabled
    view.go.click()  # no kernel: at once
    view.buttons[0].click()
    assert counts == [0, 1, 2]
    assert view.go.disabled


def test_points_of_people_are_drawn_where_their_data_are() -> None:
    curve = xr.Dataset({k: ("set_size", [0.9, 0.6]) for k in ("mean", "low", "high")})
    curve = curve.assign_coords(set_size=[2, 6])
    figure = own_dots({"people": curve}, {"you": curve}, x="set_size", xlabel="Set size")
    assert figure.axes[0].get_legend_handles_labels()[1] == ["people", "you"]


def test_without_a_kernel_the_frames_of_a_question_are_shown() -> None:
    """Two of memory, a blank one, and the question: 4 x 104 pixels wide."""
    pytest.importorskip("ipywidgets")
    levels = {"list_length": (2,), "retention_interval": (1,)}
    shown = SittingView(WormSitting("VIR", 1, levels=levels))._repr_mimebundle_()
    png = base64.b64decode(shown["image/png"])
    assert Image.open(io.BytesIO(png)).size == (4 * 104, 96)
