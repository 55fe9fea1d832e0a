"""The more alike, the harder to tell apart: similarity of what is studied and what is not.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). In serial recognition
(VSRec) each pattern of 18 green cells among 36 stands beside one that differs from it in two to ten
cells. Shown is how often the studied one is chosen, by that number, and by serial position of lists
of five. Symbols are alike in the number of cells alone; what likeness of shape does in vision is
not asked.

People's detection of changes of orientation by their size (Keshvari et al., 2013) is the nearest
set; it has a panel of its own, as degrees are no cells: how often people say that one of two to
eight bars has changed. No change is 0 degrees, where all that is said is false alarms.

Outcome (paper preset, three networks). The fewer cells differ, the harder: from .97 with ten cells
to .86 with two in lists of two, from .86 to .77 in lists of five, .73 to .65 in lists of nine. In
lists of five primacy is there with any number of cells (.91 to .97 at the first position, .68 to
.75 at the fourth). People see large changes of orientation more often than small ones, the less so
the more bars there are.

Run: `cogmem run worm_similarity`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment


def by_difference(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By cells that differ, for three lengths of lists."""
    table = answers(networks, {"VSRec": None}, 2 * n_trials)
    return {
        f"GRU, {n} patterns": by(table, "VSRec", {"list_length": n}, difference="difference")
        for n in (2, 5, 9)
    }


def by_position(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By serial position of lists of five, for three differences."""
    table = answers(networks, {"VSRec": {"list_length": (5,)}}, n_trials)
    return {
        f"GRU, {n} cells differ": by(table, "VSRec", {"difference": n}, serial_position="place")
        for n in (2, 6, 10)
    }


PANELS = {
    "difference": Panel(
        ("VSRec",),
        by_difference,
        lambda label, n: 0.5,
        "Cells that differ (of 36)",
        title="Serial recognition",
    ),
    "positions": Panel(
        ("VSRec",),
        by_position,
        lambda label, n: 0.5,
        "Serial position",
        title="Lists of five",
    ),
    "people": Panel(
        xlabel="Change of orientation (deg)",
        ylabel="P(says change)",
        title="People, changes",
        people=lambda: {f"people, {key}": each for key, each in people.changes_by_size().items()},
    ),
}

EXPERIMENT = experiment(
    "worm_similarity",
    "Similarity of probes: gated networks, and people",
    PANELS,
    Networks(n_steps=600, batch=64),
    people=("keshvari2013",),
    sources=("Keshvari et al. (2013)",),
    answers=(
        "Similarity of the probes in serial recognition of WorM (Sikarwar & Zhang, 2023). The "
        "nearest people are those who saw changes of orientation by their size (Keshvari et al., "
        "2013), another task."
    ),
    agrees=(
        "The fewer cells differ, the harder: .97 with ten to .86 with two in lists of two, .86 to "
        ".77 in lists of five, .73 to .65 in lists of nine. People, too, see large changes more "
        "often than small ones, and the more so the fewer bars there are."
    ),
    disagrees=(
        "Degrees are no cells: only directions can be compared. Symbols are alike in the number of "
        "cells alone; what likeness of shape does in vision is not asked. In lists of nine, probes "
        "that differ in two or four cells are not five standard errors above base."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
