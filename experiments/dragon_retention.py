"""How synapses fade: one damping or many, in silence or while fillers are read, beside people.

Method. A Brown-Peterson task: four words are studied, then nothing is asked for some time, then
they are recalled. Models are taught it by 900 steps of AdamW (24 random rows a step, beta2 .98;
rate .008, the Transformer's .004, falling to a tenth): lists of 1 to 4 of 24 words and 0 to 20
fillers, short ones and long ones side by side; then weights are frozen. Weights begin 3 (BDH) or 5
times (Transformer) as wide as in the papers (`wide_pupils`). Three BDHs (d = 24, n = 128 in 2
heads, 2 layers; 10,752 weights) differ in damping alone: none (gamma 1); gamma .9 for all synapses;
or a gamma for each pair of neurons, .37 to .99, with time constants of 1 to 90 tokens, evenly by
their logarithms, whose geometric mean is that of .9. Beside them a Transformer (10,584) and a GRU
(10,762). Ten subjects of each, 50 lists of each condition, spoken freely at a
temperature of 1; a word counts in any place.

A delay of r tokens is r fillers read, or silence: synapses turn and fade (`BDH.rest`), and nothing
is written. Silence does nothing at all to a cache or to hidden units, and is not asked of them. No
lesson had silence; its lengths are those of fillers in lessons. After the delay Gaussian noise is
added to the fast state, in units of what that was right after study, so that it does not fade with
it: without noise a norm undoes what all synapses fade alike. The strength |x' S| with which words
of the list read the first layer is taken before any lesson and after all.

Laws: exponential a exp(-t/s), power a (1 + t)^-b and logarithm a - b ln(1 + t), of tokens; by least
squares to strengths, by binomial likelihood to words recalled, for each subject and for all
together, with AICc. Each word of a list counts as a test of its own, which makes verdicts on all
together too sure. People: 48 of Floden et al. (2000), whose seconds are divided by 3; one number
was fitted for each curve and group, the noise.

Outcome (paper preset; 95 % intervals over subjects). Strengths in silence are what they must be: of
gamma .9 exponential (RMSE .010; power .121, logarithm .060), but of a spread neither exponential
(.068) nor a power law (.070): a logarithm (.026), as time constants that are even by their
logarithms give. Undamped, turning alone takes a quarter of the strength in 32 tokens.

Words recalled after 0 and 20 tokens without noise: gamma .9 .78 and .44 in silence, .72 after
fillers; spread .81, .63, .76; undamped .78, .72, .78; Transformer .74 and .66; GRU .74 and .71. So
silence, which no lesson had, costs more than fillers. Without noise 20 fillers cost little: .06 of
words with gamma .9 (.03 to .09), .04 with a spread (.01 to .08), none undamped (.00, -.02 to .02);
they cost the Transformer .08 (.02 to .14) and the GRU .03 (.01 to .06). With noise .5: gamma .9 .73
and .18 in silence, .37 after fillers; spread .77 and .51, .63; undamped .75 and .68, .75; the
Transformer and the GRU (.57 to .50, .63 to .64) forget no more than without.

With gamma .9 the exponential is nearer than the power law at every amount of noise, in silence (by
12 to 63 of AICc, the mean of subjects) and after fillers (13 to 34; 1.7 without noise). That a
spread would make it a power law is not borne out: the exponential is as near or a little nearer
(-0.4 to 7 in silence, 0.2 to 4.6 after fillers), as recall is no linear function of strength. Of
one undamped BDH silence takes half of recall at once, which looks like a power law (-5.6, -18.2 to
1.5 on average). People are no clearer: fitted one by one, young people lean to neither on average
(0.0, -1.3 to 1.4), old ones to the exponential (2.1, 0.2 to 4.1); together young people are nearer
to the power law (-15), old ones to the exponential (23), and both nearest to the logarithm (Akaike
weights .88 and 1.00).

Nobody is as good as people at once (.98 and .95), so that the noise nearest to young people is 0
for all but one curve. RMSD to young and old: gamma .9 .19 and .10 in silence, .12 and .14 after
fillers; spread .10 and .17, .11 and .21; undamped .12 and .24, .13 and .27; Transformer .15 and
.24; GRU .14 and .26. Only BDH with a single damping forgets as much as old people do.

Run: `cogmem run dragon_retention`. Subjects that are stored are not taught again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.data import load_trials
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.schools import School, subjects
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures import retention
from cogmem.measures.bootstrap import interval, rmsd
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.bdh import BDH
from cogmem.models.networks import sized
from cogmem.models.retention import LAWS
from cogmem.models.sequence_learning import Training
from cogmem.models.sequence_model import SequenceModel, count_weights
from cogmem.participants.recognition_sittings import some_words
from cogmem.participants.sequence_probes import noisy, strengths
from cogmem.participants.sequence_sitting import sit, studied
from cogmem.participants.wide_pupils import WideBDH, wide_transformer
from cogmem.plots.dragon_retention import dragon_retention
from cogmem.tasks.word_mixture import mixed
from cogmem.tasks.word_recall import serial_recall
from cogmem.tasks.word_tokens import WordTokens

VOCABULARY = WordTokens(24)
LENGTH = 4
"""Words of a list, as in Floden et al. (2000)."""

SECONDS = 3.0
"""Of people, laid on one token. Nobody knows how long a token lasts: this was chosen so that the
longest delay of people, 60 s, is as long as the longest of the lessons."""

DELAYS = (0, 1, 2, 4, 6, 9, 12, 16, 20)
RESTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Tokens' time of silence after which the strength of a word is read off."""

