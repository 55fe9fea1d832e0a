"""Does a single synapse of a Dragon Hatchling stand for a concept, for words it was not chosen by?

Kosowski et al. (2025, Fig. 12 and 13) find entries of sigma (Eq. 16) of a translation model that
grow when a currency, or a country, is named, in either language: U = 2368 of 2500 in a Mann-Whitney
test of 50 against 50 sentences. Entries are found by a search among very many, and a search finds
something in noise. So here they are chosen by some sentences, and tested on others.

Method. BDH (official variant; d = 32, four heads of 64 neurons, three layers) learns a generated
language (`cogmem.tasks.grammar`): sentences of a noun, a verb and a noun, with fillers between. A
sentence has one of four topics, which are told by nouns and verbs of their own: nothing but their
company makes nouns of a topic alike. AdamW, 1,000 steps of 16 texts of 64 tokens, rate 3e-3 falling
to a tenth, dropout .1. A sentence is read from empty synapses. All sigma(i, j) between y of a layer
and x of the next, of the same head, are taken after its end, or before its verb, when nothing but
the noun (and fillers) has told the topic. Negative values count as 0, as in the paper.

For each topic the synapse with the largest U (one-sided, 50 sentences about it against 50 about the
other topics; of equals, the one with the largest difference of means) is chosen in a *selection*
set. Then it is tested with *new sentences*, and with sentences with *new nouns*: half of the nouns
of each topic, singular and plural ones, are in the last set only (the model has learnt them all).
No sentence is in two sets. All begin with a filler, as the very first token is followed by no y.
Reported are U / (n1 n2), which is the probability that a sentence about the topic has the larger
value, and the rank-biserial correlation, 2 U / (n1 n2) - 1. The paper's correlation of .86 does not
go with its U, from which .894 follows.

Controls. *Not trained*: the same search in the weights before learning. *Shuffled labels*: the
search with labels shuffled in the selection set; the first point is what it finds there, the others
are tests with the right labels. *Any synapse*: the mean of all.

Outcome (paper preset, 6 models of 28 thousand weights; loss 2.15 nats, of which 2.03 cannot be
avoided; 95 % intervals over models). Yes. The synapse chosen among 32,768 tells the topic of new
sentences, U / (n1 n2) .999 (.996 to 1.000), and of sentences with new nouns, .997 (.995 to .999);
up to the verb, where a single new noun has told it, .991 (.982 to .998). The lowest of 48 tests
with new nouns has U = 2303 of 2500, rank-biserial correlation .84, p = 2e-13; the median is 2500.
2.1 % of all synapses are above .9 for a topic (whole sentences with new nouns), .24 % up to the
verb; before learning it is .02 % and less.

The controls say what this is worth. Before learning, the search finds .93 in its own sentences, and
still .89 (.88 to .91) in new ones with the same words: random weights suffice to tell sets of words
apart, and a test with new sentences alone would prove little. With new nouns nothing is left of it,
.54 (.49 to .57), and .48 (.44 to .51) up to the verb. With shuffled labels the search finds .66 and
.64 in its own sentences, by chance; with the right labels .47 to .55.

What is found is not a tally of how often a concept was named. Of the first model (A), the synapse
steps up at the first noun of its topic, not at the second, and turns back to zero within 8 to 17
tokens: the chosen neurons on the side of x turn once in 86 tokens (median; quartiles
71 and 222), so that rotation clears them about when a sentence ends. 37 of 48 are between the first
layer and the second. That a concept has synapses is what the task asks for here, since the topic is
needed to guess verbs and nouns; whether that holds for concepts that no task separates is not told.

Run: `cogmem run concept_synapses`. Models that are stored are not taught again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray
from matplotlib.figure import Figure

from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures.concept_search import at_entries, chosen, mean_entry, shuffled, told
from cogmem.measures.replicates import mean_and_interval
from cogmem.measures.selectivity import Separation
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_attention import frequencies
from cogmem.models.bdh_synapses import synapse, synapse_matrix
from cogmem.models.sequence_learning import Training, learn
from cogmem.models.sequence_model import Passage
from cogmem.participants.reporting import Report
from cogmem.plots.concept_synapses import concept_synapses
from cogmem.tasks.grammar import END, FILLER, TOPICS, Grammar, Language, draw, language_of

LONGEST = 24
"""Tokens of the longest sentence."""

N_SENTENCES = 50
"""With the concept, and as many without it, in each set, as in the paper."""

SELECTION, SENTENCES, NOUNS = SETS = ("selection", "new sentences", "new nouns")
WHOLE, TO_VERB = READINGS = ("whole sentence", "up to the verb")
"""How far each sentence is read."""

SERIES = ("trained", "not trained", "shuffled labels", "any synapse")
SELECTIVE = 0.9
"""U / (n1 n2) above which a synapse is counted as selective."""

STRIP = (0, 1, 2, 0, 3, 1)
"""Topics of the sentences that are read one after the other."""

N_LAST = 50
"""Steps over which the final loss is told."""


@dataclass(frozen=True)
class Config:
    """How large models are, how much they learn, and how many there are."""

    width: int = setting(32, (2, 4096), meaning="channels of v, d")
    n_heads: int = setting(2, (1, 64), meaning="heads")
    n_neurons: int = setting(128, (4, 65_536), meaning="neurons of all heads, n")
    n_layers: int = setting(3, (2, 64), meaning="layers")
    n_steps: int = setting(300, (1, 1_000_000), meaning="steps of learning")
    batch: int = setting(16, (1, 4096), meaning="texts of a step")
    length: int = setting(64, (8, 65_536), meaning="tokens of a text")
    rate: float = setting(3e-3, (0.0, 1.0), meaning="learning rate; it falls to a tenth")
    n_models: int = setting(2, (2, 1000), meaning="models")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first model")


class Sentences(NamedTuple):
    """Sentences about each topic, padded.

    Attributes:
        tokens: [topic, sentence, LONGEST].
        read: [reading, topic, sentence] tokens that are read.
    """

    tokens: Int[np.ndarray, "topic sentence time"]
    read: Int[np.ndarray, "reading topic sentence"]


def run(config: Config, session: Session) -> xr.DataTree:
    """All models; those that are stored already are not done again.

    Returns:
        Nodes `separation` (series, set) with `mean`, `low` and `high` over models, `each` (model,
        series, topic, set) with U, its p and both sizes of effect, `values` (topic, about,
        sentence) and `strip` (topic, place) of the first model, `loss` (when).
    """
    store = session.store("concept_synapses", config)
    report = session.begin(3 * config.n_models)
    language = language_of(Grammar())
    sets = sentence_sets(language, key=jax.random.key(config.seed))
    with store.writing():
        table = store.table("models", _columns(sets), config.n_models, 1)
        for place in np.flatnonzero(~table.done):
            found = one_model(config, language, sets, config.seed + int(place), report)
            table.write(slice(place, place + 1), {k: v[None] for k, v in found.items()})
    return _labelled(config, language, sets, table.read())


# ---- sentences -----------------------------------------------------------------------------------


def sentence_sets(language: Language, *, key: PRNGKeyArray) -> dict[str, Sentences]:
    """Distinct sentences for each set; half of the nouns of each topic are in the last set only.

    These are nouns 3, 4, 7 and 8, so that there are singular and plural ones in either half. All
    sentences begin with a filler: the first token of all finds nothing to read, and so is followed
    by no y, whatever it is.
    """
    rows = _distinct(language, key)
    topic = language.topic[rows].max(axis=1)
    half = _halves(language)[rows]
    old, new = (((half == h) | (half < 0)).all(axis=1) for h in (0, 1))
    n, topics = N_SENTENCES, range(len(TOPICS))
    chosen = {
        SELECTION: np.stack([rows[old & (topic == t)][:n] for t in topics]),
        SENTENCES: np.stack([rows[old & (topic == t)][n : 2 * n] for t in topics]),
        NOUNS: np.stack([rows[new & (topic == t)][:n] for t in topics]),
    }
    return {name: Sentences(each, _read(language, each)) for name, each in chosen.items()}


def _distinct(language: Language, key: PRNGKeyArray) -> Int[np.ndarray, "sentence time"]:
    """Whole sentences that begin with a filler, padded with END, in random order."""
    text = draw(language, 10_000, LONGEST, key=key)
    tokens, first = np.asarray(text.tokens), np.asarray(text.sentence) == 0
    whole = ~first[:, -1] | (tokens[:, -1] == END)
    filler = language.category[tokens[:, 0]] == FILLER
    rows = np.unique(np.where(first, tokens, END)[whole & filler], axis=0)
    return np.random.default_rng(0).permutation(rows)


def _read(
    language: Language, tokens: Int[np.ndarray, "*more time"]
) -> Int[np.ndarray, reading * more]:
    """Tokens up to the end, END itself included, and up to the verb, without it."""
    verb = (language.topic[tokens] >= 0) & ~language.is_noun[tokens]
    return np.stack([(tokens == END).argmax(axis=-1) + 1, verb.argmax(axis=-1)])


def _halves(language: Language) -> Int[np.ndarray, " token"]:
    """0 or 1 for nouns, -1 for all else."""
    nouns = np.flatnonzero(language.is_noun)
    rank = nouns - np.searchsorted(language.category, language.category[nouns])
    half = np.full(language.n_tokens, -1)
    half[nouns] = rank // 2 % 2
    return half


# ---- one model -----------------------------------------------------------------------------------


def model_of(config: Config, language: Language) -> BDH:
    """Who reads."""
    sizes = (config.width, config.n_heads, config.n_neurons, config.n_layers)
    return BDH(language.n_tokens, *sizes, chunk=None)


def taught(
    config: Config, language: Language, key: PRNGKeyArray
) -> tuple[Weights, Weights, Float[np.ndarray, " loss"]]:
    """Weights before and after learning; loss of the first and last steps, and the least there is.

    The last is the mean surprise of the texts of the last steps, which no reader can be below.
    """
    model = model_of(config, language)
    training = Training(learning_rate=config.rate, n_steps=config.n_steps)
    first, lessons, dropout = jax.random.split(key, 3)
    weights = model.begin(key=first)
    text = draw(language, config.n_steps * config.batch, config.length, key=lessons)
    parts = (text.tokens, text.targets, text.counted)
    passages = Passage(*(part.reshape(config.n_steps, config.batch, -1) for part in parts))
    done = learn(model, training, training.begin(weights), passages, key=dropout)
    ideal = text.surprise.reshape(config.n_steps, -1)[-N_LAST:].mean()
    losses = np.asarray(done.losses)
    told = np.array([losses[:N_LAST].mean(), losses[-N_LAST:].mean(), float(ideal)])
    return weights, done.learning.weights, told


def one_model(
    config: Config, language: Language, sets: dict[str, Sentences], seed: int, report: Report
) -> dict[str, np.ndarray]:
    """Everything that is measured of one model, as in `_columns`."""
    model, rng = model_of(config, language), np.random.default_rng(seed)
    before, after, loss = taught(config, language, jax.random.key(seed))
    report(1, f"loss {loss[1]:.3f}, least {loss[2]:.3f}")
    found = []
    for at, reading in enumerate(READINGS):
        found.append(one_reading(model, (before, after), sets, at, rng))
        report(1, reading)
    each = {name: np.stack([part[name] for part in found]) for name in found[0]}
    best = each["entry"][READINGS.index(TO_VERB)].astype(int)
    shown = traces(model, after, strip(sets[SENTENCES])[0], best)
    return each | {"loss": loss, "strip": shown}


def one_reading(
    model: BDH,
    weights: tuple[Weights, Weights],
    sets: dict[str, Sentences],
    reading: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """The search among all synapses, before and after learning, and its controls."""
    found: dict[str, Separation] = {}
    selective = []
    for name, some in zip(("not trained", "trained"), weights, strict=True):
        values = {each: synapses(model, some, part, reading) for each, part in sets.items()}
        every = {each: told(part) for each, part in values.items()}
        best = chosen(values[SELECTION], every[SELECTION].share)
        found[name] = at_entries(every, best)
        selective.append([(every[each].share > SELECTIVE).mean(axis=1) for each in SETS])
    found["shuffled labels"] = shuffled(values, every, rng, searched=SELECTION)
    found["any synapse"] = mean_entry(every)
    return {
        "u": np.stack([found[name].u for name in SERIES]),
        "p": np.stack([found[name].p for name in SERIES]),
        "selective": np.array(selective),
        "entry": best.astype(float),
        "values": np.moveaxis(values[NOUNS][:, :, best], 2, 0),
    }


# ---- synapses ------------------------------------------------------------------------------------


def synapses(
    model: BDH, weights: Weights, sentences: Sentences, reading: int
) -> Float[np.ndarray, "topic sentence entry"]:
    """All synapses of Eq. 16 after the last token that is read, negative ones as 0.

    Entries are in the order of [layer, head, i, j], from the second layer on: the first has no
    layer before it.
    """
    read = sentences.read[reading]
    tokens = jnp.asarray(sentences.tokens.reshape(-1, LONGEST))
    found = _synapses(model, weights, tokens, jnp.asarray(read.ravel()))
    return np.asarray(found).reshape(*read.shape, -1)


@eqx.filter_jit
def _synapses(
    model: BDH,
    weights: Weights,
    tokens: Int[Array, "sentence time"],
    read: Int[Array, " sentence"],
) -> Float[Array, "sentence entry"]:
    with jax.ensure_compile_time_eval():
        matrix = partial(synapse_matrix, frequencies=frequencies(model.n_per_head // 2))

    def one(given: tuple[Array, Array]) -> Float[Array, " entry"]:
        tokens, read = given
        y, x = between_layers(model, weights, tokens)
        # All end at the same place, so that what is read last is one token old.
        lacking = len(tokens) - read
        y, x = jnp.roll(y, lacking, axis=2), jnp.roll(x, lacking, axis=2)
        y = jnp.where(jnp.arange(len(tokens))[None, None, :, None] < lacking, 0, y)
        return jax.nn.relu(jax.vmap(jax.vmap(matrix))(y, x)).ravel()

    return jax.lax.map(one, (tokens, read), batch_size=20)


@eqx.filter_jit
def between_layers(
    model: BDH, weights: Weights, tokens: Int[Array, " time"]
) -> tuple[Float[Array, "layer head time neuron"], Float[Array, "layer head time neuron"]]:
    """y of every layer but the last, and x of the layer after it."""
    activity = model.watch(weights, tokens)[0]
    return activity.y[:-1], activity.x[1:]


def traces(
    model: BDH,
    weights: Weights,
    tokens: Int[np.ndarray, " time"],
    entries: Int[np.ndarray, " topic"],
) -> Float[np.ndarray, "topic time"]:
    """What a few synapses are after each token."""
    y, x = between_layers(model, weights, jnp.asarray(tokens))
    turns = frequencies(model.n_per_head // 2)
    places = zip(*unravelled(model, entries), strict=True)
    each = [synapse(y[la, h], x[la, h], i, j, turns)[1:, 0] for la, h, i, j in places]
    return np.maximum(np.stack([np.asarray(trace) for trace in each]), 0)


def unravelled(model: BDH, entries: Int[np.ndarray, " *more"]) -> Sequence[np.ndarray]:
    """Layer (0 for the second), head, i and j of each entry."""
    n = model.n_per_head
    return np.unravel_index(entries, (model.n_layers - 1, model.n_heads, n, n))


def strip(sentences: Sentences) -> tuple[Int[np.ndarray, " time"], Int[np.ndarray, " time"]]:
    """Sentences of several topics one after the other, and the topic of each token's sentence."""
    rows, topics, used = [], [], dict.fromkeys(STRIP, 0)
    for topic in STRIP:
        at = used[topic]
        rows.append(sentences.tokens[topic, at, : sentences.read[READINGS.index(WHOLE), topic, at]])
        topics.append(np.full(len(rows[-1]), topic))
        used[topic] = at + 1
    return np.concatenate(rows), np.concatenate(topics)


