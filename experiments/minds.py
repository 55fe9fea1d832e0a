"""One table of minds: every model, every paradigm that it can honestly sit, the same people.

Method. Eight paradigms, each with people's own responses: free recall (PEERS, Healey & Kahana
2014), serial recall (Farrell & Lewandowsky 2004, quiet), short-term recognition (Donkin & Nosofsky
2012), A-B A-C paired associates (Riefer & Batchelder 1988: counts of a group), the fan effect
(Anderson 1974: mean times), Brown-Peterson retention (Floden et al. 2000), change detection (Adam
et al. 2015) and updating (Oberauer & Kliegl 2006, young people who took their time). Each person's
responses are split into a training and a held-out half, list by list in turn. A participant sits
the same lists; before every response that a person gave it says how strongly each candidate comes
to mind, given the person's own responses so far. One readout makes probabilities of that, alike for
all and for the null: a softmax of evidence in its own SD, with one sensitivity for each paradigm.
When a person ends, leaves out or says yes is not what these models are about: it is counted on the
person's training lists for everybody. The null has no evidence.

The headline has one set of a model's own parameters for all paradigms that it sits: the best of a
search by CMA-ES, whose first individual is the model as published, with the same number of
evaluations and the same random numbers for all. It is fitted to everybody's training halves, each
paradigm with the same weight; mean times, of which nothing is held out, are fitted to alone. Refits
to one paradigm alone, and to all but one, are kept apart. Scores are on held-out responses: bits
per response over the null (candidates: the list; for free recall also the whole pool of words), the
misfit of mean curves over the noise ceiling of people, and ranks with intervals over 2,000
resamples of people. Nothing of people is in any lesson of the networks that were taught before.
Ceiling rows: what other people's habits, and the same person's training half, foretell of the held-
out half, through the same readout.

Recovery: each model takes people's place, and all models are refitted to its responses.

Outcome (paper preset; gains in bits per held-out response, one set of parameters per model; of
other people's habits in brackets). Free recall [.55]: TCM .50, CMR .50, SIMPLE .14, the taught
networks 0. Serial recall [1.00]: SIMPLE .87 (refit 1.00), BDH .69, CMR .68, Transformer .67,
Sparsey .41, GRU .29, TCM .11. Recognition [.81]: all from .78 to .81 but TCM, .69 (refit .82).
Paired associates, a group: Tensor Brain and HLOP .13, GRU .11, Transformer .09, BDH .08. Retention
[.16]: SIMPLE .16, BDH .13, GRU and Transformer .11. Change detection [.44]: GRU and Transformer
.43, Sparsey .38. Updating [.01]: nothing to be foretold, and nobody does. Fan effect, RMSD: ACT-R
.033 s in sample, null .097, Tensor Brain .112. Parameters fitted to all paradigms but one foretell
that one much worse where its mechanism is not shared: CMR's .36 of free recall, SIMPLE's 0. The
order of models in free recall holds with Morton et al. (2013) and Murdock (1962), in serial recall
under suppression; in recognition of pictures everybody gains .125 alike. Recovery tells mechanisms
apart and not their versions: see notebook 10.

Run: `cogmem compare --preset quick`, or `--preset paper --workers 4`; a stopped run goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xarray as xr

from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.minds_run import run_minds
from cogmem.lab.minds_tables import numbers, table
from cogmem.lab.settings import setting
from cogmem.plots.minds import minds


@dataclass(frozen=True)
class Config:
    """Who is compared on what, and how hard each is searched.

    Attributes:
        data: a file of one's own, which takes the place of the people of its paradigm.
        models: files of one's own whose participants join, separated by commas.
    """

    n_people: int = setting(0, (0, 10_000), meaning="the first so many people; 0 for all")
    n_generations: int = setting(20, (1, 10_000), meaning="generations of each search")
    population: int = setting(8, (4, 1000), meaning="evaluations of each generation")
    n_draws: int = setting(64, (1, 100_000), meaning="draws of items in each cell")
    n_copies: int = setting(5, (1, 1000), meaning="lists recalled per held-out list of people")
    unseen: bool = setting(True, meaning="also fit to each paradigm alone, and to all but it")
    n_recovered: int = setting(15, (0, 10_000), meaning="people of each recovery; 0 for none")
    n_refits: int = setting(8, (1, 10_000), meaning="generations of each refit in recovery")
    other_data: bool = setting(True, meaning="also other data sets of a paradigm")
    seed: int = setting(2026, (0, 2**31 - 1), meaning="of everything random")
    data: str = ""
    models: str = ""


PRESETS = {
    "quick": Config(
        n_people=6,
        n_generations=1,
        population=4,
        n_draws=8,
        n_copies=1,
        unseen=False,
        n_recovered=0,
        other_data=False,
    ),
    "paper": Config(),
}


def run(config: Config, session: Session) -> xr.DataTree:
    """Whatever no store holds yet, and the tree of all; see `cogmem.lab.minds_tree`."""
    name = next((name for name, preset in PRESETS.items() if preset == config), "custom")
    about: dict[str, Any] = {"preset": name, "seed": config.seed, "n_draws": config.n_draws}
    return run_minds(config, session, about)


EXPERIMENT = Experiment(
    name="minds",
    title="One table of minds: what models of memory foretell of people, paradigm by paradigm",
    presets=PRESETS,
    run=run,
    plot=minds,
    numbers=numbers,
    table=table,
    people=(
        "peers",
        "farrell_lewandowsky2004",
        "donkin_nosofsky2012",
        "floden2000",
        "adam2015",
        "oberauer_kliegl2006",
        "morton2013",
        "murdock1962",
        "schwartz2005",
    ),
    models=(
        "support_cmr",
        "tcm",
        "simple",
        "sparsey",
        "hlop",
        "tensor_brain",
        "bdh",
        "networks",
        "actr",
    ),
    sources=(
        "Healey & Kahana (2014)",
        "Farrell & Lewandowsky (2004)",
        "Donkin & Nosofsky (2012)",
        "Riefer & Batchelder (1988)",
        "Anderson (1974)",
        "Floden, Stuss & Craik (2000)",
        "Adam et al. (2015)",
        "Oberauer & Kliegl (2006)",
    ),
    answers=(
        "People's own responses in eight paradigms, from free recall (PEERS) to updating "
        "(Oberauer & Kliegl, 2006); paired associates and the fan effect are published counts and"
        " means of groups. No published figure."
    ),
    agrees=(
        "With one set of parameters, in bits per held-out response (other people's habits in "
        "brackets): free recall TCM and CMR .50 [.55], serial recall SIMPLE .87 [1.00], "
        "recognition nearly all .78 to .81 [.81], retention SIMPLE .16 [.16], change detection "
        "GRU and Transformer .43 [.44]."
    ),
    disagrees=(
        "No model sits all: taught networks gain nothing in free recall, nobody in updating, and "
        "the Tensor Brain is worse than the null in the fan effect (.112 s; .097). Parameters "
        "carry over badly where mechanisms differ (SIMPLE to free recall: 0). When people stop is"
        " counted, not modelled."
    ),
    cost={"quick": "five minutes on 2 cores", "paper": "two hours on 4 cores"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
