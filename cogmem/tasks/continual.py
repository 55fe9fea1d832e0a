"""Class streams: tasks of classification that are learnt one after another.

All makers take one set of labelled images as `cogmem.data.load_images("mnist")` gives it, or as
`labelled_images` makes it of arrays, and leave a `ClassStream`. Its tasks are made when they are
asked for. The tasks of `permuted` share one copy of the images, as bytes, and differ in `pixels`,
the order in which pixels are read, which belongs inside the compiled step:

    stream = permuted(load_images("mnist"))
    for task in stream:
        x = normalised(task.train[batch].astype("float32"))[:, task.pixels]

What is learnt one after another, by van de Ven & Tolias (2019, arXiv 1904.07734): `permuted` and
`rotated` have the same classes in every task (domain-incremental); `split` has other classes in
every one, with labels within the task for a head per task (task-incremental) and `classes` to turn
them into the original ones for one head (class-incremental).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar, overload

import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, Shaped, UInt8

from cogmem.errors import InvalidValue

__all__ = [
    "MEAN",
    "ORDER_SEED",
    "SD",
    "ClassStream",
    "Task",
    "generated_images",
    "generated_stream",
    "labelled_images",
    "normalised",
    "permutation",
    "permutation_seeds",
    "permuted",
    "rotated",
    "split",
]

MEAN, SD = 0.1307, 0.3081
"""Of the brightness of MNIST's training pixels, from 0 to 1."""

ORDER_SEED = 2022
"""The seed of the published PMNIST stream of HLOP (Xiao et al., 2024, arXiv 2402.11984)."""

_N_SHUFFLED = 10  # tasks of that stream; further ones follow in order
_PARTS = ("train", "test")

Values = TypeVar("Values", Float[Array, "..."], Shaped[np.ndarray, "..."])


class Task(NamedTuple):
    """One task of a stream.

    `train` and `test` are as stored, and may be shared with other tasks: read pixels in the order
    `pixels`, new = old[:, pixels], and write to neither.
    """

    name: str
    train: UInt8[np.ndarray, "train pixel"]
    train_label: Int[np.ndarray, " train"]
    """0 to number of classes - 1, within the task."""
    test: UInt8[np.ndarray, "test pixel"]
    test_label: Int[np.ndarray, " test"]
    pixels: Int[np.ndarray, " pixel"]
    classes: Int[np.ndarray, " class"]
    """The original class of each label: `classes[train_label]` are the original ones."""
    shape: tuple[int, int]
    """Rows and columns of a stored image, row by row in its pixels."""


@dataclass(frozen=True)
class ClassStream(Sequence[Task]):
    """Tasks in the order in which they are learnt, each made anew when it is asked for."""

    name: str
    make: Callable[[int], Task] = field(repr=False)
    places: range
    """Which tasks, counted from 0."""

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, place: int) -> Task: ...
    @overload
    def __getitem__(self, place: slice) -> ClassStream: ...
    def __getitem__(self, place: int | slice) -> Task | ClassStream:
        """One task, or for a slice the stream of these tasks."""
        if isinstance(place, slice):
            return replace(self, places=self.places[place])
        return self.make(self.places[place])


# ---- one set of images, many tasks --------------------------------------------------------------


def permuted(
    images: xr.Dataset,
    n_tasks: int = 10,
    *,
    seed: int = ORDER_SEED,
    n_train: int | None = None,
    n_test: int | None = None,
    subset_seed: int = 0,
) -> ClassStream:
    """The same images, their pixels in another order in each task, the first one included.

    The usual test of forgetting since Goodfellow et al. (2013, arXiv 1312.6211). With ten tasks of
    MNIST and the default seed these are the permutations of HLOP's code. A longer stream begins
    with the tasks of a shorter one.

    Args:
        images: `image` [item, row, column] uint8, `label` [item], `split` [item] "train" or "test".
        n_tasks: of the stream.
        seed: of the order of permutations, see `permutation_seeds`.
        n_train, n_test: images of each task, the same in all of them: the first so many of a random
            order of the split, without replacement; all, as stored, if None. So a smaller subset is
            part of a larger one, and the first test images are a fair sample (those of MNIST as
            stored are not: writers differ between the first and the second half).
        subset_seed: of that random order.

    Raises:
        InvalidValue: for images of another form, no task, or more images than there are.
    """
    _at_least_one(n_tasks, "tasks")
    parts = _chosen(_parts(images), n_train, n_test, subset_seed)
    seeds = permutation_seeds(n_tasks, seed=seed)

    def make(place: int) -> Task:
        pixels = permutation(parts.n_pixels, int(seeds[place]), place)
        return parts.task(f"permutation {place + 1}", pixels=pixels)

    return ClassStream("permuted", make, range(n_tasks))