# ---- results -------------------------------------------------------------------------------------


def _columns(sets: dict[str, Sentences]) -> dict[str, Column]:
    n, each = len(TOPICS), len(READINGS)
    tests = (each, len(SERIES), n, len(SETS))
    shapes: dict[str, tuple[int, ...]] = {
        "u": tests,
        "p": tests,
        "selective": (each, 2, len(SETS), n),
        "entry": (each, n),
        "values": (each, n, n, N_SENTENCES),
        "loss": (3,),
        "strip": (n, len(strip(sets[SENTENCES])[0])),
    }
    return {name: Column(shape, float) for name, shape in shapes.items()}


def _labelled(
    config: Config, language: Language, sets: dict[str, Sentences], values: dict[str, np.ndarray]
) -> xr.DataTree:
    axes: dict[str, Any] = {"model": None, "reading": list(READINGS)}
    series, tests, topics = {"series": list(SERIES)}, {"set": list(SETS)}, {"topic": list(TOPICS)}
    states = {"series": ["not trained", "trained"]}
    share = values["u"] / N_SENTENCES**2
    shaped = {
        "separation": (share.mean(axis=3), axes | series | tests),
        "by_topic": (share, axes | series | topics | tests),
        "selective": (values["selective"], axes | states | tests | topics),
        "loss": (values["loss"], {"model": None, "when": ["first", "last", "least"]}),
    }
    nodes = {name: mean_and_interval(*each, over="model") for name, each in shaped.items()}
    nodes["each"] = _each(values, axes | series | topics | tests)
    nodes["entry"] = _entries(model_of(config, language), values["entry"].astype(int))
    nodes["values"] = xr.Dataset(
        {"value": (("reading", "synapse", "topic", "sentence"), values["values"][0])},
        topics | {"reading": list(READINGS), "synapse": list(TOPICS)},
    )
    tokens, topic = strip(sets[SENTENCES])
    nodes["strip"] = xr.Dataset(
        {
            "value": (("synapse", "place"), values["strip"][0]),
            "word": ("place", [language.words[t] for t in tokens]),
            "topic": ("place", [TOPICS[t] for t in topic]),
        },
        {"synapse": list(TOPICS)},
    )
    about = {"n_models": len(share), "n_entries": _n_entries(config)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | nodes)