_ranges = (((1, 2), (0, 2)), ((2, 4), (0, 4)), ((2, 4), (0, max(DELAYS))))
DRAW = partial(
    mixed,
    VOCABULARY,
    tuple(partial(serial_recall, VOCABULARY, lengths=n, fillers=r) for n, r in _ranges),
)
"""Lists and delays of several ranges, side by side in every step."""

NOISE = np.array([0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4])
"""Standard deviations of synaptic noise, in root mean squares of synapses right after study."""

CONDITIONS = ("silence", "fillers")
COMPARED = {name: LAWS[name] for name in ("exponential", "power", "logarithm")}
GROUPS = ("young", "old")
AGED = "old"
"""The group at whose noise laws are fitted and drawn: young people forget less than any model."""

SINGLE = 0.9
SLOWEST = 90.0
"""Time constant of the slowest neurons of a spread, tokens. The fastest have one of 1, and the
geometric mean of all is that of a single gamma of .9."""


@dataclass(frozen=True)
class Config:
    """Sizes of models, and how much they are taught and tested."""

    width: int = setting(24, (2, 4096), meaning="channels of v, d")
    n_neurons: int = setting(128, (8, 65_536), meaning="neurons of both heads, n")
    n_steps: int = setting(60, (1, 1_000_000), meaning="steps of learning")
    rows: int = setting(8, (1, 1000), meaning="rows of each range in a step")
    rate: float = setting(8e-3, (0.0, 1.0), meaning="learning rate; it falls to a tenth")
    n_lists: int = setting(10, (2, 100_000), meaning="lists of each condition")
    n_subjects: int = setting(2, (2, 1000), meaning="subjects of each model")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


def spread(n_neurons: int) -> Float[np.ndarray, "head neuron"]:
    """Dampings of two heads: time constants of 1 to `SLOWEST` tokens, evenly by their logarithms.

    The two neurons of a pair, which turn together, are k and k + N/2 and have the same. So that
    slow turning and slow fading do not go together, dampings go round the pairs with a stride.
    """
    n_pairs = n_neurons // 4
    gamma = np.exp(-1 / np.geomspace(1, SLOWEST, n_pairs))
    order = np.argsort((np.arange(n_pairs) * (np.sqrt(5) - 1) / 2) % 1)
    return np.tile(gamma[order].astype(np.float32), (2, 2))