def permutation_seeds(n_tasks: int, *, seed: int = ORDER_SEED) -> Int[np.ndarray, " task"]:
    """s of each task: 0 to 9 shuffled by `RandomState(seed)`, cut, or followed by 10, 11, ...

    Source: the code of HLOP (Xiao et al., 2024); what follows after ten tasks is our choice.
    """
    order = np.arange(_N_SHUFFLED)
    np.random.RandomState(seed).shuffle(order)
    return np.concatenate([order, np.arange(_N_SHUFFLED, n_tasks)])[:n_tasks]


def permutation(n_pixels: int, task_seed: int, place: int) -> Int[np.ndarray, " pixel"]:
    """0 to n_pixels - 1, shuffled by `RandomState(100 task_seed + place)`, as in HLOP's code.

    Args:
        n_pixels: of an image.
        task_seed: s of `permutation_seeds`.
        place: of the task in the stream, from 0.
    """
    pixels = np.arange(n_pixels)
    np.random.RandomState(100 * task_seed + place).shuffle(pixels)
    return pixels


def rotated(
    images: xr.Dataset,
    n_tasks: int,
    degrees: float,
    *,
    n_train: int | None = None,
    n_test: int | None = None,
    subset_seed: int = 0,
) -> ClassStream:
    """The same images, turned a little further in each task; the first is upright.

    After Lopez-Paz & Ranzato (2017, NeurIPS 30), with equal steps instead of random angles. Turned
    about the centre with bilinear interpolation, black outside, rounded to bytes. A task is turned
    anew whenever it is asked for, which takes seconds for all of MNIST: keep it while it is used.

    Args:
        images, n_train, n_test, subset_seed: see `permuted`.
        n_tasks: of the stream.
        degrees: from each task to the next, counter-clockwise.

    Raises:
        InvalidValue: as `permuted`, and for an angle that is not finite.
    """
    _at_least_one(n_tasks, "tasks")
    if not np.isfinite(degrees):
        raise InvalidValue(f"each task is turned by {degrees} degrees; choose a finite angle.")
    parts = _chosen(_parts(images), n_train, n_test, subset_seed)

    def make(place: int) -> Task:
        angle = place * degrees
        train, test = (
            part._replace(images=_turned(part.images, parts.shape, angle)) for part in parts[:2]
        )
        return parts._replace(train=train, test=test).task(f"turned by {angle:g} degrees")

    return ClassStream("rotated", make, range(n_tasks))


def _turned(
    images: UInt8[np.ndarray, "n pixel"], shape: tuple[int, int], angle: float
) -> UInt8[np.ndarray, "n pixel"]:
    from scipy.ndimage import rotate

    if angle % 360 == 0:
        return images
    stack = images.reshape(-1, *shape)
    return rotate(stack, angle, axes=(1, 2), reshape=False, order=1).reshape(images.shape)


def split(
    images: xr.Dataset,
    classes_per_task: int = 2,
    *,
    seed: int | None = None,
    n_train: int | None = None,
    n_test: int | None = None,
    subset_seed: int = 0,
) -> ClassStream:
    """Other classes in each task (Zenke, Poole & Ganguli, 2017, arXiv 1703.04200).

    Args:
        images: see `permuted`.
        classes_per_task: how many; every class is in one task.
        seed: of a random order of classes; ascending if None.
        n_train, n_test: images of each task, chosen as in `permuted`, in each task anew.
        subset_seed: of these choices.

    Raises:
        InvalidValue: as `permuted`, and if the classes cannot be divided among tasks.
    """
    parts = _parts(images)
    n_classes = len(parts.classes)
    _at_least_one(classes_per_task, "classes per task")
    if n_classes % classes_per_task:
        given = f"{n_classes} classes cannot be divided into tasks of {classes_per_task}"
        raise InvalidValue(f"{given}; choose a divisor of {n_classes}.")
    order = np.arange(n_classes)
    if seed is not None:
        order = np.random.default_rng(seed).permutation(order)
    groups = np.sort(order.reshape(-1, classes_per_task), axis=1)

    def make(place: int) -> Task:
        own = _chosen(_of_classes(parts, groups[place]), n_train, n_test, subset_seed, place)
        return own.task("classes " + ", ".join(map(str, own.classes)))

    return ClassStream("split", make, range(len(groups)))


