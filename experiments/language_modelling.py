"""Does BDH read a text as well as a Transformer and a recurrent network of the same size?

Kosowski et al. (2025, Fig. 7) let BDH and Transformers of 25 to 800 million weights learn to
translate. The variant of the published code is worse than a Transformer at every size, by less the
larger both are (.457 and .425 nats per byte at 25 million, .365 and .362 at 800). Here all is a
thousand times smaller, and the text is another.

Method. BDH (official variant; d = 32, 4 heads, 3 layers that share their weights) has 64, 144, 320
or 768 neurons, which is 10 to 78 thousand weights. It is beside the same BDH whose synapses are
damped by .99 a token, a Transformer (GPT-2's kind with ALiBi; 2 layers, 4 heads) and a GRU (one
layer), which are as wide as makes their weights as many: within 2 % for the GRU and 7 % for the
Transformer, but the smallest Transformer has 16 % fewer. All read the same passages of tiny
Shakespeare, one token for each of its 65 bytes: 500 steps of 8 x 128, drawn from the first 90 %,
half as many bytes as there are.
AdamW, decay .1 on all weights, a rate that stays, no dropout. One rate of .001 (the official one),
.003, .01 and .03 is chosen for each kind and size by the mean loss of the last 100 steps of one
network, on passages hardly any of which was read before; what is held out plays no part in it.
There are three networks at that rate. Loss is of all of the last 10 %, in 871 passages of 128, each
read from an empty state. Tables of single bytes (unigram) and of pairs (bigram) are counted in the
text that is learnt from. Active are neurons above 0, at all but the first token of every eighth
passage.

Outcome (paper preset; nats per byte held out, means of three networks and bootstrap 95 % intervals,
which with three are little more than their range). For 10, 18, 35 and 78 thousand weights:

- BDH 2.397 (2.390 to 2.404), 2.311 (2.305 to 2.322), 2.194 (2.179 to 2.208), 2.079 (2.053 to 2.108)
- damped 2.361 (2.356 to 2.367), 2.232 (2.219 to 2.240), 2.139 (2.120 to 2.167), 2.044 (2.017 to
  2.064)
- Transformer 2.252 (2.241 to 2.260), 2.207 (2.193 to 2.222), 2.191 (2.179 to 2.197), 2.152 (2.127
  to 2.166)
- GRU 2.075 (2.068 to 2.086), 1.984 (1.976 to 1.989), 1.935 (1.922 to 1.943), 1.885 (1.866 to 1.895)

All are better than pairs of bytes (2.482), and better the larger they are. BDH is worse than the
Transformer when small, equal at 35 thousand and better at 78, damped already at 35. So it gains
more from more neurons (.32 nats over the range; Transformer .10), which is the direction of the
published curves; that it overtakes is not published. Nor is it the last word on Transformers: after
500 steps all losses are still falling (B), and longer learning was not run. The GRU, which the
paper does not have, is best by far, .16 to .22 nats below the next at every size. Damping helps BDH
by .04 to .08 (at 78 thousand by .04, where intervals overlap). Equal weights are not equal work:
BDH uses each of its maps three times for a token.

Rates matter as much as kinds. At the official rate (open marks: one network each) BDH is worse by
.06 to .08, the Transformer by .04 to .15 and the GRU by .14 to .31; BDH and the Transformer are in
the same order, and the smallest GRU is no better than they are. Chosen were .003 or .01, and for
the smallest GRU .03, which on what is held out is not better than .01.

Activity gets sparser with learning: of 768 neurons .50 of x and .25 of y are above 0 at first, .27
to .29 and .08 to .09 after 500 steps, alike in all layers and still falling; of 64 neurons .36 to
.37 and .19. That is on the way to the 5 % that the paper tells of large models, but not there.

Run: `cogmem run language_modelling`. Networks that are stored are not taught again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column, Store
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.bdh import BDH
from cogmem.models.networks import sized
from cogmem.models.sequence_learning import Training
from cogmem.models.sequence_model import SequenceModel, count_weights
from cogmem.participants.reporting import Report
from cogmem.participants.text_reading import (
    ACTIVITIES,
    Text,
    active_shares,
    held_out_windows,
    lessons,
    ngram_losses,
    reading_loss,
    text_of,
)
from cogmem.plots.language_modelling import language_modelling

MODELS = ("BDH", "BDH, damped", "Transformer", "GRU")

BDHS = MODELS[:2]

ONE_IN = 8
"""Of held-out passages, for looks while learning; all of them count in the end."""

LAST = 100
"""Steps at the end whose losses choose the rate. Hardly any of what they read was read before."""


@dataclass(frozen=True)
class Config:
    """The text, the networks, and how long they learn.

    One of the `rates` is chosen for each kind and size; the first is that of BDH's official code.
    """

    source: Literal["Shakespeare", "grammar"] = setting("grammar", meaning="of the text")
    n_train: int = setting(100_000, (100, 10_000_000), meaning="tokens to learn, if generated")
    n_held_out: int = setting(16_000, (100, 1_000_000), meaning="tokens held out, if generated")
    sizes: tuple[int, ...] = (64, 256)
    width: int = setting(32, (1, 4096), meaning="channels of BDH, d")
    n_heads: int = setting(4, (1, 64), meaning="heads of BDH and of the Transformer")
    n_layers: int = setting(3, (1, 64), meaning="layers of BDH, which share their weights")
    n_blocks: int = setting(2, (1, 64), meaning="layers of the Transformer")
    damping: float = setting(0.99, (0.5, 1.0), meaning="of synapses by a token, if damped")
    length: int = setting(64, (2, 4096), meaning="tokens of a passage")
    batch: int = setting(8, (1, 1024), meaning="passages of a step")
    n_steps: int = setting(150, (1, 1_000_000), meaning="steps of learning")
    block: int = setting(25, (1, 10_000), meaning="steps compiled into one; looks are between")
    look_every: int = setting(2, (1, 1000), meaning="blocks between looks, after the first four")
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)
    n_seeds: int = setting(2, (2, 1000), meaning="networks of each kind and size")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")

    def __post_init__(self) -> None:
        if self.n_steps % self.block or len(self.sizes) < 1:
            raise InvalidValue(
                f"n_steps is {self.n_steps} with blocks of {self.block}, and sizes are "
                f"{self.sizes}; expected a multiple of the block, and one size or more."
            )
        if not self.rates:
            raise InvalidValue("there are no rates, expected one or more to choose from.")


def network(config: Config, kind: str, n_neurons: int, n_tokens: int) -> SequenceModel:
    """BDH of so many neurons, or a baseline with about as many weights as that."""
    heads, gamma = config.n_heads, config.damping if kind == "BDH, damped" else 1.0
    sizes = (n_tokens, config.width, heads, n_neurons, config.n_layers)
    bdh = BDH(*sizes, damping=gamma, chunk=None)
    if kind in BDHS:
        return bdh
    options: dict[str, Any] = {}
    if kind == "Transformer":
        options = {"n_heads": heads, "n_layers": config.n_blocks, "position": "ALiBi"}
        options |= {"n_positions": config.length}
    found: SequenceModel = sized(kind, n_tokens, count_weights(bdh), tolerance=0.2, **options)
    return found


def looks(config: Config) -> list[int]:
    """Steps after which the held-out text is read: after each of the first four blocks, then less
    often, and in the end."""
    n_blocks = config.n_steps // config.block
    blocks = {*range(min(5, n_blocks + 1)), *range(4, n_blocks + 1, config.look_every), n_blocks}
    return [config.block * each for each in sorted(blocks)]


# ---- learning ------------------------------------------------------------------------------------


def run(config: Config, session: Session) -> xr.DataTree:
    """Choose rates, then teach all networks; those that are stored already are not taught again.

    Returns:
        Nodes `scaling` (model, n), `course` (model, n, step) and `active` (model, n, step, layer,
        activity): each with `mean`, `low` and `high`; `sizes` with `n_weights` and `rate` (model,
        n); `choice` with `loss` and `recent` (model, n, rate); `guides` with `loss` (guide).
    """
    text = text_of(config.source, config.n_train, config.n_held_out, seed=config.seed)
    store = session.store("language_modelling", config)
    n_nets = len(MODELS) * len(config.sizes) * (len(config.rates) + config.n_seeds - 1)
    report = session.begin(n_nets * config.n_steps)
    with store.writing():
        tried = _taught(config, text, store, "first", _first(config), report)
        nets = _taught(config, text, store, "others", _others(config, best(config, tried)), report)
    return _labelled(config, text, tried, nets)


Net = tuple[str, int, float, int]
"""Kind, neurons of the BDH that it is compared with, learning rate, seed."""


def _first(config: Config) -> list[Net]:
    """The first network of each kind and size, at each rate."""
    kinds = [(kind, n) for kind in MODELS for n in config.sizes]
    return [(*kind, rate, config.seed) for kind in kinds for rate in config.rates]


def best(config: Config, tried: dict[str, np.ndarray]) -> Int[np.ndarray, " net"]:
    """Place among the rates of the lowest loss at the end of learning, of each kind and size.

    One at which learning came apart is not the best.
    """
    losses = np.where(np.isnan(tried["recent"]), np.inf, tried["recent"])
    return losses.reshape(-1, len(config.rates)).argmin(axis=1)


def _others(config: Config, chosen: Int[np.ndarray, " net"]) -> list[Net]:
    """The other networks, at the rate chosen for their kind and size."""
    kinds = [(kind, n) for kind in MODELS for n in config.sizes]
    seeds, rates = range(config.seed + 1, config.seed + config.n_seeds), np.array(config.rates)
    own = zip(kinds, rates[chosen].tolist(), strict=True)
    return [(*kind, rate, seed) for kind, rate in own for seed in seeds]


def _taught(
    config: Config, text: Text, store: Store, name: str, nets: list[Net], report: Report
) -> dict[str, np.ndarray]:
    """All networks of a table, what was measured by column."""
    shape = (len(looks(config)), config.n_layers, len(ACTIVITIES))
    shapes: dict[str, tuple[int, ...]] = {"course": shape[:1], "active": shape}
    shapes |= {"loss": (), "recent": (), "n_weights": (), "rate": ()}
    columns = {column: Column(each, float) for column, each in shapes.items()}
    table = store.table(name, columns, len(nets), 1)
    for place, net in enumerate(nets):
        if table.done[place]:
            report(config.n_steps, "stored")
            continue
        found = one_network(config, text, *net, report)
        table.write(slice(place, place + 1), {k: np.asarray(v)[None] for k, v in found.items()})
    read: dict[str, np.ndarray] = table.read()
    return read


def one_network(
    config: Config,
    text: Text,
    kind: str,
    n_neurons: int,
    rate: float,
    seed: int,
    report: Callable[[int, str], None] = lambda steps, doing: None,
) -> dict[str, Any]:
    """Teach a network and look at it now and then.

    Returns:
        `course` [look] losses on some of the held-out passages; `loss` on all of them in the end;
        `recent`, of the last steps of learning; `active` [look, layer, activity], NaN for what is
        not BDH; `n_weights` and `rate`.
    """
    model = network(config, kind, n_neurons, text.n_tokens)
    passages, some = (held_out_windows(text, config.length, every) for every in (1, ONE_IN))
    course, active, losses = [], [], []
    silent = np.full((config.n_layers, len(ACTIVITIES)), np.nan)
    for lesson in _lessons(config, model, text, rate, seed):
        losses.append(lesson.losses)
        report(len(lesson.losses), f"{kind}, n = {n_neurons}, rate {rate:g}")
        if lesson.n_steps in looks(config):
            course.append(reading_loss(model, lesson.weights, some))
            watched = isinstance(model, BDH)
            active.append(active_shares(model, lesson.weights, some) if watched else silent)
        if lesson.n_steps == config.n_steps:
            loss = reading_loss(model, lesson.weights, passages)
    found = {"course": course, "active": active, "loss": loss, "rate": rate}
    recent = np.concatenate(losses)[-LAST:].mean()
    return found | {"recent": recent, "n_weights": count_weights(model)}


def _lessons(
    config: Config, model: SequenceModel, text: Text, rate: float, seed: int
) -> Iterator[Any]:
    sizes = (config.n_steps, config.batch, config.length)
    key = jax.random.key(seed)
    return lessons(model, Training(rate), text, *sizes, key=key, block=config.block)


# ---- results -------------------------------------------------------------------------------------


def _labelled(
    config: Config, text: Text, tried: dict[str, np.ndarray], nets: dict[str, np.ndarray]
) -> xr.DataTree:
    sizes, seeds, step = {"n": list(config.sizes)}, {"seed": None}, {"step": looks(config)}
    over = {"model": list(MODELS)} | sizes | seeds
    inside = {"layer": np.arange(1, config.n_layers + 1), "activity": list(ACTIVITIES)}
    active = over | {"model": list(BDHS)} | step | inside
    own = {name: _together(config, tried, nets, name) for name in nets}
    nodes = {
        "scaling": mean_and_interval(own["loss"], over, over="seed"),
        "course": mean_and_interval(own["course"], over | step, over="seed"),
        "active": mean_and_interval(own["active"][: len(BDHS)], active, over="seed"),
        "guides": _guides(config, text),
    }
    labels = {"model": list(MODELS)} | sizes
    about_nets = {k: (tuple(labels), own[k][:, :, 0]) for k in ("n_weights", "rate")}
    nodes["sizes"] = xr.Dataset(about_nets, labels)
    rates = labels | {"rate": list(config.rates)}
    shape = tuple(len(each) for each in rates.values())
    each = {k: (tuple(rates), tried[k].reshape(shape)) for k in ("loss", "recent")}
    nodes["choice"] = xr.Dataset(each, rates)
    about = {"source": config.source, "n_seeds": config.n_seeds, "official_rate": config.rates[0]}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


def _together(
    config: Config, tried: dict[str, np.ndarray], nets: dict[str, np.ndarray], name: str
) -> Float[np.ndarray, "model n seed *more"]:
    """One measure of all networks at the rate chosen, those by which it was chosen first."""
    chosen = best(config, tried)
    first, others = tried[name], nets[name]
    first = first.reshape(len(chosen), len(config.rates), *first.shape[1:])
    first = first[np.arange(len(chosen)), chosen][:, None]
    others = others.reshape(len(chosen), -1, *others.shape[1:])
    every = np.concatenate([first, others], axis=1)
    return every.reshape(len(MODELS), len(config.sizes), *every.shape[1:])


def _guides(config: Config, text: Text) -> xr.Dataset:
    found = ngram_losses(text, held_out_windows(text, config.length))
    found |= {"entropy rate": text.floor} if np.isfinite(text.floor) else {}
    return xr.Dataset({"loss": ("guide", list(found.values()))}, {"guide": list(found)})


def plot(tree: xr.DataTree) -> Figure:
    """Four panels."""
    return language_modelling(datasets(tree), tree.attrs)


EXPERIMENT = Experiment(
    name="language_modelling",
    title="How well BDH, a Transformer and a GRU of the same size read a text",
    presets={
        "quick": Config(),
        "paper": Config(
            source="Shakespeare",
            sizes=(64, 144, 320, 768),
            length=128,
            n_steps=500,
            look_every=4,
            rates=(1e-3, 3e-3, 1e-2, 3e-2),
            n_seeds=3,
        ),
    },
    run=run,
    plot=plot,
    numbers=tree_numbers,
    models=("bdh", "networks"),
    sources=("Kosowski et al. (2025)",),
    answers=(
        "Figure 7 of Kosowski et al. (2025): loss of BDH and Transformers of 25 to 800 million "
        "weights that translate (.457 and .425 nats per byte at 25 million, .365 and .362 at "
        "800), and activity of about 5 % of neurons."
    ),
    agrees=(
        "A thousand times smaller, on Shakespeare, BDH too is worse than a Transformer when small"
        " (2.397 against 2.252 at 10 thousand weights) and gains more from neurons (.32 nats over"
        " the range; Transformer .10). Its activity gets sparser with learning."
    ),
    disagrees=(
        "That BDH overtakes (2.079 against 2.152 at 78 thousand) is not published, and losses "
        "still fall after 500 steps. A GRU, which the paper does not have, is best at every size."
        " Activity is at .27 to .29 (x) and .08 to .09 (y), not 5 %. Translation and long "
        "learning were not run."
    ),
    cost={"quick": "two minutes on 1 core", "paper": "40 minutes on 1 core of a busy machine"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
