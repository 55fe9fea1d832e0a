"""What does one macrocolumn of Sparsey keep of sequences seen once? After Rinkus (1996, 2014).

Method. A macrocolumn of Q modules with K cells each is shown sequences once, frame by frame. The
code of a frame is chosen from bottom-up (U) and lateral (H) evidence, so that it stands for the
frame in its context. After each sequence all sequences stored so far are examined. A *correct code*
is the one stored for that frame in its context; `correct` is the share of modules with its winner,
averaged over frames and sequences, and measures named "whole" count the frames with every winner
right. Retrieval takes the best supported cell of each module, ties broken at random. Lines are
means over macrocolumns, each with sequences of its own; bands are 2 standard errors of that mean.
Constants of code selection and the thresholds of back-off are cogmem's choices: all of this is
after the published studies, not a replication.

Demonstration. Q = 10, K = 18; 13 frames with 5 of 100 pixels on. The first frame is shown, then
bottom-up input is silent and every code follows from the one before; pixels are read back through
the bottom-up synapses of all Q winners (theta_D = 1). `frames` is the share of frames that come
back exactly, the first included.

Noise. 10 frames with 9 to 12 of 144 pixels on, K = 16, Q = 9 (39,168 synapses) or 24; each frame is
shown as it was, with one, or with two of its active pixels moved, or is recalled from the first.

Lexicon. 10 frames with 20 of 100 pixels on, either new ones, or drawn with replacement from 100.

Order. 3 sequences of 6 frames drawn with replacement from an alphabet of 10 (12 of 144 pixels,
Q = 24, K = 16), shown as learnt and with all frames shuffled; familiarity (G) of frames 2 to 6 by
the evidence it is computed from, and the area under the ROC of its mean between learnt and
shuffled sequences of one macrocolumn. *Back-off* takes HU if its G is .9 or more, and else U.

Warp. 12 frames (12 of 144 pixels, Q = 24, K = 16), every other one left out, or each shown twice.

Hypotheses. Two sequences pass through the same 4 frames but begin and end differently; the shared
frames are shown without a beginning, then 2 frames of the first ending. Or (*fork*) they begin with
the same 3 frames; these are shown, then nothing for 2 frames, then the last frame of the first.
A macrocolumn sends F(zeta) = zeta of its hypotheses ("boost") or 1 ("off"); winners are the best
("hard") or drawn ("soft"). `weaker` is the share of winners of whichever code has fewer.

Outcome, quick preset; in brackets what a separate program, written from the same equations, gave.
Recall is exact up to 5 sequences (1.000), nearly so at 10 (.95 [.97]), and gone at 20 (.07 [.07]).
With 20 sequences of the study, codes are right as stored, with a pixel moved, and recalled in .89
[.892], .64 [.607] and .37 [.324] at Q = 9 (whole codes as stored: .50), and in .96 [.950], .65
[.599] and .71 [.668] at Q = 24; at 10 sequences all are at least .99 [.998]. Two moved pixels leave
.48 and .46 at 20. Recall suffers from a lexicon (frames exact .82 of 5 sequences, .99 if all frames
are new): a first frame that occurred elsewhere is given its code from there, and with it that
future. Learnt order is told from shuffled by HU (G .91 and .40 [.884, .388], area 1.00 [.986]), not
by U (.50), nor by what back-off accepts (.46); it still is by G of HU along back-off (.97). Of 5
sequences at double speed, .80 [.813] of codes are right without back-off and 1.00 [1.000] with it;
at half speed .86 and 1.00.

Competing hypotheses fall short of the account in Rinkus (2014), that both live on until one is
contradicted. Entered midway, zeta is 2.0 at the first shared frame, then 1.6, 1.1 and 1.0 with the
boost (0, .6 and .9 without). The boost keeps familiarity at 1 (.65 without at the second frame),
but winners are not split evenly between the codes, the weaker one falls below the support that
makes a hypothesis, and with the best winners taken it is lost by the third frame. If winners are
drawn it lives longer: .27 of them at the fourth. Sequences that begin alike have one code there, so
that zeta is 1, and 2 only where they part.

Run: `cogmem run code_sequences`, or `cogmem run code_sequences --preset paper`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.models.code_selection import CodeSelection
from cogmem.models.sparsey import Mac, Memory, Moment
from cogmem.models.sparsey_memory import (
    recall_sequences,
    recognise_sequences,
    silence,
    store_sequences,
)
from cogmem.plots.code_sequences import code_sequences
from cogmem.tasks.sparse_items import keeping, random_items, random_sequences

LEAST = {"HU": 0.0, "back-off": 0.9}
"""Familiarity that accepts all evidence (Gamma); below it, bottom-up evidence alone counts."""

N_PICTURED = (5, 20)
"""Sequences stored when the pictured one is recalled."""

AT_ONCE = 10
"""Macrocolumns run together, to bound memory."""

Found = dict[str, Array]


@dataclass(frozen=True)
class Config:
    """How many macrocolumns, and how codes are selected."""

    n_macs: int = setting(10, (2, 10_000), meaning="macrocolumns, each with its own sequences")
    n_small: int = setting(100, (2, 10_000), meaning="those with few sequences: order, hypotheses")
    n_noisy: int = setting(20, (2, 1000), meaning="most sequences shown with pixels moved")
    n_complex: int = setting(20, (2, 1000), meaning="most sequences with or without a lexicon")
    complex_modules: int = setting(24, (2, 1000), meaning="Q for these sequences")
    complex_cells: int = setting(16, (2, 1000), meaning="K for these sequences")
    selection: CodeSelection = CodeSelection()
    seed: int = setting(2014, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """All parts.

    Returns:
        Nodes `demonstration`, `pictures`, `noise_9`, `noise_24`, `new`, `lexicon`, `order`, `area`,
        `warp`, `midway` and `fork`; all but `pictures` have `mean` and `se` (measure, ...) over
        macrocolumns.
    """
    report = session.begin(len(PARTS))
    nodes = {}
    for number, (name, part) in enumerate(PARTS.items()):
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        nodes |= part(config, name, key)
        report(1, name)
    return xr.DataTree.from_dict(nodes)


# ---- storing one sequence after another ----------------------------------------------------------


class Stored(NamedTuple):
    """What a macrocolumn knows, and what it was shown.

    Attributes:
        memory: of the macrocolumn.
        sequences: all sequences [sequence, frame, feature], those to be stored later too.
        codes: [sequence, frame, module] codes as stored; kept to measure by, not to retrieve from.
    """

    memory: Memory
    sequences: Bool[Array, "sequence frame feature"]
    codes: Int[Array, "sequence frame module"]


Examine = Callable[[Stored, PRNGKeyArray], dict[str, Float[Array, "sequence frame"]]]


def growing(
    mac: Mac,
    sequences: Bool[Array, "sequence frame feature"],
    examine: Examine,
    *,
    key: PRNGKeyArray,
) -> dict[str, Float[Array, " stored"]]:
    """Store one sequence after another; after each, examine all that are stored by then."""
    numbers = jnp.arange(len(sequences))

    def one(before: Stored, given: Any) -> tuple[Stored, Found]:
        number, sequence, key = given
        storing, testing = jax.random.split(key)
        memory, moments = store_sequences(mac, sequence[None], key=storing, memory=before.memory)
        now = Stored(memory, sequences, before.codes.at[number].set(moments.code[0]))
        found = examine(now, testing)
        return now, {name: _mean(value, numbers <= number) for name, value in found.items()}

    none = jnp.full((*sequences.shape[:2], mac.n_modules), -1, jnp.int32)
    keys = jax.random.split(key, len(sequences))
    return jax.lax.scan(one, Stored(mac.begin(), sequences, none), (numbers, sequences, keys))[1]


def _mean(value: Float[Array, "sequence frame"], known: Bool[Array, " sequence"]) -> Array:
    """Mean over the frames of the sequences that are known."""
    return jnp.where(known[:, None], value, 0).sum() / (known.sum() * value.shape[1])


def correct(stored: Int[Array, "*moment module"], found: Int[Array, "*moment module"]) -> Array:
    """Share of the modules with the stored winner, of each moment."""
    return (stored == found).mean(axis=-1)


def _codes(name: str, stored: Array, found: Array) -> Found:
    right = correct(stored, found)
    return {name: right, f"{name}, whole": (right == 1).astype(right.dtype)}


def recalled(mac: Mac, stored: Stored, key: PRNGKeyArray) -> Found:
    """Recall of every sequence from its first frame: codes, and frames that are exact."""
    cues, n_frames = stored.sequences[:, 0], stored.sequences.shape[1]
    features, moments = recall_sequences(mac, stored.memory, cues, n_frames, key=key, threshold=1.0)
    exact = (features == stored.sequences).all(axis=-1).astype(mac.dtype)
    return {"frames": exact} | _codes("recall", stored.codes, moments.code)


def recognised(mac: Mac, stored: Stored, key: PRNGKeyArray, *, n_moved: int = 0) -> Found:
    """Codes of the sequences as they were, and with one to `n_moved` pixels of a frame moved."""
    moving, testing = jax.random.split(key)
    names = ("same", "one moved", "two moved")[: n_moved + 1]
    probes = [moved(stored.sequences, n, key=moving) for n in range(len(names))]
    moments = recognise_sequences(mac, stored.memory, jnp.concatenate(probes), key=testing)
    found: Found = {}
    for name, codes in zip(names, jnp.split(moments.code, len(names)), strict=True):
        found |= _codes(name, stored.codes, codes)
    return found


def moved(
    sequences: Bool[Array, "sequence frame feature"], n_moved: int, *, key: PRNGKeyArray
) -> Bool[Array, "sequence frame feature"]:
    """Every frame with that many of its active features turned off, and as many others on."""
    frames = sequences.reshape(-1, sequences.shape[-1])
    keys = jax.random.split(key, len(frames))
    probes = jax.vmap(lambda x, k: keeping(x, x.sum() - n_moved, key=k))(frames, keys)
    return probes.reshape(sequences.shape)


WARPS = {
    "as learnt": lambda n: np.arange(n),
    "every other": lambda n: np.arange(0, n, 2),
    "each twice": lambda n: np.repeat(np.arange(n), 2),
}
"""Which frames are shown, of how many."""


def warped(mac: Mac, stored: Stored, key: PRNGKeyArray) -> Found:
    """Codes of the sequences at other speeds, by all evidence and with back-off.

    A code is held against the one stored for the frame that is shown.
    """
    found: Found = {}
    for speed, shown in WARPS.items():
        where = shown(stored.sequences.shape[1])
        moments = backing_off(mac, stored.memory, stored.sequences[:, where], key=key)
        for evidence, codes in zip(LEAST, moments.code, strict=True):
            found[f"{speed}, {evidence}"] = correct(stored.codes[:, where], codes)
    return found


def backing_off(
    mac: Mac, memory: Memory, sequences: Bool[Array, "sequence frame feature"], *, key: PRNGKeyArray
) -> Moment:
    """Moments [least, sequence, frame] for each familiarity of `LEAST`."""

    def one(least: Float[Array, ""]) -> Moment:
        levels: Any = ((("HU",), least), (("U",), 0.0))
        return recognise_sequences(mac, memory, sequences, key=key, back_off=levels)

    return jax.vmap(one)(jnp.asarray(list(LEAST.values()), mac.dtype))


def varied_sequences(
    n_sequences: int, n_frames: int, n_features: int, least: int, most: int, *, key: PRNGKeyArray
) -> Bool[Array, "sequence frame feature"]:
    """Sequences of random frames with `least` to `most` active features, all numbers as likely."""
    of_frames, of_numbers, of_choices = jax.random.split(key, 3)
    frames = random_items(n_sequences * n_frames, n_features, most, key=of_frames)
    n_active = jax.random.randint(of_numbers, (len(frames),), least, most + 1)
    keys = jax.random.split(of_choices, len(frames))
    kept = jax.vmap(lambda x, n, k: keeping(x, n, replaced=False, key=k))(frames, n_active, keys)
    return kept.reshape(n_sequences, n_frames, n_features)


def lexicon_sequences(
    n_sequences: int, n_frames: int, n_words: int, frames: tuple[int, int], *, key: PRNGKeyArray
) -> Bool[Array, "sequence frame feature"]:
    """Sequences of frames drawn with replacement from `n_words` random ones.

    Args:
        n_sequences, n_frames, n_words: how many.
        frames: features, and how many of them are active.
        key: of everything.
    """
    of_words, of_order = jax.random.split(key)
    words = random_items(n_words, *frames, key=of_words)
    return words[jax.random.randint(of_order, (n_sequences, n_frames), 0, n_words)]


# ---- order ---------------------------------------------------------------------------------------


def order(mac: Mac, key: PRNGKeyArray) -> Found:
    """Familiarity of learnt and of shuffled sequences [order, sequence, frame], by evidence."""
    of_sequences, of_shuffles, storing, testing = jax.random.split(key, 4)
    learnt = lexicon_sequences(3, 6, 10, (mac.n_features, 12), key=of_sequences)
    keys = jax.random.split(of_shuffles, len(learnt))
    shuffled = jax.vmap(jax.random.permutation)(keys, learnt)
    memory, _ = store_sequences(mac, learnt, key=storing)
    found = familiarity(mac, memory, jnp.concatenate([learnt, shuffled]), testing)
    return {name: jnp.stack(jnp.split(value, 2)) for name, value in found.items()}


def familiarity(mac: Mac, memory: Memory, sequences: Array, key: PRNGKeyArray) -> Found:
    """G [sequence, frame] by all evidence, by U alone, and as back-off accepts it."""
    moments = backing_off(mac, memory, sequences, key=key)
    by_version = dict(zip(mac.versions, jnp.moveaxis(moments.by_version, -1, 0), strict=True))
    plain, backed = moments.familiarity
    # At the first frame there is no lateral evidence, and U is all there is.
    lateral = by_version["HU"][1]
    along = jnp.where(jnp.isnan(lateral), by_version["U"][1], lateral)
    return {"HU": plain, "U": by_version["U"][0], "back-off": backed, "HU, along back-off": along}


def area(old: Float[Array, " item"], new: Float[Array, " item"]) -> Float[Array, ""]:
    """Area under the ROC: how often an old item is above a new one, equals counting half."""
    difference = old[:, None] - new[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


# ---- competing hypotheses ------------------------------------------------------------------------

SCENARIOS = {
    "midway": (np.array([[0, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 8, 9]]), np.ones(6, bool), 1),
    "fork": (
        np.array([[0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 8]]),
        np.array([1, 1, 1, 0, 0, 1], bool),
        0,
    ),
}
"""Frames of the two sequences, by number; which of the first's are shown, from which one on."""


