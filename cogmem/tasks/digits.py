"""Digits to be learned by eye: their skeletons, a choice of so many per class, a generated set.

The preprocessing is that of Rinkus & Leveille (2017, arXiv 1710.07829) for Sparsey on MNIST:
rescaled from 28 x 28 to 16 wide and 24 high, binarised, thinned. That paper names neither the
interpolation, the threshold nor the thinning; here they are bilinear, 100 of 255, and Zhang & Suen
(1984, Communications of the ACM 27, 236-239).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex64, Float, Int, Shaped, UInt8

from cogmem.errors import InvalidValue

__all__ = ["digit_like", "per_class", "skeletonised", "thinned"]

# The eight neighbours of a pixel, clockwise from the one above: P2, P3, ..., P9 of Zhang & Suen.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


# ---- preprocessing ------------------------------------------------------------------------------


def skeletonised(
    images: UInt8[np.ndarray, "n rows columns"],
    shape: tuple[int, int] = (24, 16),
    threshold: float = 100,
) -> Bool[np.ndarray, "n height width"]:
    """Images as lines one pixel wide: resized bilinearly, binarised, thinned.

    The 70,000 skeletons of MNIST have 26.4 active pixels on average.

    Args:
        images: brightness from 0 to 255, ink bright.
        shape: height and width of the result, in pixels.
        threshold: brightness from which a resized pixel counts as ink.

    Raises:
        InvalidValue: if the images are not a stack of two-dimensional arrays.
    """
    from scipy.ndimage import zoom

    if np.ndim(images) != 3:
        raise InvalidValue(
            f"the images have shape {np.shape(images)}, expected [n, rows, columns]; a single "
            "image is images[None]."
        )
    factors = np.array(shape) / images.shape[1:]
    # grid_mode: a pixel is a square, not a point, so that the picture keeps its outer border.
    grey = zoom(images.astype("float32"), (1, *factors), order=1, mode="nearest", grid_mode=True)
    return thinned(grey >= threshold)


def thinned(images: Bool[np.ndarray, "n height width"]) -> Bool[np.ndarray, "n height width"]:
    """Binary images thinned to lines, by Zhang & Suen (1984).

    Two sub-iterations alternate until no pixel changes: one takes pixels off the south-east
    border and north-west corners, the other off the north-west border and south-east corners.
    This is the algorithm as printed, known flaws included: slanted strokes keep some steps two
    pixels wide, and a square of 2 x 2 vanishes. `skimage.morphology.skeletonize(method="zhang")`
    thins further: 24.5 active pixels on MNIST, where this has 26.4.
    """
    n, height, width = images.shape
    padded = np.zeros((n, height + 2, width + 2), "uint8")
    ink = padded[:, 1:-1, 1:-1]  # a view
    ink[:] = images
    while True:
        before = ink.sum()
        for removable in _REMOVABLE:
            around = np.zeros_like(ink)
            for bit, (down, right) in enumerate(_AROUND):
                rows, columns = (
                    slice(1 + down, 1 + down + height),
                    slice(1 + right, 1 + right + width),
                )
                around |= padded[:, rows, columns] << bit
            ink[removable[around]] = 0
        if ink.sum() == before:
            return ink.astype(bool)


def _removable() -> Bool[np.ndarray, "2 256"]:
    """Whether a pixel goes, in either sub-iteration, by its neighbours: bit k is P(k + 2)."""
    pixel = np.arange(256)[:, None] >> np.arange(8) & 1
    above, right, below, left = pixel[:, ::2].T.astype(bool)
    n_ink = pixel.sum(axis=1)  # B(P1) of the paper
    n_rises = (np.diff(pixel, axis=1, append=pixel[:, :1]) == 1).sum(axis=1)  # A(P1)
    border = (n_ink >= 2) & (n_ink <= 6) & (n_rises == 1)
    south_east = ~(above & right & below) & ~(right & below & left)
    north_west = ~(above & right & left) & ~(above & below & left)
    return np.stack([border & south_east, border & north_west])


_REMOVABLE = _removable()


# ---- so many per class --------------------------------------------------------------------------


def per_class(
    images: Shaped[np.ndarray, "total ..."],
    labels: Int[np.ndarray, " total"],
    n: int,
    *,
    seed: int,
) -> tuple[Shaped[np.ndarray, "chosen ..."], Int[np.ndarray, " chosen"]]:
    """n images of each class, chosen without replacement, in random order.

    With the same seed, a smaller n gives a subset of what a larger n gives.

    Args:
        images: one per label, of any shape.
        labels: the class of each; the classes are those that occur.
        n: images per class.
        seed: of the choice and of the order, >= 0.

    Raises:
        InvalidValue: if n is less than 1, or a class has fewer than n images.
    """
    if len(images) != len(labels):
        raise InvalidValue(f"{len(images)} images have {len(labels)} labels; give one for each.")
    _at_least_one(n)
    chosen = [_of_class(label, labels, n, seed) for label in np.unique(labels)]
    order = np.random.default_rng(seed).permutation(np.concatenate(chosen))
    return images[order], labels[order]


def _of_class(label: int, labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Indices of n images of one class; the class has its own random numbers."""
    found = np.flatnonzero(labels == label)
    if len(found) < n:
        raise InvalidValue(
            f"class {label} has {len(found)} images, but {n} were asked for; choose n <= "
            f"{len(found)}."
        )
    return np.random.default_rng((seed, int(label))).permutation(found)[:n]