def builds(config: Config) -> dict[str, tuple[SequenceModel, Training]]:
    """Who is taught, and at which rates."""
    bdh = WideBDH(VOCABULARY.n_tokens, config.width, 2, config.n_neurons, 2)
    n, about = count_weights(bdh), {"n_layers": 2, "tolerance": 0.3}
    models: dict[str, SequenceModel] = {
        "BDH, gamma 1": bdh,
        "BDH, gamma .9": replace(bdh, damping=SINGLE),
        "BDH, gammas .37 to .99": replace(bdh, damping=jnp.asarray(spread(config.n_neurons))),
        "Transformer": wide_transformer(VOCABULARY.n_tokens, n, n_heads=2, n_positions=64, **about),
        "GRU": sized("GRU", VOCABULARY.n_tokens, n),
    }
    how = partial(Training, n_steps=config.n_steps, beta2=0.98)
    return {name: (model, how(config.rate * SLOWER.get(name, 1))) for name, model in models.items()}


SLOWER = {"Transformer": 0.5}
"""Learning rates over that of the others, where that was too fast."""


def run(config: Config, session: Session) -> xr.DataTree:
    """All subjects; those that are stored already are not taught again.

    Returns:
        `recall` (model, condition, noise, delay), `strength` (model, weights, rest): `mean`, `low`,
        `high`; `people` (group, delay); `verdict` (source, condition, noise) and `verdict_people`
        (group), how much better the exponential fits than the power law; `fit` (group, model,
        condition):
        noise, and distance from people; `laws` (source, condition, law), fitted to all subjects
        together; `strength_fit` (model, law).
    """
    store, made = session.store("dragon_retention", config), builds(config)
    report = session.begin(len(made) * config.n_subjects)
    lessons, sizes = ((DRAW, config.n_steps),), (config.rows * len(_ranges), config.n_subjects)
    school = School(VOCABULARY, lessons, *sizes, config.n_lists, 1.0, jax.random.key(config.seed))
    values = {}
    with store.writing():
        for name, (model, training) in made.items():
            table = store.table(name, _columns(), config.n_subjects, 1)
            weights = subjects(store, school, name, model, training)
            for place, done in enumerate(table.done):
                own = next(weights)
                if not done:
                    key = jax.random.fold_in(jax.random.fold_in(school.key, 1), place)
                    found = one_subject(config, model, own, key=key)
                    table.write(slice(place, place + 1), {k: v[None] for k, v in found.items()})
                report(1, f"{name}, subject {place + 1}")
            values[name] = table.read()
    return labelled(
        config, {k: np.stack([v[k] for v in values.values()]) for k in _columns()}, list(values)
    )


def _columns() -> dict[str, Column]:
    shapes = {"right": (len(CONDITIONS), len(NOISE), len(DELAYS)), "strength": (2, len(RESTS))}
    return {name: Column(shape, float) for name, shape in shapes.items()}


# ---- one subject ---------------------------------------------------------------------------------


def one_subject(
    config: Config, model: SequenceModel, weights: Any, *, key: PRNGKeyArray
) -> dict[str, Float[np.ndarray, ...]]:
    """Words recalled [condition, noise, delay], and strengths [weights, rest] of a BDH.

    NaN for the others, to whom silence is nothing: nothing at all happens to their fast state.
    """
    words = some_words(VOCABULARY, config.n_lists, key=key)[:, :LENGTH]
    right = np.full((len(CONDITIONS), len(NOISE), len(DELAYS)), np.nan)
    for row, condition in enumerate(CONDITIONS):
        if condition == "silence" and not isinstance(model, BDH):
            continue
        for at, delay in enumerate(DELAYS):
            fresh, states = waited(model, weights, words, condition, delay)
            for i, sd in enumerate(NOISE):
                own = jax.random.fold_in(key, len(NOISE) * at + i)
                right[row, i, at] = recalled(
                    model, weights, words, (fresh, states), float(sd), key=own
                )
    strength = np.stack([faded(model, own, words) for own in (model.begin(key=key), weights)])
    return {"right": right, "strength": strength}


