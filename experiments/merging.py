"""What do two Dragon Hatchlings that are merged without any learning still know?

Kosowski et al. (2025, Table 2) tune clones of one English-Spanish model on French and on
Portuguese, and put their neurons side by side (`bdh_merging`), without any further learning. The
merged model reads all languages about as well as the specialists, but writes them worse.

Method. Four generated languages say the same meanings in words of their own, with a grammar each (a
Markov chain; `tasks.markov_languages`). A text is 10 words in one language and, after a tag, what
they mean in another. A base model (BDH, official variant; d = 48, four heads, 512 neurons, three
layers) learns A to B and B to A: 1,000 steps of AdamW with 16 texts, rate 2e-3 falling to a tenth.
Two clones learn A and C, or A and D, for 500 steps (1e-3, falling). They are *merged* as in the
paper. *Rescaled*: Dx and E are divided by the root of 2. *Weights averaged*, a control that the
paper does not have: every weight is the mean of the clones'. Loss is of the second half of a text:
translations into A tell how a language is read, those out of A how it is written. *Any of its
words*: all words of the right language equally likely; *grammar only*: who knows the grammar and
the words before, but not what is to be translated. In one condition the languages have *own
words*, in the other they *share words*, which mean something else in each. There are six sets of
languages, each with models of its own.

Outcome (paper preset; means over sets, bootstrap 95 % intervals). With own words the published
pattern is there, its sizes are not. Of C and D, the merged model reads at 1.04 nats (.90 to 1.21)
and writes at 1.95 (1.87 to 2.03). Own specialists have .03 and .15, the other specialist 4.12 and
6.91, the base model 4.13 and 8.97. So merged models are far better than strangers, and read better
than they write; but reading is not close to that of specialists, as it is in the paper (.395 v.
.35), but little better than by grammar alone (about 1.25). Of writing, .81 nats are due to words of
other languages: languages are mixed up, as the paper says. B, which neither clone was tuned on, is
read better by the merged model (.14) than by either (.44 and .39), and written better (3.35 v. 5.20
and 5.16), as published.

Side by side is little better than averaged. Weights averaged one by one, in half the size, give
1.25 (1.12 to 1.39) and 2.10 (2.02 to 2.19), which is .21 (.13 to .30) and .14 (.12 to .16) worse
within sets; for B they are better (.12 and 2.80). What clones of one model have in common explains
most of what merging achieves here. Rescaling changes no loss by more than .02: in trained models
activities are so large that epsilon is nothing.

If languages share words, B is forgotten (clones read it at 4.27 and 3.47, the merged model at
2.68), and reading (1.40) is better than writing (1.75) by .35 only (.01 to .70; with own words .91,
.71 to 1.07). So much of the difference of reading and writing hangs on words that only one clone
has learnt to say. That averaging halves their readout is the likely reason; it was not tested.

Run: `cogmem run merging`. Models that are stored are not taught again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.data import published
from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures.replicates import mean_and_interval
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_merging import averaged, merged
from cogmem.models.sequence_learning import Training, learn
from cogmem.models.sequence_model import Passage
from cogmem.participants.reporting import Report
from cogmem.plots.merging import merging
from cogmem.tasks.markov_languages import (
    LanguageText,
    MarkovLanguages,
    markov_languages,
    translation,
)

ALPHABETS = ("own words", "shared words")
"""Whether languages have no word in common, or all of them, with other meanings."""

DIRECTIONS = {
    "B to A": (1, 0),
    "C to A": (2, 0),
    "D to A": (3, 0),
    "A to B": (0, 1),
    "A to C": (0, 2),
    "A to D": (0, 3),
}
MODELS = (
    "base (A, B)",
    "tuned on C",
    "tuned on D",
    "merged",
    "merged, rescaled",
    "weights averaged",
)
ROLES = ("own specialist", "merged", "merged, rescaled", "weights averaged", "other specialist")
ROLES += ("base",)
SIDES = ("reading", "writing")
BLOCK = 250
"""Steps that are learnt at once."""


@dataclass(frozen=True)
class Config:
    """How large languages and models are, and how much is learnt."""

    n_words: int = setting(8, (2, 1000), meaning="words of a language")
    n_said: int = setting(6, (1, 1000), meaning="words of a text, and of its translation")
    width: int = setting(32, (2, 4096), meaning="channels of v, d")
    n_heads: int = setting(2, (1, 64), meaning="heads")
    n_neurons: int = setting(256, (16, 65_536), meaning="neurons of all heads, n, before merging")
    n_layers: int = setting(3, (1, 64), meaning="layers")
    n_steps: int = setting(750, (BLOCK, 1_000_000), meaning="steps of the base model")
    n_tuning: int = setting(250, (BLOCK, 1_000_000), meaning="steps of each specialist")
    batch: int = setting(16, (1, 4096), meaning="texts of a step")
    rate: float = setting(2e-3, (0.0, 1.0), meaning="learning rate; it falls to a tenth")
    rate_tuning: float = setting(1e-3, (0.0, 1.0), meaning="of specialists; it falls to a tenth")
    n_test: int = setting(100, (2, 100_000), meaning="texts of a test, each direction")
    n_models: int = setting(2, (2, 1000), meaning="sets of languages, each with models of its own")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")


def run(config: Config, session: Session) -> xr.DataTree:
    """All models; those that are stored already are not taught again.

    Returns:
        Nodes `loss`, `language` and `monologue` (alphabet, model, direction), `sides` and
        `sides_language` (alphabet, role, side), `writing_less_reading` (alphabet, role),
        `averaged_less_merged` (alphabet, side) and `entropy` (alphabet, language), each with
        `mean`, `low` and `high`, nats per word; `published` and `published_sides`, nats per byte.
    """
    _check(config)
    store = session.store("merging", config)
    n = config.n_models * len(ALPHABETS)
    report = session.begin(n * 3)
    with store.writing():
        table = store.table("models", _columns(), n, 1)
        for place in np.flatnonzero(~table.done):
            seed, alphabet = divmod(int(place), len(ALPHABETS))
            found = one_family(config, ALPHABETS[alphabet], config.seed + seed, report)
            table.write(slice(place, place + 1), {k: v[None] for k, v in found.items()})
    return _labelled(config, table.read())


def _check(config: Config) -> None:
    for name in ("n_steps", "n_tuning"):
        if getattr(config, name) % BLOCK:
            raise InvalidValue(
                f"{name} is {getattr(config, name)}, expected a multiple of {BLOCK}, as many steps "
                "as are learnt at once."
            )


# ---- one family of models ------------------------------------------------------------------------

Known = tuple[BDH, Weights]


def _columns() -> dict[str, Column]:
    shape = (len(MODELS), len(DIRECTIONS))
    names = ("loss", "language", "monologue")
    return {name: Column(shape, float) for name in names} | {"entropy": Column((4,), float)}


def one_family(config: Config, alphabet: str, seed: int, report: Report) -> dict[str, np.ndarray]:
    """A base, two specialists, and what becomes of them: see `_columns`.

    `loss` is of translations, `language` the part of it that is due to words of other languages,
    `monologue` of what is translated, `entropy` the least loss of monologues, by language.
    """
    key = jax.random.key(seed)
    of_languages, begin, first, second, third, test = jax.random.split(key, 6)
    shared = alphabet == ALPHABETS[1]
    languages = markov_languages(4, config.n_words, shared=shared, key=of_languages)
    sizes = (config.width, config.n_heads, config.n_neurons, config.n_layers)
    model = BDH(languages.n_tokens, *sizes, chunk=None)
    base = taught(config, languages, (model, model.begin(key=begin)), 1, config.n_steps, first)
    report(1, f"{alphabet}, {seed}: base")
    specialists = []
    for other, own in ((2, second), (3, third)):
        specialists.append(taught(config, languages, base, other, config.n_tuning, own))
        report(1, f"{alphabet}, {seed}: specialist {other - 1}")
    texts = [
        translation(
            languages, *pair, config.n_test, config.n_said, key=jax.random.fold_in(test, at)
        )
        for at, pair in enumerate(DIRECTIONS.values())
    ]
    together = (merged(*specialists), merged(*specialists, rescaled=True), averaged(*specialists))
    each = [tested(known, languages, texts) for known in (base, *specialists, *together)]
    least = [np.asarray(text.surprise)[np.asarray(text.half) == 0].mean() for text in texts]
    found = {name: np.stack([one[name] for one in each]) for name in each[0]}
    return found | {"entropy": np.array([np.mean(least[3:]), *least[:3]])}


def taught(
    config: Config,
    languages: MarkovLanguages,
    known: Known,
    other: int,
    n_steps: int,
    key: PRNGKeyArray,
) -> Known:
    """A model that learns to translate from A into another language and back, in equal parts."""
    model, weights = known
    rate = config.rate if other == 1 else config.rate_tuning
    training = Training(learning_rate=rate, n_steps=n_steps, final=0.1)
    learning = training.begin(weights)
    for block in range(n_steps // BLOCK):
        own = jax.random.fold_in(key, block)
        learning = learn(model, training, learning, lessons(config, languages, other, own)).learning
    return model, learning.weights


def lessons(config: Config, languages: MarkovLanguages, other: int, key: PRNGKeyArray) -> Passage:
    """[step, batch, time] a block of steps."""
    there, back, mixed = jax.random.split(key, 3)
    n = BLOCK * config.batch
    texts = [
        translation(languages, *pair, n // 2 + n % 2, config.n_said, key=own)
        for pair, own in (((0, other), there), ((other, 0), back))
    ]
    order = jax.random.permutation(mixed, n)
    parts = (
        jnp.concatenate([getattr(text, name) for text in texts])[order]
        for name in ("tokens", "targets", "counted")
    )
    return Passage(*(part.reshape(BLOCK, config.batch, -1) for part in parts))


def tested(
    known: Known, languages: MarkovLanguages, texts: Sequence[LanguageText]
) -> dict[str, np.ndarray]:
    """Losses in each direction."""
    found: dict[str, list[float]] = {"loss": [], "language": [], "monologue": []}
    for text, (_, into) in zip(texts, DIRECTIONS.values(), strict=True):
        said = logarithms(*known, text.tokens)
        right = -np.take_along_axis(said, np.asarray(text.targets)[..., None], axis=2)[..., 0]
        first, second = (np.asarray(text.half) == half for half in (0, 1))
        in_language = np.logaddexp.reduce(said[..., languages.words[into]], axis=2)
        found["loss"].append(right[second].mean())
        found["language"].append(-in_language[second].mean())
        found["monologue"].append(right[first].mean())
    return {name: np.array(values) for name, values in found.items()}


@eqx.filter_jit
def _logarithms(model: BDH, weights: Weights, tokens: Array) -> Array:
    logits = jax.vmap(lambda row: model.read(weights, row)[0])(tokens)
    return jax.nn.log_softmax(logits)


def logarithms(model: BDH, weights: Weights, tokens: Array) -> Float[np.ndarray, "row time token"]:
    """log P of every token after each that is read."""
    return np.asarray(_logarithms(model, weights, tokens))


# ---- results -------------------------------------------------------------------------------------


def by_role(
    losses: Float[np.ndarray, "*more model direction"],
) -> Float[np.ndarray, "*more role side"]:
    """Languages C and D together, by what a model is to them."""
    c, d = (losses[..., at] for at in ([1, 4], [2, 5]))  # [..., model, side]
    at = {name: MODELS.index(name) for name in MODELS}
    of = [
        (c[..., at["tuned on C"], :], d[..., at["tuned on D"], :]),
        *((c[..., at[name], :], d[..., at[name], :]) for name in ROLES[1:4]),
        (c[..., at["tuned on D"], :], d[..., at["tuned on C"], :]),
        (c[..., at[MODELS[0]], :], d[..., at[MODELS[0]], :]),
    ]
    return np.stack([(one + other) / 2 for one, other in of], axis=-2)


def _labelled(config: Config, values: dict[str, np.ndarray]) -> xr.DataTree:
    values = {k: v.reshape(-1, len(ALPHABETS), *v.shape[1:]) for k, v in values.items()}
    seeds = {"seed": None, "alphabet": list(ALPHABETS)}
    cells = seeds | {"model": list(MODELS), "direction": list(DIRECTIONS)}
    sides = seeds | {"role": list(ROLES), "side": list(SIDES)}
    roles = by_role(values["loss"])
    shaped = {name: (values[name], cells) for name in ("loss", "language", "monologue")}
    shaped |= {
        "sides": (roles, sides),
        "sides_language": (by_role(values["language"]), sides),
        "writing_less_reading": (np.diff(roles)[..., 0], seeds | {"role": list(ROLES)}),
        "averaged_less_merged": (
            roles[..., ROLES.index("weights averaged"), :] - roles[..., ROLES.index("merged"), :],
            seeds | {"side": list(SIDES)},
        ),
        "entropy": (values["entropy"], seeds | {"language": list("ABCD")}),
    }
    nodes = {name: mean_and_interval(*each, over="seed") for name, each in shaped.items()}
    about = {"n_models": config.n_models, "chance": float(np.log(config.n_words))}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes | _published())


def _published() -> dict[str, xr.Dataset]:
    """Table 2 of the paper, as it is and by what a model is to French and Portuguese."""
    table = published("kosowski2025_table2")
    names, ways = (list(dict.fromkeys(table[of])) for of in ("model", "direction"))
    cells = table["value"].to_numpy(float).reshape(len(names), len(ways))
    # Of models that are not published, none.
    more = np.full((len(MODELS) - len(names), len(ways)), np.nan)
    sides = by_role(np.concatenate([cells, more]))
    coords = {"model": names, "direction": ways}
    return {
        "published": xr.Dataset({"mean": (("model", "direction"), cells)}, coords),
        "published_sides": xr.Dataset(
            {"mean": (("role", "side"), sides)}, {"role": list(ROLES), "side": list(SIDES)}
        ),
    }


def plot(tree: xr.DataTree) -> Figure:
    """Six panels."""
    return merging(datasets(tree), tree.attrs)


EXPERIMENT = Experiment(
    name="merging",
    title="What two Dragon Hatchlings that are merged without any learning still know",
    presets={
        "quick": Config(),
        "paper": Config(
            n_words=12,
            n_said=10,
            width=48,
            n_heads=4,
            n_neurons=512,
            n_steps=1000,
            n_tuning=500,
            n_test=200,
            n_models=6,
        ),
    },
    run=run,
    plot=plot,
    numbers=tree_numbers,
    models=("bdh",),
    sources=("Kosowski et al. (2025)",),
    answers=(
        "Table 2 of Kosowski et al. (2025): two tuned clones of a language model merged neuron by"
        " neuron without any learning read as well as the specialists (.395 against .35 nats per "
        "byte, mean of French and Portuguese), but write worse."
    ),
    agrees=(
        "With own words merged models are far better than strangers (reading 1.04 nats, other "
        "specialist 4.12; writing 1.95, 6.91) and read better than they write. Languages are "
        "mixed up in writing, and B, tuned on by neither, is read better than by either clone "
        "(.14; .44 and .39)."
    ),
    disagrees=(
        "Reading is not close to specialists (1.04; own .03), little better than by grammar alone"
        " (about 1.25). Averaging all weights, at half the size, is nearly as good (1.25 and "
        "2.10). With shared words reading is ahead by .35 only. Languages are generated and "
        "models small."
    ),
    cost={
        "quick": "two minutes on 1 core",
        "paper": "twenty minutes on 1 core of a busy machine",
    },
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