def _at_least_one(n: int) -> None:
    if n < 1:
        raise InvalidValue(f"{n} images per class were asked for; choose 1 or more.")


# ---- a generated set ----------------------------------------------------------------------------


def _arc(
    x: float, y: float, width: float, height: float, start: float, end: float, n_points: int = 13
) -> np.ndarray:
    """Points of an elliptic arc about (x, y); 0 degrees = right, 90 = down, as y is."""
    angle = np.radians(np.linspace(start, end, n_points))
    return np.column_stack([x + width * np.cos(angle), y + height * np.sin(angle)])


def _line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points)


# Two ways to write each digit, as strokes: points (x, y) from -1 to 1, y downward.
# fmt: off
_STYLES: tuple[tuple[tuple[np.ndarray, ...], ...], ...] = (
    ((_arc(0, 0, 0.6, 1, -90, 270, 21),),
     (_arc(0, 0, 0.75, 0.9, -60, 290, 21),)),
    ((_line((0, -1), (0, 1)),),
     (_line((-0.4, -0.6), (0.05, -1), (0.05, 1)),)),
    ((_arc(0, -0.45, 0.6, 0.55, 190, 380), _line((0.56, -0.26), (-0.65, 1), (0.7, 1))),
     (_arc(0, -0.45, 0.55, 0.55, 200, 400), _line((0.42, -0.1), (-0.15, 0.53)),
      _arc(-0.3, 0.75, 0.3, 0.25, 300, 60), _line((-0.15, 0.97), (0.75, 0.9)))),
    ((_arc(-0.05, -0.5, 0.55, 0.5, 200, 450), _arc(-0.05, 0.5, 0.65, 0.5, 270, 520)),
     (_line((-0.6, -1), (0.55, -1), (-0.1, -0.2)), _arc(-0.1, 0.4, 0.7, 0.6, 270, 520))),
    ((_line((0.25, 1), (0.25, -1), (-0.7, 0.3), (0.75, 0.3)),),
     (_line((-0.5, -1), (-0.6, 0.05), (0.55, 0.05)), _line((0.5, -0.9), (0.45, 1)))),
    ((_line((0.6, -1), (-0.5, -1), (-0.55, -0.1)), _arc(-0.05, 0.4, 0.65, 0.6, 230, 500)),
     (_line((0.65, -0.95), (-0.3, -0.9), (-0.45, -0.15), (0.1, -0.1)),
      _arc(0.05, 0.45, 0.5, 0.55, 270, 500))),
    ((_arc(0.5, 0.4, 1.1, 1.4, 270, 180), _arc(0, 0.45, 0.6, 0.55, 0, 360)),
     (_line((0.15, -1), (-0.45, 0.35)), _arc(0, 0.5, 0.5, 0.5, 0, 360))),
    ((_line((-0.65, -1), (0.65, -1), (-0.15, 1)),),
     (_line((-0.6, -0.8), (-0.5, -1), (0.6, -1), (0, 1)), _line((-0.3, 0), (0.55, 0)))),
    ((_arc(0, -0.5, 0.5, 0.5, 0, 360), _arc(0, 0.5, 0.6, 0.5, 0, 360)),
     (_arc(0.05, -0.55, 0.4, 0.45, 90, 430), _arc(0, 0.45, 0.5, 0.55, -90, 260))),
    ((_arc(0, -0.45, 0.55, 0.55, 0, 360), _line((0.55, -0.45), (0.45, 1))),
     (_arc(0, -0.45, 0.5, 0.55, -40, 320), _arc(-0.45, -0.2, 1, 1.2, 0, 90))),
)
# fmt: on
_SIDE = 28
_PIXELS = (np.arange(_SIDE) + 1j * np.arange(_SIDE)[:, None]).astype("complex64")[..., None]


