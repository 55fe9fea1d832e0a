"""Can a layer of Sparsey's macrocolumns learn digits from one look at each?

Method, after Rinkus and Leveille (2017). MNIST digits are rescaled to 16 x 24 pixels, binarised and
thinned. Sixty macrocolumns (Q = 8 modules of K = 16 cells) look at overlapping windows of 6 x 6
pixels, two pixels apart; one is silent where its window holds fewer than two active pixels. Two
hundred images of each class are shown once each, in random order, without labels. A macrocolumn
whose weights are filled to a threshold learns no more (freezing).

The codes of all images are then read in a pass without learning, and classes are read off the
codes, which is where labels come in: by *label weights* (each cell that was on for a training image
is tied to its class, once, in a single trial; the class with most ties to the active cells wins),
by *counts* (naive Bayes on how often each cell was on in each class), by the *nearest* training
code (a measuring instrument, not a claim about memory), and by a *linear classifier* (support
vectors, C = 1). Reference points are the same linear classifier and the nearest neighbour on
pixels. Controls: no freezing, and one macrocolumn (Q = 70, K = 20) for the whole image.

Panel A: accuracy against the threshold of freezing. B: against the number of test images of each
class, from the training above. C: against the number of training images. D: one image of each
class, and the pixels that its code stands for, read back through the macrocolumns.

The paper reports 91 % and 220 s on one thread. The sizes of its network are in figures that could
not be read, so this is after, not a replication of, its experiment; its number is drawn for
orientation. The time measured here is in the metadata of the results, not in the table of numbers,
as no two runs take equally long.

Outcome (paper preset, five draws). With 200 images of each class learnt and 100 tested, the linear
classifier on codes gets .88 right (.87 to .90), against .80 on pixels; the nearest code .78, counts
.77, label weights .76. Without freezing codes run into each other (.84, .63, .54, .52). One
macrocolumn for the whole image cannot tell digits apart (.51, .49, .35, .22). Accuracy hardly
depends on the number of test images, as in the paper. Its 91 % is not reached by label weights, the
read-out that is nearest to the paper's. Learning took 1 s, but on another machine, with another
program, than the published 220 s.

Run: `cogmem run sparse_digits`, or with `--set source=generated` on a generated set of digit-like
images where MNIST is not at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float, Int
from matplotlib.figure import Figure

from cogmem.data import load_images
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures.decoding import linear_svc
from cogmem.models.code_selection import CodeSelection
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_grid import Grid, build
from cogmem.models.sparsey_network import Network, perceive
from cogmem.plots.sparse_digits import sparse_digits
from cogmem.tasks.digits import digit_like, per_class, skeletonised

SHAPE = (24, 16)
THRESHOLDS = (0.06, 0.12, 0.2, 0.35, 1.0)
"""Fraction of increased weights at which a macrocolumn freezes; with 1 it never does."""

TEST_SIZES = (25, 50, 100, 200, 400, 700)
TRAINING_SIZES = (25, 50, 100)
READ_OUTS = ("linear classifier", "nearest code", "counts", "label weights")
N_CLASSES = 10


@dataclass(frozen=True)
class Config:
    """Sizes of the network and of the sets."""

    source: Literal["mnist", "generated"] = setting("mnist", meaning="which images")
    n_train: int = setting(200, (1, 5000), meaning="training images of each class")
    n_test: int = setting(100, (1, 800), meaning="test images of each class")
    largest_test: int = setting(200, (1, 800), meaning="test images of each class in panel B")
    fine: bool = setting(False, meaning="all thresholds and training sizes, or two of each")
    n_modules: int = setting(8, (1, 1000), meaning="Q")
    n_cells: int = setting(16, (2, 1000), meaning="K")
    bottom_up_power: float = setting(4.0, (0.1, 50.0), meaning="lambda_U")
    freeze_at: float = setting(0.2, (0.0, 1.0), meaning="threshold of freezing in panels B to D")
    n_seeds: int = setting(1, (1, 1000), meaning="draws of images and codes")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")


class Digits(NamedTuple):
    """Skeletons and their classes, in random order, so that the first ones are a fair part."""

    train: Bool[np.ndarray, "image 24 16"]
    train_label: Int[np.ndarray, " image"]
    test: Bool[np.ndarray, "image 24 16"]
    test_label: Int[np.ndarray, " image"]


Said = dict[str, Int[np.ndarray, " image"]]
"""The class of each test image by each reading."""


class Learnt(NamedTuple):
    """Codes [image, cell] of training and test images, and how long learning took."""

    train: Float[np.ndarray, "image cell"]
    test: Float[np.ndarray, "image cell"]
    read_back: Bool[np.ndarray, "class 24 16"]
    seconds: float


def run(config: Config, session: Session) -> xr.DataTree:
    """Learn once for each threshold, number of training images and control, and read out.

    Learning is timed for every threshold; the first time includes compilation, the median does not.

    Returns:
        Nodes `freezing` (threshold), `test_size` (n_test), `training` (n_train), `controls`
        (condition): `accuracy` (seed, read_out, ...); `images`: examples and their reading back.
        Attributes: `learning_seconds`, the median over thresholds.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    linear_svc()
    steps = len(thresholds(config)) + 2
    report = session.begin(config.n_seeds * steps)
    parts, seconds, examples = [], [], {}
    for number in range(config.n_seeds):
        found = _one_seed(config, config.seed + number, report)
        seconds += found.pop("seconds")
        examples = examples or found.pop("examples")
        found.pop("examples", None)
        parts.append(found)
    nodes: dict[str, xr.Dataset] = {
        name: _together([part[name] for part in parts], config) for name in parts[0]
    }
    nodes["images"] = xr.Dataset({k: (("class", "row", "column"), v) for k, v in examples.items()})
    about = {"learning_seconds": float(np.median(seconds)), "source": config.source}
    about |= {"n_train": config.n_train * N_CLASSES, "n_test": config.n_test * N_CLASSES}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


