"""Courses of tasks: their words, numbers below every column, and a legend off the lines."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import house_style
from cogmem.plots.worm_course import worm_course

KINDS = ["CD_Gap", "CD_Size"]


def drawn(tasks: list[str]) -> Figure:
    def values(axis: str, x: list[int]) -> xr.Dataset:
        mean = np.full((len(x), len(tasks)), 0.8)
        rows = {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "beyond": 10 * mean}
        coords = {axis: x, "task": tasks}
        found = xr.Dataset({name: ((axis, "task"), row) for name, row in rows.items()}, coords)
        return found.assign(base=("task", np.full(len(tasks), 0.5)))

    nodes = {"tasks": values("step", [1, 3, 9]), "course": values("test_step", [3, 6, 9])}
    figure = worm_course(nodes)
    with house_style():
        figure.draw_without_rendering()
    return figure


def courses(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes[1:] if ax.axison and ax.get_visible()]


@pytest.mark.parametrize("tasks", [["SC", "SFR", "SI"], ["SC", "SFR", *KINDS, "CS"]])
def test_the_lowest_panel_of_every_column_has_numbers(tasks: list[str]) -> None:
    figure = drawn(tasks)
    lowest = {round(ax.get_position().x0, 3): ax for ax in courses(figure)}
    assert len(lowest) == 3
    for ax in lowest.values():
        assert any(label.get_visible() and label.get_text() for label in ax.get_xticklabels())


def test_kinds_of_a_task_are_told_in_the_room_below() -> None:
    figure = drawn(["SC", "SFR", *KINDS, "CS"])
    (legend,) = [ax.get_legend() for ax in figure.axes[1:] if ax.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["Gap", "Size"]
    crossed = [ax for ax in courses(figure) if legend.get_window_extent().overlaps(ax.bbox)]
    assert crossed == []


def test_without_room_a_legend_has_white_ground() -> None:
    (legend,) = [ax.get_legend() for ax in drawn(["SC", "SFR", *KINDS]).axes[1:] if ax.get_legend()]
    assert legend.get_frame_on()
    assert legend.get_frame().get_alpha() == 1


def test_tasks_are_named_in_words() -> None:
    figure = drawn(["SC", "VIR", *KINDS])
    titles = [ax.get_title() for ax in courses(figure)]
    assert titles == ["coordination", "item recognition", "change detection"]
    assert figure.get_supxlabel().endswith(
        "SC: spatial coordination; VIR: visual item recognition; CD: change detection."
    )