# ---- what a network is given --------------------------------------------------------------------


def normalised(pixels: Values) -> Values:
    """(pixel / 255 - 0.1307) / 0.3081: mean 0 and standard deviation 1 over MNIST's pixels.

    Args:
        pixels: brightness from 0 to 255, an array of NumPy or JAX of any shape. Floats keep their
            type; bytes become the default float of their library.
    """
    return (pixels / 255 - MEAN) / SD


def labelled_images(
    train: UInt8[np.ndarray, "train row column"],
    train_label: Int[np.ndarray, " train"],
    test: UInt8[np.ndarray, "test row column"],
    test_label: Int[np.ndarray, " test"],
) -> xr.Dataset:
    """Arrays in the form that the makers take and `cogmem.data.load_images` gives.

    Raises:
        InvalidValue: if images and labels are not as many.
    """
    for part, images, labels in zip(_PARTS, (train, test), (train_label, test_label), strict=True):
        if len(images) != len(labels):
            given = f"{len(images)} {part} images have {len(labels)} labels"
            raise InvalidValue(f"{given}; give one for each.")
    return xr.Dataset(
        {
            "image": (("item", "row", "column"), np.concatenate([train, test])),
            "label": ("item", np.concatenate([train_label, test_label])),
        },
        {"split": ("item", np.repeat(_PARTS, [len(train), len(test)]))},
    )


# ---- a generated stream -------------------------------------------------------------------------


def generated_stream(
    n_tasks: int, n_classes: int, n_features: int, n_train: int, n_test: int, *, seed: int
) -> ClassStream:
    """A GENERATED stream, for tests and for machines without MNIST: no one's handwriting.

    The images of `generated_images`, permuted anew in each task as by `permuted`, with the same
    seed. Results on it say that a learner runs, learns and forgets, and nothing more.

    Raises:
        InvalidValue: as `generated_images` and `permuted`.
    """
    images = generated_images(n_classes, n_features, n_train, n_test, seed=seed)
    return replace(permuted(images, n_tasks, seed=seed), name="generated")


def generated_images(
    n_classes: int, n_features: int, n_train: int, n_test: int, *, seed: int, noise: float = 0.3
) -> xr.Dataset:
    """GENERATED images of one row: a random prototype of each class, and noise. Not MNIST.

    A feature is bright (180 to 255) with probability .15, and black otherwise: mean and standard
    deviation of brightness are about those of MNIST, so that `normalised` applies.

    Args:
        n_classes, n_features: of the set.
        n_train, n_test: images of all classes together; labels run 0, 1, ..., 0, 1, ...
        seed: of every random number, >= 0.
        noise: probability that a feature of an image is drawn anew instead of the prototype's.

    Returns:
        Dataset as of `labelled_images`, with one row of `n_features` columns.

    Raises:
        InvalidValue: for a size below 1, fewer training images than classes, noise outside 0 to 1,
            or so few features that two prototypes are equal.
    """
    for size, what in ((n_classes, "classes"), (n_features, "features"), (n_test, "test images")):
        _at_least_one(size, what)
    if n_train < n_classes or not 0 <= noise <= 1:
        given = f"{n_train} training images of {n_classes} classes with noise {noise}"
        raise InvalidValue(f"{given}; expected as many images or more, and noise from 0 to 1.")
    random = np.random.default_rng(seed)
    prototypes = _bright(random, (n_classes, n_features))
    if len(np.unique(prototypes, axis=0)) < n_classes:
        given = f"{n_classes} prototypes of {n_features} features are not all different"
        raise InvalidValue(f"{given}; choose more features.")
    parts: list[np.ndarray] = []
    for n in (n_train, n_test):
        label = np.arange(n) % n_classes
        anew = random.random((n, n_features)) < noise
        image = np.where(anew, _bright(random, anew.shape), prototypes[label])
        parts += [image[:, None], label]
    return labelled_images(*parts)


def _bright(random: np.random.Generator, shape: tuple[int, int]) -> UInt8[np.ndarray, "n feature"]:
    bright = random.integers(180, 256, shape, "uint8")
    return np.where(random.random(shape) < 0.15, bright, np.uint8(0))


