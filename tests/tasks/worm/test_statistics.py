"""What is drawn by chance in trials of WorM, and what answers score without memory.

Shares are within 4 standard errors of what they should be, computed from how many were drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest

from cogmem.tasks.worm import TASKS, bar_places, draw, make_batch, symbolic
from cogmem.tasks.worm.change_detection import FEATURES, Symbols
from cogmem.tasks.worm.task import Trials, WormTask
from tests.tasks.worm.observers import OBSERVERS

ANY_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
CD = [name for name in TASKS if name.startswith("CD")]
FEW_BARS = {"set_size": (2, 4)}
N = 20_000


def many(name: str, n: int = N, **how: object) -> Trials:
    return draw(TASKS[name], n, seed=11, **how)  # type: ignore[arg-type]


def near(values: np.ndarray, share: float) -> bool:
    """Whether the share of those that are true is within 4 standard errors."""
    return abs(values.mean() - share) <= 4 * np.sqrt(share * (1 - share) / values.size)


def all_near(values: np.ndarray, among: Iterable[int]) -> bool:
    """Whether each of these is as frequent as the others, and there is nothing else."""
    among = list(among)
    return set(np.unique(values)) == set(among) and all(
        near(values == each, 1 / len(among)) for each in among
    )


# ---- conditions and answers ----------------------------------------------------------------------


@ANY_TASK
def test_every_combination_of_levels_is_as_frequent(task: WormTask) -> None:
    """Exactly, in three times as many trials as there are combinations."""
    products = itertools.product(*task.levels.values())
    rows = [dict(zip(task.levels, row, strict=True)) for row in products]
    rows = [row for row in rows if task.compatible(row)]
    trials = draw(task, 3 * len(rows), seed=1)
    found = np.stack([trials.conditions[name] for name in task.levels], axis=1)
    combinations, counts = np.unique(found, axis=0, return_counts=True)
    assert sorted(map(tuple, combinations)) == sorted(tuple(row.values()) for row in rows)
    assert set(counts) == {3}


@pytest.mark.parametrize("name", ["SC", "SI", "VIR", "VSRec", *CD])
def test_half_of_the_answers_are_1(name: str) -> None:
    n = 6000 if name == "VSRec" else N  # which asks several times in a trial
    asked = many(name, n, **({"levels": FEW_BARS} if name in CD else {})).asked
    assert near(asked.labels[asked.scored], 0.5)


def test_more_than_half_of_official_lines_are_the_same() -> None:
    """.587 of 6,000 of the official generator; few vertices that differ are more frequent there.

    There .315, .274, .228, .182 of lines differ in one, two, three, four; here a little more alike.
    """
    trials = many("SI", official=True)
    assert abs(trials.symbols.same.mean() - 0.587) < 0.02
    different = trials.symbols.different[trials.symbols.same == 0]
    shares = [(different == n).mean() for n in (1, 2, 3, 4)]
    assert shares == sorted(shares, reverse=True)
    np.testing.assert_allclose(shares, [0.315, 0.274, 0.228, 0.182], atol=0.04)


def test_lines_differ_in_one_to_four_vertices_as_often() -> None:
    """And those are the last ones, which are none of the old."""
    symbols = many("SI").symbols
    assert all_near(symbols.different[symbols.same == 0], (1, 2, 3, 4))
    moved = symbols.line != symbols.shown
    last = np.arange(13)[None] >= 13 - symbols.different[:, None]
    np.testing.assert_array_equal(moved, last)
    old = (symbols.shown[:, :, None] == symbols.line[:, None]).any(axis=2)
    assert not old[moved].any()


def test_lines_go_from_vertex_to_neighbouring_vertex_and_never_come_back() -> None:
    symbols = many("SI", 4000).symbols
    for line in (symbols.line, symbols.shown):
        row, column = np.divmod(line, 5)
        steps = np.maximum(np.abs(np.diff(row)), np.abs(np.diff(column)))
        assert (steps == 1).all()
        assert (np.diff(np.sort(line, axis=1)) > 0).all()


def test_parts_are_shown_in_any_order() -> None:
    """Of two halves each comes first as often."""
    assert all_near(many("SI", levels={"part_size": (6,)}).symbols.order[:, 0], (0, 1))


# ---- spatial coordination ------------------------------------------------------------------------


def test_offsets_of_figures_that_are_not_symmetric() -> None:
    """2, 4, 6 or 8 cells without a partner, as often; counted in the figure itself."""
    trials = many("SC", 5000)
    symbols = trials.symbols
    assert all_near(symbols.offset[symbols.symmetric == 0], (2, 4, 6, 8))
    figure = symbolic(TASKS["SC"], trials)[..., 1:].any(axis=1).reshape(-1, 10, 10)
    alone = (figure & ~figure[:, :, ::-1]).sum(axis=(1, 2))
    np.testing.assert_array_equal(alone, symbols.offset)
    np.testing.assert_array_equal(figure.sum(axis=(1, 2)), symbols.list_length)


def test_short_lists_have_no_more_cells_without_a_partner_than_cells() -> None:
    trials = many("SC", 400, levels={"list_length": (2, 4, 6)})
    offset = trials.conditions["offset"]
    assert (offset <= trials.conditions["list_length"]).all()
    figure = symbolic(TASKS["SC"], trials)[..., 1:].any(axis=1).reshape(-1, 10, 10)
    np.testing.assert_array_equal((figure & ~figure[:, :, ::-1]).sum(axis=(1, 2)), offset)


def test_official_figures_show_cells_twice() -> None:
    """In 20, 27, 36, 48, 55 % of trials of 10 to 18 cells; if not symmetric, never taken for it."""
    trials = many("SC", official=True)
    cells = np.where(np.arange(18) < trials.symbols.list_length[:, None], trials.symbols.cells, -1)
    cells[cells < 0] = -1 - np.nonzero(cells < 0)[1]
    twice = (np.diff(np.sort(cells, axis=1)) == 0).any(axis=1)
    length = trials.symbols.list_length
    shares = [twice[length == n].mean() for n in (10, 12, 14, 16, 18)]
    np.testing.assert_allclose(shares, [0.20, 0.27, 0.36, 0.48, 0.55], atol=0.04)


# ---- free recall and patterns --------------------------------------------------------------------


def test_squares_that_turn_red_are_visible_and_all_different() -> None:
    symbols = many("SFR").symbols
    assert (symbols.visible.sum(axis=1) == 30).all()
    assert np.take_along_axis(symbols.visible, symbols.targets, axis=1).all()
    assert (np.diff(np.sort(symbols.targets, axis=1)) > 0).all()


def test_places_of_serial_recall() -> None:
    """Each of nine as often, and all of a trial different."""
    trials = many("VSR")
    asked = trials.asked
    assert all_near(asked.labels[asked.scored], range(9))
    assert (np.diff(np.sort(trials.symbols.places, axis=1)) > 0).all()


@pytest.mark.parametrize("name", ["VIR", "VSR", "VSRec"])
def test_half_of_the_cells_of_a_pattern_are_on_and_no_two_are_the_same(name: str) -> None:
    items = many(name, 4000).symbols.items
    assert (items.sum(axis=2) == 18).all()
    same = (items[:, :, None] == items[:, None]).all(axis=3)
    assert (same.sum(axis=(1, 2)) == items.shape[1]).all()
    assert near(items, 0.5)


def test_distractors_differ_in_as_many_cells_as_are_said() -> None:
    """Four in recognition of an item, two to ten in that of a series."""
    symbols = many("VIR", 4000).symbols
    target = symbols.items[np.arange(4000), symbols.serial_position]
    assert ((target != symbols.distractor).sum(axis=1) == 4).all()
    assert (symbols.distractor.sum(axis=1) == 18).all()
    symbols = many("VSRec", 4000).symbols
    apart = (symbols.items != symbols.distractors).sum(axis=2)
    assert (apart == symbols.difference[:, None]).all()
    assert set(symbols.difference) == {2, 4, 6, 8, 10}


def test_every_serial_position_is_asked_for_as_often() -> None:
    trials = many("VIR")
    for length in (4, 6, 8, 10):
        own = trials.conditions["list_length"] == length
        assert all_near(trials.conditions["serial_position"][own], range(length))


# ---- updating and switching ----------------------------------------------------------------------


def test_official_marks_end_in_the_middle_more_often() -> None:
    """As by the chain of allowed moves: in the middle .18 to .24, at sides .11 to .14."""
    trials = many("SMU", 2 * N, official=True)
    for size in range(1, 9):
        own = trials.conditions["set_size"] == size
        last = trials.symbols.last[own, :size]
        shares = np.mean([where_marks_end(len(range(box, 8, size))) for box in range(size)], axis=0)
        assert all(near(last == cell, shares[cell]) for cell in range(9))
        assert 0.18 < shares[4] < 0.24
        assert ((shares[1::2] > 0.11) & (shares[1::2] < 0.14)).all()
        assert ((shares[[0, 2, 6, 8]] > 0.055) & (shares[[0, 2, 6, 8]] < 0.085)).all()


def where_marks_end(n_updates: int) -> np.ndarray:
    """Chance of each of 3 x 3 cells, when all moves that stay in the box are as likely."""
    places = np.stack(np.divmod(np.arange(9), 3), axis=1)
    near = np.abs(places[:, None] - places[None]).max(axis=2) == 1
    chain = near / near.sum(axis=1, keepdims=True)
    return np.full(9, 1 / 9) @ np.linalg.matrix_power(chain, n_updates)


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
def test_marks_stay_in_their_box_and_updates_go_round(official: bool) -> None:
    """Update u is seen in box u modulo the number of boxes; by arrows marks get where they end."""
    trials = many("SMU", 500, official=official)
    symbols = trials.symbols
    shown = symbolic(TASKS["SMU"], trials)[..., 1:].reshape(500, 20, 8, 19)
    trial, frame, box, way = np.nonzero(shown[..., 10:18])
    np.testing.assert_array_equal(box, (frame - 1) % symbols.set_size[trial])
    np.testing.assert_array_equal(np.bincount(trial), symbols.n_updates)
    ways = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])
    now = np.stack(np.divmod(symbols.first, 3), axis=2)
    for one in np.argsort(frame, kind="stable"):
        now[trial[one], box[one]] += ways[way[one]]
        assert np.isin(now[trial[one], box[one]], (0, 1, 2)).all()
    np.testing.assert_array_equal(now @ (3, 1), symbols.last)


def test_set_size_and_updates_of_a_box_are_crossed() -> None:
    """In official trials there are 8 / N; here one, two or three beside all N for which it fits."""
    trials = many("SMU", 3000)
    pairs = set(zip(*(trials.conditions[k].tolist() for k in TASKS["SMU"].levels), strict=True))
    assert pairs == {(n, k) for n in range(1, 9) for k in (1, 2, 3) if 1 + n * (k + 1) <= 20}
    own = trials.asked.about["updates_of_box"]
    each = np.broadcast_to(trials.conditions["updates_per_box"][:, None], own.shape)
    np.testing.assert_array_equal(own[trials.asked.scored], each[trials.asked.scored])


def test_boxes_are_asked_for_in_any_order_and_each_once() -> None:
    symbols = many("SMU", levels={"set_size": (4,)}).symbols
    np.testing.assert_array_equal(np.sort(symbols.order[:, :4]), np.tile(np.arange(4), (N, 1)))
    assert all_near(symbols.order[:, 0], range(4))


def test_cues_of_switching() -> None:
    """.193 of frames; never two in a row nor at the end; each changes the rule; half congruent."""
    trials = many("STS")
    cue, rule, _ = trials.symbols
    assert abs(cue.mean() - 0.193) <= 0.005
    assert not (cue[:, 1:] & cue[:, :-1]).any()
    assert cue[:, 0].all()
    assert not cue[:, -1].any()
    np.testing.assert_array_equal(rule[:, 1:] != rule[:, :-1], cue[:, 1:])
    assert near(rule[:, 0], 0.5)
    assert abs((cue[:, 1:].sum(axis=1)).mean() - 2.87) < 0.05
    assert near(trials.asked.about["congruent"][~cue], 0.5)
    assert near(trials.asked.labels[~cue], 0.5)


def test_alternating_rules_change_at_every_frame() -> None:
    cue, rule, _ = many("STS", 100, levels={"alternating": (1,)}).symbols
    assert cue[:, 0].all()
    assert not cue[:, 1:].any()
    assert (rule[:, 0] == rule[:, 1]).all()
    assert (rule[:, 1:-1] != rule[:, 2:]).all()


# ---- change detection ----------------------------------------------------------------------------


def changes(symbols: Symbols) -> np.ndarray:
    """Whether colour, orientation, size, gap of each bar are others, [trial, bar, feature]."""
    sides = []
    for bars in (symbols.before, symbols.after):
        along = bars.ends[..., 2:] - bars.ends[..., :2]
        sides.append((bars.red, along[..., 0] > 0, along.max(axis=2), bars.gap))
    return np.stack([one != other for one, other in zip(*sides, strict=True)], axis=2)


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
@pytest.mark.parametrize("name", CD)
def test_one_feature_of_one_bar_changes(name: str, official: bool) -> None:
    """About the middle of the bar; its ink stays in the frame, but for one pixel if official."""
    trials = many(name, 1000, levels={"set_size": (2, 6, 8)}, official=official)
    symbols, found = trials.symbols, changes(trials.symbols)
    np.testing.assert_array_equal(found.sum(axis=(1, 2)), trials.conditions["answer"])
    trial, bar, feature = np.nonzero(found)
    np.testing.assert_array_equal(feature, symbols.feature[trial])
    assert (bar < symbols.set_size[trial]).all()
    if name != "CD_Conj":
        assert {FEATURES[k] for k in feature} == {name[3:]}
    middles = [bars.ends[..., :2] + bars.ends[..., 2:] for bars in (symbols.before, symbols.after)]
    np.testing.assert_array_equal(*middles)
    there = np.arange(8) < symbols.set_size[:, None]
    ends = np.floor(symbols.after.ends[there])
    assert ends.min() >= 1
    assert ends.max() <= (96 if official else 95)


def test_lengths_of_bars() -> None:
    """9 and 15 pixels; in official trials 16.5 and 10.5 after a change."""
    for official, expected in ((False, {9, 15}), (True, {9, 15, 10.5, 16.5})):
        symbols = many("CD_Size", 600, levels=FEW_BARS, official=official).symbols
        there = np.arange(4) < symbols.set_size[:, None]
        along = (symbols.after.ends[..., 2:] - symbols.after.ends[..., :2])[there]
        assert set(along.max(axis=1)) == expected


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
@pytest.mark.parametrize("size", [4, 8, 12])
def test_no_bar_starts_near_one_that_was_there_before(size: int, official: bool) -> None:
    """In one of both directions by its own length + 11 pixels."""
    symbols = many("CD_Gap", 40, levels={"set_size": (size,)}, official=official).symbols
    start = symbols.before.ends[..., :2]
    length = (symbols.before.ends[..., 2:] - start).max(axis=2)
    away = np.abs(start[:, :, None] - start[:, None]).max(axis=3)
    later, earlier = np.tril_indices(size, -1)
    assert (away[:, later, earlier] >= length[:, later] + 11).all()


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
def test_bars_start_anywhere_within_their_margins(official: bool) -> None:
    """From floor(length / 2) + 3 to 96 - length - 3; here small ones a pixel before."""
    symbols = many("CD_Gap", levels={"set_size": (1,)}, official=official).symbols
    start = symbols.before.ends[:, 0, :2]
    large = (symbols.before.ends[:, 0, 2:] - start).max(axis=1) > 9
    assert all_near(start[large], range(10, 79))
    assert all_near(start[~large], range(7, 85) if official else range(6, 84))


def test_giving_up_early_changes_no_display_that_is_complete() -> None:
    """Of 10,000 that are begun with the same chance, and never given up, none would have been."""
    large = np.random.default_rng(0).random((10_000, 11)) < 0.5
    small, big = (bar_places._blocks(length, True) for length in (9, 15))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bar_places._Blocks, "room", lambda self, refused: np.full(len(refused), 99))
        at = bar_places._begun(large, np.random.default_rng(1), True)
    at, large = at[at[:, -1, 0] >= 0], large[at[:, -1, 0] >= 0]
    refused = np.zeros((2, len(at)), np.uint64)
    for bar in range(10):
        refused |= [blocks.refused_by(at[:, bar]) for blocks in (small, big)]
        assert (small.room(refused[0]) >= 10 - bar).all()
        assert (big.room(refused[1]) >= large[:, bar + 1 :].sum(axis=1)).all()
    assert len(at) > 100


def test_features_and_intervals_of_change_detection() -> None:
    """Each feature changes as often; in official trials intervals are drawn by chance."""
    conditions = many("CD_Conj", levels=FEW_BARS, official=True).conditions
    feature = conditions["changed_feature"]
    assert all_near(feature[feature < 4], range(4))
    assert all_near(conditions["retention_interval"], (0, 6, 12, 18))


def test_features_of_bars_are_drawn_on_their_own() -> None:
    symbols = many("CD_Conj", levels={"set_size": (2,)}).symbols
    along = symbols.before.ends[..., 2:] - symbols.before.ends[..., :2]
    columns = [symbols.before.red, symbols.before.gap, along[..., 0] > 0, along.max(axis=2) > 9]
    assert all(near(each, 0.5) for each in columns)
    assert np.abs(np.corrcoef([each.ravel() for each in columns]) - np.eye(4)).max() < 0.02


# ---- complex span --------------------------------------------------------------------------------


def test_items_and_options_of_complex_span() -> None:
    """8 of 16 cells, no two options the same, the right one at its place, six cells from others."""
    symbols = many("CS", 2000).symbols
    assert (symbols.patterns.sum(axis=3) == 8).all()
    right = np.take_along_axis(symbols.patterns, symbols.places[..., None, None], axis=2)
    apart = (symbols.patterns != right).sum(axis=3)
    assert (np.sort(apart, axis=2) == [0, *7 * [6]]).all()
    same = (symbols.patterns[:, :, :, None] == symbols.patterns[:, :, None]).all(axis=4)
    assert (same.sum(axis=(2, 3)) == 8).all()
    np.testing.assert_array_equal(np.sort(symbols.ways, axis=2)[..., :], [[range(8)] * 2] * 2000)


def test_chance_in_complex_span() -> None:
    trials = many("CS", 5000)
    symbols = trials.symbols
    assert all_near(symbols.places, range(8))
    assert all_near(symbols.paths, range(16))
    assert all_near(symbols.squares, range(14))
    assert near(symbols.symmetric, 0.5)
    assert near(symbols.paths[:, 0] == symbols.paths[:, 1], 1 / 16)
    boards = symbols.boards[:2000].reshape(-1, 10, 10)
    assert (boards.sum(axis=(1, 2)) == 20).all()
    alone = (boards & ~boards[:, :, ::-1]).sum(axis=(1, 2))
    np.testing.assert_array_equal(alone, np.where(symbols.symmetric[:2000].ravel(), 0, 4))


# ---- observers -----------------------------------------------------------------------------------


@ANY_TASK
def test_an_ideal_observer_of_symbols_is_always_right(task: WormTask) -> None:
    """In each of 100 trials, at all frames that have an answer."""
    batch = make_batch(task.name, 100, seed=12, look="symbolic")
    found = [OBSERVERS[task.name](own) for own in batch.frames]
    if batch.targets is not None:
        np.testing.assert_array_equal(found, batch.targets.any(axis=1))
    else:
        np.testing.assert_array_equal(found, batch.labels)


def test_constant_answers_score_as_said_where_idle_frames_count() -> None:
    """Nothing in SFR .924 of cells, "nothing asked" in CS .639, "0" at squares of STS .597."""
    targets = many("SFR", 1200).asked.targets
    assert abs(1 - targets.any(axis=1).mean() - 0.924) < 0.001
    asked = many("CS", 160).asked
    idle = asked.labels == 20
    assert abs(idle[asked.labels >= 0].mean() - 0.639) < 0.001
    asked = many("STS").asked
    assert abs(np.isin(asked.labels, (0, 2)).mean() - 0.597) < 0.005


def test_constant_answers_score_little_where_something_is_asked() -> None:
    """None of complex span, half of switching; by one place .111, by the middle .2."""
    asked = many("CS", 160).asked
    assert not (asked.labels == 20)[asked.scored].any()
    asked = many("STS").asked
    assert near((asked.labels == 0)[asked.scored], 0.5)
    asked = many("VSR", 4000).asked
    assert near((asked.labels == 0)[asked.scored], 1 / 9)


def test_who_is_blind_to_rules_is_right_in_three_of_four_squares() -> None:
    """.80 of all frames: cues are known, so are congruent squares, others are guessed."""
    asked = many("STS").asked
    congruent = (asked.about["congruent"] == 1)[asked.scored]
    right = congruent | (np.random.default_rng(0).random(congruent.size) < 0.5)
    assert near(right, 0.75)
    everywhere = (right.sum() + (~asked.scored).sum()) / asked.scored.size
    assert abs(everywhere - 0.80) < 0.005
