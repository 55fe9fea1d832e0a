"""Observers of WorM who see symbols, forget nothing and judge well.

Each takes what the frames of one trial show, [frame, feature], as `symbolic` gives it, and gives
labels, -1 where nothing is asked. A layer has one column that says whether it is seen, and then its
features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

N_FRAMES = 20
MOVES = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])
WAYS = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)])


def layers(seen: np.ndarray, *sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each layer the frames in which it is seen, and its features there."""
    found, start = [], 0
    for size in sizes:
        frames = np.flatnonzero(seen[:, start])
        found.append((frames, seen[frames, start + 1 : start + 1 + size]))
        start += 1 + size
    assert start == seen.shape[1]
    return found


def unasked() -> np.ndarray:
    return np.full(N_FRAMES, -1)


def symmetric(board: np.ndarray) -> bool:
    return bool((board.reshape(10, 10) == board.reshape(10, 10)[:, ::-1]).all())


def coordination(seen: np.ndarray) -> np.ndarray:
    ((frames, boards),) = layers(seen, 100)
    found = unasked()
    found[len(frames)] = symmetric(boards.any(axis=0))
    return found


def free_recall(seen: np.ndarray) -> np.ndarray:
    """Cells [100] that were red."""
    ((_, squares),) = layers(seen, 200)
    return squares[:, 100:].any(axis=0)


def integration(seen: np.ndarray) -> np.ndarray:
    (_, parts), (probe, line) = layers(seen, 72, 72)
    found = unasked()
    found[probe] = (parts.any(axis=0) == line[0]).all()
    return found


def updating(seen: np.ndarray) -> np.ndarray:
    ((frames, boxes),) = layers(seen, 8 * 19)
    boxes = boxes.reshape(-1, 8, 19)
    cells = np.stack(np.divmod(boxes[0, :, 1:10].argmax(axis=1), 3), axis=1)
    found = unasked()
    for frame, shown in zip(frames[1:], boxes[1:], strict=True):
        for box, way in np.argwhere(shown[:, 10:18]):
            cells[box] += MOVES[way]
        for box in np.flatnonzero(shown[:, 18]):
            found[frame] = cells[box] @ (3, 1)
    return found


def switching(seen: np.ndarray) -> np.ndarray:
    ((_, window),) = layers(seen, 6)
    found, rule = unasked(), 0
    for frame, what in enumerate(window.argmax(axis=1)):
        rule = what - 4 if what >= 4 else rule
        found[frame] = 2 if what >= 4 else divmod(what, 2)[rule]
    return found


def item_recognition(seen: np.ndarray) -> np.ndarray:
    (_, studied), (probe, pair) = layers(seen, 36, 72)
    found = unasked()
    found[probe] = (studied == pair[0, 36:]).all(axis=1).any()
    return found


def serial_recall(seen: np.ndarray) -> np.ndarray:
    (_, studied), (probes, arrays) = layers(seen, 36, 9 + 9 * 36)
    tiles = arrays[0, 9:].reshape(9, 36)
    found = unasked()
    for frame, item in zip(probes, studied, strict=True):
        found[frame] = (tiles == item).all(axis=1).argmax()
    return found


def serial_recognition(seen: np.ndarray) -> np.ndarray:
    (_, studied), (probes, pairs) = layers(seen, 36, 72)
    found = unasked()
    found[probes] = (studied == pairs[:, 36:]).all(axis=1)
    return found


def change(seen: np.ndarray) -> np.ndarray:
    ((frames, displays),) = layers(seen, 12 * 9)
    found = unasked()
    found[frames[1]] = (displays[0] != displays[1]).any()
    return found


def complex_span(seen: np.ndarray) -> np.ndarray:
    """The item of the first question is what was first stored."""
    discs, items, squares, boards, arrows, patterns = layers(seen, 9, 16, 14, 100, 64, 128)
    found = unasked()
    found[:18] = 20
    found[squares[0]] = squares[1][:, 7:].any(axis=1)
    found[boards[0]] = [2 + symmetric(board) for board in boards[1]]
    for item in range(2):
        if len(discs[0]):
            cells = discs[1][3 * item : 3 * item + 3].argmax(axis=1)
            first, last = (np.array(divmod(int(cell), 3)) for cell in cells[[0, 2]])
            way = (np.sign(last - first) == WAYS).all(axis=1).argmax()
            found[16 + item] = 4 + arrows[1][item].reshape(8, 8)[:, way].argmax()
        else:
            same = (patterns[1][item].reshape(8, 16) == items[1][3 * item]).all(axis=1)
            found[16 + item] = 12 + same.argmax()
    return found


OBSERVERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "SC": coordination,
    "SFR": free_recall,
    "SI": integration,
    "SMU": updating,
    "STS": switching,
    "VIR": item_recognition,
    "VSR": serial_recall,
    "VSRec": serial_recognition,
    **{f"CD_{name}": change for name in ("Color", "Orientation", "Size", "Gap", "Conj")},
    "CS": complex_span,
}