def _each(values: dict[str, np.ndarray], axes: dict[str, Any]) -> xr.Dataset:
    """Every test of every model, with both sizes of effect."""
    share = values["u"] / N_SENTENCES**2
    found = {"u": values["u"], "p": values["p"], "share": share, "rank_biserial": 2 * share - 1}
    coords = axes | {"model": np.arange(len(share))}
    return xr.Dataset({name: (tuple(axes), each) for name, each in found.items()}, coords)


def _entries(model: BDH, found: Int[np.ndarray, "model reading topic"]) -> xr.Dataset:
    """Layer (from 1), head, i and j of each synapse that was chosen."""
    places = np.stack(unravelled(model, found), axis=0)
    dims = ("model", "reading", "topic")
    parts = zip(("layer", "head", "i", "j"), places, strict=True)
    coords = {"reading": list(READINGS), "topic": list(TOPICS)}
    return xr.Dataset({k: (dims, v + 2 * (k == "layer")) for k, v in parts}, coords)


def _n_entries(config: Config) -> int:
    n = config.n_neurons // config.n_heads
    return (config.n_layers - 1) * config.n_heads * n**2


def plot(tree: xr.DataTree) -> Figure:
    """A strip of tokens, values by topic, and what tells topics apart."""
    return concept_synapses(datasets(tree), tree.attrs)


