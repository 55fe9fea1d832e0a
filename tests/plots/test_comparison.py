"""The comparison figure, from made-up results of four to twenty models."""

from __future__ import annotations

import io

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cogmem.errors import InvalidValue
from cogmem.plots import house_style
from cogmem.plots.comparison import LOOKS, comparison

MEASURES = ["spc", "pfr", "lag_crp"]
FEW = {"CMR": "own", "CMR (shared readout)": "shared readout", "TCM": "own"}
X = {"spc": np.arange(1, 17), "pfr": np.arange(1, 17), "lag_crp": np.r_[-5:0, 1:6]}


def a_tree(models: dict[str, str]) -> xr.DataTree:
    """Results of these models, by name and rule, and of the null."""
    models = {**models, "null": "shared readout"}
    parts = {"/": scores_of(models)}
    for seed, measure in enumerate(MEASURES):
        parts[f"/{measure}"] = curves_of(["people", *models], X[measure], seed)
    return xr.DataTree.from_dict(parts)


def scores_of(models: dict[str, str]) -> xr.Dataset:
    n = len(models)
    gain = np.linspace(0.6, 0, n)
    rmsd = np.random.default_rng(0).uniform(0.01, 0.1, (n, 3))
    per_model = {
        "gain": gain,
        "gain_low": gain - 0.05,
        "gain_high": gain + 0.06,
        "n_fitted": np.full(n, 11),
        "n_chosen": np.zeros(n, int),
        "n_learnt": np.full(n, 1_234_567),
        "rule": list(models.values()),
        "family": [name.removesuffix(" (shared readout)") for name in models],
    }
    variables = {name: ("model", values) for name, values in per_model.items()}
    extra = {"rmsd": (("model", "measure"), rmsd), "ceiling": ("measure", [0.02, 0.02, 0.01])}
    attrs = {"dataset": "PEERS", "n_subjects": 126, "n_lists": 3528, "preset": "quick"}
    coords = {"model": list(models), "measure": MEASURES}
    return xr.Dataset({**variables, **extra}, coords, attrs)


def curves_of(sources: list[str], x: np.ndarray, seed: int) -> xr.Dataset:
    mean = np.random.default_rng(seed).uniform(0, 0.8, (len(sources), len(x)))
    rows = {"mean": mean, "low": mean - 0.02, "high": mean + 0.03}
    variables = {name: (("source", "x"), values) for name, values in rows.items()}
    return xr.Dataset(variables, {"source": sources, "x": x})


def many() -> dict[str, str]:
    names = [f"Model {letter}" for letter in "ABCDEFGHIJ"]
    return dict.fromkeys(names, "own") | {f"{n} (shared readout)": "shared readout" for n in names}


def panel(figure: Figure, label: str) -> Axes:
    (found,) = [ax for ax in figure.axes if ax.get_label() == label]
    return found


def drawn(figure: Figure) -> Figure:
    with house_style():
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("models", [FEW, many()])
def test_every_family_has_a_panel_for_every_measure(models: dict[str, str]) -> None:
    tree = a_tree(models)
    labels = [ax.get_label() for ax in comparison(tree).axes]
    families = set(tree["family"].values)
    wanted = {f"{family}: {measure}" for family in families for measure in MEASURES}
    assert sorted(labels) == sorted(wanted | {"gain"})


@pytest.mark.parametrize("models", [FEW, many()])
def test_nothing_overlaps_and_nothing_leaves_the_page(models: dict[str, str]) -> None:
    figure = drawn(comparison(a_tree(models)))
    width, height = figure.get_size_inches()
    assert width == 7.0
    assert height < 11
    boxes = [ax.get_position() for ax in figure.axes]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0, text.get_text()
            assert box.y0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.x1, text.get_text()
            assert box.y1 <= figure.bbox.y1, text.get_text()


def test_lines_are_the_models_and_their_looks_tell_the_rule() -> None:
    tree = a_tree(FEW)
    ax = panel(comparison(tree), "CMR: spc")
    people, own, shared = ax.lines
    spc = tree["spc"]["mean"]
    names = ("people", "CMR", "CMR (shared readout)")
    for line, source in zip((people, own, shared), names, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), spc.sel(source=source))
    assert own.get_linestyle() == "-"
    assert shared.get_linestyle() == "--"
    assert [line.get_color() for line in (own, shared)] == [look.color for look in LOOKS.values()]


def test_the_corner_is_rmsd_over_the_ceiling() -> None:
    tree = a_tree(FEW)
    figure = comparison(tree)
    ratio = tree["rmsd"] / tree["ceiling"]
    own, shared = (ratio.sel(model=m, measure="pfr").item() for m in list(FEW)[:2])
    told = {ax.get_label(): text for ax in figure.axes for text in ax.texts if text.get_gid()}
    assert told["CMR: pfr"].get_text() == f"{own:.1f} | {shared:.1f}"
    assert told["TCM: pfr"].get_text().endswith("| \N{EN DASH}")  # it has no shared readout here


def test_gains_and_intervals_are_those_given() -> None:
    tree = a_tree(FEW)
    ax = panel(comparison(tree), "gain")
    points = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "gain"]
    ranges = [tuple(line.get_xdata()) for line in ax.lines if line.get_gid() == "interval"]
    np.testing.assert_allclose(points, tree["gain"])
    np.testing.assert_allclose(ranges, np.stack([tree["gain_low"], tree["gain_high"]], axis=1))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["CMR", "shared readout", "TCM", "null"]
    assert "1M" in {text.get_text() for text in ax.texts}


def test_labels_have_units_and_the_heading_says_what_bands_are() -> None:
    figure = comparison(a_tree(FEW))
    assert "bits per response" in panel(figure, "gain").get_xlabel()
    assert panel(figure, "CMR: lag_crp").get_xlabel() == "Lag (positions)"
    said = " ".join(text.get_text() for text in figure.findobj(Text))
    for phrase in (
        "95 % bootstrap interval",
        "126 people, 3,528 held-out lists",
        "noise ceiling",
        "quick",
    ):
        assert phrase in said


@pytest.mark.parametrize("models", [FEW, many()])
def test_text_is_six_points_or_more(models: dict[str, str]) -> None:
    figure = drawn(comparison(a_tree(models)))
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= 6


def test_the_same_tree_gives_the_same_bytes() -> None:
    files = []
    for _ in range(2):
        buffer = io.BytesIO()
        with house_style():
            comparison(a_tree(FEW)).savefig(buffer, format="svg", metadata={"Date": None})
        files.append(buffer.getvalue())
    assert files[0] == files[1]


def test_what_the_tree_lacks_is_named() -> None:
    tree = a_tree(FEW)
    lacking = xr.DataTree.from_dict({"/": tree.to_dataset().drop_vars("gain_low")})
    with pytest.raises(InvalidValue, match=r"gain_low, lag_crp, pfr, spc"):
        comparison(lacking)
    with pytest.raises(InvalidValue, match="private"):
        comparison(a_tree({"CMR": "private"}))