def hypotheses(mac: Mac, scenario: str, key: PRNGKeyArray) -> Found:
    """One of `SCENARIOS`: how many hypotheses there are, and what each has, by readout."""
    making, storing, testing = jax.random.split(key, 3)
    which, shown, start = SCENARIOS[scenario]
    items = random_items(1 + int(which.max()), mac.n_features, 12, key=making)
    frames = items[which]
    memory, learnt = store_sequences(mac, frames, key=storing)
    presented = frames[0, start:] & shown[:, None]
    found: Found = {}
    for soft in (False, True):
        moments = followed(mac, memory, presented, soft, key=testing)
        alive = _alive(learnt.code[:, start:], moments)
        found |= {f"{name}, {'soft' if soft else 'hard'}": v for name, v in alive.items()}
    return found


def followed(
    mac: Mac, memory: Memory, frames: Bool[Array, "frame feature"], soft: bool, *, key: PRNGKeyArray
) -> Moment:
    """Moments [frame] of a sequence; where no feature is on, lateral evidence alone counts."""

    def one(before: Moment, given: tuple[Array, Array]) -> tuple[Moment, Moment]:
        x, uniform = given
        lateral = {"H": mac.lateral(before.code, before.hypotheses)}
        both = lateral | {"U": mac.bottom_up(x)}
        seen, unseen = (
            mac.recognise(memory, arriving, uniform, soft=soft) for arriving in (both, lateral)
        )
        moment = jax.tree.map(partial(jnp.where, x.any()), seen, unseen)
        return moment, moment

    uniform = jax.random.uniform(key, (len(frames), mac.n_modules), mac.dtype)
    return jax.lax.scan(one, silence(mac), (frames, uniform))[1]


