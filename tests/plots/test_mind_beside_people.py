"""The figure shows people and the model asked for, in every paradigm that it sits."""

from __future__ import annotations

import pytest

from cogmem.errors import UnknownName
from cogmem.lab.minds_run import measured
from cogmem.plots.mind_beside_people import mind_beside_people


def test_every_paradigm_that_a_model_sits_has_a_panel_with_people_in_it() -> None:
    tree = measured()
    sat = tree["sits"].sel(model="Sparsey")
    panels = [ax for ax in mind_beside_people(tree, "Sparsey").axes if ax.axison]
    assert {ax.get_title().split(":")[0].lower() for ax in panels} == set(
        sat["paradigm"].values[sat.values]
    )
    for ax in panels:
        told = [label.split(",")[0] for label in ax.get_legend_handles_labels()[1]]
        assert set(told) == {"people", "Sparsey"}
        assert ax.get_xlabel()
        assert ax.get_ylabel()


def test_lines_are_the_means_of_the_tree() -> None:
    tree = measured()
    (ax,) = mind_beside_people(tree, "HLOP").axes
    known = tree["curves/paired associates/mean"].sel(source="HLOP", line="B").dropna("x")
    (line,) = [line for line in ax.get_lines() if line.get_label() == "HLOP, B"]
    assert line.get_ydata().tolist() == known.values.tolist()


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match="Sparsey"):
        mind_beside_people(measured(), "Sparsy")
