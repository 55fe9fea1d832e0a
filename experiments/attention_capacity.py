"""How many pairs does linear attention hold, and is it the number of neurons that counts?

Kosowski et al. (2025, Claim 7) argue that linear attention over n neurons tells about n / log n
facts apart if keys are weakly correlated, and about sqrt(n) without that assumption. Here the
memory of BDH, synapses S + x v' for each pair, is filled with random pairs, with nothing learnt.

Method. Keys x have n neurons and length 1. *Normal*: of either sign. *5 % on, positive*: 5 % of the
neurons, drawn at random, with the absolute values of normal numbers, as activity in BDH is about so
sparse and never negative. *Turned*: the same, turned to their positions (rotary, as in BDH), and
asked for after the last pair, as the model does (*later*), or as if at the position where they
were stored (*in place*), so that only the crosstalk is turned. Values are random directions in d =
32 numbers. A pair is recalled wrongly if the stored value nearest to what its key reads is that of
another pair. Capacity: the number of pairs stored at which a fifth of them is (one pair is never
lost), by straight lines between looks at t / n = 1/16 to 8. The theory for independent keys, with
no free number, is in `expected`.

*Exceptions.* The sign of a value that is one number, 1 for all pairs but one: is the exception
recalled as -1, or as the rule has it? Keys are normal and independent, or share a direction so that
two of them have a cosine of 1 / sqrt(n) on average. That is no more than the standard deviation of
cosines of independent keys; but all have the same sign, as have the values, and errors add up.

*Age* (F): 8 n pairs, n = 512, by how many were stored since, without damping, or damped by gamma =
1 - 1/w for a window w of tokens.

Outcome (paper preset: 10 memories of each kind, 64 to 2,048 neurons). With normal keys 130, 235,
438, 800, 1,471 and 2,680 pairs are held. The theory is met within .03 at 64 neurons, within .014
beyond, at every load. In t / n curves nearly fall together, but for a slow drift to the left: more
pairs are more rivals. The slope of capacity in n is .88 (95 % interval .86 to .89) in log-log, and
t ln t / n is 9.9 to 10.5 at all sizes: n / log n, and with d = 32 more than a pair per neuron. The
number depends on d, as wrong values have to be near by in d dimensions.

Sparse positive keys do not follow: no two of them are orthogonal on average. The slope is .70 (.66
to .73) and falls with n: 77 pairs at 64 neurons, 941 at 2,048, a third of what normal keys hold,
and curves in t / n come apart. The mean cosine of two keys depends on the share of neurons that are
on, and not on n; where its square exceeds 1 / n (here at about 1,000 neurons) more neurons help
little. Weak correlation is a condition that activity has to meet, by getting sparser as n grows.
To turn keys breaks up the shared part: 2,099 pairs at 2,048 neurons, slope .89. But then a pair
is met by a key turned away from it: asked later, 420 pairs are held, and 20 at 64 neurons. In
BDH, whoever asks must bring the right phase along, or use neurons that turn slowly.

Exceptions to a rule are lost at sqrt(n): .39 to .47 are at t = sqrt(n), .91 or more at twice that,
at all sizes; slope .51 (.48 to .54), 38 pairs at 2,048 neurons against 2,814 for independent keys
(slope 1.03). So the smaller number of the claim is no mere bound: a rule with an exception meets
it, with keys whose cosines are as small as those of independent ones.

Overloaded eightfold, an undamped memory gets .94 to .97 wrong at every age: it does not forget, it
drowns. With a window of n tokens the last n/4 pairs are recalled (.02 wrong), and those older than
2 n are lost (.95 or more); with a window of 4 n half of the newest are wrong already. A window of
n/4 keeps no more of the newest than one of n does.

Run: `cogmem run attention_capacity`. Sizes that are stored are not done again.
"""

from __future__ import annotations

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
from scipy.stats import chi2
from scipy.stats import t as student

from cogmem.lab.artefacts import by_node, datasets
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures.completion import crossing
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.bdh_attention import Turn, frequencies, turned, write
from cogmem.participants.reporting import Report
from cogmem.plots.attention_capacity import attention_capacity
from cogmem.tasks.sparse_items import random_items

