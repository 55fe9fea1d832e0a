"""A slider begins where its value is, and a step back undoes a step."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

pytest.importorskip("ipywidgets")

from cogmem.lab.sliders import Sliders, slider_scale
from cogmem.models import parameters
from cogmem.models.parameters import Parameter
from cogmem.participants.roster import sitting

MODELS = ["CMR", "TCM"]


class Blank(Sliders):
    """Sliders of a model, and an empty picture."""

    def picture(self, values: Mapping[str, float]) -> bytes:
        return b""


def blank(model: str) -> Blank:
    who = sitting(model)
    return Blank(who.parameters, {k: float(v) for k, v in parameters.get(who).items()})


@pytest.mark.parametrize("model", MODELS)
def test_the_first_value_is_a_whole_number_of_steps_from_the_end(model: str) -> None:
    """A browser shows the nearest step: between two of them it would show another value."""
    for name, slider in blank(model).sliders.items():
        at = math.log10(slider.value) if hasattr(slider, "base") else slider.value
        steps = (at - slider.min) / slider.step
        assert steps == pytest.approx(round(steps), abs=1e-6), name
        assert 130 < (slider.max - slider.min) / slider.step < 300, name


def test_a_value_at_either_end_leaves_the_usual_step() -> None:
    entry = Parameter(0.5, (0, 1), (0.1, 0.9), "1", "", "")
    for value in (0.0, 1.0):
        (slider,) = Blank({"x": entry}, {"x": value}).sliders.values()
        assert slider.step == pytest.approx(0.005)
        assert (slider.min, slider.max) == slider_scale(entry)[:2]


def test_the_longest_name_has_room_and_notes_begin_below_the_bars() -> None:
    sliders = blank("CMR")
    (width,) = {slider.style.description_width for slider in sliders.sliders.values()}
    assert float(width.removesuffix("em")) >= 0.55 * max(map(len, sliders.sliders))
    note = sliders.widget.children[-1].children[0].children[1]
    assert width in note.layout.margin
