"""What trials of WorM ask and answer, read off their pictures of 96 x 96 pixels and nothing else.

Readers know where things stand in a frame, as a person who was shown some trials would, but share
no code with what draws them. Each takes the frames of one trial, [frame, row, column, 3], and gives
its labels, -1 where nothing is asked. Where the question is a blank frame it is the first of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.ndimage import find_objects
from scipy.ndimage import label as components

Labels = np.ndarray | list[set[int] | int]

GRAY, RED, GREEN = (214, 214, 214), (238, 29, 35), (58, 181, 74)
WHITE, DARK = (255, 255, 255), 60
N_FRAMES = 20
CARDINAL = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


# ---- colours and cells ---------------------------------------------------------------------------


def is_colour(picture: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    return (picture == np.array(colour)).all(axis=-1)


def is_blank(frame: np.ndarray) -> bool:
    return bool(is_colour(frame, GRAY).all())


def first_blank(frames: np.ndarray) -> int:
    return next(k for k, frame in enumerate(frames) if is_blank(frame))


def at_centres(frame: np.ndarray, grid: int, cell: int, left: int, top: int) -> np.ndarray:
    """Colours in the middle of all cells, [row, column, 3]."""
    middle = cell * np.arange(grid) + cell // 2
    return frame[top + middle][:, left + middle]


def cells_of(
    frame: np.ndarray, colour: Sequence[int], grid: int, cell: int, left: int, top: int
) -> np.ndarray:
    return is_colour(at_centres(frame, grid, cell, left, top), colour)


def pattern(frame: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    """Six by six cells that fill the frame."""
    return cells_of(frame, colour, 6, 13, 9, 9)


def pair(frame: np.ndarray, colour: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Two patterns side by side."""
    left, right = (cells_of(frame, colour, 6, 6, x, 28) for x in (4, 52))
    return left, right


def has_line(frame: np.ndarray) -> bool:
    """Between two patterns."""
    return bool((frame[20:77, 46] < DARK).all())


def symmetric(cells: np.ndarray) -> int:
    return int((cells == cells[:, ::-1]).all())


def unasked() -> np.ndarray:
    return np.full(N_FRAMES, -1)


# ---- storage -------------------------------------------------------------------------------------


def free_recall(frames: np.ndarray) -> list[set[int] | int]:
    """Cells that were red, as a set, at the first blank frame."""
    end, found = first_blank(frames), unasked().tolist()
    red = [np.flatnonzero(cells_of(frame, RED, 10, 9, 3, 3)) for frame in frames[:end]]
    assert all(len(each) == 1 for each in red), "one red cell in each frame"
    found[end] = {int(each[0]) for each in red}
    return found


def change(frames: np.ndarray) -> np.ndarray:
    """Whether any pixel of the last display is another than in the first."""
    found = unasked()
    last = max(k for k, frame in enumerate(frames) if not is_blank(frame))
    found[last] = (frames[0] != frames[last]).any()
    return found


def item_recognition(frames: np.ndarray) -> np.ndarray:
    """On which side a pattern stands that was there before."""
    probe = next(k for k, frame in enumerate(frames) if has_line(frame))
    studied = [pattern(frame, RED) for frame in frames[:probe] if not is_blank(frame)]
    known = [any((side == each).all() for each in studied) for side in pair(frames[probe], RED)]
    assert sum(known) == 1, "one of both was there"
    found = unasked()
    found[probe] = known[1]
    return found


def serial_recall(frames: np.ndarray) -> np.ndarray:
    """The place at which each pattern stands in the array, in the order of study."""
    probe = next(k for k, frame in enumerate(frames) if (frame[32, 2:30] < DARK).all())
    tiles = [
        cells_of(frames[probe], GREEN, 6, 4, 32 * column + 2, 32 * row + 2)
        for row in range(3)
        for column in range(3)
    ]
    found = unasked()
    for k, frame in enumerate(frames[:probe]):
        same = [place for place, tile in enumerate(tiles) if (tile == pattern(frame, GREEN)).all()]
        assert len(same) == 1, "each pattern stands once"
        found[probe + k] = same[0]
    assert all((frame == frames[probe]).all() for frame in frames[probe : 2 * probe])
    return found