def _together(parts: list[xr.DataArray], config: Config) -> xr.Dataset:
    seeds = pd.Index(range(config.seed, config.seed + len(parts)), name="seed")
    return xr.concat(parts, seeds).rename("accuracy").to_dataset()


def thresholds(config: Config) -> list[float]:
    """Thresholds of freezing, the usual one among them."""
    return sorted({*(THRESHOLDS if config.fine else THRESHOLDS[-1:]), config.freeze_at})


def _one_seed(config: Config, seed: int, report: Callable[[int, str], None]) -> dict[str, Any]:
    digits, key = images(config, seed), jax.random.key(seed)
    truth, rank = digits.test_label, _rank_in_class(digits.test_label)
    usual = rank < config.n_test
    said, seconds = {}, []
    for threshold in thresholds(config):
        learnt = learn(layer(config, threshold), digits, key=key)
        said[threshold] = read_outs(learnt, digits)
        seconds.append(learnt.seconds)
        if threshold == config.freeze_at:
            examples = _examples(learnt, digits)
        report(1, f"freezing at {threshold:g}")
    network = layer(config, config.freeze_at)
    sizes = [
        n
        for n in TRAINING_SIZES[:: 1 if config.fine else len(TRAINING_SIZES)]
        if n < config.n_train
    ]
    fewer = {n: learn(network, digits, n, key=key) for n in sizes}
    trained = {n: read_outs(learnt, digits, n) for n, learnt in fewer.items()}
    trained[config.n_train] = said[config.freeze_at]
    report(1, "fewer training images")
    alone = learn(whole_image(), digits, key=key)
    controls = {"one macrocolumn": read_outs(alone, digits), "pixels": pixels(digits)}
    report(1, "controls")
    sizes = [n for n in TEST_SIZES if n <= rank.max() + 1]
    own = said[config.freeze_at]
    return {
        "freezing": _labelled(_scored(said, truth, usual), "threshold"),
        "test_size": _labelled({n: _right(own, truth, rank < n) for n in sizes}, "n_test"),
        "training": _labelled(_scored(trained, truth, usual), "n_train"),
        "controls": _labelled(_scored(controls, truth, usual), "condition"),
        "seconds": seconds,
        "examples": examples,
    }


def _scored(said: dict[Any, Said], truth: np.ndarray, kept: np.ndarray) -> dict[Any, Any]:
    return {at: _right(classes, truth, kept) for at, classes in said.items()}


