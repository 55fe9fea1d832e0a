"""The figures of the table of minds, from made-up results of two to twenty models."""

from __future__ import annotations

import io

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from cogmem.errors import InvalidValue
from cogmem.plots import house_style
from cogmem.plots.mind_recovery import mind_recovery
from cogmem.plots.mind_scores import MINUS, NULL, cells, checked, order, reasons, two_digits
from cogmem.plots.minds import LOOKS, minds
from tests.plots.fake_minds import fake_tree


def changed(tree: xr.DataTree, **variables: xr.DataArray) -> xr.DataTree:
    """With other variables at the root."""
    parts = {node.path: node.to_dataset(inherit=False) for node in tree.subtree}
    return xr.DataTree.from_dict(parts | {"/": parts["/"].assign(variables)})


def without(tree: xr.DataTree, paradigm: str) -> xr.DataTree:
    """Results of the other paradigms only."""
    parts = {node.path: node.to_dataset(inherit=False) for node in tree.subtree}
    root = parts["/"].drop_sel(paradigm=paradigm)
    lost = root["curve"].values[root["paradigm_of"].values == paradigm]
    parts["/"] = root.drop_sel(curve=lost)
    kept = {p: d for p, d in parts.items() if p.rpartition("/")[2] not in (paradigm, *lost)}
    return xr.DataTree.from_dict(kept)


def words(figure: Figure, gid: str) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == gid]


def panels(figure: Figure) -> list[str]:
    return [str(ax.get_label()) for ax in figure.axes if ax.get_label() != "mean rank"]


def outside(figure: Figure) -> list[str]:
    """Words that do not lie wholly on the page, once drawn."""
    with house_style():
        FigureCanvasAgg(figure).draw()
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    width, height = figure.bbox.size
    boxes = [(text, text.get_window_extent()) for text in shown]
    return [
        text.get_text()
        for text, box in boxes
        if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def test_best_mean_rank_stands_first_and_the_null_last() -> None:
    tree = fake_tree(7)
    rank = tree["mean_rank"].copy()
    rank[0], rank[3] = -1.0, np.nan
    scores = checked(changed(tree, mean_rank=rank))
    models = order(scores)
    assert models[-1] == NULL
    assert models[-2] == str(rank["model"].values[3])
    assert np.all(np.diff(rank.sel(model=models[:-2]).values) >= 0)
    shown = words(minds(changed(tree, mean_rank=rank)), "model")
    assert [name.replace("\n", " ") for name in shown] == models


def test_every_blank_has_its_reason_in_the_key() -> None:
    tree = fake_tree(8)
    scores, figure = checked(tree), minds(tree)
    key = dict(zip(words(figure, "key"), words(figure, "reason"), strict=True))
    told = {number: reason.replace("\n", " ") for number, reason in key.items()}
    assert list(told.values()) == reasons(scores)
    assert len(set(told.values())) == len(told)
    for (model, paradigm), cell in cells(scores).items():
        if not scores["sits"].sel(model=model, paradigm=paradigm):
            assert told[str(cell.why)] == scores["how"].sel(model=model, paradigm=paradigm).item()
        else:
            assert cell.why == 0


def test_who_sits_has_a_panel_and_who_does_not_a_number() -> None:
    tree = fake_tree(6)
    sits = checked(tree)["sits"]
    columns = sits.sum("model") * xr.where(sits["paradigm"] == "free recall", 2, 1)
    figure = minds(tree)
    assert len(panels(figure)) == columns.sum().item()
    assert len(words(figure, "blank")) == 9 * 6 - columns.sum().item()
    silent = sits["model"].values[~sits.sel(paradigm="updating").values]
    assert not {f"{model}: updating" for model in silent} & set(panels(figure))


def test_gains_of_the_tree_appear_and_the_best_is_bold() -> None:
    tree = fake_tree(9)
    scores, figure = checked(tree), minds(tree)
    shown = [text for text in figure.texts if text.get_gid() == "gain"]
    gains = scores["gain"].values
    told = {text.get_text() for text in shown}
    assert {f"{gain:.2f}".replace("-", MINUS) for gain in gains[np.isfinite(gains)]} <= told
    bold = {text.get_text() for text in shown if text.get_weight() == "bold"}
    best = {
        f"{value:.2f}"
        for value in scores["gain"].drop_sel(paradigm="fact verification").max("model").values
    }
    assert len(best) <= 7
    fan = (
        scores["rmsd"]
        .sel(curve="fan effect")
        .where(scores["sits"].sel(paradigm="fact verification"))
    )
    least = f"{(fan.min() / fan.sel(model=NULL)).item():.2f}"
    assert bold == {*best, least}


def test_people_who_are_no_sample_are_open_points_without_a_band() -> None:
    figure = minds(fake_tree(4))
    by_name = {str(ax.get_label()): ax for ax in figure.axes}
    points = [line for line in by_name["null: fan effect"].lines if line.get_gid() == "means"]
    assert [line.get_markerfacecolor() for line in points] == ["white", "white"]
    assert not [line for line in by_name["null: retention"].lines if line.get_gid() == "means"]
    colours = [
        {to_hex(c.get_facecolor()[0]) for c in by_name[name].collections if len(c.get_paths())}
        for name in ("null: fan effect", "null: retention")
    ]
    assert "#cfcfcf" not in colours[0]
    assert "#cfcfcf" in colours[1]


def test_second_line_of_a_curve_is_dashed() -> None:
    tree = fake_tree(4)
    by_name = {str(ax.get_label()): ax for ax in minds(tree).axes}
    lines = [line for line in by_name["null: change detection"].lines if line.get_gid() == "model"]
    assert [line.get_color() for line in lines] == [look.color for look in LOOKS]
    assert [line.is_dashed() for line in lines] == [False, True]
    drawn = tree["curves/change detection/mean"].sel(source="null")
    np.testing.assert_array_equal(lines[1].get_ydata(), drawn.sel(line="changed").values)


def test_x_that_nobody_was_asked_at_does_not_break_a_line() -> None:
    tree = fake_tree(3)
    tree["curves/paired associates/mean"][..., 1] = np.nan
    by_name = {str(ax.get_label()): ax for ax in minds(tree).axes}
    lines = [line for line in by_name["null: paired associates"].lines if line.get_gid() == "model"]
    assert [line.get_xdata().tolist() for line in lines] == [[1, 3], [1, 3]]
    lag = next(line for line in by_name["null: lag-CRP"].lines if line.get_gid() == "model")
    assert np.isnan(lag.get_ydata()[lag.get_xdata() == 0]).all()


def test_what_rounds_to_nothing_has_no_sign() -> None:
    told = [two_digits(value) for value in (-0.004, 0.004, -0.006, np.nan)]
    assert told == ["0.00", "0.00", f"{MINUS}0.01", "\N{EN DASH}"]


def test_panels_of_a_column_have_the_same_axes_and_the_lowest_numbers_them() -> None:
    figure = minds(fake_tree(6))
    column = [ax for ax in figure.axes if str(ax.get_label()).endswith(": retention")]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in column}) == 1
    labelled = [ax.yaxis.get_tick_params()["labelleft"] for ax in column]
    assert labelled == [False] * (len(column) - 1) + [True]