def serial_recognition(frames: np.ndarray) -> np.ndarray:
    """On which side the first pattern stands, the second, ..."""
    probe = next(k for k, frame in enumerate(frames) if has_line(frame))
    found = unasked()
    for k in range(probe):
        same = [
            (side == pattern(frames[k], GREEN)).all() for side in pair(frames[probe + k], GREEN)
        ]
        assert sum(same) == 1, "one of both is the pattern"
        found[probe + k] = same[1]
    return found


# ---- integration ---------------------------------------------------------------------------------


def coordination(frames: np.ndarray) -> np.ndarray:
    """Whether all boards laid upon each other are symmetric."""
    end, found = first_blank(frames), unasked()
    boards = [cells_of(frame, GREEN, 10, 9, 3, 3) for frame in frames[:end]]
    found[end] = symmetric(np.any(boards, axis=0))
    return found


def integration(frames: np.ndarray) -> np.ndarray:
    """Whether the segments of all parts are those of the line in the red frame."""
    probe = next(k for k, frame in enumerate(frames) if is_colour(frame[5:8, 48], RED).all())
    parts = [segments(frame, 10, 19) for frame in frames[:probe]]
    found = unasked()
    found[probe] = set().union(*parts) == segments(frames[probe], 15, 16)
    return found


def segments(frame: np.ndarray, first: int, step: int) -> set[tuple[int, ...]]:
    """Row, column, step down, step right of those of which a quarter and three quarters are green.

    Halves are no good, as two diagonals cross there.
    """
    green = is_colour(frame, GREEN)
    found = set()
    for row, column, down, right in np.ndindex(5, 5, 2, 3):
        way = down, right - 1
        if way in ((0, 0), (0, -1)) or row + way[0] > 4 or not 0 <= column + way[1] <= 4:
            continue
        start = first + step * np.array([row, column])
        at = [np.rint(start + share * step * np.array(way)).astype(int) for share in (0.25, 0.75)]
        if all(green[tuple(each)] for each in at):
            found.add((row, column, *way))
    return found


# ---- updating ------------------------------------------------------------------------------------


def updating(frames: np.ndarray) -> np.ndarray:
    """Marks, by their red specks, moved by arrows, and asked for where a box is all red."""
    boxes = places_of_boxes(frames[0])
    cells = [np.array(marked(frames[0], box)) for box in boxes]
    found = unasked()
    for k, frame in enumerate(frames[1:], start=1):
        for box, (middle, cell) in enumerate(zip(boxes, cells, strict=True)):
            inside = cut(frame, middle)
            if is_colour(inside, RED).mean() > 0.5:
                found[k] = 3 * cell[0] + cell[1]
            elif (inside < DARK).all(axis=-1).any():
                cells[box] = cell + direction((inside < DARK).all(axis=-1))
    return found


def places_of_boxes(frame: np.ndarray) -> list[np.ndarray]:
    """Middles, row and column, in their order round the circle from the right downwards."""
    parts, _ = components(~is_colour(frame, GRAY))
    corners = [[(s.start + s.stop - 1) / 2 for s in part] for part in find_objects(parts)]
    turn = [np.arctan2(row - 47, column - 47) % (2 * np.pi) for row, column in corners]
    turn = [0 if 2 * np.pi - each < 0.1 else each for each in turn]
    return [np.array(corners[k]) for k in np.argsort(turn)]


def cut(frame: np.ndarray, middle: np.ndarray) -> np.ndarray:
    row, column = (int(np.floor(each)) for each in middle)
    return frame[row - 7 : row + 9, column - 7 : column + 9]


def marked(frame: np.ndarray, middle: np.ndarray) -> tuple[int, int]:
    """Row and column, 0 to 2, of the red speck of a box."""
    red = np.argwhere(is_colour(cut(frame, middle), RED)).mean(axis=0)
    row, column = np.rint((red - 7.5) / 5).astype(int) + 1
    return row, column