def _alive(codes: Int[Array, "sequence frame module"], moments: Moment) -> Found:
    """How many hypotheses there are, and the share of winners that each has."""
    first, second = correct(codes, moments.code[None])
    return {
        "hypotheses": moments.hypotheses.astype(first.dtype),
        "familiarity": moments.familiarity,
        "first": first,
        "weaker": jnp.minimum(first, second),
    }


# ---- the parts -----------------------------------------------------------------------------------


def _mac(config: Config, n_features: int, n_active: int, *size: int, **more: Any) -> Mac:
    n_modules, n_cells = size
    band = (1, n_active)
    return Mac(n_features, n_modules, n_cells, config.selection, n_lateral=1, band=band, **more)


def _summary(found: Mapping[str, Array], **coords: Any) -> xr.Dataset:
    """Mean and standard error over macrocolumns of values [mac, *coords]."""
    values = np.stack([np.asarray(value, float) for value in found.values()])
    se = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
    dims = ("measure", *coords)
    return xr.Dataset(
        {"mean": (dims, values.mean(axis=1)), "se": (dims, se)},
        {"measure": list(found), **coords},
    )


def _macs(one: Callable[[PRNGKeyArray], Found], n_macs: int, key: PRNGKeyArray) -> Found:
    """`one` for each macrocolumn."""
    run_all = jax.jit(partial(jax.lax.map, one, batch_size=min(AT_ONCE, n_macs)))
    return dict(run_all(jax.random.split(key, n_macs)))