def _right(said: Said, truth: np.ndarray, kept: np.ndarray) -> dict[str, float]:
    """Proportion of the chosen test images that each reading gets right."""
    return {name: float((classes == truth)[kept].mean()) for name, classes in said.items()}


def _labelled(results: dict[Any, dict[str, float]], dim: str) -> xr.DataArray:
    values = [[each.get(name, np.nan) for name in READ_OUTS] for each in results.values()]
    coords = {dim: list(results), "read_out": list(READ_OUTS)}
    about = {"long_name": "Proportion of test images classified correctly", "units": "1"}
    return xr.DataArray(values, coords=coords, dims=(dim, "read_out"), attrs=about)


# ---- images --------------------------------------------------------------------------------------


def images(config: Config, seed: int) -> Digits:
    """Skeletons of training and test images, as many of each class."""
    most = max(config.n_test, config.largest_test)
    if config.source == "generated":
        made, label = digit_like(config.n_train + most, seed=seed)
        train = np.arange(len(label)) < N_CLASSES * config.n_train  # labels run 0 to 9, repeating
    else:
        dataset = load_images("mnist")
        made, label = dataset["image"].values, dataset["label"].values
        train = dataset["split"].values == "train"
    shown, shown_label = per_class(made[train], label[train], config.n_train, seed=seed)
    tested, tested_label = per_class(made[~train], label[~train], most, seed=seed)
    return Digits(skeletonised(shown), shown_label, skeletonised(tested), tested_label)


def _rank_in_class(label: Int[np.ndarray, " image"]) -> Int[np.ndarray, " image"]:
    same = label[:, None] == np.arange(N_CLASSES)
    return (np.cumsum(same, axis=0) - 1)[np.arange(len(label)), label]


# ---- networks ------------------------------------------------------------------------------------


def layer(config: Config, freeze_at: float) -> Network:
    """Sixty macrocolumns over windows of the image."""
    selection = CodeSelection(bottom_up_power=config.bottom_up_power, sigmoid_centre=0.5)
    mac = Mac(1, config.n_modules, config.n_cells, selection, band=(2, 36), freeze_at=freeze_at)
    return build(SHAPE, [Grid(10, 6, mac, window=(6, 2))])


def whole_image() -> Network:
    """One macrocolumn for all."""
    mac = Mac(1, 70, 20, CodeSelection(bottom_up_power=4.0, sigmoid_centre=0.5), freeze_at=0.2)
    return build(SHAPE, [Grid(1, 1, mac, radius=1.0)])


def learn(
    network: Network, digits: Digits, n_per_class: int | None = None, *, key: jax.Array
) -> Learnt:
    """Show training images once each, then read the codes of all images without learning.

    Args:
        network: virgin.
        digits: what is shown and probed.
        n_per_class: how many of each class are learnt; the others are blank, and leave no trace.
        key: of the draws of codes.
    """
    shown = digits.train
    if n_per_class is not None:
        shown = shown & (_rank_in_class(digits.train_label) < n_per_class)[:, None, None]
    start = time.perf_counter()
    memory, moments = perceive(network, network.begin(), shown[:, None], key=key, learning=True)
    jax.block_until_ready(moments)
    seconds = time.perf_counter() - start
    both = np.concatenate([digits.train, digits.test])[:, None]
    codes = np.asarray(perceive(network, memory, both, key=key)[1][0].code)[:, 0]
    active = one_hot(codes, network.levels[0].mac.n_cells)
    n = len(shown)
    return Learnt(active[:n], active[n:], _read_back(network, memory, codes[n:], digits), seconds)


def one_hot(code: Int[np.ndarray, "image mac module"], n_cells: int) -> Float[np.ndarray, "i c"]:
    """[image, mac * module * cell] 1 where a cell is on; a silent macrocolumn has none."""
    on = code[..., None] == np.arange(n_cells)
    return on.reshape(len(code), -1).astype(np.float32)


def _read_back(network: Network, memory: Any, codes: np.ndarray, digits: Digits) -> np.ndarray:
    """Of the first test image of each class: the pixels that its codes stand for."""
    first = [int(np.argmax(digits.test_label == label)) for label in range(N_CLASSES)]

    read = jax.jit(jax.vmap(network.image, (None, 0)))
    return np.asarray(read(memory, codes[first])).reshape(N_CLASSES, *SHAPE)


