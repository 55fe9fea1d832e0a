"""The explorer: the same numbers as the measures, one compilation, lines that move."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import jax
import matplotlib.image
import numpy as np
import pytest

from cogmem import measures
from cogmem.data import Recalls
from cogmem.errors import InvalidValue, MissingExtra, UnknownName
from cogmem.lab.explore import Explorer, Simulator, explore, simulated_curves
from cogmem.lab.sliders import slider_scale
from cogmem.models import parameters
from cogmem.participants.roster import sitting
from cogmem.tasks import FreeRecall

N_ITEMS, N_LISTS = 8, 64


@cache
def some_people() -> Recalls:
    """Five people who recall as CMR does."""
    keys = jax.random.split(jax.random.key(3), 50)
    task, cmr = FreeRecall.of_length(N_ITEMS), sitting("CMR")
    recalls = jax.vmap(lambda key: cmr.free_running(task, key=key))(keys)
    subject = np.repeat(np.arange(5), 10)
    return Recalls.from_positions(np.asarray(recalls), list_length=N_ITEMS, subject=subject)


def an_explorer(model: str = "CMR", **options: object) -> Explorer:
    pytest.importorskip("ipywidgets")
    return explore(model, some_people(), n_lists=N_LISTS, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["CMR", "TCM"])
def test_curves_equal_those_of_the_measures(model: str) -> None:
    keys, task = jax.random.split(jax.random.key(1), N_LISTS), FreeRecall.of_length(N_ITEMS)
    who = sitting(model)
    recalls = jax.vmap(lambda key: who.free_running(task, key=key))(keys)
    behaviour = Recalls.from_positions(np.asarray(recalls), list_length=N_ITEMS)
    for name, curve in simulated_curves(who, N_ITEMS, keys=keys).items():
        wanted = getattr(measures, name)(behaviour)["value"].sel(subject=1)
        np.testing.assert_allclose(curve, wanted, rtol=1e-6)


def test_one_compilation_serves_all_parameters() -> None:
    simulator = Simulator("CMR", some_people(), n_lists=N_LISTS)
    curves = [simulator(encoding_drift=drift)["spc"]["mean"] for drift in (0.2, 0.5, 0.9)]
    simulator(primacy_scale=0.0, start_drift=0.7)
    assert simulator.n_compilations == 1
    assert not curves[0].equals(curves[2])


def test_a_call_is_a_function_of_the_parameters_alone() -> None:
    simulator = Simulator("CMR", some_people(), n_lists=N_LISTS)
    first, _, again = simulator(), simulator(encoding_drift=0.2), simulator()
    assert all(first[name].identical(again[name]) for name in first)


def test_a_given_sitting_starts_at_its_own_values() -> None:
    slow = parameters.replace(sitting("CMR"), {"encoding_drift": 0.25})
    by_sitting = Simulator(slow, some_people(), n_lists=N_LISTS)
    by_name = Simulator("CMR", some_people(), n_lists=N_LISTS)
    assert by_sitting.values["encoding_drift"] == 0.25
    assert by_sitting()["spc"].identical(by_name(encoding_drift=0.25)["spc"])


def test_every_registered_rule_can_be_explored() -> None:
    """A shared readout needs a stopping curve, counted on the people."""
    for model in ("CMR (shared readout)", "null"):
        spc = Simulator(model, some_people(), n_lists=N_LISTS)()["spc"]["mean"]
        assert np.isfinite(spc).all()


def test_wrong_parameters_are_refused() -> None:
    simulator = Simulator("CMR", some_people(), n_lists=N_LISTS)
    with pytest.raises(UnknownName, match="encoding_drift"):
        simulator(encoding_drfit=0.5)
    with pytest.raises(InvalidValue, match="0 to 1"):
        simulator(encoding_drift=1.5)
    with pytest.raises(InvalidValue, match="n_lists"):
        Simulator("CMR", some_people(), n_lists=0)


def test_a_slider_moves_the_line_and_nothing_is_compiled_anew() -> None:
    explorer = an_explorer()
    before = {name: np.array(line.get_ydata()) for name, line in explorer.chart.lines.items()}
    figure, picture = explorer.chart.figure, explorer.chart.png()
    for drift in (0.3, 0.5, 0.2):
        explorer.sliders["encoding_drift"].value = drift
    assert explorer.simulator.n_compilations == 1
    assert explorer.chart.figure is figure
    assert explorer.chart.png() != picture
    wanted = explorer.simulator(**explorer.values)
    for name, line in explorer.chart.lines.items():
        np.testing.assert_array_equal(line.get_ydata(), wanted[name]["mean"])
        assert not np.array_equal(line.get_ydata(), before[name])


def test_the_picture_is_the_whole_figure(tmp_path: Path) -> None:
    """Only the lines are drawn anew; the result is what drawing everything would give."""
    explorer = an_explorer()
    explorer.update(encoding_drift=0.3)
    quick = tmp_path / "quick.png"
    quick.write_bytes(explorer.chart.png())
    whole = tmp_path / "whole.png"
    explorer.chart.figure.savefig(whole, dpi=explorer.chart.figure.dpi)
    a, b = (matplotlib.image.imread(path)[..., :3] for path in (quick, whole))
    assert a.shape == b.shape
    assert np.mean(np.abs(a - b) > 0.1) < 0.002  # only where a line crosses an axis


def test_reset_and_presets_move_all_sliders_at_once() -> None:
    explorer = an_explorer(presets={"slow": {"encoding_drift": 0.1, "stop_scale": 0.9}})
    start = explorer.values
    menu, button = explorer.widget.children[0].children
    menu.value = "slow"
    assert explorer.values["encoding_drift"] == pytest.approx(0.1)
    assert explorer.values["stop_scale"] == pytest.approx(0.9)  # beyond the slider's first end
    button.click()
    assert explorer.values == pytest.approx(start)
    assert explorer.ms > 0


def test_sliders_come_from_the_table_of_parameters() -> None:
    explorer = an_explorer("TCM")
    table = sitting("TCM").parameters
    assert list(explorer.sliders) == list(table)
    for name, slider in explorer.sliders.items():
        low, high, log = slider_scale(table[name])
        assert table[name].bounds[0] <= low < high <= table[name].bounds[1]
        assert (type(slider).__name__ == "FloatLogSlider") == log
        assert table[name].meaning in slider.tooltip


def test_without_a_kernel_the_figure_is_shown() -> None:
    shown = an_explorer()._repr_mimebundle_()
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(shown)


def test_without_ipywidgets_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtra, match=r"cogmem\[notebooks\]"):
        explore("CMR", some_people(), n_lists=N_LISTS)


def test_an_unknown_name_in_a_preset_is_refused() -> None:
    with pytest.raises(UnknownName, match="encoding_drift"):
        an_explorer(presets={"typo": {"encoding_drfit": 0.5}})