def digit_like(
    n_per_class: int, *, seed: int
) -> tuple[UInt8[np.ndarray, "n 28 28"], UInt8[np.ndarray, " n"]]:
    """A GENERATED set of ten digits, for tests and for machines without handwriting. Not MNIST.

    Each image is one of two templates of its digit, bent by a smooth wobble, put through a random
    affine map (size, slant, turn, place), and drawn with a random width of stroke. Results on it
    say that a model runs and learns, nothing about handwriting.

    Args:
        n_per_class: images of each digit.
        seed: of every random number, >= 0. An image depends on it, its digit and its place only:
            asking for more keeps the first ones.

    Returns:
        images: ink bright on black, size and place in the frame about as in MNIST.
        labels: 0, 1, ..., 9, 0, 1, ...

    Raises:
        InvalidValue: if n_per_class is less than 1.
    """
    _at_least_one(n_per_class)
    labels = np.tile(np.arange(10, dtype="uint8"), n_per_class)
    images = np.empty((len(labels), _SIDE, _SIDE), "uint8")
    for place, label in enumerate(labels):
        images[place] = _written(int(label), np.random.default_rng((seed, place)))
    return images, labels


def _written(label: int, random: np.random.Generator) -> UInt8[np.ndarray, "28 28"]:
    """One digit by one hand."""
    strokes = _STYLES[label][random.integers(len(_STYLES[label]))]
    starts = np.concatenate([stroke[:-1] for stroke in strokes])
    ends = np.concatenate([stroke[1:] for stroke in strokes])
    bend, phase = random.normal(0, 0.09, (2, 2)), random.uniform(0, 2 * np.pi, 2)
    affine, shift = _affine(random)
    width = random.uniform(0.8, 1.7)  # half of the stroke's, in pixels

    def bent(points: np.ndarray) -> np.ndarray:
        wobble = np.sin(2.5 * points[:, ::-1] + phase) @ bend
        return (points + wobble) @ affine.T + shift

    distance = _distance_to_strokes(bent(starts), bent(ends))
    return (255 * np.clip(width + 0.5 - distance, 0, 1)).astype("uint8")


def _affine(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of a template, from -1 to 1, to pixels: the matrix and the place of the centre."""
    turn, slant = random.normal(0, np.radians(8)), random.normal(0.12, 0.2)
    across, down = random.uniform(7, 10), random.uniform(8, 10)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = turned @ np.array([[across, -slant * down], [0, down]])
    return matrix, (_SIDE - 1) / 2 + random.normal(0, 0.8, 2)


def _distance_to_strokes(
    starts: Float[np.ndarray, "segments 2"], ends: Float[np.ndarray, "segments 2"]
) -> Float[np.ndarray, "28 28"]:
    """Of the centre of each pixel to the nearest segment, in pixels; the plane is complex."""
    from_start = _PIXELS - _complex(starts)  # [28, 28, segments]
    along = _complex(ends - starts)
    share = (from_start * along.conj()).real / (along * along.conj()).real
    return np.abs(from_start - np.clip(share, 0, 1) * along).min(axis=-1)


def _complex(points: Float[np.ndarray, "n 2"]) -> Complex64[np.ndarray, " n"]:
    return (points[:, 0] + 1j * points[:, 1]).astype("complex64")
