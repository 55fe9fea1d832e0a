"""WorM: trials of the official generators, drawn anew from what they say of themselves.

Sizes, conditions and numbers of trials are those of the file; see `tests/reference`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from cogmem.tasks.worm import change_detection as cd
from cogmem.tasks.worm import complex_span as cs
from cogmem.tasks.worm import spatial_coordination as sc
from cogmem.tasks.worm import spatial_free_recall as sfr
from cogmem.tasks.worm import spatial_integration as si
from cogmem.tasks.worm import spatial_memory_updating as smu
from cogmem.tasks.worm import spatial_task_switching as sts
from cogmem.tasks.worm import visual_item_recognition as vir
from cogmem.tasks.worm import visual_serial_recall as vsr
from cogmem.tasks.worm import visual_serial_recognition as vsrec
from cogmem.tasks.worm.task import Trials, WormTask, render
from tests.conformance.reference import reference

REF = reference("worm")
Meta = list[dict[str, Any]]


def bits(on: Iterable[int], n: int) -> np.ndarray:
    found = np.zeros(n, bool)
    found[list(on)] = True
    return found


def numbers(meta: Meta, name: str) -> np.ndarray:
    return np.array([each[name] for each in meta])


def rows(meta: Meta, name: str, n_cells: int) -> np.ndarray:
    """Patterns [trial, item, cell], nothing on in those beyond the list."""
    most = max(each["list_length"] for each in meta)
    found = np.zeros((len(meta), most, n_cells), bool)
    for trial, each in enumerate(meta):
        for item, on in each[name].items():
            found[trial, int(item)] = bits(on, n_cells)
    return found


def padded(meta: Meta, name: str) -> np.ndarray:
    most = max(len(each[name]) for each in meta)
    return np.array([each[name] + [0] * (most - len(each[name])) for each in meta])


def of_recognition(meta: Meta) -> vir.Symbols:
    return vir.Symbols(
        numbers(meta, "list_length"),
        numbers(meta, "retention_interval"),
        rows(meta, "memory_items", 36),
        numbers(meta, "recognition_gt_index"),
        np.stack([bits(each["distractor_item"], 36) for each in meta]),
        numbers(meta, "recognition_gt"),
    )


def of_serial_recall(meta: Meta) -> vsr.Symbols:
    length = numbers(meta, "list_length")
    return vsr.Symbols(length, rows(meta, "memory_items", 36), padded(meta, "recall_gt"))


def of_serial_recognition(meta: Meta) -> vsrec.Symbols:
    return vsrec.Symbols(
        numbers(meta, "list_length"),
        numbers(meta, "distractor_diff"),
        rows(meta, "memory_items", 36),
        rows(meta, "distractor_items", 36),
        padded(meta, "recognition_gt"),
    )


def of_coordination(meta: Meta) -> sc.Symbols:
    names = ("list_length", "gt", "symmetry_offset")
    length, symmetric, offset = (numbers(meta, name) for name in names)
    return sc.Symbols(length, padded(meta, "gt_item"), symmetric, offset)


def of_free_recall(meta: Meta) -> sfr.Symbols:
    visible = np.stack([bits(each["visible_cells"], 100) for each in meta])
    return sfr.Symbols(numbers(meta, "list_length"), visible, padded(meta, "recall_gt"))


def of_switching(meta: Meta) -> sts.Symbols:
    cue = np.array([[name.startswith("Cue") for name in each["task_gt"]] for each in meta])
    rule = np.array([[name.endswith("Right") for name in each["task_gt"]] for each in meta])
    places = [[each["marker_location"].get(str(k), 0) for k in range(20)] for each in meta]
    return sts.Symbols(cue, rule.astype(int), np.array(places))


def of_updating(meta: Meta) -> smu.Symbols:
    ways = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    ways |= {a + b: (ways[a][0], ways[b][1]) for a in ("up", "down") for b in ("left", "right")}
    moves = [
        [smu.DIRECTIONS.index(ways[way.split("_")[1]]) for _, way in m["updates"]] for m in meta
    ]
    size = numbers(meta, "set_size")
    first, last, order = (np.zeros((len(meta), smu.MOST), int) for _ in range(3))
    for trial, each in enumerate(meta):
        for box in range(size[trial]):
            first[trial, box] = each["inital_marker_state"][str(box)]
            last[trial, box] = each["final_marker_state"][str(box)]
        order[trial, : size[trial]] = each["probe_order"]
    return smu.Symbols(size, numbers(meta, "num_updates"), first, last, np.array(moves), order)


def of_integration(meta: Meta) -> si.Symbols:
    def vertices(named: dict[str, list[int]]) -> list[int]:
        ends = [named[str(k)] for k in range(len(named))]
        return [5 * row + column for row, column in ends]

    line = [vertices(each["gt_line_segment"]) for each in meta]
    other = [vertices(m["distractor_line_segment"] or m["gt_line_segment"]) for m in meta]
    order = np.zeros((len(meta), 12), int)
    for trial, each in enumerate(meta):
        parts = [vertices(part) for part in each["memory_part_line_segment"]]
        order[trial, : len(parts)] = [
            line[trial].index(part[0]) // each["part_size"] for part in parts
        ]
    different = np.array([each["distractor_diff"] or 0 for each in meta])
    size = numbers(meta, "part_size")
    return si.Symbols(size, np.array(line), np.array(other), order, numbers(meta, "gt"), different)


def bars(meta: Meta, name: str) -> cd.Bars:
    most = max(each["set_size"] for each in meta)
    ends, red, gap = (np.zeros((len(meta), most, *more)) for more in ((4,), (), ()))
    for trial, each in enumerate(meta):
        for bar, about in each[name].items():
            at = trial, int(bar) - 1
            ends[at] = about["bar_coords"]
            red[at], gap[at] = about["color"] == "red", about["gap"] == "broken"
    return cd.Bars(ends, red > 0, gap > 0)


def of_change(meta: Meta) -> cd.Symbols:
    size, interval = numbers(meta, "set_size"), numbers(meta, "retention_interval")
    feature = np.where(numbers(meta, "gt") == 1, 0, len(cd.FEATURES))
    before, after = bars(meta, "memory_array"), bars(meta, "probe_array")
    return cd.Symbols(size, interval, before, after, feature)


def of_complex_span(meta: Meta) -> cs.Symbols:
    """The file does not say where arrows stand: that is read off its pictures."""
    n, items = len(meta), ("1", "2")
    visual = [each["variation"].startswith("visual") for each in meta]
    places = np.array([[each[f"recall_gt_{k}"] for k in items] for each in meta])
    paths, ways = np.zeros((n, 2), int), np.zeros((n, 2, 8), int)
    options = np.zeros((n, 2, 8, 16), bool)
    squares, symmetric = np.zeros((2, n, 10), int)
    boards = np.zeros((n, 10, 100), bool)
    for trial, each in enumerate(meta):
        for item, k in enumerate(items):
            right = each[f"memory_{k}_gt"]
            if visual[trial]:
                others = [bits(on, 16) for on in each[f"mem_distractor_{k}"]]
                others.insert(places[trial, item], bits(right, 16))
                options[trial, item] = others
            else:
                paths[trial, item] = cs.PATHS.tolist().index([int(cell) for cell in right])
                ways[trial, item] = arrows(REF["CS/frames"][trial, 16 + item])
        for slot, shown in enumerate(each["distractor_gt_items"]):
            if isinstance(shown, str):
                squares[trial, slot] = cs.SQUARES.index(shown[1:])
            else:
                boards[trial, slot] = bits(shown, 100)
                symmetric[trial, slot] = each["distractor_gts"][slot]
    variation = np.array([cs.VARIATIONS.index(each["variation"]) for each in meta])
    n_distractors = numbers(meta, "num_distractor")
    return cs.Symbols(
        variation, n_distractors, paths, options, ways, places, squares, boards, symmetric
    )


def arrows(frame: np.ndarray) -> np.ndarray:
    """Of each place the way of the arrow that is most like what stands there."""
    board = cs.arrow_board(96)
    ink = (frame < 100).all(axis=-1).ravel()
    drawn = (board.base + board.parts < 100).all(axis=-1).reshape(8, 8, -1)
    own = drawn.any(axis=1)
    return np.stack([(drawn[k] == (ink & own[k])).sum(axis=1).argmax() for k in range(8)])


SAID: dict[str, tuple[WormTask, Callable[[Meta], Any]]] = {
    **{task.name: (task, of_change) for task in cd.CHANGE_DETECTION},
    "CS": (cs.CS, of_complex_span),
    "SC": (sc.SC, of_coordination),
    "SFR": (sfr.SFR, of_free_recall),
    "SI": (si.SI, of_integration),
    "SMU": (smu.SMU, of_updating),
    "STS": (sts.STS, of_switching),
    "VIR": (vir.VIR, of_recognition),
    "VSR": (vsr.VSR, of_serial_recall),
    "VSRec": (vsrec.VSREC, of_serial_recognition),
}
EXACT = ("SC", "SFR", "STS", "SMU", "VIR", "VSR", "VSRec")


@pytest.fixture(params=SAID)
def trials(request: pytest.FixtureRequest) -> tuple[WormTask, Trials]:
    task, of = SAID[request.param]
    symbols = of([json.loads(str(each)) for each in REF[f"{task.name}/meta"]])
    return task, Trials(symbols, task.ask(symbols), {})


def test_phases_and_labels_are_those_of_the_file(trials: tuple[WormTask, Trials]) -> None:
    task, (_, asked, _) = trials
    assert asked.time.letters() == [str(each) for each in REF[f"{task.name}/phase"]]
    np.testing.assert_array_equal(asked.time.length, REF[f"{task.name}/length"])
    np.testing.assert_array_equal(asked.labels, REF[f"{task.name}/labels"])


def test_full_frames_are_drawn_to_the_pixel(trials: tuple[WormTask, Trials]) -> None:
    """Boards exactly; in frames with lines and bars at most 1 % of pixels differ."""
    task, drawn = trials
    found, expected = render(task, drawn, 96, official=True), REF[f"{task.name}/frames"]
    wrong = (found != expected).any(axis=-1).mean(axis=(2, 3))
    assert wrong.max() <= (0 if task.name in EXACT else 0.01)


def test_small_frames_are_within_two_levels(trials: tuple[WormTask, Trials]) -> None:
    """Of at least 97 % of values."""
    task, drawn = trials
    found, expected = render(task, drawn, 32, official=True), REF[f"{task.name}/frames32"]
    away = np.abs(found.astype(int) - expected)
    assert (away <= 2).mean() >= 0.97
