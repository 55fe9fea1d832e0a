"""Published beside measured: which numbers are compared, and how differences are taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Experiment, Session, find_experiment

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("published_effects")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def seen() -> xr.DataArray:
    """Proportions as scene_perception leaves them, of three worlds."""
    scenes = find_experiment("scene_perception").run.__globals__
    axes = {
        "seed": [0, 1, 2],
        "condition": list(scenes["FEW"]),
        "way": list(scenes["WAYS"]),
        "split": list(scenes["TESTS"]),
        "measure": list(scenes["MEASURES"]),
    }
    return xr.DataArray(RNG.uniform(size=[len(labels) for labels in axes.values()]), axes)


@pytest.fixture(scope="module")
def recalled(names) -> xr.DataArray:
    axes = {"seed": [0, 1, 2], "source": list(names["SOURCES"]), "measure": ["predicate @1"]}
    return xr.DataArray([[[0.5], [0.25]], [[0.5], [0.5]], [[0.25], [0.5]]], axes)


def test_published_differences_and_what_of_them_was_read(names) -> None:
    """Tables 1 of 2020 and the secondary numbers of 2023, in points."""
    found = {}
    for effect in names["EFFECTS"]:
        found.setdefault(effect.name, []).append(names["published_of"](effect))
    assert found["context: predicate"] == [(pytest.approx(93.32 - 77.19), True)]
    assert found["context and feedback: predicate"] == [(pytest.approx(46.84 - 31.68), False)]
    assert found["memory: hidden danger"] == [(pytest.approx(98.24 - 52.01), False)]
    assert found["memory: predicate seen"] == [(pytest.approx(93.17 - 93.32), True)]
    new, old = found["context and feedback: unary labels"]
    assert (new[0], old[0]) == pytest.approx((78.09 - 77.97, 95.12 - 89.56))
    assert np.isnan(found["feedback alone: age"][0][0])


def test_measured_differences_are_paired_by_world(names, seen, recalled) -> None:
    """In points: of one measure, of the mean of six, and of recall."""
    effects = {(e.name, e.split): e for e in names["EFFECTS"]}
    one = names["measured_of"](effects["memory: hidden danger", "novel"], seen, recalled)
    own = seen.sel(split="novel", measure="danger", way="attention")
    difference = own.sel(condition="full model") - own.sel(condition="perception only")
    np.testing.assert_allclose(one, 100 * difference)
    six = effects["context and feedback: unary labels", "known"]
    own = seen.sel(split="known", measure=list(names["UNARY"])).mean("measure")
    with_ = own.sel(condition="perception only", way="attention")
    without = own.sel(condition="neither (direct)", way="none")
    np.testing.assert_allclose(
        names["measured_of"](six, seen, recalled), 100 * (with_ - without).values
    )
    last = effects["episode: recalled predicate", "learnt"]
    assert names["measured_of"](last, seen, recalled).tolist() == [25, 0, -25]


def test_figure_marks_what_was_not_read(names, seen, recalled, experiment) -> None:
    tree = xr.DataTree.from_dict({"effects": names["labelled"](seen, recalled)})
    effects = tree["effects"].to_dataset()
    assert len(set(effects["effect"].values)) == len(names["EFFECTS"])
    assert int(effects["verified"].sum()) == 2
    figure = experiment.plot(tree)
    (ax,) = figure.axes
    lines = {line.get_label(): line for line in ax.lines}
    assert len(lines["published"].get_xdata()) == 2
    open_marks = lines["published, from secondary texts"]
    assert open_marks.get_markerfacecolor() == "white"
    assert len(open_marks.get_xdata()) == 10
    assert "verify nothing" in figure.texts[0].get_text()
    assert len(experiment.numbers(tree)) == len(names["EFFECTS"])


@pytest.mark.slow
def test_signs_of_the_large_effects(experiment, tmp_path: Path) -> None:
    """Quick preset, one world: context and feedback help predicates, memory the hidden label."""
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    mean = tree["effects"]["mean"]
    assert float(mean.sel(effect="context and feedback: predicate, new entities")) > 3
    assert float(mean.sel(effect="memory: hidden danger, new entities")) > 20