EXPERIMENT = Experiment(
    name="concept_synapses",
    title="Single synapses of a Dragon Hatchling that stand for a concept, told on held-out words",
    presets={
        "quick": Config(),
        "paper": Config(n_heads=4, n_neurons=256, n_steps=1000, n_models=6),
    },
    run=run,
    plot=plot,
    numbers=tree_numbers,
    models=("bdh",),
    sources=("Kosowski et al. (2025)", "Mann & Whitney (1947)"),
    answers=(
        "Figures 12 and 13 of Kosowski et al. (2025): single synapses of a translation model that"
        " grow when a currency or a country is named; U = 2368 of 2500 in a Mann-Whitney test of "
        "50 against 50 sentences."
    ),
    agrees=(
        "In small models of a generated language, a synapse chosen by some sentences tells the "
        "topic of others with new nouns: U / (n1 n2) .997 (95 % interval .995 to .999). The "
        "lowest of 48 tests has U = 2303 of 2500; untrained models are at .54."
    ),
    disagrees=(
        "The synapse does not tally how often a concept is named: it steps up once, and rotation "
        "clears it within 8 to 17 tokens. The task needs the topic, so concepts that no task "
        "separates are not tested; nor are two real languages, or models of the published size. "
        "The paper's correlation, .86, does not follow from its U (.894)."
    ),
    cost={"quick": "a minute on 1 core", "paper": "fifteen minutes on 1 core"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