ACTIVE = 0.05
"""Share of neurons on in a sparse key: about what the paper reports."""

LOADS = tuple(float(x) for x in 2 ** np.arange(-4, 3.25, 0.5))
"""Pairs stored at each look, per neuron."""

RULE_LOADS = tuple(float(x) for x in 2 ** np.arange(-2, 7.25, 0.5))
"""Pairs stored at each look, per square root of the neurons, where there is a rule."""

CRITERION = 0.8
"""Share of pairs recalled rightly, at which capacity is told."""

OLD_LOAD = 8
"""Pairs per neuron, where recall is told by age."""

AGES = tuple(float(x) for x in 2.0 ** np.arange(-4, 4))
"""Ends of the bins of age, in pairs per neuron."""


class Kind(NamedTuple):
    """Keys, and how they are asked for.

    Attributes:
        sparse: 5 % of neurons on, and none negative; otherwise normal, of either sign.
        turns: whether keys are turned to their positions.
        in_place: whether each pair is asked for as if at the position at which it was stored;
            otherwise all of them are after the last.
    """

    sparse: bool
    turns: bool = False
    in_place: bool = False


KINDS = {
    "normal": Kind(False),
    "sparse, positive": Kind(True),
    "turned, asked in place": Kind(True, True, True),
    "turned, asked later": Kind(True, True),
}

RULES = {"independent": 0.0, "shared direction": 1.0}
"""Mean cosine of two keys, in 1 / sqrt(n)."""


@dataclass(frozen=True)
class Config:
    """How large memories are, and how many."""

    sizes: tuple[int, ...] = (64, 128, 256)
    width: int = setting(32, (2, 4096), meaning="numbers of a value, d")
    n_memories: int = setting(4, (2, 1000), meaning="memories of each kind, with own pairs")
    n_probes: int = setting(500, (10, 10_000), meaning="pairs asked for at each look")
    n_old: int = setting(128, (64, 4096), meaning="neurons where recall is told by age")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """Fill all memories and ask.

    Returns:
        Nodes `filling` (kind, n, load), `rule` (keys, n, root_load), `capacity` (kind, n) with
        those of rules, `slope` (kind), `age` (memory, age): each with `mean`, `low` and `high`;
        `theory` (n, load).
    """
    store = session.store("attention_capacity", config)
    report = session.begin(len(config.sizes) * (len(KINDS) + len(RULES)) + len(MEMORIES))
    keys = jax.random.split(jax.random.key(config.seed), config.n_memories)
    with store.writing():
        sizes = store.table("sizes", _columns(config), len(config.sizes), 1)
        for place in np.flatnonzero(~sizes.done):
            found = of_size(config, config.sizes[place], keys, report)
            sizes.write(slice(place, place + 1), {k: v[None] for k, v in found.items()})
        shape = (len(MEMORIES), config.n_memories, len(AGES))
        ages = store.table("ages", {"wrong": Column(shape, float)}, 1, 1)
        if not ages.done[0]:
            ages.write(slice(0, 1), {"wrong": of_ages(config, keys, report)[None]})
    return _labelled(config, sizes.read(), ages.read()["wrong"][0])


def _columns(config: Config) -> dict[str, Column]:
    shapes = {"kinds": (len(KINDS), len(LOADS)), "rules": (len(RULES), len(RULE_LOADS))}
    return {k: Column((n, config.n_memories, looks), float) for k, (n, looks) in shapes.items()}


def of_size(
    config: Config, n: int, keys: PRNGKeyArray, report: Report
) -> dict[str, Float[np.ndarray, "condition memory look"]]:
    """Share wrong with so many neurons, for all kinds of keys, and with both rules."""
    kinds, rules = [], []
    for name, how in KINDS.items():
        kinds.append(np.asarray(filled(how, n, config.width, config.n_probes, keys)))
        report(1, f"{n} neurons, {name}")
    for name, shared in RULES.items():
        rules.append(np.asarray(exceptions(shared, n, config.n_probes, keys)))
        report(1, f"{n} neurons, exceptions, {name}")
    return {"kinds": np.stack(kinds), "rules": np.stack(rules)}