def waited(
    model: SequenceModel, weights: Any, words: Int[Array, "list word"], condition: str, delay: int
) -> tuple[Any, Any]:
    """Fast states right after study, and after the delay."""
    start = jnp.full((len(words), 1), VOCABULARY.list_start)
    fresh = studied(model, weights, jnp.concatenate([start, words], axis=1))
    if not delay:
        return fresh, fresh
    if condition == "silence" and isinstance(model, BDH):
        return fresh, rested(model, fresh, delay)
    return fresh, studied(model, weights, jnp.full((len(words), delay), VOCABULARY.filler), fresh)


def rested(model: BDH, states: Float[Array, "list ..."], time: float) -> Float[Array, "list ..."]:
    """Synapses of all lists after a silence."""
    return jax.vmap(lambda state: model.rest(state, time))(states)


def recalled(
    model: SequenceModel,
    weights: Any,
    words: Int[Array, "list word"],
    states: tuple[Any, Any],
    sd: float,
    *,
    key: PRNGKeyArray,
) -> int:
    """How many words of all lists were said, in any place; never more than once each.

    Args:
        model, weights: who recalls.
        words: studied.
        states: right after study, whose size is the unit of noise, and after the delay.
        sd: of the noise.
        key: of noise and speech.
    """
    fresh, now = states
    of_noise, of_speech = jax.random.split(key)
    now = noisy(now, sd, key=of_noise, unit=fresh)
    question = jnp.full((len(words), 1), VOCABULARY.recall)
    how: dict[str, Any] = {"allowed": SPEAKABLE, "stop": VOCABULARY.stop, "key": of_speech}
    said = sit(model, weights, question, LENGTH + 1, states=now, **how).tokens
    same = np.asarray(words)[:, :, None] == np.asarray(said)[:, None, :]
    return int(same.any(axis=2).sum())


_TOKENS = jnp.arange(VOCABULARY.n_tokens)
SPEAKABLE = (VOCABULARY.n_words > _TOKENS) | (VOCABULARY.stop == _TOKENS)


def faded(
    model: SequenceModel, weights: Any, words: Int[Array, "list word"]
) -> Float[np.ndarray, " rest"]:
    """|x' S| of words of the list in the first layer after each silence, over that at once."""
    if not isinstance(model, BDH):
        return np.full(len(RESTS), np.nan)
    fresh, _ = waited(model, weights, words, "silence", 0)
    probes = words[jnp.arange(len(words)), jnp.arange(len(words)) % LENGTH]
    read = [strengths(model, weights, rested(model, fresh, t), probes) for t in RESTS]
    first = np.stack([np.asarray(each)[:, 0] for each in read], axis=1)
    return (first / first[:, :1]).mean(axis=0)


# ---- over subjects -------------------------------------------------------------------------------


def labelled(config: Config, values: dict[str, np.ndarray], names: list[str]) -> xr.DataTree:
    """Means, laws and distances; see `run`."""
    tested = LENGTH * config.n_lists
    axes = {"model": names, "subject": None, "condition": list(CONDITIONS), "noise": NOISE}
    nodes = {
        "recall": mean_and_interval(
            values["right"] / tested, axes | {"delay": list(DELAYS)}, over="subject"
        ),
        "strength": mean_and_interval(
            values["strength"],
            {
                "model": names,
                "subject": None,
                "weights": ["untaught", "taught"],
                "rest": list(RESTS),
            },
            over="subject",
        ),
        "people": people(),
    }
    nodes["strength_fit"] = of_strengths(nodes["strength"])
    nodes["fit"] = fits(nodes["recall"], nodes["people"])
    nodes["verdict"], nodes["laws"] = verdicts(values["right"], tested, names, nodes["fit"])
    nodes["verdict_people"], nodes["laws_people"] = of_people()
    about = {"n_subjects": config.n_subjects, "n_lists": config.n_lists}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