def _grown(
    mac: Mac,
    make: Callable[..., Array],
    tests: tuple[Any, ...],
    config: Config,
    key: PRNGKeyArray,
    kinds: tuple[str, ...] = (),
) -> xr.Dataset:
    """Measures by the number of sequences stored, for each of the `kinds` that `make` makes."""

    def examine(stored: Stored, key: PRNGKeyArray) -> Found:
        found: Found = {}
        for test, one in zip(tests, jax.random.split(key, len(tests)), strict=True):
            found |= test(mac, stored, one)
        return found

    def one(key: PRNGKeyArray) -> Found:
        making, growth = jax.random.split(key)
        grow = partial(growing, mac, examine=examine, key=growth)
        sequences = make(key=making)
        return jax.lax.map(grow, sequences) if kinds else grow(sequences)

    found = _macs(one, config.n_macs, key)
    coords: dict[str, Any] = {"kind": list(kinds)} if kinds else {}
    coords["n_stored"] = np.arange(1, next(iter(found.values())).shape[-1] + 1)
    about = {name: getattr(mac, name) for name in ("n_modules", "n_cells")}
    about["n_synapses"] = sum(mac.n_synapses.values())
    return _summary(found, **coords).assign_attrs(about)


def _demonstration(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    mac = _mac(config, 100, 5, 10, 18)
    make = partial(random_sequences, 40, 13, 100, 5)
    pictures = _pictures(mac, make(key=key)[: max(N_PICTURED)], key)
    return {name: _grown(mac, make, (recalled,), config, key), "pictures": pictures}


def _pictures(mac: Mac, sequences: Array, key: PRNGKeyArray) -> xr.Dataset:
    """The first sequence, and what is recalled of it when more and more are stored."""
    memory, n_frames, rows = mac.begin(), sequences.shape[1], {"stored": sequences[0]}
    for number, one in enumerate(jax.random.split(key, len(sequences)), 1):
        memory, _ = store_sequences(mac, sequences[number - 1 : number], key=one, memory=memory)
        if number in N_PICTURED:
            features, _ = recall_sequences(
                mac, memory, sequences[:1, 0], n_frames, key=one, threshold=1.0
            )
            rows[f"{number} stored"] = features[0]
    on = np.stack(list(rows.values())).reshape(len(rows), -1, 10, 10)
    return xr.Dataset({"on": (("row", "frame", "y", "x"), on)}, {"row": list(rows)})


def _noise(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    mac = _mac(config, 144, 12, int(name.removeprefix("noise_")), 16)
    make = partial(varied_sequences, config.n_noisy, 10, 144, 9, 12)
    return {name: _grown(mac, make, (partial(recognised, n_moved=2), recalled), config, key)}


def _complex(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    """Frames all new and from a lexicon, in one program."""
    mac = _mac(config, 100, 20, config.complex_modules, config.complex_cells)
    n = config.n_complex

    def make(*, key: PRNGKeyArray) -> Array:
        new = random_sequences(n, 10, 100, 20, key=key)
        return jnp.stack([new, lexicon_sequences(n, 10, 100, (100, 20), key=key)])

    both = _grown(mac, make, (recognised, recalled), config, key, kinds=("new", "lexicon"))
    return {str(kind): both.sel(kind=kind, drop=True) for kind in both["kind"].values}


def _order(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    found = _macs(partial(order, _mac(config, 144, 12, 24, 16)), config.n_small, key)
    each = {evidence: value.mean(axis=2) for evidence, value in found.items()}
    later = {evidence: value[..., 1:].mean(axis=-1) for evidence, value in found.items()}
    areas = {e: jax.vmap(area)(value[:, 0], value[:, 1]) for e, value in later.items()}
    shown = {"order": ["learnt", "shuffled"]}
    overall = {evidence: value.mean(axis=2) for evidence, value in later.items()}
    return {
        name: _summary(each, **shown, frame=np.arange(1, 7)),
        "order_mean": _summary(overall, **shown),
        "area": _summary(areas),
    }


def _warp(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    mac = _mac(config, 144, 12, 24, 16)
    make = partial(random_sequences, 10, 12, 144, 12)
    return {name: _grown(mac, make, (warped,), config, key)}


def _hypotheses(config: Config, name: str, key: PRNGKeyArray) -> dict[str, xr.Dataset]:
    each = {}
    for sends in ("off", "boost"):
        mac = _mac(config, 144, 12, 24, 16, competing=sends)
        found = _macs(partial(hypotheses, mac, name), config.n_small, key)
        for readout in ("hard", "soft"):
            own = {m.split(", ")[0]: v for m, v in found.items() if m.endswith(readout)}
            each[f"{sends}, {readout}"] = _summary(own, frame=np.arange(1, 7))
    return {name: xr.concat(each.values(), pd.Index(list(each), name="sends"))}


PARTS = {
    "demonstration": _demonstration,
    "noise_9": _noise,
    "noise_24": _noise,
    "complex": _complex,
    "order": _order,
    "warp": _warp,
    "midway": _hypotheses,
    "fork": _hypotheses,
}


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number with the part it belongs to; of pictures, the pixels that are on."""
    tables = []
    for part, node in tree.children.items():
        table = node.to_dataset().to_dataframe().reset_index()
        if part == "pictures":
            table = table[table["on"]].assign(mean=1.0).drop(columns="on")
        tables.append(table.assign(part=part))
    columns = ["part", "measure", "sends", "order", "row", "frame", "y", "x", "n_stored"]
    return pd.concat(tables)[[*columns, "mean", "se"]].reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Pictures of a sequence stored and recalled, and a panel for each part."""
    return code_sequences(tree)


EXPERIMENT = Experiment(
    name="code_sequences",
    title="Sparsey: sequences stored in one trial, recalled, shuffled, warped and confused",
    presets={
        "quick": Config(),
        "paper": Config(n_macs=30, n_small=1000, complex_modules=70, complex_cells=20),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    models=("sparsey",),
    sources=("Rinkus (1996)", "Rinkus (2014)"),
    cost={"quick": "one to two minutes on 2 cores", "paper": "some minutes on 2 cores"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
