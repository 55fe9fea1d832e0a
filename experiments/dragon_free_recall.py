"""Free recall from fast synapses: what a Dragon Hatchling recalls, where it begins, what follows.

Method. A model's weights are taught what free recall is; a list is in its fast state only.

Run: `cogmem run dragon_free_recall`. Subjects that are stored are not taught again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.lab.artefacts import by_node
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.schools import School, sittings
from cogmem.lab.settings import setting
from cogmem.measures.beside_people import PEOPLE, beside, distances, joined
from cogmem.models.sequence_learning import Training
from cogmem.models.sequence_model import count_weights
from cogmem.participants.sequence_pupils import Exam, Said, pupils, shifted, told
from cogmem.plots.dragon_recall import dragon_free_recall
from cogmem.tasks.word_recall import free_recall
from cogmem.tasks.word_tokens import WordTokens

SETS = {"peers": 16, "murdock1962": 20}
"""Sets of lists that models are laid on, with the words of a list."""

BY_LENGTH = "grenfell_essam_ward2012"
PEOPLES_LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15)
LENGTHS = (4, 8, 12, 16, 20)
RESET = 16
"""Words of the lists in which the fast state is emptied."""

STAGES = {4: 4, 8: 3, 14: 2, 20: 2}
"""Of the lessons: the longest lists of each, which are as short as one word, and its share."""

RATES = {"Transformer": 0.6}
"""Learning rates over that of the others, where that was too fast."""

MAX_LAG = 5


@dataclass(frozen=True)
class Config:
    """Sizes of models, and how much they are taught and tested."""

    n_words: int = setting(40, (20, 10_000), meaning="words of the pool")
    width: int = setting(64, (2, 4096), meaning="channels of v, d")
    n_neurons: int = setting(256, (4, 65_536), meaning="neurons of all heads, n")
    n_heads: int = setting(4, (1, 64), meaning="heads")
    n_layers: int = setting(2, (1, 64), meaning="layers of all models")
    damping: float = setting(0.8, (0.01, 1.0), meaning="gamma of the damped BDH")
    n_steps: int = setting(110, (11, 1_000_000), meaning="steps of learning")
    batch: int = setting(16, (1, 4096), meaning="lists of a step")
    rate: float = setting(5e-3, (0.0, 1.0), meaning="learning rate; it falls to a twentieth")
    n_subjects: int = setting(2, (2, 1000), meaning="subjects of each model")
    n_lists: int = setting(20, (2, 100_000), meaning="lists of each exam")
    temperature: float = setting(1.0, (0.0, 100.0), meaning="of what is said")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


def exams() -> list[Exam]:
    """Lists of several lengths; the same lists with the fast state emptied midway, and after."""
    most = max(LENGTHS) + 4  # of all, as one compiled program then speaks of all lists
    intact = [Exam(f"{n} words", n, n_outputs=most) for n in LENGTHS]
    midway, after = 1 + RESET // 2, 1 + RESET
    return [
        *intact,
        Exam("emptied midway", RESET, forget=midway, n_outputs=most),
        Exam("emptied after study", RESET, forget=after, n_outputs=most),
    ]


def run(config: Config, session: Session) -> xr.DataTree:
    """Teach and test what is not stored yet, and lay it on people.

    Returns:
        Nodes `SET/MEASURE`, for the sets of `SETS` and "spc", "pfr", "lag_crp"; `length`
        (list_length), `reset` (condition), `said` (kind), `effects` (effect): each with `mean`,
        `low`, `high` by `source`; `rmsd` (source, curve). Attributes: numbers of weights.
    """
    vocabulary = WordTokens(config.n_words)
    models = rivals(config, vocabulary)
    report = session.begin(len(models) * config.n_subjects)
    store = session.store("dragon_free_recall", config)
    said = sittings(store, school(config, vocabulary), models, exams(), report)
    weights = {name: count_weights(model) for name, (model, _) in models.items()}
    return xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs={"n_weights": weights, "n_subjects": config.n_subjects})}
        | nodes(vocabulary, said)
    )


def school(config: Config, vocabulary: WordTokens) -> School:
    """Random lists, first of up to 4 words, then of up to 20, in a random order after RECALL."""
    unit = config.n_steps // sum(STAGES.values())
    lessons = tuple(
        (partial(free_recall, vocabulary, lengths=(1, longest)), unit * share)
        for longest, share in STAGES.items()
    )
    sizes = (config.batch, config.n_subjects, config.n_lists)
    return School(vocabulary, lessons, *sizes, config.temperature, jax.random.key(config.seed))


def rivals(config: Config, vocabulary: WordTokens) -> dict[str, Any]:
    """Models and how each is trained, by name."""
    sizes = {name: getattr(config, name) for name in ("width", "n_neurons", "n_heads", "n_layers")}
    longest = 2 * max(LENGTHS) + 8
    models = pupils(vocabulary.n_tokens, longest, damping=config.damping, **sizes)
    how = partial(Training, n_steps=config.n_steps, final=0.05, beta2=0.98)
    return {
        name: (model, how(learning_rate=config.rate * RATES.get(name, 1.0)))
        for name, model in models.items()
    }


# ---- measures ------------------------------------------------------------------------------------

Curve = xr.Dataset


def nodes(vocabulary: WordTokens, said: Mapping[str, Mapping[str, Said]]) -> dict[str, Curve]:
    """Everything that is shown, of people and models; see `run`."""
    found, off = {}, []
    for name, n in SETS.items():
        sources = {PEOPLE: load(name).select(list_length=n)}
        sources |= {model: told(vocabulary, each[f"{n} words"]) for model, each in said.items()}
        for measure, values in curves(sources).items():
            found[f"{name}/{measure}"] = beside(values)
            off.append(distances(values, f"{name} {measure}"))
        if n == RESET:
            found["effects"] = beside({who: effects(each) for who, each in sources.items()})
            found["said"] = beside({who: responses(each) for who, each in sources.items()})
    sources = {PEOPLE: [load(BY_LENGTH).select(list_length=n) for n in PEOPLES_LENGTHS]}
    sources |= {
        model: [told(vocabulary, each[f"{n} words"]) for n in LENGTHS]
        for model, each in said.items()
    }
    found["length"] = beside({who: by_length(each) for who, each in sources.items()})
    found["reset"] = beside({model: resets(vocabulary, each) for model, each in said.items()})
    return found | {"rmsd": xr.concat(off, "curve")}


def curves(sources: Mapping[str, Recalls]) -> dict[str, dict[str, Curve]]:
    """The three curves of each source, by measure."""
    each = {
        "spc": measures.spc,
        "pfr": measures.pfr,
        "lag_crp": partial(measures.lag_crp, max_lag=MAX_LAG),
    }
    return {
        name: {who: measure(recalls) for who, recalls in sources.items()}
        for name, measure in each.items()
    }


def effects(recalls: Recalls) -> Curve:
    """Four differences of probabilities in which the findings about free recall are summed up.

    Primacy and recency: the first, and the last, three positions over those between. Contiguity:
    lags of one, either way, over lags of 2 to 5. Forward: lag +1 over lag -1.
    """
    spc = measures.spc(recalls)["value"]
    crp = measures.lag_crp(recalls, max_lag=MAX_LAG)["value"]
    middle = spc[:, 3:-3].mean("serial_position")
    near = crp.sel(lag=[-1, 1]).mean("lag")
    far = crp.sel(lag=[lag for lag in crp["lag"].values if abs(lag) > 1]).mean("lag")
    values = {
        "primacy": spc[:, :3].mean("serial_position") - middle,
        "recency": spc[:, -3:].mean("serial_position") - middle,
        "contiguity": near - far,
        "forward": crp.sel(lag=1, drop=True) - crp.sel(lag=-1, drop=True),
    }
    return joined(values, "effect", "Difference of probabilities")


def responses(recalls: Recalls) -> Curve:
    """Words of a list that were recalled, said again, and that were not in it, per list."""
    kinds = {"correct": measures.correct, "repeats": measures.repeats}
    values = {name: measure(recalls)["value"] for name, measure in kinds.items()}
    values["intrusions"] = measures.intrusions(recalls)["value"].sum("kind")
    return joined(values, "kind", "Responses of a list")


def by_length(lists: Sequence[Recalls]) -> Curve:
    """Share of words recalled, of lists of several lengths."""
    values = {each.length: measures.correct(each)["value"] / each.length for each in lists}
    return joined(values, "list_length", "Proportion recalled")


def resets(vocabulary: WordTokens, said: Mapping[str, Said]) -> Curve:
    """Share of words recalled of the same lists, with the fast state as it was and emptied.

    The last one is chance: the answers to each list, scored by the list after it.
    """
    whole = said[f"{RESET} words"]
    rows = {
        "as it was": whole,
        "emptied midway": said["emptied midway"],
        "emptied after study": said["emptied after study"],
        "answers to another list": shifted(whole),
    }
    spc = {name: measures.spc(told(vocabulary, each))["value"] for name, each in rows.items()}
    midway = spc.pop("emptied midway")
    halves = {
        "emptied midway: before": midway[:, : RESET // 2],
        "emptied midway: after": midway[:, RESET // 2 :],
    }
    order = ("as it was", *halves, "emptied after study", "answers to another list")
    means = {name: each.mean("serial_position") for name, each in (spc | halves).items()}
    values = {name: means[name] for name in order}
    return joined(values, "condition", "Proportion recalled")


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, with the node that it is of; RMSDs, and numbers of weights."""
    table = by_node(
        (name.strip("/"), node) for name, node in tree.to_dict().items() if node.data_vars
    )
    n_weights = dict(tree.attrs["n_weights"])
    rows = [{"node": "weights", "source": k, "mean": n} for k, n in n_weights.items()]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def plot(tree: xr.DataTree) -> Figure:
    """People and models on the same axes."""
    return dragon_free_recall(tree)


_PAPER = Config(n_steps=4400, n_subjects=10, n_lists=100)

EXPERIMENT = Experiment(
    name="dragon_free_recall",
    title="Free recall from fast synapses: BDH, a Transformer and a GRU beside people",
    presets={"quick": Config(), "paper": _PAPER},
    run=run,
    plot=plot,
    numbers=numbers,
    people=(*SETS, BY_LENGTH),
    models=("bdh", "networks"),
    sources=(
        "Kosowski et al. (2025)",
        "Healey & Kahana (2014)",
        "Murdock (1962)",
        "Grenfell-Essam & Ward (2012)",
    ),
    cost={"quick": "a minute on 2 cores", "paper": "half an hour of one core"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