def direction(dark: np.ndarray) -> np.ndarray:
    """Rows and columns by which an arrow points: of eight ways that to which ink is broadest."""
    return np.array(max(CARDINAL, key=lambda way: broadness(dark, np.array(way))))


def broadness(dark: np.ndarray, way: np.ndarray) -> float:
    """How far ink is from the axis, more so ahead: a tip has two lines besides the shaft."""
    drawn = np.argwhere(dark)
    away = drawn - (drawn.min(axis=0) + drawn.max(axis=0)) / 2
    ahead, aside = away @ way, away @ np.array([-way[1], way[0]])
    return float((np.abs(aside) * ahead).sum() / (way @ way))


# ---- executive control ---------------------------------------------------------------------------


def switching(frames: np.ndarray) -> np.ndarray:
    """By the ticks of the last cue, up or down, or left or right."""
    found, by_column = unasked(), False
    for k, frame in enumerate(frames):
        above, beside = ((frame[at] < DARK).all() for at in ((8, 48), (48, 8)))
        if above or beside:
            assert not (above and beside)
            by_column, found[k] = bool(beside), 2
            continue
        red = [is_colour(frame[row, column], RED) for row in (34, 62) for column in (34, 62)]
        assert sum(red) == 1, "one square"
        found[k] = divmod(red.index(True), 2)[int(by_column)]
    return found


def complex_span(frames: np.ndarray) -> np.ndarray:
    """Judgements of squares and boards, and recall of both items by the eight tiles."""
    found, stored = unasked(), []
    for k, frame in enumerate(frames[:16]):
        found[k] = 20 if is_blank(frame) else judgement(frame)
    for first in (0, 8):
        stored.append(stored_item(frames[first : first + 3]))
    for k, item in enumerate(stored, start=16):
        found[k] = recalled(frames[k], item)
    return found


def judgement(frame: np.ndarray) -> int:
    """Of a square or a board; 20 of what is to be remembered."""
    middle = frame[48, 48].astype(int)
    whole = (frame[10:86, 10:86] == frame[48, 48]).all()
    if whole and not is_colour(middle, GRAY):
        return int(middle[2] > middle[0])
    if is_colour(frame[7, 48], GREEN) or not is_board(frame):
        return 20
    return 2 + symmetric(cells_of(frame, RED, 10, 9, 3, 3))


def is_board(frame: np.ndarray) -> bool:
    """Of ten by ten cells, whose outermost begin beyond those of four by four."""
    return not is_colour(frame[4:8, 48], GRAY).all()


def stored_item(frames: np.ndarray) -> np.ndarray:
    """Rows and columns by which a disc went, or a pattern."""
    if not is_colour(frames[0, 7, 48], GREEN):
        assert (frames == frames[0]).all()
        return cells_of(frames[0], RED, 4, 19, 9, 9)
    cells = [np.argwhere(cells_of(frame, RED, 3, 26, 9, 9)) for frame in frames]
    assert all(len(each) == 1 for each in cells), "one disc"
    return np.sign(cells[2][0] - cells[0][0])


def recalled(frame: np.ndarray, item: np.ndarray) -> int:
    """The place of the tile that shows an item, after 4 for paths and 12 for patterns."""
    corners = [(32 * (k // 3) + 3, 32 * (k % 3) + (19 if k > 5 else 3)) for k in range(8)]
    if item.ndim == 2:
        tiles = [cells_of(frame, RED, 4, 6, left, top) for top, left in corners]
    else:
        inks = [frame[top : top + 25, left : left + 25] for top, left in corners]
        tiles = [direction((ink < DARK).all(axis=-1)) for ink in inks]
    same = [place for place, tile in enumerate(tiles) if (tile == item).all()]
    assert len(same) == 1, "one tile is right"
    return same[0] + (12 if item.ndim == 2 else 4)


READERS: dict[str, Callable[[np.ndarray], Labels]] = {
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