def brown_peterson(group: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Delays in tokens, words recalled and tested [person, delay] (Floden et al., 2000)."""
    trials = load_trials("floden2000")
    some = trials.isel(subject=(trials["group"] == group).values).transpose("subject", "delay")
    return some["delay"].values / SECONDS, some["n_recalled"].values, some["n_tested"].values


def people() -> xr.Dataset:
    """Shares recalled by each group, with an interval over people."""
    found = []
    for group in GROUPS:
        times, right, tested = brown_peterson(group)
        low, high = interval(right / tested)
        each = {"mean": (right / tested).mean(axis=0), "low": low, "high": high}
        found.append(xr.Dataset({k: ("delay", v) for k, v in each.items()}, {"delay": times}))
    return xr.concat(found, pd.Index(list(GROUPS), name="group"))


def fits(recall: xr.Dataset, told: xr.Dataset) -> xr.Dataset:
    """The noise at which each mean curve is nearest to that of each group, and how near it is.

    Returns:
        (group, model, condition): `noise`, `rmsd`; NaN where there is no curve.
    """
    delays = np.intersect1d(told["delay"], recall["delay"])
    own = recall["mean"].sel(delay=delays).transpose("model", "condition", "noise", "delay").values
    off = np.stack([rmsd(own, told["mean"].sel(group=g, delay=delays).values) for g in GROUPS])
    there = np.isfinite(off).all(axis=-1)
    noise = np.where(there, NOISE[np.nan_to_num(off).argmin(axis=-1)], np.nan)
    dims = ("group", "model", "condition")
    axes = {"group": list(GROUPS)} | {d: recall[d].values for d in dims[1:]}
    return xr.Dataset({"noise": (dims, noise), "rmsd": (dims, off.min(axis=-1))}, axes)


def verdicts(
    right: Float[np.ndarray, "model subject condition noise delay"],
    tested: int,
    names: list[str],
    fit: xr.Dataset,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Which law, for every amount of noise; and the laws at the noise fitted to people.

    Returns:
        (model, condition, noise): `mean`, `low`, `high` over subjects, and `together`; and
        (model, condition, law): `a`, `b`, `weight` of all subjects together.
    """
    shape = (len(names), len(CONDITIONS))
    found = {k: np.full((*shape, len(NOISE)), np.nan) for k in ("mean", "low", "high", "together")}
    told = {k: np.full((*shape, len(COMPARED)), np.nan) for k in ("a", "b", "weight")}
    for at in np.ndindex(shape):
        noise = fit["noise"].sel(group=AGED).values[at]
        if np.isnan(noise):
            continue
        each, fitted = _of_model(right[at[0], :, at[1]], tested)
        low, high = interval(each[:-1])
        values = {"mean": each[:-1].mean(axis=0), "low": low, "high": high, "together": each[-1]}
        chosen = _estimates(fitted.isel(person=-1, noise=int(np.flatnonzero(noise == NOISE)[0])))
        for table, new in ((found, values), (told, chosen)):
            for k, value in new.items():
                table[k][at] = value
    axes = {"model": names, "condition": list(CONDITIONS)}
    return _table(found, axes | {"noise": NOISE}), _table(told, axes | {"law": list(COMPARED)})


def _table(values: dict[str, np.ndarray], axes: dict[str, Any]) -> xr.Dataset:
    return xr.Dataset({k: (tuple(axes), v) for k, v in values.items()}, axes)


def _of_model(
    right: Float[np.ndarray, "subject noise delay"], tested: int
) -> tuple[Float[np.ndarray, "person noise"], xr.Dataset]:
    """The verdict of all subjects and amounts of noise at once; the last person is all together."""
    n = len(right)
    counts = np.concatenate([right, right.sum(axis=0, keepdims=True)])
    tests = np.full(counts.shape, float(tested))
    tests[-1] *= n
    flat = [each.reshape(-1, counts.shape[-1]) for each in (counts, tests)]
    each, fitted = retention.power_against_exponential(DELAYS, *flat, laws=COMPARED)
    pairs = pd.MultiIndex.from_product([range(n + 1), NOISE], names=["person", "noise"])
    own = fitted.isel(person=slice(-1)).drop_vars("person")
    coords = xr.Coordinates.from_pandas_multiindex(pairs, "both")
    own = own.rename(person="both").assign_coords(coords).unstack("both")
    return each[:-1].reshape(counts.shape[:2]), own


def _estimates(own: xr.Dataset) -> dict[str, np.ndarray]:
    both = {k: own["estimate"].sel(parameter=k).values for k in ("a", "b")}
    return both | {"weight": own["weight"].values}


def of_people() -> tuple[xr.Dataset, xr.Dataset]:
    """The same of people, by group, and by group and law."""
    rows, told = [], []
    for group in GROUPS:
        each, fitted = retention.power_against_exponential(*brown_peterson(group), laws=COMPARED)
        low, high = interval(each[:-1, None])
        rows.append(
            {"mean": each[:-1].mean(), "low": low[0], "high": high[0], "together": each[-1]}
        )
        together = _estimates(fitted.sel(person=retention.GROUP))
        told.append(xr.Dataset({k: ("law", v) for k, v in together.items()}))
    table = {k: ("group", [float(row[k]) for row in rows]) for k in rows[0]}
    index = pd.Index(list(GROUPS), name="group")
    laws = xr.concat(told, index).assign_coords(law=list(COMPARED))
    return xr.Dataset(table, {"group": list(GROUPS)}), laws


def of_strengths(strength: xr.Dataset) -> xr.Dataset:
    """Least squares of both laws to mean strengths: `rmse`, `a`, `b` (model, law)."""
    some = strength["mean"].sel(weights="untaught").dropna("model", how="all")
    found = []
    for own in some.transpose("model", "rest").values:
        fitted = retention.fit_least_squares(RESTS, own, laws=COMPARED)
        both = {k: fitted["estimate"].sel(parameter=k, drop=True) for k in ("a", "b")}
        found.append(xr.Dataset({"rmse": fitted["rmse"]} | both))
    return xr.concat(found, pd.Index(some["model"].values, name="model"))


# ---- figure --------------------------------------------------------------------------------------


def plot(tree: xr.DataTree) -> Figure:
    """Strengths, recall after silence and after fillers, and which law each follows."""
    return dragon_retention(datasets(tree), tree.attrs)


EXPERIMENT = Experiment(
    name="dragon_retention",
    title="How synapses fade: one damping or many, silence or fillers, beside people",
    presets={"quick": Config(), "paper": Config(n_steps=900, n_lists=50, n_subjects=10)},
    run=run,
    plot=plot,
    numbers=tree_numbers,
    people=("floden2000",),
    models=("bdh", "networks", "retention"),
    sources=(
        "Kosowski et al. (2025)",
        "Floden, Stuss & Craik (2000)",
        "Rubin & Wenzel (1996)",
        "Anderson & Tweney (1997)",
    ),
    answers=(
        "Forgetting of four words under distraction in young and old people (Floden et al., "
        "2000), and the laws of retention (Rubin & Wenzel, 1996; Anderson & Tweney, 1997): is it "
        "exponential, and does averaging over rates make it a power law?"
    ),
    agrees=(
        "With one damping (gamma .9) words fade exponentially in silence and after fillers, and "
        "only it forgets as much as old people do (RMSD .10 and .14). Strengths with a spread of "
        "dampings follow a logarithm (RMSE .026; power law .070), the law nearest to both groups "
        "taken together."
    ),
    disagrees=(
        "A spread does not make recall a power law: the exponential is as near or nearer. No "
        "model is as good at once as people (.98 and .95). Seconds are divided by 3 by choice, "
        "the noise is fitted, and single people hardly tell the laws apart."
    ),
    cost={"quick": "two minutes on 2 cores", "paper": "a quarter of an hour of one core"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