# ---- the two splits of a set --------------------------------------------------------------------


class _Part(NamedTuple):
    images: UInt8[np.ndarray, "n pixel"]
    label: Int[np.ndarray, " n"]


class _Parts(NamedTuple):
    """Training and test images, row by row, with labels from 0."""

    train: _Part
    test: _Part
    classes: Int[np.ndarray, " class"]
    shape: tuple[int, int]

    @property
    def n_pixels(self) -> int:
        return self.train.images.shape[1]

    def task(self, name: str, pixels: Int[np.ndarray, " pixel"] | None = None) -> Task:
        pixels = np.arange(self.n_pixels) if pixels is None else pixels
        return Task(name, *self.train, *self.test, pixels, self.classes, self.shape)


def _parts(images: xr.Dataset) -> _Parts:
    """The splits as views of the images given, as far as they lie together."""
    values, label, which = _checked(images)
    shown, asked = (_rows(which, part) for part in _PARTS)
    classes = np.unique(label[shown])
    unknown = np.setdiff1d(label[asked], classes)
    if len(unknown):
        given = f"test images of classes {unknown.tolist()} have no training images"
        raise InvalidValue(f"{given}; leave them out.")
    flat = values.reshape(len(values), -1)
    within = np.searchsorted(classes, label).astype("int32")
    train, test = (_Part(flat[own], within[own]) for own in (shown, asked))
    return _Parts(train, test, classes, values.shape[1:])


def _checked(images: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brightness [item, row, column], label [item], split [item]."""
    expected = "expected image[item, row, column] uint8, label[item] integer and split[item]"
    missing = {"image", "label", "split"} - set(getattr(images, "variables", ()))
    if missing:
        given = f"the images have no {', '.join(sorted(missing))}"
        raise InvalidValue(f"{given}: {expected}, as of load_images or labelled_images.")
    values, label, which = (images[name].values for name in ("image", "label", "split"))
    if values.dtype != np.uint8 or values.ndim != 3:
        raise InvalidValue(f"images are {values.dtype} of shape {values.shape}: {expected}.")
    if label.dtype.kind not in "iu":
        raise InvalidValue(f"labels are {label.dtype}: {expected}.")
    return values, label.astype("int32"), which


def _rows(which: Shaped[np.ndarray, " item"], part: str) -> slice | Int[np.ndarray, " row"]:
    """Where the items of a split are: a slice, which copies nothing, if they lie together."""
    rows = np.flatnonzero(which == part)
    if not len(rows):
        found = ", ".join(map(str, np.unique(which))) or "nothing"
        raise InvalidValue(f"no image has split {part!r}; there is {found}.")
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _of_classes(parts: _Parts, group: Int[np.ndarray, " class"]) -> _Parts:
    """Only some classes, labelled anew in ascending order."""

    def only(part: _Part) -> _Part:
        kept = np.isin(part.label, group)
        if not kept.any():
            given = f"no test image is of classes {parts.classes[group].tolist()}"
            raise InvalidValue(f"{given}; choose other classes.")
        return _Part(part.images[kept], np.searchsorted(group, part.label[kept]).astype("int32"))

    return _Parts(only(parts.train), only(parts.test), parts.classes[group], parts.shape)


def _chosen(
    parts: _Parts, n_train: int | None, n_test: int | None, seed: int, place: int = 0
) -> _Parts:
    """The first so many of a random order of either split; of all, as they are, without one."""

    def some(part: _Part, number: int, wanted: int | None) -> _Part:
        if wanted is None:
            return part
        _at_most(wanted, len(part.label), _PARTS[number])
        order = np.random.default_rng((seed, number, place)).permutation(len(part.label))
        return _Part(*(each[order[:wanted]] for each in part))

    train, test = some(parts.train, 0, n_train), some(parts.test, 1, n_test)
    return parts._replace(train=train, test=test)


def _at_most(wanted: int, n: int, part: str) -> None:
    if not 1 <= wanted <= n:
        given = f"{wanted} {part} images of each task were asked for"
        raise InvalidValue(f"{given}; there are {n}: choose 1 to {n}, or None for all.")


def _at_least_one(n: int, what: str) -> None:
    if n < 1:
        raise InvalidValue(f"{n} {what} were asked for; choose 1 or more.")
