"""Which item of a list is named first? People and gated networks in free recall.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). In spatial free recall
(SFR) all cells are answered at once; the likeliest is taken as the one that is named first, as by
Sikarwar & Zhang (2023). Shown is how often it is the first square of the list, and one of the last
four (of shorter lists than five, of the last three, two, one), by list length. Bases here are those
of who knows the list, but not its order. People: words in any order (Grenfell-Essam & Ward, 2012,
Experiment 1), of which the first that was written down is taken.

Outcome (paper preset, three networks). Networks have hardly a preference: the likeliest square is
the first of the list about as often as any other (.54 of two, .20 of six, .08 of 15; clearly more
only of three, six and seven, by .04 or less), and one of the last four no more often than any four.
People begin with the first word of short lists (.91 of four) and with one of the last four of long
ones (.75 of 12). This is the clearest difference from people in all of these experiments: a network
that names all squares at once has no order of output.

Run: `cogmem run worm_first_recall`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cogmem import measures
from cogmem.data import load
from cogmem.lab.worm_networks import Graduate, Networks
from cogmem.lab.worm_panels import Curves, Panel, experiment
from cogmem.measures.beside_people import joined
from cogmem.participants.frame_course import first_recalled

LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15)
"""Of people's lists, but for that of one word."""


def late(length: int) -> int:
    """How many items count as the last ones."""
    return min(4, length - 1)


def of_networks(which: str, networks: Sequence[Graduate], n_trials: int) -> Curves:
    """How often the likeliest cell is the first of the list, or one of the last."""
    shares = np.zeros((len(networks), len(LENGTHS)))
    for place, each in enumerate(networks):
        for k, length in enumerate(LENGTHS):
            said = first_recalled(each.course, each.weights, length, n_trials)
            hits = said == 1 if which == "first" else said > length - late(length)
            shares[place, k] = hits.mean()
    axes = {"subject": np.arange(len(networks)), "list_length": np.array(LENGTHS)}
    value = (tuple(axes), shares, {"long_name": "P(named first)", "units": "probability"})
    possible = (tuple(axes), np.full(shares.shape, n_trials))
    return {"GRU, squares": xr.Dataset({"value": value, "possible": possible}, axes)}


def of_people(which: str) -> Curves:
    """The same of words."""
    words, found = load("grenfell_essam_ward2012"), {}
    for length in LENGTHS:
        first = measures.pfr(words.select(list_length=length))["value"]
        n = 1 if which == "first" else late(length)
        ends = slice(0, 1) if which == "first" else slice(length - n, length)
        found[length] = first.isel(serial_position=ends).sum("serial_position")
    return {"people, words": joined(found, "list_length", "Probability of first recall")}


PANELS = {
    "first": Panel(
        ("SFR",),
        lambda networks, n: of_networks("first", networks, n),
        lambda label, n: 1 / n,
        "List length",
        "P(first response)",
        title="The first item",
        people=lambda: of_people("first"),
    ),
    "last": Panel(
        ("SFR",),
        lambda networks, n: of_networks("last", networks, n),
        lambda label, n: np.minimum(4, n - 1) / n,
        "List length",
        "P(first response)",
        title="One of the last four",
        people=lambda: of_people("last"),
    ),
}

EXPERIMENT = experiment(
    "worm_first_recall",
    "What is recalled first: gated networks beside people",
    PANELS,
    Networks(n_steps=800, batch=64),
    people=("grenfell_essam_ward2012",),
    sources=("Grenfell-Essam & Ward (2012)",),
    answers=(
        "Which word people recall first, by list length (Grenfell-Essam & Ward, 2012, Exp. 1), "
        "beside the likeliest square in spatial free recall of WorM, which Sikarwar & Zhang (2023) "
        "take as the one that is named first."
    ),
    disagrees=(
        "Nothing agrees. The likeliest square is the first of the list about as often as any (.54 "
        "of two, .20 of six, .08 of 15), where people begin with it (.91 of four); it is one of "
        "the last four no more often than any four, where people's is (.75 of 12). Squares that "
        "are named all at once have no order of output."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