def of_ages(
    config: Config, keys: PRNGKeyArray, report: Report
) -> Float[np.ndarray, "condition memory age"]:
    """Share wrong by age, for all of `MEMORIES`."""
    found = []
    for name, (how, window) in MEMORIES.items():
        found.append(np.asarray(by_age(how, config.n_old, config.width, window, keys)))
        report(1, f"by age, {name}")
    return np.stack(found)


# ---- pairs ---------------------------------------------------------------------------------------


def draw_keys(
    sparse: bool, n_keys: int, n: int, *, key: PRNGKeyArray
) -> Float[Array, "key neuron"]:
    """Random keys of length 1."""
    of_which, of_size = jax.random.split(key)
    x = jax.random.normal(of_size, (n_keys, n))
    if sparse:
        n_active = max(1, round(ACTIVE * n))
        x = jnp.abs(x) * random_items(n_keys, n, n_active, key=of_which)
    return unit(x)


def unit(x: Float[Array, "*more number"]) -> Float[Array, "*more number"]:
    """Of length 1."""
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def counts(loads: tuple[float, ...], per: float) -> Int[np.ndarray, " look"]:
    """Pairs stored at each look."""
    return np.rint(np.asarray(loads) * per).astype(int)


# ---- filling -------------------------------------------------------------------------------------


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def filled(
    how: Kind, n: int, width: int, n_probes: int, keys: PRNGKeyArray
) -> Float[Array, "memory load"]:
    """Share of pairs recalled wrongly, as memories fill; pairs are drawn from all stored."""
    stored, cycles = jnp.asarray(counts(LOADS, n)), frequencies(n // 2) if how.turns else None

    def one(key: PRNGKeyArray) -> Float[Array, " load"]:
        of_keys, of_values, of_probes = jax.random.split(key, 3)
        x = draw_keys(how.sparse, int(counts(LOADS, n)[-1]), n, key=of_keys)
        v = unit(jax.random.normal(of_values, (len(x), width)))
        turn = Turn(None, jnp.asarray(1.0))  # what turns are the keys, to their own positions
        there = turned(x, cycles, jnp.arange(len(x)))

        def look(synapses: Array, given: Any) -> tuple[Array, Array]:
            first, last, key = given
            synapses = shown(synapses, there, v, turn, first, last)
            probes = jax.random.randint(key, (n_probes,), 0, last)
            place = probes if how.in_place else jnp.broadcast_to(last, probes.shape)
            answers = turned(x[probes], cycles, place) @ synapses
            return synapses, wrongly(answers, v, probes, last).mean()

        looks = (jnp.roll(stored, 1).at[0].set(0), stored, jax.random.split(of_probes, len(stored)))
        return jax.lax.scan(look, jnp.zeros((n, width)), looks)[1]

    return jax.lax.map(one, keys)


def shown(
    synapses: Float[Array, "neuron channel"],
    x: Float[Array, "pair neuron"],
    v: Float[Array, "pair channel"],
    turn: Turn,
    first: Int[Array, ""] | int,
    last: Int[Array, ""] | int,
) -> Float[Array, "neuron channel"]:
    """Synapses after pairs `first` to `last`, that one not included, were stored one by one."""
    return jax.lax.fori_loop(first, last, lambda i, s: write(s, x[i], v[i], turn), synapses)


def wrongly(
    answers: Float[Array, "probe channel"],
    v: Float[Array, "pair channel"],
    probes: Int[Array, " probe"],
    n_stored: Int[Array, ""] | int,
) -> Bool[Array, " probe"]:
    """Whether the nearest stored value, all of length 1, is not that of the pair asked for."""
    near = jnp.where(jnp.arange(len(v))[None] < n_stored, answers @ v.T, -jnp.inf)
    return near.argmax(axis=1) != probes


def expected(n: int, width: int) -> Float[np.ndarray, " load"]:
    """Share of wrong answers in theory, for independent normal keys.

    The answer is v + e, with the noise e normal, of variance t / (n d) in each direction. A value
    is nearer to it if it has the larger part along it. The part of an unrelated value is that of a
    random direction, about which Student's t tells; and since that pair is stored too, the cosine
    of the two keys, of variance 1 / n, is added. Noise along v and across it is integrated by
    quadrature; other values are taken as independent of one another.
    """
    stored = counts(LOADS, n)[:, None, None]
    sd = np.sqrt(stored / (n * width))
    x, weight = np.polynomial.hermite_e.hermegauss(61)
    along = 1 + sd * x[:, None]
    length = along**2 + sd**2 * chi2.ppf((np.arange(60) + 0.5) / 60, width - 1)
    cosine = along / np.sqrt(length + width / n)
    other = student.logcdf(cosine * np.sqrt((width - 1) / (1 - cosine**2)), width - 1)
    right = np.exp((stored - 1) * other).mean(axis=2)
    return np.clip(1 - right @ weight / weight.sum(), 0, 1)


# ---- exceptions to a rule ------------------------------------------------------------------------


@partial(jax.jit, static_argnums=(1, 2))
def exceptions(
    shared: float, n: int, n_probes: int, keys: PRNGKeyArray
) -> Float[Array, "memory load"]:
    """Share of exceptions recalled as the rule has it: values are 1 for all pairs but one, -1.

    Synapses are sums, so that each of many pairs can be the one exception to the same memory.

    Args:
        shared: mean cosine of two keys, in 1 / sqrt(n).
        n: neurons.
        n_probes: pairs that are the exception in turn.
        keys: of each memory.
    """
    stored = jnp.asarray(counts(RULE_LOADS, np.sqrt(n)))

    def one(key: PRNGKeyArray) -> Float[Array, " load"]:
        of_keys, of_direction, of_probes = jax.random.split(key, 3)
        own = draw_keys(False, int(counts(RULE_LOADS, np.sqrt(n))[-1]), n, key=of_keys)
        direction = unit(jax.random.normal(of_direction, (n,)))
        cosine = shared / np.sqrt(n)
        x = unit(jnp.sqrt(1 - cosine) * own + jnp.sqrt(cosine) * direction[None])
        synapses = jnp.cumsum(x, axis=0)[stored - 1]

        def look(given: Any) -> Float[Array, ""]:
            synapses, last, key = given
            probes = jax.random.randint(key, (n_probes,), 0, last)
            return (x[probes] @ synapses - 2 > 0).mean()

        return jax.lax.map(look, (synapses, stored, jax.random.split(of_probes, len(stored))))

    return jax.lax.map(one, keys)


# ---- by age --------------------------------------------------------------------------------------

MEMORIES = {
    "undamped": (KINDS["normal"], np.inf),
    "damped, window 4 n": (KINDS["normal"], 4.0),
    "damped, window n": (KINDS["normal"], 1.0),
    "damped, window n/4": (KINDS["normal"], 0.25),
    "turned, asked later": (KINDS["turned, asked later"], np.inf),
}
"""Keys, and 1 / (1 - gamma) in tokens per neuron, of memories whose recall is told by age."""


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def by_age(
    how: Kind, n: int, width: int, window: float, keys: PRNGKeyArray
) -> Float[Array, "memory age"]:
    """Share of pairs recalled wrongly, by how many were stored since."""
    n_pairs = OLD_LOAD * n
    turn = Turn(frequencies(n // 2) if how.turns else None, jnp.asarray(1 - 1 / (window * n)))
    ages = n_pairs - jnp.arange(n_pairs)
    place = jnp.searchsorted(jnp.asarray(AGES) * n, ages)

    def one(key: PRNGKeyArray) -> Float[Array, " age"]:
        of_keys, of_values = jax.random.split(key)
        x = draw_keys(how.sparse, n_pairs, n, key=of_keys)
        v = unit(jax.random.normal(of_values, (n_pairs, width)))
        synapses = shown(jnp.zeros((n, width)), x, v, turn, 0, n_pairs)
        wrong = wrongly(x @ synapses, v, jnp.arange(n_pairs), n_pairs)
        total = jnp.zeros(len(AGES)).at[place].add(wrong)
        return total / jnp.zeros(len(AGES)).at[place].add(1.0)

    return jax.lax.map(one, keys)


# ---- results -------------------------------------------------------------------------------------


def _labelled(config: Config, by_size: dict[str, np.ndarray], old: np.ndarray) -> xr.DataTree:
    sizes = {"n": list(config.sizes), "memory": None}
    kinds, rules = (np.moveaxis(by_size[name], 1, 0) for name in ("kinds", "rules"))
    held = [*_held(config, kinds, LOADS, 1.0), *_held(config, rules, RULE_LOADS, 0.5)]
    names = {"kind": [*KINDS, *(f"rule, {each}" for each in RULES)]}
    slopes = [np.polyfit(np.log(config.sizes), np.log(each), 1)[0] for each in held]
    shaped = {
        "filling": (kinds, {"kind": list(KINDS)} | sizes | {"load": list(LOADS)}),
        "rule": (rules, {"keys": list(RULES)} | sizes | {"root_load": list(RULE_LOADS)}),
        "capacity": (np.stack(held), names | sizes),
        "slope": (np.stack(slopes), names | {"memory": None}),
        "age": (old, {"condition": list(MEMORIES), "memory": None, "age": list(AGES)}),
    }
    nodes = {name: mean_and_interval(*each, over="memory") for name, each in shaped.items()}
    theory = np.stack([expected(n, config.width) for n in config.sizes])
    nodes["theory"] = xr.Dataset(
        {
            "wrong": (("n", "load"), theory),
            "capacity": ("n", _held(config, theory[None, :, None], LOADS, 1.0)[0, :, 0]),
        },
        {"n": list(config.sizes), "load": list(LOADS)},
    )
    about = {"n_memories": config.n_memories, "n_old": config.n_old, "width": config.width}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


def _held(
    config: Config, wrong: np.ndarray, loads: tuple[float, ...], power: float
) -> Float[np.ndarray, "condition n memory"]:
    """Pairs stored when the share recalled wrongly first passes the criterion; 1 is never lost.

    Args:
        config: for its sizes.
        wrong: [condition, n, memory, look].
        loads: of the looks, in pairs per n^`power`.
        power: see `loads`.
    """
    right = np.insert(1 - wrong, 0, 1, axis=-1)
    found = [
        np.apply_along_axis(
            crossing, -1, right[:, at], np.r_[1, counts(loads, n**power)], CRITERION
        )
        for at, n in enumerate(config.sizes)
    ]
    return np.stack(found, axis=1)


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, with the node that it is of."""
    nodes = datasets(tree)
    theory = nodes.pop("theory")
    return by_node(
        [*nodes.items(), ("theory", theory[["wrong"]]), ("theory", theory[["capacity"]])]
    )


def plot(tree: xr.DataTree) -> Figure:
    """Six panels."""
    about = tree.attrs | {"criterion": CRITERION, "old_load": OLD_LOAD}
    return attention_capacity(datasets(tree), about)


EXPERIMENT = Experiment(
    name="attention_capacity",
    title="How many pairs linear attention holds: by neurons, kinds of keys, and age",
    presets={
        "quick": Config(),
        "paper": Config(sizes=(64, 128, 256, 512, 1024, 2048), n_memories=10, n_old=512),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    models=("bdh",),
    sources=("Kosowski et al. (2025)", "Schlag et al. (2021)"),
    answers=(
        "Claim 7 of Kosowski et al. (2025), a theory: linear attention over n neurons tells about"
        " n / log n facts apart if keys are weakly correlated, and about sqrt(n) without that "
        "assumption."
    ),
    agrees=(
        "Random normal keys hold 130 pairs at 64 neurons and 2,680 at 2,048: slope .88 in "
        "log-log, as n / log n has it. With keys that share a direction an exception to a rule is"
        " lost at about sqrt(n) pairs: slope .51."
    ),
    disagrees=(
        "Sparse positive keys, which are more like activity in BDH, follow neither: slope .70, "
        "falling with n, and 941 pairs at 2,048 neurons. Turned to their positions and asked for "
        "later, 420 are held. Keys and values are random: what a trained network holds was not "
        "looked at."
    ),
    cost={"quick": "half a minute on 1 core", "paper": "ten minutes on 1 core"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