def _examples(learnt: Learnt, digits: Digits) -> dict[str, np.ndarray]:
    first = [int(np.argmax(digits.test_label == label)) for label in range(N_CLASSES)]
    return {"image": digits.test[first], "read_back": learnt.read_back}


# ---- reading classes off codes -------------------------------------------------------------------


def read_outs(learnt: Learnt, digits: Digits, n_per_class: int | None = None) -> Said:
    """The class of every test image by each reading, from training images as in `learn`."""
    train, label, test = learnt.train, digits.train_label, learnt.test
    if n_per_class is not None:
        kept = _rank_in_class(label) < n_per_class
        train, label = train[kept], label[kept]
    return {
        "linear classifier": linear(train, label, test),
        "nearest code": label[(test @ train.T).argmax(axis=1)],
        "counts": (test @ _log_counts(train, label)).argmax(axis=1),
        "label weights": (test @ (_counted(train, label) > 0)).argmax(axis=1),
    }


def pixels(digits: Digits) -> Said:
    """The reference points: the same on skeletons instead of codes."""
    train, test = (a.reshape(len(a), -1).astype(np.float32) for a in (digits.train, digits.test))
    apart = train.sum(axis=1)[None, :] - 2 * test @ train.T  # squared distance, but for a constant
    return {
        "linear classifier": linear(train, digits.train_label, test),
        "nearest code": digits.train_label[apart.argmin(axis=1)],
    }


def linear(train: np.ndarray, label: np.ndarray, test: np.ndarray) -> Int[np.ndarray, " image"]:
    """Classes by linear support vectors, one class against the others, C = 1.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    machine = linear_svc()(C=1.0, dual="auto", max_iter=20_000, random_state=0)
    return machine.fit(train, label).predict(test)


def _counted(train: np.ndarray, label: np.ndarray) -> Float[np.ndarray, "cell class"]:
    return train.T @ (label[:, None] == np.arange(N_CLASSES)).astype(np.float32)


def _log_counts(train: np.ndarray, label: np.ndarray) -> Float[np.ndarray, "cell class"]:
    n = np.bincount(label, minlength=N_CLASSES)
    shares = np.log((_counted(train, label) + 0.5) / (n + 1))
    return np.where(n > 0, shares, -1e9)  # a class that was never shown is never said


# ---- what is shown -------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted accuracy: panel, condition, read-out, seed."""
    tables = []
    for name, node in tree.children.items():
        if name == "images":
            continue
        table = node.to_dataset().to_dataframe().reset_index()
        (dim,) = set(table.columns) - {"seed", "read_out", "accuracy"}
        tables.append(table.rename(columns={dim: "at"}).assign(panel=name))
    columns = ["panel", "at", "read_out", "seed", "accuracy"]
    return pd.concat(tables)[columns].dropna(subset="accuracy").reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Accuracy by freezing, test size and training size, and examples read back."""
    return sparse_digits(tree)


EXPERIMENT = Experiment(
    name="sparse_digits",
    title="Digits learnt by macrocolumns from one look at each",
    presets={
        "quick": Config(),
        "paper": Config(n_seeds=5, largest_test=700, fine=True),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    models=("sparsey",),
    people=("mnist",),
    sources=("Rinkus & Leveille (2017)",),
    answers=(
        "Rinkus & Leveille (2017): 91 % of MNIST digits from one look at each, in 220 s on one "
        "thread. Their sizes are in figures that could not be read, so that the number is drawn "
        "for orientation only."
    ),
    agrees=(
        "Codes help: a linear classifier on them gets .88 right (.87 to .90), on pixels .80, and "
        "accuracy hardly depends on the number of test images, as in the paper. Without freezing "
        "it falls to .84, and label weights from .76 to .52."
    ),
    disagrees=(
        "91 % is not reached: label weights, the read-out nearest to the paper's, get .76, counts "
        ".77, the nearest code .78. One macrocolumn for the whole image cannot tell digits apart "
        "(.51 at best). Learning took 1 s, but on another machine with another program: no "
        "comparison."
    ),
    cost={"quick": "half a minute on 2 cores", "paper": "six minutes on 2 cores"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