@pytest.mark.parametrize(("n_models", "tallest"), [(2, 9.5), (5, 9.5), (12, 9.5), (20, 10.5)])
def test_page_holds_everything_in_letters_large_enough(n_models: int, tallest: float) -> None:
    figure = minds(fake_tree(n_models, own_reasons=n_models == 20))
    assert figure.get_figwidth() == 7.2
    assert figure.get_figheight() <= tallest
    assert outside(figure) == []
    shown = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text()]
    assert min(text.get_fontsize() for text in shown) >= 5


def test_missing_paradigm_leaves_no_column() -> None:
    figure = minds(without(fake_tree(5), "retention"))
    assert len(words(figure, "paradigm")) == 7
    assert not [name for name in panels(figure) if "retention" in name]
    assert outside(figure) == []


def test_one_paradigm_alone_is_a_figure() -> None:
    tree = fake_tree(4)
    for paradigm in tree["paradigm"].values[1:]:
        tree = without(tree, str(paradigm))
    figure = minds(tree)
    assert len(panels(figure)) == 2 * int(tree["sits"].sum())
    assert outside(figure) == []


def test_paradigm_that_nobody_sits_is_all_blank() -> None:
    tree = fake_tree(5)
    sits = tree["sits"].copy()
    sits.loc[{"paradigm": "updating"}] = False
    figure = minds(changed(tree, sits=sits))
    assert not [name for name in panels(figure) if "updating" in name]


def test_unknown_gains_are_left_out() -> None:
    tree = fake_tree(5)
    figure = minds(changed(tree, gain=tree["gain"] * np.nan))
    sitters = int(tree["sits"].sel(paradigm="fact verification").sum())
    assert len(words(figure, "gain")) == sitters
    assert len(panels(figure)) == len(panels(minds(tree)))


def test_what_is_lacking_is_named() -> None:
    with pytest.raises(InvalidValue, match="mean_rank, n_fitted"):
        minds(xr.DataTree(checked(fake_tree(3)).drop_vars(["mean_rank", "n_fitted"])))


def test_same_numbers_are_the_same_bytes() -> None:
    files = []
    for _ in range(2):
        files.append(io.BytesIO())
        with house_style():
            minds(fake_tree(3)).savefig(files[-1], format="svg", metadata={"Date": None})
    assert files[0].getvalue() == files[1].getvalue()


def test_recovery_counts_stand_on_shares_of_their_row() -> None:
    tree = fake_tree(5)
    figure = mind_recovery(tree)
    count = tree["recovery/free recall/count"]
    ax = figure.axes[0]
    made = {text.get_position(): text.get_text() for text in ax.texts}
    assert made == {(c, r): str(n) for (r, c), n in np.ndenumerate(count.values)}
    np.testing.assert_allclose(ax.images[0].get_array(), count / count.sum("chosen"))
    right = np.trace(count.values)
    assert ax.get_title() == f"free recall\n{right} of {count.sum().item()} recovered"


def test_recovery_of_a_row_without_responses_is_no_share() -> None:
    tree = fake_tree(4)
    node = tree["recovery/updating"].to_dataset(inherit=False)
    node["count"][0] = 0
    shares = mind_recovery(xr.DataTree.from_dict({"/recovery/updating": node})).axes[0].images[0]
    assert np.asarray(shares.get_array())[0].tolist() == [0.0] * node.sizes["chosen"]


def test_results_without_recovery_say_how_to_get_it() -> None:
    with pytest.raises(InvalidValue, match="n_recovered"):
        mind_recovery(xr.DataTree(checked(fake_tree(3))))


def test_recovery_of_twenty_models_fits_its_page() -> None:
    assert outside(mind_recovery(fake_tree(20))) == []
